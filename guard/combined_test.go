package guard

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// A text of several statements needs what each of them needs, and is masked as each of them is.
func TestCombined(t *testing.T) {
	c := Config{Approvals: true, Profile: Migration, Rules: []PolicyRule{
		{ID: "two", When: Condition{Relations: []string{"public.t"}}, Then: Outcome{Decision: lineage.Hold, Approval: &Approval{Groups: []string{"dba", "lead"}, Count: 2}}},
		{ID: "one", When: Condition{Relations: []string{"public.u"}}, Then: Outcome{Decision: lineage.Hold, Approval: &Approval{Groups: []string{"dba"}}}},
		{ID: "mask", When: Condition{Relations: []string{"public.u"}}, Then: Outcome{Mask: map[string]string{"*": "redact"}}},
		{ID: "clear", When: Condition{Relations: []string{"public.t"}}, Then: Outcome{Clear: []string{"*"}}},
	}}
	p, err := NewPolicy(c)
	require.NoError(t, err)
	list := []*lineage.Statement{facts(t, "UPDATE t SET a = '1' WHERE id = 1"), facts(t, "UPDATE u SET a = '1' WHERE id = 1")}
	v := Combined(p.DecideAll(list, human("ada")))
	require.Equal(t, lineage.Hold, v.Decision)
	require.Equal(t, &Approval{Groups: []string{"dba"}, Count: 2}, v.Approval)
	treatment, ok := v.Columns.Treatment(lineage.ColumnID{Schema: "public", Relation: "u", Column: "a"}, "")
	require.True(t, ok)
	require.Equal(t, "redact", treatment)
	require.False(t, v.Columns.Clear(lineage.ColumnID{Schema: "public", Relation: "t", Column: "email"}, "email"), "what one is shown is not shown to all")
	require.Equal(t, lineage.Allow, Combined(nil).Decision)
}

// masking is an evaluator that masks.
type masking struct{ policy *Policy }

func (m masking) Digest() [sha256.Size]byte { return m.policy.Digest() }

func (m masking) Evaluate(ctx context.Context, st *lineage.Statement, in *Input) (Verdict, error) {
	return m.policy.Evaluate(ctx, st, in)
}

// The masks of an evaluator count, and its grants do not.
func TestEvaluatorsMask(t *testing.T) {
	inner, err := NewPolicy(Config{Rules: []PolicyRule{
		{ID: "m", Then: Outcome{Mask: map[string]string{"email": "null"}}}, {ID: "c", Then: Outcome{Clear: []string{"phone"}}},
	}})
	require.NoError(t, err)
	for _, rules := range [][]PolicyRule{nil, {{ID: "outer", Then: Outcome{Clear: []string{"name"}}}}} {
		p, err := NewPolicy(Config{Evaluators: []Evaluator{masking{inner}}, Rules: rules})
		require.NoError(t, err)
		st, in := facts(t, "SELECT email FROM t"), human("ada")
		v := p.Ask(t.Context(), st, &in, p.Decide(st, in))
		id := lineage.ColumnID{Schema: "public", Relation: "t", Column: "email"}
		treatment, ok := v.Columns.Treatment(id, "email")
		require.True(t, ok)
		require.Equal(t, "null", treatment)
		require.False(t, v.Columns.Clear(id, "phone"))
		require.Equal(t, rules != nil, v.Columns.Clear(id, "name"))
	}
}
