package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// call is a [FunctionUse] before its sources are written out.
type call struct {
	FunctionUse
	args  []value
	names []string // of the arguments that have one; nil = none has
}

const (
	noFunction = "function does not exist"
	noOperator = "operator does not exist"
)

// call analyses a function call.
func (s *scope) call(n *ast.FuncCall) value {
	schema, name := functionName(n.GetFuncname())
	args := make([]value, len(n.GetArgs()))
	for i, arg := range n.GetArgs() {
		args[i] = s.expr(arg)
	}
	if v, ok := s.asAttribute(n, schema, name, args); ok {
		return v
	}
	use, known := s.function(schema, name, n, args)
	aggregate := isAggregate(use.Candidates) || n.GetAggStar() || n.GetAggDistinct() || n.GetAggFilter() != nil || len(n.GetAggOrder()) > 0 || n.GetOver() != nil
	kind := Transformation
	if aggregate {
		kind = Aggregation
		s.aggregates = s.aggregates || n.GetOver() == nil
		s.parts = s.parts || n.GetAggFilter() != nil || n.GetOver() != nil || slices.ContainsFunc(args, func(v value) bool { return len(v.src) > 0 && !v.isColumn() })
	}
	var b blend
	counts := isCount(name, use.Candidates)
	for _, arg := range args {
		if arg.konst != nil {
			arg.literals = []string{*arg.konst}
		}
		switch {
		case n.GetAggDistinct() && arg.row != nil:
			s.influence(arg, GroupBy, false) // it tells which rows are equal in all that they hold
		case n.GetAggDistinct():
			s.asks(arg, GroupBy)
		}
		if counts && isCounted(arg, n.GetAggDistinct()) {
			arg.harmless = true // only whether it is there is counted
			if n.GetAggFilter() != nil || n.GetOver() != nil || len(n.GetAggOrder()) > 0 {
				b.addAs(arg, Counted, kind) // what those carry, the number does
				continue
			}
		}
		b.addAs(arg, Value, kind)
	}
	ordered := s.aggregateClauses(&b, n)
	v := b.value()
	if !known {
		v.why = noFunction
	}
	if !ofServer(use.Candidates) {
		v.harmless, v.bodied = false, true
		v.inner = v.inner.with(s.innerOfCall(use.Candidates))
	}
	if counts && n.GetAggStar() && n.GetAggFilter() == nil && n.GetOver() == nil {
		v.harmless = true // there is nothing that it could carry, not even of a body
	}
	v.years = n.GetOver() == nil && !aggregate && s.takesYear(name, use.Candidates, args)
	if picks(name, n, use.Candidates) {
		v.years = args[0].years
		v.picked = isDate(args[0].typ) && s.isStored(args[0])
	}
	s.account(&v, use.Candidates)
	v.present = !aggregate && len(args) == 1 && keepsNull(name, use.Candidates, &args[0])
	v.typ = resultType(use.Candidates, args)
	if v.typ == "record" {
		v.fields, _, _ = s.resultColumns(use.Candidates, []call{{args: args}})
	}
	s.takes(&v, n, name, use.Candidates, slices.Concat(args, ordered))
	s.calls = append(s.calls, call{use, args, argNames(n)})
	return v
}

// argNames are the names of name => value arguments.
func argNames(n *ast.FuncCall) []string {
	var out []string
	for i, arg := range n.GetArgs() {
		if name := arg.GetNamedArgExpr().GetName(); name != "" {
			if out == nil {
				out = make([]string, len(n.GetArgs()))
			}
			out[i] = name
		}
	}
	return out
}

// aggregateClauses adds FILTER, ORDER BY, WITHIN GROUP and OVER of a call; ordered is what WITHIN GROUP orders, which such an
// aggregate returns.
func (s *scope) aggregateClauses(b *blend, n *ast.FuncCall) (ordered []value) {
	filter := s.expr(n.GetAggFilter())
	s.asks(filter, Filter)
	b.addAs(filter, Condition, Aggregation)
	for _, o := range n.GetAggOrder() {
		v, role := s.sortKey(o), Order
		if n.GetAggWithinGroup() {
			ordered, role = append(ordered, v), Value
		}
		s.asks(v, Sort)
		b.addAs(v, role, Aggregation)
	}
	if n.GetOver() != nil {
		over := s.window(n.GetOver())
		s.asks(over, Sort)
		b.addAs(over, Window, Aggregation)
		b.addAs(s.frame(n.GetOver()), Value, Transformation)
	}
	return ordered
}

