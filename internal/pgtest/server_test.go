//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// start boots a server or ends the test the way New does.
func start(t testing.TB) *Server {
	t.Helper()
	server, err := Start(context.Background())
	if err != nil {
		giveUp(t, err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

// pid is the process id of the server in dir, by its own account.
func pid(t testing.TB, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	id, err := strconv.Atoi(first)
	require.NoError(t, err)
	return id
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStart(t *testing.T) {
	t.Parallel()
	server := start(t)
	conn, err := pgx.Connect(context.Background(), server.DSN("postgres"))
	require.NoError(t, err)
	var user, addresses string
	require.NoError(t, conn.QueryRow(context.Background(),
		`select current_user, current_setting('listen_addresses')`).Scan(&user, &addresses))
	require.Equal(t, "postgres", user)
	require.Empty(t, addresses, "no port is taken")
}

func TestClose(t *testing.T) {
	t.Parallel()
	server := start(t)
	conn, err := pgx.Connect(context.Background(), server.DSN("postgres"))
	require.NoError(t, err)
	id := pid(t, server.dir)
	require.True(t, alive(id))

	require.NoError(t, server.Close())
	require.NoError(t, server.Close(), "again")
	require.False(t, alive(id))
	require.NoDirExists(t, server.dir)
	require.Error(t, conn.Ping(context.Background()))
}

// TestKill kills a process that has a server: neither a deferred Close nor
// TestMain runs then.
func TestKill(t *testing.T) {
	const env = "PGTEST_KILL_ME"
	if os.Getenv(env) != "" {
		server, err := Start(context.Background())
		require.NoError(t, err)
		fmt.Printf("\ndir=%s\n", server.dir)
		select {}
	}
	if _, err := BinDir(); err != nil {
		giveUp(t, err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), env+"=1")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	defer child.Process.Kill()

	dir := ""
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		dir, _ = strings.CutPrefix(lines.Text(), "dir=")
		if !filepath.IsAbs(dir) {
			dir = ""
		}
	}
	require.NotEmpty(t, dir, "the child has no server")
	id := pid(t, dir)
	require.True(t, alive(id))

	require.NoError(t, child.Process.Kill())
	killed := time.Now()
	require.Error(t, child.Wait())
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err) && !alive(id)
	}, 20*time.Second, 2*time.Millisecond)
	t.Logf("gone %v after the kill", time.Since(killed).Round(time.Millisecond))
}

// TestStartTellsWhatTheServerSaid runs binaries that fail, with a cache of
// their own.
func TestStartTellsWhatTheServerSaid(t *testing.T) {
	for name, fake := range map[string]struct{ postgres, initdb string }{
		"the server ends":  {"echo out of luck; exit 1", "true"},
		"initdb refuses":   {"", "echo out of luck; exit 1"},
		"without a reason": {"exit 0", "true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			t.Setenv("TMPDIR", "/tmp")
			t.Setenv("PGTEST_BINDIR", fakeServer(t, t.TempDir(), fake.postgres, fake.initdb))
			before, _ := filepath.Glob("/tmp/pgx*")
			_, err := Start(context.Background())
			require.Error(t, err)
			require.NotErrorIs(t, err, ErrNoServer)
			if name != "without a reason" {
				require.ErrorContains(t, err, "out of luck")
			}
			after, _ := filepath.Glob("/tmp/pgx*")
			require.LessOrEqual(t, len(after), len(before))
		})
	}
}

func TestStartStopsWaiting(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PGTEST_BINDIR", fakeServer(t, t.TempDir(), "echo thinking; exec sleep 1", "true"))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := Start(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "thinking")
}

func TestStartWithoutACache(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	start(t)
}

func TestStartFillsTheCache(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	for range 2 {
		start(t)
	}
	var kept []string
	require.NoError(t, filepath.WalkDir(cache, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "PG_VERSION" && !strings.Contains(path, "/base/") {
			kept = append(kept, path)
		}
		return err
	}))
	require.Len(t, kept, 1)
}

func TestStartOutsideAClosedTemporaryDirectory(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	t.Setenv("TMPDIR", closed)
	server := start(t)
	if os.Geteuid() == 0 {
		require.NotEqual(t, closed, filepath.Dir(server.dir))
	}
}

func TestMakeDirRefusesALongPath(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	require.NoError(t, os.Mkdir(long, 0o777))
	_, err := makeDirIn(long, nil)
	require.ErrorContains(t, err, "longer than the path of a socket")
	left, err := os.ReadDir(long)
	require.NoError(t, err)
	require.Empty(t, left)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		start(b).Close()
	}
}

func BenchmarkNew(b *testing.B) {
	New(b) // boots the server
	for b.Loop() {
		New(b)
	}
}
