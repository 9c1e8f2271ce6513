package ledger_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// newDir is a directory for a log; its keys lie beside it.
func newDir(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "log")
}

func open(t testing.TB, c ledger.Config) *ledger.Ledger {
	t.Helper()
	if c.Origin == "" {
		c.Origin = "example.org/audit"
	}
	l, err := ledger.Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// statement is the record of a statement that was allowed.
func statement(text string) *lineage.Record {
	return &lineage.Record{
		Event: lineage.StatementEvent, Start: time.Now(), Index: -1, Host: "db", Port: 5432, Database: "shop", Role: "app",
		Profile: "standard", Caller: lineage.Agent("bot", lineage.Human("ada")), Decision: lineage.Allow,
		Statement: &lineage.Statement{SQL: text, Normalized: text, Fingerprint: "00aa", Class: lineage.Read},
		Command:   "SELECT",
	}
}

// run records a statement from its intent to its outcome.
func run(t testing.TB, l *ledger.Ledger, r *lineage.Record) {
	t.Helper()
	ctx, err := l.Begin(context.Background(), r)
	require.NoError(t, err)
	r.Sent, r.Rows, r.End = !r.Refused(), 1, time.Now()
	l.End(ctx, r)
}

func verify(t testing.TB, dir string, c ledger.VerifyConfig) *ledger.Report {
	t.Helper()
	r, err := ledger.Verify(context.Background(), dir, c)
	require.NoError(t, err)
	return r
}
