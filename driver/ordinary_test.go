package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
)

// work is a schema that no mask knows anything of.
var work = []string{
	`create table jobs (id bigint generated always as identity primary key, kind text not null, state text not null default 'ready',
		payload jsonb not null default '{}', tags text[] not null default '{}', tries int not null default 0, run_at timestamptz not null default now())`,
	`create table a (id int primary key, b int, v text)`,
	`create table b (id int primary key, a_id int references a(id) deferrable initially deferred, v text)`,
	`create table "order" (id int primary key, "limit" int, "select" text)`,
	`create view ready as select id, kind from jobs where state = 'ready'`,
	`create type mood as enum ('sad', 'ok')`,
	`create function double_it(x int) returns int language sql immutable as 'select x * 2'`,
	`insert into jobs (kind) select 'k' || i from generate_series(1, 20) i`,
	`insert into a select i, i, 'v' || i from generate_series(1, 20) i`,
}

// Ordinary application SQL passes under the default profile, outside and inside a transaction, and gives the rows that
// plain pgx gives.
func TestOrdinaryStatements(t *testing.T) {
	f := setup(t, nil, work...)
	for _, c := range []struct {
		text string
		args []any
	}{
		{"select 'drop table x'", nil},
		{"select 'COMMIT; BEGIN'", nil},
		{`select E'a\'; DROP TABLE t; --'`, nil},
		{"select $$; DROP TABLE t$$", nil},
		{"/* app:web */ select id from a where id = $1;", []any{1}},
		{"select 1 /*!50000 ; drop table t */", nil},
		{`select "limit", "select" from "order" where id = $1`, []any{1}},
		{"select 5 # 3", nil},
		{"select payload->>'x', payload @> '{}', payload ? 'a', tags && array['x'] from jobs where id = $1", []any{1}},
		{"select count(*), max(id) from jobs", nil},
		{"select * from jobs where id = $1", []any{1}},
		{"table a", nil},
		{"select id from a order by id limit 5 offset 10", nil},
		{"select id from a order by id fetch first 5 rows only", nil},
		{"explain select * from a where id = $1", []any{1}},
		{"with x as (select id from a limit 10) select * from x", nil},
		{"with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select n from r", nil},
		{"select * from a cross join lateral (select id from b where b.a_id = a.id limit 1) z limit 10", nil},
		{"select id from jobs where state = 'ready' order by id limit 10 for update skip locked", nil},
		{"select version()", nil},
		{"select current_database(), current_schema(), current_user", nil},
		{"select t.oid, t.typname from pg_type t where t.typname = $1", []any{"int4"}},
		{"select column_name, data_type from information_schema.columns where table_name = $1", []any{"jobs"}},
		{"select c.relname, n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = 'public'", nil},
		{"select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a where a.attrelid = 'jobs'::regclass and a.attnum > 0", nil},
		{"select pg_advisory_xact_lock($1)", []any{42}},
		{"values (1), (2)", nil},
		{"select double_it($1)", []any{4}},
		{"select * from ready order by id", nil},
		{"select row_number() over (partition by state order by id), lag(kind) over w from jobs window w as (order by id)", nil},
		{"select state, count(*) filter (where tries > 0), array_agg(id order by id) from jobs group by state having count(*) > 0", nil},
		{"select * from generate_series(1, 3) with ordinality g(v, n)", nil},
		{"select * from jsonb_to_recordset('[{\"a\":1}]') as x(a int)", nil},
		{"select * from unnest($1::int[], $2::text[]) as u(a, b)", []any{[]int32{1, 2}, []string{"x", "y"}}},
		{"select 'ok'::mood, '{1,2}'::int[], '[1,3)'::int4range, '1 day'::interval, '127.0.0.1'::inet", nil},
		{"select coalesce(nullif($1::text, ''), 'none'), greatest(1, 2), case when $2::int > 1 then 'many' else 'one' end", []any{"", 2}},
		{"select exists (select 1 from a where id = $1), (select max(id) from b), array(select id from a order by id limit 3)", []any{1}},
		{"select id from a union select id from b except select 3 order by 1", nil},
		{"select gen_random_uuid() is not null, now() is not null, random() < 2", nil},
		{"delete from b where id = $1", []any{99}},
		{"delete from b using a where b.a_id = a.id and a.id = $1", []any{99}},
		{"delete from jobs where run_at < now() - interval '30 days'", nil},
		{"delete from b where id = $1 and 1 = 1", []any{99}},
		{"delete from b where id = any($1)", []any{[]int64{98, 99}}},
		{"update a set v = 'x' from b where a.id = b.a_id and b.id = $1", []any{1}},
		{"update a set (v, b) = ($1, $2) where id = $3", []any{"w", 5, 1}},
		{"update jobs set state = 'running', tries = tries + 1 where true and id = $1 returning id, state", []any{1}},
		{"update jobs set payload = jsonb_set(payload, '{a}', '1'), tags = array_append(tags, 'n') where id = $1 returning payload, tags", []any{1}},
		{"insert into a (id, v) values ($1, $2) returning id", []any{100, "n"}},
		{"insert into a (id) values ($1) on conflict (id) do nothing", []any{1}},
		{"insert into a (id, v) values ($1, $2) on conflict (id) do update set v = excluded.v where a.v is distinct from excluded.v returning (xmax = 0)", []any{1, "up"}},
		{"insert into b (id, a_id) select id + 1000, id from a where id < $1", []any{3}},
		{"with moved as (delete from b where id > $1 returning *) insert into b select id + 5000, a_id, v from moved returning id", []any{1000}},
		{"merge into a using (values (1, 'm')) s(id, v) on a.id = s.id when matched then update set v = s.v when not matched then insert (id, v) values (s.id, s.v)", nil},
		{"create temp table scratch (id int, v text) on commit drop", nil},
		{"", nil},
		{"-- nothing", nil},
		{";", nil},
	} {
		f.both(t, c.text, c.args)
	}
}

