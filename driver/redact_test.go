package driver_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// failing runs a text to its end and gives the server's error.
func failing(t *testing.T, q querier, text string, args ...any) *pgconn.PgError {
	t.Helper()
	rows, err := q.Query(text, args...)
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		_ = rows.Close()
	}
	var server *pgconn.PgError
	require.ErrorAs(t, err, &server, text)
	require.NotErrorIs(t, err, guard.ErrDenied, text)
	return server
}

// toldBy is all that an error says.
func toldBy(e *pgconn.PgError) string {
	return strings.Join([]string{e.Error(), e.Message, e.Detail, e.Hint, e.Where, e.InternalQuery, e.SchemaName, e.TableName, e.ColumnName, e.DataTypeName, e.ConstraintName}, "|")
}

// raising are functions and triggers that raise SQLSTATEs made of values, and constant ones.
var raising = []string{
	"update people set email = 'UONE1@example.com'",
	`create function by_value() returns int language plpgsql stable as $$ begin
		raise exception 'x' using errcode = upper((select substr(email, 1, 5) from people where id = 1)); end $$`,
	`create function by_value_now() returns int language plpgsql as $$ begin
		raise exception 'x' using errcode = upper((select substr(email, 1, 5) from people where id = 1)); end $$`,
	`create function own() returns int language plpgsql as $$ begin raise exception 'no such order' using errcode = 'OR404'; end $$`,
	`create function own_stable() returns int language plpgsql stable as $$ begin perform 1 from people where email = 'x'; raise sqlstate 'OR405'; end $$`,
	`create function standard() returns int language plpgsql as $$ begin raise exception 'x' using errcode = 'unique_violation'; end $$`,
	`create function refuse_value() returns trigger language plpgsql as $$ begin
		raise exception 'x' using errcode = upper((select substr(email, 1, 5) from people where id = 1)); end $$`,
	`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'closed' using errcode = 'CL001'; end $$`,
	"create table values_of (id int)", "create trigger t before insert on values_of for each row execute function refuse_value()",
	"create table closed (id int)", "create trigger t before insert on closed for each row execute function refuse()",
	"create table later (id int)", "create constraint trigger t after insert on later deferrable initially deferred for each row execute function refuse()",
	`create function warns() returns int language plpgsql as $$ begin
		raise notice 'x' using errcode = upper((select substr(email, 1, 5) from people where id = 1)); return 1; end $$`,
}

// A SQLSTATE is no way out for a value; those of PostgreSQL and constants of code that runs are as they were.
func TestErrorCodes(t *testing.T) {
	var heard []string
	f := setup(t, &driver.Config{OnNotice: func(_ *pgconn.PgConn, n *pgconn.Notice) { heard = append(heard, n.Code) }}, raising...)
	require.Equal(t, "UONE1", failing(t, f.plain, "select by_value()").Code, "open on plain pgx")
	for text, code := range map[string]string{
		"select by_value()": "P0001", "select by_value_now()": "P0001", "insert into values_of values (1)": "P0001",
		"select own()": "OR404", "select own_stable()": "OR405", "select standard()": "23505", "insert into closed values (1)": "CL001",
		"insert into closed select id from people": "CL001",
	} {
		before := len(f.records.of(lineage.StatementEvent))
		e := failing(t, f.governed, text)
		require.Equal(t, code, e.Code, text)
		require.NotContains(t, toldBy(e), "UONE1", text)
		list := f.records.of(lineage.StatementEvent)
		require.Greater(t, len(list), before)
		last := list[len(list)-1]
		require.Equal(t, code, last.SQLState, text)
		require.Equal(t, code, last.ErrorType, text)
		require.NotContains(t, last.Error, "UONE1", text)
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into later values (1)")
	require.NoError(t, err)
	var server *pgconn.PgError
	require.ErrorAs(t, tx.Commit(), &server)
	require.Equal(t, "CL001", server.Code, "a trigger that waits for the end")

	require.NoError(t, f.governed.QueryRow("select warns()").Scan(new(int)))
	require.Equal(t, []string{"01000"}, heard)

	_, err = f.plain.Exec("create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'closed' using errcode = 'CL002'; end $$")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return failing(t, f.governed, "insert into closed values (1)").Code == "CL002" }, 10*time.Second, 50*time.Millisecond)
}

