package detect

import "strings"

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
	joined   bool // it is the end of something longer: ORD-2024-000123
	cut      bool // it is the beginning of something longer: 2024-000123-AB
	inside   bool // a digit and a space are before it
	behind   bool // another one that was found is right before it
	row      bool // others with the same groups follow it
	signed   bool // a sign or a currency is before it
	called   called
	n        int // groups
	start    [maxGroups]int
	size     [maxGroups]int
	sep      [maxGroups]byte // before the group; 0 = none, '2' = several different ones
	after    byte            // what is behind the last group, once a group was dropped

	thousands int // where a figure with spaces between its thousands ends; 0 = it is none
	digits    [maxNumber]byte
	len       int // digits
}

// numbers looks at each word that holds digits.
func (f *finder) numbers() {
	s := f.s
	for i := 0; i < len(s); {
		first := i
		for first < len(s) && !isDigit(s[first]) {
			first++
		}
		if first == len(s) {
			return
		}
		from := first
		for from > i && isAlnum(s[from-1]) {
			from--
		}
		if from == first && from-i >= 3 {
			if end := f.initialled(from); end > 0 {
				i = end
				continue
			}
		}
		end, letters := first, first-from
		for end < len(s) && isAlnum(s[end]) {
			if !isDigit(s[end]) {
				letters++
			}
			end++
		}
		switch {
		case from == 0 || !word(s[from-1]):
			end = f.numbered(from, end, letters)
		case s[from-1] == '_':
			end = f.joinedNumber(from, end, letters)
		}
		i = end
	}
}

// initialled looks for a number that begins with two letters and a space before s[first], and gives its end; 0 = there is none.
func (f *finder) initialled(first int) int {
	s, from := f.s, first-3
	if s[first-1] != ' ' || !isAlnum(s[first-2]) || !isAlnum(s[from]) || from > 0 && word(s[from-1]) {
		return 0
	}
	return f.spacedNINO(from)
}

// numbered looks at the word s[from:end] with digits in it, and gives where to go on.
func (f *finder) numbered(from, end, letters int) int {
	s, digits := f.s, end-from-letters
	switch {
	case digits >= 6 && f.finnish(from) > 0:
		return from + 11
	case digits >= 7 && end-from == 8 && end+1 < len(s) && (s[end] == '-' || s[end] == ' ') && f.ends(end+2) && isSpanish(s[from:end+2]):
		f.add(from, end+2, NationalID)
		return end + 2
	case letters > 0:
		if end == len(s) || !word(s[end]) {
			end = f.mixed(from, end)
		} else if account := f.account(from, end); account > 0 {
			return account
		}
		// A number with an extension or a letter behind it begins as a number all the same.
		if isDigit(s[from]) {
			end = max(end, f.number(from))
		}
	case end-from < minBare && f.alone(from, end) && (end-from < minNamed || from == 0 || calledBefore(s, from)&sayNumber == 0):
	case end-from >= leastCard && f.besideCard(from, end):
	default:
		end = max(end, f.number(from))
	}
	return end
}

// joinedNumber is numbered for a word that an underscore joins to what is before it: what has a check of its own, or is behind another
// one of the kind.
func (f *finder) joinedNumber(from, end, letters int) int {
	switch {
	case letters > 0:
		return max(end, f.account(from, end))
	case end-from >= leastCard && f.besideCard(from, end):
		return end
	}
	return max(end, f.number(from))
}

// Of cards that something is joined to, those are found that have so many digits: shorter and longer ones are too like to anything.
const (
	leastCard = 14
	mostCard  = 16
)

// besideCard takes a card in one piece, s[from:end], that something else is joined to: of a run that it is a part of, it is the part
// that has a check digit.
func (f *finder) besideCard(from, end int) bool {
	s := f.s
	if end-from > mostCard || from > 0 && s[from-1] == '+' {
		return false
	}
	if before, after := from > 0 && isJoin(s[from-1]), end < len(s) && isJoin(s[end]); !before && !after || before && s[from-1] == '.' && from > 1 && isDigit(s[from-2]) && (len(f.spans) == f.base || !f.isBehind(from)) {
		return false
	}
	n := number{n: 1, len: end - from}
	copy(n.digits[:], s[from:end])
	return !isWholePart(s, end) && n.isCard() && !n.isNational() && f.add(from, end, Card)
}

// isWholePart reports whether a point and a fraction stand at s[at:]: what is before it is a figure.
func isWholePart(s string, at int) bool {
	end := at + 1
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if at >= len(s) || s[at] != '.' || end == at+1 || end-at > leastCard || strings.Trim(s[at+1:end], "0") == "" {
		return false
	}
	return end == len(s) || !word(s[end]) && (end+1 == len(s) || !isJoin(s[end]) || !isAlnum(s[end+1]))
}

