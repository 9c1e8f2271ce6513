package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// relation resolves a relation's name as PostgreSQL does: in the schema that is given, else along the search path. It
// gives nil where there is none, and loaded = false where the catalog could not say.
func (a *analyzer) relation(schema, name string) (rel *Relation, loaded bool) {
	loaded = true
	path := a.path
	if schema != "" {
		one := [1]string{a.schema(schema)}
		path = one[:]
	}
	for _, s := range path {
		r, found := a.catalog.Relation(s, name)
		switch found {
		case NotLoaded:
			a.need(NeedRelation, Name{s, name})
			loaded = false
		case Present:
			if loaded {
				return r, true
			}
			return nil, false
		}
	}
	return nil, loaded
}

// schema gives the real name behind pg_temp.
func (a *analyzer) schema(name string) string {
	if name != "pg_temp" {
		return name
	}
	for _, s := range a.path {
		if strings.HasPrefix(s, "pg_temp") {
			return s
		}
	}
	return name
}

func (a *analyzer) need(kind NeedKind, name Name) {
	n := Need{kind, name}
	if a.needed == nil {
		a.needed = map[Need]bool{}
	}
	if !a.needed[n] {
		a.needed[n] = true
		a.needs = append(a.needs, n)
	}
}

// intern numbers a relation.
func (a *analyzer) intern(rel *Relation) int32 {
	for i, r := range a.rels {
		if r == rel || r.Name == rel.Name {
			return int32(i)
		}
	}
	a.rels = append(a.rels, rel)
	return int32(len(a.rels) - 1)
}

const (
	noRelation      = "relation does not exist"
	noColumn        = "column does not exist"
	ambiguousColumn = "column name is ambiguous"
	ambiguousTable  = "table name is ambiguous"
	noTable         = "no such table in FROM"
	pending         = "not loaded yet"
	tooComplex      = "query too complex"
	unequalSides    = "sides of a set operation of different lengths"
)

// relationItem makes an item of a relation that the text names. Access 0 records no use.
func (s *scope) relationItem(rv *ast.RangeVar, access Access, command string) (*item, *use) {
	rel, loaded := s.relation(rv.GetSchemaname(), rv.GetRelname())
	it := &item{name: rv.GetRelname(), table: true, rel: rel}
	u := &use{
		rel: rel, known: rel != nil, name: Name{s.schema(rv.GetSchemaname()), rv.GetRelname()},
		access: access, command: command, inside: s.inside, pos: s.at(rv.GetLocation()),
	}
	s.uses = append(s.uses, u)
	switch {
	case rel != nil:
		it.index, it.use = s.intern(rel), u
		if rel.Kind == View || rel.Kind == CompositeType {
			it.table = false
		}
	case loaded:
		it.why = noRelation
		s.unresolved(noRelation, u.name.String(), rv.GetLocation())
	default:
		it.why = pending
	}
	s.alias(it, rv.GetAlias())
	return it, u
}

// alias gives an item the name and the column names of an alias.
func (s *scope) alias(it *item, alias *ast.Alias) {
	if alias == nil {
		return
	}
	it.name, it.aliased = alias.GetAliasname(), true
	names := alias.GetColnames()
	if len(names) == 0 {
		return
	}
	switch {
	case it.cols == nil || it.left != nil:
		s.materialize(it)
	case s.spend(columnSteps * len(it.cols)):
		it.cols = slices.Clone(it.cols) // they may be those of a WITH query
	}
	for i, n := range names {
		if i < len(it.cols) {
			it.cols[i].name = text(n)
		}
	}
}

// materialize gives an item columns of its own, which can be renamed.
func (s *scope) materialize(it *item) {
	cols := make([]column, 0, it.size())
	it.each(func(p place) bool {
		c := column{name: p.item.columnName(p.n), value: p.peek(s.analyzer)}
		switch {
		case p.item == it && it.left != nil:
			c = it.cols[p.n] // a merged one; its place is about to go
		case it.left != nil:
			c.from[0] = p
		}
		cols = append(cols, c)
		return s.spend(columnSteps)
	})
	if it.left != nil {
		if u := it.partial(); u != nil {
			it.why, it.rest = u.why, u.rest
		}
		it.left, it.right, it.merges, it.sides = nil, nil, false, nil
	}
	it.cols = cols
}

