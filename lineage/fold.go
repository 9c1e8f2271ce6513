package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/governedsql/governed/internal/pgparse"
)

// fold reads a condition for what it bounds. column tells of a column reference, at any depth, whether it is a column of
// the target, and which. A nil condition folds to nil.
//
// The question is never "is this true" but "does this restrict the rows of the target". What cannot be shown to restrict
// them is [PredFree] or [PredTrue], and both refuse; so a gap in here refuses a statement and never admits one, with one
// exception to keep in mind: [PredFalse] admits, and is said only of plain constants.
func fold(where *ast.Node, column func(*ast.ColumnRef) (c *Column, target bool)) *Predicate {
	if where == nil {
		return nil
	}
	f := folder{column: column, atoms: map[*Predicate]atom{}}
	return f.condition(where)
}

type folder struct {
	column func(*ast.ColumnRef) (*Column, bool)
	// atoms are the comparisons of one column with one constant, by which OR sees that its arms complete each other.
	atoms map[*Predicate]atom
	depth int
}

var (
	predTrue   = &Predicate{Op: PredTrue}
	predFalse  = &Predicate{Op: PredFalse}
	predFree   = &Predicate{Op: PredFree}
	predBounds = &Predicate{Op: PredBounds}
)

// maxFold is how deep a condition is read. Deeper ones bound nothing.
const maxFold = 500

// condition folds an expression that is used as a truth value.
func (f *folder) condition(n *ast.Node) *Predicate {
	f.depth++
	defer func() { f.depth-- }()
	if f.depth > maxFold {
		return predFree
	}
	n = plainNode(n)
	if v, ok := f.constant(n); ok {
		return v.predicate()
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_BoolExpr:
		return f.boolean(e.BoolExpr)
	case *ast.Node_AExpr:
		return f.operator(e.AExpr)
	case *ast.Node_ParamRef:
		return &Predicate{Op: PredParam, Param: int(e.ParamRef.Number), Pos: int(e.ParamRef.Location)}
	case *ast.Node_ColumnRef:
		return f.flag(n, e.ColumnRef)
	case *ast.Node_NullTest:
		return f.nullTest(e.NullTest)
	case *ast.Node_BooleanTest:
		return f.booleanTest(e.BooleanTest)
	case *ast.Node_SubLink:
		return f.subLink(e.SubLink)
	case *ast.Node_CoalesceExpr:
		return f.coalesce(n, e.CoalesceExpr)
	case *ast.Node_CaseExpr:
		return f.caseOf(e.CaseExpr)
	case *ast.Node_CurrentOfExpr:
		return predBounds
	}
	return f.mentioned(n)
}

// mentioned is the last resort: an expression that names a column of the target can restrict its rows.
func (f *folder) mentioned(n *ast.Node) *Predicate {
	if f.mentions(n) {
		return predBounds
	}
	return predFree
}

// mentions reports whether a column of the target stands anywhere in a tree.
func (f *folder) mentions(n *ast.Node) bool {
	found := false
	if n == nil {
		return false
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if ref, ok := m.Interface().(*ast.ColumnRef); ok && !found {
			_, found = f.column(ref)
		}
		return !found
	})
	return found
}

func (f *folder) boolean(e *ast.BoolExpr) *Predicate {
	args := make([]*Predicate, len(e.Args))
	for i, n := range e.Args {
		args[i] = f.condition(n)
	}
	switch e.Boolop {
	case ast.BoolExprType_AND_EXPR:
		return &Predicate{Op: PredAnd, Args: args, Pos: int(e.Location)}
	case ast.BoolExprType_OR_EXPR:
		return f.or(args)
	case ast.BoolExprType_NOT_EXPR:
		if len(args) == 1 {
			return f.not(args[0])
		}
	}
	return predFree
}

func (f *folder) not(p *Predicate) *Predicate {
	if p.Op == PredAnd {
		arms := make([]*Predicate, len(p.Args))
		for i, a := range p.Args {
			arms[i] = f.not(a)
		}
		return f.or(arms)
	}
	out := &Predicate{Op: PredNot, Args: []*Predicate{p}, Pos: p.Pos}
	if a, ok := f.atoms[p]; ok {
		if a, ok = a.negated(); ok {
			f.atoms[out] = a
		}
	}
	return out
}