// What the server has cut off from a value that nobody classified is shown nowhere.
func TestErrorPieces(t *testing.T) {
	long := strings.Repeat("filler ", 7)
	f := setup(t, nil, "create table t2 (id int primary key, a1 text, short text check (short <> 'no'))", "create table t3 (id int, x xml)",
		"insert into t2 values (1, 'ada@example.com', '"+long+"grace.hopper@example.com'), (2, '{\"k\": \"ada@example.com', 'b'), (3, '<a>ada@example.com', 'c')",
		"insert into t3 values (1, null)", "create table numbers (id int, n int)", "insert into numbers values (1, 0)")
	require.Contains(t, toldBy(failing(t, f.plain, "select a1::jsonb from t2 where id = 1")), `Token "ada" is invalid`, "open on plain pgx")
	for _, text := range []string{
		"select a1::jsonb from t2 where id = 1", "select a1::json from t2 where id = 2", "select a1::jsonb -> 'k' from t2", "select id from t2 where (a1::jsonb) is not null",
		"select a1::xml from t2 where id = 3", "select xmlparse(document a1) from t2 where id = 3", "update t3 set x = a1::xml from t2 where t2.id = 3 and t3.id = 1", "select v.a1::json from (select a1 from t2) v",
		"insert into t3 select 9, a1::xml from t2 where id = 3", "select a1::jsonb from t2 union all select '1'", "update t2 set short = 'no' || substr(a1, 1, 0) where id = 1",
		"update t2 set id = null where id = 1",
	} {
		e := failing(t, f.governed, text)
		require.NotEmpty(t, e.Code, text)
		for _, piece := range []string{"ada", "grace"} {
			require.NotContains(t, toldBy(e), piece, text)
		}
	}
	require.Contains(t, failing(t, f.governed, `select '{"k": x}'::json`).Detail, `"x"`, "the caller's own")
	require.Contains(t, failing(t, f.governed, `insert into t2 (id, a1) values (1, 'x')`).Detail, "(id)=(1)")
	require.Contains(t, failing(t, f.governed, `select ('{"k": x' || n || '}')::json from numbers`).Detail, `"x0"`, "no column holds text")
}

// What the server says of types before it runs anything stays over masked relations as well.
func TestErrorsOfParsing(t *testing.T) {
	f := setup(t, nil)
	for text, message := range map[string]string{
		"select make_date(id, 1, 1) from people where email is not null": "function make_date(bigint, integer, integer) does not exist",
		"select email + 1 from people":                                   "operator does not exist: text + integer",
		"select email from people where id":                              "argument of WHERE must be type boolean, not type bigint",
		"select birth_date::bool from people where email = 'x'":          "cannot cast type date to boolean",
		"update people set birth_date = id where email = 'x' and id = 1": `column "birth_date" is of type date but expression is of type bigint`,
	} {
		e := failing(t, f.governed, text)
		require.Equal(t, message, e.Message, text)
	}
	for _, text := range []string{
		"select email::regprocedure from people", "select email::regoperator from people", "select email::regoper from people", "select email::regproc from people",
		"select count(*) from people where to_regtype(email) is null and email::regtype is null",
	} {
		require.NotContains(t, toldBy(failing(t, f.governed, text)), u1, text)
	}
	st, err := f.governed.Prepare("select $1::text::regprocedure from people where email is not null")
	require.NoError(t, err)
	defer func() { _ = st.Close() }()
	_, err = st.Query(u1)
	if err == nil {
		err = sql.ErrNoRows
	}
	require.NotContains(t, err.Error(), u1)
	for _, r := range f.records.of(lineage.StatementEvent) {
		require.NotContains(t, r.Error, "does not exist", "a record says less")
	}
}
