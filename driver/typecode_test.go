package driver_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

// doing are functions of PostgreSQL's own that a type, an aggregate, a cast or an operator runs without their name in the
// text.
var doing = []string{
	"create sequence calls",
	"create domain replicates as text check (set_config('session_replication_role', value, false) is not null)",
	"create domain counts as text check (value like setval('calls', 42)::text)",
	"create domain below as replicates", "create type holds as (r replicates)", "create domain locks as int check (pg_advisory_lock(value) is not null)",
	"create domain reads as text check (length(pg_read_file(value)) > 0)", "create domain tells as text check (pg_notify('c', value) is not null)",
	"create domain sleeps as int check (case when value > 0 then pg_sleep(value) is not null else true end)",
	"create domain ends as int check (value > 0) constraint second check (pg_terminate_backend(value))",
	"create domain stores as oid check (lo_import('/etc/hostname', value) is not null)",
	"create table plainly (id int primary key, a text)", "insert into plainly values (1, 'replica')",
	"create table typed (id int primary key, d replicates)", "create view cast_in_view as select a::replicates as d from plainly",
	"create function cast_in_body(t text) returns int language plpgsql as 'declare d replicates; begin d := t; return 1; end'",
	"create function cast_in_sql(t text) returns text language sql as 'select t::replicates::text'",
	"create function takes_it(d replicates) returns int language sql as 'select 1'",
	"create aggregate reads_file(text) (sfunc = textcat, stype = text, initcond = '', finalfunc = pg_read_file)",
	"create operator ## (rightarg = text, function = pg_read_file)",
	"create cast (varchar as bytea) with function pg_catalog.pg_read_binary_file(text)",
}

