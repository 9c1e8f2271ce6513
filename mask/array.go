package mask

import (
	"database/sql/driver"
	"strings"
)

// array masks the elements of an array of texts in PostgreSQL's notation. Its shape stays, and so do elements that are
// NULL. What cannot be read becomes an empty array.
func (t *treater) array(s string, element func(string) driver.Value) driver.Value {
	p := arrayReader{rest: s, element: element, limit: maxArray}
	p.out.Grow(len(s))
	if !p.read() {
		return t.redact(s)
	}
	return p.out.String()
}

const maxArray = 6 // dimensions that PostgreSQL allows

type arrayReader struct {
	rest    string
	out     strings.Builder
	element func(string) driver.Value
	limit   int
}

func (p *arrayReader) read() bool {
	if i := strings.IndexByte(p.rest, '{'); i > 0 {
		if strings.Trim(p.rest[:i], "[]:-=0123456789") != "" || p.rest[i-1] != '=' {
			return false
		}
		p.out.WriteString(p.rest[:i]) // the bounds: [0:1]=
		p.rest = p.rest[i:]
	}
	return p.list() && p.rest == ""
}

// list reads { ... }.
func (p *arrayReader) list() bool {
	if p.limit--; p.limit < 0 || !p.take('{') {
		return false
	}
	defer func() { p.limit++ }()
	if p.take('}') {
		return true
	}
	for {
		if strings.HasPrefix(p.rest, "{") {
			if !p.list() {
				return false
			}
		} else if !p.item() {
			return false
		}
		if p.take('}') {
			return true
		}
		if !p.take(',') {
			return false
		}
	}
}

// take reads one character and writes it.
func (p *arrayReader) take(b byte) bool {
	if p.rest == "" || p.rest[0] != b {
		return false
	}
	p.out.WriteByte(b)
	p.rest = p.rest[1:]
	return true
}

func (p *arrayReader) item() bool {
	text, quoted, ok := p.value()
	switch {
	case !ok || text == "" && !quoted:
		return false
	case !quoted && strings.EqualFold(text, "null"):
		p.out.WriteString("NULL")
		return true
	case text == "":
		p.out.WriteString(`""`)
		return true
	}
	masked, ok := p.element(text).(string)
	if !ok {
		return false
	}
	p.out.WriteByte('"')
	for i := 0; i < len(masked); i++ {
		if masked[i] == '"' || masked[i] == '\\' {
			p.out.WriteByte('\\')
		}
		p.out.WriteByte(masked[i])
	}
	p.out.WriteByte('"')
	return true
}

func (p *arrayReader) value() (text string, quoted, ok bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		end := strings.IndexAny(p.rest, `,{}"\`)
		if end < 0 || p.rest[end] != ',' && p.rest[end] != '}' {
			return "", false, false
		}
		text, p.rest = p.rest[:end], p.rest[end:]
		return text, false, true
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String(), true, true
		case '\\':
			if i++; i == len(p.rest) {
				return "", false, false
			}
		}
		b.WriteByte(p.rest[i])
	}
	return "", false, false
}
