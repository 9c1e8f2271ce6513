package lineage

import (
	"math/big"
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
	case it.rel != nil && isOpen(it.rel):
		return f.ownBelow(it.rel, p, name)
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
	if n < len(columns) && columns[n].item == nil {
		columns[n] = f.groupKey(q, columns[n])
	}
	if n >= len(columns) || columns[n].item == nil {
		return "", nil, false
	}
	if columns[n].item == f.item {
		return f.own(columns[n].place, columns[n].name) // the row of the target itself, whatever else the query asks
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
	for i, n := range []*ast.Node{q.LimitCount, q.LimitOffset} {
		if v, ok := f.constant(plainNode(n)); n != nil && (!ok || !v.null && v.text != "0") && !(i == 0 && ok && beyondMeasure(v)) {
			return predBounds
		}
	}
	distinctOn := len(q.DistinctClause) > 0 && q.DistinctClause[0].GetNode() != nil
	switch {
	case q.HavingClause != nil && !anyGroup(q.HavingClause) || distinctOn:
		return predBounds
	case joins(q.FromClause) && onlyInner(q):
		return f.innerRestriction(q, it)
	case len(q.FromClause) != 1:
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
	if sample := from.GetRangeTableSample(); sample != nil {
		if v, ok := f.constant(plainNode(first(sample.GetArgs()))); !ok || v.text != "100" {
			return predBounds
		}
	}
	switch {
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

// ownBelow is own of a column of a view.
func (f *folder) ownBelow(view *Relation, p place, name string) (string, *Predicate, bool) {
	if p.n >= 0 && p.n < len(view.Columns) {
		name = view.Columns[p.n].Name
	}
	v := f.scope.view(view)
	r, ok := f.scope.behind(view, v, name)
	if !ok || r.rel < 0 || f.scope.rels[r.rel].Name != f.item.rel.Name {
		return "", nil, false
	}
	c, ok := f.scope.rels[r.rel].Number(r.num)
	if !ok {
		return "", nil, false
	}
	if v.some {
		return c.Name, predBounds, true
	}
	return c.Name, nil, true
}

// groupKey looks through min and max of a column by which, or by a key of whose table, the query groups: of one value each
// is that value.
func (f *folder) groupKey(q *ast.SelectStmt, s selection) selection {
	call := s.node.GetFuncCall()
	if call == nil || len(call.GetArgs()) != 1 || len(q.GetGroupClause()) == 0 {
		return s
	}
	switch opName(call.GetFuncname()) {
	case "min", "max", "any_value":
	default:
		return s
	}
	p, name, ok := f.placed(f.bare(call.GetArgs()[0]))
	if !ok || p.item == nil {
		return s
	}
	for _, n := range q.GetGroupClause() {
		g, by, ok := f.placed(f.bare(n))
		if !ok || g.item != p.item {
			continue
		}
		if by == name {
			return selection{p, name, s.node}
		}
		if rel := p.item.rel; rel != nil {
			if c, ok := rel.Column(by); ok && c.Key {
				return selection{p, name, s.node}
			}
		}
	}
	return s
}

// manyRows is a LIMIT that is none, and a series that holds every key there is.
const manyRows = 1_000_000

func beyondMeasure(v folded) bool {
	r, ok := number(v.text)
	return ok && r.Cmp(big.NewRat(manyRows, 1)) >= 0
}

// anyGroup reports whether a HAVING asks for no more than that the group has a row.
func anyGroup(n *ast.Node) bool {
	e := n.GetAExpr()
	if e == nil || e.GetKind() != ast.A_Expr_Kind_AEXPR_OP || opName(e.GetLexpr().GetFuncCall().GetFuncname()) != "count" {
		return false
	}
	v, ok := e.GetRexpr().GetAConst().GetVal().(*ast.A_Const_Ival)
	if !ok {
		return false
	}
	switch opName(e.GetName()) {
	case ">=":
		return v.Ival.GetIval() <= 1
	case ">", "<>":
		return v.Ival.GetIval() <= 0
	}
	return false
}

func first(list []*ast.Node) *ast.Node {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// everything reports whether a query gives, for a comparison with a column of the target, values that hold of every row:
// the least or the greatest of that column in the whole table, all of it by way of an array, a series of all numbers.
func (f *folder) everything(op string, test *ast.Node, q *ast.SelectStmt) bool {
	if f.scope == nil || len(q.GetTargetList()) != 1 {
		return false
	}
	for _, n := range append([]*ast.Node{q.GetTargetList()[0].GetResTarget().GetVal()}, q.GetFromClause()...) {
		for _, call := range funcCalls(n) {
			if opName(call.GetFuncname()) == "generate_series" && f.longSeries(call) {
				return true
			}
		}
	}
	n := f.bare(q.GetTargetList()[0].GetResTarget().GetVal())
	column, call := f.target(f.bare(test)), n.GetFuncCall()
	if call == nil || column == "" || len(q.GetGroupClause()) > 0 || !f.wholeColumn(q, n, column) {
		return false
	}
	switch name := opName(call.GetFuncname()); name {
	case "min":
		return op == ">="
	case "max":
		return op == "<="
	case "unnest", "generate_series", "array_agg":
		return true
	}
	return false
}

// wholeColumn reports whether an expression of a query is made of all values of a column of the target's own table.
func (f *folder) wholeColumn(q *ast.SelectStmt, n *ast.Node, column string) bool {
	refs := columnRefs(n)
	for _, ref := range refs {
		p, name, ok := f.placed(&ast.Node{Node: &ast.Node_ColumnRef{ColumnRef: ref}})
		if !ok || p.item == f.item {
			return false
		}
		own, inner, ok := f.own(p, name)
		if !ok || own != column || inner != nil && inner.Truth(nil) == Bounds {
			return false
		}
		if r := f.restriction(q, p.item); r != nil && r.Truth(nil) == Bounds {
			return false
		}
	}
	return len(refs) > 0
}

func (f *folder) longSeries(call *ast.FuncCall) bool {
	if len(call.GetArgs()) < 2 {
		return false
	}
	a, aok := f.constant(plainNode(call.GetArgs()[0]))
	b, bok := f.constant(plainNode(call.GetArgs()[1]))
	x, xok := number(a.text)
	y, yok := number(b.text)
	return aok && bok && xok && yok && new(big.Rat).Sub(y, x).Cmp(big.NewRat(manyRows, 1)) >= 0
}

// selfish reports whether a subquery that gives a value looks for nothing but the row itself.
func (f *folder) selfish(q *ast.SelectStmt) bool {
	if f.scope == nil || q == nil || q.GetLarg() != nil || len(q.GetFromClause()) == 0 {
		return false
	}
	p := and(f.rows(q))
	return f.hasSelf(p) && p.Truth(nil) == Always && slices.ContainsFunc(conditions(q), f.tiesKey)
}

// tiesKey reports whether a condition is an equality of a key of the target with the same column of another look at its
// table: the row that it finds is the row itself.
func (f *folder) tiesKey(n *ast.Node) bool {
	e := plainNode(n).GetAExpr()
	if e == nil || e.GetKind() != ast.A_Expr_Kind_AEXPR_OP || opName(e.GetName()) != "=" {
		return false
	}
	l, r := f.bare(e.GetLexpr()), f.bare(e.GetRexpr())
	lc, lok := f.column(l.GetColumnRef())
	rc, rok := f.column(r.GetColumnRef())
	for _, side := range [2]struct {
		c     *Column
		ok    bool
		other *ast.Node
	}{{lc, lok, r}, {rc, rok, l}} {
		if !side.ok || side.c == nil || !side.c.Key && side.c.Name != "ctid" {
			continue
		}
		if p, name, ok := f.placed(side.other); ok && p.item != f.item {
			if own, _, ok := f.own(p, name); ok && own == side.c.Name {
				return true
			}
		}
	}
	return false
}

// onlyInner reports whether a FROM has nothing but plain elements and inner joins.
func onlyInner(q *ast.SelectStmt) bool {
	var plain func(*ast.Node) bool
	plain = func(n *ast.Node) bool {
		if j := n.GetJoinExpr(); j != nil {
			return j.GetJointype() == ast.JoinType_JOIN_INNER && !j.GetIsNatural() && len(j.GetUsingClause()) == 0 && plain(j.GetLarg()) && plain(j.GetRarg())
		}
		return n.GetRangeTableSample() == nil
	}
	return !slices.ContainsFunc(q.GetFromClause(), func(n *ast.Node) bool { return !plain(n) })
}

// innerRestriction is what inner joins and WHERE ask of an item: to be joined with another look at the same row asks nothing.
func (f *folder) innerRestriction(q *ast.SelectStmt, it *item) *Predicate {
	list := conditions(q)
	switch {
	case len(list) == 0:
		return nil
	case f.reading[q]:
		return predBounds // a query that is made of itself grows by what it asks
	}
	f.reading[q] = true
	defer delete(f.reading, q)
	f.same[it] = true
	f.meet(list)
	out := make([]*Predicate, len(list))
	for i, n := range list {
		out[i] = f.condition(n)
	}
	return and(out)
}
