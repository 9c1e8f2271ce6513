package lineage

import "slices"

// gift is an [Assign] before its sources are written out.
type gift struct {
	Assign
	value
}

// flush turns what was collected into facts of the statement.
func (a *analyzer) flush() {
	for _, u := range a.uses {
		a.recordUse(u)
		a.expandView(u)
	}
	for i := range a.calls {
		a.recordCall(&a.calls[i])
	}
	for i := range a.gifts {
		g := &a.gifts[i]
		g.Assign.Sources, g.Assign.Base, _ = a.columns(g.src)
		g.Assign.Params, g.Assign.Literals = g.params, g.literals
		g.Assign.Taking = taking(a.taken(&g.value))
		g.Assign.Member = g.member
		a.st.Assigns = append(a.st.Assigns, g.Assign)
	}
	a.recordInfluences()
	a.uses, a.calls, a.gifts, a.influences = nil, nil, nil, nil
}

func (a *analyzer) recordUse(u *use) {
	a.columnCode(u)
	r := RelationUse{Known: u.known, Access: u.access, Command: u.command, Inside: u.inside, Pos: u.pos}
	if u.rel != nil {
		r.Relation = *u.rel
	} else {
		r.Relation.Name = u.name
	}
	if u.access&Writes == 0 {
		r.Columns = u.readColumns()
		a.st.Relations = append(a.st.Relations, r)
		return
	}
	if !u.opaque {
		r.Columns = sorted(u.written)
	}
	a.st.Relations = append(a.st.Relations, r)
	if u.read == nil && !u.row {
		return
	}
	// A target whose own columns are read stands a second time.
	r.Access, r.Command, r.Columns = u.access&^Writes|Reads, "", u.readColumns()
	a.st.Relations = append(a.st.Relations, r)
}

func (u *use) readColumns() []string {
	if u.opaque || u.rel == nil {
		return nil
	}
	out := []string{}
	for i := range u.rel.Columns {
		if u.row || i < len(u.read) && u.read[i] {
			out = append(out, u.rel.Columns[i].Name)
		}
	}
	return sorted(out)
}

func sorted(names []string) []string {
	out := append([]string{}, names...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *analyzer) recordCall(c *call) {
	c.plain = true
	for i, v := range c.args {
		arg := Arg{Const: v.konst, Null: v.null, Params: v.params, Given: v.given}
		c.plain = c.plain && (v.konst != nil || v.null || v.direct)
		arg.Sources, arg.Base, _ = a.columns(v.src)
		arg.Taking = taking(a.taken(&v))
		if c.names != nil {
			arg.Name = c.names[i]
		}
		c.Args = append(c.Args, arg)
	}
	a.st.Functions = append(a.st.Functions, c.FunctionUse)
}

// recordInfluences keeps each column once for each kind. A column of a view stands there by itself, and so do the columns
// of the tables below it.
func (a *analyzer) recordInfluences() {
	type key struct {
		id       ColumnID
		kind     InfluenceKind
		equality bool
	}
	var seen map[key]int
	for _, in := range a.influences {
		view, base, _ := a.columns(in.src)
		behind, _ := a.takenBehind(in.src, false)
		taken := in.taken.with(behind)
		for _, list := range [2][]Source{view, base} {
			for _, src := range list {
				k := key{src.Column, in.kind, in.equality}
				if at, again := seen[k]; again {
					have := &a.st.Indirect[at]
					have.Taken = have.Taken.with(taken).value()
					have.Source.Edges = joinedLists(have.Source.Edges, src.Edges)
					continue
				}
				if seen == nil {
					seen = map[key]int{}
				}
				seen[k] = len(a.st.Indirect)
				a.st.Indirect = append(a.st.Indirect, Influence{Source: src, Kind: in.kind, Equality: in.equality, Taken: taken.value()})
			}
			if len(base) > 0 && len(view) > 0 && &base[0] == &view[0] {
				break
			}
		}
	}
}

// outputs writes out what a query returns.
func (a *analyzer) outputs(cols []column) []Output {
	out := make([]Output, len(cols))
	for i := range cols {
		c := &cols[i]
		o := &out[i]
		*o = Output{Name: c.name, Type: c.typ, Harmless: c.harmless, Accounted: c.accounted, Years: c.years, Picked: c.picked, Member: c.member, Unresolved: c.why}
		var why string
		o.Sources, o.Base, why = a.columns(c.src)
		t, n, keyAt := a.takenOf(cols, i)
		o.Taking, o.KeyAt = taking(t, n), keyAt
		if c.origin.rel > 0 {
			src := a.source(ref{c.origin.rel - 1, c.origin.num, plain})
			o.Origin = &src
		}
		if o.Unresolved == "" {
			o.Unresolved = why
		}
		if o.Unresolved == "" && a.steps >= maxSteps {
			o.Unresolved = tooComplex
		}
	}
	return out
}

// columns writes out a set of sources, as the statement names them and with views opened. Both are one slice where no
// view is among them. why says that a view could not be opened.
func (a *analyzer) columns(s sources) (named, base []Source, why string) {
	if len(s) == 0 {
		return nil, nil, ""
	}
	if !a.spend(len(s)) {
		return nil, nil, tooComplex
	}
	s = a.settled(s)
	named = a.written(s)
	opened, why := a.opened(s)
	if len(opened) == len(s) && (len(s) == 0 || &opened[0] == &s[0]) {
		return named, named, why
	}
	return named, a.written(opened), why
}

// settled puts what is known of recursive queries in the place of their columns.
func (a *analyzer) settled(s sources) sources {
	for len(s) > 0 && s[0].rel < 0 && a.step() {
		i := int(-s[0].rel) - 1
		s = a.cycles[i].replace(s)
	}
	return s
}

func (a *analyzer) written(s sources) []Source {
	out := make([]Source, len(s))
	for i, r := range s {
		out[i] = a.source(r)
	}
	return out
}

func (a *analyzer) source(r ref) Source {
	rel := a.rels[r.rel]
	out := Source{Column: ColumnID{rel.Schema, rel.Name.Name, ""}, RelOID: rel.OID, Num: r.num, Edges: r.edges.list()}
	if c, ok := rel.Number(r.num); ok {
		out.Column.Column = c.Name
		return out
	}
	for name, num := range systemColumns {
		if num == r.num {
			out.Column.Column = name
		}
	}
	return out
}
