package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// faults is a file system that fails on demand.
type faults struct {
	mu    sync.Mutex
	write error         // of WriteAt, after half of it was written
	sync  error         // of Sync, after everything was written
	hang  chan struct{} // Sync waits until it is closed; nil = it does not
	syncs int
}

func (f *faults) set(write, sync error, hang chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write, f.sync, f.hang = write, sync, hang
}

func (f *faults) disk() disk {
	return disk{sync: syncDir, open: func(name string, create bool) (file, error) {
		real, err := realDisk.open(name, create)
		return &faultyFile{file: real, f: f}, err
	}}
}

type faultyFile struct {
	file
	f *faults
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	f.f.mu.Lock()
	err := f.f.write
	f.f.mu.Unlock()
	if err != nil {
		_, _ = f.file.WriteAt(b[:len(b)/2], off)
		return len(b) / 2, err
	}
	return f.file.WriteAt(b, off)
}

func (f *faultyFile) Sync() error {
	f.f.mu.Lock()
	err, hang := f.f.sync, f.f.hang
	f.f.syncs++
	f.f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if err != nil {
		return err
	}
	return f.file.Sync()
}

func faulty(t *testing.T, c Config) (*Ledger, *faults, string) {
	t.Helper()
	f := &faults{}
	c.Dir = filepath.Join(t.TempDir(), "log")
	c.disk, c.Origin = f.disk(), "example.org/faults"
	l, err := Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l, f, c.Dir
}

func record(text string) *lineage.Record {
	return &lineage.Record{
		Event: lineage.StatementEvent, Start: time.Now(), Index: -1, Decision: lineage.Allow, Command: "SELECT",
		Statement: &lineage.Statement{Normalized: text},
	}
}

// attempt is one statement: whether it would have been sent.
func attempt(l *Ledger, text string) error {
	r := record(text)
	ctx, err := l.Begin(context.Background(), r)
	if err != nil {
		return err
	}
	r.Sent, r.End = true, time.Now()
	l.End(ctx, r)
	return nil
}

// recovered waits until statements run again.
func recovered(t *testing.T, l *Ledger) {
	t.Helper()
	require.Eventually(t, func() bool { return attempt(l, "again") == nil }, 10*time.Second, 5*time.Millisecond)
}

var errDisk = errors.New("no space left on device")

// A disk that refuses writes, or loses them: statements are refused, and run again when it is well, without a word from
// anybody; nothing that was not acknowledged is lost from sight.
func TestDiskFails(t *testing.T) {
	for _, c := range []struct {
		name        string
		write, sync error
	}{{"writes", errDisk, nil}, {"sync", nil, errDisk}} {
		t.Run(c.name, func(t *testing.T) {
			l, f, dir := faulty(t, Config{Deadline: time.Minute})
			require.NoError(t, attempt(l, "before"))
			f.set(c.write, c.sync, nil)
			for range 3 {
				err := attempt(l, "during")
				var unavailable *UnavailableError
				require.ErrorAs(t, err, &unavailable)
				require.ErrorIs(t, err, errDisk)
				require.Equal(t, "governed.audit_unavailable", unavailable.ErrorType())
			}
			f.set(nil, nil, nil)
			recovered(t, l)
			require.NoError(t, l.Close())
			checkNotSent(t, dir)
		})
	}
}

// checkNotSent verifies a log, and that what was refused during a fault is in it as not sent, if at all.
func checkNotSent(t *testing.T, dir string) {
	t.Helper()
	r, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.False(t, r.Open)
	require.Empty(t, r.Unknown)
	require.NoError(t, Query(context.Background(), dir, Filter{}, func(s *Story) error {
		if s.Text == "during" {
			require.Equal(t, "not_sent", s.Status())
		} else {
			require.Equal(t, "ok", s.Status(), s.Text)
		}
		return nil
	}))
}

// A store that hangs: statements are refused within the deadline, later ones at once, and none of them ran.
func TestDiskHangs(t *testing.T) {
	l, f, dir := faulty(t, Config{Deadline: 50 * time.Millisecond})
	require.NoError(t, attempt(l, "before"))
	hang := make(chan struct{})
	f.set(nil, nil, hang)
	err := attempt(l, "during")
	require.ErrorIs(t, err, errSlow)
	require.ErrorIs(t, attempt(l, "during"), errSlow)
	f.set(nil, nil, nil)
	close(hang)
	recovered(t, l)
	require.NoError(t, l.Close())
	checkNotSent(t, dir)
}

// A caller that gives up while its intent is written.
func TestCallerGivesUp(t *testing.T) {
	l, f, dir := faulty(t, Config{Deadline: time.Minute})
	hang := make(chan struct{})
	f.set(nil, nil, hang)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := l.Begin(ctx, record("during"))
	require.ErrorIs(t, err, context.Canceled)
	f.set(nil, nil, nil)
	close(hang)
	recovered(t, l)
	require.NoError(t, l.Close())
	checkNotSent(t, dir)
}

