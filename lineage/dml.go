package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

// target makes the item that a statement writes to. WITH queries are not looked at: they cannot be written to.
func (s *scope) target(rv *ast.RangeVar, command string) (*item, *use) {
	s.keepRefs()
	it, u := s.relationItem(rv, Writes, command)
	return it, u
}

// insert analyses INSERT.
func (s *scope) insert(n *ast.InsertStmt) result {
	s.withClause(n.GetWithClause())
	it, u := s.target(n.GetRelation(), "INSERT")
	e := Effect{Command: "INSERT", Object: u.name, Relation: it.rel, Inside: s.inside, Pos: u.pos}
	if it.rel != nil {
		e.Object = it.rel.Name
	}
	var cols []column
	if n.GetSelectStmt() == nil {
		e.Options = append(e.Options, "DEFAULT VALUES")
	} else {
		cols = s.inserted(n.GetSelectStmt())
	}
	targets := s.insertTargets(it, n.GetCols(), len(cols))
	if len(n.GetCols()) == 0 && n.GetSelectStmt() != nil {
		e.Options = append(e.Options, "NO COLUMN LIST")
	}
	excluded := s.excluded(it)
	for i, t := range targets {
		var v value
		if i < len(cols) {
			v = cols[i].value
		}
		s.assign(it, u, t, v, "INSERT")
		e.Columns = append(e.Columns, t.name)
		excluded.propose(t, v)
	}
	if len(cols) > len(targets) && it.rel != nil && !unsure(cols) {
		s.unresolved("more values than columns", e.Object.String(), n.GetRelation().GetLocation())
	}
	s.show(it, true, true)
	e.Options = append(e.Options, conflictOption(n.GetOnConflictClause())...)
	s.effect(e)
	s.onConflict(n.GetOnConflictClause(), it, u, excluded)
	return s.returning(n.GetReturningClause(), it)
}

// excluded makes the item EXCLUDED, the row that could not be inserted.
func (s *scope) excluded(it *item) *item {
	out := &item{name: "excluded", cols: []column{}, why: it.why, aliased: true}
	if it.rel == nil {
		return out
	}
	for i := range it.rel.Columns {
		out.cols = append(out.cols, column{name: it.rel.Columns[i].Name, value: value{typ: it.rel.Columns[i].Type}})
	}
	return out
}

// propose notes the value that a column of EXCLUDED has.
func (it *item) propose(g goal, v value) {
	for i := range it.cols {
		if it.cols[i].name != g.name {
			continue
		}
		if v.konst != nil {
			v.literals = []string{*v.konst}
		}
		typ := it.cols[i].typ
		it.cols[i].value = value{src: v.src, params: v.params, literals: v.literals, taken: v.alone(), holds: v.document(), inner: v.inner, direct: v.direct && !g.part, why: v.why, typ: typ}
	}
}

func conflictOption(n *ast.OnConflictClause) []string {
	switch n.GetAction() {
	case ast.OnConflictAction_ONCONFLICT_NOTHING:
		return []string{"ON CONFLICT DO NOTHING"}
	case ast.OnConflictAction_ONCONFLICT_UPDATE:
		return []string{"ON CONFLICT DO UPDATE"}
	}
	return nil
}

// inserted analyses the query of an INSERT. It does not see the target.
func (s *scope) inserted(n *ast.Node) []column {
	sel := n.GetSelectStmt()
	if sel == nil {
		s.unresolved("source of INSERT of unknown kind", "", -1)
		return nil
	}
	return s.run(n, s, s.inside).cols
}

// goal is one column that gets a value.
type goal struct {
	name string
	col  *Column
	part bool // an element or a field of it
	pos  int
	from value // subscripts
}

// insertTargets lists the columns that an INSERT fills: those named, else the first ones.
func (s *scope) insertTargets(it *item, list []*ast.Node, count int) []goal {
	var out []goal
	if len(list) == 0 {
		if it.rel == nil {
			return nil
		}
		for i := range it.rel.Columns {
			if i < count {
				c := &it.rel.Columns[i]
				out = append(out, goal{name: c.Name, col: c, pos: -1})
			}
		}
		return out
	}
	for _, n := range list {
		out = append(out, s.goal(it, n.GetResTarget()))
	}
	return out
}

// goal resolves a column that is assigned to.
func (s *scope) goal(it *item, t *ast.ResTarget) goal {
	g := goal{name: t.GetName(), pos: s.at(t.GetLocation()), part: len(t.GetIndirection()) > 0}
	for _, step := range t.GetIndirection() {
		if i := step.GetAIndices(); i != nil {
			g.from = s.all([]*ast.Node{i.GetLidx(), i.GetUidx()})
		}
	}
	if it.rel == nil {
		return g
	}
	c, ok := it.rel.Column(g.name)
	if !ok {
		s.unresolved(noColumn, g.name, t.GetLocation())
	}
	g.col = c
	return g
}

