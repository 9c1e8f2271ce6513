package policyfile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// The severities of findings.
const (
	LintError   = "error"   // it does not do what it says
	LintWarning = "warning" // it may do more, or less, than its author means
	LintNote    = "note"
)

// Finding is something in a policy that is right by the grammar and probably not what its author means.
type Finding struct {
	Severity     string
	Line, Column int
	Rule         string // the id of the rule or override, "" = the file as a whole
	Message      string
}

// String is a line as compilers print it, without the file's name.
func (f *Finding) String() string {
	return fmt.Sprintf("%d:%d: %s: %s", f.Line, f.Column, f.Severity, f.Message)
}

// Lint looks for what the author of a policy probably does not mean. now is the time against which dates are held.
func Lint(f *File, now time.Time) []Finding {
	l := &linter{File: f, now: now}
	l.whole()
	for i := range f.rules {
		l.rule(&f.rules[i])
	}
	for i := range f.overrides {
		l.override(&f.overrides[i])
		l.covered(i)
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return l.found
}

type linter struct {
	*File
	now   time.Time
	found []Finding
}

func (l *linter) add(severity string, at *yaml.Node, rule, message string, args ...any) {
	l.found = append(l.found, Finding{Severity: severity, Line: at.Line, Column: at.Column, Rule: rule, Message: fmt.Sprintf(message, args...)})
}

func (l *linter) whole() {
	if len(l.tests) == 0 && len(l.rules)+len(l.overrides) > 0 {
		l.add(LintWarning, l.root, "", "no tests: nothing shows that the rules do what they are meant to")
	}
	if l.deny == nil && len(l.rules) > 0 {
		l.add(LintNote, l.root, "", "no default: what no rule speaks of is as the profile says; a finished policy has default: deny")
	}
}

func (l *linter) rule(r *rule) {
	c := &r.When
	l.condition(r.ID, c, r.at)
	grants := r.Then.Decision == lineage.Allow || len(r.Then.Clear) > 0
	if grants {
		l.grant(r.ID, "grants", c, r.at)
	}
	switch {
	case r.Then.Decision == lineage.Allow && l.deny == nil && len(r.Then.Clear) == 0:
		l.add(LintWarning, r.at, r.ID, "rule %s allows what nothing denies: allow counts under default: deny, and a built-in rule is weakened by overrides: alone", r.ID)
	case r.when == nil && r.Then.Decision == lineage.Allow:
		l.add(LintWarning, r.at, r.ID, "rule %s has no when: it allows everything that the built-in rules allow", r.ID)
	case r.when == nil && r.Then.Decision == lineage.Deny && !r.Shadow:
		l.add(LintWarning, r.at, r.ID, "rule %s has no when: it denies every statement", r.ID)
	}
	for of, treatment := range r.Then.Mask {
		class := mask.Class(of[strings.LastIndexByte(of, '.')+1:])
		if class.Treatment() != "" && !class.Keeps(treatment) {
			l.add(LintWarning, r.then, r.ID, "rule %s: %s is no treatment for %s: of most values nothing would be left, as with redact", r.ID, treatment, class)
		}
	}
}

func (l *linter) override(o *override) {
	l.condition(o.Rule, &o.When, o.at)
	if o.To == lineage.Deny {
		return
	}
	l.grant(o.Rule, "weakens "+o.Rule, &o.When, o.at)
	if o.bounded || o.To == lineage.Hold {
		return
	}
	for _, r := range guard.Rules() {
		if r.ID == o.Rule && r.Severity == guard.Block {
			l.add(LintWarning, o.at, o.Rule, "%s (%s) blocks for a reason and is weakened everywhere; give the override a when", o.Rule, r.Title)
		}
	}
}

// covered looks for overrides that stand behind one of the same rule that always holds.
func (l *linter) covered(i int) {
	o := &l.overrides[i]
	for j := range l.overrides[:i] {
		if before := &l.overrides[j]; before.Rule == o.Rule && reflect.ValueOf(before.When).IsZero() {
			l.add(LintError, o.at, o.Rule, "%s: an override of it never counts: one before it has no when, and the first that holds counts; put that last", o.Rule)
			return
		}
	}
}

// grant looks at a condition under which something is given.
func (l *linter) grant(id, does string, c *guard.Condition, at *yaml.Node) {
	who := &c.Identity
	switch {
	case reflect.ValueOf(*who).IsZero() && len(c.Purposes)+len(c.Jobs)+len(c.Models) > 0:
		l.add(LintWarning, at, id, "%s: what %s by purpose, job or model alone does so for whoever says the word, for callers say these themselves; add identity: {..., verified: true}", id, does)
	case len(who.Kinds) > 0 && !slices.ContainsFunc(who.Kinds, func(k string) bool { return k != "agent" }):
		l.add(LintError, at, id, "%s: what %s for agents alone has no effect: an agent gets no more than the one on whose behalf it acts", id, does)
	case len(who.Actors) > 0:
		l.add(LintError, at, id, "%s: what %s by actor has no effect: an agent gets no more than the one on whose behalf it acts, who has no actor", id, does)
	case who.Verified == nil && len(who.Issuers)+len(who.Roles) > 0: // only verified callers have those
	case who.Verified == nil && len(who.Kinds)+len(who.Subjects)+len(who.NotRoles) > 0 && !slices.Equal(who.Kinds, []string{"anonymous"}):
		l.add(LintWarning, at, id, "%s: what %s by identity also does so for callers that nobody verified; add verified: true", id, does)
	case who.Verified != nil && !*who.Verified:
		l.add(LintWarning, at, id, "%s: what %s only for callers that nobody verified is given to those who say least", id, does)
	}
}

// condition looks for what can never hold.
func (l *linter) condition(id string, c *guard.Condition, at *yaml.Node) {
	never := func(message string, args ...any) {
		l.add(LintError, at, id, "%s never applies: %s", id, fmt.Sprintf(message, args...))
	}
	l.tagsOf(id, c, at, never)
	l.identity(c, never)
	kinds := kindsOf(c.Statements)
	switch {
	case c.HasWhere != nil && len(c.Statements) > 0 && !slices.ContainsFunc(c.Statements, bounds):
		never("has_where asks UPDATE, DELETE and MERGE, and statement names none of them")
	case c.HasWhere != nil && len(c.Effects) > 0 && !slices.Contains(c.Effects, guard.KindWrite):
		never("has_where asks what writes, and effects does not name write")
	case len(c.Effects) > 0 && kinds != nil && !slices.ContainsFunc(c.Effects, func(k string) bool { return slices.Contains(kinds, k) }):
		never("no statement that it names has one of these effects")
	}
	if len(c.Relations) > 0 && len(c.Columns) > 0 && !meetAny(c.Relations, c.Columns) {
		l.add(LintWarning, at, id, "%s: none of its columns is one of its relations: it applies to partitions and tables that inherit at most", id)
	}
	if c.Time != nil && !c.Time.Before.IsZero() && !l.now.Before(c.Time.Before) {
		l.add(LintWarning, at, id, "%s ended on %s: it no longer applies", id, c.Time.Before.Format(time.DateOnly))
	}
	for _, list := range [][]string{upper(c.Statements), c.Environments, c.Jobs, c.Models, c.Purposes, c.Relations, c.Columns, c.TagsAny, c.Effects} {
		for i, w := range list {
			for j, by := range list {
				if i != j && (w == by && i > j || w != by && (strings.HasPrefix(w, by+" ") || by == "*")) {
					l.add(LintNote, at, id, "%s: %q is covered by %q", id, w, by)
					break
				}
			}
		}
	}
}

func (l *linter) tagsOf(id string, c *guard.Condition, at *yaml.Node, never func(string, ...any)) {
	known := l.tags()
	unknown := func(t string) bool { return !slices.Contains(known, t) }
	near := func(t string) string {
		if m := nearest(t, known); m != "" {
			return fmt.Sprintf("; did you mean %q?", m)
		}
		return ""
	}
	if i := slices.IndexFunc(c.TagsAll, unknown); i >= 0 {
		never("no dataset gives the tag %q%s", c.TagsAll[i], near(c.TagsAll[i]))
	}
	bears := func(t string) bool {
		return len(c.Relations) == 0 || slices.ContainsFunc(l.datasets, func(d dataset) bool { return d.bears(t) && meetAny(c.Relations, d.Match) })
	}
	lost := func(t string) bool { return !unknown(t) && !bears(t) }
	if slices.ContainsFunc(c.TagsAll, lost) || len(c.TagsAny) > 0 && !slices.ContainsFunc(c.TagsAny, func(t string) bool { return !lost(t) }) {
		l.add(LintWarning, at, id, "%s: no dataset gives its tags to one of its relations: it applies to partitions and tables that inherit at most", id)
	}
	i := slices.IndexFunc(c.TagsAny, unknown)
	switch {
	case i < 0:
	case !slices.ContainsFunc(c.TagsAny, func(t string) bool { return !unknown(t) }):
		never("no dataset gives the tag %q%s", c.TagsAny[i], near(c.TagsAny[i]))
	default:
		l.add(LintWarning, at, id, "%s: no dataset gives the tag %q%s", id, c.TagsAny[i], near(c.TagsAny[i]))
	}
	for i, t := range c.TagsAny {
		for j, by := range c.TagsAny {
			if i != j && strings.HasPrefix(t, by+".") {
				l.add(LintNote, at, id, "%s: tag %q is covered by %q", id, t, by)
			}
		}
	}
}

func (l *linter) identity(c *guard.Condition, never func(string, ...any)) {
	who := &c.Identity
	is := func(kind string) bool {
		return len(who.Kinds) > 0 && !slices.ContainsFunc(who.Kinds, func(k string) bool { return k != kind })
	}
	named := len(who.Subjects)+len(who.Issuers)+len(who.Roles)+len(who.Actors) > 0 || who.Verified != nil && *who.Verified
	switch {
	case is("anonymous") && named:
		never("an anonymous caller has no subject, issuer, actor or roles, and nobody verified it")
	case len(who.Actors) > 0 && len(who.Kinds) > 0 && !slices.Contains(who.Kinds, "agent"):
		never("a caller with an actor is an agent, and kind does not name it")
	case len(who.Roles) > 0 && !slices.ContainsFunc(who.Roles, func(r string) bool { return !slices.Contains(who.NotRoles, r) }):
		never("every role that it asks for is among not_roles")
	case who.Verified != nil && !*who.Verified && len(who.Roles)+len(who.Issuers) > 0:
		never("only verified callers have roles and issuers")
	}
}

// bears reports whether a dataset gives a tag, or one below it.
func (d *dataset) bears(tag string) bool {
	for _, tags := range append(slices.Collect(maps.Values(d.Columns)), d.Tags) {
		if slices.ContainsFunc(tags, func(t string) bool { return t == tag || strings.HasPrefix(t, tag+".") }) {
			return true
		}
	}
	return false
}

// meetAny reports whether a relation can be meant by a pattern of each of two lists, of relations or of columns. Where that
// is not plain, it can.
func meetAny(a, b []string) bool {
	for _, p := range a {
		for _, q := range b {
			if meet(p, q) {
				return true
			}
		}
	}
	return false
}

func meet(p, q string) bool {
	if strings.ContainsAny(p+q, `"`) || p == "*" || q == "*" {
		return true
	}
	a, b := strings.Split(strings.ToLower(p), "."), strings.Split(strings.ToLower(q), ".")
	for i := range min(len(a), len(b), 2) {
		if a[i] != b[i] && !strings.Contains(a[i]+b[i], "*") {
			return false
		}
	}
	return true
}

func upper(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.Join(strings.Fields(strings.ToUpper(s)), " ")
	}
	return out
}

// bounds reports whether a statement has a WHERE that bounds rows.
func bounds(statement string) bool {
	words := strings.Fields(strings.ToUpper(statement))
	return len(words) > 0 && slices.Contains([]string{"UPDATE", "DELETE", "MERGE"}, words[0])
}

// kindsOf are the kinds of effects of statements; nil where that is not plain.
func kindsOf(statements []string) []string {
	var out []string
	for _, s := range upper(statements) {
		word, _, _ := strings.Cut(s, " ")
		switch word {
		case "SELECT":
			out = append(out, guard.KindRead)
		case "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE":
			out = append(out, guard.KindWrite)
		case "COPY":
			out = append(out, guard.KindRead, guard.KindWrite)
		default:
			return nil
		}
	}
	return out
}
