package driver_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// traces is everything of a session that the next user of its connection would find.
const traces = `
select 'setting ' || name || ' = ' || setting from pg_settings where source = 'session'
union all select 'custom ' || coalesce(current_setting('app.tenant', true), '')
union all select 'role ' || current_user || ' ' || session_user
union all select 'path ' || array_to_string(current_schemas(false), ',')
union all select 'channel ' || c from pg_listening_channels() c
union all select 'lock ' || objid from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'
union all select 'cursor ' || name from pg_cursors where name <> ''
union all select 'prepared ' || name from pg_prepared_statements where name not like 'governed_%'
union all select 'temporary ' || relname from pg_class where relnamespace = pg_my_temp_schema()
union all select 'type ' || typname from pg_type where typnamespace = pg_my_temp_schema()
union all select 'function ' || proname from pg_proc where pronamespace = pg_my_temp_schema()
union all select 'operator ' || oprname from pg_operator where oprnamespace = pg_my_temp_schema()
union all select 'collation ' || collname from pg_collation where collnamespace = pg_my_temp_schema()
union all select 'dictionary ' || dictname from pg_ts_dict where dictnamespace = pg_my_temp_schema()
union all select 'conversion ' || conname from pg_conversion where connamespace = pg_my_temp_schema()
union all select 'statistics ' || stxname from pg_statistic_ext where stxnamespace = pg_my_temp_schema()
union all select 'family ' || opfname from pg_opfamily where opfnamespace = pg_my_temp_schema()
order by 1`

// looks are functions that leave something behind, in bodies that the guard opens and in one that it cannot.
var looks = []string{
	"create function f_set() returns void language sql as $$ select set_config('app.tenant', 'acme', false) $$",
	"create function f_set_plpgsql() returns void language plpgsql as $$ begin perform set_config('app.tenant', 'acme', false); end $$",
	"create function f_set_path() returns void language plpgsql as $$ begin set search_path = pg_catalog; end $$",
	"create function f_timeout() returns void language plpgsql as $$ begin set statement_timeout = '7s'; end $$",
	"create function f_dynamic(what text) returns void language plpgsql as $$ begin execute what; end $$",
	"create function f_lock() returns void language plpgsql as $$ begin perform pg_advisory_lock(4711); end $$",
	"create function f_lock_sql() returns void language sql as $$ select pg_advisory_lock(4711) $$",
	"create function f_temp() returns void language plpgsql as $$ begin create temp table left_over (id int); end $$",
	"create function f_listen() returns void language plpgsql as $$ begin listen news; end $$",
	"create function f_local() returns void language plpgsql as $$ begin perform set_config('app.tenant', 'acme', true); end $$",
	"create procedure p_set() language plpgsql as $$ begin perform set_config('app.tenant', 'acme', false); end $$",
	"create function f_trigger() returns trigger language plpgsql as $$ begin perform set_config('app.tenant', 'acme', false); return new; end $$",
	"create table triggered (id int)",
	"create trigger sets before insert or delete on triggered for each row execute function f_trigger()",
	"create table parents (id int primary key)",
	"alter table triggered add column parent int references parents(id) on delete cascade",
	"insert into parents values (1), (2), (3), (4), (5), (6)",
	"alter table triggered disable trigger sets", "insert into triggered values (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6)", "alter table triggered enable trigger sets",
}

