package mask

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sample vectors that NIST publishes with SP 800-38G.
func TestFF1OnTheVectorsOfNIST(t *testing.T) {
	const (
		aes128  = "2B7E151628AED2A6ABF7158809CF4F3C"
		aes192  = aes128 + "EF4359D8D580AA4F"
		aes256  = aes192 + "7F036D6F04FC6A94"
		digits  = "0123456789"
		letters = "0123456789abcdefghi"
		tweak10 = "39383736353433323130"
		tweak36 = "3737373770717273373737"
	)
	for _, c := range []struct {
		key, tweak  string
		radix       uint32
		plain, want string
	}{
		{aes128, "", 10, digits, "2433477484"},
		{aes128, tweak10, 10, digits, "6124200773"},
		{aes128, tweak36, 36, letters, "a9tv40mll9kdu509eum"},
		{aes192, "", 10, digits, "2830668132"},
		{aes192, tweak10, 10, digits, "2496655549"},
		{aes192, tweak36, 36, letters, "xbj3kv35jrawxv32ysr"},
		{aes256, "", 10, digits, "6657667009"},
		{aes256, tweak10, 10, digits, "1001623463"},
		{aes256, tweak36, 36, letters, "xs8a0azh2avyalyzuwd"},
	} {
		key, err := hex.DecodeString(c.key)
		require.NoError(t, err)
		tweak, err := hex.DecodeString(c.tweak)
		require.NoError(t, err)
		f, err := newFF1(key, c.radix)
		require.NoError(t, err)
		const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
		var x []uint16
		for _, r := range c.plain {
			x = append(x, uint16(strings.IndexRune(alphabet, r)))
		}
		out, err := f.encrypt(x, tweak)
		require.NoError(t, err)
		var b strings.Builder
		for _, d := range out {
			b.WriteByte(alphabet[d])
		}
		require.Equal(t, c.want, b.String())
	}
	f, err := newFF1(make([]byte, 16), 10)
	require.NoError(t, err)
	_, err = f.encrypt(make([]uint16, 5), nil)
	require.ErrorIs(t, err, errDomain, "less than a million values")
}
