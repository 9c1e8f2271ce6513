package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock makes this process the only writer: it holds a lock on the private key until unlock, or until it dies. The byte
// that is locked lies behind the key, which others may read.
func lock(name string) (unlock func(), err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	behind := windows.Overlapped{Offset: 1 << 30}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &behind)
	if err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			err = ErrLocked
		}
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// syncDir has nothing to do: NTFS keeps the entries of directories in its own log.
func syncDir(string) error { return nil }
