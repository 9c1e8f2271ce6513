package mask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// Label is what the comment of a column has to say after a statement: the statement makes the column, or gives it other
// values or another name, and nothing else would say what it holds then.
type Label struct {
	Column lineage.ColumnID
	Class  Class
	Source lineage.ColumnID // the sensitive column that says so
	// Optional means that nobody sees more than before where the label is not written: the source is shown in clear, or
	// no value is copied.
	Optional bool
	// IfNew means that the relation may be there already, and that nothing happens then: IF NOT EXISTS.
	IfNew bool
}

// After gives the rules for a statement that comes after others in the same text: what they label is labelled then, though
// the catalog does not say so yet.
func (r Rules) After(labels []Label) Rules {
	if len(labels) == 0 {
		return r
	}
	before := r.Label
	r.Label = func(id lineage.ColumnID, byName Class) Class {
		for i := range labels {
			if labels[i].Column == id && labels[i].Class != OfPeople {
				byName = labels[i].Class
			}
		}
		if before == nil {
			return byName
		}
		return before(id, byName)
	}
	return r
}

// makes are the commands whose assignments fill a relation that they make.
var makes = map[string]bool{"CREATE TABLE AS": true, "SELECT INTO": true, "CREATE MATERIALIZED VIEW": true}

// carries decides about an assignment that no mask would find again: it is labelled where the statement makes the column,
// and a finding elsewhere.
func (p *planner) carries(a *lineage.Assign) (labelled bool) {
	if !makes[a.Command] && a.Command != "ALTER COLUMN TYPE" {
		return false
	}
	if a.Inside&lineage.InExplain != 0 {
		return true // nothing is copied
	}
	if a.Inside != 0 || p.Shows(a.Target) {
		return false // a statement inside another one goes on after it, and nobody could label what it has made
	}
	source, class, ok := p.copied(a)
	if !ok {
		return true
	}
	p.label(Label{Column: a.Target, Class: p.classOfCopy(a, class), Source: source, IfNew: p.ifNotExists(a.Target.Of())})
	return true
}

// carriesShown labels the copy of a column that a grant shows: others have no such grant. What only this connection sees
// needs no label.
func (p *planner) carriesShown(a *lineage.Assign) {
	if !makes[a.Command] || a.Inside != 0 || strings.HasPrefix(a.Target.Schema, "pg_temp") || p.Shows(a.Target) {
		return
	}
	v := p.judgeCopy(a)
	if v.hidden != nil || v.shown == nil {
		return
	}
	class := Class(v.shown[0].Class)
	for _, shown := range v.shown {
		if Class(shown.Class) != class {
			class = ""
		}
	}
	if p.keeps(a, class) {
		return
	}
	p.label(Label{Column: a.Target, Class: p.classOfCopy(a, class), Source: v.shown[0].Column, Optional: true, IfNew: p.ifNotExists(a.Target.Of())})
}

// carriesPeople labels the copy of documents that are of people by what they stand under, where the copy stands under something
// else.
func (p *planner) carriesPeople(a *lineage.Assign) {
	if !makes[a.Command] || a.Inside != 0 || p.Shows(a.Target) || arePeople(a.Target.Column, a.Target.Relation) {
		return
	}
	for i := range a.Base {
		s := &a.Base[i]
		if !p.flows(s) || !p.hasType(s.Column) || !p.isDocument(s.Column, &a.Taken) {
			continue
		}
		if p.isOfPeople(s.Column) || arePeople(append([]string{s.Column.Column, s.Column.Relation}, a.Keys...)...) {
			p.label(Label{Column: a.Target, Class: OfPeople, Source: s.Column, Optional: true, IfNew: p.ifNotExists(a.Target.Of())})
			return
		}
	}
}

// hasType reports whether the type of a column is known.
func (p *planner) hasType(id lineage.ColumnID) bool {
	rel := p.relation(id.Of())
	if rel == nil {
		return false
	}
	col, ok := rel.Column(id.Column)
	return ok && kindOf(col) != kindAny
}

func arePeople(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return (&subject{relation: split(name)}).ofPeople() })
}

// isOfPeople reports whether a label says that the documents of a column are of people.
func (p *planner) isOfPeople(id lineage.ColumnID) bool {
	rel := p.relation(id.Of())
	if rel == nil {
		return false
	}
	col, ok := rel.Column(id.Column)
	return ok && col.Comment != "" && slices.Contains(lineage.Labels(col.Comment), OfPeople)
}

