package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/governedsql/governed/internal/pgparse"
)

// The rows of a target find themselves in another look at the target's own table: t.id = s.id bounds nothing where s is t,
// or a subquery that gives all of t. What restricts s then restricts t.

// columnOf tells whether a reference is a column of the target.
func (f *folder) columnOf(n *ast.ColumnRef) (*Column, bool) {
	fields := n.GetFields()
	it := f.item
	if len(fields) == 0 || it.rel == nil {
		return nil, false
	}
	p, ok := f.scope.refs[fields[0]]
	if !ok {
		whole := len(fields) == 2 && fields[1].GetAStar() != nil && text(fields[0]) == it.name
		return nil, whole
	}
	if p.item != it && !f.same[p.item] {
		return nil, false
	}
	if p.n == noPlace {
		return systemColumnOf(text(fields[len(fields)-1]))
	}
	if f.same[p.item] && p.item.query != nil {
		name, _, ok := f.own(p, "")
		if !ok {
			return nil, f.made(p)
		}
		c, ok := it.rel.Column(name)
		return c, ok
	}
	if p.n >= len(it.rel.Columns) {
		return nil, false
	}
	return f.plainColumn(&it.rel.Columns[p.n])
}

// plainColumn is a column that the rows of the target differ by. One that a view makes is not.
func (f *folder) plainColumn(c *Column) (*Column, bool) {
	rel := f.item.rel
	if !isOpen(rel) {
		return c, true
	}
	r, ok := f.scope.behind(rel, f.scope.view(rel), c.Name)
	if !ok || r.rel < 0 {
		return nil, false
	}
	base, ok := f.scope.rels[r.rel].Number(r.num)
	if !ok {
		return nil, false
	}
	out := *c
	out.NotNull = base.NotNull
	return &out, true
}

// placed is what a column reference was resolved to.
func (f *folder) placed(n *ast.Node) (place, string, bool) {
	ref := n.GetColumnRef()
	if ref == nil || f.scope == nil || len(ref.Fields) == 0 {
		return place{}, "", false
	}
	p, ok := f.scope.refs[ref.Fields[0]]
	return p, text(ref.Fields[len(ref.Fields)-1]), ok
}

// own tells whether a column of another item is a column of the target's own table, by which name, and what restricts
// the rows that the item gives; nil = nothing does.
func (f *folder) own(p place, name string) (string, *Predicate, bool) {
	f.depth++
	defer func() { f.depth-- }()
	it := p.item
	switch f.work++; {
	case it == nil || f.item == nil || f.item.rel == nil || f.depth > maxFold || f.work > maxFoldWork:
		return "", nil, false
	case it.left != nil:
		if p.n < 0 || p.n >= len(it.cols) {
			return "", nil, false
		}
		return f.own(it.cols[p.n].from[0], name)
	case it.rel != nil && it.rel.Name == f.item.rel.Name:
		if p.n == noPlace {
			return name, nil, true
		}
		if p.n >= len(it.rel.Columns) {
			return "", nil, false
		}
		return it.rel.Columns[p.n].Name, nil, true
	case it.query != nil && p.n >= 0:
		return f.ownOf(it.query, p.n)
	}
	return "", nil, false
}

// ownOf is own of a column that a query selects.
func (f *folder) ownOf(q *ast.SelectStmt, n int) (string, *Predicate, bool) {
	f.depth++
	defer func() { f.depth-- }()
	switch f.work++; {
	case q == nil || f.depth > maxFold || f.work > maxFoldWork:
		return "", nil, false
	case q.Larg != nil || q.Rarg != nil:
		a, left, aok := f.ownOf(q.Larg, n)
		b, right, bok := f.ownOf(q.Rarg, n)
		switch {
		case q.Op != ast.SetOperation_SETOP_UNION || q.LimitCount != nil || q.LimitOffset != nil:
			return "", nil, false
		case aok && bok && a == b && left != nil && right != nil:
			return a, f.or([]*Predicate{left, right}), true
		case aok && (left == nil || !bok || a != b):
			return a, left, true
		}
		return b, right, bok
	}
	columns := f.selected(q)
	if n >= len(columns) || columns[n].item == nil {
		return "", nil, false
	}
	name, inner, ok := f.own(columns[n].place, columns[n].name)
	if !ok {
		return "", nil, false
	}
	outer := f.restriction(q, columns[n].item)
	switch {
	case inner == nil:
		return name, outer, true
	case outer == nil:
		return name, inner, true
	}
	return name, and([]*Predicate{inner, outer}), true
}

