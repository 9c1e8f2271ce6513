package policyfile

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// everyForm uses every key, and the short forms beside the long ones.
var everyForm = []string{
	"version: 1\n",
	`version: 1
default: deny
datasets:
  - { match: "public.*", tags: internal }
  - { match: [shop.orders, '"Odd"."Name"'], tags: [sales, pii.name], columns: { email: pii.email, "c*": [x, y] }, tenant: shop_id }
rules:
  - { id: a, then: allow }
  - { id: b, then: require_approval, reason: why }
  - { id: c, then: { deny: true }, shadow: true }
  - { id: d, then: { warn: true, mask: redact, limit: { rows: 10 } }, mode: shadow }
  - { id: e, then: { require_approval: true, limit: { budget: { rows: 5, bytes: 1GiB, per: 24h } } } }
  - { id: f, then: { require_approval: dba } }
  - { id: g, then: { require_approval: { groups: [dba, leads], count: 2, expires: 15m } }, mode: enforce }
  - { id: h, then: { allow: true, clear: true } }
  - { id: i, then: { clear: pii } }
  - { id: j, then: { mask: { email: hmac, pii.name: null, x: year } } }
  - id: k
    when:
      env: [prod*, staging]
      identity: { kind: [human, agent], subject: "*@example.com", issuer: https://idp.example, actor: bot-*, roles: [a, b], not_roles: c, verified: false }
      job: nightly/*
      model: churn@*
      purpose: [support, fraud]
      time: { days: [mon-fri, sunday], hours: "22:00-06:00", zone: Europe/Berlin, after: 2026-01-01, before: 2026-07-01 08:00 }
      statement: [drop table, ALTER]
      effects: [ddl, write]
      has_where: false
      relations: [public.orders]
      columns: [public.orders.total]
      tags_any: sales
      tags_all: [sales, pii]
      fingerprint: [0123456789abcdef, 1234567890123456]
    then: deny
overrides:
  DM01: off
  DM05: shadow
  DM02: { to: warn, when: { env: staging } }
  DM09: { require_approval: { groups: dba } }
  DM03: [{ to: shadow, when: { env: test } }, approve]
shadow: [DD01, DD02]
limits: { affected_rows: 1_000, rows: 5, bytes: 50MB, statement_timeout: 30s, lock_timeout: 2s, idle_timeout: 1m, cost: 1.5e6, budget: none }
allow_list: list.txt
schema: CREATE TABLE t (a int)
tests:
  - name: one
    given:
      env: prod
      profile: strict
      approvals: true
      identity: { kind: agent, subject: ada, issuer: https://idp.example, actor: bot, roles: support, verified: true }
      job: nightly/load
      model: churn@7
      purpose: support
      time: 2026-03-02T10:00:00+01:00
      sql: SELECT a FROM t WHERE b = $1
      args: [1, x, null, true, 1.5]
    expect: { decision: deny, rule: x, mask: { a: none, b: null }, clear: a, limit: { rows: 5, budget: { rows: 1, per: 1h } } }
`,
}

func TestEveryForm(t *testing.T) {
	t.Parallel()
	for _, src := range everyForm {
		_, err := Parse("policy.yaml", []byte(src))
		require.NoError(t, err)
	}
}

func parse(t *testing.T, src string) guard.Config {
	t.Helper()
	f, err := Parse("policy.yaml", []byte(src))
	require.NoError(t, err)
	c, err := f.Config(guard.Config{})
	require.NoError(t, err)
	return c
}

