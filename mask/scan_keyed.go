package mask

import (
	"database/sql/driver"
	"slices"
	"strings"
	"unicode/utf8"
)

// keyedScan judges values by a key that stands beside them in the same row.
type keyedScan struct {
	relation string
	above    []string // keys above, and other names that a value stands under
	contexts []string // those of them that count below it, too
}

// Key says under which key the next value stands; nil for NULL, which is no key that anybody knows. It has no effect on
// scans of columns that have no key beside them.
func (s *Scan) Key(key []byte) {
	k := s.keyed
	if k == nil {
		return
	}
	if key == nil {
		s.json.relation, s.json.top = k.relation, k.nobody()
		return
	}
	top := s.json.below(member{name: k.relation}, string(key))
	for _, parent := range k.above {
		other := s.json.below(member{name: parent}, string(key))
		top.hidden, top.flag = severest(top.hidden, other.hidden), severest(top.flag, other.flag)
	}
	top.contexts, top.levels = k.contexts, computedLevels
	s.json.relation, s.json.top = top.name, top
}

// nobody is a value whose key nobody knows: it may be a person.
func (k *keyedScan) nobody() member {
	return member{name: k.relation, hidden: UnknownKey, contexts: append(slices.Clip(k.contexts), somebody), levels: computedLevels}
}

// hideKeyed hides a value by the key beside it.
func (s *Scan) hideKeyed(v driver.Value) (out driver.Value) {
	defer func() {
		if recover() != nil {
			out = s.treater.redact(v)
		}
	}()
	switch text := v.(type) {
	case bool:
		if s.json.top.hidden == UnknownKey {
			return v
		}
	case []byte:
		if s.way == scanDocument {
			out := s.bytes(text)
			s.keepBytes(text, out)
			return out
		}
	case string:
		if s.way == scanText {
			if out, changed := s.hiddenText(text); changed {
				return s.treater.retain(out)
			}
			return v
		}
	}
	s.json.found = severest(s.json.found, s.json.top.hidden)
	return s.treater.redact(v)
}

// hiddenText hides a text by its key: all of it, or the leaves of the document that it is.
func (s *Scan) hiddenText(text string) (driver.Value, bool) {
	if begin := beginOf(text); begin == '{' || begin == '[' {
		if out, changed, read := s.documents(text, begin); read {
			return out, changed
		}
	}
	if text == "" || s.json.top.flag == "" && (text == "true" || text == "false") {
		return text, false
	}
	s.json.found = severest(s.json.found, s.json.top.hidden)
	if token := s.hide(s.json.top.hidden, text); s.json.top.hidden == Email && (s.treater.shape.limit == 0 || len(token) <= s.treater.shape.limit) {
		return token, true
	}
	return s.treater.redactText(text), true
}

// beginOf is the bracket or quote with which a text begins that may be a document; 0 for any other text.
func beginOf(text string) byte {
	for i := range len(text) {
		switch b := text[i]; b {
		case ' ', '\t', '\n', '\r':
		case '{', '[', '"':
			return b
		default:
			return 0
		}
	}
	return 0
}

// documents masks a text that is a document, JSON or hstore, or that has some in it; read is false where it has none. It gives
// nothing where nothing is masked.
func (s *Scan) documents(text string, begin byte) (out driver.Value, changed, read bool) {
	if strings.IndexByte(text, '"') < 0 {
		return nil, false, false // no keys, and no texts
	}
	masked, read := s.masked(text, begin)
	if !read || masked == text {
		return nil, false, read
	}
	if limit := s.treater.shape.limit; limit > 0 && utf8.RuneCountInString(masked) > limit {
		return s.treater.redactText(text), true, true
	}
	return masked, true, true
}

func (s *Scan) masked(text string, begin byte) (out string, read bool) {
	kinds, found := s.kinds, s.json.found
	switch begin {
	case '{', '[':
		if masked, ok := s.json.mask([]byte(text), s); ok {
			return string(masked), true
		}
	case '"':
		if masked, ok := s.hstore(text); ok {
			return masked, true
		}
	}
	s.kinds, s.json.found = kinds, found
	if !s.pieces || s.json.top.hidden != "" || !namesMember(text) {
		return "", false
	}
	return s.parts(text), true
}

