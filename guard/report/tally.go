package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/governedsql/governed/lineage"
)

// The bounds of what one process gathers: an application that builds its texts from values has no end of them.
const (
	maxStatements = 20_000
	maxNames      = 20 // callers and jobs of one statement
)

// tally counts. It is not safe for concurrent use.
type tally struct {
	first, last time.Time
	statements  map[string]*entry
}

type entry struct {
	Statement
	reasons map[[2]string]*Reason // by rule and object
	masked  map[string]*Column
	callers map[string]bool
	jobs    map[string]bool
}

func newTally() *tally { return &tally{statements: map[string]*entry{}} }

// entry gives the entry of a statement; nil where there are too many. fresh says that it is new.
func (t *tally) entry(fingerprint string) (e *entry, fresh bool) {
	e = t.statements[fingerprint]
	if e != nil || len(t.statements) >= maxStatements {
		return e, false
	}
	e = &entry{reasons: map[[2]string]*Reason{}, masked: map[string]*Column{}, callers: map[string]bool{}, jobs: map[string]bool{}}
	e.Fingerprint = fingerprint
	t.statements[fingerprint] = e
	return e, true
}

func (t *tally) seen(at time.Time) {
	if t.first.IsZero() || at.Before(t.first) {
		t.first = at
	}
	if at.After(t.last) {
		t.last = at
	}
}

// add counts one record. It reports whether something was seen for the first time.
func (t *tally) add(r *lineage.Record) bool {
	t.seen(r.Start)
	fingerprint, text := "", ""
	if r.Statement != nil {
		fingerprint, text = r.Statement.Fingerprint, r.Statement.Normalized
	}
	e, fresh := t.entry(fingerprint)
	if e == nil {
		return false
	}
	if fresh {
		e.Text, e.Command = text, r.Command
	}
	e.Count++
	if r.SQLState != "" {
		e.Failed++
	}
	decision := r.Decision
	if r.Would != "" {
		decision = r.Would
	}
	e.Decision = stronger(e.Decision, decision)
	for i := range r.Reasons {
		w := &r.Reasons[i]
		key := [2]string{w.Rule, w.Object}
		reason := e.reasons[key]
		if reason == nil {
			fresh = true
			reason = &Reason{Rule: w.Rule, Severity: w.Severity, Object: w.Object, Message: w.Message, Safe: w.Safe}
			e.reasons[key] = reason
		}
		reason.Count++
	}
	for _, list := range [][]lineage.ColumnMask{r.Masked, r.WouldMask} {
		for i := range list {
			fresh = e.mask(&list[i]) || fresh
		}
	}
	fresh = name(e.callers, r.Caller.String()) || fresh
	if !r.Job.IsZero() {
		fresh = name(e.jobs, r.Job.Name) || fresh
	}
	return fresh
}

func (e *entry) mask(m *lineage.ColumnMask) bool {
	if m.Column == (lineage.ColumnID{}) {
		return false
	}
	key := m.Column.Quoted()
	c := e.masked[key]
	if c != nil {
		c.Count++
		return false
	}
	e.masked[key] = &Column{Column: key, Class: m.Class, Treatment: m.Treatment, Count: 1}
	return true
}

func name(set map[string]bool, s string) bool {
	if set[s] || len(set) >= maxNames {
		return false
	}
	set[s] = true
	return true
}

func (t *tally) merge(r *Report) {
	t.seen(r.First)
	t.seen(r.Last)
	for i := range r.Statements {
		s := &r.Statements[i]
		e, fresh := t.entry(s.Fingerprint)
		if e == nil {
			continue
		}
		if fresh {
			e.Text, e.Command = s.Text, s.Command
		}
		e.Count, e.Failed, e.Decision = e.Count+s.Count, e.Failed+s.Failed, stronger(e.Decision, s.Decision)
		for _, w := range s.Reasons {
			key := [2]string{w.Rule, w.Object}
			if old := e.reasons[key]; old != nil {
				old.Count += w.Count
			} else {
				e.reasons[key] = &w
			}
		}
		for _, c := range s.Masked {
			if old := e.masked[c.Column]; old != nil {
				old.Count += c.Count
			} else {
				e.masked[c.Column] = &c
			}
		}
		for _, n := range s.Callers {
			name(e.callers, n)
		}
		for _, n := range s.Jobs {
			name(e.jobs, n)
		}
	}
}

func (t *tally) report(profile string) *Report {
	r := &Report{Version: version, Profile: profile, Processes: 1, First: t.first, Last: t.last, Statements: []Statement{}}
	for _, e := range t.statements {
		s := e.Statement
		for _, w := range e.reasons {
			s.Reasons = append(s.Reasons, *w)
		}
		slices.SortFunc(s.Reasons, func(a, b Reason) int {
			return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object))
		})
		for _, c := range e.masked {
			s.Masked = append(s.Masked, *c)
		}
		slices.SortFunc(s.Masked, func(a, b Column) int { return cmp.Compare(a.Column, b.Column) })
		s.Callers, s.Jobs = slices.Sorted(maps.Keys(e.callers)), slices.Sorted(maps.Keys(e.jobs))
		r.Statements = append(r.Statements, s)
	}
	slices.SortFunc(r.Statements, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(strength(b.Decision), strength(a.Decision)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return r
}

func rank(severity string) int {
	switch severity {
	case "B", "P":
		return 0
	case "A":
		return 1
	}
	return 2
}

func stronger(a, b lineage.Decision) lineage.Decision {
	if strength(b) > strength(a) {
		return b
	}
	return a
}

func strength(d lineage.Decision) int {
	switch d {
	case lineage.Allow:
		return 1
	case lineage.Warn:
		return 2
	case lineage.Hold:
		return 3
	case lineage.Deny:
		return 4
	}
	return 0
}
