package lineage

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgparse"
)

// large is a catalog of n tables and as many views again.
func large(n int) *Snapshot {
	relations := make([]*Relation, 0, 2*n)
	for i := range n {
		columns := []Column{{Name: "id", Num: 1, Type: "bigint"}, {Name: "email", Num: 2, Type: "text"}}
		relations = append(relations,
			&Relation{Name: Name{"public", fmt.Sprintf("t%d", i)}, OID: uint32(2 * i), Kind: Table, Columns: columns},
			&Relation{
				Name: Name{"public", fmt.Sprintf("v%d", i)}, OID: uint32(2*i + 1), Kind: View, Columns: columns,
				Definition: fmt.Sprintf("select id, email from t%d", i),
			})
	}
	return NewSnapshot([]string{"pg_catalog", "public"}, relations, nil, nil, nil, true)
}

const largeStatement = "select t.id, v.email from t49999 t join v0 v using (id) where v.email = $1"

// What an analysis costs does not depend on how much there is that it does not name.
func TestLargeCatalog(t *testing.T) {
	small, big := large(50), large(50_000)
	st := resolved(t, largeStatement, big)
	require.NotNil(t, st)
	require.Empty(t, st.Needs)
	require.Equal(t, "public.t49999.id", st.Outputs[0].Base[0].Column.String())
	require.Equal(t, "public.t0.email", st.Outputs[1].Base[0].Column.String())

	allocations := func(catalog Catalog, sql string) float64 {
		parsed, err := pgparse.Parse(sql, 0)
		require.NoError(t, err)
		return testing.AllocsPerRun(10, func() { Analyze(parsed[0], catalog) })
	}
	few := allocations(small, "select t.id, v.email from t49 t join v0 v using (id) where v.email = $1")
	require.InDelta(t, few, allocations(big, largeStatement), 2)
}

// A catalog that learns more leaves the one that it was made of as it is.
func TestLargeCatalogGrows(t *testing.T) {
	open := NewSnapshot([]string{"public"}, nil, nil, nil, nil, false)
	more := open.With(Objects{
		Relations: []*Relation{{Name: Name{"public", "t"}, Kind: Table, Columns: []Column{{Name: "id", Num: 1}}}},
		Absent:    []Need{{NeedRelation, Name{"public", "gone"}}, {NeedType, Name{"pg_catalog", "any"}}},
	})
	list, err := AnalyzeText("select id from t; select 1 from gone; select 1 from other", more)
	require.NoError(t, err)
	require.Empty(t, list[0].Needs)
	require.NotEmpty(t, list[1].Unresolved)
	require.Equal(t, []Need{{NeedRelation, Name{"public", "other"}}}, list[2].Needs)
	list, err = AnalyzeText("select id from t", open)
	require.NoError(t, err)
	require.Equal(t, []Need{{NeedRelation, Name{"public", "t"}}, {NeedType, Name{"pg_catalog", "any"}}}, list[0].Needs)
}

// A broken object breaks what is made of it and nothing else.
func TestABrokenViewBreaksOnlyItself(t *testing.T) {
	columns := []Column{{Name: "id", Num: 1, Type: "bigint"}, {Name: "x", Num: 2, Type: "text"}}
	relation := func(name string, kind RelKind, definition string) *Relation {
		return &Relation{Name: Name{"public", name}, Kind: kind, Columns: columns, Definition: definition}
	}
	relations := []*Relation{relation("t", Table, ""), relation("sound", View, "select id, x from t")}
	broken := []string{"unreadable", "unknown", "gone", "renamed", "several", "writes", "itself", "above"}
	for i, definition := range []string{
		"select id from where", "", "select id, x from dropped", "select id, old_name from t", "select 1; select 2",
		"delete from t returning id, x", "select id, x from itself", "select id, x from gone",
	} {
		relations = append(relations, relation(broken[i], View, definition))
	}
	catalog := NewSnapshot([]string{"public"}, relations, nil, nil, nil, true)
	for _, name := range broken {
		list, err := AnalyzeText("select x from "+name+"; select x from sound; select s.x, b.x from sound s, "+name+" b", catalog)
		require.NoError(t, err)
		require.NotEmpty(t, list[0].Unresolved, name)
		require.NotEmpty(t, list[0].Outputs[0].Unresolved, name)
		require.Empty(t, list[1].Unresolved, name)
		require.NotEmpty(t, list[2].Unresolved, name)
		for _, o := range []Output{list[1].Outputs[0], list[2].Outputs[0]} {
			require.Empty(t, o.Unresolved, name)
			require.Equal(t, "public.t.x", o.Base[0].Column.String(), name)
		}
	}
}

// BenchmarkLargeCatalog is BenchmarkPointStatement's like among 100,000 relations.
func BenchmarkLargeCatalog(b *testing.B) {
	for _, n := range []int{50, 50_000} {
		catalog := large(n)
		parsed, err := pgparse.Parse(fmt.Sprintf("select t.id, v.email from t%d t join v0 v using (id) where v.email = $1", n-1), 0)
		require.NoError(b, err)
		b.Run(fmt.Sprint(2*n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Analyze(parsed[0], catalog)
			}
		})
	}
}
