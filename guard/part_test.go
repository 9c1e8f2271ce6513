package guard

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// TestEveryPartHasToBeCovered is what default: deny is worth: a statement runs where an allow covers each of its parts.
func TestEveryPartHasToBeCovered(t *testing.T) {
	t.Parallel()
	read := func(relations ...string) PolicyRule {
		return about("read "+relations[0], lineage.Allow, Condition{Statements: []string{"SELECT"}, Relations: relations})
	}
	write := func(statement string, relations ...string) PolicyRule {
		return about(statement+" "+relations[0], lineage.Allow, Condition{Statements: []string{statement}, Relations: relations})
	}
	for _, c := range []struct {
		name    string
		rules   []PolicyRule
		sql     string
		allowed bool
	}{
		{"a table", []PolicyRule{read("public.t")}, "SELECT a FROM t", true},
		{"nothing at all", nil, "SELECT a FROM t", false},
		{"no relation", nil, "SELECT 1", false},
		{"no relation, SELECT allowed", []PolicyRule{about("r", lineage.Allow, Condition{Statements: []string{"SELECT"}})}, "SELECT 1", true},
		{"another", []PolicyRule{read("public.t")}, "SELECT a FROM u", false},
		{"one of two", []PolicyRule{read("public.t")}, "SELECT t.a FROM t, u", false},
		{"two by two rules", []PolicyRule{read("public.t"), read("public.u")}, "SELECT t.a FROM t, u", true},
		{"in a subquery", []PolicyRule{read("public.t")}, "SELECT a FROM t WHERE id IN (SELECT id FROM u)", false},
		{"in a WITH query", []PolicyRule{read("public.t")}, "WITH x AS (SELECT id FROM u) SELECT a FROM t", false},
		{"a write in a WITH query", []PolicyRule{read("public.*")}, "WITH d AS (DELETE FROM u WHERE id = 1 RETURNING id) SELECT id FROM d", false},
		{
			"and that allowed",
			[]PolicyRule{read("public.*"), write("DELETE", "public.u")},
			"WITH d AS (DELETE FROM u WHERE id = 1 RETURNING id) SELECT id FROM d", true,
		},
		{"INSERT ... SELECT, write alone", []PolicyRule{write("INSERT", "public.t")}, "INSERT INTO t (id) SELECT id FROM u", false},
		{"INSERT ... SELECT, read alone", []PolicyRule{read("public.u")}, "INSERT INTO t (id) SELECT id FROM u", false},
		{"INSERT ... SELECT, both", []PolicyRule{write("INSERT", "public.t"), read("public.u")}, "INSERT INTO t (id) SELECT id FROM u", true},
		{"its own WHERE", []PolicyRule{write("UPDATE", "public.t")}, "UPDATE t SET a = 'x' WHERE b = 'y'", true},
		{"RETURNING reads", []PolicyRule{write("UPDATE", "public.t")}, "UPDATE t SET a = 'x' WHERE id = 1 RETURNING b", false},
		{"RETURNING, read too", []PolicyRule{write("UPDATE", "public.t"), read("public.t")}, "UPDATE t SET a = 'x' WHERE id = 1 RETURNING b", true},
		{"ON CONFLICT DO UPDATE", []PolicyRule{write("INSERT", "public.t")}, "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 'x'", false},
		{"a view", []PolicyRule{read("public.v")}, "SELECT a FROM v", true},
		{"the table below it alone", []PolicyRule{read("public.t")}, "SELECT a FROM v", false},
		{"FOR UPDATE", []PolicyRule{read("public.t")}, "SELECT a FROM t FOR UPDATE", true},
		{"a function that writes", []PolicyRule{about("r", lineage.Allow, Condition{Statements: []string{"SELECT"}})}, "SELECT touch(1)", false},
		{"and that allowed", []PolicyRule{read("public.*"), write("UPDATE", "public.t"), about("r", lineage.Allow, Condition{Effects: []string{KindCall, KindOther, KindRead}})}, "SELECT touch(1)", true},
		{"a column", []PolicyRule{about("r", lineage.Allow, Condition{Columns: []string{"public.t.a"}})}, "SELECT a FROM t", true},
		{"and another", []PolicyRule{about("r", lineage.Allow, Condition{Columns: []string{"public.t.a"}})}, "SELECT a, b FROM t", false},
		{"by WHERE too", []PolicyRule{about("r", lineage.Allow, Condition{Columns: []string{"public.t.a"}})}, "SELECT a FROM t WHERE b = 'x'", false},
		{"columns that nobody knows", []PolicyRule{about("r", lineage.Allow, Condition{Columns: []string{"public.t.*"}})}, "DELETE FROM t WHERE id = 1", false},
		{"COPY out", []PolicyRule{read("public.t")}, "COPY t TO STDOUT", false},
		{"control of transactions", nil, "BEGIN", true},
		{"settings", []PolicyRule{read("public.*")}, "SET LOCAL statement_timeout = 5", false},
		{"EXPLAIN", []PolicyRule{read("public.t")}, "EXPLAIN SELECT a FROM t", false},
		{"EXPLAIN, allowed", []PolicyRule{read("public.t"), about("e", lineage.Allow, Condition{Statements: []string{"EXPLAIN"}})}, "EXPLAIN SELECT a FROM t", true},
		{"DDL", []PolicyRule{read("public.*")}, "CREATE TABLE z (a int)", false},
		{"DDL, allowed", []PolicyRule{about("e", lineage.Allow, Condition{Statements: []string{"CREATE TABLE"}})}, "CREATE TABLE z (a int)", true},
	} {
		v := under(t, Config{DefaultDeny: true, Rules: c.rules}, c.sql, human("ada"))
		require.Equal(t, c.allowed, v.Allowed(), "%s: %s: %s", c.name, c.sql, rules(v))
		if !c.allowed {
			require.True(t, hasReason(v, ruleDefault), "%s: %s", c.name, rules(v))
		}
	}
}
