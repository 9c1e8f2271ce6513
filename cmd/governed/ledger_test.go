package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

// kept is a ledger with a little of everything.
func kept(t *testing.T) (dir string) {
	t.Helper()
	dsn := pgtest.New(t, "create table customers (id int primary key, email text)", "insert into customers values (1, 'ada@example.org')")
	dir = filepath.Join(t.TempDir(), "log")
	db, err := sql.Open("governed-postgres", dsn+"&governed.clear=customers.email&governed.ledger="+dir)
	require.NoError(t, err)
	ctx := lineage.WithCaller(context.Background(), lineage.Agent("bot", lineage.Human("ada")))
	ctx = lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "train", RunID: "r1", Model: "churn@7"})
	var email string
	require.NoError(t, db.QueryRowContext(ctx, "select email from customers where id = $1", 1).Scan(&email))
	_, err = db.ExecContext(ctx, "delete from customers")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.NoError(t, db.Close())
	return dir
}

// exits runs a command line and gives what it printed.
func exits(t *testing.T, code int, args ...string) string {
	t.Helper()
	out := run(args)
	require.Contains(t, out, "-- exit "+string(rune('0'+code))+" --", out)
	return out
}

func TestAudit(t *testing.T) {
	t.Parallel()
	dir := kept(t)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"-connections"}, []string{"connect; to postgres://", "start; ", "stop"}},
		{[]string{"-caller", "ada"}, []string{"agent bot for ada", "SELECT", "DELETE"}},
		{[]string{"-agent", "bot", "-decision", "deny"}, []string{"denied", "deny by DM01"}},
		{[]string{"-dataset", "customers", "-since", "1h"}, []string{"reads public.customers; 1 row"}},
		{[]string{"-column", "customers.email", "-cleared"}, []string{"in clear email:public.customers.email:email:", "1 cell"}},
		{[]string{"-model", "churn@7", "-command", "select"}, []string{"model churn@7  job ml/train  run r1"}},
		{[]string{"-csv"}, []string{"record,time,event", ",agent,ada,bot,false,"}},
		{[]string{"-json", "-limit", "1"}, []string{`"status":"denied"`}},
	} {
		out := exits(t, 0, append([]string{"audit", "-ledger", dir}, c.args...)...)
		for _, want := range c.want {
			require.Contains(t, out, want)
		}
		require.NotContains(t, out, "example.org")
	}
	exits(t, 1, "audit", "-ledger", dir, "-caller", "nobody")
	exits(t, 1, "audit", "-ledger", dir, "-unknown")
	exits(t, 2, "audit", "-ledger", t.TempDir())
	exits(t, 2, "audit", "-ledger", dir, "-since", "yesterday")
}

// A cell of a spreadsheet is no formula, whatever a caller calls itself.
func TestAuditSheetHoldsNoFormula(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	db, err := sql.Open("governed-postgres", pgtest.New(t)+"&governed.ledger="+dir)
	require.NoError(t, err)
	ctx := lineage.WithCaller(context.Background(), lineage.Human(`=HYPERLINK("x")`))
	_, err = db.ExecContext(ctx, "select 1")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Contains(t, exits(t, 0, "audit", "-ledger", dir, "-csv"), `'=HYPERLINK`)
}

func TestVerifyAndProve(t *testing.T) {
	t.Parallel()
	dir := kept(t)
	key := filepath.Join(dir, "ledger.pub")
	out := exits(t, 0, "verify", "-ledger", dir)
	require.Contains(t, out, "intact")
	require.Contains(t, out, "held against 1 checkpoint")
	require.Contains(t, exits(t, 0, "verify", "-ledger", dir, "-key", key), "the one that was given")
	line, err := os.ReadFile(key)
	require.NoError(t, err)
	exits(t, 0, "verify", "-ledger", dir, "-key", strings.TrimSpace(string(line)), "-checkpoint", dir+".checkpoint")

	proof := filepath.Join(t.TempDir(), "r.tlog-proof")
	body, _, _ := strings.Cut(strings.SplitN(exits(t, 0, "prove", "-ledger", dir, "3"), "\n", 2)[1], "-- exit")
	require.NoError(t, os.WriteFile(proof, []byte(body), 0o600))
	require.Contains(t, exits(t, 0, "verify", "-proof", proof, "-key", key), "record 3 stands in")
	exits(t, 2, "verify", "-proof", proof)
	require.NoError(t, os.WriteFile(proof, []byte(strings.Replace(body, "index 3", "index 2", 1)), 0o600))
	require.Contains(t, exits(t, 1, "verify", "-proof", proof, "-key", key), "NOT INTACT")

	goesOn := filepath.Join(t.TempDir(), "goes-on.proof")
	body, _, _ = strings.Cut(strings.SplitN(exits(t, 0, "prove", "-ledger", dir, "-since", dir+".checkpoint"), "\n", 2)[1], "-- exit")
	require.NoError(t, os.WriteFile(goesOn, []byte(body), 0o600))
	exits(t, 0, "verify", "-consistency", goesOn, "-since", dir+".checkpoint", "-key", key)

	name := filepath.Join(dir, "00000000000000000000.ndjson")
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	whole[len(whole)/2] ^= 1
	require.NoError(t, os.WriteFile(name, whole, 0o600))
	require.Contains(t, exits(t, 1, "verify", "-ledger", dir), "00000000000000000000.ndjson, line")
	exits(t, 2, "verify", "-ledger", t.TempDir())
	exits(t, 2, "verify", "-ledger", dir, "-key", "nonsense")
	exits(t, 2, "verify", "-ledger", dir, "-checkpoint", name+"x")
	exits(t, 2, "verify")
	exits(t, 2, "prove", "-ledger", dir, "many")
}

func TestForgetCommand(t *testing.T) {
	t.Parallel()
	dir := kept(t)
	exits(t, 2, "forget", "-ledger", dir, "-subject", "ada")
	require.Contains(t, exits(t, 0, "forget", "-ledger", dir, "-before", "2020-01"), "no key")
	exits(t, 2, "forget", "-ledger", filepath.Join(t.TempDir(), "none"), "-before", "2020-01")
	exits(t, 0, "verify", "-ledger", dir)
}
