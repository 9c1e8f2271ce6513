package mask

import (
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/governedsql/governed/mask/detect"
)

// maxLiteral is how deep values inside values are looked into: records of arrays of records. What is in no notation from
// its middle on is read again in the next, at each depth: no more of it is read than maxReadings times the length of the
// whole value. Behind that a value is a text.
const (
	maxLiteral  = 16
	maxReadings = 16
)

// literal masks a value that is made of others, as PostgreSQL prints it: an array, a record, a range, an hstore, a text
// search vector. Each value inside is looked at by itself, and the whole stays a valid one. What is none of them is a text.
func (s *Scan) literal(text string, depth int) (driver.Value, bool) {
	kinds, found := s.kinds, s.json.found
	if depth == 0 {
		s.readings = maxReadings * len(text)
	}
	if s.readings -= len(text); depth < maxLiteral && text != "" && s.readings >= 0 {
		w := literalWalk{in: text, scan: s, depth: depth}
		for _, read := range w.readers() {
			if read() && w.at == len(text) {
				return w.result()
			}
			w = literalWalk{in: text, scan: s, depth: depth}
			s.readings -= len(text)
			s.kinds, s.json.found = kinds, found
		}
	}
	return s.leaf(text)
}

// leaf masks a value that is made of no others.
func (s *Scan) leaf(text string) (driver.Value, bool) {
	switch {
	case s.way == scanHosts:
		return s.host(text)
	case s.way == scanNumbers:
		if s.isCard(text) {
			s.treater.keepMember("", blankNumber)
			return "0", true
		}
		return nil, false
	case s.way == scanLiteral && isDigits(text):
		// It may be a number, and has to stay one.
		kind := detect.Value(text)
		if kind != detect.Card && kind != detect.NationalID {
			return nil, false
		}
		s.kinds |= 1 << kind
		return "0", true
	}
	return s.text(text)
}

// literalWalk goes through one value and copies what it leaves alone.
type literalWalk struct {
	in         string
	out        []byte
	at, copied int
	depth      int
	scan       *Scan
	changed    bool
	ranges     bool // it is a range, or several
}

// readers are the notations that a value may be in, by how it begins.
func (w *literalWalk) readers() []func() bool {
	switch w.in[0] {
	case '{':
		return []func() bool{w.array, w.document}
	case '[':
		return []func() bool{w.array, w.document, w.tuple}
	case '(':
		return []func() bool{w.tuple}
	case '"':
		return []func() bool{w.pairs}
	case '\'':
		return []func() bool{w.lexemes}
	}
	return nil
}

func (w *literalWalk) result() (driver.Value, bool) {
	switch {
	case !w.changed:
		return nil, false
	case w.ranges && w.in[0] == '{':
		return "{}", true
	case w.ranges:
		return "empty", true // another bound in place of one of the two may be no range at all
	}
	return string(append(w.out, w.in[w.copied:]...)), true
}

// put replaces in[from:w.at].
func (w *literalWalk) put(from int, text string) {
	w.out = append(append(w.out, w.in[w.copied:from]...), text...)
	w.copied, w.changed = w.at, true
}

func (w *literalWalk) take(b byte) bool {
	if w.at >= len(w.in) || w.in[w.at] != b {
		return false
	}
	w.at++
	return true
}

func (w *literalWalk) peek() byte {
	if w.at >= len(w.in) {
		return 0
	}
	return w.in[w.at]
}

// document reads JSON.
func (w *literalWalk) document() bool {
	out, ok := w.scan.json.mask([]byte(w.in), w.scan)
	if !ok {
		return false
	}
	w.at = len(w.in)
	if masked := string(out); masked != w.in {
		w.put(0, masked)
	}
	return true
}

