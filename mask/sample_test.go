package mask

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// somePhones are n of them, in the international form behind a prefix.
func somePhones(n int, prefix string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s442079460%03d", prefix, 100+i))
	}
	return out
}

// someCards are numbers that pass for those of cards.
var someCards = []string{
	"4111111111111111", "5500005555555559", "4012888888881881", "5105105105105100", "4000056655665556", "5200828282828210", "4242424242424242",
	"5555555555554444", "2223003122003222", "4000002500003155", "4000000000009995", "378282246310005",
}

func some(n int, format string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf(format, i))
	}
	return out
}

var (
	textColumn   = lineage.Column{Name: "c", Type: "text", TypeOID: 25}
	numberColumn = lineage.Column{Name: "c", Type: "bigint", TypeOID: 20}
	listColumn   = lineage.Column{Name: "c", Type: "text[]", TypeOID: 1009, Base: 25}
)

// How many values there are, and how many of them are of a class, decides.
func TestJudge(t *testing.T) {
	with := func(list []string, more ...string) []string { return append(slices.Clone(list), more...) }
	for _, c := range []struct {
		name   string
		column lineage.Column
		values []string
		want   Class
	}{
		{"addresses", textColumn, some(5, "u%d@example.com"), Email},
		{"few", textColumn, some(4, "u%d@example.com"), ""},
		{"one, many times", textColumn, slices.Repeat([]string{"u@example.com"}, 50), ""},
		{"nine in ten", textColumn, with(some(18, "u%d@example.com"), "n/a", "unknown"), Email},
		{"less", textColumn, with(some(17, "u%d@example.com"), "n/a", "unknown", "none"), ""},
		{"empty ones say nothing", textColumn, with(some(5, "u%d@example.com"), "", ""), Email},
		{"inside of texts", textColumn, some(50, "write to u%d@example.com please"), ""},
		{"phones", textColumn, somePhones(10, "+"), Phone},
		{"few phones", textColumn, somePhones(9, "+"), ""},
		{"phones of a country", textColumn, some(50, "020 7946 01%02d"), ""},
		{"phones behind 00", textColumn, somePhones(50, "00"), ""},
		{"cards", textColumn, someCards, Card},
		{"few cards", textColumn, someCards[:9], ""},
		{"cards as numbers", numberColumn, someCards, Card},
		{"cards with a fraction", lineage.Column{Name: "c", Type: "numeric", TypeOID: 1700}, strings.Fields(strings.Join(someCards, ".00 ") + ".00"), Card},
		{"cards among references", numberColumn, with(someCards, some(2, "12345678901234%02d")...), ""},
		{"small numbers", numberColumn, with(someCards, "1", "2"), ""},
		{"references", numberColumn, some(60, "41111111111111%02d"), ""},
		{"elements", listColumn, some(5, "u%d@example.com"), Email},
		{"arrays", listColumn, some(5, `{u%d@example.com,"w%[1]d@example.com"}`), Email},
		{"an array that is cut off", listColumn, []string{"{" + strings.Join(some(5, "u%d@example.com"), ",") + ",u6@exam"}, Email},
		{"addresses of hosts", textColumn, some(20, "203.0.113.%d"), Network},
		{"few of those", textColumn, some(19, "203.0.113.%d"), ""},
		{"private addresses", textColumn, some(20, "10.20.30.%d"), Network},
		{"versions", textColumn, some(20, "1.%d.3.4"), ""},
		{"versions of large numbers", textColumn, some(60, "24.1%02d.31.9"), ""},
		{"hashes", textColumn, some(5, "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCB1eLHg%03d"), Secret},
		{"digests", textColumn, some(60, "9e107d9d372bb6826bd81d3542a4%04x"), ""},
		{"nothing", textColumn, nil, ""},
	} {
		got := Judge(&c.column, c.values)
		assert.Equal(t, string(c.want), got.Class, c.name)
		assert.LessOrEqual(t, got.Matching, got.Values, c.name)
	}
	require.Equal(t, lineage.Held{Class: "email", Values: 20, Matching: 18}, Judge(&textColumn, with(some(18, "u%d@example.com"), "n/a", "unknown")))
}

