package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// indirection analyses x[1], (x).f and their chains.
func (s *scope) indirection(n *ast.A_Indirection) value {
	return s.follow(s.expr(n.GetArg()), n.GetIndirection(), n.GetArg())
}

func (s *scope) follow(v value, steps []*ast.Node, arg *ast.Node) value {
	for _, step := range steps {
		switch step := step.GetNode().(type) {
		case *ast.Node_AIndices:
			v = s.subscript(v, step.AIndices)
		case *ast.Node_String_:
			v = s.attribute(v, step.String_.GetSval(), step.String_.GetSval(), location(arg))
		case *ast.Node_AStar:
			return s.failed("* in a place where it has no meaning", "*", -1)
		default:
			return s.failed("indirection of unknown kind", nodeKind(steps[0]), -1)
		}
	}
	return v
}

// subscript is an element of an array, or a member of a document.
func (s *scope) subscript(v value, n *ast.A_Indices) value {
	var b blend
	b.addAs(v, Value, Transformation)
	lower, upper := s.expr(n.GetLidx()), s.expr(n.GetUidx())
	b.addAs(lower, Value, Transformation)
	b.addAs(upper, Value, Transformation)
	out := b.value()
	out.typ = elementType(v.typ, n.GetIsSlice())
	if isArray(v.typ) && v.record {
		out.taken, out.record, out.parts, out.holds = v.taken.with(lower.alone().buried()).with(upper.alone().buried()), true, v.parts, member
		if n.GetIsSlice() {
			out.typ = v.typ
		}
		return out
	}
	if isArray(v.typ) && v.document() == noDocument {
		out.taken = v.alone().with(lower.alone().buried()).with(upper.alone().buried())
		return out
	}
	key := s.keyOf(n.GetUidx(), upper, exactKey)
	out.taken, out.holds = v.alone().with(key.taken), min(v.document(), key.left(v.document()))
	out.member = v.isPart() && len(lower.src) == 0 && len(upper.src) == 0
	if isDocument(v.typ) && !isArray(v.typ) {
		out.typ = v.typ
	}
	if hstoreType(v.typ) {
		out.typ = "text"
	}
	return out
}

// isArray reports whether a type is one whose subscripts are positions.
func isArray(typ string) bool {
	return strings.HasSuffix(typ, "[]") || typ == "int2vector" || typ == "oidvector"
}

// elementType is the type of an element of an array.
func elementType(typ string, slice bool) string {
	if n := len(typ); !slice && n > 2 && typ[n-2:] == "[]" {
		return typ[:n-2]
	}
	return ""
}

// attribute is a field of a composite value. Of a row of FROM it is that column and nothing else; where there is no such
// field it may be a function of the row.
func (s *scope) attribute(v value, field, object string, location int32) value {
	if v.row != nil {
		if p, n := v.row.find(field); n == 1 {
			return p.read(s.analyzer)
		}
		if num := systemColumns[field]; num != 0 && v.row.table && v.row.rel != nil {
			return s.systemColumn(v.row, field)
		}
	}
	out := v.as(Value, Transformation)
	s.field(&out, v, field, s.fieldType(&v, field))
	if v.row == nil {
		cols, why := v.fields, ""
		if cols == nil {
			cols, why = s.typeColumns(v.typ)
		}
		if why != "" {
			out.why = why
			return out
		}
		for i := range cols {
			if cols[i].Name == field {
				return out
			}
		}
	}
	candidates, loaded := s.functions("", field)
	if len(candidates) == 0 && loaded {
		if v.row == nil && v.fields == nil && (v.typ == "" || v.typ == "record" || s.isType(field)) {
			// A field of a type that is not known, of which the server refuses those that do not exist; or x.name for
			// name(x), which is x::name.
			s.mentionName("", field, s.inside)
			return out
		}
		return s.noColumn(object, location)
	}
	use := FunctionUse{Name: Name{Name: field}, Candidates: candidates, Inside: s.inside, Pos: s.at(location)}
	if len(candidates) > 0 {
		use.Name.Schema = candidates[0].Schema
		out.typ = resultType(candidates, []value{v})
	}
	if !ofServer(candidates) {
		out.harmless, out.bodied = false, true
		out.inner = out.inner.with(s.innerOfCall(candidates))
	}
	s.account(&out, candidates)
	s.takes(&out, nil, field, candidates, []value{v})
	s.calls = append(s.calls, call{FunctionUse: use, args: []value{v}})
	return out
}

// fieldType is the type of a field of a composite value; "" where it is not known.
func (s *scope) fieldType(v *value, field string) string {
	cols := v.fields
	if cols == nil {
		cols, _ = s.typeColumns(v.typ)
	}
	for i := range cols {
		if cols[i].Name == field {
			return cols[i].Type
		}
	}
	return ""
}

// asAttribute reads f(t) as t.f where t is a row of FROM with such a column and there is no function of that name, which
// would come first.
func (s *scope) asAttribute(n *ast.FuncCall, schema, name string, args []value) (value, bool) {
	if schema != "" || len(args) != 1 || args[0].row == nil || n.GetAggStar() || n.GetOver() != nil {
		return value{}, false
	}
	p, count := args[0].row.find(name)
	if count != 1 {
		return value{}, false
	}
	if candidates, loaded := s.functions("", name); len(candidates) > 0 || !loaded {
		return value{}, false
	}
	return p.read(s.analyzer), true
}

// location is where an expression stands, if it begins with a name.
func location(n *ast.Node) int32 {
	switch n := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		return n.ColumnRef.GetLocation()
	case *ast.Node_FuncCall:
		return n.FuncCall.GetLocation()
	}
	return -1
}

// expandRow gives the columns of (x).*.
func (s *scope) expandRow(n *ast.A_Indirection) []column {
	steps := n.GetIndirection()
	calls := len(s.calls)
	v := s.follow(s.expr(n.GetArg()), steps[:len(steps)-1], n.GetArg())
	if v.row != nil {
		return s.star(v.row)
	}
	made := v.as(Value, Transformation)
	if v.why != "" {
		return []column{{name: "*", value: made, unknown: true}}
	}
	var cols []Column
	why := ""
	if len(steps) == 1 && n.GetArg().GetFuncCall() != nil && len(s.calls) > calls {
		last := s.calls[len(s.calls)-1]
		if cols, why, _ = s.resultColumns(last.Candidates, s.calls[calls:]); len(last.Candidates) == 0 {
			why = pending
		}
		if len(cols) == 1 && cols[0].Name == "" && v.typ != "" && why == "" {
			cols, why = s.typeColumns(v.typ) // a polymorphic function may return a row
		}
	} else if cols = v.fields; len(cols) == 0 {
		cols, why = s.typeColumns(v.typ)
	}
	if why == "" && len(cols) == 0 {
		why = "fields of a composite value are not known"
		s.unresolved(why, "", location(n.GetArg()))
	}
	if why != "" {
		made.why = why
		return []column{{name: "*", value: made, unknown: true}}
	}
	out := make([]column, len(cols))
	for i := range cols {
		out[i] = column{name: cols[i].Name, value: made}
		s.field(&out[i].value, v, cols[i].Name, cols[i].Type)
	}
	return out
}
