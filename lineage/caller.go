package lineage

import (
	"context"
	"slices"
	"time"

	"github.com/governedsql/governed/internal/attest"
)

// CallerKind says what sort of party acts.
type CallerKind string

// The kinds of callers. The zero value is Anonymous.
const (
	Anonymous      CallerKind = ""
	HumanCaller    CallerKind = "human"
	ServiceCaller  CallerKind = "service"
	AgentCaller    CallerKind = "agent"
	anonymousLabel            = "anonymous"
)

// Caller is who a statement belongs to. Its zero value is the anonymous caller. A Caller cannot be changed; only a
// verifier of this module makes one whose Verified is true. That holds for code that keeps to Go's types: what writes memory
// by package unsafe, or by the UnsafePointer of package reflect, can do that here as it can anywhere in its process.
type Caller struct {
	kind     CallerKind
	behalf   CallerKind // of the subject, where an agent acts for it; "" = not known
	nobody   bool       // the agent acts for the anonymous caller
	issuer   string
	subject  string
	roles    []string
	actors   []string
	tokenID  string
	keyID    string
	expires  time.Time
	verified bool
}

// Human is an unverified human caller, known to the application by id.
func Human(id string) Caller { return Caller{kind: HumanCaller, subject: id} }

// Service is an unverified service caller.
func Service(name string) Caller { return Caller{kind: ServiceCaller, subject: name} }

// Agent is an unverified agent that acts for another caller: an agent for a human, a tool for an agent. The subject
// stays the one on whose behalf it acts.
func Agent(name string, behalf Caller) Caller {
	if len(behalf.actors) == 0 {
		behalf.behalf, behalf.nobody = behalf.kind, behalf.IsAnonymous()
	}
	behalf.kind = AgentCaller
	behalf.actors = append([]string{name}, behalf.actors...)
	behalf.verified = false
	return behalf
}

// Attested is a verified caller. The evidence comes from a verifier of this module; other modules have none, and get the
// anonymous caller.
func Attested(s attest.Sealed) Caller {
	e, ok := attest.Open(s)
	if !ok {
		return Caller{}
	}
	return Caller{
		kind: CallerKind(e.Kind), behalf: CallerKind(e.Behalf), issuer: e.Issuer, subject: e.Subject,
		roles: slices.Clone(e.Roles), actors: slices.Clone(e.Actors),
		tokenID: e.TokenID, keyID: e.KeyID, expires: e.Expires, verified: true,
	}
}

// Kind is what sort of party acts now: the outermost actor if there is one.
func (c Caller) Kind() CallerKind { return c.kind }

// Subject is on whose behalf the caller acts; "" for the anonymous caller.
func (c Caller) Subject() string { return c.subject }

// Issuer is who vouches for the subject; "" where nobody does.
func (c Caller) Issuer() string { return c.issuer }

// Roles are the subject's roles.
func (c Caller) Roles() []string { return slices.Clone(c.roles) }

// HasActor reports whether one of those who act for the subject is one that is looked for.
func (c Caller) HasActor(is func(string) bool) bool { return slices.ContainsFunc(c.actors, is) }

// HasRole reports whether the subject has a role.
func (c Caller) HasRole(role string) bool { return slices.Contains(c.roles, role) }

// Behalf is the kind of the one on whose behalf the caller acts; a human where nobody said otherwise. It is the kind of
// the caller itself where that acts for nobody else.
func (c Caller) Behalf() CallerKind {
	switch {
	case len(c.actors) == 0:
		return c.kind
	case c.nobody:
		return Anonymous
	case c.behalf == "":
		return HumanCaller
	}
	return c.behalf
}

// Actors are those who act for the subject, the one who acts now first. One whom another issuer than the subject's knows
// under that name is issuer#name: the same name from two issuers is two parties.
func (c Caller) Actors() []string { return slices.Clone(c.actors) }

// Actor is who acts now for the subject, "" if the subject acts itself.
func (c Caller) Actor() string {
	if len(c.actors) == 0 {
		return ""
	}
	return c.actors[0]
}

// TokenID is the id of the token that a verified caller came with, "" where it had none.
func (c Caller) TokenID() string { return c.tokenID }

// KeyID is the key that signed the evidence.
func (c Caller) KeyID() string { return c.keyID }

// Expires is until when a verifier vouches for the caller; zero where none does, or without end.
func (c Caller) Expires() time.Time { return c.expires }

// Verified reports whether a verifier vouches for the caller at the given time.
func (c Caller) Verified(now time.Time) bool {
	return c.verified && (c.expires.IsZero() || now.Before(c.expires))
}

// Vouched is the caller with no more rights than somebody vouches for at the given time: without roles where it is not
// verified. It is the same party in all else.
func (c Caller) Vouched(now time.Time) Caller {
	if !c.Verified(now) {
		c.roles = nil
	}
	return c
}

// Equal reports whether two callers are the same party with the same rights, on the same evidence.
func (c Caller) Equal(o Caller) bool {
	return c.kind == o.kind && c.behalf == o.behalf && c.nobody == o.nobody && c.issuer == o.issuer && c.subject == o.subject &&
		c.tokenID == o.tokenID && c.keyID == o.keyID && c.verified == o.verified && c.expires.Equal(o.expires) &&
		slices.Equal(c.roles, o.roles) && slices.Equal(c.actors, o.actors)
}

// IsAnonymous reports whether nobody is named.
func (c Caller) IsAnonymous() bool { return c.kind == Anonymous && c.subject == "" }

// String names the caller for people: "agent report-bot for human ada", "service billing", "anonymous".
func (c Caller) String() string {
	if c.IsAnonymous() {
		return anonymousLabel
	}
	if a := c.Actor(); a != "" {
		return string(c.kind) + " " + a + " for " + c.subject
	}
	return string(c.kind) + " " + c.subject
}

// Job is the pipeline run that a statement feeds.
type Job struct {
	Namespace string // of the pipeline, as OpenLineage means it
	Name      string
	RunID     string // unique per run; a UUID where OpenLineage consumers are to take it
	Model     string // the model that is trained or asked, such as churn@7
}

// IsZero reports whether no job is named.
func (j Job) IsZero() bool { return j == Job{} }

type contextKey uint8

const (
	callerKey contextKey = iota
	jobKey
	purposeKey
)

// WithCaller says on whose behalf the statements that run under the context are sent.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey, c)
}

// CallerFrom gives the caller of the context, the anonymous one where none was set.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey).(Caller)
	return c
}

// WithJob says which run the statements feed.
func WithJob(ctx context.Context, j Job) context.Context { return context.WithValue(ctx, jobKey, j) }

// JobFrom gives the job of the context, the zero Job where none was set.
func JobFrom(ctx context.Context) Job {
	j, _ := ctx.Value(jobKey).(Job)
	return j
}

// WithPurpose says what the data is for: "support", "model-training".
func WithPurpose(ctx context.Context, purpose string) context.Context {
	return context.WithValue(ctx, purposeKey, purpose)
}

// PurposeFrom gives the purpose of the context, "" where none was set.
func PurposeFrom(ctx context.Context) string {
	p, _ := ctx.Value(purposeKey).(string)
	return p
}
