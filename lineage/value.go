package lineage

import "slices"

// value is what is known of an expression, or of a column that a query returns.
type value struct {
	src      sources
	origin   origin
	params   []int
	literals []string
	konst    *string // the constant that it is
	null     bool    // it is the constant NULL
	direct   bool    // one parameter or one constant, casts aside
	harmless bool    // it has sources, and carries nothing of them
	// present means that it is NULL where columns are and nowhere else: a row of such, the length of one. Whether it is NULL
	// tells no more than whether these are.
	present bool
	bodied  bool // the body of a function that somebody wrote may have given a part of it
	// accounted means that the value is a column of a function whose body says that it is one of a table: it is among the
	// sources. Whatever is computed from it is not.
	accounted bool
	years     bool     // the year of a column, or what is coarser; an expression over it is not
	picked    bool     // the least or the greatest of a column of dates, as it is
	deflt     bool     // DEFAULT
	given     bool     // an argument of the function in whose body it stands, which nothing there can change
	typ       string   // format_type of its type, where it is known
	row       *item    // it is the whole row of that item
	fields    []Column // of a row without a type of its own
	why       string   // why it is not resolved; "" = it is

	taken  *Taken   // by which keys it was taken out of documents
	holds  document // what else there may be of one in it; a type of documents says so by itself
	member bool     // it is a member of a document as it stands there
	key    *pair    // it is the key of such a pair
	val    *pair    // it is the value of such a pair
	each   *pair    // it is the pair itself
	record bool     // it is a record that was made of a document
	parts  *Taken   // of such: by which keys all that is in it was taken; nil = nobody knows
	inner  inner    // what the bodies of functions take out of documents for it
}

// origin is the column of a relation that a value is, unchanged. The zero value is no column.
type origin struct {
	rel int32 // from 1
	num int16
}

// as is the value as an operand.
func (v value) as(role SourceRole, kind SourceKind) value {
	out := value{src: v.src.as(role, kind), params: v.params, literals: v.literals, harmless: v.harmless, bodied: v.bodied, why: v.why}
	switch {
	case aside(role):
	case role == Value && kind == Identity:
		out.taken, out.holds, out.inner = v.alone(), v.document(), v.inner
	default:
		out.taken, out.holds, out.inner = v.alone().buried(), v.document(), v.inner
	}
	return out
}

// aside reports whether a role takes no part in a value.
func aside(role SourceRole) bool {
	switch role {
	case Order, Window, Extra, Subtracted, Counted:
		return true
	}
	return false
}

// either is a value that is one or the other: a branch, a side of UNION.
func (v value) either(o value) value {
	var b blend
	b.add(v)
	b.add(o)
	out := b.value()
	out.direct = v.direct && o.direct
	out.deflt = v.deflt && o.deflt
	if v.typ == o.typ {
		out.typ = v.typ
	}
	return out
}

// maxLiterals bounds how many constants a value remembers by itself; all of them are in [Statement.Strings].
const maxLiterals = 1000

// blend makes one value of many operands.
type blend struct {
	sum  value
	some bool // an operand that has sources was added
	own  bool // the slices of sum are not shared
	made bool // the value is another one than its operands
}

func (b *blend) add(v value) {
	if len(v.src) > 0 {
		b.sum.harmless = v.harmless && (b.sum.harmless || !b.some)
		b.sum.src, b.some = b.sum.src.union(v.src), true
	}
	if b.sum.why == "" {
		b.sum.why = v.why
	}
	b.sum.bodied = b.sum.bodied || v.bodied
	b.sum.taken = b.sum.taken.with(v.alone())
	b.sum.holds = max(b.sum.holds, v.document())
	b.sum.inner = b.sum.inner.with(v.inner)
	if len(v.params) == 0 && len(v.literals) == 0 {
		return
	}
	if !b.own {
		b.sum.params, b.sum.literals, b.own = slices.Clip(b.sum.params), slices.Clip(b.sum.literals), true
	}
	b.sum.params = append(b.sum.params, v.params...)
	if len(b.sum.literals) < maxLiterals {
		b.sum.literals = append(b.sum.literals, v.literals...)
	}
}

func (b *blend) addAs(v value, role SourceRole, kind SourceKind) {
	v.src = v.src.as(role, kind)
	if aside(role) {
		v = value{src: v.src, params: v.params, literals: v.literals, harmless: v.harmless, bodied: v.bodied, why: v.why}
	}
	b.made = b.made || role != Value || kind != Identity
	b.add(v)
}

// value is one that is made of the operands.
func (b *blend) value() value {
	v := b.choice()
	if b.made {
		v.taken = v.taken.buried()
	}
	return v
}

// choice is one of the operands, as it is.
func (b *blend) choice() value {
	if len(b.sum.params) > 1 {
		slices.Sort(b.sum.params)
		b.sum.params = slices.Compact(b.sum.params)
	}
	b.sum.harmless = b.sum.harmless && !b.sum.bodied
	return b.sum
}
