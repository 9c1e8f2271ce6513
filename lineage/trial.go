package lineage

import (
	"crypto/md5"
	"encoding/hex"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sqlc-dev/oliphant/ast"
)

// A comparison bounds the rows of a target unless it holds of any row by the way it is built: length(v) >= 0, id < id + 1,
// id % 2 IN (0, 1), greatest(id, 1) >= 1. Such spellings have no end, so they are not listed. The condition is tried
// instead: computed for values of every sort that its columns can have, the constants of the text and their neighbours
// among them, and one that holds of all of them bounds nothing. A trial that comes to something it cannot compute says
// nothing, and the condition is judged by its form; of a function that is not known, a comparison that any count or size
// passes (>= 0, >= 1, > -1) is taken to hold. NULL is left aside: a condition that only leaves out rows where it is NULL
// bounds nothing, as x = x does not.

// datum is a value of a trial. The zero value is NULL.
type datum struct {
	kind datumKind
	num  float64 // of numbers; of times and intervals in seconds
	text string
	yes  bool
	list []datum
}

type datumKind uint8

const (
	isNullDatum datumKind = iota
	isNumber
	isText
	isBool
	isTime
	isInterval
	isList
	isUnknown // what a function gives that is not known
	isTally   // what counts: never below zero
	isRange   // its list is its ends, NULL for none, and its text the brackets
)

// trial computes a condition for one choice of values.
type trial struct {
	f       *folder
	columns []*Column
	values  [maxTrialColumns]datum // of columns
	// args gives the arguments of the execution; nil before it.
	args func(int) (any, bool)
	// bound are the arguments of a function whose body is computed, names those that have one.
	bound []datum
	names []string
	// failed: something could not be computed.
	failed bool
}

// maxTrialColumns is how many columns a condition that is tried may have.
const maxTrialColumns = 4

// anyway reports whether a condition holds whatever the row.
func (f *folder) anyway(n *ast.Node) bool {
	a := f.attempt(n)
	return a != nil && a.rounds(&trial{f: f, columns: a.columns}, a.probes, false)
}

// holds computes the condition, or what denies it, with the values of the trial, and again with NULL for each column that
// can be NULL.
func (t *trial) holds(n *ast.Node, negated bool) bool {
	v := t.truth(n)
	if t.failed || v.kind != isBool || v.yes == negated {
		return false
	}
	for i, c := range t.columns {
		if c.NotNull {
			continue
		}
		kept := t.values[i]
		t.values[i] = datum{}
		v := t.truth(n)
		t.values[i] = kept
		if t.failed || v.kind != isNullDatum && v.yes == negated {
			return false
		}
	}
	return true
}

// trialColumns are the columns of the target in a condition; false where it has others.
func (f *folder) trialColumns(n *ast.Node) ([]*Column, bool) {
	var out []*Column
	ok := f.oneItem(n)
	f.columns(n, func(c *Column, target bool) {
		switch {
		case !target || c == nil:
			ok = ok && target && c != nil
		case !slices.ContainsFunc(out, func(o *Column) bool { return o.Name == c.Name }):
			out = append(out, c)
		}
	})
	return out, ok || hasSubqueryOf(n) && f.oneItem(n) // those of others may stand in the subquery alone
}

// oneItem reports whether the columns that count as the target's are all of one look at its table: in another look the
// row is another one, and what ties the two is judged by itself.
func (f *folder) oneItem(n *ast.Node) bool {
	var it *item
	for _, ref := range columnRefs(n) {
		p, ok := f.scope.refs[ref.Fields[0]]
		if !ok || p.item != f.item && !f.same[p.item] {
			continue
		}
		if it != nil && p.item != it {
			return false
		}
		it = p.item
	}
	return true
}

// marks are the constants of a condition: where its truth may change.
type marks struct {
	numbers []float64
	texts   []string
	times   []float64
	// unequal: the condition asks for what is not something, which may be the least or the greatest that there is. That a
	// number is more than the least asks nothing.
	unequal bool
}