// Fail open: statements run, and how many of them are not in the log is.
func TestFailOpenLeavesAGap(t *testing.T) {
	l, f, dir := faulty(t, Config{Deadline: time.Minute, FailOpen: true})
	require.NoError(t, attempt(l, "before"))
	f.set(errDisk, nil, nil)
	for range 5 {
		require.NoError(t, attempt(l, "during"))
	}
	f.set(nil, nil, nil)
	require.Eventually(t, func() bool {
		r := record("after")
		ctx, err := l.Begin(context.Background(), r)
		require.NoError(t, err)
		r.Sent, r.End = true, time.Now()
		l.End(ctx, r)
		return r.Index >= 0
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, l.Close())
	r, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.Len(t, r.Gaps, 1)
	var e Entry
	require.NoError(t, json.Unmarshal(lineOf(t, dir, r.Gaps[0]), &e))
	require.GreaterOrEqual(t, e.Count, int64(5))
	require.False(t, e.First.After(*e.Last))
}

func lineOf(t *testing.T, dir string, index int64) []byte {
	t.Helper()
	l, err := loadHashes(context.Background(), dir, index)
	require.NoError(t, err)
	return l.record
}

// A log that is closed while its disk fails does not end in order, and says so; the next Open goes on behind what was
// acknowledged.
func TestCloseWhileDiskFails(t *testing.T) {
	for _, c := range []struct {
		name        string
		write, sync error
	}{{"writes", errDisk, nil}, {"sync", nil, errDisk}} {
		t.Run(c.name, func(t *testing.T) {
			l, f, dir := faulty(t, Config{})
			require.NoError(t, attempt(l, "before"))
			f.set(c.write, c.sync, nil)
			require.Error(t, attempt(l, "during"))
			require.Error(t, l.Close())
			r, err := Verify(context.Background(), dir, VerifyConfig{})
			require.NoError(t, err)
			require.True(t, r.Open)
			again, err := Open(Config{Dir: dir})
			require.NoError(t, err)
			require.NoError(t, attempt(again, "after"))
			require.NoError(t, again.Close())
			r, err = Verify(context.Background(), dir, VerifyConfig{})
			require.NoError(t, err)
			require.False(t, r.Open)
			require.Len(t, r.Starts, 2)
		})
	}
}

// What a killed process leaves is a beginning of what it was writing: cut anywhere, the log opens and goes on.
func TestTornTail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir, Origin: "example.org/torn"})
	require.NoError(t, err)
	require.NoError(t, attempt(l, "first"))
	require.NoError(t, l.queue.settled())
	name := filepath.Join(dir, segmentName(0))
	before, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, attempt(l, "second"))
	require.NoError(t, l.queue.settled())
	after, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.NoError(t, os.Remove(dir+".checkpoint"))
	for n := len(before); n < len(after); n += 7 {
		require.NoError(t, os.WriteFile(name, after[:n], 0o600))
		require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
		_, err := Verify(context.Background(), dir, VerifyConfig{})
		require.NoError(t, err, "cut at %d", n)
		again, err := Open(Config{Dir: dir})
		require.NoError(t, err, "cut at %d", n)
		require.NoError(t, attempt(again, "third"))
		require.NoError(t, again.Close())
		_, err = Verify(context.Background(), dir, VerifyConfig{})
		require.NoError(t, err, "cut at %d", n)
		require.NoError(t, os.Remove(dir+".checkpoint"))
	}
	// What no unfinished write can have left is not cut away.
	for what, damaged := range map[string][]byte{
		"zeroes":      append(append([]byte(nil), before...), make([]byte, 100)...),
		"a byte":      append(append([]byte(nil), before...), 'x'),
		"a line":      append(append([]byte(nil), before...), "{}\n"...),
		"a changed":   changed(after, len(before)+40),
		"older bytes": changed(before, 300),
	} {
		require.NoError(t, os.WriteFile(name, damaged, 0o600))
		require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
		_, err := Open(Config{Dir: dir})
		var tampered *TamperError
		require.ErrorAs(t, err, &tampered, what)
		_, err = Verify(context.Background(), dir, VerifyConfig{})
		require.ErrorAs(t, err, &tampered, what)
	}
}

func changed(b []byte, at int) []byte {
	out := append([]byte(nil), b...)
	out[at] ^= 1
	return out
}

// A killed process may have left the first segment without its header, or the next one.
func TestHeadlessSegment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
	l, err := Open(Config{Dir: dir, SegmentBytes: 1})
	require.NoError(t, err)
	require.NoError(t, attempt(l, "first"))
	require.NoError(t, l.queue.settled())
	size := l.store.(*fileStore).head.size
	require.NoError(t, l.Close())
	for _, left := range []string{"", `{"seg`} {
		names, _, err := segments(dir)
		require.NoError(t, err)
		last := filepath.Join(dir, names[len(names)-1])
		require.NoError(t, os.WriteFile(last, []byte(left), 0o600))
		require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
		require.NoError(t, os.RemoveAll(dir+".checkpoint"))
		_, err = Verify(context.Background(), dir, VerifyConfig{})
		require.NoError(t, err)
		again, err := Open(Config{Dir: dir, SegmentBytes: 1})
		require.NoError(t, err)
		require.NoError(t, again.Close())
		r, err := Verify(context.Background(), dir, VerifyConfig{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, r.Records, size)
	}
}

