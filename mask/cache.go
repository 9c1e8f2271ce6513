package mask

import (
	"database/sql/driver"
	"hash/maphash"
	"strings"
)

// cache keeps the masks of values that come again and again in one result.
type cache struct {
	asked   int
	hits    int
	entries [512]struct {
		in  string
		out driver.Value
	}
}

const (
	settled    = 64   // values after which a result counts as long, and memory is spent to save time
	cachedText = 256  // bytes of the longest value that is kept
	arenaBytes = 1024 // of strings that share memory
	trial      = 1024 // lookups after which a cache has to have shown that it helps
)

// cached masks a text by t.compute, or from memory.
func (t *treater) cached(s string) driver.Value {
	if t.calls++; t.calls <= settled || len(s) > cachedText {
		return t.compute(s)
	}
	c := t.cache
	if c == nil {
		c = &cache{}
		t.cache = c
	}
	if c.asked++; c.asked > trial && c.hits < c.asked/8 {
		return t.compute(s)
	}
	e := &c.entries[maphash.String(t.masker.seed, s)%uint64(len(c.entries))]
	if e.out != nil && e.in == s {
		c.hits++
		return e.out
	}
	e.in, e.out = strings.Clone(s), t.compute(s)
	return e.out
}

// keep makes a string of a buffer. In a long result many strings share one piece of memory.
func (t *treater) keep(b []byte) string {
	if t.calls <= settled {
		return string(b)
	}
	if t.arena.Cap()-t.arena.Len() < len(b) {
		t.arena = strings.Builder{}
		t.arena.Grow(max(arenaBytes, len(b)))
	}
	from := t.arena.Len()
	t.arena.Write(b)
	return t.arena.String()[from:]
}