func (f *folder) marks(n *ast.Node) *marks {
	m := &marks{unequal: hasUnequal(n)}
	for _, c := range constantsOf(n) {
		text, ok := constText(c)
		if !ok || len(text) > 200 {
			continue
		}
		if x, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(x) {
			m.numbers = append(m.numbers, x, -x)
		}
		if at, ok := instant(text); ok {
			m.times = append(m.times, at)
		}
		if c.GetSval() != nil {
			plain := strings.Trim(text, "%_^$")
			m.texts = append(m.texts, text, plain, "a"+plain, plain+"a", "aaaa"+plain)
		}
	}
	for _, part := range steadyParts(n) {
		t := trial{f: f}
		if v := t.eval(part); !t.failed {
			m.add(v)
		}
	}
	f.work += len(m.numbers) + len(m.texts)
	m.cut()
	return m
}

func (m *marks) cut() {
	m.numbers, m.texts, m.times = m.numbers[:min(len(m.numbers), 40)], m.texts[:min(len(m.texts), 100)], m.times[:min(len(m.times), 40)]
}

// add takes a value that is computed: a column that is compared with it may be just that.
func (m *marks) add(v datum) {
	switch v.kind {
	case isNumber:
		if !math.IsNaN(v.num) && !math.IsInf(v.num, 0) {
			m.numbers = append(m.numbers, v.num)
		}
	case isTime:
		m.times = append(m.times, v.num)
	case isText:
		if len(v.text) > 1000 {
			return
		}
		plain := strings.Trim(v.text, "%_^$")
		m.texts = append(m.texts, v.text, plain, "a"+plain, plain+"a")
		if x, err := strconv.ParseFloat(v.text, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
			m.numbers = append(m.numbers, x)
		}
		if at, ok := instant(v.text); ok {
			m.times = append(m.times, at)
		}
	case isList:
		for _, item := range v.list[:min(len(v.list), 20)] {
			m.add(item)
		}
	}
}

// wholeRange is what columns of a type of whole numbers can hold.
var wholeRange = map[string][2]float64{
	"smallint": {-1 << 15, 1<<15 - 1}, "integer": {-1 << 31, 1<<31 - 1}, "bigint": {-1 << 63, 1 << 62},
}

// of gives values of every sort that a column can have.
func (m *marks) of(c *Column) []datum { return m.values(c, true) }

// values gives the marks as values of a column, with values of every sort behind them where they are asked for.
func (m *marks) values(c *Column, every bool) []datum {
	var out []datum
	typ, _ := modifiers(c.Type)
	if !every && len(m.numbers)+len(m.texts)+len(m.times) == 0 {
		return nil
	}
	switch typ {
	case "smallint", "integer", "bigint":
		limits := wholeRange[typ]
		if c.Key && c.NotNull {
			limits[0] = 0 // numbers that are handed out
		}
		var list []float64
		if every {
			list = []float64{7, 0, -3, 1, 2, 1000, limits[0], limits[0] + 1, limits[1] - 1, limits[1]}
		}
		for _, x := range m.near(list, 1) {
			inside := x > limits[0] && x < limits[1] || x == 0 && limits[0] == 0 || m.unequal && (x == limits[0] || x == limits[1])
			if inside && x == math.Trunc(x) {
				out = append(out, datum{kind: isNumber, num: x})
			}
		}
	case "numeric", "real", "double precision":
		var list []float64
		if every {
			list = []float64{7.5, 0, -3, 1, 0.25, 1e15, -1e15}
		}
		for _, x := range m.near(list, 0.5) {
			out = append(out, datum{kind: isNumber, num: x})
		}
	case "text", "character varying", "citext", "character", "bpchar", "name":
		if every {
			for _, s := range [...]string{"Zz 9", "", "b", "\x01\U0010ffff", "5", "ABC"} {
				out = append(out, datum{kind: isText, text: s})
			}
		}
		for _, s := range m.texts {
			out = append(out, datum{kind: isText, text: s})
		}
		for _, x := range m.numbers {
			if x >= 0 && x <= 10_000 {
				out = append(out, datum{kind: isText, text: strings.Repeat("a", int(x))}, datum{kind: isText, text: strings.Repeat("a", int(x)+1)})
			}
		}
	case "boolean":
		out = []datum{{kind: isBool, yes: false}, {kind: isBool, yes: true}}
	case "timestamp with time zone", "timestamp without time zone", "date":
		if every {
			for _, year := range [...]float64{2100, 1970, 1000, 2000, 2026, 3000} {
				out = append(out, datum{kind: isTime, num: (year - 1970) * secondsOf["year"]})
			}
		}
		for _, at := range m.times {
			if at > -970*secondsOf["year"] && at < 1030*secondsOf["year"] {
				for _, d := range [...]float64{0, -secondsOf["day"], secondsOf["day"]} {
					out = append(out, datum{kind: isTime, num: at + d})
				}
			}
		}
	default:
		out = []datum{{kind: isUnknown}}
		if strings.HasSuffix(c.Type, "[]") {
			out = []datum{{kind: isList}, {kind: isList, list: out}, {kind: isList, list: []datum{out[0], out[0], out[0]}}}
		}
	}
	return out
}

