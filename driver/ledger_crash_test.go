package driver_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// The child of the crash test: it writes rows under a ledger from many goroutines and says of each when it was told that
// it is there, until it is killed.
const (
	crashDSN  = "GOVERNED_CRASH_DSN"
	crashFrom = "GOVERNED_CRASH_FROM"
	// crashTimes is how often the test kills; a number in the environment overrides it.
	crashTimes = "GOVERNED_CRASH_TIMES"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(crashDSN); dsn != "" {
		writeUntilKilled(dsn, os.Getenv(crashFrom))
		return
	}
	os.Exit(m.Run())
}

func writeUntilKilled(dsn, from string) {
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	first, _ := strconv.Atoi(from)
	var ids, out sync.Mutex
	next := func() int {
		ids.Lock()
		defer ids.Unlock()
		first++
		return first
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				id := next()
				ctx := lineage.WithJob(context.Background(), lineage.Job{Name: "crash", RunID: strconv.Itoa(id)})
				if _, err := db.ExecContext(ctx, "insert into written values ($1)", id); err != nil {
					fmt.Println("error", err)
					return
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		})
	}
	all.Wait()
}

// Killed under load, again and again: nothing ran without an intent, nothing that was acknowledged is lost, the log holds
// after each kill and goes on.
func TestKilledUnderLoad(t *testing.T) {
	times := 6
	if s := os.Getenv(crashTimes); s != "" {
		var err error
		times, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	dsn := pgtest.New(t)
	plain := open(t, "pgx", dsn)
	exec(t, plain, "create table written (id int)")
	dir := filepath.Join(t.TempDir(), "log")
	var acknowledged []string
	torn := 0
	for i := range times {
		acknowledged = append(acknowledged, killed(t, dsn+"&governed.ledger="+dir, i*1_000_000, time.Duration(150+37*(i%7))*time.Millisecond)...)
		report := verifyLedger(t, dir)
		require.True(t, report.Open)
		if report.Unfinished > 0 {
			torn++
		}
	}
	l, err := ledger.Open(ledger.Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	report := verifyLedger(t, dir)
	require.False(t, report.Open)

	intents, ok, unknown := map[string]bool{}, map[string]bool{}, 0
	for _, s := range stories(t, dir, ledger.Filter{Job: "crash"}) {
		intents[s.Job.Run] = true
		switch s.Status() {
		case "ok":
			ok[s.Job.Run] = true
		case "unknown":
			unknown++
		}
	}
	rows, err := plain.Query("select id from written")
	require.NoError(t, err)
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		there[id] = true
		require.True(t, intents[id], "row %s was written without an intent", id)
	}
	for _, id := range acknowledged {
		require.True(t, intents[id] && there[id], "acknowledged %s", id)
	}
	for id := range ok {
		require.True(t, there[id], "the log says that %s was written", id)
	}
	require.GreaterOrEqual(t, len(report.Unknown), unknown)
	require.NotEmpty(t, acknowledged)
	t.Logf("%d kills: %d rows, %d acknowledged, %d intents, %d with an outcome, %d unknown, %d torn tails",
		times, len(there), len(acknowledged), len(intents), len(ok), unknown, torn)
}

// killed runs the child for a while, kills it and gives what it had acknowledged.
func killed(t *testing.T, dsn string, from int, after time.Duration) []string {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	child := osexec.Command(program, "-test.run=^$")
	child.Env = append(os.Environ(), crashDSN+"="+dsn, crashFrom+"="+strconv.Itoa(from))
	pipe, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var out []string
	scanner := bufio.NewScanner(pipe)
	started := false
	for scanner.Scan() {
		if !started {
			started = true
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		require.False(t, strings.HasPrefix(scanner.Text(), "error"), scanner.Text())
		out = append(out, scanner.Text())
	}
	_ = child.Wait()
	return out
}
