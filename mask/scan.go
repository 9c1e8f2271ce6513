package mask

import (
	"bytes"
	"database/sql/driver"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// Scan looks for personal data and secrets in the values of an output that nobody labelled. What it finds is replaced, and
// the rest of the value stays as it is. One goroutine at a time may use it.
type Scan struct {
	treater *treater
	way     scanWay
	kinds   uint32 // a bit for each detect.Kind that was found
	spans   []detect.Span
	json    jsonScan
	numbers numberScan
	turn    int // of the value that is looked at

	references referenceScan
	top        bool // the text that is looked at is the value itself
	simple     bool // a text that nothing is found in is shown, whatever the statement does
	cards      bool // the value is made of numbers, and of no text
	things     bool // the value is made of references alone
	versions   bool // four numbers with dots between them are a version

	turned   turns
	pieces   bool // documents may be parts of a text
	xml      bool // there may be XML in a text
	keyed    *keyedScan
	readings int // what is left of them for this value, in bytes
}

// scanWay is how the values of a type are looked into.
type scanWay uint8

const (
	scanNothing  scanWay = iota
	scanText             // a text
	scanBytes            // a text in bytes, if it is one
	scanDocument         // JSON
	scanLiteral          // a value made of others, in PostgreSQL's notation; a text where it is none
	scanList             // the same, of texts
	scanNumber           // a whole number
	scanNumbers          // an array of them
	scanHost             // an address of a host, made of a text
	scanHosts            // an array of them
)

// classOf is the class of what is detected.
var classOf = [...]Class{
	detect.Email: Email, detect.Phone: Phone, detect.Card: Card, detect.IBAN: Account, detect.NationalID: NationalID, detect.IP: Network, detect.MAC: Network,
	detect.JWT: Secret, detect.APIKey: Secret, detect.PrivateKey: Secret, detect.PasswordHash: Secret, detect.Password: Secret,
}

// Span is the treatment of values in which what was detected is replaced and the rest shown.
const Span = "span"

// ways are those of PostgreSQL's own types that are no plain texts. Times, booleans, networks, UUIDs and geometric types
// hold nothing that only their values could tell.
var ways = map[uint32]scanWay{
	oidBytea: scanBytes, 114: scanDocument, 3802: scanDocument, 142: scanText,
	oidInt8: scanNumber, oidNumeric: scanNumber, oidFloat8: scanNumber, oidMoney: scanNumber, oidXID8: scanNumber,
	1016: scanNumbers, 1231: scanNumbers, 1022: scanNumbers, 791: scanNumbers,
	1009: scanList, oidNameArray: scanList, oidBpcharArray: scanList, oidVarcharArray: scanList, 1002: scanList, 1263: scanList,
	143: scanLiteral, 199: scanLiteral, 3807: scanLiteral, 2249: scanLiteral, 2287: scanLiteral, 2277: scanLiteral,
	3904: scanLiteral, 3906: scanLiteral, 3926: scanLiteral, 4451: scanLiteral, 4532: scanLiteral, 4536: scanLiteral,
	3614: scanLiteral, 3615: scanLiteral, 3643: scanLiteral, 3645: scanLiteral, 4072: scanLiteral, 4073: scanLiteral,
}

// hostWays are the types of addresses of hosts. A column of such a type says what it holds; a text that is cast to one was
// one that nobody labelled.
var hostWays = map[uint32]scanWay{869: scanHost, 650: scanHost, 1041: scanHosts, 651: scanHosts}

// host keeps the network of an address, as a column of addresses shows it.
func (s *Scan) host(text string) (driver.Value, bool) {
	const oidCIDR, oidCIDRArray = 650, 651
	oid := s.treater.shape.oid
	out, ok := subnet(text, oid == oidCIDR || oid == oidCIDRArray)
	if !ok {
		return "0.0.0.0", true
	}
	s.kinds |= 1 << detect.IP
	return out, true
}

// wayOf is how values are looked into. Types that somebody made are records, domains over arrays, enums, ranges, types of
// extensions: their text says which.
func (s *shape) wayOf(f Field) scanWay {
	switch way, known := ways[f.TypeOID]; {
	case known:
		return way
	case s.form == formText:
		return scanText
	case s.form == formTextArray:
		return scanList
	case f.TypeOID >= firstUserOID || f.TypeOID == 0:
		return scanLiteral
	}
	return scanNothing
}

// Scan gives the scanner of an output; nil where there is nothing to look for: a column that is masked as a whole, one that
// is shown by a grant, one of the system's, a type whose values are neither texts nor numbers.
func (m *Masker) Scan(c Column, f Field) *Scan {
	if !c.scan || c.Treatment != "" {
		return nil
	}
	c.Treatment, c.Class = Redact, string(Labelled)
	c.watch = slices.Concat(c.scanned, c.watch)
	s := &Scan{treater: &treater{masker: m, column: c, shape: shapeOf(f, c.typ), scans: true}, turned: c.turned}
	s.way = s.treater.shape.wayOf(f)
	switch s.way {
	case scanNothing:
		if way, host := hostWays[f.TypeOID]; host && c.texts {
			s.way = way
		} else if c.KeyAt == 0 {
			return nil
		}
	case scanNumber, scanNumbers:
		if !c.numbers && c.KeyAt == 0 {
			return nil
		}
	}
	s.numbers = numberScan{stored: c.stored, named: c.named}
	relation := relationOf(c.scanned)
	s.json = jsonScan{relation: relation, stored: c.stored, public: isPublic(c.scanned), top: member{name: relation}}
	s.json.stand(c.documents, c.keys, c.pieces)
	s.pieces, s.xml, s.things = c.pieces, c.xml, c.things
	s.cards = len(c.scanned) > 0 && !c.texts && !c.brought
	s.versions = versioned(c.scanned) || len(c.keys) > 0 && hasWord(c.keys[len(c.keys)-1], versions)
	s.references = referenceScan{stored: c.stored && len(c.scanned) == 1, named: len(c.scanned) == 1 && refers(c.scanned[0].Column), meant: len(c.scanned) == 1 && meansReference(c.scanned[0].Column)}
	if c.KeyAt > 0 {
		s.keyed = &keyedScan{relation: relation, above: append(slices.Clone(c.keys), s.json.top.contexts...), contexts: s.json.top.contexts}
	}
	s.simple = s.way == scanText && !s.xml && !s.pieces && s.turned == 0 && s.keyed == nil
	s.treater.prepare()
	return s
}

// isPublic reports whether columns are of relations of which the coordinates are nobody's.
func isPublic(columns []lineage.ColumnID) bool {
	for _, c := range columns {
		if classByName(&lineage.Relation{Name: c.Of()}, &lineage.Column{Name: "latitude", Type: "double precision", TypeOID: oidFloat8}) != "" {
			return false
		}
	}
	return len(columns) > 0
}

func relationOf(columns []lineage.ColumnID) string {
	if len(columns) == 0 {
		return ""
	}
	return columns[0].Relation
}

// Found gives the class of what was found so far, the most severe if there are several; "" for nothing.
func (s *Scan) Found() Class {
	c := s.json.found
	for k := range classOf {
		if s.kinds&(1<<k) != 0 {
			c = severest(c, classOf[k])
		}
	}
	return c
}

// Forget begins a new result.
func (s *Scan) Forget() { s.kinds, s.json.found = 0, "" }

// Column is the first of the columns that the output is made of.
func (s *Scan) Column() (lineage.ColumnID, bool) {
	if list := s.treater.column.scanned; len(list) > 0 {
		return list[0], true
	}
	return lineage.ColumnID{}, false
}

// Value scans a decoded value.
func (s *Scan) Value(v driver.Value) driver.Value {
	if s.simple {
		if text, ok := v.(string); ok && s.isQuiet(text) {
			return v
		}
	}
	return s.loud(v)
}

// Text is [Scan.Value] for a text that is no driver.Value yet.
func (s *Scan) Text(text string) driver.Value {
	if s.simple && s.isQuiet(text) {
		return text
	}
	return s.loud(text)
}

// loud scans a value of which it is not known that there is nothing in it.
func (s *Scan) loud(v driver.Value) driver.Value {
	if s.keyed != nil && s.json.top.hidden != "" {
		return s.hideKeyed(v)
	}
	// Most numbers are too short: there are as many of them as there are rows.
	switch n := v.(type) {
	case int64:
		if n < leastNumber && n > -leastNumber || s.way != scanNumber {
			return v
		}
	case float64:
		if n < leastNumber && n > -leastNumber || s.way != scanNumber {
			return v
		}
	case string:
		if s.way == scanNumber && len(n) < leastCard {
			return v
		}
	}
	return s.decoded(v)
}

func (s *Scan) decoded(v driver.Value) (out driver.Value) {
	defer func() {
		if recover() != nil {
			out = s.treater.redact(v)
		}
	}()
	s.turn++
	switch v := v.(type) {
	case string:
		if out, changed := s.printed(v); changed {
			return s.treater.retain(out)
		}
	case []byte:
		out := s.bytes(v)
		s.keepBytes(v, out)
		return out
	case int64:
		if s.isCard(strconv.FormatInt(v, 10)) {
			return s.treater.retain(int64(0))
		}
	case float64:
		return s.scannedFloat(v)
	}
	return v
}

// isQuiet reports whether there is nothing in a text that anybody would look into: so it is with most, and there are as many of
// them as there are rows.
func (s *Scan) isQuiet(text string) bool {
	if text == "" {
		return true
	}
	if text[0] == '"' || text[0] <= ' ' {
		return false
	}
	digits, quiet := detect.Quiet(text, s.spans[:0])
	if quiet && digits >= leastDigits {
		s.references.other(text, s.treater.masker.seed)
	}
	return quiet
}

// Printed scans a value as the server prints it: in a COPY, whatever the type. The result is what stands for it there.
func (s *Scan) Printed(text string) (out string) {
	defer func() {
		if out != text {
			s.treater.retain(out)
		}
	}()
	defer func() {
		if recover() != nil {
			out = ""
		}
	}()
	s.turn++
	switch s.way {
	case scanBytes:
		return s.hex(text)
	case scanDocument:
		return string(s.bytes([]byte(text)))
	}
	if masked, changed := s.printed(text); changed {
		masked, _ := masked.(string)
		return masked
	}
	return text
}

// Binary scans a value in the binary format; false where it cannot be read there.
func (s *Scan) Binary(b []byte) (out []byte, ok bool) {
	defer func() {
		if ok {
			s.keepBinary(b, out)
		}
	}()
	defer func() {
		if recover() != nil {
			out = nil
		}
	}()
	s.turn++
	switch {
	case s.treater.shape.oid == oidJSONB:
		if len(b) == 0 {
			return nil, false
		}
		return append([]byte{b[0]}, s.bytes(b[1:])...), true // after the version
	case s.way == scanText, s.way == scanBytes, s.way == scanDocument:
		return s.bytes(b), true
	case s.readsNumber() && len(b) == binarySize:
		return s.binaryNumber(b), true
	}
	return nil, false
}

// Reads reports whether values can be scanned in the binary format.
func (s *Scan) Reads() bool {
	switch s.way {
	case scanText, scanBytes, scanDocument:
		return true
	}
	return s.readsNumber()
}

// printed gives what stands for a value that is text, and whether that is another one; nothing of use where it is not.
func (s *Scan) printed(text string) (driver.Value, bool) {
	switch s.way {
	case scanText:
		s.top = true
		return s.text(text)
	case scanList, scanLiteral, scanNumbers, scanHosts:
		return s.literal(text, 0)
	case scanHost:
		return s.host(text)
	case scanNumber:
		if s.isCard(text) {
			return "0", true
		}
	}
	return nil, false
}

// text gives what stands for a text in which something is found. It gives nothing for others: to make a driver.Value of
// each would allocate one.
func (s *Scan) text(text string) (driver.Value, bool) {
	if s.xml && strings.IndexByte(text, '<') >= 0 {
		if out, changed := s.markup(text); changed {
			return s.rest(text, out), true
		}
	}
	return s.unmarked(text)
}

// unmarked is text for one without XML.
func (s *Scan) unmarked(text string) (driver.Value, bool) {
	top := s.top
	s.top = false
	if begin := beginOf(text); begin != 0 || s.pieces {
		if out, changed, read := s.documents(text, begin); read {
			return out, changed
		}
	}
	if out, changed := s.hexed(text); changed {
		return out, true
	}
	if s.turned != 0 && s.turnedText(text) { // whatever else is found in it: a part of what was turned may pass for something
		s.spans = append(s.spans[:0], detect.Span{To: len(text)})
		return s.replace(text), true
	}
	s.spans = detect.Text(text, s.spans[:0])
	if s.versions && len(s.spans) > 0 {
		s.withoutHosts()
	}
	if s.things && len(s.spans) > 0 {
		s.withoutReferences(text)
	}
	if s.cards {
		s.onlyCards()
	}
	switch {
	case len(s.spans) == 0:
		if top {
			s.references.other(text, s.treater.masker.seed)
		}
		return nil, false
	case top && s.isReference(text):
		return nil, false
	}
	return s.replace(text), true
}

// bytes scans a document, or a text: bytes that are none are an image or the like, and whatever looks like a number in
// them is none.
func (s *Scan) bytes(b []byte) []byte {
	if s.way == scanDocument {
		if out, ok := s.json.mask(b, s); ok {
			return out
		}
		out, _ := s.treater.redact(b).([]byte)
		return out
	}
	if s.way == scanBytes && !utf8.Valid(b) {
		return s.runs(b)
	}
	masked, changed := s.text(string(b))
	if !changed {
		return b
	}
	if text, ok := masked.(string); ok {
		return []byte(text)
	}
	out, _ := s.treater.redact(b).([]byte)
	return out
}

// hexed scans bytes that stand in a text as \x6164, wherever they do.
func (s *Scan) hexed(text string) (driver.Value, bool) {
	if strings.IndexByte(text, '\\') < 0 { // which is quicker than to look for two
		return nil, false
	}
	var out []byte
	copied := 0
	for at := strings.Index(text, `\x`); at >= 0 && at < len(text); {
		from := at + len(`\x`)
		to := from
		for to < len(text) && isHex(text[to]) {
			to++
		}
		if masked, changed := s.hexRun(text[from:to]); changed {
			out = append(append(out, text[copied:from]...), masked...)
			copied = to
		}
		next := strings.Index(text[to:], `\x`)
		if next < 0 {
			break
		}
		at = to + next
	}
	if copied == 0 {
		return nil, false
	}
	out = append(out, text[copied:]...)
	if limit := s.treater.shape.limit; limit > 0 && len(out) > limit {
		return s.treater.redactText(text), true
	}
	return string(out), true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// hexRun scans bytes in hex.
func (s *Scan) hexRun(text string) (string, bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) < minRun {
		return "", false
	}
	masked := s.runs(b)
	if utf8.Valid(b) {
		v, changed := s.text(string(b))
		if out, ok := v.(string); changed && ok {
			masked = []byte(out)
		}
	}
	return hex.EncodeToString(masked), !bytes.Equal(masked, b)
}

// minRun is the shortest run of printable bytes that is looked at among others: an address can be as short.
const minRun = 6

// runs scans what can be read in bytes that are no text: a message of fields, a text in another encoding. Numbers alone are
// left: among arbitrary bytes they mean nothing.
func (s *Scan) runs(b []byte) []byte {
	var out []byte
	from, last := 0, 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= ' ' && b[i] < 0x7f {
			continue
		}
		if run := b[from:i]; len(run) >= minRun && !isDigits(string(run)) {
			if masked, changed := s.text(string(run)); changed {
				if text, ok := masked.(string); ok {
					out = append(append(out, b[last:from]...), text...)
					last = i
				}
			}
		}
		from = i + 1
	}
	if last == 0 {
		return b
	}
	return append(out, b[last:]...)
}

// hex scans bytes that are printed as \x6164.
func (s *Scan) hex(text string) string {
	const prefix = `\x`
	if len(text) < len(prefix) || text[:len(prefix)] != prefix {
		return prefix // bytea_output is escape: what it prints is not read
	}
	b, err := hex.DecodeString(text[len(prefix):])
	if err != nil {
		return prefix
	}
	return prefix + hex.EncodeToString(s.bytes(b))
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
	if limit := s.treater.shape.limit; limit > 0 && utf8.RuneCount(out) > limit {
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

// Hidden is a name with the redaction in place of what is detected in it: the same where nothing is.
func Hidden(name string) string {
	spans := detect.Text(name, nil)
	for i := len(spans) - 1; i >= 0; i-- {
		name = name[:spans[i].From] + Redaction + name[spans[i].To:]
	}
	return name
}

// Text replaces what is detected in a text of the server that is no value of a result: an error, a notice. A document that it
// quotes is judged by its keys.
func (m *Masker) Text(text string) string {
	s := &Scan{treater: &treater{masker: m}, way: scanText, pieces: true}
	masked, changed := s.text(text)
	if !changed {
		return text
	}
	out, _ := masked.(string)
	return out
}