// array reads {a,"b c",NULL,{d}}, with its bounds if there are any: [0:1]={...}.
func (w *literalWalk) array() bool {
	if w.in[0] == '[' {
		end := strings.IndexByte(w.in, '=')
		if end < 0 || strings.Trim(w.in[:end], "[]:-0123456789") != "" {
			return false
		}
		w.at = end + 1
	}
	return w.list(0)
}

func (w *literalWalk) list(dimension int) bool {
	if dimension == maxArray || !w.take('{') {
		return false
	}
	if w.take('}') {
		return true
	}
	for {
		switch b := w.peek(); {
		case b == '{':
			if !w.list(dimension + 1) {
				return false
			}
		case (b == '[' || b == '(') && dimension == 0 && w.scan.way == scanLiteral:
			w.ranges = true
			if !w.tuple() {
				return false
			}
		default:
			if !w.element(",}", `\`) {
				return false
			}
		}
		if w.take('}') {
			return true
		}
		if !w.take(',') {
			return false
		}
	}
}

// tuple reads a record (a,"b c",) or a range [a,b).
func (w *literalWalk) tuple() bool {
	open := w.peek()
	w.at++
	for n := 1; ; n++ {
		if b := w.peek(); b != ',' && b != ')' && b != ']' && !w.element(",)]", `\"`) {
			return false
		}
		switch end := w.peek(); end {
		case ',':
			w.at++
		case ')', ']':
			w.at++
			if open == '[' || end == ']' {
				w.ranges = true
				return n == 2
			}
			return true
		default:
			return false
		}
	}
}

// element reads a value inside an array, a record or a range and masks it. Ends is what it may end at where it is not
// quoted; escapes are what stands before a character that means itself, in quotes: a quote that is doubled does, too.
func (w *literalWalk) element(ends, escapes string) bool {
	from := w.at
	text, quoted, ok := w.word(ends, escapes)
	if !ok || text == "" && !quoted {
		return false
	}
	if !quoted && strings.EqualFold(text, "null") {
		return true
	}
	return w.mask(from, text, quotedWhereNeeded)
}

// quotedWhereNeeded writes a value of an array or a record.
func quotedWhereNeeded(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789@.") == "" {
		return s
	}
	return quotedBy('"')(s)
}

// word reads a value in quotes or without.
func (w *literalWalk) word(ends, escapes string) (text string, quoted, ok bool) {
	if w.peek() == '"' {
		text, ok = w.quoted('"', escapes)
		return text, true, ok
	}
	from := w.at
	for w.at < len(w.in) && strings.IndexByte(ends, w.in[w.at]) < 0 {
		if strings.IndexByte(`"\{}`, w.in[w.at]) >= 0 {
			return "", false, false
		}
		w.at++
	}
	return w.in[from:w.at], false, w.at < len(w.in)
}

// quoted reads a text in quotes.
func (w *literalWalk) quoted(quote byte, escapes string) (string, bool) {
	if !w.take(quote) {
		return "", false
	}
	from := w.at
	var b []byte // nil as long as nothing was escaped
	for ; w.at < len(w.in); w.at++ {
		c := w.in[w.at]
		doubled := c == quote && w.at+1 < len(w.in) && w.in[w.at+1] == quote && strings.IndexByte(escapes, quote) >= 0
		switch {
		case c == '\\' || doubled:
			if b == nil {
				b = append(make([]byte, 0, len(w.in)-from), w.in[from:w.at]...)
			}
			if w.at++; w.at == len(w.in) {
				return "", false
			}
			b = append(b, w.in[w.at])
		case c == quote:
			text := w.in[from:w.at]
			if b != nil {
				text = string(b)
			}
			w.at++
			return text, true
		case b != nil:
			b = append(b, c)
		}
	}
	return "", false
}

// mask looks into a value that stands at in[from:w.at] and puts another for it, in quotes.
func (w *literalWalk) mask(from int, text string, quote func(string) string) bool {
	if text == "" {
		return true
	}
	masked, changed := w.scan.literal(text, w.depth+1)
	if !changed {
		return true
	}
	out, ok := masked.(string)
	if ok {
		w.put(from, quote(out))
	}
	return ok
}

