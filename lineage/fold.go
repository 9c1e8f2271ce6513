package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/governedsql/governed/internal/pgparse"
)

// fold reads conditions that hold together for what they bound in the rows of a target.
//
// The question is never "is this true" but "does this restrict the rows of the target". What cannot be shown to restrict
// them is [PredFree] or [PredTrue], and both refuse; so a gap in here refuses a statement and never admits one, with one
// exception to keep in mind: [PredFalse] admits, and is said only of plain constants.
func (s *scope) fold(list []*ast.Node, target *item) *Predicate {
	f := folder{scope: s, item: target, leaves: map[*Predicate]leaf{}, same: map[*item]bool{}, reading: map[*ast.SelectStmt]bool{}}
	f.column = f.columnOf
	var all []*ast.Node
	for _, n := range list {
		all = conjuncts(n, all)
	}
	f.meet(all)
	args := make([]*Predicate, len(list))
	for i, n := range list {
		args[i] = f.condition(n)
	}
	if f.work > maxFoldWork {
		return predFree // nothing that was left unread may bound
	}
	if len(args) == 1 {
		return args[0]
	}
	return and(args)
}

type folder struct {
	// column tells of a column reference, at any depth, whether it is a column of the target, and which.
	column func(*ast.ColumnRef) (*Column, bool)
	scope  *scope
	item   *item // the target
	// leaves is what is known of parts of the condition, by which OR sees that its arms complete each other. A folder
	// without it folds constants alone.
	leaves map[*Predicate]leaf
	// same are other items of the target's own table that an equality ties to the target: their columns are its columns.
	same map[*item]bool
	// reading are the queries that are being read for what they ask.
	reading map[*ast.SelectStmt]bool
	// inlines are the bodies of functions that conditions call; nil = not one to be computed.
	inlines map[*ast.FuncCall]*inlined
	depth   int
	work    int
}

// leaf is what is known of a part of a condition beside what it bounds.
type leaf struct {
	atom     *atom
	key      string // the same for conditions that are surely the same
	negated  bool   // it is the negation of what key says
	negation *Predicate
	self     bool // it compares the target with another look at its table
}

var (
	predTrue   = &Predicate{Op: PredTrue}
	predFalse  = &Predicate{Op: PredFalse}
	predFree   = &Predicate{Op: PredFree}
	predBounds = &Predicate{Op: PredBounds}
)

// maxFold is how deep a condition is read, and maxFoldWork how many looks at its nodes that takes. Beyond them it bounds
// nothing: nested CASE is looked at more than once at each level.
const (
	maxFold     = 500
	maxFoldWork = 1 << 20
)

// condition folds an expression that is used as a truth value.
func (f *folder) condition(n *ast.Node) *Predicate {
	f.depth++
	defer func() { f.depth-- }()
	if f.work++; f.depth > maxFold || f.work > maxFoldWork {
		return predFree
	}
	if f.leaves != nil && f.keyAsTruth(n) {
		return f.opposed(predTrue, predFalse)
	}
	n = plainNode(n)
	if v, ok := f.constant(n); ok {
		return v.predicate()
	}
	p := f.form(n)
	if f.leaves != nil && hasBounds(p) && tried(n) && f.anyway(n) {
		// What denies it is judged by its form.
		return f.opposed(predTrue, f.not(p))
	}
	if f.leaves != nil && p.try == nil && hasBounds(p) && tried(n) {
		if a := f.later(n); a != nil {
			p = f.trying(p, a)
		}
	}
	return p
}

// keyAsTruth reports whether a condition takes a key that is a number for a truth value: no key is handed out that is zero.
func (f *folder) keyAsTruth(n *ast.Node) bool {
	cast := n.GetTypeCast()
	if cast == nil || typeWord(cast.GetTypeName()) != "bool" {
		return false
	}
	ref := plainNode(cast.GetArg()).GetColumnRef()
	if ref == nil {
		return false
	}
	c, target := f.column(ref)
	return target && c != nil && c.Key && c.NotNull
}

