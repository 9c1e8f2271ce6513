package driver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

const script = `
create table invoices (id bigint generated always as identity primary key, total numeric not null, state text);
create index invoices_state on invoices (state);
alter table invoices add column paid_at timestamptz;
create view open_invoices as select id, total from invoices where paid_at is null;
insert into invoices (total, state) values (1, 'new'), (2, 'new');
update invoices set state = 'sent' where total > 1;
create table archive as select id, state from invoices;
comment on table invoices is 'what customers owe';
`

func TestMigrationScript(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration})
	_, err := f.governed.Exec(script)
	require.NoError(t, err)
	require.Equal(t, 2, f.count("select count(*) from open_invoices"))
	require.Equal(t, 2, f.count("select count(*) from archive"))
	require.Equal(t, 1, f.count("select count(*) from invoices where state = 'sent'"))

	_, err = f.governed.Exec("create table half (id int); delete from invoices")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.False(t, f.exists("half"), "each is decided before any is sent")
	_, err = f.governed.Exec("create table half (id int); insert into half values (1/0)")
	require.Error(t, err)
	require.False(t, f.exists("half"), "one implicit transaction")
	for _, text := range []string{"drop table archive", "alter table invoices drop column state", "alter table invoices rename to bills", "truncate bills"} {
		_, err = f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	for _, text := range []string{
		"copy bills to program 'true'", "create role evil superuser", "alter system set fsync = off", "select pg_read_file('/etc/passwd')",
		"set role postgres", "create extension dblink",
	} {
		_, err = f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	require.Equal(t, 2, f.count("select count(*) from pg_class where relname = 'bills' or relname = 'open_invoices'"))
}

func TestMigrationSessionLock(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration})
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	_, err = conn.ExecContext(background, "select pg_advisory_lock(4711)")
	require.NoError(t, err)
	require.Equal(t, 1, f.count("select count(*) from pg_locks where locktype = 'advisory'"))
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return f.count("select count(*) from pg_locks where locktype = 'advisory'") == 0 },
		5*time.Second, 10*time.Millisecond, "the connection is closed, not pooled")
}

func TestStrict(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Strict}, work...)
	verified := lineage.WithCaller(background, lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Subject: "ada", Issuer: "test"})))
	expired := lineage.WithCaller(background, lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Subject: "ada", Expires: time.Now().Add(-time.Minute)})))
	var id int
	query := "select id from a where id = $1"
	require.ErrorIs(t, f.governed.QueryRowContext(background, query, 1).Scan(&id), guard.ErrDenied, "anonymous")
	require.ErrorIs(t, f.governed.QueryRowContext(lineage.WithCaller(background, lineage.Human("ada")), query, 1).Scan(&id), guard.ErrDenied, "unverified")
	require.ErrorIs(t, f.governed.QueryRowContext(expired, query, 1).Scan(&id), guard.ErrDenied, "expired")
	require.NoError(t, f.governed.QueryRowContext(verified, query, 1).Scan(&id))
	for _, text := range []string{
		"create table x (id int)", "begin", "with d as (delete from b where id = 1 returning id) select * from d",
		"select * from people", "select id from people where salary > 1000", "select max(email) from people", "select upper(email) from people", "lock table a",
		"select id from a; select id from a",
	} {
		_, err := f.governed.ExecContext(verified, text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
}

func TestObserveRefusesNothing(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Observe}, work...)
	var email string
	require.NoError(t, f.governed.QueryRow("select email from people").Scan(&email))
	require.Equal(t, u1, email)
	for _, text := range []string{
		"delete from b", "drop table b", "set statement_timeout = 0", "reset all", "do $$ begin perform 1; end $$",
		"create table x (id int); create table y (id int)", "select pg_sleep(0)", "prepare p as select 1", "execute p", "begin", "rollback",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	require.False(t, f.exists("b"))
	require.True(t, f.exists("y"))
	_, err := f.governed.Exec("selec 1")
	require.ErrorContains(t, err, "42601", "the server's own error")
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, "DM01", list[1].Reasons[0].Rule)
	require.False(t, list[1].Reasons[0].Applied)
	f.records.mu.Lock()
	f.records.fail = sql.ErrConnDone
	f.records.mu.Unlock()
	_, err = f.governed.Exec("select 1")
	require.NoError(t, err, "a dead recorder stops nothing")
}
