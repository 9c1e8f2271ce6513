package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The bounds of what is accepted.
const (
	// MaxTokenBytes is the length of the longest token that is looked at.
	MaxTokenBytes = 16 << 10
	// MaxActors is how many may act for one subject, one for the other.
	MaxActors = 5
)

const (
	defaultLeeway = 30 * time.Second
	maxLeeway     = time.Minute
	minRSABits    = 2048
)

// Config says whose tokens are accepted. Issuer and Audience are needed; the rest has defaults.
type Config struct {
	// Issuer is the iss of the tokens, character by character: an https address. Its keys are found by discovery below it.
	Issuer string
	// Audience has to be among the audiences of a token: the name of this program with the issuer.
	Audience string
	// KeysURL is where the issuer publishes its keys. "" means that discovery says so.
	KeysURL string
	// Keys are the issuer's keys where the network is not to be asked. Nil means that it is.
	Keys []Key
	// Client asks for keys. Nil means one that waits ten seconds and follows no redirect.
	Client *http.Client
	// Algorithms are those that a signature may have: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA.
	// Nil means RS256 and ES256.
	Algorithms []string
	// Leeway is how far the clocks of the issuer and of this machine may be apart, up to a minute. 0 means 30 seconds, less
	// means none.
	Leeway time.Duration
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// RoleClaims are the claims that hold the subject's roles, a string or a list of strings; all of them count. One that
	// begins with a slash is a path: /realm_access/roles. Nil means roles and groups.
	RoleClaims []string
	// KindClaim is the claim that says what the subject is, human or service; a token without it is refused then. "" means
	// a service where the subject is the client itself (client_id or azp), and a human otherwise.
	KindClaim string
	// AccessTokens asks for the type at+jwt of RFC 9068, by which access tokens and others cannot be taken for each other.
	AccessTokens bool
	// Seen accepts each token once. Nil means that a token may be presented until it expires.
	Seen Seen
}

// Key is a public key of the issuer: an *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey.
type Key struct {
	ID        string // the kid of tokens that it signed
	Public    crypto.PublicKey
	Algorithm string // that it is for; "" = any that fits
}

// families are the kinds of keys that the algorithms need.
var families = map[string]string{
	"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
	"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519",
}

// family is the kind of a key, "" where it is none that is used.
func (k *Key) family() string {
	switch p := k.Public.(type) {
	case *rsa.PublicKey:
		if p != nil && p.N != nil && p.N.BitLen() >= minRSABits {
			return "RSA"
		}
	case *ecdsa.PublicKey:
		if p != nil && p.Curve != nil {
			return p.Curve.Params().Name
		}
	case ed25519.PublicKey:
		if len(p) == ed25519.PublicKeySize {
			return "Ed25519"
		}
	}
	return ""
}

// fits reports whether the key is one for an algorithm.
func (k *Key) fits(algorithm string) bool {
	return (k.Algorithm == "" || k.Algorithm == algorithm) && k.family() != "" && k.family() == families[algorithm]
}

func (c *Config) check() error {
	if c.Issuer == "" || c.Audience == "" {
		return errors.New("governed: oidc.Config needs an Issuer and an Audience")
	}
	for _, a := range c.Algorithms {
		if families[a] == "" {
			return fmt.Errorf("governed: oidc.Config.Algorithms: %q is not a signature algorithm of public keys", a)
		}
	}
	if c.Leeway > maxLeeway {
		return fmt.Errorf("governed: oidc.Config.Leeway: %v is more than %v", c.Leeway, maxLeeway)
	}
	if slices.Contains(c.RoleClaims, "") {
		return errors.New("governed: oidc.Config.RoleClaims: an empty name")
	}
	if c.Keys == nil {
		return c.checkAddresses()
	}
	if c.KeysURL != "" {
		return errors.New("governed: oidc.Config has both Keys and KeysURL")
	}
	return checkKeys(c.Keys)
}

func checkKeys(keys []Key) error {
	if len(keys) == 0 {
		return errors.New("governed: oidc.Config.Keys: none")
	}
	for i := range keys {
		k := &keys[i]
		if k.family() == "" {
			return fmt.Errorf("governed: oidc.Config.Keys: key %d is a %T, not a public key of 2048 bits of RSA, of a curve or of Ed25519", i, k.Public)
		}
		if k.Algorithm != "" && !k.fits(k.Algorithm) {
			return fmt.Errorf("governed: oidc.Config.Keys: key %d is not one for %q", i, k.Algorithm)
		}
	}
	return nil
}

func (c *Config) checkAddresses() error {
	if c.KeysURL != "" {
		return checkURL("KeysURL", c.KeysURL)
	}
	return checkURL("Issuer", c.Issuer)
}

// checkURL holds keys to connections that nobody can change on the way: https, or this machine.
func checkURL(field, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Errorf("governed: oidc.Config.%s is not an address", field)
	}
	if u.Scheme == "https" || u.Scheme == "http" && local(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("governed: oidc.Config.%s: keys are read by https", field)
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *Config) leeway() time.Duration {
	switch {
	case c.Leeway == 0:
		return defaultLeeway
	case c.Leeway < 0:
		return 0
	}
	return c.Leeway
}

func (c *Config) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Config) algorithms() []string {
	if len(c.Algorithms) == 0 {
		return []string{"RS256", "ES256"}
	}
	return slices.Clone(c.Algorithms)
}

func (c *Config) client() *http.Client {
	if c.Client != nil {
		return c.Client
	}
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
