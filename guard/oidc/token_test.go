package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard/oidc"
)

const (
	issuer   = "https://idp.example"
	audience = "shop"
)

// noon is when the tests happen.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// object is a JSON object of a token.
type object = map[string]any

// claims are those of a good token, changed by others; nil takes one away.
func claims(changes ...object) object {
	out := object{"iss": issuer, "sub": "ada", "aud": audience, "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix(), "jti": "t1"}
	for _, c := range changes {
		maps.Copy(out, c)
	}
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

func rs256(changes ...object) object {
	out := object{"alg": "RS256", "kid": "r1", "typ": "JWT"}
	for _, c := range changes {
		maps.Copy(out, c)
	}
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// encode writes the first two parts of a token; a string is taken as it is.
func encode(parts ...any) string {
	out := ""
	for _, p := range parts {
		text, raw := p.(string)
		if !raw {
			text = string(must(json.Marshal(p)))
		}
		if out != "" {
			out += "."
		}
		out += base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	return out
}

// sign makes a token; nothing is said of what a header claims.
func sign(key any, header, payload any) string {
	text := encode(header, payload)
	digest := sha256.Sum256([]byte(text))
	var signature []byte
	switch key := key.(type) {
	case *rsa.PrivateKey:
		signature = must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:]))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		signature = append(must(r, err).FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func good(changes ...object) string { return sign(rsaKey(), rs256(), claims(changes...)) }

func offline() oidc.Config {
	return oidc.Config{
		Issuer: issuer, Audience: audience, Now: atNoon,
		Keys: []oidc.Key{{ID: "r1", Public: rsaKey().Public()}, {ID: "e1", Public: ecKey().Public()}},
	}
}

func verifier(t testing.TB, change func(*oidc.Config)) *oidc.Verifier {
	t.Helper()
	c := offline()
	if change != nil {
		change(&c)
	}
	v, err := oidc.New(c)
	require.NoError(t, err)
	return v
}

// refusal asserts why a token is refused.
func refusal(t testing.TB, err error, want oidc.Reason) {
	t.Helper()
	var token *oidc.TokenError
	require.ErrorAs(t, err, &token)
	require.Equal(t, want, token.Reason)
	require.ErrorIs(t, err, oidc.ErrToken)
}
