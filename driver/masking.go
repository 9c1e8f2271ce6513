package driver

import (
	"sync"

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
	next := []*masking{m}
	if kept != nil && len(*kept) < maxMaskings {
		next = append(next, *kept...)
	}
	a.maskings.CompareAndSwap(kept, &next)
	return m
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
