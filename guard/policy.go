package guard

import (
	"fmt"
	"maps"
	"slices"

	"github.com/governedsql/governed/lineage"
)

// Config is what a policy is made of. The zero value is the standard profile without approvals.
type Config struct {
	Profile Profile
	// Approvals says that someone can approve: severity A is then held instead of denied.
	Approvals bool
	// Environment is where the statements run; "" means production. It is recorded, and decides nothing by itself.
	Environment string
	// Shadow are ids of rules that are evaluated and recorded but not applied; those that every profile applies cannot
	// be among them. Nil means none.
	Shadow []string
	// Tenants names the tenant column of relations: a write to one of them has to compare it. Nil means none.
	Tenants map[lineage.Name]string
}

// Policy decides. It is immutable and safe for concurrent use.
type Policy struct {
	profile     Profile
	approvals   bool
	environment string
	shadow      map[string]bool
	tenants     map[lineage.Name]string
}

// NewPolicy checks a configuration and makes the policy of it.
func NewPolicy(c Config) (*Policy, error) {
	if c.Profile > Observe {
		return nil, fmt.Errorf("guard: unknown profile %v", c.Profile)
	}
	p := &Policy{profile: c.Profile, approvals: c.Approvals, environment: c.Environment, shadow: map[string]bool{}, tenants: maps.Clone(c.Tenants)}
	if p.environment == "" {
		p.environment = "production"
	}
	for _, id := range c.Shadow {
		if !slices.ContainsFunc(catalogue, func(r Rule) bool { return r.ID == id && !r.always }) {
			return nil, fmt.Errorf("guard: shadow names no rule that can be put there: %q", id)
		}
		p.shadow[id] = true
	}
	return p, nil
}

// Profile is the policy's profile.
func (p *Policy) Profile() Profile { return p.profile }

// Environment is where the statements run.
func (p *Policy) Environment() string { return p.environment }

// Decide says what the policy makes of a statement. Who decides the same statement often keeps [Policy.Static] and asks
// that.
func (p *Policy) Decide(st *lineage.Statement, in Input) Verdict {
	return p.Static(st, in.Caller).Decide(in)
}

// Static evaluates the rules over the facts of a statement for a class of callers.
func (p *Policy) Static(st *lineage.Statement, caller CallerClass) *Static {
	s := &Static{}
	for _, h := range match(st, p, caller) {
		o, counts := p.outcome(&h)
		switch {
		case !counts:
		case o.when == nil:
			s.settled = append(s.settled, o)
		default:
			s.conditional = append(s.conditional, o)
		}
	}
	s.fixed = settle(s.settled, p.profile == Observe)
	return s
}

// outcome turns a hit into a decision; false where it does not count under the profile.
func (p *Policy) outcome(h *hit) (outcome, bool) {
	profile, approvals := p.profile, p.approvals
	if profile == Observe {
		// Observe says what standard would have said.
		profile = Standard
	}
	if h.only != 0 && !h.only.has(profile) {
		return outcome{}, false
	}
	d := decision(h, profile, approvals)
	if p.shadow[h.rule.ID] && strength(d) > strength(lineage.Warn) {
		d = lineage.Warn
	}
	return outcome{decision: d, when: h.when, reason: lineage.Reason{
		Rule: h.rule.ID, Severity: h.rule.Severity.String(), Object: h.object, Position: h.position,
		Message: h.message, Safe: h.rule.Safe,
	}}, true
}

// decision is the table of profiles.
func decision(h *hit, p Profile, approvals bool) lineage.Decision {
	r := h.rule
	switch {
	case r.always:
		return lineage.Deny
	case r.Severity == Warn:
		return lineage.Warn
	case p != Strict && h.standard != "":
		return h.standard
	case p == Migration && r.ddl && !h.firm:
		return lineage.Warn
	case r.Severity == Block:
		return lineage.Deny
	case approvals:
		return lineage.Hold
	case p != Strict && r.lenient:
		return lineage.Warn
	}
	return lineage.Deny
}

// DecideAll decides the statements of one text, in order, one verdict for each. Several statements in one text are
// themselves a reason against each of them where the profile does not take texts apart.
func (p *Policy) DecideAll(list []*lineage.Statement, in Input) []Verdict {
	out := make([]Verdict, len(list))
	for i, st := range list {
		out[i] = p.together(p.Static(st, in.Caller), len(list) > 1).Decide(in)
		in.follow(st)
	}
	return out
}

// together adds TX01.
func (p *Policy) together(s *Static, several bool) *Static {
	if !several || p.profile == Migration {
		return s
	}
	o, counts := p.outcome(&hit{rule: &catalogue[0], position: -1, message: catalogue[0].Title})
	if !counts {
		return s
	}
	all := &Static{conditional: s.conditional, settled: append(s.settled[:len(s.settled):len(s.settled)], o)}
	all.fixed = settle(all.settled, p.profile == Observe)
	return all
}
