package mask

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"strings"
	"time"
)

// The treatments.
const (
	Null      = "null"      // NULL: for callers whose Scan targets take it
	Redact    = "redact"    // nothing is kept
	Pseudonym = "pseudonym" // a keyed token: the same for the same value
	Partial   = "partial"   // the last four digits
	Year      = "year"      // the first of January of the year
	Subnet    = "subnet"    // the network: /24, /48, the maker's part of a MAC address
	Fixed     = "fixed"     // a constant
	FF1       = "ff1"       // format-preserving encryption of the digits
	Shift     = "shift"     // dates moved, all of a class by the same number of days
	Bucket    = "bucket"    // a number cut to its first digit
	Noise     = "noise"     // a number moved by up to a tenth
	Fake      = "fake"      // an invented value, the same for the same value
)

// treatments are what is done to a column of a class when nobody says otherwise.
var treatments = map[Class]string{
	Email: Pseudonym, Phone: Partial, Card: Partial, Account: Partial, NationalID: Redact, BirthDate: Year, Name: Redact,
	Address: Redact, Network: Subnet, Location: Redact, Secret: Redact, Salary: Redact, Health: Redact, Special: Redact, Labelled: Redact,
}

// Treatment is what is done to a column of the class unless a policy says otherwise; "" for no class.
func (c Class) Treatment() string { return treatments[c] }

// Redaction is what a text becomes of which nothing is kept. Where it does not fit it is cut.
const Redaction = "[masked]"

// Func gives the function that masks the values of a column: nil for a column that is left as it is. What it puts out is
// remembered, so that it is recognised when it comes back. One goroutine at a time may use the function.
func (m *Masker) Func(c Column, f Field) func(driver.Value) driver.Value {
	if c.Treatment == "" {
		return nil
	}
	if c.unkeyed {
		return m.unkeyed(c, f)
	}
	t := &treater{masker: m, column: c, shape: shapeOf(f, c.typ)}
	t.prepare()
	return t.mask
}

// treater masks the values of one output.
type treater struct {
	masker  *Masker
	column  Column
	shape   shape
	text    func(string) driver.Value // of text
	other   func(driver.Value) driver.Value
	compute func(string) driver.Value // what text keeps the results of
	years   [4]uint64                 // a bit for each year since 1900 that is remembered
	blank   driver.Value              // what a value becomes of which nothing is kept
	scans   bool                      // the columns are such as nobody labelled
	noted   bool                      // that blanks were put out is remembered
	traces  []*trace
	traced  bool
	held    []*trace  // see holders
	recent  [8]uint64 // digests that are remembered already
	tokens  *pseudonyms
	sum     [sha256.Size]byte
	cache   *cache
	calls   int
	arena   strings.Builder
	ff1     *ff1
}

// mask masks one value. NULL stays NULL, and a mask that fails leaves nothing of the value.
func (t *treater) mask(v driver.Value) (out driver.Value) {
	if v == nil {
		return nil
	}
	if t.column.Treatment == Null && !t.column.derived {
		t.noteBlank(nil)
		return nil
	}
	defer func() {
		if recover() != nil {
			out = t.redact(v)
		}
	}()
	s, ok := v.(string)
	if !ok {
		return t.other(v)
	}
	if s = t.shape.significant(s); s == "" && t.text != nil && !t.column.derived {
		return v
	}
	if t.text != nil {
		return t.text(s)
	}
	return t.other(s)
}

// prepare chooses the functions by treatment and type.
func (t *treater) prepare() {
	t.blank = t.blankValue()
	t.other = t.redact
	if keyed := t.keyed(); keyed != nil && !t.column.derived {
		t.other = keyed
		return
	}
	if t.column.derived {
		if t.shape.form == formText {
			t.text = t.redactText
		}
		return
	}
	switch t.shape.form {
	case formText:
		t.text = t.textTreatment()
		if t.column.Treatment != Redact && t.column.Treatment != Partial {
			t.text, t.compute = t.cached, t.text
		}
	case formTextArray:
		element := t.textTreatment()
		t.text = func(s string) driver.Value {
			return t.array(s, func(s string) driver.Value { return element(t.shape.significant(s)) })
		}
	case formNumeric:
		if t.column.Treatment == Partial {
			t.text = t.partialNumeric
		}
	case formUUID:
		t.text, t.compute = t.cached, t.uuid
	case formInet, formCIDR, formMAC:
		if t.column.Treatment == Subnet {
			t.text, t.compute = t.cached, t.network
		}
	case formInt:
		if t.column.Treatment == Partial {
			t.other = t.partialInt
		}
	case formTime:
		if t.column.Treatment == Year {
			t.other = t.year
		}
	case formJSON:
		t.other = t.document
	}
}

