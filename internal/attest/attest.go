// Package attest is the proof that a caller was verified. It is internal, so that only this module's verifiers can make
// one: user code may pass a verified caller on, and cannot build or change one.
package attest

import "time"

// Evidence is what a verifier has checked.
type Evidence struct {
	Kind    string // human, service or agent: who acts now
	Behalf  string // human or service: the subject, where an agent acts for it; "" = human
	Issuer  string
	Subject string
	Roles   []string // the subject's
	Actors  []string // outermost first; one that another issuer names is issuer#subject
	KeyID   string
	TokenID string
	Expires time.Time // until when the caller counts as verified; zero = for ever
}
