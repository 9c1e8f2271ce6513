package guard

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// Condition says when a rule of a policy applies. All parts that are given have to hold; within one, any entry. The zero
// value always holds. In plain words (subjects, jobs, models, purposes, environments) * stands for any run of characters.
type Condition struct {
	Environments []string `json:",omitempty"`
	Identity     Identity `json:",omitzero"`
	Jobs         []string `json:",omitempty"` // by name, or by namespace/name
	Models       []string `json:",omitempty"`
	Purposes     []string `json:",omitempty"`
	Time         *Times   `json:",omitempty"`

	// Statements are command tags or how they begin: DROP, ALTER TABLE, ALTER TABLE DROP COLUMN. SELECT is every read of
	// a relation, wherever it stands.
	Statements []string `json:",omitempty"`
	// Effects are kinds of effects, see [Kinds].
	Effects []string `json:",omitempty"`
	// HasWhere holds for UPDATE, DELETE and MERGE with or without a WHERE that bounds their rows.
	HasWhere *bool `json:",omitempty"`
	// Relations are patterns such as public.customers or audit.*; with views, the view and what is below it.
	Relations []string `json:",omitempty"`
	// Columns are patterns such as public.customers.email or *.*.ssn.
	Columns []string `json:",omitempty"`
	// TagsAny and TagsAll are tags of relations and columns. A tag stands for those below it too: pii for pii.email.
	TagsAny []string `json:",omitempty"`
	TagsAll []string `json:",omitempty"`
	// Fingerprints are those of statements, as records show them.
	Fingerprints []string `json:",omitempty"`
}

// Identity is a condition on the caller. Kind and Actors are of who acts now; subject, issuer and roles are of the one
// on whose behalf.
type Identity struct {
	Kinds    []string `json:",omitempty"` // human, service, agent, anonymous
	Subjects []string `json:",omitempty"`
	Issuers  []string `json:",omitempty"`
	Actors   []string `json:",omitempty"`
	Roles    []string `json:",omitempty"` // one of them is enough
	NotRoles []string `json:",omitempty"` // none of them
	Verified *bool    `json:",omitempty"`
}

// Times is a condition on the clock.
type Times struct {
	Days   []time.Weekday `json:",omitempty"`
	From   time.Duration  `json:",omitempty"` // since midnight, from 0 to 24h
	To     time.Duration  `json:",omitempty"` // not included; below From it is on the next day; 0 with From 0 = the whole day
	Zone   string         `json:",omitempty"` // of the time zone database; "" = UTC
	After  time.Time      `json:",omitzero"`
	Before time.Time      `json:",omitzero"`
}

// Check says what is wrong with a condition: nil where a policy takes it.
func (c *Condition) Check() error {
	_, err := compile(c)
	return err
}

// condition is a [Condition] that was checked.
type condition struct {
	environments, jobs, models, purposes          []string
	kinds, subjects, issuers, actors              []string
	roles, notRoles                               []string
	verified                                      *bool
	times                                         *Times
	zone                                          *time.Location
	statements, effects                           []string
	hasWhere                                      *bool
	relations, columns                            []pattern
	tagsAny, tagsAll                              []string
	fingerprints                                  []string
	asksIdentity, asksMoment, asksPart, asksTheDB bool
}

func compile(c *Condition) (*condition, error) {
	out := &condition{
		environments: words(c.Environments), jobs: words(c.Jobs), models: words(c.Models), purposes: words(c.Purposes),
		subjects: words(c.Identity.Subjects), issuers: words(c.Identity.Issuers), actors: words(c.Identity.Actors),
		roles: c.Identity.Roles, notRoles: c.Identity.NotRoles, verified: c.Identity.Verified,
		times: c.Time, zone: time.UTC, hasWhere: c.HasWhere, tagsAny: c.TagsAny, tagsAll: c.TagsAll, fingerprints: c.Fingerprints,
	}
	for _, k := range c.Identity.Kinds {
		switch lineage.CallerKind(k) {
		case lineage.HumanCaller, lineage.ServiceCaller, lineage.AgentCaller:
		default:
			if k != "anonymous" {
				return nil, &ValueError{Field: "identity.kind", Value: k, Known: []string{"human", "service", "agent", "anonymous"}}
			}
			k = string(lineage.Anonymous)
		}
		out.kinds = append(out.kinds, k)
	}
	for _, s := range c.Statements {
		s = strings.Join(strings.Fields(strings.ToUpper(s)), " ")
		word, _, _ := strings.Cut(s, " ")
		if !slices.Contains(statementWords, word) {
			return nil, &ValueError{Field: "statement", Value: s, Known: statementWords}
		}
		out.statements = append(out.statements, s)
	}
	for _, k := range c.Effects {
		if !slices.Contains(Kinds(), k) {
			return nil, &ValueError{Field: "effects", Value: k, Known: Kinds()}
		}
		out.effects = append(out.effects, k)
	}
	var err error
	if out.relations, err = patterns("relations", c.Relations, parseRelationPattern); err != nil {
		return nil, err
	}
	if out.columns, err = patterns("columns", c.Columns, parseColumnPattern); err != nil {
		return nil, err
	}
	if c.Time != nil {
		if out.zone, err = time.LoadLocation(c.Time.Zone); err != nil {
			return nil, &ValueError{Field: "time.zone", Value: c.Time.Zone}
		}
		if c.Time.From < 0 || c.Time.From > 24*time.Hour || c.Time.To < 0 || c.Time.To > 24*time.Hour {
			return nil, &ValueError{Field: "time.hours", Value: fmt.Sprintf("%v to %v", c.Time.From, c.Time.To)}
		}
	}
	id := &c.Identity
	out.asksIdentity = len(id.Kinds)+len(id.Subjects)+len(id.Issuers)+len(id.Actors)+len(id.Roles)+len(id.NotRoles) > 0 || id.Verified != nil
	out.asksMoment = out.asksIdentity || c.Time != nil || len(c.Jobs)+len(c.Models)+len(c.Purposes) > 0
	out.asksTheDB = len(c.Relations)+len(c.Columns)+len(c.TagsAny)+len(c.TagsAll) > 0
	out.asksPart = out.asksTheDB || len(c.Statements)+len(c.Effects) > 0 || c.HasWhere != nil
	return out, nil
}