// seen lists whether the entries of the scope can be seen now.
func (s *scope) seen() bool { return !s.reading || s.lateral }

// hit is what a column's name was found to mean.
type hit struct {
	place
	system  *item  // it is a system column of that item
	ok      bool   // it was found
	why     string // why it was not, where that is known
	unknown *item  // it may be a column of that item, whose columns are not known
}

// columnNamed finds what an unqualified name means.
func (s *scope) columnNamed(name string) (h hit) {
	for l := s; l != nil; l = l.up {
		if !l.seen() {
			continue
		}
		count := 0
		for _, e := range l.entries {
			if !e.byColumns {
				continue
			}
			if !s.spend(e.weight()) {
				return hit{why: tooComplex}
			}
			p, n := e.find(name)
			if n == 0 && e.table && e.rel != nil && systemColumns[name] != 0 {
				h.system, n = e.item, 1
			}
			if n > 0 {
				h.place, count = p, count+n
			}
			if u := e.partial(); u != nil {
				h.unknown = u
			}
		}
		switch {
		case count > 1:
			return hit{why: ambiguousColumn}
		case count == 1:
			h.ok = true
			return h
		case h.unknown != nil:
			h.why = h.unknown.why
			return h
		}
	}
	return h
}

// itemNamed finds the item that a qualifier means.
func (s *scope) itemNamed(schema, name string) (*item, string) {
	if schema != "" {
		schema = s.schema(schema)
	}
	for l := s; l != nil; l = l.up {
		if !l.seen() {
			continue
		}
		var hit *item
		for _, e := range l.entries {
			if !e.byName || e.name != name || !s.step() {
				continue
			}
			if schema != "" && (e.rel == nil || e.aliased || e.rel.Schema != schema) {
				continue
			}
			if hit != nil {
				return nil, ambiguousTable
			}
			hit = e.item
		}
		if hit != nil {
			return hit, ""
		}
	}
	return nil, ""
}

// columnRef resolves a reference to a column or to a whole row.
func (s *scope) columnRef(n *ast.ColumnRef) value {
	fields := n.GetFields()
	if len(fields) == 0 {
		return s.failed("empty column reference", "", n.GetLocation())
	}
	if fields[len(fields)-1].GetAStar() != nil {
		// count(t.*) and row(t.*): a whole row where a star is not expanded.
		if len(fields) == 1 {
			return s.failed("* in a place where it has no meaning", "*", n.GetLocation())
		}
		it, why := s.qualifier(fields[:len(fields)-1])
		return s.rowOr(it, why, fields, n.GetLocation())
	}
	if len(fields) == 1 {
		return s.bareName(text(fields[0]), fields, n.GetLocation())
	}
	it, why := s.qualifier(fields[:len(fields)-1])
	if it == nil {
		return s.rowOr(nil, why, fields, n.GetLocation())
	}
	return s.columnOf(it, text(fields[len(fields)-1]), fields, n.GetLocation())
}

func (s *scope) bareName(name string, fields []*ast.Node, location int32) value {
	h := s.columnNamed(name)
	switch {
	case h.ok && h.system != nil:
		s.note(fields, place{h.system, noPlace})
		return s.systemColumn(h.system, name)
	case h.ok:
		s.note(fields, h.place)
		return h.read(s.analyzer)
	case h.unknown != nil:
		return h.unknown.guess()
	case h.why == "":
		if it, why := s.itemNamed("", name); it != nil || why != "" {
			return s.rowOr(it, why, fields, location)
		}
		return s.noColumn(name, location)
	}
	return s.failed(h.why, name, location)
}

// noColumn is the value of a column that is not there.
func (s *scope) noColumn(object string, location int32) value {
	if s.defining {
		return value{why: noColumn}
	}
	return s.failed(noColumn, object, location)
}

