package lineage

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/governedsql/governed/internal/pgparse"
)

// attempt is a condition ready to be tried: before it runs, and with the arguments of each execution. It keeps the tree of
// the condition and what its names mean, and nothing of the analysis.
type attempt struct {
	node    *ast.Node
	columns []*Column
	probes  [][]datum // for each of columns
	marks   *marks
	refs    []reference
	calls   map[*ast.FuncCall]*inlined
	steady  []*ast.Node // parts that hold arguments and no columns
}

// reference is a column reference of the tree and its place among the columns.
type reference struct {
	ref    *ast.ColumnRef
	column *Column
}

// maxAttempt is how many looks at its nodes a trial with arguments may take. What needs more is taken to hold of any row.
const maxAttempt = 1 << 17

// attemptWork is what it costs to prepare a trial, in looks at nodes: the condition is walked through several times.
const attemptWork = 512

// attempt prepares a condition; nil where there is nothing to try it on.
func (f *folder) attempt(n *ast.Node) *attempt {
	if f.work += attemptWork; f.work > maxFoldWork {
		return nil
	}
	columns, ok := f.trialColumns(n)
	if !ok || len(columns) == 0 || len(columns) > maxTrialColumns {
		return nil
	}
	a := &attempt{node: n, columns: columns, marks: f.marks(n)}
	for _, c := range columns {
		list := a.marks.of(c)
		if len(list) == 0 {
			return nil
		}
		a.probes = append(a.probes, list)
	}
	return a
}

// later prepares a condition to be tried when its arguments are known; nil where they cannot matter.
func (f *folder) later(n *ast.Node) *attempt {
	if len(paramsOf(n)) == 0 || hasSubqueryOf(n) || f.plainEquality(n) {
		return nil
	}
	if f.work += steadyWork(n); f.work > maxFoldWork {
		return nil
	}
	a := f.attempt(n)
	if a == nil {
		return nil
	}
	for _, ref := range columnRefs(n) {
		if c, target := f.column(ref); target {
			a.refs = append(a.refs, reference{ref, c})
		}
	}
	a.calls = map[*ast.FuncCall]*inlined{}
	for _, call := range funcCalls(n) {
		if in := f.inline(call); in != nil {
			a.calls[call] = in
		}
	}
	a.steady = slices.DeleteFunc(steadyParts(n), func(n *ast.Node) bool { return len(paramsOf(n)) == 0 })
	return a
}

// plainEquality reports whether a condition is "column = argument", which bounds whatever the argument is.
func (f *folder) plainEquality(n *ast.Node) bool {
	e := n.GetAExpr()
	if e == nil || e.GetKind() != ast.A_Expr_Kind_AEXPR_OP || opName(e.GetName()) != "=" {
		return false
	}
	for _, side := range [2][2]*ast.Node{{e.GetLexpr(), e.GetRexpr()}, {e.GetRexpr(), e.GetLexpr()}} {
		if f.target(plainNode(side[0])) != "" && plainNode(side[1]).GetParamRef() != nil {
			return true
		}
	}
	return false
}

// run tries the condition, or what denies it, with arguments, and reports whether it holds whatever the row. The values
// that do not depend on them come first: they tell of nearly all conditions that they bound something. Of one that denies
// something the arguments do.
func (a *attempt) run(args func(int) (any, bool), negated bool) bool {
	f := &folder{column: a.column, inlines: a.calls}
	t := &trial{f: f, columns: a.columns, args: args}
	if !a.marks.unequal && !negated {
		return a.rounds(t, a.probes, negated) && a.rounds(t, a.given(f, args), negated) || f.work > maxAttempt
	}
	return a.rounds(t, a.given(f, args), negated) && a.rounds(t, a.probes, negated) || f.work > maxAttempt
}

// given are the values that the arguments make, of columns of which they make none those of every sort.
func (a *attempt) given(f *folder, args func(int) (any, bool)) [][]datum {
	m := marks{unequal: a.marks.unequal}
	for _, n := range a.steady {
		part := trial{f: f, args: args}
		if v := part.eval(n); !part.failed {
			m.add(v)
		}
	}
	m.cut()
	probes := make([][]datum, len(a.columns))
	for i, c := range a.columns {
		if probes[i] = m.values(c, false); probes[i] == nil {
			probes[i] = a.probes[i]
		}
	}
	return probes
}

