package driver

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// Claims says what PostgreSQL is told of whoever a statement belongs to, so that row-level security, triggers and the
// server's log see the person behind the pool. The zero value tells nothing. The package documentation says how policies
// read it, and what is sent without.
type Claims struct {
	// On sends the caller, its actors and roles, the job, the purpose and the trace id with each statement, as the setting
	// governed.claims of its transaction, in the same round trip.
	On bool
	// Role gives the database role as which the statements of a caller run; the role that is logged in has to be a member
	// of it. "" refuses the caller's statements, and so do "none" and a name that the server would not take as it is: one of
	// more than 63 bytes, or that is no text. The caller comes without its roles unless it is verified at that moment, see
	// [lineage.Caller.Vouched]. Nil means the role that is logged in. It wants On, and is called by many goroutines at once.
	Role func(lineage.Caller) string
	// ApplicationName names the caller in application_name while its statements run, which log_line_prefix and
	// pg_stat_activity show. It wants On.
	ApplicationName bool
}

func (c *Claims) check() error {
	if !c.On && (c.Role != nil || c.ApplicationName) {
		return errors.New("governed: Config.Claims has a Role or ApplicationName, and is not On")
	}
	return nil
}

// ruleRole is the rule by which a statement is refused that no role is for.
const ruleRole = "PR03"

// The texts that tell the server. A local setting ends with the transaction, outside of one with the statement.
const (
	tellQuery     = `select pg_catalog.set_config('governed.claims', $1, true)`
	tellNameQuery = `select pg_catalog.set_config('governed.claims', $1, true), pg_catalog.set_config('application_name', $2, true)`
	roleQuery     = `select pg_catalog.set_config('role', $1, true)`
)

// told is the form of the claims of one caller, which the next statement has as a rule.
type told struct {
	caller   lineage.Caller
	job      lineage.Job
	purpose  string
	verified bool
	text     string
	name     string // for application_name
	err      error  // a [CallerError]
}

// claimed is what governed.claims holds.
type claimed struct {
	Subject  string      `json:"sub,omitempty"`
	Issuer   string      `json:"iss,omitempty"`
	Kind     string      `json:"kind"`
	Verified bool        `json:"verified"`
	Roles    []string    `json:"roles"`
	Actors   []string    `json:"actors"`
	TokenID  string      `json:"jti,omitempty"`
	Expires  int64       `json:"exp,omitempty"`
	Job      *claimedJob `json:"job,omitempty"`
	Purpose  string      `json:"purpose,omitempty"`
}

type claimedJob struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	Run       string `json:"run,omitempty"`
	Model     string `json:"model,omitempty"`
}

// claimant gives what the server is to be told of the statement, but for its trace.
func (p *passage) claimant() (*told, error) {
	t, rec := &p.s.told, &p.rec
	verified := rec.Caller.Verified(p.now)
	if t.text == "" || t.verified != verified || t.job != rec.Job || t.purpose != rec.Purpose || !t.caller.Equal(rec.Caller) {
		text, err := claimsOf(rec, verified)
		if err != nil {
			return nil, err
		}
		*t = told{
			caller: rec.Caller, job: rec.Job, purpose: rec.Purpose, verified: verified, text: text,
			name: cleaned(rec.Caller.String()), err: checkNames(rec),
		}
	}
	return t, nil
}

// claims is what the server is to be told of the statement, and the name of the caller for people.
func (p *passage) claims() (text, name string, err error) {
	t, err := p.claimant()
	if err != nil {
		return "", "", err
	}
	if span := trace.SpanContextFromContext(p.ctx); span.HasTraceID() {
		return t.text[:len(t.text)-1] + `,"trace":"` + span.TraceID().String() + `"}`, t.name, nil
	}
	return t.text, t.name, nil
}

