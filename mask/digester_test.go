package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDigesterIsFast(t *testing.T) {
	assert.Nil(t, newDigester(testKey).slow)
	assert.NotNil(t, newDigester(make([]byte, 65)).slow, "such a key is hashed first")
}

func FuzzDigester(f *testing.F) {
	f.Add([]byte("key"), "text")
	for _, n := range []int{0, 55, 56, 63, 64, 65, 119, 120, 1000} {
		f.Add(make([]byte, 32), string(make([]byte, n)))
	}
	f.Fuzz(func(t *testing.T, key []byte, text string) {
		d := newDigester(key)
		want := hmac.New(sha256.New, key)
		want.Write([]byte(text))
		for range 2 {
			var got [32]byte
			d.sum(text, &got)
			require.Equal(t, want.Sum(nil), got[:])
		}
	})
}
