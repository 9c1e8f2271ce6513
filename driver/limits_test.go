package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// limited is a configuration under which every statement has these limits.
func limited(t testing.TB, profile driver.Profile, limits guard.Limits) *driver.Config {
	t.Helper()
	p, err := guard.NewPolicy(guard.Config{Profile: profile, Limits: &limits})
	require.NoError(t, err)
	return &driver.Config{Policy: p}
}

// one makes the pool a single connection: what a statement leaves behind would meet the next one.
func (f *fixture) one() *fixture {
	f.governed.SetMaxOpenConns(1)
	return f
}

// pid is the backend of the one connection.
func (f *fixture) pid() (pid int) {
	f.t.Helper()
	require.NoError(f.t, f.governed.QueryRow("select pg_backend_pid()").Scan(&pid))
	return pid
}

// numbers is a table of n rows with children that go with them and a log that a trigger writes.
func numbers(n int) []string {
	return []string{
		"create table numbers (id int primary key, v text not null default 'v')",
		"create table children (id int primary key, number int not null references numbers(id) on delete cascade)",
		"create table log (what text)",
		"create function log_it() returns trigger language plpgsql as $$ begin insert into log values (tg_op), (tg_op); return null; end $$",
		fmt.Sprintf("insert into numbers select i from generate_series(1, %d) i", n),
		fmt.Sprintf("insert into children select i, (i - 1) %% 10 + 1 from generate_series(1, %d) i", n),
		"create table logged (id int primary key)",
		"create trigger logs after insert on logged for each row execute function log_it()",
		"create table deferred (id int primary key, other int references numbers(id) deferrable initially deferred)",
	}
}

type queryer interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// setting reads a setting through the driver.
func setting(t *testing.T, db queryer, name string) (value string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(background, "select current_setting($1)", name).Scan(&value))
	return value
}

var timeoutLimits = guard.Limits{StatementTimeout: 1500 * time.Millisecond, LockTimeout: 700 * time.Millisecond, IdleTimeout: 9 * time.Second}

func TestTimeouts(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, timeoutLimits), work...).one()
	pid := f.pid()
	require.Equal(t, "1500ms", setting(t, f.governed, "statement_timeout"))
	require.Equal(t, "700ms", setting(t, f.governed, "lock_timeout"))

	_, err := f.governed.Exec("select count(*) from generate_series(1, 100000000) a")
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "57014", pgErr.Code)

	tx, err := f.governed.Begin()
	require.NoError(t, err)
	require.Equal(t, "1500ms", setting(t, tx, "statement_timeout"))
	require.Equal(t, "9s", setting(t, tx, "idle_in_transaction_session_timeout"))
	_, err = tx.Exec("set local statement_timeout = '1s'")
	require.NoError(t, err)
	require.Equal(t, "1s", setting(t, tx, "statement_timeout"), "a lower one stays")
	_, err = tx.Exec("set local statement_timeout = '1min'")
	require.NoError(t, err)
	require.Equal(t, "1500ms", setting(t, tx, "statement_timeout"), "a higher one does not")
	require.NoError(t, tx.Commit())

	require.Equal(t, pid, f.pid(), "the connection has been the same")
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	defer conn.Close()
	var left string
	require.NoError(t, f.plain.QueryRow("select current_setting('statement_timeout')").Scan(&left))
	require.Equal(t, "0", left)
	// SHOW is sent as it is: it shows what the session itself has.
	require.NoError(t, conn.QueryRowContext(background, "show statement_timeout").Scan(&left))
	require.Equal(t, "0", left)
}

func TestTimeoutsOnlyTighten(t *testing.T) {
	f := setup(t, nil, work...)
	for own, want := range map[string]string{
		"0": "1500ms", "1": "1ms", "900": "900ms", "1499ms": "1499ms", "1s": "1s", "2s": "1500ms", "1min": "1500ms", "1h": "1500ms", "1d": "1500ms", "20d": "1500ms",
	} {
		g := *f
		g.dsn = f.dsn + "&lock_timeout=" + own
		limits := guard.Limits{LockTimeout: 1500 * time.Millisecond}
		require.Equal(t, want, setting(t, g.open(limited(t, driver.Standard, limits)), "lock_timeout"), own)
	}
}

