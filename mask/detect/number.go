package detect

// maxGroups is how many groups of digits are looked at as one number, maxNumber how many digits.
const (
	maxGroups = 8
	maxNumber = 34
)

// number is a run of groups of digits with separators between them: 4111-1111 1111 1111, +49 (30) 1234-56.
type number struct {
	s        string
	from, to int
	plus     bool // a + stands before it
	paren    bool // a group stands in parentheses
	joined   bool // it is part of something longer: ORD-2024-000123
	n        int  // groups
	start    [maxGroups]int
	size     [maxGroups]int
	sep      [maxGroups]byte // before the group; 0 = none, '2' = several
	digits   [maxNumber]byte
	len      int // digits
}

// numbers looks at each word that holds digits.
func (f *finder) numbers() {
	s := f.s
	for i := 0; i < len(s); {
		if !isAlnum(s[i]) || i > 0 && word(s[i-1]) {
			i++
			continue
		}
		end, digits, letters := i, 0, 0
		for end < len(s) && isAlnum(s[end]) {
			if isDigit(s[end]) {
				digits++
			} else {
				letters++
			}
			end++
		}
		switch {
		case digits == 0:
			if end-i == 2 {
				end = max(end, f.spacedNINO(i))
			}
		case digits >= 6 && f.finnish(i) > 0:
			end = i + 11
		case letters > 0:
			if end == len(s) || !word(s[end]) {
				end = f.mixed(i, end)
			}
			// A number with an extension or a letter behind it begins as a number all the same.
			if isDigit(s[i]) {
				end = max(end, f.number(i))
			}
		case end-i < minBare && f.alone(i, end):
		default:
			end = max(end, f.number(i))
		}
		i = end
	}
}

// minBare is how many digits a number has at least that is known without anything between them.
const minBare = 11

// alone reports whether nothing around a group of digits could make it a part of a longer number.
func (f *finder) alone(from, to int) bool {
	before := from > 0 && (f.s[from-1] == '+' || f.s[from-1] == '(')
	return !before && (to == len(f.s) || !isSeparator(f.s[to]) && !isExtension(f.s, to))
}

// number reads the run that begins at from, and gives where to go on.
func (f *finder) number(from int) int {
	var n number
	n.read(f.s, from)
	if n.n == 0 {
		return from
	}
	n.joined = n.joined || n.from > 1 && (f.s[n.from-1] == '-' || f.s[n.from-1] == '.' || f.s[n.from-1] == ':' && isDigit(f.s[n.from-2])) && word(f.s[n.from-2])
	for n.n > 0 {
		if k := n.kind(); k != None {
			f.add(n.from, n.to, k)
			return n.to
		}
		// What follows a number after a space may be another one.
		if n.n == 1 || n.sep[n.n-1] != ' ' {
			break
		}
		n.drop()
	}
	return max(n.start[0]+n.size[0], from+1)
}

// read takes groups as long as they may belong together.
func (n *number) read(s string, from int) {
	n.s, n.from = s, from
	if from > 0 && s[from-1] == '(' {
		n.paren, n.from = true, from-1
		if from > 1 && s[from-2] == '+' {
			n.plus, n.from = true, from-2
		}
	}
	if n.from == from && from > 0 && s[from-1] == '+' {
		n.plus, n.from = true, from-1
	}
	if n.from > 0 && n.paren && s[n.from-1] == '+' {
		n.plus, n.from = true, n.from-1
	}
	i, sep := from, byte(0)
	for n.n < maxGroups {
		end := i
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		if end == i || n.len+end-i > maxNumber {
			return
		}
		if end < len(s) && word(s[end]) && !isExtension(s, end) {
			n.joined = n.joined || sep != 0 && sep != ' ' // the group is the beginning of a word
			return
		}
		n.start[n.n], n.size[n.n], n.sep[n.n] = i, end-i, sep
		n.len += copy(n.digits[n.len:], s[i:end])
		n.n++
		n.to = end
		if end < len(s) && isExtension(s, end) {
			for n.to++; n.to < len(s) && isDigit(s[n.to]); n.to++ {
			}
			return
		}
		i = end
		for i < len(s) && i-end < 3 && isSeparator(s[i]) {
			if s[i] == '(' || s[i] == ')' {
				n.paren = true
			}
			i++
		}
		switch i - end {
		case 0:
			return
		case 1:
			sep = s[end]
		default:
			sep = '2'
		}
	}
}

func isSeparator(b byte) bool {
	switch b {
	case ' ', '-', '.', '/', '(', ')':
		return true
	}
	return false
}

// isExtension is the x of 555.123.4567x89.
func isExtension(s string, i int) bool { return s[i] == 'x' && i+1 < len(s) && isDigit(s[i+1]) }

// drop takes the last group away.
func (n *number) drop() {
	n.n--
	n.len -= n.size[n.n]
	n.to = n.start[n.n-1] + n.size[n.n-1]
	n.paren = false
	for i := n.from; i < n.to; i++ {
		n.paren = n.paren || n.s[i] == '(' || n.s[i] == ')'
	}
}