func claimsOf(rec *lineage.Record, verified bool) (string, error) {
	c := claimed{
		Subject: cleaned(rec.Caller.Subject()), Issuer: cleaned(rec.Caller.Issuer()), Kind: string(rec.Caller.Kind()), Verified: verified,
		Roles: []string{}, Actors: append([]string{}, rec.Caller.Actors()...), TokenID: cleaned(rec.Caller.TokenID()), Purpose: cleaned(rec.Purpose),
	}
	if rec.Caller.Kind() == lineage.Anonymous {
		c.Kind = "anonymous"
	}
	if verified {
		// Roles that nobody vouches for, or not any more, open nothing.
		c.Roles = append(c.Roles, rec.Caller.Roles()...)
	}
	if end := rec.Caller.Expires(); !end.IsZero() {
		c.Expires = end.Unix()
	}
	if j := rec.Job; !j.IsZero() {
		c.Job = &claimedJob{Namespace: cleaned(j.Namespace), Name: cleaned(j.Name), Run: cleaned(j.RunID), Model: cleaned(j.Model)}
	}
	for _, list := range [2][]string{c.Roles, c.Actors} {
		for i, name := range list {
			list[i] = cleaned(name)
		}
	}
	text, err := json.Marshal(c)
	return string(text), err
}

// identify fixes as whom the statement will run: names are resolved as that role.
func (p *passage) identify() error {
	s := p.s
	if !s.g.claims.On {
		return nil
	}
	t, err := p.claimant()
	if err != nil {
		return err
	}
	if t.err != nil && !s.observing() {
		return t.err
	}
	role := s.g.claims.Role
	if role == nil {
		return nil
	}
	name := role(p.rec.Caller.Vouched(p.now))
	if !isRole(name) {
		name = ""
	}
	if name == "" && !s.observing() {
		return p.refuse(&guard.DeniedError{
			Rule: ruleRole, Position: -1, Reason: "there is no database role for the caller", Safe: "a caller for whom Config.Claims.Role gives one",
		})
	}
	s.role = name
	return nil
}

// maxRole is the length of the longest name that PostgreSQL does not cut, in bytes.
const maxRole = 63

// isRole reports whether a name can be that of a role, and is the same to the server; none is the role that is logged in.
func isRole(name string) bool {
	return name != "none" && len(name) <= maxRole && utf8.ValidString(name) && !strings.ContainsRune(name, 0)
}

// tells are the preambles that tell the server whom the statement belongs to, none where it was told already.
func (p *passage) tells() ([]preamble, error) {
	g, tx, status := p.s.g, &p.s.tx, p.s.conn.pc.TxStatus()
	if !g.claims.On || status != 'I' && status != 'T' {
		return nil, nil
	}
	text, name, err := p.claims()
	if err != nil {
		return nil, err
	}
	as := identity{role: p.s.role, claims: text, name: name}
	if status == 'T' && tx.told == as {
		return nil, nil
	}
	return p.s.telling(as), nil
}

// identity is what a transaction was told; the zero value is that nobody knows.
type identity struct{ role, claims, name string }

// telling are the preambles that tell the server of somebody. A caller without a role takes off that of the one before.
func (s *session) telling(as identity) []preamble {
	var out []preamble
	tx, within := &s.tx, s.conn.pc.TxStatus() == 'T'
	role := as.role
	if role == "" && within && tx.roles {
		role = "none"
	}
	if role != "" {
		out = append(out, preamble{text: roleQuery, args: []string{role}, mute: true})
	}
	tell := preamble{text: tellQuery, args: []string{as.claims}, mute: true}
	if s.g.claims.ApplicationName {
		tell.text, tell.args = tellNameQuery, append(tell.args, as.name)
	}
	if within {
		tell.done = func() { tx.told, tx.last, tx.tells, tx.roles = as, as, true, tx.roles || as.role != "" }
	}
	return append(out, tell)
}