// classOfCopy is the class that a copy is labelled with: that of its source, as far as the mask of the class hides what
// was computed from it too, and [Labelled] elsewhere: the last digits of a part of a number are no longer the last ones.
func (p *planner) classOfCopy(a *lineage.Assign, class Class) Class {
	if class == "" || p.isUnchanged(a) {
		return cmp.Or(class, Labelled)
	}
	rel := p.made(a)
	if rel == nil {
		return Labelled
	}
	col, ok := rel.Column(a.Target.Column)
	if !ok || col.Type == "" || keepsShape(col) || !hidesAll(class.Treatment()) || !hidesAll(p.treatment(rel, col, class)) {
		return Labelled
	}
	return class
}

// copied gives the sensitive source of an assignment that needs a label. A column that is changed in place stays what it is.
func (p *planner) copied(a *lineage.Assign) (source lineage.ColumnID, class Class, ok bool) {
	if a.Command == "ALTER COLUMN TYPE" && !slices.ContainsFunc(a.Sources, func(s lineage.Source) bool { return s.Column != a.Target }) {
		return source, "", false
	}
	return p.carried(a)
}

// label notes a label, once for a column: two say together that the column holds more than one class.
func (p *planner) label(l Label) {
	for i := range p.plan.Labels {
		have := &p.plan.Labels[i]
		if have.Column != l.Column {
			continue
		}
		switch {
		case l.Class == OfPeople:
			return
		case have.Class == OfPeople:
			have.Class, have.Source = l.Class, l.Source
		case have.Class != l.Class:
			have.Class = Labelled
		}
		have.Optional = have.Optional && l.Optional
		return
	}
	p.plan.Labels = append(p.plan.Labels, l)
}

func (p *planner) ifNotExists(name lineage.Name) bool {
	return slices.ContainsFunc(p.Statement.Effects, func(e lineage.Effect) bool { return e.Object == name && e.Has("IF NOT EXISTS") })
}

// made is the relation that the statement makes for an assignment, as far as its text says; nil where it makes none.
func (p *planner) made(a *lineage.Assign) *lineage.Relation {
	name := a.Target.Of()
	for _, r := range p.Statement.Defines {
		if r.Name == name {
			return r
		}
	}
	if !makes[a.Command] {
		return nil
	}
	return &lineage.Relation{Name: name, Kind: lineage.Table, Columns: []lineage.Column{{Name: a.Target.Column, Num: 1}}}
}

// definitions labels what definitions would lose: the labels of columns that a table is made like, and the class that the
// old name of a column or relation says.
func (p *planner) definitions(out []Finding) []Finding {
	body := p.definitionBody()
	for i := range p.Statement.Effects {
		e := &p.Statement.Effects[i]
		if body != nil && e.Inside&lineage.InExplain == 0 {
			out = p.defined(out, e, *body)
		}
		switch {
		case e.Command == "CREATE TABLE" && e.Inside == 0:
			p.likened(e)
		case e.Relation == nil || !hasColumns(e.Relation.Kind) || e.Inside&(lineage.InExplain|lineage.InTrigger) != 0:
		case e.Action == "RENAME COLUMN":
			out = p.renamedColumn(out, e)
		case e.Action == "ALTER COLUMN TYPE" && len(e.Columns) == 1:
			out = p.retyped(out, e)
		case e.Action == "RENAME":
			out = p.renamed(out, e)
		case e.Action == "DROP EXPRESSION" && len(e.Columns) == 1:
			if col, ok := e.Relation.Column(e.Columns[0]); ok {
				plain := *col
				plain.Expression = ""
				out = p.loses(out, e, e.Relation, col, e.Relation, &plain)
			}
		case e.Action == "NO INHERIT":
			out = p.leaves(out, e, e.Relation)
		case strings.HasPrefix(e.Action, "DETACH PARTITION"):
			name, _ := e.Option("PARTITION")
			out = p.leaves(out, e, p.named(name))
		}
	}
	return out
}

// defined is about an effect whose definition calls a function that reads a sensitive column: the values of a column with
// such a default, or made by such an expression, are what it read.
func (p *planner) defined(out []Finding, e *lineage.Effect, body lineage.ColumnID) []Finding {
	filled := e.Action == "SET DEFAULT" || e.Action == "SET EXPRESSION" || e.Action == "ALTER COLUMN TYPE" ||
		e.Action == "ADD COLUMN" && (e.Has("DEFAULT") || e.Has("GENERATED"))
	switch {
	case e.Command == "CREATE TABLE" || e.Command == "CREATE DOMAIN" || e.Command == "ALTER DOMAIN":
	case !filled:
		return out
	case e.Relation != nil && len(e.Columns) == 1 && e.Inside == 0:
		target := lineage.ColumnID{Schema: e.Relation.Schema, Relation: e.Relation.Name.Name, Column: e.Columns[0]}
		if !p.Shows(target) {
			p.label(Label{Column: target, Class: Labelled, Source: body})
			return out
		}
	}
	return append(out, Finding{
		Rule: RuleCopy, Column: body, Message: "a function in the definition of " + e.Object.String() + " reads " + body.String(), Pos: e.Pos,
	})
}

