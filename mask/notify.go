package mask

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// notifies finds texts of columns that nobody labelled among what is sent to listeners: the server sends it, and nothing looks
// at it on the way. What is sent as an argument was scanned when it was read.
func (p *planner) notifies(out []Finding) []Finding {
	var seen []lineage.ColumnID
	add := func(id lineage.ColumnID, pos int) {
		if slices.Contains(seen, id) {
			return
		}
		seen = append(seen, id)
		out = append(out, Finding{
			Rule: RuleChannel, Column: id, Pos: pos,
			Message: id.String() + " is sent to listeners by pg_notify, and nobody looks at what it holds",
			Safe:    "read the value and send it as an argument, pg_notify($1, $2), or label the column [governed: " + NotSensitive + "]",
		})
	}
	bodies := false
	for i := range p.Statement.Functions {
		f := &p.Statement.Functions[i]
		if f.Name.Name != "pg_notify" || f.Inside&(lineage.InDefinition|lineage.InExplain|lineage.InTrigger) != 0 {
			continue
		}
		for j := range f.Args {
			a := &f.Args[j]
			p.unseen(a, func(id lineage.ColumnID) { add(id, f.Pos) })
			bodies = bodies || f.Inside&(lineage.InFunction|lineage.InDo) != 0 && a.Const == nil && !a.Null
		}
	}
	if !bodies {
		return out
	}
	// A body sends what it was given, or has read: which of it is not among the facts.
	for i := range p.Statement.Functions {
		f := &p.Statement.Functions[i]
		if f.Inside&(lineage.InDefinition|lineage.InExplain|lineage.InTrigger) == 0 && slices.ContainsFunc(f.Candidates, isSomebodys) {
			for j := range f.Args {
				p.unseen(&f.Args[j], func(id lineage.ColumnID) { add(id, f.Pos) })
			}
		}
	}
	return out
}

// unseen calls found for each column in an argument that a scan would look into, were it an output.
func (p *planner) unseen(a *lineage.Arg, found func(lineage.ColumnID)) {
	for i := range a.Base {
		s := &a.Base[i]
		id := s.Column
		if s.Num < 0 || isSystemSchema(id.Schema) && !told[id] || !p.flows(s) || p.Shows(id) || !p.isTextual(id) {
			continue
		}
		if rel := p.relation(id.Of()); rel == nil || !p.isOpen(rel, id) {
			found(id)
		}
	}
}
