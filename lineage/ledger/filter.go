package ledger

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// Filter says which statements are asked for. A field that is zero asks for all; those that are set must all hold. Names are
// those that the log holds, letter by letter; one that is no plain name can be quoted as in SQL: public."my table". A dot
// outside quotes separates.
type Filter struct {
	Caller   string // the subject, or one of those who act for it
	Agent    string // one of those who act for the subject
	Dataset  string // a relation that is read or written, or what a command acts on: schema.table, or the table alone
	Column   string // a column that is read or written: schema.table.column, table.column, or the column alone
	Rule     string
	Decision string // allow, warn, hold, deny
	Job      string // its name, or namespace/name
	Run      string
	Model    string
	Purpose  string
	Print    string // the statement's fingerprint
	Trace    string
	Command  string // SELECT, UPDATE ...; of a text of several statements, one of theirs
	Since    time.Time
	Until    time.Time
	// Writes asks for statements that write: rows, or what else there is (DROP TABLE, CREATE ROLE). Cleared asks for those that
	// showed a sensitive column, Unknown for those of which nobody knows what became of them.
	Writes  bool
	Cleared bool
	Unknown bool
	// Connections asks for what happened to connections, processes and the log itself instead of statements.
	Connections bool
	// Gaps asks for gap records too, whatever else is asked for: the answer may be among what they count.
	Gaps bool
	// Newest is how many of the newest are given. 0 = all.
	Newest int
	// Keyring is the file with the keys of sealed callers: the log's path with ".keyring" behind it. "" means that they stay
	// sealed, and that Caller and Agent find none of them.
	Keyring string
}

// finder is a filter made ready.
type finder struct {
	Filter
	dataset, column []string
	needles         [][]byte // pieces of the line of whatever the filter matches
	who             [][]byte // pieces of the caller, which can be sealed
	plain           bool     // nothing in a line decides, so that it need not be decoded
}

