package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

var update = flag.Bool("update", false, "rewrite testdata")

// runs are the command lines of the golden files, by name.
var runs = map[string][]string{
	"help":          {"help"},
	"help-explain":  {"help", "explain"},
	"help-policy":   {"policy", "help"},
	"help-lint":     {"help", "policy", "lint"},
	"unknown":       {"explian"},
	"nothing":       {},
	"rules":         {"rules", "DM01"},
	"rules-none":    {"rules", "XX"},
	"rules-json":    {"rules", "-json", "DM09"},
	"explain":       {"explain", "SELECT c.email, c.id, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1, 2"},
	"explain-deny":  {"explain", "SELECT id\nFROM orders;\nDELETE FROM orders"},
	"explain-caret": {"explain", "WITH old AS (\n\tDELETE FROM orders RETURNING id\n) SELECT pg_read_file('/etc/passwd')"},
	"explain-star":  {"explain", "SELECT * FROM customers"},
	"explain-sql":   {"explain", "SELEC 1"},
	"explain-agent": {
		"explain", "-policy", "../../testdata/policies/shop.yaml", "-as", "agent bot for human ada",
		"SELECT email, ssn, id FROM customers WHERE id = $1", "17",
	},
	"explain-support": {
		"explain", "-policy", "../../testdata/policies/shop.yaml", "-caller", "ada", "-roles", "support", "-purpose", "support", "-time", "2026-03-02T10:00:00Z",
		"SELECT email, ssn, id FROM customers WHERE id = 17",
	},
	"explain-held": {
		"explain", "-policy", "../../testdata/policies/shop.yaml", "-approvals",
		"UPDATE orders SET refunded = true WHERE shop_id = 1 AND id = 17",
	},
	"explain-copy":  {"explain", "CREATE TABLE copied AS SELECT id, email AS contact, upper(phone) AS x FROM customers"},
	"explain-json":  {"explain", "-json", "-profile", "strict", "SELECT phone FROM customers WHERE id = 1"},
	"explain-flag":  {"explain", "-polcy", "x", "SELECT 1"},
	"explain-who":   {"explain", "-as", "the boss", "SELECT 1"},
	"report":        {"report", "testdata/observed"},
	"report-policy": {"report", "-policy", "testdata/observed"},
	"report-allow":  {"report", "-allow-list", "testdata/observed"},
	"report-clear":  {"report", "-clear", "-check", "testdata/observed"},
	"report-half":   {"report", "-clear", "testdata/half"},
	"report-none":   {"report", "testdata/no-such"},
	"policy-test":   {"policy", "test", "../../testdata/policies/shop.yaml"},
	"policy-failed": {"policy", "test", "testdata/failing.yaml"},
	"policy-error":  {"policy", "test", "testdata/mistakes.yaml"},
	"policy-lint":   {"policy", "lint", "testdata/lint.yaml"},
	"policy-clean":  {"policy", "lint", "../../testdata/policies/closed.yaml"},
	"readme-test":   {"policy", "test", "../../testdata/policies/readme.yaml"},
	"readme-explain": {
		"explain", "-policy", "../../testdata/policies/readme.yaml", "-as", "agent bot for human ada", "-approvals",
		"DELETE FROM carts",
	},
	"policy-none": {"policy", "test", "testdata/no-such.yaml"},
}

// run runs a command line and gives what a terminal would show.
func run(args []string) string {
	var out, err bytes.Buffer
	code := dispatch(&terminal{out: &out, err: &err, path: "governed"}, root(), args)
	var b strings.Builder
	b.WriteString("$ governed")
	for _, a := range args {
		if strings.ContainsAny(a, " \n\t'()*$;") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		b.WriteString(" " + a)
	}
	fmt.Fprintf(&b, "\n%s", out.String())
	if err.Len() > 0 {
		fmt.Fprintf(&b, "-- stderr --\n%s", err.String())
	}
	fmt.Fprintf(&b, "-- exit %d --\n", code)
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".golden")
			got := run(args)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestNoGoldenFileIsLeft(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.golden")
	require.NoError(t, err)
	for _, f := range files {
		require.Contains(t, runs, strings.TrimSuffix(filepath.Base(f), ".golden"))
	}
}

func TestEveryCommandTeaches(t *testing.T) {
	t.Parallel()
	var visit func(path string, c *command)
	visit = func(path string, c *command) {
		require.NotEmpty(t, c.line, path)
		require.Equal(t, c.below == nil, c.run != nil, path)
		if c.run != nil {
			require.Contains(t, c.help, path+"", "the help shows the command at work")
		}
		for _, b := range c.below {
			visit(path+" "+b.name, b)
		}
	}
	visit("governed", root())
}

func TestSchemaAndVersion(t *testing.T) {
	t.Parallel()
	require.Contains(t, run([]string{"policy", "schema"}), `"$schema": "https://json-schema.org/draft/2020-12/schema"`)
	require.Contains(t, run([]string{"version"}), "governed ")
	require.Contains(t, run([]string{"rules"}), "DM01")
}

func TestExplainWithDatabase(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, "create table people (id bigint primary key, email text)", "create view mailing as select id, lower(email) as contact from people")
	out := run([]string{"explain", "-dsn", dsn, "-as", "service mailer", "SELECT contact, id FROM mailing"})
	require.Contains(t, out, "below views")
	require.Contains(t, out, "decision  warn for service mailer (not verified)")
	require.Contains(t, out, "masked: redact (email of public.people.email)")
	require.Contains(t, out, "read from the catalog of database")
	require.NotContains(t, out, "assumed")
	out = run([]string{"explain", "-dsn", dsn, "SELECT nickname FROM people"})
	require.Contains(t, out, `column "nickname" does not exist`)
	require.Contains(t, out, "-- exit 1 --")
	require.Contains(t, run([]string{"explain", "-dsn", "postgres://nobody@/d?host=/no/such", "SELECT 1"}), "-- exit 2 --")
}