// qualifier finds the item that the words before the column name.
func (s *scope) qualifier(words []*ast.Node) (*item, string) {
	switch len(words) {
	case 1:
		return s.itemNamed("", text(words[0]))
	case 2, 3: // three: the database's own name comes first, the server refuses another
		return s.itemNamed(text(words[len(words)-2]), text(words[len(words)-1]))
	}
	return nil, "column reference of too many words"
}

func (s *scope) rowOr(it *item, why string, fields []*ast.Node, location int32) value {
	if it == nil {
		if why == "" {
			why = noTable
		}
		return s.failed(why, words(fields), location)
	}
	return s.wholeRow(it)
}

// columnOf is a column of an item, or a function of its row that is written as one.
func (s *scope) columnOf(it *item, name string, fields []*ast.Node, location int32) value {
	p, n := it.find(name)
	switch {
	case n == 1:
		s.note(fields, p)
		return p.read(s.analyzer)
	case n > 1:
		return s.failed(ambiguousColumn, words(fields), location)
	case it.table && it.rel != nil && systemColumns[name] != 0:
		s.note(fields, place{it, noPlace})
		return s.systemColumn(it, name)
	}
	if u := it.partial(); u != nil {
		return u.guess()
	}
	return s.attribute(s.wholeRow(it), name, words(fields), location)
}

// systemColumn is a column such as ctid.
func (s *scope) systemColumn(it *item, name string) value {
	num := systemColumns[name]
	if it.rel != nil && !isSystem(it.rel.Schema) {
		s.st.Shape.System = addWord(s.st.Shape.System, name)
	}
	return value{src: sources{{it.index, num, plain}}, origin: origin{it.index + 1, num}}
}

// wholeRow is an item used as a value.
func (s *scope) wholeRow(it *item) value {
	if it.whole != nil {
		return *it.whole
	}
	var b blend
	present := true
	if it.use != nil {
		it.use.row = true
		b.add(value{src: it.allColumns(), holds: s.holdsOf(it)})
		b.made = true
	} else {
		it.each(func(p place) bool {
			v := p.read(s.analyzer)
			b.addAs(v, Value, Transformation)
			present = present && v.tellsPresence()
			return s.spend(1 + (len(v.src)+len(b.sum.src))/4)
		})
	}
	s.spend(len(b.sum.src))
	b.add(value{src: it.keys.as(Order, Transformation)})
	v := b.value()
	v.row, v.present = it, present
	if it.made {
		v.row, v.fields = nil, it.fields()
	}
	if u := it.partial(); u != nil {
		v.why = u.why
	}
	if it.rel != nil {
		v.origin, v.typ = origin{it.index + 1, 0}, it.rel.Name.String()
	}
	return v
}

// fields are the names and types of the item's columns.
func (it *item) fields() []Column {
	out := make([]Column, len(it.cols))
	for i := range it.cols {
		out[i] = Column{Name: it.cols[i].name, Type: it.cols[i].typ}
	}
	return out
}

// allColumns are the columns of a relation, as parts of its row.
func (it *item) allColumns() sources {
	out := make(sources, len(it.rel.Columns))
	for i := range out {
		out[i] = ref{it.index, it.rel.Columns[i].Num, plain.under(Value, Transformation)}
	}
	slices.SortFunc(out, ref.compare) // they are in this order already, unless a catalog says otherwise
	return out
}

// star lists the columns that a star stands for.
func (s *scope) star(it *item) []column {
	var out []column
	it.each(func(p place) bool {
		out = append(out, column{name: p.item.columnName(p.n), value: p.read(s.analyzer)})
		return len(out) <= maxColumns && s.spend(columnSteps)
	})
	if u := it.partial(); u != nil {
		out = append(out, column{name: "*", value: u.guess(), unknown: true})
	}
	return out
}

// text is the text of a String node.
func text(n *ast.Node) string { return n.GetString_().GetSval() }

// words joins the parts of a name for people.
func words(fields []*ast.Node) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('.')
		}
		if f.GetAStar() != nil {
			b.WriteByte('*')
		}
		b.WriteString(text(f))
	}
	return b.String()
}
