package driver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// What the masks found is joined to a verdict once: a statement that comes again allocates nothing for it.
func TestFindingsAreJoinedOnce(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{})
	require.NoError(t, err)
	column := lineage.ColumnID{Schema: "public", Relation: "people", Column: "email"}
	plan := &mask.Plan{Findings: []mask.Finding{{Rule: mask.RulePredicate, Column: column, Message: "decides", Pos: 3}, {Rule: mask.RuleFault, Column: column, Pos: -1}}}
	p := &passage{
		policy: policy, s: &session{g: &governance{source: policy}, inTx: true}, now: time.Now(),
		a: &analysis{statements: []*lineage.Statement{{Command: "SELECT"}}}, m: newMasking(policy, nil, mask.Rules{}, plan),
	}
	fixed := guard.Verdict{Decision: lineage.Allow, Reasons: []lineage.Reason{{Rule: "RD05"}}}
	first := p.withFindings(fixed, 0)
	require.Equal(t, lineage.Warn, first.Decision)
	require.Len(t, first.Reasons, 3)
	require.Equal(t, `leave the column out, or read it in clear with governed.clear=public.people.email`, first.Reasons[1].Safe)
	require.Equal(t, 3, first.Reasons[1].Position)
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = p.withFindings(fixed, 0) }))
	require.Equal(t, first, p.withFindings(fixed, 0))

	p.rec.Caller = lineage.Agent("bot", lineage.Human("ada"))
	require.Equal(t, lineage.Deny, p.withFindings(fixed, 0).Decision, "an agent is told something else")
	other := guard.Verdict{Decision: lineage.Deny, Reasons: []lineage.Reason{{Rule: "DM01"}}}
	require.Equal(t, "DM01", p.withFindings(other, 0).Reasons[0].Rule)
	require.Len(t, fixed.Reasons, 1)

	// Where the policy overrides a rule the moment may decide: nothing is kept.
	policy, err = guard.NewPolicy(guard.Config{Overrides: []guard.Override{{Rule: mask.RulePredicate, To: lineage.Deny}}})
	require.NoError(t, err)
	p.policy, p.m, p.rec.Caller = policy, newMasking(policy, nil, mask.Rules{}, plan), lineage.Caller{}
	require.Equal(t, lineage.Deny, p.withFindings(fixed, 0).Decision)
	require.True(t, p.m.asks)
}