// A preamble leaves everything else as it was: results, arguments, prepared statements, errors, modes.
func TestPreambleChangesNothing(t *testing.T) {
	for _, mode := range []string{"cache_statement", "exec", "describe_exec", "cache_describe"} {
		t.Run(mode, func(t *testing.T) {
			f := setup(t, nil, work...)
			g := *f
			g.dsn = f.dsn + "&default_query_exec_mode=" + mode
			f.governed = g.open(limited(t, driver.Standard, timeoutLimits))
			for _, c := range []struct {
				text string
				args []any
			}{
				{"select id, v from a order by id", nil},
				{"select id, kind, payload, tags, run_at is not null from jobs where id = $1", []any{int64(2)}},
				{"insert into a (id, v) values ($1, $2) returning id, v", []any{int64(100), "n"}},
				{"update a set v = $2 where id = $1", []any{int64(1), "x"}},
				{"select count(*) from a where v = any($1)", []any{[]string{"v1", "v2"}}},
				{"-- nothing", nil},
			} {
				f.both(t, c.text, c.args)
			}
			st, err := f.governed.Prepare("select v from a where id = $1")
			require.NoError(t, err)
			defer st.Close()
			var v string
			require.NoError(t, st.QueryRow(3).Scan(&v))
			require.Equal(t, "v3", v)
			_, err = f.governed.Exec("insert into a (id) values (1)")
			var pgErr *pgconn.PgError
			require.ErrorAs(t, err, &pgErr)
			require.Equal(t, "23505", pgErr.Code)
			_, err = f.governed.Query("select 1 / (id - 1) from a where id = 1")
			require.ErrorAs(t, err, &pgErr)
			require.Equal(t, "22012", pgErr.Code)
			_, err = f.governed.Exec("insert into b (id, a_id) values (1, 4711)")
			require.ErrorAs(t, err, &pgErr)
			require.Equal(t, "23503", pgErr.Code, "a deferred constraint, at the end of the implicit transaction")
		})
	}
}

// The description of the result is that of this execution, and a statement that the server has forgotten is prepared again.
func TestPreambleOverChangedTables(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, timeoutLimits), work...).one()
	read := func() string {
		rows, err := f.governed.Query("select b from a where id = $1", 1)
		require.NoError(t, err)
		defer rows.Close()
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		require.True(t, rows.Next())
		return types[0].DatabaseTypeName()
	}
	pid := f.pid()
	require.Equal(t, "INT4", read())
	_, err := f.plain.Exec("alter table a alter column b type bigint")
	require.NoError(t, err)
	require.Equal(t, "INT8", read())
	require.Equal(t, pid, f.pid())
}

func TestPreambleAndCancellation(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{StatementTimeout: time.Minute}), work...).one()
	ctx, cancel := context.WithCancel(background)
	rows, err := f.governed.QueryContext(ctx, "select a.id from a, generate_series(1, 10000000) g")
	require.NoError(t, err)
	require.True(t, rows.Next())
	cancel()
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), context.Canceled)
	if err := rows.Close(); err != nil { // database/sql may have closed them already
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, "1min", setting(t, f.governed, "statement_timeout"), "another connection")
}

func TestPreambleStaysAwayFromWhatStandsAlone(t *testing.T) {
	f := setup(t, limited(t, driver.Migration, guard.Limits{StatementTimeout: time.Minute}), work...)
	for _, text := range []string{"vacuum a", "create index concurrently a_v on a (v)", "drop index concurrently a_v", "reindex table concurrently a", "cluster a using a_pkey"} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("set transaction isolation level serializable")
	require.NoError(t, err, "before the first query")
	require.Equal(t, "serializable", setting(t, tx, "transaction_isolation"))
	require.NoError(t, tx.Rollback())
}