// A store that is put back as it was an hour ago contradicts the checkpoint beside it.
func TestRollback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	old := filepath.Join(t.TempDir(), "old")
	require.NoError(t, os.CopyFS(old, os.DirFS(dir)))
	l, err = Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, attempt(l, "later"))
	require.NoError(t, l.Close())
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.CopyFS(dir, os.DirFS(old)))
	_, err = Open(Config{Dir: dir})
	require.ErrorIs(t, err, ErrRolledBack)
	signed, err := os.ReadFile(dir + ".checkpoint")
	require.NoError(t, err)
	_, err = Verify(context.Background(), dir, VerifyConfig{Checkpoints: [][]byte{signed}})
	require.ErrorContains(t, err, "TRUNCATED")
}

// Two logs that go on from one: either contradicts what was published of the other.
func TestFork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	other := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.CopyFS(other, os.DirFS(dir)))
	for _, file := range []string{".key", ".keyring"} {
		b, err := os.ReadFile(dir + file)
		if err == nil {
			require.NoError(t, os.WriteFile(other+file, b, 0o600))
		}
	}
	var published [][]byte
	for _, d := range []string{dir, other} {
		l, err := Open(Config{Dir: d})
		require.NoError(t, err)
		require.NoError(t, attempt(l, d))
		require.NoError(t, l.Close())
		signed, err := os.ReadFile(d + ".checkpoint")
		require.NoError(t, err)
		published = append(published, signed)
	}
	for i, d := range []string{dir, other} {
		_, err := Verify(context.Background(), d, VerifyConfig{Checkpoints: published[i : i+1]})
		require.NoError(t, err)
		_, err = Verify(context.Background(), d, VerifyConfig{Checkpoints: published[1-i : 2-i]})
		var tampered *TamperError
		require.ErrorAs(t, err, &tampered)
	}
}

// settled waits until everything that was put into the queue is durable.
func (q *queue) settled() error {
	_, err := q.put(context.Background(), &item{body: marshal(&body{Event: Reset})})
	return err
}

// Fail open: what was sent although its intent was not yet durable is not said to have been kept back.
func TestFailOpenSaysNothingUntrue(t *testing.T) {
	l, f, dir := faulty(t, Config{Deadline: 20 * time.Millisecond, FailOpen: true})
	hang := make(chan struct{})
	f.set(nil, nil, hang)
	require.NoError(t, attempt(l, "during"))
	f.set(nil, nil, nil)
	close(hang)
	require.NoError(t, l.Close())
	r, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.Len(t, r.Gaps, 1)
	require.Len(t, r.Unknown, 1)
	require.NoError(t, Query(context.Background(), dir, Filter{}, func(s *Story) error {
		require.Equal(t, "unknown", s.Status())
		return nil
	}))
}

// What is refused after its intent has an outcome that says so.
func TestRefusedAfterIntent(t *testing.T) {
	l, _, dir := faulty(t, Config{})
	r := record("held")
	ctx, err := l.Begin(context.Background(), r)
	require.NoError(t, err)
	r.Decision, r.ErrorType, r.End = lineage.Deny, "governed.limit", time.Now()
	l.End(ctx, r)
	require.NoError(t, l.Close())
	report, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.Empty(t, report.Unknown)
	require.NoError(t, Query(context.Background(), dir, Filter{}, func(s *Story) error {
		require.Equal(t, "not_sent", s.Status())
		return nil
	}))
}

// A deadline that ends while the writer is between two groups says nothing of the store.
func TestSlowIsOverWithTheGroup(t *testing.T) {
	var slow atomic.Bool
	l, _, _ := faulty(t, Config{Deadline: 20 * time.Millisecond, written: func() {
		if slow.Swap(false) {
			time.Sleep(100 * time.Millisecond)
		}
	}})
	slow.Store(true)
	refused := record("refused")
	refused.Decision = lineage.Deny
	_, _ = l.Begin(context.Background(), refused)
	_ = attempt(l, "behind it")
	recovered(t, l)
}

// A refusal stands in the log however soon its caller goes away, and however the disk is.
func TestRefusalsStay(t *testing.T) {
	l, f, dir := faulty(t, Config{Deadline: 20 * time.Millisecond})
	refuse := func(ctx context.Context) {
		r := record("refused")
		r.Decision = lineage.Deny
		ctx, _ = l.Begin(ctx, r)
		l.End(ctx, r)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for range 50 {
		refuse(gone)
	}
	f.set(errDisk, nil, nil)
	for range 50 {
		refuse(context.Background())
	}
	f.set(nil, nil, nil)
	recovered(t, l)
	require.NoError(t, l.Close())
	n := 0
	require.NoError(t, Query(context.Background(), dir, Filter{Decision: "deny"}, func(*Story) error { n++; return nil }))
	require.Equal(t, 100, n)
}
