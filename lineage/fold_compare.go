package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// operator folds the comparisons.
func (f *folder) operator(e *ast.A_Expr) *Predicate {
	op := opName(e.Name)
	switch e.Kind {
	case ast.A_Expr_Kind_AEXPR_OP:
		if e.Lexpr == nil {
			return f.mentioned(e.Rexpr)
		}
		return f.compare(op, e.Lexpr, e.Rexpr)
	case ast.A_Expr_Kind_AEXPR_OP_ANY, ast.A_Expr_Kind_AEXPR_OP_ALL:
		return f.array(op, e)
	case ast.A_Expr_Kind_AEXPR_DISTINCT:
		return f.compare("is distinct", e.Lexpr, e.Rexpr)
	case ast.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		return f.compare("is not distinct", e.Lexpr, e.Rexpr)
	case ast.A_Expr_Kind_AEXPR_IN:
		return f.in(op, e)
	case ast.A_Expr_Kind_AEXPR_LIKE, ast.A_Expr_Kind_AEXPR_ILIKE, ast.A_Expr_Kind_AEXPR_SIMILAR:
		return f.like(op, e)
	case ast.A_Expr_Kind_AEXPR_BETWEEN, ast.A_Expr_Kind_AEXPR_NOT_BETWEEN, ast.A_Expr_Kind_AEXPR_BETWEEN_SYM,
		ast.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		return f.between(e)
	}
	return predFree
}

// compare folds left op right.
func (f *folder) compare(op string, left, right *ast.Node) *Predicate {
	asWritten := [2]*ast.Node{left, right}
	left, right = f.bare(left), f.bare(right)
	if l, r := left.GetRowExpr(), right.GetRowExpr(); l != nil && r != nil && len(l.Args) == len(r.Args) {
		return f.rows(op, l.Args, r.Args)
	}
	a, aConst := f.constant(left)
	b, bConst := f.constant(right)
	if aConst && bConst {
		return a.compare(op, b)
	}
	l, r := f.target(left), f.target(right)
	switch {
	case l != "" && l == r:
		return sameBothSides(op)
	case l != "" && (bConst || right.GetParamRef() != nil):
		return f.bound(op, l, b, bConst)
	case r != "" && (aConst || left.GetParamRef() != nil):
		return f.bound(mirrored(op), r, a, aConst)
	case l != "":
		return f.withCoalesce(op, l, right)
	case r != "":
		return f.withCoalesce(op, r, left)
	case f.mentions(left) || f.mentions(right):
		return predBounds
	}
	return operandCompare(op, asWritten[0], asWritten[1])
}

// sameBothSides is a column compared with itself.
func sameBothSides(op string) *Predicate {
	switch op {
	case "<>", "<", ">", "is distinct":
		return predFalse
	}
	return predTrue
}

// mirrored is the operator with its sides changed.
func mirrored(op string) string {
	switch op {
	case "<":
		return ">"
	case ">":
		return "<"
	case "<=":
		return ">="
	case ">=":
		return "<="
	case "=", "<>", "is distinct", "is not distinct":
		return op
	}
	return "mirrored " + op
}

// bound compares a column of the target with a constant or a parameter.
func (f *folder) bound(op, column string, value folded, isConst bool) *Predicate {
	p := &Predicate{Op: PredBounds}
	if !isConst {
		return p
	}
	if !value.null && matchesAll(op, value.text) {
		return predTrue
	}
	f.atoms[p] = atom{column: column, op: op, value: value}
	return p
}

// matchesAll reports whether an operator with that constant is true of every value.
func matchesAll(op, text string) bool {
	switch op {
	case "~~", "~~*":
		return text != "" && strings.Trim(text, "%") == ""
	case "~", "~*":
		// Anchors and .* alone.
		return strings.Trim(text, "^$") == "" || strings.Trim(text, "^$") == ".*"
	case "^@":
		return text == ""
	case "@>":
		return strings.Trim(text, " ") == "{}" || strings.Trim(text, " ") == "[]"
	}
	return false
}

