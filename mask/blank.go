package mask

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// blankKind is what a scan puts for a member of a document in which no token would be recognised.
type blankKind uint64

const (
	blankNumber blankKind = 1 + iota // 0
	blankFlag                        // null
	// What stood alone, as the value of an output, is one of these.
	aloneNumber
	aloneFlag
)

// alone is the kind of what stood alone.
func (k blankKind) alone() blankKind { return k + aloneNumber - blankNumber }

// These stand for keys that nobody knows. No key of a document is written so.
const (
	someMember    = "\x00" // something was blanked below one of all
	unknownMember = "\x01" // below one that may be any
)

// retain remembers what a scan put out for the columns that it is of, where no token in it would be recognised.
func (t *treater) retain(out driver.Value) driver.Value {
	columns := t.columns()
	if !slices.ContainsFunc(columns, func(tr *trace) bool { return !tr.has(markBlanksFull) }) {
		return out
	}
	if text, ok := textOf(out); ok && (t.isRecent(t.masker.digest(wholePrefix+text)) || isToken(text)) {
		return out
	}
	for _, form := range formsOf(out) {
		digest := t.masker.digest(blankPrefix + form)
		for _, tr := range columns {
			tr.marks.Or(markScanned)
			tr.put(&tr.blanks, maxSeen, markBlanksFull, digest)
		}
	}
	return out
}

// The prefixes keep what is remembered of scans apart from each other.
const (
	wholePrefix = "whole "
	blankPrefix = "blank "
)

// keepBytes is retain for bytes, of which a scan gives the same where nothing was replaced.
func (s *Scan) keepBytes(before, out []byte) {
	if len(before) != len(out) || len(out) > 0 && &before[0] != &out[0] {
		s.treater.retain(out)
	}
}

// keepBinary is retain for a value in the binary format.
func (s *Scan) keepBinary(before, out []byte) {
	switch {
	case bytes.Equal(before, out):
	case s.readsNumber():
		s.treater.retain(int64(0))
	case s.treater.shape.oid == oidJSONB && len(out) > 0:
		s.treater.retain(out[1:])
	default:
		s.treater.retain(out)
	}
}

// keepMember remembers a key below which a value was blanked; "" stands for the top.
func (t *treater) keepMember(name string, kind blankKind) {
	digest := t.masker.memberDigest(name, kind)
	if t.isRecent(digest) {
		return
	}
	for _, tr := range t.holders() {
		m := markScanned
		if kind >= aloneNumber {
			m |= markAlone
		}
		tr.marks.Or(m)
		tr.put(&tr.members, maxMembers, markMembersFull, digest)
		tr.put(&tr.members, maxMembers, markMembersFull, t.masker.memberDigest(someMember, kind))
	}
}

// keepMembers remembers that a member was blanked of which the output has the value.
func (t *treater) keepMembers(kind blankKind) {
	for _, name := range t.column.members {
		t.keepMember(name, kind)
	}
}

// keepAlone remembers what became of a member of which nothing is left, unless it was that before.
func (t *treater) keepAlone(before, out driver.Value) {
	if t.column.members == nil {
		return
	}
	kind, ok := blankOf(out)
	if was, same := blankOf(before); ok && !(same && was == kind) {
		t.keepMembers(kind.alone())
	}
}

// blankOf is what kind of blank a value is.
func blankOf(v driver.Value) (blankKind, bool) {
	switch v := v.(type) {
	case nil:
		return blankFlag, true
	case int64:
		return blankNumber, v == 0
	case float64:
		return blankNumber, v == 0
	case string:
		return blankNumber, isZero(v)
	case []byte:
		return blankFlag, string(bytes.TrimSpace(v)) == "null"
	}
	return 0, false
}

// holders finds the traces of the columns whose own values the output has, and of those whose members.
func (t *treater) holders() []*trace {
	if t.held == nil {
		t.held = slices.Clip(t.columns())
		for _, id := range t.column.holders {
			if tr := t.masker.traceOf(id); !slices.Contains(t.held, tr) {
				t.held = append(t.held, tr)
			}
		}
	}
	return t.held
}

func (m *Masker) memberDigest(name string, kind blankKind) uint64 {
	const spread = 0x9e3779b97f4a7c15
	return m.digest(name) ^ uint64(kind)*spread
}