// quotedBy writes a text in quotes.
func quotedBy(quote byte) func(string) string {
	return func(s string) string {
		b := append(make([]byte, 0, len(s)+2), quote)
		for i := range len(s) {
			switch {
			case s[i] == '\\', s[i] == quote && quote == '"':
				b = append(b, '\\')
			case s[i] == quote:
				b = append(b, quote)
			}
			b = append(b, s[i])
		}
		return string(append(b, quote))
	}
}

// pairs reads an hstore: "key"=>"value", "other"=>NULL. A key says what its value is, as that of a JSON object does.
func (w *literalWalk) pairs() bool {
	s, begin, others := w.scan, w.at, false
	for n := 1; ; n++ {
		from := w.at
		key, ok := w.quoted('"', `\`)
		if !ok {
			return false
		}
		if s.spans = detect.Text(key, s.spans[:0]); len(s.spans) > 0 {
			for _, span := range s.spans {
				s.kinds |= 1 << span.Kind
			}
			w.put(from, `"`+Redaction+" "+strconv.Itoa(n)+`"`)
		}
		if !strings.HasPrefix(w.in[w.at:], "=>") {
			return false
		}
		w.at += len("=>")
		put := len(w.out)
		k := s.json.keyAt(&s.json.top, key)
		if k.bare && k.class == "" && (others || w.describesPerson(begin)) {
			k.class, others = Name, true
		}
		if !w.paired(k.class) {
			return false
		}
		if len(w.out) > put && strings.HasSuffix(string(w.out[put:]), `"0"`) {
			s.treater.keepMember(key, blankNumber)
		}
		if w.at == len(w.in) {
			return true
		}
		if !strings.HasPrefix(w.in[w.at:], ", ") {
			return false
		}
		w.at += len(", ")
	}
}

// describesPerson reports whether an hstore has a key of what somebody has: an address for mail, a date of birth.
func (w *literalWalk) describesPerson(from int) bool {
	p := literalWalk{in: w.in, at: from}
	for {
		key, ok := p.quoted('"', `\`)
		if !ok || !strings.HasPrefix(p.in[p.at:], "=>") {
			return false
		}
		switch w.scan.json.keyOf(w.scan.json.relation, key).class {
		case Email, BirthDate, NationalID:
			return true
		}
		if p.at += len("=>"); strings.HasPrefix(p.in[p.at:], "NULL") {
			p.at += len("NULL")
		} else if _, ok := p.quoted('"', `\`); !ok {
			return false
		}
		if !strings.HasPrefix(p.in[p.at:], ", ") {
			return false
		}
		p.at += len(", ")
	}
}

// paired reads the value of a pair; hidden is the class that its key says.
func (w *literalWalk) paired(hidden Class) bool {
	if strings.HasPrefix(w.in[w.at:], "NULL") {
		w.at += len("NULL")
		return true
	}
	from := w.at
	text, ok := w.quoted('"', `\`)
	if !ok {
		return false
	}
	if hidden == "" || text == "" {
		return w.mask(from, text, quotedBy('"'))
	}
	w.scan.json.found = severest(w.scan.json.found, hidden)
	w.put(from, quotedBy('"')(w.scan.hide(hidden, text)))
	return true
}

// lexemes reads a text search vector or query: 'fat':2,4 'rat':3A.
func (w *literalWalk) lexemes() bool {
	for w.at < len(w.in) {
		if w.in[w.at] != '\'' {
			if strings.IndexByte("ABCD0123456789:,* &|!()<->", w.in[w.at]) < 0 {
				return false
			}
			w.at++
			continue
		}
		from := w.at
		text, ok := w.quoted('\'', `\'`)
		if !ok || !w.mask(from, text, quotedBy('\'')) {
			return false
		}
	}
	return true
}