// near are numbers and the constants of the text with their neighbours.
func (m *marks) near(list []float64, step float64) []float64 {
	for _, x := range m.numbers {
		list = append(list, x, x-step, x+step)
	}
	return list
}

func (t *trial) fail() datum {
	t.failed = true
	return datum{}
}

func truthDatum(b bool) datum { return datum{kind: isBool, yes: b} }

// eval computes an expression.
func (t *trial) eval(n *ast.Node) datum {
	t.f.depth++
	defer func() { t.f.depth-- }()
	if t.f.work++; t.f.work > maxFoldWork || t.f.depth > maxFold || t.failed {
		return t.fail()
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_AConst:
		return constDatum(e.AConst)
	case *ast.Node_ColumnRef:
		return t.reference(e.ColumnRef)
	case *ast.Node_ParamRef:
		return t.argument(int(e.ParamRef.GetNumber()))
	case *ast.Node_TypeCast:
		v := t.eval(e.TypeCast.GetArg())
		if v.kind == isNumber && v.num == 0 && t.isKey(e.TypeCast.GetArg()) && typeWord(e.TypeCast.GetTypeName()) == "bool" {
			return truthDatum(true) // no key is handed out that is zero
		}
		return t.cast(v, e.TypeCast.GetTypeName())
	case *ast.Node_CollateClause:
		return t.eval(e.CollateClause.GetArg())
	case *ast.Node_BoolExpr:
		return t.boolean(e.BoolExpr)
	case *ast.Node_NullTest:
		v := t.eval(e.NullTest.GetArg())
		if v.kind == isUnknown || v.kind == isTally || v.kind == isList && n.GetRowExpr() != nil {
			return t.fail()
		}
		return truthDatum((v.kind == isNullDatum) == (e.NullTest.GetNulltesttype() == ast.NullTestType_IS_NULL))
	case *ast.Node_BooleanTest:
		return t.booleanTest(e.BooleanTest)
	case *ast.Node_CoalesceExpr:
		for _, arg := range e.CoalesceExpr.GetArgs() {
			if v := t.eval(arg); v.kind != isNullDatum || t.failed {
				return v
			}
		}
		return datum{}
	case *ast.Node_MinMaxExpr:
		return t.extreme(e.MinMaxExpr.GetArgs(), e.MinMaxExpr.GetOp() == ast.MinMaxOp_IS_GREATEST)
	case *ast.Node_CaseExpr:
		return t.caseOf(e.CaseExpr)
	case *ast.Node_AExpr:
		return t.operation(e.AExpr)
	case *ast.Node_FuncCall:
		return t.call(e.FuncCall)
	case *ast.Node_AArrayExpr:
		return t.listOf(e.AArrayExpr.GetElements())
	case *ast.Node_SqlvalueFunction:
		return datum{kind: isTime, num: thisDay}
	case *ast.Node_SubLink:
		if q := scalar(n); q != nil && len(q.GetTargetList()) == 1 && len(q.GetGroupClause()) == 0 {
			if c := q.GetTargetList()[0].GetResTarget().GetVal().GetFuncCall(); c != nil && opName(c.GetFuncname()) == "count" {
				return datum{kind: isTally}
			}
		}
	}
	return t.fail()
}

// thisDay stands for now: trials have no clock, and their times lie centuries apart.
const thisDay = 56 * 31556952.0

