package mask

import (
	"database/sql/driver"
	"unsafe"
)

// RawFunc masks text as it comes from the server, before a string is made of it: what is hidden need not be copied first.
// It gives nil where the column needs [Masker.Func]. The bytes are the connection's and are not kept.
func (m *Masker) RawFunc(c Column, f Field) func([]byte) driver.Value {
	t := &treater{masker: m, column: c, shape: shapeOf(f, c.typ)}
	if t.shape.form != formText || c.unkeyed {
		return nil
	}
	switch c.Treatment {
	case Redact, Pseudonym, Partial: // these make their result anew and keep no part of what they read
	default:
		return nil
	}
	t.prepare()
	return t.maskRaw
}

func (t *treater) maskRaw(raw []byte) (out driver.Value) {
	defer func() {
		if recover() != nil {
			out = t.redactText("")
		}
	}()
	s := ""
	if len(raw) > 0 {
		// A view and no copy: the functions named above read it and let go of it; the cache clones what it keeps.
		s = t.shape.significant(unsafe.String(&raw[0], len(raw)))
	}
	if s == "" && !t.column.derived {
		return string(raw)
	}
	return t.text(s)
}
