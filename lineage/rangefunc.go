package lineage

import (
	"github.com/sqlc-dev/oliphant/ast"
)

// rangeFunction reads functions in FROM: f(...), ROWS FROM (...), with ORDINALITY and column definitions.
func (s *scope) rangeFunction(n *ast.RangeFunction) *item {
	s.lateral = true
	it := &item{cols: []column{}}
	for i, f := range n.GetFunctions() {
		parts := f.GetList().GetItems()
		if len(parts) == 0 {
			s.unresolved("function in FROM of unknown kind", "", -1)
			it.why = "function in FROM of unknown kind"
			continue
		}
		var defs []*ast.Node
		if len(parts) > 1 {
			defs = parts[1].GetList().GetItems()
		}
		if len(n.GetColdeflist()) > 0 {
			defs = n.GetColdeflist()
		}
		s.functionColumns(it, n, parts[0], defs, i == 0)
	}
	if n.GetOrdinality() {
		var all blend
		for i := range it.cols {
			all.add(it.cols[i].value)
		}
		it.cols = append(it.cols, column{name: "ordinality", value: ordinal(all.value(), "bigint")})
	}
	s.lateral = false
	s.alias(it, n.GetAlias())
	if it.whole != nil {
		it.whole.row = nil
	}
	return it
}

// functionColumns adds the columns of one function.
func (s *scope) functionColumns(it *item, n *ast.RangeFunction, call *ast.Node, defs []*ast.Node, first bool) {
	if parts := unnested(n, call); parts != nil {
		// unnest of several arrays is one unnest each, side by side.
		for i, part := range parts {
			s.functionColumns(it, n, part, nil, first && i == 0)
		}
		return
	}
	name := columnName(call)
	if first {
		it.name = name
	}
	before := len(s.calls)
	v := s.expr(call)
	given := s.innerOfArgs(before)
	candidates := s.mark(before, call)
	typ, made := v.typ, v
	v = v.as(Value, Transformation)
	v.taken = made.alone()
	v.harmless = false
	add := func(name, typ string) {
		c := column{name: name, value: v}
		s.field(&c.value, made, name, typ)
		it.cols = append(it.cols, c)
	}
	for _, d := range defs {
		s.mention(d.GetColumnDef().GetTypeName(), s.inside)
		add(d.GetColumnDef().GetColname(), typeText(d.GetColumnDef().GetTypeName()))
	}
	if len(defs) > 0 {
		return
	}
	outs, why, composite := s.resultColumns(candidates, s.calls[before:])
	if len(outs) == 1 && !composite && typ != "" {
		// A polymorphic function may return a row.
		if cols, reason := s.typeColumns(typ); cols != nil || reason != "" {
			outs, why, composite = cols, reason, true
		}
	}
	if len(candidates) == 0 && call.GetFuncCall() != nil {
		if v.why == "" {
			v.why = pending
		}
		if outs = aliasColumns(n); outs != nil {
			composite = true
		} else {
			why = v.why
		}
	}
	if why != "" {
		it.why = why
		var b blend
		b.add(it.rest)
		b.add(v)
		it.rest = b.value()
	}
	bodies := s.bodyColumns(candidates, max(1, len(outs)))
	account := func(i int) {
		if bodies == nil {
			return
		}
		c := &it.cols[len(it.cols)-1]
		c.inner = given.with(bodies[i].inner)
		if !bodies[i].accounted {
			return
		}
		c.src, c.accounted = c.src.union(bodies[i].src.as(Value, Transformation)), c.why == ""
	}
	if composite {
		for i, o := range outs {
			add(o.Name, o.Type)
			account(i)
		}
		return
	}
	if len(outs) == 1 {
		if typ == "" {
			typ = outs[0].Type
		}
		if outs[0].Name != "" {
			name = outs[0].Name
		}
	}
	// A function of one result and no name for it: the alias names its column as well.
	if alias := n.GetAlias().GetAliasname(); alias != "" && !n.GetIsRowsfrom() && (len(outs) == 0 || outs[0].Name == "") {
		name = alias
	}
	if made.record || made.each != nil {
		add(name, typ)
	} else { // its one column is no member of what it gives
		c := column{name: name, value: v}
		c.typ = typ
		it.cols = append(it.cols, c)
	}
	account(0)
	if len(n.GetFunctions()) == 1 && !n.GetOrdinality() && why == "" {
		whole := it.cols[len(it.cols)-1].value
		it.whole = &whole
	}
}

// aliasColumns are the columns that the alias of a single function lists; there may be others.
func aliasColumns(n *ast.RangeFunction) (cols []Column) {
	names := n.GetAlias().GetColnames()
	if n.GetOrdinality() && len(names) > 0 {
		names = names[:len(names)-1]
	}
	if len(n.GetFunctions()) > 1 {
		return nil
	}
	for _, name := range names {
		cols = append(cols, Column{Name: text(name)})
	}
	return cols
}