// isJoin takes what joins a number to another one, or to a word.
func isJoin(b byte) bool {
	return b == '-' || b == '/' || b == '_' || b == '.' || b == ':' || b >= 0x80
}

// isBehind reports whether the number that begins at from is right behind another one, which was the last to be found.
func (f *finder) isBehind(from int) bool {
	const mostBetween = 3
	last := f.spans[len(f.spans)-1]
	return last.To < from && from-last.To <= mostBetween && (last.Kind == Card || last.Kind == NationalID || last.Kind == Phone)
}

const (
	// minBare is how many digits a number has at least that is known without anything between them, minNamed without
	// anything but a name before it.
	minBare  = 11
	minNamed = 5
)

// sayNumber are the names of numbers that nothing else tells.
const sayNumber = calledPhone | calledReach | calledSSN | calledSIN | calledBSN | calledAadhaar | calledNordic | calledCNPJ | calledSteuer

// alone reports whether nothing around a group of digits could make it a part of a longer number.
func (f *finder) alone(from, to int) bool {
	if from > 0 && (f.s[from-1] == '+' || f.s[from-1] == '(') {
		return false
	}
	if to == len(f.s) {
		return true
	}
	if sep, _ := separator(f.s, to); sep != 0 {
		return false
	}
	return !isExtension(f.s, to)
}

// number reads the run that begins at from, and gives where to go on.
func (f *finder) number(from int) int {
	if end := f.decimal(from); end > from {
		return end
	}
	var n number
	n.read(f.s, from)
	if n.n == 0 {
		return from
	}
	if n.len < minNamed && (n.n != 4 || n.sep[1] != '.') || n.len < minNumber+1 && !n.plus && n.n == 1 && n.from == 0 {
		return max(n.start[0]+n.size[0], from+1)
	}
	n.look()
	if n.behind = len(f.spans) > f.base && f.isBehind(n.from); n.behind {
		n.joined, n.inside = false, false
	}
	all := n.n
	for {
		// What follows a number after a space, or after what stands nowhere in it, may be another one.
		if n.row = n.n < all && all > 3 && n.isRow(all); n.n == all || n.after == ' ' || n.after == '2' || n.row || n.isApart(all) {
			if k := n.kind(n.n == all); k != None {
				f.add(n.from, n.to, k)
				return n.to
			}
		}
		if n.n == 1 {
			break
		}
		n.drop()
	}
	if all > 3 && n.thousands > 0 {
		return n.thousands // a figure, and no part of it is a number of its own
	}
	return max(n.start[0]+n.size[0], from+1)
}

// read takes groups as long as they may belong together.
func (n *number) read(s string, from int) {
	n.s, n.from = s, from
	opened, closed := false, false
	if from > 0 && s[from-1] == '(' {
		opened, n.from = true, from-1
	}
	if n.from > 0 && s[n.from-1] == '+' {
		n.plus, n.from = true, n.from-1
	}
	i, sep := from, byte(0)
	for n.n < maxGroups {
		end := i
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		if end == i || n.len+end-i > maxNumber {
			break
		}
		if end < len(s) && isAlnum(s[end]) && !isExtension(s, end) && !n.plus {
			n.cut = n.cut || sep != 0 && sep != ' ' // the group is the beginning of a word
			break
		}
		n.start[n.n], n.size[n.n], n.sep[n.n] = i, end-i, sep
		n.len += copy(n.digits[n.len:], s[i:end])
		n.n++
		n.to = end
		n.paren = opened && closed
		if end < len(s) && isExtension(s, end) {
			for n.to++; n.to < len(s) && isDigit(s[n.to]); n.to++ {
			}
			break
		}
		i, sep = end, 0
		for count := 0; i < len(s) && count < 3; count++ {
			b, width := separator(s, i)
			if b == 0 {
				break
			}
			opened, closed = opened || b == '(', closed || b == ')'
			if sep == 0 || sep == b {
				sep = b
			} else {
				sep = '2'
			}
			i += width
		}
		if sep == 0 {
			break
		}
	}
	if n.from < from && n.s[n.from] == '(' && !n.paren {
		n.from = from // the parenthesis is closed behind the number
	}
}

