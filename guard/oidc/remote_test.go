package oidc_test

import (
	"crypto"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard/oidc"
)

// provider is an issuer on this machine.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	keys   []jose.JSONWebKey
	broken bool
	issuer string // "" = its own address
	reads  atomic.Int64
}

func newProvider(t testing.TB) *provider {
	p := &provider{}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		name := p.issuer
		if name == "" {
			name = p.URL
		}
		_ = json.NewEncoder(w).Encode(object{"issuer": name, "jwks_uri": p.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reads.Add(1)
		if p.broken {
			http.Error(w, "down for ada", http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: p.keys})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) publish(keys map[string]crypto.PublicKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []jose.JSONWebKey{{Key: []byte("a secret that is not for signatures"), KeyID: "s1"}}
	for id, k := range keys {
		p.keys = append(p.keys, jose.JSONWebKey{Key: k, KeyID: id, Use: "sig"})
	}
}

func (p *provider) fail(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = yes
}

func (p *provider) token(kid string, key any) string {
	return sign(key, rs256(object{"kid": kid}), claims(object{"iss": p.URL, "exp": noon.Add(24 * time.Hour).Unix()}))
}

// clock is one that tests set.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time        { return noon.Add(time.Duration(c.ns.Load())) }
func (c *clock) pass(by time.Duration) { c.ns.Add(int64(by)) }

func TestRotation(t *testing.T) {
	t.Parallel()
	p, c := newProvider(t), &clock{}
	p.publish(map[string]crypto.PublicKey{"old": rsaKey().Public()})
	v, err := oidc.New(oidc.Config{Issuer: p.URL, Audience: audience, Now: c.now})
	require.NoError(t, err)
	verify := func(kid string, key any) error {
		_, err := v.Verify(t.Context(), p.token(kid, key))
		return err
	}
	for range 5 {
		require.NoError(t, verify("old", rsaKey()))
	}
	require.EqualValues(t, 1, p.reads.Load(), "keys are kept")

	p.publish(map[string]crypto.PublicKey{"new": otherRSA().Public()})
	refusal(t, verify("new", otherRSA()), oidc.UnknownKey)
	require.EqualValues(t, 1, p.reads.Load(), "not more than one attempt in ten seconds")
	c.pass(11 * time.Second)
	require.NoError(t, verify("new", otherRSA()))
	require.EqualValues(t, 2, p.reads.Load())
	refusal(t, verify("old", rsaKey()), oidc.UnknownKey)
	for range 100 {
		refusal(t, verify("nobody's", rsaKey()), oidc.UnknownKey)
	}
	require.EqualValues(t, 2, p.reads.Load(), "unknown keys are no way to flood the issuer")

	// A key that is taken back without another in its place is gone after five minutes.
	p.publish(map[string]crypto.PublicKey{"third": rsaKey().Public()})
	c.pass(4 * time.Minute)
	require.NoError(t, verify("new", otherRSA()))
	c.pass(2 * time.Minute)
	refusal(t, verify("new", otherRSA()), oidc.UnknownKey)
}

func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p, c := newProvider(t), &clock{}
	p.publish(map[string]crypto.PublicKey{"k": rsaKey().Public()})
	p.fail(true)
	v, err := oidc.New(oidc.Config{Issuer: p.URL, Audience: audience, Now: c.now})
	require.NoError(t, err)
	verify := func(kid string) error {
		_, err := v.Verify(t.Context(), p.token(kid, rsaKey()))
		return err
	}
	err = verify("k")
	refusal(t, err, oidc.KeysUnavailable)
	require.NotContains(t, err.Error(), "ada", "what the issuer answers is not quoted")
	p.fail(false)
	refusal(t, verify("k"), oidc.KeysUnavailable)
	c.pass(11 * time.Second)
	require.NoError(t, verify("k"))
	p.fail(true)
	c.pass(50 * time.Minute)
	require.NoError(t, verify("k"), "keys that are there count for a while")
	refusal(t, verify("other"), oidc.KeysUnavailable)
	c.pass(11 * time.Minute)
	refusal(t, verify("k"), oidc.KeysUnavailable)
}

func TestDiscoveryOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.publish(map[string]crypto.PublicKey{"k": rsaKey().Public()})
	p.issuer = "https://evil.example"
	v, err := oidc.New(oidc.Config{Issuer: p.URL, Audience: audience, Now: atNoon})
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), p.token("k", rsaKey()))
	refusal(t, err, oidc.KeysUnavailable)
	require.NotContains(t, err.Error(), "evil")

	v, err = oidc.New(oidc.Config{Issuer: p.URL, Audience: audience, Now: atNoon, KeysURL: p.URL + "/keys"})
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), p.token("k", rsaKey()))
	require.NoError(t, err, "an address that is given is not discovered")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.publish(map[string]crypto.PublicKey{"k": rsaKey().Public()})
	v, err := oidc.New(oidc.Config{Issuer: p.URL, Audience: audience, Now: atNoon})
	require.NoError(t, err)
	token := p.token("k", rsaKey())
	errs := make(chan error, 20)
	for range cap(errs) {
		go func() {
			_, err := v.Verify(t.Context(), token)
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	require.EqualValues(t, 1, p.reads.Load())
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	set := must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: rsaKey().Public(), KeyID: "r"},
		{Key: ecKey().Public(), KeyID: "e", Algorithm: "ES256"},
		{Key: rsaKey().Public(), KeyID: "enc", Use: "enc"},
		{Key: []byte("secret"), KeyID: "s"},
		{Key: rsaKey().Public(), KeyID: "wrong", Algorithm: "ES256"},
	}}))
	keys, err := oidc.ParseKeys(set)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	_, err = oidc.ParseKeys(must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: rsaKey(), KeyID: "r"}}})))
	require.ErrorContains(t, err, "private key")
	for _, text := range []string{"", "[]", "{}", `{"keys":{}}`} {
		_, err := oidc.ParseKeys([]byte(text))
		require.Error(t, err)
	}
}

// A key that says what it is for, and does not name checking of signatures, checks none.
func TestParseKeysByOperation(t *testing.T) {
	t.Parallel()
	for operations, want := range map[string]int{
		``: 1, `,"key_ops":["verify"]`: 1, `,"key_ops":["encrypt","verify"]`: 1,
		`,"key_ops":["encrypt"]`: 0, `,"key_ops":["sign"]`: 0, `,"key_ops":["Verify"]`: 0, `,"key_ops":[]`: 0,
		`,"key_ops":"verify"`: 0, `,"key_ops":[1]`: 0, `,"key_ops":null`: 0, `,"use":"sig","key_ops":["wrapKey"]`: 0,
	} {
		key := string(must(json.Marshal(jose.JSONWebKey{Key: ecKey().Public(), KeyID: "e"})))
		keys, err := oidc.ParseKeys([]byte(`{"keys":[` + strings.TrimSuffix(key, "}") + operations + `}]}`))
		require.NoError(t, err, operations)
		require.Len(t, keys, want, operations)
	}
}