// assign records that a column of a target gets a value.
func (s *scope) assign(it *item, u *use, g goal, v value, command string) {
	u.written = append(u.written, g.name)
	out := gift{Assign: Assign{Command: command, Direct: v.direct && !v.deflt && !g.part, Default: v.deflt, Inside: s.inside, Pos: g.pos}}
	var b blend
	if v.konst != nil && len(v.literals) == 0 {
		v.literals = []string{*v.konst}
	}
	b.add(v)
	b.addAs(g.from, Condition, Transformation)
	if g.part && g.col != nil && command != "INSERT" {
		// The rest of the array or row stays as it was.
		b.addAs(value{src: sources{{it.index, g.col.Num, plain}}}, Value, Transformation)
	}
	out.value = b.value()
	out.member = v.member && !g.part
	out.Target = ColumnID{u.name.Schema, u.name.Name, g.name}
	if it.rel != nil {
		out.Target.Schema, out.Target.Relation, out.RelOID = it.rel.Schema, it.rel.Name.Name, it.rel.OID
	}
	if g.col != nil {
		out.Num = g.col.Num
	}
	s.gifts = append(s.gifts, out)
	s.assignBelow(it.rel, out)
}

// assignBelow records where the value that a view's column gets ends up.
func (s *scope) assignBelow(rel *Relation, g gift) {
	for rel != nil && isOpen(rel) && s.step() {
		v := s.view(rel)
		r, ok := s.behind(rel, v, g.Target.Column)
		if !ok {
			return
		}
		src := s.source(r)
		g.Target, g.RelOID, g.Num = src.Column, src.RelOID, src.Num
		g.Inside |= InView
		s.gifts = append(s.gifts, g)
		rel = s.rels[r.rel]
	}
}

// onConflict analyses ON CONFLICT.
func (s *scope) onConflict(n *ast.OnConflictClause, it *item, u *use, excluded *item) {
	if n == nil || n.GetAction() <= ast.OnConflictAction_ONCONFLICT_NONE {
		return
	}
	for _, el := range n.GetInfer().GetIndexElems() {
		i := el.GetIndexElem()
		if i.GetExpr() != nil {
			s.expr(i.GetExpr())
		} else if p, count := it.find(i.GetName()); count > 0 {
			p.mark()
		}
	}
	s.condition(n.GetInfer().GetWhereClause(), Filter)
	if n.GetAction() == ast.OnConflictAction_ONCONFLICT_NOTHING {
		return
	}
	kept := s.entries
	s.entries = append(slices.Clone(kept), entry{excluded, true, true})
	update := s.targetEffect("UPDATE", it, u)
	update.Pos, update.Options = s.at(n.GetLocation()), conflictOption(n)
	update.Columns = s.set(n.GetTargetList(), it, u, "ON CONFLICT")
	s.condition(n.GetWhereClause(), Filter)
	update.Where = s.bounds(n.GetWhereClause(), it)
	h := s.holds([]*ast.Node{n.GetWhereClause()}, it)
	h.proposed(excluded, conflicting(n))
	update.Fixed, update.Kept = h.names(), h.kept(n.GetTargetList())
	s.effect(update)
	s.entries = kept
}

// conflicting lists the columns that a row has in common with the one in its way.
func conflicting(n *ast.OnConflictClause) []string {
	var out []string
	for _, el := range n.GetInfer().GetIndexElems() {
		if i := el.GetIndexElem(); i.GetExpr() == nil {
			out = append(out, i.GetName())
		}
	}
	return out
}

// set analyses the assignments of UPDATE ... SET and gives the names of the columns.
func (s *scope) set(list []*ast.Node, it *item, u *use, command string) []string {
	var names []string
	var multi result // of the last (a, b) = (...)
	for _, n := range list {
		t := n.GetResTarget()
		if t == nil {
			s.unresolved("assignment of unknown kind", "", -1)
			continue
		}
		g := s.goal(it, t)
		names = append(names, g.name)
		var v value
		if ref := t.GetVal().GetMultiAssignRef(); ref != nil {
			if ref.GetColno() <= 1 {
				multi = s.multi(ref.GetSource())
			}
			v = nth(multi, int(ref.GetColno()))
		} else {
			v = s.cell(t.GetVal())
		}
		s.assign(it, u, g, v, command)
	}
	return names
}

