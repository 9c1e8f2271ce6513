package lineage_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

func askedCatalog(t *testing.T) lineage.Catalog {
	t.Helper()
	named := func(n string) lineage.Name { return lineage.Name{Schema: "public", Name: n} }
	base := scriptCatalog()
	people, _ := base.Relation("public", "people")
	view := func(name, definition string) *lineage.Relation {
		return &lineage.Relation{Name: named(name), Kind: lineage.View, Definition: definition, Columns: []lineage.Column{{Name: "id", Num: 1, Type: "integer"}}}
	}
	frozen := view("frozen", "SELECT id FROM people WHERE name > 'm'")
	frozen.Kind = lineage.MaterializedView
	called := view("called", "SELECT id FROM by_order() id")
	called.Kind = lineage.MaterializedView
	fn := func(name, language, body string, set bool, args ...string) *lineage.Function {
		return &lineage.Function{Name: named(name), Kind: 'f', Args: args, Returns: "integer", ReturnsSet: set, Volatility: 's', Language: language, Body: body, PublicExecute: true}
	}
	wanted := fn("by_wanted", "sql", "select id from people where name = wanted", true, "text")
	wanted.ArgNames = []string{"wanted"}
	functions := []*lineage.Function{
		fn("by_name", "sql", "select id from people where name = $1", true, "text"), wanted,
		fn("by_pl", "plpgsql", "begin return query select id from people where name = $1; end", true, "text"),
		fn("by_inner", "sql", "select * from by_name($1)", true, "text"),
		fn("by_order", "sql", "select id from people where name > 'm'", true),
		fn("spread", "sql", "select g from generate_series(1, $1) g", true, "integer"),
		fn("spread_more", "sql", "select g from generate_series(1, $1 + 1) g", true, "integer"),
		fn("spread_inner", "sql", "select * from spread($1)", true, "integer"),
		fn("spread_pl", "plpgsql", "begin return query select g from generate_series(1, $1) g; end", true, "integer"),
		fn("counts", "plpgsql", "begin for i in 1..9 loop return next i; end loop; end", true),
		fn("reads", "plpgsql", "declare r record; begin for r in select id from people loop return next r.id; end loop; end", true),
		fn("recurs", "sql", "select 1 union all select * from recurs($1 + 1)", true, "integer"),
		fn("recurs_by", "sql", "select * from recurs_back($1)", true, "integer"), fn("recurs_back", "sql", "select * from recurs_by($1)", true, "integer"),
	}
	for _, name := range []string{"generate_series", "count"} {
		list, _ := base.Functions("pg_catalog", name)
		functions = append(functions, list...)
	}
	return lineage.NewSnapshot([]string{"pg_catalog", "public"},
		[]*lineage.Relation{people, view("half", "SELECT id FROM people WHERE name > 'm'"), view("twice", "SELECT a.id FROM half a JOIN half b ON b.id = a.id"), frozen, called},
		functions, nil, nil, true)
}

func analysedOne(t *testing.T, text string) *lineage.Statement {
	t.Helper()
	list, err := lineage.AnalyzeText(text, askedCatalog(t))
	require.NoError(t, err, text)
	require.Empty(t, list[0].Unresolved, text)
	require.Empty(t, list[0].Needs, text)
	return list[0]
}

// What decides about the rows of a view or in a body decides about those of the statement.
func TestInfluencesBehindViewsAndBodies(t *testing.T) {
	const (
		none, compared, lookup = "", "compared", "lookup"
	)
	for text, want := range map[string]string{
		"select id from half": compared, "select id from twice": compared, "select id from frozen": compared, "select id from called": compared,
		"select count(*) from half": compared, "update half set id = 1": compared, "delete from half": compared, "insert into half values (1)": none,
		"insert into half select id from half": compared, "drop view half": none,
		"select by_name('x')": lookup, "select by_name($1)": lookup, "select by_name($1::text)": lookup, "select * from by_wanted($1)": lookup,
		"select by_pl($1)": compared, "select by_inner($1)": compared, "select by_order()": compared, "select id from people": none,
		"select by_name(name) from people": compared, "select by_name('x') from people": compared, "select by_name($1 || 'x')": compared,
		"select by_name('x'), by_name((select 'y'))": compared, "select by_name((select 'y')), by_name('x')": compared, "select by_name('x'), by_name($1)": lookup,
	} {
		got := none
		for _, in := range analysedOne(t, text).Indirect {
			switch {
			case in.Source.Column.Column != "name":
			case !in.Equality:
				got = compared
			case got == none:
				got = lookup
			}
		}
		require.Equal(t, want, got, text)
	}
	require.Len(t, analysedOne(t, "select a.id from twice a, half b").Indirect, 3, "the filter once, and the two columns of the join")
}

func TestLoopsOfBodies(t *testing.T) {
	for text, want := range map[string]bool{
		"select counts()": true, "select reads()": false, "select recurs(1)": true, "select recurs_by(1)": true, "select by_pl('x')": false, "select reads(), counts()": true,
	} {
		loops := slices.ContainsFunc(analysedOne(t, text).Functions, func(u lineage.FunctionUse) bool { return u.Loops })
		require.Equal(t, want, loops, text)
	}
}

// An argument is handed on by the body of the function that was given it, and by nothing below.
func TestGivenArguments(t *testing.T) {
	for text, want := range map[string]bool{
		"select spread(1)": true, "select spread_more(1)": false, "select spread_inner(1)": false, "select spread_pl(1)": false, "select generate_series(1, $1)": false,
	} {
		got := false
		for _, u := range analysedOne(t, text).Functions {
			got = got || u.Name.Name == "generate_series" && u.Args[1].Given
		}
		require.Equal(t, want, got, text)
	}
}
