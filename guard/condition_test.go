package guard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// TestAgentsGetNoMoreThanTheirHumans is the rule of least privilege: what restricts holds for either, what grants for both.
func TestAgentsGetNoMoreThanTheirHumans(t *testing.T) {
	t.Parallel()
	agents := Condition{Identity: Identity{Kinds: []string{"agent"}}}
	humans := Condition{Identity: Identity{Kinds: []string{"human"}}}
	support := Condition{Identity: Identity{Roles: []string{"support"}}}
	for _, c := range []struct {
		name string
		when Condition
		in   Input
		// denied: a deny with the condition applies; allowed: an allow does, under a default of deny.
		denied, allowed bool
	}{
		{"agents, agent", agents, agent("bot", "ada"), true, false},
		{"agents, human", agents, human("ada"), false, false},
		{"humans, agent", humans, agent("bot", "ada"), true, false},
		{"humans, human", humans, human("ada"), true, true},
		{"role, agent of one who has it", support, agent("bot", "ada", "support"), true, true},
		{"role, agent of one who has not", support, agent("bot", "ada"), false, false},
		{"actor, that agent", Condition{Identity: Identity{Actors: []string{"b*t"}}}, agent("bot", "ada"), true, false},
		{"actor, another", Condition{Identity: Identity{Actors: []string{"b*t"}}}, agent("tool", "ada"), false, false},
		{"subject", Condition{Identity: Identity{Subjects: []string{"a*"}}}, agent("bot", "ada"), true, true},
		{"issuer", Condition{Identity: Identity{Issuers: []string{"https://idp.example"}}}, human("ada"), true, true},
		{"not the role", Condition{Identity: Identity{NotRoles: []string{"support"}}}, human("ada", "support"), false, false},
		{"nobody, subject *", Condition{Identity: Identity{Subjects: []string{"*"}}}, Input{}, false, false},
		{"nobody, anonymous", Condition{Identity: Identity{Kinds: []string{"anonymous"}}}, Input{}, true, true},
	} {
		v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, c.when)}}, "SELECT a FROM t", c.in)
		require.Equal(t, c.denied, !v.Allowed(), "%s: deny", c.name)
		v = under(t, Config{DefaultDeny: true, Rules: []PolicyRule{about("r", lineage.Allow, c.when)}}, "SELECT a FROM t", c.in)
		require.Equal(t, c.allowed, v.Allowed(), "%s: allow", c.name)
	}
}

