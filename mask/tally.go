package mask

import (
	"strconv"
	"strings"

	"github.com/governedsql/governed/mask/detect"
)

// Tally counts what the values of a column look like, for those who want to know what a column holds of which no name and
// no label says anything. It keeps none of the values. The zero value is empty.
type Tally struct {
	values, holding int
	international   int // phones with a +
	versions        int // addresses of hosts that could as well be versions
	references      int // nothing is detected in them, and they are like numbers of things
	codes           int // the same, and they are in one word with digits: a digest, an identifier
	whole           map[Class]int
	spans           []detect.Span
}

// A column is of a class where enough of its values are: fewer are chance, as are those few numbers in any list that pass
// for a card's.
const (
	tallyLeast = 5
	tallyShare = 0.6
)

// Add looks at a value. Those that say nothing, NULL and the empty text, are not to be added.
func (t *Tally) Add(value string) {
	if value == "" {
		return
	}
	t.values++
	if kind := detect.Value(value); kind != detect.None {
		if t.whole == nil {
			t.whole = map[Class]int{}
		}
		t.whole[classOf[kind]]++
		t.holding++
		switch {
		case kind == detect.Phone && strings.HasPrefix(strings.TrimLeft(value, " \"'"), "+"):
			t.international++
		case kind == detect.IP && likeVersion(value):
			t.versions++
		}
		return
	}
	switch t.spans = detect.Text(value, t.spans[:0]); {
	case len(t.spans) > 0:
		t.holding++
	case isLikeReference(value):
		t.references++
		t.codes++
	case isLikeCode(value):
		t.codes++
	}
}

// Values is how many values were added, and holding how many of them hold something that is detected, be it a part.
func (t *Tally) Values() (values, holding int) { return t.values, t.holding }

// Most is the class that most values are of as a whole, and how many are.
func (t *Tally) Most() (class Class, n int) {
	for c, count := range t.whole {
		if count > n || count == n && severity[c] > severity[class] {
			class, n = c, count
		}
	}
	return class, n
}

// Class is the class of the column, as far as its values say; "" = they say nothing.
func (t *Tally) Class() Class {
	class, n := t.Most()
	if t.values < tallyLeast || float64(n) < tallyShare*float64(t.values) {
		return ""
	}
	return class
}

// likeVersion reports whether an address begins as a version does: with a small number, that of the private network 10.0.0.0/8
// aside. Of the addresses that are given out one in eight does, of versions nearly all.
func likeVersion(value string) bool {
	first, _, dots := strings.Cut(strings.TrimLeft(value, " \"'"), ".")
	n, err := strconv.Atoi(first)
	return dots && err == nil && n < 30 && n != 10
}
