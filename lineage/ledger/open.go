package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The errors of opening a log, beside those of the file system and [*TamperError].
var (
	// ErrLocked says that another process, or another Ledger of this one, writes the log.
	ErrLocked = errors.New("governed: another process writes this ledger; use a directory of its own for each process, or the store in PostgreSQL")
	// ErrNoKey says that there is a log and not the private key that it goes on with.
	ErrNoKey = errors.New("governed: the private key of the ledger is not there")
	// ErrRolledBack says that the log is older than a checkpoint that was published of it.
	ErrRolledBack = errors.New("governed: the ledger lacks records that a published checkpoint of it covers")
)

// openFiles opens the log of a directory for writing, and makes it if there is none. It gives how many bytes of an
// unfinished group were cut off: nothing of them was acknowledged, so no statement of theirs was sent.
func openFiles(c *Config) (s *fileStore, cut int64, err error) {
	if err := outside(c.Dir); err != nil {
		return nil, 0, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, 0, err
	}
	unlock, err := lock(c.Dir)
	if err != nil {
		return nil, 0, err
	}
	s = &fileStore{dir: c.Dir, disk: c.disk, limit: c.SegmentBytes, unlock: unlock}
	if cut, err = s.start(c); err != nil {
		s.abandon()
		unlock()
		return nil, 0, err
	}
	return s, cut, nil
}

// start finds out where the log of a directory stands, and makes ready to go on.
func (s *fileStore) start(c *Config) (cut int64, err error) {
	names, others, err := segments(s.dir)
	if err != nil {
		return 0, err
	}
	marked, err := belongs(others)
	if err != nil {
		return 0, err // and nothing was made in it
	}
	var keys Keys
	if s.signer, keys, err = openKey(c, len(names) > 0); err != nil {
		return 0, err
	}
	if cut, err = s.resume(names, marked, keys); err != nil {
		return 0, err
	}
	return cut, s.begin()
}

// belongs refuses files that are not a log's, and reports whether the mark of an open log is among the others.
func belongs(others []string) (marked bool, err error) {
	for _, name := range others {
		switch name {
		case publicName:
		case openName:
			marked = true
		default:
			return false, &TamperError{File: name, Index: -1, Reason: "the file does not belong to a ledger"}
		}
	}
	return marked, nil
}

// outside refuses a directory within that of another log, in which nothing else may be.
func outside(dir string) error {
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, publicName)); err == nil && Exists(at) == nil {
			return fmt.Errorf("governed: the directory lies in the ledger of %s", at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// openKey reads the private key, and makes one for a log that is not there yet.
func openKey(c *Config, exists bool) (note.Signer, Keys, error) {
	public := filepath.Join(c.Dir, publicName)
	signer, line, err := privateKey(c, exists)
	if err != nil {
		return nil, Keys{}, err
	}
	if !exists {
		if err := put(public, line+"\n", 0o644); err != nil {
			return nil, Keys{}, err
		}
	}
	keys, err := ReadKeys(public)
	if err != nil {
		return nil, Keys{}, err
	}
	if keys.String() != line+"\n" {
		return nil, Keys{}, fmt.Errorf("governed: %s is not the private key of the ledger in %s", c.KeyFile, c.Dir)
	}
	return signer, keys, nil
}

// privateKey reads the private key, making it for a log that is not there yet, and gives the public one with it.
func privateKey(c *Config, exists bool) (note.Signer, string, error) {
	signer, err := readPrivate(c.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists:
		return nil, "", fmt.Errorf("%w: %s", ErrNoKey, c.KeyFile)
	case errors.Is(err, fs.ErrNotExist):
		if err := makeKey(c); err != nil {
			return nil, "", err
		}
		if signer, err = readPrivate(c.KeyFile); err != nil {
			return nil, "", err
		}
	case err != nil:
		return nil, "", err
	}
	if info, err := os.Stat(c.KeyFile); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		c.Logger.Warn("governed: others can read the private key of the ledger, and sign another history", "file", c.KeyFile, "mode", info.Mode().Perm())
	}
	line, err := publicOf(c.KeyFile)
	return signer, line, err
}

// makeKey makes the private key of a new log. It never replaces one.
func makeKey(c *Config) error {
	private, _, err := newKey(c.Origin)
	if err != nil {
		return err
	}
	if err := createDurably(c.KeyFile, []byte(private+"\n")); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another process made it just now
}

// put writes a file where it stands: in a log's directory there is no other for a moment either.
func put(name, text string, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// publicOf derives the public key from a file with the private one.
func publicOf(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	bad := fmt.Errorf("%s is not the private key of a log", name)
	parts := strings.SplitN(strings.TrimSuffix(string(text), "\n"), "+", 5) // PRIVATE+KEY+name+hash+key
	if len(parts) != 5 {
		return "", bad
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", bad
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", bad
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}

// resume finds where the log stands, by its last segment, and cuts off what a crash left of a group.
func (s *fileStore) resume(names []string, marked bool, keys Keys) (cut int64, err error) {
	if len(names) == 0 {
		s.name = segmentName(0)
		return 0, nil
	}
	if n := len(names) - 1; marked && n > 0 {
		if headless, err := s.headless(names[n]); err != nil {
			return 0, err
		} else if headless {
			if err := os.Remove(filepath.Join(s.dir, names[n])); err != nil {
				return 0, err
			}
			names = names[:n]
		}
	}
	s.name = names[len(names)-1]
	path := filepath.Join(s.dir, s.name)
	if headless, err := s.headless(s.name); err != nil || headless && marked {
		return 0, err // the very first: there is no log yet
	} else if headless {
		return 0, &TamperError{File: s.name, Index: -1, Reason: "the segment is empty"}
	}
	c := newChecker(s.signer.Name())
	t, err := readSegment(path, c, func(line []byte, _ bool) error {
		h, err := parseSegmentHeader(line, keys)
		if err != nil {
			return err
		}
		if first, _ := segmentFirst(s.name); first != h.First {
			return errors.New("the file has the name of another segment")
		}
		s.segment = h.Segment
		c.at(h.head())
		c.last = []byte(h.Checkpoint)
		return nil
	}, func(place, int64) {})
	if err != nil {
		return 0, err
	}
	switch {
	case !marked && (t.bytes > 0 || c.event != Stop):
		return 0, t.place.tampered(-1, "the log was closed, and does not end as a closed one does")
	case len(c.last) > 0:
		if _, err := openOwn(c.last, keys); err != nil {
			return 0, t.place.tampered(-1, "the last checkpoint: "+err.Error())
		}
	}
	// What stands behind the last checkpoint was never acknowledged.
	s.size, s.dirty, s.last, s.head = t.offset, t.bytes > 0, c.last, c.sure
	return t.bytes, nil
}

// headless reports whether a segment has nothing but the beginning of its first line: its maker was killed.
func (s *fileStore) headless(name string) (bool, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil || bytes.IndexByte(b, '\n') >= 0 {
		return false, err
	}
	n := min(len(b), len(segmentStart))
	if !bytes.Equal(b[:n], segmentStart[:n]) {
		return false, &TamperError{File: name, Line: 1, Index: -1, Reason: "it does not begin with the header of a segment"}
	}
	return true, nil
}

// begin marks the log as open and gives it its first segment.
func (s *fileStore) begin() error {
	if err := put(filepath.Join(s.dir, openName), "", 0o600); err != nil {
		return err
	}
	if err := s.disk.sync(s.dir); err != nil {
		return err
	}
	if s.size > 0 {
		return nil
	}
	s.dirty = true
	return s.header()
}
