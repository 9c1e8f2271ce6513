package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

// victim is a table, and a function that empties it.
var victim = []string{
	"create table t (id int primary key, a text)", "insert into t values (1, 'x'), (2, 'y')",
	"create function purge() returns int language plpgsql as $$ begin delete from t; return 1; end $$",
}

// Each of these ran purge without its name in the text.
var behind = []struct {
	made []string
	text []string
}{
	{
		made: []string{
			"create function imm(int) returns int language sql immutable as 'select purge()'",
			"create function imm2(int) returns int language plpgsql immutable as 'begin return purge(); end'",
		},
		text: []string{"explain select imm(1)", "explain select imm2(1)", "select imm(1)", "explain select id from t where id = imm2(1)"},
	},
	{
		made: []string{
			"create function sysop2() returns text language sql stable as $$ select rolpassword::text from pg_authid limit 1 $$",
			"create view sv as select id as x, sysop2() as s from t", "create view pv as select id as x, purge() as s from t",
		},
		text: []string{"select x, sysop2() from sv", "select x from sv", "select x, s from pv"},
	},
	{
		made: []string{
			"create type comp as (a int)", "create table holder (id int, c comp)", "create table asgn (n text, d date)", "insert into holder values (1, row(1))",
			"create function c2t(comp) returns text language plpgsql as 'begin perform purge(); return 1; end'",
			"create function i2c(int) returns comp language plpgsql as 'begin perform purge(); return null; end'",
			"create function i2d(int) returns date language plpgsql as 'begin perform purge(); return now()::date; end'",
			"create cast (comp as text) with function c2t(comp) as implicit", "create cast (int as comp) with function i2c(int) as assignment",
			"create cast (int as date) with function i2d(int) as assignment",
		},
		text: []string{
			"select row(1)::comp::text", "select cast(1 as comp)", "select lower(c) from holder", "select c || 'x' from holder", "insert into holder (c) values (1)",
			"update holder set c = 2 where id = 1", "select 1::date", "insert into asgn (d) values (1)", "select array[1]::comp[]", "select comp(1)", "select text(c) from holder",
			"select c from holder", "select cast($1::int as comp)",
		},
	},
	{
		made: []string{
			"create function chk(int) returns boolean language plpgsql as 'begin perform purge(); return true; end'",
			"create domain dm as int check (chk(value))", "create domain dm2 as dm", "create type dc as (d dm)", "create table domains (id int, d dm, e dm2, c dc)",
			"create function takes(dm) returns int language sql as 'select 1'",
			"create function begins() returns int language plpgsql as $$ declare /* declare */ r record := row(purge()); begin return 1; end $$",
			"create function arrays() returns int language plpgsql stable as $$ declare l dm[] := array[1]; begin return 1; end $$",
			"create function nests() returns int language plpgsql as $$ declare a text := ';'; begin declare \"R x\" CONSTANT dm NOT NULL DEFAULT 1; begin return 1; end; end $$",
			"create function declares() returns int language plpgsql as 'declare d dm := 1; begin return d; end'",
		},
		text: []string{
			"select 1::dm", "select 1::dm2", "select array[1]::dm[]", "select row(1)::dc", "insert into domains (d) values (1)", "insert into domains (id) values (1)",
			"update domains set e = 1 where id = 1", "select takes(1)", "select declares()", "select begins()", "select nests()", "select arrays()", "select * from json_to_record('{\"d\": 1}') as j(d dm)",
			"select dm(1)",
		},
	},
	{
		made: []string{
			"create function acc(int, int) returns int language plpgsql as 'begin perform purge(); return 1; end'",
			"create aggregate agg(int) (sfunc = acc, stype = int)", "create aggregate agf(int) (sfunc = int4pl, stype = int, finalfunc = fin, initcond = '0')",
		},
		text: []string{"select agg(1)", "select agg(id) over () from t", "select agf(id) from t", "explain select agg(1)"},
	},
	{
		made: []string{
			"create schema evil", "create function evil.lower(text) returns text language sql as 'select purge()::text'",
			"create function evil.f() returns int language sql as 'select purge()'", "create function f() returns int language sql as 'select 1'",
			"create function roled() returns int language sql set session_replication_role = replica as 'select 1'",
			"create function endless() returns int language sql set lock_timeout = 0 as 'select 1'",
			"create function other_path() returns int language plpgsql set search_path = evil, public as 'begin return f(); end'",
			"create function moves() returns int language plpgsql as $$ begin perform set_config('search_path', 'evil, public', true); return f(); end $$",
			"create function moved() returns int language plpgsql as $$ begin return f(); end $$",
			"create function rewrites(id int) returns int language plpgsql as $$\n#variable_conflict use_variable\nbegin delete from t where id = id; return 1; end $$",
		},
		text: []string{
			"select roled()", "select endless()", "select other_path()", "select moves()", "select set_config('search_path', 'evil, public', true), moved()", "select rewrites(1)",
		},
	},
	{
		made: []string{
			"create procedure p(a int, out b int) language plpgsql as 'begin delete from t; b := 1; end'",
			"create procedure p(a text) language plpgsql as 'begin update t set a = 1 where id = 1; end'",
		},
		text: []string{"call p(1, null)", "call p(1)"},
	},
	{
		text: []string{
			"select * from information_schema._pg_user_mappings", "select * from information_schema.user_mapping_options", "select * from pg_user_mappings",
			"select * from pg_stat_get_activity(null)", "select pg_stat_get_backend_activity(1)", "set local transform_null_equals = on",
			"select setseed(0.1)", "select pg_sleep(50) from generate_series(1, 10)",
		},
	},
}

