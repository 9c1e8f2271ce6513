package lineage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDefinitions puts any text where a catalog keeps the definition of a view and the body of a function: whatever
// stands there, the statement that uses them is analysed, and what is not understood is said.
func FuzzDefinitions(f *testing.F) {
	for _, seed := range []string{
		"select id, email from users", "select v.* from v", "begin return; end", "", "select 1; select 2", "delete from users returning *",
		"declare x int; begin for r in select * from users loop execute r.email; end loop; end", "begin atomic select 1; end",
		"with recursive v as (select 1 union all select * from v) select * from v", "select f($1)", "values (1)", ";",
	} {
		f.Add(seed, "sql")
		f.Add(seed, "plpgsql")
	}
	columns := []Column{{Name: "id", Num: 1, Type: "integer"}, {Name: "email", Num: 2, Type: "text"}}
	f.Fuzz(func(t *testing.T, definition, language string) {
		if len(definition) > 1<<13 {
			return
		}
		relations := []*Relation{
			{Name: Name{"public", "users"}, Kind: Table, Columns: columns},
			{Name: Name{"public", "v"}, Kind: View, Columns: columns, Definition: definition},
		}
		functions := []*Function{{
			Name: Name{"public", "f"}, Kind: 'f', Args: []string{"integer"}, ArgNames: []string{"x"}, Returns: "integer", Volatility: 'v',
			Language: language, Body: definition,
		}}
		catalog := NewSnapshot([]string{"pg_catalog", "public"}, relations, functions, nil, nil, true)
		list, err := AnalyzeText("select v.email, f(v.id) from v; insert into v select * from users; select * from f(1)", catalog)
		require.NoError(t, err)
		for _, st := range list {
			checkFacts(t, st)
			require.NotEmpty(t, st.String())
		}
	})
}
