package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// file is what the store needs of an open file; tests put others in its place.
type file interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// disk is how the store reaches the file system.
type disk struct {
	open func(name string, create bool) (file, error) // for writing; create makes it if it is not there
	sync func(dir string) error                       // makes the entries of a directory durable
}

var realDisk = disk{
	open: func(name string, create bool) (file, error) {
		flags := os.O_RDWR
		if create {
			flags |= os.O_CREATE
		}
		return os.OpenFile(name, flags, 0o600)
	},
	sync: syncDir,
}

// fileStore keeps a log in the segments of a directory. It has one writer: whoever holds the lock on the private key.
type fileStore struct {
	dir    string
	disk   disk
	signer note.Signer
	limit  int64 // bytes after which a new segment begins
	unlock func()

	head    head
	last    []byte // the newest checkpoint
	segment int    // number of the one that is written
	name    string
	file    file // nil = it has to be opened again
	is      fs.FileInfo
	size    int64
	pending *group // its bytes may stand behind size
	dirty   bool   // what is in the file is not known to be durable
}

// append writes the group behind the log and waits until it is durable. After an error the descriptor is not used again:
// what the kernel kept of a failed write is not known, so the same bytes are written once more through a new one.
func (s *fileStore) append(g *group, now time.Time) error {
	if s.pending != g {
		if s.size >= s.limit && segmentName(s.head.size) != s.name { // a segment has a record
			if err := s.rotate(); err != nil {
				return err
			}
		}
		if err := g.seal(s.head, now, s.signer); err != nil {
			return err
		}
		s.pending = g
	}
	if err := s.write(g.bytes()); err != nil {
		s.abandon()
		return err
	}
	s.size += int64(len(g.bytes()))
	s.head, s.last, s.pending = g.after, g.signed, nil
	return nil
}

// write puts bytes at the end of the segment, which is cut there first if an earlier try may have left something.
func (s *fileStore) write(b []byte) error {
	if err := s.reopen(); err != nil {
		return err
	}
	if err := s.there(); err != nil {
		return err
	}
	if s.dirty {
		if err := s.file.Truncate(s.size); err != nil {
			return err
		}
	}
	s.dirty = true
	if _, err := s.file.WriteAt(b, s.size); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.dirty = false
	return nil
}

func (s *fileStore) reopen() error {
	if s.file != nil {
		return nil
	}
	path := filepath.Join(s.dir, s.name)
	f, err := s.disk.open(path, s.size == 0) // one that has records and is gone is not made again
	if err != nil {
		return err
	}
	if err = s.disk.sync(s.dir); err == nil {
		s.is, err = os.Stat(path)
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	s.file = f
	return nil
}

// there reports by an error that the open file is no longer the one of its name: it was moved away or deleted, and what is
// written into it nobody would find.
func (s *fileStore) there() error {
	now, err := os.Stat(filepath.Join(s.dir, s.name))
	if err != nil {
		return err
	}
	if !os.SameFile(now, s.is) {
		return fmt.Errorf("another file stands in the place of %s", s.name)
	}
	return nil
}

func (s *fileStore) abandon() {
	if s.file != nil {
		_ = s.file.Close()
		s.file = nil
	}
}

// rotate begins a segment. If that fails the old one goes on.
func (s *fileStore) rotate() error {
	old := *s
	s.abandon()
	s.name, s.segment, s.size, s.dirty = segmentName(s.head.size), s.segment+1, 0, true
	err := s.header()
	if err != nil {
		s.abandon()
		s.name, s.segment, s.size, s.dirty = old.name, old.segment, old.size, old.dirty
	}
	return err
}

// header writes the first line of a segment.
func (s *fileStore) header() error {
	line := segmentHeader{
		Segment: s.segment, First: s.head.size, Origin: s.signer.Name(), Time: s.head.time.Format(timeLayout),
		Edge: s.head.edge, Checkpoint: string(s.last),
	}.line()
	if err := s.write(line); err != nil {
		return err
	}
	s.size = int64(len(line))
	return nil
}

func (s *fileStore) stands() (head, error) { return s.head, nil }

// close lets go of the directory. The mark of an open log is taken away last.
func (s *fileStore) close(clean bool) error {
	defer s.unlock()
	s.abandon()
	if !clean {
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, openName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("governed: the log is complete, but its mark %q stays: %w", openName, err)
	}
	return s.disk.sync(s.dir)
}
