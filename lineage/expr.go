package lineage

import (
	"strconv"

	"github.com/sqlc-dev/oliphant/ast"
)

// expr analyses an expression. Every kind of node that a raw parse tree can hold in an expression stands here; any other
// is unresolved, so that a node that a later grammar adds is not passed over.
func (s *scope) expr(n *ast.Node) value {
	if n == nil || !s.step() {
		return value{}
	}
	v := s.node(n)
	s.spend(len(v.src) / 16)
	return v
}

func (s *scope) node(n *ast.Node) value {
	if s.trace != nil {
		s.trace(n)
	}
	switch n := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		return s.columnRef(n.ColumnRef)
	case *ast.Node_AConst:
		return constant(n.AConst)
	case *ast.Node_ParamRef:
		return s.param(n.ParamRef)
	case *ast.Node_AExpr:
		return s.operation(n.AExpr)
	case *ast.Node_BoolExpr:
		return s.truth(s.all(n.BoolExpr.GetArgs()))
	case *ast.Node_TypeCast:
		return s.typeCast(n.TypeCast)
	case *ast.Node_CollateClause:
		return s.collate(n.CollateClause)
	case *ast.Node_FuncCall:
		return s.call(n.FuncCall)
	case *ast.Node_SubLink:
		return s.subLink(n.SubLink)
	case *ast.Node_CaseExpr:
		return s.caseExpr(n.CaseExpr)
	case *ast.Node_NullTest:
		return s.nullTest(n.NullTest)
	case *ast.Node_BooleanTest:
		return s.truth(s.expr(n.BooleanTest.GetArg()))
	case *ast.Node_AIndirection:
		return s.indirection(n.AIndirection)
	case *ast.Node_AArrayExpr:
		return s.all(n.AArrayExpr.GetElements())
	case *ast.Node_RowExpr:
		return s.row(n.RowExpr)
	case *ast.Node_CoalesceExpr:
		return s.choice(n.CoalesceExpr.GetArgs())
	case *ast.Node_MinMaxExpr:
		return s.choice(n.MinMaxExpr.GetArgs())
	case *ast.Node_List:
		return s.all(n.List.GetItems())
	case *ast.Node_NamedArgExpr:
		return s.expr(n.NamedArgExpr.GetArg())
	case *ast.Node_SqlvalueFunction, *ast.Node_MergeSupportFunc, *ast.Node_CurrentOfExpr:
		return value{}
	case *ast.Node_SetToDefault:
		return value{deflt: true}
	case *ast.Node_GroupingFunc:
		return s.groupedBy(n.GroupingFunc)
	case *ast.Node_XmlExpr:
		return s.xmlExpr(n.XmlExpr)
	case *ast.Node_XmlSerialize:
		return s.expr(n.XmlSerialize.GetExpr()).as(Value, Transformation)
	case *ast.Node_ResTarget: // a named argument of XMLELEMENT and XMLFOREST
		return s.expr(n.ResTarget.GetVal())
	case *ast.Node_MultiAssignRef:
		return s.expr(n.MultiAssignRef.GetSource()).as(Value, Transformation)
	case *ast.Node_Integer, *ast.Node_Float, *ast.Node_Boolean, *ast.Node_String_, *ast.Node_BitString:
		return value{}
	}
	if v, ok := s.jsonExpr(n); ok {
		return v
	}
	return s.failed("expression of unknown kind", nodeKind(n), -1)
}

// all is an expression of several operands.
func (s *scope) all(lists ...[]*ast.Node) value {
	var b blend
	for _, list := range lists {
		for _, n := range list {
			s.operand(&b, n)
		}
	}
	return b.value()
}

// groupedBy analyses GROUPING: which columns the row is grouped by, and nothing of what is in them.
func (s *scope) groupedBy(n *ast.GroupingFunc) value {
	v := s.all(n.GetArgs())
	return value{src: v.src, why: v.why, harmless: len(v.src) > 0, typ: "integer"}
}

// choice is one of several operands, as it is.
func (s *scope) choice(list []*ast.Node) value {
	var b blend
	for _, n := range list {
		s.operand(&b, n)
	}
	return b.choice()
}

func (s *scope) collate(n *ast.CollateClause) value {
	arg := s.expr(n.GetArg())
	v := arg.as(Value, Transformation)
	v.taken = arg.alone()
	return v
}

