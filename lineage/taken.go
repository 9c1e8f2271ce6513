package lineage

import (
	"slices"
	"strings"
)

// Taken says by which keys a value was taken out of documents on its way: of JSON, hstore or XML. The zero value is that of
// one that was not, or only as a whole and by position: the elements of an array have no keys.
type Taken struct {
	// Keys are constants: ssn of d ->> 'ssn' and of d['ssn'], the keys in a path, the columns of a record that is made of a
	// document. Each stands by itself.
	Keys []string
	// Any means that a key was no constant, or that the keys were lost on the way: nobody knows what the value is.
	Any AnyKey
	// Params are parameters that are keys. Their values decide at each execution.
	Params []int
	// Cut means that a function took a text apart in which there may be a document with keys of its own.
	Cut bool
	// Every means that a condition asks each member, whatever its key is.
	Every bool
	// Whole means that a condition, an order or a function asked a document as a whole, or a part of it of which nobody knows
	// the key.
	Whole bool
	// Ends are the last keys of members that were asked in another way than by equality: below them there may be an object. ""
	// stands for those of Params.
	Ends []string
	// Parsed means that a text was made a document.
	Parsed bool
}

// Taking says how a value was taken out of documents, by the statement itself and by the bodies of functions.
type Taking struct {
	Taken
	// Bodied means that the body of a function may have given a part of the value, out of documents that it read or was given.
	Bodied bool
	// Inner is by which keys bodies took it; nil means that this may be all that [Statement.Bodies] says.
	Inner *Taken
}

// AnyKey says where in a value there is something of which nobody knows the key.
type AnyKey uint8

// The zero value is nowhere.
const (
	AtTop    AnyKey = iota + 1 // it is the value; a document has keys of its own that tell what is in it
	Anywhere                   // in any part of it, under whatever key
)

// IsZero reports whether nothing was taken out of a document.
func (t *Taken) IsZero() bool {
	return t == nil || len(t.Keys) == 0 && len(t.Params) == 0 && t.Any == 0 && !t.Cut && !t.Every
}

// says reports whether there is anything to know beside IsZero.
func (t *Taken) says() bool { return t != nil && (t.Parsed || t.asks()) }

// asks reports whether something was asked that no constant key names.
func (t *Taken) asks() bool { return t != nil && (t.Whole || len(t.Ends) > 0) }

// maxTaken bounds the keys of one value; beyond it nobody knows them.
const maxTaken = 1000

// with joins two of them, of which none is changed.
func (t *Taken) with(o *Taken) *Taken {
	switch {
	case t == o || o.IsZero() && !o.says():
		return t
	case t.IsZero() && !t.says():
		return o
	}
	out := &Taken{Any: max(t.Any, o.Any), Cut: t.Cut || o.Cut, Every: t.Every || o.Every, Parsed: t.Parsed || o.Parsed, Whole: t.Whole || o.Whole, Keys: t.Keys, Params: t.Params}
	out.Keys = joinedLists(t.Keys, o.Keys)
	out.Params, out.Ends = joinedLists(t.Params, o.Params), joinedLists(t.Ends, o.Ends)
	if len(out.Keys) > maxTaken {
		out.Keys, out.Any = out.Keys[:maxTaken], Anywhere
	}
	if len(out.Ends) > maxTaken {
		out.Ends, out.Whole = nil, true
	}
	return out
}

// joinedLists joins two lists in which nothing stands twice.
func joinedLists[T comparable](a, b []T) []T {
	out := slices.Clip(a)
	for _, v := range b {
		if !slices.Contains(a, v) {
			out = append(out, v)
		}
	}
	return out
}

// buried is what was taken as a part of something that is made of it.
func (t *Taken) buried() *Taken {
	if t == nil || t.Any != AtTop {
		return t
	}
	out := *t
	out.Any = Anywhere
	return &out
}

// known is without what nobody knows.
func (t *Taken) known() *Taken {
	if t == nil || t.Any == 0 && !t.Cut {
		return t
	}
	out := *t
	out.Any, out.Cut = 0, false
	return &out
}

func (t *Taken) value() Taken {
	if t == nil {
		return Taken{}
	}
	return *t
}

var (
	takenAtTop    = &Taken{Any: AtTop}
	takenAnywhere = &Taken{Any: Anywhere}
	takenCut      = &Taken{Cut: true}
	takenParsed   = &Taken{Parsed: true}
	takenWhole    = &Taken{Whole: true}
	takenSpoilt   = &Taken{Any: Anywhere, Whole: true}
)

// document says what of a document a value may hold.
type document uint8

const (
	noDocument document = iota
	member              // one member, by its key
	whole               // all of it
)