// withCoalesce compares a column with an expression; COALESCE(..., the column) is the column where the rest is NULL.
func (f *folder) withCoalesce(op, column string, other *ast.Node) *Predicate {
	c := other.GetCoalesceExpr()
	if c == nil {
		return predBounds
	}
	all := &Predicate{Op: PredAnd}
	for _, n := range c.Args {
		n = f.bare(n)
		v, isConst := f.constant(n)
		switch {
		case isConst && v.null:
		case isConst:
			return predBounds
		case n.GetParamRef() != nil:
			all.Args = append(all.Args, &Predicate{Op: PredIsNull, Left: Operand{Param: int(n.GetParamRef().Number)}})
		case f.target(n) == column:
			// The column itself, once all before it are NULL.
			if len(all.Args) == 0 {
				return sameBothSides(op)
			}
			return &Predicate{Op: PredOr, Args: []*Predicate{all, predBounds}}
		default:
			return predBounds
		}
	}
	return predBounds
}

// operandCompare compares constants and parameters with each other; anything else says nothing of the target.
func operandCompare(op string, left, right *ast.Node) *Predicate {
	l, lok := operandOf(left)
	r, rok := operandOf(right)
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		if lok && rok {
			return &Predicate{Op: PredCompare, Operator: op, Left: l, Right: r}
		}
	}
	return predFree
}

func operandOf(n *ast.Node) (Operand, bool) {
	switch e := n.GetNode().(type) {
	case *ast.Node_ParamRef:
		return Operand{Param: int(e.ParamRef.Number)}, true
	case *ast.Node_AConst:
		text, ok := constText(e.AConst)
		if !ok {
			return Operand{Null: true}, true
		}
		return Operand{Const: &text}, true
	case *ast.Node_TypeCast:
		o, ok := operandOf(e.TypeCast.Arg)
		o.Type = typeWord(e.TypeCast.TypeName)
		return o, ok
	}
	return Operand{}, false
}

// rows compares row values: equality is the AND of the pairs.
func (f *folder) rows(op string, left, right []*ast.Node) *Predicate {
	pairs := make([]*Predicate, len(left))
	same := true
	for i := range left {
		pairs[i] = f.compare("=", left[i], right[i])
		same = same && pairs[i].Op == PredTrue
	}
	switch op {
	case "=", "is not distinct":
		return &Predicate{Op: PredAnd, Args: pairs}
	case "<>", "is distinct":
		return f.not(&Predicate{Op: PredAnd, Args: pairs})
	case "<=", ">=":
		if same {
			return predTrue
		}
	}
	for _, list := range [][]*ast.Node{left, right} {
		for _, n := range list {
			if f.mentions(n) {
				return predBounds
			}
		}
	}
	return predFree
}

// in is x IN (list) and x NOT IN (list).
func (f *folder) in(op string, e *ast.A_Expr) *Predicate {
	any := &Predicate{Op: PredOr}
	for _, n := range e.Rexpr.GetList().GetItems() {
		p := f.compare("=", e.Lexpr, n)
		if p.Op == PredTrue {
			any = p
			break
		}
		any.Args = append(any.Args, p)
	}
	if op == "<>" {
		return f.not(any)
	}
	return any
}

// array is x op ANY (array) and x op ALL (array).
func (f *folder) array(op string, e *ast.A_Expr) *Predicate {
	all := e.Kind == ast.A_Expr_Kind_AEXPR_OP_ALL
	items, known := elements(e.Rexpr)
	switch {
	case known && len(items) == 0:
		return foldedBool(all).predicate()
	case known && all:
		p := &Predicate{Op: PredAnd}
		for _, n := range items {
			p.Args = append(p.Args, f.compare(op, e.Lexpr, n))
		}
		return p
	case known:
		var arms []*Predicate
		for _, n := range items {
			arms = append(arms, f.compare(op, e.Lexpr, n))
		}
		return f.or(arms)
	case all && op != "<>" && op != "=", !all && op == "<>":
		// True of nearly everything, or of everything where the array is empty.
		return predFree
	}
	if f.mentions(e.Lexpr) || f.mentions(e.Rexpr) {
		return predBounds
	}
	return predFree
}

