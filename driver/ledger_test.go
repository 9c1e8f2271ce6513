package driver_test

import (
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// stories gives what a log tells, statements first.
func stories(t testing.TB, dir string, f ledger.Filter) []ledger.Story {
	t.Helper()
	var out []ledger.Story
	require.NoError(t, ledger.Query(context.Background(), dir, f, func(s *ledger.Story) error {
		out = append(out, *s)
		return nil
	}))
	return out
}

func verifyLedger(t testing.TB, dir string) *ledger.Report {
	t.Helper()
	r, err := ledger.Verify(context.Background(), dir, ledger.VerifyConfig{})
	require.NoError(t, err)
	return r
}

func TestLedgerTellsWhatHappened(t *testing.T) {
	dsn := pgtest.New(t)
	plain := open(t, "pgx", dsn)
	exec(t, plain, `create table customers (id int primary key, email text, city text)`)
	exec(t, plain, `insert into customers values (1, 'ada@example.org', 'Graz')`)
	dir := filepath.Join(t.TempDir(), "log")
	db, err := sql.Open(driver.Name, dsn+"&governed.ledger="+dir)
	require.NoError(t, err)
	ctx := lineage.WithCaller(context.Background(), lineage.Agent("bot", lineage.Human("ada")))
	ctx = lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "train", RunID: "r1", Model: "churn@7"})

	var id int
	var email string
	require.NoError(t, db.QueryRowContext(ctx, "select id, email from customers where city = $1", "Graz").Scan(&id, &email))
	require.NotContains(t, email, "ada")
	_, err = db.ExecContext(ctx, "delete from customers")
	require.ErrorIs(t, err, guard.ErrDenied)
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "update customers set city = 'Linz' where id = $1", 1)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	_, err = db.ExecContext(ctx, "insert into customers values (1, 'dup', 'x')")
	require.Error(t, err)
	require.NoError(t, db.Close())

	report := verifyLedger(t, dir)
	require.Empty(t, report.Unknown)
	require.False(t, report.Open)
	all := stories(t, dir, ledger.Filter{Caller: "ada"})
	var seen []string
	for _, s := range all {
		seen = append(seen, s.Command+" "+s.Decision+" "+s.Status())
	}
	require.Equal(t, []string{"SELECT allow ok", "DELETE deny denied", "UPDATE allow ok", "COMMIT allow ok", "INSERT warn failed"}, seen)
	read := all[0]
	require.Equal(t, []string{"public.customers"}, read.Reads)
	require.Contains(t, read.Columns, "public.customers.email")
	require.Equal(t, "churn@7", read.Job.Model)
	require.Equal(t, []string{"bot"}, read.Who.Actors)
	require.EqualValues(t, 1, read.Outcome.Rows)
	require.Positive(t, read.Outcome.Bytes)
	require.Len(t, read.Outcome.Masked, 1)
	require.Len(t, read.Args, 1)
	require.True(t, strings.HasPrefix(read.Args[0], "string:"))
	require.Equal(t, "23505", all[4].Outcome.SQLState)
	require.NotEmpty(t, stories(t, dir, ledger.Filter{Connections: true}))
	require.Len(t, stories(t, dir, ledger.Filter{Dataset: "customers", Writes: true}), 3)
	require.Len(t, stories(t, dir, ledger.Filter{Model: "churn@7", Column: "customers.email", Decision: "allow", Command: "SELECT"}), 1)
	noValues(t, dir, "Graz", "Linz", "ada@example.org", "dup")
}

// noValues fails where a file of a log, or beside it, holds a value.
func noValues(t testing.TB, dir string, values ...string) {
	t.Helper()
	files, err := filepath.Glob(dir + "*")
	require.NoError(t, err)
	inner, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for _, name := range append(files, inner...) {
		if info, err := os.Stat(name); err != nil || info.IsDir() {
			continue
		}
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, v := range values {
			require.NotContains(t, string(b), v, name)
		}
	}
}

func TestLedgerThatCannotBeOpened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	held, err := ledger.Open(ledger.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { _ = held.Close() })
	_, err = sql.Open(driver.Name, "postgres://h/d?governed.ledger="+dir)
	require.ErrorIs(t, err, ledger.ErrLocked)
	_, err = driver.NewConnector("postgres://h/d?governed.ledger="+dir, &driver.Config{Ledger: held})
	require.ErrorContains(t, err, "one of the two")
}