func constDatum(c *ast.A_Const) datum {
	text, ok := constText(c)
	switch {
	case !ok:
		return datum{}
	case c.GetBoolval() != nil:
		return truthDatum(truthy(text))
	case c.GetSval() != nil:
		return datum{kind: isText, text: text}
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return datum{kind: isUnknown}
	}
	return datum{kind: isNumber, num: x}
}

func (t *trial) boolean(e *ast.BoolExpr) datum {
	if e.GetBoolop() == ast.BoolExprType_NOT_EXPR {
		v := t.truth(e.GetArgs()[0])
		v.yes = !v.yes
		return v
	}
	or := e.GetBoolop() == ast.BoolExprType_OR_EXPR
	null := false
	for _, arg := range e.GetArgs() {
		switch v := t.truth(arg); {
		case t.failed:
			return datum{}
		case v.kind == isNullDatum:
			null = true
		case v.yes == or:
			return v
		}
	}
	if null {
		return datum{}
	}
	return truthDatum(!or)
}

// truth is a condition.
func (t *trial) truth(n *ast.Node) datum {
	v := t.eval(n)
	if v.kind == isText && isBoolText(v.text) {
		return truthDatum(truthy(v.text))
	}
	if v.kind != isBool && v.kind != isNullDatum {
		return t.fail()
	}
	return v
}

func isBoolText(s string) bool { return truthy(s) || isFalse(s) }

func (t *trial) booleanTest(e *ast.BooleanTest) datum {
	v := t.truth(e.GetArg())
	null := v.kind == isNullDatum
	switch e.GetBooltesttype() {
	case ast.BoolTestType_IS_TRUE:
		return truthDatum(!null && v.yes)
	case ast.BoolTestType_IS_NOT_TRUE:
		return truthDatum(null || !v.yes)
	case ast.BoolTestType_IS_FALSE:
		return truthDatum(!null && !v.yes)
	case ast.BoolTestType_IS_NOT_FALSE:
		return truthDatum(null || v.yes)
	case ast.BoolTestType_IS_UNKNOWN:
		return truthDatum(null)
	case ast.BoolTestType_IS_NOT_UNKNOWN:
		return truthDatum(!null)
	}
	return t.fail()
}

func (t *trial) extreme(args []*ast.Node, greatest bool) datum {
	var out datum
	for _, arg := range args {
		v := t.eval(arg)
		switch {
		case t.failed:
			return v
		case v.kind == isNullDatum:
			continue
		case out.kind == isNullDatum:
			out = v
			continue
		}
		c, ok := t.order(v, out)
		if !ok {
			return t.fail()
		}
		if (c > 0) == greatest {
			out = v
		}
	}
	return out
}

func (t *trial) caseOf(e *ast.CaseExpr) datum {
	for _, n := range e.GetArgs() {
		test := n.GetCaseWhen().GetExpr()
		if e.GetArg() != nil {
			test = operation("=", e.GetArg(), test)
		}
		v := t.truth(test)
		if t.failed {
			return datum{}
		}
		if v.kind == isBool && v.yes {
			return t.eval(n.GetCaseWhen().GetResult())
		}
	}
	if e.GetDefresult() == nil {
		return datum{}
	}
	return t.eval(e.GetDefresult())
}

func (t *trial) listOf(nodes []*ast.Node) datum {
	out := datum{kind: isList}
	for _, n := range nodes {
		out.list = append(out.list, t.eval(n))
	}
	return out
}

