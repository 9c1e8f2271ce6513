package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// VerifyConfig says by what a log is checked.
type VerifyConfig struct {
	// Keys are the public keys that the checker trusts. Without any the key in the log's own directory is taken, which
	// shows that the log is whole and not who wrote it.
	Keys Keys
	// Checkpoints are signed checkpoints that were published of the log: it has to hold all that they cover.
	Checkpoints [][]byte
	// Progress is told how many bytes of how many were read. Nil means nobody.
	Progress func(done, total int64)
}

// Report is what a log that holds says of itself.
type Report struct {
	Origin      string
	Trusted     bool // the keys were the caller's, not the log's own
	Records     int64
	Checkpoints int64
	Root        tlog.Hash
	First, Last time.Time
	Events      map[Event]int64
	Starts      []int64 // the indexes of start records
	Gaps        []int64 // of gap records: statements were sent that are not in the log
	Unknown     []int64 // of intents without an outcome: nobody knows what became of them
	// Open says that a process writes the log, or was killed while it did.
	Open bool
	// Unfinished is how many bytes of a group stand behind the last checkpoint of an open log. Nothing of them was
	// acknowledged.
	Unfinished int64
	// Proved are the sizes of the checkpoints given that the log holds.
	Proved []int64
}

// Verify checks every byte of every file of a log's directory, offline, or every row of a log in a database, whose address
// is given instead. A log that does not hold gives a [*TamperError] that names the place; any other error says that it
// could not be checked.
func Verify(ctx context.Context, where string, c VerifyConfig) (*Report, error) {
	v := &verifying{ctx: ctx, dir: where, config: c, report: &Report{Trusted: len(c.Keys.list) > 0}}
	steps := []func() error{v.files, v.keyFile, v.given, v.read, v.ends}
	if isDatabase(where) {
		steps = []func() error{v.keyTable, v.given, v.rows}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v.result()
}

type verifying struct {
	ctx    context.Context
	dir    string
	config VerifyConfig
	report *Report

	names   []string
	known   Keys
	checker *checker
	tail    tail
	wanted  map[int64][]tlog.Hash // the roots of the checkpoints given, by size
	done    int64
	total   int64
}

// files looks at what is in the directory.
func (v *verifying) files() error {
	names, others, err := segments(v.dir)
	if err != nil {
		return err
	}
	for _, name := range others {
		switch name {
		case publicName:
		case openName:
			info, err := os.Stat(filepath.Join(v.dir, name))
			if err != nil {
				return err
			}
			if info.Size() > 0 || !info.Mode().IsRegular() {
				return &TamperError{File: name, Index: -1, Reason: "the mark of an open log is an empty file"}
			}
			v.report.Open = true
		default:
			return &TamperError{File: name, Index: -1, Reason: "the file does not belong to a ledger"}
		}
	}
	if info, err := os.Lstat(filepath.Join(v.dir, publicName)); err == nil && !info.Mode().IsRegular() {
		return &TamperError{File: publicName, Index: -1, Reason: "it is not a regular file"}
	}
	if !slices.Contains(others, publicName) {
		if len(names) == 0 {
			return fmt.Errorf("there is no ledger in %s", v.dir)
		}
		return &TamperError{File: publicName, Index: -1, Reason: "the public key is gone"}
	}
	v.names = names
	for _, name := range names {
		info, err := os.Stat(filepath.Join(v.dir, name))
		if err != nil {
			return err
		}
		v.total += info.Size()
	}
	return nil
}

// keyFile reads the key of the directory.
func (v *verifying) keyFile() error {
	text, err := os.ReadFile(filepath.Join(v.dir, publicName))
	if err != nil {
		return err
	}
	own, err := ParseKeys(string(text))
	if err != nil || own.String() != string(text) || len(own.list) != 1 {
		return &TamperError{File: publicName, Index: -1, Reason: "it is not a public key as the log writes it"}
	}
	return v.trust(own, publicName)
}

// keyTable reads the key of the database.
func (v *verifying) keyTable() error {
	own, err := databaseLines(v.ctx, v.dir, nil)
	switch {
	case err != nil:
		return err
	case len(own.list) == 0:
		return errors.New("the database holds no ledger")
	case len(own.list) > 1:
		return &TamperError{File: "governed_ledger.keys", Index: -1, Reason: "a log has one key, and there are several"}
	}
	return v.trust(own, "governed_ledger.keys")
}

// trust holds the log's own key against the one that is trusted.
func (v *verifying) trust(own Keys, file string) error {
	v.known = own
	if v.report.Trusted {
		if !v.config.Keys.has(own) {
			return &TamperError{File: file, Index: -1, Reason: "it is not the key that was given"}
		}
		v.known = v.config.Keys
	}
	v.report.Origin = own.Origin()
	return nil
}

// given reads the checkpoints that the log is held against.
func (v *verifying) given() error {
	v.wanted = map[int64][]tlog.Hash{}
	for _, signed := range v.config.Checkpoints {
		c, err := OpenCheckpoint(signed, v.known)
		if parsed, bad := ParseCheckpoint(signed); err != nil && bad == nil && parsed.Origin == v.report.Origin {
			return &TamperError{File: publicName, Index: -1, Reason: "a checkpoint that was given is of a log of this name and not signed by its key: the log, or the checkpoint, was replaced"}
		}
		if err != nil {
			return fmt.Errorf("the checkpoint that was given cannot be used: %w", err)
		}
		v.wanted[c.Size] = append(v.wanted[c.Size], c.Root)
		v.report.Proved = append(v.report.Proved, c.Size)
	}
	slices.Sort(v.report.Proved)
	return nil
}

// read goes through the segments in order.
func (v *verifying) read() error {
	c := newChecker(v.report.Origin)
	v.checker = c
	signatures := newSignatures(v.known)
	defer signatures.wait()
	var at place
	c.signed = func(signed []byte) { signatures.check(signed, at) }
	c.grown = v.compare
	for i, name := range v.names {
		if v.tail.bytes > 0 {
			return v.tail.place.tampered(c.sure.size, "the group is not finished, and another segment follows")
		}
		t, err := readSegment(filepath.Join(v.dir, name), c, func(line []byte, whole bool) error {
			return v.header(i, name, line, whole)
		}, func(p place, n int64) {
			at = p
			v.progress(n)
		})
		if err == nil {
			err = v.ctx.Err()
		}
		if err == nil {
			err = signatures.failed()
		}
		if err != nil {
			return err
		}
		// A process that was killed may have begun the next segment, and no other.
		if t.headless && (!v.report.Open || i < len(v.names)-1 || name != segmentName(c.sure.size)) {
			return &TamperError{File: name, Index: -1, Reason: "the segment has no header"}
		}
		v.tail = t
	}
	signatures.wait()
	return signatures.failed()
}

// rows goes through the tables in order.
func (v *verifying) rows() error {
	c := newChecker(v.report.Origin)
	v.checker = c
	signatures := newSignatures(v.known)
	defer signatures.wait()
	var at place
	c.signed = func(signed []byte) { signatures.check(signed, at) }
	c.grown = v.compare
	_, err := databaseLines(v.ctx, v.dir, func(p place, line []byte, edge, when string) error {
		at = p
		if err := c.line(line); err != nil {
			return p.tampered(c.named(line), err.Error())
		}
		if p.file == checkpointTable && (edge != edgeText(c.sure.edge) || when != c.sure.time.Format(timeLayout)) {
			return p.tampered(-1, "the tree or the time of the checkpoint was changed")
		}
		return signatures.failed()
	})
	if err != nil {
		return err
	}
	if c.head.size != c.sure.size {
		return &TamperError{File: recordTable, Line: c.sure.size, Index: c.sure.size, Reason: "no checkpoint covers it"}
	}
	v.report.Open = c.events[Start] > c.events[Stop]
	signatures.wait()
	return signatures.failed()
}

// header holds the header of a segment against what the segments before say.
func (v *verifying) header(i int, name string, line []byte, whole bool) error {
	c := v.checker
	want := segmentHeader{
		Segment: i, First: c.head.size, Origin: c.origin, Time: c.head.time.Format(timeLayout), Edge: c.head.edge,
		Checkpoint: string(c.last),
	}
	if !whole {
		if !bytes.HasPrefix(want.line(), line) {
			return errors.New("it is no header of a segment, and has no end")
		}
		return nil // whether there may be one is seen below
	}
	h, err := parseSegmentHeader(line, v.known)
	if err != nil {
		return err
	}
	first, _ := segmentFirst(name)
	switch {
	case first != h.First:
		return fmt.Errorf("the file has the name of the segment that begins with record %d", first)
	case h.First != want.First || h.Segment != i:
		return fmt.Errorf("it is segment %d from record %d, and segment %d from record %d comes here", h.Segment, h.First, i, want.First)
	case string(h.line()) != string(want.line()):
		return errors.New("its header contradicts the segments before it")
	}
	return nil
}

func (v *verifying) progress(n int64) {
	v.done += n
	if v.config.Progress != nil {
		v.config.Progress(v.done, v.total)
	}
}

// compare holds the log against the checkpoints given that are of its present size.
func (v *verifying) compare(h *head) error {
	roots, ok := v.wanted[h.size]
	if !ok {
		return nil
	}
	for _, root := range roots {
		if root != h.root() {
			return fmt.Errorf("a checkpoint that was given covers %d records with another content: the log was rewritten, or there are two", h.size)
		}
	}
	delete(v.wanted, h.size)
	return nil
}

// ends looks at the end of the files: a closed log has one.
func (v *verifying) ends() error {
	c := v.checker
	switch {
	case v.report.Open:
		return nil
	case len(v.names) == 0:
		return &TamperError{File: segmentName(0), Index: -1, Reason: "the log has no segment"}
	case v.tail.bytes > 0:
		return v.tail.place.tampered(c.sure.size, "the group is not finished, and the log was closed")
	case c.event != Stop:
		return &TamperError{File: v.names[len(v.names)-1], Index: c.sure.size - 1, Reason: "the log was closed, and does not end with a stop record"}
	}
	return nil
}

func (v *verifying) result() (*Report, error) {
	c, r := v.checker, v.report
	last := recordTable
	if n := len(v.names); n > 0 {
		last = v.names[n-1]
	}
	delete(v.wanted, 0)
	for size := range v.wanted {
		return nil, &TamperError{File: last, Index: c.sure.size, Reason: fmt.Sprintf(
			"TRUNCATED: a checkpoint that was given covers %d records, the log has %d", size, c.sure.size)}
	}
	r.Records, r.Root, r.First, r.Last = c.sure.size, c.sure.root(), c.first, c.sure.time
	r.Events, r.Starts, r.Gaps, r.Unfinished, r.Checkpoints = c.events, c.starts, c.gaps, v.tail.bytes, c.checkpoints
	for index := range c.open {
		if index < r.Records {
			r.Unknown = append(r.Unknown, index)
		}
	}
	slices.Sort(r.Unknown)
	return r, nil
}

// signatures checks signatures beside the reading, which is quicker.
type signatures struct {
	keys Keys
	work chan signature
	all  sync.WaitGroup
	once sync.Once

	mu  sync.Mutex
	err *TamperError
}

type signature struct {
	signed []byte
	place  place
}

func newSignatures(keys Keys) *signatures {
	s := &signatures{keys: keys, work: make(chan signature, 256)}
	for range runtime.GOMAXPROCS(0) {
		s.all.Go(func() {
			for w := range s.work {
				if _, err := openOwn(w.signed, s.keys); err != nil {
					s.fail(&TamperError{File: w.place.file, Line: w.place.line, Offset: w.place.offset, Index: -1, Reason: err.Error()})
				}
			}
		})
	}
	return s
}

func (s *signatures) check(signed []byte, at place) { s.work <- signature{signed, at} }

// fail keeps the first place in the order of the log.
func (s *signatures) fail(e *TamperError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || e.File < s.err.File || e.File == s.err.File && e.Line < s.err.Line {
		s.err = e
	}
}

func (s *signatures) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		return nil
	}
	return s.err
}

func (s *signatures) wait() {
	s.once.Do(func() { close(s.work) })
	s.all.Wait()
}
