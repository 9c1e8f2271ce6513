package lineage

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	many := "SELECT a FROM t, " + strings.Repeat("x", 60) + ", " + strings.Repeat("y", 63) + ", " + strings.Repeat("z", 63) + ", " + strings.Repeat("w", 63)
	cut := "SELECT t " + strings.Repeat("x", 60) + " " + strings.Repeat("y", 63) + " " + strings.Repeat("z", 63)
	for _, c := range []struct{ sql, want string }{
		{"SELECT * FROM wuser_table WHERE username = $1", "SELECT wuser_table"},
		{"INSERT INTO shipping_details (order_id) SELECT order_id FROM orders", "INSERT shipping_details SELECT orders"},
		{"SELECT * FROM songs, artists WHERE songs.id = 1", "SELECT songs artists"},
		{"SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON true) s", "SELECT SELECT orders customers"},
		{`SELECT * FROM "song list"`, `SELECT "song list"`},
		{"select a from Public.T where id in (select id from u)", "select Public.T select u"},
		{"WITH x AS (SELECT id FROM t) DELETE FROM u WHERE id IN (SELECT id FROM x)", "SELECT t DELETE u SELECT x"},
		{"/* select */ update t set a = 'select' where id = 1", "update t"},
		{"SELECT 1", "SELECT"},
		{"VALUES (1)", ""},
		{"SELECT a FROM t UNION ALL SELECT a FROM u", "SELECT t SELECT u"},
		{"CREATE TABLE fresh (id integer)", "CREATE TABLE fresh"},
		{"DROP TABLE t, u", "DROP TABLE public.t public.u"},
		{"EXPLAIN SELECT a FROM t", "EXPLAIN SELECT t"},
		{"COPY t FROM STDIN", "COPY t"},
		{"SAVEPOINT sp_4711", "SAVEPOINT"},
		{"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", "MERGE t u"},
		{many, cut},
	} {
		list, err := AnalyzeText(c.sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Summary; got != c.want {
			t.Errorf("%s: %q, want %q", c.sql, got, c.want)
		}
	}
	// Of the second statement of a text, positions count from its own beginning.
	list, err := AnalyzeText("SELECT 1; select a FROM T", shopCatalog())
	if err != nil {
		t.Fatal(err)
	}
	if got := list[1].Summary; got != "select T" {
		t.Error(got)
	}
}