func TestNothingRunsBehindATextsBack(t *testing.T) {
	for _, group := range behind {
		made := append([]string{}, victim...)
		made = append(made, "create function fin(int) returns int language plpgsql as 'begin perform purge(); return 1; end'")
		f := setup(t, nil, append(made, group.made...)...)
		for _, text := range group.text {
			var err error
			if len(text) > 0 && text[:1] == "s" && containsParam(text) {
				_, err = f.governed.Exec(text, 1)
			} else {
				_, err = f.governed.Exec(text)
			}
			require.ErrorIs(t, err, guard.ErrDenied, text)
			require.Equal(t, 2, f.count("select count(*) from t"), text)
		}
	}
}

func containsParam(text string) bool {
	for i := range text {
		if text[i] == '$' {
			return true
		}
	}
	return false
}

// What has code behind it that is harmless passes.
func TestOrdinaryCodeBehindATextPasses(t *testing.T) {
	f := setup(t, nil, append([]string{
		"create schema app", "create type mood as enum ('good', 'bad')", "create domain email as text check (value like '%@%')",
		"create function is_code(value text) returns boolean language plpgsql immutable as 'begin return value ~ ''^[A-Z]+$''; exception when others then return true; end'",
		"create domain code as text check (is_code(value))",
		"create type point3 as (x int, y int, z int)", "create table things (id int primary key, m mood, e email, c code, p point3, ps point3[])",
		"create function app.secret() returns int language plpgsql security definer set search_path = app, pg_temp as $$ declare n int; begin select count(*) into n from hidden; return n; end $$",
		"create table app.hidden (id int)",
		"create function app.quiet() returns int language sql stable set search_path = '' as 'select count(*)::int from app.hidden'",
		"create function upto(n int) returns setof int language plpgsql stable as $$ declare r record; begin for r in select id from things where id < n loop return next r.id; end loop; return; end $$",
		"create function label(m mood) returns text language sql immutable as $$ select initcap(m::text) $$",
		"create function mood_of(int) returns mood language sql immutable as $$ select case when $1 > 0 then 'good'::mood else 'bad'::mood end $$",
		"create cast (int as mood) with function mood_of(int) as assignment",
		"create function cat(text, text) returns text language sql immutable as $$ select coalesce($1 || ',', '') || $2 $$",
		"create aggregate list(text) (sfunc = cat, stype = text)",
		"create function whole(t things) returns text language sql stable as $$ select t.e || t.m::text $$",
		"create function moods(ms mood[]) returns int language plpgsql stable as $$ declare l constant public.mood[] := array['bad']::mood[]; n mood[]; r things; begin n := l; select * into r from things limit 1; return 1; end $$",
		"create function set_tenant(x text) returns void language plpgsql as $$ begin perform set_config('app.tenant', x, true); end $$",
	}, victim...)...)
	for _, text := range []string{
		"insert into things (id, m, e, c, p) values (1, 'good', 'a@b', 'AB', row(1, 2, 3))", "insert into things (id, m) values (2, 1)",
		"update things set m = 'bad', c = 'CD', ps = array[row(1, 2, 3)::point3] where id = 1", "select 'x@y'::email, 'AB'::code, 'good'::mood, 1::mood, row(1, 2, 3)::point3",
		"select id, m, e, c, (p).x, label(m), ps[1] from things where m = 'good'", "select app.secret()", "select app.quiet()", "select upto(5)", "select * from upto(3)",
		"select list(a) from t", "select m, count(*) from things group by m order by m", "select whole(things) from things", "select set_tenant('x')", "select moods('{good}')",
		"select things.whole from things", "select jsonb_agg(p) from things", "explain select label(m) from things", "select '{good,bad}'::mood[]",
		"select pg_sleep(0.01)", "select m::text from things",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	require.Equal(t, 2, f.count("select count(*) from things"))
}
