package lineage

import (
	"database/sql"
	"testing"
)

// hostileCatalog has the tables t, u, s and jobs, and views of t.
func hostileCatalog() *Snapshot {
	columns := []Column{
		{Name: "id", Num: 1, Type: "integer", NotNull: true, Key: true},
		{Name: "v", Num: 2, Type: "text", NotNull: true},
		{Name: "n", Num: 3, Type: "integer"},
		{Name: "ok", Num: 4, Type: "boolean", NotNull: true},
		{Name: "arr", Num: 5, Type: "integer[]"},
		{Name: "j", Num: 6, Type: "jsonb"},
		{Name: "state", Num: 7, Type: "text"},
		{Name: "deleted_at", Num: 8, Type: "timestamp with time zone"},
		{Name: "t_id", Num: 9, Type: "integer"},
	}
	var list []*Relation
	for i, name := range []string{"t", "u", "s", "jobs"} {
		list = append(list, &Relation{Name: Name{"public", name}, OID: uint32(100 + i), Kind: Table, Columns: columns})
	}
	view := func(name, query string, names ...string) {
		r := &Relation{Name: Name{"public", name}, OID: uint32(200 + len(list)), Kind: View, Definition: query}
		for i, n := range names {
			r.Columns = append(r.Columns, Column{Name: n, Num: int16(i + 1), Type: "integer"})
		}
		list = append(list, r)
	}
	view("cv", "SELECT id, n, 1 AS one FROM public.t", "id", "n", "one")
	function := func(name, returns string) *Function {
		return &Function{Name: Name{"pg_catalog", name}, Kind: 'f', Args: []string{"text"}, Returns: returns, Volatility: 'i', PublicExecute: true, Language: "internal"}
	}
	return NewSnapshot([]string{"pg_catalog", "public"}, list, []*Function{
		function("lower", "text"), function("starts_with", "boolean"), function("now", "timestamp with time zone"), function("format", "text"),
		sqlFunction("f_true", "select true"), sqlFunction("f_id", "select $1"), sqlFunction("f_more", "select x + 1"), sqlFunction("f_atomic", "RETURN (x = $1)"),
	}, nil, nil, true)
}

func sqlFunction(name, body string) *Function {
	return &Function{Name: Name{"public", name}, Kind: 'f', Args: []string{"integer"}, ArgNames: []string{"x"}, Volatility: 'v', PublicExecute: true, Language: "sql", Body: body}
}