// or sees arms that together leave nothing out.
func (f *folder) or(args []*Predicate) *Predicate {
	var arms []*Predicate
	for _, p := range args {
		if p.Op == PredOr {
			arms = append(arms, p.Args...)
		} else {
			arms = append(arms, p)
		}
	}
	var atoms []atom
	for _, p := range arms {
		if a, ok := f.atoms[p]; ok {
			atoms = append(atoms, a)
		}
	}
	if complete(atoms) {
		return predTrue
	}
	return &Predicate{Op: PredOr, Args: arms}
}

// flag is a boolean column by itself.
func (f *folder) flag(n *ast.Node, ref *ast.ColumnRef) *Predicate {
	if _, target := f.column(ref); !target {
		return predFree
	}
	p := &Predicate{Op: PredBounds, Pos: int(ref.Location)}
	if col := f.target(n); col != "" {
		f.atoms[p] = atom{column: col, op: "=", value: foldedBool(true)}
	}
	return p
}

func (f *folder) nullTest(e *ast.NullTest) *Predicate {
	isNull := e.Nulltesttype == ast.NullTestType_IS_NULL
	arg := plainNode(e.Arg)
	if p := arg.GetParamRef(); p != nil {
		test := &Predicate{Op: PredIsNull, Left: Operand{Param: int(p.Number)}, Pos: int(e.Location)}
		if isNull {
			return test
		}
		return f.not(test)
	}
	if v, ok := f.constant(arg); ok {
		return foldedBool(v.null == isNull).predicate()
	}
	ref := arg.GetColumnRef()
	if ref == nil {
		if arg.GetRowExpr() != nil || arg.GetAConst() != nil {
			return predFree
		}
		return f.mentioned(arg)
	}
	c, target := f.column(ref)
	switch {
	case !target:
		return predFree
	case f.target(arg) == "" || !isNull && c != nil && c.NotNull:
		// A whole row, or a column that is never NULL.
		return predTrue
	}
	p := &Predicate{Op: PredBounds, Pos: int(e.Location)}
	op := "is not null"
	if isNull {
		op = "is null"
	}
	f.atoms[p] = atom{column: f.target(arg), op: op}
	return p
}

// booleanTest keeps NULL apart from false, which [Predicate] does not: tests that are true of NULL bound something only
// where what they test is itself a bound.
func (f *folder) booleanTest(e *ast.BooleanTest) *Predicate {
	p := f.condition(e.Arg)
	switch e.Booltesttype {
	case ast.BoolTestType_IS_TRUE:
		return p
	case ast.BoolTestType_IS_FALSE:
		return f.not(p)
	}
	if p.Op == PredBounds && e.Booltesttype != ast.BoolTestType_IS_NOT_UNKNOWN {
		return predBounds
	}
	return predFree
}

// coalesce of truth values: the first constant that is not NULL ends it.
func (f *folder) coalesce(n *ast.Node, e *ast.CoalesceExpr) *Predicate {
	for _, arg := range e.Args {
		v, ok := f.constant(plainNode(arg))
		switch {
		case ok && v.null:
			continue
		case ok:
			return v.predicate()
		}
		break
	}
	return f.mentioned(n)
}

// caseOf decides without arguments: a CASE bounds only if no arm that a row can take lets everything through.
func (f *folder) caseOf(e *ast.CaseExpr) *Predicate {
	byTarget, open, closed := false, false, e.Defresult == nil
	result := func(n *ast.Node) {
		if n == nil {
			return
		}
		switch f.condition(n).Truth(nil) {
		case Always:
			open = true
		default:
			closed = true
		}
	}
	for _, n := range e.Args {
		w := n.GetCaseWhen()
		cond := w.GetExpr()
		if e.Arg != nil {
			cond = operation("=", e.Arg, cond)
		}
		if f.condition(cond).Truth(nil) == Bounds {
			byTarget = true
		}
		result(w.GetResult())
	}
	result(e.Defresult)
	switch {
	case !open:
		return predBounds
	case byTarget && closed:
		return predBounds
	}
	return predFree
}

