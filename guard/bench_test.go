package guard

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// thirtyRules speak of the caller, the job, the time and the relations, and none of them of the statement below.
func thirtyRules(b *testing.B) *Policy {
	b.Helper()
	c := Config{Datasets: []Dataset{{Match: []string{"public.users"}, Columns: map[string][]string{"email": {"pii.email"}}}}}
	add := func(when Condition, then Outcome) {
		c.Rules = append(c.Rules, PolicyRule{ID: fmt.Sprintf("rule-%d", len(c.Rules)), When: when, Then: then})
	}
	for i := range 5 {
		deny := Outcome{Decision: lineage.Deny}
		add(Condition{Identity: Identity{Kinds: []string{"agent"}}}, deny)
		add(Condition{Identity: Identity{Roles: []string{"intern"}, Subjects: []string{"*@partner.example"}}}, deny)
		add(Condition{Jobs: []string{"etl/*"}, Purposes: []string{"export"}}, Outcome{Limit: Limits{Rows: int64(i + 1)}})
		add(Condition{Time: &Times{Days: []time.Weekday{time.Saturday}, From: 22 * time.Hour, To: 6 * time.Hour}}, deny)
		add(Condition{Relations: []string{"audit.*"}}, deny)
		add(Condition{TagsAny: []string{"pii"}, Identity: Identity{NotRoles: []string{"pii"}}}, Outcome{Mask: map[string]string{"pii": "redact"}})
	}
	p, err := NewPolicy(c)
	require.NoError(b, err)
	return p
}

// BenchmarkThirtyRules is one decision with the static verdict kept, as the driver makes it for a statement that it has seen.
func BenchmarkThirtyRules(b *testing.B) {
	p := thirtyRules(b)
	in := human("ada", "support")
	in.Now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, sql string }{
		{"nothing-matches", "SELECT a FROM t WHERE id = $1"},
		{"a-mask-matches", "SELECT email FROM users WHERE id = $1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			static := p.Static(facts(b, c.sql), in.Caller)
			b.ReportAllocs()
			for b.Loop() {
				if v := static.Decide(&in); !v.Allowed() {
					b.Fatal(v.Reasons)
				}
			}
		})
	}
}

// BenchmarkStatic is what the driver does once for a text and a policy.
func BenchmarkStatic(b *testing.B) {
	p := thirtyRules(b)
	st := facts(b, "SELECT a FROM t WHERE id = $1")
	b.ReportAllocs()
	for b.Loop() {
		p.Static(st, VerifiedCaller)
	}
}
