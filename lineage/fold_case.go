package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

// coalesce of truth values is the OR of what it can be. A constant at its end stands for NULL: where that counts as true,
// an argument that is NULL lets everything through.
func (f *folder) coalesce(e *ast.CoalesceExpr) *Predicate {
	var arms []*Predicate
	for _, arg := range e.Args {
		v, ok := f.constant(plainNode(arg))
		if !ok {
			arms = append(arms, f.condition(arg))
			continue
		}
		p := v.predicate()
		switch {
		case v.null:
			continue
		case p.Op == PredFalse || len(arms) == 0:
			arms = append(arms, p)
		case !bounding(arms[0]) || len(arms) > 1 || f.leaves[arms[0]].negation != nil:
			return predFree
		default:
			return f.orNull(e.Args[0], arms[0])
		}
		break
	}
	switch len(arms) {
	case 0:
		return predFalse
	case 1:
		return arms[0]
	case 2:
		if arms[1].Op == PredFalse && bounding(arms[0]) {
			// Its negation is true of NULL.
			return f.opposed(arms[0], f.orNull(e.Args[0], f.not(arms[0])))
		}
	}
	return f.opposed(f.or(arms), f.or(f.notAll(arms)))
}

func (f *folder) notAll(list []*Predicate) []*Predicate {
	out := make([]*Predicate, len(list))
	for i, p := range list {
		out[i] = f.not(p)
	}
	return out
}

// maxArms is how many tests of a CASE are carried on to the arms after them.
const maxArms = 50

// caseOf reads a CASE as the OR of its arms: an arm is taken where its test holds and those before it do not. Of the
// latter only the tests of arguments are read; the others might as well not be there.
func (f *folder) caseOf(e *ast.CaseExpr) *Predicate {
	var arms, opposite, before []*Predicate
	arm := func(n *ast.Node, conditions ...*Predicate) {
		if n == nil {
			return
		}
		result := f.condition(n)
		if isNullConst(n) {
			arms, opposite = append(arms, predFalse), append(opposite, predFalse)
			return
		}
		arms = append(arms, and(append(slices.Clone(conditions), result)))
		opposite = append(opposite, and(append(slices.Clone(conditions), f.not(result))))
	}
	for _, n := range e.Args {
		w := n.GetCaseWhen()
		test := w.GetExpr()
		if e.Arg != nil {
			test = operation("=", e.Arg, test)
		}
		c := f.condition(test)
		arm(w.GetResult(), append(slices.Clone(before), c)...)
		if otherwise := notTrue(c); otherwise != nil && len(before) < maxArms {
			before = append(before, otherwise)
		}
	}
	arm(e.Defresult, before...)
	return f.opposed(f.or(arms), f.or(opposite))
}

func isNullConst(n *ast.Node) bool {
	c := plainNode(n).GetAConst()
	return c != nil && c.Isnull
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
	case PredNot:
		if p.Args[0].Op == PredIsNull {
			return p.Args[0]
		}
		return nil
	case PredParam:
		operands = []Operand{{Param: p.Param}}
	case PredCompare:
	default:
		return nil
	}
	for _, o := range operands {
		if o.hasParam() {
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