// selection is a column that a query selects, where it is a plain one.
type selection struct {
	place
	name string
	node *ast.Node // nil of a star
}

func (f *folder) selected(q *ast.SelectStmt) []selection {
	var out []selection
	for _, t := range q.TargetList {
		n := f.bare(t.GetResTarget().GetVal())
		fields := n.GetColumnRef().GetFields()
		if len(fields) == 0 || fields[len(fields)-1].GetAStar() == nil {
			p, name, _ := f.placed(n)
			out = append(out, selection{p, name, n})
			continue
		}
		for _, e := range f.scope.froms[q] {
			if len(fields) == 1 && !e.byColumns || len(fields) > 1 && (!e.byName || e.name != text(fields[len(fields)-2])) {
				continue
			}
			e.each(func(p place) bool {
				out = append(out, selection{p, p.item.columnName(p.n), nil})
				return len(out) < maxColumns
			})
		}
	}
	f.work += len(out)
	return out
}

// made reports whether a column of a subquery is made of what differs from row to row, as the number of a row is.
func (f *folder) made(p place) bool {
	f.depth++
	defer func() { f.depth-- }()
	if f.work++; p.item == nil || p.item.query == nil || p.n < 0 || f.depth > maxFold || f.work > maxFoldWork {
		return false
	}
	columns := f.selected(p.item.query)
	if p.n >= len(columns) {
		return false
	}
	c := columns[p.n]
	switch {
	case c.item != nil && c.item.query != nil:
		return f.made(c.place)
	case c.item != nil:
		return true
	case c.node == nil:
		return false
	}
	for _, call := range funcCalls(c.node) {
		if call.Over != nil {
			return true
		}
	}
	return len(columnRefs(c.node)) > 0
}

// restriction is what restricts the rows of an item that a query selects from; nil = it gives all of them.
func (f *folder) restriction(q *ast.SelectStmt, it *item) *Predicate {
	for _, n := range []*ast.Node{q.LimitCount, q.LimitOffset} {
		if v, ok := f.constant(plainNode(n)); n != nil && (!ok || !v.null && v.text != "0") {
			return predBounds
		}
	}
	distinctOn := len(q.DistinctClause) > 0 && q.DistinctClause[0].GetNode() != nil
	if q.HavingClause != nil || distinctOn || len(q.FromClause) != 1 {
		return predBounds
	}
	from := q.FromClause[0]
	alone := true
	for from.GetJoinExpr() != nil {
		j := from.GetJoinExpr()
		alone = false
		switch j.Jointype {
		case ast.JoinType_JOIN_LEFT, ast.JoinType_JOIN_FULL:
			from = j.Larg
		case ast.JoinType_JOIN_RIGHT:
			from = j.Rarg
		default:
			return predBounds
		}
	}
	switch {
	case from.GetRangeTableSample() != nil:
		return predBounds
	case q.WhereClause == nil:
		return nil
	case !alone && f.otherColumns(q.WhereClause, it):
		return predBounds
	}
	f.same[it] = true
	return f.condition(q.WhereClause)
}

// otherColumns reports whether a condition names a column of another item than one.
func (f *folder) otherColumns(n *ast.Node, it *item) bool {
	found := false
	for _, ref := range columnRefs(n) {
		p, ok := f.scope.refs[ref.Fields[0]]
		found = found || !ok || p.item != it
	}
	return found
}

