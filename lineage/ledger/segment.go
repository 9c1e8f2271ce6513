package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The files of a log's directory. Nothing else may be there.
const (
	segmentSuffix = ".ndjson"
	publicName    = "ledger.pub" // the public key
	openName      = "open"       // empty; there while a process writes, and after it died
)

// segmentName is the file that begins with a record: sorted by name they are in order.
func segmentName(first int64) string { return fmt.Sprintf("%020d", first) + segmentSuffix }

// segments lists the segment files of a directory in order, and what else is there.
func segments(dir string) (names, others []string, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range list {
		if _, ok := segmentFirst(e.Name()); ok && e.Type().IsRegular() {
			names = append(names, e.Name())
		} else {
			others = append(others, e.Name())
		}
	}
	return names, others, nil
}

// segmentFirst is the index of a segment's first record, by its name.
func segmentFirst(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(filepath.Base(name), segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseInt(digits, 10, 64)
	return first, err == nil && first >= 0
}

// segmentHeader is the first line of a segment: where the log stood before it. What it says follows from the segments
// before, and from the last checkpoint of those, so that one segment can be read without them.
type segmentHeader struct {
	Segment    int         `json:"segment"`
	First      int64       `json:"first"`
	Origin     string      `json:"origin"`
	Time       string      `json:"time"`
	Edge       []tlog.Hash `json:"edge"`
	Checkpoint string      `json:"checkpoint"` // the last before the segment, "" in the first
}

func (s segmentHeader) line() []byte {
	if s.Edge == nil {
		s.Edge = []tlog.Hash{}
	}
	b := marshal(s)
	return append(seal(b[:len(b)-1]), '\n')
}

// head is where the log stood.
func (s segmentHeader) head() head {
	h := head{tree: tree{size: s.First, edge: append([]tlog.Hash(nil), s.Edge...)}}
	h.time, _ = parseTime(s.Time)
	return h
}

// parseSegmentHeader reads a header and checks it against itself: against its checkpoint, and with the keys where the
// segment is read alone.
func parseSegmentHeader(line []byte, keys Keys) (segmentHeader, error) {
	var s segmentHeader
	if !bytes.HasPrefix(line, segmentStart) || !sealed(line) {
		return s, errors.New("the first line is not the header of a segment, or it was damaged")
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return s, errors.New("the header of the segment cannot be read")
	}
	if again := s.line(); !bytes.Equal(again[:len(again)-1], line) {
		return s, errors.New("the header of the segment is written in another way than the log writes it")
	}
	if _, err := parseTime(s.Time); err != nil {
		return s, errors.New("the time in the header of the segment cannot be read")
	}
	h := s.head()
	if !h.fits() {
		return s, errors.New("the tree in the header of the segment does not have its size")
	}
	if s.First == 0 {
		if s.Checkpoint != "" || s.Segment != 0 {
			return s, errors.New("the first segment follows nothing")
		}
		return s, nil
	}
	c, err := openOwn([]byte(s.Checkpoint), keys)
	if err != nil {
		return s, fmt.Errorf("the checkpoint in the header of the segment: %w", err)
	}
	if c.Size != s.First || c.Root != h.root() {
		return s, errors.New("the header of the segment contradicts its checkpoint")
	}
	return s, nil
}
