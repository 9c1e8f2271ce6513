package guard

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/governedsql/governed/lineage"
)

// allow and deny are the words of the tables below.
func allow(profile Profile, sql string, in Input) test { return test{profile, sql, in, true, ""} }

func deny(profile Profile, sql, rule string, in Input) test {
	return test{profile, sql, in, false, rule}
}

type test struct {
	profile Profile
	sql     string
	in      Input
	allowed bool
	rule    string // the deciding one
}

func args(values ...any) Input {
	return Input{Args: func(n int) (any, bool) {
		if n > len(values) {
			return nil, false
		}
		return values[n-1], true
	}}
}

func TestConditions(t *testing.T) {
	tx, text, dedicated := Input{InTransaction: true}, Input{TextTransaction: true}, Input{DedicatedConnection: true}
	cursor := Input{Cursor: func(name string) bool { return name == "c" }}
	temp := Input{TempTables: func(n lineage.Name) bool { return n.Name == "u" }}
	for _, c := range []test{
		deny(Standard, "COMMIT", "TX02", tx),
		deny(Standard, "ROLLBACK AND CHAIN", "TX02", tx),
		deny(Migration, "BEGIN", "TX02", tx),
		allow(Standard, "COMMIT", text),
		allow(Standard, "SAVEPOINT sp", tx),
		allow(Strict, "SAVEPOINT sp", tx),
		allow(Strict, "ROLLBACK TO sp", tx),
		deny(Strict, "ROLLBACK TO sp", "TX02", Input{}),
		deny(Standard, "RELEASE governed_1", "TX02", tx),

		deny(Standard, "CREATE INDEX CONCURRENTLY ON t (a)", "DD14", tx),
		deny(Standard, "CREATE INDEX CONCURRENTLY ON t (a)", "DD14", text),
		allow(Migration, "CREATE INDEX CONCURRENTLY ON t (a)", tx),

		allow(Standard, "FETCH ALL FROM c", cursor),
		deny(Standard, "FETCH ALL FROM other", "TX08", cursor),

		allow(Standard, "DELETE FROM u", temp),
		allow(Standard, "TRUNCATE u", temp),
		allow(Standard, "DROP TABLE u", temp),
		deny(Standard, "DROP TABLE u, t", "DD01", temp),
		deny(Standard, "DELETE FROM t", "DM01", temp),

		allow(Migration, "SET statement_timeout = 0", dedicated),
		allow(Migration, "SET search_path = app", dedicated),
		allow(Migration, "SET application_name = 'x'", dedicated),
		allow(Migration, "RESET ALL", dedicated),
		allow(Migration, "SELECT pg_advisory_lock(1)", dedicated),
		deny(Migration, "SET statement_timeout = 0", "PR06", Input{}),
		deny(Migration, "SET work_mem = '1GB'", "PR10", Input{}),
		deny(Migration, "SET ROLE postgres", "PR03", dedicated),
		deny(Migration, "SET standard_conforming_strings = off", "TX09", dedicated),
		deny(Migration, "CREATE EXTENSION plpython3u", "DD29", dedicated),
		deny(Migration, "DO LANGUAGE plpython3u 'import os'", "IO09", dedicated),
		allow(Migration, "DO $$BEGIN ALTER TABLE t ADD COLUMN z integer; END$$", dedicated),
		allow(Migration, "DO $$BEGIN EXECUTE 'ALTER TABLE t ADD COLUMN z integer'; END$$", dedicated),
		deny(Migration, "DO $$BEGIN EXECUTE 'DROP TABLE ' || current_user; END$$", "IO09", dedicated),
		deny(Migration, "DO $$BEGIN COPY t TO PROGRAM 'sh'; END$$", "IO01", dedicated),
		deny(Migration, "UPDATE pg_class SET reltuples = 0 WHERE oid = 1", ClassCatalog, dedicated),

		deny(Standard, "DELETE FROM t WHERE $1::bool", "DM03", Input{}),
		deny(Standard, "DELETE FROM t WHERE $1::bool", "DM03", args(true)),
		allow(Standard, "DELETE FROM t WHERE $1::bool", args(false)),
		deny(Standard, "DELETE FROM t WHERE a = $1 OR $2", "DM03", args("x", true)),
		allow(Standard, "DELETE FROM t WHERE a = $1 OR $2", args("x", false)),
		deny(Standard, "UPDATE t SET a = 'x' WHERE $1::text IS NULL OR a = $1", "DM03", args(nil)),
		allow(Standard, "UPDATE t SET a = 'x' WHERE $1::text IS NULL OR a = $1", args("x")),
		allow(Standard, "SELECT set_config('statement_timeout', $1, true)", args("2s")),
		deny(Standard, "SELECT set_config('statement_timeout', $1, true)", "PR06", args("0")),
		allow(Standard, "SELECT pg_sleep($1)", args(0.5)),
		deny(Standard, "SELECT pg_sleep($1)", "IO14", args(3600.0)),
	} {
		v := decide(t, c.profile, c.sql, c.in)
		if v.Allowed() != c.allowed {
			t.Errorf("%s: %s: %s (%s)", c.profile, c.sql, v.Decision, rules(v))
			continue
		}
		if c.allowed {
			continue
		}
		var denied *DeniedError
		if err := v.Err(); !errors.Is(err, ErrDenied) || !errors.As(err, &denied) || denied.Rule != c.rule {
			t.Errorf("%s: %s: %v, want %s", c.profile, c.sql, err, c.rule)
		}
	}
}

