package lineage

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
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
	f.depth++
	defer func() { f.depth-- }()
	if f.work++; f.depth > maxFold || f.work > maxFoldWork {
		return predFree
	}
	if strings.HasPrefix(op, "!~") {
		return f.not(f.compare(op[1:], left, right))
	}
	asWritten := [2]*ast.Node{left, right}
	left, right = f.bare(left), f.bare(right)
	if l, r := left.GetRowExpr(), right.GetRowExpr(); l != nil && r != nil && len(l.Args) == len(r.Args) {
		return f.rowValues(op, l.Args, r.Args)
	}
	a, aConst := f.constant(left)
	b, bConst := f.constant(right)
	switch {
	case aConst && bConst:
		if a.null || b.null {
			return f.withNull(op, a, b)
		}
		return a.compare(op, b)
	case aConst && a.null:
		return f.toNull(op, right)
	case bConst && b.null:
		return f.toNull(op, left)
	case f.isBoolean(left):
		return f.compareTruth(op, left, right)
	case f.isBoolean(right):
		return f.compareTruth(mirrored(op), right, left)
	}
	l, r := f.target(left), f.target(right)
	if p := f.itself(op, l, left, right); p != nil {
		return p
	}
	if p := f.itself(mirrored(op), r, right, left); p != nil {
		return p
	}
	if q := scalar(right); q != nil && f.mentions(left) {
		if f.selfish(q) {
			return predFree
		}
		return f.anyOf(op, left, q)
	}
	if q := scalar(left); q != nil && f.mentions(right) {
		if f.selfish(q) {
			return predFree
		}
		return f.anyOf(mirrored(op), right, q)
	}
	if !aConst && !bConst && left.GetParamRef() == nil && right.GetParamRef() == nil {
		if key := f.key(left); key != "" && key == f.key(right) {
			return f.sameBothSides(op, left)
		}
	}
	lo, lParam := operandOf(asWritten[0])
	ro, rParam := operandOf(asWritten[1])
	switch {
	case l != "" && bConst:
		return f.bound(op, l, left, b)
	case r != "" && aConst:
		return f.bound(mirrored(op), r, right, a)
	case l != "" && rParam:
		return f.match(op, left, right, ro)
	case r != "" && lParam:
		return f.match(mirrored(op), right, left, lo)
	case l != "" && right.GetCoalesceExpr() != nil:
		return f.withCoalesce(op, l, left, right)
	case r != "" && left.GetCoalesceExpr() != nil:
		return f.withCoalesce(mirrored(op), r, right, left)
	case f.mentions(left) || f.mentions(right):
		if f.sideless(left, right) {
			return predFree
		}
		if bConst && matchesAll(op, b.text, "") || aConst && matchesAll(mirrored(op), a.text, "") {
			return predTrue
		}
		if rParam && ro.hasParam() {
			return f.match(op, left, right, ro)
		}
		return f.leafOf(op, left, right)
	}
	return operandCompare(op, asWritten[0], asWritten[1])
}

// scalar is the query of a subquery that is used as a value.
func scalar(n *ast.Node) *ast.SelectStmt {
	if s := n.GetSubLink(); s != nil && s.SubLinkType == ast.SubLinkType_EXPR_SUBLINK {
		return s.GetSubselect().GetSelectStmt()
	}
	return nil
}

// leafOf is a comparison that bounds; of two that are opposite the one is the negation of the other.
func (f *folder) leafOf(op string, left, right *ast.Node) *Predicate {
	p := &Predicate{Op: PredBounds}
	f.name(p, op, left, right)
	return p
}

// name notes by what a comparison is known.
func (f *folder) name(p *Predicate, op string, left, right *ast.Node) {
	l, r := f.key(left), f.key(right)
	if l == "" || r == "" {
		return
	}
	negated := false
	switch op {
	case "<>", ">=", ">", "is distinct":
		op, negated = map[string]string{"<>": "=", ">=": "<", ">": "<=", "is distinct": "is not distinct"}[op], true
	}
	f.leaves[p] = leaf{key: l + " " + op + " " + r, negated: negated}
}

