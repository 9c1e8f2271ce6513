package guard

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// An allow for a write covers what the write reads to find its rows, in the columns that it means, and nothing else that
// the statement reads of the table.
func TestAllowOfAWriteIsNoAllowOfReads(t *testing.T) {
	allow := func(id string, when Condition) PolicyRule { return about(id, lineage.Allow, when) }
	columns := Config{DefaultDeny: true, Rules: []PolicyRule{
		allow("w", Condition{Statements: []string{"UPDATE", "INSERT", "MERGE"}, Columns: []string{"public.t.id", "public.t.a"}}),
		allow("log", Condition{Relations: []string{"public.notes"}}),
	}}
	table := Config{DefaultDeny: true, Rules: []PolicyRule{allow("w", Condition{Statements: []string{"UPDATE", "DELETE", "INSERT"}, Relations: []string{"public.t"}})}}
	for _, c := range []struct {
		config  Config
		sql     string
		allowed bool
	}{
		{columns, "UPDATE t SET a = $1 WHERE id = $2", true},
		{columns, "UPDATE t SET a = b WHERE id = $1", false},
		{columns, "UPDATE t SET a = $1 WHERE id = $2 AND b LIKE 'x%'", false},
		{columns, "UPDATE t SET a = (SELECT b FROM t WHERE id = 2) WHERE id = 1", false},
		{columns, "UPDATE t SET a = row_to_json(t)::text WHERE id = 1", false},
		{columns, "WITH w AS (UPDATE t SET a = '1' WHERE id = 1) INSERT INTO notes (a) SELECT b FROM t", false},
		{columns, "INSERT INTO t (id, a) SELECT id + 100, b FROM t", false},
		{columns, "INSERT INTO t (id, a) VALUES (1, '2')", true},
		{columns, "INSERT INTO t (id, a) VALUES (1, '2') ON CONFLICT (id) DO UPDATE SET a = t.b", false},
		{table, "DELETE FROM t WHERE b = $1", true},
		{table, "DELETE FROM t WHERE b = $1 RETURNING c", false},
		{table, "UPDATE t SET a = $1 WHERE b = $2", true},
		{table, "UPDATE t SET a = b WHERE b = $1", false},
		{table, "DELETE FROM t USING u WHERE t.id = u.id AND u.a = $1", false},
	} {
		require.Equal(t, c.allowed, under(t, c.config, c.sql, human("ada")).Allowed(), c.sql)
	}
}

// A rule that restricts a table or a command means what reaches it by another name.
func TestRestrictionsMeanOtherNames(t *testing.T) {
	deny := func(when Condition) Config { return Config{Rules: []PolicyRule{about("no", lineage.Deny, when)}} }
	for _, c := range []struct {
		config Config
		sql    string
		hit    bool
	}{
		{deny(Condition{Statements: []string{"UPDATE"}, Relations: []string{"public.t"}}), "UPDATE v SET a = '1' WHERE id = 1", true},
		{deny(Condition{Statements: []string{"UPDATE"}, Columns: []string{"public.t.a"}}), "UPDATE v SET a = '1' WHERE id = 1", true},
		{deny(Condition{Statements: []string{"DELETE"}, Relations: []string{"public.t"}}), "WITH d AS (DELETE FROM v WHERE id = 1 RETURNING id) SELECT id FROM d", true},
		{deny(Condition{Statements: []string{"UPDATE"}, Relations: []string{"public.u"}}), "UPDATE v SET a = '1' WHERE id = 1", false},
		{deny(Condition{Statements: []string{"DELETE"}}), "MERGE INTO t USING u ON t.id = u.id AND u.id = 1 WHEN MATCHED THEN DELETE", true},
		{deny(Condition{Statements: []string{"UPDATE"}}), "MERGE INTO t USING u ON t.id = u.id AND u.id = 1 WHEN MATCHED THEN UPDATE SET a = '1'", true},
		{deny(Condition{Statements: []string{"INSERT"}}), "COPY t (id) FROM STDIN", true},
		{deny(Condition{Statements: []string{"CREATE TABLE"}}), "SELECT id INTO new FROM t", true},
	} {
		v := under(t, c.config, c.sql, human("ada"))
		require.Equal(t, c.hit, hasRule(v, "no"), c.sql)
	}
	allow := Config{DefaultDeny: true, Rules: []PolicyRule{about("yes", lineage.Allow, Condition{Statements: []string{"UPDATE", "SELECT"}})}}
	require.False(t, under(t, allow, "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = '1'", human("ada")).Allowed(), "an allow means its own words")
}