// hstore masks a text that is one as PostgreSQL prints it.
func (s *Scan) hstore(text string) (string, bool) {
	if !strings.Contains(text, `"=>`) {
		return "", false
	}
	s.readings = maxReadings * len(text)
	w := literalWalk{in: text, scan: s}
	if !w.pairs() || w.at != len(text) {
		return "", false
	}
	return string(append(w.out, text[w.copied:]...)), true
}

// namesMember reports whether there is a key with its colon or arrow in a text.
func namesMember(text string) bool { return memberAt(text) >= 0 }

// memberAt finds the quote that ends a key; -1 where there is none.
func memberAt(text string) int {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '"')
		if i < 0 {
			return -1
		}
		at += i + 1
		rest := strings.TrimLeft(text[at:], " \t\r\n")
		if strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "=>") {
			return at - 1
		}
	}
}

// parts masks the documents in a text. Where a key of something sensitive stands outside of them, of a document that was cut,
// nothing of the text is left.
func (s *Scan) parts(text string) string {
	var out []byte
	var outside strings.Builder
	in, last, budget := []byte(text), 0, maxReadings*len(text)
	for at := 0; at < len(in) && budget > 0; at++ {
		if in[at] != '{' && in[at] != '[' {
			continue
		}
		w := jsonWalk{in: in[at:], scan: s, keys: &s.json}
		kinds, found := s.kinds, s.json.found
		read := w.value(s.json.top, 0)
		if budget -= w.at; !read {
			s.kinds, s.json.found = kinds, found
			continue
		}
		outside.WriteString(text[last:at])
		out = append(append(out, s.plain(text[last:at])...), append(w.out, w.in[w.copied:w.at]...)...)
		last = at + w.at
		at = last - 1
	}
	outside.WriteString(text[last:])
	if s.tellsKey(outside.String()) {
		s.json.found = severest(s.json.found, Labelled)
		return Redaction
	}
	return string(append(out, s.plain(text[last:])...))
}

// plain masks what is detected in a text.
func (s *Scan) plain(text string) string {
	pieces := s.pieces
	s.pieces = false
	defer func() { s.pieces = pieces }()
	masked, changed := s.text(text)
	if !changed {
		return text
	}
	out, ok := masked.(string)
	if !ok {
		return Redaction
	}
	return out
}

// tellsKey reports whether a text holds a key of something sensitive.
func (s *Scan) tellsKey(text string) bool {
	for {
		end := memberAt(text)
		if end < 0 {
			return false
		}
		// Inside of a record or of another document its quotes are doubled or escaped.
		head := strings.TrimRight(text[:end], `"\`)
		if s.json.keyAt(&s.json.top, unquoted(head[strings.LastIndexByte(head, '"')+1:])).class != "" {
			return true
		}
		text = text[end+1:]
	}
}

// unkeyed gives the function that masks a column of members whose keys nobody knows: objects show what their own keys do not
// hide, booleans stay, and nothing is left of texts and numbers.
func (m *Masker) unkeyed(c Column, f Field) func(driver.Value) driver.Value {
	t := &treater{masker: m, column: c, shape: shapeOf(f, c.typ), scans: true}
	t.column.derived = true
	t.prepare()
	s := &Scan{treater: t}
	s.way = t.shape.wayOf(f)
	s.json = jsonScan{relation: relationOf(c.scanned)}
	s.json.stand(c.documents, c.keys, true)
	s.keyed = &keyedScan{relation: s.json.relation, contexts: s.json.top.contexts}
	s.json.top = s.keyed.nobody()
	return func(v driver.Value) driver.Value {
		if v == nil {
			return nil
		}
		return s.hideKeyed(v)
	}
}

// rest masks what else there is in a text in which something was hidden already.
func (s *Scan) rest(before, text string) driver.Value {
	if masked, changed := s.unmarked(text); changed {
		out, ok := masked.(string)
		if !ok {
			return s.treater.redactText(before)
		}
		text = out
	}
	if limit := s.treater.shape.limit; limit > 0 && utf8.RuneCountInString(text) > limit {
		return s.treater.redactText(before)
	}
	return text
}
