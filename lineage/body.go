package lineage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// maxBodies is how deep functions that call functions are opened, and how many for one statement.
const (
	maxBodyDepth = 16
	maxBodies    = 500
)

// bodies are the functions that the analysis of one statement has opened, and whether all of each was understood. One
// that is still being read stands for understood: the reading that is under way says what it does.
type bodies struct {
	depth   int
	read    map[opening]bool
	columns map[opening][]value // see bodyColumns
	// looping are those that have a loop over something else than a query, or call themselves.
	looping map[*Function]bool
	// underWay are those that are being read; true = one of them has been called again meanwhile.
	underWay map[opening]bool
	// lookups are the comparisons with an argument, of bodies that were read for a call by which they are lookups.
	lookups map[opening][]Influence
}

// opening is a function in the surroundings that decide what its body means to the guard.
type opening struct {
	function *Function
	inside   Inside
	path     string
}

// tells are the surroundings that decide.
const tells = InExplain | InExplainRun | InDefinition | InTrigger

// openFunctions reads the bodies of the functions that a statement calls, and adds what they do to its facts.
func (a *analyzer) openFunctions() {
	for i := range a.st.Functions {
		u := &a.st.Functions[i]
		user, opened, loops := false, true, false
		lookup := u.Once && u.plain
		for _, f := range u.Candidates {
			if f.Schema == "pg_catalog" || f.Schema == "information_schema" {
				continue
			}
			user = true
			opened = a.openFunction(f, bodyInside(f, u.Inside), lookup) && opened
			opened = a.argDefaults(f, u) && opened
			loops = loops || a.bodies.looping[f]
		}
		// Adding facts may have moved the list.
		a.st.Functions[i].Opened, a.st.Functions[i].Loops = user && opened, loops
	}
	for i := range a.st.Effects {
		if e := &a.st.Effects[i]; e.Command == "CALL" && !a.calledOpen(e) {
			e.Options = append(e.Options, "OPAQUE")
		}
	}
}

// calledOpen reports whether the procedure of a CALL was read.
func (a *analyzer) calledOpen(e *Effect) bool {
	if e.Has("OPAQUE") {
		return true // and said so already
	}
	return slices.ContainsFunc(a.st.Functions, func(u FunctionUse) bool { return u.Name == e.Object && u.Pos == e.Pos && u.Opened })
}

// bodyInside is where a body stands that is opened from a call. A view makes no body harmless. EXPLAIN evaluates, while it
// plans, what is not volatile.
func bodyInside(f *Function, inside Inside) Inside {
	if f.Volatility == 'i' || f.Volatility == 's' {
		inside &^= InExplain
	}
	return inside&^InView | InFunction
}

// openFunction reads one function, once for each of the surroundings that tell. With lookup, what its body compares with an
// argument is compared with one value that whoever asks knows.
func (a *analyzer) openFunction(f *Function, inside Inside, lookup bool) bool {
	b := &a.bodies
	key := opening{f, inside & tells, strings.Join(a.path, ",")}
	if ok, seen := b.read[key]; seen {
		a.again(key, lookup)
		return ok
	}
	if b.depth >= maxBodyDepth || len(b.read) >= maxBodies {
		return false
	}
	if b.read == nil {
		b.read, b.underWay, b.looping, b.lookups = map[opening]bool{}, map[opening]bool{}, map[*Function]bool{}, map[opening][]Influence{}
	}
	b.read[key], b.underWay[key] = true, false
	before := len(a.st.Indirect)
	b.read[key] = a.readFunction(f, inside)
	lookup = lookup && f.Language == "sql" && !b.underWay[key]
	delete(b.underWay, key)
	for i := range a.st.Indirect[before:] {
		in := &a.st.Indirect[before+i]
		if in.Equality && lookup {
			b.lookups[key] = append(b.lookups[key], *in)
		}
		in.Equality = in.Equality && lookup
	}
	return b.read[key]
}

