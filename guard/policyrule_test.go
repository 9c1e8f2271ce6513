package guard

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/internal/fingerprint"
	"github.com/governedsql/governed/lineage"
)

// under decides one statement under a policy, for a verified service unless the input says otherwise.
func under(t testing.TB, c Config, sql string, in Input) Verdict {
	t.Helper()
	p, err := NewPolicy(c)
	require.NoError(t, err)
	return p.Decide(facts(t, sql), in)
}

func facts(t testing.TB, sql string) *lineage.Statement {
	t.Helper()
	list, err := lineage.AnalyzeText(sql, shop())
	require.NoError(t, err, sql)
	require.Len(t, list, 1, sql)
	fingerprint.Set(list)
	return list[0]
}

// human, agent and the rest are verified callers with roles.
func human(subject string, roles ...string) Input {
	return verified(attest.Evidence{Kind: "human", Issuer: "https://idp.example", Subject: subject, Roles: roles})
}

func agent(actor, subject string, roles ...string) Input {
	return verified(attest.Evidence{Kind: "agent", Issuer: "https://idp.example", Subject: subject, Roles: roles, Actors: []string{actor}})
}

func verified(e attest.Evidence) Input {
	return Input{Caller: VerifiedCaller, Who: lineage.Attested(attest.Seal(e))}
}

// say is a rule without a condition.
func say(id string, d lineage.Decision) PolicyRule {
	return PolicyRule{ID: id, Then: Outcome{Decision: d}}
}

func about(id string, d lineage.Decision, when Condition) PolicyRule {
	return PolicyRule{ID: id, When: when, Then: Outcome{Decision: d}}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	allow, warn, hold, deny := say("allow", lineage.Allow), say("warn", lineage.Warn), say("hold", lineage.Hold), say("deny", lineage.Deny)
	shadow := say("shadow", lineage.Deny)
	shadow.Shadow = true
	for _, c := range []struct {
		name  string
		rules []PolicyRule
		want  lineage.Decision
		first string
	}{
		{"none", nil, lineage.Allow, ""},
		{"allow", []PolicyRule{allow}, lineage.Allow, "allow"},
		{"warn beats allow", []PolicyRule{allow, warn}, lineage.Warn, "warn"},
		{"hold beats warn", []PolicyRule{warn, hold, allow}, lineage.Hold, "hold"},
		{"deny beats hold", []PolicyRule{hold, allow, deny}, lineage.Deny, "deny"},
		{"shadow is recorded", []PolicyRule{allow, shadow}, lineage.Warn, "shadow"},
	} {
		orders := [][]PolicyRule{c.rules, slices.Clone(c.rules)}
		slices.Reverse(orders[1])
		for _, rules := range orders {
			v := under(t, Config{Rules: rules, Approvals: true}, "SELECT a FROM t", Input{Caller: VerifiedCaller})
			require.Equal(t, c.want, v.Decision, c.name)
			if c.first != "" {
				require.Equal(t, c.first, v.Reasons[0].Rule, c.name)
				require.Len(t, v.Reasons, len(rules), "%s: all that match are recorded", c.name)
			}
		}
	}
}

func TestBuiltInRulesJoinThePrecedence(t *testing.T) {
	t.Parallel()
	in := Input{Caller: VerifiedCaller}
	v := under(t, Config{Rules: []PolicyRule{say("all", lineage.Allow)}}, "DELETE FROM t", in)
	require.Equal(t, lineage.Deny, v.Decision, "allow takes no built-in rule away")
	require.Equal(t, "DM01", v.Reasons[0].Rule)
	v = under(t, Config{Rules: []PolicyRule{say("no", lineage.Deny)}}, "SELECT a FROM t", in)
	require.Equal(t, lineage.Deny, v.Decision)
	v = under(t, Config{Profile: Observe, Rules: []PolicyRule{say("no", lineage.Deny)}}, "SELECT a FROM t", in)
	require.Equal(t, []lineage.Decision{lineage.Warn, lineage.Deny}, []lineage.Decision{v.Decision, v.Would})
}