// trying is a part that is tried when the arguments are known. What others use stays as it is.
func (f *folder) trying(p *Predicate, a *attempt) *Predicate {
	if p == predBounds {
		p = &Predicate{Op: PredBounds}
	}
	p.try = a
	return p
}

// tried reports whether a condition is one to try. The parts of an AND are tried one by one.
func tried(n *ast.Node) bool {
	switch e := n.GetNode().(type) {
	case *ast.Node_BoolExpr:
		return e.BoolExpr.Boolop != ast.BoolExprType_AND_EXPR
	case *ast.Node_ColumnRef, *ast.Node_CurrentOfExpr:
		return false
	}
	return true
}

// form judges a condition by how it is written.
func (f *folder) form(n *ast.Node) *Predicate {
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
		return f.coalesce(e.CoalesceExpr)
	case *ast.Node_CaseExpr:
		return f.caseOf(e.CaseExpr)
	case *ast.Node_FuncCall:
		return f.call(n, e.FuncCall)
	case *ast.Node_CurrentOfExpr:
		return predBounds
	}
	return f.mentioned(n)
}

// operatorOf are functions that are written operators. Those that are operators under another name bound as they do.
var operatorOf = map[string]string{
	"starts_with": "^@", "regexp_like": "~", "like": "~~", "textlike": "~~", "texticlike": "~~*", "textregexeq": "~",
	"texticregexeq": "~*", "notlike": "!~~", "jsonb_path_exists": "@?", "jsonb_path_match": "@@", "jsonb_contains": "@>", "arraycontains": "@>", "array_contains": "@>",
}

// functionOperator is the operator that a function is another name of; "" = none.
func functionOperator(name string) string {
	if op := operatorOf[name]; op != "" {
		return op
	}
	if len(name) < 5 || !comparedTypes[name[:len(name)-2]] {
		return ""
	}
	return map[string]string{"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}[name[len(name)-2:]]
}

// comparedTypes are how the functions behind comparison operators begin: int4ge, text_ge, timestamptz_le.
var comparedTypes = wordsOf(`int2 int4 int8 int24 int42 int28 int82 int48 int84 float4 float8 numeric_ text text_ name bpchar bool date_ time_ timetz_
	timestamp_ timestamptz_ interval_ uuid_ oid tid jsonb_ array_ network_ enum_`)

// call folds a function that gives a truth value.
func (f *folder) call(n *ast.Node, e *ast.FuncCall) *Predicate {
	if len(e.Args) == 2 {
		if op := functionOperator(opName(e.Funcname)); op != "" {
			return f.compare(op, e.Args[0], e.Args[1])
		}
		if a := f.key(f.bare(e.Args[0])); a != "" && a == f.key(f.bare(e.Args[1])) {
			return predFree
		}
	}
	return f.mentioned(n)
}

// mentioned is the last resort: an expression that names a column of the target can restrict its rows.
func (f *folder) mentioned(n *ast.Node) *Predicate {
	if f.mentions(n) {
		return f.leaf(predBounds.Op, f.key(n))
	}
	return predFree
}

// leaf makes a part that a key names.
func (f *folder) leaf(op PredicateOp, key string) *Predicate {
	p := &Predicate{Op: op}
	if key != "" {
		f.leaves[p] = leaf{key: key}
	}
	return p
}

// mentions reports whether a column of the target stands anywhere in a tree.
func (f *folder) mentions(n *ast.Node) bool {
	found := false
	f.columns(n, func(_ *Column, target bool) { found = found || target })
	return found
}

// columns visits the column references of a tree.
func (f *folder) columns(n *ast.Node, visit func(c *Column, target bool)) {
	if n == nil {
		return
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		f.work++
		if ref, ok := m.Interface().(*ast.ColumnRef); ok {
			visit(f.column(ref))
		}
		return f.work <= maxFoldWork
	})
}