// multi analyses the right side of (a, b) = ..., once for all of its columns.
func (s *scope) multi(n *ast.Node) result {
	switch src := n.GetNode().(type) {
	case *ast.Node_RowExpr:
		var r result
		for _, v := range s.cells(src.RowExpr.GetArgs()) {
			r.cols = append(r.cols, column{value: v})
		}
		return r
	case *ast.Node_SubLink:
		r := s.run(src.SubLink.GetSubselect(), s, s.inside|InSubquery)
		for i := range r.cols {
			r.cols[i].src = r.cols[i].src.union(r.aside())
			r.cols[i].direct = false
		}
		return r
	}
	v := s.expr(n).as(Value, Transformation)
	return result{cols: []column{{value: v}}}
}

func nth(r result, n int) value {
	if n < 1 || n > len(r.cols) {
		return value{why: "assignment without a value"}
	}
	return r.cols[n-1].value
}

// update analyses UPDATE.
func (s *scope) update(n *ast.UpdateStmt) result {
	s.withClause(n.GetWithClause())
	it, u := s.target(n.GetRelation(), "UPDATE")
	s.show(it, true, true)
	s.from(n.GetFromClause())
	s.condition(n.GetWhereClause(), Filter)
	e := s.targetEffect("UPDATE", it, u)
	e.Columns = s.set(n.GetTargetList(), it, u, "UPDATE")
	s.bind(&e, it, n.GetTargetList(), n.GetWhereClause(), n.GetFromClause()...)
	s.effect(e)
	return s.returning(n.GetReturningClause(), it)
}

// delete analyses DELETE.
func (s *scope) delete(n *ast.DeleteStmt) result {
	s.withClause(n.GetWithClause())
	it, u := s.target(n.GetRelation(), "DELETE")
	s.show(it, true, true)
	s.from(n.GetUsingClause())
	s.condition(n.GetWhereClause(), Filter)
	e := s.targetEffect("DELETE", it, u)
	s.bind(&e, it, nil, n.GetWhereClause(), n.GetUsingClause()...)
	s.effect(e)
	return s.returning(n.GetReturningClause(), it)
}

func (s *scope) targetEffect(command string, it *item, u *use) Effect {
	e := Effect{Command: command, Object: u.name, Relation: it.rel, Inside: s.inside, Pos: u.pos}
	if it.rel != nil {
		e.Object = it.rel.Name
	}
	return e
}

// bounds reads a condition for what it bounds in the target; nil = there is none. The joins of FROM count with it.
func (s *scope) bounds(where *ast.Node, it *item, from ...*ast.Node) *Predicate {
	if where == nil {
		return nil
	}
	list := []*ast.Node{where}
	for _, n := range from {
		list = joined(n, list)
	}
	return s.fold(list, it)
}

// bind says what bounds an UPDATE or a DELETE.
func (s *scope) bind(e *Effect, it *item, assignments []*ast.Node, where *ast.Node, from ...*ast.Node) {
	e.Where = s.bounds(where, it, from...)
	if where == nil {
		return
	}
	list := []*ast.Node{where}
	for _, n := range from {
		list = joined(n, list)
	}
	h := s.holds(list, it)
	e.Fixed, e.Kept, e.BySubquery = h.names(), h.kept(assignments), hasSubquery(where)
}

// returning analyses RETURNING. OLD and NEW are the target's row before and after, unless an alias has the name.
func (s *scope) returning(n *ast.ReturningClause, it *item) result {
	if n == nil {
		return result{cols: []column{}}
	}
	names := [2]string{"old", "new"}
	for _, o := range n.GetOptions() {
		switch opt := o.GetReturningOption(); opt.GetOption() {
		case ast.ReturningOptionKind_RETURNING_OPTION_OLD:
			names[0] = opt.GetValue()
		case ast.ReturningOptionKind_RETURNING_OPTION_NEW:
			names[1] = opt.GetValue()
		}
	}
	for _, name := range names {
		if !s.hasItem(name) {
			version := *it
			version.name = name
			s.show(&version, true, false)
		}
	}
	return result{cols: s.targets(n.GetExprs())}
}

// hasItem reports whether the level itself has an item of that name.
func (s *scope) hasItem(name string) bool {
	for _, e := range s.entries {
		if e.byName && e.name == name {
			return true
		}
	}
	return false
}

// into records SELECT INTO.
func (s *scope) into(n *ast.IntoClause, cols []column) {
	if n == nil {
		return
	}
	e := s.create("SELECT INTO", n.GetRel(), s.inside)
	for i := range cols {
		e.Columns = append(e.Columns, cols[i].name)
		s.gifts = append(s.gifts, gift{value: cols[i].value, Assign: Assign{
			Target: ColumnID{e.Object.Schema, e.Object.Name, cols[i].name}, Num: int16(i + 1), Command: "SELECT INTO", Inside: s.inside, Pos: -1,
		}})
	}
	s.effect(e)
}