func (a *attempt) column(ref *ast.ColumnRef) (*Column, bool) {
	for i := range a.refs {
		if a.refs[i].ref == ref {
			return a.refs[i].column, true
		}
	}
	return nil, false
}

// rounds tries the values of each column, and with several columns different ones together.
func (a *attempt) rounds(t *trial, probes [][]datum, negated bool) bool {
	longest := 0
	for _, list := range probes {
		longest = max(longest, len(list))
	}
	shifts := 1
	if len(probes) > 1 {
		shifts = 4
	}
	for shift := range shifts {
		for i := range longest {
			for j := range probes {
				t.values[j] = probes[j][(i+j*shift*3)%len(probes[j])]
			}
			if !t.holds(a.node, negated) || t.args != nil && t.f.work > maxAttempt {
				return false
			}
		}
	}
	return true
}

// reference is the value of a column, or of an argument of the function whose body is computed.
func (t *trial) reference(ref *ast.ColumnRef) datum {
	if t.names != nil || t.bound != nil {
		for i, name := range t.names {
			if i < len(t.bound) && name != "" && name == text(ref.GetFields()[len(ref.GetFields())-1]) {
				return t.bound[i]
			}
		}
		return t.fail()
	}
	if c, target := t.f.column(ref); target && c != nil {
		for i, o := range t.columns {
			if o.Name == c.Name {
				return t.values[i]
			}
		}
	}
	return t.fail()
}

// isKey reports whether an expression is a column of numbers that are handed out.
func (t *trial) isKey(n *ast.Node) bool {
	ref := plainNode(n).GetColumnRef()
	if ref == nil {
		return false
	}
	c, target := t.f.column(ref)
	return target && c != nil && c.Key && c.NotNull
}

func (t *trial) argument(n int) datum {
	if t.bound != nil {
		if n > 0 && n <= len(t.bound) {
			return t.bound[n-1]
		}
		return t.fail()
	}
	if t.args == nil {
		return t.fail()
	}
	v, ok := t.args(n)
	if !ok {
		return t.fail()
	}
	if v, ok = knownArgument(v); !ok {
		return t.fail()
	}
	return t.given(v)
}

// given is an argument as a value; see [knownArgument].
func (t *trial) given(v any) datum {
	switch x := v.(type) {
	case nil:
		return datum{}
	case bool:
		return truthDatum(x)
	case int64:
		return datum{kind: isNumber, num: float64(x)}
	case float64:
		return datum{kind: isNumber, num: x}
	case string:
		return datum{kind: isText, text: x}
	case time.Time:
		return datum{kind: isTime, num: float64(x.Unix())}
	}
	r := reflect.ValueOf(v)
	if (r.Kind() != reflect.Slice && r.Kind() != reflect.Array) || r.Len() > maxList {
		return t.fail()
	}
	out := datum{kind: isList}
	for i := range r.Len() {
		e, ok := knownArgument(r.Index(i).Interface())
		if !ok {
			return t.fail()
		}
		out.list = append(out.list, t.given(e))
	}
	return out
}

// maxList is how many elements of an array a trial looks at.
const maxList = 1000

func textList(items []string) datum {
	out := datum{kind: isList}
	for _, s := range items {
		out.list = append(out.list, datum{kind: isText, text: s})
	}
	return out
}

// steadyWork is what it costs to find the steady parts, in looks at nodes: each is looked at from every level above it.
func steadyWork(n *ast.Node) int {
	work := 0
	pgparse.Walk(n, func(_ protoreflect.Message, depth int) bool {
		work += depth
		return true
	})
	return work / 4
}

// steadyParts are the largest parts of a condition that name no column and are not constants alone: what a column is
// compared with.
func steadyParts(n *ast.Node) []*ast.Node {
	var out []*ast.Node
	if n == nil {
		return nil
	}
	var visit func(n *ast.Node)
	visit = func(n *ast.Node) {
		switch e := n.GetNode().(type) {
		case *ast.Node_AConst, *ast.Node_ColumnRef, *ast.Node_SubLink, *ast.Node_SetToDefault, nil:
			return
		case *ast.Node_List:
			for _, item := range e.List.GetItems() {
				visit(item)
			}
			return
		}
		if steady(n) {
			out = append(out, n)
			return
		}
		pgparse.Walk(n, func(m protoreflect.Message, depth int) bool {
			child, ok := m.Interface().(*ast.Node)
			if !ok || child == n {
				return true
			}
			visit(child)
			return false
		})
	}
	visit(n)
	return out
}