// match compares with what arguments make.
func (f *folder) match(op string, left, right *ast.Node, o Operand) *Predicate {
	typ := ""
	c, target := (*Column)(nil), false
	if ref := left.GetColumnRef(); ref != nil {
		c, target = f.column(ref)
	}
	if target && c != nil {
		typ = c.Type
	}
	if left.GetFuncCall() != nil {
		typ = naturalNumber
	}
	if f.target(left) == "ctid" {
		typ = "tid"
	}
	p := &Predicate{Op: PredMatch, Operator: op, Left: Operand{Type: typ}, Right: o}
	switch op {
	case "<", ">":
		if typ != "tid" {
			p = &Predicate{Op: PredBounds}
		}
	case "=", "<>", "is not distinct":
		p = &Predicate{Op: PredBounds}
	case "is distinct":
		if c == nil || !c.NotNull {
			p = &Predicate{Op: PredBounds}
		}
	case "~~", "~~*":
		p = &Predicate{Op: PredLike, Right: o}
	}
	f.name(p, op, left, right)
	return p
}

// withNull compares two constants one of which is NULL. PostgreSQL can be told to read x = NULL as x IS NULL.
func (f *folder) withNull(op string, a, b folded) *Predicate {
	p := a.compareNull(op, b)
	switch {
	case op != "=":
		return p
	case a.null && b.null:
		return predFree
	}
	return f.opposed(p, predFree)
}

// toNull compares an expression with NULL.
func (f *folder) toNull(op string, n *ast.Node) *Predicate {
	switch op {
	case "is not distinct":
		return f.isNull(n, -1)
	case "is distinct":
		return f.not(f.isNull(n, -1))
	case "=":
		p := f.isNull(n, -1)
		if p.Op == PredIsNull || p.Op == PredFree {
			return p
		}
		return f.opposed(p, predFree)
	}
	return f.opposed(predFalse, predFree)
}

// isTruth reports whether an expression is written as a truth value.
func isTruth(n *ast.Node) bool {
	switch e := n.GetNode().(type) {
	case *ast.Node_BoolExpr, *ast.Node_NullTest, *ast.Node_BooleanTest:
		return true
	case *ast.Node_SubLink:
		switch e.SubLink.SubLinkType {
		case ast.SubLinkType_EXISTS_SUBLINK, ast.SubLinkType_ANY_SUBLINK, ast.SubLinkType_ALL_SUBLINK:
			return true
		}
	case *ast.Node_AExpr:
		switch e.AExpr.Kind {
		case ast.A_Expr_Kind_AEXPR_OP:
			return truthOperators[opName(e.AExpr.Name)]
		case ast.A_Expr_Kind_AEXPR_NULLIF:
			return false
		}
		return true
	case *ast.Node_FuncCall:
		return operatorOf[opName(e.FuncCall.Funcname)] != ""
	case *ast.Node_AConst:
		return e.AConst.GetBoolval() != nil
	case *ast.Node_TypeCast:
		return typeWord(e.TypeCast.TypeName) == "bool"
	}
	return false
}

var truthOperators = wordsOf("= <> < > <= >= ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ && ^@ ? ?| ?& @@ @? -|- << >> &< &>")

