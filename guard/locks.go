package guard

import (
	"fmt"

	"github.com/governedsql/governed/lineage"
)

// TakesAccessExclusive reports whether a statement takes a lock on an object of others that not even readers get past:
// what the driver gives a lock_timeout, and what it reports in [Input.AccessExclusive] from then on.
func TakesAccessExclusive(st *lineage.Statement) bool {
	for i := range st.Effects {
		if e := &st.Effects[i]; exclusive(e) && !temporary(e) {
			return true
		}
	}
	return false
}

// unexecuted are the places whose effects do not happen when the statement runs.
const unexecuted = lineage.InExplain | lineage.InPrepare | lineage.InDefinition | lineage.InTrigger

func exclusive(e *lineage.Effect) bool {
	return e.Lock == lineage.AccessExclusive && e.Inside&unexecuted == 0
}

func temporary(e *lineage.Effect) bool {
	return e.Relation != nil && e.Relation.Temporary || e.Has("TEMPORARY")
}

// created reports whether nobody but this transaction can see the object: what is done to it keeps nobody waiting.
func (in *Input) created(n lineage.Name) bool { return in.Created != nil && in.Created(n) }

// onRows matches what works on the rows of a table under a lock. It says which lock and how many rows, and leaves alone what the
// transaction has made itself; strict has no data definition that passes for that.
func (m *matcher) onRows(choose func(*lineage.Effect) bool) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if e.Inside&lineage.InTrigger != 0 || !choose(e) {
			continue
		}
		message := m.rule.Title + ": " + locking(e)
		m.effect(i, hit{message: message, only: only(Strict)})
		m.effect(i, hit{message: message, only: but(Strict), when: func(in *Input) bool {
			return !in.created(e.Object) && !in.temporary(e.Object)
		}})
	}
}

// exclusiveLocks is advice beside whatever else is said of the statement.
func exclusiveLocks(m *matcher) {
	for i := range m.st.Effects {
		if e := &m.st.Effects[i]; exclusive(e) && !temporary(e) {
			m.effect(i, hit{message: locking(e), when: func(in *Input) bool {
				return !in.created(e.Object) && !in.temporary(e.Object)
			}})
		}
	}
}

// afterExclusive matches every statement that does something, once the transaction holds such a lock. What ends the
// transaction, or goes back to before it, lets go of the lock.
func afterExclusive(m *matcher) {
	if len(m.st.Relations) == 0 && len(m.st.Effects) == 0 {
		return
	}
	for i := range m.st.Effects {
		switch m.st.Effects[i].Command {
		case "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE":
			return
		}
	}
	m.hit(hit{position: -1, object: m.st.Command, when: func(in *Input) bool { return in.AccessExclusive }})
}

// locking says what lock is taken on what, and what is done to its rows.
func locking(e *lineage.Effect) string {
	lock, object := e.Lock, e.Object.String()
	if lock == "" {
		lock = e.Command
	}
	text := lock + " on " + object
	if object == "" {
		text = lock
	}
	if e.Relation != nil && e.Relation.Rows > 0 {
		text += fmt.Sprintf(", about %.0f rows", e.Relation.Rows)
	}
	switch e.Work {
	case lineage.Rewrites:
		text += ", is rewritten"
	case lineage.Scans:
		text += ", is read in full"
	}
	return text
}
