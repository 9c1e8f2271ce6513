package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// comment gives the comment of a column, as a plain connection sees it.
func (f *fixture) comment(relation, column string) string {
	f.t.Helper()
	var out sql.NullString
	require.NoError(f.t, f.plain.QueryRow("select col_description(attrelid, attnum) from pg_attribute where attrelid = $1::text::regclass and attname = $2", relation, column).Scan(&out))
	return out.String
}

// hidden asserts that a query does not show the value, on each of several pools.
func hidden(t *testing.T, query string, pools ...interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
},
) {
	t.Helper()
	for _, pool := range pools {
		rows, err := pool.QueryContext(background, query)
		require.NoError(t, err, query)
		n := 0
		for ; rows.Next(); n++ {
			var v sql.NullString
			require.NoError(t, rows.Scan(&v), query)
			require.NotContains(t, v.String, "u1@", query)
			require.NotContains(t, v.String, "U1@", query)
			require.NotContains(t, v.String, "7946", query)
			require.NotContains(t, v.String, "Ada", query)
		}
		require.NoError(t, rows.Err(), query)
		require.NoError(t, rows.Close())
		require.Positive(t, n, query)
	}
}

// A copy into a relation that the statement makes passes with a label that every process sees.
func TestCopiesAreLabelled(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true})
	other := f.open(&driver.Config{ScanOff: true})
	for _, c := range []struct{ relation, text, column, want string }{
		{"ctas", "create table ctas as select id, email as x, note from people", "x", "[governed: email]"},
		{"twice", "create table twice as select x as y from ctas", "y", "[governed: email]"},
		{"derived", "create table derived as select upper(email) as x from people", "x", "[governed: labelled]"},
		{"part", "create table part as select substr(phone, 1, 9) as x from people", "x", "[governed: labelled]"},
		{"into_table", "select name as x into into_table from people", "x", "[governed: name]"},
		{"view_of", "create materialized view view_of as select email as x from people", "x", "[governed: email]"},
		{"named", "create table named (a, x) as select id, email from people", "x", "[governed: email]"},
		{"unions", "create table unions as select note as x from people union all select email from people", "x", "[governed: email]"},
		{"document", "create table document as select to_jsonb(p) as x from people p", "x", "[governed: labelled]"},
		{"list", "create table list as select array_agg(email) as x from people", "x", "[governed: labelled]"},
		{"other_name", "create table other_name as select email as phone from people", "phone", "[governed: email]"},
		{`"Odd ""one"`, `create table "Odd ""one" as select email as "x ""y'" from people`, `x "y'`, "[governed: email]"},
		{"empty", "create table empty as select email as x from people with no data", "x", "[governed: email]"},
		{"careful", "create table if not exists careful as select email as x from people", "x", "[governed: email]"},
		{"public.qualified", "create table public.qualified as select email as x from people", "x", "[governed: email]"},
		{"subquery", "create table subquery as with q as (select email as e from people) select (select e from q) as x", "x", "[governed: email]"},
		{"unlogged", "create unlogged table unlogged as table people", "email", ""}, // its name says it
	} {
		_, err := f.governed.Exec(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, f.comment(c.relation, c.column), c.text)
		if c.relation == "empty" {
			continue
		}
		column := pgx.Identifier{c.column}.Sanitize()
		hidden(t, "select "+column+" from "+c.relation, f.governed, other)
		hidden(t, "select upper("+column+"::text) as x from "+c.relation, f.governed, other)
	}
	require.Empty(t, f.comment("ctas", "note"), "what is not sensitive has no label")
	require.Empty(t, f.comment("ctas", "id"))
	require.Equal(t, "hello", one(t, f, "select note from ctas"))
	require.Equal(t, 1, f.count("select count(*) from ctas where x = '"+u1+"'"), "what is stored is not masked")
}

// Query, prepared statements and arguments go the same way.
func TestCopiesAreLabelledByAnyDoor(t *testing.T) {
	f := setup(t, nil)
	rows, err := f.governed.Query("create table a as select email as x from people")
	require.NoError(t, err)
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
	require.Equal(t, "[governed: email]", f.comment("a", "x"))
	st, err := f.governed.Prepare("create table b as select email as x from people")
	require.NoError(t, err)
	_, err = st.Exec()
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", f.comment("b", "x"))
	for _, mode := range []string{"exec", "cache_describe", "describe_exec", "simple_protocol"} {
		g := &fixture{t: t, dsn: f.dsn + "&default_query_exec_mode=" + mode, plain: f.plain, records: &recorder{}}
		_, err := g.open(nil).Exec("create table m_" + mode + " as select email as x from people")
		require.NoError(t, err, mode)
		require.Equal(t, "[governed: email]", f.comment("m_"+mode, "x"), mode)
	}
}