func TestPrivilegedFunctionsRunBehindNoType(t *testing.T) {
	f := setup(t, nil, doing...)
	for _, text := range []string{
		"select 'replica'::replicates", "select cast('replica' as below)", "select row('replica')::holds", "select '{replica}'::replicates[]",
		"select a::replicates from plainly", "insert into typed values (1, 'replica')", "insert into typed (id) values (2)", "update typed set d = 'replica' where id = 1",
		"select d from cast_in_view", "select cast_in_body('replica')", "select cast_in_sql('replica')", "select takes_it('replica')",
		"explain select '{replica}'::replicates[]", "select 'x'::counts", "select 1::locks", "select '/etc/hostname'::reads", "select 1::sleeps from plainly",
		"select 1::ends", "select 77::stores", "select reads_file('/etc/hostname')", "select ## '/etc/hostname'", "select '/etc/hostname'::varchar::bytea",
		"select * from json_to_record('{\"r\": \"replica\"}') as j(r replicates)",
	} {
		conn, err := f.governed.Conn(context.Background())
		require.NoError(t, err)
		_, err = conn.ExecContext(context.Background(), text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
		var role string
		require.NoError(t, conn.QueryRowContext(context.Background(), "show session_replication_role").Scan(&role))
		require.Equal(t, "origin", role, text)
		require.NoError(t, conn.Close())
		require.Zero(t, f.count("select count(*) from pg_locks where locktype = 'advisory'"), text)
		require.Zero(t, f.count("select count(*) from pg_largeobject_metadata"), text)
		require.Zero(t, f.count("select is_called::int from calls"), text)
	}
}

// Constraints that only look at the value are free.
func TestHarmlessConstraintsPass(t *testing.T) {
	f := setup(t, nil,
		"create schema other", "create function other.fine(text) returns boolean language sql immutable as 'select $1 <> '''''",
		"create operator other.=== (leftarg = text, rightarg = text, function = texteq)",
		"create domain code as text check (value ~ '^[A-Z]+$') check (length(value) <= 10) not null", "create domain positive as int default 1 check (value > 0 and value < 1000)",
		"create domain other.fine_text as text check (other.fine(value)) check (value operator(other.===) value)",
		"create domain day as date check (value > '2000-01-01' and extract(isodow from value) < 8)", "create domain later as timestamptz check (value < now() + interval '100 years')",
		"create type pair as (a int, b int)", "create domain ordered as pair check ((value).a <= (value).b)", "create domain list as int[] check (array_length(value, 1) < 5 and 0 < all (value))",
		"create domain doc as jsonb check (jsonb_typeof(value) = 'object' and value ? 'k')", "create domain one_of as varchar(10) check (value in ('a', 'b'))",
		"create table many (id int primary key, c code, p positive, f other.fine_text, d day, l later, o ordered, i list, j doc, s one_of)",
	)
	for _, text := range []string{
		"insert into many values (1, 'A', 5, 'x', '2020-01-01', '2020-01-01', row(1, 2), '{1}', '{\"k\": 1}', 'a')", "update many set c = 'B', p = 6, o = row(2, 3) where id = 1",
		"select 'A'::code, 1::positive, 'x'::other.fine_text, '2020-01-01'::day, row(1, 2)::ordered, '{1}'::list, '{\"k\": 1}'::doc, 'a'::one_of",
		"select * from many where c = 'B' and p > 5", "select '{A,B}'::code[]", "explain select 'A'::code",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	require.Equal(t, 1, f.count("select count(*) from many where c = 'B' and p = 6"))
}

// A path that begins with pg_temp puts new objects there without saying so: they hide those of the same name, and the
// connection is not handed on.
func TestObjectsOfAPathThatBeginsWithTemporaries(t *testing.T) {
	f := setup(t, nil)
	f.governed.SetMaxOpenConns(1)
	for _, path := range []string{"pg_temp, public", "pg_temp, pg_catalog, public", "pg_temp, public, pg_catalog"} {
		for _, text := range []string{"create type people as (id int)", "create domain people as int", "create table people (id int)", "create table pg_class (id int)"} {
			tx, err := f.governed.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("set local search_path = " + path)
			require.NoError(t, err)
			_, err = tx.Exec(text)
			require.ErrorIs(t, err, guard.ErrDenied, path+": "+text)
			require.NoError(t, tx.Rollback())
		}
		for _, text := range []string{"create type other as (id int)", "create domain other as int", "create table other (id int)", "create sequence other"} {
			tx, err := f.governed.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("set local search_path = " + path)
			require.NoError(t, err)
			_, err = tx.Exec(text)
			require.NoError(t, err, path+": "+text)
			require.NoError(t, tx.Commit())
			var left int
			require.NoError(t, f.governed.QueryRow("select count(*) from pg_type where typname = 'other'").Scan(&left))
			require.Zero(t, left, path+": "+text)
		}
	}
}

// An operator of a user's type is not taken for PostgreSQL's own of the same name, where the types say which is meant.
func TestOperatorsAreMeantByTheirTypes(t *testing.T) {
	f := setup(t, nil, append([]string{
		"create type money_in as (amount int, currency text)", "create type grade as enum ('a', 'b')",
		"create function same(money_in, money_in) returns boolean language plpgsql as 'begin delete from t; return true; end'",
		"create operator public.= (leftarg = money_in, rightarg = money_in, function = same)",
		"create function less(grade, int) returns boolean language plpgsql as 'begin delete from t; return true; end'",
		"create operator public.< (leftarg = grade, rightarg = int, function = less)",
		"create domain whole as int", "create function whole_plus(whole, whole) returns int language plpgsql as 'begin delete from t; return 1; end'",
		"create operator public.+ (leftarg = whole, rightarg = whole, function = whole_plus)",
		"create type loose as (x int)", "create function to_loose(int) returns loose language sql as 'select row($1)::loose'",
		"create cast (int as loose) with function to_loose(int) as implicit",
		"create function loose_mod(loose, loose) returns int language plpgsql as 'begin delete from t; return 1; end'",
		"create operator public.%% (leftarg = loose, rightarg = loose, function = loose_mod)",
		"create table typed (id int primary key, m money_in, g grade, w whole)", "insert into typed values (1, row(1, 'EUR'), 'a', 5)",
	}, victim...)...)
	for _, text := range []string{
		"select a from t where id = 1", "delete from typed where id = 7", "update t set a = 'z' where id = 1 and a = 'x'", "select id < 5 from t", "select count(*) from t where id in (select id from typed)",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	for _, text := range []string{
		"select m = row(1, 'EUR')::money_in from typed", "select m operator(public.=) m from typed", "select g < 5 from typed", "select w + w from typed", "select id + id from t",
		"select id %% id from t", "select '(1,EUR)' = m from typed",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
		require.Equal(t, 2, f.count("select count(*) from t"), text)
	}
	_, err := f.governed.Exec("select id from t where id = $1", 1)
	require.NoError(t, err)
}
