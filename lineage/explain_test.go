package lineage

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplanationsHoldNoConstants(t *testing.T) {
	for _, sql := range []string{
		"INSERT INTO t (id, a) VALUES (1, 'sesame')", "SELECT a FROM t WHERE lower('sesame') = a", "UPDATE t SET a = 'sesame' WHERE a = 'sesame'",
		"SELECT set_config('app.token', 'sesame', true)", "SET app.token = 'sesame'", "ALTER ROLE bob PASSWORD 'sesame'",
		"CREATE USER MAPPING FOR bob SERVER s OPTIONS (password 'sesame')", "CREATE SUBSCRIPTION s CONNECTION 'sesame' PUBLICATION p",
		"COMMENT ON TABLE t IS 'sesame'", "NOTIFY x, 'sesame'", "DO $$ begin perform 'sesame'; end $$", "ALTER TABLE t ALTER a SET DEFAULT 'sesame'",
		"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password 'sesame')", "SECURITY LABEL ON TABLE t IS 'sesame'",
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		require.NoError(t, err, sql)
		out, err := json.Marshal(list[0])
		require.NoError(t, err, sql)
		require.NotContains(t, string(out), "sesame", sql)
		require.NotContains(t, list[0].String(), "sesame", sql)
	}
}

// The order of what has no order of its own does not depend on the order in which the analysis met it.
func TestExplanationIsStable(t *testing.T) {
	one, err := AnalyzeText("SELECT t.id + u.id AS x FROM t, u", shopCatalog())
	require.NoError(t, err)
	other, err := AnalyzeText("SELECT u.id + t.id AS x FROM u, t", shopCatalog())
	require.NoError(t, err)
	require.Equal(t, explainOutputs(one[0].Outputs), explainOutputs(other[0].Outputs))
	require.Equal(t, "public.t.id", explainOutputs(one[0].Outputs)[0].Sources[0].Column)
}

// Each fact has its line, and each word of a set its place.
func TestExplanationsSayEverything(t *testing.T) {
	for sql, want := range map[string][]string{
		"COPY t TO PROGRAM 'x'":                         {"COPY TO PROGRAM public.t"},
		"SET LOCAL work_mem = '1GB'":                    {"SET work_mem = 1GB, local"},
		"SHOW ALL":                                      {"SHOW ALL"},
		"SELECT set_config($1, $2, true)":               {"SET unknown = $2, local, dynamic, by set_config"},
		"DELETE FROM t":                                 {"DELETE public.t, every row"},
		"DELETE FROM t WHERE id = $1":                   {"DELETE public.t, bounded"},
		"INSERT INTO t (id) VALUES ($1)":                {"public.t.id by INSERT", "<- $1"},
		"CREATE VIEW v AS SELECT a FROM t":              {"shows", "public.v.a by CREATE VIEW", "<- public.t.a: value identity"},
		"SELECT count(a) FILTER (WHERE flag) FROM t":    {"<- public.t.flag: condition aggregation"},
		"EXPLAIN ANALYZE SELECT a FROM t":               {"in explain analyze"},
		`SELECT a AS "Odd ""name""" FROM t FOR UPDATE`:  {`Odd "name"`, "reads and locks public.t"},
		"WITH x AS (DELETE FROM u RETURNING a) TABLE x": {"writes public.u by DELETE, in cte"},
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		require.NoError(t, err, sql)
		got := list[0].String()
		for _, w := range want {
			require.Contains(t, got, w, sql)
		}
	}
	require.Len(t, insideNames, strings.Count(Inside(1<<len(insideNames)-1).String(), ",")+1)
	require.Equal(t, InCreateTableAs, Inside(1)<<(len(insideNames)-1))
}
