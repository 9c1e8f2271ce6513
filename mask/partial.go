package mask

import (
	"database/sql/driver"
	"strings"
	"unicode/utf8"
)

const (
	keptDigits = 4
	// minDigits is how many digits a number has to have before some are kept: as many are hidden as are shown.
	minDigits = 2 * keptDigits
)

// partialText keeps the last four digits of a number and what separates digits. Every other character becomes a star. A
// text with few digits is no number and is redacted.
func (t *treater) partialText(s string) driver.Value {
	n := digitCount(s)
	if n < minDigits {
		return t.redactText(s)
	}
	t.note(markPartial)
	t.calls++
	var buf [64]byte
	out := buf[:0]
	for len(s) > 0 {
		b := s[0]
		size := 1
		switch {
		case '0' <= b && b <= '9':
			if n--; n >= keptDigits {
				b = '*'
			}
		case b < utf8.RuneSelf && strings.IndexByte(separators, b) >= 0:
		default:
			b = '*'
			_, size = utf8.DecodeRuneInString(s)
		}
		out = append(out, b)
		s = s[size:]
	}
	return t.keep(out)
}

const separators = " -+()./"

func digitCount(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i]-'0' <= 9 {
			n++
		}
	}
	return n
}

// looksPartial reports whether a text is one that partialText puts out.
func looksPartial(s string) bool {
	stars := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case b == '*':
			stars++
		case '0' <= b && b <= '9', strings.IndexByte(separators, b) >= 0:
		default:
			return false
		}
	}
	return stars >= minDigits-keptDigits && digitCount(s) <= keptDigits
}

// partialInt keeps the last four digits of a whole number.
func (t *treater) partialInt(v driver.Value) driver.Value {
	n, ok := v.(int64)
	if !ok || -1e7 < n && n < 1e7 {
		return t.redact(v)
	}
	n = max(n%1e4, -(n % 1e4))
	if n == 0 {
		return t.redact(v)
	}
	t.remember(textOfInt(n))
	return n
}

// partialNumeric does the same to a number that arrives as text.
func (t *treater) partialNumeric(s string) driver.Value {
	whole, _, _ := strings.Cut(s, ".")
	if digitCount(whole) < minDigits || len(strings.Trim(whole, "-0123456789")) > 0 {
		return t.redact(s)
	}
	out := strings.TrimLeft(whole[len(whole)-keptDigits:], "0")
	if out == "" {
		return t.redact(s)
	}
	t.remember(out)
	return out
}
