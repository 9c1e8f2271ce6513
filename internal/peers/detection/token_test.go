package detection

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	lot "math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/mask/detect"
)

// tokenSamples are tokens that golang-jwt signs with each of its methods.
func tokenSamples(t *testing.T) []sample {
	r := lot.New(lot.NewPCG(12, 12))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	signer := map[jwt.SigningMethod]any{jwt.SigningMethodNone: jwt.UnsafeAllowNoneSignatureType}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		signer[m] = []byte("not much of a key")
	}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512} {
		signer[m] = rsaKey
	}
	for m, curve := range map[jwt.SigningMethod]elliptic.Curve{jwt.SigningMethodES256: elliptic.P256(), jwt.SigningMethodES384: elliptic.P384(), jwt.SigningMethodES512: elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		signer[m] = key
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer[jwt.SigningMethodEdDSA] = crypto.Signer(ed)
	var list []sample
	methods := slices.SortedFunc(maps.Keys(signer), func(a, b jwt.SigningMethod) int { return strings.Compare(a.Alg(), b.Alg()) })
	for _, m := range methods {
		key := signer[m]
		for i := range 12 {
			claims := jwt.MapClaims{"sub": fake.UUID()}
			if i%2 == 0 {
				claims = jwt.MapClaims{"sub": digits(r, 6), "name": fake.Name(), "iat": 1700000000 + r.IntN(1e8), "scope": []string{"a", "b"}}
			}
			if i == 11 {
				claims = jwt.MapClaims{"a": 1}
			}
			token := jwt.NewWithClaims(m, claims)
			switch i % 3 {
			case 1:
				token.Header["kid"] = fake.UUID()
			case 2:
				delete(token.Header, "typ")
			}
			text, err := token.SignedString(key)
			require.NoError(t, err)
			list = append(list, whole(detect.JWT, m.Alg(), numbered(m.Alg(), i), text))
		}
	}
	out := framed(list, 3)
	for _, s := range list {
		out = append(out, s.within(pick(r, "Authorization: Bearer %s", "https://example.com/cb?id_token=%s&state=1", "https://example.com/#access_token=%s", "Cookie: session=%s; Path=/", `{"access_token":"%s","token_type":"Bearer"}`, "Bearer %s", "token:%s")))
	}
	return out
}
