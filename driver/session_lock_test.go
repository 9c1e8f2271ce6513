package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// holders are the ways to lock for the session, and what gives each back.
var holders = []struct{ lock, unlock string }{
	{"select pg_advisory_lock($1)", "select pg_advisory_unlock($1)"},
	{"select pg_advisory_lock(1, $1::int)", "select pg_advisory_unlock(1, $1::int)"},
	{"select pg_try_advisory_lock($1)", "select pg_advisory_unlock($1)"},
	{"select pg_try_advisory_lock(1, $1::int)", "select pg_advisory_unlock(1, $1::int)"},
	{"select pg_advisory_lock_shared($1)", "select pg_advisory_unlock_shared($1)"},
	{"select pg_try_advisory_lock_shared($1)", "select pg_advisory_unlock_shared($1)"},
	{"with l as (select pg_catalog.pg_try_advisory_lock($1) as got) select got from l", "select pg_advisory_unlock($1)"},
	{"select case when $1::int > 0 then (select pg_try_advisory_lock($1)) end", "select pg_advisory_unlock($1)"},
}

const held = "select count(*) from pg_locks where locktype = 'advisory'"

// freed waits on a connection of its own until nobody holds the lock.
func freed(t *testing.T, f *fixture) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	other, err := f.plain.Conn(ctx)
	require.NoError(t, err)
	defer other.Close()
	_, err = other.ExecContext(ctx, "select pg_advisory_lock(4711), pg_advisory_lock(1, 4711)")
	require.NoError(t, err, "the lock of a connection that was given back is still held")
	_, err = other.ExecContext(ctx, "select pg_advisory_unlock_all()")
	require.NoError(t, err)
}

func TestSessionLocksAreHeldByTheirConnection(t *testing.T) {
	f := setup(t, nil, work...).one()
	for _, h := range holders {
		conn, err := f.governed.Conn(t.Context())
		require.NoError(t, err)
		before := pidOf(t, conn)
		require.Contains(t, warned(t, f, conn, h.lock), "PR17", h.lock)
		require.Equal(t, 1, f.count(held), h.lock)
		require.Equal(t, before, pidOf(t, conn), h.lock)

		var gave bool
		require.NoError(t, conn.QueryRowContext(t.Context(), h.unlock, 4711).Scan(&gave), h.unlock)
		require.True(t, gave, h.unlock)
		require.Zero(t, f.count(held), h.unlock)

		require.Contains(t, warned(t, f, conn, h.lock), "PR17", h.lock)
		_, err = conn.ExecContext(t.Context(), "select pg_advisory_unlock_all()")
		require.NoError(t, err)
		require.Zero(t, f.count(held), h.lock)

		require.Contains(t, warned(t, f, conn, h.lock), "PR17", h.lock)
		require.NoError(t, conn.Close())
		freed(t, f)
		require.NotEqual(t, before, f.pid(), "the connection went back to the pool: "+h.lock)
	}
}

// Whatever way the lock was taken, and whatever became of the statement, the next user of the pool does not find it.
func TestSessionLocksEndWithTheirUser(t *testing.T) {
	f := setup(t, nil, work...).one()
	for _, h := range holders {
		pid := f.pid()
		_, err := f.governed.Exec(h.lock, 4711)
		require.NoError(t, err, h.lock)
		freed(t, f)
		require.NotEqual(t, pid, f.pid(), h.lock)

		pid = f.pid()
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		_, err = tx.Exec(h.lock, 4711)
		require.NoError(t, err, h.lock)
		require.NoError(t, tx.Rollback())
		freed(t, f)
		require.NotEqual(t, pid, f.pid(), h.lock)

		pid = f.pid()
		st, err := f.governed.Prepare(h.lock)
		require.NoError(t, err, h.lock)
		_, err = st.Exec(4711)
		require.NoError(t, err, h.lock)
		require.NoError(t, st.Close())
		freed(t, f)
		require.NotEqual(t, pid, f.pid(), h.lock)
	}
	pid := f.pid()
	_, err := f.governed.Exec("select pg_advisory_lock(4711), 1 / (length(name) - 12) from people")
	require.Error(t, err)
	freed(t, f)
	require.NotEqual(t, pid, f.pid(), "it failed after it had locked")
}