func wordsOf(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// isBoolean reports whether an expression that is no constant and no argument is a truth value.
func (f *folder) isBoolean(n *ast.Node) bool {
	f.depth++
	defer func() { f.depth-- }()
	if f.work++; f.depth > maxFold || f.work > maxFoldWork {
		return true
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		c, target := f.column(e.ColumnRef)
		return target && c != nil && c.Type == "boolean"
	case *ast.Node_CoalesceExpr:
		return slices.ContainsFunc(e.CoalesceExpr.Args, func(n *ast.Node) bool { return isTruth(n) || f.isBoolean(plainNode(n)) })
	case *ast.Node_CaseExpr:
		truth := func(n *ast.Node) bool { return n != nil && (isTruth(n) || f.isBoolean(plainNode(n))) }
		for _, w := range e.CaseExpr.Args {
			if truth(w.GetCaseWhen().GetResult()) {
				return true
			}
		}
		return truth(e.CaseExpr.Defresult)
	case *ast.Node_AConst, *ast.Node_TypeCast, *ast.Node_ParamRef:
		return false
	}
	return isTruth(n)
}

// compareTruth compares a truth value: with a constant it is the condition or its negation, or bounds nothing.
func (f *folder) compareTruth(op string, n, other *ast.Node) *Predicate {
	if o, ok := operandOf(other); ok && o.hasParam() {
		return f.truthIsArgument(op, n, other, o)
	}
	v, ok := f.constant(other)
	if !ok {
		key := f.key(n)
		switch {
		case key != "" && key == f.key(other):
			return f.sameBothSides(op, n)
		case n.GetColumnRef() != nil && other.GetColumnRef() != nil:
			if p := f.itself(op, f.target(n), n, other); p != nil {
				return p
			}
			if p := f.itself(mirrored(op), f.target(other), other, n); p != nil {
				return p
			}
			return f.leafOf(op, n, other)
		case scalar(other) != nil && n.GetColumnRef() != nil:
			return f.anyOf(op, n, scalar(other))
		case f.isBoolean(other) && (op == "=" || op == "<>" || op == "is distinct" || op == "is not distinct"):
			return f.sameTruth(op == "=" || op == "is not distinct", n, other)
		case n.GetColumnRef() != nil && f.target(n) != "":
			return f.leafOf(op, n, other)
		}
		return predFree
	}
	p := f.condition(n)
	switch yes := truthy(v.text); {
	case !yes && !isFalse(v.text):
		return predFree
	case op == "=" || op == "is not distinct":
		return f.asTruth(n, p, yes)
	case op == "<>" || op == "is distinct":
		return f.asTruth(n, p, !yes)
	case op == "<=" && yes, op == ">=" && !yes:
		return predTrue
	case op == "<" && yes, op == ">" && !yes:
		return f.asTruth(n, p, !yes)
	case op == "<=" || op == ">=":
		return f.asTruth(n, p, yes)
	case op == "<" || op == ">":
		return predFalse
	}
	return predFree
}

func (f *folder) asTruth(_ *ast.Node, p *Predicate, yes bool) *Predicate {
	if yes {
		return p
	}
	return f.not(p)
}

// truthIsArgument compares a truth value with an argument: of a column that is a comparison as any other.
func (f *folder) truthIsArgument(op string, n, other *ast.Node, o Operand) *Predicate {
	if n.GetColumnRef() != nil {
		return f.match(op, n, other, o)
	}
	param := plainNode(other).GetParamRef()
	if param == nil || op != "=" && op != "<>" {
		return predFree
	}
	yes := &Predicate{Op: PredParam, Param: int(param.Number)}
	p := f.condition(n)
	q := f.not(p)
	if op == "<>" {
		p, q = q, p
	}
	return f.opposed(f.or([]*Predicate{and([]*Predicate{yes, p}), and([]*Predicate{f.not(yes), q})}),
		f.or([]*Predicate{and([]*Predicate{yes, q}), and([]*Predicate{f.not(yes), p})}))
}

// sameBothSides is an expression compared with itself. What calls functions need not give the same twice.
func (f *folder) sameBothSides(op string, n *ast.Node) *Predicate {
	p := sameBothSides(op)
	if p.Op == PredFalse && (len(funcCalls(n)) > 0 || n.GetColumnRef() == nil) {
		return predFree
	}
	return p
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
	case "@>":
		return "<@"
	case "<@":
		return "@>"
	case "=", "<>", "is distinct", "is not distinct", "&&":
		return op
	}
	return "mirrored " + op
}

// bound compares a column of the target with a constant.
func (f *folder) bound(op, column string, n *ast.Node, value folded) *Predicate {
	p := &Predicate{Op: PredBounds}
	typ := ""
	if c, ok := f.column(n.GetColumnRef()); ok && c != nil {
		typ = c.Type
	}
	if column == "ctid" {
		typ = "tid"
	}
	if matchesAll(op, value.text, typ) {
		return predTrue
	}
	f.leaves[p] = leaf{atom: &atom{column: column, op: op, value: value}}
	return p
}

// probes are texts of which a pattern that matches them all is taken to match everything.
var probes = []string{"", "\x01\U0010ffff", "aA0 _-.\n\t%\\/"}

// matchesAll reports whether an operator with that constant is true of every value.
func matchesAll(op, text, typ string) bool {
	trimmed := strings.Trim(text, " ")
	switch op {
	case "~~", "~~*":
		return text != "" && strings.Trim(text, "%") == ""
	case "~", "~*":
		if len(text) > maxPattern {
			return false
		}
		re, err := regexp.Compile("(?s)" + text)
		return err == nil && !slices.ContainsFunc(probes, func(s string) bool { return !re.MatchString(s) })
	case "^@":
		return text == ""
	case "@>":
		return trimmed == "{}" || trimmed == "[]"
	case ">", "?&", "@?", "@@":
		return op == ">" && (typ == "tid" && strings.HasPrefix(text, "(0,")) || op == "?&" && trimmed == "{}" || op[0] == '@' && anyDocument(text)
	case ">=":
		return typ == naturalNumber && (text == "0" || strings.HasPrefix(text, "-")) || typ == "tid" && strings.HasPrefix(text, "(0,") || text == "" || text == "-infinity" || text == lowest[typ]
	case "<=":
		return text == "infinity" || text == highest[typ]
	}
	return false
}

