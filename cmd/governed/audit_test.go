package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// recorded opens a database whose statements stand in a ledger.
func recorded(t *testing.T, dir, options string, schema ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver.Name, pgtest.New(t, schema...)+"&governed.ledger="+dir+options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// statuses are the commands of a log and how they ended, as audit tells them.
func statuses(t *testing.T, dir string, args ...string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(printed(t, append([]string{"audit", "-ledger", dir, "-csv"}, args...)...))).ReadAll()
	require.NoError(t, err)
	var out []string
	for _, row := range rows[1:] {
		out = append(out, row[10]+" "+row[3])
	}
	return strings.Join(out, ", ")
}

// printed is what a command prints that does what it is asked for.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	require.Equal(t, ok, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), args), errs.String())
	return out.String()
}

// A real server: what audit calls ok took effect, and what it calls rolled back did not.
func TestAuditTellsWhatTookEffect(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	db := recorded(t, dir, "", "create table t (id int primary key, of int references t deferrable initially deferred)")
	ctx := context.Background()
	inTx := func(end func(*sql.Tx) error, texts ...string) {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		for _, text := range texts {
			_, _ = tx.ExecContext(ctx, text)
		}
		_ = end(tx)
	}
	inTx((*sql.Tx).Commit, "insert into t values (1)")
	inTx((*sql.Tx).Rollback, "insert into t values (2)", "create table u (a int)")
	inTx((*sql.Tx).Commit, "insert into t values (3, 99)")                         // the constraint is checked at the end
	inTx((*sql.Tx).Commit, "insert into t values (4)", "insert into t values (4)") // the second fails
	inTx((*sql.Tx).Commit, "insert into t values (5)", "savepoint s", "update t set of = 1 where id = 5", "rollback to savepoint s")
	conn, err := db.Conn(ctx)
	require.NoError(t, err)
	for _, text := range []string{"begin", "insert into t values (6)", "commit", "begin", "delete from t where id = 1", "rollback", "begin", "insert into t values (7)"} {
		_, err := conn.ExecContext(ctx, text)
		require.NoError(t, err, text)
	}
	require.NoError(t, conn.Close())
	var there []int
	rows, err := db.QueryContext(ctx, "select id from t order by id")
	require.NoError(t, err)
	for rows.Next() {
		var id int
		require.NoError(t, rows.Scan(&id))
		there = append(there, id)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []int{1, 5, 6}, there)
	require.NoError(t, db.Close())
	require.Equal(t, strings.Join([]string{
		"INSERT ok", "INSERT rolled_back", "INSERT rolled_back", "INSERT rolled_back", "INSERT failed", "INSERT ok", "INSERT ok", "INSERT rolled_back",
	}, ", "), statuses(t, dir, "-command", "insert"))
	require.Equal(t, "UPDATE rolled_back", statuses(t, dir, "-command", "update"))
	require.Equal(t, "DELETE rolled_back", statuses(t, dir, "-command", "delete"))
	require.Equal(t, "CREATE TABLE rolled_back", statuses(t, dir, "-dataset", "u", "-writes"))
	require.Contains(t, statuses(t, dir, "-command", "commit"), "COMMIT failed")
	require.Equal(t, "INSERT rolled_back", statuses(t, dir, "-command", "insert", "-limit", "1"))
	out := exits(t, 0, "audit", "-ledger", dir, "-command", "update")
	require.Contains(t, out, "rolled_back  anonymous  UPDATE; writes public.t")
	require.Contains(t, out, "what it changed was undone")
	out = exits(t, 0, "audit", "-ledger", dir, "-connections")
	for _, want := range []string{"  begin\n", "  rollback\n", "policy; in force: the built-in rules", "connection 2", "process  start; "} {
		require.Contains(t, out, want)
	}
}

