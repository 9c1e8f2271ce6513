package mask

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// numberScan decides whether the whole numbers of an output are those of cards. One number in fifty of that length passes
// for a card's, and a column of references must not lose one row in fifty: as soon as a column shows a number of that
// length that is no card's, it holds something else. Only what a column stores is such evidence; an expression could be
// made to show one.
type numberScan struct {
	stored bool // the output is a column as it is
	others bool // it has shown a number of that length that is no card's
}

// Cards have 14 to 16 digits, but for those of a few issuers whose numbers look like any other.
const (
	leastCard = 14
	mostCard  = 16

	leastNumber = 1e13
)

// isCard reports whether a whole number, as it is printed, is to be hidden.
func (s *Scan) isCard(text string) bool {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) < leastCard || len(whole) > mostCard || s.numbers.others || strings.Trim(fraction, "0") != "" || !isDigits(whole) {
		return false
	}
	if detect.Value(whole) != detect.Card {
		s.numbers.others = s.numbers.stored
		return false
	}
	s.kinds |= 1 << detect.Card
	return true
}

func (s *Scan) binaryNumber(b []byte) []byte {
	if s.isCard(strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10)) {
		s.treater.noteBlank(int64(0))
		return make([]byte, len(b))
	}
	return b
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// holdsNumbers reports whether an output may hold numbers of something: those that identify or count rows, or measure
// time, are none, however they look.
func (p *planner) holdsNumbers(columns []lineage.ColumnID) bool {
	for _, id := range columns {
		rel := p.relation(id.Of())
		if rel == nil {
			continue
		}
		col, ok := rel.Column(id.Column)
		if ok && !col.Key && !col.Generated && kindOf(col)&(kindInt|kindNumber) != 0 && !measures(col.Name) {
			return true
		}
	}
	return false
}

// measures reports whether a name is one of what identifies, counts or measures.
func measures(name string) bool {
	w := split(name)
	for i := range w.len() {
		if measuring[w.span(i, i+1)] {
			return true
		}
	}
	return false
}

var measuring = wordsOf(`id ids oid uid pid key seq sequence serial version revision rev lsn xid ts time timestamp at ms us
	ns micros millis nanos epoch size byte bytes length offset position count total sum amount balance hash checksum crc fingerprint flag flags
	bits mask snowflake quantity weight rank sort order duration`)

func wordsOf(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}
