package mask

import (
	"encoding/json"
	"slices"
	"strings"
	"unsafe"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// jsonScan looks into documents of a column that nobody labelled: a leaf is masked for what its key says, as a column of
// that name would be in a table named as the object above is, and its text for what is detected in it.
type jsonScan struct {
	relation string // of the column, for the keys at the top
	stored   bool   // the documents are those of a column as it is: keys and numbers in them are nobody's of this statement
	keys     map[[2]string]jsonKey
	numbers  map[string]*numberScan // by key, of stored documents
	any      numberScan             // of all others
	found    Class
	public   bool   // where the things of the relation are is no matter of people
	top      member // the value itself, whose key may stand beside it or not be known
}

// jsonKey is what a key says of its value.
type jsonKey struct {
	class Class
	flag  Class  // of a boolean; "" = it is shown
	named bool   // it identifies, counts or measures
	build bool   // it is a version
	whose bool   // it is a word for people
	bare  bool   // it is a name, and a person's only where something says so
	value bool   // it is the value of a pair, of which the key may stand beside it
	kinds uint32 // of what is detected in the key itself, a bit for each
}

// maxKeys bounds how many keys are remembered: an object that is a map has values for keys.
const maxKeys = 1024

// keyOf gives what a key says. Both names may be parts of a document, which is not kept.
func (j *jsonScan) keyOf(parent, name string) jsonKey {
	k, known := j.keys[[2]string{parent, name}]
	if !known {
		if j.keys == nil || len(j.keys) >= maxKeys {
			j.keys = map[[2]string]jsonKey{}
		}
		parent, name = strings.Clone(parent), strings.Clone(name)
		rel := &lineage.Relation{Name: lineage.Name{Name: parent}}
		k.class = classByName(rel, &lineage.Column{Name: name, Type: "text", TypeOID: 25})
		if k.flag = k.class; !tellsByFlag[k.class] {
			k.flag = classByName(rel, &lineage.Column{Name: name, Type: "boolean", TypeOID: 16})
		}
		k.named, k.build = measures(name), hasWord(name, versions)
		k.whose = (&subject{relation: split(name)}).ofPeople()
		k.bare = k.class == "" && classOfKey(somebody, name) == Name
		k.value = k.class == "" && pairValues[strings.ToLower(name)]
		for _, span := range detect.Text(name, nil) {
			k.kinds |= 1 << span.Kind
		}
		j.keys[[2]string{parent, name}] = k
	}
	return k
}

// keyAt gives what the key of a member of m says.
func (j *jsonScan) keyAt(m *member, name string) jsonKey {
	k := j.keyOf(m.name, name)
	if m.levels > 0 {
		for _, above := range m.contexts {
			other := j.keyOf(above, name)
			k.class, k.flag = severest(k.class, other.class), severest(k.flag, other.flag)
		}
	}
	return k
}

// computedLevels is how many levels something that is computed of documents may have put above them.
const computedLevels = 4

// stand makes the value stand under names: of the columns that its documents come from, and keys by which it was taken out of them.
func (j *jsonScan) stand(documents []document, keys []string, computed bool) {
	for _, d := range documents {
		j.top.contexts = append(j.top.contexts, meaning(d.Column, d.Relation)...)
		if d.people {
			j.top.contexts = append(j.top.contexts, somebody)
		}
	}
	j.top.contexts = append(j.top.contexts, meaning(keys...)...)
	j.top.levels = 1
	if computed {
		j.top.levels = computedLevels
	}
	for _, name := range j.top.contexts {
		j.top.whose = j.top.whose || name != j.relation && (&subject{relation: split(name)}).ofPeople()
	}
}

// meaning are those of some names that make other names below them mean something.
func meaning(names ...string) (out []string) {
	for _, name := range names {
		if s := (&subject{relation: split(name)}); !slices.Contains(out, name) && (s.ofPeople() || s.isPlace()) {
			out = append(out, name)
		}
	}
	return out
}

// tellsByFlag are the classes of which a boolean is a value: whether somebody has a condition, a belief. That there is a
// telephone or a password is none, as it is none where a column is asked for IS NULL.
var tellsByFlag = map[Class]bool{Health: true, Special: true, Labelled: true}

// numbersOf is what the numbers below a key have shown so far.
func (j *jsonScan) numbersOf(m member) *numberScan {
	if !j.stored {
		return &j.any
	}
	n, known := j.numbers[m.name]
	if !known {
		if j.numbers == nil || len(j.numbers) >= maxKeys {
			j.numbers = map[string]*numberScan{}
		}
		n = &numberScan{stored: true, named: m.named}
		j.numbers[strings.Clone(m.name)] = n
	}
	return n
}

// member is where a value stands in a document.
type member struct {
	name   string // its key; the relation of the column at the top
	hidden Class  // what its key and those above it say that it is
	flag   Class  // the same of booleans, of which most are shown
	listed bool   // it is one of several under its key
	named  bool   // its key identifies, counts or measures, and the documents are stored ones
	build  bool   // its key says that it is a version
	whose  bool   // its key, or one above, is a word for people
	isData bool   // its key is one of somebody's values
	refers bool   // it is a number about what is hidden, and no part of that
	levels uint8  // for how many levels below contexts count, as its own key does

	contexts []string
}

// below is the member of an object by a key.
func (j *jsonScan) below(above member, key string) member {
	k := j.keyAt(&above, key)
	return j.member(above, key, &k)
}

// member is below for a key of which it is known what it says.
func (j *jsonScan) member(above member, key string, k *jsonKey) member {
	m := member{name: key, hidden: severest(above.hidden, k.class), flag: severest(above.flag, k.flag), named: k.named && j.stored}
	m.build, m.whose = k.build || above.build, k.whose || above.whose
	if j.public && k.class == Location && !m.whose { // the place of a customer of a store is no place of the store
		m.hidden, m.flag = above.hidden, above.flag
	}
	m.refers = m.named && k.class == "" && standsForMany[above.hidden]
	if above.levels > 1 {
		m.contexts, m.levels = above.contexts, above.levels-1 // by whatever key: a statement gives any
	}
	return m
}

// standsForMany are the classes that no single number is: one that identifies or counts beside it, as the id of an
// address, is shown as the column of that name is in a table of addresses.
var standsForMany = map[Class]bool{Email: true, Name: true, Address: true}

// mask gives the masked document, the same bytes where nothing is masked; false where it is no document.
func (j *jsonScan) mask(b []byte, s *Scan) ([]byte, bool) {
	w := jsonWalk{in: b, scan: s, keys: j}
	if !w.value(j.top, 0) {
		return nil, false
	}
	if w.space(); w.at != len(b) {
		return nil, false
	}
	if !w.changed {
		return b, true
	}
	return append(w.out, b[w.copied:]...), true
}

// jsonWalk goes through one document and copies what it leaves alone.
type jsonWalk struct {
	in, out    []byte
	at, copied int
	changed    bool
	peeked     int // bytes that were read ahead
	scan       *Scan
	keys       *jsonScan
}

func (w *jsonWalk) space() {
	for w.at < len(w.in) && (w.in[w.at] == ' ' || w.in[w.at] == '\n' || w.in[w.at] == '\t' || w.in[w.at] == '\r') {
		w.at++
	}
}

// put replaces in[from:w.at].
func (w *jsonWalk) put(from int, text string) {
	w.out = append(append(w.out, w.in[w.copied:from]...), text...)
	w.copied, w.changed = w.at, true
}

// value reads one value.
func (w *jsonWalk) value(m member, depth int) bool {
	w.space()
	if w.at >= len(w.in) || depth > maxDepth {
		return false
	}
	switch b := w.in[w.at]; b {
	case '{':
		return w.object(m, depth)
	case '[':
		return w.list(m, depth)
	case '"':
		return w.text(m)
	case 't', 'f', 'n':
		return w.word(m)
	default:
		return w.number(m)
	}
}

func (w *jsonWalk) object(m member, depth int) bool {
	if m.hidden == UnknownKey {
		m.hidden = "" // its own keys tell
	}
	begin, peeked := w.at, false
	var others about
	for more := w.open('}'); more; more = w.next() {
		from := w.at
		raw, ok := w.quoted()
		if !ok {
			return false
		}
		key := unquoted(raw)
		k := w.keys.keyAt(&m, key)
		isData := k.kinds != 0 || m.hidden != "" && !hasFieldWord(key) && !onlyMeasures(key)
		if isData {
			// The object is a map: its keys are data.
			w.scan.kinds |= k.kinds
			w.put(from, `"`+Redaction+`"`)
		}
		if w.space(); w.at >= len(w.in) || w.in[w.at] != ':' {
			return false
		}
		w.at++
		below := w.keys.member(m, key, &k)
		below.isData = isData
		if below.hidden == "" && (k.bare || k.value) {
			if !peeked {
				others, peeked = w.about(begin, m.name), true
			}
			below.hidden, below.flag = others.said(w.keys, m.name, &k)
		}
		if !w.value(below, depth+1) {
			return false
		}
	}
	return w.closed('}')
}

// list reads a list. Several booleans under one key may be more than whether something is so.
func (w *jsonWalk) list(m member, depth int) bool {
	m.listed, m.refers = true, false
	for more := w.open(']'); more; more = w.next() {
		if !w.value(m, depth+1) {
			return false
		}
	}
	return w.closed(']')
}

// open goes over the bracket of an object or a list, and says whether there is a member.
func (w *jsonWalk) open(end byte) bool {
	w.at++
	w.space()
	return w.at < len(w.in) && w.in[w.at] != end
}

// next goes over the comma behind a member, and says whether there was one.
func (w *jsonWalk) next() bool {
	if w.space(); w.at >= len(w.in) || w.in[w.at] != ',' {
		return false
	}
	w.at++
	w.space()
	return true
}

// closed goes over the bracket at the end.
func (w *jsonWalk) closed(end byte) bool {
	if w.at >= len(w.in) || w.in[w.at] != end {
		return false
	}
	w.at++
	return true
}

// quoted reads a string and gives what stands between the quotes, as it is written: a part of the document, which is not kept.
func (w *jsonWalk) quoted() (string, bool) {
	if w.at >= len(w.in) || w.in[w.at] != '"' {
		return "", false
	}
	for i := w.at + 1; i < len(w.in); i++ {
		switch w.in[i] {
		case '\\':
			i++
		case '"':
			raw := view(w.in[w.at+1 : i])
			w.at = i + 1
			return raw, true
		}
	}
	return "", false
}

// view is a text without a copy of its bytes.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// unquoted is what a string means.
func unquoted(raw string) string {
	for i := range len(raw) {
		if raw[i] == '\\' {
			var s string
			if json.Unmarshal([]byte(`"`+raw+`"`), &s) == nil {
				return s
			}
			return raw
		}
	}
	return raw
}

func (w *jsonWalk) text(m member) bool {
	from := w.at
	raw, ok := w.quoted()
	if !ok {
		return false
	}
	if m.hidden != "" {
		if raw != "" {
			w.keys.found = severest(w.keys.found, m.hidden)
			w.put(from, `"`+w.scan.hide(m.hidden, unquoted(raw))+`"`)
		}
		return true
	}
	s := w.scan
	if m.named && isDigits(raw) {
		if s.isCardAt(w.keys.numbersOf(m), raw) {
			w.put(from, `"`+Redaction+`"`)
		}
		return true
	}
	text := unquoted(raw)
	before := s.versions
	s.versions = before || m.build
	scanned, changed := s.text(text)
	s.versions = before
	if !changed {
		return true
	}
	masked, ok := scanned.(string)
	if !ok {
		masked = Redaction
	}
	quotedText, err := json.Marshal(masked)
	if err != nil {
		return false
	}
	w.put(from, string(quotedText))
	return true
}

// hide stands for a value of which its key says what it is.
func (s *Scan) hide(class Class, value string) string {
	if class == Email {
		return s.token(detect.Email, value)
	}
	return Redaction
}

func (w *jsonWalk) word(m member) bool {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(w.in)-w.at >= len(word) && string(w.in[w.at:w.at+len(word)]) == word {
			from := w.at
			w.at += len(word)
			class := m.flag
			if m.listed && m.hidden != UnknownKey {
				class = severest(class, m.hidden)
			}
			if class != "" && word != "null" {
				w.keys.found = severest(w.keys.found, class)
				w.put(from, "null")
				w.blanked(m, blankFlag)
			}
			return true
		}
	}
	return false
}

