package mask

import (
	"encoding/json"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// jsonScan looks into documents of a column that nobody labelled: a leaf is masked for what its key says, as a column of
// that name would be in a table named as the object above is, and its text for what is detected in it.
type jsonScan struct {
	relation string // of the column, for the keys at the top
	classes  map[[2]string]Class
	found    Class
}

// maxKeys bounds how many keys are remembered: an object that is a map has values for keys.
const maxKeys = 1024

func (j *jsonScan) classOf(parent, key string) Class {
	at := [2]string{parent, key}
	c, known := j.classes[at]
	if !known {
		if j.classes == nil || len(j.classes) >= maxKeys {
			j.classes = map[[2]string]Class{}
		}
		rel := &lineage.Relation{Name: lineage.Name{Name: parent}}
		c = classByName(rel, &lineage.Column{Name: key, Type: "text", TypeOID: 25})
		j.classes[at] = c
	}
	return c
}

// mask gives the masked document, the same bytes where nothing is masked; false where it is no document.
func (j *jsonScan) mask(b []byte, s *Scan) ([]byte, bool) {
	w := jsonWalk{in: b, scan: s, keys: j}
	if !w.value(j.relation, "", 0) {
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

// value reads one value; hidden is the class that the key above it says.
func (w *jsonWalk) value(parent string, hidden Class, depth int) bool {
	w.space()
	if w.at >= len(w.in) || depth > maxDepth {
		return false
	}
	switch b := w.in[w.at]; b {
	case '{':
		return w.object(parent, hidden, depth)
	case '[':
		return w.list(parent, hidden, depth)
	case '"':
		return w.text(hidden)
	case 't', 'f', 'n':
		return w.word(hidden)
	default:
		return w.number(hidden)
	}
}

// members reads what stands between the brackets of an object or a list: each member by one, and the commas.
func (w *jsonWalk) members(end byte, one func() bool) bool {
	w.at++
	if w.space(); w.at < len(w.in) && w.in[w.at] == end {
		w.at++
		return true
	}
	for {
		if w.space(); !one() {
			return false
		}
		if w.space(); w.at >= len(w.in) {
			return false
		}
		w.at++
		switch w.in[w.at-1] {
		case ',':
		case end:
			return true
		default:
			return false
		}
	}
}

func (w *jsonWalk) object(parent string, hidden Class, depth int) bool {
	return w.members('}', func() bool {
		key, ok := w.key(hidden)
		if !ok {
			return false
		}
		return w.value(key, severest(hidden, w.keys.classOf(parent, key)), depth+1)
	})
}

func (w *jsonWalk) list(parent string, hidden Class, depth int) bool {
	return w.members(']', func() bool { return w.value(parent, hidden, depth+1) })
}

// key reads the key of a member and its colon.
func (w *jsonWalk) key(hidden Class) (string, bool) {
	from := w.at
	raw, ok := w.quoted()
	if !ok {
		return "", false
	}
	key := unquoted(raw)
	if spans := detect.Text(key, nil); len(spans) > 0 || hidden != "" && !hasFieldWord(key) {
		// The object is a map: its keys are data.
		for _, span := range spans {
			w.scan.kinds |= 1 << span.Kind
		}
		w.put(from, `"`+Redaction+`"`)
	}
	w.space()
	if w.at >= len(w.in) || w.in[w.at] != ':' {
		return "", false
	}
	w.at++
	return key, true
}

// quoted reads a string and gives what stands between the quotes, as it is written.
func (w *jsonWalk) quoted() (string, bool) {
	if w.at >= len(w.in) || w.in[w.at] != '"' {
		return "", false
	}
	for i := w.at + 1; i < len(w.in); i++ {
		switch w.in[i] {
		case '\\':
			i++
		case '"':
			raw := string(w.in[w.at+1 : i])
			w.at = i + 1
			return raw, true
		}
	}
	return "", false
}

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

func (w *jsonWalk) text(hidden Class) bool {
	from := w.at
	raw, ok := w.quoted()
	if !ok {
		return false
	}
	if hidden != "" {
		if raw != "" {
			w.keys.found = severest(w.keys.found, hidden)
			w.put(from, `"`+w.scan.hide(hidden, unquoted(raw))+`"`)
		}
		return true
	}
	text := unquoted(raw)
	s := w.scan
	scanned, changed := s.text(text)
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

func (w *jsonWalk) word(hidden Class) bool {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(w.in)-w.at >= len(word) && string(w.in[w.at:w.at+len(word)]) == word {
			from := w.at
			w.at += len(word)
			if hidden != "" && word != "null" {
				w.put(from, "null")
			}
			return true
		}
	}
	return false
}

func (w *jsonWalk) number(hidden Class) bool {
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
	if hidden == "" {
		k := detect.Value(string(w.in[from:w.at]))
		if k != detect.Card && k != detect.NationalID {
			return true
		}
		w.scan.kinds |= 1 << k
	} else {
		w.keys.found = severest(w.keys.found, hidden)
	}
	w.put(from, "0")
	return true
}
