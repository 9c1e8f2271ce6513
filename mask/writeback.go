package mask

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// WritebackError says that a masked value came back as an argument.
type WritebackError struct {
	Column  lineage.ColumnID // zero where the statement does not say which column would take it
	Ordinal int              // of the argument, 0 = a literal
}

func (e *WritebackError) Error() string {
	if e.Column == (lineage.ColumnID{}) {
		return "governed: a masked value would be stored"
	}
	return "governed: a masked value of " + e.Column.String() + " would be stored"
}

// ErrorType is the error.type of spans.
func (e *WritebackError) ErrorType() string { return "governed.masked_writeback" }

// Check refuses arguments and literals that are masked values. A token, which is a pseudonym or the redaction, is refused
// wherever it would be stored, and where nobody can say what becomes of it: in CALL and DO, as an argument of a function
// that may store it. As what a column is compared with it passes. Other masked values are refused where they are assigned to a column that
// was shown with them, and so is what a scan blanked in a column that nobody labelled, where it would be put in place of the
// real one; where another column was shown with nothing but zero or NULL, so is an argument that says as little. What was
// computed from a zero is like any other value, and passes. What a member of a document was shown as, zero
// or null, is refused where it would become a member by that key. Columns that are shown in clear take all.
func (m *Masker) Check(st *lineage.Statement, args []any, rules Rules) error {
	if len(st.Assigns) == 0 && st.Command != "CALL" && st.Command != "DO" {
		return nil
	}
	c := &checker{masker: m, st: st, args: args, rules: rules}
	if !c.begin() {
		return nil
	}
	c.index(len(args))
	for i, arg := range args {
		if err := c.argument(i+1, arg); err != nil {
			return err
		}
	}
	return c.literals()
}

// checker looks at the values of one statement.
type checker struct {
	masker *Masker
	st     *lineage.Statement
	args   []any
	rules  Rules
	goals  []goal
	leaves []any    // of the argument that is looked at, where it is a document
	read   bool     // leaves are known
	forms  []string // of that argument, as scans are remembered
	formed bool     // forms are known
	first  []int32  // by ordinal of an argument: where its flows begin, 0 = nowhere
	flows  []flow
}

// goal is a column that is assigned to.
type goal struct {
	*lineage.Assign
	cleared bool
	trace   *trace
	updates bool     // it changes what a row has already
	names   []string // see checker.names
	named   bool     // names are known
	looked  bool     // see checker.look, also for those below
	partial bool     // the last digits are shown of it, also where another process has shown it
	dates   dateKind
}

// flow says that an argument flows into a goal.
type flow struct{ goal, next int32 }

// begin looks at what is assigned to; false = all of it is shown in clear.
func (c *checker) begin() bool {
	open := len(c.st.Assigns) == 0
	c.goals = make([]goal, len(c.st.Assigns))
	for i := range c.st.Assigns {
		a := &c.st.Assigns[i]
		g := &c.goals[i]
		g.Assign, g.cleared = a, c.rules.Shows(a.Target)
		if g.cleared {
			continue
		}
		open = true
		g.trace = c.masker.trace(a.Target)
		switch a.Command {
		case "UPDATE", "ON CONFLICT", "MERGE UPDATE":
			g.updates = true
		}
	}
	return open
}

// index notes for each argument what it flows into: a statement may have tens of thousands of them.
func (c *checker) index(args int) {
	if args == 0 {
		return
	}
	c.first = make([]int32, args+1)
	c.flows = make([]flow, 1, args+1)
	for i := len(c.goals) - 1; i >= 0; i-- {
		for _, p := range c.goals[i].Params {
			if p > 0 && p <= args {
				c.flows = append(c.flows, flow{goal: int32(i), next: c.first[p]})
				c.first[p] = int32(len(c.flows) - 1)
			}
		}
	}
}

func (c *checker) refuse(target lineage.ColumnID, ordinal int) error {
	return &WritebackError{Column: target, Ordinal: ordinal}
}

// forget begins another value.
func (c *checker) forget() { c.leaves, c.read, c.forms, c.formed = nil, false, nil, false }

// argument checks one argument, by the columns that it flows into.
func (c *checker) argument(ordinal int, arg any) error {
	first := c.first[ordinal]
	c.forget()
	var target *goal // the first that is not cleared
	for i := first; i != 0; i = c.flows[i].next {
		g := &c.goals[c.flows[i].goal]
		if g.cleared {
			continue
		}
		if target == nil {
			target = g
		}
		if c.stored(g, g.updates, arg) {
			return c.refuse(g.Target, ordinal)
		}
	}
	switch {
	case first != 0 && target == nil, first == 0 && !c.mayStore(ordinal), !carriesToken(arg):
		return nil
	case target != nil:
		return c.refuse(target.Target, ordinal)
	}
	return c.refuse(c.someTarget(), ordinal)
}

// mayStore reports whether an argument that flows into no assignment may be stored all the same. Ordinal 0 stands for the
// constants of the text.
func (c *checker) mayStore(ordinal int) bool {
	st := c.st
	if st.Command == "CALL" || st.Command == "DO" || len(st.Unresolved) > 0 || len(st.Needs) > 0 {
		return true
	}
	if st.Params == 0 && ordinal > 0 {
		return true // facts that were not made of a text
	}
	for i := range st.Functions {
		f := &st.Functions[i]
		if f.Inside&lineage.InFunction != 0 || !c.isOwn(f) {
			continue
		}
		for j := range f.Args {
			arg := &f.Args[j]
			if ordinal > 0 && slices.Contains(arg.Params, ordinal) || ordinal == 0 && (arg.Const == nil || isToken(*arg.Const)) {
				return true
			}
		}
	}
	return false
}