// again notes another call of a function whose body has been read, or is being read.
func (a *analyzer) again(key opening, lookup bool) {
	b := &a.bodies
	if _, reading := b.underWay[key]; reading {
		b.underWay[key], b.looping[key.function] = true, true
		return
	}
	if lookup {
		return
	}
	for _, in := range b.lookups[key] {
		in.Equality = false
		a.st.Indirect = append(a.st.Indirect, in)
	}
	delete(b.lookups, key)
}

func (a *analyzer) readFunction(f *Function, inside Inside) bool {
	path, known := a.configure(f, inside)
	if f.Code != nil || len(f.Parts) > 0 {
		a.implied(f, inside)
	}
	if f.Kind == 'a' {
		return true // it is its parts
	}
	if isAtomic(f.Body) {
		path = a.catalog.SearchPath() // by which the server has written the names
	} else if !known {
		path = a.path
	}
	ok := false
	if f.atomic != nil {
		sub := &analyzer{world: a.world, st: &Statement{}, sqlFunction: true}
		a.bodies.depth++
		defer func() { a.bodies.depth-- }()
		ok = sub.atomic(f.atomic, inside, sub.variables(f.Name.Name, slices.DeleteFunc(slices.Clone(f.ArgNames), func(s string) bool { return s == "" }), inside))
		sub.openFunctions()
		a.absorb(sub.st, inside)
		return ok && known && len(sub.st.Unresolved) == 0
	}
	a.under(path, func() {
		args := slices.DeleteFunc(slices.Clone(f.ArgNames), func(s string) bool { return s == "" })
		loops := false
		ok, loops = a.body(f.Language, f.Body, definition(f), inside, args, f.Name.Name)
		a.bodies.looping[f] = a.bodies.looping[f] || loops
	})
	return ok && (known || isAtomic(f.Body))
}

// implied records the functions that run because another one does.
func (a *analyzer) implied(f *Function, inside Inside) {
	sub := &analyzer{world: a.world, st: &Statement{}}
	sub.runs(f.Parts, inside)
	sub.runsOf(f.Code, inside)
	sub.flush()
	a.bodies.depth++
	sub.openFunctions()
	a.bodies.depth--
	a.absorb(sub.st, inside)
	a.st.Unresolved = append(a.st.Unresolved, sub.st.Unresolved...)
}

// body analyses the body of a function or of DO, and reports whether all of it was understood, and whether it has a loop over
// something else than a query. What was understood is added to the facts in any case.
func (a *analyzer) body(language, text, definition string, inside Inside, variables []string, name string) (ok, loops bool) {
	sub := &analyzer{world: a.world, st: &Statement{}, sqlFunction: language == "sql"}
	a.bodies.depth++
	defer func() { a.bodies.depth-- }()
	switch language {
	case "sql":
		ok = sub.sqlBody(text, inside, sub.variables(name, variables, inside))
	case "plpgsql":
		ok = sub.plpgsqlBody(definition, inside, name, variables)
	case "internal":
		ok = makesRange[text]
	}
	sub.openFunctions()
	a.absorb(sub.st, inside)
	return ok && len(sub.st.Unresolved) == 0 && !(movesPath(sub.st) && names(sub.st)), sub.loops
}

// makesRange are the functions of the server that CREATE TYPE AS RANGE gives names of the type's own.
var makesRange = map[string]bool{
	"range_constructor2": true, "range_constructor3": true,
	"multirange_constructor0": true, "multirange_constructor1": true, "multirange_constructor2": true,
}