// A lock whose number is made of a masked value would tell the value to whoever looks at the locks.
func TestSessionLocksTellNoMaskedValue(t *testing.T) {
	f := setup(t, nil, append([]string{
		"create view mails as select id, email as m from people", "create table docs (id int, d jsonb)", `insert into docs values (1, '{"email": "u1@example.com", "n": 5}')`,
		"create table keys (id int)", "insert into keys values (4711)",
		"create function secret_of(i int) returns int language sql stable as 'select hashtext(email) from people where id = i'",
		"create function locks(i int) returns boolean language sql as 'select pg_try_advisory_lock(i)'",
		"create function locks_pl(i int) returns boolean language plpgsql as 'begin return pg_try_advisory_lock(i); end'",
		"create view locked as select pg_try_advisory_lock(hashtext(email)) as l from people",
	}, work...)...)
	for _, function := range []string{"pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared"} {
		for _, text := range []string{
			"select %(hashtext(email)) from people", "select %(salary::bigint) from people", "select %(1, hashtext(email)) from people", "select %(hashtext(m)) from mails",
			"select %((select hashtext(email) from people limit 1))", "select %(h) from (select hashtext(email) as h from people) x", "with x as (select salary::int s from people) select %(s) from x",
			"select %(hashtext(d ->> 'email')) from docs", "select %(case when email = 'u1@example.com' then 1 else 2 end) from people", "select id from people where %(hashtext(email)) is null",
			"select %(ascii(substr(email, i, 1))) from people, generate_series(1, 14) i", "select %(secret_of(1))", "select l from people, lateral %(hashtext(email)) l",
		} {
			text = strings.ReplaceAll(text, "%", function)
			_, err := f.governed.Exec(text)
			require.ErrorIs(t, err, guard.ErrDenied, text)
			require.Zero(t, f.count(held), text)
		}
	}
	for _, text := range []string{
		"select locks(hashtext(email)) from people", "select locks_pl(hashtext(email)) from people", "select locks(1)", "select locks_pl(1)", "select l from locked", "select count(*) from locked where l",
		"create table t (id int default pg_try_advisory_lock(1)::int)", "create function more() returns boolean language sql as 'select pg_try_advisory_lock(1)'",
		"copy (select pg_try_advisory_lock(1)) to stdout", "explain analyze select pg_try_advisory_lock(1)", "do $$ begin perform pg_try_advisory_lock(1); end $$",
	} {
		_, err := f.governed.Exec(text)
		require.Error(t, err, text)
		require.Zero(t, f.count(held), text)
	}
	conn, err := f.governed.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	var got bool
	require.NoError(t, conn.QueryRowContext(t.Context(), "select pg_try_advisory_lock(id) from keys").Scan(&got), "what is not masked may be a key")
	require.True(t, got)
	require.Equal(t, 1, f.count(held))
}

func TestSessionLocksAreNotForAgents(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Strict}, work...)
	verified := lineage.WithCaller(t.Context(), lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Subject: "ada", Issuer: "test"})))
	for _, h := range holders {
		for _, text := range []string{h.lock, h.unlock} {
			_, err := f.governed.ExecContext(verified, text, 4711)
			var denied *guard.DeniedError
			require.True(t, errors.As(err, &denied), text)
			require.Contains(t, denied.Error(), "pg_advisory_xact_lock", text)
			require.Zero(t, f.count(held), text)
		}
	}
	_, err := f.governed.ExecContext(verified, "select pg_advisory_xact_lock($1)", 4711)
	require.NoError(t, err)
}

// warned runs a statement on a connection and gives the rules that it was warned by.
func warned(t *testing.T, f *fixture, conn *sql.Conn, text string) (rules []string) {
	t.Helper()
	_, err := conn.ExecContext(t.Context(), text, 4711)
	require.NoError(t, err, text)
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, lineage.Warn, list[len(list)-1].Decision, text)
	for _, r := range list[len(list)-1].Reasons {
		rules = append(rules, r.Rule)
	}
	return rules
}

func pidOf(t *testing.T, conn *sql.Conn) (pid int) {
	t.Helper()
	require.NoError(t, conn.QueryRowContext(t.Context(), "select pg_backend_pid()").Scan(&pid))
	return pid
}