// blanked remembers where in a document a value was blanked. A key that is data itself is hidden, and nothing of it is kept.
func (w *jsonWalk) blanked(m member, kind blankKind) {
	if m.isData {
		return
	}
	w.scan.treater.keepMember(m.name, kind)
	if m.name == w.keys.top.name {
		w.scan.treater.keepMember("", kind)
		w.scan.treater.keepMembers(kind)
	}
}

// formsOf are the forms in which what a scan put out is remembered, whatever a program made of it: neither the order of
// members nor spaces nor the Go type change them. NULL has none.
func formsOf(arg any) []string {
	v, ok := plain(arg)
	if !ok {
		return containerForms(arg)
	}
	switch v := v.(type) {
	case nil, bool:
		return nil
	case string:
		return textForms(v)
	case []byte:
		return textForms(string(v))
	}
	return keysOf(v)
}

const zeroForm = "0"

// saysNothing reports whether a form is one that a new row may well have.
func saysNothing(form string) bool {
	switch form {
	case zeroForm, "", "{}", "[]", "null", "empty":
		return true
	}
	return false
}

func textForms(s string) []string {
	s = strings.TrimSpace(s)
	switch {
	case isZero(s):
		return []string{zeroForm}
	case saysNothing(s):
		return []string{s}
	case s[0] == '{' || s[0] == '[':
		if doc, ok := readDocument(s); ok {
			return []string{documentForm(doc)}
		}
		if list, ok := elementsOf(s); ok {
			return []string{listForm(list)}
		}
	case s[0] == '"':
		if pairs, ok := pairsOf(s); ok {
			return []string{documentForm(pairs)}
		}
	}
	return []string{"text " + s}
}