// elements are the items of an array whose text shows them.
func elements(n *ast.Node) ([]*ast.Node, bool) {
	for n.GetTypeCast() != nil {
		n = n.GetTypeCast().Arg
	}
	if a := n.GetAArrayExpr(); a != nil {
		return a.Elements, true
	}
	if c := n.GetAConst(); c != nil {
		text, _ := constText(c)
		return nil, strings.Trim(text, " ") == "{}"
	}
	return nil, false
}

func (f *folder) between(e *ast.A_Expr) *Predicate {
	items := e.Rexpr.GetList().GetItems()
	if len(items) != 2 {
		return predFree
	}
	within := func(low, high *ast.Node) *Predicate {
		return &Predicate{Op: PredAnd, Args: []*Predicate{f.compare(">=", e.Lexpr, low), f.compare("<=", e.Lexpr, high)}}
	}
	outside := func(low, high *ast.Node) *Predicate {
		return f.or([]*Predicate{f.compare("<", e.Lexpr, low), f.compare(">", e.Lexpr, high)})
	}
	switch e.Kind {
	case ast.A_Expr_Kind_AEXPR_BETWEEN:
		return within(items[0], items[1])
	case ast.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		return outside(items[0], items[1])
	case ast.A_Expr_Kind_AEXPR_BETWEEN_SYM:
		return f.or([]*Predicate{within(items[0], items[1]), within(items[1], items[0])})
	}
	return &Predicate{Op: PredAnd, Args: []*Predicate{outside(items[0], items[1]), outside(items[1], items[0])}}
}

// like is LIKE, ILIKE and SIMILAR TO, and their negations.
func (f *folder) like(op string, e *ast.A_Expr) *Predicate {
	negated := strings.HasPrefix(op, "!")
	left, pattern := f.bare(e.Lexpr), e.Rexpr
	if c := pattern.GetFuncCall(); c != nil && len(c.Args) > 0 {
		pattern = c.Args[0] // the pattern of like_escape and similar_to_escape
	}
	var p *Predicate
	if v, ok := f.constant(plainNode(pattern)); ok && f.mentions(left) {
		p = predBounds
		if !v.null && v.text != "" && strings.Trim(v.text, "%") == "" {
			p = predTrue
		}
	} else if f.mentions(left) {
		p = f.likeParams(pattern)
	} else {
		p = f.mentioned(pattern)
	}
	if negated {
		return f.not(p)
	}
	return p
}

// likeParams is a pattern made of parameters: it bounds if any of its parts does.
func (f *folder) likeParams(pattern *ast.Node) *Predicate {
	parts := concatenated(pattern)
	all := &Predicate{Op: PredAnd}
	for _, n := range parts {
		n = plainNode(n)
		v, isConst := f.constant(n)
		switch {
		case isConst && !v.null && strings.Trim(v.text, "%") == "":
		case n.GetParamRef() != nil:
			like := &Predicate{Op: PredLike, Right: Operand{Param: int(n.GetParamRef().Number)}}
			if len(parts) > 1 {
				like.Operator = "||"
			}
			all.Args = append(all.Args, like)
		default:
			return predBounds
		}
	}
	return all
}

// concatenated takes a || b || c apart.
func concatenated(n *ast.Node) []*ast.Node {
	if e := n.GetAExpr(); e != nil && e.Kind == ast.A_Expr_Kind_AEXPR_OP && opName(e.Name) == "||" && e.Lexpr != nil {
		return append(concatenated(e.Lexpr), e.Rexpr)
	}
	return []*ast.Node{n}
}
