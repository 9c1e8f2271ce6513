package detect

// isNational takes the numbers of persons that consist of digits: each by its grouping, its date and its check digits.
// Those whose check is weak count only as they are written on paper, with separators.
func (n *number) isNational() bool {
	d := n.digits[:n.len]
	bare := n.n == 1
	switch n.len {
	case 9:
		return n.isSSN() || n.uses('-') && n.grouped(3, 3, 3) && d[0] != '0' && d[0] != '8' && luhn(d) // SIN of Canada
	case 10:
		return n.isNordic() || n.uses('/') && n.grouped(6, 4) && birthYYMMDD(d, 50) && n.value(0, 10)%11 == 0 // Czech, Slovak
	case 11:
		switch {
		case same(d):
			return false
		case bare:
			return isCPF(d) || isTCKN(d) || isPESEL(d) || isFodselsnummer(d) || isSteuerID(d)
		case n.grouped(3, 3, 3, 2):
			return n.sep[1] == '.' && n.sep[2] == '.' && n.sep[3] == '-' && isCPF(d)
		case n.grouped(2, 2, 2, 3, 2): // Belgium: 85.07.30-033.28
			return isBelgian(d)
		case n.grouped(6, 5):
			return isFodselsnummer(d)
		case n.grouped(2, 3, 3, 3):
			return isSteuerID(d)
		}
	case 12:
		return n.grouped(4, 4, 4) && (n.uses(' ') || n.uses('-')) && d[0] >= '2' && !n.areYears() && verhoeff(d) || bare && isINN(d) ||
			n.grouped(8, 4) && n.uses('-') && birthYYYYMMDD(d) && luhn(d[2:]) // Aadhaar; INN; Sweden with the century
	case 13:
		switch {
		case n.grouped(6, 7) && n.uses('-'): // Korea
			return birthYYMMDD(d, 0) && d[6] >= '1' && d[6] <= '8'
		case n.grouped(3, 4, 4, 2) && n.uses('.'), bare && d[0] == '7' && d[1] == '5' && d[2] == '6':
			return d[0] == '7' && d[1] == '5' && d[2] == '6' && ean(d) // AHV of Switzerland
		case bare:
			// South Africa, but for what is a time in milliseconds of these years; Romania
			return birthYYMMDD(d, 0) && (d[0] != '1' || d[1] < '4') && (d[10] == '0' || d[10] == '1') && luhn(d) || isCNP(d)
		}
	case 14:
		return n.grouped(2, 3, 3, 4, 2) && n.sep[3] == '/' && isCNPJ(d)
	case 15:
		return isNIR(d) && (bare || n.uses(' '))
	case 18:
		return bare && isResident(d, d[17])
	}
	return false
}

// areYears reports whether all groups are of these years: 2023 2024 2025.
func (n *number) areYears() bool {
	for i := range n.n {
		if !n.isRecent(i) {
			return false
		}
	}
	return true
}

// isRecent is whether a group is a year that somebody would write of.
func (n *number) isRecent(i int) bool {
	year := n.group(i)
	return n.size[i] == 4 && year >= 1900 && year < 2100
}

func same(d []byte) bool {
	for _, b := range d {
		if b != d[0] {
			return false
		}
	}
	return true
}

func two(d []byte) int { return int(d[0]-'0')*10 + int(d[1]-'0') }

func isDay(month, day int) bool { return month >= 1 && month <= 12 && day >= 1 && day <= 31 }

// birthYYMMDD reads a date; shift is what may be added to the month of some.
func birthYYMMDD(d []byte, shift int) bool {
	month := two(d[2:])
	return isDay(month, two(d[4:])) || shift > 0 && isDay(month-shift, two(d[4:]))
}

func birthDDMMYY(d []byte) bool { return isDay(two(d[2:]), two(d)) }

func birthYYYYMMDD(d []byte) bool {
	return (two(d) == 19 || two(d) == 20) && isDay(two(d[4:]), two(d[6:]))
}

// isSSN is a social security number of the United States: 3-2-4, in the ranges that are assigned.
func (n *number) isSSN() bool {
	if !n.grouped(3, 2, 4) || !n.uses('-') && !n.uses(' ') {
		return false
	}
	area := n.group(0)
	return area != 0 && area != 666 && area < 900 && n.group(1) != 0 && n.group(2) != 0
}

// isNordic takes 6-4 with a date of birth: Sweden with Luhn's check digit, Denmark with none.
func (n *number) isNordic() bool {
	if !n.grouped(6, 4) || !n.uses('-') {
		return false
	}
	d := n.digits[:n.len]
	return birthYYMMDD(d, 0) && luhn(d) || birthDDMMYY(d)
}

// weighted is the sum of digits by weights.
func weighted(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(d[i]-'0') * w
	}
	return sum
}