// connectors of one process with one directory write one log.
func TestLedgerIsShared(t *testing.T) {
	dsn := pgtest.New(t)
	dir := filepath.Join(t.TempDir(), "log")
	first, err := sql.Open(driver.Name, dsn+"&governed.ledger="+dir)
	require.NoError(t, err)
	second, err := sql.Open(driver.Name, dsn+"&governed.ledger="+dir+"&governed.profile=strict")
	require.NoError(t, err)
	exec(t, first, "select 1")
	rows, err := first.Query("select 2")
	require.NoError(t, err)
	require.NoError(t, first.Close())
	_, err = second.Exec("select 3")
	require.ErrorIs(t, err, guard.ErrDenied, "anonymous")
	require.NoError(t, second.Close())
	require.True(t, rows.Next(), "rows outlive the database handle")
	require.NoError(t, rows.Close())

	report := verifyLedger(t, dir)
	require.False(t, report.Open, "the last connection has closed it")
	require.Empty(t, report.Unknown)
	require.Len(t, report.Starts, 1)
	require.Len(t, stories(t, dir, ledger.Filter{}), 3)
}

// what cannot be written down is not sent, in every profile but observe.
func TestDeadLedgerRefuses(t *testing.T) {
	dsn := pgtest.New(t)
	plain := open(t, "pgx", dsn)
	exec(t, plain, "create table t (id int)")
	for _, profile := range []driver.Profile{driver.Standard, driver.Migration, driver.Observe} {
		dir := filepath.Join(t.TempDir(), "log")
		l, err := ledger.Open(ledger.Config{Dir: dir})
		require.NoError(t, err)
		connector, err := driver.NewConnector(dsn, &driver.Config{Profile: profile, Ledger: l})
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		t.Cleanup(func() { _ = db.Close() })
		exec(t, db, "select 1")
		require.NoError(t, l.Close())
		_, err = db.Exec("insert into t values ($1)", int(profile))
		var n int
		require.NoError(t, plain.QueryRow("select count(*) from t where id = $1", int(profile)).Scan(&n))
		if profile == driver.Observe {
			require.NoError(t, err)
			require.Equal(t, 1, n)
			continue
		}
		var unavailable *ledger.UnavailableError
		require.ErrorAs(t, err, &unavailable)
		require.Zero(t, n, "%v: it ran", profile)
	}
}

func TestLedgerOfAScript(t *testing.T) {
	dsn := pgtest.New(t)
	dir := filepath.Join(t.TempDir(), "log")
	db, err := sql.Open(driver.Name, dsn+"&governed.profile=migration&governed.ledger="+dir)
	require.NoError(t, err)
	exec(t, db, "create table a (x int); create table b (y int); insert into b select x from a")
	require.NoError(t, db.Close())
	list := stories(t, dir, ledger.Filter{Dataset: "b"})
	require.Len(t, list, 1)
	require.True(t, slices.Contains(list[0].Writes, "public.b") && slices.Contains(list[0].Reads, "public.a"))
	require.Equal(t, []string{"public.b.y<-public.a.x"}, list[0].Flow)
}

func exec(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	_, err := db.Exec(text)
	require.NoError(t, err)
}

// A handle that is closed while a connection of it is still being made leaves the log to the others.
func TestLedgerOutlivesSlowConnect(t *testing.T) {
	dsn, dir := pgtest.New(t), filepath.Join(t.TempDir(), "log")
	px, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	dialing, dial := make(chan struct{}), make(chan struct{})
	plain := px.DialFunc
	px.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		close(dialing)
		<-dial
		return plain(ctx, network, addr)
	}
	px.RuntimeParams["governed.ledger"] = dir
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), nil)
	require.NoError(t, err)
	slow := sql.OpenDB(connector)
	done := make(chan error)
	go func() {
		_, err := slow.Exec("select 1")
		done <- err
	}()
	<-dialing
	require.NoError(t, slow.Close())
	second, err := sql.Open(driver.Name, dsn+"&governed.ledger="+dir)
	require.NoError(t, err)
	exec(t, second, "select 2")
	close(dial)
	<-done
	third, err := sql.Open(driver.Name, dsn+"&governed.ledger="+dir)
	require.NoError(t, err)
	exec(t, third, "select 3")
	require.NoError(t, second.Close())
	require.NoError(t, third.Close())
	again, err := ledger.Open(ledger.Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, again.Close())
	require.Empty(t, verifyLedger(t, dir).Unknown)
}

// A connection that the driver opened by itself closes its ledger.
func TestLedgerOfOneConnection(t *testing.T) {
	dsn, dir := pgtest.New(t), filepath.Join(t.TempDir(), "log")
	db := open(t, driver.Name, dsn)
	conn, err := db.Driver().Open(dsn + "&governed.ledger=" + dir)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.False(t, verifyLedger(t, dir).Open)
}
