package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Filter says which statements are asked for. A field that is zero asks for all; those that are set must all hold.
type Filter struct {
	Caller   string // the subject, or one of those who act for it
	Agent    string // one of those who act for the subject
	Dataset  string // a relation that is read or written: schema.table, or the table alone
	Column   string // a column that is read or written: schema.table.column, table.column, or the column alone
	Rule     string
	Decision string // allow, warn, hold, deny
	Job      string // its name, or namespace/name
	Run      string
	Model    string
	Purpose  string
	Print    string // the statement's fingerprint
	Trace    string
	Command  string // SELECT, UPDATE ...
	Since    time.Time
	Until    time.Time
	// Writes asks for statements that write, Cleared for those that showed a sensitive column, Unknown for those of which
	// nobody knows what became of them.
	Writes  bool
	Cleared bool
	Unknown bool
	// Connections asks for what happened to connections and processes instead of statements.
	Connections bool
	// Newest is how many of the newest are given. 0 = all.
	Newest int
	// Keyring is the file with the keys of sealed callers: the log's path with ".keyring" behind it. "" means that they stay
	// sealed, and that Caller and Agent find none of them.
	Keyring string
}

// Story is a statement from its intent, or refusal, to its outcome.
type Story struct {
	Entry
	Outcome *Entry // nil for a refusal and for what has none
}

// Status is how it ended: denied, ok, failed, not_sent, or unknown.
func (s *Story) Status() string {
	switch {
	case s.Event == Denied:
		return string(Denied)
	case s.Outcome != nil:
		return string(s.Outcome.Status)
	case s.Event == Intent || s.Event == Connect:
		return "unknown"
	}
	return string(s.Entry.Status)
}

// Query gives what a filter asks for, in the order of the log in a directory or a database. It reads what stands under the newest checkpoint and does
// not verify it: that is [Verify]'s.
func Query(ctx context.Context, where string, f Filter, give func(*Story) error) error {
	q := &querying{
		filter: f, needles: f.needles(), who: exact(f.Caller, f.Agent), open: map[int64]*told{}, give: give, plain: f.plain(),
	}
	if f.Keyring != "" {
		keyring, err := openKeyring(f.Keyring)
		if err != nil {
			return err
		}
		q.boxes = &sealer{keyring}
	}
	if err := allLines(ctx, where, q.line); err != nil {
		return err
	}
	if err := q.flush(true); err != nil {
		return err
	}
	for _, s := range q.newest {
		if err := q.tell(s); err != nil {
			return err
		}
	}
	return nil
}

// told is a story as it was read: lines are decoded when it is certain that they are asked for, which most are not.
type told struct {
	header
	line    []byte
	story   *Story // nil = not decoded yet
	outcome []byte // nil = none so far
	place   place
}

type querying struct {
	filter  Filter
	plain   bool // nothing in a line decides, so that it need not be decoded
	needles [][]byte
	who     [][]byte        // pieces of the caller, which can be sealed
	boxes   *sealer         // nil = sealed callers stay so
	open    map[int64]*told // without an outcome so far
	waiting []*told         // in the order of the log
	newest  []*told         // where only those are asked for
	give    func(*Story) error
}

func (q *querying) line(p place, line []byte) error {
	if !bytes.HasPrefix(line, recordStart) {
		return nil
	}
	h, err := parseHeader(line)
	if err != nil {
		return p.tampered(-1, err.Error())
	}
	if h.intent >= 0 {
		return q.outcome(h, line)
	}
	if !q.filter.events(h.event) || !q.filter.within(h.time) || !containsAll(line, q.needles) ||
		!containsAll(line, q.who) && !bytes.Contains(line, sealedStart) {
		return nil
	}
	s := &told{header: h, line: bytes.Clone(line), place: p}
	if !q.plain {
		if err := q.decode(s); err != nil {
			return err
		}
		if !q.filter.matches(&s.story.Entry) {
			return nil
		}
	}
	q.waiting = append(q.waiting, s)
	if h.event == Intent || h.event == Connect {
		q.open[h.index] = s
		return nil
	}
	return q.flush(false)
}

func (q *querying) decode(s *told) error {
	if s.story != nil {
		return nil
	}
	s.story = &Story{}
	if err := json.Unmarshal(s.line, &s.story.Entry); err != nil {
		return s.place.tampered(s.index, "it cannot be read")
	}
	if s.story.Sealed != nil && q.boxes != nil {
		// One that was forgotten stays sealed: that is what the answer is then.
		if who, err := q.boxes.open(s.story.Sealed); err == nil {
			s.story.Who = who
		}
	}
	return nil
}

func (q *querying) outcome(h header, line []byte) error {
	s := q.open[h.intent]
	if s == nil {
		return nil
	}
	s.outcome = bytes.Clone(line)
	delete(q.open, h.intent)
	return q.flush(false)
}