func TestCopiesInTransactions(t *testing.T) {
	f := setup(t, nil)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	do(t, tx, "create table kept as select email as x from people")
	hidden(t, "select x from kept", tx)
	do(t, tx, "savepoint s", "create table undone as select email as x from people")
	hidden(t, "select x from undone", tx)
	do(t, tx, "rollback to savepoint s", "create table undone as select note as x from people")
	var note string
	require.NoError(t, tx.QueryRow("select x from undone").Scan(&note))
	require.Equal(t, "hello", note)
	require.False(t, f.exists("kept"))
	require.NoError(t, tx.Commit())
	require.Equal(t, "[governed: email]", f.comment("kept", "x"))
	require.Empty(t, f.comment("undone", "x"))
	hidden(t, "select x from kept", f.governed)

	tx, err = f.governed.Begin()
	require.NoError(t, err)
	do(t, tx, "create table gone as select email as x from people")
	require.NoError(t, tx.Rollback())
	require.False(t, f.exists("gone"))
	require.NoError(t, f.governed.Ping())
	_, err = f.governed.Exec("create table gone as select note as x from people")
	require.NoError(t, err)
	require.Equal(t, "hello", one(t, f, "select x from gone"))

	// An error of the statement fails the transaction as it does without the driver.
	tx, err = f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("create table kept as select email as x from people")
	require.ErrorContains(t, err, "42P07")
	_, err = tx.Exec("select 1")
	require.ErrorContains(t, err, "aborted")
	require.NoError(t, tx.Rollback())
}

func TestCopiesIntoTemporaryTables(t *testing.T) {
	f := setup(t, nil)
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	defer conn.Close()
	for _, text := range []string{
		"create temp table t1 as select email as x from people", "select upper(email) as x into temp t2 from people",
		"create table pg_temp.t3 as select phone as x from people", "create temp table if not exists t4 on commit preserve rows as select name as x from people",
	} {
		_, err := conn.ExecContext(background, text)
		require.NoError(t, err, text)
	}
	for _, table := range []string{"t1", "t2", "t3", "t4", "pg_temp.t1"} {
		hidden(t, "select x from "+table, conn)
		hidden(t, "select lower(x) from "+table, conn)
	}
}

// IF NOT EXISTS that finds the table copies nothing, and says nothing of what is there.
func TestCopyThatFindsTheTable(t *testing.T) {
	f := setup(t, nil, "create table there (x text, other text)", "insert into there values ('open', 'open')")
	for range 2 {
		_, err := f.governed.Exec("create table if not exists there as select email as x from people")
		require.NoError(t, err)
		require.Empty(t, f.comment("there", "x"))
		require.Equal(t, "open", one(t, f, "select x from there"))
		_, err = f.governed.Exec("create table if not exists there as select email as gone from people")
		require.NoError(t, err)
	}
}

// A copy into a column that is there is refused, with the ways out; each of them works.
func TestCopiesIntoWhatIsThere(t *testing.T) {
	f := setup(t, nil, "create table dest (id bigint primary key, x text)", "insert into dest values (1, 'x')",
		"create function copies() returns void language sql as $$ create table nested as select email as x from people $$",
		"create function copies_pl() returns void language plpgsql as $$ begin create table nested as select email as x from people; end $$",
		"create function copies_dyn() returns void language plpgsql as $$ begin execute 'create table nested as select email as x from people'; end $$")
	copies := []string{
		"insert into dest select id + 10, email from people", "update dest set x = p.email from people p where p.id = dest.id",
		"insert into dest values (1, 'y') on conflict (id) do update set x = (select email from people limit 1)",
		"merge into dest d using people p on p.id = d.id when matched then update set x = p.email",
		"insert into dest select id + 20, upper(email) from people",
	}
	for _, text := range append(copies, "select copies()", "select copies_pl()", "select copies_dyn()",
		"do $$ begin create table nested as select email as x from people; end $$", "explain analyze create table nested as select email as x from people") {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
		require.NotContains(t, err.Error(), u1)
		require.False(t, f.exists("nested"), text)
	}
	_, err := f.governed.Exec(copies[0])
	var denied *guard.DeniedError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "DM13", denied.Rule)
	require.Contains(t, denied.Safe, "label the column")
	require.Contains(t, denied.Safe, "governed.clear=public.people.email")
	_, err = f.governed.Exec("explain create table nested as select email as x from people")
	require.NoError(t, err, "nothing is copied")

	_, err = f.plain.Exec("comment on column dest.x is 'where to write [governed: email]'")
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, err := f.governed.Exec(copies[0]); return err == nil }, 3*time.Second, 50*time.Millisecond)
	hidden(t, "select x from dest where id = 11", f.governed)
	clear := f.open(&driver.Config{Clear: []string{"people.email"}})
	_, err = f.plain.Exec("comment on column dest.x is null")
	require.NoError(t, err)
	_, err = clear.Exec(copies[4])
	require.NoError(t, err)
}

