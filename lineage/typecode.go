package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// TypeCode is what is called because a value has a type. Immutable functions of PostgreSQL's own and native ones of
// extensions are left out.
type TypeCode struct {
	Checks []Name // functions that the constraints of a domain call, PostgreSQL's own left out
	Casts  []Name // functions of the casts from the type and to it
	// Conditions are the constraints as pg_get_expr prints them. No dependency tells which functions of PostgreSQL's own
	// they call.
	Conditions []string
}

// String makes two of the same content print alike.
func (c *TypeCode) String() string {
	var b strings.Builder
	if c != nil {
		for _, list := range [2][]Name{c.Checks, c.Casts} {
			for _, n := range list {
				b.WriteString(n.String() + ",")
			}
			b.WriteByte(';')
		}
		for _, text := range c.Conditions {
			b.WriteString(text + ";")
		}
	}
	return b.String()
}

// runs records functions that are called without being named.
func (a *analyzer) runs(names []Name, inside Inside) {
	for _, n := range names {
		// The same once: a statement has many columns of a type.
		if slices.ContainsFunc(a.calls, func(c call) bool { return c.Name == n && c.Inside == inside && c.Pos == -1 && len(c.args) == 0 }) {
			continue
		}
		candidates, _ := a.functionsIn(n.Schema, n.Name)
		a.calls = append(a.calls, call{FunctionUse: FunctionUse{Name: n, Candidates: candidates, Inside: inside, Pos: -1}})
	}
}

func (a *analyzer) runsOf(c *TypeCode, inside Inside) {
	if c != nil {
		a.checksOf(c, inside)
		a.runs(c.Casts, inside)
	}
}

// checksOf records what the constraints of a domain call. EXPLAIN leaves nothing out: a value of an array or of a row is
// checked when its text is read, before there is a plan.
func (a *analyzer) checksOf(c *TypeCode, inside Inside) {
	inside &^= InExplain
	a.runs(c.Checks, inside)
	for _, text := range c.Conditions {
		a.check(text, inside)
	}
}

// check records what one constraint calls.
func (a *analyzer) check(text string, inside Inside) {
	key := checked{text, inside}
	if a.checked[key] || a.checking[text] {
		return // the same once: a statement has many columns of a type
	}
	a.enter(text, inside)
	defer delete(a.checking, text)
	list, err := pgparse.Parse("SELECT "+text, pgparse.CeilingBytes)
	if err != nil || len(list) != 1 || alone(list[0].Node.GetSelectStmt()) == nil {
		a.unresolved(badConstraint, "", -1)
		return
	}
	sub := &analyzer{world: a.world, st: &Statement{}}
	a.under(a.catalog.SearchPath(), func() { // by which the server has written it
		s := sub.newScope(nil, inside)
		s.show(&item{cols: []column{{name: "value"}}}, false, true)
		s.expr(alone(list[0].Node.GetSelectStmt()))
		sub.flush()
		a.bodies.depth++
		sub.openFunctions()
		a.bodies.depth--
	})
	a.absorb(sub.st, inside)
	for _, u := range sub.st.Unresolved {
		u.Pos = -1
		a.st.Unresolved = append(a.st.Unresolved, u)
	}
}

// enter keeps in mind that an expression of the catalog is being read.
func (a *analyzer) enter(text string, inside Inside) {
	if a.checked == nil {
		a.checked = map[checked]bool{}
	}
	if a.checking == nil {
		a.checking = map[string]bool{}
	}
	a.checked[checked{text, inside}], a.checking[text] = true, true
}

const badConstraint = "constraint of a domain cannot be read"

// checked is a constraint in the surroundings in which it was read.
type checked struct {
	text   string
	inside Inside
}

// columnCode records what the types of the columns of a relation call. A row that is made has all of its columns checked.
func (a *analyzer) columnCode(u *use) {
	if u.rel == nil {
		return
	}
	for i := range u.rel.Columns {
		c := &u.rel.Columns[i]
		if c.Code == nil {
			continue
		}
		written := u.access&Writes != 0 && (u.opaque || slices.Contains(u.written, c.Name))
		switch u.command {
		case "INSERT", "COPY", "MERGE":
			a.checksOf(c.Code, u.inside)
		default:
			if written {
				a.checksOf(c.Code, u.inside)
			}
		}
		if written || u.opaque || u.row || i < len(u.read) && u.read[i] {
			a.runs(c.Code.Casts, u.inside)
		}
	}
}