// operation makes the node left op right.
func operation(op string, left, right *ast.Node) *ast.Node {
	name := []*ast.Node{{Node: &ast.Node_String_{String_: &ast.String{Sval: op}}}}
	return &ast.Node{Node: &ast.Node_AExpr{AExpr: &ast.A_Expr{
		Kind: ast.A_Expr_Kind_AEXPR_OP, Name: name, Lexpr: left, Rexpr: right, Location: -1,
	}}}
}

func (f *folder) subLink(e *ast.SubLink) *Predicate {
	q := e.GetSubselect().GetSelectStmt()
	switch e.SubLinkType {
	case ast.SubLinkType_EXISTS_SUBLINK:
		return f.exists(q)
	case ast.SubLinkType_ANY_SUBLINK:
		return f.anyOf(e, q)
	case ast.SubLinkType_ALL_SUBLINK:
		// True for every row where the query gives none; NOT IN is written otherwise.
		if op := opName(e.OperName); op == "<>" && f.mentions(e.Testexpr) {
			return predBounds
		}
		return predFree
	case ast.SubLinkType_EXPR_SUBLINK:
		if inner := alone(q); inner != nil {
			return f.condition(inner)
		}
		return f.correlated(q)
	}
	return predFree
}

// alone is the expression of a SELECT that has nothing but one.
func alone(q *ast.SelectStmt) *ast.Node {
	if q == nil || len(q.FromClause) > 0 || q.WhereClause != nil || q.GroupClause != nil || q.HavingClause != nil ||
		len(q.ValuesLists) > 0 || q.Larg != nil || q.LimitCount != nil || q.LimitOffset != nil || len(q.TargetList) != 1 {
		return nil
	}
	return q.TargetList[0].GetResTarget().GetVal()
}

// exists bounds as far as the WHERE of its query does.
func (f *folder) exists(q *ast.SelectStmt) *Predicate {
	switch {
	case q == nil:
		return predFree
	case q.Larg != nil || q.Rarg != nil:
		if q.Op == ast.SetOperation_SETOP_UNION {
			return f.or([]*Predicate{f.exists(q.Larg), f.exists(q.Rarg)})
		}
		return f.exists(q.Larg)
	case len(q.ValuesLists) > 0 || onlyRow(q):
		return predTrue
	}
	return f.correlated(q)
}

// onlyRow reports whether a query may give a row whatever its WHERE says, as an aggregate without GROUP BY does. A
// function in the select list may be one.
func onlyRow(q *ast.SelectStmt) bool {
	if q.HavingClause != nil && len(q.GroupClause) == 0 {
		return true
	}
	for _, n := range q.GroupClause {
		if n.GetGroupingSet() != nil {
			return true
		}
	}
	called := func(n *ast.Node) bool { return len(funcCalls(n)) > 0 }
	return len(q.GroupClause) == 0 && (slices.ContainsFunc(q.TargetList, called) || slices.ContainsFunc(q.SortClause, called))
}

// correlated is what the conditions of a subquery say of the target.
func (f *folder) correlated(q *ast.SelectStmt) *Predicate {
	if q == nil {
		return predFree
	}
	all := &Predicate{Op: PredAnd}
	if q.WhereClause != nil {
		all.Args = append(all.Args, f.condition(q.WhereClause))
	}
	for _, from := range q.FromClause {
		if j := from.GetJoinExpr(); j != nil && j.Jointype == ast.JoinType_JOIN_INNER && j.Quals != nil {
			all.Args = append(all.Args, f.condition(j.Quals))
		}
	}
	switch {
	case len(all.Args) > 0:
		return all
	case len(q.FromClause) == 0:
		return predTrue
	}
	return predFree
}

// anyOf is expression = ANY (query), which IN is too.
func (f *folder) anyOf(e *ast.SubLink, q *ast.SelectStmt) *Predicate {
	op := opName(e.OperName)
	if op == "" {
		op = "="
	}
	if inner := alone(q); inner != nil {
		return f.condition(operation(op, e.Testexpr, inner))
	}
	if op != "<>" && f.mentions(e.Testexpr) {
		return predBounds
	}
	return f.correlated(q)
}

func opName(list []*ast.Node) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].GetString_().GetSval()
}