// unnested splits unnest of several arrays in ROWS FROM or FROM.
func unnested(n *ast.RangeFunction, call *ast.Node) []*ast.Node {
	f := call.GetFuncCall()
	if f == nil || len(f.GetArgs()) < 2 || len(f.GetFuncname()) != 1 || text(f.GetFuncname()[0]) != "unnest" || len(n.GetColdeflist()) > 0 {
		return nil
	}
	parts := make([]*ast.Node, len(f.GetArgs()))
	for i, arg := range f.GetArgs() {
		parts[i] = &ast.Node{Node: &ast.Node_FuncCall{FuncCall: &ast.FuncCall{Funcname: f.GetFuncname(), Args: []*ast.Node{arg}, Location: f.GetLocation()}}}
	}
	return parts
}

// mark notes that the call itself, the last one recorded, stands in FROM, and gives what it can mean.
func (s *scope) mark(before int, n *ast.Node) []*Function {
	if n.GetFuncCall() == nil || len(s.calls) <= before {
		return nil
	}
	last := &s.calls[len(s.calls)-1]
	last.InFrom = true
	return last.Candidates
}

// resultColumns lists the columns that a function returns. A scalar gives one, whose name is empty but for OUT arguments.
func (s *scope) resultColumns(candidates []*Function, calls []call) (cols []Column, why string, composite bool) {
	if len(candidates) == 0 {
		return nil, "", false
	}
	f := candidates[0]
	for _, other := range candidates[1:] {
		if !sameResult(f, other) {
			// Which one runs depends on types.
			return s.chosenResult(candidates, calls)
		}
	}
	return s.resultOf(f)
}

// chosenResult is the result of the candidate that the types of the arguments choose, of which unnest is the case that
// matters: of a tsvector it gives other columns than of an array.
func (s *scope) chosenResult(candidates []*Function, calls []call) ([]Column, string, bool) {
	var args []value
	if len(calls) > 0 {
		args = calls[len(calls)-1].args
	}
	composite := false
	for _, f := range candidates {
		cols, why, c := s.resultOf(f)
		if exactly(f, args) {
			return cols, why, c
		}
		composite = composite || c && !concrete(f, args)
	}
	if composite {
		return nil, "overloaded function with different results", true
	}
	return nil, "", false
}

// exactly reports whether the arguments have the very types that a function takes.
func exactly(f *Function, args []value) bool {
	for i, v := range args {
		if i >= len(f.Args) || v.typ != f.Args[i] {
			return false
		}
	}
	return true
}

// concrete reports whether a function takes other types than those that the arguments have, as far as they are known. An
// expression whose type is not known is taken for an array or the like.
func concrete(f *Function, args []value) bool {
	for i, v := range args {
		if i < len(f.Args) && v.typ != f.Args[i] {
			return true
		}
	}
	return false
}

func sameResult(f, g *Function) bool {
	if f.Returns != g.Returns || f.ReturnsRelation != g.ReturnsRelation {
		return false
	}
	x, y := outArgs(f), outArgs(g)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].Name != y[i].Name {
			return false
		}
	}
	return true
}

func (s *scope) resultOf(f *Function) (cols []Column, why string, composite bool) {
	outs := outArgs(f)
	switch {
	case len(outs) > 1 || len(outs) == 1 && f.Returns == "record":
		return outs, "", true
	case len(outs) == 1:
		if cols, why := s.typeColumns(outs[0].Type); cols != nil || why != "" {
			return cols, why, true
		}
		return outs, "", false
	case !f.ReturnsRelation.IsZero():
		rel, found := s.catalog.Relation(f.ReturnsRelation.Schema, f.ReturnsRelation.Name)
		if found == NotLoaded {
			s.need(NeedRelation, f.ReturnsRelation)
			return nil, pending, true
		}
		if found == Absent {
			return nil, noRelation, true
		}
		return rel.Columns, "", true
	case f.Returns == "record":
		return nil, "columns of a record are not known", true
	}
	return []Column{{Type: f.Returns}}, "", false
}

// outArgs lists the arguments that a function gives back.
func outArgs(f *Function) []Column {
	var out []Column
	for i, mode := range f.ArgModes {
		if mode == "i" || mode == "v" {
			continue
		}
		c := Column{Num: int16(len(out) + 1)}
		if i < len(f.ArgNames) {
			c.Name = f.ArgNames[i]
		}
		if c.Name == "" {
			c.Name = "column" + itoa(len(out)+1)
		}
		if len(f.Args) == len(f.ArgModes) {
			c.Type = f.Args[i]
		}
		out = append(out, c)
	}
	return out
}

// inputs is the number of arguments that a call can give.
func inputs(f *Function) int {
	if len(f.ArgModes) != len(f.Args) {
		return len(f.Args)
	}
	n := 0
	for _, mode := range f.ArgModes {
		if mode != "o" && mode != "t" {
			n++
		}
	}
	return n
}
