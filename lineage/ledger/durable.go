package ledger

import (
	"errors"
	"os"
	"path/filepath"
)

// writeDurably puts a file in its place whole, or not at all, and waits until it is there to stay.
func writeDurably(name string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".governed-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncDir(filepath.Dir(name))
}

// createDurably makes a file that only its owner reads, whole or not at all. It never replaces one: that is fs.ErrExist.
func createDurably(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".governed-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// appendDurably adds to the end of a file, all or nothing.
func appendDurably(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	before, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err = f.Write(b); err != nil {
		err = errors.Join(err, f.Truncate(before.Size()))
	}
	return errors.Join(err, f.Sync(), f.Close())
}