func TestLockTimeoutOfWhatLocksOut(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration}, work...)
	holder, err := f.plain.Begin()
	require.NoError(t, err)
	defer holder.Rollback()
	_, err = holder.Exec("lock table a in access share mode")
	require.NoError(t, err)
	for _, text := range []string{"alter table a add column w text", "create table fresh (id int); alter table a add column w text"} {
		_, err = f.governed.Exec(text)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, text)
		require.Equal(t, "55P03", pgErr.Code, text)
	}
	require.False(t, f.exists("fresh"))
	f.one()
	pid := f.pid()
	for _, text := range []string{"vacuum full a"} {
		_, err = f.governed.Exec(text)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, text)
		require.Equal(t, "55P03", pgErr.Code, text)
		require.Equal(t, "0", setting(t, f.governed, "lock_timeout"))
	}
	require.Equal(t, pid, f.pid())
	require.NoError(t, holder.Rollback())
	_, err = f.governed.Exec("alter table a add column w text")
	require.NoError(t, err)
	list := f.records.of(lineage.StatementEvent)
	last := list[len(list)-1]
	require.Contains(t, messages(last), "lock_timeout 2s was set for it")
	require.Equal(t, lineage.Warn, last.Decision)

	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("set local lock_timeout = '5s'")
	require.NoError(t, err)
	_, err = tx.Exec("alter table a add column x text")
	require.NoError(t, err)
	require.Equal(t, "5s", setting(t, tx, "lock_timeout"), "who said something keeps it")
	require.NoError(t, tx.Commit())
	list = f.records.of(lineage.StatementEvent)
	require.NotContains(t, messages(list[len(list)-2]), "lock_timeout 2s")

	observing := f.open(&driver.Config{Profile: driver.Observe})
	tx, err = observing.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("alter table a add column y text")
	require.NoError(t, err)
	require.Equal(t, "0", setting(t, tx, "lock_timeout"))
}

// messages are what the reasons of a record say.
func messages(r lineage.Record) (out string) {
	for _, reason := range r.Reasons {
		out += reason.Rule + ": " + reason.Message + "\n"
	}
	return out
}

func TestAffectedRows(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{AffectedRows: 5}), numbers(100)...).one()
	pid := f.pid()
	over := func(err error, n float64, text string) {
		t.Helper()
		var limit *guard.LimitError
		require.ErrorAs(t, err, &limit, text)
		require.ErrorIs(t, err, guard.ErrLimit)
		require.Equal(t, guard.LimitError{Rule: "DM07", Limit: "affected_rows", Max: 5, Actual: n}, *limit, text)
	}
	before := f.count("select count(*) from numbers where v = 'v'")
	for _, c := range []struct {
		text string
		n    float64
	}{
		{"update numbers set v = 'x' where id < 50", 49},
		{"update numbers set v = 'x' where id < 50 returning id", 49},
		{"delete from numbers where id = 1", 11}, // its ten children go with it
		{"insert into logged values (1), (2)", 6},
		{"insert into numbers select i from generate_series(1001, 1010) i", 10},
		{"with d as (update numbers set v = 'x' where id < 20 returning id) select count(*) from d", 19},
	} {
		_, err := f.governed.Exec(c.text)
		over(err, c.n, c.text)
		require.Equal(t, before, f.count("select count(*) from numbers where v = 'v'"), c.text)
		if strings.Contains(c.text, "returning") {
			_, err := f.governed.Query(c.text)
			over(err, c.n, c.text)
			var n int
			over(f.governed.QueryRow(c.text).Scan(&n), c.n, c.text)
		}
	}
	require.Equal(t, pid, f.pid(), "the connection stays in the pool")
	require.Zero(t, f.count("select count(*) from log"))

	result, err := f.governed.Exec("update numbers set v = 'y' where id <= 5")
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 5, n)
	require.Equal(t, 5, f.count("select count(*) from numbers where v = 'y'"))
	var id int
	require.NoError(t, f.governed.QueryRow("update numbers set v = 'z' where id = $1 returning id", 7).Scan(&id))
	require.Equal(t, 7, id)
	require.Equal(t, 1, f.count("select count(*) from numbers where v = 'z'"))
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, "governed.limit", list[1].ErrorType)

	_, err = f.governed.Exec("insert into deferred values (1, 4711)")
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr, "a deferred constraint, at COMMIT")
	require.Equal(t, "23503", pgErr.Code)
	_, err = f.governed.Exec("copy numbers (id) from stdin", driver.CopyFrom(strings.NewReader("2001\n2002\n2003\n2004\n2005\n2006\n")))
	over(err, 6, "copy")
	require.Zero(t, f.count("select count(*) from numbers where id > 2000"))
	_, err = f.governed.Exec("copy numbers (id) from stdin", driver.CopyFrom(strings.NewReader("2001\n2002\n")))
	require.NoError(t, err)
	require.Equal(t, 2, f.count("select count(*) from numbers where id > 2000"))
	require.Equal(t, pid, f.pid())
}

