package mask

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// This file finds what a statement asks of documents in which nobody knows what it asks: of a document as a whole, and of
// members by keys that nobody knows. Each answer is one bit of whatever stands there.

// questions are the findings of this file.
func (p *planner) questions(out []Finding) []Finding {
	var seen []lineage.ColumnID
	add := func(rule string, id lineage.ColumnID, message string) {
		if !slices.Contains(seen, id) {
			seen = append(seen, id)
			out = append(out, Finding{Rule: rule, Column: id, Message: message, Pos: -1, Unkeyed: true})
		}
	}
	const asked = " is asked as a whole, or by a key that nobody knows"
	for i := range p.Statement.Indirect {
		in := &p.Statement.Indirect[i]
		if p.asksUnknown(in.Source.Column, &in.Taken, true) {
			add(RulePredicate, in.Source.Column, "the document "+in.Source.Column.String()+asked+", and decides which rows come back, or their order")
		}
	}
	for _, id := range p.askedOf() {
		add(RuleFault, id, "the document "+id.String()+asked)
	}
	if id, some := p.askedByBodies(); some {
		add(RulePredicate, id, "a function reads the document "+id.String()+", and what it gives may decide which rows come back")
	}
	return out
}

// askedOf are the documents of which values are made that answer such a question: outputs, what is stored, arguments of functions
// with effects. A value that was taken by an unknown key is no answer: it is hidden.
func (p *planner) askedOf() (out []lineage.ColumnID) {
	ask := func(base []lineage.Source, t *lineage.Taken) {
		if !t.Whole && len(t.Ends) == 0 {
			return
		}
		for i := range base {
			if id := base[i].Column; p.asksUnknown(id, t, false) && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	st := p.Statement
	for i := range st.Outputs {
		ask(st.Outputs[i].Base, &st.Outputs[i].Taken)
	}
	for i := range st.Assigns {
		ask(st.Assigns[i].Base, &st.Assigns[i].Taken)
	}
	for i := range st.Functions {
		f := &st.Functions[i]
		if f.Inside&(lineage.InDefinition|lineage.InExplain) != 0 || !hasEffects(f) {
			continue
		}
		for j := range f.Args {
			ask(f.Args[j].Base, &f.Args[j].Taken)
		}
	}
	return out
}

// asksUnknown reports whether a document is asked as a whole, below a member that may be an object, or, in what decides, by a key
// that nobody knows.
func (p *planner) asksUnknown(id lineage.ColumnID, t *lineage.Taken, decides bool) bool {
	if !p.mayHold(id, t) {
		return false
	}
	given := p.given(t)
	if p.Arg == nil && len(t.Params) > 0 {
		given.Any = t.Any // each execution is judged by its own keys
	}
	switch {
	case given.Whole, decides && given.Any != 0:
		return true
	case slices.Contains(given.Ends, "") && slices.ContainsFunc(given.Keys[len(t.Keys):], isContainer):
		return true
	}
	return slices.ContainsFunc(given.Ends, isContainer) || len(given.Ends) > 0 && p.isXML(id) // the text of a node is that of all below it
}

// mayHold reports whether a column holds documents of which somebody has to know what is asked: by its type, or since the
// statement parses its texts.
func (p *planner) mayHold(id lineage.ColumnID, t *lineage.Taken) bool {
	rel := p.relation(id.Of())
	if rel == nil || isSystemSchema(id.Schema) || p.Shows(id) || p.isOpen(rel, id) {
		return false
	}
	of := kindDocument | kindOther
	if t.Parsed {
		of = textual
	}
	col, ok := rel.Column(id.Column)
	return ok && kindOf(col)&of != 0
}

// askedByBodies gives a document that the body of a function reads and asks, takes sensitive members of, or hands out. What becomes
// of it in the statement is not among the facts.
func (p *planner) askedByBodies() (id lineage.ColumnID, some bool) {
	const inside = lineage.InFunction | lineage.InDo
	inner := &p.Statement.Bodies
	for i := range p.Statement.Relations {
		use := &p.Statement.Relations[i]
		if use.Inside&inside == 0 || use.Inside&(lineage.InDefinition|lineage.InTrigger) != 0 || use.Access&lineage.Reads == 0 {
			continue
		}
		rel := p.relation(use.Relation.Name)
		if rel == nil {
			continue // see bodyColumn
		}
		for j := range rel.Columns {
			c := &rel.Columns[j]
			if use.Columns != nil && !slices.Contains(use.Columns, c.Name) || kindOf(c)&kindDocument == 0 {
				continue
			}
			if id := idOf(rel, c); p.asksUnknown(id, inner, true) || p.asksMember(id, inner) {
				return id, true
			}
		}
	}
	return id, false
}