// look sees what stands around the run.
func (n *number) look() {
	s := n.s
	if n.from > 0 {
		n.called = calledBefore(s, n.from)
		before := s[n.from-1]
		if n.from > 1 {
			joins := before == '-' || before == '.' || before == '/' || before == '_' || before == ':' && isDigit(s[n.from-2])
			n.joined = joins && word(s[n.from-2])
			n.inside = before == ' ' && isDigit(s[n.from-2])
		}
		n.signed = strings.IndexByte("-+$#@~", before) >= 0 || before >= 0x80 && (strings.HasSuffix(s[:n.from], "€") || strings.HasSuffix(s[:n.from], "£") || strings.HasSuffix(s[:n.from], "−"))
		if n.plus && isDigit(before) {
			n.plus, n.joined, n.from = false, true, n.from+1 // 1+2
		}
	}
	if n.to+1 < len(s) && (s[n.to] == '-' || s[n.to] == '_' || s[n.to] == '/' || s[n.to] == '.' || s[n.to] == ':') && isAlnum(s[n.to+1]) {
		n.cut = true
	}
	if n.isThousands() {
		n.thousands = n.to
	}
}

// decimal gives where a number ends that has many digits behind its point: it is no one's, however many there are. It gives from
// for any other.
func (f *finder) decimal(from int) int {
	const leastBehind = 5 // 202.555.0123 and 4111.1111.1111.1111 have fewer in a group
	s := f.s
	if from > 0 && (s[from-1] == '.' || s[from-1] == '+') {
		return from
	}
	point := from
	for point < len(s) && isDigit(s[point]) {
		point++
	}
	end := point + 1
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if point >= len(s) || s[point] != '.' || end-point-1 < leastBehind || end+1 < len(s) && s[end] == '.' && isDigit(s[end+1]) ||
		calledBefore(s, from)&sayNumber != 0 {
		return from
	}
	return end
}

// isExtension is the x of 555.123.4567x89.
func isExtension(s string, i int) bool { return s[i] == 'x' && i+1 < len(s) && isDigit(s[i+1]) }

// drop takes the last group away.
func (n *number) drop() {
	n.n--
	n.len -= n.size[n.n]
	n.after = n.sep[n.n]
	n.to = n.start[n.n-1] + n.size[n.n-1]
	n.paren = n.paren && strings.IndexByte(n.s[n.from:n.to], ')') >= 0
	n.cut = n.after != ' ' && n.after != '2'
}

// isRow reports whether the run of so many groups that this is the beginning of repeats its groups, and what is between them.
func (n *number) isRow(all int) bool {
	if n.n < 2 || all < 2*n.n && all < maxGroups {
		return false
	}
	for i := n.n; i < all; i++ {
		if n.size[i] != n.size[i-n.n] || i%n.n != 0 && n.sep[i] != n.sep[i-n.n] {
			return false
		}
	}
	return true
}

// isApart reports whether what was taken away from a run is another thing: what joins it is not what joins the groups of this one. Of
// addresses of hosts a network follows, or another one.
func (n *number) isApart(all int) bool {
	if n.n == 4 && n.uses('.') {
		return n.after == '/' || all == 8
	}
	return n.n > 1 && !n.holdsSeparator(n.after)
}

func (n *number) holdsSeparator(sep byte) bool {
	for i := 1; i < n.n; i++ {
		if n.sep[i] == sep {
			return true
		}
	}
	return false
}

// isLoose reports whether a number is joined to what is beside it by other signs than join its own groups, if it is one of those that
// nothing else looks like.
func (n *number) isLoose() bool {
	if n.n < 2 || n.len < minBare && !n.isSSN() {
		return false
	}
	if n.joined && n.holdsSeparator(n.s[n.from-1]) || n.cut && n.after != 0 && n.holdsSeparator(n.after) {
		return n.row
	}
	return !n.cut || n.after != 0 || !n.holdsSeparator(n.s[n.to])
}

// kind judges a run; whole says that nothing was taken away from it.
func (n *number) kind(whole bool) Kind {
	if n.plus {
		if n.isInternational(0) {
			return Phone
		}
		return None
	}
	if n.n == 4 && n.uses('.') && n.isIPv4() {
		return IP
	}
	if n.isDate() {
		return None
	}
	if n.called&sayNumber&^calledReach != 0 && n.len >= minNamed {
		if k := n.named(); k == NationalID || k != None && !n.isCard() {
			return k
		}
	}
	if n.isCard() {
		return Card
	}
	said := n.uses('_') || n.called&(calledVersion|calledOrder) != 0
	tied := n.joined || n.cut || said
	phone := !tied || n.row && !n.joined && !said // in a row, what is behind it is another one
	// In a row of numbers with the same between them, no part is a number of its own.
	if apart := whole || n.row || !n.spaced(); (!tied || n.isLoose() && !said) && apart && !(n.inside && n.spaced()) && n.isNational() {
		return NationalID
	}
	if n.called&calledReach != 0 && n.len >= 7 && n.len <= 15 || phone && n.isPhone(whole) {
		return Phone
	}
	return None
}

// spaced reports whether a space is between any of the groups.
func (n *number) spaced() bool {
	for i := 1; i < n.n; i++ {
		if n.sep[i] == ' ' {
			return true
		}
	}
	return false
}

