package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock keeps others out of a directory until unlock, or until this process dies. Directories cannot be locked here; a file
// beside it is, which nobody can replace while it is open.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(dir+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
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