// naturalNumber is the type that the result of a function is taken to have where it is compared with an argument.
const naturalNumber = "natural"

// maxPattern is how long a pattern is tried.
const maxPattern = 200

var (
	lowest = map[string]string{
		"smallint": "-32768", "integer": "-2147483648", "bigint": "-9223372036854775808", "boolean": "false",
		"uuid": "00000000-0000-0000-0000-000000000000",
	}
	highest = map[string]string{
		"smallint": "32767", "integer": "2147483647", "bigint": "9223372036854775807", "boolean": "true",
		"uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff",
	}
)

// withCoalesce compares a column with an expression; COALESCE(..., the column) is the column where the rest is NULL.
func (f *folder) withCoalesce(op, column string, node, other *ast.Node) *Predicate {
	var before []*Predicate
	for _, n := range other.GetCoalesceExpr().Args {
		n = f.bare(n)
		v, isConst := f.constant(n)
		o, ok := operandOf(n)
		switch {
		case isConst && v.null:
		case isConst:
			return f.leafOf(op, node, other)
		case f.target(n) == column:
			// The column itself, once all before it are NULL.
			p := f.sameBothSides(op, n)
			if len(before) == 0 || p.Op != PredTrue {
				return p
			}
			return f.opposed(&Predicate{Op: PredOr, Args: []*Predicate{and(before), predBounds}}, predFree)
		case ok:
			before = append(before, &Predicate{Op: PredIsNull, Left: o})
		default:
			before = append(before, predFree)
		}
	}
	return f.leafOf(op, node, other)
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

// operandOf reads what constants and arguments make.
func operandOf(n *ast.Node) (Operand, bool) { return operandAt(n, 0) }

func operandAt(n *ast.Node, depth int) (Operand, bool) {
	if depth > maxOperand {
		return Operand{}, false
	}
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
		o, ok := operandAt(e.TypeCast.Arg, depth+1)
		word := typeWord(e.TypeCast.TypeName)
		if len(e.TypeCast.TypeName.GetTypmods()) > 0 || o.Type != "" && o.Type != word && !plainTypes[o.Type] {
			word = changing // a cast may have changed the text already
		}
		o.Type = word
		return o, ok
	case *ast.Node_CollateClause:
		return operandAt(e.CollateClause.Arg, depth+1)
	case *ast.Node_CoalesceExpr:
		return operandCall("coalesce", e.CoalesceExpr.Args, depth)
	case *ast.Node_FuncCall:
		switch name := opName(e.FuncCall.Funcname); name {
		case "concat", "lower", "upper", "btrim", "trim", "ltrim", "rtrim":
			if (name == "concat" || len(e.FuncCall.Args) == 1) && !e.FuncCall.FuncVariadic {
				return operandCall(name, e.FuncCall.Args, depth)
			}
		}
	case *ast.Node_AExpr:
		switch {
		case e.AExpr.Kind == ast.A_Expr_Kind_AEXPR_NULLIF:
			return operandCall("nullif", []*ast.Node{e.AExpr.Lexpr, e.AExpr.Rexpr}, depth)
		case e.AExpr.Kind == ast.A_Expr_Kind_AEXPR_OP && opName(e.AExpr.Name) == "||" && e.AExpr.Lexpr != nil:
			return operandCall("||", []*ast.Node{e.AExpr.Lexpr, e.AExpr.Rexpr}, depth)
		}
	}
	return Operand{}, false
}

const (
	maxOperand = 50
	changing   = "?"
)

func operandCall(name string, args []*ast.Node, depth int) (Operand, bool) {
	o := Operand{Call: name}
	for _, n := range args {
		a, ok := operandAt(n, depth+1)
		if !ok {
			return Operand{}, false
		}
		o.Args = append(o.Args, a)
	}
	return o, true
}

// hasParam reports whether the operand depends on an argument.
func (o Operand) hasParam() bool { return o.Param > 0 || slices.ContainsFunc(o.Args, Operand.hasParam) }

