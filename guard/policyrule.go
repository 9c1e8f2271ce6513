package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// PolicyRule is one rule of a policy's author.
type PolicyRule struct {
	ID     string
	Reason string `json:",omitempty"` // what the caller is told
	// Shadow rules are evaluated and recorded, not applied.
	Shadow bool      `json:",omitempty"`
	When   Condition `json:",omitzero"`
	Then   Outcome
}

// Outcome is what a rule of a policy does where its condition holds. Deny beats an approval, an approval beats a mask, a
// mask beats allow; warnings and limits count always. The order of the rules does not matter.
type Outcome struct {
	// Decision is allow, warn, hold or deny; "" = the rule decides nothing.
	//
	// Allow covers the parts of a statement that its condition means; it takes a default of deny away, and no built-in
	// rule: that is what overrides are for.
	Decision lineage.Decision `json:",omitempty"`
	// Approval says who has to approve; with hold.
	Approval *Approval `json:",omitempty"`
	// Mask gives treatments to columns: by tag, by class of data (email, phone ...), or "*" for all that the condition
	// means.
	Mask map[string]string `json:",omitempty"`
	// Clear shows columns in clear, by the same words. It beats the masks that are there by default, and loses to a
	// policy's own.
	Clear []string `json:",omitempty"`
	// Limit bounds what the statement may do. The tightest of all limits counts.
	Limit Limits `json:",omitzero"`
}

// Approval is what a held statement needs.
type Approval struct {
	Groups  []string      `json:",omitempty"` // whose members may approve; empty = whoever the approver takes
	Count   int           `json:",omitempty"` // different people; 0 = one
	Expires time.Duration `json:",omitempty"` // how long the request waits; 0 = as the approver says
	// Nobody is set in verdicts where several rules name groups that have none in common: nobody may approve.
	Nobody bool `json:"-"`
}

// Override changes what a built-in rule does.
type Override struct {
	// Rule is the id of the built-in rule, DM05 or CLASS-DDL. Those that guard the guard itself cannot be changed.
	Rule string
	// To is allow (the hit is recorded and does nothing), warn, hold or deny.
	To lineage.Decision
	// Approval says who has to approve; with hold.
	Approval *Approval `json:",omitempty"`
	// When restricts the override; the zero value is always. The parts of a statement that are meant have to include the
	// one that the rule is about.
	When Condition `json:",omitzero"`
}

// ruleEntry is a [PolicyRule] that was checked.
type ruleEntry struct {
	*PolicyRule
	when   *condition
	masks  []columnChoice
	clears []string
	// grants: it gives something. For an agent it then has to hold for the one on whose behalf it acts as well.
	grants bool
}

type overrideEntry struct {
	Override
	when   *condition
	grants bool // it weakens
}

// columnChoice is a treatment for the columns of a tag or class, or "*".
type columnChoice struct{ of, treatment string }

func (p *Policy) addRules(c *Config) error {
	seen := map[string]bool{}
	own := slices.Clone(c.Rules) // the policy does not change with the configuration
	for i := range own {
		r := &own[i]
		e, err := compileRule(r, i, seen)
		if err != nil {
			return err
		}
		p.rules = append(p.rules, e)
	}
	for i := range c.Overrides {
		o := c.Overrides[i]
		if !slices.ContainsFunc(catalogue, func(r Rule) bool { return r.ID == o.Rule }) {
			return fmt.Errorf("guard: overrides: %w", &ValueError{Field: "rule", Value: o.Rule, Known: ruleIDs()})
		}
		if fixed(o.Rule) {
			return fmt.Errorf("guard: overrides: %s guards the guard itself and cannot be changed", o.Rule)
		}
		if !isDecision(o.To) {
			return fmt.Errorf("guard: overrides: %s: %w", o.Rule, &ValueError{Field: "effect", Value: string(o.To), Known: decisions})
		}
		when, err := compile(&o.When)
		if err != nil {
			return fmt.Errorf("guard: overrides: %s: %w", o.Rule, err)
		}
		p.overrides = append(p.overrides, overrideEntry{Override: o, when: when, grants: strength(o.To) < strength(lineage.Deny)})
	}
	return nil
}

// fixed reports whether a rule is what the others stand on: what was not understood, or would be understood otherwise,
// and what changes an argument after the decision.
func fixed(id string) bool {
	return slices.ContainsFunc(catalogue, func(r Rule) bool { return r.ID == id && !r.Changeable() })
}

func ruleIDs() []string {
	out := make([]string, len(catalogue))
	for i := range catalogue {
		out[i] = catalogue[i].ID
	}
	return out
}

var decisions = []string{string(lineage.Allow), string(lineage.Warn), string(lineage.Hold), string(lineage.Deny)}

func isDecision(d lineage.Decision) bool { return slices.Contains(decisions, string(d)) }

