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
	// A text that is longer than any number or has more separators is none: the separators are shown and could say anything.
	maxNumber     = 64
	maxSeparators = 8
)

// partialText keeps the last four digits of a number and what separates digits. Every other character becomes a star. A
// text with few digits is no number and is redacted.
func (t *treater) partialText(s string) driver.Value {
	if len(s) > maxNumber {
		return t.redactText(s)
	}
	n := digitCount(s)
	if n < minDigits {
		return t.redactText(s)
	}
	if t.calls++; t.calls == 1 {
		t.note(markPartial)
	}
	var buf [maxNumber]byte
	out := buf[:0]
	separators := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch role := characters[b]; {
		case role == digit:
			if n--; n >= keptDigits {
				b = '*'
			}
		case role == separator:
			if separators++; separators > maxSeparators {
				return t.redactText(s)
			}
		case b < utf8.RuneSelf:
			b = '*'
		default:
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size - 1
			b = '*'
		}
		out = append(out, b)
	}
	if t.shape.pad > 0 {
		return t.shape.fit(string(out))
	}
	return t.keep(out)
}

// What a character is in a number. The zero value is any other.
const (
	digit uint8 = iota + 1
	separator
)

var characters = func() (roles [256]uint8) {
	for _, b := range []byte(separators) {
		roles[b] = separator
	}
	for b := '0'; b <= '9'; b++ {
		roles[b] = digit
	}
	return roles
}()

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
		case characters[b] == 0:
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
