package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// TypeCode lists functions that are called because a value has a type, functions of PostgreSQL's own and native ones of
// extensions left out.
type TypeCode struct {
	Checks []Name // by the constraints of a domain
	Casts  []Name // by the casts from the type and to it
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
		a.runs(c.Checks, inside)
		a.runs(c.Casts, inside)
	}
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
			a.runs(c.Code.Checks, u.inside)
		default:
			if written {
				a.runs(c.Code.Checks, u.inside)
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
