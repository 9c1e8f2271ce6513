package mask

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/governedsql/governed/lineage"
)

func TestWhy(t *testing.T) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "customers"}, Columns: []lineage.Column{{Name: "email", Num: 1, Type: "text"}}}
	for _, c := range []struct {
		column lineage.Column
		want   string
	}{
		{lineage.Column{Name: "email", Type: "text"}, "name"},
		{lineage.Column{Name: "name", Type: "text"}, "name, in a relation named customers"},
		{lineage.Column{Name: "x", Type: "public.email_address"}, "type email_address"},
		{lineage.Column{Name: "x", Type: "text"}, ""},
		{lineage.Column{Name: "x", Type: "text", Comment: "a [governed: email] b"}, "label [governed: email]"},
		{lineage.Column{Name: "x", Type: "text", Related: []string{"[governed: email]"}}, "label [governed: email]"},
		{lineage.Column{Name: "x", Type: "text", Security: []string{"anon: MASKED WITH VALUE 0"}}, "security label of anon"},
		{lineage.Column{Name: "x", Type: "text", Expression: "lower(email)"}, "computed from other columns"},
		{lineage.Column{Name: "x", Type: "pair", Fields: []lineage.Column{{Name: "email", Type: "text"}}, FieldsOf: lineage.Name{Name: "pair"}}, "attributes of type pair"},
	} {
		assert.Equal(t, c.want, Why(rel, &c.column), c.want)
	}
}

func TestAddLabel(t *testing.T) {
	for comment, want := range map[string]string{
		"":                  "[governed: email]",
		"Contact":           "Contact [governed: email]",
		"x [governed: name": "x [governed: name] [governed: email]",
		"[governed: name]":  "[governed: name] [governed: email]",
	} {
		assert.Equal(t, want, AddLabel(comment, Email))
		assert.True(t, Says(want, Email))
		assert.False(t, Says(comment, Email))
	}
}
