package lineage_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/builtin"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

func scriptCatalog() *lineage.Snapshot {
	t := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "people"}, OID: 20000, Kind: lineage.Table, Columns: []lineage.Column{
		{Name: "id", Num: 1, Type: "integer"}, {Name: "name", Num: 2, Type: "text"},
	}}
	return lineage.NewSnapshot([]string{"pg_catalog", "public"}, append(slices.Clone(builtin.Relations()), t), builtin.AllFunctions(), nil, nil, true)
}

// A function of the script is opened where a later statement of it calls it.
func TestScriptCallsWhatItCreates(t *testing.T) {
	parsed, err := pgparse.Parse(`create function wipe(which int default 1) returns void language sql as 'delete from people';
		select wipe();
		create function native() returns int language c as 'file', 'symbol';
		select native()`, 0)
	require.NoError(t, err)
	list := lineage.AnalyzeScript(parsed, scriptCatalog())
	for _, st := range list {
		require.Empty(t, st.Unresolved, st.SQL)
	}
	require.Len(t, list[1].Effects, 1)
	require.Equal(t, "DELETE", list[1].Effects[0].Command)
	require.Equal(t, lineage.InFunction, list[1].Effects[0].Inside&lineage.InFunction)
	require.True(t, list[1].Functions[0].Opened)
	require.False(t, list[3].Functions[0].Opened, "native code is not opened")
}

// The statements of a body see what those before them create and rename; what is there already stays what it is, since
// none of them need run.
func TestBodySeesWhatItCreates(t *testing.T) {
	list, err := lineage.AnalyzeText(`do $$ begin
		if to_regclass('people') is not null then
			alter table people rename to people_old;
			create table people (id bigint, label text);
			insert into people (id, label) select id, name from people_old;
			drop table people_old;
		end if;
	end $$`, scriptCatalog())
	require.NoError(t, err)
	require.Empty(t, list[0].Unresolved)
	var copied []lineage.ColumnID
	for _, a := range list[0].Assigns {
		for _, s := range a.Sources {
			copied = append(copied, s.Column)
		}
	}
	require.Contains(t, copied, lineage.ColumnID{Schema: "public", Relation: "people", Column: "name"}, "a new name does not change what a column is")

	list, err = lineage.AnalyzeText(`do $$ begin
		if false then drop table people; create table people (nothing int); end if;
		delete from people where name = 'x';
	end $$`, scriptCatalog())
	require.NoError(t, err)
	for _, e := range list[0].Effects {
		require.False(t, e.Has("OPAQUE"), e.Command)
	}

	list, err = lineage.AnalyzeText(`do $$ begin delete from nowhere where id = 1; end $$`, scriptCatalog())
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(list[0].Effects, func(e lineage.Effect) bool { return e.Has("OPAQUE") }))
}