// operation computes operators and what is written like them.
func (t *trial) operation(e *ast.A_Expr) datum {
	op := opName(e.GetName())
	switch e.GetKind() {
	case ast.A_Expr_Kind_AEXPR_OP:
		if e.GetLexpr() == nil {
			return t.prefix(op, t.eval(e.GetRexpr()))
		}
		return t.binary(op, t.eval(e.GetLexpr()), t.eval(e.GetRexpr()))
	case ast.A_Expr_Kind_AEXPR_DISTINCT, ast.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		l, r := t.eval(e.GetLexpr()), t.eval(e.GetRexpr())
		distinct := e.GetKind() == ast.A_Expr_Kind_AEXPR_DISTINCT
		if l.kind == isNullDatum || r.kind == isNullDatum {
			return truthDatum((l.kind != r.kind) == distinct)
		}
		return t.compare(chosen(distinct, "<>", "="), l, r)
	case ast.A_Expr_Kind_AEXPR_NULLIF:
		l, r := t.eval(e.GetLexpr()), t.eval(e.GetRexpr())
		if same := t.compare("=", l, r); same.kind == isBool && same.yes {
			return datum{}
		}
		return l
	case ast.A_Expr_Kind_AEXPR_IN:
		return t.quantified("=", t.eval(e.GetLexpr()), t.listOf(e.GetRexpr().GetList().GetItems()), false, op == "<>")
	case ast.A_Expr_Kind_AEXPR_OP_ANY, ast.A_Expr_Kind_AEXPR_OP_ALL:
		list := t.eval(e.GetRexpr())
		if list.kind == isText {
			items, ok := arrayText(list.text)
			if !ok {
				return t.fail()
			}
			list = textList(items)
		}
		return t.quantified(op, t.eval(e.GetLexpr()), list, e.GetKind() == ast.A_Expr_Kind_AEXPR_OP_ALL, false)
	case ast.A_Expr_Kind_AEXPR_LIKE, ast.A_Expr_Kind_AEXPR_ILIKE, ast.A_Expr_Kind_AEXPR_SIMILAR:
		return t.pattern(op, e)
	}
	return t.between(e)
}

func (t *trial) between(e *ast.A_Expr) datum {
	items := e.GetRexpr().GetList().GetItems()
	if len(items) != 2 {
		return t.fail()
	}
	v, low, high := t.eval(e.GetLexpr()), t.eval(items[0]), t.eval(items[1])
	symmetric := false
	negated := false
	switch e.GetKind() {
	case ast.A_Expr_Kind_AEXPR_BETWEEN:
	case ast.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		negated = true
	case ast.A_Expr_Kind_AEXPR_BETWEEN_SYM:
		symmetric = true
	case ast.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		symmetric, negated = true, true
	default:
		return t.fail()
	}
	if c, ok := t.order(low, high); symmetric && ok && c > 0 {
		low, high = high, low
	}
	a, b := t.compare(">=", v, low), t.compare("<=", v, high)
	if t.failed || a.kind == isNullDatum || b.kind == isNullDatum {
		return datum{}
	}
	return truthDatum((a.yes && b.yes) != negated)
}

// quantified is op ANY and op ALL of a list.
func (t *trial) quantified(op string, v, list datum, all, negated bool) datum {
	if list.kind != isList {
		return t.fail()
	}
	null := false
	for _, item := range list.list {
		c := t.binary(op, v, item)
		switch {
		case t.failed:
			return datum{}
		case c.kind == isNullDatum:
			null = true
		case c.yes != all:
			return truthDatum(c.yes != negated)
		}
	}
	if null {
		return datum{}
	}
	return truthDatum(all != negated)
}

func (t *trial) prefix(op string, v datum) datum {
	switch {
	case v.kind == isNullDatum:
		return v
	case v.kind == isInterval && op == "-", v.kind == isNumber && op == "-":
		v.num = -v.num
		return v
	case v.kind == isNumber && op == "+":
		return v
	case v.kind == isNumber && op == "@":
		v.num = math.Abs(v.num)
		return v
	case v.kind == isNumber && op == "~":
		v.num = -v.num - 1
		return v
	}
	return t.fail()
}

func (t *trial) binary(op string, l, r datum) datum {
	if t.failed || l.kind == isNullDatum || r.kind == isNullDatum {
		return datum{}
	}
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return t.compare(op, l, r)
	case "@>", "<@":
		if op == "<@" {
			l, r = r, l
		}
		if r.kind == isRange || l.kind != isRange {
			return t.fail()
		}
		return t.within(l, r)
	case "~~", "~~*", "~", "~*", "!~~", "!~~*", "!~", "!~*", "^@":
		return t.matches(op, l, r, false)
	case "||":
		a, aok := datumText(l)
		b, bok := datumText(r)
		if !aok || !bok {
			return t.fail()
		}
		return datum{kind: isText, text: a + b}
	}
	return t.arithmetic(op, l, r)
}