// row analyses ROW(...), in which stars are expanded.
func (s *scope) row(n *ast.RowExpr) value {
	var b blend
	var fields []Column
	present := true
	for i, v := range s.cells(n.GetArgs()) {
		b.addAs(v, Value, Transformation)
		present = present && v.tellsPresence()
		fields = append(fields, Column{Name: "f" + itoa(i+1), Type: v.typ})
	}
	out := b.value()
	out.fields, out.present = fields, present
	return out
}

// operand adds an operand of an expression to what the expression is made of.
func (s *scope) operand(b *blend, n *ast.Node) {
	v := s.expr(n)
	if v.konst != nil {
		v.literals = []string{*v.konst}
	}
	b.addAs(v, Value, Transformation)
}

// truth is a value of type boolean.
func (s *scope) truth(v value) value {
	v = v.as(Value, Transformation)
	v.typ, v.holds = "boolean", noDocument
	return v
}

var boolTexts = map[bool]string{true: "true", false: "false"}

func constant(n *ast.A_Const) value {
	v := value{direct: true}
	if n.GetIsnull() {
		v.null = true
		return v
	}
	var t string
	switch c := n.GetVal().(type) {
	case *ast.A_Const_Ival:
		t, v.typ = strconv.Itoa(int(c.Ival.GetIval())), "integer"
	case *ast.A_Const_Fval:
		t, v.typ = c.Fval.GetFval(), "numeric"
	case *ast.A_Const_Boolval:
		t, v.typ = boolTexts[c.Boolval.GetBoolval()], "boolean"
	case *ast.A_Const_Sval:
		t = c.Sval.GetSval()
	case *ast.A_Const_Bsval:
		t, v.typ = c.Bsval.GetBsval(), "bit"
	}
	v.konst = &t
	return v
}

func (s *scope) param(n *ast.ParamRef) value {
	number := int(n.GetNumber())
	s.st.Params = max(s.st.Params, number)
	v := value{params: []int{number}, direct: true}
	if s.inside&(InFunction|InDo) != 0 {
		v.holds, v.given = whole, s.sqlFunction
	}
	return v
}

// operation analyses operators and what is written like them: IN, LIKE, BETWEEN, NULLIF, IS DISTINCT FROM.
func (s *scope) operation(n *ast.A_Expr) value {
	s.computes = true
	l, r := s.expr(n.GetLexpr()), s.expr(n.GetRexpr())
	before := len(s.calls)
	s.operator(n, l, r)
	s.wildcard(n, l)
	var b blend
	for _, v := range [2]value{l, r} {
		if v.konst != nil {
			v.literals = []string{*v.konst}
		}
		b.addAs(v, Value, Transformation)
	}
	v := b.value()
	if len(s.calls) > before { // the operator may be somebody's own
		v.harmless, v.bodied = false, true
		for _, c := range s.calls[before:] {
			v.inner = v.inner.with(s.innerOfCall(c.Candidates))
		}
	}
	switch n.GetKind() {
	case ast.A_Expr_Kind_AEXPR_OP:
		s.operates(&v, n, l, r)
	case ast.A_Expr_Kind_AEXPR_NULLIF:
		v.typ, v.taken, v.holds = l.typ, l.alone().with(s.question("=", l, r)), l.document()
	default:
		op := operatorName(n.GetName())
		v.typ, v.holds, v.taken = "boolean", noDocument, v.taken.with(s.question(op, l, r))
	}
	return v
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}

// typeCast analyses a cast. A constant stays one: '1'::int.
func (s *scope) typeCast(n *ast.TypeCast) value {
	v := s.expr(n.GetArg())
	for _, m := range n.GetTypeName().GetTypmods() {
		s.expr(m)
	}
	s.computes = true
	s.mention(n.GetTypeName(), s.inside)
	typ := typeText(n.GetTypeName())
	if typ != "" && typ == v.typ && v.origin.rel > 0 {
		return v // no cast at all
	}
	s.castBodies(&v, n.GetTypeName())
	return s.parsed(cast(v, typ), &v)
}