func (f *folder) boolean(e *ast.BoolExpr) *Predicate {
	args := make([]*Predicate, len(e.Args))
	for i, n := range e.Args {
		args[i] = f.condition(n)
	}
	switch e.Boolop {
	case ast.BoolExprType_AND_EXPR:
		p := and(args)
		p.Pos = int(e.Location)
		return p
	case ast.BoolExprType_OR_EXPR:
		return f.or(args)
	case ast.BoolExprType_NOT_EXPR:
		if len(args) == 1 {
			return f.not(args[0])
		}
	}
	return predFree
}

func and(args []*Predicate) *Predicate { return &Predicate{Op: PredAnd, Args: args} }

// not carries a negation down to the leaves.
func (f *folder) not(p *Predicate) *Predicate {
	if f.work++; f.work > maxFoldWork {
		return predFree
	}
	known := f.leaves[p]
	switch {
	case known.negation != nil:
		return known.negation
	case p.Op == PredAnd || p.Op == PredOr:
		arms := make([]*Predicate, len(p.Args))
		for i, a := range p.Args {
			arms[i] = f.not(a)
		}
		if p.Op == PredOr {
			return and(arms)
		}
		return f.or(arms)
	case p.Op == PredNot:
		return p.Args[0]
	}
	out := &Predicate{Op: PredNot, Args: []*Predicate{p}, Pos: p.Pos}
	l := leaf{key: known.key, negated: !known.negated}
	if known.atom != nil {
		if a, ok := known.atom.negated(); ok {
			l.atom = &a
		}
	}
	if l.atom != nil || l.key != "" {
		f.leaves[out] = l
	}
	return out
}

// opposed makes a condition and its negation where the one does not follow from the other.
func (f *folder) opposed(p, negation *Predicate) *Predicate {
	p = &Predicate{Op: p.Op, Args: p.Args, Pos: p.Pos}
	negation = &Predicate{Op: negation.Op, Args: negation.Args, Pos: p.Pos}
	f.leaves[p], f.leaves[negation] = leaf{negation: negation}, leaf{negation: p}
	return p
}

// or sees arms that together leave nothing out.
func (f *folder) or(args []*Predicate) *Predicate {
	var arms []*Predicate
	for _, p := range args {
		if p.Op == PredOr && f.leaves[p].negation == nil {
			arms = append(arms, p.Args...)
		} else {
			arms = append(arms, p)
		}
	}
	if f.completeArms(arms) {
		return predTrue
	}
	return &Predicate{Op: PredOr, Args: arms}
}

// maxChoices is how many ways of taking one condition out of each AND are tried.
const maxChoices = 256

// completeArms reports whether the arms of an OR leave nothing out: (a AND b) OR c does so where a OR c and b OR c do.
func (f *folder) completeArms(arms []*Predicate) bool {
	var single []leaf
	var several [][]*Predicate
	choices := 1
	for _, p := range arms {
		if p.Op == PredAnd {
			several = append(several, f.parts(p, nil))
			choices = min(choices*max(1, len(several[len(several)-1])), maxChoices+1)
		} else if l, ok := f.leaves[p]; ok {
			single = append(single, l)
		}
	}
	if len(several) == 0 || choices > maxChoices || len(single)+len(several) > maxChoices {
		return complete(single)
	}
	for c := range choices {
		list := single[:len(single):len(single)]
		for _, parts := range several {
			if len(parts) == 0 {
				return true // nothing but TRUE
			}
			if l, ok := f.leaves[parts[c%len(parts)]]; ok {
				list = append(list, l)
			}
			c /= len(parts)
		}
		if !complete(list) {
			return false
		}
	}
	return true
}

// parts are the conditions that an AND joins, without those that are true.
func (f *folder) parts(p *Predicate, out []*Predicate) []*Predicate {
	for _, a := range p.Args {
		switch a.Op {
		case PredTrue, PredFree: // which may hold of any row
		case PredAnd:
			out = f.parts(a, out)
		default:
			out = append(out, a)
		}
	}
	return out
}