func TestArgumentsInBodiesAreNotThoseOfTheStatement(t *testing.T) {
	// The body of touch_numbered compares with its own $1.
	if v := decide(t, Standard, "SELECT touch_numbered($1)", args(nil)); !v.Allowed() {
		t.Errorf("%v %s", v.Decision, rules(v))
	}
}

func TestSensitiveCopies(t *testing.T) {
	const sql = "CREATE TABLE copy AS SELECT id, email FROM users"
	for _, c := range []struct {
		column string
		want   string
	}{{"email", "DM12"}, {"body", ""}} {
		in := Input{Sensitive: func(id lineage.ColumnID) bool { return id.Column == c.column }}
		if got := rules(decide(t, Standard, sql, in)); got != c.want {
			t.Errorf("sensitive %s: %q, want %q", c.column, got, c.want)
		}
	}
}

func TestApprovals(t *testing.T) {
	for _, c := range []struct {
		profile Profile
		sql     string
		want    lineage.Decision
	}{
		{Standard, "ALTER TABLE t DROP COLUMN a", lineage.Hold},
		{Strict, "CALL settle()", lineage.Hold},
		{Standard, "CALL settle()", lineage.Hold},
		{Standard, "CALL wipe()", lineage.Deny},
		{Migration, "ALTER TABLE t DROP COLUMN a", lineage.Warn},
		{Migration, "LOCK TABLE t", lineage.Hold},
		{Standard, "DELETE FROM t", lineage.Deny},
		{Observe, "ALTER TABLE t DROP COLUMN a", lineage.Warn},
	} {
		p, err := NewPolicy(Config{Profile: c.profile, Approvals: true})
		if err != nil {
			t.Fatal(err)
		}
		list, err := lineage.AnalyzeText(c.sql, shop())
		if err != nil {
			t.Fatal(err)
		}
		v := p.Decide(list[0], Input{Caller: VerifiedCaller})
		if v.Decision != c.want || v.Held() != (c.want == lineage.Hold) {
			t.Errorf("%s: %s: %s, want %s", c.profile, c.sql, v.Decision, c.want)
		}
		if v.Held() && v.Err() != nil {
			t.Errorf("%s: held, and an error: %v", c.sql, v.Err())
		}
	}
}

func TestCallers(t *testing.T) {
	list, err := lineage.AnalyzeText("SELECT 1", shop())
	if err != nil {
		t.Fatal(err)
	}
	for caller, want := range map[CallerClass][4]bool{
		AnonymousCaller:  {Standard: true, Strict: false, Migration: true, Observe: true},
		UnverifiedCaller: {Standard: true, Strict: false, Migration: true, Observe: true},
		VerifiedCaller:   {Standard: true, Strict: true, Migration: true, Observe: true},
	} {
		for profile, policy := range policies() {
			if got := policy.Decide(list[0], Input{Caller: caller}).Allowed(); got != want[profile] {
				t.Errorf("%s, caller %d: allowed %v", profile, caller, got)
			}
		}
	}
}

func TestSeveralStatements(t *testing.T) {
	const script = "BEGIN; CREATE TABLE fresh (id integer); COMMIT"
	for profile, want := range map[Profile]lineage.Decision{Standard: lineage.Deny, Strict: lineage.Deny, Migration: lineage.Warn, Observe: lineage.Warn} {
		v := decide(t, profile, script, Input{})
		if v.Decision != want {
			t.Errorf("%s: %s (%s)", profile, v.Decision, rules(v))
		}
		if one := strings.Contains(rules(v), "TX01"); one != (profile != Migration) {
			t.Errorf("%s: TX01 %v", profile, one)
		}
	}
	if v := decide(t, Migration, "SELECT 1; DELETE FROM t", Input{}); v.Decision != lineage.Deny {
		t.Errorf("migration lets the second statement through: %s", v.Decision)
	}
	if v := decide(t, Migration, "BEGIN; CREATE INDEX CONCURRENTLY ON t (a); COMMIT", Input{}); !strings.Contains(rules(v), "DD14") {
		t.Errorf("BEGIN of the same text is not seen: %s", rules(v))
	}
}

