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
			create table people (id bigint, label text, made timestamptz);
			insert into people (id, label, made) select id, name, now() from people_old;
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

// A statement of a script sees the columns, views and functions that those before it make.
func TestScriptSeesColumnsViewsAndFunctions(t *testing.T) {
	for _, text := range []string{
		"alter table people rename column name to label; update people set label = 'x' where label = 'y'",
		"alter table people rename name to label; alter table people rename to persons; alter table persons rename column label to title; update persons set title = 'x' where id = 1; drop table persons",
		"alter table people rename to people_old; create table people (id int, extra text); insert into people (id, extra) select id, name from people_old; drop table people_old; select extra from people",
		"alter table people add column a int, add column b int; alter table people rename column a to c; update people set c = b where id = 1",
		"alter table people alter column name type varchar(20), alter column name set not null, alter column id set default 1; update people set name = 'x' where id = 1",
		"alter table people add constraint k unique (name); alter table people drop constraint k; select name from people",
		"alter table people add column a int; alter table people drop column a; select id, name from people",
		"create view v as select id, name as n from people where id > 3; select * from v; select n from v where id = 1; update v set n = 'x' where id = 1",
		"create view v (a, b) as select id, name from people; create view w as select b from v; select * from w",
		"create function one() returns int begin atomic select count(*)::int from people; end; select one()",
		"create function two(x int) returns int return x + 1; select two(4)",
	} {
		parsed, err := pgparse.Parse(text, 0)
		require.NoError(t, err, text)
		for _, st := range lineage.AnalyzeScript(parsed, scriptCatalog()) {
			require.Empty(t, st.Unresolved, "%s: %s", text, st.SQL)
		}
	}
	for _, text := range []string{
		"alter table people drop column name; select name from people", "alter table people rename column name to label; select name from people",
		"alter table people rename to persons; select name from people", "create view v as select id from people; drop view v; select id from v",
	} {
		parsed, err := pgparse.Parse(text, 0)
		require.NoError(t, err, text)
		list := lineage.AnalyzeScript(parsed, scriptCatalog())
		require.NotEmpty(t, list[len(list)-1].Unresolved, text)
	}
}

// What a view or a function of the script does counts where it is used.
func TestScriptOpensViewsAndFunctions(t *testing.T) {
	parsed, err := pgparse.Parse(`create view v as select name as n, pg_read_file('x') as f from people; select n from v;
		create function wipe() returns void begin atomic delete from people; end; select wipe()`, 0)
	require.NoError(t, err)
	list := lineage.AnalyzeScript(parsed, scriptCatalog())
	require.Equal(t, lineage.ColumnID{Schema: "public", Relation: "people", Column: "name"}, list[1].Outputs[0].Base[0].Column)
	require.True(t, slices.ContainsFunc(list[1].Functions, func(u lineage.FunctionUse) bool { return u.Name.Name == "pg_read_file" }))
	require.True(t, slices.ContainsFunc(list[3].Effects, func(e lineage.Effect) bool { return e.Command == "DELETE" }))
	require.True(t, list[3].Functions[0].Opened)
}
