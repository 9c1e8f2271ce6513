package lineage

import "github.com/sqlc-dev/oliphant/ast"

// result is what a query gives.
type result struct {
	cols   []column
	filter value // what decides its rows
	keys   value // what orders and groups them
	from   []entry
	setOp  bool
}

// run analyses a query below a scope, nil at the top.
func (a *analyzer) run(n *ast.Node, up *scope, inside Inside) result {
	s := a.newScope(up, inside)
	switch n := n.GetNode().(type) {
	case *ast.Node_SelectStmt:
		return s.selectStmt(n.SelectStmt)
	case *ast.Node_InsertStmt:
		return s.insert(n.InsertStmt)
	case *ast.Node_UpdateStmt:
		return s.update(n.UpdateStmt)
	case *ast.Node_DeleteStmt:
		return s.delete(n.DeleteStmt)
	case *ast.Node_MergeStmt:
		return s.mergeStmt(n.MergeStmt)
	}
	a.unresolved("query of unknown kind", "", -1)
	return result{cols: []column{{name: "?", value: value{why: "query of unknown kind"}}}}
}

// selectStmt analyses a SELECT, a set operation or VALUES in a scope of its own.
func (s *scope) selectStmt(n *ast.SelectStmt) result {
	s.withClause(n.GetWithClause())
	var cols []column
	setOp := n.GetOp() > ast.SetOperation_SETOP_NONE
	switch {
	case setOp:
		cols = s.setOperation(n)
	case len(n.GetValuesLists()) > 0:
		cols = s.values(n.GetValuesLists())
		s.order(n.GetSortClause(), cols)
	default:
		cols = s.plainSelect(n)
	}
	s.influence(s.expr(n.GetLimitCount()), Limit, false)
	s.influence(s.expr(n.GetLimitOffset()), Limit, false)
	s.shape(n)
	if s.refs != nil {
		s.froms[n] = s.entries
	}
	s.locking(n.GetLockingClause())
	s.into(n.GetIntoClause(), cols)
	if len(cols) > maxColumns {
		s.unresolved("too many columns", "", -1)
		cols = cols[:maxColumns]
	}
	return result{cols: exported(cols), filter: s.filter.value(), keys: s.keys.value(), from: s.entries, setOp: setOp}
}

// exported are columns as another level of the query sees them: of a row only its fields' names are left.
func exported(cols []column) []column {
	for i := range cols {
		row := cols[i].row
		if row == nil {
			continue
		}
		cols[i].row = nil
		if cols[i].typ != "" {
			continue
		}
		row.each(func(p place) bool {
			cols[i].fields = append(cols[i].fields, Column{Name: p.item.columnName(p.n), Type: p.peek(nil).typ})
			return true
		})
	}
	return cols
}

// plainSelect analyses SELECT ... FROM.
func (s *scope) plainSelect(n *ast.SelectStmt) []column {
	s.from(n.GetFromClause())
	s.windows = n.GetWindowClause()
	cols := s.targets(n.GetTargetList())
	s.condition(n.GetWhereClause(), Filter)
	for _, g := range n.GetGroupClause() {
		s.grouping(g, cols)
	}
	s.condition(n.GetHavingClause(), Filter)
	for _, w := range n.GetWindowClause() {
		s.window(w.GetWindowDef())
	}
	s.distinct(n.GetDistinctClause(), cols)
	s.order(n.GetSortClause(), cols)
	return cols
}

// targets analyses a select list or RETURNING.
func (s *scope) targets(list []*ast.Node) []column {
	cols := make([]column, 0, len(list))
	for _, n := range list {
		t := n.GetResTarget()
		if t == nil {
			s.unresolved("result column of unknown kind", "", -1)
			cols = append(cols, column{name: "?", value: value{why: "result column of unknown kind"}})
			continue
		}
		if stars, ok := s.expand(t.GetVal()); ok {
			cols = append(cols, stars...)
		} else {
			name := t.GetName()
			if name == "" {
				name = columnName(t.GetVal())
			}
			v := s.expr(t.GetVal())
			if v.konst != nil {
				v.literals = []string{*v.konst}
			}
			cols = append(cols, column{name: name, value: v})
		}
		if len(cols) > maxColumns {
			break
		}
	}
	s.handsOut(cols)
	return cols
}

// handsOut notes that a query in a body gives a document as a whole: what becomes of it then is not known.
func (s *scope) handsOut(cols []column) {
	if s.inside&(InFunction|InDo) == 0 {
		return
	}
	for i := range cols {
		if v := &cols[i].value; len(v.src) > 0 && v.document() == whole {
			s.take(takenWhole)
			return
		}
	}
}

// expand gives the columns of *, t.* and (x).*.
func (s *scope) expand(n *ast.Node) ([]column, bool) {
	switch n := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		fields := n.ColumnRef.GetFields()
		if len(fields) == 0 || fields[len(fields)-1].GetAStar() == nil {
			return nil, false
		}
		return s.expandName(fields[:len(fields)-1], n.ColumnRef.GetLocation()), true
	case *ast.Node_AIndirection:
		list := n.AIndirection.GetIndirection()
		if len(list) == 0 || list[len(list)-1].GetAStar() == nil {
			return nil, false
		}
		return s.expandRow(n.AIndirection), true
	}
	return nil, false
}

