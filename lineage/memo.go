package lineage

import "sync/atomic"

// Memo keeps one value that was computed from a [Statement]. It is safe for concurrent use; whoever comes second
// overwrites with an equal value.
type Memo struct{ value atomic.Pointer[any] }

// Load gives what was stored, nil before.
func (m *Memo) Load() any {
	if p := m.value.Load(); p != nil {
		return *p
	}
	return nil
}

// Store keeps v.
func (m *Memo) Store(v any) { m.value.Store(&v) }
