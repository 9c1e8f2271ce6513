//go:build unix

package pgtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A cluster creates data directories, from a cached one where it can.
type cluster struct {
	bin    string
	owner  *owner
	initdb func(context.Context) error // makes one the slow way
}

// create fills data with a new cluster. A cache that cannot be read or kept is
// no failure, only slow.
func (c cluster) create(ctx context.Context, data string) error {
	cached, err := c.cachePath()
	if err != nil {
		return c.initdb(ctx)
	}
	if _, err := os.Stat(cached); err == nil {
		if err := copyTree(cached, data, c.owner); err == nil {
			touch(cached)
			return nil
		}
		os.RemoveAll(data)
	}
	if err := c.initdb(ctx); err != nil {
		return err
	}
	keep(data, cached)
	return nil
}

// cachePath names the cached cluster of these binaries. Size and time of the
// server stand for its version, so that looking it up starts no process.
func (c cluster) cachePath() (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	postgres, err := os.Stat(filepath.Join(c.bin, "postgres"))
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Append(nil, c.bin, postgres.Size(), postgres.ModTime().UnixNano(), initdbFlags))
	return filepath.Join(root, "governed-pgtest", fmt.Sprintf("%x", key[:8])), nil
}

// keep copies a fresh cluster into the cache. The rename makes it appear
// complete or not at all, whoever else does the same; losing that race is fine.
func keep(data, cached string) {
	root := filepath.Dir(cached)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return
	}
	sweep(root)
	partial, err := os.MkdirTemp(root, "partial")
	if err != nil {
		return
	}
	defer os.RemoveAll(partial)
	whole := filepath.Join(partial, "data")
	if copyTree(data, whole, nil) == nil {
		os.Rename(whole, cached)
	}
}

// sweep removes what no test has used for a month: clusters of servers that
// were upgraded since, and copies that were interrupted.
func sweep(root string) {
	entries, _ := os.ReadDir(root)
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && time.Since(info.ModTime()) > 30*24*time.Hour {
			os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
}

func touch(path string) {
	now := time.Now()
	os.Chtimes(path, now, now)
}

// copyTree copies the folder from to a folder to that does not exist, for
// owner. A folder changes hands before it is filled, so that the lifeline can
// remove a copy that was interrupted.
func copyTree(from, to string, owner *owner) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + path[len(from):]
		if entry.IsDir() {
			err = os.Mkdir(target, 0o700)
		} else {
			err = copyFile(path, target)
		}
		if err != nil {
			return err
		}
		return owner.chown(target)
	})
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