// Samples are of what nobody classified and what may hold something.
func TestSamples(t *testing.T) {
	table := lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table}
	for _, c := range []struct {
		name   string
		kind   lineage.RelKind
		schema string
		column lineage.Column
		want   bool
	}{
		{name: "a text", column: textColumn, want: true},
		{name: "of a list", column: listColumn, want: true},
		{name: "a number", column: numberColumn, want: true},
		{name: "of a partitioned table", kind: lineage.PartitionedTable, column: textColumn, want: true},
		{name: "of a materialised view", kind: lineage.MaterializedView, column: textColumn, want: true},
		{name: "of a foreign table", kind: lineage.ForeignTable, column: textColumn, want: true},
		{name: "of a view", kind: lineage.View, column: textColumn},
		{name: "of the system", schema: "pg_catalog", column: textColumn},
		{name: "named", column: lineage.Column{Name: "email", Type: "text", TypeOID: 25}},
		{name: "labelled", column: lineage.Column{Name: "c", Type: "text", TypeOID: 25, Comment: "[governed: not_sensitive]"}},
		{name: "known already", column: lineage.Column{Name: "c", Type: "text", TypeOID: 25, Held: lineage.Held{Class: "email"}}, want: true},
		{name: "a key", column: lineage.Column{Name: "c", Type: "bigint", TypeOID: 20, Key: true}},
		{name: "a key that is a text", column: lineage.Column{Name: "c", Type: "text", TypeOID: 25, Key: true}, want: true},
		{name: "a measure", column: lineage.Column{Name: "total_amount", Type: "numeric", TypeOID: 1700}},
		{name: "a small number", column: lineage.Column{Name: "c", Type: "integer", TypeOID: 23}},
		{name: "a time", column: lineage.Column{Name: "c", Type: "date", TypeOID: 1082}},
		{name: "a document", column: lineage.Column{Name: "c", Type: "jsonb", TypeOID: 3802}},
		{name: "a domain", column: lineage.Column{Name: "c", Type: "public.words", TypeOID: 99999, Base: 25}, want: true},
		{name: "of an extension", column: lineage.Column{Name: "c", Type: "public.citext", TypeOID: 99999}, want: true},
	} {
		rel := table
		if c.kind != 0 {
			rel.Kind = c.kind
		}
		if c.schema != "" {
			rel.Schema = c.schema
		}
		assert.Equal(t, c.want, Samples(&rel, &c.column), c.name)
	}
}

// What values say counts where nothing else speaks.
func TestClassifyByValues(t *testing.T) {
	rel := lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table}
	held := lineage.Held{Class: "email", Values: 20, Matching: 18}
	column := func(name, comment string) *lineage.Column {
		return &lineage.Column{Name: name, Type: "text", TypeOID: 25, Comment: comment, Held: held}
	}
	for _, c := range []struct {
		col  *lineage.Column
		want Class
		why  string
	}{
		{column("c", ""), Email, "values: 18 of 20 in the server's statistics"},
		{column("c", "words"), Email, "values: 18 of 20 in the server's statistics"},
		{column("phone", ""), Phone, "name"},
		{column("c", "[governed: not_sensitive]"), "", "label [governed: not_sensitive]"},
		{column("c", "[governed: card]"), Card, "label [governed: card]"},
		{column("c", "[governed: pii]"), Email, "label [governed: pii]"},
	} {
		require.Equal(t, c.want, Classify(&rel, c.col), "%+v", c.col)
		require.Equal(t, c.why, Why(&rel, c.col), "%+v", c.col)
	}
	rules := Rules{Label: func(id lineage.ColumnID, byName Class) Class {
		if id.Relation == "t" {
			return ""
		}
		return byName
	}}
	rel.Parents = []lineage.Name{{Schema: "public", Name: "parent"}}
	require.Empty(t, rules.Classify(&rel, column("c", "")), "a word about the column itself takes it away")
	sum := &lineage.Column{Name: "g", Type: "text", TypeOID: 25, Generated: true, Expression: "lower(c)"}
	rel.Columns = []lineage.Column{*column("c", ""), *sum}
	require.Equal(t, Email, Classify(&rel, sum), "what is computed from it is of its class")
	require.Equal(t, "computed from other columns", Why(&rel, sum))
}

func FuzzJudge(f *testing.F) {
	f.Add("a@b.de\nc@d.de")
	f.Add(`{a,"b\"c",{d}}` + "\n[0:1]={x,")
	f.Add("4111111111111111.0\n-1\n1e9")
	f.Fuzz(func(t *testing.T, text string) {
		values := strings.Split(text, "\n")
		for _, c := range []lineage.Column{textColumn, numberColumn, listColumn} {
			held := Judge(&c, slices.Clone(values))
			require.LessOrEqual(t, held.Matching, held.Values)
			if held.Class != "" && !isList(&c) {
				require.GreaterOrEqual(t, len(values), 5)
			}
		}
	})
}