// A clear that speaks of a statement shows columns of the relations that it is about.
func TestClearStaysWithItsRelation(t *testing.T) {
	shows := func(when Condition, sql, column string) bool {
		t.Helper()
		c := Config{Rules: []PolicyRule{{ID: "c", When: when, Then: Outcome{Clear: []string{"*"}}}}}
		return under(t, c, sql, human("ada")).Columns.Clear(lineage.ColumnID{Schema: "public", Relation: "t", Column: column}, "email")
	}
	write := Condition{Effects: []string{"write"}}
	update := Condition{Statements: []string{"UPDATE"}, Relations: []string{"public.t"}}
	require.True(t, shows(update, "UPDATE t SET a = '1' WHERE id = 1 RETURNING email", "email"))
	require.False(t, shows(update, "UPDATE u SET a = '1' FROM t WHERE u.id = t.id AND t.id = 1 RETURNING t.email", "email"))
	require.False(t, shows(update, "WITH w AS (UPDATE u SET a = '1' WHERE id = 1 RETURNING id) SELECT email FROM t", "email"))
	require.False(t, shows(write, "WITH w AS (INSERT INTO notes (a) VALUES ('1') RETURNING id) SELECT email FROM t", "email"))
	require.True(t, shows(Condition{Statements: []string{"SELECT"}}, "SELECT email FROM t", "email"))
	require.True(t, shows(Condition{Relations: []string{"public.t"}}, "WITH w AS (INSERT INTO notes (a) VALUES ('1') RETURNING id) SELECT email FROM t", "email"))
}

// Roles that nobody vouches for excuse from nothing, inner actors can be denied, and nobody's agent is nobody.
func TestIdentityOfThoseWhoAreRestricted(t *testing.T) {
	c := Config{Rules: []PolicyRule{
		about("readers", lineage.Deny, Condition{Identity: Identity{NotRoles: []string{"reader"}}}),
	}}
	expired := human("ada", "reader")
	expired.Caller = UnverifiedCaller
	require.True(t, under(t, c, "SELECT id FROM t", human("ada", "reader")).Allowed())
	require.False(t, under(t, c, "SELECT id FROM t", expired).Allowed())

	chain := verified(attest.Evidence{Kind: "agent", Issuer: "i", Subject: "ada", Actors: []string{"nice", "evil"}})
	actors := func(d lineage.Decision) Config {
		return Config{DefaultDeny: d == lineage.Allow, Rules: []PolicyRule{about("a", d, Condition{Identity: Identity{Actors: []string{"evil"}}})}}
	}
	require.False(t, under(t, actors(lineage.Deny), "SELECT id FROM t", chain).Allowed())
	require.False(t, under(t, actors(lineage.Allow), "SELECT id FROM t", chain).Allowed(), "an inner actor gives nothing")

	nobody := Input{Caller: UnverifiedCaller, Who: lineage.Agent("bot", lineage.Caller{})}
	clear := Config{Rules: []PolicyRule{{ID: "c", When: Condition{Identity: Identity{Kinds: []string{"human", "agent"}}}, Then: Outcome{Clear: []string{"*"}}}}}
	require.False(t, under(t, clear, "SELECT email FROM t", nobody).Columns.Clear(lineage.ColumnID{Schema: "public", Relation: "t", Column: "email"}, "email"))
	anonymous := Config{Rules: []PolicyRule{about("n", lineage.Deny, Condition{Identity: Identity{Kinds: []string{"anonymous"}}})}}
	require.False(t, under(t, anonymous, "SELECT email FROM t", nobody).Allowed())
}

// What restricts a partitioned table restricts its partitions; an allow means the name that it says.
func TestPartitionsAreWhatTheyArePartOf(t *testing.T) {
	st := facts(t, "SELECT a FROM t WHERE id = 1")
	for i := range st.Relations {
		st.Relations[i].Relation.Parents = []lineage.Name{public("events")}
	}
	decide := func(c Config) bool {
		p, err := NewPolicy(c)
		require.NoError(t, err)
		return p.Decide(st, human("ada")).Allowed()
	}
	require.False(t, decide(Config{Rules: []PolicyRule{about("no", lineage.Deny, Condition{Relations: []string{"public.events"}})}}))
	require.False(t, decide(Config{Rules: []PolicyRule{about("no", lineage.Deny, Condition{Columns: []string{"public.events.a"}})}}))
	require.False(t, decide(Config{
		Datasets: []Dataset{{Match: []string{"public.events"}, Columns: map[string][]string{"a": {"pii"}}}},
		Rules:    []PolicyRule{about("no", lineage.Deny, Condition{TagsAny: []string{"pii"}})},
	}))
	require.False(t, decide(Config{DefaultDeny: true, Rules: []PolicyRule{about("yes", lineage.Allow, Condition{Relations: []string{"public.events"}})}}))
	require.True(t, decide(Config{DefaultDeny: true, Rules: []PolicyRule{about("yes", lineage.Allow, Condition{Relations: []string{"public.t"}})}}))
}
