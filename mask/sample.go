package mask

import (
	"database/sql/driver"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// proof is what it takes for values alone to make a column one of a class.
type proof struct {
	least int     // different values
	share float64 // of them that are of the class as a whole
}

// proofs are those of the classes that values show. A column that becomes sensitive is hidden whole, its copies are denied
// and questions about it are warned of, so that few hits in an ordinary column must not do: nine in ten have to be of one
// class, and the rest is what people type where they have nothing to say.
//
// How many it takes depends on what chance can do. Addresses, accounts (a remainder of 97), tokens and hashes have a form
// that nothing else has: five are no accident. Of references of sixteen digits one in thirty passes for a card, and phones in
// international form have no check digit: nine of ten is out of chance's reach, which four of five is not quite where a
// database has thousands of columns. National numbers and addresses of hosts are the weakest: three in a hundred numbers of
// eleven digits pass, and four numbers with dots between them are often a version. There only many values count, and nearly
// all of them.
var proofs = map[Class]proof{
	Email: {5, 0.9}, Secret: {5, 0.9}, Account: {5, 0.9},
	Card: {10, 0.9}, Phone: {10, 0.9},
	NationalID: {20, 0.95}, Network: {20, 0.95},
}

// Sure is the class that the values prove by themselves, to the degree that nobody has to look; "" = none. It asks for more
// than [Tally.Class], of which a person makes something, and of phones for the international form: what has none may be
// figures of any sort. Addresses of hosts that mostly begin as versions do are none. Values that were added more than once count as often.
func (t *Tally) Sure() Class {
	class, n := t.Most()
	switch {
	case class == Phone:
		n = t.international
	case class == Network && 2*t.versions > n:
		return ""
	}
	p, known := proofs[class]
	if !known || t.values < p.least || float64(n) < p.share*float64(t.values) {
		return ""
	}
	return class
}

// addNumber looks at a number: only that of a card is recognised, as in results.
func (t *Tally) addNumber(text string) {
	whole, fraction, _ := strings.Cut(text, ".")
	long := len(whole) >= leastCard && len(whole) <= mostCard && strings.Trim(fraction, "0") == "" && isDigits(whole)
	if long && detect.Value(whole) == detect.Card {
		t.Add(whole)
		return
	}
	t.values++
	if long {
		t.references++
	}
}

const (
	// sampledReferences is how many different references a sample shows at least, referenceShare how many of its values are
	// like one or like a number of somebody's.
	sampledReferences = 10
	referenceShare    = 0.9
	// codesPerHit is how many codes there are for each value that looks like somebody's: few digits make that by chance.
	codesPerHit = 50
	mostCode    = 128
)

// areReferences reports whether the values are those of a column of references, by the measure of results: there are so many
// others for each that looks like a number of somebody's that chance made it. Nothing but numbers is among them.
func (t *Tally) areReferences() bool {
	sure, shapes := t.whole[Card]+t.whole[NationalID]+t.whole[Account], t.whole[Phone]-t.international
	if t.international > 0 || max(t.references, t.codes) < sampledReferences || float64(max(t.references, t.codes)+sure+shapes) < referenceShare*float64(t.values) {
		return false
	}
	return t.references >= othersPerSure*sure+othersPerShape*shapes && t.references >= sampledReferences || t.codes >= codesPerHit*(sure+shapes)
}

// isLikeCode reports whether a text is one word with a digit in it.
func isLikeCode(text string) bool {
	digits := false
	for i := range len(text) {
		b := text[i]
		digits = digits || '0' <= b && b <= '9'
		if b <= ' ' || b >= 0x7f || b == '@' || b == '+' {
			return false
		}
	}
	return digits && len(text) <= mostCode
}

// Samples reports whether a sample of a column's values could say what nothing else says: no label and no name tells what it
// holds, and its type can hold e-mail addresses, numbers of cards and the like. Numbers that identify, count or measure are
// none, as in results. Columns of views hold what those of tables do.
func Samples(rel *lineage.Relation, col *lineage.Column) bool {
	switch rel.Kind {
	case lineage.Table, lineage.PartitionedTable, lineage.MaterializedView, lineage.ForeignTable:
	default:
		return false
	}
	if isSystemSchema(rel.Schema) || len(col.Fields) > 0 || lineage.Labels(col.Comment) != nil {
		return false
	}
	bare := *col
	bare.Held = lineage.Held{}
	if Classify(rel, &bare) != "" {
		return false
	}
	if isNumber(col) {
		return !col.Key && !col.Generated && !measures(col.Name)
	}
	return kindOf(col) == kindText || kindOf(col) == kindBytes
}

// isNumber reports whether a column is of a type of numbers that are long enough for a card's.
func isNumber(col *lineage.Column) bool {
	for _, oid := range [...]uint32{col.Base, col.TypeOID} {
		if oid == oidInt8 || oid == oidNumeric {
			return true
		}
	}
	return false
}

// Judge says what the values of a column are, of which nobody said it: [Samples]. They are of a class, or references, or nothing. They are as the server prints them, of an
// array whole or single elements. They are sorted and not kept; those that are there twice count once.
func Judge(col *lineage.Column, values []string) lineage.Held {
	if isList(col) {
		values = elements(values)
	}
	slices.Sort(values)
	var t Tally
	number := isNumber(col)
	for _, v := range slices.Compact(values) {
		switch {
		case v == "":
		case number:
			t.addNumber(v)
		case kindOf(col) == kindBytes:
			t.Add(textIn(v))
		default:
			t.Add(v)
		}
	}
	class := t.Sure()
	if class == "" && t.areReferences() {
		return lineage.Held{References: true, Values: t.values, Matching: t.references}
	}
	if class == "" {
		return lineage.Held{}
	}
	_, n := t.Most()
	return lineage.Held{Class: string(class), Values: t.values, Matching: n}
}

// textIn is the text in bytes as the server prints them; they may be cut off. What is no text says nothing, and counts.
func textIn(v string) string {
	digits, isHex := strings.CutPrefix(v, `\x`)
	if !isHex {
		return v
	}
	b, err := hex.DecodeString(digits[:len(digits)/2*2])
	if err != nil || !utf8.Valid(b) {
		return "-"
	}
	return string(b)
}

// elements are those of arrays, of which one that was cut off gives what stands before the cut.
func elements(values []string) []string {
	var out []string
	for _, v := range values {
		if !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "[") {
			out = append(out, v)
			continue
		}
		r := arrayReader{rest: v, limit: maxArray, element: func(e string) driver.Value {
			out = append(out, e)
			return e
		}}
		r.read()
	}
	return out
}