func patterns(field string, list []string, parse func(string) (pattern, error)) ([]pattern, error) {
	out := make([]pattern, 0, len(list))
	for _, text := range list {
		p, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// asksWords reports whether the condition speaks of statements or what they do.
func (c *condition) asksWords() bool {
	return len(c.statements)+len(c.effects) > 0 || c.hasWhere != nil
}

// about reports whether the statement can be meant at all: what does not change while a policy is in force.
func (c *condition) about(p *Policy, st *lineage.Statement) bool {
	if len(c.environments) > 0 && !anyGlob(c.environments, p.environment) {
		return false
	}
	return len(c.fingerprints) == 0 || slices.Contains(c.fingerprints, st.Fingerprint)
}

// part reports whether one part of a statement is meant. What is not known of it is meant by a rule that restricts and
// not by one that grants.
func (c *condition) part(p *Policy, x *part, grants bool) bool {
	if len(c.statements) > 0 && !slices.ContainsFunc(c.statements, func(s string) bool {
		return begins(x.command, s) || !grants && x.also != "" && begins(x.also, s)
	}) {
		return false
	}
	if len(c.effects) > 0 && !slices.Contains(c.effects, x.kind) {
		return false
	}
	if c.hasWhere != nil && (*c.hasWhere && !x.bounded || !*c.hasWhere && !x.open) {
		return false
	}
	return !c.asksTheDB || c.target(p, x, grants)
}

func begins(command, words string) bool {
	rest, ok := strings.CutPrefix(command, words)
	return ok && (rest == "" || rest[0] == ' ')
}

func (c *condition) target(p *Policy, x *part, grants bool) bool {
	if x.object.Name == "" {
		return false
	}
	if len(c.relations) > 0 && !slices.ContainsFunc(c.relations, func(r pattern) bool { return x.named(r.matches, grants) }) {
		return false
	}
	if !c.tagged(p, x, grants) {
		return false
	}
	if len(c.columns) == 0 {
		return true
	}
	if x.columns == nil {
		if grants {
			return false
		}
		return slices.ContainsFunc(c.columns, func(r pattern) bool { return x.named(r.matches, grants) })
	}
	hit := func(name string) bool {
		return slices.ContainsFunc(c.columns, func(r pattern) bool {
			return x.named(func(n lineage.Name) bool {
				return r.matchesColumn(lineage.ColumnID{Schema: n.Schema, Relation: n.Name, Column: name})
			}, grants)
		})
	}
	if grants {
		return len(x.columns) > 0 && !slices.ContainsFunc(x.columns, func(n string) bool { return !hit(n) })
	}
	return slices.ContainsFunc(x.columns, hit)
}

// tagged reports whether a part touches what bears the tags. What grants has to mean all that is touched: the relation bears
// them, or each column does.
func (c *condition) tagged(p *Policy, x *part, grants bool) bool {
	switch {
	case len(c.tagsAny) == 0 && len(c.tagsAll) == 0:
		return true
	case !grants:
		return c.bear(p.touchedTags(x))
	}
	whole := p.touchedTags(&part{object: x.object, columns: []string{}})
	if c.bear(whole) {
		return true
	}
	for _, name := range x.columns {
		if !c.bear(p.columnTags(lineage.ColumnID{Schema: x.object.Schema, Relation: x.object.Name, Column: name})) {
			return false
		}
	}
	return len(x.columns) > 0
}

// bear reports whether tags are those that the condition asks for.
func (c *condition) bear(tags tagSet) bool {
	if len(c.tagsAny) > 0 && !slices.ContainsFunc(c.tagsAny, tags.has) {
		return false
	}
	return !slices.ContainsFunc(c.tagsAll, func(t string) bool { return !tags.has(t) })
}

// column reports whether a rule that speaks of columns means this one.
func (c *condition) column(p *Policy, id lineage.ColumnID) bool {
	if len(c.relations) > 0 && !slices.ContainsFunc(c.relations, func(r pattern) bool { return r.matches(id.Of()) }) {
		return false
	}
	if len(c.columns) > 0 && !slices.ContainsFunc(c.columns, func(r pattern) bool { return r.matchesColumn(id) }) {
		return false
	}
	if len(c.tagsAny) == 0 && len(c.tagsAll) == 0 {
		return true
	}
	return c.bear(p.columnTags(id))
}

// moment reports whether the caller, the job and the time are those meant. A grant that depends on the time needs to know
// it.
func (c *condition) moment(in *Input, who *party, grants bool) bool {
	if !c.asksMoment {
		return true
	}
	if c.asksIdentity && !c.identity(in, who, grants) {
		return false
	}
	if len(c.jobs) > 0 && !c.job(&in.Job) {
		return false
	}
	if len(c.models) > 0 && !anyGlob(c.models, in.Job.Model) || len(c.purposes) > 0 && !anyGlob(c.purposes, in.Purpose) {
		return false
	}
	if c.times == nil {
		return true
	}
	if in.Now.IsZero() {
		return !grants
	}
	return c.times.hold(in.Now, c.zone)
}

func (c *condition) job(j *lineage.Job) bool {
	if j.Name == "" {
		return false // no job is none of any name
	}
	for _, p := range c.jobs {
		space, name, both := strings.Cut(p, "/")
		switch {
		case !both && glob(p, j.Name):
			return true
		case both && glob(space, j.Namespace) && glob(name, j.Name):
			return true
		}
	}
	return false
}

// party is who a condition on the identity is asked of: the one who acts, or the one on whose behalf.
type party struct {
	kind  lineage.CallerKind
	actor string
}

// identity asks for the caller. What grants looks at the one who acts, what restricts at the whole chain of actors. Roles and issuers that nobody vouches for any more, of a token that ran out, grant nothing.
func (c *condition) identity(in *Input, who *party, grants bool) bool {
	caller := &in.Who
	switch {
	case grants && in.Caller != VerifiedCaller && len(c.roles)+len(c.issuers) > 0,
		len(c.actors) > 0 && !grants && who.actor != "" && !caller.HasActor(func(a string) bool { return anyGlob(c.actors, a) }),
		len(c.kinds) > 0 && !slices.Contains(c.kinds, string(who.kind)),
		len(c.subjects) > 0 && (caller.Subject() == "" || !anyGlob(c.subjects, caller.Subject())),
		len(c.issuers) > 0 && (caller.Issuer() == "" || !anyGlob(c.issuers, caller.Issuer())),
		len(c.actors) > 0 && (who.actor == "" || grants && !anyGlob(c.actors, who.actor)),
		c.verified != nil && *c.verified != (in.Caller == VerifiedCaller):
		return false
	}
	if len(c.roles) > 0 && !slices.ContainsFunc(c.roles, caller.HasRole) {
		return false
	}
	if !grants && in.Caller != VerifiedCaller {
		return true // a role that nobody vouches for excuses from nothing
	}
	return !slices.ContainsFunc(c.notRoles, caller.HasRole)
}

func (t *Times) hold(now time.Time, zone *time.Location) bool {
	if !t.After.IsZero() && now.Before(t.After) || !t.Before.IsZero() && !now.Before(t.Before) {
		return false
	}
	now = now.In(zone)
	h, m, s := now.Clock()
	clock := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	day := now.Weekday()
	switch {
	case t.From == 0 && t.To == 0:
	case t.From < t.To:
		if clock < t.From || clock >= t.To {
			return false
		}
	case clock < t.To: // past midnight: the window began yesterday
		day = (day + 6) % 7
	case clock < t.From:
		return false
	}
	return len(t.Days) == 0 || slices.Contains(t.Days, day)
}

// ValueError says that a word of a policy is not one of those that are known.
type ValueError struct {
	Field, Value string
	Known        []string // nil = the value is wrong in itself
}

func (e *ValueError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("%s: %q is not valid", e.Field, e.Value)
	}
	return fmt.Sprintf("%s: unknown %q (known: %s)", e.Field, e.Value, strings.Join(e.Known, ", "))
}