// flag is a boolean column by itself.
func (f *folder) flag(n *ast.Node, ref *ast.ColumnRef) *Predicate {
	if _, target := f.column(ref); !target {
		return predFree
	}
	col := f.target(n)
	if col == "" {
		return predFree // a whole row
	}
	p := f.leaf(PredBounds, "flag "+col)
	p.Pos = int(ref.Location)
	return p
}

func (f *folder) nullTest(e *ast.NullTest) *Predicate {
	isNull := e.Nulltesttype == ast.NullTestType_IS_NULL
	p := f.isNull(e.Arg, int(e.Location))
	if isNull {
		return p
	}
	return f.not(p)
}

// isNull is "n IS NULL".
func (f *folder) isNull(n *ast.Node, pos int) *Predicate {
	arg := f.simple(n)
	if o, ok := operandOf(arg); ok && o.hasParam() {
		if isTruth(arg) {
			return predFree
		}
		return &Predicate{Op: PredIsNull, Left: o, Pos: pos}
	}
	if v, ok := f.constant(arg); ok {
		return foldedBool(v.null).predicate()
	}
	ref := arg.GetColumnRef()
	switch {
	case ref == nil && (arg.GetRowExpr() != nil || f.isBoolean(arg)):
		return predFree
	case ref == nil:
		return f.expressionIsNull(arg)
	}
	c, target := f.column(ref)
	switch {
	case !target:
		return predFree
	case f.target(arg) == "":
		// A whole row.
		return predFree
	}
	p := &Predicate{Op: PredBounds, Pos: pos}
	f.leaves[p] = leaf{atom: &atom{column: f.target(arg), op: "is null"}}
	if c != nil && c.NotNull {
		return f.opposed(p, predTrue)
	}
	return p
}

// expressionIsNull: what is made of columns that are never NULL is seldom NULL, and so bounds only where it is asked for.
// An argument that is NULL makes everything around it so.
func (f *folder) expressionIsNull(n *ast.Node) *Predicate {
	if !f.mentions(n) {
		return predFree
	}
	if q := scalar(n); q != nil && f.selfish(q) {
		return predFree
	}
	p := f.leaf(PredBounds, "null "+f.key(n))
	if c := n.GetCoalesceExpr(); c != nil {
		for _, arg := range c.Args {
			if v, ok := f.constant(plainNode(arg)); ok && !v.null || f.neverNull(plainNode(arg)) {
				return f.opposed(p, predTrue)
			}
		}
		return p
	}
	if f.neverNull(n) || alwaysSomething[opName(n.GetFuncCall().GetFuncname())] {
		return f.opposed(p, predTrue)
	}
	if n.GetAExpr() != nil || n.GetFuncCall() != nil {
		if params := paramsOf(n); len(params) > 0 {
			return f.or(append(isNulls(params), p))
		}
	}
	return p
}

// neverNull reports whether an expression is one of columns that are never NULL, and of nothing that makes NULLs.
func (f *folder) neverNull(n *ast.Node) bool {
	seen, sure := false, true
	f.columns(n, func(c *Column, target bool) {
		seen = true
		sure = sure && target && c != nil && c.NotNull
	})
	if !seen || !sure {
		return false
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		switch e := m.Interface().(type) {
		case *ast.A_Expr:
			op := opName(e.Name)
			sure = sure && e.Kind == ast.A_Expr_Kind_AEXPR_OP && len(op) == 1 || op == "||"
		case *ast.FuncCall:
			sure = sure && (neverNullCalls[opName(e.Funcname)] || f.ofNumbers(e))
		case *ast.SubLink, *ast.CaseExpr, *ast.A_Indirection, *ast.ParamRef:
			sure = false
		}
		return sure
	})
	return sure
}

