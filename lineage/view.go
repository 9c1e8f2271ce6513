package lineage

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// viewFacts is what the definition of a view says.
type viewFacts struct {
	cols []sources // behind its columns, in order, down to tables
	// facts are what else is known of its columns: by which keys they were taken out of documents.
	facts []value
	from  []*Relation // what its outermost FROM names: where a write to it goes
	st    *Statement  // all that it reads and calls
	why   string      // it could not be opened
	some  bool        // it may leave out rows of the tables that it shows
	ran   bool        // the bodies that a materialised view runs were looked for
}

const (
	noDefinition  = "definition of the view is not known"
	badDefinition = "definition of the view cannot be read"
	cyclicView    = "view refers to itself"
)

// isOpen reports whether a relation is looked into. Views of PostgreSQL's own are taken for tables: what they show is not
// in any table of the application.
func isOpen(rel *Relation) bool {
	return (rel.Kind == View || rel.Kind == MaterializedView) && !isSystem(rel.Schema)
}

func isSystem(schema string) bool { return schema == "pg_catalog" || schema == "information_schema" }

// view opens a view, once in an analysis.
func (a *analyzer) view(rel *Relation) *viewFacts {
	if v, ok := a.views[rel]; ok {
		return v
	}
	if a.views == nil {
		a.views = map[*Relation]*viewFacts{}
	}
	a.views[rel] = &viewFacts{why: cyclicView} // what stands here while it is open
	v := a.openView(rel)
	a.views[rel] = v
	return v
}

func (a *analyzer) openView(rel *Relation) *viewFacts {
	definition := pgparse.Statement{Node: rel.query}
	if rel.query == nil {
		if rel.Definition == "" {
			return &viewFacts{why: noDefinition}
		}
		parsed, err := pgparse.Parse(rel.Definition, pgparse.CeilingBytes)
		if err != nil || len(parsed) != 1 {
			return &viewFacts{why: badDefinition}
		}
		definition = parsed[0]
	}
	if definition.Node.GetSelectStmt() == nil {
		return &viewFacts{why: badDefinition}
	}
	if a.opening++; a.opening > maxOpening {
		return &viewFacts{why: tooComplex}
	}
	defer func() { a.opening-- }()
	sub := &analyzer{world: a.world, st: &Statement{SQL: definition.SQL, Offset: definition.Pos}}
	before := a.path
	a.path = a.catalog.SearchPath() // by which the server has written the definition
	defer func() { a.path = before }()
	cols := sub.run(definition.Node, nil, 0).cols
	v := &viewFacts{st: sub.st, cols: make([]sources, len(cols)), some: leavesOut(definition.Node.GetSelectStmt())}
	for i := range cols {
		if cols[i].why != "" && v.why == "" {
			v.why = cols[i].why
		}
		s, why := sub.opened(sub.settled(cols[i].src))
		v.cols[i] = s
		v.facts = append(v.facts, sub.viewFact(cols, i))
		if why != "" {
			v.why = why
		}
	}
	v.from = sub.topRelations()
	sub.flush()
	if len(sub.st.Unresolved) > 0 {
		v.why = sub.st.Unresolved[0].Reason
	}
	return v
}

func (a *analyzer) viewFact(cols []column, i int) value {
	c := &cols[i]
	t, n, keyAt := a.takenOf(cols, i)
	f := value{taken: t, inner: n, holds: c.document(), key: c.key}
	if keyAt > 0 {
		f.val = c.val
	}
	return f
}

// topRelations are the relations of the outermost FROM.
func (a *analyzer) topRelations() []*Relation {
	var out []*Relation
	for _, u := range a.uses {
		if u.inside == 0 && u.rel != nil {
			out = append(out, u.rel)
		}
	}
	return out
}

// expandView records what is touched by way of a view that the statement names.
func (a *analyzer) expandView(u *use) {
	if u.rel == nil || !isOpen(u.rel) || u.opaque && u.access&Reads == 0 {
		return
	}
	v := a.view(u.rel)
	if v.why != "" && v.why != pending && u.rel.Kind == View {
		// What the view reads is not known, whichever of its columns the statement asks for.
		a.st.Unresolved = append(a.st.Unresolved, Unresolved{Reason: v.why, Object: u.rel.Name.String(), Pos: u.pos})
	}
	if v.st == nil {
		return
	}
	if u.access&Writes != 0 {
		a.writeThrough(v, u)
	}
	a.decides(v, u)
	if a.shown[u.rel] || u.rel.Kind == MaterializedView {
		return // a materialised view holds rows of its own
	}
	if a.shown == nil {
		a.shown = map[*Relation]bool{}
	}
	a.shown[u.rel] = true
	for _, r := range v.st.Relations {
		r.Inside |= u.inside | InView
		r.Pos = -1
		a.st.Relations = append(a.st.Relations, r)
	}
	for _, f := range v.st.Functions {
		f.Inside |= u.inside | InView
		f.Pos, f.Once = -1, false
		a.st.Functions = append(a.st.Functions, f)
	}
}

