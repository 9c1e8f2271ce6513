package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeServer makes a folder that looks like a server's; the scripts are what
// its binaries do.
func fakeServer(t *testing.T, dir, postgres, initdb string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	// Under root they run as another account, and the folder above those of
	// TempDir is private.
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	for name, script := range map[string]string{"postgres": postgres, "initdb": initdb} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	return dir
}

func TestBinDirPrefersTheOneAskedFor(t *testing.T) {
	dir := fakeServer(t, t.TempDir(), "", "")
	t.Setenv("PGTEST_BINDIR", dir)
	got, err := BinDir()
	require.NoError(t, err)
	require.Equal(t, dir, got)
}

func TestBinDirRefusesAWrongChoice(t *testing.T) {
	t.Setenv("PGTEST_BINDIR", t.TempDir())
	_, err := BinDir()
	require.ErrorContains(t, err, "PGTEST_BINDIR")
	require.NotErrorIs(t, err, ErrNoServer, "a mistake must not skip tests")
}

func TestBinDirLooksInPath(t *testing.T) {
	dir := fakeServer(t, t.TempDir(), "", "")
	t.Setenv("PGTEST_BINDIR", "")
	t.Setenv("PATH", dir)
	got, err := BinDir()
	require.NoError(t, err)
	want, err := filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestNewest(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9.6", "10", "18", "15"} {
		fakeServer(t, filepath.Join(root, "postgresql", version, "bin"), "", "")
	}
	require.NoError(t, os.MkdirAll(filepath.Join(root, "postgresql", "19", "bin"), 0o755), "client only")
	t.Chdir(root)
	got, err := newest([]string{"pgsql-*/bin", "postgresql/*/bin"})
	require.NoError(t, err)
	require.Equal(t, "postgresql/18/bin", got)

	_, err = newest([]string{"pgsql-*/bin"})
	require.ErrorIs(t, err, ErrNoServer)
}

func TestSkippable(t *testing.T) {
	t.Parallel()
	missing := fmt.Errorf("wrapped: %w", ErrNoServer)
	require.True(t, skippable(missing, ""), "a laptop")
	require.False(t, skippable(missing, "true"), "a skip must not make CI green")
	require.False(t, skippable(errors.New("broken"), ""), "a server that does not start")
}
