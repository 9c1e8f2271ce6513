package lineage

import (
	"math/big"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// folded is a constant.
type folded struct {
	text    string
	null    bool
	boolean bool
	numeric bool // it is compared as a number
	plain   bool // no cast changes what the text says: two of them with different text are different values
}

func foldedBool(b bool) folded { return folded{text: boolText(b), boolean: true, plain: true} }

// predicate is the constant as a condition.
func (v folded) predicate() *Predicate {
	switch {
	case v.null:
		return predFalse
	case truthy(v.text):
		return predTrue
	case v.boolean || isFalse(v.text):
		return predFalse
	}
	return predFree
}

func isFalse(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return s != "" && (s == "0" || s == "off" || strings.HasPrefix("false", s) || strings.HasPrefix("no", s))
}

// compare folds two constants. Where it is not sure that the answer is no, the answer is the one that refuses.
func (v folded) compare(op string, o folded) *Predicate {
	if v.null || o.null {
		return v.compareNull(op, o)
	}
	c, known := v.order(o)
	if !known {
		return predFree
	}
	holds := false
	switch op {
	case "=", "is not distinct":
		holds = c == 0
	case "<>", "is distinct":
		holds = c != 0
	case "<":
		holds = c < 0
	case "<=":
		holds = c <= 0
	case ">":
		holds = c > 0
	case ">=":
		holds = c >= 0
	default:
		return predFree
	}
	sure := v.plain && o.plain
	if strings.ContainsAny(op, "<>") && op != "<>" && c != 0 {
		// Which of two texts is the greater one is a question of collation.
		sure = sure && v.numeric && o.numeric
	}
	if !holds && !sure {
		return predFree
	}
	return foldedBool(holds).predicate()
}

func (v folded) compareNull(op string, o folded) *Predicate {
	switch op {
	case "is not distinct":
		return foldedBool(v.null && o.null).predicate()
	case "is distinct":
		return foldedBool(v.null != o.null).predicate()
	}
	return predFalse
}

// order compares numbers as such, truth values by their meaning and texts byte by byte; false where it cannot tell.
func (v folded) order(o folded) (int, bool) {
	if v.boolean != o.boolean {
		if !truthy(v.text) && !isFalse(v.text) || !truthy(o.text) && !isFalse(o.text) {
			return 0, false
		}
		return strings.Compare(boolText(truthy(v.text)), boolText(truthy(o.text))), true
	}
	a, aok := number(v.text)
	b, bok := number(o.text)
	switch {
	case aok && bok:
		return a.Cmp(b), true
	case v.text == o.text:
		return 0, true
	case v.plain && o.plain:
		return strings.Compare(v.text, o.text), true
	}
	return 0, false
}

// number reads a number in the way that people write them; anything longer is none.
func number(s string) (*big.Rat, bool) {
	if len(s) == 0 || len(s) > 40 || strings.ContainsAny(s, "eExX_/") {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// cast is the constant under a type. It stays plain where the type keeps different texts different.
func (v folded) cast(t *ast.TypeName) folded {
	name := typeWord(t)
	switch {
	case v.null:
	case len(t.GetTypmods()) > 0 || name == "name" || name == "char":
		v.text, v.plain = truncated(v.text, name, t.GetTypmods()), false
	case name == "bool":
		if truthy(v.text) || isFalse(v.text) {
			v.text, v.boolean = boolText(truthy(v.text)), true
		} else {
			v.plain = false
		}
	case wholeTypes[name]:
		n, ok := number(v.text)
		v.numeric, v.plain = true, v.plain && ok && n.IsInt()
	default:
		v.plain = v.plain && plainTypes[name]
	}
	return v
}

// truncated is a text as a cast to a type of limited length leaves it.
func truncated(s, typ string, mods []*ast.Node) string {
	switch typ {
	case "name":
		return s[:min(len(s), 63)]
	case "char":
		return s[:min(len(s), 1)]
	case "varchar", "bpchar":
		if r := []rune(s); len(mods) == 1 && len(r) > int(mods[0].GetAConst().GetIval().GetIval()) {
			return string(r[:max(0, int(mods[0].GetAConst().GetIval().GetIval()))])
		}
	}
	return s
}

var (
	textTypes  = map[string]bool{"text": true, "varchar": true, "unknown": true, "bpchar": true, "name": true, "char": true}
	wholeTypes = map[string]bool{"int2": true, "int4": true, "int8": true}
	plainTypes = map[string]bool{"text": true, "varchar": true, "unknown": true}
)

// constant folds an expression that has no column, no parameter and no function.
func (f *folder) constant(n *ast.Node) (folded, bool) {
	if f.work++; f.work > maxFoldWork {
		return folded{}, false
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_AConst:
		text, ok := constText(e.AConst)
		return folded{
			text: text, null: !ok, boolean: e.AConst.GetBoolval() != nil, plain: true,
			numeric: ok && e.AConst.GetSval() == nil && e.AConst.GetBsval() == nil && e.AConst.GetBoolval() == nil,
		}, true
	case *ast.Node_TypeCast:
		v, ok := f.constant(e.TypeCast.Arg)
		if f.leaves == nil && !textTypes[typeWord(e.TypeCast.TypeName)] {
			return folded{}, false // the text itself is asked for
		}
		return v.cast(e.TypeCast.TypeName), ok
	case *ast.Node_AArrayExpr:
		return folded{text: "{}"}, len(e.AArrayExpr.Elements) == 0
	case *ast.Node_CoalesceExpr:
		for _, arg := range e.CoalesceExpr.Args {
			if v, ok := f.constant(plainNode(arg)); !ok || !v.null {
				return v, ok
			}
		}
		return folded{null: true}, true
	case *ast.Node_SubLink:
		if e.SubLink.SubLinkType == ast.SubLinkType_EXPR_SUBLINK {
			if inner := alone(e.SubLink.GetSubselect().GetSelectStmt()); inner != nil {
				return f.constant(plainNode(inner))
			}
		}
	case *ast.Node_CaseExpr:
		return f.constantCase(e.CaseExpr)
	case *ast.Node_AExpr:
		return f.constantOperation(e.AExpr)
	}
	return folded{}, false
}

// constantCase folds a CASE whose tests are constants.
func (f *folder) constantCase(e *ast.CaseExpr) (folded, bool) {
	if f.depth++; f.depth > maxFold {
		return folded{}, false
	}
	defer func() { f.depth-- }()
	for _, n := range e.Args {
		test := n.GetCaseWhen().GetExpr()
		if e.Arg != nil {
			test = operation("=", e.Arg, test)
		}
		switch f.condition(test).Op {
		case PredTrue:
			return f.constant(plainNode(n.GetCaseWhen().GetResult()))
		case PredFalse:
		default:
			return folded{}, false
		}
	}
	if e.Defresult == nil {
		return folded{null: true}, true
	}
	return f.constant(plainNode(e.Defresult))
}

// constantOperation folds arithmetic and concatenation.
func (f *folder) constantOperation(e *ast.A_Expr) (folded, bool) {
	if e.Kind == ast.A_Expr_Kind_AEXPR_NULLIF {
		return f.constantNullif(e)
	}
	if e.Kind != ast.A_Expr_Kind_AEXPR_OP || e.Lexpr == nil || f.depth > maxFold {
		return folded{}, false
	}
	f.depth++
	defer func() { f.depth-- }()
	op := opName(e.Name)
	a, aok := f.constant(plainNode(e.Lexpr))
	b, bok := f.constant(plainNode(e.Rexpr))
	if !aok || !bok {
		return f.absorbed(op, e, a, b, aok, bok)
	}
	if a.null || b.null {
		return folded{null: true}, slices.Contains([]string{"+", "-", "*", "/", "||"}, op)
	}
	if op == "||" {
		return folded{text: a.text + b.text, plain: a.plain && b.plain}, true
	}
	x, xok := number(a.text)
	y, yok := number(b.text)
	if !xok || !yok {
		return folded{}, false
	}
	switch op {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	case "*":
		x.Mul(x, y)
	default:
		return folded{}, false
	}
	if !x.IsInt() {
		return folded{}, false
	}
	return folded{text: x.Num().String(), numeric: true, plain: a.plain && b.plain}, true
}

// absorbed is x * 0, x - x and the like: zero, or NULL.
func (f *folder) absorbed(op string, e *ast.A_Expr, a, b folded, aok, bok bool) (folded, bool) {
	zero := folded{text: "0", numeric: true}
	switch op {
	case "*", "&":
		return zero, aok && !a.null && a.text == "0" || bok && !b.null && b.text == "0"
	case "%":
		return zero, bok && b.text == "1"
	case "-", "#":
		if aok || bok || f.leaves == nil {
			return folded{}, false
		}
		key := f.key(f.bare(e.Lexpr))
		return zero, key != "" && key == f.key(f.bare(e.Rexpr))
	}
	return folded{}, false
}

// constantNullif folds NULLIF of constants, and of an expression and itself.
func (f *folder) constantNullif(e *ast.A_Expr) (folded, bool) {
	if f.leaves == nil || f.depth > maxFold {
		return folded{}, false
	}
	f.depth++
	defer func() { f.depth-- }()
	if p := f.compare("=", e.Lexpr, e.Rexpr); p.Op == PredTrue {
		return folded{null: true}, true
	} else if p.Op != PredFalse {
		return folded{}, false
	}
	return f.constant(plainNode(e.Lexpr))
}

// plainNode takes off what does not change a value as far as a comparison goes.
func plainNode(n *ast.Node) *ast.Node {
	for {
		switch e := n.GetNode().(type) {
		case *ast.Node_TypeCast:
			inner := e.TypeCast.Arg
			for inner.GetTypeCast() != nil {
				inner = inner.GetTypeCast().Arg
			}
			if inner.GetAConst() != nil {
				return n // a constant needs its type
			}
			n = inner
		case *ast.Node_CollateClause:
			n = e.CollateClause.Arg
		default:
			return n
		}
	}
}

// bare finds the column in a term that changes nothing: id + 0, 1 * id, name || ”, (SELECT id), COALESCE(id, id).
func (f *folder) bare(n *ast.Node) *ast.Node { return f.stripped(n, true) }

// simple is bare, but for COALESCE: that of a column is not NULL where the column is.
func (f *folder) simple(n *ast.Node) *ast.Node { return f.stripped(n, false) }

func (f *folder) stripped(n *ast.Node, coalesce bool) *ast.Node {
	for range maxFold {
		n = plainNode(n)
		next := n
		switch e := n.GetNode().(type) {
		case *ast.Node_AExpr:
			next = f.unchanging(e.AExpr, n)
		case *ast.Node_SubLink:
			if e.SubLink.SubLinkType == ast.SubLinkType_EXPR_SUBLINK {
				if inner := alone(e.SubLink.GetSubselect().GetSelectStmt()); inner != nil {
					next = inner
				}
			}
		case *ast.Node_CoalesceExpr:
			if first := e.CoalesceExpr.Args; coalesce && len(first) > 0 && f.target(plainNode(first[0])) != "" {
				next = first[0]
			}
		case *ast.Node_RowExpr:
			if len(e.RowExpr.Args) == 1 {
				next = e.RowExpr.Args[0]
			}
		}
		if next == n {
			return n
		}
		n = next
	}
	return n
}

// unchanging gives the other operand where one changes nothing.
func (f *folder) unchanging(e *ast.A_Expr, n *ast.Node) *ast.Node {
	if e.Kind != ast.A_Expr_Kind_AEXPR_OP {
		return n
	}
	op := opName(e.Name)
	if e.Lexpr == nil {
		if op == "+" {
			return e.Rexpr
		}
		return n
	}
	zero := map[string]string{"+": "0", "-": "0", "*": "1", "/": "1", "||": ""}
	identity, known := zero[op]
	if !known {
		return n
	}
	if v, ok := f.constant(plainNode(e.Rexpr)); ok && !v.null && v.text == identity {
		return e.Lexpr
	}
	if v, ok := f.constant(plainNode(e.Lexpr)); ok && !v.null && v.text == identity && op != "-" && op != "/" {
		return e.Rexpr
	}
	return n
}

// target is the name of a column of the target, "" where the node is none.
func (f *folder) target(n *ast.Node) string {
	ref := n.GetColumnRef()
	if ref == nil {
		return ""
	}
	c, target := f.column(ref)
	switch {
	case !target:
		return ""
	case c != nil:
		return c.Name
	}
	return "" // a whole row
}