// What a grant shows is labelled in its copy too: others have no such grant. In a temporary table nobody else sees it.
func TestCopiesOfWhatIsShown(t *testing.T) {
	f := setup(t, &driver.Config{Clear: []string{"people.email"}, ScanOff: true})
	other := f.open(&driver.Config{ScanOff: true})
	_, err := f.governed.Exec("create table copied as select email as x, phone as y, email || phone as z from people")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", f.comment("copied", "x"))
	require.Equal(t, "[governed: phone]", f.comment("copied", "y"))
	require.Equal(t, "[governed: labelled]", f.comment("copied", "z"))
	hidden(t, "select x from copied", f.governed, other)
	conn, err := f.governed.Conn(background)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(background, "create temp table mine as select email as x from people")
	require.NoError(t, err)
	var got string
	require.NoError(t, conn.QueryRowContext(background, "select x from mine").Scan(&got))
	require.Equal(t, u1, got)

	// Nor does a grant for the copy show what the source hides.
	wide := f.open(&driver.Config{Clear: []string{"public.wide.*"}})
	_, err = wide.Exec("create table wide as select email as x from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.False(t, f.exists("wide"))
}

// A table made like another one has its labels, whether or not the comments were asked for.
func TestTablesLikeOthers(t *testing.T) {
	f := setup(t, nil, notes...)
	for _, c := range []struct{ table, text, want string }{
		{"l1", "create table l1 (like notes)", "[governed: email]"},
		{"l2", "create table l2 (like notes including comments)", "first [governed: email]"},
		{"l3", "create table l3 (extra int, like notes including all)", "first [governed: email]"},
		{"l4", "create table if not exists l4 (like notes)", "[governed: email]"},
		{"l5", "create table l5 () inherits (notes)", "[governed: email]"},
	} {
		_, err := f.governed.Exec(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, f.comment(c.table, "a"), c.text)
		require.Empty(t, f.comment(c.table, "plain"), c.text)
		_, err = f.governed.Exec("insert into " + c.table + " (id, a, b) select id + 1, a, b from notes")
		require.NoError(t, err, c.text)
		rows, err := f.governed.Query("select a, b from " + c.table)
		require.NoError(t, err)
		require.True(t, rows.Next())
		var a, b string
		require.NoError(t, rows.Scan(&a, &b))
		require.NotContains(t, a+b, "secret")
		require.NoError(t, rows.Close())
	}
	require.Empty(t, f.comment("l1", "email"), "not_sensitive is not handed on")
}

// A column keeps what it is when it gets another name, in the migrations that may do that.
func TestRenamesAreLabelled(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration, ScanOff: true}, append(notes, "create table cards (id int, number text)", "insert into cards values (1, '4111 1111 1111 1111 u1@')",
		"create table sums (email text, x text generated always as (lower(email)) stored)", "insert into sums values ('"+u1+"')",
		"create table parent (id int, v text) partition by list (id)", "create table leaf partition of parent for values in (1)", "insert into parent values (1, '"+u1+"')",
		"comment on column parent.v is 'all of them [governed: email]'", "create table elder (w text)", "create table heir () inherits (elder)", "insert into heir values ('"+u1+"')",
		"comment on column elder.w is '[governed: email]'",
		"create type pair as (email text, n int)", "create table pairs (p pair)", "insert into pairs values (row('"+u1+"', 1))")...)
	_, err := f.plain.Exec("comment on column people.email is 'How to reach them'")
	require.NoError(t, err)
	for _, c := range []struct{ text, relation, column, want string }{
		{"alter table people rename column email to x", "people", "x", "How to reach them [governed: email]"},
		{"alter table people rename phone to reach", "people", "reach", "[governed: phone]"},
		{"alter table people rename to xs", "xs", "name", "[governed: name]"},
		{"alter table cards rename to lines", "lines", "number", "[governed: card]"},
		{"alter table xs alter column note type text using x || note", "xs", "note", "[governed: labelled]"},
		{"alter table xs alter column salary type text using reach", "xs", "salary", "[governed: phone]"},
		{"alter table sums alter column x drop expression", "sums", "x", "[governed: email]"},
		{"alter type pair rename attribute email to x", "pair", "x", "[governed: email]"},
		{"alter table parent detach partition leaf", "leaf", "v", "[governed: email]"},
		{"alter table heir no inherit elder", "heir", "w", "[governed: email]"},
		{"alter table notes rename column a to z", "notes", "z", "first [governed: email]"},
		{"alter table notes rename column plain to simple", "notes", "simple", ""},
		{"alter table xs alter column reach type varchar(40) using trim(reach)", "xs", "reach", "[governed: phone]"},
	} {
		_, err := f.governed.Exec(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, f.comment(c.relation, c.column), c.text)
		other := f.open(&driver.Config{ScanOff: true}) // one that knows nothing of what was before
		if c.relation == "pair" {
			hidden(t, "select (p).x from pairs", f.governed, other)
			continue
		}
		if c.column != "simple" {
			hidden(t, "select "+c.column+" from "+c.relation, f.governed, other)
		}
	}
	_, err = f.governed.Exec("do $$ begin alter table xs rename column api_key to y; end $$")
	require.ErrorIs(t, err, guard.ErrDenied, "from outside nobody can label it")
}