// Rows that functions write count, also where they are called by a SELECT that streams.
func TestAffectedRowsOfFunctions(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{AffectedRows: 5, Rows: 50}), append(numbers(20),
		"create function writes(n int) returns int language plpgsql as $$ begin insert into log select 'f' from generate_series(1, n); return n; end $$")...).one()
	for _, n := range []int{6, 5} {
		seen, err := drain(f.governed, "select writes($1)", n)
		if n > 5 {
			require.Zero(t, seen, "nothing is handed out of what is undone")
			var limit *guard.LimitError
			require.ErrorAs(t, err, &limit)
			require.EqualValues(t, n, limit.Actual)
			require.Zero(t, f.count("select count(*) from log"))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, 1, seen)
		require.Equal(t, n, f.count("select count(*) from log"))
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = drain(tx, "select writes(3) from numbers where id < 3")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 3, scanInt(t, tx, "select writes(3)"))
	require.NoError(t, tx.Commit())
	require.Equal(t, 8, f.count("select count(*) from log"))
	list := f.records.of(lineage.StatementEvent)
	require.Zero(t, list[len(list)-1].Error)
}

func TestAffectedRowsInTransaction(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{AffectedRows: 5, LockTimeout: time.Second}), numbers(100)...).one()
	pid := f.pid()
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("update numbers set v = 'kept' where id = 1")
	require.NoError(t, err)
	var limit *guard.LimitError
	for _, text := range []string{"update numbers set v = 'x' where id > 1", "update numbers set v = 'x' where id > 1 returning id", "delete from numbers where id = 2"} {
		_, err = tx.Exec(text)
		require.ErrorAs(t, err, &limit, text)
		_, err = tx.Query(text)
		require.ErrorAs(t, err, &limit, text)
		require.Equal(t, "1s", setting(t, tx, "lock_timeout"))
	}
	_, err = tx.Exec("copy numbers (id) from stdin", driver.CopyFrom(strings.NewReader("2001\n2002\n2003\n2004\n2005\n2006\n")))
	require.ErrorAs(t, err, &limit)
	_, err = tx.Exec("savepoint mine")
	require.NoError(t, err)
	_, err = tx.Exec("update numbers set v = 'kept' where id in (3, 4)")
	require.NoError(t, err)
	_, err = tx.Exec("rollback to savepoint mine")
	require.NoError(t, err)
	rows, err := tx.Query("update numbers set v = 'kept' where id = any($1) returning id", []int{5, 6})
	require.NoError(t, err)
	seen := 0
	for rows.Next() {
		seen++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 2, seen)
	require.NoError(t, tx.Commit())
	require.Equal(t, 3, f.count("select count(*) from numbers where v = 'kept'"))
	require.Zero(t, f.count("select count(*) from numbers where v = 'x'"))

	tx, err = f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into numbers values (1)")
	require.ErrorContains(t, err, "23505")
	_, err = tx.Exec("select 1")
	require.ErrorContains(t, err, "25P02", "an error of the server fails the transaction, as with plain pgx")
	require.NoError(t, tx.Rollback())
	require.Equal(t, pid, f.pid())
}

func TestAffectedRowsThatNobodyCounts(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{AffectedRows: 5}), numbers(10)...).one()
	_, err := f.plain.Exec("do $$ begin execute format('alter database %I set track_counts = off', current_database()); end $$")
	require.NoError(t, err)
	_, err = f.governed.Exec("update numbers set v = 'x' where id = 1")
	require.ErrorContains(t, err, "track_counts")
	require.Zero(t, f.count("select count(*) from numbers where v = 'x'"))
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("update numbers set v = 'x' where id = 1")
	require.ErrorContains(t, err, "track_counts")
	require.Equal(t, "10", fmt.Sprint(scanInt(t, tx, "select count(*) from numbers")), "the transaction is usable")
	require.NoError(t, tx.Commit())
}

func scanInt(t *testing.T, db queryer, text string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(background, text, args...).Scan(&n))
	return n
}