// isCPF is the number of a Brazilian taxpayer: two check digits, modulo 11.
func isCPF(d []byte) bool {
	check := func(sum int) byte {
		r := sum * 10 % 11 % 10
		return '0' + byte(r)
	}
	return check(weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == d[9] && check(weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == d[10]
}

// isCNPJ is the number of a Brazilian company, which may be one person: two check digits, modulo 11.
func isCNPJ(d []byte) bool {
	check := func(sum int) byte {
		if r := sum % 11; r > 1 {
			return '0' + byte(11-r)
		}
		return '0'
	}
	return !same(d) && check(weighted(d, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == d[12] && check(weighted(d, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == d[13]
}

// isTCKN is an identity number of Turkey: two check digits, the first not zero.
func isTCKN(d []byte) bool {
	if d[0] == '0' {
		return false
	}
	odd, even := weighted(d, 1, 0, 1, 0, 1, 0, 1, 0, 1), weighted(d, 0, 1, 0, 1, 0, 1, 0, 1)
	tenth := ((odd*7-even)%10 + 10) % 10
	return byte(tenth)+'0' == d[9] && byte((odd+even+tenth)%10)+'0' == d[10]
}

// isPESEL is that of Poland: a date, with 20 more on the month for those born since 2000, and a check digit.
func isPESEL(d []byte) bool {
	month := two(d[2:])
	if month > 20 {
		month -= 20
	}
	return isDay(month, two(d[4:])) && byte((10-weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)+'0' == d[10]
}

// isFodselsnummer is that of Norway: a date, 40 more on the day for those without residence, two check digits.
func isFodselsnummer(d []byte) bool {
	day := two(d)
	if day > 40 {
		day -= 40
	}
	return isDay(two(d[2:]), day) && weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// isSteuerID is that of Germany: one digit of the first ten stands twice or three times, another not at all; ISO 7064.
func isSteuerID(d []byte) bool {
	if d[0] == '0' {
		return false
	}
	var count [10]int
	for _, b := range d[:10] {
		count[b-'0']++
	}
	repeated := 0
	for _, c := range count {
		if c > 3 {
			return false
		}
		if c > 1 {
			repeated++
		}
	}
	if repeated != 1 {
		return false
	}
	product := 10
	for _, b := range d[:10] {
		sum := (int(b-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return byte((11-product)%10)+'0' == d[10]
}

// isBelgian is the register number of Belgium: a date and the rest of 97, for those born since 2000 with a 2 before it.
func isBelgian(d []byte) bool {
	v := 0
	for _, b := range d[:9] {
		v = v*10 + int(b-'0')
	}
	check := two(d[9:])
	return birthYYMMDD(d, 0) && (97-v%97 == check || 97-(2_000_000_000+v)%97 == check)
}

// isINN is the number of a Russian taxpayer who is a person: two check digits.
func isINN(d []byte) bool {
	return !same(d) && byte(weighted(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10)+'0' == d[10] && byte(weighted(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10)+'0' == d[11]
}

// isCNP is that of Romania: sex and century, a date, a county, a check digit.
func isCNP(d []byte) bool {
	county := two(d[7:])
	if d[0] == '0' || !birthYYMMDD(d[1:], 0) || county < 1 || county > 52 {
		return false
	}
	check := weighted(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if check == 10 {
		check = 1
	}
	return byte(check)+'0' == d[12]
}

// isNIR is that of France: sex, year, month, department, and the rest of 97.
func isNIR(d []byte) bool {
	month := two(d[3:])
	if d[0] != '1' && d[0] != '2' || month < 1 || month > 12 && month < 20 {
		return false
	}
	v := 0
	for _, b := range d[:13] {
		v = v*10 + int(b-'0')
	}
	return 97-v%97 == two(d[13:])
}

// isResident is that of China: a region, a date of birth, ISO 7064 mod 11-2.
func isResident(d []byte, check byte) bool {
	if d[0] == '0' || !birthYYYYMMDD(d[6:14]) {
		return false
	}
	rest := (12 - weighted(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11) % 11
	if rest == 10 {
		return check == 'X' || check == 'x'
	}
	return check == '0'+byte(rest)
}

// verhoeff is the check digit of Verhoeff's scheme, over the dihedral group of ten elements.
func verhoeff(d []byte) bool {
	c := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		c = dihedral(c, verhoeffPermutation[i%8][v])
	}
	return c == 0
}

var verhoeffPermutation = func() (p [8][10]int) {
	p[0] = [10]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	p[1] = [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for i := 2; i < 8; i++ {
		for j := range 10 {
			p[i][j] = p[i-1][p[1][j]]
		}
	}
	return p
}()

// dihedral multiplies in the group of the rotations (0 to 4) and reflections (5 to 9) of a pentagon.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b+5)%5
	}
	return (a - b + 10) % 5
}