func hasColumns(k lineage.RelKind) bool {
	switch k {
	case lineage.Table, lineage.PartitionedTable, lineage.View, lineage.MaterializedView, lineage.ForeignTable, lineage.CompositeType:
		return true
	}
	return false
}

// likened labels the columns of a new table that come with labels from where they were taken.
func (p *planner) likened(e *lineage.Effect) {
	for _, rel := range p.Statement.Defines {
		if rel.Name != e.Object {
			continue
		}
		for i := range rel.Columns {
			col := &rel.Columns[i]
			bare := *col
			bare.Comment, bare.Related, bare.Security, bare.Held = "", nil, nil, lineage.Held{}
			class := p.Classify(rel, col)
			if class == "" || class == p.Classify(rel, &bare) {
				continue
			}
			p.label(Label{Column: idOf(rel, col), Class: class, Source: idOf(rel, col), Optional: true, IfNew: e.Has("IF NOT EXISTS")})
		}
	}
}

func (p *planner) renamedColumn(out []Finding, e *lineage.Effect) []Finding {
	from, _ := e.Option("NAME")
	to, _ := e.Option("TO")
	col, ok := e.Relation.Column(from)
	if !ok {
		return out
	}
	next := *col
	next.Name, next.Held = to, lineage.Held{} // who looked at its values knows it by its name
	return p.loses(out, e, e.Relation, col, e.Relation, &next)
}

// retyped labels a column that gets another type: the server forgets its sample of the values.
func (p *planner) retyped(out []Finding, e *lineage.Effect) []Finding {
	col, ok := e.Relation.Column(e.Columns[0])
	if !ok || col.Held.Class == "" {
		return out
	}
	next := *col
	next.Held = lineage.Held{}
	return p.loses(out, e, e.Relation, col, e.Relation, &next)
}

func (p *planner) renamed(out []Finding, e *lineage.Effect) []Finding {
	to, _ := e.Option("TO")
	next := *e.Relation
	next.Name.Name = to
	for i := range e.Relation.Columns {
		out = p.loses(out, e, e.Relation, &e.Relation.Columns[i], &next, &e.Relation.Columns[i])
	}
	return out
}

// leaves labels the columns of a relation that leaves its parent: what the parent's name and labels said of them.
func (p *planner) leaves(out []Finding, e *lineage.Effect, rel *lineage.Relation) []Finding {
	if rel == nil {
		return out // the server has none of that name
	}
	for i := range rel.Columns {
		col, orphan := rel.Columns[i], *rel
		col.Related, orphan.Parents = nil, nil
		out = p.loses(out, e, rel, &rel.Columns[i], &orphan, &col)
	}
	return out
}

// named finds a relation by a name as it stands in an option, where names with dots in them are not quoted.
func (p *planner) named(name string) *lineage.Relation {
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if r := p.relation(lineage.Name{Schema: name[:i], Name: name[i+1:]}); r != nil {
			return r
		}
	}
	return nil
}

// loses notes that a column, by what is known of it afterwards, would be taken for less than it is.
func (p *planner) loses(out []Finding, e *lineage.Effect, from *lineage.Relation, col *lineage.Column, rel *lineage.Relation, next *lineage.Column) []Finding {
	before, after := p.Classify(from, col), p.Classify(rel, next)
	if before == "" || before == after || after != "" && hidesAll(p.treatment(rel, next, after)) {
		return out
	}
	source, target := idOf(from, col), idOf(rel, next)
	shown := p.Shows(source)
	if e.Inside == 0 && (shown || !p.Shows(target)) {
		p.label(Label{Column: target, Class: before, Source: source, Optional: shown})
		return out
	}
	if shown {
		return out
	}
	return append(out, Finding{
		Rule: RuleCopy, Column: source, Message: source.String() + " becomes " + target.String() + ", which does not hide it", Pos: e.Pos,
	})
}

// hidesAll reports whether nothing of a value shows under a treatment but whether it is equal to another.
func hidesAll(treatment string) bool {
	return treatment == Redact || treatment == Pseudonym || treatment == Null
}