// rowValues compares row values: equality is the AND of the pairs.
func (f *folder) rowValues(op string, left, right []*ast.Node) *Predicate {
	pairs := make([]*Predicate, len(left))
	same := true
	for i := range left {
		pairs[i] = f.compare("=", left[i], right[i])
		same = same && pairs[i].Op == PredTrue
	}
	switch op {
	case "=", "is not distinct":
		return and(pairs)
	case "<>", "is distinct":
		return f.not(and(pairs))
	case "<=", ">=":
		held := true
		for i := range left {
			held = held && f.condition(operation(op, left[i], right[i])).Truth(nil) == Always
		}
		if same || held {
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
	var arms []*Predicate
	for _, n := range e.Rexpr.GetList().GetItems() {
		p := f.compare("=", e.Lexpr, n)
		if p.Op == PredTrue {
			arms = []*Predicate{p}
			break
		}
		arms = append(arms, p)
	}
	any := f.or(arms)
	if len(arms) == 1 {
		any = arms[0]
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
	if known {
		var arms []*Predicate
		for _, n := range items {
			arms = append(arms, f.compare(op, e.Lexpr, n))
		}
		switch {
		case len(items) == 0:
			return foldedBool(all).predicate()
		case all:
			return and(arms)
		}
		return f.or(arms)
	}
	if sub := plainNode(e.Rexpr).GetSubLink(); sub != nil && sub.SubLinkType == ast.SubLinkType_ARRAY_SUBLINK {
		q := sub.GetSubselect().GetSelectStmt()
		if !all && f.everything("=", e.Lexpr, q) {
			return predFree
		}
		switch negation, known := opposite[op]; {
		case !all:
			return f.anyOf(op, e.Lexpr, q)
		case known:
			return f.not(f.anyOf(negation, e.Lexpr, q))
		}
		return predFree
	}
	if q := scalar(plainNode(e.Rexpr)); q != nil && !all && f.everything("=", e.Lexpr, q) {
		return predFree
	}
	o, ok := operandOf(e.Rexpr)
	switch {
	case !all && op == "<>", all && !ok && op != "<>" && op != "=" && f.target(f.bare(e.Rexpr)) == "":
		// True of nearly everything, or of everything where the array is empty.
		return predFree
	case ok && o.hasParam() && f.mentions(e.Lexpr):
		p := &Predicate{Op: PredMatch, Operator: op + " ANY", Right: o}
		if all {
			p.Operator = op + " ALL"
		}
		l, r := f.key(f.bare(e.Lexpr)), f.key(plainNode(e.Rexpr))
		switch {
		case l == "" || r == "":
		case all && op == "<>":
			f.leaves[p] = leaf{key: l + " = ANY " + r, negated: true}
		default:
			f.leaves[p] = leaf{key: l + " " + p.Operator + " " + r}
		}
		return p
	case f.mentions(e.Lexpr) || f.mentions(e.Rexpr):
		if f.key(f.bare(e.Lexpr)) == f.key(plainNode(e.Rexpr)) {
			return predFree
		}
		return f.leafOf(op+" ANY", e.Lexpr, e.Rexpr)
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
		text, ok := constText(c)
		if !ok {
			return nil, false
		}
		list, ok := arrayText(text)
		var items []*ast.Node
		for i := range list {
			items = append(items, &ast.Node{Node: &ast.Node_AConst{AConst: &ast.A_Const{Val: &ast.A_Const_Sval{Sval: &ast.String{Sval: list[i]}}}}})
		}
		return items, ok
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
		return f.not(within(low, high))
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

// arrayText reads the elements of an array written as text; false where it has more than plain ones.
func arrayText(s string) ([]string, bool) {
	s = strings.Trim(s, " ")
	inner, ok := strings.CutPrefix(s, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !ok || !closed || strings.ContainsAny(inner, "{}\\") {
		return nil, false
	}
	if strings.Trim(inner, " ") == "" {
		return nil, true
	}
	list := strings.Split(inner, ",")
	for i := range list {
		list[i] = strings.Trim(strings.Trim(list[i], " "), `"`)
	}
	return list, true
}

// like is LIKE, ILIKE and SIMILAR TO, and their negations.
func (f *folder) like(op string, e *ast.A_Expr) *Predicate {
	pattern := e.Rexpr
	if c := pattern.GetFuncCall(); c != nil && len(c.Args) > 0 {
		switch opName(c.Funcname) {
		case "like_escape", "similar_to_escape":
			pattern = c.Args[0]
		}
	}
	negated := strings.HasPrefix(op, "!")
	op = strings.TrimPrefix(op, "!")
	if e.Kind == ast.A_Expr_Kind_AEXPR_SIMILAR {
		op = "~~"
	}
	p := f.patterned(op, e.Lexpr, pattern)
	if negated {
		return f.not(p)
	}
	return p
}

func (f *folder) patterned(op string, text, pattern *ast.Node) *Predicate {
	left := f.bare(text)
	v, isConst := f.constant(plainNode(pattern))
	o, isOperand := operandOf(pattern)
	switch {
	case !f.mentions(left) || isConst && v.null:
		return f.compare(op, text, pattern)
	case isConst && matchesAll(op, v.text, ""):
		return predTrue
	case isConst || !isOperand:
		if parts := concatenated(pattern); len(parts) > 1 && !isConst {
			return f.patternParts(op, left, pattern, parts)
		}
		return f.leafOf(op, left, pattern)
	}
	p := &Predicate{Op: PredLike, Right: o}
	f.name(p, op, left, pattern)
	return p
}

// patternParts is a pattern some of whose parts nobody can tell.
func (f *folder) patternParts(op string, left, pattern *ast.Node, parts []*ast.Node) *Predicate {
	for _, n := range parts {
		if f.mentions(n) && f.key(f.bare(n)) == f.key(left) {
			return predFree
		}
	}
	return f.leafOf(op, left, pattern)
}

// concatenated takes a || b || c apart.
func concatenated(n *ast.Node) []*ast.Node {
	if e := n.GetAExpr(); e != nil && e.Kind == ast.A_Expr_Kind_AEXPR_OP && opName(e.Name) == "||" && e.Lexpr != nil {
		return append(concatenated(e.Lexpr), e.Rexpr)
	}
	return []*ast.Node{n}
}

// sameTruth compares two truth values: both hold or neither does.
func (f *folder) sameTruth(same bool, left, right *ast.Node) *Predicate {
	p, q := f.condition(left), f.condition(right)
	equal := f.or([]*Predicate{and([]*Predicate{p, q}), and([]*Predicate{f.not(p), f.not(q)})})
	unequal := f.or([]*Predicate{and([]*Predicate{p, f.not(q)}), and([]*Predicate{f.not(p), q})})
	if same {
		return f.opposed(equal, unequal)
	}
	return f.opposed(unequal, equal)
}

// sideless reports whether a comparison asks nothing of the row after all: chance decides it, or its subquery looks for
// the row itself, or it asks for the type.
func (f *folder) sideless(left, right *ast.Node) bool {
	for _, side := range [2][2]*ast.Node{{left, right}, {right, left}} {
		if (hasArray(side[0]) && f.mentions(side[0]) || f.hasRow(side[0])) && f.mentions(side[1]) {
			return true // it looks for itself in a list, or in the row, that it is in
		}
		if q := scalar(side[0]); q != nil && f.selfish(q) {
			return true
		}
		for _, call := range funcCalls(side[0]) {
			if name := opName(call.GetFuncname()); strings.HasPrefix(name, "random") || name == "pg_typeof" {
				return true
			}
		}
		if c := side[0].GetFuncCall(); c != nil && c.GetArgs() != nil && steady(side[0]) && !strings.Contains(opName(c.GetFuncname()), "now") {
			// A text of its greatest letter, a range without ends.
			switch opName(c.GetFuncname()) {
			case "repeat", "chr", "rpad", "lpad":
				return true
			case "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange":
				a, aok := f.constant(plainNode(c.GetArgs()[0]))
				b, bok := f.constant(plainNode(c.GetArgs()[len(c.GetArgs())-1]))
				if aok && bok && a.null && b.null {
					return true
				}
			}
		}
	}
	return false
}

// anyDocument reports whether a JSON path finds something in any document: the document itself, a comparison of equals.
func anyDocument(path string) bool {
	path = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(path), "strict"), "lax"))
	l, r, compares := strings.Cut(path, "==")
	if compares {
		return strings.TrimSpace(l) == strings.TrimSpace(r)
	}
	return path == "$" || path == "true" || path == "$.**" || path == "exists($)"
}

// hasArray reports whether a tree builds an array.
func hasArray(n *ast.Node) bool {
	found := false
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		_, ok := m.Interface().(*ast.A_ArrayExpr)
		found = found || ok
		return !found
	})
	return found
}

// hasRow reports whether a tree names the whole row of the target.
func (f *folder) hasRow(n *ast.Node) bool {
	return slices.ContainsFunc(columnRefs(n), func(ref *ast.ColumnRef) bool {
		_, known := f.scope.refs[ref.Fields[0]]
		return !known && f.item.rel != nil && text(ref.Fields[0]) == f.item.name
	})
}
