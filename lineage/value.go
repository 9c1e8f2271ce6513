package lineage

import "slices"

// value is what is known of an expression, or of a column that a query returns.
type value struct {
	src      sources
	origin   origin
	params   []int
	literals []string
	keys     []string // constant keys by which members were taken out of documents
	konst    *string  // the constant that it is
	null     bool     // it is the constant NULL
	direct   bool     // one parameter or one constant, casts aside
	harmless bool     // it has sources, and carries nothing of them
	bodied   bool     // the body of a function that somebody wrote may have given a part of it
	// accounted means that the value is a column of a function whose body says that it is one of a table: it is among the
	// sources. Whatever is computed from it is not.
	accounted bool
	years     bool     // the year of a column, or what is coarser; an expression over it is not
	picked    bool     // the least or the greatest of a column of dates, as it is
	deflt     bool     // DEFAULT
	typ       string   // format_type of its type, where it is known
	row       *item    // it is the whole row of that item
	fields    []Column // of a row without a type of its own
	why       string   // why it is not resolved; "" = it is
}

// origin is the column of a relation that a value is, unchanged. The zero value is no column.
type origin struct {
	rel int32 // from 1
	num int16
}

// as is the value as an operand.
func (v value) as(role SourceRole, kind SourceKind) value {
	return value{src: v.src.as(role, kind), params: v.params, literals: v.literals, keys: v.keys, harmless: v.harmless, bodied: v.bodied, why: v.why}
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
	if len(v.keys) > 0 && len(b.sum.keys) < maxLiterals {
		b.sum.keys = append(slices.Clip(b.sum.keys), v.keys...)
	}
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
	b.add(v)
}

func (b *blend) value() value {
	if len(b.sum.params) > 1 {
		slices.Sort(b.sum.params)
		b.sum.params = slices.Compact(b.sum.params)
	}
	b.sum.harmless = b.sum.harmless && !b.sum.bodied
	return b.sum
}