func (t *trial) arithmetic(op string, l, r datum) datum {
	if l.kind == isText {
		l = t.like(r, l)
	}
	if r.kind == isText {
		r = t.like(l, r)
	}
	switch {
	case l.kind == isUnknown || r.kind == isUnknown || l.kind == isTally || r.kind == isTally:
		return datum{kind: isUnknown}
	case l.kind == isTime && r.kind == isInterval && op == "+":
		return datum{kind: isTime, num: l.num + r.num}
	case l.kind == isTime && r.kind == isInterval && op == "-":
		return datum{kind: isTime, num: l.num - r.num}
	case l.kind == isInterval && r.kind == isTime && op == "+":
		return datum{kind: isTime, num: l.num + r.num}
	case l.kind == isTime && r.kind == isTime && op == "-":
		return datum{kind: isInterval, num: l.num - r.num}
	case l.kind == isInterval && r.kind == isNumber || l.kind == isNumber && r.kind == isInterval:
		if op == "*" {
			return datum{kind: isInterval, num: l.num * r.num}
		}
	case l.kind == isInterval && r.kind == isInterval && (op == "+" || op == "-"):
		return datum{kind: isInterval, num: t.number(op, l.num, r.num).num}
	case l.kind == isNumber && r.kind == isNumber:
		return t.number(op, l.num, r.num)
	}
	return t.fail()
}

// number computes with numbers. What is left of a division is taken without its sign: a key that is no count from below
// zero makes id % 2 IN (0, 1) no bound.
func (t *trial) number(op string, a, b float64) datum {
	whole := a == math.Trunc(a) && b == math.Trunc(b)
	out := 0.0
	switch op {
	case "+":
		out = a + b
	case "-":
		out = a - b
	case "*":
		out = a * b
	case "/":
		if b == 0 {
			return t.fail()
		}
		if out = a / b; whole {
			out = math.Trunc(out)
		}
	case "%":
		if b == 0 {
			return t.fail()
		}
		out = math.Abs(math.Mod(a, b))
	case "^":
		out = math.Pow(a, b)
	case "&", "|", "#":
		if !whole || math.Abs(a) > 1<<52 || math.Abs(b) > 1<<52 {
			return t.fail()
		}
		out = float64(map[string]int64{"&": int64(a) & int64(b), "|": int64(a) | int64(b), "#": int64(a) ^ int64(b)}[op])
	default:
		return t.fail()
	}
	if math.IsNaN(out) {
		return t.fail()
	}
	return datum{kind: isNumber, num: out}
}

// order compares two values of one sort.
func (t *trial) order(l, r datum) (int, bool) {
	if l.kind == isText && r.kind != isText {
		l = t.like(r, l)
	}
	if r.kind == isText && l.kind != isText {
		r = t.like(l, r)
	}
	if l.kind != r.kind {
		return 0, false
	}
	switch l.kind {
	case isNumber, isTime, isInterval:
		return numberOrder(l.num, r.num), true
	case isText:
		return strings.Compare(l.text, r.text), true
	case isBool:
		return strings.Compare(boolText(l.yes), boolText(r.yes)), true
	}
	return 0, false
}