// both runs a statement in a transaction of its own on both drivers, rolls back, and compares.
func (f *fixture) both(t *testing.T, text string, args []any) {
	t.Helper()
	run := func(db *sql.DB) [][]any {
		tx, err := db.Begin()
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		return fetch(t, tx, text, args)
	}
	require.Equal(t, run(f.plain), run(f.governed), text)
	rows, err := f.governed.Query(text, args...)
	if err == nil {
		err = rows.Close()
	}
	if err != nil { // run for the second time, outside a transaction: the data may be in the way, the guard may not
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, text)
	}
}

type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

func fetch(t *testing.T, q querier, text string, args []any) (out [][]any) {
	t.Helper()
	rows, err := q.Query(text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		require.NoError(t, rows.Scan(cells...))
		for i := range cells {
			cells[i] = *cells[i].(*any)
		}
		out = append(out, cells)
	}
	require.NoError(t, rows.Err(), text)
	return out
}

func TestOrdinaryTransactions(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.BeginTx(background, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	require.NoError(t, err)
	for _, text := range []string{
		"set local statement_timeout = '5s'", "select set_config('lock_timeout', '2s', true)", "savepoint one",
		"insert into a values (500, 1, 'x')", "rollback to savepoint one", "release savepoint one", "insert into a values (501, 1, 'y')",
		"create temp table mine (id int) on commit drop", "insert into mine values (1)", "delete from mine", "truncate mine", "drop table mine",
		"set constraints all immediate",
	} {
		_, err := tx.Exec(text)
		require.NoError(t, err, text)
	}
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, f.count("select count(*) from a where id >= 500"))

	tx, err = f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into b values (700, 12345, 'dangling')")
	require.NoError(t, err)
	var pgErr *pgconn.PgError
	require.ErrorAs(t, tx.Commit(), &pgErr, "a deferred constraint fails at COMMIT")
	require.Equal(t, "23503", pgErr.Code)
}

