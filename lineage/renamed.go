package lineage

// Renamed is the statement with other names, for records: a name that somebody made of a value must not be written down.
// Its texts are changed as names are. The facts by which it is decided and masked are those of the original.
func (s *Statement) Renamed(name func(string) string) *Statement {
	r := renamer{name}
	out := &Statement{
		SQL: name(s.SQL), Offset: s.Offset, Normalized: name(s.Normalized), Fingerprint: s.Fingerprint, Summary: name(s.Summary),
		Command: s.Command, Class: s.Class, Params: s.Params, Settings: s.Settings, Strings: s.Strings, Shape: s.Shape,
		NoTransaction: s.NoTransaction, Hinted: s.Hinted, Unresolved: make([]Unresolved, len(s.Unresolved)), Needs: s.Needs,
		Relations: make([]RelationUse, len(s.Relations)), Functions: make([]FunctionUse, len(s.Functions)), Effects: make([]Effect, len(s.Effects)),
		Outputs: make([]Output, len(s.Outputs)), Assigns: r.assigns(s.Assigns), Shows: r.assigns(s.Shows), Indirect: make([]Influence, len(s.Indirect)),
	}
	for i, u := range s.Relations {
		u.Relation, u.Columns = r.relation(u.Relation), r.list(u.Columns)
		out.Relations[i] = u
	}
	for i, f := range s.Functions {
		f.Name, f.Args = r.object(f.Name), r.args(f.Args)
		out.Functions[i] = f
	}
	for i, e := range s.Effects {
		e.Object, e.Columns, e.Options = r.object(e.Object), r.list(e.Columns), r.list(e.Options)
		if e.Relation != nil {
			rel := r.relation(*e.Relation)
			e.Relation = &rel
		}
		out.Effects[i] = e
	}
	for i, o := range s.Outputs {
		o.Name, o.Sources, o.Base, o.Keys = name(o.Name), r.sources(o.Sources), r.sources(o.Base), r.list(o.Keys)
		out.Outputs[i] = o
	}
	for i, in := range s.Indirect {
		in.Source.Column, in.Keys = r.column(in.Source.Column), r.list(in.Keys)
		out.Indirect[i] = in
	}
	for i, u := range s.Unresolved {
		u.Object, u.Reason = name(u.Object), name(u.Reason)
		out.Unresolved[i] = u
	}
	return out
}

type renamer struct{ name func(string) string }

func (r renamer) object(n Name) Name { return Name{r.name(n.Schema), r.name(n.Name)} }

func (r renamer) column(c ColumnID) ColumnID {
	return ColumnID{r.name(c.Schema), r.name(c.Relation), r.name(c.Column)}
}

func (r renamer) list(names []string) []string {
	if names == nil {
		return nil
	}
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = r.name(n)
	}
	return out
}

func (r renamer) relation(rel Relation) Relation {
	rel.Name = r.object(rel.Name)
	rel.Columns = append([]Column(nil), rel.Columns...)
	for i := range rel.Columns {
		rel.Columns[i].Name = r.name(rel.Columns[i].Name)
	}
	return rel
}

func (r renamer) sources(list []Source) []Source {
	out := make([]Source, len(list))
	for i, s := range list {
		s.Column = r.column(s.Column)
		out[i] = s
	}
	return out
}

func (r renamer) assigns(list []Assign) []Assign {
	out := make([]Assign, len(list))
	for i, a := range list {
		a.Target, a.Sources, a.Base, a.Keys = r.column(a.Target), r.sources(a.Sources), r.sources(a.Base), r.list(a.Keys)
		out[i] = a
	}
	return out
}

func (r renamer) args(list []Arg) []Arg {
	out := make([]Arg, len(list))
	for i, a := range list {
		a.Keys = r.list(a.Keys)
		out[i] = a
	}
	return out
}
