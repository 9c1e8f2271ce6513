package lineage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWidenings: what PostgreSQL changes without a look at the rows, and what it rewrites or reads again.
func TestWidenings(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"character varying(20)", "character varying(50)"},
		{"character varying(20)", "character varying"},
		{"character varying(20)", "text"},
		{"text", "character varying"},
		{"numeric(10,2)", "numeric(12,2)"},
		{"numeric(10,2)", "numeric"},
		{"cidr", "inet"},
		{"timestamp(3) with time zone", "timestamp with time zone"},
		{"timestamp(3) without time zone", "timestamp(6) without time zone"},
		{"time(0) without time zone", "time(3) without time zone"},
		{"bit varying(8)", "bit varying(16)"},
		{"integer", "integer"},
	} {
		require.Truef(t, holds(c.from, c.to), "%s to %s", c.from, c.to)
	}
	for _, c := range []struct{ from, to string }{
		{"character varying(50)", "character varying(20)"},
		{"character varying", "character varying(20)"},
		{"text", "character varying(20)"},
		{"character(3)", "text"},
		{"character(3)", "character(5)"},
		{"numeric(10,2)", "numeric(10,4)"},
		{"numeric(10,2)", "numeric(8,2)"},
		{"numeric", "numeric(10,2)"},
		{"inet", "cidr"},
		{"integer", "bigint"},
		{"bigint", "integer"},
		{"timestamp without time zone", "timestamp with time zone"},
		{"timestamp with time zone", "timestamp(3) with time zone"},
		{"json", "jsonb"},
		{"bit(8)", "bit(16)"},
		{"text", "citext"},
		{"character varying(20)[]", "text[]"},
		{"interval", "interval(3)"},
		{"character varying(20)", "character varying(50)[]"},
	} {
		require.Falsef(t, holds(c.from, c.to), "%s to %s", c.from, c.to)
	}
}

// TestShape: what is special about the queries of a text.
func TestShape(t *testing.T) {
	shape := func(sql string) Shape {
		list, err := AnalyzeText(sql, shopCatalog())
		require.NoError(t, err, sql)
		require.Len(t, list, 1)
		require.Empty(t, list[0].Unresolved, sql)
		return list[0].Shape
	}
	s := shape("SELECT t.id FROM t WHERE t.id = 1")
	require.True(t, s.IsZero())
	s = shape("SELECT t.id FROM t, u WHERE t.a LIKE '%x' LIMIT $1 OFFSET 5")
	require.Equal(t, 1, s.Limit.Param)
	require.Equal(t, "5", *s.Offset.Const)
	require.Equal(t, []Apart{{Name: "u", Pos: 20}}, s.Apart)
	require.Equal(t, "a", s.Wildcards[0].Column.Column)
	s = shape("SELECT t.ctid FROM t JOIN u USING (id) FOR UPDATE")
	require.Equal(t, []string{"ctid"}, s.System)
	require.True(t, s.LockWaits)
	require.Equal(t, []Name{{"public", "t"}, {"public", "u"}}, s.Whole)
	require.Empty(t, s.Apart)
	require.Equal(t, []string{"r"}, shape("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r").Endless)
}

// TestFixed: the columns that WHERE holds to a value, whatever else it asks.
func TestFixed(t *testing.T) {
	for sql, want := range map[string][]string{
		"DELETE FROM t WHERE id = $1 AND a = 'x'":                                {"a", "id"},
		"DELETE FROM t WHERE id = $1 OR a = 'x'":                                 nil,
		"UPDATE t SET a = 'x' FROM u WHERE t.b = u.b AND u.b = $1":               {"b"},
		"UPDATE t SET a = 'x' FROM u WHERE t.b = u.b":                            nil,
		"DELETE FROM t WHERE id = ANY ($1) AND b > 4":                            {"id"},
		"DELETE FROM t WHERE id <> ALL ($1) AND (a, b) = ('x', 4)":               {"a", "b"},
		"DELETE FROM t WHERE id = b AND id IN (1, 2) AND a IN (b::text)":         {"b", "id"},
		"DELETE FROM t WHERE id = (SELECT id FROM u WHERE id = 1)":               nil,
		"DELETE FROM t USING u WHERE t.id = u.id AND u.id = 4 AND NOT (t.b = 1)": {"id"},
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		require.NoError(t, err, sql)
		require.Equalf(t, want, list[0].Effects[0].Fixed, sql)
	}
}