func newFinder(f Filter) *finder {
	out := &finder{Filter: f, dataset: nameParts(f.Dataset), column: nameParts(f.Column), who: exact(f.Caller, f.Agent)}
	out.needles = exact(f.Rule, f.Decision, f.Run, f.Model, f.Purpose, f.Print, f.Trace, f.Command)
	for _, parts := range [][]string{out.dataset, out.column} { // the end of an element of a list
		if n := len(parts); n > 0 {
			out.needles = append(out.needles, marshal(lineage.QuoteName(parts[n-1]))[1:])
		}
	}
	out.plain = len(out.needles)+len(out.who) == 0 && f.Job == "" && !f.Writes
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

// can reports whether a line can be of what is asked for: most need no decoding.
func (f *finder) can(h *header, line []byte) bool {
	if h.event == Gap && (f.Gaps || f.Connections) {
		return true // its own times decide
	}
	return f.events(h.event) && f.within(h.time) && containsAll(line, f.needles) &&
		(containsAll(line, f.who) || bytes.Contains(line, sealedStart))
}

func containsAll(line []byte, needles [][]byte) bool {
	for _, n := range needles {
		if !bytes.Contains(line, n) {
			return false
		}
	}
	return true
}

func (f *finder) events(e Event) bool {
	switch e {
	case Intent, Denied:
		return !f.Connections
	case Start, Stop, Connect, Close, Reset, Begin, Rollback, PolicySet, KeyGone:
		return f.Connections
	}
	return false
}

func (f *finder) within(t time.Time) bool {
	return (f.Since.IsZero() || !t.Before(f.Since)) && (f.Until.IsZero() || t.Before(f.Until))
}

// covers reports whether a part of a gap lies in the time that is asked for.
func (f *finder) covers(e *Entry) bool {
	first, last := e.Time, e.Time
	if e.First != nil && e.Last != nil {
		first, last = *e.First, *e.Last
	}
	return (f.Since.IsZero() || !last.Before(f.Since)) && (f.Until.IsZero() || first.Before(f.Until))
}

// matches decides on the decoded record.
func (f *finder) matches(e *Entry) bool {
	if e.Event == Gap {
		return f.covers(e) && (f.Gaps || f.plain)
	}
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
		(f.dataset == nil || named(e.Reads, f.dataset) || named(e.Writes, f.dataset) || namedObject(e.Objects, f.dataset)) &&
		(f.column == nil || named(e.Columns, f.column)) &&
		(f.Rule == "" || e.Rule == f.Rule || slices.Contains(e.Rules, f.Rule)) &&
		same(f.Decision, e.Decision) && (f.Job == "" || f.Job == job.Name || f.Job == job.Namespace+"/"+job.Name) &&
		same(f.Run, job.Run) && same(f.Model, job.Model) && same(f.Purpose, e.Purpose) && same(f.Print, e.Print) &&
		same(f.Trace, e.Trace) && (same(f.Command, e.Command) || slices.Contains(e.Commands, f.Command)) && (!f.Writes || writes(e))
}

// ended decides on what only the outcome, and the end of the transaction, says.
func (f *finder) ended(s *told) bool {
	switch {
	case s.event == Gap:
		return true
	case f.Cleared && !bytes.Contains(s.outcome, clearedStart):
		return false
	}
	return !f.Unknown || s.fate == Undecided || s.outcome == nil && (s.event == Intent || s.event == Connect)
}

// changesNothing are commands that name an object and leave the database as it was.
var changesNothing = map[string]bool{
	"SAVEPOINT": true, "RELEASE": true, "ROLLBACK": true, "DECLARE CURSOR": true, "FETCH": true, "MOVE": true, "CLOSE CURSOR": true,
	"LOCK TABLE": true, "LISTEN": true, "UNLISTEN": true, "PREPARE": true, "EXECUTE": true, "DEALLOCATE": true, "EXPLAIN": true,
}

// writes reports whether a record is of a statement that changes rows or anything else.
func writes(e *Entry) bool {
	if len(e.Writes) > 0 {
		return true
	}
	for class := range strings.FieldsSeq(e.Class) {
		if class == string(lineage.DDL) || class == string(lineage.Role) {
			return true
		}
	}
	return slices.ContainsFunc(e.Objects, func(o string) bool {
		command, _ := cutCommand(o)
		return !changesNothing[command]
	})
}

// cutCommand takes an entry of Objects apart. A command is words in capitals, and a name in capitals is quoted.
func cutCommand(object string) (command, name string) {
	at := strings.IndexFunc(object, func(r rune) bool { return r != ' ' && (r < 'A' || r > 'Z') })
	if at < 0 {
		return object, ""
	}
	return strings.TrimSuffix(object[:at], " "), object[at:]
}

func namedObject(list []string, name []string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		_, of := cutCommand(s)
		return endsWith(nameParts(of), name)
	})
}

// named reports whether a name, or the end of one, is in a list.
func named(list []string, name []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return endsWith(nameParts(s), name) })
}

func endsWith(parts, end []string) bool {
	return len(parts) >= len(end) && slices.Equal(parts[len(parts)-len(end):], end)
}

// nameParts takes a name apart at the dots outside quotes and gives what is meant. Of what is not quoted as SQL quotes, every
// letter counts. "" has no parts.
func nameParts(name string) []string {
	var out []string
	for rest := name; name != ""; {
		part, behind, more := cutName(rest)
		out = append(out, part)
		if !more {
			break
		}
		rest = behind
	}
	return out
}

// cutName cuts off the first part of a name.
func cutName(name string) (part, rest string, more bool) {
	if strings.HasPrefix(name, `"`) {
		for i := 1; i < len(name); i++ {
			if name[i] != '"' {
				continue
			}
			if i+1 < len(name) && name[i+1] == '"' {
				i++
				continue
			}
			if behind := name[i+1:]; behind == "" || behind[0] == '.' {
				return strings.ReplaceAll(name[1:i], `""`, `"`), strings.TrimPrefix(behind, "."), behind != ""
			}
			break
		}
	}
	return strings.Cut(name, ".")
}