// numberOrder puts NaN above all numbers, as PostgreSQL does.
func numberOrder(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(b):
		return -1
	case math.IsNaN(a):
		return 1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// like reads a text as a value of another's sort, as PostgreSQL reads a constant.
func (t *trial) like(of, v datum) datum {
	switch of.kind {
	case isNumber, isTally, isUnknown:
		if x, err := strconv.ParseFloat(strings.TrimSpace(v.text), 64); err == nil {
			return datum{kind: isNumber, num: x}
		}
	case isTime:
		if at, ok := instant(v.text); ok {
			return datum{kind: isTime, num: at}
		}
		if d, ok := duration(v.text); ok {
			return datum{kind: isInterval, num: d}
		}
	case isInterval:
		if d, ok := duration(v.text); ok {
			return datum{kind: isInterval, num: d}
		}
	case isBool:
		if isBoolText(v.text) {
			return truthDatum(truthy(v.text))
		}
	}
	return v
}

// compare compares. That a time is not infinite is worth asking, though it is true of nearly all.
func (t *trial) compare(op string, l, r datum) datum {
	if t.failed || l.kind == isNullDatum || r.kind == isNullDatum {
		return datum{}
	}
	if l.kind == isUnknown || l.kind == isTally {
		return t.unknown(op, l, t.like(l, r))
	}
	if r.kind == isUnknown || r.kind == isTally {
		return t.unknown(mirrored(op), r, t.like(r, l))
	}
	if l.kind == isTime && r.kind == isText {
		r = t.like(l, r)
	} else if r.kind == isTime && l.kind == isText {
		l = t.like(r, l)
	}
	c, ok := t.order(l, r)
	if !ok {
		return t.fail()
	}
	switch op {
	case "=":
		return truthDatum(c == 0)
	case "<>":
		return truthDatum(c != 0 && !(l.kind == isTime && (math.IsInf(l.num, 0) || math.IsInf(r.num, 0))))
	case "<":
		return truthDatum(c < 0)
	case "<=":
		return truthDatum(c <= 0)
	case ">":
		return truthDatum(c > 0)
	case ">=":
		return truthDatum(c >= 0)
	}
	return t.fail()
}

// unknown compares what is not known, by whether any count or size would pass.
func (t *trial) unknown(op string, l, r datum) datum {
	if r.kind != isNumber {
		return truthDatum(false)
	}
	least := 1.0
	if l.kind == isTally {
		least = 0
	}
	switch op {
	case ">=":
		return truthDatum(r.num <= least)
	case ">", "<>":
		return truthDatum(r.num < 0)
	}
	return truthDatum(false)
}

func datumText(v datum) (string, bool) {
	switch v.kind {
	case isText:
		return v.text, true
	case isNumber:
		return strconv.FormatFloat(v.num, 'f', -1, 64), true
	case isBool:
		return boolText(v.yes), true
	}
	return "", false
}

// pattern is LIKE, ILIKE and SIMILAR TO.
func (t *trial) pattern(op string, e *ast.A_Expr) datum {
	pattern := e.GetRexpr()
	if c := pattern.GetFuncCall(); c != nil {
		if name := opName(c.GetFuncname()); name == "similar_to_escape" && len(c.GetArgs()) == 1 {
			pattern = c.GetArgs()[0]
		}
	}
	l, r := t.eval(e.GetLexpr()), t.eval(pattern)
	if t.failed || l.kind == isNullDatum || r.kind == isNullDatum {
		return datum{}
	}
	return t.matches(op, l, r, e.GetKind() == ast.A_Expr_Kind_AEXPR_SIMILAR)
}

func (t *trial) matches(op string, l, r datum, similar bool) datum {
	s, sok := datumText(l)
	p, pok := datumText(r)
	if !sok || !pok || len(p) > maxPattern {
		return t.fail()
	}
	negated := strings.HasPrefix(op, "!")
	op = strings.TrimPrefix(op, "!")
	flags := "(?s)"
	if strings.HasSuffix(op, "*") {
		flags = "(?si)"
	}
	switch {
	case op == "^@":
		return truthDatum(strings.HasPrefix(s, p))
	case strings.HasPrefix(op, "~~") && !similar:
		return truthDatum(isLike(s, p, strings.HasSuffix(op, "*")) != negated)
	case similar:
		p = "^(?:" + strings.NewReplacer("%", ".*", "_", ".", ".", `\.`, "^", `\^`, "$", `\$`).Replace(p) + ")$"
	}
	re, err := regexp.Compile(flags + p)
	if err != nil {
		return t.fail()
	}
	if !re.MatchString(s) {
		return t.fail() // other texts may match
	}
	return truthDatum(!negated)
}

// isLike is LIKE and ILIKE. A pattern that ends in its escape is an error of the server's.
func isLike(s, p string, fold bool) bool {
	if fold {
		s, p = strings.ToLower(s), strings.ToLower(p)
	}
	again, from := "", -1 // behind the last %, and where the text is tried from
	rest := s
	for {
		switch {
		case strings.HasPrefix(p, "%"):
			p = p[1:]
			again, from = p, len(s)-len(rest)
			continue
		case rest == "" && p == "":
			return true
		case rest != "" && p != "":
			_, n := utf8.DecodeRuneInString(rest)
			if p[0] == '_' {
				rest, p = rest[n:], p[1:]
				continue
			}
			q := p
			if q[0] == '\\' {
				q = q[1:]
			}
			if strings.HasPrefix(q, rest[:n]) {
				rest, p = rest[n:], q[n:]
				continue
			}
		}
		if from < 0 || from >= len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[from:])
		from += n
		rest, p = s[from:], again
	}
}

