package driver

import (
	"database/sql/driver"
	"sync"
	"sync/atomic"

	"github.com/governedsql/governed/internal/pgparse"
)

// Stats counts what a connector's connections have seen.
type Stats struct {
	// Mismatches counts results whose server's description and analysis disagreed.
	Mismatches int64
	// Mismatched are the last texts of which that was so, without literals, the newest last.
	Mismatched []string
}

// StatsOf gives the counts of a connector of this package; false for any other.
func StatsOf(c driver.Connector) (Stats, bool) {
	own, ok := c.(*connector)
	if !ok {
		return Stats{}, false
	}
	return own.g.stats.snapshot(), true
}

// keptMismatches is how many texts are kept to be looked up.
const keptMismatches = 32

// stats is the counting side of Stats.
type stats struct {
	mismatches atomic.Int64
	mu         sync.Mutex
	texts      []string
}

func (s *stats) mismatch(text string) {
	s.mismatches.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) == keptMismatches {
		s.texts = append(s.texts[:0], s.texts[1:]...)
	}
	s.texts = append(s.texts, pgparse.Normalize(text))
}

func (s *stats) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{Mismatches: s.mismatches.Load(), Mismatched: append([]string(nil), s.texts...)}
}
