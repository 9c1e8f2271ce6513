package lineage

import "strings"

// Name is the name of a schema object as PostgreSQL stores it: folded, unquoted. Schema is empty while a name is
// unresolved.
type Name struct {
	Schema string
	Name   string
}

// String writes the name as schema.name, without quotes; it is for people and records, not for SQL.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// IsZero reports whether the name is empty.
func (n Name) IsZero() bool { return n == Name{} }

// ColumnID names one column of one relation, as PostgreSQL stores the three names. It is comparable: masks, grants and
// labels are keyed by it.
type ColumnID struct {
	Schema   string
	Relation string
	Column   string
}

// String writes the column as schema.relation.column.
func (c ColumnID) String() string {
	var b strings.Builder
	for _, part := range [...]string{c.Schema, c.Relation} {
		if part != "" {
			b.WriteString(part)
			b.WriteByte('.')
		}
	}
	b.WriteString(c.Column)
	return b.String()
}

// Of is the name of the relation that the column belongs to.
func (c ColumnID) Of() Name { return Name{Schema: c.Schema, Name: c.Relation} }

// Quoted writes the column as SQL does, each name quoted unless it is plain: shop.customers."E-Mail". This is the form
// that governed.clear reads.
func (c ColumnID) Quoted() string {
	return QuoteName(c.Schema) + "." + QuoteName(c.Relation) + "." + QuoteName(c.Column)
}

// QuoteName quotes a name unless it is plain and folded. It does not know keywords: the result is for lists of names.
func QuoteName(name string) string {
	plain := name != ""
	for i := 0; i < len(name); i++ {
		b := name[i]
		plain = plain && (b == '_' || 'a' <= b && b <= 'z' || i > 0 && '0' <= b && b <= '9')
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