func TestHoldNeedsSomeoneWhoApproves(t *testing.T) {
	t.Parallel()
	rules := []PolicyRule{
		{ID: "a", Then: Outcome{Decision: lineage.Hold, Approval: &Approval{Groups: []string{"dba", "leads"}, Count: 1, Expires: time.Hour}}},
		{ID: "b", Then: Outcome{Decision: lineage.Hold, Approval: &Approval{Groups: []string{"leads", "finance"}, Count: 2, Expires: time.Minute}}},
		{ID: "c", Then: Outcome{Decision: lineage.Hold}},
	}
	v := under(t, Config{Rules: rules, Approvals: true}, "SELECT a FROM t", Input{})
	require.Equal(t, &Approval{Groups: []string{"leads"}, Count: 2, Expires: time.Minute}, v.Approval, "what all of them accept")
	rules[2].Then.Approval = &Approval{Groups: []string{"nobody"}}
	v = under(t, Config{Rules: rules, Approvals: true}, "SELECT a FROM t", Input{})
	require.True(t, v.Approval.Nobody)
	v = under(t, Config{Rules: rules}, "SELECT a FROM t", Input{})
	require.Equal(t, lineage.Deny, v.Decision)
	require.Contains(t, v.Reasons[0].Message, "nobody is set up")
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	shopkeepers := Condition{Identity: Identity{Roles: []string{"shop"}}}
	for _, c := range []struct {
		name      string
		overrides []Override
		sql       string
		in        Input
		want      lineage.Decision
	}{
		{"weakened", []Override{{Rule: "DM01", To: lineage.Warn}}, "DELETE FROM t", human("ada"), lineage.Warn},
		{"off", []Override{{Rule: "DM01", To: lineage.Allow}}, "DELETE FROM t", human("ada"), lineage.Allow},
		{"another rule", []Override{{Rule: "DM02", To: lineage.Allow}}, "DELETE FROM t", human("ada"), lineage.Deny},
		{"held", []Override{{Rule: "DM01", To: lineage.Hold}}, "DELETE FROM t", human("ada"), lineage.Hold},
		{"made stronger", []Override{{Rule: "DM05", To: lineage.Deny}}, "WITH d AS (DELETE FROM t WHERE id = 1) SELECT 1", human("ada"), lineage.Deny},
		{"for a role", []Override{{Rule: "DM01", To: lineage.Warn, When: shopkeepers}}, "DELETE FROM t", human("ada", "shop"), lineage.Warn},
		{"for another role", []Override{{Rule: "DM01", To: lineage.Warn, When: shopkeepers}}, "DELETE FROM t", human("ada"), lineage.Deny},
		{"on a table", []Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Relations: []string{"public.t"}}}}, "DELETE FROM t", human("ada"), lineage.Warn},
		{"on another", []Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Relations: []string{"public.u"}}}}, "DELETE FROM t", human("ada"), lineage.Deny},
		{
			"on one of two",
			[]Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Relations: []string{"public.t"}}}},
			"WITH d AS (DELETE FROM u) DELETE FROM t", human("ada"), lineage.Deny,
		},
		{
			"the first that holds counts",
			[]Override{{Rule: "DM01", To: lineage.Hold, When: shopkeepers}, {Rule: "DM01", To: lineage.Warn}},
			"DELETE FROM t", human("ada", "shop"), lineage.Hold,
		},
		{
			"else the next",
			[]Override{{Rule: "DM01", To: lineage.Hold, When: shopkeepers}, {Rule: "DM01", To: lineage.Warn}},
			"DELETE FROM t", human("ada"), lineage.Warn,
		},
		{
			"in an environment",
			[]Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Environments: []string{"test*"}}}},
			"DELETE FROM t", human("ada"), lineage.Deny,
		},
		{
			"weaker for agents alone is for nobody",
			[]Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Identity: Identity{Kinds: []string{"agent"}}}}},
			"DELETE FROM t", agent("bot", "ada"), lineage.Deny,
		},
		{
			"stronger for agents is",
			[]Override{{Rule: "DM05", To: lineage.Deny, When: Condition{Identity: Identity{Kinds: []string{"agent"}}}}},
			"WITH d AS (DELETE FROM t WHERE id = 1) SELECT 1", agent("bot", "ada"), lineage.Deny,
		},
	} {
		v := under(t, Config{Overrides: c.overrides, Approvals: true}, c.sql, c.in)
		require.Equal(t, c.want, v.Decision, "%s: %s", c.name, rules(v))
	}
	v := under(t, Config{Overrides: []Override{{Rule: "DM01", To: lineage.Warn, When: Condition{Environments: []string{"test*"}}}}, Environment: "testing"}, "DELETE FROM t", human("ada"))
	require.Equal(t, lineage.Warn, v.Decision)
}

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Rules: []PolicyRule{say("", lineage.Deny)}}, "rule 1 has no id"},
		{Config{Rules: []PolicyRule{say("a", lineage.Deny), say("a", lineage.Warn)}}, "the id is taken"},
		{Config{Rules: []PolicyRule{say("DM01", lineage.Deny)}}, "that of a built-in rule"},
		{Config{Rules: []PolicyRule{say("a", "maybe")}}, `unknown "maybe"`},
		{Config{Rules: []PolicyRule{{ID: "a"}}}, "does nothing"},
		{Config{Rules: []PolicyRule{{ID: "a", Then: Outcome{Decision: lineage.Deny, Approval: &Approval{}}}}}, "goes with the decision hold"},
		{Config{Rules: []PolicyRule{{ID: "a", Then: Outcome{Decision: lineage.Deny, Clear: []string{"email"}}}}}, "both grants and refuses"},
		{Config{Rules: []PolicyRule{{ID: "a", Then: Outcome{Decision: lineage.Allow, Limit: Limits{Rows: 1}}}}}, "both grants and restricts"},
		{Config{Rules: []PolicyRule{about("a", lineage.Deny, Condition{Statements: []string{"DROPP"}})}}, `unknown "DROPP"`},
		{Config{Rules: []PolicyRule{about("a", lineage.Deny, Condition{Relations: []string{"t"}})}}, "name the schema too"},
		{Config{Overrides: []Override{{Rule: "DM99", To: lineage.Warn}}}, `unknown "DM99"`},
		{Config{Overrides: []Override{{Rule: "TX07", To: lineage.Warn}}}, "guards the guard itself"},
		{Config{Overrides: []Override{{Rule: "DM01"}}}, "effect"},
		{Config{Shadow: []string{"TX07"}}, "shadow names no rule"},
		{Config{Datasets: []Dataset{{}}}, "names no relation"},
	} {
		_, err := NewPolicy(c.config)
		require.ErrorContains(t, err, c.want)
	}
}

