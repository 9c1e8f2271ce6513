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
