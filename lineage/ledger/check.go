package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// TamperError says what contradicts what in a log, and where.
type TamperError struct {
	File   string // the file, or the table
	Line   int64  // from 1; 0 = the file as a whole
	Offset int64  // of the line in the file, in bytes
	Index  int64  // of the record, -1 = none
	Reason string
}

func (e *TamperError) Error() string {
	where := e.File
	if e.Line > 0 {
		where += fmt.Sprintf(", line %d (byte %d)", e.Line, e.Offset)
	}
	if e.Index >= 0 {
		where += fmt.Sprintf(", record %d", e.Index)
	}
	return "governed: the ledger was tampered with or damaged: " + where + ": " + e.Reason
}

// checker holds the lines of a log against each other, in their order.
type checker struct {
	origin string
	head   head
	sure   head               // what stands under the last checkpoint
	last   []byte             // the last checkpoint
	event  Event              // of the last record
	group  []header           // records without a checkpoint so far: nobody vouches for them
	open   map[int64]struct{} // intents without an outcome so far
	events map[Event]int64
	starts []int64
	gaps   []int64
	first  time.Time

	checkpoints int64

	signed func(signed []byte) // takes each checkpoint whose root is right; nil = nobody does
	grown  func(h *head) error // looks at the log after each record; nil = nobody does
}

func newChecker(origin string) *checker {
	return &checker{origin: origin, open: map[int64]struct{}{}, events: map[Event]int64{}}
}

// at makes the checker go on behind a head.
func (c *checker) at(h head) { c.head, c.sure = h, h.clone() }

// line takes one line without its end.
func (c *checker) line(b []byte) error {
	switch {
	case bytes.HasPrefix(b, recordStart):
		return c.record(b)
	case bytes.HasPrefix(b, checkpointStart):
		return c.checkpoint(b)
	}
	return errors.New("it is neither a record nor a checkpoint")
}

func (c *checker) record(b []byte) error {
	if !sealed(b) {
		return errors.New("its checksum does not fit")
	}
	h, err := parseHeader(b)
	switch {
	case err != nil:
		return err
	case h.index != c.head.size:
		return fmt.Errorf("it says that it is record %d, in the place of record %d", h.index, c.head.size)
	case h.group != c.sure.size:
		return fmt.Errorf("it belongs to the group that begins with record %d, and stands in the one that begins with record %d", h.group, c.sure.size)
	case h.time.Before(c.head.time):
		return errors.New("its time is before that of the record before it")
	}
	if err := check(h); err != nil {
		return err
	}
	c.head.add(tlog.RecordHash(b))
	c.head.time = h.time
	c.group = append(c.group, h)
	if c.grown != nil {
		return c.grown(&c.head)
	}
	return nil
}

// check looks at what a record says that it is.
func check(h header) error {
	switch h.event {
	case Outcome:
		if h.intent < 0 || h.intent >= h.index {
			return errors.New("it is the outcome of nothing before it")
		}
	case Intent, Connect, Start, Gap, Stop, Denied, Begin, Rollback, Reset, Close, PolicySet, KeyGone:
	default:
		return fmt.Errorf("its event %s is unknown", strconv.Quote(string(h.event)))
	}
	return nil
}

// follow keeps account of a record that a checkpoint vouches for.
func (c *checker) follow(h header) {
	if h.index == 0 {
		c.first = h.time
	}
	c.event = h.event
	c.events[h.event]++
	switch h.event {
	case Intent, Connect:
		c.open[h.index] = struct{}{}
	case Outcome:
		delete(c.open, h.intent)
	case Start:
		c.starts = append(c.starts, h.index)
	case Gap:
		c.gaps = append(c.gaps, h.index)
	}
}

func (c *checker) checkpoint(b []byte) error {
	signed, err := parseCheckpointLine(b)
	if err != nil {
		return err
	}
	cp, err := ParseCheckpoint(signed)
	switch {
	case err != nil:
		return err
	case cp.Origin != c.origin:
		return fmt.Errorf("the checkpoint is of the log %q, not of %q", cp.Origin, c.origin)
	case cp.Size != c.head.size:
		return fmt.Errorf("the checkpoint is of %d records, and %d stand before it", cp.Size, c.head.size)
	case cp.Size == c.sure.size:
		return errors.New("the checkpoint covers no record")
	case cp.Root != c.head.root():
		return fmt.Errorf("a record from %d to %d was changed: the checkpoint has another root", c.sure.size, cp.Size-1)
	}
	for _, h := range c.group {
		c.follow(h)
	}
	c.group = c.group[:0]
	c.sure, c.last = c.head.clone(), signed
	c.checkpoints++
	if c.signed != nil {
		c.signed(signed)
	}
	return nil
}

// named is the index of the record that a line is in the place of, -1 for a checkpoint.
func (c *checker) named(line []byte) int64 {
	if bytes.HasPrefix(line, checkpointStart) {
		return -1
	}
	return c.head.size
}

// torn reports whether an unfinished line can be the beginning of the line that would have come next.
func (c *checker) torn(b []byte) bool {
	next := string(recordStart) + strconv.FormatInt(c.head.size, 10) + string(groupStart) + strconv.FormatInt(c.sure.size, 10) + string(timeStart)
	for _, want := range []string{next, string(checkpointStart) + `"` + c.origin + `\n`} {
		if n := min(len(want), len(b)); string(b[:n]) == want[:n] {
			return true
		}
	}
	return false
}