// What one user of a pool does with its connection does not reach the next, whether it was refused, undone, or the
// connection given up.
func TestNothingIsLeftOnTheConnection(t *testing.T) {
	for _, profile := range []driver.Profile{driver.Standard, driver.Migration} {
		t.Run(profile.String(), func(t *testing.T) {
			f := setup(t, nil, append(looks, work...)...)
			below := f.below(&driver.Config{Profile: profile, Mask: driver.MaskOff})
			clean := f.traces(t, below)
			for _, text := range []string{
				"set statement_timeout = '7s'", "set local statement_timeout = '7s'", "set session search_path = pg_catalog", "set app.tenant = 'acme'",
				"select set_config('app.tenant', 'acme', false)", "select set_config('app.tenant', 'acme', true)", "set timezone = 'Asia/Tokyo'",
				"set role postgres", "set session authorization postgres", "set time zone 'UTC'", "reset all", "discard all", "set session characteristics as transaction read only",
				"create temp table left_over (id int)", "create temp table left_over on commit drop as select 1", "select 1 as x into temp left_over", "create temp view left_over as select 1",
				"create temp sequence left_over", "create table pg_temp.left_over (id int)",
				"create type pg_temp.left_over as (id int)", "create type pg_temp.left_over as enum ('a')", "create type pg_temp.left_over as range (subtype = int)",
				"create type pg_temp.left_over", "create domain pg_temp.left_over as int", "create function pg_temp.left_over() returns int language sql as 'select 1'",
				"create operator pg_temp.=== (leftarg = int, rightarg = int, function = int4eq)", "create collation pg_temp.left_over from \"C\"",
				"create text search dictionary pg_temp.left_over (template = simple)", "create operator family pg_temp.left_over using btree",
				"create conversion pg_temp.left_over for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8", "create statistics pg_temp.left_over on id, parent from triggered",
				"create aggregate pg_temp.left_over(int) (sfunc = int4pl, stype = int)", "do 'begin create type pg_temp.left_over as (id int); end'",
				"listen news", "unlisten *", "notify news",
				"select pg_advisory_lock(4711)", "select pg_try_advisory_lock(4711)", "select pg_advisory_lock_shared(4711)", "select pg_advisory_xact_lock(4711)",
				"declare c cursor with hold for select 1", "declare c cursor for select 1", "prepare p as select 1", "deallocate all", "load 'auto_explain'",
				"begin", "begin; set local app.tenant = 'acme'", "start transaction read only", "savepoint s", "select 1; set app.tenant = 'acme'",
				"select f_set()", "select f_set_plpgsql()", "select f_set_path()", "select f_timeout()", "select f_dynamic('set app.tenant = ''acme''')",
				"select f_dynamic('listen news')", "select f_lock()", "select f_lock_sql()", "select f_temp()", "select f_listen()", "select f_local()", "call p_set()",
				"do $$ begin perform set_config('app.tenant', 'acme', false); end $$", "do $$ begin execute 'set app.tenant = ''acme'''; end $$",
				"do $$ begin create temp table left_over (id int); end $$",
				"insert into triggered values (1)", "insert into triggered select 2", "delete from parents where id = (select min(id) from parents)", "explain analyze select f_set()", "with x as (select f_set_plpgsql()) select * from x",
				"copy (select f_set()) to stdout",
			} {
				for how, use := range f.uses() {
					use(text)
					require.Equal(t, clean, f.traces(t, below), "%s: %s", how, text)
				}
			}
		})
	}
}

// uses are the ways to use a pool: each gives its connection back.
func (f *fixture) uses() map[string]func(text string) {
	in := func(end func(*sql.Tx) error) func(string) {
		return func(text string) {
			tx, err := f.governed.Begin()
			require.NoError(f.t, err)
			_, _ = tx.Exec(text)
			_ = end(tx)
		}
	}
	return map[string]func(string){
		"exec": func(text string) { _, _ = f.governed.Exec(text) },
		"query": func(text string) {
			rows, err := f.governed.Query(text)
			if err == nil {
				for rows.Next() {
				}
				_ = rows.Close()
			}
		},
		"prepared": func(text string) {
			if st, err := f.governed.Prepare(text); err == nil {
				_, _ = st.Exec()
				_ = st.Close()
			}
		},
		"canceled": func(text string) {
			ctx, cancel := context.WithCancel(background)
			if rows, err := f.governed.QueryContext(ctx, text); err == nil {
				cancel()
				_ = rows.Close()
			}
			cancel()
		},
		"commit":   in((*sql.Tx).Commit),
		"rollback": in((*sql.Tx).Rollback),
	}
}

// below makes the governed pool one connection and gives it as pgx knows it.
func (f *fixture) below(config *driver.Config, hooks ...string) func() *pgx.Conn {
	f.t.Helper()
	px, err := pgx.ParseConfig(f.dsn)
	require.NoError(f.t, err)
	var latest *pgx.Conn
	inner := stdlib.GetConnector(*px, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		latest = c
		for _, text := range hooks {
			if _, err := c.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	}))
	connector, err := driver.WrapConnector(inner, config)
	require.NoError(f.t, err)
	f.governed = sql.OpenDB(connector)
	f.t.Cleanup(func() { _ = f.governed.Close() })
	f.one()
	return func() *pgx.Conn { return latest }
}

// traces takes the connection from the pool, as the next user would, and looks below the guard.
func (f *fixture) traces(t *testing.T, below func() *pgx.Conn) []string {
	t.Helper()
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	defer conn.Close()
	rows, err := below().Query(background, traces, pgx.QueryExecModeExec)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return append(out, string(below().PgConn().TxStatus()))
}

