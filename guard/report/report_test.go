package report

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

func record(fingerprint string, d lineage.Decision, reasons ...lineage.Reason) *lineage.Record {
	return &lineage.Record{
		Event: lineage.StatementEvent, Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Decision: d, Reasons: reasons, Command: "SELECT",
		Statement: &lineage.Statement{Fingerprint: fingerprint, Normalized: "SELECT ? -- " + fingerprint}, Caller: lineage.Service("billing"),
	}
}

func print(n int) string { return fmt.Sprintf("%016x", n) }

// Several connectors of a process write one file, several processes several; they are added up.
func TestReportsAreAddedUp(t *testing.T) {
	dir := t.TempDir()
	r, err := NewRecorder(dir, "observe", nil)
	require.NoError(t, err)
	same, err := NewRecorder(dir, "observe", nil)
	require.NoError(t, err)
	require.Same(t, r, same)
	denied := lineage.Reason{Rule: "DM01", Severity: "B", Object: "public.t", Message: "DELETE without WHERE"}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 500 {
				rec := record(print(i%250), lineage.Allow)
				if i%250 == 7 {
					rec = record(print(7), lineage.Warn, denied)
					rec.Would = lineage.Deny
					rec.Job.Name = fmt.Sprint("job", g)
				}
				ctx, err := r.Begin(t.Context(), rec)
				require.NoError(t, err)
				r.End(ctx, rec)
			}
		})
	}
	wait.Wait()
	r.End(t.Context(), &lineage.Record{Event: lineage.ConnectEvent})
	r.Flush()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing half written is left")
	src, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "another"+suffix), src, 0o600))

	sum, err := Load(dir)
	require.NoError(t, err)
	require.Equal(t, 2, sum.Processes)
	require.Len(t, sum.Statements, 250)
	first := sum.Statements[0]
	require.Equal(t, print(7), first.Fingerprint, "what is refused comes first")
	require.EqualValues(t, 16, first.Count)
	require.EqualValues(t, 16, first.Reasons[0].Count)
	require.Equal(t, []string{"job0", "job1", "job2", "job3"}, first.Jobs)
	require.EqualValues(t, 16, sum.Statements[1].Count)
	list, err := guard.ParseAllowList(sum.AllowList())
	require.NoError(t, err)
	require.Equal(t, 249, list.Len())
	require.False(t, list.Has(print(7)))
}

// An application that makes its texts of values does not fill the memory.
func TestTallyIsBounded(t *testing.T) {
	tally := newTally()
	for i := range maxStatements + 10 {
		tally.add(record(print(i), lineage.Allow))
	}
	require.Len(t, tally.statements, maxStatements)
	many := record(print(1), lineage.Allow)
	for i := range 100 {
		many.Caller = lineage.Human(fmt.Sprint(i))
		tally.add(many)
	}
	require.LessOrEqual(t, len(tally.statements[print(1)].callers), maxNames)
}

// A report that cannot be written is warned of once and keeps no statement from running.
func TestReportThatCannotBeWritten(t *testing.T) {
	var log strings.Builder
	dir := filepath.Join(t.TempDir(), "gone")
	r, err := NewRecorder(dir, "standard", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	for i := range 3 {
		rec := record(print(i), lineage.Allow)
		ctx, err := r.Begin(t.Context(), rec)
		require.NoError(t, err)
		r.End(ctx, rec)
	}
	require.Equal(t, 1, strings.Count(log.String(), "cannot be written"))

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = NewRecorder(file, "standard", nil)
	require.Error(t, err, "a file is no directory")
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "does not exist")
	dir := t.TempDir()
	_, err = Load(dir)
	require.ErrorContains(t, err, "no reports")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"+suffix), []byte(`{"version": 9}`), 0o600))
	_, err = Load(dir)
	require.ErrorContains(t, err, "version 9")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"+suffix), []byte(`{`), 0o600))
	_, err = Load(dir)
	require.Error(t, err)
}

// One file that a crash left behind does not hide what the others say.
func TestLoadGoesOn(t *testing.T) {
	dir := t.TempDir()
	r, err := NewRecorder(dir, "observe", nil)
	require.NoError(t, err)
	r.End(t.Context(), record(print(1), lineage.Allow))
	r.Flush()
	for name, text := range map[string]string{"empty": "", "half": `{"version": 1, "sta`, "newer": `{"version": 9}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+suffix), []byte(text), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"+suffix), 0o700))
	sum, err := Load(dir)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Processes)
	require.Len(t, sum.Statements, 1)
	require.Len(t, sum.Unread, 4)
	require.Contains(t, sum.Unread[0], "empty"+suffix+" is empty")
}