// caseExpr analyses CASE. The tests decide the value, they do not flow into it.
func (s *scope) caseExpr(n *ast.CaseExpr) value {
	var b, results blend
	arg := s.expr(n.GetArg())
	b.addAs(arg, Condition, Transformation)
	for _, w := range n.GetArgs() {
		when := w.GetCaseWhen()
		if when == nil {
			return s.failed("CASE of unknown kind", "", n.GetLocation())
		}
		test := s.expr(when.GetExpr())
		if n.GetArg() != nil {
			test.taken = test.taken.with(s.question("=", arg, test))
		}
		b.addAs(test, Condition, Transformation)
		s.operand(&results, when.GetResult())
	}
	if n.GetArg() != nil {
		s.operators("=", n.GetLocation())
	}
	s.operand(&results, n.GetDefresult())
	tests, chosen := b.value(), results.choice()
	var sum blend
	sum.add(tests)
	sum.add(chosen)
	v := sum.value()
	v.holds = chosen.holds
	return v
}

// nullTest analyses IS NULL. Of a plain column it tells only whether there is a value, and of a row whether there is one in any
// of its columns; of an expression such as nullif(email, 'a@b') IS NULL it would tell what the value is, also by way of a
// subquery that gives it a name.
func (s *scope) nullTest(n *ast.NullTest) value {
	arg := s.expr(n.GetArg())
	v := s.truth(arg)
	plain := arg.tellsPresence()
	v.harmless = len(v.src) > 0 && plain
	if !plain && arg.row == nil {
		v.taken = v.taken.with(s.question("", arg))
	}
	return v
}

// tellsPresence reports whether it tells no more of a value's sources whether it is NULL than whether columns, or members of
// documents, are there.
func (v value) tellsPresence() bool {
	return v.isColumn() || v.member || v.harmless || v.present || len(v.src) == 0 && v.why == "" && !v.bodied
}

// isColumn reports whether a value is a column of a relation, unchanged, and not a whole row.
func (v value) isColumn() bool { return v.origin.rel > 0 && v.row == nil }

func isColumn(n *ast.Node) bool { return n.GetColumnRef() != nil }

// subLink analyses a subquery in an expression.
func (s *scope) subLink(n *ast.SubLink) value {
	test := s.expr(n.GetTestexpr())
	r := s.run(n.GetSubselect(), s, s.inside|InSubquery)
	var b blend
	b.addAs(test, Value, Transformation)
	if n.GetTestexpr() != nil {
		op := operatorName(n.GetOperName())
		if op == "" {
			op = "="
		}
		for i := range r.cols {
			test.taken = test.taken.with(s.question(op, test, r.cols[i].value))
		}
		b.add(value{taken: test.taken})
		if len(r.cols) == 1 {
			s.operators(op, n.GetLocation(), test, r.cols[0].value)
		} else {
			s.operators(op, n.GetLocation())
		}
	}
	if n.GetSubLinkType() == ast.SubLinkType_EXISTS_SUBLINK {
		return s.exists(r)
	}
	if n.GetSubLinkType() == ast.SubLinkType_EXPR_SUBLINK && len(r.cols) == 1 && test.src == nil {
		v := r.cols[0].value
		v.origin, v.direct, v.konst, v.null, v.present = origin{}, false, nil, false, false
		v.taken, v.key, v.val, v.each, v.record = v.alone(), nil, nil, nil, false
		v.src = v.src.union(r.aside())
		return v
	}
	for i := range r.cols {
		b.addAs(r.cols[i].value, Value, Transformation)
	}
	b.add(value{src: r.aside(), why: r.filter.why})
	return b.value()
}

// aside is what decides which rows a subquery in an expression gives, and in which order.
func (r result) aside() sources {
	return r.filter.src.as(Extra, Transformation).union(r.keys.src.as(Order, Transformation))
}

// exists is the value of EXISTS: whether there are rows, nothing of what is in them.
func (s *scope) exists(r result) value {
	var b blend
	for i := range r.cols {
		b.addAs(value{src: r.cols[i].src, why: r.cols[i].why}, Extra, Transformation)
	}
	b.addAs(value{src: r.filter.src, why: r.filter.why}, Extra, Transformation)
	v := b.value()
	v.harmless, v.typ = len(v.src) > 0, "boolean"
	return v
}

// nodeKind names a kind of node for people.
func nodeKind(n *ast.Node) string {
	if n.GetNode() == nil {
		return "empty node"
	}
	fd := n.ProtoReflect().WhichOneof(n.ProtoReflect().Descriptor().Oneofs().Get(0))
	return string(fd.Message().Name())
}

func itoa(n int) string { return strconv.Itoa(n) }
