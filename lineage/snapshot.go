package lineage

import (
	"maps"
	"slices"
)

// Snapshot is a catalog in memory. It does not change: [Snapshot.With] makes another one.
type Snapshot struct {
	path      []string
	relations map[Name]*Relation // nil = known to be absent
	functions map[Name][]*Function
	operators map[string][]*Operator
	types     map[Name]*Type
	closed    bool
}

var _ Catalog = (*Snapshot)(nil)

// NewSnapshot makes a catalog of what is given. What is not in it is [Absent] if it is closed, else [NotLoaded].
func NewSnapshot(path []string, relations []*Relation, functions []*Function, operators []*Operator, types []*Type, closed bool) *Snapshot {
	s := &Snapshot{
		path: slices.Clone(path), closed: closed,
		relations: make(map[Name]*Relation, len(relations)),
		functions: make(map[Name][]*Function, len(functions)),
		operators: make(map[string][]*Operator, len(operators)),
		types:     make(map[Name]*Type, len(types)),
	}
	s.add(Objects{Relations: relations, Functions: functions, Operators: operators, Types: types})
	return s
}

// Objects are what a loader found in a database, and what it looked for and did not find.
type Objects struct {
	Relations []*Relation
	Functions []*Function
	Operators []*Operator
	Types     []*Type
	// Absent lists what the database does not have. For functions and operators it comes with an empty list, or with the
	// whole list of the name: what is in Functions and Operators replaces what the snapshot had of those names.
	Absent []Need
}

// With is the catalog with more in it. Functions and operators replace those of the same names.
func (s *Snapshot) With(more Objects) *Snapshot {
	out := &Snapshot{
		path: s.path, closed: s.closed,
		relations: maps.Clone(s.relations), functions: maps.Clone(s.functions),
		operators: maps.Clone(s.operators), types: maps.Clone(s.types),
	}
	for _, f := range more.Functions {
		delete(out.functions, f.Name)
	}
	for _, o := range more.Operators {
		delete(out.operators, o.Name.Name)
	}
	out.add(more)
	return out
}

// WithPath is the catalog seen with another search path. What is known of operators depends on the path and is forgotten.
func (s *Snapshot) WithPath(path []string) *Snapshot {
	out := *s
	out.path = slices.Clone(path)
	out.operators = map[string][]*Operator{}
	return &out
}

func (s *Snapshot) add(o Objects) {
	for _, r := range o.Relations {
		s.relations[r.Name] = r
	}
	for _, f := range o.Functions {
		s.functions[f.Name] = append(s.functions[f.Name], f)
	}
	for _, op := range o.Operators {
		s.operators[op.Name.Name] = append(s.operators[op.Name.Name], op)
	}
	for _, t := range o.Types {
		s.types[t.Name] = t
	}
	for _, n := range o.Absent {
		s.miss(n)
	}
}

func (s *Snapshot) miss(n Need) {
	switch n.Kind {
	case NeedRelation:
		s.relations[n.Name] = nil
	case NeedFunction:
		s.functions[n.Name] = nil
	case NeedOperator:
		s.operators[n.Name.Name] = nil
	case NeedType:
		s.types[n.Name] = nil
	}
}

// missing is the answer for what is not in the snapshot.
func (s *Snapshot) missing() Found {
	if s.closed {
		return Absent
	}
	return NotLoaded
}

// SearchPath implements [Catalog].
func (s *Snapshot) SearchPath() []string { return s.path }

// Relation implements [Catalog].
func (s *Snapshot) Relation(schema, name string) (*Relation, Found) {
	r, ok := s.relations[Name{schema, name}]
	switch {
	case r != nil:
		return r, Present
	case ok:
		return nil, Absent
	}
	return nil, s.missing()
}

// Functions implements [Catalog].
func (s *Snapshot) Functions(schema, name string) ([]*Function, Found) {
	list, ok := s.functions[Name{schema, name}]
	switch {
	case len(list) > 0:
		return list, Present
	case ok:
		return nil, Absent
	}
	return nil, s.missing()
}

// Operators implements [Catalog].
func (s *Snapshot) Operators(name string) ([]*Operator, Found) {
	list, ok := s.operators[name]
	switch {
	case len(list) > 0:
		return list, Present
	case ok:
		return nil, Absent
	}
	return nil, s.missing()
}

// Type implements [Catalog].
func (s *Snapshot) Type(schema, name string) (*Type, Found) {
	t, ok := s.types[Name{schema, name}]
	switch {
	case t != nil:
		return t, Present
	case ok:
		return nil, Absent
	}
	return nil, s.missing()
}
