package oidc

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Seen remembers the ids of tokens that were accepted. Several processes share one by a store that they share. It is
// called by many goroutines at once.
type Seen interface {
	// First reports whether the token was not seen before, and remembers it until a time: in one step, so that of two
	// callers one is told true. An error refuses the token.
	First(ctx context.Context, issuer, id string, until time.Time) (bool, error)
}

// ErrSeenFull says that a [Memory] holds as many tokens as it may, none of them expired.
var ErrSeenFull = errors.New("as many tokens as can be remembered are in use")

// Memory is a [Seen] of one process. When it is full of tokens that have not expired it accepts no more.
type Memory struct {
	mu   sync.Mutex
	max  int
	now  func() time.Time
	held map[seenKey]time.Time
	next time.Time // nothing expires before it; known once it is full
}

type seenKey struct{ issuer, id string }

// NewMemory makes a [Memory] for up to max tokens. 0 means 100,000. A nil now means time.Now.
func NewMemory(max int, now func() time.Time) *Memory {
	if max <= 0 {
		max = 100_000
	}
	if now == nil {
		now = time.Now
	}
	return &Memory{max: max, now: now, held: map[seenKey]time.Time{}}
}

// First implements [Seen].
func (m *Memory) First(_ context.Context, issuer, id string, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, key := m.now(), seenKey{issuer, id}
	if end, ok := m.held[key]; ok && now.Before(end) {
		return false, nil
	}
	if len(m.held) >= m.max && !now.Before(m.next) {
		m.sweep(now)
	}
	if len(m.held) >= m.max {
		return false, ErrSeenFull
	}
	m.held[key] = until
	m.next = time.Time{}
	return true, nil
}

// sweep forgets what has expired.
func (m *Memory) sweep(now time.Time) {
	m.next = time.Time{}
	for k, end := range m.held {
		switch {
		case !now.Before(end):
			delete(m.held, k)
		case m.next.IsZero() || end.Before(m.next):
			m.next = end
		}
	}
}
