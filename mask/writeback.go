package mask

import (
	"slices"

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
// anywhere in a statement that stores something. Other masked values are refused where they are assigned to a column that
// was shown with them; where a column was shown with nothing but zero or NULL, so is every argument that an UPDATE
// assigns to it, since what was computed from a zero does not look like one. Columns that are shown in clear take all.
func (m *Masker) Check(st *lineage.Statement, args []any, clear func(lineage.ColumnID) bool) error {
	if len(st.Assigns) == 0 && st.Command != "CALL" && st.Command != "DO" {
		return nil
	}
	c := &checker{masker: m, st: st, clear: clear}
	c.open = slices.ContainsFunc(st.Assigns, func(a lineage.Assign) bool { return !c.clears(a.Target) })
	if len(st.Assigns) > 0 && !c.open {
		return nil
	}
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
	clear  func(lineage.ColumnID) bool
	open   bool // a column that is assigned to is not cleared
}

func (c *checker) clears(id lineage.ColumnID) bool { return c.clear != nil && c.clear(id) }

func (c *checker) refuse(target lineage.ColumnID, ordinal int) error {
	return &WritebackError{Column: target, Ordinal: ordinal}
}

// argument checks one argument, by the columns that it flows into.
func (c *checker) argument(ordinal int, arg any) error {
	flows, cleared := false, true
	var first lineage.ColumnID
	for i := range c.st.Assigns {
		a := &c.st.Assigns[i]
		if !slices.Contains(a.Params, ordinal) {
			continue
		}
		if c.clears(a.Target) {
			flows = true
			continue
		}
		if !flows || cleared {
			first = a.Target
		}
		flows, cleared = true, false
		if c.stored(a.Target, c.updates(a), arg) {
			return c.refuse(a.Target, ordinal)
		}
	}
	if flows && cleared || !carriesToken(arg) {
		return nil
	}
	if !flows {
		first = c.someTarget()
	}
	return c.refuse(first, ordinal)
}

// someTarget is the first column that the statement assigns to and that is not cleared.
func (c *checker) someTarget() lineage.ColumnID {
	for i := range c.st.Assigns {
		if t := c.st.Assigns[i].Target; !c.clears(t) {
			return t
		}
	}
	return lineage.ColumnID{}
}

// updates reports whether an assignment changes what a row has already.
func (c *checker) updates(a *lineage.Assign) bool {
	switch a.Command {
	case "UPDATE", "ON CONFLICT", "MERGE UPDATE":
		return true
	}
	return false
}

// stored reports whether a value that is assigned to a column is one that the column was shown with.
func (c *checker) stored(target lineage.ColumnID, update bool, value any) bool {
	tr := c.masker.trace(target)
	if tr != nil && update && tr.has(markBlank) {
		return true
	}
	found := c.shown(tr, target, value)
	eachElement(value, func(element any) { found = found || c.shown(tr, target, element) })
	return found
}

// shown reports whether one value is what a column was shown with.
func (c *checker) shown(tr *trace, target lineage.ColumnID, value any) bool {
	if tr != nil && c.traced(tr, value) {
		return true
	}
	text, ok := textOf(value)
	return ok && looksPartial(text) && (tr != nil && tr.has(markPartial) || c.isPartial(target))
}

// traced reports whether a value was put out for a column.
func (c *checker) traced(tr *trace, value any) bool {
	if tr.has(markUUID) {
		if text, ok := textOf(value); ok && isUUID8(text) {
			return true
		}
	}
	for _, key := range keysOf(value) {
		if tr.knows(c.masker.digest(key)) || tr.has(markFull) && isImage(key) {
			return true
		}
	}
	return false
}

// isPartial reports whether a column is one of which the last digits are shown, also where another process has shown it.
func (c *checker) isPartial(target lineage.ColumnID) bool {
	for i := range c.st.Relations {
		rel := &c.st.Relations[i].Relation
		if rel.Name != target.Of() {
			continue
		}
		if col, ok := rel.Column(target.Column); ok {
			return treatments[Classify(rel, col)] == Partial
		}
	}
	return false
}

// literals checks the constants of the text.
func (c *checker) literals() error {
	for i := range c.st.Assigns {
		a := &c.st.Assigns[i]
		if c.clears(a.Target) {
			continue
		}
		for _, l := range a.Literals {
			if isToken(l) || c.stored(a.Target, false, l) {
				return c.refuse(a.Target, 0)
			}
		}
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
	for i := range c.st.Assigns {
		a := &c.st.Assigns[i]
		if !slices.Contains(a.Literals, literal) {
			continue
		}
		if !c.clears(a.Target) {
			return false
		}
		flows = true
	}
	return flows
}
