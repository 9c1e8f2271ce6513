package driver

import (
	"slices"
	"strings"
	"sync"

	"github.com/governedsql/governed/guard"
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
	for _, st := range a.statements {
		m.plans = append(m.plans, planner.Plan(mask.Input{Statement: st, Catalog: a.scope, Rules: m.rules}))
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
	labels := policy.Labels()
	if !labels && columns == nil {
		return mask.Rules{Clear: func(c lineage.ColumnID) bool { return g.clear.shows(c, scope.path, scope) }}
	}
	label := func(id lineage.ColumnID, byName mask.Class) mask.Class {
		class := byName
		if labels {
			class = classByTags(policy.ColumnTags(id), byName)
		}
		if _, treated := columns.Treatment(id, string(class)); treated && class == "" {
			class = mask.Labelled
		}
		return class
	}
	classOf := func(id lineage.ColumnID) mask.Class {
		r, found := scope.Relation(id.Schema, id.Relation)
		if found != lineage.Present {
			return ""
		}
		col, ok := r.Column(id.Column)
		if !ok {
			return ""
		}
		return (&mask.Rules{Label: label}).Classify(r, col)
	}
	return mask.Rules{
		Label: label,
		Treat: func(id lineage.ColumnID, class mask.Class) string {
			treatment, _ := columns.Treatment(id, string(class))
			return treatment
		},
		Clear: func(id lineage.ColumnID) bool {
			class := string(classOf(id))
			if _, treated := columns.Treatment(id, class); treated {
				return false
			}
			return columns.Clear(id, class) || g.clear.shows(id, scope.path, scope)
		},
	}
}

// notSensitive is the tag of a column that its name calls sensitive and that is not.
const notSensitive = "not_sensitive"

// sensitiveTags call a column sensitive without saying what it holds.
var sensitiveTags = []string{"pii", "phi", "pci", "sensitive", "confidential"}

// classByTags gives the class that the tags of a column say: the last word of a tag is a class (pii.email), the tag
// not_sensitive takes the class away, and one of the words for sensitive data gives one where nothing else does.
func classByTags(tags []string, byName mask.Class) mask.Class {
	class, open := mask.Class(""), false
	for _, tag := range tags {
		last := mask.Class(tag[strings.LastIndexByte(tag, '.')+1:])
		switch {
		case last.Treatment() != "":
			class = mask.Severest(class, last)
		case tag == notSensitive:
			open = true
		case byName == "" && slices.Contains(sensitiveTags, strings.SplitN(tag, ".", 2)[0]):
			class = mask.Severest(class, mask.Labelled)
		}
	}
	switch {
	case class != "":
		return class
	case open:
		return ""
	}
	return byName
}
