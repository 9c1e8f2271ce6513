//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An owner is the account that runs the server and owns its files where that
// is not this process's own: PostgreSQL refuses to run as root. A nil owner is
// the process itself.
type owner struct {
	uid, gid int
}

// findOwner picks an account to drop to. It has to be one that exists, because
// initdb looks its name up.
func findOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(account.Uid)
		gid, gidErr := strconv.Atoi(account.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("pgtest: account %s: %w", name, err)
		}
		return &owner{uid: uid, gid: gid}, nil
	}
	return nil, errors.New("pgtest: PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (o *owner) credential() *syscall.Credential {
	if o == nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}

func (o *owner) chown(path string) error {
	if o == nil {
		return nil
	}
	return os.Lchown(path, o.uid, o.gid)
}

// makeDir makes the server's directory: private, reachable by owner and short
// enough for the path of a socket.
func makeDir(owner *owner) (string, error) {
	var failed error
	for _, parent := range []string{memory(), os.TempDir(), "/tmp", "/var/tmp"} {
		if parent == "" {
			continue
		}
		dir, err := makeDirIn(parent, owner)
		if err == nil {
			return dir, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", fmt.Errorf("pgtest: no place for the server's directory: %w", failed)
}

func makeDirIn(parent string, owner *owner) (string, error) {
	if err := owner.canUse(parent); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, "pgx")
	if err != nil {
		return "", err
	}
	const limit = 104 // what macOS allows, terminator included; Linux allows 108
	socket := filepath.Join(dir, ".s.PGSQL."+port+".lock")
	if len(socket) >= limit {
		err = fmt.Errorf("%s: longer than the path of a socket may be", socket)
	} else {
		err = owner.chown(dir)
	}
	if err != nil {
		os.Remove(dir)
		return "", err
	}
	return dir, nil
}

// canUse reports whether the account can reach dir and remove its own from it.
// Temporary directories of root often are closed to others.
func (o *owner) canUse(dir string) error {
	if o == nil {
		return nil
	}
	need := os.FileMode(0o003)
	for path := filepath.Clean(dir); ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&need != need {
			return fmt.Errorf("%s: closed to the account that runs the server (uid %d)", path, o.uid)
		}
		need = 0o001
		if path == filepath.Dir(path) {
			return nil
		}
	}
}