func TestMeaning(t *testing.T) {
	t.Parallel()
	c := parse(t, strings.Replace(everyForm[1], "allow_list: list.txt\n", "", 1))
	no := false
	require.True(t, c.DefaultDeny)
	require.Equal(t, []guard.Dataset{
		{Match: []string{"public.*"}, Tags: []string{"internal"}},
		{
			Match: []string{"shop.orders", `"Odd"."Name"`}, Tags: []string{"sales", "pii.name"}, Tenant: "shop_id",
			Columns: map[string][]string{"email": {"pii.email"}, "c*": {"x", "y"}},
		},
	}, c.Datasets)
	then := func(i int) guard.Outcome { return c.Rules[i].Then }
	require.Equal(t, lineage.Allow, then(0).Decision)
	require.Equal(t, lineage.Hold, then(1).Decision)
	require.True(t, c.Rules[2].Shadow)
	require.Equal(t, guard.Outcome{Decision: lineage.Warn, Mask: map[string]string{"*": "redact"}, Limit: guard.Limits{Rows: 10}}, then(3))
	require.Equal(t, guard.Outcome{
		Decision: lineage.Hold, Approval: &guard.Approval{}, Limit: guard.Limits{Budget: guard.Budget{Rows: 5, Bytes: 1 << 30, Per: 24 * time.Hour}},
	}, then(4))
	require.Equal(t, &guard.Approval{Groups: []string{"dba"}}, then(5).Approval)
	require.Equal(t, &guard.Approval{Groups: []string{"dba", "leads"}, Count: 2, Expires: 15 * time.Minute}, then(6).Approval)
	require.False(t, c.Rules[6].Shadow)
	require.Equal(t, guard.Outcome{Decision: lineage.Allow, Clear: []string{"*"}}, then(7))
	require.Equal(t, []string{"pii"}, then(8).Clear)
	require.Equal(t, map[string]string{"email": "pseudonym", "pii.name": "null", "x": "year"}, then(9).Mask)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	w := c.Rules[10].When
	require.True(t, w.Time.After.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, berlin)))
	require.True(t, w.Time.Before.Equal(time.Date(2026, 7, 1, 8, 0, 0, 0, berlin)))
	w.Time.After, w.Time.Before = time.Time{}, time.Time{}
	require.Equal(t, guard.Condition{
		Environments: []string{"prod*", "staging"},
		Identity: guard.Identity{
			Kinds: []string{"human", "agent"}, Subjects: []string{"*@example.com"}, Issuers: []string{"https://idp.example"},
			Actors: []string{"bot-*"}, Roles: []string{"a", "b"}, NotRoles: []string{"c"}, Verified: &no,
		},
		Jobs: []string{"nightly/*"}, Models: []string{"churn@*"}, Purposes: []string{"support", "fraud"},
		Time: &guard.Times{
			Days: []time.Weekday{1, 2, 3, 4, 5, 0}, From: 22 * time.Hour, To: 6 * time.Hour, Zone: "Europe/Berlin",
		},
		Statements: []string{"drop table", "ALTER"}, Effects: []string{"ddl", "write"}, HasWhere: &no,
		Relations: []string{"public.orders"}, Columns: []string{"public.orders.total"},
		TagsAny: []string{"sales"}, TagsAll: []string{"sales", "pii"}, Fingerprints: []string{"0123456789abcdef", "1234567890123456"},
	}, w)
	require.Equal(t, []guard.Override{
		{Rule: "DM01", To: lineage.Allow},
		{Rule: "DM02", To: lineage.Warn, When: guard.Condition{Environments: []string{"staging"}}},
		{Rule: "DM09", To: lineage.Hold, Approval: &guard.Approval{Groups: []string{"dba"}}},
		{Rule: "DM03", To: lineage.Warn, When: guard.Condition{Environments: []string{"test"}}},
		{Rule: "DM03", To: lineage.Hold},
	}, c.Overrides)
	require.Equal(t, []string{"DD01", "DD02", "DM05"}, c.Shadow)
	require.Equal(t, &guard.Limits{
		AffectedRows: 1000, Rows: 5, Bytes: 50e6, StatementTimeout: 30 * time.Second, LockTimeout: 2 * time.Second, IdleTimeout: time.Minute, Cost: 1.5e6,
	}, c.Limits)
}

