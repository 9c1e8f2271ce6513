package detect

import "strings"

// mixed looks at a word of letters and digits, s[from:to], and gives where to go on.
func (f *finder) mixed(from, to int) int {
	s := f.s
	if end := f.account(from, to); end > 0 {
		return end
	}
	if from > 1 && (s[from-1] == '.' || s[from-1] == ':') && isDigit(s[from-2]) {
		return to // 10:11:12.80272866Z
	}
	w := s[from:to]
	if len(w) == 9 && isLetter(w[0]) && isLetter(w[8]) && calledBefore(s, from)&calledNINO != 0 && isNINO(strings.ToUpper(w)) {
		f.add(from, to, NationalID)
		return to
	}
	switch {
	case isSpanish(w), isFiscal(w), isNINO(w), isPAN(w), isNRIC(w), isCURP(w), len(w) == 18 && allDigits(w[:17]) && isResident([]byte(w[:17]), w[17]):
		f.add(from, to, NationalID)
		return to
	}
	return to
}

// account looks for an IBAN that the word s[from:to] begins with, or holds behind its name, and gives its end; 0 = there is none.
func (f *finder) account(from, to int) int {
	s := f.s
	if to-from >= 4 && isLetter(s[from]) && isLetter(s[from+1]) && isDigit(s[from+2]) && isDigit(s[from+3]) {
		if end := f.iban(from); end > 0 {
			return end
		}
	}
	if to-from >= 8 && strings.EqualFold(s[from:from+4], "IBAN") && isLetter(s[from+4]) && isLetter(s[from+5]) && isDigit(s[from+6]) {
		return f.iban(from + 4)
	}
	return 0
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// ibanLength is the length of an IBAN by country, from the registry of SWIFT.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28,
	"CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
	"LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24,
	"SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// iban reads an IBAN in one piece or in groups of four, and gives its end; 0 = none begins at from.
func (f *finder) iban(from int) int {
	s := f.s
	var country [2]byte
	country[0], country[1] = s[from]&^0x20, s[from+1]&^0x20
	length, known := ibanLength[string(country[:])]
	if !known {
		return 0
	}
	rest, digits, i := 0, 0, from
	var text [34]byte
	for digits < length {
		if i >= len(s) {
			return 0
		}
		if isAlnum(s[i]) {
			text[digits] = s[i]
			digits++
			i++
			continue
		}
		// Between groups stand one or two of the same.
		sep, width := separator(s, i)
		if sep == 0 || sep == '(' || sep == ')' || digits < 4 {
			return 0
		}
		i += width
		if i < len(s) && !isAlnum(s[i]) {
			again, width := separator(s, i)
			if again != sep {
				return 0
			}
			i += width
		}
	}
	if i < len(s) && isAlnum(s[i]) {
		return 0
	}
	for j := range length {
		b := text[(j+4)%length]
		if isDigit(b) {
			rest = (rest*10 + int(b-'0')) % 97
		} else {
			rest = (rest*100 + int(b&^0x20-'A') + 10) % 97
		}
	}
	if rest != 1 || !f.add(from, i, IBAN) {
		return 0
	}
	return i
}

// isSpanish is a DNI, eight digits and a letter, or an NIE, which begins with X, Y or Z in place of a digit.
func isSpanish(w string) bool {
	if len(w) == 10 && (w[8] == '-' || w[8] == ' ') {
		return isUpper(w[9]) && spanishLetter(w[:8]) == w[9]
	}
	return len(w) == 9 && isUpper(w[8]) && spanishLetter(w[:8]) == w[8]
}

// spanishLetter is the check letter of seven digits behind a digit, X, Y or Z; 0 = it is something else.
func spanishLetter(w string) byte {
	if !allDigits(w[1:]) {
		return 0
	}
	v := 0
	switch b := w[0]; {
	case isDigit(b):
		v = int(b - '0')
	case b >= 'X' && b <= 'Z':
		v = int(b - 'X')
	default:
		return 0
	}
	for i := 1; i < len(w); i++ {
		v = v*10 + int(w[i]-'0')
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[v%23]
}

// isFiscal is a codice fiscale of Italy: LLLLLLDDLDDLDDDL with a check letter. Digits may be letters where two persons
// would have the same.
func isFiscal(w string) bool {
	if len(w) != 16 {
		return false
	}
	const shape = "AAAAAA00A00A000A"
	sum := 0
	for i := range 16 {
		b := w[i]
		if isLetter(b) {
			b &^= 0x20
		}
		if shape[i] == 'A' && !isLetter(b) || shape[i] == '0' && !isDigit(b) && strings.IndexByte("LMNPQRSTUV", b) < 0 {
			return false
		}
		if i == 15 {
			return byte(sum%26)+'A' == b
		}
		v := int(b - '0')
		if isLetter(b) {
			v = int(b - 'A')
		}
		if i%2 == 0 {
			v = [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}[v]
		}
		sum += v
	}
	return false
}

// isNINO is a national insurance number of the United Kingdom: two letters, six digits, A to D.
func isNINO(w string) bool {
	return len(w) == 9 && isNINOPrefix(w) && allDigits(w[2:8]) && w[8] >= 'A' && w[8] <= 'D'
}

func isNINOPrefix(w string) bool {
	if !isUpper(w[0]) || !isUpper(w[1]) || strings.IndexByte("DFIQUV", w[0]) >= 0 || strings.IndexByte("DFIOQUV", w[1]) >= 0 {
		return false
	}
	switch w[:2] {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return true
}

// spacedNINO reads one with spaces, AB 12 34 56 C, and gives its end; 0 = none begins at from.
func (f *finder) spacedNINO(from int) int {
	const length = len("AB 12 34 56 C")
	if from+length > len(f.s) || !f.ends(from+length) {
		return 0
	}
	w := f.s[from : from+length]
	for i, b := range []byte(w) {
		digit, space := i >= 3 && i < 11 && i%3 != 2, i >= 2 && i%3 == 2
		if digit && !isDigit(b) || space && b != ' ' {
			return 0
		}
	}
	if !isNINOPrefix(w) || w[12] < 'A' || w[12] > 'D' || !f.add(from, from+length, NationalID) {
		return 0
	}
	return from + length
}

// isPAN is the number of an Indian taxpayer: five letters, of which the fourth is the sort of taxpayer, four digits, a
// letter.
func isPAN(w string) bool {
	if len(w) != 10 || !allDigits(w[5:9]) || !isUpper(w[9]) || strings.IndexByte("ABCFGHJLPT", w[3]) < 0 {
		return false
	}
	for i := range 5 {
		if !isUpper(w[i]) {
			return false
		}
	}
	return true
}

// isNRIC is that of Singapore: S, T, F, G or M, seven digits, a check letter.
func isNRIC(w string) bool {
	if len(w) != 9 || !allDigits(w[1:8]) || !isUpper(w[8]) {
		return false
	}
	sum := 0
	for i, weight := range [...]int{2, 7, 6, 5, 4, 3, 2} {
		sum += int(w[i+1]-'0') * weight
	}
	switch w[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == w[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == w[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == w[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == w[8]
	case 'M':
		return "KLJNPQRTUWX"[(sum+3)%11] == w[8]
	}
	return false
}

// isCURP is the registry key of Mexico: four letters, a date, sex, state, three consonants, a letter or digit, a check
// digit.
func isCURP(w string) bool {
	if len(w) != 18 || !allDigits(w[4:10]) || w[10] != 'H' && w[10] != 'M' && w[10] != 'X' || !isDigit(w[17]) {
		return false
	}
	for _, i := range [...]int{0, 1, 2, 3, 11, 12, 13, 14, 15} {
		if !isUpper(w[i]) {
			return false
		}
	}
	if !isDay(int(w[6]-'0')*10+int(w[7]-'0'), int(w[8]-'0')*10+int(w[9]-'0')) {
		return false
	}
	sum := 0
	for i := range 17 {
		v := int(w[i] - '0')
		if isLetter(w[i]) {
			v = int(w[i]-'A') + 10
			if w[i] > 'N' {
				v++ // Ñ has a number of its own
			}
		}
		sum += v * (18 - i)
	}
	return byte((10-sum%10)%10)+'0' == w[17]
}

// isPart reports whether a dash and a letter stand before s[from:to] or behind it: it is a part of what somebody numbers things with.
func (f *finder) isPart(from, to int) bool {
	s := f.s
	return from > 1 && s[from-1] == '-' && isLetter(s[from-2]) || to+1 < len(s) && s[to] == '-' && isLetter(s[to+1])
}

// finnish reads a personal identity code: DDMMYY, a sign for the century, three digits, a check character.
func (f *finder) finnish(from int) int {
	s := f.s
	if from+11 > len(s) || !allDigits(s[from:from+6]) || !allDigits(s[from+7:from+10]) || !f.ends(from+11) || strings.IndexByte("+-ABCDEFYXWVU", s[from+6]) < 0 {
		return 0
	}
	if !birthDDMMYY([]byte(s[from:from+6])) || isDigit(s[from+10]) && f.isPart(from, from+11) {
		return 0
	}
	v := 0
	for _, b := range []byte(s[from:from+6] + s[from+7:from+10]) {
		v = v*10 + int(b-'0')
	}
	if "0123456789ABCDEFHJKLMNPRSTUVWXY"[v%31] != s[from+10] || !f.add(from, from+11, NationalID) {
		return 0
	}
	return from + 11
}
