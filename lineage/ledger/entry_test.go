package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// only gives the one story of a log.
func only(t *testing.T, dir string, f ledger.Filter) *ledger.Story {
	t.Helper()
	var out []*ledger.Story
	require.NoError(t, ledger.Query(context.Background(), dir, f, func(s *ledger.Story) error {
		out = append(out, s)
		return nil
	}))
	require.Len(t, out, 1)
	return out[0]
}

// What a statement copies can be more than its text: each of 400 columns into each of 400. The lists are bounded and say so;
// relations are never left out.
func TestListsAreBounded(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir})
	r := statement("wide")
	use := lineage.RelationUse{Access: lineage.Reads, Relation: lineage.Relation{Name: lineage.Name{Schema: "public", Name: "a"}}}
	for i := range 20_000 {
		use.Columns = append(use.Columns, fmt.Sprintf("c%d", i))
	}
	r.Statement.Relations = append(r.Statement.Relations, use)
	for i := range 20_000 {
		r.Statement.Relations = append(r.Statement.Relations, lineage.RelationUse{
			Access: lineage.Writes, Relation: lineage.Relation{Name: lineage.Name{Schema: "public", Name: fmt.Sprintf("t%d", i%10_000)}},
		})
	}
	for i := range 400 {
		a := lineage.Assign{Target: lineage.ColumnID{Schema: "public", Relation: "b", Column: fmt.Sprintf("c%d", i)}}
		for k := range 400 {
			a.Sources = append(a.Sources, lineage.Source{Column: lineage.ColumnID{Schema: "public", Relation: "a", Column: fmt.Sprintf("c%d", k)}})
		}
		r.Statement.Assigns = append(r.Statement.Assigns, a)
	}
	run(t, l, r)
	require.NoError(t, l.Close())
	s := only(t, dir, ledger.Filter{})
	require.Equal(t, []string{"columns", "flow"}, s.CutLists)
	require.Equal(t, 4096, len(s.Flow))
	require.Equal(t, 16384, len(s.Columns))
	require.Equal(t, 10_000, len(s.Writes))
	require.Equal(t, 10_000, len(slices.Compact(slices.Sorted(slices.Values(s.Writes)))), "each stands there once")
}

func TestListsThatFitAreWhole(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir})
	r := statement("narrow")
	a := lineage.Assign{Target: lineage.ColumnID{Schema: "public", Relation: "b", Column: "x"}}
	for i := range 2 * 4096 {
		a.Sources = append(a.Sources, lineage.Source{Column: lineage.ColumnID{Schema: "public", Relation: "a", Column: fmt.Sprintf("c%d", i/2)}})
	}
	r.Statement.Assigns = []lineage.Assign{a}
	run(t, l, r)
	require.NoError(t, l.Close())
	s := only(t, dir, ledger.Filter{})
	require.Empty(t, s.CutLists)
	require.Equal(t, 4096, len(s.Flow))
}
