package mask

import (
	"database/sql/driver"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/governedsql/governed/lineage"
)

// trace is what is remembered of the masked values that a column was shown with: never anything of the clear ones, and of
// the masked ones a keyed digest.
type trace struct {
	marks atomic.Uint32

	mu   sync.RWMutex
	seen map[uint64]struct{} // digests; nil once there were too many
}

// mark is something that is true of what a column was shown with.
type mark = uint32

const (
	markBlank   mark = 1 << iota // zero, empty or NULL
	markPartial                  // last four digits of a text
	markUUID                     // UUIDs of version 8
	markFull                     // more values than are remembered
)

// maxSeen is how many masked values of one column are remembered.
const maxSeen = 1 << 16

func (t *trace) has(m mark) bool { return t.marks.Load()&m != 0 }

func (t *trace) add(digest uint64) {
	if t.has(markFull) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.has(markFull) {
		return
	}
	if t.seen == nil {
		t.seen = make(map[uint64]struct{})
	}
	t.seen[digest] = struct{}{}
	if len(t.seen) >= maxSeen {
		t.marks.Or(markFull)
		t.seen = nil
	}
}

func (t *trace) knows(digest uint64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.seen[digest]
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
	slot := &t.recent[digest%uint64(len(t.recent))]
	if *slot == digest {
		return
	}
	*slot = digest
	for _, tr := range t.columns() {
		tr.add(digest)
	}
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