// guise is as whom the server is asked about a statement that does not run yet.
type guise struct {
	role string // of the statement; "" = the one that is logged in
	sets string // the role that has to be set for it; "" = none
	back bool   // inside a transaction, which has to be afterwards as it was: the statement may be refused
}

// guise is that of the session's statement.
func (s *session) guise() guise {
	g := guise{role: s.role, sets: s.role, back: s.conn.pc.TxStatus() == 'T'}
	switch {
	case g.back && s.tx.told != identity{} && s.tx.told.role == s.role:
		g.sets = ""
	case g.role == "" && g.back && s.tx.roles:
		g.sets = "none"
	}
	return g
}

// aside are preambles for a question of the driver's own, and what takes them back behind it, inside a transaction.
func (s *session) aside(list []preamble) (before, after []preamble) {
	if len(list) == 0 || s.conn.pc.TxStatus() != 'T' {
		return list, nil
	}
	before = append(before, preamble{text: savepointText, once: true})
	for _, pr := range list {
		pr.done = nil // it does not last
		before = append(before, pr)
	}
	return before, []preamble{{text: rewindText, once: true}, {text: releaseText, once: true}}
}

// deaf are commands that ask nothing of settings; LOCK TABLE comes first in a transaction so that the snapshot is taken
// behind it, and what tells the server takes one.
var deaf = map[string]bool{
	"BEGIN": true, "START TRANSACTION": true, "COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "RELEASE": true,
	"PREPARE TRANSACTION": true, "LOCK TABLE": true,
}

// attentive reports whether the text has to know whose it is.
func (p *passage) attentive() bool {
	for _, st := range p.a.statements {
		if !deaf[st.Command] {
			return true
		}
	}
	return false
}

// tellBare does what can be done for a text with which nothing can travel. Outside a transaction it runs without claims,
// in which row-level security that follows the documented form shows nothing, and, where callers have roles, not at all:
// it would have the rights of the role that is logged in. Inside one that was told of somebody else it is told first.
func (p *passage) tellBare(status byte, tells []preamble) error {
	switch s := p.s; {
	case len(tells) == 0 || !p.attentive():
		return nil
	case status == 'T' && s.tx.tells:
		p.ahead = tells
		return nil
	case s.role == "" || s.observing() || p.onlySettings():
		return nil
	}
	return p.refuse(&guard.DeniedError{
		Rule: ruleRole, Position: -1, Reason: "it cannot run as the caller's database role: it ends transactions or cannot run in one",
		Safe: "a connector without Config.Claims.Role",
	})
}

// tellUnread tells a transaction that was told of somebody else before a text that nobody could read: observe sends it.
func (p *passage) tellUnread() error {
	if !p.s.tx.tells {
		return nil
	}
	tells, err := p.tells()
	if err != nil {
		return err
	}
	p.ahead = tells
	return nil
}

// onlySettings reports whether a text sets and shows settings and does nothing else.
func (p *passage) onlySettings() bool {
	for _, st := range p.a.statements {
		if st.NoTransaction || len(st.Settings) == 0 || len(st.Functions) > 0 || len(st.Relations) > 0 {
			return false
		}
	}
	return true
}

// resolvePath reads how the connection resolves names for a role, if that is not known.
func (s *session) resolvePath(ctx context.Context) error {
	if !s.pathKnown {
		clear(s.paths)
	}
	if s.pathKnown && s.pathRole == s.role {
		return nil
	}
	w, known := s.paths[s.role]
	if !known {
		var err error
		if w, err = s.conn.where(ctx, s.guise().sets); err != nil {
			return err
		}
		if s.paths == nil || len(s.paths) >= maxPaths {
			s.paths = map[string]where{}
		}
		s.paths[s.role] = w
		s.pathRead++
	}
	s.where, s.pathKnown, s.pathRole, s.shared = w, true, s.role, nil
	if s.private != nil {
		s.private = newScope(w.Path)
	}
	return nil
}

// maxPaths bounds how many roles a session remembers the names of.
const maxPaths = 64
