package driver

import (
	"sync"
	"sync/atomic"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/labels"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// masking is what happens to the results of a text under one policy and what it says of single columns.
type masking struct {
	policy  *guard.Policy
	columns *guard.Columns
	rules   mask.Rules
	plans   []*mask.Plan // of the statements
	plan    *mask.Plan   // of the one statement; nil where there are none or several

	findings []finding // of all plans
	asks     bool      // the policy has an override for one of them: the moment decides
	verdicts atomic.Pointer[[]joined]
	given    atomic.Pointer[[]givenKeys] // see withKeys

	once   sync.Once
	masked []lineage.ColumnMask // see would
}

// maxMaskings bounds how many are kept with one text: callers that see different things.
const maxMaskings = 16

// masking gives the plans of a text, from what is kept with it or made anew; nil where nobody masks or asks.
func (g *governance) masking(a *analysis, policy *guard.Policy, columns *guard.Columns) *masking {
	planner := g.masker
	if planner == nil {
		planner = g.witness
	}
	if planner == nil || a.err != nil {
		return nil
	}
	kept := a.maskings.Load()
	if kept != nil {
		for _, m := range *kept {
			if m.policy == policy && m.columns == columns {
				return m
			}
		}
	}
	m := &masking{policy: policy, columns: columns, rules: g.rules(policy, columns, a.scope)}
	rules := m.rules
	for _, st := range a.statements {
		plan := planner.Plan(mask.Input{Statement: st, Catalog: a.scope, Rules: rules})
		m.plans, rules = append(m.plans, plan), rules.After(plan.Labels)
	}
	if len(m.plans) == 1 {
		m.plan = m.plans[0]
	}
	m.find()
	next := []*masking{m}
	if kept != nil && len(*kept) < maxMaskings {
		next = append(next, *kept...)
	}
	a.maskings.CompareAndSwap(kept, &next)
	return m
}

// newMasking is that of one plan.
func newMasking(policy *guard.Policy, columns *guard.Columns, rules mask.Rules, plan *mask.Plan) *masking {
	m := &masking{policy: policy, columns: columns, rules: rules, plans: []*mask.Plan{plan}, plan: plan}
	m.find()
	return m
}

// finding is one of a plan, with the reason that a verdict gives for it.
type finding struct {
	mask.Finding
	statement int
	reason    lineage.Reason
}

func (m *masking) find() {
	for i, plan := range m.plans {
		for _, f := range plan.Findings {
			m.findings = append(m.findings, finding{Finding: f, statement: i, reason: lineage.Reason{
				Rule: f.Rule, Severity: "B", Object: f.Column.String(), Position: f.Pos, Message: f.Message, Safe: wayOut(&f),
			}})
			m.asks = m.asks || m.policy.Overrides(f.Rule)
		}
	}
}

// joined is a verdict of the guard and what became of it with the findings.
type joined struct {
	before, after guard.Verdict
	agent         bool
}

// maxJoined bounds how many are kept: the guard gives the same few verdicts of one statement again and again.
const maxJoined = 8

func (m *masking) joined(v guard.Verdict, agent bool) (guard.Verdict, bool) {
	if kept := m.verdicts.Load(); kept != nil && !m.asks {
		for i := range *kept {
			if k := &(*kept)[i]; k.agent == agent && sameVerdict(&k.before, &v) {
				return k.after, true
			}
		}
	}
	return v, false
}

func (m *masking) join(before, after guard.Verdict, agent bool) {
	kept := m.verdicts.Load()
	next := []joined{{before, after, agent}}
	if kept != nil && len(*kept) < maxJoined {
		next = append(next, *kept...)
	}
	m.verdicts.CompareAndSwap(kept, &next)
}

// sameVerdict reports whether two verdicts are the one that the guard keeps.
func sameVerdict(a, b *guard.Verdict) bool {
	return a.Decision == b.Decision && a.Would == b.Would && a.Approval == b.Approval && a.Columns == b.Columns && a.Limits == b.Limits &&
		len(a.Reasons) == len(b.Reasons) && (len(a.Reasons) == 0 || &a.Reasons[0] == &b.Reasons[0])
}

// sensitive reports whether text from the server may carry values that are hidden.
func (m *masking) sensitive() bool {
	for _, plan := range m.plans {
		if plan.Sensitive {
			return true
		}
	}
	return false
}

// would lists the columns that would be masked.
func (m *masking) would() []lineage.ColumnMask {
	if m == nil || m.plan == nil {
		return nil
	}
	m.once.Do(func() {
		for i, c := range m.plan.Columns {
			if c.Treatment != "" {
				m.masked = append(m.masked, columnMask(i, "", c))
			}
		}
	})
	return m.masked
}

// rules joins the clear list and what the policy says: a mask of the policy's own beats every grant.
func (g *governance) rules(policy *guard.Policy, columns *guard.Columns, scope *scope) mask.Rules {
	return labels.Rules(policy, columns, scope, func(c lineage.ColumnID) bool { return g.clear.shows(c, scope.path, scope) })
}