func TestTreatments(t *testing.T) {
	t.Parallel()
	c := Config{
		Datasets: []Dataset{{Match: []string{"public.users"}, Columns: map[string][]string{"email": {"pii.email"}, "name": {"pii.name"}}}},
		Rules: []PolicyRule{
			{ID: "partial", Then: Outcome{Mask: map[string]string{"pii.email": "partial", "phone": "redact"}}},
			{ID: "null", When: Condition{TagsAny: []string{"pii"}}, Then: Outcome{Mask: map[string]string{"pii.email": "null"}}},
			{ID: "all", When: Condition{Columns: []string{"public.users.note"}}, Then: Outcome{Mask: map[string]string{"*": "redact"}}},
			{ID: "show", Then: Outcome{Clear: []string{"pii.name", "pii.email"}}},
		},
	}
	v := under(t, c, "SELECT id, a FROM users", human("ada"))
	column := func(name string) lineage.ColumnID {
		return lineage.ColumnID{Schema: "public", Relation: "users", Column: name}
	}
	treatment := func(name, class string) string { s, _ := v.Columns.Treatment(column(name), class); return s }
	require.Equal(t, "null", treatment("email", "email"), "the strongest")
	require.Equal(t, "redact", treatment("phone", "phone"), "by class")
	require.Empty(t, treatment("phone", ""))
	require.Equal(t, "redact", treatment("note", ""))
	require.True(t, v.Columns.Clear(column("name"), "name"))
	require.False(t, v.Columns.Clear(column("phone"), "phone"))
	var none *Columns
	_, treated := none.Treatment(column("email"), "email")
	require.False(t, treated || none.Clear(column("email"), "email"))
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := Config{
		Limits: &Limits{Rows: 100, StatementTimeout: time.Minute},
		Rules: []PolicyRule{
			{ID: "a", When: Condition{Identity: Identity{Kinds: []string{"agent"}}}, Then: Outcome{Limit: Limits{Rows: 10, Bytes: 5}}},
			{ID: "b", When: Condition{Purposes: []string{"export"}}, Then: Outcome{Limit: Limits{Rows: 1000}}},
		},
	}
	require.Equal(t, &Limits{Rows: 100, StatementTimeout: time.Minute}, under(t, c, "SELECT a FROM t", human("ada")).Limits)
	in := agent("bot", "ada")
	in.Purpose = "export"
	require.Equal(t, &Limits{Rows: 10, Bytes: 5, StatementTimeout: time.Minute}, under(t, c, "SELECT a FROM t", in).Limits, "the tightest")
}

