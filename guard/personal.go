package guard

import "strings"

// personalShape names what a text looks like: an e-mail address, a payment card, a bank account; "" = none of them. It is
// advice on literals, nothing that masks rely on.
func personalShape(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case len(s) < 6 || len(s) > 254:
	case mailAddress(s):
		return "e-mail address"
	case cardNumber(s):
		return "card number"
	case accountNumber(s):
		return "bank account"
	}
	return ""
}

// mailAddress: something, an at sign, and a domain with a dot that is not kept for examples.
func mailAddress(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" || strings.ContainsAny(s, " \t\n,;<>()%*\"'/") || strings.Contains(domain, "@") {
		return false
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot <= 0 || len(domain)-dot < 3 {
		return false
	}
	for _, c := range domain[dot+1:] {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	switch strings.ToLower(domain[dot+1:]) {
	case "invalid", "example", "test", "localhost":
		return false
	}
	return true
}

// cardNumber: 13 to 19 digits in groups whose check digit is right.
func cardNumber(s string) bool {
	var digits []int
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, int(c-'0'))
		case c != ' ' && c != '-':
			return false
		}
	}
	if len(digits) < 13 || len(digits) > 19 || digits[0] < 2 || digits[0] > 6 {
		return false
	}
	sum := 0
	for i := range digits {
		d := digits[len(digits)-1-i]
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// accountNumber: an IBAN whose check digits are right.
func accountNumber(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for i, c := range s[4:] + s[:4] {
		switch at := (i + 4) % len(s); {
		case c >= '0' && c <= '9' && at != 0 && at != 1:
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z' && at != 2 && at != 3:
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
