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
	public   bool     // where the things of the relation are is no matter of people
	top      member   // the value itself, whose key may stand beside it or not be known
	under    []string // names that stood above the value, beside the relation's: of its column, of members that it was taken out of
	contexts []string // those of them that make other names mean something
}

// jsonKey is what a key says of its value.
type jsonKey struct {
	class Class
	flag  Class  // of a boolean; "" = it is shown
	named bool   // it identifies, counts or measures
	build bool   // it is a version
	whose bool   // it is a word for people
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
		for _, above := range j.contexts {
			other := j.keyOf(above, name)
			k.class, k.flag = severest(k.class, other.class), severest(k.flag, other.flag)
		}
	}
	return k
}

// stand makes the value stand under names. What is computed of it may have put a level of its own above it.
func (j *jsonScan) stand(under []string, computed bool) {
	j.under, j.contexts, j.top.levels = under, nil, 1
	if computed {
		j.top.levels = 2
	}
	for _, name := range under {
		s := &subject{relation: split(name)}
		j.top.whose = j.top.whose || s.ofPeople()
		if s.ofPeople() || s.isPlace() {
			j.contexts = append(j.contexts, name)
		}
	}
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
	levels uint8  // for how many levels below the names count under which the document stands
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
	if above.levels > 1 && !slices.Contains(j.under, key) {
		m.levels = above.levels - 1
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
