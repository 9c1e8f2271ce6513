package detect

import "strings"

// callingCodes are the country calling codes of ITU-T E.164 that are in use, by their first digits: a bit for each.
var callingCodes = func() (t [1000]bool) {
	for _, c := range [...]int{
		1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66,
		81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233,
		234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261, 262,
		263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298, 299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375,
		376, 377, 378, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 590, 591, 592, 593,
		594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676, 677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800,
		808, 850, 852, 853, 855, 856, 870, 878, 880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 972, 973, 974,
		975, 976, 977, 979, 992, 993, 994, 995, 996, 998,
	} {
		t[c] = true
	}
	return t
}()

// shortPlans are the calling codes of countries with numbers of four to six digits.
func shortPlan(code int) bool {
	switch code {
	case 247, 290, 298, 299, 376, 500, 508, 670, 672, 674, 675, 676, 677, 678, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692:
		return true
	}
	return false
}

// callingCode is the code that digits begin with, and how many of them it takes; 0 = none.
func (n *number) callingCode(skip int) (code, size int) {
	for size = 1; size <= 3; size++ {
		if code = n.value(skip, skip+size); callingCodes[code] {
			return code, size
		}
	}
	return 0, 0
}

// isInternational takes what follows a + or a 00: a calling code and, with it, 7 to 15 digits.
func (n *number) isInternational(skip int) bool {
	total := n.len - skip
	if total < 7 || total > 15 || n.digits[skip] == '0' {
		return false
	}
	if n.n > 1 && n.sep[1] == '.' && n.size[1] < 9 && (n.n == 2 || n.sep[2] != '.') {
		return false // +48.858370 is a coordinate
	}
	code, size := n.callingCode(skip)
	switch {
	case n.n == 1 && skip == 0 && total >= 10:
		return true // whether or not the code is given out: nothing else is written like this
	case code == 0:
		return false
	case code == 1, code == 7:
		return total == 11
	case total < 9:
		return shortPlan(code) || size == 3 && total == 8 || n.n > 1 && !n.isThousands() && (size == 3 || total == 8)
	}
	return n.n == 1 || size <= n.size[0]-skip
}

// isPhone takes numbers as they are written within a country. Digits in one piece could be anything: those are left to
// the name of the column, and to what the text calls them. whole says that the run ends here.
func (n *number) isPhone(whole bool) bool {
	if n.n < 2 || n.len < 7 || n.len > 15 || n.size[n.n-1] < 2 || n.signed || n.called&calledAmount != 0 || n.inside && n.spaced() || isMeasured(n.s, n.to) {
		return false
	}
	if !whole && n.spaced() && n.after == ' ' && !n.paren {
		return false
	}
	if n.n == 2 && n.sep[1] == ' ' && !n.paren && n.areFigures() {
		return false
	}
	zeros := 0
	for zeros < n.len && n.digits[zeros] == '0' {
		zeros++
	}
	switch {
	case zeros == 2:
		return n.len >= 10 && n.isInternational(2)
	case zeros > 2:
		return false
	case n.isNorthAmerican():
		return true
	case n.paren:
		return n.len >= 7 && n.len <= 13 && (n.n < 4 || n.sep[1] != '.')
	case zeros == 1:
		return n.isTrunk()
	}
	return n.isSpaced()
}

// isNorthAmerican takes area, exchange and line, with or without the 1 before. The ranges in use are not asked for: what is
// grouped like this is meant as a phone number.
func (n *number) isNorthAmerican() bool {
	return n.grouped(3, 3, 4) || n.grouped(1, 3, 3, 4) && n.digits[0] == '1'
}

// isTrunk takes numbers that begin with the 0 of most countries' own calls.
func (n *number) isTrunk() bool {
	switch {
	case n.size[0] == 1 && n.sep[1] != ' ':
		return false // 0-306-40615: a book
	case n.grouped(5, 4) && n.sep[1] != ' ':
		return false // 02110-1301: a postal code of the United States
	case n.isPairs():
		return n.n == 5 // 01 02 03 04 are bytes
	case n.uses('.'):
		return n.len >= 9 && n.len <= 11 && n.size[1] <= 4
	case n.uses(' '):
		return n.len <= 13
	case n.uses('/'):
		return n.len >= 8 && n.n == 2 && n.size[0] >= 3
	}
	return n.len >= 9 && n.len <= 13 && n.size[0] <= 5
}