func (w *jsonWalk) number(m member) bool {
	from := w.at
	for w.at < len(w.in) {
		switch b := w.in[w.at]; {
		case '0' <= b && b <= '9', b == '-', b == '+', b == '.', b == 'e', b == 'E':
			w.at++
			continue
		}
		break
	}
	if w.at == from {
		return false
	}
	text := view(w.in[from:w.at])
	switch {
	case m.hidden != "" && !m.refers && mayBe(m.hidden, text):
		w.keys.found = severest(w.keys.found, m.hidden)
	case !w.identifies(m, text):
		return true
	}
	w.put(from, "0")
	if text != "0" {
		w.blanked(m, blankNumber)
	}
	return true
}

// mayBe reports whether a number can be of a class. Under the key of an e-mail address or a name there is how many there are, and
// no telephone has six digits.
func mayBe(class Class, number string) bool {
	const leastPhone = 7
	switch class {
	case Email, Name:
		return false
	case Phone:
		return len(number) >= leastPhone
	}
	return true
}

// identifies reports whether a number is one of somebody's.
func (w *jsonWalk) identifies(m member, text string) bool {
	s := w.scan
	if _, ok := wholeDigits(text); ok || m.named {
		return s.isCardAt(w.keys.numbersOf(m), text)
	}
	if len(text) < minIdentifying {
		return false
	}
	k := detect.Value(text)
	if k != detect.Card && k != detect.NationalID {
		return false
	}
	s.kinds |= 1 << k
	return true
}

// minIdentifying is the length below which no number is one of somebody's.
const minIdentifying = 6