// drain reads a result to its end.
func drain(db queryer, text string, args ...any) (int, error) {
	rows, err := db.QueryContext(background, text, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// What was done between reads is not undone with a read that is stopped.
func TestStoppedReadUndoesNothingElse(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{Rows: 10}), numbers(100)...)
	for _, c := range []struct {
		text  string
		args  []any
		check string
	}{
		{"insert into log values ('mark')", nil, "select count(*) from log"},
		{"set local work_mem = '7MB'", nil, "select count(*) from pg_settings where name = 'work_mem' and setting = '7168'"},
		{"select set_config('app.tenant', 'acme', true)", nil, "select count(*) from (select current_setting('app.tenant', true) as v) x where v = 'acme'"},
		{"copy log from stdin", []any{driver.CopyFrom(strings.NewReader("mark\n"))}, "select count(*) from log"},
		{"select id from numbers where id = 1 for update", nil, "select 1"},
	} {
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		require.Equal(t, 100, scanInt(t, tx, "select count(*) from numbers"))
		_, err = tx.Exec(c.text, c.args...)
		require.NoError(t, err, c.text)
		_, err = drain(tx, "select id from numbers")
		require.ErrorIs(t, err, guard.ErrLimit)
		_, err = tx.Query("select $1::int", 1, 2)
		require.ErrorContains(t, err, "expected 1 arguments, got 2")
		require.Equal(t, 1, scanInt(t, tx, c.check), c.text)
		if strings.HasSuffix(c.text, "for update") {
			other, err := f.plain.Exec("update numbers set v = v where id in (select id from numbers where id = 1 for update skip locked)")
			require.NoError(t, err)
			n, err := other.RowsAffected()
			require.NoError(t, err)
			require.Zero(t, n, "the lock is still held")
		}
		require.NoError(t, tx.Rollback())
	}
}

func TestRowCap(t *testing.T) {
	for _, mode := range []string{"cache_statement", "exec"} {
		t.Run(mode, func(t *testing.T) {
			f := setup(t, nil, numbers(100)...)
			f.dsn += "&default_query_exec_mode=" + mode
			testRowCap(t, f)
		})
	}
}

func testRowCap(t *testing.T, f *fixture) {
	f.governed = f.open(limited(t, driver.Standard, guard.Limits{Rows: 10, Bytes: 4000}))
	f.one()
	pid := f.pid()
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	tx, err := conn.BeginTx(background, &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	_, err = drain(tx, "select id from numbers")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 100, scanInt(t, tx, "select count(*) from numbers"))
	require.NoError(t, tx.Commit())
	tx, err = conn.BeginTx(background, nil)
	require.NoError(t, err)
	inside := func() {
		t.Helper()
		require.Equal(t, 1, scanInt(t, tx, "select count(*) from log where what = 'mark'"), "the transaction is usable, with what it did before")
	}
	_, err = tx.Exec("insert into log values ('mark')")
	require.NoError(t, err)
	for _, c := range []struct {
		text, limit string
		rows        int
	}{
		{"select id from numbers", "rows", 10},
		{"select a.id from numbers a, numbers b, numbers c, numbers d", "rows", 10},
		{"select repeat('x', 3000) from numbers a, numbers b, numbers c", "bytes", 1},
		{"select id from numbers for update", "rows", 10},
		{"update numbers set v = 'x' where id > 5 returning id", "rows", 0},
	} {
		for range 3 {
			n, err := drain(tx, c.text)
			var limit *guard.LimitError
			require.ErrorAs(t, err, &limit, c.text)
			require.Equal(t, c.limit, limit.Limit, c.text)
			require.Equal(t, c.rows, n, c.text)
			require.Greater(t, limit.Actual, limit.Max)
			inside()
		}
	}
	n, err := drain(tx, "select id from numbers limit 10")
	require.NoError(t, err)
	require.Equal(t, 10, n)
	_, err = tx.Exec("savepoint mine")
	require.NoError(t, err)
	_, err = drain(tx, "select id from numbers")
	require.ErrorIs(t, err, guard.ErrLimit)
	_, err = tx.Exec("rollback to savepoint mine")
	require.NoError(t, err)
	_, err = drain(tx, "select id from numbers")
	require.ErrorIs(t, err, guard.ErrLimit)
	inside()
	require.NoError(t, tx.Commit())
	require.NoError(t, conn.Close())
	require.Equal(t, 1, f.count("select count(*) from log where what = 'mark'"))
	require.Zero(t, f.count("select count(*) from numbers where v = 'x'"))

	for range 20 { // a request to cancel that comes late would end one of the next statements
		_, err = drain(f.governed, "select a.id from numbers a, numbers b, numbers c, numbers d")
		require.ErrorIs(t, err, guard.ErrLimit)
		_, err = drain(f.governed, "select id from numbers limit 11")
		require.ErrorIs(t, err, guard.ErrLimit)
		require.Equal(t, 100, scanInt(t, f.governed, "select count(*) from numbers"))
	}
	st, err := f.governed.Prepare("select id from numbers where id > $1")
	require.NoError(t, err)
	defer st.Close()
	rows, err := st.Query(3)
	require.NoError(t, err)
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), guard.ErrLimit)
	_ = rows.Close()
	require.Equal(t, 1, scanInt(t, f.governed, "select id from numbers order by id"), "one row is handed out")
	require.Equal(t, pid, f.pid())
}

