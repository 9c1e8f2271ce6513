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
	functions map[Name][]*Function
	// adds: what is there stays, and gets columns at most. The statements of a body need not run, or not in this order.
	adds bool
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
	p.follow(st.Defines, st.Effects)
	for _, f := range st.makes {
		if p.functions == nil {
			p.functions = map[Name][]*Function{}
		}
		p.functions[f.Name] = append(p.functions[f.Name], f)
	}
}

// Functions has those of the catalog too: the one of the script may replace one of them or stand beside it.
func (p *prospect) Functions(schema, name string) ([]*Function, Found) {
	made := p.functions[Name{Schema: schema, Name: name}]
	if len(made) == 0 {
		return p.Catalog.Functions(schema, name)
	}
	list, found := p.Catalog.Functions(schema, name)
	if found == NotLoaded {
		return list, found
	}
	return slices.Concat(list, made), Present
}

func (p *prospect) follow(defines []*Relation, effects []Effect) {
	for _, r := range defines {
		old, found := p.Relation(r.Schema, r.Name.Name)
		if p.adds && found == Present {
			p.add(old, r.Columns)
			continue
		}
		p.relations[r.Name] = r
	}
	for i := range effects {
		switch e := &effects[i]; {
		case slices.Contains(relationDrops, e.Command):
			if !p.adds {
				p.relations[e.Object] = nil
			}
		case e.Action == "ADD COLUMN":
			p.addColumns(e)
		case e.Action == "RENAME":
			p.rename(e)
		}
	}
}

// rename shows a relation under a new name. It stays the relation that it is, with the name by which its columns are
// classified.
func (p *prospect) rename(e *Effect) {
	to, named := e.Option("TO")
	old, found := p.Relation(e.Object.Schema, e.Object.Name)
	if !named || found != Present {
		return
	}
	name := Name{Schema: e.Object.Schema, Name: to}
	if _, there := p.Relation(name.Schema, name.Name); there == Present && p.adds {
		return
	}
	p.relations[name] = old
	if !p.adds {
		p.relations[e.Object] = nil
	}
}

var relationDrops = []string{"DROP TABLE", "DROP VIEW", "DROP MATERIALIZED VIEW", "DROP SEQUENCE", "DROP FOREIGN TABLE"}

// addColumns adds columns of which only the names matter here; the real relation is read once it is there.
func (p *prospect) addColumns(e *Effect) {
	r, found := p.Relation(e.Object.Schema, e.Object.Name)
	if found != Present {
		return
	}
	columns := make([]Column, len(e.Columns))
	for i, name := range e.Columns {
		columns[i].Name = name
	}
	p.add(r, columns)
}

func (p *prospect) add(r *Relation, columns []Column) {
	changed := *r
	changed.Columns = slices.Clone(r.Columns)
	for _, c := range columns {
		if _, there := changed.Column(c.Name); !there {
			c.Num = int16(len(changed.Columns) + 1)
			changed.Columns = append(changed.Columns, c)
		}
	}
	p.relations[r.Name] = &changed
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