// A migration of several statements: a later one renames or drops what an earlier one made.
func TestMigrationsAreLabelled(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration})
	_, err := f.governed.Exec("create table next as select id, email as x from people; alter table next rename to now; create table last as select x as y from now; drop table last")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", f.comment("now", "x"))
	require.False(t, f.exists("last"))
	_, err = f.governed.Exec("create table half as select email as x from people; select 1/0")
	require.Error(t, err)
	require.False(t, f.exists("half"))
	_, err = f.governed.Exec("set lock_timeout = '1s'; create table half as select email as x from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.False(t, f.exists("half"))
}

// A label that cannot be written undoes the copy, and leaves the transaction of the application as it was.
func TestLabelThatCannotBeWritten(t *testing.T) {
	f := setup(t, nil, "create function forbid() returns event_trigger language plpgsql as $$ begin raise exception 'no comments, u1@example.com'; end $$",
		"create event trigger forbids on ddl_command_start when tag in ('COMMENT') execute function forbid()")
	_, err := f.governed.Exec("create table copied as select email as x from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.ErrorContains(t, err, "could not be written")
	require.NotContains(t, err.Error(), "u1@")
	require.False(t, f.exists("copied"))
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	do(t, tx, "create table before (id int)")
	_, err = tx.Exec("create table copied as select email as x from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	do(t, tx, "insert into before values (1)")
	require.NoError(t, tx.Commit())
	require.False(t, f.exists("copied"))
	require.Equal(t, 1, f.count("select count(*) from before"))
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, lineage.Deny, list[len(list)-2].Decision)
}

// What is written is recorded, and what would be written is explained.
func TestLabelsAreRecorded(t *testing.T) {
	f := setup(t, nil)
	e, err := driver.Explain(background, f.connector, "create table copied as select email as x from people")
	require.NoError(t, err)
	require.Len(t, e.Labels, 1)
	require.Equal(t, "public.copied.x", e.Labels[0].Column.String())
	require.False(t, f.exists("copied"))
	_, err = f.governed.Exec("create table copied as select email as x from people")
	require.NoError(t, err)
	list := f.records.of(lineage.StatementEvent)
	reasons := list[len(list)-1].Reasons
	require.Equal(t, "labelled email, as public.people.email is", reasons[len(reasons)-1].Message)
}

// A label of a moment ago counts for what is written for good, though reads may not have seen it yet.
func TestDefinitionsSeeLabelsAtOnce(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true}, notes...)
	for i, text := range []string{"create table n%d as select plain as x from notes", "comment on column notes.plain is null"} {
		_, err := f.plain.Exec("comment on column notes.plain is null")
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, "open", one(t, f, "select plain from notes"))
		_, err = f.plain.Exec("comment on column notes.plain is '[governed: name]'")
		require.NoError(t, err)
		if i == 0 {
			text = fmt.Sprintf(text, i)
		}
		_, err = f.governed.Exec(text)
		if i == 0 {
			require.NoError(t, err)
			require.Equal(t, "[governed: name]", f.comment("n0", "x"))
			continue
		}
		require.ErrorIs(t, err, guard.ErrDenied)
	}
}

// An ordinary role labels what it makes.
func TestCopiesOfAnOrdinaryRole(t *testing.T) {
	f := setup(t, nil)
	f.dsn = f.role("app")
	app := f.open(nil)
	_, err := app.Exec("create table mine as select email as x from people")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", f.comment("mine", "x"))
	hidden(t, "select x from mine", app, f.governed)
}