// ofNumbers reports whether a function of PostgreSQL's own is one of numbers, times and truth values, which give NULL for
// NULL alone. Those that look something up give NULL for what is not there.
func (f *folder) ofNumbers(e *ast.FuncCall) bool {
	name := opName(e.Funcname)
	for _, prefix := range [...]string{"pg_", "has_", "obj_", "col_", "shobj_", "to_reg", "txid_", "current_", "inet_"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	if f.scope == nil || len(e.Args) == 0 || name == "format_type" {
		return false
	}
	list, _ := f.scope.functions(functionName(e.Funcname))
	for _, c := range list {
		if c.Schema != "pg_catalog" {
			return false
		}
	}
	for _, ref := range columnRefs(&ast.Node{Node: &ast.Node_FuncCall{FuncCall: e}}) {
		c, target := f.column(ref)
		if !target || c == nil || c.Type != "boolean" && ranks[c.Type].family != 1 && ranks[c.Type].family != 2 {
			return false
		}
	}
	return true
}

// alwaysSomething are functions that give a value for NULL too.
var alwaysSomething = map[string]bool{"pg_typeof": true, "num_nulls": true, "num_nonnulls": true, "concat": true, "quote_nullable": true}

var neverNullCalls = map[string]bool{
	"lower": true, "upper": true, "trim": true, "btrim": true, "ltrim": true, "rtrim": true, "length": true, "md5": true,
	"char_length": true, "octet_length": true, "abs": true, "concat": true, "format": true, "to_json": true, "to_jsonb": true,
	"date_trunc": true, "replace": true, "reverse": true, "hashtext": true, "initcap": true,
}

// paramsOf lists the parameters in a tree.
func paramsOf(n *ast.Node) []int {
	var out []int
	if n == nil {
		return nil
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if p, ok := m.Interface().(*ast.ParamRef); ok {
			out = append(out, int(p.Number))
		}
		_, below := m.Interface().(*ast.SubLink)
		return !below
	})
	return out
}

func isNulls(params []int) []*Predicate {
	var out []*Predicate
	for _, n := range params {
		out = append(out, &Predicate{Op: PredIsNull, Left: Operand{Param: n}})
	}
	return out
}

// orNull is p where NULL counts as true: an argument that is NULL lets everything through.
func (f *folder) orNull(n *ast.Node, p *Predicate) *Predicate {
	if params := paramsOf(n); len(params) > 0 {
		return f.or(append(isNulls(params), p))
	}
	return p
}

// booleanTest keeps NULL apart from false, which [Predicate] does not: tests that are true of NULL bound something only
// where what they test is itself a bound.
func (f *folder) booleanTest(e *ast.BooleanTest) *Predicate {
	p := f.condition(e.Arg)
	arg := f.simple(e.Arg)
	switch e.Booltesttype {
	case ast.BoolTestType_IS_TRUE:
		return p
	case ast.BoolTestType_IS_FALSE:
		return f.not(p)
	case ast.BoolTestType_IS_NOT_TRUE:
		p = f.not(p)
	case ast.BoolTestType_IS_UNKNOWN, ast.BoolTestType_IS_NOT_UNKNOWN:
		if arg.GetColumnRef() == nil {
			return predFree
		}
		isNull := f.isNull(arg, int(e.Location))
		if e.Booltesttype == ast.BoolTestType_IS_UNKNOWN {
			return isNull
		}
		return f.not(isNull)
	}
	if o, ok := operandOf(arg); ok && o.hasParam() || !bounding(p) || f.leaves[p].negation != nil {
		return predFree
	}
	return f.orNull(e.Arg, p)
}

// bounding reports whether a condition bounds whatever the arguments are, by nothing but comparisons.
func bounding(p *Predicate) bool {
	switch p.Op {
	case PredBounds, PredMatch, PredLike:
		return true
	case PredNot, PredAnd, PredOr:
		for _, a := range p.Args {
			if !bounding(a) {
				return false
			}
		}
		return len(p.Args) > 0
	}
	return false
}

func opName(list []*ast.Node) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].GetString_().GetSval()
}
