package shop

import "fmt"

// iban completes a country's account number to an IBAN: the check digits make
// the whole, with its first four characters moved to the end and letters read
// as 10 to 35, leave 1 when divided by 97.
func iban(country, account string) string {
	return fmt.Sprintf("%s%02d%s", country, 98-mod97(account+country+"00"), account)
}

func mod97(text string) int {
	rest := 0
	for _, r := range text {
		if r >= 'A' && r <= 'Z' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest
}
