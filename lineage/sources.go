package lineage

import (
	"cmp"
	"math/bits"
	"slices"
)

// edges is a set of [Edge]s, one bit for each role and kind.
type edges uint32

const (
	kinds = int(Aggregation)
	plain = edges(1) // Value, Identity
)

func edgeOf(role SourceRole, kind SourceKind) edges {
	return 1 << ((int(role)-1)*kinds + int(kind) - 1)
}

// under is e seen through an expression that uses its operand in that role and changes it by that kind.
func (e edges) under(role SourceRole, kind SourceKind) edges {
	if role == Value && kind == Identity {
		return e
	}
	var out edges
	for rest := e; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros32(uint32(rest))
		out |= edgeOf(through(role, SourceRole(i/kinds+1)), max(kind, SourceKind(i%kinds+1)))
	}
	return out
}

// distance orders the roles by how far they are from the value.
var distance = [...]int8{Value: 0, Condition: 1, Order: 2, Window: 3, Subtracted: 4, Counted: 5, Extra: 6}

// through is the role of a source that has the role inner in a part, and the part the role outer: the one further from
// the value.
func through(outer, inner SourceRole) SourceRole {
	if distance[inner] > distance[outer] {
		return inner
	}
	return outer
}

func (e edges) list() []Edge {
	out := make([]Edge, 0, bits.OnesCount32(uint32(e)))
	for rest := e; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros32(uint32(rest))
		out = append(out, Edge{Role: SourceRole(i/kinds + 1), Kind: SourceKind(i%kinds + 1)})
	}
	return out
}

// ref is one column in a set of sources. rel counts the relations that the analysis has met; a negative one is a
// recursive query whose columns are not known yet: see cycle.
type ref struct {
	rel   int32
	num   int16
	edges edges
}

func (r ref) less(o ref) bool { return r.rel < o.rel || r.rel == o.rel && r.num < o.num }

func (r ref) compare(o ref) int {
	return cmp.Or(cmp.Compare(r.rel, o.rel), cmp.Compare(r.num, o.num))
}

// sources is a set of columns, in order. A set is never changed once it is made: sets are shared.
type sources []ref

// union joins two sets.
func (s sources) union(o sources) sources {
	switch {
	case len(o) == 0:
		return s
	case len(s) == 0:
		return o
	case s.covers(o):
		return s
	}
	out := make(sources, 0, len(s)+len(o))
	for len(s) > 0 && len(o) > 0 {
		switch {
		case s[0].less(o[0]):
			out, s = append(out, s[0]), s[1:]
		case o[0].less(s[0]):
			out, o = append(out, o[0]), o[1:]
		default:
			out = append(out, ref{s[0].rel, s[0].num, s[0].edges | o[0].edges})
			s, o = s[1:], o[1:]
		}
	}
	return append(append(out, s...), o...)
}

// covers reports whether o adds nothing to s.
func (s sources) covers(o sources) bool {
	if len(s) == len(o) && &s[0] == &o[0] {
		return true
	}
	if len(o) > len(s) {
		return false
	}
	for _, r := range o {
		i, ok := slices.BinarySearchFunc(s, r, ref.compare)
		if !ok || s[i].edges&r.edges != r.edges {
			return false
		}
	}
	return true
}

// as is the set as an operand: in that role, changed by that kind.
func (s sources) as(role SourceRole, kind SourceKind) sources {
	if len(s) == 0 || role == Value && kind == Identity {
		return s
	}
	out := make(sources, len(s))
	for i, r := range s {
		out[i] = ref{r.rel, r.num, r.edges.under(role, kind)}
	}
	return out
}