// Strict copies nothing, and observe changes nothing.
func TestCopiesInStrictAndObserve(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Observe})
	_, err := f.governed.Exec("create table seen as select email as x from people")
	require.NoError(t, err)
	require.Empty(t, f.comment("seen", "x"))
	_, err = f.open(&driver.Config{Profile: driver.Strict}).Exec("create table copied as select email as x from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.False(t, f.exists("copied"))
}

// A text that is new stands on what was read for others before: the window of a probe is the same for it.
func TestNewTextsSeeLabels(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true}, notes...)
	require.Equal(t, "open", one(t, f, "select plain from notes"))
	_, err := f.plain.Exec("comment on column notes.plain is '[governed: name]'")
	require.NoError(t, err)
	n := 0
	require.Eventually(t, func() bool {
		n++
		return one(t, f, fmt.Sprintf("select plain from notes where %d = %[1]d", n)) == "[masked]"
	}, 3*time.Second, 100*time.Millisecond)
}

// A definition that calls a function which reads a sensitive column fills other columns with it.
func TestCopiesThroughDefinitions(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true}, "create function rd() returns text language sql stable as $$ select email from people limit 1 $$",
		"create function lie(int) returns text language sql immutable as $$ select email from people limit 1 $$",
		"create function ids() returns bigint language sql stable as $$ select max(id) from people $$", "create table dest (id int)", "insert into dest values (1)")
	for _, text := range []string{
		"create table made (id int, x text default rd())", "create table made (id int, x text generated always as (lie(id)) stored)",
		"create domain made as text default rd()",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	do(t, f.governed, "alter table dest add column a text default rd()", "alter table dest add column b text",
		"alter table dest alter column b set default rd()", "insert into dest (id) values (2)",
		"create table made (id bigint default ids(), x text default 'x')", "alter table dest add column c bigint default ids()")
	for _, column := range []string{"a", "b"} {
		require.Equal(t, "[governed: labelled]", f.comment("dest", column))
		hidden(t, "select "+column+" from dest", f.governed)
	}
	require.Empty(t, f.comment("dest", "c"))
	require.Equal(t, "1", one(t, f, "select c::text from dest limit 1"))
}

// Names that nobody would write, and results that only the server names.
func TestCopiesUnderOddNames(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true})
	long := strings.Repeat("abcdefghij", 7)
	do(t, f.governed, "create table long as select email as "+long+" from people", "create table unnamed as select email || 'x' from people",
		"create table element as select (array_agg(email))[1] from people", "create table whole as select p from people p",
		"create table counted as select string_agg(email, ',') s, count(email) c from people",
		"create temp table brief on commit drop as select email as x from people")
	for _, query := range []string{
		"select " + long[:63] + " from long", `select "?column?" from unnamed`, "select array_agg from element", "select (p).email from whole", "select p::text from whole",
		"select s from counted",
	} {
		hidden(t, query, f.governed)
	}
}

// A partition that is read by its own name holds what its table does.
func TestPartitionsReadByName(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true}, "create table customers (id int, name text, c text) partition by list (id)",
		"create table p1 partition of customers for values in (1, 2) partition by list (id)", "create table p2 partition of p1 for values in (1)",
		"insert into customers values (1, 'Ada', 'open')")
	for _, table := range []string{"customers", "p1", "p2"} {
		hidden(t, "select name from "+table, f.governed)
		require.Equal(t, "open", one(t, f, "select c from "+table))
	}
	_, err := f.open(&driver.Config{Profile: driver.Migration}).Exec("alter table p1 detach partition p2")
	require.NoError(t, err)
	require.Equal(t, "[governed: name]", f.comment("p2", "name"))
}

// What was labelled can be filled again, as its source says.
func TestCopiesAreFilledAgain(t *testing.T) {
	f := setup(t, &driver.Config{ScanOff: true})
	do(t, f.governed, "create table copied as select id, email as x, upper(email) as y, substr(phone, 1, 4) as z from people",
		"insert into copied select id, email, upper(email), substr(phone, 1, 4) from people", "delete from copied where id = 1",
		"insert into copied select id, email, upper(email), substr(phone, 1, 4) from people where id = 1", "create table again as select * from copied")
	for _, column := range []string{"x", "y", "z"} {
		require.Equal(t, f.comment("copied", column), f.comment("again", column))
		hidden(t, "select "+column+" from again", f.governed)
	}
	_, err := f.governed.Exec("insert into copied (id, x) select id, api_key from people")
	require.ErrorIs(t, err, guard.ErrDenied, "what is more severe than the label")
}