// ofServer reports whether a call is of functions of PostgreSQL's own, or of an extension's that give what follows from
// their arguments.
func ofServer(candidates []*Function) bool {
	for _, f := range candidates {
		if f.Schema != "pg_catalog" && (f.Extension == "" || f.Volatility != 'i') {
			return false
		}
	}
	return len(candidates) > 0
}

// years are the units that tell no more of a date than its year.
var years = map[string]bool{"year": true, "years": true, "decade": true, "century": true, "millennium": true}

// takesYear reports whether a call gives the year of a column and nothing else of it. Of a time with a zone it would give
// the year by the clock of the session.
func (s *scope) takesYear(name string, candidates []*Function, args []value) bool {
	if len(args) != 2 || !ofServer(candidates) {
		return false
	}
	unit, from := args[0], args[1]
	switch name {
	case "extract", "date_part", "date_trunc":
		return unit.konst != nil && years[*unit.konst] && isDate(from.typ) && s.isStored(from)
	case "to_char":
		return from.konst != nil && strings.EqualFold(*from.konst, "yyyy") && isDate(unit.typ) && s.isStored(unit)
	}
	return false
}

// isStored reports whether a value is a column of a table as it stands, also by way of a view that changes nothing of it.
func (s *scope) isStored(v value) bool {
	if !v.isColumn() {
		return false
	}
	base, why := s.opened(v.src)
	return why == "" && len(base) == 1 && base[0].edges == plain
}

// isDate reports whether a type is one of dates that are the same by every clock.
func isDate(typ string) bool { return typ == "date" || typ == "timestamp without time zone" }

// picks reports whether a call gives one of the values that it is given in its rows, and nothing else decides which.
func picks(name string, n *ast.FuncCall, candidates []*Function) bool {
	return (name == "min" || name == "max") && len(n.GetArgs()) == 1 && isAggregate(candidates) && ofServer(candidates) &&
		n.GetOver() == nil && n.GetAggFilter() == nil && len(n.GetAggOrder()) == 0
}

// account says of a function that gives one value what its body says of it.
func (s *scope) account(v *value, candidates []*Function) {
	if len(candidates) != 1 || v.why != "" {
		return
	}
	if cols, why, composite := s.resultOf(candidates[0]); len(cols) != 1 || why != "" || composite {
		return
	}
	if bodies := s.bodyColumns(candidates, 1); bodies != nil && bodies[0].accounted {
		v.src, v.accounted = v.src.union(bodies[0].src.as(Value, Transformation)), true
	}
}

// isCount reports whether a call is count of PostgreSQL's own.
func isCount(name string, candidates []*Function) bool {
	if name != "count" {
		return false
	}
	for _, f := range candidates {
		if f.Schema != "pg_catalog" {
			return false
		}
	}
	return len(candidates) > 0
}

// isCounted reports whether count tells no more of a value than whether it is there. Of a row not even that: one of which all
// fields are NULL is counted too. How many different values there are is told of columns and of rows of relations, which are
// asked for it; of anything that is made of them, nullif(email, 'a@b') say, it would tell what they are.
func isCounted(v value, distinct bool) bool {
	switch {
	case v.isColumn(), v.member:
		return true
	case distinct:
		return v.row != nil && v.row.rel != nil
	}
	return v.row != nil || v.present
}

// nullAsGiven are functions of one text that are NULL where it is, because they are STRICT, and nowhere else: there is a result
// for each text. lower and upper of a range are not of one text.
var nullAsGiven = map[string]bool{
	"length": true, "char_length": true, "character_length": true, "octet_length": true, "bit_length": true,
	"lower": true, "upper": true, "btrim": true, "ltrim": true, "rtrim": true,
}

// keepsNull reports whether a call is of such a function, of PostgreSQL's own and of no other of that name.
func keepsNull(name string, candidates []*Function, arg *value) bool {
	if !nullAsGiven[name] || len(arg.src) == 0 || !arg.tellsPresence() || ranks[bareType(arg.typ)].family != texts || len(candidates) == 0 {
		return false
	}
	return !slices.ContainsFunc(candidates, func(f *Function) bool { return f.Schema != "pg_catalog" })
}

func isAggregate(candidates []*Function) bool {
	for _, f := range candidates {
		if f.Kind == 'a' || f.Kind == 'w' {
			return true
		}
	}
	return false
}

// resultType is the type that all candidates return.
func resultType(candidates []*Function, args []value) string {
	t := ""
	for i, f := range candidates {
		r := f.Returns
		if strings.HasPrefix(r, "any") {
			r = polymorphic(f, args)
		}
		if i > 0 && r != t || r == "" {
			return ""
		}
		t = r
	}
	return t
}

