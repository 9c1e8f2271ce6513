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
	// replaced says what the statements so far have made of relations.
	replaced map[*Relation]*Relation
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
				p.gone(e)
			}
		case e.Action == "ADD COLUMN":
			p.addColumns(e)
		case e.Action == "RENAME":
			p.rename(e)
		case e.Action == "RENAME COLUMN":
			p.renameColumn(e)
		case e.Action == "DROP COLUMN" && !p.adds:
			p.dropColumns(e)
		case e.Action == "ALTER COLUMN TYPE" && !p.adds:
			p.retype(e)
		}
	}
}

// rename shows a relation under a new name. It stays the relation that it is, with the name by which its columns are
// classified.
func (p *prospect) rename(e *Effect) {
	to, named := e.Option("TO")
	old := p.now(e)
	if !named || old == nil {
		return
	}
	name := Name{Schema: e.Object.Schema, Name: to}
	if _, there := p.Relation(name.Schema, name.Name); there == Present && p.adds {
		return
	}
	if !p.adds {
		p.gone(e)
	}
	p.relations[name] = old
}

// gone takes a relation away under the names that show it: another may have been made under the one that it had.
func (p *prospect) gone(e *Effect) {
	r := p.now(e)
	if _, touched := p.relations[e.Object]; !touched || r == nil {
		p.relations[e.Object] = nil
	}
	for name, shown := range p.relations {
		if shown == r {
			p.relations[name] = nil
		}
	}
}

// renameColumn shows a column under a new name. It stays the column that it is, with what its old name says of its data; both
// names are there while nobody knows which statement comes first.
func (p *prospect) renameColumn(e *Effect) {
	from, _ := e.Option("NAME")
	to, named := e.Option("TO")
	r := p.now(e)
	if !named || r == nil {
		return
	}
	c, there := r.Column(from)
	if !there {
		return
	}
	renamed := *c
	renamed.Name, renamed.Was = to, append(slices.Clone(c.Was), from)
	if p.adds {
		p.add(r, []Column{renamed})
		return
	}
	p.replace(r, func(list []Column) []Column {
		list[slices.IndexFunc(list, func(c Column) bool { return c.Name == from })] = renamed
		return list
	})
}

func (p *prospect) dropColumns(e *Effect) {
	if r := p.now(e); r != nil {
		p.replace(r, func(list []Column) []Column {
			return slices.DeleteFunc(list, func(c Column) bool { return slices.Contains(e.Columns, c.Name) })
		})
	}
}

// retype shows a column of which no more is known than its name.
func (p *prospect) retype(e *Effect) {
	if r := p.now(e); r != nil {
		p.replace(r, func(list []Column) []Column {
			for i := range list {
				if c := &list[i]; slices.Contains(e.Columns, c.Name) {
					list[i] = Column{Name: c.Name, Num: c.Num, Was: c.Was, Comment: c.Comment, Related: c.Related, Security: c.Security}
				}
			}
			return list
		})
	}
}

// now is the relation of an effect as the effects before it have left it; nil where it is not known.
func (p *prospect) now(e *Effect) *Relation {
	r := e.Relation
	if r == nil {
		r, _ = p.Relation(e.Object.Schema, e.Object.Name)
	}
	for r != nil && p.replaced[r] != nil {
		r = p.replaced[r]
	}
	return r
}

// replace shows a relation with other columns.
func (p *prospect) replace(r *Relation, change func([]Column) []Column) {
	changed := *r
	changed.Columns = change(slices.Clone(r.Columns))
	if p.replaced == nil {
		p.replaced = map[*Relation]*Relation{}
	}
	p.replaced[r] = &changed
	shown := false
	for name, old := range p.relations {
		if old == r {
			p.relations[name], shown = &changed, true
		}
	}
	if !shown || p.adds { // what is only added to goes by its own name as well
		p.relations[r.Name] = &changed
	}
}

var relationDrops = []string{"DROP TABLE", "DROP VIEW", "DROP MATERIALIZED VIEW", "DROP SEQUENCE", "DROP FOREIGN TABLE"}

// addColumns adds columns of which only the names matter here; the real relation is read once it is there.
func (p *prospect) addColumns(e *Effect) {
	r := p.now(e)
	if r == nil {
		return
	}
	columns := make([]Column, len(e.Columns))
	for i, name := range e.Columns {
		columns[i].Name = name
	}
	p.add(r, columns)
}

func (p *prospect) add(r *Relation, columns []Column) {
	p.replace(r, func(list []Column) []Column {
		for _, c := range columns {
			if !slices.ContainsFunc(list, func(o Column) bool { return o.Name == c.Name }) {
				c.Num = int16(len(list) + 1)
				list = append(list, c)
			}
		}
		return list
	})
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