func (s *scope) expandName(qualifier []*ast.Node, location int32) []column {
	if len(qualifier) > 0 {
		it, why := s.qualifier(qualifier)
		if it == nil {
			if why == "" {
				why = noTable
			}
			return []column{{name: "*", value: s.failed(why, words(qualifier), location), unknown: true}}
		}
		return s.star(it)
	}
	var out []column
	for _, e := range s.entries {
		if e.byColumns && len(out) <= maxColumns {
			out = append(out, s.star(e.item)...)
		}
	}
	if len(s.entries) == 0 {
		return []column{{name: "*", value: s.failed("* without a table", "*", location), unknown: true}}
	}
	return out
}

// values analyses VALUES lists: a column is what stands in it in any row.
func (s *scope) values(lists []*ast.Node) []column {
	var cols []column
	var sums []blend
	for i, list := range lists {
		for j, v := range s.cells(list.GetList().GetItems()) {
			if i == 0 {
				cols = append(cols, column{name: "column" + itoa(j+1), value: value{direct: v.direct, deflt: v.deflt, typ: v.typ}})
				sums = append(sums, blend{})
			}
			if j >= len(cols) {
				s.unresolved("VALUES lists of different lengths", "", -1)
				break
			}
			sums[j].add(v)
			cols[j].direct = cols[j].direct && v.direct
			cols[j].deflt = cols[j].deflt && v.deflt
			if v.typ != cols[j].typ && v.typ != "" {
				cols[j].typ = commonType(v.typ, cols[j].typ)
			}
		}
	}
	for j := range cols {
		v := sums[j].value()
		v.direct, v.deflt, v.typ = cols[j].direct, cols[j].deflt, cols[j].typ
		cols[j].value = v
	}
	return cols
}

// cells are the values of a list in which stars are expanded.
func (s *scope) cells(list []*ast.Node) []value {
	out := make([]value, 0, len(list))
	for _, n := range list {
		if stars, ok := s.expand(n); ok {
			for i := range stars {
				out = append(out, stars[i].value)
			}
			continue
		}
		out = append(out, s.cell(n))
	}
	return out
}

// cell is an expression that is stored or returned: a constant is one of its literals.
func (s *scope) cell(n *ast.Node) value {
	v := s.expr(n)
	if v.konst != nil {
		v.literals = []string{*v.konst}
	}
	return v
}

// setOperation analyses UNION, INTERSECT and EXCEPT, whose left sides nest as deep as there are of them.
func (s *scope) setOperation(n *ast.SelectStmt) []column {
	cols := s.combine(n)
	if !n.GetAll() || n.GetOp() != ast.SetOperation_SETOP_UNION {
		s.influenceColumns(cols, GroupBy)
	}
	s.order(n.GetSortClause(), cols)
	return cols
}

func (s *scope) combine(n *ast.SelectStmt) []column {
	left, right := s.side(n.GetLarg()), s.side(n.GetRarg())
	if n.GetOp() == ast.SetOperation_SETOP_EXCEPT {
		for i := range right {
			s.asks(right[i].value, GroupBy)
		}
	}
	if len(left) != len(right) && !unsure(left) && !unsure(right) {
		s.unresolved(unequalSides, "", -1)
	}
	out := make([]column, max(len(left), len(right)))
	for i := range out {
		out[i] = combined(n.GetOp(), left, right, i)
	}
	return out
}

func combined(op ast.SetOperation, left, right []column, i int) column {
	switch {
	case i >= len(left):
		return column{name: right[i].name, value: value{src: right[i].src, why: unequalSides}}
	case i >= len(right):
		return column{name: left[i].name, value: value{src: left[i].src, why: unequalSides}}
	}
	l, r := left[i].value, right[i].value
	typ := r.typ
	if op == ast.SetOperation_SETOP_EXCEPT {
		r = r.as(Subtracted, Identity)
	}
	r.typ = typ
	v := l.either(r)
	v.harmless = false
	return column{name: left[i].name, value: v, unknown: left[i].unknown || right[i].unknown}
}

// unsure reports whether the number of columns is not known.
func unsure(cols []column) bool {
	for i := range cols {
		if cols[i].unknown {
			return true
		}
	}
	return false
}

// side analyses one side of a set operation.
func (s *scope) side(n *ast.SelectStmt) []column {
	if n == nil {
		s.unresolved("set operation without a side", "", -1)
		return nil
	}
	sub := s.newScope(s, s.inside)
	sub.depth = s.depth
	r := sub.selectStmt(n)
	s.filter.add(r.filter)
	return r.cols
}

// locking reads FOR UPDATE and FOR SHARE.
func (s *scope) locking(list []*ast.Node) {
	for _, n := range list {
		if p := n.GetLockingClause().GetWaitPolicy(); p != ast.LockWaitPolicy_LockWaitSkip && p != ast.LockWaitPolicy_LockWaitError {
			s.st.Shape.LockWaits = true
		}
		rels := n.GetLockingClause().GetLockedRels()
		for _, e := range s.entries {
			if len(rels) == 0 {
				lock(e.item)
			}
		}
		for _, rv := range rels {
			it, why := s.itemNamed("", rv.GetRangeVar().GetRelname())
			if it == nil {
				if why == "" {
					why = noTable
				}
				s.unresolved(why, rv.GetRangeVar().GetRelname(), rv.GetRangeVar().GetLocation())
				continue
			}
			lock(it)
		}
	}
}

func lock(it *item) {
	if it.use != nil {
		it.use.access |= Locks
	}
	for _, e := range it.below {
		lock(e.item)
	}
	if it.left != nil {
		lock(it.left)
		lock(it.right)
	}
}