func TestVerified(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		wants  *bool
		caller CallerClass
		denied bool
	}{
		{&yes, VerifiedCaller, true},
		{&yes, UnverifiedCaller, false},
		{&yes, AnonymousCaller, false},
		{&no, VerifiedCaller, false},
		{&no, UnverifiedCaller, true},
		{&no, AnonymousCaller, true},
	} {
		when := Condition{Identity: Identity{Verified: c.wants}}
		v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, when)}}, "SELECT a FROM t", Input{Caller: c.caller})
		require.Equal(t, c.denied, !v.Allowed(), "%v %v", *c.wants, c.caller)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		out, err := time.Parse("2006-01-02 15:04:05", text)
		require.NoError(t, err)
		return out
	}
	office := Times{Days: []time.Weekday{1, 2, 3, 4, 5}, From: 8 * time.Hour, To: 18 * time.Hour}
	night := Times{Days: []time.Weekday{time.Friday}, From: 22 * time.Hour, To: 6 * time.Hour}
	for _, c := range []struct {
		times Times
		now   string
		want  bool
	}{
		{office, "2026-03-02 08:00:00", true}, // a Monday
		{office, "2026-03-02 17:59:59", true},
		{office, "2026-03-02 18:00:00", false},
		{office, "2026-03-02 07:59:59", false},
		{office, "2026-03-01 12:00:00", false}, // a Sunday
		{night, "2026-03-06 22:00:00", true},   // a Friday
		{night, "2026-03-07 05:59:59", true},   // the night of Friday goes on
		{night, "2026-03-07 06:00:00", false},
		{night, "2026-03-07 22:00:00", false}, // that of Saturday
		{night, "2026-03-06 05:00:00", false}, // that of Thursday
		{Times{To: 6 * time.Hour}, "2026-03-06 05:00:00", true},
		{Times{To: 6 * time.Hour}, "2026-03-06 06:00:00", false},
		{Times{From: 22 * time.Hour}, "2026-03-06 23:00:00", true},
		{Times{From: 22 * time.Hour}, "2026-03-06 03:00:00", false},
		{Times{From: 22 * time.Hour, To: 24 * time.Hour}, "2026-03-06 23:59:59", true},
		{Times{Zone: "America/New_York", From: 8 * time.Hour, To: 9 * time.Hour}, "2026-03-06 13:30:00", true},
		{Times{Zone: "America/New_York", From: 8 * time.Hour, To: 9 * time.Hour}, "2026-07-06 12:30:00", true}, // in summer
		{Times{After: day("2026-03-06 00:00:00")}, "2026-03-06 00:00:00", true},
		{Times{After: day("2026-03-06 00:00:00")}, "2026-03-05 23:59:59", false},
		{Times{Before: day("2026-03-06 00:00:00")}, "2026-03-06 00:00:00", false},
		{Times{Before: day("2026-03-06 00:00:00")}, "2026-03-05 23:59:59", true},
	} {
		in := human("ada")
		in.Now = day(c.now)
		v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, Condition{Time: &c.times})}}, "SELECT a FROM t", in)
		require.Equal(t, c.want, !v.Allowed(), "%+v %s", c.times, c.now)
	}
}

func TestTimeThatNobodyGives(t *testing.T) {
	t.Parallel()
	when := Condition{Time: &Times{From: 8 * time.Hour, To: 18 * time.Hour}}
	v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, when)}}, "SELECT a FROM t", human("ada"))
	require.False(t, v.Allowed(), "a restriction holds")
	v = under(t, Config{DefaultDeny: true, Rules: []PolicyRule{about("r", lineage.Allow, when)}}, "SELECT a FROM t", human("ada"))
	require.False(t, v.Allowed(), "a grant does not")
}

func TestJobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when Condition
		want bool
	}{
		{Condition{Jobs: []string{"churn-*"}}, true},
		{Condition{Jobs: []string{"ml/churn-train"}}, true},
		{Condition{Jobs: []string{"m*/*"}}, true},
		{Condition{Jobs: []string{"etl/churn-train"}}, false},
		{Condition{Jobs: []string{"churn"}}, false},
		{Condition{Models: []string{"churn@*"}}, true},
		{Condition{Models: []string{"price@*"}}, false},
		{Condition{Purposes: []string{"training"}}, true},
		{Condition{Purposes: []string{"support"}}, false},
		{Condition{Jobs: []string{"churn-*"}, Purposes: []string{"support"}}, false},
	} {
		in := human("ada")
		in.Job, in.Purpose = lineage.Job{Namespace: "ml", Name: "churn-train", Model: "churn@7"}, "training"
		v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, c.when)}}, "SELECT a FROM t", in)
		require.Equal(t, c.want, !v.Allowed(), "%+v", c.when)
	}
	v := under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, Condition{Jobs: []string{"*"}})}}, "SELECT a FROM t", human("ada"))
	require.True(t, v.Allowed(), "no job is none of any name")
}