// isSpaced takes groups of two to six digits with spaces between them, as most countries write them.
func (n *number) isSpaced() bool {
	alone := n.from == 0 && n.to == len(n.s)
	if alone && n.uses(' ') && (n.grouped(3, 4) || n.grouped(3, 2, 2)) {
		return true // too short for a text, and a whole value is seldom written like this that is no number of a phone
	}
	if n.len < 8 || n.len > 12 || !n.spaced() || n.isThousands() {
		return false
	}
	fours := true
	for i := range n.n {
		if n.size[i] > 6 || i > 0 && (n.size[i] < 2 || n.sep[i] != ' ' && n.sep[i] != '-') {
			return false
		}
		fours = fours && n.size[i] == 4
	}
	switch {
	case n.size[0] == 1:
		return n.len == 11 && n.digits[0] == '8'
	case n.n == 2:
		return n.size[1] >= 4 && (n.size[0] <= 4 && n.len <= 11 || n.grouped(5, 5) && n.digits[0] >= '6')
	}
	if n.isPairs() {
		// Denmark and Norway write numbers so, and others their bytes: alone it is a number.
		return n.n == 4 && alone && n.digits[0] >= '2'
	}
	return !fours && (n.n < 4 || n.size[n.n-1] <= n.size[n.n-2])
}

// areFigures reports whether two groups are no number of anybody's: a year and what is counted in it, what begins with digits that no
// country with four and four begins with, coordinates, the status and the size of an answer, the number of a document.
func (n *number) areFigures() bool {
	if n.isRecent(0) || n.grouped(4, 4) && n.digits[0] <= '1' {
		return true
	}
	before := strings.TrimRight(n.s[:n.from], " ")
	if before == "" || len(before) < n.from-2 {
		return false
	}
	switch last := before[len(before)-1]; {
	case last == '(':
		return isGeometry(before)
	case last == ',':
		return n.isListed(before[:len(before)-1])
	case len(before) == n.from:
		return false
	case n.size[0] == 3 && (last == '"' || before[strings.LastIndexByte(before, ' ')+1] == '/'):
		return true // the status and the size of an answer
	case isUpper(last):
		return isDocument(before)
	}
	return false
}

// isGeometry reports whether a text ends in the beginning of a geometry: POINT(, POLYGON((.
func isGeometry(before string) bool {
	before = strings.TrimRight(before, "( ")
	for _, kind := range [...]string{"POINT", "STRING", "POLYGON", "BOX"} {
		if at := len(before) - len(kind); at >= 0 && strings.EqualFold(before[at:], kind) {
			return true
		}
	}
	return false
}

// isListed reports whether two groups of the same sizes end a text: they were looked at, and are none.
func (n *number) isListed(before string) bool {
	at := len(before) - n.size[0] - n.size[1] - 1
	return at >= 0 && before[at+n.size[0]] == ' ' && allDigits(before[at:at+n.size[0]]) && allDigits(before[at+n.size[0]+1:]) && !n.behind
}

// isDocument reports whether a text ends in the letters that documents are numbered with.
func isDocument(before string) bool {
	from := len(before)
	for from > 0 && isUpper(before[from-1]) {
		from--
	}
	if from > 0 && word(before[from-1]) {
		return false
	}
	switch before[from:] {
	case "SO", "PO", "RE", "RG", "AB", "LS", "INV", "ORD", "RMA", "WO", "DN", "CN", "REF", "DOC", "FA", "AU", "AN", "BE", "GS", "ER", "AR", "BL", "TR", "WE", "WA":
		return true
	}
	return false
}

// isPairs reports whether all groups have two digits.
func (n *number) isPairs() bool {
	for i := range n.n {
		if n.size[i] != 2 {
			return false
		}
	}
	return true
}

// isThousands is a figure with a space between its thousands: 12 345 678. Three groups of three are a phone number in more
// countries than they are a figure.
func (n *number) isThousands() bool {
	if n.n < 3 {
		return false
	}
	for i := 1; i < n.n; i++ {
		if n.size[i] != 3 || n.sep[i] != ' ' {
			return false
		}
	}
	return n.size[0] < 3 || n.size[0] == 3 && n.n > 3
}