func TestObserveSaysWhatStandardWouldHave(t *testing.T) {
	for sql, want := range map[string]lineage.Decision{
		"DELETE FROM t": lineage.Deny, "SELECT 1": lineage.Allow, "LOCK TABLE t": lineage.Warn, "SELECT 1; SELECT 2": lineage.Deny,
		"SELECT nonsense FROM t": lineage.Deny,
	} {
		v := decide(t, Observe, sql, Input{})
		if !v.Allowed() || v.Would != want {
			t.Errorf("%s: %s, would %s, want %s", sql, v.Decision, v.Would, want)
		}
		for _, r := range v.Reasons {
			if r.Applied {
				t.Errorf("%s: observe says that %s was applied", sql, r.Rule)
			}
		}
	}
}

func TestShadow(t *testing.T) {
	p, err := NewPolicy(Config{Shadow: []string{"DM01"}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := lineage.AnalyzeText("DELETE FROM t", shop())
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Decide(list[0], Input{}); v.Decision != lineage.Warn || v.Reasons[0].Applied {
		t.Errorf("%+v", v)
	}
	for _, id := range []string{"XX99", ClassCatalog, RuleUnresolved, "TX07"} {
		if _, err := NewPolicy(Config{Shadow: []string{id}}); err == nil {
			t.Errorf("%s may be put in the shadow", id)
		}
	}
}

func TestStrongestDecidesAndAllAreReported(t *testing.T) {
	v := decide(t, Standard, "WITH d AS (DELETE FROM t RETURNING id) SELECT id FROM d", Input{})
	if v.Decision != lineage.Deny || v.Reasons[0].Rule != "DM01" || !v.Reasons[0].Applied {
		t.Fatalf("%+v", v)
	}
	if len(v.Reasons) != 2 || v.Reasons[1].Rule != "DM05" || v.Reasons[1].Applied {
		t.Fatalf("%+v", v.Reasons)
	}
}

func TestUnloadedIsDenied(t *testing.T) {
	open := lineage.NewSnapshot([]string{"pg_catalog", "public"}, nil, nil, nil, nil, false)
	list, err := lineage.AnalyzeText("SELECT a FROM t", open)
	if err != nil {
		t.Fatal(err)
	}
	if v := policies()[Standard].Decide(list[0], Input{}); v.Allowed() || v.Reasons[0].Rule != RuleUnresolved {
		t.Errorf("%+v", v)
	}
	if v := policies()[Standard].Decide(&lineage.Statement{}, Input{}); v.Allowed() {
		t.Error("the zero statement is allowed")
	}
}

func TestParseProfile(t *testing.T) {
	for p := Standard; p <= Observe; p++ {
		if got, err := ParseProfile(p.String()); err != nil || got != p {
			t.Errorf("%s: %v, %v", p, got, err)
		}
	}
	if got, err := ParseProfile(""); err != nil || got != Standard {
		t.Errorf("empty: %v, %v", got, err)
	}
	if _, err := ParseProfile("Standard"); err == nil {
		t.Error("names of profiles are lower case")
	}
	if _, err := NewPolicy(Config{Profile: Observe + 1}); err == nil {
		t.Error("a profile that there is not")
	}
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] {
			t.Errorf("%s stands twice", r.ID)
		}
		seen[r.ID] = true
		if r.Title == "" || r.Why == "" || !strings.Contains("BAW", r.Severity.String()) {
			t.Errorf("%s: %+v", r.ID, r)
		}
	}
	Rules()[0].ID = "changed"
	if Rules()[0].ID == "changed" {
		t.Error("the catalogue can be changed from outside")
	}
}

func TestErrorsAreNoBadConnection(t *testing.T) {
	var approval error = &ApprovalRequiredError{ID: "r1", Rule: "DD04", Reason: "DROP COLUMN", URL: "https://example.com/r1", Approvers: []string{"dba"}}
	if !errors.Is(approval, ErrApprovalRequired) || errors.Is(approval, ErrDenied) {
		t.Error("an approval that is required is not a denial")
	}
	const want = "governed: approval required by DD04: DROP COLUMN; request r1; may approve: dba; https://example.com/r1"
	if approval.Error() != want {
		t.Error(approval)
	}
	for _, err := range []error{approval, &DeniedError{Position: -1}} {
		if errors.Unwrap(err) != nil {
			t.Errorf("%T wraps something", err)
		}
		typed, ok := err.(interface{ ErrorType() string })
		if !ok || !strings.HasPrefix(typed.ErrorType(), "governed.") {
			t.Errorf("%T has no error type", err)
		}
	}
	var _ Approver = approverFunc(nil)
}