// named judges a run by what it is called.
func (n *number) named() Kind {
	d := n.digits[:n.len]
	is := func(c called) bool { return n.called&c != 0 }
	switch {
	case is(calledPhone) && n.len <= 15:
		return Phone
	case is(calledSSN) && n.len == 9 && !same(d),
		is(calledSIN) && n.len == 9 && luhn(d),
		is(calledBSN) && n.len == 9 && weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, 10)%11 == 0,
		is(calledAadhaar) && n.len == 12 && verhoeff(d),
		is(calledNordic) && n.len == 10 && (birthYYMMDD(d, 60) || birthDDMMYY(d)),
		is(calledNordic) && n.len == 12 && birthYYYYMMDD(d),
		is(calledCNPJ) && n.len == 14 && isCNPJ(d),
		is(calledSteuer|calledSSN) && n.len == 11 && isSteuerID(d):
		return NationalID
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

// isIPv4 takes four bytes. Low figures all over are a version, unless something around says that they are an address, and
// so is what is called one.
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
	if first == 0 || first == 127 || first == 255 || n.called&calledVersion != 0 || n.isProduct() {
		return false
	}
	if to := n.to; to < len(n.s) {
		switch rest := n.s[to:]; {
		case rest[0] == '.' && len(rest) > 1 && word(rest[1]), len(rest) > 4 && (rest[1:4] == "Uhr" || rest[1:4] == "uhr"), rest[1:] == "Uhr":
			return false
		case (rest[0] == '-' || rest[0] == '+') && isRelease(rest[1:]):
			return false
		case (rest[0] == ':' || rest[0] == '/') && len(rest) > 1 && isDigit(rest[1]):
			return true // a port, a network
		}
	}
	return low < 4 || first == 10 || n.called&calledHost != 0
}

// isProduct reports whether a run of four is the rest of something with dots, or stands behind the name of a product:
// Chrome/120.0.99.109, 1:1.2.3.4-5. A host may stand there too, whose name has no capital: localhost/10.0.0.1.
func (n *number) isProduct() bool {
	s, i := n.s, n.from-1
	if i < 1 {
		return false
	}
	if s[i] == '_' && !isDigit(s[i-1]) || s[i] == '.' && word(s[i-1]) || s[i] == ':' && isDigit(s[i-1]) && (i < 2 || !word(s[i-2])) || strings.HasSuffix(s[:i+1], "§ ") || strings.HasSuffix(s[:i+1], "§") {
		return true
	}
	if s[i] != '/' {
		return false
	}
	from := i
	for from > 0 && isLetter(s[from-1]) {
		from--
	}
	return from < i && isUpper(s[from])
}

// isRelease reports whether a text begins with what versions end in: rc1, SNAPSHOT.
func isRelease(s string) bool {
	var lower [10]byte
	n := 0
	for n < len(s) && isLetter(s[n]) {
		if n == len(lower) {
			return false
		}
		lower[n] = s[n] | 0x20
		n++
	}
	switch string(lower[:n]) {
	case "alpha", "beta", "rc", "cr", "snapshot", "pre", "preview", "prerelease", "release", "final", "ga", "build", "nightly", "hotfix", "canary", "milestone":
		return true
	case "a", "b", "m", "p", "r", "sp", "patch":
		return n < len(s) && isDigit(s[n])
	}
	return false
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
	if n.inside && n.spaced() && n.len < 15 {
		return false // the rest of a row
	}
	if n.grouped(4, 4, 4) && verhoeff(n.digits[:n.len]) {
		return false // a number of India
	}
	for i := 2; i < n.n; i++ {
		if n.sep[i] != n.sep[1] {
			return false
		}
	}
	// 4-4-4-4, 4-6-5, 4-6-4, 4-4-5 and what is left at the end
	for i := range n.n {
		if size := n.size[i]; size > 6 || i < n.n-1 && size != 4 && size != 6 || i == 0 && size != 4 {
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
		return n.len == 13 || n.len == 16 || n.len == 19 || n.value(0, 6) == 493698
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n.len == 16
	case two == 34, two == 37:
		return n.len == 15
	case two == 36, two == 38, two == 39, three == 309, three >= 300 && three <= 305:
		return n.len >= 14
	case four >= 3528 && four <= 3589:
		return n.len >= 15
	case two == 62, two == 81:
		return n.len >= 14
	case two == 65, four == 6011, three >= 644 && three <= 649:
		return n.len >= 16
	case two == 50, two >= 56 && two <= 59, two == 60, two == 63, two == 67: // Maestro, RuPay
		return true
	case four == 2131, four == 1800: // older ones of JCB
		return n.len >= 15
	case four >= 2200 && four <= 2204: // Mir
		return n.len >= 16 && n.len <= 19
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