// pair joins the key and the value of one row of jsonb_each and its kin. Each reference to such a row has its own.
type pair struct{ _ int }

// parsed is a value that was made of another by a cast: of a text it may be a document.
func (s *scope) parsed(v value, of *value) value {
	if isDocument(v.typ) && !isDocument(of.typ) && of.holds != member {
		v.taken = v.taken.with(s.take(takenParsed))
	}
	return v
}

// document is how much of a document the value may hold.
func (v *value) document() document {
	if v.holds == noDocument && isDocument(v.typ) {
		return whole
	}
	return v.holds
}

// isDocument reports whether a type is one whose values have keys, or an array of such.
func isDocument(typ string) bool {
	typ = strings.TrimRight(bareType(typ), "[]")
	switch typ[strings.LastIndexByte(typ, '.')+1:] {
	case "json", "jsonb", "hstore", "xml":
		return true
	}
	return false
}

// alone is by what a value was taken that goes on without the key beside it.
func (v *value) alone() *Taken {
	switch {
	case v.record && v.parts != nil:
		return v.taken.with(v.parts)
	case v.each != nil || v.record:
		return v.taken.with(takenAnywhere)
	case v.val != nil:
		return v.taken.with(takenAtTop)
	}
	return v.taken
}

// renewed gives the pairs among columns an identity of their own: two references to one query are two rows.
func renewed(cols []column) []column {
	var fresh map[*pair]*pair
	again := func(p *pair) *pair {
		if p == nil {
			return nil
		}
		if fresh == nil {
			fresh, cols = map[*pair]*pair{}, slices.Clone(cols)
		}
		if fresh[p] == nil {
			fresh[p] = &pair{}
		}
		return fresh[p]
	}
	for i := range cols {
		key, val := again(cols[i].key), again(cols[i].val)
		if key != nil || val != nil {
			cols[i].key, cols[i].val = key, val
		}
	}
	return cols
}

// mate is the column that holds the key of a value, -1 where there is none.
func mate(cols []column, i int) int {
	p := cols[i].val
	if p == nil {
		return -1
	}
	return slices.IndexFunc(cols, func(c column) bool { return c.key == p })
}

// isTextual reports whether values of a type can hold any text: all but numbers, times and the like.
func isTextual(typ string) bool {
	switch typ = bareType(typ); typ {
	case "boolean", "uuid", "interval", "oid", "money":
		return false
	}
	r, ranked := ranks[typ]
	return !ranked || r.family == texts
}

// isInteger reports whether a type is one of whole numbers.
func isInteger(typ string) bool {
	switch typ {
	case "smallint", "integer", "bigint":
		return true
	}
	return false
}

// inner is what the bodies of functions take out of documents for a value.
type inner struct {
	some    bool // they may have given a part of it
	unknown bool // it may be any of what they take
	taken   *Taken
}

func (n inner) with(o inner) inner {
	return inner{n.some || o.some, n.unknown || o.unknown, n.taken.with(o.taken)}
}

// taken is by which keys a value was taken, those behind views included.
func (a *analyzer) taken(v *value) (*Taken, inner) {
	behind, n := a.takenBehind(v.src, false)
	return v.alone().with(behind), n.with(v.inner)
}

// takenOf is that of one of several columns, some of which may be the keys of others.
func (a *analyzer) takenOf(cols []column, i int) (t *Taken, n inner, keyAt int) {
	at := mate(cols, i)
	if at < 0 {
		t, n = a.taken(&cols[i].value)
		return t, n, 0
	}
	behind, n := a.takenBehind(cols[i].src, true)
	return cols[i].taken.with(behind), n.with(cols[i].inner), at + 1
}

// takenBehind is by which keys the columns of views among sources were taken. With paired, the value of a pair has its key
// beside it.
func (a *analyzer) takenBehind(s sources, paired bool) (t *Taken, n inner) {
	for _, r := range a.settled(s) {
		if r.rel < 0 || !isOpen(a.rels[r.rel]) || !a.step() {
			continue
		}
		rel := a.rels[r.rel]
		v := a.view(rel)
		for i := range rel.Columns {
			if rel.Columns[i].Num != r.num || i >= len(v.facts) {
				continue
			}
			f := &v.facts[i]
			taken := f.taken
			if !paired {
				taken = f.alone()
			}
			if r.edges != plain {
				taken = taken.buried()
			}
			t, n = t.with(taken), n.with(f.inner)
		}
	}
	return t, n
}

// taking is how a value was taken out of documents, as the facts say it.
func taking(t *Taken, n inner) Taking {
	out := Taking{Taken: t.value(), Bodied: n.some}
	if n.some && !n.unknown {
		out.Inner = &Taken{}
		*out.Inner = n.taken.value()
	}
	return out
}
