package shop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCardNumbers checks the digits that card scanners check: data that no
// scanner takes for a card would make an empty example.
func TestCardNumbers(t *testing.T) {
	t.Parallel()
	cards := 0
	for _, table := range invent() {
		if table.name != "payments" {
			continue
		}
		for _, row := range table.rows {
			if card, ok := row[2].(string); ok {
				require.True(t, luhn(card), card)
				cards++
			}
		}
	}
	require.NotZero(t, cards)
}

func luhn(digits string) bool {
	sum := 0
	for i := range digits {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum%10 == 0
}
