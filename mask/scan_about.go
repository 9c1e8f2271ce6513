package mask

import "strings"

// about is what the members of an object say of each other.
type about struct {
	person bool   // one of them is somebody's: an address for mail, a date of birth, a number of a person
	key    string // the text under the key for keys, in an object that is a pair: {"key": "ssn", "value": …}
}

// pairKeys are the keys under which the key of a pair stands, pairValues those of its value, or of several.
var (
	pairKeys   = wordsOf(`key field attribute attr column col property label question k name path`)
	pairValues = wordsOf(`value val v answer old new old_value new_value oldvalue newvalue before after`)
)

// peeks bounds how often a document is read ahead, in its lengths: objects may stand in each other.
const peeks = 8

// about reads ahead over the members of an object that begins at from. Where that would take too long, it is somebody's.
func (w *jsonWalk) about(from int, name string) (a about) {
	p := jsonWalk{in: w.in, at: from}
	defer func() { w.peeked += p.at - from }()
	if w.peeked > peeks*len(w.in) {
		return about{person: true}
	}
	for more := p.open('}'); more; more = p.next() {
		raw, ok := p.quoted()
		if !ok {
			return a
		}
		key := unquoted(raw)
		if p.space(); p.at >= len(p.in) {
			return a
		}
		p.at++ // the colon
		p.space()
		begin := p.at
		if !p.skip() {
			return a
		}
		switch w.keys.keyOf(name, key).class {
		case Email, BirthDate, NationalID:
			a.person = true
		}
		if text := view(p.in[begin:p.at]); len(text) > 1 && text[0] == '"' && pairKeys[strings.ToLower(key)] && (a.key == "" || key != "name") {
			a.key = unquoted(text[1 : len(text)-1])
		}
	}
	return a
}

// skip goes over one value.
func (w *jsonWalk) skip() bool {
	depth := 0
	for w.at < len(w.in) {
		switch w.in[w.at] {
		case '"':
			if _, ok := w.quoted(); !ok {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return true
			}
			if depth--; depth == 0 {
				w.at++
				return true
			}
		case ',':
			if depth == 0 {
				return true
			}
		}
		w.at++
	}
	return false
}

// said is what the other members of an object say of one, beside its own key.
func (a *about) said(j *jsonScan, above string, k *jsonKey) (class, flag Class) {
	if k.bare && a.person {
		class = Name
	}
	if k.value && a.key != "" {
		path := a.key[strings.LastIndexAny(a.key, "/.")+1:]
		of := j.keyOf(above, path)
		class, flag = severest(class, of.class), of.flag
	}
	return class, flag
}