// isOwn reports whether a call is of a function that may store what it is given: one that somebody made, unless its body
// was read and assigns nothing.
func (c *checker) isOwn(f *lineage.FunctionUse) bool {
	own := len(f.Candidates) == 0
	for _, candidate := range f.Candidates {
		own = own || candidate.Schema != "pg_catalog"
	}
	if !own || !f.Opened {
		return own
	}
	return slices.ContainsFunc(c.st.Assigns, func(a lineage.Assign) bool { return a.Inside&lineage.InFunction != 0 })
}

// someTarget is the first column that the statement assigns to and that is not cleared.
func (c *checker) someTarget() lineage.ColumnID {
	for i := range c.goals {
		if g := &c.goals[i]; !g.cleared {
			return g.Target
		}
	}
	return lineage.ColumnID{}
}

// stored reports whether a value that is assigned to a column is one that the column was shown with.
func (c *checker) stored(g *goal, update bool, value any) bool {
	if g.trace != nil && update && g.trace.has(markBlank) && isBlank(value) || c.shown(g, value) || c.blanked(g, value) {
		return true
	}
	return mayBeList(value) && (c.shownInside(g, value) || c.shownInDocument(g, value))
}

// isBlank reports whether a value may be one that says nothing: what a column is shown with that has no other mask. A number that
// a program has calculated from such a zero is not recognised, since it is like any that somebody has typed.
func isBlank(value any) bool {
	v, ok := plain(value)
	if !ok {
		v = value
	}
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string, []byte:
		return slices.ContainsFunc(formsOf(v), saysNothing)
	}
	forms := formsOf(v)
	return forms == nil || slices.ContainsFunc(forms, saysNothing)
}

// shownInDocument looks at the texts and numbers in a JSON document: an INSERT may take them out of it.
func (c *checker) shownInDocument(g *goal, value any) bool {
	if g.trace == nil && !c.look(g).partial {
		return false
	}
	if !c.read {
		c.leaves, c.read = leavesOf(value), true
	}
	return slices.ContainsFunc(c.leaves, func(leaf any) bool { return c.shown(g, leaf) })
}

func (c *checker) shownInside(g *goal, list any) (found bool) {
	eachElement(list, func(element any) { found = found || c.shown(g, element) })
	return found
}

// shown reports whether one value is what a column was shown with.
func (c *checker) shown(g *goal, value any) bool {
	if g.trace != nil && c.traced(g, value) {
		return true
	}
	text, ok := textOf(value)
	return ok && looksPartial(text) && (g.trace != nil && g.trace.has(markPartial) || c.look(g).partial)
}

// traced reports whether a value was put out for a column.
func (c *checker) traced(g *goal, value any) bool {
	tr := g.trace
	if tr.has(markUUID) {
		if text, ok := textOf(value); ok && isUUID8(text) {
			return true
		}
	}
	dates := noDate
	if tr.has(markDates) {
		dates = max(anyDate, c.look(g).dates)
	}
	for _, key := range keysLike(value, dates, tr.has(markNetworks)) {
		if tr.knows(c.masker.digest(key)) || tr.has(markFull) && isImage(key) {
			return true
		}
	}
	return false
}

// look looks at the column that a goal is, once: there are as many goals as values.
func (c *checker) look(g *goal) *goal {
	if g.looked {
		return g
	}
	g.looked = true
	for i := range c.st.Relations {
		rel := &c.st.Relations[i].Relation
		if rel.Name != g.Target.Of() {
			continue
		}
		if col, ok := rel.Column(g.Target.Column); ok {
			g.partial = c.rules.treatment(rel, col, c.rules.Classify(rel, col)) == Partial
			g.dates = dateKindOf(col)
			break
		}
	}
	return g
}

// madeDate reports whether a date is made of constants and arguments that say no more than the year that a column was shown with:
// make_date(1973, 1, 1).
func (c *checker) madeDate(g *goal) bool {
	const most = 8
	if g.Direct || g.trace == nil || !g.trace.has(markDates) || len(g.Sources) > 0 || len(g.Literals)+len(g.Params) > most || c.look(g).dates < dayDate {
		return false
	}
	var text strings.Builder
	for _, l := range g.Literals {
		text.WriteString(l + " ")
	}
	for _, p := range g.Params {
		if p > 0 && p <= len(c.args) {
			text.WriteString(strings.Join(textsOf([]any{c.args[p-1]}, 1), " ") + " ")
		}
	}
	key, _ := firstOfYear(text.String(), g.dates)
	return key != "" && (g.trace.knows(c.masker.digest(key)) || g.trace.has(markFull))
}

// literals checks the constants of the text.
func (c *checker) literals() error {
	for i := range c.goals {
		g := &c.goals[i]
		if g.cleared {
			continue
		}
		if c.madeDate(g) {
			return c.refuse(g.Target, 0)
		}
		for _, l := range g.Literals {
			c.forget()
			if isToken(l) || c.stored(g, false, l) {
				return c.refuse(g.Target, 0)
			}
		}
	}
	if len(c.st.Strings) == 0 || !c.mayStore(0) {
		return nil
	}
	for i := range c.st.Strings {
		if l := c.st.Strings[i].Value; isToken(l) && !c.onlyCleared(l) {
			return c.refuse(c.someTarget(), 0)
		}
	}
	return nil
}

// onlyCleared reports whether a constant flows into columns that are shown in clear, and none else.
func (c *checker) onlyCleared(literal string) bool {
	flows := false
	for i := range c.goals {
		g := &c.goals[i]
		if !slices.Contains(g.Literals, literal) {
			continue
		}
		if !g.cleared {
			return false
		}
		flows = true
	}
	return flows
}