// mention records what a type that the text names calls: a value becomes one of it.
func (a *analyzer) mention(n *ast.TypeName, inside Inside) {
	names := n.GetNames()
	if len(names) == 0 || n.GetPctType() {
		return
	}
	schema := ""
	if len(names) > 1 {
		schema = text(names[len(names)-2])
	}
	a.mentionName(schema, text(names[len(names)-1]), inside)
}

func (a *analyzer) mentionName(schema, name string, inside Inside) {
	if schema == "pg_catalog" {
		return
	}
	path := a.path
	if schema != "" {
		path = []string{a.schema(schema)}
	}
	_, long := longTypes[name]
	for _, p := range path {
		if p == "pg_catalog" && (long || isScalar(name)) {
			return
		}
		t, found := a.catalog.Type(p, name)
		switch found {
		case NotLoaded:
			a.need(NeedType, Name{p, name})
		case Present:
			a.runsOf(t.Code, inside)
			return
		}
	}
}

// castBodies says of a value that becomes one of another type what the functions of casts may make of it.
func (s *scope) castBodies(v *value, to *ast.TypeName) {
	if len(v.src) == 0 {
		return
	}
	schema, name := functionName(to.GetNames())
	names := joinedLists(s.castsOf("pg_catalog", "any"), s.castsOf(schema, name))
	if from := strings.TrimRight(v.typ, "[]"); (v.document() != noDocument || !v.taken.IsZero()) && from != "" && !isScalar(from) {
		if schema, name, ok := splitType(from); ok {
			names = joinedLists(names, s.castsOf(schema, name))
		}
	}
	for _, n := range names {
		candidates, _ := s.functionsIn(n.Schema, n.Name)
		v.harmless, v.bodied = false, true
		v.inner = v.inner.with(s.innerOfCall(candidates))
		if len(candidates) == 0 {
			v.taken = v.taken.with(s.take(takenAnywhere))
		}
	}
}

// castsOf are the functions of the casts from a type and to it.
func (a *analyzer) castsOf(schema, name string) []Name {
	path := a.path
	if schema != "" {
		path = []string{a.schema(schema)}
	}
	_, long := longTypes[name]
	for _, p := range path {
		if p == "pg_catalog" && (long || isScalar(name)) {
			return nil
		}
		switch t, found := a.catalog.Type(p, name); {
		case found == NotLoaded:
			a.need(NeedType, Name{p, name})
		case found == Present && t.Code != nil:
			return t.Code.Casts
		case found == Present:
			return nil
		}
	}
	return nil
}

// everyCast records the casts between types of PostgreSQL's own that somebody has added. They stand with the type "any".
func (a *analyzer) everyCast() {
	t, found := a.catalog.Type("pg_catalog", "any")
	switch found {
	case NotLoaded:
		a.need(NeedType, Name{"pg_catalog", "any"})
	case Present:
		a.runsOf(t.Code, 0)
		a.flush()
	}
}

// mentionText records what a type calls that a body names: public.mood[], t.a%TYPE.
func (a *analyzer) mentionText(typ string, inside Inside) {
	typ = strings.TrimSpace(typ)
	if before, _, like := strings.Cut(typ, "%"); like {
		a.mentionLike(before, inside)
		return
	}
	typ, _, _ = strings.Cut(typ, "[")
	typ, _, _ = strings.Cut(typ, "(")
	if fields := strings.Fields(typ); len(fields) > 1 && strings.EqualFold(fields[1], "array") {
		typ = fields[0]
	}
	if schema, name, ok := splitType(strings.TrimSpace(typ)); ok {
		a.mentionName(schema, name, inside)
	}
}

// mentionLike is for the type of a column or of a row of a relation.
func (a *analyzer) mentionLike(name string, inside Inside) {
	for range 2 {
		if schema, relation, ok := splitType(strings.TrimSpace(name)); ok {
			if rel, _ := a.relation(schema, relation); rel != nil {
				for i := range rel.Columns {
					a.runsOf(rel.Columns[i].Code, inside)
				}
			}
		}
		end := strings.LastIndexByte(name, '.')
		if end < 0 {
			return
		}
		name = name[:end]
	}
}
