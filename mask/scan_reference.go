package mask

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// referenceScan decides whether the whole texts of a column that look like numbers of somebody's are references: of orders,
// parts, parcels. Of arbitrary numbers one in thirty passes for a card's or for one of a nation's register, of those that
// begin with a 4 one in ten, and parts are numbered as telephones are somewhere. A column that shows many others of the kind
// holds references. Only what a table stores is such evidence, and each value counts once: an expression could be made to
// show anything. Numbers of cards in columns of numbers are judged in the same way, see [numberScan].
type referenceScan struct {
	stored bool // the values are those of a column as it is
	named  bool // its name says that it holds references
	meant  bool // its name says so of nothing else: numbers of telephones and addresses of hosts are not put there
	seen   map[uint64]struct{}
	sure   int // of those that were seen: numbers that chance makes of one in ten at most
	shapes int // such as only look so: telephones, addresses of hosts
	others int
}

const (
	// othersPerSure and othersPerShape are how many others there have to be for each, for all to be shown.
	othersPerSure  = 5
	othersPerShape = 4
	// leastReferences is how many a column shows, and no other, before its name is not believed.
	leastReferences = 2
	// A reference has so many digits at least, and so many characters and letters at most.
	leastDigits   = 6
	mostReference = 24
	mostLetters   = 4
)

// shows reports whether a text that is of a kind as a whole is shown.
func (r *referenceScan) shows(text string, kind detect.Kind, seed maphash.Seed) bool {
	if !r.stored {
		return false
	}
	switch kind {
	case detect.Card, detect.NationalID:
		if r.isNew(text, seed) {
			r.sure++
		}
	case detect.Phone, detect.IP:
		if strings.Contains(text, "+") {
			return false // what is written so is meant so
		}
		if r.meant {
			return true
		}
		if r.isNew(text, seed) {
			r.shapes++
		}
	default:
		return false
	}
	if r.named {
		return r.others > 0 || r.sure+r.shapes < leastReferences
	}
	return r.others >= othersPerSure*r.sure+othersPerShape*r.shapes
}

// other notes a text in which nothing was found, if it is like a number.
func (r *referenceScan) other(text string, seed maphash.Seed) {
	if r.stored && len(r.seen) < mostSeen && isLikeReference(text) && r.isNew(text, seed) {
		r.others++
	}
}

// isLikeReference reports whether a text is short, mostly of digits, and begins or ends with one.
func isLikeReference(text string) bool {
	if len(text) < leastDigits || len(text) > mostReference || text[0]-'0' > 9 && text[len(text)-1]-'0' > 9 { // most texts end here
		return false
	}
	digits, letters := 0, 0
	for i := range len(text) {
		switch b := text[i]; {
		case '0' <= b && b <= '9':
			digits++
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			letters++
		}
	}
	return digits >= leastDigits && letters <= mostLetters
}

func (r *referenceScan) isNew(text string, seed maphash.Seed) bool {
	if len(r.seen) >= mostSeen {
		return false
	}
	at := maphash.String(seed, text)
	if _, known := r.seen[at]; known {
		return false
	}
	if r.seen == nil {
		r.seen = map[uint64]struct{}{}
	}
	r.seen[at] = struct{}{}
	return true
}

// isReference reports whether what was found in a text is all of it, and the text one of a column of references.
func (s *Scan) isReference(text string) bool {
	trimmed := strings.TrimSpace(text)
	return len(s.spans) == 1 && s.spans[0].To-s.spans[0].From == len(trimmed) && s.references.shows(trimmed, s.spans[0].Kind, s.treater.masker.seed)
}

// withoutReferences takes numbers away from what was found in a value that is made of references alone. What is written with a
// plus is meant so.
func (s *Scan) withoutReferences(text string) {
	kept := s.spans[:0]
	for _, span := range s.spans {
		switch span.Kind {
		case detect.Card, detect.NationalID, detect.IBAN:
			continue
		case detect.Phone:
			if !strings.Contains(text[span.From:span.To], "+") {
				continue
			}
		}
		kept = append(kept, span)
	}
	s.spans = kept
}

// onlyCards keeps what a text can hold that is made of numbers.
func (s *Scan) onlyCards() {
	s.spans = slices.DeleteFunc(s.spans, func(span detect.Span) bool { return span.Kind != detect.Card })
}

// areReferences reports whether all columns hold references by a sample of their values, see [Judge], or are numbers that
// identify, count or measure. Then an expression over them holds nothing else, either: it need not show others to be believed.
// Names alone are believed there only: the values of a column as it is may tell otherwise, see [numberScan].
func (p *planner) areReferences(columns []lineage.ColumnID, stored bool) bool {
	for _, id := range columns {
		rel := p.relation(id.Of())
		if rel == nil {
			return false
		}
		col, ok := rel.Column(id.Column)
		if !ok || !col.Held.References && (stored || kindOf(col)&(kindInt|kindNumber) == 0 || !col.Key && !col.Generated && !measures(col.Name)) {
			return false
		}
	}
	return len(columns) > 0 && !p.brings()
}

// withoutHosts takes addresses of hosts away from what was found: four numbers with dots between them are a version where the
// name of the column, or a key, says so.
func (s *Scan) withoutHosts() {
	kept := s.spans[:0]
	for _, span := range s.spans {
		if span.Kind != detect.IP {
			kept = append(kept, span)
		}
	}
	s.spans = kept
}

// refers reports whether a name is one of references to things.
func refers(name string) bool { return hasWord(name, referring) || measures(name) }

// meansReference reports whether a name says that its values are references and nothing else, order_no and customer_order_ref do: it ends in
// what they are of, or in number or its like behind it. An order_contact is none.
func meansReference(name string) bool {
	w := split(name)
	last := w.len()
	for last > 0 && numbering[w.span(last-1, last)] {
		last--
	}
	return last > 0 && referring[w.span(last-1, last)]
}

func hasWord(name string, words map[string]bool) bool {
	w := split(name)
	for i := range w.len() {
		if words[w.span(i, i+1)] {
			return true
		}
	}
	return false
}

// versioned reports whether all columns are named for versions.
func versioned(columns []lineage.ColumnID) bool {
	for _, c := range columns {
		if !hasWord(c.Column, versions) {
			return false
		}
	}
	return len(columns) > 0
}

var (
	referring = wordsOf(`ref reference order invoice part article item sku ean upc gtin isbn issn asin barcode oem drawing segment batch lot tracking
		shipment parcel waybill awb consignment model material catalog catalogue product stock asset meter udi lei`)
	numbering = wordsOf(`no nr num number numbers id ids code codes ref reference`)
	versions  = wordsOf(`version versions ver firmware fw release build revision`)
)