// absorb takes over the facts of a body. Positions and parameters in them are the body's own, not those of the statement.
func (a *analyzer) absorb(st *Statement, inside Inside) {
	for _, r := range st.Relations {
		r.Pos = -1
		a.st.Relations = append(a.st.Relations, r)
	}
	for _, f := range st.Functions {
		f.Pos, f.Args = -1, slices.Clone(f.Args)
		for i := range f.Args {
			f.Args[i].Params = nil
			// Deeper down nobody knows what the argument is that is handed on.
			f.Args[i].Given = f.Args[i].Given && a.bodies.depth == 1
		}
		a.st.Functions = append(a.st.Functions, f)
	}
	for _, s := range st.Settings {
		s.Pos, s.Param = -1, 0
		a.st.Settings = append(a.st.Settings, s)
	}
	for _, e := range st.Effects {
		e.Pos, e.Where = -1, e.Where.withoutArgs()
		a.st.Effects = append(a.st.Effects, e)
	}
	for _, in := range st.Indirect {
		// What a trigger asks is not the question of whoever writes the row.
		if in.Kind == Limit || inside&(InDefinition|InTrigger) == 0 {
			a.st.Indirect = append(a.st.Indirect, in)
		}
	}
	a.st.Bodies = (&a.st.Bodies).with(&st.Bodies).with(st.taken).value()
	for _, g := range st.Assigns {
		g.Pos, g.Params, g.Direct = -1, nil, false
		a.st.Assigns = append(a.st.Assigns, g)
	}
}

// withoutArgs is the predicate as far as it holds whatever the arguments are.
func (p *Predicate) withoutArgs() *Predicate {
	if p == nil || !p.NeedsArgs() {
		return p
	}
	switch p.Truth(nil) {
	case Bounds:
		return predBounds
	case Never:
		return predFalse
	}
	return predFree
}

// variables is the scope in which a body's statements stand: its arguments and variables, behind all columns.
func (a *analyzer) variables(function string, names []string, inside Inside) *scope {
	s := a.newScope(nil, inside)
	it := &item{name: function, cols: []column{}}
	for _, n := range slices.Compact(slices.Sorted(slices.Values(names))) { // blocks may use a name again
		it.cols = append(it.cols, column{name: n, value: value{holds: whole, given: a.sqlFunction}}) // of which nobody knows the type
		s.show(&item{name: n, why: "variable"}, true, false)
	}
	s.show(it, true, true)
	return s
}

// sqlBody reads a body of language sql.
func (a *analyzer) sqlBody(text string, inside Inside, up *scope) bool {
	if isAtomic(text) {
		return a.atomicBody("CREATE FUNCTION f() RETURNS integer LANGUAGE sql "+text, inside, up)
	}
	list, err := pgparse.Parse(text, pgparse.CeilingBytes)
	if err != nil {
		return false
	}
	for _, stmt := range list {
		a.bodyStatement(stmt.Node, inside, up)
	}
	return true
}

// inOrder shows each statement of a body what those before it create, add and rename.
func (a *analyzer) inOrder(statements []string, inside Inside, up *scope) bool {
	before, next := a.catalog, &prospect{Catalog: a.catalog, relations: map[Name]*Relation{}, adds: true}
	defer func() { a.catalog = before }()
	ok := true
	for _, text := range statements {
		defines, effects := len(a.st.Defines), len(a.st.Effects)
		ok = a.sqlBody(text, inside, up) && ok
		if len(a.st.Defines) > defines || len(a.st.Effects) > effects {
			next.follow(a.st.Defines[defines:], a.st.Effects[effects:])
			a.catalog = next
		}
	}
	return ok
}

func isAtomic(text string) bool {
	head := strings.ToUpper(strings.TrimSpace(text))
	return strings.HasPrefix(head, "BEGIN ATOMIC") || strings.HasPrefix(head, "RETURN ")
}

// atomicBody reads a body that is part of the definition's own grammar.
func (a *analyzer) atomicBody(definition string, inside Inside, up *scope) bool {
	list, err := pgparse.Parse(definition, pgparse.CeilingBytes)
	if err != nil || len(list) != 1 {
		return false
	}
	return a.atomic(list[0].Node.GetCreateFunctionStmt().GetSqlBody(), inside, up)
}

// atomic goes down the lists in which the grammar keeps the statements.
func (a *analyzer) atomic(n *ast.Node, inside Inside, up *scope) bool {
	switch b := n.GetNode().(type) {
	case nil:
		return true
	case *ast.Node_List:
		ok := true
		for _, item := range b.List.Items {
			ok = a.atomic(item, inside, up) && ok
		}
		return ok
	case *ast.Node_ReturnStmt:
		a.newScope(up, inside).expr(b.ReturnStmt.Returnval)
		a.flush()
		return true
	}
	a.bodyStatement(n, inside, up)
	return true
}