// influenceKey is what makes two influences of views the same.
type influenceKey struct {
	column   ColumnID
	kind     InfluenceKind
	equality bool
	taken    string
	edges    string
}

// decides records what decides which rows a view has. A row that is inserted by way of one is asked nothing.
func (a *analyzer) decides(v *viewFacts, u *use) {
	if a.decided[u.rel] || u.command == "INSERT" && u.access&Reads == 0 && u.read == nil && !u.row {
		return
	}
	if a.decided == nil {
		a.decided, a.influenced = map[*Relation]bool{}, map[influenceKey]bool{}
	}
	a.decided[u.rel] = true
	if u.rel.Kind == MaterializedView && !v.ran {
		v.ran = true
		v.st.Indirect = append(v.st.Indirect, a.ranFor(v)...)
	}
	for _, in := range v.st.Indirect {
		// Views may share what is below them, at any depth.
		key := influenceKey{in.Source.Column, in.Kind, in.Equality, fmt.Sprint(in.Taken), fmt.Sprint(in.Source.Edges)}
		if !a.influenced[key] {
			a.influenced[key] = true
			a.st.Indirect = append(a.st.Indirect, in)
		}
	}
}

// ranFor are the influences of the bodies that ran when a materialised view was filled. Nothing else of them is a fact of the
// statement: what it calls itself is opened by itself.
func (a *analyzer) ranFor(v *viewFacts) []Influence {
	before := a.bodies
	a.bodies = bodies{depth: before.depth + 1}
	defer func() { a.bodies = before }()
	sub := &analyzer{world: a.world, st: &Statement{Functions: slices.Clone(v.st.Functions)}}
	sub.openFunctions()
	return sub.st.Indirect
}

// writeThrough records where a write to a simple view goes.
func (a *analyzer) writeThrough(v *viewFacts, u *use) {
	if len(v.from) != 1 || !a.step() {
		return
	}
	below := &use{rel: v.from[0], known: true, name: v.from[0].Name, access: Writes, command: u.command, inside: u.inside | InView, pos: -1}
	for _, name := range u.written {
		if r, ok := a.behind(u.rel, v, name); ok && a.rels[r.rel].Name == below.name {
			if c, ok := a.rels[r.rel].Number(r.num); ok {
				below.written = append(below.written, c.Name)
			}
		}
	}
	a.recordUse(below)
}

// behind is the column that a view's column is, unchanged.
func (a *analyzer) behind(view *Relation, v *viewFacts, name string) (ref, bool) {
	for i := range view.Columns {
		if view.Columns[i].Name == name && i < len(v.cols) && len(v.cols[i]) == 1 && v.cols[i][0].edges == plain {
			return v.cols[i][0], true
		}
	}
	return ref{}, false
}

// opened puts the columns of tables in the place of those of views.
func (a *analyzer) opened(s sources) (out sources, why string) {
	first := 0
	for first < len(s) && (s[first].rel < 0 || !isOpen(a.rels[s[first].rel])) {
		first++
	}
	if first == len(s) {
		return s, ""
	}
	for _, r := range s {
		rel := a.rels[max(r.rel, 0)]
		if r.rel < 0 || !isOpen(rel) {
			out = out.union(sources{r})
			continue
		}
		v := a.view(rel)
		if v.why != "" {
			why = v.why
		}
		for i := range rel.Columns {
			if rel.Columns[i].Num == r.num && i < len(v.cols) {
				out = out.union(v.cols[i].through(r.edges))
			}
		}
	}
	return out, why
}

// leavesOut reports whether a query may give less than every row of each table that it selects from.
func leavesOut(q *ast.SelectStmt) bool {
	from := q.GetFromClause()
	return q.GetLarg() != nil || len(from) != 1 || from[0].GetRangeVar() == nil || q.GetWhereClause() != nil || q.GetHavingClause() != nil ||
		len(q.GetGroupClause()) > 0 || len(q.GetDistinctClause()) > 0 || q.GetLimitCount() != nil || q.GetLimitOffset() != nil
}
