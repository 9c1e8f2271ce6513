package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

// cte is one query of a WITH clause.
type cte struct {
	node      *ast.CommonTableExpr
	recursive bool // WITH RECURSIVE: the query sees itself and its neighbours
	state     cteState
	cols      []column
	keys      sources
	cycle     *cycle // set while the query is read and may refer to itself
	self      bool   // it does
}

type cteState uint8

const (
	cteUnread cteState = iota
	cteReading
	cteRead
)

// cycle is a recursive query while it is read: its columns have numbers of their own in sources (ref.rel -1, -2 ...),
// until what is behind each is known.
type cycle struct {
	rel  int32
	cols []sources
}

// withClause reads a WITH clause. Without RECURSIVE a query sees those before it, with RECURSIVE all of them.
func (s *scope) withClause(n *ast.WithClause) {
	list := n.GetCtes()
	if len(list) == 0 {
		return
	}
	s.keepRefs()
	for _, c := range list {
		q := &cte{node: c.GetCommonTableExpr(), recursive: n.GetRecursive()}
		if q.node == nil {
			s.unresolved("WITH query of unknown kind", "", -1)
			continue
		}
		if !q.recursive {
			s.readWith(q)
		}
		s.with = append(s.with, q)
	}
	for _, q := range s.with {
		if q.state == cteUnread {
			s.readWith(q)
		}
	}
}

// withQuery finds the WITH query that a relation's name means, and the scope that holds it.
func (s *scope) withQuery(name string) (*cte, *scope) {
	for l := s; l != nil; l = l.up {
		for _, c := range l.with {
			if c.node.GetCtename() == name {
				return c, l
			}
		}
	}
	return nil, nil
}

// readWith analyses a WITH query.
func (s *scope) readWith(c *cte) {
	c.state = cteReading
	n := c.node
	sel := n.GetCtequery().GetSelectStmt()
	if c.recursive && sel.GetOp() == ast.SetOperation_SETOP_UNION {
		s.readRecursive(c, sel)
	} else {
		r := s.run(n.GetCtequery(), s, s.inside|InCTE)
		c.cols, c.keys = r.cols, r.keys.src
	}
	c.cols = rename(c.cols, n.GetAliascolnames())
	if c.self {
		s.settle(c)
	}
	s.searchAndCycle(c)
	c.state = cteRead
}

func rename(cols []column, names []*ast.Node) []column {
	for i, name := range names {
		if i < len(cols) {
			cols[i].name = text(name)
		}
	}
	return cols
}

// readRecursive analyses a query that may refer to itself: the left side first, which gives the columns their names, then
// the right one, in which the query's own columns stand for what is not known yet.
func (s *scope) readRecursive(c *cte, n *ast.SelectStmt) {
	inner := s.newScope(s, s.inside|InCTE)
	inner.withClause(n.GetWithClause())
	left := inner.side(n.GetLarg())
	s.cycles = append(s.cycles, nil)
	c.cycle = &cycle{rel: -int32(len(s.cycles))}
	s.cycles[len(s.cycles)-1] = c.cycle
	c.cols = make([]column, len(left))
	for i := range left {
		v := value{src: sources{{c.cycle.rel, int16(i + 1), plain}}, typ: left[i].typ, params: left[i].params, literals: left[i].literals, taken: left[i].alone(), holds: left[i].document(), inner: left[i].inner, why: left[i].why}
		c.cols[i] = column{name: left[i].name, value: v, unknown: left[i].unknown}
	}
	rename(c.cols, c.node.GetAliascolnames())
	right := inner.side(n.GetRarg())
	if len(left) != len(right) && !unsure(left) && !unsure(right) {
		s.unresolved(unequalSides, c.node.GetCtename(), c.node.GetLocation())
	}
	out := make([]column, max(len(left), len(right)))
	for i := range out {
		out[i] = combined(n.GetOp(), left, right, i)
	}
	if !n.GetAll() {
		inner.influenceColumns(out, GroupBy)
	}
	inner.order(n.GetSortClause(), out)
	inner.influence(inner.expr(n.GetLimitCount()), Limit, false)
	inner.influence(inner.expr(n.GetLimitOffset()), Limit, false)
	inner.locking(n.GetLockingClause())
	c.cols = out
	if right := n.GetRarg(); c.self && c.node.GetCycleClause() == nil && right.GetLarg() == nil && right.GetLimitCount() == nil && !conditional(right) {
		s.st.Shape.Endless = append(s.st.Shape.Endless, c.node.GetCtename())
	}
}