type approverFunc func(context.Context, *Request) error

func (f approverFunc) Approve(ctx context.Context, r *Request) error { return f(ctx, r) }

func FuzzDecide(f *testing.F) {
	for _, sql := range []string{
		"SELECT 1", "DELETE FROM t WHERE id = $1 OR $2", "DO $$BEGIN DELETE FROM t; END$$", "SELECT set_config($1, $2, $3)",
		"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", "EXPLAIN ANALYZE COPY (SELECT 1) TO STDOUT", "ALTER TABLE t DROP COLUMN a, ADD CHECK (id > 0)",
		"CREATE FUNCTION f() RETURNS integer BEGIN ATOMIC SELECT 1; END", "WITH x AS (UPDATE t SET a = 'x' RETURNING *) SELECT * FROM x",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		start := time.Now()
		list, err := lineage.AnalyzeText(sql, shop())
		if err != nil {
			return
		}
		for profile, policy := range policies() {
			for _, v := range policy.DecideAll(list, args("x", true, nil)) {
				if profile == Observe && !v.Allowed() {
					t.Errorf("observe refuses %q", sql)
				}
				if v.Decision == "" {
					t.Errorf("no decision on %q", sql)
				}
			}
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%v for %q", d, sql)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for name, sql := range map[string]string{
		"nothing": "SELECT id, a FROM t WHERE id = $1", "fixed": "DELETE FROM t WHERE true", "condition": "DELETE FROM t WHERE a = $1 OR $2::bool",
	} {
		list, err := lineage.AnalyzeText(sql, shop())
		if err != nil {
			b.Fatal(err)
		}
		in := args("x", false)
		in.Caller = VerifiedCaller
		static := policies()[Standard].Static(list[0], VerifiedCaller)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				static.Decide(&in)
			}
		})
	}
}

// TestWordsFitTheObject: what is said of a catalog, and advised, is about that catalog.
func TestWordsFitTheObject(t *testing.T) {
	for _, c := range []struct{ sql, rule, message, safe string }{
		{"SELECT * FROM pg_locks", "RD03", "locks", "pg_blocking_pids"},
		{"SELECT * FROM pg_prepared_statements", "RD03", "prepared", "its own list|the application's own list"},
		{"SELECT * FROM pg_cursors", "RD03", "cursors", "the application's own list"},
		{"SELECT query FROM pg_stat_activity", "RD03", "statements of others", "without its query"},
		{"SELECT pg_sleep(1) FROM a", "IO14", "each row", "nothing in FROM"},
		{"SELECT pg_sleep(3600)", "IO14", "long sleep", "at most a minute"},
	} {
		list, err := lineage.AnalyzeText(c.sql, shop())
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Caller: VerifiedCaller}
		v := policies()[Standard].Static(list[0], VerifiedCaller).Decide(&in)
		found := false
		for _, r := range v.Reasons {
			if r.Rule != c.rule {
				continue
			}
			found = true
			safe := false
			for _, s := range strings.Split(c.safe, "|") {
				safe = safe || strings.Contains(r.Safe, s)
			}
			if !strings.Contains(r.Message, c.message) || !safe {
				t.Errorf("%s: %s; instead: %s", c.sql, r.Message, r.Safe)
			}
		}
		if !found {
			t.Errorf("%s: no %s", c.sql, c.rule)
		}
	}
}

// TestArgumentsDecide: the same text with arguments that let every row through, and with others.
func TestArgumentsDecide(t *testing.T) {
	for _, c := range []test{
		deny(Standard, "DELETE FROM t WHERE id > $1", "DM03", args(-9)),
		allow(Standard, "DELETE FROM t WHERE id > $1", args(9)),
		deny(Standard, "DELETE FROM t WHERE id = $1 OR id <> $2", "DM03", args(5, 5)),
		allow(Standard, "DELETE FROM t WHERE id = $1 OR id = $2", args(5, 5)),
		deny(Migration, "UPDATE t SET a = 'x' WHERE position($1 in b) > 0", "DM03", args("")),
		allow(Standard, "UPDATE t SET a = 'x' WHERE position($1 in b) > 0", args("y")),
		deny(Standard, "MERGE INTO t USING u ON t.id > $1 WHEN MATCHED THEN DELETE", "DM04", args(-9)),
	} {
		list, err := lineage.AnalyzeText(c.sql, shop())
		if err != nil {
			t.Fatal(err)
		}
		c.in.Caller = VerifiedCaller
		v := policies()[c.profile].Static(list[0], VerifiedCaller).Decide(&c.in)
		if v.Allowed() != c.allowed || !c.allowed && v.Reasons[0].Rule != c.rule {
			t.Errorf("%s: %v", c.sql, v.Reasons)
		}
	}
}
