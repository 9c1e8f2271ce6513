package lineage

import "github.com/sqlc-dev/oliphant/ast"

// show puts an item into the scope.
func (s *scope) show(it *item, byName, byColumns bool) {
	s.entries = append(s.entries, entry{it, byName, byColumns})
}

// from reads a FROM list. Items further right may refer to those further left if they are LATERAL.
func (s *scope) from(list []*ast.Node) {
	s.reading = true
	if joins(list) {
		s.joined = &graph{}
	}
	for _, n := range list {
		_, entries := s.fromItem(n)
		s.entries = append(s.entries, entries...)
	}
	s.reading = false
}

// fromItem reads one element of FROM. It gives the item and what the element puts into the scope.
func (s *scope) fromItem(n *ast.Node) (*item, []entry) {
	var it *item
	if s.trace != nil {
		s.trace(n)
	}
	switch n := n.GetNode().(type) {
	case *ast.Node_RangeVar:
		it = s.table(n.RangeVar)
	case *ast.Node_RangeSubselect:
		it = s.subselect(n.RangeSubselect)
	case *ast.Node_RangeFunction:
		it = s.rangeFunction(n.RangeFunction)
	case *ast.Node_RangeTableFunc:
		it = s.xmlTable(n.RangeTableFunc)
	case *ast.Node_JsonTable:
		it = s.jsonTable(n.JsonTable)
	case *ast.Node_RangeTableSample:
		return s.sample(n.RangeTableSample)
	case *ast.Node_JoinExpr:
		return s.join(n.JoinExpr)
	default:
		s.unresolved("element of FROM of unknown kind", "", -1)
		it = &item{why: "element of FROM of unknown kind"}
	}
	if s.joined != nil {
		pos := int32(-1)
		if rv := n.GetRangeVar(); rv != nil {
			pos = rv.GetLocation()
		}
		s.joined.leaf(s, n, it, s.at(pos))
	}
	return it, []entry{{it, it.name != "", true}}
}

// table reads a relation in FROM, or a WITH query of that name.
func (s *scope) table(rv *ast.RangeVar) *item {
	if rv.GetSchemaname() == "" {
		if c, owner := s.withQuery(rv.GetRelname()); c != nil {
			return s.withItem(c, owner, rv)
		}
	}
	it, _ := s.relationItem(rv, Reads, "")
	return it
}

// subselect reads a subquery in FROM.
func (s *scope) subselect(n *ast.RangeSubselect) *item {
	s.lateral = n.GetLateral()
	r := s.run(n.GetSubquery(), s, s.inside|InSubquery)
	s.lateral = false
	s.filter.add(r.filter)
	it := &item{name: n.GetAlias().GetAliasname(), cols: renewed(r.cols), keys: r.keys.src, below: r.from, query: n.GetSubquery().GetSelectStmt()}
	if it.cols == nil {
		it.cols = []column{}
	}
	it.settle()
	s.alias(it, n.GetAlias())
	return it
}

// settle takes columns that stand for unknown ones out of the item's columns and notes that it has such.
func (it *item) settle() {
	if !unsure(it.cols) {
		return
	}
	kept := make([]column, 0, len(it.cols))
	for _, c := range it.cols {
		if !c.unknown {
			kept = append(kept, c)
			continue
		}
		it.why, it.rest = c.why, c.value
	}
	it.cols = kept
}

// sample reads TABLESAMPLE.
func (s *scope) sample(n *ast.RangeTableSample) (*item, []entry) {
	it, entries := s.fromItem(n.GetRelation())
	s.lateral = true
	for _, arg := range n.GetArgs() {
		s.influence(s.expr(arg), Limit, false)
	}
	s.expr(n.GetRepeatable())
	s.lateral = false
	s.method(n.GetMethod(), n.GetLocation())
	return it, entries
}

// join reads a JOIN.
func (s *scope) join(n *ast.JoinExpr) (*item, []entry) {
	if !s.step() {
		it := &item{why: tooComplex}
		return it, []entry{{it, false, true}}
	}
	left, leftEntries := s.fromItem(n.GetLarg())
	// What stands left of it can be seen by LATERAL on its right.
	kept := len(s.entries)
	s.entries = append(s.entries, leftEntries...)
	right, rightEntries := s.fromItem(n.GetRarg())
	s.entries = s.entries[:kept]

	entries := append(leftEntries, rightEntries...)
	it := &item{left: left, right: right, joined: 1 + left.weight() + right.weight()}
	s.merge(it, n)
	if s.joined != nil {
		s.joined.merged(it)
	}
	s.on(n.GetQuals(), entries)
	merged := it.cols
	for i := range entries {
		entries[i].byColumns = false
	}
	if n.GetAlias() != nil {
		s.alias(it, n.GetAlias())
		entries = entries[:0]
	}
	entries = append(entries, entry{it, n.GetAlias() != nil, true})
	if alias := n.GetJoinUsingAlias(); alias != nil {
		entries = append(entries, entry{&item{name: alias.GetAliasname(), cols: merged, aliased: true, made: true}, true, false})
	}
	return it, entries
}