func (t *trial) cast(v datum, n *ast.TypeName) datum {
	if v.kind == isNullDatum || t.failed {
		return v
	}
	typ := typeText(n)
	name, mods := modifiers(typ)
	if strings.HasSuffix(typ, "[]") {
		name = typ
	}
	switch name {
	case "text", "character varying":
		if s, ok := datumText(v); ok && mods == nil {
			return datum{kind: isText, text: s}
		}
	case "smallint", "integer", "bigint":
		if v.kind == isBool {
			return datum{kind: isNumber, num: map[bool]float64{true: 1}[v.yes]}
		}
		if v = t.like(datum{kind: isNumber}, v); v.kind == isNumber {
			v.num = math.RoundToEven(v.num)
			return v
		}
	case "numeric", "real", "double precision":
		if v = t.like(datum{kind: isNumber}, v); v.kind == isNumber && mods == nil {
			return v
		}
	case "boolean":
		if v.kind == isNumber {
			return truthDatum(v.num != 0)
		}
		if v = t.like(datum{kind: isBool}, v); v.kind == isBool {
			return v
		}
	case "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange":
		if v.kind == isRange {
			return v
		}
		if r, ok := rangeText(v); ok {
			return r
		}
	case "integer[]", "bigint[]", "smallint[]", "text[]", "character varying[]", "boolean[]", "numeric[]":
		if v.kind == isList {
			return v
		}
		if items, ok := arrayText(v.text); ok && v.kind == isText {
			return textList(items)
		}
	case "date":
		if v = t.like(datum{kind: isTime}, v); v.kind == isTime {
			return datum{kind: isTime, num: math.Floor(v.num/secondsOf["day"]) * secondsOf["day"]}
		}
	case "timestamp with time zone", "timestamp without time zone":
		if v = t.like(datum{kind: isTime}, v); v.kind == isTime {
			return v
		}
	case "interval":
		if v = t.like(datum{kind: isInterval}, v); v.kind == isInterval {
			return v
		}
	}
	return t.fail()
}

// secondsOf are the units of intervals.
var secondsOf = map[string]float64{
	"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400, "week": 7 * 86400,
	"month": 2629746, "mon": 2629746, "quarter": 3 * 2629746, "year": 31556952, "decade": 315569520, "century": 3155695200, "millennium": 31556952000,
}

// duration reads an interval such as "1 year 2 days".
func duration(s string) (float64, bool) {
	fields := strings.Fields(strings.ToLower(s))
	if len(fields) == 0 || len(fields)%2 != 0 {
		return 0, false
	}
	total := 0.0
	for i := 0; i < len(fields); i += 2 {
		x, err := strconv.ParseFloat(fields[i], 64)
		unit := fields[i+1]
		seconds, ok := secondsOf[unit]
		if !ok {
			unit = strings.TrimSuffix(unit, "s")
			seconds, ok = secondsOf[strings.Replace(unit, "centurie", "century", 1)]
		}
		if err != nil || !ok {
			return 0, false
		}
		total += x * seconds
	}
	return total, true
}

// instant reads a time.
func instant(s string) (float64, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "infinity", "+infinity":
		return math.Inf(1), true
	case "-infinity":
		return math.Inf(-1), true
	case "now", "today", "tomorrow", "yesterday":
		return thisDay, true
	case "epoch":
		return 0, true
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02t15:04:05z07:00", "2006-01-02 15:04:05z07:00", "2006-01-02 15:04:05-07", "2006-01-02t15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return float64(at.Unix()), true
		}
	}
	return 0, false
}

func runes(s string) float64 { return float64(utf8.RuneCountInString(s)) }

func md5Text(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
