package mask

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseKeys(t *testing.T) {
	a, b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 16))), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("b", 32)))
	keys, err := ParseKeys([]byte("# newest first\r\n" + a + " # of May\n\n\t" + b + "\r\n"))
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte(strings.Repeat("a", 16)), []byte(strings.Repeat("b", 32))}, keys)
	for _, text := range []string{"", "\n#" + a, a + "\nx", a + "\n" + base64.StdEncoding.EncodeToString([]byte("fifteen bytes..")), a + b, a + "\n" + b + "\n" + a} {
		_, err := ParseKeys([]byte(text))
		require.ErrorIs(t, err, errKeys, text)
		require.NotContains(t, err.Error(), a, "nothing is quoted")
	}
}

// A key that stands where the name of its file belongs is not said.
func TestKeyFileErrorsNameNoFile(t *testing.T) {
	for name, want := range map[string]string{"hunter2key": "no such file", strings.Repeat("hunter2key", 100): "name too long", "hunter2key\x00": "invalid argument"} {
		_, err := os.ReadFile(name)
		require.Error(t, err)
		require.ErrorContains(t, KeyFileError(err), want)
		require.NotContains(t, KeyFileError(err).Error(), "hunter2key")
	}
	require.NotContains(t, KeyFileError(errors.New("hunter2key")).Error(), "hunter2key")
	_, err := os.ReadFile("hunter2key")
	require.ErrorIs(t, KeyFileError(err), fs.ErrNotExist)
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
