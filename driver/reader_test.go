package driver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

// read asks a real server for relations by name in schema public.
func read(t *testing.T, dsn string, names ...string) map[string]*lineage.Relation {
	t.Helper()
	var needs []lineage.Need
	for _, n := range names {
		needs = append(needs, lineage.Need{Kind: lineage.NeedRelation, Name: lineage.Name{Schema: "public", Name: n}})
	}
	made, err := NewConnector(dsn, nil)
	require.NoError(t, err)
	c := made.(*connector)
	s := &session{g: c.g}
	require.NoError(t, c.connect(context.Background(), s))
	defer s.conn.std.Close()
	l, err := s.conn.read(context.Background(), needs)
	require.NoError(t, err)
	out := map[string]*lineage.Relation{}
	for _, r := range l.relations {
		out[r.Name.Name] = r
	}
	return out
}

func TestReaderOfRelations(t *testing.T) {
	dsn := pgtest.New(t,
		"create type inner_t as (email text)", "create type info_t as (street text, i inner_t)", "create domain info_d as info_t",
		"create table holder (id int primary key, v info_t, d info_d, many info_t[], plain text[], shout text generated always as (lpad('x', 2)) stored)",
		"create table audit (old holder, olds holder[])", "create view seen as select id from holder",
		"create rule r as on update to seen do instead nothing",
		"create table other (id int, unique (id))", "comment on table other is 'words'")
	got := read(t, dsn, "holder", "audit", "seen", "other", "absent")
	require.Len(t, got, 4)
	fields := func(table, column string) (names []string) {
		c, ok := got[table].Column(column)
		require.True(t, ok)
		for _, f := range c.Fields {
			names = append(names, f.Name)
		}
		return names
	}
	for _, column := range []string{"v", "d", "many"} {
		require.ElementsMatch(t, []string{"street", "i", "email"}, fields("holder", column), column)
	}
	require.Empty(t, fields("holder", "plain"))
	require.Subset(t, fields("audit", "old"), []string{"id", "v", "email", "plain"})
	old, _ := got["audit"].Column("olds")
	require.Equal(t, lineage.Name{Schema: "public", Name: "holder"}, old.FieldsOf)
	shout, _ := got["holder"].Column("shout")
	require.Equal(t, "lpad('x'::text, 2)", shout.Expression)
	require.True(t, got["seen"].Rules)
	require.False(t, got["holder"].Rules)
	require.Equal(t, []string{"other_id_key"}, got["other"].Constraints)
	require.Equal(t, "words", got["other"].Comment)
}

// TestReaderOfChecks: of the CHECK constraints those count that the server has validated.
func TestReaderOfChecks(t *testing.T) {
	dsn := pgtest.New(t,
		"create table plain (id int, a text check (a is not null and length(a) > 1), b text)",
		"alter table plain add constraint later check (b is not null) not valid")
	require.Equal(t, []string{"((a IS NOT NULL) AND (length(a) > 1))"}, read(t, dsn, "plain")["plain"].Checks)
	st, err := lineage.AnalyzeText("alter table plain alter column a set not null", lineage.NewSnapshot([]string{"pg_catalog", "public"},
		[]*lineage.Relation{read(t, dsn, "plain")["plain"]}, nil, nil, nil, true))
	require.NoError(t, err)
	require.Equal(t, lineage.Work(""), st[0].Effects[0].Work)
}
