package policyfile

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// overrideWords are what can become of a built-in rule.
var overrideWords = []string{"allow", "off", "warn", "approve", "require_approval", "deny", "shadow"}

// override is an override and where it stands.
type override struct {
	guard.Override
	shadow  bool
	bounded bool // it has a condition
	at      *yaml.Node
}

var overrideObject = object[override]{"an override", []field[override]{
	{"to", func(d *decoder, _, v *yaml.Node, o *override) { d.overrideWord(v, o) }},
	{"when", func(d *decoder, _, v *yaml.Node, o *override) { whenObject.read(d, v, &o.When); o.bounded = true }},
	{"require_approval", func(d *decoder, _, v *yaml.Node, o *override) { o.Approval = d.approval(v) }},
}}

func (d *decoder) overrideWord(n *yaml.Node, o *override) {
	w, ok := d.word(n, "override", overrideWords)
	if !ok {
		return
	}
	switch w {
	case "off":
		o.To = lineage.Allow
	case "approve":
		o.To = lineage.Hold
	case "shadow":
		o.To, o.shadow = lineage.Warn, true
	default:
		o.To = decisionOf(w)
	}
}

// overrides reads rule ids with what becomes of them: a word, a map, or a list of these of which the first that holds
// counts.
func (d *decoder) overrides(n *yaml.Node) []override {
	var out []override
	d.each(n, "overrides", func(k, v *yaml.Node) {
		if !isRule(k.Value) {
			p := d.fail(k, "there is no built-in rule %q", k.Value)
			p.Meant, p.Expected = nearest(k.Value, ruleIDs()), "an id that governed rules lists"
			return
		}
		d.items(v, k.Value, func(c *yaml.Node) {
			o := override{at: k}
			o.Rule = k.Value
			before := len(d.problems)
			if c.Kind == yaml.MappingNode {
				overrideObject.read(d, c, &o)
				if o.To == "" && o.Approval != nil {
					o.To = lineage.Hold
				}
				if o.To == "" && len(d.problems) == before {
					d.fail(c, "the override of %s does not say to what; expected to: %s", k.Value, strings.Join(overrideWords, ", "))
				}
			} else {
				d.overrideWord(c, &o)
			}
			if len(d.problems) > before {
				return
			}
			if o.Approval != nil && o.To != lineage.Hold {
				d.fail(c, "require_approval goes with to: require_approval")
				return
			}
			if _, err := guard.NewPolicy(guard.Config{Overrides: []guard.Override{o.Override}}); err != nil {
				d.refused(k, err)
				return
			}
			out = append(out, o)
		})
	})
	return out
}

// shadowed reads ids of built-in rules that are recorded and not applied.
func (d *decoder) shadowed(n *yaml.Node) []string {
	var out []string
	d.items(n, "shadow", func(c *yaml.Node) {
		s, ok := d.text(c, "shadow")
		switch {
		case !ok:
		case !isRule(s):
			p := d.fail(c, "there is no built-in rule %q", s)
			p.Meant, p.Expected = nearest(s, ruleIDs()), "an id that governed rules lists; rules of the file have a shadow: of their own"
		default:
			if _, err := guard.NewPolicy(guard.Config{Shadow: []string{s}}); err != nil {
				d.refused(c, err)
				return
			}
			out = append(out, s)
		}
	})
	return out
}

func ruleIDs() []string {
	var out []string
	for _, r := range guard.Rules() {
		out = append(out, r.ID)
	}
	return out
}

func isRule(id string) bool {
	for _, r := range guard.Rules() {
		if r.ID == id {
			return true
		}
	}
	return false
}
