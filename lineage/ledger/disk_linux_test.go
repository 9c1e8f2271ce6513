package ledger_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage/ledger"
)

// mount gives a small file system in memory, which only root can have.
func mount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		// Only root may mount; faults of disks are tested without as well, in fault_test.go.
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// again waits until statements run by themselves.
func again(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := l.Begin(context.Background(), statement("select 1"))
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
}

func TestFullDisk(t *testing.T) {
	disk := mount(t)
	dir := filepath.Join(disk, "log")
	l := open(t, ledger.Config{Dir: dir, KeyFile: newDir(t) + ".key"})
	run(t, l, statement("select 1"))
	filler := filepath.Join(disk, "filler")
	for size := 64 << 10; size > 0; size /= 2 { // to the last page
		f, err := os.OpenFile(filler, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		require.NoError(t, err)
		for err == nil {
			_, err = f.Write(bytes.Repeat([]byte{1}, size))
		}
		require.NoError(t, f.Close())
	}
	var full error
	require.Eventually(t, func() bool { // what is left of the last page takes some
		_, full = l.Begin(context.Background(), statement("select 1"))
		return full != nil
	}, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, full, syscall.ENOSPC)
	require.NoError(t, os.Remove(filler))
	again(t, l)
	require.NoError(t, l.Close())
	verify(t, dir, ledger.VerifyConfig{})
}

func TestReadOnlyDisk(t *testing.T) {
	disk := mount(t)
	dir, key := filepath.Join(disk, "log"), newDir(t)+".key"
	l := open(t, ledger.Config{Dir: dir, KeyFile: key})
	run(t, l, statement("select 1"))
	require.NoError(t, l.Close())
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err := ledger.Open(ledger.Config{Dir: dir, KeyFile: key})
	require.ErrorIs(t, err, syscall.EROFS)
	verify(t, dir, ledger.VerifyConfig{})
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT, ""))
	l = open(t, ledger.Config{Dir: dir, KeyFile: key})
	run(t, l, statement("select 2"))
	require.NoError(t, l.Close())
	verify(t, dir, ledger.VerifyConfig{})
}