func compileRule(r *PolicyRule, i int, seen map[string]bool) (*ruleEntry, error) {
	switch {
	case r.ID == "":
		return nil, fmt.Errorf("guard: rule %d has no id", i+1)
	case seen[r.ID]:
		return nil, fmt.Errorf("guard: rule %s: the id is taken", r.ID)
	case slices.ContainsFunc(catalogue, func(b Rule) bool { return b.ID == r.ID }) || r.ID == ruleDefault || r.ID == ruleAllowList || r.ID == ruleEvaluator:
		return nil, fmt.Errorf("guard: rule %s: the id is that of a built-in rule", r.ID)
	}
	seen[r.ID] = true
	when, err := compile(&r.When)
	if err != nil {
		return nil, fmt.Errorf("guard: rule %s: %w", r.ID, err)
	}
	t := &r.Then
	e := &ruleEntry{PolicyRule: r, when: when, clears: t.Clear, grants: t.Decision == lineage.Allow || len(t.Clear) > 0}
	switch {
	case t.Decision != "" && !isDecision(t.Decision):
		return nil, fmt.Errorf("guard: rule %s: %w", r.ID, &ValueError{Field: "then", Value: string(t.Decision), Known: decisions})
	case t.Decision == "" && len(t.Mask) == 0 && len(t.Clear) == 0 && t.Limit.IsZero():
		return nil, fmt.Errorf("guard: rule %s does nothing", r.ID)
	case t.Approval != nil && t.Decision != lineage.Hold:
		return nil, fmt.Errorf("guard: rule %s: an approval goes with the decision hold", r.ID)
	case e.grants && t.Decision != "" && t.Decision != lineage.Allow && t.Decision != lineage.Warn:
		return nil, fmt.Errorf("guard: rule %s both grants and refuses", r.ID)
	case e.grants && (len(t.Mask) > 0 || !t.Limit.IsZero()):
		return nil, fmt.Errorf("guard: rule %s both grants and restricts: make two rules of it, so that each has a condition of its own", r.ID)
	}
	for _, of := range slices.Sorted(maps.Keys(t.Mask)) {
		e.masks = append(e.masks, columnChoice{of: of, treatment: t.Mask[of]})
	}
	return e, nil
}

// Columns is what a policy says of single columns for one statement and caller. Nil says nothing.
type Columns struct {
	policy *Policy
	masks  []*ruleEntry
	// clears holds for the one who acts, behalf for the one on whose behalf; a column is shown where both show it.
	clears, behalf []clearing
	also           []*Columns // whose masks count too
}

// clearing is a rule that shows columns. One that speaks of statements or effects shows those of the relations of which it
// speaks: UPDATE of orders shows nothing of customers.
type clearing struct {
	*ruleEntry
	relations []lineage.Name
	all       bool
}

func (c *clearing) of(id lineage.ColumnID) bool {
	return c.all || slices.Contains(c.relations, id.Of())
}

// Treatment gives the treatment that the policy wants for a column of a class of data ("" = of none), the strongest if
// there are several; false = the policy says nothing.
func (c *Columns) Treatment(id lineage.ColumnID, class string) (treatment string, ok bool) {
	if c == nil {
		return "", false
	}
	for _, r := range c.masks {
		if !r.when.column(c.policy, id) {
			continue
		}
		for _, m := range r.masks {
			if c.policy.means(m.of, id, class) && (!ok || stronger(m.treatment, treatment)) {
				treatment, ok = m.treatment, true
			}
		}
	}
	for _, o := range c.also {
		if t, says := o.Treatment(id, class); says && (!ok || stronger(t, treatment)) {
			treatment, ok = t, true
		}
	}
	return treatment, ok
}

// Clear reports whether the policy shows a column in clear. A mask of the policy's own beats that: ask Treatment first.
func (c *Columns) Clear(id lineage.ColumnID, class string) bool {
	return c != nil && c.shown(c.clears, id, class) && c.shown(c.behalf, id, class)
}

func (c *Columns) shown(rules []clearing, id lineage.ColumnID, class string) bool {
	for i := range rules {
		r := &rules[i]
		if r.of(id) && r.when.column(c.policy, id) && slices.ContainsFunc(r.clears, func(of string) bool { return c.policy.means(of, id, class) }) {
			return true
		}
	}
	return false
}

// means reports whether a word of a policy, a tag or a class of data, means a column.
func (p *Policy) means(of string, id lineage.ColumnID, class string) bool {
	return of == "*" || class != "" && of == class || p.columnTags(id).has(of)
}

// treatmentOrder has the strongest first; what is not in it is stronger than all.
var treatmentOrder = []string{"null", "fixed", "redact", "pseudonym", "ff1", "fake", "noise", "bucket", "shift", "year", "subnet", "partial"}

func stronger(a, b string) bool {
	return slices.Index(treatmentOrder, a) < slices.Index(treatmentOrder, b)
}

// describe says of which part of a statement a rule speaks.
func describe(r *PolicyRule, x *part) string {
	if r.Reason != "" {
		return r.Reason
	}
	if x == nil || x.command == "" {
		return "the policy says so"
	}
	return strings.TrimSpace("the policy speaks of " + x.command + " " + x.told())
}