// flush gives what is complete, in order; at the end of the log all that is left.
func (q *querying) flush(end bool) error {
	n := 0
	for _, s := range q.waiting {
		if !end && q.open[s.index] == s {
			break
		}
		n++
		switch {
		case !q.filter.ended(s):
		case q.filter.Newest == 0:
			if err := q.tell(s); err != nil {
				return err
			}
		default:
			if q.newest = append(q.newest, s); len(q.newest) >= 2*q.filter.Newest {
				q.newest = slices.Clone(q.newest[len(q.newest)-q.filter.Newest:])
			}
		}
	}
	if q.waiting = q.waiting[n:]; end {
		q.newest = q.newest[max(0, len(q.newest)-q.filter.Newest):]
	}
	return nil
}

// tell gives a story.
func (q *querying) tell(s *told) error {
	if err := q.decode(s); err != nil {
		return err
	}
	if s.outcome != nil {
		s.story.Outcome = &Entry{}
		if err := json.Unmarshal(s.outcome, s.story.Outcome); err != nil {
			return s.place.tampered(s.index, "its outcome cannot be read")
		}
	}
	return q.give(s.story)
}

// plain reports whether the filter asks for nothing that only a decoded record says.
func (f *Filter) plain() bool { return len(f.needles()) == 0 && f.Caller == "" && f.Agent == "" }

// needles are pieces that the line of a record must hold if the filter is to match it: most lines need no decoding.
func (f *Filter) needles() [][]byte {
	out := exact(f.Rule, f.Decision, last2(f.Job), f.Run, f.Model, f.Purpose, f.Print, f.Trace, f.Command)
	for _, name := range []string{f.Dataset, f.Column} { // the end of an element of a list
		if name != "" {
			out = append(out, marshal(name)[1:])
		}
	}
	if f.Writes {
		out = append(out, []byte(`"writes":[`))
	}
	return out
}

// exact are strings as they stand in a line.
func exact(list ...string) [][]byte {
	var out [][]byte
	for _, s := range list {
		if s != "" {
			out = append(out, marshal(s))
		}
	}
	return out
}

var (
	sealedStart  = []byte(`"sealed":{`)
	clearedStart = []byte(`"cleared":[`)
)

// last2 is a job behind its namespace.
func last2(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func containsAll(line []byte, needles [][]byte) bool {
	for _, n := range needles {
		if !bytes.Contains(line, n) {
			return false
		}
	}
	return true
}

func (f *Filter) events(e Event) bool {
	switch e {
	case Intent, Denied:
		return !f.Connections
	case Start, Stop, Connect, Close, Reset:
		return f.Connections
	}
	return false
}

func (f *Filter) within(t time.Time) bool {
	return (f.Since.IsZero() || !t.Before(f.Since)) && (f.Until.IsZero() || t.Before(f.Until))
}

// matches decides on the decoded record.
func (f *Filter) matches(e *Entry) bool {
	same := func(want, is string) bool { return want == "" || want == is }
	who, job := Who{}, Job{}
	if e.Who != nil {
		who = *e.Who
	}
	if e.Job != nil {
		job = *e.Job
	}
	return (f.Caller == "" || who.Subject == f.Caller || slices.Contains(who.Actors, f.Caller)) &&
		(f.Agent == "" || slices.Contains(who.Actors, f.Agent)) &&
		(f.Dataset == "" || named(e.Reads, f.Dataset) || named(e.Writes, f.Dataset) || named(e.Objects, f.Dataset)) &&
		(f.Column == "" || named(e.Columns, f.Column)) &&
		(f.Rule == "" || e.Rule == f.Rule || slices.Contains(e.Rules, f.Rule)) &&
		same(f.Decision, e.Decision) && (f.Job == "" || f.Job == job.Name || f.Job == job.Namespace+"/"+job.Name) &&
		same(f.Run, job.Run) && same(f.Model, job.Model) && same(f.Purpose, e.Purpose) && same(f.Print, e.Print) &&
		same(f.Trace, e.Trace) && same(f.Command, e.Command) && (!f.Writes || len(e.Writes) > 0)
}

// ended decides on what only the outcome says.
func (f *Filter) ended(s *told) bool {
	if f.Cleared && !bytes.Contains(s.outcome, clearedStart) {
		return false
	}
	return !f.Unknown || s.outcome == nil && (s.event == Intent || s.event == Connect)
}

// named reports whether a name, or the end of one behind a dot or a command, is in a list.
func named(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		head, ok := strings.CutSuffix(s, name)
		return ok && (head == "" || strings.HasSuffix(head, ".") || strings.HasSuffix(head, " "))
	})
}
