package mask

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"strconv"
)

// document masks a JSON document: every string, number and boolean in it is replaced. Keys stay, except in an object
// that is a map, where they are data too.
func (t *treater) document(v driver.Value) driver.Value {
	b, ok := v.([]byte)
	if !ok {
		return t.redact(v)
	}
	out, texts, err := maskJSON(b, t.keepMember)
	if err != nil {
		return t.redact(v)
	}
	if !texts {
		t.noteBlank(out) // no token in it would be recognised
	}
	return out
}

var errJSON = errors.New("mask: no JSON document")

// maskJSON gives the masked document, and whether there are texts in it. Each key below which a value was blanked is given to keep.
func maskJSON(b []byte, keep func(name string, kind blankKind)) (out []byte, texts bool, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	root, err := readNode(d, 0)
	if err != nil {
		return nil, false, err
	}
	if _, err := d.Token(); err == nil || d.More() {
		return nil, false, errJSON
	}
	w := jsonWriter{keep: keep}
	w.write(root, "")
	return w.out.Bytes(), w.texts, nil
}

// node is a part of a document.
type node struct {
	kind byte // '{', '[', 's' text, 'e' empty text, 'n' number, 'z' zero, 'b' boolean, '0' null
	keys []string
	kids []node
}

const maxDepth = 512

func readNode(d *json.Decoder, depth int) (node, error) {
	tok, err := d.Token()
	if err != nil {
		return node{}, err
	}
	switch tok := tok.(type) {
	case string:
		if tok == "" {
			return node{kind: 'e'}, nil
		}
		return node{kind: 's'}, nil
	case json.Number:
		if isZero(tok.String()) {
			return node{kind: 'z'}, nil
		}
		return node{kind: 'n'}, nil
	case bool:
		return node{kind: 'b'}, nil
	case json.Delim:
		if depth > maxDepth || tok == '}' || tok == ']' {
			return node{}, errJSON
		}
		return readKids(d, byte(tok), depth)
	}
	return node{kind: '0'}, nil
}

func readKids(d *json.Decoder, kind byte, depth int) (node, error) {
	n := node{kind: kind}
	for d.More() {
		if kind == '{' {
			tok, err := d.Token()
			if err != nil {
				return node{}, err
			}
			key, _ := tok.(string)
			n.keys = append(n.keys, key)
		}
		kid, err := readNode(d, depth+1)
		if err != nil {
			return node{}, err
		}
		n.kids = append(n.kids, kid)
	}
	_, err := d.Token()
	return n, err
}

type jsonWriter struct {
	out   bytes.Buffer
	texts bool
	keep  func(name string, kind blankKind)
}

// write writes what stands below a key; "" stands for the top.
func (w *jsonWriter) write(n node, name string) {
	switch n.kind {
	case 's':
		w.out.WriteString(`"` + Redaction + `"`)
		w.texts = true
	case 'e':
		w.out.WriteString(`""`)
	case 'n':
		w.out.WriteByte('0')
		w.keep(name, blankNumber)
	case 'z':
		w.out.WriteByte('0')
	case '[':
		w.out.WriteByte('[')
		for i := range n.kids {
			w.comma(i)
			w.write(n.kids[i], name)
		}
		w.out.WriteByte(']')
	case '{':
		w.object(n)
	case 'b':
		w.out.WriteString("null")
		w.keep(name, blankFlag)
	default:
		w.out.WriteString("null")
	}
}

func (w *jsonWriter) object(n node) {
	known := fieldNames(n.keys)
	w.out.WriteByte('{')
	for i, key := range n.keys {
		w.comma(i)
		if known == nil || !known[i] {
			key = Redaction + " " + strconv.Itoa(i+1)
			w.texts = true
		}
		name, _ := json.Marshal(key)
		w.out.Write(name)
		w.out.WriteByte(':')
		w.write(n.kids[i], key)
	}
	w.out.WriteByte('}')
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.out.WriteByte(',')
	}
}

// fieldNames says which keys of an object are names of fields. It is nil for an object that is a map, whose keys are data:
// when one of them cannot be such a name, or when most of them hold no word that names of fields are made of.
func fieldNames(keys []string) []bool {
	known := make([]bool, len(keys))
	count := 0
	for i, key := range keys {
		if !isFieldName(key) {
			return nil
		}
		if hasFieldWord(key) {
			known[i] = true
			count++
		}
	}
	if 2*count < len(keys) {
		return nil
	}
	return known
}

func isFieldName(key string) bool {
	const longest = 48
	if key == "" || len(key) > longest || '0' <= key[0] && key[0] <= '9' {
		return false
	}
	count := 0
	for i := 0; i < len(key); i++ {
		b := key[i]
		switch {
		case 'a' <= b|0x20 && b|0x20 <= 'z', b == '_', b == '-', b == '$':
		case '0' <= b && b <= '9':
			count++
		default:
			return false
		}
	}
	const mostDigits = 4
	return count <= mostDigits
}

// hasFieldWord reports whether one of a key's words is one that names of fields are made of.
func hasFieldWord(key string) bool {
	w := split(key)
	lex := lexicon()
	for i := range w.len() {
		for j := i + 1; j <= w.len() && j <= i+3; j++ {
			span := w.span(i, j)
			if lex.phrases[span] != nil || lex.fields.has(span) || lex.bareNames.has(span) || j == i+1 && lex.aspects.has(span) {
				return true
			}
		}
	}
	return false
}
