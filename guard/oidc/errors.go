package oidc

import "errors"

// ErrToken is the sentinel of every refused token, for errors.Is.
var ErrToken = errors.New("governed: the token was refused")

// Reason is why a token was refused, in a word.
type Reason string

// The reasons.
const (
	Malformed       Reason = "malformed"        // no signed token, or a claim of the wrong form
	TooLarge        Reason = "too_large"        // longer than MaxTokenBytes
	Algorithm       Reason = "algorithm"        // not one of Config.Algorithms
	CriticalHeader  Reason = "critical_header"  // it asks for an extension; none is known here
	WrongType       Reason = "wrong_type"       // of another type than is asked for
	UnknownKey      Reason = "unknown_key"      // nobody published its key
	KeysUnavailable Reason = "keys_unavailable" // the issuer's keys could not be read
	BadSignature    Reason = "bad_signature"
	WrongIssuer     Reason = "wrong_issuer"
	WrongAudience   Reason = "wrong_audience"
	Expired         Reason = "expired"
	NotYetValid     Reason = "not_yet_valid"
	TooDeep         Reason = "too_deep" // more actors than MaxActors
	NoTokenID       Reason = "no_token_id"
	Replayed        Reason = "replayed"
	SeenUnavailable Reason = "seen_unavailable" // nobody could say whether it was seen before
)

// TokenError says that a token was refused, and why. It quotes neither the token nor what stands in it.
type TokenError struct {
	Reason Reason
	// Claim is the member of the token or of its header that decided, "" where it was none.
	Claim string
	// Err is what went wrong outside the token: reading keys, or asking a [Seen]. Nil where it is the token's fault.
	Err error
}

func (e *TokenError) Error() string {
	text := "governed: the caller's token was refused: " + string(e.Reason)
	if e.Claim != "" {
		text += " (" + e.Claim + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is makes every TokenError an [ErrToken].
func (e *TokenError) Is(target error) bool { return target == ErrToken }

// Unwrap gives Err.
func (e *TokenError) Unwrap() error { return e.Err }

// ErrorType is the error.type of spans.
func (e *TokenError) ErrorType() string { return "governed.token." + string(e.Reason) }

func refused(r Reason, claim string) error { return &TokenError{Reason: r, Claim: claim} }