// polymorphic is the type that a function returns whose result type follows those of its arguments; "" = not known.
func polymorphic(f *Function, args []value) string {
	for i, v := range args {
		if i >= len(f.Args) || v.typ == "" {
			continue
		}
		switch {
		case f.Args[i] == f.Returns:
			return v.typ
		case f.Args[i] == "anyarray" && f.Returns == "anyelement":
			return elementType(v.typ, false)
		case f.Args[i] == "anyelement" && f.Returns == "anyarray":
			return v.typ + "[]"
		}
	}
	return ""
}

// functionName splits a function's name.
func functionName(parts []*ast.Node) (schema, name string) {
	if len(parts) == 0 {
		return "", ""
	}
	if len(parts) > 1 {
		schema = text(parts[len(parts)-2])
	}
	return schema, text(parts[len(parts)-1])
}

// function finds what a call can mean. known is false where the catalog has no such function.
func (s *scope) function(schema, name string, n *ast.FuncCall, args []value) (use FunctionUse, known bool) {
	use = FunctionUse{Name: Name{s.schema(schema), name}, Once: s.once(), Inside: s.inside, Pos: s.at(n.GetLocation())}
	candidates, loaded := s.functions(schema, name)
	use.Candidates = fitting(candidates, len(args), n)
	if len(use.Candidates) == 0 {
		use.Candidates = candidates
	}
	if argNames(n) == nil {
		use.Candidates = exact(use.Candidates, args)
	}
	if len(use.Candidates) > 0 {
		use.Name.Schema = use.Candidates[0].Schema
		return use, true
	}
	if !loaded {
		return use, true // provisional
	}
	if schema == "" && len(args) == 1 && s.isType(name) {
		s.mentionName("", name, s.inside)
		return use, true // a cast written as a call
	}
	s.unresolved(noFunction, use.Name.String(), n.GetLocation())
	return use, false
}

// once reports whether an expression here is computed at most once.
func (s *scope) once() bool {
	if s.inside&(InCTE|InView|InFunction|InDo) != 0 {
		return false
	}
	for l := s; l != nil; l = l.up {
		if len(l.entries) > 0 || l.reading && l != s {
			return false
		}
	}
	return true
}

// functions lists the functions of a name that the search path shows: overloads live in any of its schemas, but not in
// pg_temp, where PostgreSQL does not look for functions.
func (a *analyzer) functions(schema, name string) (list []*Function, loaded bool) {
	if schema != "" {
		return a.functionsIn(a.schema(schema), name)
	}
	loaded = true
	for _, p := range a.path {
		if strings.HasPrefix(p, "pg_temp") {
			continue
		}
		found, ok := a.functionsIn(p, name)
		loaded = loaded && ok
		switch {
		case len(list) == 0:
			list = found
		case len(found) > 0:
			list = append(list[:len(list):len(list)], found...)
		}
	}
	return list, loaded
}

func (a *analyzer) functionsIn(schema, name string) ([]*Function, bool) {
	list, found := a.catalog.Functions(schema, name)
	if found == NotLoaded {
		a.need(NeedFunction, Name{schema, name})
	}
	return list, found != NotLoaded
}

// fitting leaves those that can take that many arguments.
func fitting(list []*Function, args int, n *ast.FuncCall) []*Function {
	fits := func(f *Function) bool {
		if n.GetAggStar() {
			return f.Kind == 'a' || f.Kind == 'w'
		}
		want := args
		if n.GetAggWithinGroup() {
			want += len(n.GetAggOrder())
		}
		if f.Variadic {
			return want >= inputs(f)-1-f.Defaults
		}
		// CALL also takes an argument for each that a procedure gives back.
		most := inputs(f)
		if f.Kind == 'p' {
			most = max(most, len(f.ArgModes))
		}
		return want <= most && want >= inputs(f)-f.Defaults
	}
	all := true
	for _, f := range list {
		all = all && fits(f)
	}
	if all {
		return list
	}
	var out []*Function
	for _, f := range list {
		if fits(f) {
			out = append(out, f)
		}
	}
	return out
}