// meet looks in conditions that hold together for equalities that tie other items of the target's table to the target.
func (f *folder) meet(list []*ast.Node) {
	for _, n := range list {
		e := plainNode(n).GetAExpr()
		if e == nil || e.Kind != ast.A_Expr_Kind_AEXPR_OP || opName(e.Name) != "=" {
			continue
		}
		for _, pair := range f.pairs(e) {
			for i := range pair {
				column := f.target(pair[i])
				p, name, ok := f.placed(pair[1-i])
				if column == "" || !ok || p.item == f.item {
					continue
				}
				if own, _, ok := f.own(p, name); ok && own == column {
					f.same[p.item] = true
				}
			}
		}
	}
}

// pairs are what an equality compares: of rows each of their columns.
func (f *folder) pairs(e *ast.A_Expr) [][2]*ast.Node {
	l, r := f.bare(e.Lexpr), f.bare(e.Rexpr)
	a, b := l.GetRowExpr().GetArgs(), r.GetRowExpr().GetArgs()
	if len(a) == 0 || len(a) != len(b) {
		return [][2]*ast.Node{{l, r}}
	}
	var out [][2]*ast.Node
	for i := range a {
		out = append(out, [2]*ast.Node{f.bare(a[i]), f.bare(b[i])})
	}
	return out
}

// itself compares a column of the target with the same column of another look at the target's table; nil where the
// other side is something else.
func (f *folder) itself(op, column string, node, other *ast.Node) *Predicate {
	p, name, ok := f.placed(other)
	if !ok || column == "" || p.item == f.item {
		return nil
	}
	if at, _, ok := f.placed(node); !ok || at.item == p.item {
		return nil
	}
	own, restriction, ok := f.own(p, name)
	if !ok || own != column {
		return nil
	}
	return and(f.withRestriction(f.neutral(op), restriction))
}

// neutral is a comparison of a row with the rows of its own table: each equals itself.
func (f *folder) neutral(op string) *Predicate {
	p, negation := predBounds, predFree
	switch op {
	case "=", "<=", ">=", "is not distinct":
		p, negation = predFree, predBounds
	}
	out := f.opposed(p, negation)
	l := f.leaves[out]
	l.self = true
	f.leaves[out] = l
	return out
}

// hasSelf reports whether a condition compares the target with another look at its table.
func (f *folder) hasSelf(p *Predicate) bool {
	return f.leaves[p].self || slices.ContainsFunc(p.Args, f.hasSelf)
}

// noRow is the condition on which a query has no row. That no other row of the table equals or exceeds one bounds it.
func (f *folder) noRow(p *Predicate) *Predicate {
	switch {
	case f.leaves[p].self:
		return predBounds
	case p.Op == PredAnd && f.hasSelf(p):
		arms := make([]*Predicate, len(p.Args))
		for i, a := range p.Args {
			arms[i] = f.noRow(a)
		}
		return f.or(arms)
	}
	return f.not(p)
}

func (f *folder) withRestriction(p, restriction *Predicate) []*Predicate {
	if restriction == nil {
		return []*Predicate{p}
	}
	return []*Predicate{p, restriction}
}

// selfRows is column op ANY (query) where the query selects that column of the target's own table; nil where it does not.
func (f *folder) selfRows(op string, test *ast.Node, q *ast.SelectStmt) []*Predicate {
	if f.scope == nil {
		return nil
	}
	tests := []*ast.Node{test}
	if row := test.GetRowExpr(); row != nil {
		tests = row.Args
	}
	var out []*Predicate
	for i, n := range tests {
		column := f.target(f.bare(n))
		own, restriction, ok := f.ownOf(q, i)
		if column == "" || !ok || own != column {
			return nil
		}
		out = append(out, f.withRestriction(f.neutral(op), restriction)...)
	}
	if columns := f.selected(q); len(columns) > 0 && columns[0].item != nil {
		f.same[columns[0].item] = true
	}
	return out
}

func columnRefs(n *ast.Node) []*ast.ColumnRef {
	var out []*ast.ColumnRef
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if ref, ok := m.Interface().(*ast.ColumnRef); ok && len(ref.Fields) > 0 {
			out = append(out, ref)
		}
		return true
	})
	return out
}
