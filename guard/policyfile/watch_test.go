package policyfile

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

// safeBuffer takes the log.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

const (
	policyA = "version: 1\nrules:\n- {id: a, then: warn}\n"
	policyB = "version: 1\nrules:\n- {id: b, then: warn}\n"
)

func watched(t *testing.T, interval time.Duration) (path string, w *Watcher, log *safeBuffer) {
	t.Helper()
	path, log = filepath.Join(t.TempDir(), "policy.yaml"), &safeBuffer{}
	require.NoError(t, os.WriteFile(path, []byte(policyA), 0o600))
	w, err := Watch(t.Context(), path, guard.Config{}, &Config{Logger: slog.New(slog.NewTextHandler(log, nil)), Interval: interval})
	require.NoError(t, err)
	return path, w, log
}

func TestWatch(t *testing.T) {
	t.Parallel()
	path, w, _ := watched(t, 10*time.Millisecond)
	first := w.Current()
	require.NoError(t, os.WriteFile(path, []byte(policyB), 0o600)) // of the same size, likely in the same tick of the clock
	require.Eventually(t, func() bool { return w.Current() != first }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, w.Err())

	second := w.Current()
	require.NoError(t, os.WriteFile(path, []byte("version: 1\nrulse: []\n"), 0o600))
	require.Eventually(t, func() bool { return w.Err() != nil }, 10*time.Second, 10*time.Millisecond)
	require.Same(t, second, w.Current(), "the policy before stays in force")
	require.ErrorContains(t, w.Err(), `did you mean "rules"?`)

	next := path + ".new"
	require.NoError(t, os.WriteFile(next, []byte(policyA), 0o600))
	require.NoError(t, os.Rename(next, path))
	require.Eventually(t, func() bool { return w.Err() == nil && w.Current().Digest() == first.Digest() }, 10*time.Second, 10*time.Millisecond)
}

func TestReload(t *testing.T) {
	t.Parallel()
	path, w, log := watched(t, time.Hour)
	first := w.Current()
	require.NoError(t, w.Reload())
	require.Same(t, first, w.Current())

	failing := policyB + "tests:\n- {name: no, given: {sql: SELECT 1}, expect: {decision: deny}}\n"
	require.NoError(t, os.WriteFile(path, []byte(failing), 0o600))
	for range 3 {
		require.ErrorContains(t, w.Reload(), "1 of the policy's own tests failed")
	}
	require.Same(t, first, w.Current())
	require.Equal(t, 1, strings.Count(log.String(), "is not in force"), "said once")

	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, w.Reload(), os.ErrNotExist)
	require.Same(t, first, w.Current())

	require.NoError(t, os.WriteFile(path, []byte(policyB), 0o600))
	require.NoError(t, w.Reload())
	require.NotSame(t, first, w.Current())
}

func TestWatchFollowsTheAllowList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, list := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "known.txt")
	require.NoError(t, os.WriteFile(path, []byte("version: 1\nallow_list: known.txt\n"), 0o600))
	require.NoError(t, os.WriteFile(list, []byte("0123456789abcdef\n"), 0o600))
	w, err := Watch(t.Context(), path, guard.Config{}, &Config{Logger: slog.New(slog.DiscardHandler), Interval: 10 * time.Millisecond})
	require.NoError(t, err)
	first := w.Current()
	require.NoError(t, os.WriteFile(list, []byte("0123456789abcdef\nfedcba9876543210\n"), 0o600))
	require.Eventually(t, func() bool { return w.Current() != first }, 10*time.Second, 10*time.Millisecond)
}

func TestWatchStops(t *testing.T) {
	t.Parallel()
	path, w, _ := watched(t, 10*time.Millisecond)
	first := w.Current()
	require.NoError(t, w.Close())
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, os.WriteFile(path, []byte(policyB), 0o600))
	time.Sleep(300 * time.Millisecond)
	require.Same(t, first, w.Current())
}

func TestWatchThatNobodyHolds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(policyA), 0o600))
	ctx := context.Background()
	w, err := Watch(ctx, path, guard.Config{}, &Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	stopped := make(chan struct{})
	runtime.AddCleanup(w, func(c chan struct{}) { close(c) }, stopped)
	w = nil
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case <-stopped:
			return true
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond, "the goroutine that follows the file does not hold the watcher")
}

func TestWatchFails(t *testing.T) {
	t.Parallel()
	_, err := Watch(t.Context(), filepath.Join(t.TempDir(), "none.yaml"), guard.Config{}, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Watch(t.Context(), t.TempDir(), guard.Config{}, nil)
	require.Error(t, err)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	path, _, _ := watched(t, time.Hour)
	source, err := guard.Open(path, guard.Config{Environment: "staging"})
	require.NoError(t, err)
	require.Equal(t, "staging", source.Current().Environment())
}
