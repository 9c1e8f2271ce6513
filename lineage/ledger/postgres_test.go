package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage/ledger"
)

// Several processes write one log in a database.
func TestDatabaseOfMany(t *testing.T) {
	dsn, key := pgtest.New(t), filepath.Join(t.TempDir(), "audit.key")
	var all sync.WaitGroup
	for range 4 {
		l := open(t, ledger.Config{Database: dsn, KeyFile: key})
		for range 4 {
			all.Go(func() {
				for i := range 20 {
					run(t, l, statement(fmt.Sprintf("select %d", i)))
				}
			})
		}
		t.Cleanup(func() { require.NoError(t, l.Close()) })
	}
	all.Wait()
	late := open(t, ledger.Config{Database: dsn, KeyFile: key})
	require.NoError(t, late.Close())
	r := verify(t, dsn, ledger.VerifyConfig{})
	require.EqualValues(t, 320, r.Events[ledger.Intent])
	require.Len(t, r.Starts, 5)
	n := 0
	require.NoError(t, ledger.Query(context.Background(), dsn, ledger.Filter{Caller: "ada"}, func(*ledger.Story) error { n++; return nil }))
	require.Equal(t, 320, n)
	proof, err := ledger.ProveRecord(context.Background(), dsn, 100)
	require.NoError(t, err)
	keys := databaseKeys(t, dsn)
	_, err = ledger.CheckProof(proof, keys)
	require.NoError(t, err)
}

func databaseKeys(t *testing.T, dsn string) ledger.Keys {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	var line string
	require.NoError(t, db.QueryRow("select line from governed_ledger.keys").Scan(&line))
	keys, err := ledger.ParseKeys(line)
	require.NoError(t, err)
	return keys
}

// Whatever is changed in the tables is found.
func TestDatabaseTampered(t *testing.T) {
	dsn, key := pgtest.New(t), filepath.Join(t.TempDir(), "audit.key")
	l := open(t, ledger.Config{Database: dsn, KeyFile: key})
	for range 5 {
		run(t, l, statement("select 1"))
	}
	require.NoError(t, l.Close())
	verify(t, dsn, ledger.VerifyConfig{})
	published, err := os.ReadFile(filepath.Join(filepath.Dir(key), "audit.checkpoint"))
	require.NoError(t, err)
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, change := range []string{
		"update governed_ledger.records set line = replace(line, 'ada', 'bob') where index = 2",
		"delete from governed_ledger.records where index = 3",
		"delete from governed_ledger.records where index = 0",
		"update governed_ledger.records a set line = b.line from governed_ledger.records b where a.index in (3, 4) and b.index = 7 - a.index",
		"insert into governed_ledger.records select index + 100, line from governed_ledger.records where index = 3",
		"insert into governed_ledger.records values (-1, 'x')",
		"delete from governed_ledger.checkpoints where size = (select min(size) from governed_ledger.checkpoints)",
		"update governed_ledger.checkpoints set signed = replace(signed, '+', '/') || 'x' where size = 1",
		"update governed_ledger.checkpoints set at = '2020-01-01T00:00:00.000000000Z' where size = 1",
		"update governed_ledger.checkpoints set edge = edge || ' ' where size = 1",
		"insert into governed_ledger.checkpoints select size + 100, edge, at, signed from governed_ledger.checkpoints where size = 1",
		"update governed_ledger.keys set line = upper(line)",
	} {
		_, err := db.Exec("begin; create temp table r as table governed_ledger.records; create temp table c as table governed_ledger.checkpoints; create temp table k as table governed_ledger.keys; commit")
		require.NoError(t, err, change)
		changed, err := db.Exec(change)
		require.NoError(t, err, change)
		n, err := changed.RowsAffected()
		require.NoError(t, err)
		require.Positive(t, n, change)
		_, err = ledger.Verify(context.Background(), dsn, ledger.VerifyConfig{})
		var tampered *ledger.TamperError
		require.ErrorAs(t, err, &tampered, change)
		_, err = db.Exec(`truncate governed_ledger.records, governed_ledger.checkpoints, governed_ledger.keys;
			insert into governed_ledger.records table r; insert into governed_ledger.checkpoints table c; insert into governed_ledger.keys table k;
			drop table r; drop table c; drop table k`)
		require.NoError(t, err)
		verify(t, dsn, ledger.VerifyConfig{})
	}
	// The newest group cut off: the tree cannot show it, a checkpoint does.
	_, err = db.Exec("delete from governed_ledger.records where index >= (select max(size) from governed_ledger.checkpoints where size < (select max(size) from governed_ledger.checkpoints)); delete from governed_ledger.checkpoints where size = (select max(size) from governed_ledger.checkpoints)")
	require.NoError(t, err)
	verify(t, dsn, ledger.VerifyConfig{})
	_, err = ledger.Verify(context.Background(), dsn, ledger.VerifyConfig{Checkpoints: [][]byte{published}})
	require.ErrorContains(t, err, "TRUNCATED")
	_, err = ledger.Open(ledger.Config{Database: dsn, KeyFile: key})
	require.ErrorIs(t, err, ledger.ErrRolledBack)
}

// A process that wrote sees that the log lost what it wrote.
func TestDatabaseRolledBack(t *testing.T) {
	dsn, key := pgtest.New(t), filepath.Join(t.TempDir(), "audit.key")
	l := open(t, ledger.Config{Database: dsn, KeyFile: key})
	run(t, l, statement("select 1"))
	run(t, l, statement("select 2"))
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool { // outcomes are written behind: what comes after the removal would hide it until the next look
		var records int
		return db.QueryRow("select count(*) from governed_ledger.records").Scan(&records) == nil && records == 5
	}, 10*time.Second, time.Millisecond)
	_, err = db.Exec("delete from governed_ledger.records where index > 0; delete from governed_ledger.checkpoints where size > 1")
	require.NoError(t, err)
	_, err = l.Begin(context.Background(), statement("select 3"))
	var unavailable *ledger.UnavailableError
	require.ErrorAs(t, err, &unavailable)
	require.ErrorIs(t, err, ledger.ErrRolledBack)
}

// A connection that is lost is made again; the statement meanwhile is refused, and nothing is written twice.
func TestDatabaseConnectionLost(t *testing.T) {
	dsn, key := pgtest.New(t), filepath.Join(t.TempDir(), "audit.key")
	l := open(t, ledger.Config{Database: dsn, KeyFile: key})
	run(t, l, statement("select 1"))
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	for range 5 {
		_, err = db.Exec("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'governed ledger'")
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			ctx, err := l.Begin(context.Background(), statement("select 2"))
			_ = ctx
			return err == nil
		}, 10e9, 1e6)
	}
	require.NoError(t, l.Close())
	verify(t, dsn, ledger.VerifyConfig{})
}