// TestVerdictsAreKept holds the kept verdicts against ones that are made anew.
func TestVerdictsAreKept(t *testing.T) {
	t.Parallel()
	p, err := NewPolicy(Config{Rules: []PolicyRule{
		about("agents", lineage.Deny, Condition{Identity: Identity{Kinds: []string{"agent"}}}),
		about("night", lineage.Warn, Condition{Time: &Times{From: 22 * time.Hour, To: 6 * time.Hour}}),
	}})
	require.NoError(t, err)
	st := facts(t, "SELECT a FROM t")
	kept := p.Static(st, VerifiedCaller)
	for range 3 {
		for _, in := range []Input{human("ada"), agent("bot", "ada"), {Caller: VerifiedCaller}} {
			for _, hour := range []int{0, 5, 6, 12, 22, 23} {
				in.Now = time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC)
				v, fresh := kept.Decide(&in), p.Static(st, VerifiedCaller).Decide(&in)
				require.Equal(t, fresh.Decision, v.Decision)
				require.Equal(t, fresh.Reasons, v.Reasons)
			}
		}
	}
}

func TestShadowOfAnApproval(t *testing.T) {
	t.Parallel()
	r := say("later", lineage.Hold)
	r.Shadow = true
	v := under(t, Config{Rules: []PolicyRule{r}}, "SELECT a FROM t", Input{})
	require.Equal(t, lineage.Warn, v.Decision, "a rule in shadow denies nothing, also where nobody could approve")
}

func TestOverrideThatNobodyCanApprove(t *testing.T) {
	t.Parallel()
	c := Config{Overrides: []Override{{Rule: "DM05", To: lineage.Hold}}}
	v := under(t, c, "WITH d AS (DELETE FROM t WHERE id = 1) SELECT 1", human("ada"))
	require.Equal(t, lineage.Deny, v.Decision)
	require.Contains(t, v.Reasons[0].Message, "nobody is set up")
}

func TestFindingsThatAreHeld(t *testing.T) {
	t.Parallel()
	p, err := NewPolicy(Config{
		Approvals: true, Overrides: []Override{{Rule: "RD10", To: lineage.Hold, Approval: &Approval{Groups: []string{"dpo"}}}},
		Rules: []PolicyRule{{ID: "two", Then: Outcome{Decision: lineage.Hold, Approval: &Approval{Count: 2}}}},
	})
	require.NoError(t, err)
	st, in := facts(t, "SELECT a FROM t"), human("ada")
	v := p.With(p.Decide(st, in), st, &in, lineage.Warn, lineage.Reason{Rule: "RD10", Object: "public.t.a", Position: -1})
	require.Equal(t, lineage.Hold, v.Decision)
	require.Equal(t, &Approval{Groups: []string{"dpo"}, Count: 2}, v.Approval, "what each of them asks for")
}

func TestPoliciesDoNotChangeWithTheirConfiguration(t *testing.T) {
	t.Parallel()
	c := Config{Rules: []PolicyRule{say("a", lineage.Deny)}}
	p, err := NewPolicy(c)
	require.NoError(t, err)
	c.Rules[0].Then.Decision = lineage.Allow
	require.Equal(t, lineage.Deny, p.Decide(facts(t, "SELECT a FROM t"), Input{}).Decision)
}

// TestMasksBesideADecision: what a rule says of columns is asked for each column; the rest of it holds where its condition
// on the statement does.
func TestMasksBesideADecision(t *testing.T) {
	t.Parallel()
	c := Config{
		Approvals: true, Datasets: []Dataset{{Match: []string{"public.users"}, Columns: map[string][]string{"email": {"pii.email"}}}},
		Rules: []PolicyRule{{
			ID: "pii", When: Condition{TagsAny: []string{"pii"}},
			Then: Outcome{Decision: lineage.Hold, Mask: map[string]string{"pii": "redact"}, Limit: Limits{Rows: 5}},
		}},
	}
	v := under(t, c, "SELECT a FROM t", human("ada"))
	require.Equal(t, lineage.Allow, v.Decision)
	require.Nil(t, v.Limits)
	v = under(t, c, "SELECT email FROM users", human("ada"))
	require.Equal(t, lineage.Hold, v.Decision)
	require.Equal(t, &Limits{Rows: 5}, v.Limits)
	treatment, _ := v.Columns.Treatment(lineage.ColumnID{Schema: "public", Relation: "users", Column: "email"}, "email")
	require.Equal(t, "redact", treatment)
}