// bound gives the condition of the one DELETE, UPDATE or MERGE in a statement; a text that begins with a condition is
// that of a DELETE FROM t.
func bound(t *testing.T, text string) *Predicate {
	t.Helper()
	list, err := AnalyzeText(text, hostileCatalog())
	if err != nil {
		list, err = AnalyzeText("DELETE FROM t WHERE "+text, hostileCatalog())
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, e := range list[0].Effects {
		if e.Command == "DELETE" || e.Command == "UPDATE" || e.Command == "MERGE" {
			return e.Where
		}
	}
	t.Fatalf("%s: nothing", text)
	return nil
}

func TestFoldHostile(t *testing.T) {
	for _, c := range []string{
		// The target finds itself.
		"delete from t using t s where t.id = s.id", "delete from t using t s where t.ctid = s.ctid",
		"delete from t using (select * from t) x where t.id = x.id", "with a as (select * from t) delete from t using a where a.id = t.id",
		"id in (select id from t)", "exists (select 1 from t t2 where t2.id = t.id)", "update t set n = 1 from t x where t.id = x.id",
		"merge into t using (select * from t) x on t.id = x.id when matched then delete",
		"with a as (select * from t) merge into t using a on t.id = a.id when matched then delete",
		"id in (select id from t union select 1)", "id in (select x.id from (select * from t) x)", "id in (table t)", "id = any (select id from t)",
		"(id, n) in (select id, n from t)", "id = (select t2.id from t t2 where t2.id = t.id)", "id in (select id from t where true)",
		"id in (select id from t order by id)", "id in (select distinct id from t)", "id in (select t.id from t left join s on s.id = t.id)",
		"delete from t using (select id as other from t) x where x.other = t.id", "delete from t using t s where (t.id, t.n) = (s.id, s.n)",
		"delete from t using t s where s.n > 5", "delete from t using t s where t.id = s.id or s.n > 5", "id in (select id from t where id is not null)",
		"ctid = any (array(select ctid from t))", "delete from t using (select *, 1 as one from t) x where x.id = t.id and x.one = 1",
		// Two values.
		"ok in (true,false)", "ok = true or ok = false", "ok is true or ok is not true", "(id=1) is true or (id=1) is not true", "(id=1)=(id=1)",
		"(id=1) <= true", "(id=1) in (true,false)", "(id=1) is not null", "(id=null) is null", "(id=1) is distinct from null",
		"id is distinct from null", "ok or not (select t.ok)", "id in (1) or id not in (1)", "id between 1 and 2 or id not between 1 and 2",
		"v like 'x' or v not like 'x'", "n not in (1) or n not in (2)", "id = $1 or id <> $1", "lower(v) = 'x' or lower(v) <> 'x'",
		"not (id = 1 and id <> 1)", "ok >= false", "v is not null and true", "lower(v) is not null", "coalesce(n, 1) is not null",
		"n in (1,2) or n not in (1,2)", "ok is distinct from null", "v ilike $1 or v not ilike $1", "(id = 1) = true or (id = 1) = false",
		// Constants.
		"id not in (select 1 where false)", "id <> all (select 1 where false)", "case when id is null then false else true end",
		"case when id=1 then true when id<>1 then true end", "coalesce(n = n, true)", "nullif(id,id) is null", "v like any ('{%}')", "v ~ '.?'",
		"v ~ '()'", "v ~ '(.*)'", "v ~ ''", "v !~~ '%' is false", "starts_with(v,'')", "v >= ''", "arr @> array[]::int[]", "'{}' <@ j", "j @> '{}'",
		"array[id] @> array[id]", "id*0=0", "id-id=0", "id >= -2147483648", "id <= 2147483647", "not (case when id = id then false when id = 1 then true end)",
		"not (id = null)", "(id = null) is false", "(id = null) is not true", "id not in (select id from s limit 0)", "coalesce(id = null, true)",
		"case when id=1 then false else true end", "case when ok then true else not ok end or not ok", "v like all ('{%,%}')",
		"v = coalesce((select v from s where false), v)", "not exists (select 1 from s where s.id = t.id and false)",
		"case id when 1 then false else true end", "not (id = 1) or id = 1", "'x' = 'x'::varchar(1)",
		// Views.
		"delete from cv where one = 1", "delete from cv where id is not null",
	} {
		if got := bound(t, c).Truth(nil); got != Always {
			t.Errorf("%s: %v, want %v", c, got, Always)
		}
	}
}

func TestFoldOrdinary(t *testing.T) {
	for _, c := range []string{
		"v <> 'done'", "id <> $1", "deleted_at < now() - interval '1 day'", "n > $1", "v ilike 'a%'", "not exists (select 1 from s where s.id = t.id and s.n > 5)",
		"id not in (select id from s)", "coalesce(n, 0) = 0", "lower(v) = $1", "(id, n) = ($1, $2)", "arr && $1", "j @> $1", "n is null", "deleted_at is not null",
		"delete from u where not exists (select 1 from t where t.id = u.id and t.n > 5)", "delete from u where not exists (select 1 from t where t.id = u.id and t.ok)",
		"delete from u where not exists (select 1 from t join s on s.id = t.id where t.id = u.id)", "delete from u where u.* is distinct from row(1, 'a')",
		"n > all (select n from s)", "delete from jobs where id in (select id from jobs where state = 'x' limit 10 for update skip locked)",
		"with a as (select id from jobs where state = 'x' limit 1) update jobs set state = 'y' from a where a.id = jobs.id",
		"with a as (select id from jobs where state = 'x') update jobs set state = 'y' from a where a.id = jobs.id",
		"delete from t a using t b where a.id > b.id and a.v = b.v", "delete from t using t s where t.id = s.id and s.n > 5",
		"exists (select 1 from t t2 where t2.v = t.v and t2.id > t.id)", "not exists (select 1 from t t2 where t2.v = t.v and t2.id > t.id)",
		"id not in (select min(id) from t group by v)", "id in (select id from t where n = $1)", "id in (select t2.id from t t2 join s on s.id = t2.id)",
		"id in (select t2.id from t t2 left join s on s.id = t2.id where s.id is null)", "delete from t using s where t.id = s.id", "ok", "not ok", "ok = true", "ok is not true",
		"coalesce(ok, false)", "coalesce(ok, true)", "not coalesce(ok, false)", "coalesce(ok, false) = false", "j ->> 'a' is not null", "j ->> 'a' = 'x'", "nullif(v, '') is null",
		"lower(v) is null", "n = any ($1)", "n <> all ($1)", "not n = any ($1)", "v ~ 'x'", "v ~ $1", "(id > 0) = $1", "id in ($1, $2)", "n is distinct from $1", "n is distinct from 5",
		"id = (select max(id) from s)", "id in (values (1), (2))", "case when n = 1 then true else false end", "case when $1 then id = 1 else id = 2 end",
		"t_id = (select id from t x where x.v = $1)", "v = 'a' or v = 'b'", "id between 5 and 8", "n not in (1, 2)", "t_id in (select id from t)",
		"delete from cv where id = 1", "exists (select 1 from s where s.t_id = t.id and (s.n = $1 or $2::int is null))", "id = $1 and ($2::text is null or v = $2)",
		"not exists (select 1 from s where s.t_id = t.id and (s.n = $1 or $2::int is null))", "n = n + 1", "n > id", "id >= 5", "v = coalesce($1, 'x')",
		"with recursive r as (select id from t where id = $1 union all select t.id from t join r on t.t_id = r.id) delete from t where id in (select id from r)",
		"merge into t using s on t.id = s.id when matched then delete", "merge into t using t s on t.t_id = s.id when matched then delete",
		"merge into t using (select * from t where n = 5) x on t.id = x.id when matched then delete", "deleted_at is null and state = 'x'", "ok is unknown or n = 1",
		"with d as (select id, row_number() over (partition by v) rn from t) delete from t using d where d.id = t.id and d.rn > 1",
		"id in (select x.id from (select id, row_number() over (partition by v order by id) rn from t) x where x.rn > 1)",
		"delete from t using t x join s on s.id = x.id where x.id = t.id", "(select count(*) from s where s.t_id = t.id) = 0",
		"id in (select distinct on (v) id from t order by v)", "v like format('%s', 'a')", "delete from t x where x.id = $1", "ctid = any (array(select ctid from t where n = 1 limit 5))",
	} {
		p := bound(t, c)
		if got := p.Truth(nil); got == Always {
			t.Errorf("%s: %v", c, got)
		}
	}
}

func TestFoldHostileArguments(t *testing.T) {
	var noText *string
	for _, c := range []struct {
		condition string
		arg       any
		want      Truth
	}{
		{"$1::text is null or v = $1", nil, Always},
		{"$1::text is null or v = $1", noText, Always},
		{"$1::text is null or v = $1", sql.NullString{}, Always},
		{"$1::text is null or v = $1", []byte(nil), Always},
		{"$1::text is null or v = $1", []byte("x"), Bounds},
		{"$1::text is null or v = $1", "x", Bounds},
		{"v = coalesce($1::text, v)", nil, Always},
		{"v = coalesce($1::text, v)", "x", Bounds},
		{"v = coalesce(nullif($1, ''), v)", "", Always},
		{"v = coalesce(nullif($1, ''), v)", "x", Bounds},
		{"case when $1::text is null then true else v = $1 end", nil, Always},
		{"case when $1::text is null then true else v = $1 end", "x", Bounds},
		{"case when $1::text is not null then v = $1 else true end", nil, Always},
		{"not ($1::text is not null)", nil, Always},
		{"v like coalesce($1::text, '%')", nil, Always},
		{"v like coalesce($1::text, '%')", "x", Bounds},
		{"v like lower($1)", "%", Always},
		{"v like concat('%', $1::text, '%')", "", Always},
		{"coalesce(v = $1, true)", nil, Always},
		{"coalesce(v = $1, true)", "x", Bounds},
		{"(v = $1) is not false", nil, Always},
		{"(v = $1) is not true", nil, Always},
		{"id is distinct from $1", nil, Always},
		{"id is distinct from $1", 5, Bounds},
		{"id <> all($1)", []int{}, Always},
		{"id <> all($1)", []int32(nil), Always},
		{"id <> all($1)", []int{1}, Bounds},
		{"id <> all($1::int[])", "{}", Always},
		{"not id = any($1)", []int64{}, Always},
		{"not id = any($1)", []int64{4}, Bounds},
		{"id = any($1)", []int64{}, Never},
		{"n > all($1)", []int{}, Always},
		{"v like any($1)", []string{"a", "%"}, Always},
		{"v like any($1)", []string{"a"}, Bounds},
		{"v ~ $1", "", Always},
		{"v ~ $1", ".*", Always},
		{"v ~ $1", "x", Bounds},
		{"v ^@ $1", "", Always},
		{"starts_with(v, $1)", "", Always},
		{"starts_with(v, $1)", "a", Bounds},
		{"j @> $1", "{}", Always},
		{"j @> $1", []byte("{}"), Always},
		{"j @> $1", map[string]any{}, Always},
		{"j @> $1", map[string]any{"a": 1}, Bounds},
		{"$1 <@ j", "{}", Always},
		{"arr @> $1", []int{}, Always},
		{"arr @> $1", []int{1}, Bounds},
		{"v >= $1", "", Always},
		{"v >= $1", "a", Bounds},
		{"id >= $1", -2147483648, Always},
		{"id >= $1", 3, Bounds},
		{"(id > 0) = $1", true, Bounds},
		{"(id = id) = $1", true, Always},
		{"$1::int = 1", 1.2, Always},
		{"$1::int = 1", int64(2), Never},
		{"$1::varchar(1) = 'ab'::varchar(1)", "ax", Always},
		{"$1::varchar(1)::text = 'a'", "ax", Always},
		{"(v || $1) is null", nil, Always},
		{"id not in (select id from s where $1)", false, Always},
		{"id in (select id from t where $1::text is null or v = $1)", nil, Always},
		{"id in (select id from t where $1::text is null or v = $1)", "x", Bounds},
	} {
		p := bound(t, c.condition)
		if got := p.Truth(func(int) (any, bool) { return c.arg, true }); got != c.want {
			t.Errorf("%s with %#v: %v, want %v", c.condition, c.arg, got, c.want)
		}
		if !p.NeedsArgs() && c.arg != nil && p.Truth(nil) != c.want {
			t.Errorf("%s: the arguments matter, and NeedsArgs says no", c.condition)
		}
	}
}
