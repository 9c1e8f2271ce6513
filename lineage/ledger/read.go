package ledger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxLine bounds a line that is read: far more than the longest statement with all that it touches.
const maxLine = 64 << 20

// place is where a line stands.
type place struct {
	file   string
	line   int64 // from 1
	offset int64
}

func (p place) tampered(index int64, reason string) error {
	return &TamperError{File: p.file, Line: p.line, Offset: p.offset, Index: index, Reason: reason}
}

// readLines gives the lines of a file from an offset on without their ends, and whether each has one. What is given is
// good until the next line.
func readLines(name string, f func(p place, line []byte, whole bool) error) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	r := bufio.NewReaderSize(in, 1<<20)
	p := place{file: filepath.Base(name)}
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, part...); len(long) > maxLine {
				p.line++
				return p.tampered(-1, "the line has no end")
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading the ledger: %w", err)
		}
		line, whole := part, err == nil
		if len(long) > 0 {
			line = append(long, part...)
		}
		if len(line) > 0 {
			p.line++
			n := int64(len(line))
			if whole {
				line = line[:len(line)-1]
			}
			if err := f(p, line, whole); err != nil {
				return err
			}
			p.offset += n
		}
		long = long[:0]
		if !whole {
			return nil
		}
	}
}

// Exists reports by an error that there is no ledger in a directory, or that it cannot be looked for. What is in a database
// is for [Open] to see.
func Exists(where string) error {
	if isDatabase(where) {
		return nil
	}
	names, _, err := segments(where)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("there is no ledger in %s", where)
	}
	return err
}

// allLines gives the records that a checkpoint follows, each group with its checkpoint behind it, wherever the log is. What
// stands behind the newest checkpoint nobody vouches for.
func allLines(ctx context.Context, where string, f func(p place, line []byte) error) error {
	g := covered{give: f}
	if isDatabase(where) {
		_, err := databaseLines(ctx, where, func(p place, line []byte, _, _ string) error { return g.line(p, line, true) })
		return err
	}
	names, _, err := segments(where)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("there is no ledger in %s", where)
	}
	for _, name := range names {
		if err := readLines(filepath.Join(where, name), g.line); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// covered keeps lines back until a checkpoint comes.
type covered struct {
	give  func(p place, line []byte) error
	lines []byte
	ends  []int
	at    []place
}

func (g *covered) line(p place, line []byte, whole bool) error {
	switch {
	case !whole, bytes.HasPrefix(line, segmentStart):
		return nil
	case !bytes.HasPrefix(line, checkpointStart):
		g.lines = append(g.lines, line...)
		g.ends, g.at = append(g.ends, len(g.lines)), append(g.at, p)
		return nil
	}
	start := 0
	for i, end := range g.ends {
		if err := g.give(g.at[i], g.lines[start:end]); err != nil {
			return err
		}
		start = end
	}
	g.lines, g.ends, g.at = g.lines[:0], g.ends[:0], g.at[:0]
	return g.give(p, line)
}

// tail is what stands behind the last checkpoint of a segment.
type tail struct {
	offset int64 // where it begins
	bytes  int64
	place  place // of its first line
	// headless says that the segment has no more than the beginning of its header.
	headless bool
}

// readSegment holds the lines of a segment against the checker, the first by header. What follows the last checkpoint and
// can be the beginning of a group is given as the tail; whether there may be one is for the caller to say.
func readSegment(name string, c *checker, header func(line []byte, whole bool) error, progress func(p place, n int64)) (tail, error) {
	t := tail{place: place{file: filepath.Base(name), line: 1}, headless: true}
	err := readLines(name, func(p place, line []byte, whole bool) error {
		n := int64(len(line))
		if whole {
			n++
		}
		progress(p, n)
		if t.bytes == 0 {
			t.place = p
		}
		t.bytes += n
		switch {
		case p.line == 1:
			if err := header(line, whole); err != nil {
				return p.tampered(-1, err.Error())
			}
			if whole {
				t.offset, t.bytes, t.headless = n, 0, false
			}
			return nil
		case !whole:
			if !c.torn(line) {
				return p.tampered(c.head.size, "the line has no end, and is no beginning of a record")
			}
			return nil
		}
		if err := c.line(line); err != nil {
			return p.tampered(c.named(line), err.Error())
		}
		if c.sure.size == c.head.size {
			t.offset, t.bytes = p.offset+n, 0
		}
		return nil
	})
	return t, err
}
