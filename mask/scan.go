package mask

import (
	"database/sql/driver"
	"unsafe"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// Scan looks for personal data and secrets in the values of an output that nobody labelled. What it finds is replaced, and
// the rest of the value stays as it is. One goroutine at a time may use it.
type Scan struct {
	treater *treater
	kinds   uint32 // a bit for each detect.Kind that was found
	spans   []detect.Span
	json    *jsonScan // nil = plain text
}

// classOf is the class of what is detected.
var classOf = [...]Class{
	detect.Email: Email, detect.Phone: Phone, detect.Card: Card, detect.IBAN: Account, detect.NationalID: NationalID, detect.IP: Network, detect.MAC: Network,
	detect.JWT: Secret, detect.APIKey: Secret, detect.PrivateKey: Secret, detect.PasswordHash: Secret, detect.Password: Secret,
}

// Span is the treatment of values in which what was detected is replaced and the rest shown.
const Span = "span"

// Scan gives the scanner of an output; nil where there is nothing to look for: a column that is masked as a whole, one that
// is shown by a grant, one of the system's, a type whose values are no texts.
func (m *Masker) Scan(c Column, f Field) *Scan {
	if !c.scan || c.Treatment != "" {
		return nil
	}
	c.Treatment, c.Class = Redact, string(Labelled)
	c.watch = c.scanned
	s := &Scan{treater: &treater{masker: m, column: c, shape: shapeOf(f, c.typ)}}
	switch s.treater.shape.form {
	case formText, formTextArray, formXML:
	case formJSON:
		s.json = &jsonScan{relation: relationOf(c.scanned), classes: map[[2]string]Class{}}
	default:
		return nil
	}
	s.treater.prepare()
	return s
}

func relationOf(columns []lineage.ColumnID) string {
	if len(columns) == 0 {
		return ""
	}
	return columns[0].Relation
}

// Found gives the class of what was found so far, the most severe if there are several; "" for nothing.
func (s *Scan) Found() Class {
	var c Class
	for k := range classOf {
		if s.kinds&(1<<k) != 0 {
			c = severest(c, classOf[k])
		}
	}
	if s.json != nil {
		c = severest(c, s.json.found)
	}
	return c
}

// Forget begins a new result.
func (s *Scan) Forget() {
	s.kinds = 0
	if s.json != nil {
		s.json.found = ""
	}
}

// Column is the first of the columns that the output is made of.
func (s *Scan) Column() (lineage.ColumnID, bool) {
	if list := s.treater.column.scanned; len(list) > 0 {
		return list[0], true
	}
	return lineage.ColumnID{}, false
}

// Raw scans a text as it comes from the server. It is nil where the values are decoded first.
func (s *Scan) Raw() func([]byte) driver.Value {
	if s.treater.shape.form != formText && s.treater.shape.form != formTextArray {
		return nil
	}
	return s.raw
}

func (s *Scan) raw(b []byte) driver.Value {
	if len(b) == 0 {
		return ""
	}
	// A view and no copy: nothing below keeps it.
	text := unsafe.String(&b[0], len(b))
	if s.spans = detect.Text(text, s.spans[:0]); len(s.spans) == 0 {
		return string(b)
	}
	return s.replace(text)
}

// Value scans a decoded value.
func (s *Scan) Value(v driver.Value) (out driver.Value) {
	defer func() {
		if recover() != nil {
			out = s.treater.redact(v)
		}
	}()
	switch v := v.(type) {
	case string:
		if s.spans = detect.Text(v, s.spans[:0]); len(s.spans) == 0 {
			return v
		}
		return s.replace(v)
	case []byte:
		if s.json != nil {
			return s.document(v)
		}
		if s.spans = detect.Text(string(v), s.spans[:0]); len(s.spans) == 0 {
			return v
		}
		if text, ok := s.replace(string(v)).(string); ok {
			return []byte(text)
		}
		return s.treater.redact(v)
	}
	return v
}

// replace puts the redaction for what was found, and a pseudonym for an address. Where the type does not take the longer
// text, nothing of the value is left.
func (s *Scan) replace(text string) driver.Value {
	out := make([]byte, 0, len(text)+len(Redaction))
	last := 0
	for _, span := range s.spans {
		s.kinds |= 1 << span.Kind
		out = append(append(out, text[last:span.From]...), s.token(span.Kind, text[span.From:span.To])...)
		last = span.To
	}
	out = append(out, text[last:]...)
	if limit := s.treater.shape.limit; limit > 0 && len(out) > limit {
		return s.treater.redactText(text)
	}
	return string(out)
}

// token stands for a value that was found. Addresses stay joinable.
func (s *Scan) token(k detect.Kind, value string) string {
	if k != detect.Email {
		return Redaction
	}
	t := s.treater
	if t.tokens == nil {
		t.tokens = t.masker.pseudonyms("text " + string(Email))
	}
	t.tokens.sum(value, &t.sum)
	code := tokenText(&t.sum)
	return string(code[:]) + mailSuffix
}

func (s *Scan) document(b []byte) driver.Value {
	out, ok := s.json.mask(b, s)
	if !ok {
		return s.treater.redact(b)
	}
	return out
}
