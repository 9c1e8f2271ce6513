package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

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

// caseOf reads a CASE as the OR of its arms where their tests depend on arguments alone. Otherwise it decides without
// arguments: a CASE bounds only if no arm that a row can take lets everything through.
func (f *folder) caseOf(e *ast.CaseExpr) *Predicate {
	if p := f.caseOfArguments(e); p != nil {
		return p
	}
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

// maxArms is how many arms of a CASE are read as an OR, in which each arm carries the tests of those before it.
const maxArms = 50

// caseOfArguments is nil where a test is more than a comparison of arguments.
func (f *folder) caseOfArguments(e *ast.CaseExpr) *Predicate {
	if len(e.Args) > maxArms {
		return nil
	}
	arms, before := &Predicate{Op: PredOr}, []*Predicate{}
	arm := func(n *ast.Node, conditions ...*Predicate) {
		if n != nil {
			arms.Args = append(arms.Args, &Predicate{Op: PredAnd, Args: append(conditions, f.condition(n))})
		}
	}
	for _, n := range e.Args {
		w := n.GetCaseWhen()
		test := w.GetExpr()
		if e.Arg != nil {
			test = operation("=", e.Arg, test)
		}
		c := f.condition(test)
		otherwise := notTrue(c)
		if otherwise == nil {
			return nil
		}
		arm(w.GetResult(), append(slices.Clone(before), c)...)
		before = append(before, otherwise)
	}
	arm(e.Defresult, before...)
	return arms
}

// notTrue is "p IS NOT TRUE", which NULL is too; nil where p is more than a comparison of arguments.
func notTrue(p *Predicate) *Predicate {
	out := &Predicate{Op: PredOr, Args: []*Predicate{{Op: PredNot, Args: []*Predicate{p}}}}
	operands := []Operand{p.Left, p.Right}
	switch p.Op {
	case PredTrue:
		return predFalse
	case PredFalse:
		return predTrue
	case PredIsNull:
		return out
	case PredParam:
		operands = []Operand{{Param: p.Param}}
	case PredCompare:
	default:
		return nil
	}
	for _, o := range operands {
		if o.Param > 0 {
			out.Args = append(out.Args, &Predicate{Op: PredIsNull, Left: o})
		}
	}
	return out
}

// operation makes the node left op right.
func operation(op string, left, right *ast.Node) *ast.Node {
	name := []*ast.Node{{Node: &ast.Node_String_{String_: &ast.String{Sval: op}}}}
	return &ast.Node{Node: &ast.Node_AExpr{AExpr: &ast.A_Expr{
		Kind: ast.A_Expr_Kind_AEXPR_OP, Name: name, Lexpr: left, Rexpr: right, Location: -1,
	}}}
}