// TestStatements says what conditions on statements mean; the word match is short for "a deny with it applies".
func TestStatements(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tagged := []Dataset{
		{Match: []string{"public.users"}, Tags: []string{"people"}, Columns: map[string][]string{"email": {"pii.email"}}},
		{Match: []string{"public.t"}, Tags: []string{"plain.table"}},
	}
	for _, c := range []struct {
		when  Condition
		sql   string
		match bool
	}{
		{Condition{Statements: []string{"DROP"}}, "DROP TABLE t", true},
		{Condition{Statements: []string{"drop  table"}}, "DROP TABLE t", true},
		{Condition{Statements: []string{"DROP VIEW"}}, "DROP TABLE t", false},
		{Condition{Statements: []string{"ALTER TABLE DROP COLUMN"}}, "ALTER TABLE t DROP COLUMN a", true},
		{Condition{Statements: []string{"ALTER TABLE DROP COLUMN"}}, "ALTER TABLE t ADD COLUMN z int", false},
		{Condition{Statements: []string{"SELECT"}}, "INSERT INTO t (id) SELECT id FROM u", true},
		{Condition{Statements: []string{"SELECT"}}, "INSERT INTO t (id) VALUES (1)", false},
		{Condition{Statements: []string{"DELETE"}}, "WITH d AS (DELETE FROM t WHERE id = 1 RETURNING id) SELECT id FROM d", true},
		{Condition{Effects: []string{KindWrite}}, "SELECT a FROM t", false},
		{Condition{Effects: []string{KindWrite}}, "SELECT touch(1)", true},
		{Condition{Effects: []string{KindDDL}}, "CREATE TABLE z (a int)", true},
		{Condition{Effects: []string{KindRead}}, "COPY t TO STDOUT", true},
		{Condition{Effects: []string{KindWrite}}, "COPY t FROM STDIN", true},
		{Condition{Effects: []string{KindPrivilege}}, "GRANT SELECT ON t TO bob", true},
		{Condition{Effects: []string{KindSetting}}, "SET statement_timeout = 5", true},
		{Condition{Effects: []string{KindLock}}, "LOCK TABLE t", true},
		{Condition{Effects: []string{KindTransaction}}, "BEGIN", true},
		{Condition{HasWhere: &no}, "DELETE FROM t", true},
		{Condition{HasWhere: &no}, "DELETE FROM t WHERE true", true},
		{Condition{HasWhere: &no}, "DELETE FROM t WHERE id = 1", false},
		{Condition{HasWhere: &yes}, "DELETE FROM t WHERE id = 1", true},
		{Condition{HasWhere: &yes}, "SELECT a FROM t WHERE id = 1", false},
		{Condition{Relations: []string{"public.t"}}, "SELECT a FROM t", true},
		{Condition{Relations: []string{"public.t"}}, "SELECT a FROM u", false},
		{Condition{Relations: []string{"public.t"}}, "SELECT a FROM v", true}, // below the view
		{Condition{Relations: []string{"public.v"}}, "SELECT a FROM v", true},
		{Condition{Relations: []string{"public.t"}, Statements: []string{"UPDATE"}}, "UPDATE u SET a = 'x' FROM t WHERE t.id = u.id", false},
		{Condition{Columns: []string{"public.t.a"}}, "SELECT a FROM t", true},
		{Condition{Columns: []string{"public.t.a"}}, "SELECT b FROM t WHERE a = 'x'", true},
		{Condition{Columns: []string{"public.t.a"}}, "SELECT b FROM t", false},
		{Condition{Columns: []string{"public.t.a"}, Statements: []string{"UPDATE"}}, "UPDATE t SET b = a WHERE id = 1", false},
		{Condition{Columns: []string{"public.t.a"}, Statements: []string{"UPDATE"}}, "UPDATE t SET a = 'x' WHERE id = 1", true},
		{Condition{Columns: []string{"public.t.a"}, Statements: []string{"DELETE"}}, "DELETE FROM t WHERE id = 1", true}, // the whole row
		{Condition{TagsAny: []string{"people"}}, "SELECT a FROM users", true},
		{Condition{TagsAny: []string{"pii"}}, "SELECT email FROM users", true},
		{Condition{TagsAny: []string{"pii"}}, "SELECT a FROM users", false},
		{Condition{TagsAny: []string{"pii.emails"}}, "SELECT email FROM users", false},
		{Condition{TagsAny: []string{"plain"}}, "SELECT a FROM t", true},
		{Condition{TagsAny: []string{"plai"}}, "SELECT a FROM t", false},
		{Condition{TagsAll: []string{"people", "pii"}}, "SELECT email FROM users", true},
		{Condition{TagsAll: []string{"people", "pii"}}, "SELECT a FROM users", false},
		{Condition{Fingerprints: []string{facts(t, "SELECT a FROM t WHERE id = 1").Fingerprint}}, "SELECT a FROM t WHERE id = 2", true},
		{Condition{Fingerprints: []string{"0123456789abcdef"}}, "SELECT a FROM t", false},
		{Condition{Environments: []string{"prod*"}}, "SELECT a FROM t", true},
		{Condition{Environments: []string{"staging"}}, "SELECT a FROM t", false},
	} {
		overrides := make([]Override, 0, len(catalogue))
		for _, r := range catalogue {
			if !fixed(r.ID) {
				overrides = append(overrides, Override{Rule: r.ID, To: lineage.Allow})
			}
		}
		v := under(t, Config{Datasets: tagged, Overrides: overrides, Rules: []PolicyRule{about("r", lineage.Deny, c.when)}}, c.sql, human("ada"))
		require.Equal(t, c.match, hasReason(v, "r"), "%+v: %s", c.when, c.sql)
	}
}