func TestErrorInATransactionIsRewound(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("savepoint s")
	require.NoError(t, err)
	_, err = tx.Exec("insert into a (id) values (1)")
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "23505", pgErr.Code)
	_, err = tx.Exec("select * from jobs where id = 1 and kind = 'not seen before'")
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "25P02", pgErr.Code, "in a failed transaction the server's own word comes back")
	_, err = tx.Exec("rollback to savepoint s")
	require.NoError(t, err)
	_, err = tx.Exec("insert into a (id) values (800)")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, f.count("select count(*) from a where id = 800"))
}

func TestServerErrorsStayPgErrors(t *testing.T) {
	f := setup(t, nil, work...)
	for text, code := range map[string]string{
		"select * from nowhere":                     "42P01",
		"select nothing from a":                     "42703",
		"select no_such_function(1)":                "42883",
		"select 1/0 from a":                         "22012",
		"insert into a (id) values (1)":             "23505",
		"insert into jobs (kind) values (null)":     "23502",
		"select 'x'::int from a":                    "22P02",
		"selec 1":                                   "42601",
		"select * from a where id = 'not a number'": "22P02",
		"insert into nowhere values (1)":            "42P01",
		"update a set nothing = 1 where id = 1":     "42703",
	} {
		_, err := f.governed.Exec(text)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, text)
		require.Equal(t, code, pgErr.Code, text)
		_, err = f.governed.Exec("select 1")
		require.NoError(t, err, "the pool stays usable")
	}
}

func TestCancelAndTimeout(t *testing.T) {
	f := setup(t, nil, append(work, "create function slow() returns int language sql stable as 'select 1 from pg_sleep(10)'")...)
	ctx, cancel := context.WithTimeout(background, 100*time.Millisecond)
	defer cancel()
	rows, err := f.governed.QueryContext(ctx, "select count(*) from generate_series(1, 100000000)")
	if err == nil {
		for rows.Next() {
		}
		err = errors.Join(rows.Err(), rows.Close())
	}
	require.Error(t, err)
	require.True(t, errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled), "%v", err)
	gone, stop := context.WithCancel(background)
	stop()
	_, err = f.governed.ExecContext(gone, "select 1")
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, f.governed.Ping())
}

func TestPreparedStatementsAndConcurrency(t *testing.T) {
	f := setup(t, nil, work...)
	st, err := f.governed.Prepare("select v from a where id = $1")
	require.NoError(t, err)
	defer st.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				var v string
				require.NoError(t, st.QueryRow(i%20+1).Scan(&v))
				require.NoError(t, f.governed.QueryRow("select v from a where id = $1", i%20+1).Scan(&v))
				_, err := f.governed.Exec("delete from a")
				require.Error(t, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 20, f.count("select count(*) from a"))
}

func TestServerThatDies(t *testing.T) {
	f := setup(t, nil, work...)
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	defer conn.Close()
	var pid int
	require.NoError(t, conn.QueryRowContext(background, "select pg_backend_pid()").Scan(&pid))
	_, err = f.plain.Exec("select pg_terminate_backend($1)", pid)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err = conn.ExecContext(background, "select 1")
		return err != nil
	}, 5*time.Second, 10*time.Millisecond)
	_ = conn.Close() // database/sql may have closed it already
	_, err = f.governed.Exec("select 1")
	require.NoError(t, err, "the pool opens another connection")
}

func TestAnotherSessionRenames(t *testing.T) {
	f := setup(t, nil, work...)
	query := func() (v string, err error) {
		err = f.governed.QueryRow("select v from a where id = 1").Scan(&v)
		return v, err
	}
	v, err := query()
	require.NoError(t, err)
	require.Equal(t, "v1", v)
	_, err = f.plain.Exec("alter table a rename to a_old; create table a (id int, v text, email text); insert into a values (1, 'new', 'x@y.z')")
	require.NoError(t, err)
	v, err = query()
	require.NoError(t, err)
	require.Equal(t, "new", v, "a read runs again on a fresh analysis")
	stats, ok := driver.StatsOf(f.connector)
	require.True(t, ok)
	require.EqualValues(t, 1, stats.Mismatches)
	require.Equal(t, []string{"select v from a where id = ?"}, stats.Mismatched)
}

