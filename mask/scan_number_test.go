package mask

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// generators make numbers of columns that hold no cards.
var generators = []struct {
	name string
	most float64 // of a thousand numbers that come one in a result, how many may be hidden
	next func(r *rand.Rand, i int) uint64
}{
	{"sequence", 0, func(_ *rand.Rand, i int) uint64 { return uint64(i + 1) }},
	{"snowflake", 0, func(r *rand.Rand, i int) uint64 {
		return (1_300_000_000_000+uint64(i)*977)<<22 | r.Uint64N(1<<22)
	}},
	{"sonyflake of 63 bits", 0, func(r *rand.Rand, i int) uint64 { return (30_000_000_000+uint64(i))<<24 | r.Uint64N(1<<24) }},
	{"milliseconds", 0, func(r *rand.Rand, _ int) uint64 { return 1_600_000_000_000 + r.Uint64N(2e11) }},
	{"microseconds", 0, func(r *rand.Rand, _ int) uint64 { return 1_600_000_000_000_000 + r.Uint64N(2e14) }},
	{"nanoseconds", 0, func(r *rand.Rand, _ int) uint64 { return 1_600_000_000_000_000_000 + r.Uint64N(2e17) }},
	{"day and a number", 0, func(r *rand.Rand, i int) uint64 {
		return 20250000_00000000 + 1_00000000*uint64(100+i%28) + r.Uint64N(1e8)
	}},
	{"time in digits", 0, func(r *rand.Rand, i int) uint64 { return 20250101000000 + uint64(i%28)*1_000000 + r.Uint64N(60) }},
	{"id of a page", 0, func(r *rand.Rand, _ int) uint64 { return 100_000_000_000_000 + r.Uint64N(9e12) }},
	{"random of 16 digits", 45, func(r *rand.Rand, _ int) uint64 { return 1e15 + r.Uint64N(9e15) }},
	{"random of 15 digits", 20, func(r *rand.Rand, _ int) uint64 { return 1e14 + r.Uint64N(9e14) }},
	{"random below 2^53", 45, func(r *rand.Rand, _ int) uint64 { return r.Uint64N(1 << 53) }},
	{"order number that begins with 4", 120, func(r *rand.Rand, _ int) uint64 { return 4_000_000_000_000_000 + r.Uint64N(1e12) }},
	{"order number that begins with 62", 120, func(_ *rand.Rand, i int) uint64 { return 6_200_000_000_000_000 + uint64(i) }},
}

// What is hidden of ordinary numbers: one by one, in pages, in long results; under a name that says nothing and under one
// that says to identify.
func TestScanOfGeneratedNumbers(t *testing.T) {
	const many = 20_000
	for _, g := range generators {
		share := func(page int, named bool) float64 {
			r := rand.New(rand.NewPCG(1, 2))
			hidden := 0
			for i := 0; i < many; {
				s := Scan{numbers: numberScan{stored: true, named: named}}
				for range page {
					s.turn++
					if s.isCard(strconv.FormatUint(g.next(r, i), 10)) {
						hidden++
					}
					i++
				}
			}
			return 1000 * float64(hidden) / many
		}
		one, page, all := share(1, false), share(20, false), share(1000, false)
		t.Logf("%-34s of a thousand: %5.1f alone, %5.1f in pages of 20, %5.2f in thousands; named %5.2f, %5.2f, %5.2f",
			g.name, one, page, all, share(1, true), share(20, true), share(1000, true))
		require.LessOrEqual(t, one, g.most, g.name)
		require.LessOrEqual(t, page, one/2, g.name)
		require.LessOrEqual(t, all, one/20, g.name)
		require.Zero(t, share(1, true), g.name)
		require.LessOrEqual(t, share(20, true), 1.0, g.name)
	}
}

func TestNumberScan(t *testing.T) {
	const card, more = "4111111111111111", "5425233430109903"
	for _, c := range []struct {
		name    string
		numbers numberScan
		seen    []string
		hidden  []bool
	}{
		{"expression", numberScan{}, []string{"1234567890123456", "2234567890123456", card}, []bool{false, false, true}},
		{"stored", numberScan{stored: true}, []string{card, "1234567890123456", card, "2234567890123456", card, more}, []bool{true, false, true, false, false, true}},
		{"one number again and again", numberScan{stored: true}, []string{"1234567890123456", "1234567890123456", card}, []bool{false, false, true}},
		{"named", numberScan{stored: true, named: true}, []string{card, card, more, card, "1234567890123456", more}, []bool{false, false, true, true, false, false}},
		{"signs and fractions", numberScan{}, []string{"-" + card, card + ".00", card + ".5", "4.111111111111111e+15", "$4,111,111,111,111,111.00", "4.111.111.111.111.111,00 €", "¥4,111,111,111,111,111"}, []bool{true, true, false, true, true, true, true}},
	} {
		s := Scan{numbers: c.numbers}
		for i, text := range c.seen {
			s.turn++
			require.Equal(t, c.hidden[i], s.isCard(text), "%s: %d %s", c.name, i, text)
		}
	}
}

// Of any text come as many digits as a card has, or none, and all of them stand in the text where it has no exponent.
func FuzzWholeDigits(f *testing.F) {
	for _, text := range []string{"4111111111111111", "-4111111111111111.00", "4.111111111111111e+15", "$4,111,111,111,111,111.00", "4 111 111 111 111 111,00 \u20ac", "1e400", "NaN", ".", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, ok := wholeDigits(text)
		if !ok {
			require.Empty(t, whole)
			return
		}
		require.Regexp(t, `^[0-9]{14,16}$`, whole)
		if !strings.ContainsAny(text, "eE") {
			var digits strings.Builder
			for i := range len(text) {
				if '0' <= text[i] && text[i] <= '9' {
					digits.WriteByte(text[i])
				}
			}
			require.Contains(t, digits.String(), whole)
		}
	})
}