// mistakes are sources with where the mistake is and what is said of it.
var mistakes = map[string]string{
	"":                          "policy.yaml: the file is empty",
	"# nothing":                 "the file is empty",
	"---\n---\n":                "a second document",
	"- a":                       `1:1: this is no policy; expected keys with values, version: 1 among them`,
	"rules: []":                 "the policy has no version; expected version: 1",
	"version: 2":                "1:10: version: want 1, got a number (2)",
	"version: '1'\nversion: 1":  `2:1: key "version" is there twice, first in line 1`,
	"version: 1\nrules:\n\t- a": "3:1: a tab indents the line; YAML takes spaces only",
	"version: [1":               "this is not YAML",
	"version: &a 1\nrules: *a":  "anchors and aliases are not part of a policy",
	"version: !!int 1 # the schema cannot know":            "tags such as !!int are not part of a policy",
	"version: 1\n<<: {rules: []} # the schema cannot know": `unknown key "<<" in the policy`,
	"version: 1\ndefault: allow":                           `2:10: unknown default "allow"`,
	"version: 1\nrules: {}":                                "2:8: rules: want a list, got keys with values",
	"version: 1\nrules:\n- {id: a, then: dney}":            "unknown decision \"dney\"; did you mean \"deny\"?\n    3 | - {id: a, then: dney}\n      |                 ^",
	"version: 1\nrules:\n- {id: a}":                        "3:3: rule a has no then",
	"version: 1\nrules:\n- {then: deny}":                   "the rule has no id",
	"version: 1\nrules:\n- {id: a, then: deny}\n- {id: a, then: warn} # the schema cannot know":                                 `4:8: id "a" is there twice, first in line 3`,
	"version: 1\nrules:\n- {id: DM01, then: deny} # the schema cannot know":                                                     "the id is that of a built-in rule",
	"version: 1\nrules:\n- {id: a, when: {has_were: false}, then: deny}":                                                        `unknown key "has_were" in when; did you mean "has_where"?`,
	"version: 1\nrules:\n- {id: a, when: {has_where: yes}, then: deny}":                                                         "has_where: want true or false, got text (yes)",
	"version: 1\nrules:\n- {id: a, when: {env: 5}, then: deny}":                                                                 "env: 5 reads as a number; put it in quotes",
	"version: 1\nrules:\n- {id: a, when: {env: []}, then: deny}":                                                                "env: the list is empty",
	"version: 1\nrules:\n- {id: a, when: {env: }, then: deny}":                                                                  "env: want text, got nothing",
	"version: 1\nrules:\n- {id: a, when: {statement: SELEKT}, then: deny}":                                                      `unknown statement "SELEKT"; did you mean "SELECT"?`,
	"version: 1\nrules:\n- {id: a, when: {effects: writes}, then: deny}":                                                        `did you mean "write"?`,
	"version: 1\nrules:\n- {id: a, when: {identity: {kind: robot}}, then: deny}":                                                `unknown identity.kind "robot"; expected human, service, agent or anonymous`,
	"version: 1\nrules:\n- {id: a, when: {relations: orders}, then: deny} # the schema cannot know":                             "name the schema too, as in public.orders",
	"version: 1\nrules:\n- {id: a, when: {columns: a.b}, then: deny} # the schema cannot know":                                  "want schema.table.column",
	"version: 1\nrules:\n- {id: a, when: {relations: 'public.t[12]'}, then: deny} # the schema cannot know":                     "only * is a wildcard",
	"version: 1\nrules:\n- {id: a, when: {fingerprint: abc}, then: deny} # the schema cannot know":                              "want the 16 hex digits",
	"version: 1\nrules:\n- {id: a, when: {time: {hours: 8-18}}, then: deny}":                                                    `"8-18" is no span of the day`,
	"version: 1\nrules:\n- {id: a, when: {time: {hours: '08:00-08:00'}}, then: deny} # the schema cannot know":                  "is empty",
	"version: 1\nrules:\n- {id: a, when: {time: {hours: '08:00-25:00'}}, then: deny} # the schema cannot know":                  "no span of the day",
	"version: 1\nrules:\n- {id: a, when: {time: {days: funday}}, then: deny} # the schema cannot know":                          `did you mean "sunday"?`,
	"version: 1\nrules:\n- {id: a, when: {time: {zone: Europe/Berln}}, then: deny} # the schema cannot know":                    `zone: unknown "Europe/Berln"`,
	"version: 1\nrules:\n- {id: a, when: {time: {zone: Local}}, then: deny} # the schema cannot know":                           `zone: unknown "Local"`,
	"version: 1\nrules:\n- {id: a, when: {time: {after: soon}}, then: deny}":                                                    "after: want a date such as",
	"version: 1\nrules:\n- {id: a, when: {time: {after: 2026-02-01, before: 2026-01-01}}, then: deny} # the schema cannot know": "the time never comes",
	"version: 1\nrules:\n- {id: a, then: {allow: true, deny: true}} # the schema cannot know":                                   "then decides twice, allow and deny",
	"version: 1\nrules:\n- {id: a, then: {deny: false}}":                                                                        "deny: false says nothing",
	"version: 1\nrules:\n- {id: a, then: {allow: true, mask: redact}} # the schema cannot know":                                 "both grants and restricts",
	"version: 1\nrules:\n- {id: a, then: {}} # the schema cannot know":                                                          "rule a does nothing",
	"version: 1\nrules:\n- {id: a, then: {mask: {email: hidden}}}":                                                              `unknown treatment "hidden"`,
	"version: 1\nrules:\n- {id: a, then: {mask: {emial: redact}}} # the schema cannot know":                                     `"emial" is neither a class of data nor a tag of a dataset; did you mean "email"?`,
	"version: 1\nrules:\n- {id: a, then: {clear: [emial]}} # the schema cannot know":                                            `"emial" is neither`,
	"version: 1\nrules:\n- {id: a, then: {limit: {rows: 0}}}":                                                                   "rows: want a whole number above zero, got a number (0)",
	"version: 1\nrules:\n- {id: a, then: {limit: {bytes: 5XB}}}":                                                                "want a size such as 65536, 50MB or 1GiB",
	"version: 1\nrules:\n- {id: a, then: {limit: {lock_timeout: 30}}}":                                                          "want a length of time such as",
	"version: 1\nrules:\n- {id: a, then: {limit: {budget: {rows: 5}}}}":                                                         "budget: want per",
	"version: 1\nrules:\n- {id: a, then: {require_approval: {count: 0}}}":                                                       "count: want a whole number above zero",
	"version: 1\noverrides: {DM1: warn} # the schema cannot know":                                                               `there is no built-in rule "DM1"; did you mean "DM01"?`,
	"version: 1\noverrides: {TX05: off} # the schema cannot know":                                                               "TX05 guards the guard itself and cannot be changed",
	"version: 1\noverrides: {DM01: alow}":                                                                                       `unknown override "alow"; did you mean "allow"?`,
	"version: 1\noverrides: {DM01: {when: {env: test}}} # the schema cannot know":                                               "does not say to what",
	"version: 1\noverrides: {DM01: {to: warn, require_approval: dba}} # the schema cannot know":                                 "require_approval goes with to: require_approval",
	"version: 1\nshadow: DM1 # the schema cannot know":                                                                          `did you mean "DM01"?`,
	"version: 1\nshadow: TX07 # the schema cannot know":                                                                         "shadow names no rule that can be put there",
	"version: 1\ndatasets:\n- {tags: x}":                                                                                        "the dataset names no relation",
	"version: 1\ndatasets:\n- {match: a.b, tags: .x} # the schema cannot know":                                                  "want words joined by dots",
	"version: 1\ndatasets:\n- {match: a.b, columns: {a.b: x}} # the schema cannot know":                                         "want the name of a column alone",
	"version: 1\ndatasets:\n- {match: a.b, tenant: a.b} # the schema cannot know":                                               "want the name of a column alone",
	"version: 1\nschema: |\n  CREATE TABLE a (b int);\n\n  DROP TABLE a;\n# the schema cannot know":                             "5:3: schema: DROP TABLE: a schema holds CREATE TABLE",
	"version: 1\ntests:\n- {name: a, given: {}, expect: {decision: deny}}":                                                      `test "a" gives no sql`,
	"version: 1\ntests:\n- {name: a, given: {sql: SELECT 1}, expect: {}} # the schema cannot know":                              `test "a" expects nothing`,
	"version: 1\ntests:\n- {name: a, given: {sql: SELECT 1, profile: lax}, expect: {rule: x}}":                                  `unknown profile "lax"`,
	"version: 1\ntests:\n- {name: a, given: {sql: SELECT 1, args: 5}, expect: {rule: x}}":                                       "args: want a list",
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for src, want := range mistakes {
		_, err := Parse("policy.yaml", []byte(src))
		var e *Error
		require.ErrorAs(t, err, &e, src)
		require.Contains(t, err.Error(), want, src)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse("policy.yaml", []byte("version: 3\nrulse: []\ndefault: no\n"))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Problems, 3)
	require.Equal(t, []int{1, 2, 3}, []int{e.Problems[0].Line, e.Problems[1].Line, e.Problems[2].Line})
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for what, src := range map[string]string{
		"long":  "version: 1\nschema: " + strings.Repeat("x", maxBytes),
		"deep":  "version: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"bomb":  "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
		"bytes": "version: \xff",
		"nul":   "version: \x00",
		"many":  "version: 1\n" + strings.Repeat("x: 1\n", 1000),
	} {
		_, err := Parse("policy.yaml", []byte(src))
		var e *Error
		require.ErrorAs(t, err, &e, what)
		require.LessOrEqual(t, len(e.Problems), maxProblems+1, what)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	f, err := Parse("policy.yaml", []byte("version: 1\nlimits: { rows: 7, cost: none }\n"))
	require.NoError(t, err)
	c, err := f.Config(guard.Config{Profile: guard.Strict, Approvals: true, Environment: "staging"})
	require.NoError(t, err)
	want := guard.StrictLimits()
	want.Rows, want.Cost = 7, 0
	require.Equal(t, &want, c.Limits, "what the file does not name stays as the profile has it")
	require.True(t, c.Approvals)
	require.Equal(t, "staging", c.Environment)
	_, err = f.Config(guard.Config{DefaultDeny: true})
	require.ErrorContains(t, err, "belong in the file")
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/policy.yaml", []byte("version: 1\nallow_list: known.txt\n"), 0o600))
	f, err := Load(dir + "/policy.yaml")
	require.NoError(t, err)
	_, err = f.Policy(guard.Config{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(dir+"/known.txt", []byte("0123456789abcdef SELECT ?\n"), 0o600))
	c, err := f.Config(guard.Config{})
	require.NoError(t, err)
	require.True(t, c.AllowList.Has("0123456789abcdef"))
	require.NoError(t, os.WriteFile(dir+"/known.txt", []byte("nonsense\n"), 0o600))
	_, err = f.Policy(guard.Config{})
	require.ErrorContains(t, err, "line 1")
}

func TestFailingTestsKeepAPolicyOut(t *testing.T) {
	t.Parallel()
	f, err := Parse("policy.yaml", []byte("version: 1\ntests:\n- {name: all is well, given: {sql: DELETE FROM t}, expect: {decision: allow, rule: x}}\n"))
	require.NoError(t, err)
	_, err = f.Policy(guard.Config{})
	var failed *TestError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, `policy.yaml: 1 of the policy's own tests failed
FAIL  all is well (line 3)
        decision: expected allow, got deny
        rule: expected x, got DM01
        DM01 applied: DELETE without WHERE (public.t)`, err.Error())
}

// A denial of what was not understood says nothing of a policy, so a test that names no rule is not content with it.
func TestDenialsByAccident(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"SELECT purge()":                 "denied by UNRESOLVED alone, whatever the policy says: function does not exist (purge); declare what the statement names under schema:",
		"SELEC 1":                        "denied by TX05 alone",
		"SELECT 1; SELECT 2":             "denied by TX01 alone",
		"DELETE FROM t":                  "",
		"DELETE FROM t WHERE id = f(id)": "denied by UNRESOLVED alone",
		"DROP TABLE t":                   "",
	} {
		for _, expect := range []string{"{decision: deny}", "{decision: deny, rule: %s}"} {
			rule, _, _ := strings.Cut(strings.TrimPrefix(want, "denied by "), " ")
			named := strings.Contains(expect, "rule")
			if named && want == "" {
				continue
			}
			f, err := Parse("policy.yaml", []byte("version: 1\ntests:\n- {name: a, given: {sql: \""+sql+"\"}, expect: "+strings.ReplaceAll(expect, "%s", rule)+"}\n"))
			require.NoError(t, err)
			r := f.Test()[0]
			require.Equal(t, lineage.Deny, r.Decision, sql)
			if named || want == "" {
				require.True(t, r.Passed(), r.Explain())
				continue
			}
			require.False(t, r.Passed(), sql)
			require.Contains(t, r.Explain(), want)
			require.Contains(t, r.Explain(), "or expect it by rule: "+rule)
		}
	}
}

