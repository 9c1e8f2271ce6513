package mask

import (
	"database/sql/driver"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/governedsql/governed/lineage"
)

// trace is what is remembered of the masked values that a column was shown with: never anything of the clear ones, and of
// the masked ones a keyed digest.
type trace struct {
	marks atomic.Uint32

	mu      sync.RWMutex
	seen    map[uint64]struct{} // digests; nil once there were too many, as those below
	blanks  map[uint64]struct{} // of what scans put out that holds no token
	members map[uint64]struct{} // of the keys below which scans blanked a value
}

// mark is something that is true of what a column was shown with.
type mark = uint32

const (
	markBlank       mark = 1 << iota // zero, empty or NULL
	markPartial                      // last four digits of a text
	markUUID                         // UUIDs of version 8
	markFull                         // more values than are remembered
	markScanned                      // something was blanked in a value, or a member of it was
	markBlanksFull                   // more of what scans put out than is remembered
	markMembersFull                  // more keys than are remembered
	markAlone                        // a member was blanked that stood alone
	markDates                        // dates
	markNetworks                     // addresses
)

// What is remembered of one column: masked values, and keys of members.
const (
	maxSeen    = 1 << 16
	maxMembers = 1 << 12
)

func (t *trace) has(m mark) bool { return t.marks.Load()&m != 0 }

func (t *trace) add(digest uint64) { t.put(&t.seen, maxSeen, markFull, digest) }

// put remembers a digest; full is set once there are too many.
func (t *trace) put(set *map[uint64]struct{}, most int, full mark, digest uint64) {
	if t.has(full) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.has(full) {
		return
	}
	if *set == nil {
		*set = make(map[uint64]struct{})
	}
	(*set)[digest] = struct{}{}
	if len(*set) >= most {
		t.marks.Or(full)
		*set = nil
	}
}

func (t *trace) knows(digest uint64) bool { return t.holds(&t.seen, digest) }

func (t *trace) holds(set *map[uint64]struct{}, digest uint64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := (*set)[digest]
	return ok
}

// trace gives what is remembered of a column; nil where nothing is.
func (m *Masker) trace(c lineage.ColumnID) *trace {
	if t, ok := m.columns.Load(c); ok {
		return t.(*trace)
	}
	return nil
}

func (m *Masker) traceOf(c lineage.ColumnID) *trace {
	if t := m.trace(c); t != nil {
		return t
	}
	t, _ := m.columns.LoadOrStore(c, &trace{})
	return t.(*trace)
}

func (m *Masker) digest(key string) uint64 { return maphash.String(m.seed, key) }

// note remembers a mark for the columns of the output.
func (t *treater) note(m mark) {
	for _, tr := range t.columns() {
		if !tr.has(m) {
			tr.marks.Or(m)
		}
	}
}

// noteBlank remembers that a column was shown with a value that says nothing.
func (t *treater) noteBlank(out driver.Value) {
	if t.column.member && t.column.members != nil {
		return // see keepAlone: others may be written all the same
	}
	if t.scans {
		t.retain(out)
		return
	}
	if t.noted {
		return
	}
	t.noted = true
	t.note(markBlank)
	for _, key := range keysOf(out) {
		t.remember(key)
	}
}

// remember keeps the digest of a masked value, written as keysOf writes it.
func (t *treater) remember(key string) {
	if key == "" {
		return
	}
	digest := t.masker.digest(key)
	if t.isRecent(digest) {
		return
	}
	for _, tr := range t.columns() {
		switch {
		case strings.HasPrefix(key, yearPrefix), strings.HasPrefix(key, dayPrefix):
			tr.marks.Or(markDates)
		case strings.HasPrefix(key, networkPrefix):
			tr.marks.Or(markNetworks)
		}
		tr.add(digest)
	}
}

// isRecent reports whether a digest is one of the last that were remembered, and makes it one.
func (t *treater) isRecent(digest uint64) bool {
	slot := &t.recent[digest%uint64(len(t.recent))]
	if *slot == digest {
		return true
	}
	*slot = digest
	return false
}

// columns finds the traces of the columns whose own values the output has.
func (t *treater) columns() []*trace {
	if t.traced {
		return t.traces
	}
	t.traced = true
	ids := t.column.watch
	if ids == nil && !t.column.derived {
		ids = t.column.Sources
	}
	for _, id := range ids {
		t.traces = append(t.traces, t.masker.traceOf(id))
	}
	return t.traces
}
