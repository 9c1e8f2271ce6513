package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"

	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// Verifier makes callers of the tokens of one issuer. Many goroutines may use it at once.
type Verifier struct {
	config     Config
	algorithms []string
	remote     *remote // nil = the keys are Config.Keys
	inner      *oidc.IDTokenVerifier
}

// New makes a verifier. It asks nobody yet: an issuer that cannot be reached refuses tokens, not the start of a program.
func New(c Config) (*Verifier, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Keys, c.RoleClaims = slices.Clone(c.Keys), slices.Clone(c.RoleClaims)
	v := &Verifier{config: c, algorithms: c.algorithms()}
	if c.Keys == nil {
		v.remote = newRemote(&v.config)
	}
	v.inner = oidc.NewVerifier(c.Issuer, keySet{v}, &oidc.Config{
		ClientID: c.Audience, SupportedSigningAlgs: v.algorithms, Now: v.earlier,
	})
	return v, nil
}

// Verify checks a token, in its compact form and without "Bearer", and gives the caller that it speaks of. The error is a
// [*TokenError], or that of the context.
func (v *Verifier) Verify(ctx context.Context, token string) (lineage.Caller, error) {
	h, err := v.header(token)
	if err != nil {
		return lineage.Caller{}, err
	}
	seen := &signature{header: h}
	_, err = v.inner.Verify(context.WithValue(ctx, signatureKey{}, seen), token)
	if ctx.Err() != nil {
		return lineage.Caller{}, ctx.Err()
	}
	if seen.payload == nil {
		return lineage.Caller{}, seen.refusal()
	}
	evidence, refusal := v.claims(seen.payload)
	switch {
	case refusal != nil:
		return lineage.Caller{}, refusal
	case err != nil:
		return lineage.Caller{}, refused(Malformed, "") // go-oidc has reasons of its own; both have to agree
	}
	evidence.KeyID = seen.key
	if err := v.once(ctx, &evidence); err != nil {
		return lineage.Caller{}, err
	}
	return lineage.Attested(attest.Seal(evidence)), nil
}

// header is what a token says of its signature.
type header struct{ algorithm, key string }

// header reads the first part of a token. Only alg, kid, typ and crit are looked at.
func (v *Verifier) header(token string) (header, error) {
	if len(token) > MaxTokenBytes {
		return header{}, refused(TooLarge, "")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return header{}, refused(Malformed, "")
	}
	var text []byte
	for i, p := range parts {
		// Go's base64 reads over line breaks; there is one way to write a token.
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil || strings.ContainsAny(p, "\r\n") {
			return header{}, refused(Malformed, "")
		}
		if i == 0 {
			text = b
		}
	}
	m, err := members(text)
	if err != nil {
		return header{}, refused(Malformed, "header")
	}
	algorithm, _ := m["alg"].(string)
	if !slices.Contains(v.algorithms, algorithm) {
		return header{}, refused(Algorithm, "alg")
	}
	if _, critical := m["crit"]; critical {
		return header{}, refused(CriticalHeader, "crit")
	}
	if !v.typed(m) {
		return header{}, refused(WrongType, "typ")
	}
	id, ok := plain(m, "kid")
	if !ok {
		return header{}, refused(Malformed, "kid")
	}
	return header{algorithm: algorithm, key: id}, nil
}

// typed reports whether the token is of a type that is accepted: a token for another use (logout, proof of possession) is
// none that says who calls.
func (v *Verifier) typed(m map[string]any) bool {
	typ, there := m["typ"]
	text, ok := typ.(string)
	text = strings.TrimPrefix(strings.ToLower(text), "application/")
	switch {
	case there && !ok:
		return false
	case text == "at+jwt":
		return true
	}
	return !v.config.AccessTokens && (!there || text == "jwt")
}

// signature is what became of the signature of one token.
type signature struct {
	header  header
	payload []byte // nil = no key has signed it
	key     string // the id of the key that has
	err     error
}

type signatureKey struct{}

func (s *signature) refusal() error {
	if s.err != nil {
		return s.err
	}
	return refused(Malformed, "")
}

// keySet is what go-oidc asks about signatures.
type keySet struct{ v *Verifier }

// VerifySignature implements oidc.KeySet.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	s, ok := ctx.Value(signatureKey{}).(*signature)
	if !ok {
		return nil, refused(Malformed, "")
	}
	s.payload, s.key, s.err = k.v.signed(ctx, token, s.header)
	return s.payload, s.err
}

func (v *Verifier) signed(ctx context.Context, token string, h header) ([]byte, string, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(h.algorithm)})
	if err != nil {
		return nil, "", refused(Malformed, "")
	}
	keys, err := v.keys(ctx, h)
	if err != nil {
		return nil, "", &TokenError{Reason: KeysUnavailable, Err: err}
	}
	if len(keys) == 0 {
		return nil, "", refused(UnknownKey, "kid")
	}
	for i := range keys {
		if payload, err := jws.Verify(keys[i].Public); err == nil {
			return payload, keys[i].ID, nil
		}
	}
	return nil, "", refused(BadSignature, "")
}

func (v *Verifier) keys(ctx context.Context, h header) ([]Key, error) {
	if v.remote == nil {
		return chosen(v.config.Keys, h.key, h.algorithm), nil
	}
	return v.remote.find(ctx, h.key, h.algorithm)
}

// once accepts a token id for the first time, where that is asked for.
func (v *Verifier) once(ctx context.Context, e *attest.Evidence) error {
	if v.config.Seen == nil {
		return nil
	}
	if e.TokenID == "" {
		return refused(NoTokenID, "jti")
	}
	first, err := v.config.Seen.First(ctx, e.Issuer, e.TokenID, e.Expires)
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	case err != nil:
		return &TokenError{Reason: SeenUnavailable, Err: err}
	case !first:
		return refused(Replayed, "jti")
	}
	return nil
}
