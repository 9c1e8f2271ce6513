package mask

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseKeys(t *testing.T) {
	a, b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 16))), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("b", 32)))
	keys, err := ParseKeys([]byte("# newest first\r\n" + a + " # of May\n\n\t" + b + "\r\n"))
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte(strings.Repeat("a", 16)), []byte(strings.Repeat("b", 32))}, keys)
	for _, text := range []string{"", "\n#" + a, a + "\nx", a + "\n" + base64.StdEncoding.EncodeToString([]byte("fifteen bytes..")), a + b} {
		_, err := ParseKeys([]byte(text))
		require.ErrorIs(t, err, errKeys, text)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte("YWFhYWFhYWFhYWFhYWFhYQ==\n# c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeys(text)
		require.Equal(t, err == nil, len(keys) > 0)
		for _, k := range keys {
			_, err := New(Config{Key: k})
			require.NoError(t, err)
		}
	})
}
