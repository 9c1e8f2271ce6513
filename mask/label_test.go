package mask

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/governedsql/governed/lineage"
)

func TestLabelsInComments(t *testing.T) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table}
	for _, c := range []struct {
		column  lineage.Column
		want    Class
		unknown []string
	}{
		{column: lineage.Column{Name: "contact", Comment: "How to reach them [governed: email]"}, want: Email},
		{column: lineage.Column{Name: "contact", Comment: "[governed: pii.email]"}, want: Email},
		{column: lineage.Column{Name: "contact", Comment: "[governed: phone, secret]"}, want: Secret},
		{column: lineage.Column{Name: "contact", Comment: "[governed: phone] [Governed: Email]"}, want: Email},
		{column: lineage.Column{Name: "contact", Comment: "governed by nobody"}},
		{column: lineage.Column{Name: "contact", Comment: "[governed: pii]"}, want: Labelled},
		{column: lineage.Column{Name: "email", Comment: "[governed: pii]"}, want: Email},
		{column: lineage.Column{Name: "email", Comment: "[governed: phone]"}, want: Phone},
		{column: lineage.Column{Name: "email", Comment: "no label"}, want: Email},
		{column: lineage.Column{Name: "email", Comment: "[governed: not_sensitive]"}},
		{column: lineage.Column{Name: "email", Comment: "[governed: not_sensitive, phone]"}, want: Phone},
		{column: lineage.Column{Name: "email", Comment: "[governed: not_sensitive, pii]"}},
		{column: lineage.Column{Name: "contact", Comment: "[governed: emial]"}, want: Labelled, unknown: []string{"emial"}},
		{column: lineage.Column{Name: "phone", Comment: "[governed: phone, x]"}, want: Labelled, unknown: []string{"x"}},
		{column: lineage.Column{Name: "email", Comment: "[governed: not_sensitive, x]"}, want: Labelled, unknown: []string{"x"}},
		{column: lineage.Column{Name: "contact", Comment: "[governed:]"}, want: Labelled, unknown: []string{""}},
		{column: lineage.Column{Name: "contact", Related: []string{"x [governed: email]"}}, want: Email},
		{column: lineage.Column{Name: "email", Related: []string{"[governed: not_sensitive]"}}, want: Email},
		{column: lineage.Column{Name: "email", Comment: "[governed: not_sensitive]", Related: []string{"[governed: phone]"}}, want: Phone},
		{column: lineage.Column{Name: "contact", Security: []string{"anon: MASKED WITH FUNCTION anon.fake_email()"}}, want: Labelled},
		{column: lineage.Column{Name: "email", Security: []string{"anon: MASKED WITH VALUE NULL"}}, want: Email},
		{column: lineage.Column{Name: "contact", Security: []string{"anon: NOT MASKED", "selinux: system_u:object_r:sepgsql_table_t:s0"}}},
		{column: lineage.Column{Name: "contact", Fields: []lineage.Column{{Name: "a", Type: "text", Comment: "[governed: email]"}}}, want: Email},
	} {
		c.column.Type = "text"
		assert.Equal(t, c.want, Classify(rel, &c.column), "%+v", c.column)
		assert.Equal(t, c.unknown, UnknownWords(&c.column), "%+v", c.column)
	}
}

// A partition holds what the name of its table says, and what a policy says of that.
func TestClassInParents(t *testing.T) {
	col := &lineage.Column{Name: "name", Type: "text"}
	parents := []lineage.Name{{Schema: "public", Name: "customers"}}
	assert.Equal(t, Name, Classify(&lineage.Relation{Name: lineage.Name{Schema: "public", Name: "p1"}, Parents: parents}, col))
	assert.Empty(t, Classify(&lineage.Relation{Name: lineage.Name{Schema: "public", Name: "p1"}}, col))
	rules := Rules{Label: func(id lineage.ColumnID, byName Class) Class {
		if id.String() == "public.customers.x" {
			return Email
		}
		return byName
	}}
	assert.Equal(t, Email, rules.Classify(&lineage.Relation{Name: lineage.Name{Schema: "public", Name: "p1"}, Parents: parents}, &lineage.Column{Name: "x", Type: "text"}))
}

// What is computed from a labelled column holds what it holds.
func TestLabelsOfGeneratedColumns(t *testing.T) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}, Columns: []lineage.Column{
		{Name: "a", Num: 1, Type: "text", Comment: "[governed: email]"},
		{Name: "b", Num: 2, Type: "text", Expression: "lower(a)"},
	}}
	assert.Equal(t, Email, Classify(rel, &rel.Columns[1]))
}

func BenchmarkClassifyLabelled(b *testing.B) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}}
	col := &lineage.Column{Name: "a", Type: "text", Comment: "How to reach them, in words or otherwise [governed: email]"}
	for b.Loop() {
		Classify(rel, col)
	}
}