func hasReason(v Verdict, rule string) bool {
	for _, r := range v.Reasons {
		if r.Rule == rule {
			return true
		}
	}
	return false
}

// TestRolesOfTokensThatRanOut: what was verified once and is no longer grants nothing, and still restricts.
func TestRolesOfTokensThatRanOut(t *testing.T) {
	t.Parallel()
	in := human("ada", "support")
	in.Caller = UnverifiedCaller // as ClassOf says after the token's time
	for _, who := range []Identity{{Roles: []string{"support"}}, {Issuers: []string{"*"}}} {
		when := Condition{Identity: who}
		require.False(t, under(t, Config{DefaultDeny: true, Rules: []PolicyRule{about("r", lineage.Allow, when)}}, "SELECT a FROM t", in).Allowed())
		require.False(t, under(t, Config{Rules: []PolicyRule{about("r", lineage.Deny, when)}}, "SELECT a FROM t", in).Allowed())
		show := PolicyRule{ID: "show", When: when, Then: Outcome{Clear: []string{"email"}}}
		require.Nil(t, under(t, Config{Rules: []PolicyRule{show}}, "SELECT a FROM t", in).Columns)
	}
}

// TestGrantsByTag: an allow by tag covers what bears the tag, not what stands beside it.
func TestGrantsByTag(t *testing.T) {
	t.Parallel()
	datasets := []Dataset{
		{Match: []string{"public.users"}, Columns: map[string][]string{"a": {"open"}, "b": {"open", "public"}, "email": {"pii"}}},
		{Match: []string{"public.t"}, Tags: []string{"open.all"}},
	}
	any, all := Condition{TagsAny: []string{"open"}}, Condition{TagsAll: []string{"open", "public"}}
	for _, c := range []struct {
		when    Condition
		sql     string
		allowed bool
	}{
		{any, "SELECT a, b FROM users", true},
		{any, "SELECT a, email FROM users", false},
		{any, "SELECT a FROM users WHERE email = 'x'", false},
		{any, "SELECT a, c FROM users", false},
		{any, "SELECT count(*) FROM users", false},
		{any, "DELETE FROM users WHERE a = 'x'", false},
		{any, "SELECT a, email FROM t", true},
		{any, "DELETE FROM t WHERE a = 'x'", true},
		{all, "SELECT b FROM users", true},
		{all, "SELECT a, b FROM users", false},
	} {
		v := under(t, Config{DefaultDeny: true, Datasets: datasets, Rules: []PolicyRule{about("r", lineage.Allow, c.when)}}, c.sql, human("ada"))
		require.Equal(t, c.allowed, v.Allowed(), "%+v %s: %s", c.when, c.sql, rules(v))
	}
}