func TestCopyToCap(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{Rows: 10}), numbers(100)...).one()
	pid := f.pid()
	for _, options := range []string{"", " (format csv, header)", " (format binary)"} {
		var out bytes.Buffer
		_, err := f.governed.Exec("copy (select id from numbers where id <= 10) to stdout"+options, driver.CopyTo(&out))
		require.NoError(t, err, options)
		_, err = f.governed.Exec("copy numbers to stdout"+options, driver.CopyTo(&out))
		require.ErrorIs(t, err, guard.ErrLimit, options)
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	var out bytes.Buffer
	_, err = tx.Exec("copy (select a.id from numbers a, numbers b, numbers c) to stdout", driver.CopyTo(&out))
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 10, strings.Count(out.String(), "\n"))
	require.Equal(t, 100, scanInt(t, tx, "select count(*) from numbers"))
	require.NoError(t, tx.Commit())
	require.Equal(t, pid, f.pid())
}

func TestCostGate(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{Cost: 5000}), append(numbers(100), "analyze")...).one()
	pid := f.pid()
	_, err := f.governed.Query("select count(*) from numbers a, numbers b, numbers c where a.id > $1", 0)
	var limit *guard.LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "cost", limit.Limit)
	require.Greater(t, limit.Actual, 5000.0)
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, lineage.Deny, list[len(list)-1].Decision)
	_, err = f.governed.Exec("insert into log select 'x' from numbers a, numbers b, numbers c")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Zero(t, f.count("select count(*) from log"))
	require.Equal(t, 100, scanInt(t, f.governed, "select count(*) from numbers where id > $1 and v = $2", 0, "v"))
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = drain(tx, "select 1 from numbers a, numbers b, numbers c")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 1, scanInt(t, tx, "select 1"))
	_, err = tx.Query("select v + 1 from numbers")
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "42883", pgErr.Code)
	require.EqualValues(t, 10, pgErr.Position, "of the text itself")
	require.NoError(t, tx.Rollback())
	require.Equal(t, pid, f.pid())
}

func TestBudget(t *testing.T) {
	f := setup(t, limited(t, driver.Standard, guard.Limits{Budget: guard.Budget{Rows: 25, Per: time.Hour}}), numbers(100)...).one()
	pid := f.pid() // one row
	ada := lineage.WithCaller(background, lineage.Human("ada"))
	read := func(ctx context.Context, n int) (int, error) {
		rows, err := f.governed.QueryContext(ctx, "select id from numbers limit $1", n)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		seen := 0
		for rows.Next() {
			seen++
		}
		return seen, rows.Err()
	}
	n, err := read(ada, 20)
	require.NoError(t, err)
	require.Equal(t, 20, n)
	n, err = read(ada, 20)
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 5, n, "stopped in the middle")
	_, err = read(ada, 1)
	var limit *guard.LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, guard.LimitError{Rule: "RD16", Limit: "budget_rows", Max: 25, Actual: 26}, *limit)
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, lineage.Deny, list[len(list)-1].Decision, "refused before it is sent")
	_, err = f.governed.ExecContext(ada, "insert into log values ('x')")
	require.NoError(t, err, "what returns nothing needs no budget")
	n, err = read(background, 10)
	require.NoError(t, err)
	require.Equal(t, 10, n, "another caller")
	require.Equal(t, pid, f.pid())
}
