package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is quiet holds nothing that Text finds, and no sign of a document or of bytes.
func TestQuiet(t *testing.T) {
	for _, text := range []string{"", "waiting", "green chair no 17", "SKU-1234-B", "delivered to the back door", strings.Repeat("0f", 16)} {
		require.True(t, Quiet(text, nil), text)
	}
	for _, text := range []string{"ada@example.com", "4111 1111 1111 1111", `{"a": "b"}`, "[1]", `\x6164`, "call +44 20 7946 0123"} {
		require.False(t, Quiet(text, nil), text)
	}
}

func FuzzQuiet(f *testing.F) {
	f.Add("ada@example.com")
	f.Add(`{"ssn": 1}`)
	f.Fuzz(func(t *testing.T, text string) {
		if Quiet(text, nil) {
			require.Empty(t, Text(text, nil))
			require.False(t, strings.ContainsAny(text, `{[\`))
		}
	})
}
