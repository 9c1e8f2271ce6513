package lineage

import "math/big"

// atom is a comparison of a column with a constant.
type atom struct {
	column string
	op     string
	value  folded
}

// opposite gives the operator of the negation, for rows where the column is not NULL.
var opposite = map[string]string{
	"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "is null": "is not null", "is not null": "is null",
	"is distinct": "is not distinct", "is not distinct": "is distinct",
}

// negated is NOT of the atom.
func (a atom) negated() (atom, bool) {
	op, ok := opposite[a.op]
	a.op = op
	return a, ok
}

// complete reports whether arms of an OR together leave no row out, those where the column is NULL aside: x = 5 OR
// x <> 5, x > 3 OR x < 7. It is linear, for an OR can have as many arms as a text has room for.
func complete(list []leaf) bool {
	columns := map[string]*cover{}
	keys := map[string]bool{}
	for _, l := range list {
		if l.key != "" {
			if negated, seen := keys[l.key]; seen && negated != l.negated {
				return true
			}
			keys[l.key] = l.negated
		}
		if l.atom == nil {
			continue
		}
		c := columns[l.atom.column]
		if c == nil {
			c = &cover{ops: map[string]map[string]bool{}}
			columns[l.atom.column] = c
		}
		if c.add(*l.atom) {
			return true
		}
	}
	return false
}

// cover is what the arms say of one column.
type cover struct {
	ops     map[string]map[string]bool // by value
	unequal *folded                    // of <>
	low     *edge                      // the lowest of > and >=
	high    *edge                      // the highest of < and <=
}

// edge is where a half of the numbers begins or ends.
type edge struct {
	at     *big.Rat
	closed bool
}

// add reports whether nothing is left out any more.
func (c *cover) add(a atom) bool {
	key := a.value.key()
	if c.ops[key] == nil {
		c.ops[key] = map[string]bool{}
	}
	c.ops[key][a.op] = true
	if n, ok := opposite[a.op]; ok && c.ops[key][n] {
		return true
	}
	if a.op == "<>" {
		if c.unequal != nil && c.unequal.plain && a.value.plain && c.unequal.key() != key {
			return true
		}
		c.unequal = &a.value
	}
	if r, ok := number(a.value.text); ok && a.value.numeric {
		return c.half(a.op, r)
	}
	return false
}

func (c *cover) half(op string, at *big.Rat) bool {
	e := &edge{at, op == ">=" || op == "<="}
	switch op {
	case ">", ">=":
		if c.low == nil || at.Cmp(c.low.at) < 0 || at.Cmp(c.low.at) == 0 && e.closed {
			c.low = e
		}
	case "<", "<=":
		if c.high == nil || at.Cmp(c.high.at) > 0 || at.Cmp(c.high.at) == 0 && e.closed {
			c.high = e
		}
	}
	if c.low == nil || c.high == nil {
		return false
	}
	d := c.low.at.Cmp(c.high.at)
	return d < 0 || d == 0 && (c.low.closed || c.high.closed)
}

// key is the same for constants that are surely the same value.
func (v folded) key() string {
	switch r, ok := number(v.text); {
	case v.null:
		return ""
	case v.boolean:
		return boolText(truthy(v.text))
	case ok:
		return r.RatString()
	}
	return v.text
}