// kind judges a run as a whole.
func (n *number) kind() Kind {
	switch {
	case n.plus:
		if n.isInternational(0) {
			return Phone
		}
		return None
	case n.n == 4 && n.uses('.') && n.isIPv4():
		return IP
	case n.isDate():
		return None
	case n.isCard():
		return Card
	case n.joined:
		return None
	case n.isNational():
		return NationalID
	case n.isPhone():
		return Phone
	}
	return None
}

// uses reports whether all separators are the one.
func (n *number) uses(sep byte) bool {
	for i := 1; i < n.n; i++ {
		if n.sep[i] != sep {
			return false
		}
	}
	return n.n > 1
}

// grouped reports whether the groups have these sizes.
func (n *number) grouped(sizes ...int) bool {
	if len(sizes) != n.n {
		return false
	}
	for i, size := range sizes {
		if n.size[i] != size {
			return false
		}
	}
	return true
}

// value is the number that digits from to to make.
func (n *number) value(from, to int) int {
	v := 0
	for _, d := range n.digits[from:to] {
		v = v*10 + int(d-'0')
	}
	return v
}

func (n *number) group(i int) int {
	at := 0
	for j := range i {
		at += n.size[j]
	}
	return n.value(at, at+n.size[i])
}

// isIPv4 takes four bytes. Low figures all over are a version, and so is what stands behind a v.
func (n *number) isIPv4() bool {
	low := 0
	for i := range 4 {
		v := n.group(i)
		if v > 255 || n.size[i] > 3 || n.size[i] > 1 && n.s[n.start[i]] == '0' {
			return false
		}
		if v <= 20 {
			low++
		}
	}
	first := n.group(0)
	if first == 0 || first == 127 || low == 4 && first != 10 {
		return false
	}
	return n.to == len(n.s) || n.s[n.to] != '.' || n.to+1 == len(n.s) || !word(n.s[n.to+1])
}

// isDate takes years, months and days in the orders that are in use, also with a time behind them.
func (n *number) isDate() bool {
	if n.n < 3 {
		return n.n == 1 && n.isStamp()
	}
	a, b, c := n.group(0), n.group(1), n.group(2)
	if n.sep[1] != n.sep[2] {
		return false
	}
	switch {
	case n.size[0] == 4 && n.size[1] <= 2 && n.size[2] <= 2:
		return isYear(a) && b >= 1 && b <= 12 && c >= 1 && c <= 31
	case n.size[0] <= 2 && n.size[1] <= 2 && n.size[2] == 4:
		return isYear(c) && a >= 1 && b >= 1 && (a <= 12 && b <= 31 || a <= 31 && b <= 12)
	}
	return n.n == 3 && n.len == 6 && n.sep[1] != ' ' && (a >= 1 && a <= 31 && b >= 1 && b <= 12 || b >= 1 && b <= 31 && a >= 1 && a <= 12 || b >= 1 && b <= 12 && c >= 1 && c <= 31)
}

// isStamp is a date or a time in digits alone: 20251122, 20251122061233.
func (n *number) isStamp() bool {
	switch n.len {
	case 8, 12, 14, 17:
	default:
		return false
	}
	month, day := n.value(4, 6), n.value(6, 8)
	if !isYear(n.value(0, 4)) || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return n.len == 8 || n.value(8, 10) < 24 && n.value(10, 12) < 60
}

func isYear(y int) bool { return y >= 1800 && y < 2200 }

// isCard takes the numbers of payment cards: a known issuer, its length, Luhn's check digit, and groups as on a card.
func (n *number) isCard() bool {
	if n.len < 12 || n.len > 19 || !n.isIssued() || !luhn(n.digits[:n.len]) {
		return false
	}
	if n.n == 1 {
		return n.len != 13 || !ean(n.digits[:n.len]) // a code of goods
	}
	if !n.uses(' ') && !n.uses('-') {
		return false
	}
	for i := range n.n {
		if n.size[i] < 2 || n.size[i] > 7 {
			return false
		}
	}
	return true
}

// isIssued knows the ranges of the issuers, as ISO/IEC 7812 numbers them.
func (n *number) isIssued() bool {
	two, three, four := n.value(0, 2), n.value(0, 3), n.value(0, 4)
	switch {
	case n.digits[0] == '4':
		return n.len == 13 || n.len == 16 || n.len == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n.len == 16
	case two == 34, two == 37:
		return n.len == 15
	case two == 36, two == 38, two == 39, three >= 300 && three <= 305, three == 309:
		return n.len >= 14
	case four >= 3528 && four <= 3589:
		return n.len >= 15
	case two == 62, two == 81:
		return n.len >= 14
	case two == 65, four == 6011, three >= 644 && three <= 649:
		return n.len >= 16
	case two == 50, two >= 56 && two <= 59, two == 63, two == 67, two == 60, two == 66, two == 68, two == 69: // Maestro, RuPay
		return true
	case four == 2131, four == 1800: // older ones of JCB
		return n.len >= 15
	case four >= 2200 && four <= 2204: // Mir
		return n.len >= 16
	}
	return false
}

func luhn(digits []byte) bool {
	sum, same := 0, true
	for i, d := range digits {
		v := int(d - '0')
		same = same && d == digits[0]
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0 && !same
}

// ean is the check digit of EAN-13.
func ean(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d - '0')
		if (len(digits)-i)%2 == 0 {
			v *= 3
		}
		sum += v
	}
	return sum%10 == 0
}
