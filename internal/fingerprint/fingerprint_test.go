package fingerprint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/assume"
	"github.com/governedsql/governed/internal/fingerprint"
	"github.com/governedsql/governed/internal/pgparse"
)

func print(t testing.TB, sql string) string {
	t.Helper()
	parsed, err := pgparse.Parse(sql, 0)
	require.NoError(t, err, sql)
	list := assume.New(nil, nil).Analyze(parsed)
	require.Len(t, list, 1)
	fingerprint.Set(list)
	require.Len(t, list[0].Fingerprint, 16, sql)
	return list[0].Fingerprint
}

// Texts that do the same to the same objects are one.
func TestAlike(t *testing.T) {
	for _, group := range [][]string{
		{"select * from t where a = 1 and b = 'x'", "select * from t where a = 2 and b = $1", "SELECT  *\nFROM T WHERE A=5 AND B = $9 -- ada", `select * from "t" where "a" = 1 /* x */ and "b" = 2`},
		{"select * from t where a in (1)", "select * from t where a in (1, 2, null, $1)", "select * from t where a in (null, true)"},
		{"select * from t where a in ($1::int)", "select * from t where a in ($1::int, $2::int, 5::int)"},
		{"select * from t where (a, b) in ((1, 2))", "select * from t where (a, b) in ((1, 2), (3, null))"},
		{"insert into t values (1, 'x', null)", "insert into t values (1, null, true), (2, 'y', false)"},
		{"insert into t values (1, now(), default)", "insert into t values (1, now(), default), (2, now(), default), /* last */ (2, now(), default)"},
		{"select * from t where a = any (array[1])", "select * from t where a = any (array[1, 2])"},
		{"savepoint sp1", "savepoint sp2"},
		{"rollback to savepoint sp1", "rollback to savepoint sp2"},
		{"select 1 from t limit 10", "select 1 from t limit $1"},
	} {
		for _, text := range group[1:] {
			require.Equal(t, print(t, group[0]), print(t, text), "%s\n%s", group[0], text)
		}
	}
}

// Texts that name other objects, or run other code, are not one.
func TestApart(t *testing.T) {
	for _, group := range [][]string{
		{"delete from a.t where id = 1", "delete from b.t where id = 1", "delete from t where id = 1", `delete from "T" where id = 1`},
		{"select x::a.ty from t", "select x::b.ty from t", "select x::int from t", `select x::"int" from t`, "select x::text from t"},
		{"select x from t limit 1", "select x from t limit all", "select x from t limit null"},
		{"select x from t where f(a)", "select x from t where s.f(a)"},
		{"insert into t (a, b) values (1, now())", "insert into t (b, a) values (1, now())"},
		{"insert into t values (1, now())", "insert into t values (now(), 1)", "insert into t values (1, (select pg_read_file(x) from t))"},
		{"insert into t values (1, now()), (2, 3)", "insert into t values (1, now()), (2, random())"},
		{"select * from t where a in (1, 2)", "select * from t where a in (1, b)", "select * from t where a in (select b from u)", "select * from t where a in (1, (select b from u))"},
		{"select a as x from t", "select a as y from t"},
		{"do $$ begin null; end $$", "do $$ begin perform 1; end $$"},
		{"create function f() returns int language sql as 'select 1'", "create function f() returns int language sql as 'select 2'"},
		{"select set_config('a.b', $1, true)", "select set_config('search_path', $1, true)"},
		{"select pg_read_file('a')", "select pg_read_file('b')"},
		{"select nosuch('a')", "select nosuch('b')"},
		{"copy t from program 'a'", "copy t from program 'b'"},
		{"copy t to 'a'", "copy t to 'b'"},
		{"set work_mem = '1MB'", "set work_mem = '2MB'"},
		{"explain select 1", "explain select 2"},
		{"alter role r password 'a'", "alter role r password 'b'"},
		{"create table a.t (x int)", "create table b.t (x int)", "create table a.t (x int default 1)", "create table a.t (x int default 2)"},
		{"savepoint a", "rollback to a", "release a"},
		{"update t set a = b where c = 1", "update t set a = c where b = 1"},
		{"delete from t where a = 1 or true", "delete from t where a = 1 or b"},
	} {
		seen := map[string]string{}
		for _, text := range group {
			p := print(t, text)
			require.Empty(t, seen[p], text)
			seen[p] = text
		}
	}
}

func BenchmarkPoint(b *testing.B) {
	const sql = `SELECT id, name, total FROM public.orders WHERE id = $1`
	b.Run("before", func(b *testing.B) { // the normalised text and the fingerprint of the parser
		for b.Loop() {
			pgparse.Normalize(sql)
			pgparse.Structure(sql)
		}
	})
	b.Run("texts", func(b *testing.B) {
		for b.Loop() {
			pgparse.Texts(sql, pgparse.Names)
		}
	})
}
