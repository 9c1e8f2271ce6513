package policyfile

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// The words of decisions, weakest first.
var decisionWords = []string{"allow", "warn", "require_approval", "deny"}

// decisionOf is the decision that a word means.
func decisionOf(word string) lineage.Decision {
	if word == "require_approval" {
		return lineage.Hold
	}
	return lineage.Decision(word)
}

// wordOf is the word of a decision.
func wordOf(d lineage.Decision) string {
	if d == lineage.Hold {
		return "require_approval"
	}
	return string(d)
}

// outcome is a then with what is checked when the whole file was read.
type outcome struct {
	guard.Outcome
	of []*yaml.Node // the tags and classes that it names
}

var thenObject = object[outcome]{"then", []field[outcome]{
	{"allow", flagged("allow")},
	{"warn", flagged("warn")},
	{"deny", flagged("deny")},
	{"require_approval", func(d *decoder, k, v *yaml.Node, o *outcome) {
		if o.decide(d, k) {
			o.Approval = d.approval(v)
		}
	}},
	{"mask", func(d *decoder, _, v *yaml.Node, o *outcome) { o.mask(d, v) }},
	{"clear", func(d *decoder, _, v *yaml.Node, o *outcome) { o.clear(d, v) }},
	{"limit", func(d *decoder, _, v *yaml.Node, o *outcome) { o.Limit = d.limits(v, "limit").Limits }},
}}

func flagged(word string) func(*decoder, *yaml.Node, *yaml.Node, *outcome) {
	return func(d *decoder, k, v *yaml.Node, o *outcome) {
		if b, ok := d.truth(v, word); ok && !b {
			d.fail(v, "%s: false says nothing; leave the key out", word)
		}
		o.decide(d, k)
	}
}

// decide takes a decision; there is one in a then.
func (o *outcome) decide(d *decoder, key *yaml.Node) bool {
	if o.Decision != "" {
		d.fail(key, "then decides twice, %s and %s; make two rules of it", wordOf(o.Decision), key.Value)
		return false
	}
	o.Decision = decisionOf(key.Value)
	return true
}

// then reads what a rule does: a word, or a map.
func (d *decoder) then(n *yaml.Node) outcome {
	var o outcome
	switch n.Kind {
	case yaml.ScalarNode:
		if w, ok := d.word(n, "decision", decisionWords); ok {
			o.Decision = decisionOf(w)
		}
	case yaml.MappingNode:
		thenObject.read(d, n, &o)
	default:
		d.wrong(n, "then", enumerate(decisionWords)+", or keys such as mask and limit")
	}
	return o
}

var approvalObject = object[guard.Approval]{"require_approval", []field[guard.Approval]{
	{"groups", func(d *decoder, _, v *yaml.Node, a *guard.Approval) { a.Groups = d.texts(v, "groups", nil) }},
	{"count", func(d *decoder, _, v *yaml.Node, a *guard.Approval) {
		const most = 100
		n, ok := d.count(v, "count")
		if ok && n > most {
			d.fail(v, "count: %d people are more than anyone finds", n)
		}
		a.Count = int(min(n, most))
	}},
	{"expires", func(d *decoder, _, v *yaml.Node, a *guard.Approval) { a.Expires, _ = d.span(v, "expires") }},
}}

// approval reads who has to approve: true for whoever the approver takes, a list of groups, or a map.
func (d *decoder) approval(n *yaml.Node) *guard.Approval {
	a := &guard.Approval{}
	switch {
	case n.Kind == yaml.MappingNode:
		approvalObject.read(d, n, a)
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool":
		if b, _ := d.truth(n, "require_approval"); !b {
			d.fail(n, "require_approval: false says nothing; leave the key out")
		}
	default:
		a.Groups = d.texts(n, "require_approval", nil)
	}
	return a
}

// treatmentWords are the treatments; hmac is what others call a pseudonym.
var treatmentWords = append(mask.Treatments(), "hmac")