func TestRecorderThatFailsRefuses(t *testing.T) {
	f := setup(t, nil, work...)
	require.NoError(t, f.governed.Ping())
	f.records.mu.Lock()
	f.records.fail = errors.New("disk full")
	f.records.mu.Unlock()
	_, err := f.governed.Exec("insert into a (id) values (900)")
	var failed *driver.RecorderError
	require.ErrorAs(t, err, &failed)
	require.Zero(t, f.count("select count(*) from a where id = 900"))
	f.records.mu.Lock()
	f.records.fail = nil
	f.records.mu.Unlock()
	_, err = f.governed.Exec("insert into a (id) values (900)")
	require.NoError(t, err)
}

func TestEverythingIsRecorded(t *testing.T) {
	f := setup(t, nil, work...)
	ctx := lineage.WithCaller(background, lineage.Service("billing"))
	ctx = lineage.WithPurpose(lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "train"}), "test")
	_, err := f.governed.ExecContext(ctx, "update a set v = $1 where id = $2", "secret value", 1)
	require.NoError(t, err)
	_, err = f.governed.ExecContext(ctx, "delete from a")
	require.Error(t, err)
	_, err = f.governed.ExecContext(ctx, "selec")
	require.Error(t, err)
	require.NoError(t, f.governed.Close())
	require.NotEmpty(t, f.records.of(lineage.ConnectEvent))
	require.NotEmpty(t, f.records.of(lineage.ResetEvent))
	require.NotEmpty(t, f.records.of(lineage.CloseEvent))
	list := f.records.of(lineage.StatementEvent)
	require.Len(t, list, 3)
	require.Equal(t, lineage.Allow, list[0].Decision)
	require.EqualValues(t, 1, list[0].Rows)
	require.Equal(t, "service billing", list[0].Caller.String())
	require.Equal(t, []string{"string", "int"}, list[0].Arguments)
	require.Equal(t, "train", list[0].Job.Name)
	require.Equal(t, lineage.Deny, list[1].Decision)
	require.Equal(t, "governed.denied", list[1].ErrorType)
	require.Equal(t, "TX05", list[2].Reasons[0].Rule)
}

// A transaction sees its own definitions, and nobody else does before it ends.
func TestOwnDefinitionsInATransaction(t *testing.T) {
	f := setup(t, nil, work...)
	_, err := f.governed.Exec("select v from a where id = 1")
	require.NoError(t, err)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	for _, text := range []string{
		"create table fresh (id int primary key, v text)", "insert into fresh values (1, 'x')", "create view fresh_view as select v as w from fresh",
		"select w from fresh_view", "alter table a add column extra int", "update a set extra = 5 where id = 1", "select extra from a where id = 1",
		"create schema own", "set local search_path = own, public", "create table own.a (id int, only_here text)", "select only_here from a",
	} {
		_, err := tx.Exec(text)
		require.NoError(t, err, text)
	}
	var pgErr *pgconn.PgError
	_, err = f.governed.Exec("select w from fresh_view")
	require.ErrorAs(t, err, &pgErr, "another connection")
	require.Equal(t, "42P01", pgErr.Code)
	require.NoError(t, tx.Rollback())
	for text, code := range map[string]string{"select w from fresh_view": "42P01", "select extra from a": "42703", "select only_here from a": "42703"} {
		_, err = f.governed.Exec(text)
		require.ErrorAs(t, err, &pgErr, text)
		require.Equal(t, code, pgErr.Code, text)
	}
	_, err = f.governed.Exec("select v from a where id = 1")
	require.NoError(t, err)
}