// exact leaves the one of several that takes the very types of the arguments, where those are beyond doubt: PostgreSQL runs
// it whatever others there are. Those of PostgreSQL's own have no bodies to be kept apart.
func exact(list []*Function, args []value) []*Function {
	if len(list) < 2 || list[0].Schema == "pg_catalog" {
		return list
	}
	for _, v := range args {
		// A whole number that is too long for an integer is called numeric here, and is a bigint.
		if !v.isColumn() && (v.konst == nil || v.typ == "numeric") || !isOrdinary(v.typ) {
			return list
		}
	}
	var found *Function
	for _, f := range list {
		if f.Kind != 'f' || f.Variadic || f.Schema != list[0].Schema {
			return list
		}
		if takesExactly(f, args) {
			if found != nil {
				return list
			}
			found = f
		}
	}
	if found == nil {
		return list
	}
	return []*Function{found}
}

// takesExactly reports whether a function has as many arguments as a call, of the same types.
func takesExactly(f *Function, args []value) bool {
	i := 0
	for k, typ := range f.Args {
		if len(f.ArgModes) == len(f.Args) && (f.ArgModes[k] == "o" || f.ArgModes[k] == "t") {
			continue
		}
		if i >= len(args) || args[i].typ != typ {
			return false
		}
		i++
	}
	return i == len(args)
}

// operator records the operator of an expression where it may be a user's own.
func (s *scope) operator(n *ast.A_Expr, l, r value) {
	name := operatorName(n.GetName())
	switch n.GetKind() {
	case ast.A_Expr_Kind_AEXPR_BETWEEN, ast.A_Expr_Kind_AEXPR_NOT_BETWEEN, ast.A_Expr_Kind_AEXPR_BETWEEN_SYM, ast.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		s.operators(">=", n.GetLocation(), l, r)
		s.operators("<=", n.GetLocation(), l, r)
		return
	}
	if len(n.GetName()) > 1 {
		s.qualifiedOperator(text(n.GetName()[len(n.GetName())-2]), name, n.GetLocation(), l, r)
		return
	}
	s.operators(name, n.GetLocation(), l, r)
}

func operatorName(parts []*ast.Node) string {
	if len(parts) == 0 {
		return ""
	}
	return text(parts[len(parts)-1])
}

// operators records the functions behind the user-defined operators of a name: which of them runs depends on types.
func (s *scope) operators(name string, location int32, args ...value) {
	list, found := s.catalog.Operators(name)
	if found == NotLoaded {
		s.need(NeedOperator, Name{"", name})
		return
	}
	for _, op := range list {
		if slices.Contains(s.path, op.Schema) && op.takes(args) {
			s.operatorCall(op, location, args)
		}
	}
}

// qualifiedOperator records OPERATOR(schema.op). Of those in pg_catalog only what was added to it is in the catalog.
func (s *scope) qualifiedOperator(schema, name string, location int32, args ...value) {
	list, found := s.catalog.Operators(name)
	if found == NotLoaded {
		s.need(NeedOperator, Name{"", name})
		return
	}
	some := schema == "pg_catalog"
	for _, op := range list {
		if op.Schema == schema {
			some = true
			if op.takes(args) {
				s.operatorCall(op, location, args)
			}
		}
	}
	if !some {
		s.unresolved(noOperator, schema+"."+name, location)
	}
}

// takes reports whether an operator can be the one that is meant, as far as the types of the operands are known.
func (o *Operator) takes(args []value) bool {
	for i, v := range args {
		if len(args) == 2 && o.Own[i] && isOrdinary(bareType(v.typ)) {
			return false
		}
	}
	return true
}

// isOrdinary reports whether a type is one of PostgreSQL's own of which every value is known to be, and not of a type
// that is made of others.
func isOrdinary(typ string) bool {
	switch typ {
	case "boolean", "uuid", "json", "jsonb", "bytea", "interval", "inet":
		return true
	}
	_, ok := ranks[typ]
	return ok
}

func (s *scope) operatorCall(op *Operator, location int32, args []value) {
	candidates, _ := s.functionsIn(op.Function.Schema, op.Function.Name)
	s.calls = append(s.calls, call{FunctionUse: FunctionUse{Name: op.Function, Candidates: candidates, Inside: s.inside, Pos: s.at(location)}, args: args})
}

// method records TABLESAMPLE's method, a function.
func (s *scope) method(parts []*ast.Node, location int32) {
	schema, name := functionName(parts)
	candidates, loaded := s.functions(schema, name)
	if len(candidates) == 0 && loaded {
		s.unresolved(noFunction, name, location)
		return
	}
	use := FunctionUse{Name: Name{schema, name}, Candidates: candidates, InFrom: true, Inside: s.inside, Pos: s.at(location)}
	if len(candidates) > 0 {
		use.Name.Schema = candidates[0].Schema
	}
	s.calls = append(s.calls, call{FunctionUse: use})
}