func (a *analyzer) bodyStatement(n *ast.Node, inside Inside, up *scope) {
	if !isQuery(n) {
		a.utility(n, inside)
		return
	}
	a.run(n, up, inside)
	a.flush()
}

// plpgsqlBody reads a body of PL/pgSQL: every statement and every expression in it, whether or not it will be reached.
func (a *analyzer) plpgsqlBody(definition string, inside Inside, name string, arguments []string) bool {
	body, err := pgparse.PLpgSQL(definition)
	if err != nil {
		return false
	}
	up := a.variables(name, append(slices.Clone(arguments), body.Variables...), inside)
	for _, t := range body.Types {
		a.mentionText(t, inside)
		if isDocument(t) {
			a.st.taken = a.st.taken.with(takenParsed) // what is assigned to it may be a text
		}
	}
	a.flush()
	a.loops = body.Loops
	ok := a.inOrder(body.Statements, inside, up)
	for _, text := range body.Dynamic {
		ok = a.dynamicSQL(text, inside) && ok
	}
	if body.Ends {
		a.effect(Effect{Command: "COMMIT", Inside: inside, Pos: -1})
	}
	return ok
}

// dynamicSQL reads the value of an EXECUTE where it is a constant.
func (a *analyzer) dynamicSQL(text string, inside Inside) bool {
	list, err := pgparse.Parse(text, pgparse.CeilingBytes)
	if err != nil || len(list) != 1 {
		return false
	}
	value := alone(list[0].Node.GetSelectStmt())
	if value == nil {
		return false
	}
	f := folder{column: func(*ast.ColumnRef) (*Column, bool) { return nil, false }}
	v, ok := f.constant(plainNode(value))
	if !ok || v.null {
		return false
	}
	return a.sqlBody(v.text, inside, nil)
}

// definition writes the CREATE that a function of PL/pgSQL comes from, as far as its parser needs it. Types of outputs
// are not known; they decide nothing.
func definition(f *Function) string {
	if f.Language != "plpgsql" {
		return ""
	}
	args, outputs := arguments(f)
	returns := " RETURNS "
	if f.ReturnsSet {
		returns += "SETOF "
	}
	kind := "FUNCTION"
	switch {
	case f.Kind == 'p':
		kind, returns = "PROCEDURE", ""
	case outputs == 1:
		returns += "text"
	case outputs > 1:
		returns += "record"
	default:
		returns += plainArray(f.Returns)
	}
	return "CREATE " + kind + " f(" + strings.Join(args, ", ") + ")" + returns + " LANGUAGE plpgsql AS " + dollarQuoted(f.Body)
}

func arguments(f *Function) (list []string, outputs int) {
	in := 0
	for i := range max(len(f.ArgModes), len(f.Args)) {
		mode, typ, name := "i", "text", ""
		if i < len(f.ArgModes) {
			mode = f.ArgModes[i]
		}
		if i < len(f.ArgNames) && f.ArgNames[i] != "" {
			name = quoteIdent(f.ArgNames[i]) + " "
		}
		word := "IN "
		switch mode {
		case "o", "t":
			word = "OUT "
			outputs++
		case "b":
			word, typ = "INOUT ", "text"
			in++
			outputs++
		default:
			if in < len(f.Args) {
				typ = f.Args[in]
			}
			in++
		}
		list = append(list, word+name+plainArray(typ))
	}
	return list, outputs
}

// plainArray is a type as the parser of PL/pgSQL takes it: it refuses arrays of types that it does not know.
func plainArray(typ string) string {
	if elem, array := strings.CutSuffix(typ, "[]"); array && !isScalar(elem) {
		return "text[]"
	}
	return typ
}

func quoteIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// dollarQuoted quotes a text with a tag that does not stand in it.
func dollarQuoted(s string) string {
	tag := "$body$"
	for i := 0; strings.Contains(s, tag[:len(tag)-1]); i++ {
		tag = "$body" + strconv.Itoa(i) + "$"
	}
	return tag + s + tag
}