func (d *decoder) treatment(n *yaml.Node) (string, bool) {
	w, ok := d.word(n, "treatment", treatmentWords)
	if w == "hmac" {
		w = mask.Pseudonym
	}
	return w, ok
}

// mask reads treatments by tag or class, or one for all columns that the rule means.
func (o *outcome) mask(d *decoder, n *yaml.Node) {
	o.Mask = map[string]string{}
	if n.Kind == yaml.ScalarNode {
		if t, ok := d.treatment(n); ok {
			o.Mask["*"] = t
		}
		return
	}
	d.each(n, "mask", func(k, v *yaml.Node) {
		if t, ok := d.treatment(v); ok {
			o.Mask[k.Value] = t
			o.of = append(o.of, k)
		}
	})
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.fail(n, "mask names no column; write a treatment, or treatments by tag or class")
	}
}

// clear reads tags and classes, or true for all columns that the rule means.
func (o *outcome) clear(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" {
		if b, _ := d.truth(n, "clear"); !b {
			d.fail(n, "clear: false says nothing; leave the key out")
		}
		o.Clear = []string{"*"}
		return
	}
	d.items(n, "clear", func(c *yaml.Node) {
		if s, ok := d.text(c, "clear"); ok {
			o.Clear = append(o.Clear, s)
			o.of = append(o.of, c)
		}
	})
}

// ruleObject is one rule.
var ruleObject = object[rule]{"a rule", []field[rule]{
	{"id", func(d *decoder, _, v *yaml.Node, r *rule) {
		if s, ok := d.text(v, "id"); ok {
			r.ID, r.at = s, v
		}
	}},
	{"when", func(d *decoder, _, v *yaml.Node, r *rule) { whenObject.read(d, v, &r.When); r.when = v }},
	{"then", func(d *decoder, _, v *yaml.Node, r *rule) { o := d.then(v); r.Then, r.of, r.then = o.Outcome, o.of, v }},
	{"reason", func(d *decoder, _, v *yaml.Node, r *rule) { r.Reason, _ = d.text(v, "reason") }},
	{"shadow", func(d *decoder, _, v *yaml.Node, r *rule) { r.Shadow, _ = d.truth(v, "shadow") }},
	{"mode", func(d *decoder, _, v *yaml.Node, r *rule) {
		w, _ := d.word(v, "mode", []string{"enforce", "shadow"})
		r.Shadow = w == "shadow"
	}},
}}

// rule is a rule and where its parts stand.
type rule struct {
	guard.PolicyRule
	at, when, then *yaml.Node
	of             []*yaml.Node
}

// rule reads a rule and has the guard check it.
func (d *decoder) rule(n *yaml.Node, earlier []rule) rule {
	r := rule{at: n}
	before := len(d.problems)
	ruleObject.read(d, n, &r)
	if len(d.problems) > before {
		return r
	}
	if r.ID == "" {
		d.fail(n, "the rule has no id; approvals and records refer to it")
		return r
	}
	if r.then == nil {
		d.fail(n, "rule %s has no then", r.ID)
		return r
	}
	if i := slices.IndexFunc(earlier, func(o rule) bool { return o.ID == r.ID }); i >= 0 {
		d.fail(r.at, "id %q is there twice, first in line %d", r.ID, earlier[i].at.Line)
		return r
	}
	if _, err := guard.NewPolicy(guard.Config{Rules: []guard.PolicyRule{r.PolicyRule}}); err != nil {
		d.refused(r.at, err)
	}
	return r
}

// known checks that the words of masks and grants are classes of data, or tags that a dataset gives. One with a mistake in
// it would mask nothing.
func (d *decoder) known(f *File) {
	words := append(mask.Classes(), f.tags()...)
	for i := range f.rules {
		for _, n := range f.rules[i].of {
			if n.Value != "*" && !slices.Contains(words, n.Value) {
				p := d.fail(n, "%q is neither a class of data nor a tag of a dataset", n.Value)
				p.Meant, p.Expected = nearest(n.Value, words), fmt.Sprintf("a class (%s), or a tag that datasets: gives", enumerate(mask.Classes()))
			}
		}
	}
}
