package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// typeText writes a type's name as format_type would; "" where that is not known.
func typeText(n *ast.TypeName) string {
	t := typeName(n)
	if len(n.GetTypmods()) > 0 {
		t = modified(t, n.GetTypmods())
	} else if t == "character" {
		t = "bpchar" // the type character without a length
	}
	if t != "" && len(n.GetArrayBounds()) > 0 {
		t += "[]"
	}
	return t
}

// modified adds the modifiers: numeric(16,4), timestamp(3) with time zone.
func modified(t string, mods []*ast.Node) string {
	var list []string
	for _, m := range mods {
		c, ok := m.GetAConst().GetVal().(*ast.A_Const_Ival)
		if !ok {
			return ""
		}
		list = append(list, itoa(int(c.Ival.GetIval())))
	}
	if t == "interval" {
		return "" // its modifiers are a mask of fields
	}
	if t == "numeric" && len(list) == 1 {
		list = append(list, "0")
	}
	mod := "(" + strings.Join(list, ",") + ")"
	if word, rest, ok := strings.Cut(t, " with"); ok {
		return word + mod + " with" + rest
	}
	return t + mod
}

// typeName writes a type's name without modifiers and array bounds.
func typeName(n *ast.TypeName) string {
	names := n.GetNames()
	if len(names) == 0 {
		return ""
	}
	last := text(names[len(names)-1])
	schema := ""
	if len(names) > 1 {
		schema = text(names[len(names)-2])
	}
	if schema == "pg_catalog" || schema == "" {
		if long, ok := longTypes[last]; ok {
			last, schema = long, ""
		}
	}
	if schema == "pg_catalog" {
		schema = ""
	}
	t := quoteType(last)
	if schema != "" {
		t = quoteType(schema) + "." + t
	}
	if n.GetPctType() {
		return ""
	}
	return t
}

// longTypes are the names that format_type prints for the short ones.
var longTypes = map[string]string{
	"int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
	"bool": "boolean", "varchar": "character varying", "bpchar": "character", "timestamp": "timestamp without time zone",
	"timestamptz": "timestamp with time zone", "time": "time without time zone", "timetz": "time with time zone",
	"varbit": "bit varying", "decimal": "numeric",
}

func quoteType(name string) string {
	if name == "char" {
		return `"char"` // not the type character
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) && c != '_' && c != ' ' {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// splitType takes a type's name as format_type prints it apart.
func splitType(t string) (schema, name string, ok bool) {
	var parts []string
	for t != "" {
		var part string
		if t[0] == '"' {
			end := 1
			for end < len(t) && (t[end] != '"' || end+1 < len(t) && t[end+1] == '"') {
				if t[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(t) {
				return "", "", false
			}
			part, t = strings.ReplaceAll(t[1:end], `""`, `"`), t[end+1:]
		} else {
			end := strings.IndexByte(t, '.')
			if end < 0 {
				end = len(t)
			}
			part, t = t[:end], t[end:]
		}
		parts = append(parts, part)
		t = strings.TrimPrefix(t, ".")
	}
	switch len(parts) {
	case 1:
		return "", parts[0], true
	case 2:
		return parts[0], parts[1], true
	}
	return "", "", false
}

// typeColumns lists the columns of a composite type; nil where it is none.
func (a *analyzer) typeColumns(typ string) (cols []Column, why string) {
	if typ == "" || strings.HasSuffix(typ, "]") || strings.HasSuffix(typ, ")") || isScalar(typ) {
		return nil, ""
	}
	schema, name, ok := splitType(typ)
	if !ok {
		return nil, ""
	}
	rel, loaded := a.relation(schema, name)
	if !loaded {
		return nil, pending
	}
	if rel != nil {
		return rel.Columns, ""
	}
	return a.domainColumns(schema, name)
}

// domainColumns lists the columns of the composite type below a domain.
func (a *analyzer) domainColumns(schema, name string) ([]Column, string) {
	path := a.path
	if schema != "" {
		path = []string{a.schema(schema)}
	}
	for _, p := range path {
		t, found := a.catalog.Type(p, name)
		switch found {
		case NotLoaded:
			a.need(NeedType, Name{p, name})
			return nil, pending
		case Present:
			if t.Kind == 'd' && a.step() {
				return a.typeColumns(t.Base)
			}
			return t.Columns, ""
		}
	}
	return nil, ""
}

// isType reports whether a name is that of a type; where the catalog has not loaded it, it may be.
func (a *analyzer) isType(name string) bool {
	if _, ok := longTypes[name]; ok || isScalar(name) {
		return true
	}
	for _, p := range a.path {
		_, found := a.catalog.Type(p, name)
		if found == NotLoaded {
			a.need(NeedType, Name{p, name})
		}
		if found != Absent {
			return true
		}
	}
	return false
}

// isScalar reports whether a type is one of PostgreSQL's own without columns.
func isScalar(typ string) bool {
	if _, ok := ranks[typ]; ok {
		return true
	}
	switch typ {
	case "bpchar", "boolean", "bytea", "json", "jsonb", "uuid", "inet", "cidr", "xml", "interval", "record", "bit", "bit varying", "point", "money",
		"tsvector", "tsquery", "void", "trigger", "regclass", "tid", "xid", "macaddr", "int4range", "refcursor", "circle", "box", "polygon", "path", "line", "lseg":
		return true
	}
	return false
}

// texts is the family of the string types.
const texts = 4

// ranks orders the types of a family by the implicit casts between them: the lower is cast to the higher.
var ranks = map[string]struct{ family, rank int }{
	"smallint": {1, 1}, "integer": {1, 2}, "bigint": {1, 3}, "numeric": {1, 4}, "real": {1, 5}, "double precision": {1, 6},
	"date": {2, 1}, "timestamp without time zone": {2, 2}, "timestamp with time zone": {2, 3},
	"time without time zone": {3, 1}, "time with time zone": {3, 2},
	`"char"`: {4, 1}, "name": {4, 2}, "character": {4, 2}, "character varying": {4, 2}, "text": {4, 3},
	"cidr": {5, 1}, "inet": {5, 2},
}

// commonType is the type to which the two sides of a merged column are cast; "" where it is not known.
func commonType(l, r string) string {
	if l == r || r == "" {
		return l
	}
	if l == "" {
		return ""
	}
	lb, rb := bareType(l), bareType(r)
	x, lok := ranks[lb]
	y, rok := ranks[rb]
	switch {
	case lb == rb:
		return lb // their modifiers differ
	case !lok || !rok || x.family != y.family:
		return ""
	case x.family == texts:
		// Casts go both ways between the string types, and then the left one stays, but for "char".
		if x.rank == 1 {
			return rb
		}
		return lb
	case x.rank < y.rank:
		return rb
	}
	return lb
}

// bareType is a type without its modifiers.
func bareType(t string) string {
	i := strings.IndexByte(t, '(')
	j := strings.IndexByte(t, ')')
	if i < 0 || j < i {
		if t == "bpchar" {
			return "character"
		}
		return t
	}
	return t[:i] + t[j+1:]
}
