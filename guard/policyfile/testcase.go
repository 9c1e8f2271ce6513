package policyfile

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/dryrun"
	"github.com/governedsql/governed/lineage"
)

// test is one entry of tests:.
type test struct {
	name   string
	given  given
	expect expect
	at     *yaml.Node
}

// given is a statement and who sends it.
type given struct {
	env       string
	profile   guard.Profile
	approvals *bool // nil = as the file asks for approvals
	identity  dryrun.Identity
	job       lineage.Job
	purpose   string
	now       time.Time
	sql       string
	args      []any
}

// expect is what a test wants; what it does not name it does not ask for.
type expect struct {
	decision string
	rule     string
	mask     map[string]string // by output column; "none" = shown as it is
	clear    []string          // output columns that a grant shows
	limit    limits
}

var testObject = object[test]{"a test", []field[test]{
	{"name", func(d *decoder, _, v *yaml.Node, t *test) { t.name, _ = d.text(v, "name") }},
	{"given", func(d *decoder, _, v *yaml.Node, t *test) { givenObject.read(d, v, &t.given) }},
	{"expect", func(d *decoder, _, v *yaml.Node, t *test) { expectObject.read(d, v, &t.expect) }},
}}

var givenObject = object[given]{"given", []field[given]{
	{"env", textInto("env", func(g *given) *string { return &g.env })},
	{"profile", func(d *decoder, _, v *yaml.Node, g *given) {
		if w, ok := d.word(v, "profile", profileWords); ok {
			g.profile, _ = guard.ParseProfile(w)
		}
	}},
	{"approvals", func(d *decoder, _, v *yaml.Node, g *given) {
		if b, ok := d.truth(v, "approvals"); ok {
			g.approvals = &b
		}
	}},
	{"identity", func(d *decoder, _, v *yaml.Node, g *given) { personObject.read(d, v, &g.identity) }},
	{"job", func(d *decoder, _, v *yaml.Node, g *given) {
		if s, ok := d.text(v, "job"); ok {
			g.job.Namespace, g.job.Name = splitJob(s)
		}
	}},
	{"model", textInto("model", func(g *given) *string { return &g.job.Model })},
	{"purpose", textInto("purpose", func(g *given) *string { return &g.purpose })},
	{"time", func(d *decoder, _, v *yaml.Node, g *given) { g.now = d.moment(v, "time", time.UTC) }},
	{"sql", textInto("sql", func(g *given) *string { return &g.sql })},
	{"args", func(d *decoder, _, v *yaml.Node, g *given) {
		d.list(v, "args", func(n *yaml.Node) { g.args = append(g.args, d.argument(n)) })
	}},
}}

var profileWords = []string{"standard", "strict", "migration", "observe"}

func textInto[T any](what string, at func(*T) *string) func(*decoder, *yaml.Node, *yaml.Node, *T) {
	return func(d *decoder, _, v *yaml.Node, into *T) { *at(into), _ = d.text(v, what) }
}

// splitJob takes namespace/name apart; a name may stand alone.
func splitJob(s string) (namespace, name string) {
	for i := range len(s) {
		if s[i] == '/' {
			return s[:i], s[i+1:]
		}
	}
	return "", s
}

// personObject is a caller, not a condition on one: each key has one value.
var personObject = object[dryrun.Identity]{"identity", []field[dryrun.Identity]{
	{"kind", func(d *decoder, _, v *yaml.Node, i *dryrun.Identity) {
		i.Kind, _ = d.word(v, "kind", []string{"human", "service", "agent", "anonymous"})
	}},
	{"subject", textInto("subject", func(i *dryrun.Identity) *string { return &i.Subject })},
	{"issuer", textInto("issuer", func(i *dryrun.Identity) *string { return &i.Issuer })},
	{"actor", textInto("actor", func(i *dryrun.Identity) *string { return &i.Actor })},
	{"roles", func(d *decoder, _, v *yaml.Node, i *dryrun.Identity) { i.Roles = d.texts(v, "roles", nil) }},
	{"verified", func(d *decoder, _, v *yaml.Node, i *dryrun.Identity) {
		if b, ok := d.truth(v, "verified"); ok {
			i.Verified = &b
		}
	}},
}}

// argument is a value as a program would pass it.
func (d *decoder) argument(n *yaml.Node) any {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, "args", "values")
		return nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		b, _ := d.truth(n, "args")
		return b
	case "!!int":
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return v
		}
	case "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	}
	return n.Value
}

// shown is the treatment of a column that comes back as it is.
const shown = "none"

var expectObject = object[expect]{"expect", []field[expect]{
	{"decision", func(d *decoder, _, v *yaml.Node, e *expect) { e.decision, _ = d.word(v, "decision", decisionWords) }},
	{"rule", textInto("rule", func(e *expect) *string { return &e.rule })},
	{"mask", func(d *decoder, _, v *yaml.Node, e *expect) {
		e.mask = map[string]string{}
		d.each(v, "mask", func(k, v *yaml.Node) {
			if v.Kind == yaml.ScalarNode && v.Value == shown {
				e.mask[k.Value] = shown
			} else if t, ok := d.treatment(v); ok {
				e.mask[k.Value] = t
			}
		})
	}},
	{"clear", func(d *decoder, _, v *yaml.Node, e *expect) { e.clear = d.texts(v, "clear", nil) }},
	{"limit", func(d *decoder, _, v *yaml.Node, e *expect) { e.limit = d.limits(v, "limit") }},
}}

func (d *decoder) test(n *yaml.Node, earlier []test) test {
	t := test{at: n}
	before := len(d.problems)
	testObject.read(d, n, &t)
	if len(d.problems) > before {
		return t
	}
	e := &t.expect
	switch {
	case t.name == "":
		d.fail(n, "the test has no name")
	case slices.ContainsFunc(earlier, func(o test) bool { return o.name == t.name }):
		d.fail(n, "a test named %q is there already", t.name)
	case t.given.sql == "":
		d.fail(n, "test %q gives no sql", t.name)
	case e.decision == "" && e.rule == "" && e.mask == nil && e.clear == nil && e.limit.named == nil:
		d.fail(n, "test %q expects nothing", t.name)
	}
	return t
}

// asksApproval reports whether the file asks for approvals anywhere.
func (f *File) asksApproval() bool {
	return slices.ContainsFunc(f.rules, func(r rule) bool { return r.Then.Decision == lineage.Hold }) ||
		slices.ContainsFunc(f.overrides, func(o override) bool { return o.To == lineage.Hold })
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
