// Package attest is the proof that a caller was verified. It is internal, so that only this module's verifiers can make
// one: user code may pass a verified caller on, and cannot build or change one short of package unsafe or the UnsafePointer
// of package reflect. Those write any memory of the process, this package's included: against code like that nothing in the
// process keeps, and what reads tokens of strangers is no such code.
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

// Sealed is evidence that went through Seal. Its type can be had outside of this module, as that of a parameter: a struct
// with the same fields would be assignable to an Evidence, and encoding/json or reflect would fill one. So it has no field
// that they could set, and no methods by which they would find an Evidence; a zero Sealed proves nothing.
type Sealed struct{ evidence *Evidence }

// Seal makes a proof of what was checked.
func Seal(e Evidence) Sealed { return Sealed{&e} }

// Open gives what was checked; false where nothing was.
func Open(s Sealed) (Evidence, bool) {
	if s.evidence == nil {
		return Evidence{}, false
	}
	return *s.evidence, true
}
