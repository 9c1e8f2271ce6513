package lineage

import (
	"slices"

	"github.com/governedsql/governed/internal/pgparse"
)

// AnalyzeScript analyses the statements of one text in their order. Each sees the relations that those before it create,
// change and drop, so that a script can be decided as a whole before any of it is sent.
func AnalyzeScript(parsed []pgparse.Statement, catalog Catalog) []*Statement {
	out := make([]*Statement, len(parsed))
	if len(parsed) == 1 {
		out[0] = Analyze(parsed[0], catalog)
		return out
	}
	p := &prospect{Catalog: catalog, relations: map[Name]*Relation{}}
	for i, stmt := range parsed {
		out[i] = Analyze(stmt, p)
		p.apply(out[i])
	}
	return out
}

// prospect is a catalog as it will be once the statements so far have run. A nil entry is a relation that will be gone.
type prospect struct {
	Catalog
	relations map[Name]*Relation
}

func (p *prospect) Relation(schema, name string) (*Relation, Found) {
	r, ok := p.relations[Name{Schema: schema, Name: name}]
	switch {
	case !ok:
		return p.Catalog.Relation(schema, name)
	case r == nil:
		return nil, Absent
	}
	return r, Present
}

func (p *prospect) apply(st *Statement) {
	for _, r := range st.Defines {
		p.relations[r.Name] = r
	}
	for i := range st.Effects {
		switch e := &st.Effects[i]; {
		case slices.Contains(relationDrops, e.Command):
			p.relations[e.Object] = nil
		case e.Action == "ADD COLUMN":
			p.addColumns(e)
		}
	}
}

var relationDrops = []string{"DROP TABLE", "DROP VIEW", "DROP MATERIALIZED VIEW", "DROP SEQUENCE", "DROP FOREIGN TABLE"}

// addColumns adds columns of which only the names matter here; the real relation is read once it is there.
func (p *prospect) addColumns(e *Effect) {
	r, found := p.Relation(e.Object.Schema, e.Object.Name)
	if found != Present {
		return
	}
	changed := *r
	changed.Columns = slices.Clone(r.Columns)
	for _, name := range e.Columns {
		if _, there := changed.Column(name); !there {
			changed.Columns = append(changed.Columns, Column{Name: name, Num: int16(len(changed.Columns) + 1)})
		}
	}
	p.relations[e.Object] = &changed
}

// defines is the relation that a query makes: a table, a view.
func defines(name Name, kind RelKind, outputs []Output, names []string) *Relation {
	r := &Relation{Name: name, Kind: kind}
	for i, o := range outputs {
		c := Column{Name: o.Name, Type: o.Type, Num: int16(i + 1)}
		if i < len(names) {
			c.Name = names[i]
		}
		r.Columns = append(r.Columns, c)
	}
	return r
}