// on reads the condition of a join; it sees the two sides alone.
func (s *scope) on(quals *ast.Node, entries []entry) {
	if quals == nil {
		return
	}
	kept := s.entries
	s.entries, s.reading = entries, false
	s.condition(quals, Join)
	s.entries, s.reading = kept, true
}

// merge makes the columns of USING and NATURAL: the merged ones come first.
func (s *scope) merge(it *item, n *ast.JoinExpr) {
	names := s.common(it, n)
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		if !s.spend(it.joined) || len(it.cols) > 0 && !s.spend(len(it.cols[len(it.cols)-1].src)*4) {
			break
		}
		l, ln := it.left.find(name)
		r, rn := it.right.find(name)
		if ln != 1 || rn != 1 {
			s.cannotMerge(it, name, ln > 1 || rn > 1)
			continue
		}
		lv, rv := l.read(s.analyzer), r.read(s.analyzer)
		s.operators("=", -1, lv, rv)
		c := column{name: name, value: s.merged(n.GetJointype(), lv, rv), from: [2]place{l, r}}
		it.cols = append(it.cols, c)
	}
	it.sides = s.unmerged(it, names)
	it.merges = true
}

// unmerged are the columns of both sides that have none of the names.
func (s *scope) unmerged(it *item, names []string) []place {
	merged := make(map[string]bool, len(names))
	for _, name := range names {
		merged[name] = true
	}
	out := []place{}
	for _, side := range [2]*item{it.left, it.right} {
		side.each(func(p place) bool {
			if !merged[p.item.columnName(p.n)] {
				out = append(out, p)
			}
			return s.step()
		})
	}
	return out
}

func (s *scope) cannotMerge(it *item, name string, ambiguous bool) {
	why := it.left.unknown()
	if why == "" {
		why = it.right.unknown()
	}
	switch {
	case why != "":
	case ambiguous:
		why = ambiguousColumn
		s.unresolved(why, name, -1)
	default:
		why = noColumn
		s.unresolved(why, name, -1)
	}
	it.why = why
	it.cols = append(it.cols, column{name: name, value: value{why: why}})
}

// common lists the names that a join merges.
func (s *scope) common(it *item, n *ast.JoinExpr) []string {
	var names []string
	for _, u := range n.GetUsingClause() {
		names = append(names, text(u))
	}
	if !n.GetIsNatural() {
		return names
	}
	it.left.each(func(p place) bool {
		name := p.item.columnName(p.n)
		if _, count := it.right.find(name); count > 0 {
			names = append(names, name)
		}
		return s.spend(it.right.weight())
	})
	if why := (&item{left: it.left, right: it.right}).unknown(); why != "" {
		it.why = why
	}
	return names
}

// merged is the value of a merged column, as the server resolves it: of FULL both sides, of RIGHT the right one, else
// the left one, but the right one where only that needs no cast. The other side is an Extra source: its values are equal.
func (s *scope) merged(kind ast.JoinType, l, r value) value {
	for _, v := range [2]value{l, r} {
		s.influence(v, Join, false)
	}
	common := commonType(l.typ, r.typ)
	lc, rc := l, r
	if l.typ != common && common != "" {
		lc = cast(l, common)
	}
	if r.typ != common && common != "" {
		rc = cast(r, common)
	}
	if kind == ast.JoinType_JOIN_FULL {
		var b blend
		b.addAs(lc, Value, Transformation)
		b.addAs(rc, Value, Transformation)
		v := b.value()
		v.typ = common
		return v
	}
	kept, other := lc, rc
	if kind == ast.JoinType_JOIN_RIGHT || kind == ast.JoinType_JOIN_INNER && l.typ != common && r.typ == common {
		kept, other = rc, lc
	}
	kept.src = kept.src.union(other.src.as(Extra, Identity))
	if kept.why == "" {
		kept.why = other.why
	}
	return kept
}

// cast is a value changed to another type.
func cast(v value, typ string) value {
	out := v.as(Value, Transformation)
	out.typ = typ
	out.konst, out.null, out.direct = v.konst, v.null, v.direct
	out.taken, out.member = v.alone(), v.member
	switch {
	case isDocument(typ):
		out.holds = v.holds // what it holds else its type says
	case !isTextual(typ):
		out.holds = noDocument
	}
	if typ == "text" && v.typ == typ {
		out.key = v.key
	}
	if v.val != nil && (typ == "text" || isDocument(typ)) {
		out.val, out.taken = v.val, v.taken
	}
	out.harmless = out.harmless && isOrdinary(bareType(typ)) // a cast to a type of somebody's may run code
	out.years = v.years
	return out
}
