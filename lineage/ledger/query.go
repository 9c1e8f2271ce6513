package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
)

// Story is a statement from its intent, or refusal, to its outcome, and to the end of its transaction.
type Story struct {
	Entry
	Outcome *Entry // nil for a refusal and for what has none
	// Fate is what the log says behind a statement that ended well inside a transaction: [RolledBack], [Undecided] or
	// [Partly]. "" means that it took effect, or that it did not end well.
	Fate Status
}

// Status is how it ended: denied, ok, failed, not_sent, unknown; and of what ended well inside a transaction that did not:
// rolled_back, open, partly.
func (s *Story) Status() string {
	switch {
	case s.Fate != "":
		return string(s.Fate)
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
	q := &querying{finder: newFinder(f), give: give, transactions: newTransactions(!isDatabase(where))}
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
	q.transactions.end()
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
	flying  bool // its outcome may still come
	pending bool // its transaction is open
	doubt   bool // a part of its transaction was undone, perhaps with it
	part    bool // of it a part may be undone alone
	fate    Status
}

type querying struct {
	finder       *finder
	boxes        *sealer // nil = sealed callers stay so
	transactions *transactions
	waiting      []*told // in the order of the log
	newest       []*told // where only those are asked for
	give         func(*Story) error
}

func (q *querying) line(p place, line []byte) error {
	if !bytes.HasPrefix(line, recordStart) {
		return nil
	}
	h, err := parseHeader(line)
	if err != nil {
		return p.tampered(-1, err.Error())
	}
	var s *told
	if h.intent < 0 && q.finder.can(&h, line) {
		if s, err = q.asked(p, h, line); err != nil {
			return err
		}
	}
	if err := q.transactions.record(&h, line, s); err != nil {
		return p.tampered(h.index, "it cannot be read")
	}
	return q.flush(false)
}

// asked takes a record in that is asked for as far as it can be told by now; nil = it is not.
func (q *querying) asked(p place, h header, line []byte) (*told, error) {
	s := &told{header: h, line: bytes.Clone(line), place: p}
	if !q.finder.plain || h.event == Gap {
		if err := q.decode(s); err != nil {
			return nil, err
		}
		if !q.finder.matches(&s.story.Entry) {
			return nil, nil
		}
	}
	q.waiting = append(q.waiting, s)
	return s, nil
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

// flush gives what is complete, in order; at the end of the log all that is left.
func (q *querying) flush(end bool) error {
	n := 0
	for _, s := range q.waiting {
		if !end && (s.flying || s.pending) {
			break
		}
		n++
		switch {
		case !q.finder.ended(s):
		case q.finder.Newest == 0:
			if err := q.tell(s); err != nil {
				return err
			}
		default:
			if q.newest = append(q.newest, s); len(q.newest) >= 2*q.finder.Newest {
				q.newest = slices.Clone(q.newest[len(q.newest)-q.finder.Newest:])
			}
		}
	}
	if q.waiting = q.waiting[n:]; end {
		q.newest = q.newest[max(0, len(q.newest)-q.finder.Newest):]
	}
	return nil
}

// tell gives a story.
func (q *querying) tell(s *told) error {
	if err := q.decode(s); err != nil {
		return err
	}
	s.story.Fate = s.fate
	if s.outcome != nil {
		s.story.Outcome = &Entry{}
		if err := json.Unmarshal(s.outcome, s.story.Outcome); err != nil {
			return s.place.tampered(s.index, "its outcome cannot be read")
		}
	}
	return q.give(s.story)
}