// settle finds what is behind the columns of a query that refers to itself: the least sets that contain what both of its
// sides give. Parameters and constants of one column may reach any other on the way round.
func (s *scope) settle(c *cte) {
	cy := c.cycle
	cy.cols = make([]sources, len(c.cols))
	for changed := true; changed && s.step(); {
		changed = false
		for i := range c.cols {
			grown := cy.cols[i].union(cy.replace(c.cols[i].src))
			changed = changed || !cy.cols[i].covers2(grown)
			cy.cols[i] = grown
		}
	}
	var all blend
	for i := range c.cols {
		all.add(value{params: c.cols[i].params, literals: c.cols[i].literals, taken: c.cols[i].alone(), holds: c.cols[i].document(), inner: c.cols[i].inner})
	}
	sum := all.value()
	for i := range c.cols {
		v := value{src: cy.cols[i], params: sum.params, literals: sum.literals, taken: sum.taken, holds: sum.holds, inner: sum.inner, why: c.cols[i].why, typ: c.cols[i].typ}
		c.cols[i].value = v
	}
}

func (s sources) covers2(o sources) bool { return len(o) == 0 || len(s) > 0 && s.covers(o) }

// replace puts what is known of the cycle's columns in their place.
func (c *cycle) replace(s sources) sources {
	i := 0
	for i < len(s) && s[i].rel != c.rel {
		i++
	}
	if i == len(s) {
		return s
	}
	var out, rest sources
	for _, r := range s {
		if r.rel != c.rel {
			rest = append(rest, r)
			continue
		}
		if n := int(r.num) - 1; n < len(c.cols) {
			out = out.union(c.cols[n].through(r.edges))
		}
	}
	return out.union(rest)
}

// through is the set seen through a column that was used with those edges.
func (s sources) through(e edges) sources {
	if e == plain {
		return s
	}
	var out sources
	for _, edge := range e.list() {
		out = out.union(s.as(edge.Role, edge.Kind))
	}
	return out
}

// searchAndCycle adds the columns of SEARCH and CYCLE, which hold copies of the columns that they name.
func (s *scope) searchAndCycle(c *cte) {
	if search := c.node.GetSearchClause(); search != nil {
		v := namedValues(c.cols, search.GetSearchColList())
		c.cols = append(c.cols, column{name: search.GetSearchSeqColumn(), value: v})
	}
	cyc := c.node.GetCycleClause()
	if cyc == nil {
		return
	}
	path := namedValues(c.cols, cyc.GetCycleColList())
	var mark blend
	s.operand(&mark, cyc.GetCycleMarkValue())
	s.operand(&mark, cyc.GetCycleMarkDefault())
	mark.addAs(value{src: path.src, why: path.why}, Condition, Transformation)
	c.cols = append(c.cols, column{name: cyc.GetCycleMarkColumn(), value: mark.value()}, column{name: cyc.GetCyclePathColumn(), value: path})
}

func namedValues(cols []column, names []*ast.Node) value {
	var b blend
	for _, n := range names {
		for i := range cols {
			if cols[i].name == text(n) {
				b.addAs(cols[i].value, Value, Transformation)
			}
		}
	}
	return b.value()
}

// withItem is a WITH query in FROM.
func (s *scope) withItem(c *cte, owner *scope, rv *ast.RangeVar) *item {
	if c.state == cteUnread {
		owner.readWith(c)
	}
	it := &item{name: rv.GetRelname(), keys: c.keys, query: c.node.GetCtequery().GetSelectStmt()}
	switch {
	case c.state == cteReading && c.cycle != nil:
		c.self = true
		it.cols = slices.Clip(c.cols)
		for _, extra := range searchNames(c.node) {
			it.cols = append(it.cols, column{name: extra})
		}
	case c.state == cteReading:
		it.why = "WITH query refers to itself where it may not"
		s.unresolved(it.why, rv.GetRelname(), rv.GetLocation())
	default:
		it.cols = renewed(c.cols)
	}
	if it.cols == nil {
		it.cols = []column{}
	}
	it.settle()
	s.alias(it, rv.GetAlias())
	return it
}

// searchNames are the columns that SEARCH and CYCLE add; the recursive side may name them.
func searchNames(n *ast.CommonTableExpr) []string {
	var out []string
	if c := n.GetSearchClause(); c != nil {
		out = append(out, c.GetSearchSeqColumn())
	}
	if c := n.GetCycleClause(); c != nil {
		out = append(out, c.GetCycleMarkColumn(), c.GetCyclePathColumn())
	}
	return out
}