// What was sent unrecorded is told whatever is asked for.
func TestAuditTellsGaps(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	l, err := ledger.Open(ledger.Config{Dir: dir, FailOpen: true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // a context that has ended keeps an intent from being waited for
		_, err = l.Begin(ctx, &lineage.Record{Event: lineage.StatementEvent, Start: time.Now(), Index: -1, Decision: lineage.Allow, Command: "DELETE"})
		require.NoError(t, err)
	}
	_, err = l.ForgetBefore("2020-01")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	for _, args := range [][]string{{"-caller", "nobody"}, {"-connections"}, {"-unknown", "-dataset", "x"}} {
		out := run(append([]string{"audit", "-ledger", dir}, args...))
		require.Contains(t, out, "sent, or refused, not in the log", "%q", args)
	}
	exits(t, 1, "audit", "-ledger", dir, "-caller", "nobody")
	require.NotContains(t, run([]string{"audit", "-ledger", dir, "-until", "2020-01-01"}), "not in the log")
	require.Contains(t, printed(t, "audit", "-ledger", dir, "-connections", "-csv"), "sent, or refused, not in the log")
}

// No name that anybody chose commands a terminal, in any of the forms.
func TestAuditIsNotCommanded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	db := recorded(t, dir, "", `create table "a`+"\u009b\u202e\x1b[2J\n"+`b" (id int, "c`+"\x1b\u2066"+`" int)`)
	ctx := lineage.WithCaller(context.Background(), lineage.Agent(hostile, lineage.Human(hostile+"2")))
	ctx = lineage.WithPurpose(lineage.WithJob(ctx, lineage.Job{Namespace: hostile, Name: hostile, RunID: hostile, Model: hostile}), hostile)
	for _, text := range []string{
		`select * from "a` + "\u009b\u202e\x1b[2J\n" + `b"`, `delete from "a` + "\u009b\u202e\x1b[2J\n" + `b"`, "select 1 as \"x\x1b\u009b\"",
		`create table "` + "d\x1b\u009b\u202e" + `" (a int)`,
	} {
		_, _ = db.ExecContext(ctx, text)
	}
	require.NoError(t, db.Close())
	for _, form := range [][]string{nil, {"-json"}, {"-csv"}, {"-connections"}} {
		out := run(append([]string{"audit", "-ledger", dir}, form...))
		noCommands(t, out)
		require.Contains(t, out, "exit 0")
		if form == nil {
			require.Contains(t, out, `agent a\x1b[2Jb\u009b31mc`)
		}
	}
	key := filepath.Join(dir, "ledger.pub")
	for i := range 8 {
		name := filepath.Join(t.TempDir(), "p")
		require.NoError(t, os.WriteFile(name, []byte(printed(t, "prove", "-ledger", dir, fmt.Sprint(i))), 0o600))
		noCommands(t, exits(t, 0, "verify", "-proof", name, "-key", key))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x\x1b[2J\u202e"), nil, 0o600))
	out := exits(t, 1, "verify", "-ledger", dir)
	noCommands(t, out)
	require.Contains(t, out, `x\x1b[2J\u202e`)
	for _, args := range [][]string{
		{"audit", "-ledger", hostile},
		{"verify", "-ledger", hostile},
		{"verify", "-ledger", dir, "-key", hostile},
		{"prove", "-ledger", dir, hostile},
		{"audit", "-ledger", dir, "-since", hostile},
		{"verify", hostile},
		{"forget", "-ledger", hostile, "-before", "2020-01"},
		{"audit", "-" + hostile},
		{hostile},
		{"policy", "test", hostile},
		{"policy", "lint", hostile},
		{"report", hostile},
		{"rules", hostile},
		{"explain", "-as", hostile, "select 1"},
		{"explain", "select \"" + strings.ReplaceAll(hostile, "\x1b", "\x1b") + "\" from t"},
		{"explain", "-json", "select 1 as \"" + hostile + "\""},
		{"explain", "-dsn", hostile, "select 1"},
	} {
		_, out, _ := strings.Cut(run(args), "$ governed")
		noCommands(t, strings.ReplaceAll(out, hostile, ""))
	}
}

func TestAuditOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, form := range [][]string{nil, {"-json"}, {"-csv"}} {
		var out, errs bytes.Buffer
		args := append([]string{"audit", "-ledger", filepath.Join(t.TempDir(), "none")}, form...)
		require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), args))
		require.Empty(t, out.String())
		require.Contains(t, errs.String(), "none")
	}
}

