package mask

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// numberScan decides whether the numbers of one place, a column or a key in documents, are those of cards. Of arbitrary
// numbers of that length one in thirty passes for a card's, of those that begin with a 4 one in ten, and references must
// not lose them: a place that shows others as well holds something else. Everybody who can write a row can add others, so
// they have to outweigh the cards all along; a number counts once, and of a value that holds several one does. Only what is stored is such evidence: an
// expression can be made to show anything.
type numberScan struct {
	stored bool // the values are those of a column as it is
	named  bool // its name says that it identifies, counts or measures
	seen   map[uint64]struct{}
	cards  int // of those that were seen
	others int
	turn   int // of the value that was the last to hold another
}

const (
	// othersPerCard is how many others there have to be for each card, for the cards to be shown.
	othersPerCard = 2
	// leastCards is how many a place shows, and no other number of that length, before its name is not believed.
	leastCards = 2
	// mostSeen bounds what is remembered. What a place is by then it stays.
	mostSeen = 256
)

// Cards have 14 to 16 digits, but for those of a few issuers whose numbers look like any other.
const (
	leastCard = 14
	mostCard  = 16

	leastNumber = 1e13
)

// hides reports whether a number is hidden; card says that it is like one of a card.
func (n *numberScan) hides(number uint64, card bool, turn int) bool {
	if n.stored && len(n.seen) < mostSeen && (card || turn != n.turn) {
		n.note(number, card, turn)
	}
	return card && !n.showsCards()
}

func (n *numberScan) note(number uint64, card bool, turn int) {
	if _, known := n.seen[number]; known {
		return
	}
	if n.seen == nil {
		n.seen = map[uint64]struct{}{}
	}
	n.seen[number] = struct{}{}
	if card {
		n.cards++
	} else {
		n.others++
		n.turn = turn
	}
}

// showsCards reports whether what is like the number of a card is shown.
func (n *numberScan) showsCards() bool {
	switch {
	case !n.stored:
		return false
	case n.named:
		return n.others > 0 || n.cards < leastCards
	}
	return n.others >= othersPerCard*n.cards
}

// isSettled reports whether no number will be hidden any more.
func (n *numberScan) isSettled() bool { return len(n.seen) >= mostSeen && n.showsCards() }

// isCard reports whether a number, as it is printed, is to be hidden.
func (s *Scan) isCard(text string) bool { return s.isCardAt(&s.numbers, text) }

func (s *Scan) isCardAt(n *numberScan, text string) bool {
	if s.things || n.isSettled() {
		return false
	}
	whole, ok := wholeDigits(text)
	if !ok {
		return false
	}
	number, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || !n.hides(number, detect.Value(whole) == detect.Card, s.turn) {
		return false
	}
	s.kinds |= 1 << detect.Card
	return true
}

// wholeDigits gives the digits of a number that may be one of a card: 4111111111111111, 4111111111111111.00,
// 4.111111111111111e+15, $4,111,111,111,111,111.00.
func wholeDigits(text string) (string, bool) {
	text = strings.TrimPrefix(text, "-")
	if len(text) < leastCard {
		return "", false
	}
	if strings.ContainsAny(text, "eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", false
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 {
		text = amountDigits(text)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) < leastCard || len(whole) > mostCard || strings.Trim(fraction, "0") != "" || !isDigits(whole) {
		return "", false
	}
	return whole, true
}

// amountDigits writes an amount of money, as the locale prints it, as a number.
func amountDigits(text string) string {
	const smaller = 2 // digits of the smaller unit
	text = strings.TrimRightFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	point := strings.LastIndexAny(text, ".,")
	if len(text)-point-1 != smaller {
		point = len(text) // the currency has no smaller unit
	}
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case i == point:
			b.WriteByte('.')
		case '0' <= c && c <= '9':
			b.WriteByte(c)
		}
	}
	return b.String()
}

// scannedFloat scans a number that is no whole one by its type.
func (s *Scan) scannedFloat(f float64) float64 {
	if math.Abs(f) >= leastNumber && s.isCard(strconv.FormatFloat(f, 'f', -1, 64)) {
		s.treater.retain(float64(0))
		return 0
	}
	return f
}

// binarySize is how long the binary form of the numbers is that are read there.
const binarySize = 8

func (s *Scan) binaryNumber(b []byte) []byte {
	bits := binary.BigEndian.Uint64(b)
	var text string
	switch s.treater.shape.oid {
	case oidFloat8:
		text = strconv.FormatFloat(math.Float64frombits(bits), 'f', -1, 64)
	case oidMoney:
		const cents = 100
		if int64(bits)%cents != 0 {
			return b
		}
		text = strconv.FormatInt(int64(bits)/cents, 10)
	default:
		text = strconv.FormatInt(int64(bits), 10)
	}
	if s.isCard(text) {
		return make([]byte, len(b))
	}
	return b
}

// readsNumber reports whether the binary form of the type's values is read.
func (s *Scan) readsNumber() bool {
	switch s.treater.shape.oid {
	case oidInt8, oidFloat8, oidMoney, oidXID8:
		return true
	}
	return false
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// holdsNumbers reports whether an output may hold numbers of something, and whether the names of all that it is made of say
// that they identify, count or measure. Keys and generated columns do, however their numbers look. What is made out of a
// text, a document or a setting may be any number.
func (p *planner) holdsNumbers(columns []lineage.ColumnID, stored bool) (holds, named bool) {
	for _, id := range columns {
		rel := p.relation(id.Of())
		if rel == nil {
			continue
		}
		col, ok := rel.Column(id.Column)
		if !ok || kindOf(col)&(kindInt|kindNumber|kindRange|textual) == 0 || (col.Key || col.Generated) && kindOf(col)&(kindInt|kindNumber) != 0 {
			continue
		}
		if !measures(col.Name) {
			return true, false
		}
		named = true
	}
	return len(columns) == 0 || named && stored, named
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

// onlyMeasures reports whether a name holds no other words: it is no data of anybody's.
func onlyMeasures(name string) bool {
	w := split(name)
	for i := range w.len() {
		if !measuring[w.span(i, i+1)] {
			return false
		}
	}
	return w.len() > 0
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
