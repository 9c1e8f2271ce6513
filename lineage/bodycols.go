package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// bodyColumns says of each column that a function returns which column of a table it is, by its body; nil where that is
// not known of any of them. A column that is anything else than one of a table as it stands has no sources here.
func (s *scope) bodyColumns(candidates []*Function, n int) []value {
	if len(candidates) != 1 || candidates[0].Kind != 'f' || candidates[0].Schema == "pg_catalog" || s.bodies.depth >= maxBodyDepth {
		return nil
	}
	f := candidates[0]
	inside := bodyInside(f, s.inside)
	key := opening{f, inside & tells, ""}
	cols, seen := s.bodies.columns[key]
	if !seen {
		if s.bodies.columns == nil {
			s.bodies.columns = map[opening][]value{}
		}
		s.bodies.columns[key] = nil // while its own body is read
		s.bodies.depth++
		cols = s.readColumns(f, inside)
		s.bodies.depth--
		s.bodies.columns[key] = cols
	}
	if len(cols) != n {
		return nil
	}
	return cols
}

// readColumns analyses the queries whose rows a function returns. The facts of its body are recorded when it is opened.
func (s *scope) readColumns(f *Function, inside Inside) (cols []value) {
	sub := &analyzer{world: s.world, st: &Statement{}}
	path, known := sub.configure(f, inside)
	if !known {
		return nil
	}
	if isAtomic(f.Body) {
		path = s.catalog.SearchPath()
	}
	args := slices.DeleteFunc(slices.Clone(f.ArgNames), func(s string) bool { return s == "" })
	sub.under(path, func() {
		for i, q := range returned(f) {
			up := sub.variables(f.Name.Name, args, inside)
			r := sub.run(q, up, inside)
			if i > 0 && len(r.cols) != len(cols) {
				cols = nil
				return
			}
			for j := range r.cols {
				v := s.stored(&r.cols[j], f.Language == "sql" && !sub.bodyLimits)
				v.inner = sub.innerOf(&r.cols[j])
				if i == 0 {
					cols = append(cols, v)
				} else {
					cols[j] = cols[j].orRow(v)
				}
			}
		}
	})
	if len(sub.st.Unresolved) > 0 {
		return nil
	}
	return cols
}

// orRow is a column of which one query gives some rows and another others. What carries nothing of its sources would tell
// by which of the two it is that a condition holds, unless it is the same of both.
func (v value) orRow(o value) value {
	accounted := v.accounted && o.accounted
	if len(v.src) == 0 || len(o.src) == 0 {
		accounted = accounted && v.konst != nil && o.konst != nil && *v.konst == *o.konst
	}
	out := v.either(o)
	if out.accounted = accounted; accounted && len(v.src) == 0 {
		out.konst = v.konst
	}
	return out
}

// stored is the value of a column that is one of a table as it stands, a constant, or carries nothing of its sources, as
// count(*) does; nothing for any other. counts is false where what a variable holds may decide what is counted.
func (s *scope) stored(c *column, counts bool) value {
	switch {
	case c.accounted:
		return c.value
	case c.unknown || c.why != "":
		return value{}
	case c.harmless && counts:
		return value{accounted: true}
	case c.konst != nil && len(c.src) == 0 && (c.typ == "" || isOrdinary(c.typ)):
		return value{accounted: true, konst: c.konst}
	}
	if c.origin.rel <= 0 || c.unknown || c.why != "" || slices.ContainsFunc(c.src, func(r ref) bool { return r.rel < 0 }) {
		return value{}
	}
	switch s.rels[c.origin.rel-1].Kind {
	case Table, PartitionedTable, MaterializedView, ForeignTable:
		return value{src: c.src, accounted: true}
	}
	return value{}
}

// innerOf is by which keys the query of a body takes a column out of documents.
func (a *analyzer) innerOf(c *column) inner {
	t, n := a.taken(&c.value)
	if c.unknown || c.why != "" {
		n.unknown = true
	}
	return n.with(inner{some: true, taken: t})
}

// returned are the queries that give all rows of a function; nil where they are not all plain to see.
func returned(f *Function) (out []*ast.Node) {
	var texts []string
	switch {
	case f.Language == "sql" && f.atomic == nil && !isAtomic(f.Body):
		list, err := pgparse.Parse(f.Body, pgparse.CeilingBytes)
		if err != nil || len(list) != 1 || list[0].Node.GetSelectStmt() == nil {
			return nil
		}
		return []*ast.Node{list[0].Node}
	case f.Language == "sql" && f.atomic == nil:
		return atomicQuery(f.Body)
	case f.Language == "plpgsql" && f.ReturnsSet:
		body, err := pgparse.PLpgSQL(definition(f))
		if err != nil || !body.OnlyQueries {
			return nil
		}
		texts = body.Returns
	}
	for _, text := range texts {
		list, err := pgparse.Parse(text, pgparse.CeilingBytes)
		if err != nil || len(list) != 1 || list[0].Node.GetSelectStmt() == nil {
			return nil
		}
		out = append(out, list[0].Node)
	}
	return out
}

// atomicQuery is the one query of a body that is part of the definition's grammar.
func atomicQuery(body string) []*ast.Node {
	list, err := pgparse.Parse("CREATE FUNCTION f() RETURNS integer LANGUAGE sql "+body, pgparse.CeilingBytes)
	if err != nil || len(list) != 1 {
		return nil
	}
	n := list[0].Node.GetCreateFunctionStmt().GetSqlBody()
	for n.GetList() != nil {
		items := n.GetList().GetItems()
		if len(items) != 1 {
			return nil
		}
		n = items[0]
	}
	if n.GetSelectStmt() == nil {
		return nil
	}
	return []*ast.Node{n}
}

// innerOfCall is by which keys the body of a function takes out of documents what it returns.
func (s *scope) innerOfCall(candidates []*Function) inner {
	if cols := s.bodyColumns(candidates, 1); cols != nil {
		return cols[0].inner
	}
	user := slices.ContainsFunc(candidates, func(f *Function) bool { return !isSupplied(f) })
	return inner{some: user, unknown: user}
}

// innerOfArgs is that of the arguments of the last call since then.
func (s *scope) innerOfArgs(before int) (n inner) {
	if len(s.calls) > before {
		for _, arg := range s.calls[len(s.calls)-1].args {
			n = n.with(arg.inner)
		}
	}
	return n
}
