package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the server under test
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/policyfile"
	"github.com/governedsql/governed/internal/pgtest"
)

// scanSchema is a database of which some columns say by their names what they hold, some by labels, some by values alone.
var scanSchema = []string{
	"create table customers (id bigint primary key, name text, email text, contact_info text, reference text, remark text, doc jsonb, plain text, born date)",
	`insert into customers select i, 'Person ' || i, 'p' || i || '@secret-domain.org', 'q' || i || '@secret-domain.org', '+44 20 7946 0' || 100 + i, case when i % 3 = 0
		then 'call r' || i || '@secret-domain.org please' else 'fine' end, json_build_object('k', 's' || i || '@secret-domain.org'), 'word ' || i, '1990-01-01' from generate_series(1, 60) i`,
	"create table events (id bigint, email text, ref text, ip inet, host inet, note text) partition by range (id)",
	"create table events_1 partition of events for values from (0) to (1000)",
	"insert into events select i, 'sent', 'ref', '10.0.0.1', '10.0.0.1', null from generate_series(1, 40) i",
	"comment on column events.ref is 'the order [governed: account]'",
	"create table big (id bigint, contact text)",
	"insert into big select i, 'b' || i || '@secret-domain.org' from generate_series(1, 60000) i", "analyze big",
	"create schema other", `create table other."Odd Table" ("E mail" text, x text)`, `insert into other."Odd Table" select 'a' || i || '@secret-domain.org', 'b' || i || '@secret-domain.org' from generate_series(1, 9) i`,
	"create view seen as select email from customers",
}

func TestScan(t *testing.T) {
	dsn := pgtest.New(t, scanSchema...)
	with := func(args ...string) string {
		out := strings.ReplaceAll(run(append([]string{"scan", "-dsn", dsn}, args...)), dsn, "DSN")
		require.NotContains(t, out, "secret-domain", "no value is printed")
		require.NotContains(t, out, "7946")
		return out
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"scan", nil},
		{"table", []string{"-table", "cust*"}},
		{"json", []string{"-json", "-schema", "other"}},
		{"policy", []string{"-policy"}},
		{"names", []string{"-sample", "0", "-table", "public.customers"}},
		{"write", []string{"-write"}},
		{"again", []string{"-write"}},
	} {
		file, got := filepath.Join("testdata", "scan", c.name+".golden"), with(c.args...)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), got, c.name)
	}
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	var comment string
	require.NoError(t, db.QueryRow("select col_description('customers'::regclass, 4)").Scan(&comment))
	require.Equal(t, "[governed: email]", comment)
	require.NoError(t, db.QueryRow("select col_description('events'::regclass, 3)").Scan(&comment))
	require.Equal(t, "the order [governed: account]", comment)
}

// Explain says where a class comes from that no name tells.
func TestExplainByValues(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, scanSchema...)
	out := run([]string{"explain", "-dsn", dsn, "select id, contact from big"})
	require.Contains(t, out, "(email of public.big.contact; values: 34 of 34 in the server's statistics)")
	require.Contains(t, run([]string{"explain", "-json", "-dsn", dsn, "select id, contact from big"}), `"evidence"`)
	require.NotContains(t, run([]string{"explain", "-dsn", dsn, "select email from customers"}), "values:")
}

// What -policy prints is a policy, and tells the driver what the values told the scan.
func TestScanPolicy(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, scanSchema...)
	var out, errs bytes.Buffer
	require.Equal(t, ok, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), []string{"scan", "-dsn", dsn, "-policy"}))
	require.Empty(t, errs.String())
	f, err := policyfile.Parse("policy.yaml", []byte("version: 1\n"+out.String()))
	require.NoError(t, err, out.String())
	_, err = f.Policy(guard.Config{})
	require.NoError(t, err)
	require.Contains(t, out.String(), "'contact_info': pii.email")
}

// A role without rights learns that, and nothing is written.
func TestScanWithoutRights(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, "create table mine (id int, contact text)", "insert into mine select i, 'a' || i || '@secret-domain.org' from generate_series(1, 9) i",
		"create table hidden (id int, email text)")
	reader := pgtest.Role(t, dsn, "reader")
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("revoke all on hidden from public, " + strings.SplitN(strings.TrimPrefix(reader, "postgres://"), "@", 2)[0])
	require.NoError(t, err)
	out := run([]string{"scan", "-dsn", reader, "-write"})
	require.Contains(t, out, "not looked at: no right to")
	require.Contains(t, out, "not written: no right to")
	require.Contains(t, out, "-- exit 1 --")
	var n int
	require.NoError(t, db.QueryRow("select count(*) from pg_description where objoid = 'mine'::regclass").Scan(&n))
	require.Zero(t, n)
}

func TestScanErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "want -dsn"},
		{[]string{"-dsn", "postgres://u:hunter2@[bad", "x"}, "nothing behind"},
		{[]string{"-dsn", "postgres://u:hunter2@[bad"}, "no list of key=value"},
		{[]string{"-dsn", "postgres://u:hunter2@/d?host=/no/such"}, "failed to connect"},
		{[]string{"-dsn", "host=/no/such password=hunter2 user=u"}, "failed to connect"},
		{[]string{"-dsn", "x", "-sample", "-1"}, "-sample"},
		{[]string{"-dsn", "x", "-table", "[a"}, "-table"},
		{[]string{"-dsn", "x", "-policy", "-json"}, "-policy goes"},
	} {
		var out, errs bytes.Buffer
		require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), append([]string{"scan"}, c.args...)), c.want)
		require.Contains(t, errs.String(), c.want)
		require.NotContains(t, out.String()+errs.String(), "hunter2")
	}
	var list []map[string]any
	dsn := pgtest.New(t)
	var out, errs bytes.Buffer
	require.Equal(t, ok, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), []string{"scan", "-json", "-dsn", dsn + "&governed.profile=strict"}))
	require.NoError(t, json.Unmarshal(out.Bytes(), &list), "an empty database is an empty list")
}