func (t *treater) textTreatment() func(string) driver.Value {
	switch t.column.Treatment {
	case Pseudonym:
		return t.token
	case Partial:
		return t.partialText
	case Year:
		return t.yearText
	case Subnet:
		return t.networkText
	}
	return t.redactText
}

// blankValue is what a redacted value of the type is.
func (t *treater) blankValue() driver.Value {
	switch t.shape.form {
	case formText:
		return t.shape.fit(Redaction)
	case formTextArray:
		return "{}"
	case formInt:
		return int64(0)
	case formFloat:
		return float64(0)
	case formNumeric:
		return "0"
	case formTime:
		return zeroTime
	case formUUID:
		return "00000000-0000-0000-0000-000000000000"
	case formInet:
		return "0.0.0.0"
	case formCIDR:
		return "0.0.0.0/0"
	case formMAC:
		return macZero(t.shape.oid)
	case formFixed:
		return t.shape.fixed
	}
	return nil
}

// redact leaves nothing of a value but its type.
func (t *treater) redact(v driver.Value) driver.Value {
	switch t.shape.form {
	case formText:
		if _, ok := v.(string); ok {
			return t.redactText("")
		}
	case formJSON, formBytes, formXML:
		if b, ok := v.([]byte); ok {
			return t.redactBytes(b)
		}
	}
	out := t.blank
	if !sameType(out, v) {
		out = zeroOf(v)
	}
	t.keepAlone(v, out)
	t.noteBlank(out)
	return out
}

// redactBytes leaves nothing of a value in bytes. A member of a document that is a text stays one, as in the document itself:
// the token in it is recognised wherever it comes back.
func (t *treater) redactBytes(b []byte) driver.Value {
	out := []byte{}
	switch t.shape.form {
	case formJSON:
		if b = bytes.TrimLeft(b, " \t\r\n"); t.column.member && len(b) > 0 && b[0] == '"' {
			return []byte(`"` + Redaction + `"`)
		}
		out = []byte("null")
		t.keepAlone(b, out)
	case formXML:
		out = []byte("<masked/>")
	}
	t.noteBlank(out)
	return out
}

func (t *treater) redactText(string) driver.Value {
	if t.shape.limit > 0 && t.shape.limit < len(Redaction) {
		t.remember(Redaction[:t.shape.limit]) // a part of the token is not recognised by itself
	}
	if t.shape.form == formTextArray {
		return t.shape.fit(Redaction)
	}
	return t.blank
}

// fit cuts a text of ASCII characters to what the type takes, and fills it up where values of the type are.
func (s *shape) fit(text string) string {
	if s.limit > 0 && len(text) > s.limit {
		text = text[:s.limit]
	}
	if n := s.pad - len(text); n > 0 {
		text += strings.Repeat(" ", n)
	}
	return text
}

func sameType(a, b driver.Value) bool {
	switch a.(type) {
	case nil:
		return true
	case string:
		_, ok := b.(string)
		return ok
	case int64:
		_, ok := b.(int64)
		return ok
	case float64:
		_, ok := b.(float64)
		return ok
	case time.Time:
		// An infinite date arrives as text.
		_, ok := b.(time.Time)
		_, infinite := b.(string)
		return ok || infinite
	}
	return false
}

// zeroOf is nothing in the Go type of a value that is not of the type that was described.
func zeroOf(v driver.Value) driver.Value {
	switch v.(type) {
	case int64:
		return int64(0)
	case float64:
		return float64(0)
	case time.Time:
		return zeroTime
	case []byte:
		return []byte{}
	}
	return nil
}