// What a trigger leaves behind is swept away, what the application's own hook has set stays, and so does the connection.
func TestSweptConnectionIsSetUpAgain(t *testing.T) {
	f := setup(t, nil, looks...)
	below := f.below(&driver.Config{Mask: driver.MaskOff}, "set timezone = 'Asia/Tokyo'", "set app.tenant = 'hook'")
	clean, pid := f.traces(t, below), f.pid()
	require.Contains(t, clean, "setting TimeZone = Asia/Tokyo")
	require.Contains(t, clean, "custom hook")
	for _, text := range []string{"insert into triggered values (1)", "delete from parents where id = 2"} {
		do(t, f.governed, text)
		require.Equal(t, clean, f.traces(t, below), text)
		require.Equal(t, pid, f.pid(), text)
	}
}

// A pool that others use as well gets back only what is fit for them.
func TestNothingIsLeftInASharedPool(t *testing.T) {
	f := setup(t, nil, looks...)
	config, err := pgxpool.ParseConfig(f.dsn)
	require.NoError(t, err)
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(background, config)
	require.NoError(t, err)
	defer pool.Close()
	for _, profile := range []driver.Profile{driver.Standard, driver.Migration} {
		connector, err := driver.WrapConnector(stdlib.GetPoolConnector(pool), &driver.Config{Profile: profile, Mask: driver.MaskOff})
		require.NoError(t, err)
		governed := sql.OpenDB(connector)
		governed.SetMaxIdleConns(0)
		for _, text := range []string{
			"set app.tenant = 'acme'", "select f_set_plpgsql()", "select f_dynamic('set app.tenant = ''acme''')", "begin", "insert into triggered values (1)",
			"delete from parents where id = (select min(id) from parents)", "select pg_advisory_lock(4711)", "create temp table left_over (id int)",
		} {
			_, _ = governed.Exec(text)
			rows, err := pool.Query(background, traces, pgx.QueryExecModeExec)
			require.NoError(t, err)
			list, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			require.Equal(t, []string{"custom ", "path public", "role postgres postgres"}, list, text)
		}
		require.NoError(t, governed.Close())
	}
}

// A refusal of each kind leaves a transaction usable and the connection in the pool.
func TestRefusalsLeaveEverythingUsable(t *testing.T) {
	limits := guard.Limits{AffectedRows: 3, Rows: 5, Bytes: 1000, Cost: 1e6, StatementTimeout: 1e9}
	f := setup(t, limited(t, driver.Standard, limits), append(numbers(100), "create table kinds (id int, v text)")...).one()
	pid := f.pid()
	type refusal struct {
		text string
		args []any
	}
	list := map[string]refusal{
		"a rule":                {text: "drop table numbers"},
		"not parsed":            {text: "selec 1"},
		"several statements":    {text: "select 1; select 2"},
		"not resolved":          {text: "select nothing from numbers"},
		"an argument":           {text: "select $1::text", args: []any{make(chan int)}},
		"an argument's number":  {text: "select $1::int", args: []any{1, 2}},
		"a setting":             {text: "set statement_timeout = 0"},
		"transaction control":   {text: "commit"},
		"copy without a stream": {text: "copy numbers from stdin"},
		"a stream without copy": {text: "select 1", args: []any{driver.CopyFrom(strings.NewReader(""))}},
		"rows written":          {text: "update numbers set v = 'x' where id < 50"},
		"rows returned":         {text: "select id from numbers"},
		"rows written and read": {text: "update numbers set v = 'x' where id < 50 returning id"},
		"bytes":                 {text: "select repeat('x', 2000)"},
		"cost":                  {text: "select count(*) from numbers a, numbers b, numbers c, numbers d, numbers e"},
		"a cursor":              {text: "fetch 1 from nothing"},
	}
	run := func(db queryer, r refusal) error {
		_, err := drain(db, r.text, r.args...)
		return err
	}
	// "not resolved" is the server's own word, and "transaction control" outside a transaction too.
	asServer := map[string]bool{"not resolved": true}
	for name, r := range list {
		err := run(f.governed, r)
		if name != "transaction control" {
			require.Error(t, err, name)
		}
		require.Equal(t, pid, f.pid(), name)
		if asServer[name] {
			continue
		}
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		do(t, tx, "insert into kinds values (1, 'kept')")
		require.Error(t, run(tx, r), name)
		require.Equal(t, 1, scanInt(t, tx, "select count(*) from kinds where v = 'kept'"), name)
		_, err = tx.Exec("insert into kinds values (2, $1)", name)
		require.NoError(t, err, name)
		require.NoError(t, tx.Rollback(), name)
		require.Equal(t, pid, f.pid(), name)
	}
	require.Zero(t, f.count("select count(*) from numbers where v = 'x'"))
}
