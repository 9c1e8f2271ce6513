// Package attest is the proof that a caller was verified. It is internal, so that only this module's verifiers can make
// one: user code may pass a verified caller on, and cannot build or change one.
package attest

import "time"

// Evidence is what a verifier has checked.
type Evidence struct {
	Kind    string // human, service or agent: who acts now
	Issuer  string
	Subject string
	Roles   []string
	Actors  []string // outermost first
	KeyID   string
	TokenID string
	Expires time.Time // zero = does not expire
}
