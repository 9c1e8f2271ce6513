package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// ErrNoServer says that this machine has no PostgreSQL server to start, and
// what to do about it.
var ErrNoServer = errors.New("pgtest: no PostgreSQL server found; install one " +
	"(Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; " +
	"macOS: brew install postgresql) or set PGTEST_BINDIR to the folder of its binaries")

// places are where distributions put a server's binaries, out of PATH because
// several major versions can be installed side by side.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// BinDir returns the folder of the PostgreSQL binaries to use: PGTEST_BINDIR
// if it is set, else the one PATH leads to, else the newest version in the
// places where distributions install it. The error is [ErrNoServer] if there
// is none.
func BinDir() (string, error) {
	if !supported {
		return "", ErrNoServer
	}
	if dir := os.Getenv("PGTEST_BINDIR"); dir != "" {
		// A choice that cannot be honoured is a mistake and not a machine
		// without a server, so it is no ErrNoServer and skips no test.
		if !hasServer(dir) {
			return "", fmt.Errorf("pgtest: PGTEST_BINDIR=%s holds no postgres and initdb", dir)
		}
		return filepath.Abs(dir)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if dir := resolved(path); hasServer(dir) {
			return dir, nil
		}
	}
	return newest(places)
}

// resolved is the folder a binary really is in. The server looks for its
// libraries and its time zones relative to that.
func resolved(binary string) string {
	if real, err := filepath.EvalSymlinks(binary); err == nil {
		binary = real
	}
	return filepath.Dir(binary)
}

// newest picks the folder with the highest version in its name.
func newest(patterns []string) (string, error) {
	var dirs []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // errs on a malformed pattern only
		dirs = append(dirs, found...)
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !hasServer(dir) })
	if len(dirs) == 0 {
		return "", ErrNoServer
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
}

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// version is the number in a folder's name: 15 for /usr/lib/postgresql/15/bin
// and 0 where there is none.
func version(dir string) float64 {
	v, _ := strconv.ParseFloat(number.FindString(dir), 64)
	return v
}

// hasServer reports whether dir holds what a server needs: client packages
// install no initdb.
func hasServer(dir string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
