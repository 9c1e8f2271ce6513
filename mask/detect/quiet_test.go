package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is quiet holds nothing that Text finds, and no sign of a document or of bytes.
func TestQuiet(t *testing.T) {
	for _, text := range []string{"", "waiting", "green chair no 17", "SKU-1234-B", "delivered to the back door", strings.Repeat("0f", 16)} {
		digits, quiet := Quiet(text, nil)
		require.True(t, quiet, text)
		require.Equal(t, strings.Count(strings.Map(nine, text), "9"), digits, text)
	}
	for _, text := range []string{"ada@example.com", "4111 1111 1111 1111", `{"a": "b"}`, "[1]", `\x6164`, "call +44 20 7946 0123"} {
		_, quiet := Quiet(text, nil)
		require.False(t, quiet, text)
	}
}

func nine(r rune) rune {
	if '0' <= r && r <= '9' {
		return '9'
	}
	return r
}

func FuzzQuiet(f *testing.F) {
	f.Add("ada@example.com")
	f.Add(`{"ssn": 1}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, quiet := Quiet(text, nil); quiet {
			require.Empty(t, Text(text, nil))
			require.False(t, strings.ContainsAny(text, `{[\`))
		}
	})
}

// Reading eight bytes at a time says the same as reading each.

// The first pass says the same of a text as of its bytes one by one.
func FuzzFirstPass(f *testing.F) {
	for b := range 256 {
		f.Add("abcdef0" + string([]byte{byte(b)}) + "12")
	}
	f.Add(strings.Repeat("0123456789", 10000))
	f.Add("größe 12 345 678")
	f.Fuzz(func(t *testing.T, text string) {
		seen, digits := firstPass(text)
		var wantSeen uint16
		wantDigits := 0
		for i := range len(text) {
			wantSeen |= features[text[i]] & (1<<digitShift - 1)
			wantDigits += int(features[text[i]] >> digitShift)
		}
		require.Equal(t, wantSeen, seen)
		require.Equal(t, wantDigits, digits)
	})
}