// A caller whose key is not at hand is no anonymous one.
func TestAuditSheetOfSealedCallers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	l, err := ledger.Open(ledger.Config{Dir: dir, Seal: true})
	require.NoError(t, err)
	_, err = l.Begin(context.Background(), &lineage.Record{
		Event: lineage.StatementEvent, Start: time.Now(), Index: -1, Decision: lineage.Deny, Command: "SELECT", Caller: lineage.Human("ada"),
	})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.Contains(t, printed(t, "audit", "-ledger", dir, "-csv"), ",human,ada,")
	require.NoError(t, os.Rename(dir+".keyring", dir+".away"))
	out := printed(t, "audit", "-ledger", dir, "-csv")
	require.Regexp(t, `,sealed,[0-9a-f]{16},`, out)
	require.NotContains(t, out, "anonymous")
}

// The files beside a ledger are found by whatever name its directory goes.
func TestBesideALedger(t *testing.T) {
	dir := kept(t)
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	t.Chdir(dir)
	for _, where := range []string{".", "./", dir + "/", dir + "/.", "../log", "../log//", link, link + "/", link + "/."} {
		require.Contains(t, exits(t, 0, "verify", "-ledger", where), "held against 1 checkpoint", where)
		require.NotEmpty(t, beside(where, ".keyring"), where)
		exits(t, 0, "forget", "-ledger", where, "-before", "2020-01")
	}
	for _, where := range []string{"postgres://h/d", filepath.Join(t.TempDir(), "none")} {
		require.Empty(t, beside(where, ".keyring"))
	}
	_, err := os.Stat(link + ".key")
	require.ErrorIs(t, err, os.ErrNotExist, "no second key is made")
}

// Only an address is one: a directory may be called as it begins.
func TestADirectoryIsNoDatabase(t *testing.T) {
	dir := kept(t)
	t.Chdir(filepath.Dir(dir))
	for _, name := range []string{"postgres-audit", "postgresql", "postgres:", "postgres"} {
		for _, ending := range []string{"", ".key", ".keyring", ".checkpoint"} {
			require.NoError(t, os.Rename(dir+ending, filepath.Join(filepath.Dir(dir), name+ending)))
		}
		dir = filepath.Join(filepath.Dir(dir), name)
		require.Contains(t, exits(t, 0, "forget", "-ledger", name, "-before", "2020-01"), "no key")
		exits(t, 0, "verify", "-ledger", name)
		exits(t, 0, "audit", "-ledger", name)
	}
}

// The exit code says whether a log does not hold, or could not be looked at.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	tampered := &ledger.TamperError{File: "f", Line: 2, Index: 3, Reason: "r"}
	for _, c := range []struct {
		err  error
		code int
	}{
		{tampered, no},
		{fmt.Errorf("opening: %w", tampered), no},
		{errors.Join(errors.New("x"), tampered), no},
		{ledger.ErrRolledBack, no},
		{fmt.Errorf("%w: file", ledger.ErrRolledBack), no},
		{ledger.ErrLocked, failed},
		{ledger.ErrNoKey, failed},
		{&ledger.UnavailableError{Err: tampered}, no},
		{&ledger.UnavailableError{Err: errors.New("x")}, failed},
		{os.ErrNotExist, failed},
		{os.ErrPermission, failed},
		{context.DeadlineExceeded, failed},
		{errors.New("anything"), failed},
	} {
		var out, errs bytes.Buffer
		term := &terminal{out: &out, err: &errs, path: "governed"}
		require.Equal(t, c.code, term.verdict(c.err), c.err)
		require.Equal(t, c.code == no, strings.Contains(out.String(), "NOT INTACT"), c.err)
		require.Equal(t, c.code == failed, errs.Len() > 0, c.err)
	}
}