// isZero reports whether a text is a zero: 0, 0.00, 0e0, $0.00.
func isZero(s string) bool {
	const longest = 64
	if s == "" || len(s) > longest {
		return false
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f == 0 && strings.Contains(s, "0")
	}
	zero := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '0':
			zero = true
		case '1' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', strings.IndexByte(`{}[]"'<>\:_/`, c) >= 0:
			return false
		}
	}
	return zero
}

// numberForm writes a number in one way.
func numberForm(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		return s
	}
	if f == 0 {
		return zeroForm
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func readDocument(s string) (doc any, ok bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if d.Decode(&doc) != nil || d.More() {
		return nil, false
	}
	return doc, true
}

func documentForm(doc any) string {
	b, err := marshal(oneWay(doc))
	if err != nil {
		return ""
	}
	return documentPrefix + string(b)
}

const documentPrefix = "json "

// oneWay writes the numbers of a document in one way.
func oneWay(doc any) any {
	switch v := doc.(type) {
	case map[string]any:
		for k := range v {
			v[k] = oneWay(v[k])
		}
	case []any:
		for i := range v {
			v[i] = oneWay(v[i])
		}
	case json.Number:
		return json.Number(numberForm(v.String()))
	}
	return doc
}

// elementsOf are the elements of an array in PostgreSQL's notation, without those that are NULL.
func elementsOf(s string) (list []string, ok bool) {
	p := arrayReader{rest: s, limit: maxArray, element: func(e string) driver.Value {
		list = append(list, e)
		return ""
	}}
	return list, p.read()
}

func listForm(list []string) string {
	var b strings.Builder
	b.WriteString("list")
	for _, e := range list {
		if e = strings.TrimSpace(e); isZero(e) {
			e = zeroForm
		} else {
			e = numberForm(e)
		}
		b.WriteString(" " + strconv.Itoa(len(e)) + " " + e)
	}
	return b.String()
}

// pairsOf reads an hstore.
func pairsOf(s string) (pairs any, ok bool) {
	out := map[string]any{}
	w := literalWalk{in: s}
	for {
		key, ok := w.quoted('"', `\`)
		if !ok || !strings.HasPrefix(w.in[w.at:], "=>") {
			return nil, false
		}
		w.at += len("=>")
		if strings.HasPrefix(w.in[w.at:], "NULL") {
			w.at += len("NULL")
			out[key] = nil
		} else if out[key], ok = w.quoted('"', `\`); !ok {
			return nil, false
		}
		if w.at == len(w.in) {
			return out, true
		}
		if !w.take(',') {
			return nil, false
		}
		for w.take(' ') {
		}
	}
}

// containerForms are the forms of a list, a map or a struct: it may be sent as an array or as a document.
func containerForms(arg any) []string {
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	var out []string
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			return []string{"{}", "[]"}
		}
	case reflect.Map:
		if v.Len() == 0 {
			return []string{"{}"}
		}
	case reflect.Struct:
		if bound := v.FieldByName("LowerType"); bound.IsValid() && bound.Kind() == reflect.Uint8 && bound.Uint() == 'E' {
			return []string{"empty"} // a range of pgtype
		}
	default:
		return nil
	}
	if list := textsOf(arg, maxArray); list != nil {
		out = append(out, listForm(list))
	}
	if doc, ok := documentOf(arg); ok {
		out = append(out, documentForm(doc))
	}
	return out
}

// textsOf are the elements of a list, and of the lists in it, as texts.
func textsOf(arg any, depth int) (out []string) {
	if depth == 0 {
		return nil
	}
	eachElement(arg, func(e any) {
		v, ok := plain(e)
		if !ok {
			out = append(out, textsOf(e, depth-1)...)
			return
		}
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []byte:
			out = append(out, string(v))
		case int64:
			out = append(out, textOfInt(v))
		case float64:
			out = append(out, strconv.FormatFloat(v, 'g', -1, 64))
		}
	})
	return out
}

// documentOf reads an argument as a document, or as an hstore.
func documentOf(arg any) (any, bool) {
	text, ok := textOf(arg)
	if !ok {
		b, err := marshal(arg)
		if err != nil {
			return nil, false
		}
		text = string(b)
	}
	if doc, ok := readDocument(text); ok {
		return doc, true
	}
	return pairsOf(strings.TrimSpace(text))
}

// blanked reports whether a value that is assigned to a column is one in which a scan left nothing else. As the value of a
// new row a mere zero passes, and so do the members of a document: nothing is lost.
func (c *checker) blanked(g *goal, value any) bool {
	tr := g.trace
	if tr == nil || !tr.has(markScanned) {
		return false
	}
	for _, form := range c.formsOf(value) {
		if saysNothing(form) && !g.updates {
			continue
		}
		if c.masker.wasPutOut(tr, form) {
			return true
		}
	}
	return mayBeList(value) && c.masker.hasBlankMember(tr, g.updates, value) || c.blankedMember(g, value)
}

// blankedMember reports whether a value becomes a member of the document of a column and is what the column was shown with there. In
// place of the whole document it is refused where that was shown alone.
func (c *checker) blankedMember(g *goal, value any) bool {
	if g.Direct {
		kind, ok := bareBlank(value)
		return ok && g.updates && g.trace.holds(&g.trace.members, c.masker.memberDigest(someMember, kind.alone()))
	}
	doc, ok := any(nil), value == nil
	if !ok {
		if doc, ok = documentOf(value); !ok {
			return false
		}
	}
	blank := c.masker.blankMember(g.trace, g.updates)
	return slices.ContainsFunc(c.names(g, value != nil), func(name string) bool { return hasBlank(doc, name, blank) })
}

// bareBlank is what kind of blank an argument is that says nothing else. NULL is none: no document was shown as that.
func bareBlank(arg any) (blankKind, bool) {
	v, ok := plain(arg)
	if text, is := textOf(v); is && ok {
		if text = strings.TrimSpace(text); text == "null" {
			return blankFlag, true
		}
		v = text
	}
	kind, ok := blankOf(v)
	return kind, ok && v != nil
}

// names are the keys that an assignment may give a value, as far as its constants and arguments say. Where another column says,
// it may be any.
func (c *checker) names(g *goal, said bool) []string {
	if !g.named {
		g.named = true
		for _, l := range g.Literals {
			g.names = appendKeys(g.names, l)
		}
		for _, p := range g.Params {
			if p > 0 && p <= len(c.args) {
				g.names = appendKeys(g.names, c.args[p-1])
			}
		}
	}
	foreign := func(s lineage.Source) bool { return s.Column != g.Target }
	if len(g.names) == 0 && said && slices.ContainsFunc(g.Sources, foreign) {
		return []string{someMember}
	}
	return g.names
}

// appendKeys adds the keys in what may be a key or a path.
func appendKeys(names []string, arg any) []string {
	const longest = 1024
	texts := []string{}
	if text, ok := textOf(arg); ok {
		texts = append(texts, text)
	} else if mayBeList(arg) {
		texts = textsOf(arg, 1)
	}
	for _, text := range texts {
		if len(text) > longest || text == "" {
			continue
		}
		keys, any := lineage.KeysOf(text)
		for _, key := range keys {
			if !slices.Contains(names, key) {
				names = append(names, key)
			}
		}
		if any && !slices.Contains(names, someMember) {
			names = append(names, someMember)
		}
	}
	return names
}

// blankMember gives what tells whether a member was blanked by some key. What stood alone is refused in a new row too.
func (m *Masker) blankMember(tr *trace, updates bool) func(name string, kind blankKind) bool {
	if !updates && !tr.has(markAlone) {
		return func(string, blankKind) bool { return false }
	}
	return func(name string, kind blankKind) bool {
		if tr.has(markMembersFull) {
			return true
		}
		put := func(name string, kind blankKind) bool { return tr.holds(&tr.members, m.memberDigest(name, kind)) }
		return put(name, kind.alone()) || updates && (put(name, kind) || put(unknownMember, kind) || put(unknownMember, kind.alone()))
	}
}

// wasPutOut reports whether a scan put a form out. Where there were more than are remembered, what may be one is taken for
// it; of documents the keys tell then.
func (m *Masker) wasPutOut(tr *trace, form string) bool {
	if tr.has(markBlanksFull) {
		return saysNothing(form) || !strings.HasPrefix(form, documentPrefix) && holdsZero(form)
	}
	return tr.holds(&tr.blanks, m.digest(blankPrefix+form))
}

// holdsZero reports whether a zero or a null stands in a form by itself.
func holdsZero(form string) bool {
	words := strings.FieldsFunc(form, func(r rune) bool { return r != '.' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') })
	for _, w := range words {
		if w == zeroForm || w == "null" || w == "empty" {
			return true
		}
	}
	return false
}

// hasBlankMember reports whether a document has a blank below a key where a scan put one.
func (m *Masker) hasBlankMember(tr *trace, updates bool, value any) bool {
	if !updates && !tr.has(markAlone) {
		return false
	}
	blank := m.blankMember(tr, updates)
	if blank("", blankNumber) {
		for _, e := range textsOf(value, maxArray) {
			if isZero(e) {
				return true
			}
		}
	}
	doc, ok := documentOf(value)
	return ok && hasBlank(doc, "", blank)
}

func hasBlank(doc any, name string, blank func(string, blankKind) bool) bool {
	switch v := doc.(type) {
	case nil:
		return blank(name, blankFlag)
	case json.Number:
		return isZero(v.String()) && blank(name, blankNumber)
	case string:
		return v == zeroForm && blank(name, blankNumber) // of an hstore
	case []any:
		for _, e := range v {
			if hasBlank(e, name, blank) {
				return true
			}
		}
	case map[string]any:
		for k, e := range v {
			if hasBlank(e, k, blank) {
				return true
			}
		}
	}
	return false
}

// Copied gives what tells whether a value that COPY FROM would store in a column is what the column was shown with: a text, or
// any value that an argument may be. It is nil where the column was shown with nothing masked, or is shown in clear. It
// refuses what an INSERT of the value would be refused for, and a mere zero that a scan put out too: a stream holds what was
// read before more often than one row does. One goroutine at a time may use it.
func (m *Masker) Copied(st *lineage.Statement, column lineage.ColumnID, rules Rules) func(value any) bool {
	if rules.Shows(column) {
		return nil
	}
	c := &checker{masker: m, st: st, rules: rules}
	g := &goal{Assign: &lineage.Assign{Target: column, Command: "COPY", Direct: true}, trace: m.trace(column)}
	if g.trace == nil && !c.look(g).partial {
		return nil
	}
	return func(value any) bool {
		c.forget()
		return c.stored(g, false, value) || c.blankCopied(g, value)
	}
}

// blankCopied reports whether a value is what a scan put out, however little that says.
func (c *checker) blankCopied(g *goal, value any) bool {
	tr := g.trace
	if tr == nil || !tr.has(markScanned) {
		return false
	}
	for _, form := range c.formsOf(value) {
		if c.masker.wasPutOut(tr, form) {
			return true
		}
	}
	return tr.has(markBlanksFull) && mayBeList(value) && c.masker.hasBlankMember(tr, true, value)
}

// formsOf are the forms of the value that is looked at.
func (c *checker) formsOf(value any) []string {
	if !c.formed {
		c.forms, c.formed = formsOf(value), true
	}
	return c.forms
}