// hasUnequal reports whether a condition denies something.
func hasUnequal(n *ast.Node) bool {
	found := false
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		switch e := m.Interface().(type) {
		case *ast.A_Expr:
			found = found || strings.HasPrefix(opName(e.GetName()), "<>") || e.GetKind() == ast.A_Expr_Kind_AEXPR_DISTINCT
		case *ast.BoolExpr:
			found = found || e.GetBoolop() == ast.BoolExprType_NOT_EXPR
		}
		return !found
	})
	return found
}

// rangeText reads a range such as [1,5).
func rangeText(v datum) (datum, bool) {
	s := strings.TrimSpace(v.text)
	if v.kind != isText || len(s) < 3 || !strings.ContainsRune("[(", rune(s[0])) || !strings.ContainsRune(")]", rune(s[len(s)-1])) {
		return datum{}, false
	}
	low, high, ok := strings.Cut(s[1:len(s)-1], ",")
	end := func(s string) datum {
		if s = strings.Trim(s, ` "`); s == "" {
			return datum{}
		}
		return datum{kind: isText, text: s}
	}
	return datum{kind: isRange, text: s[:1] + s[len(s)-1:], list: []datum{end(low), end(high)}}, ok
}

// within reports whether a value lies in a range.
func (t *trial) within(r, v datum) datum {
	for i, end := range r.list {
		if end.kind == isNullDatum {
			continue
		}
		c, ok := t.order(v, end)
		if !ok {
			return t.fail()
		}
		if c == 0 && (r.text[i] == '(' || r.text[i] == ')') || i == 0 && c < 0 || i == 1 && c > 0 {
			return truthDatum(false)
		}
	}
	return truthDatum(true)
}

// ends makes a range of its ends, which may be NULL.
func (t *trial) ends(args []datum) datum {
	r := datum{kind: isRange, text: "[)", list: args[:2]}
	if len(args) == 3 {
		if args[2].kind != isText || len(args[2].text) != 2 {
			return t.fail()
		}
		r.text = args[2].text
	}
	return r
}

// inlined is the body of a function of language sql that is one expression.
type inlined struct {
	body  *ast.Node
	names []string
}

// inline finds the body of a user's function; nil where there is no such or it is more than an expression.
func (f *folder) inline(e *ast.FuncCall) *inlined {
	if in, ok := f.inlines[e]; ok || f.scope == nil {
		return in
	}
	if f.inlines == nil {
		f.inlines = map[*ast.FuncCall]*inlined{}
	}
	f.inlines[e] = nil
	schema, name := functionName(e.GetFuncname())
	list, _ := f.scope.functions(schema, name)
	if list = fitting(list, len(e.GetArgs()), e); len(list) != 1 || list[0].Language != "sql" || list[0].Kind != 'f' || list[0].ReturnsSet {
		return nil
	}
	body := list[0].Body
	if isAtomic(body) {
		body = "SELECT " + strings.TrimPrefix(strings.TrimSpace(body), "RETURN ")
	}
	parsed, err := pgparse.Parse(body, pgparse.CeilingBytes)
	if err != nil || len(parsed) != 1 {
		return nil
	}
	value := alone(parsed[0].Node.GetSelectStmt())
	if value == nil || hasSubqueryOf(value) {
		return nil
	}
	f.inlines[e] = &inlined{value, list[0].ArgNames}
	return f.inlines[e]
}

// computed is what a function of language sql gives.
func (t *trial) computed(in *inlined, args []datum) datum {
	if args == nil {
		args = []datum{}
	}
	body := trial{f: t.f, bound: args, names: in.names}
	v := body.eval(in.body)
	t.failed = t.failed || body.failed
	return v
}

// functionsOfNumbers are those that are computed by their name alone.
var functionsOfNumbers = map[string]func(float64) float64{
	"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "atan": math.Atan, "asinh": math.Asinh,
	"asin": math.Asin, "acos": math.Acos, "exp": math.Exp, "ln": math.Log, "log": math.Log10, "log10": math.Log10, "sqrt": math.Sqrt, "cbrt": math.Cbrt,
	"degrees": func(x float64) float64 { return x * 180 / math.Pi }, "radians": func(x float64) float64 { return x * math.Pi / 180 },
}
