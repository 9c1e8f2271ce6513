package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// A log is made of lines of three kinds. What a line is can be told from its first bytes.
var (
	recordStart     = []byte(`{"v":1,"index":`)
	checkpointStart = []byte(`{"checkpoint":`)
	segmentStart    = []byte(`{"segment":`)
	groupStart      = []byte(`,"group":`)
	timeStart       = []byte(`,"time":"`)
	sumStart        = []byte(`,"sum":"`)
)

// timeLayout has a fixed width: in UTC, with nanoseconds.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// castagnoli is the checksum of a line: it names the line that was damaged, where the tree names the group. It is no
// protection against intent; the tree is.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// recordLine makes the line of a record: its body is canonical JSON of all that does not depend on its place. The first
// record of its group is named, so that the checkpoint between two groups cannot be taken away.
func recordLine(index, group int64, at time.Time, body []byte) []byte {
	line := make([]byte, 0, len(body)+96)
	line = append(line, recordStart...)
	line = strconv.AppendInt(line, index, 10)
	line = append(line, groupStart...)
	line = strconv.AppendInt(line, group, 10)
	line = append(line, timeStart...)
	line = at.AppendFormat(line, timeLayout)
	line = append(line, `",`...)
	line = append(line, body[1:len(body)-1]...)
	return seal(line)
}

// seal ends a line with its checksum.
func seal(line []byte) []byte {
	sum := crc32.Checksum(line, castagnoli)
	line = append(line, sumStart...)
	return fmt.Appendf(line, `%08x"}`, sum)
}

// sumTail is how long the end of a sealed line is.
const sumTail = len(`,"sum":"00000000"}`)

// sealed reports whether a line has the checksum that it ends with.
func sealed(line []byte) bool {
	if len(line) < sumTail {
		return false
	}
	at := len(line) - sumTail
	return bytes.Equal(seal(line[:at:at])[at:], line[at:])
}

// parseTime reads a time as the log writes it.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err == nil && t.Format(timeLayout) != s {
		err = errHeader
	}
	return t, err
}

// header is the beginning of a record's line, which is in a fixed order.
type header struct {
	index  int64
	group  int64 // the index of the first record of its group
	time   time.Time
	event  Event
	intent int64 // -1 = none
}

var errHeader = errors.New("it does not begin as a record does")

func parseHeader(line []byte) (header, error) {
	h := header{intent: -1}
	rest, ok := bytes.CutPrefix(line, recordStart)
	if !ok {
		return h, errHeader
	}
	number, rest, _ := bytes.Cut(rest, groupStart)
	first, rest, ok := bytes.Cut(rest, timeStart)
	var err error
	if h.index, err = strconv.ParseInt(string(number), 10, 64); err != nil {
		return h, errHeader
	}
	if h.group, err = strconv.ParseInt(string(first), 10, 64); !ok || err != nil || len(rest) < len(timeLayout) {
		return h, errHeader
	}
	if h.time, err = parseTime(string(rest[:len(timeLayout)])); err != nil {
		return h, errHeader
	}
	if rest, ok = bytes.CutPrefix(rest[len(timeLayout):], []byte(`","event":"`)); !ok {
		return h, errHeader
	}
	event, rest, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		return h, errHeader
	}
	h.event = Event(event)
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"intent":`)); ok {
		end := bytes.IndexAny(rest, ",}")
		if end < 0 {
			return h, errHeader
		}
		if h.intent, err = strconv.ParseInt(string(rest[:end]), 10, 64); err != nil {
			return h, errHeader
		}
	}
	return h, nil
}

// checkpointLine makes the line that ends a group.
func checkpointLine(signed []byte) []byte {
	return append(marshal(struct {
		Checkpoint string `json:"checkpoint"`
	}{string(signed)}), '\n')
}

// parseCheckpointLine gives the signed note of such a line.
func parseCheckpointLine(line []byte) ([]byte, error) {
	var c struct {
		Checkpoint string `json:"checkpoint"`
	}
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, errors.New("it is not a checkpoint's line")
	}
	if again := checkpointLine([]byte(c.Checkpoint)); !bytes.Equal(again[:len(again)-1], line) {
		return nil, errors.New("it is written in another way than the log writes it")
	}
	return []byte(c.Checkpoint), nil
}

// marshal gives canonical JSON: fields in the order of their struct, no white space, no escapes that are not needed. What
// is written this way can always be written.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("governed: a record that is no JSON: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
