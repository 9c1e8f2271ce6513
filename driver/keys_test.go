package driver_test

import (
	"bytes"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// document holds members of which only their keys tell what they are.
const document = `{"ssn": "s1x2y3z4", "password": "qqwwee12", "salary": 918273, "customer": {"first_name": "Zyxwvu", "city": "Bern"}, "kind": "email", "note": "plain", "n": 7, "tags": ["a", "b"]}`

var docTables = []string{
	"create extension if not exists hstore", "create table docs (id int primary key, d jsonb, h hstore, t text)",
	"insert into docs select 1, v::jsonb, 'note=>plain, password=>qqwwee12', v from (values ('" + document + "')) s(v)",
	"create table marks (id int primary key, words text)",
}

// hiddenValues must not come back.
var hiddenValues = []string{"s1x2y3z4", "qqwwee12", "QQWWEE12", "918273", "Zyxwvu"}

// cell is the first column of the first row, as text.
func cell(t *testing.T, db *sql.DB, text string, args ...any) string {
	t.Helper()
	var v any
	require.NoError(t, db.QueryRow(text, args...).Scan(&v), text)
	if b, is := v.([]byte); is {
		v = string(b)
	}
	return fmt.Sprint(v)
}

// A member that is taken out of a document by the key of something sensitive is hidden as it is in the document; others are
// what they are.
func TestMembersByKey(t *testing.T) {
	f := setup(t, nil, docTables...)
	for _, text := range []string{
		"select d->>'password' from docs", "select d->'ssn' from docs", "select (d->>'salary')::numeric from docs",
		"select d->'customer'->>'first_name' from docs", "select d#>>'{customer,first_name}' from docs", "select upper(d->>'password') from docs",
		"select jsonb_extract_path_text(d, 'customer', 'first_name') from docs", "select jsonb_path_query_first(d, '$.password') from docs",
		"select x from (select d->>'password' as x from docs) s", "with c as (select d->>'ssn' as x from docs) select x from c",
	} {
		rows, err := f.governed.Query(text)
		var out strings.Builder
		require.NoError(t, drainRows(rows, err, &out), text)
		for _, value := range hiddenValues {
			require.NotContains(t, out.String(), value, text)
		}
	}
	for text, want := range map[string]string{
		"select d->>'note' from docs":                   "plain",
		"select d->>'n' from docs":                      "7",
		"select d->>'kind' from docs":                   "email",
		"select (d->>'kind' = 'email')::text from docs": "true",
		"select (d ? 'email')::text from docs":          "false",
		"select (d->>'note') || ' by email' from docs":  "plain by email",
		"select d->'tags' from docs":                    `["a", "b"]`,
		"select d['tags'] from docs":                    `["a", "b"]`,
		"select d->'customer' from docs":                `{"city": "Bern", "first_name": "[masked]"}`,
		"select (d->'customer')::text from docs":        `{"city": "Bern", "first_name": "[masked]"}`,
		"select (d->'tags')::text from docs":            `["a", "b"]`,
		"select t from docs":                            strings.NewReplacer("s1x2y3z4", "[masked]", "qqwwee12", "[masked]", "918273", "0", "Zyxwvu", "[masked]").Replace(document),
		"select 'a ' || (d->>'customer') from docs":     `a {"city": "Bern", "first_name": "[masked]"}`,
		"select h::text from docs":                      `"note"=>"plain", "password"=>"[masked]"`,
		"select jsonb_agg(o) from (select 1 as a) o":    `[{"a": 1}]`,
	} {
		require.Equal(t, want, cell(t, f.governed, text), text)
	}
}

// A value is judged by the key beside it, in each row.
func TestMembersBesideTheirKeys(t *testing.T) {
	f := setup(t, nil, docTables...)
	want := map[string]string{
		"ssn": `"[masked]"`, "password": `"[masked]"`, "salary": "0", "customer": `{"city": "Bern", "first_name": "[masked]"}`, "kind": `"email"`, "note": `"plain"`,
		"n": "7", "tags": `["a", "b"]`,
	}
	for _, text := range []string{
		"select key, value from docs, jsonb_each(d)", "select e.key, e.value from docs, lateral (select * from jsonb_each(d)) e",
		"with e as (select key, value from docs, jsonb_each(d)) select a.key, a.value from e a", "select (jsonb_each(d)).* from docs",
	} {
		rows, err := f.governed.Query(text)
		require.NoError(t, err, text)
		got := map[string]string{}
		for rows.Next() {
			var key, value string
			require.NoError(t, rows.Scan(&key, &value))
			got[key] = value
		}
		require.NoError(t, rows.Close())
		require.Equal(t, want, got, text)
	}
	// The same columns under other names do not become a pair.
	require.Equal(t, `"[masked]"`, cell(t, f.governed, "select b.value from docs, jsonb_each(d) a, jsonb_each(d) b where a.key = 'note' and b.key = 'password'"))
	_, err := f.governed.Exec("copy (select key, value from docs, jsonb_each(d)) to stdout", driver.CopyTo(&bytes.Buffer{}))
	require.ErrorIs(t, err, guard.ErrDenied)
}

// A key that is an argument decides at each execution.
func TestMembersByArgument(t *testing.T) {
	f := setup(t, nil, docTables...)
	st, err := f.governed.Prepare("select d->>$1 from docs")
	require.NoError(t, err)
	defer st.Close()
	for range 2 {
		for key, want := range map[string]string{"note": "plain", "password": "[masked]", "n": "7", "ssn": "[masked]", "kind": "email"} {
			var got string
			require.NoError(t, st.QueryRow(key).Scan(&got))
			require.Equal(t, want, got, key)
			require.Equal(t, want, cell(t, f.governed, "select jsonb_extract_path_text(d, $1) from docs", key), key)
			require.Equal(t, want, cell(t, f.governed, "select d #>> $1 from docs", []string{key}), key)
			require.Equal(t, want, cell(t, f.governed, "select d ->> $1::text from docs", &key), key)
		}
	}
	require.Equal(t, "[masked]", cell(t, f.governed, "select jsonb_extract_path_text(d, $1, $2) from docs", "customer", "first_name"))
	require.Equal(t, "Bern", cell(t, f.governed, "select jsonb_extract_path_text(d, $1, $2) from docs", "customer", "city"))
	require.Equal(t, "1", cell(t, f.governed, "select count(*) from docs where d->>$1 = $2", "password", "qqwwee12"))
	require.Equal(t, "b", cell(t, f.governed, "select d->'tags'->>$1::int from docs", 1))
	_, err = f.governed.Exec("insert into marks select 1, d->>$1 from docs", "note")
	require.NoError(t, err)
	_, err = f.governed.Exec("insert into marks select 2, d->>$1 from docs", "password")
	require.ErrorIs(t, err, guard.ErrDenied)
}

// The parts of a name stand under words that name nobody by themselves.
func TestNamesInContainers(t *testing.T) {
	f := setup(t, nil, "create table boxes (id int, d jsonb)",
		`insert into boxes values (1, '{"name": {"first": "Zyxwvu", "last": "Vuwxyz"}, "contact": {"given": "Zyxwvu", "full": "Zyxwvu V"}, "names": [{"middle": "Zyxwvu"}], "page": {"first": "one", "last": "two"}}')`)
	require.Equal(t, `{"name": {"last": "[masked]", "first": "[masked]"}, "page": {"last": "two", "first": "one"}, "names": [{"middle": "[masked]"}], "contact": {"full": "[masked]", "given": "[masked]"}}`,
		cell(t, f.governed, "select d from boxes"))
	for _, text := range []string{"select d->'name'->>'first' from boxes", "select d #>> '{name,last}' from boxes", "select d->'contact'->>'full' from boxes", "select d->'names'->0->>'middle' from boxes"} {
		require.Equal(t, "[masked]", cell(t, f.governed, text), text)
	}
	require.Equal(t, "one", cell(t, f.governed, "select d->'page'->>'first' from boxes"))
}

// turning says something else each time it is asked.
type turning struct{ answers *[]any }

func (f turning) Value() (sqldriver.Value, error) {
	a := (*f.answers)[0]
	if len(*f.answers) > 1 {
		*f.answers = (*f.answers)[1:]
	}
	return a, nil
}

// A Valuer is asked once: what it says then is judged and sent.
func TestArgumentsAreAskedOnce(t *testing.T) {
	f := setup(t, nil, docTables...)
	st, err := f.governed.Prepare("select d->>$1 from docs")
	require.NoError(t, err)
	defer st.Close()
	for range 3 {
		require.Equal(t, "plain", cell(t, f.governed, "select d->>$1 from docs", turning{&[]any{"note", "password"}}))
		require.Equal(t, "[masked]", cell(t, f.governed, "select d->>$1 from docs", turning{&[]any{"password", "note", "password"}}))
		require.Equal(t, "plain", cell(t, f.governed, "select d->>$1 from docs", &turning{&[]any{"note", "password"}}))
		require.Equal(t, "plain", cell(t, f.governed, "select d->>$1 from docs", sql.Null[turning]{V: turning{&[]any{"note", "password"}}, Valid: true}))
		var got string
		require.NoError(t, st.QueryRow(turning{&[]any{"note", "password"}}).Scan(&got))
		require.Equal(t, "plain", got)
	}
	var none *turning
	require.Equal(t, "<nil>", cell(t, f.governed, "select d->>$1 from docs", none))
	require.Equal(t, "b", cell(t, f.governed, "select d->'tags'->>$1::int from docs", turning{&[]any{int64(1), int64(0)}}))
}

// Programs that need clear values are refused, and the report says what was hidden.
func TestMembersInReports(t *testing.T) {
	f := setup(t, nil, docTables...)
	for text, class := range map[string]string{
		"select d->>'password' from docs": "secret", "select d->>lower('NOTE') from docs": string(mask.UnknownKey), "select value from docs, jsonb_each_text(d)": string(mask.UnknownKey),
		"select d->>lower('NOTE') || '.' from docs": string(mask.UnknownKey),
	} {
		_, err := f.governed.QueryContext(mask.RequireClear(t.Context()), text)
		require.ErrorIs(t, err, mask.ErrMasked, text)
		ctx, report := mask.WithReport(t.Context())
		rows, err := f.governed.QueryContext(ctx, text)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		require.Equal(t, []lineage.ColumnMask{{Output: report.Masked()[0].Output, Column: lineage.ColumnID{Schema: "public", Relation: "docs", Column: "d"}, Class: class, Treatment: mask.Redact}}, report.Masked(), text)
	}
	ctx, report := mask.WithReport(mask.RequireClear(t.Context()))
	rows, err := f.governed.QueryContext(ctx, "select key, value from docs, jsonb_each_text(d) order by key")
	require.NoError(t, err)
	for rows.Next() {
	}
	var masked *mask.MaskedError
	require.True(t, errors.As(rows.Err(), &masked), "a hidden value ends the result")
	require.Equal(t, mask.Span, report.Masked()[0].Treatment)
}

// Who says that a document holds nothing sensitive, or shows it, is shown its members by whatever key.
func TestMembersOfOpenDocuments(t *testing.T) {
	statements := append(docTables[:len(docTables):len(docTables)], "create table logs (id int, d jsonb)", "insert into logs select id, d from docs",
		"comment on column logs.d is '[governed: not_sensitive]'")
	f := setup(t, &driver.Config{Clear: []string{"public.docs.d"}}, statements...)
	for _, text := range []string{"select d->>lower('NOTE') from logs", "select d->>lower('NOTE') from docs", "select value from docs, jsonb_each_text(d) where key = 'note'"} {
		require.Equal(t, "plain", cell(t, f.governed, text), text)
	}
	require.Equal(t, "qqwwee12", cell(t, f.governed, "select d->>'password' from docs"))
}

// Where inference is denied, the members of documents are columns of their names.
func TestPredicatesOverMembers(t *testing.T) {
	f := setup(t, nil, docTables...)
	ctx := lineage.WithCaller(t.Context(), lineage.Agent("bot", lineage.Human("ada")))
	_, err := f.governed.QueryContext(ctx, "select id from docs where d->>'ssn' like 's%'")
	require.ErrorIs(t, err, guard.ErrDenied)
	rows, err := f.governed.QueryContext(ctx, "select id from docs where d->>'note' like 'p%'")
	require.NoError(t, err)
	require.NoError(t, rows.Close())
}

// What is made of members goes where it is hidden, or nowhere.
func TestCopiesOfMembers(t *testing.T) {
	f := setup(t, nil, docTables...)
	for _, text := range []string{
		"insert into marks select 1, d->>'password' from docs", "insert into marks select 1, d->>lower('SSN') from docs",
		"insert into marks select 1, value from docs, jsonb_each_text(d) where key = 'ssn'", "update marks set words = (select d['ssn']::text from docs) where id = 1",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	for _, text := range []string{
		"insert into marks select 1, d->>'note' from docs", "insert into people (id, email, phone) select 5, d->>'email', d->>'phone' from docs",
		"insert into people (id, phone) select 6, d['phone'] #>> '{}' from docs", "create table copies as select id, d, t from docs", "update docs set d = d || '{\"n\": 8}' where id = 1",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
	}
	_, err := f.governed.Exec("create table taken as select d->>'password' as a, d->>lower('SSN') as b, d->>'note' as c from docs")
	require.NoError(t, err)
	rows, err := f.governed.Query("select * from taken")
	var out strings.Builder
	require.NoError(t, drainRows(rows, err, &out))
	require.Equal(t, "[a b c]\n[masked]|[masked]|plain\n", out.String())
}
