package driver

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/governedsql/governed/lineage"
)

// CallerError says that a statement was not sent because the server cannot be told whom it belongs to: a name holds bytes
// that are no text, or control characters. Replaced, the names of two callers would be one. It does not quote the name.
type CallerError struct {
	// Member is what the name is of, as governed.claims calls it: sub, iss, roles, actors, jti, job or purpose.
	Member string
}

func (e *CallerError) Error() string {
	return "governed: the statement was not sent: the caller's " + e.Member + " is no text or holds control characters, and cannot be told to the server"
}

// ErrorType is the error.type of spans.
func (e *CallerError) ErrorType() string { return "governed.caller" }

// checkNames finds a name that cannot be told.
func checkNames(rec *lineage.Record) error {
	c, j := rec.Caller, rec.Job
	for _, of := range [...]struct {
		member string
		names  []string
	}{
		{"sub", []string{c.Subject()}},
		{"iss", []string{c.Issuer()}},
		{"roles", c.Roles()},
		{"actors", c.Actors()},
		{"jti", []string{c.TokenID()}},
		{"job", []string{j.Namespace, j.Name, j.RunID, j.Model}},
		{"purpose", []string{rec.Purpose}},
	} {
		for _, name := range of.names {
			if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
				return &CallerError{Member: of.member}
			}
		}
	}
	return nil
}

// cleaned is a name as observe, which refuses nothing, tells it.
func cleaned(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, name) // which writes a sign for bytes that are no text, too
}