// A name that leads to another file, whatever is in it, shows nobody what that is.
func TestOtherFilesAreNotShown(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"root:$6$secret:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n", "password: secret\nuser: secret2\n", "- secret\n- &secret x\n", "{secret", "\tsecret: 1\n",
		"secret: *secret\n", "a: !secret b\n", "secret", "[core]\n\tsecret = x\n", "--- secret\n--- secret\n", "secret: 1\nsecret: 2\n", "a: secret\n b: secret\n",
	} {
		_, err := Parse("policy.yaml", []byte(src))
		require.Error(t, err, src)
		require.NotContains(t, err.Error(), "secret", src)
	}
	_, err := Parse("policy.yaml", []byte("version: 1\nrulse: "+strings.Repeat("x", 500)+"\n"))
	require.ErrorContains(t, err, "did you mean \"rules\"")
	for line := range strings.Lines(err.Error()) {
		require.Less(t, len(line), 120)
	}
}

func FuzzParse(f *testing.F) {
	for src := range mistakes {
		f.Add(src)
	}
	for _, src := range everyForm {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, err := Parse("testdata/policy.yaml", []byte(src))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(e.Problems) == 0 || e.Error() == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if file.allowList != "" {
			return
		}
		c, err := file.Config(guard.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := guard.NewPolicy(c); err != nil {
			t.Fatalf("what parses has to compile: %v", err)
		}
		file.Test()
		Lint(file, time.Time{})
	})
}
