package driver_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// notes are columns of which only labels say what they hold.
var notes = []string{
	"create table notes (id bigint primary key, a text, b text, c text, d text, plain text, email text)",
	"insert into notes values (1, 'secret a', 'secret b', 'secret c', 'secret d', 'open', 'not a person')",
	"comment on column notes.a is 'first [governed: email]'",
	"comment on column notes.b is '[governed: pii.phone]'",
	"comment on column notes.c is 'third [governed: emial]'",
	"comment on column notes.email is 'of the shop [governed: not_sensitive]'",
	"insert into pg_seclabel select attrelid, 'pg_class'::regclass, attnum, 'anon', 'MASKED WITH FUNCTION anon.fake_email()' from pg_attribute where attrelid = 'notes'::regclass and attname = 'd'",
}

// one gives the one text of a query.
func one(t *testing.T, f *fixture, query string) (out string) {
	t.Helper()
	require.NoError(t, f.governed.QueryRow(query).Scan(&out), query)
	return out
}

func TestLabelsInComments(t *testing.T) {
	var log bytes.Buffer
	f := setup(t, &driver.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, notes...)
	for query, shown := range map[string]bool{
		"select a from notes":                          false,
		"select b as x from notes":                     false,
		"select upper(c) from notes":                   false,
		"select d from notes":                          false,
		"select x.y from (select a as y from notes) x": false,
		"select plain from notes":                      true,
		"select email from notes":                      true,
	} {
		got := one(t, f, query)
		require.Equal(t, shown, got == "open" || got == "not a person", query)
		require.NotContains(t, got, "secret", query)
	}
	require.Contains(t, log.String(), "a label holds words that are no class of data")
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("emial")), "one warning")
}

// A label that is set or taken away is seen within the window of a probe, and so is one of a composite type, of a parent
// or of a child, and a security label.
func TestLabelsThatChange(t *testing.T) {
	f := setup(t, nil, append(notes,
		"create type place as (street text, x text)", "create table homes (id int, at place)", "insert into homes values (1, row('s', 'secret x'))",
		"create table events (id int, v text) partition by list (id)", "create table events_1 partition of events for values in (1)",
		"insert into events values (1, 'secret v')", "create table base (id int, w text)", "create table derived () inherits (base)",
		"insert into derived values (1, 'secret w')")...)
	for _, c := range []struct{ query, change string }{
		{"select plain from notes", "comment on column notes.plain is 'now [governed: name]'"},
		{"select (at).x from homes", "comment on column place.x is '[governed: name]'"},
		{"select v from events_1", "comment on column events.v is '[governed: name]'"},
		{"select w from base", "comment on column derived.w is '[governed: name]'"},
		{"select id::text from homes", "insert into pg_seclabel values ('homes'::regclass, 'pg_class'::regclass, 1, 'anon', 'MASKED WITH VALUE 0')"},
	} {
		before := one(t, f, c.query)
		_, err := f.plain.Exec(c.change)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return one(t, f, c.query) != before }, 3*time.Second, 50*time.Millisecond, c.change)
	}
}

// Whoever owns a table may describe it, and not say what its columns hold.
func TestLabelsAreNotForged(t *testing.T) {
	f := setup(t, nil, append(notes, "create function forge() returns void language plpgsql as $$ begin comment on column notes.a is null; end $$",
		"create function forge_sql() returns void language sql as $$ comment on column people.email is '[governed: not_sensitive]' $$")...)
	for _, text := range []string{
		"comment on column notes.a is null",
		"comment on column notes.a is 'first'",
		"comment on column notes.a is '[governed: not_sensitive]'",
		"comment on column people.email is '[governed: not_sensitive]'",
		"comment on column people.email is 'x [GOVERNED : x] [GOVERNED:not_sensitive]'",
		"comment on column public.notes.a is E'[\\x67overned: not_sensitive]'",
		"comment on column notes.a is U&'[\\0067overned: name]'",
		"do $$ begin comment on column notes.a is null; end $$",
		"do $$ begin execute 'comment on column notes.a is null'; end $$",
		"select forge()", "select forge_sql()",
		"update pg_description set description = 'x'",
		"insert into pg_seclabel values (1, 1, 1, 'anon', 'NOT MASKED')",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	require.NotContains(t, one(t, f, "select a from notes"), "secret")
	_, err := f.governed.Exec("comment on column notes.a is 'the first of them [governed: email]'")
	require.NoError(t, err)
	_, err = f.governed.Exec("comment on column notes.plain is 'no label'")
	require.NoError(t, err)
	require.Equal(t, 1, f.count("select count(*) from pg_description where description = 'the first of them [governed: email]'"))

	migration := f.open(&driver.Config{Profile: driver.Migration})
	_, err = migration.Exec("comment on column notes.plain is 'now [governed: name]'")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return one(t, f, "select plain from notes") == "[masked]" }, 3*time.Second, 50*time.Millisecond)
}

// Whoever writes the policy may let an application label its own columns.
func TestLabelsByOverride(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Overrides: []guard.Override{{Rule: "PR14", To: "warn"}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, notes...)
	_, err = f.governed.Exec("comment on column notes.plain is 'its own [governed: name]'")
	require.NoError(t, err)
	require.Equal(t, "[masked]", one(t, f, "select plain from notes"))
}

// A policy and a label: the policy has the last word.
func TestLabelsUnderAPolicy(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Datasets: []guard.Dataset{{
		Match: []string{"public.notes"}, Columns: map[string][]string{"a": {"not_sensitive"}, "email": {"pii.email"}},
	}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy, ScanOff: true}, notes...)
	require.Equal(t, "secret a", one(t, f, "select a from notes"))
	require.NotEqual(t, "not a person", one(t, f, "select email from notes"))
	require.NotContains(t, one(t, f, "select b from notes"), "secret")
	_, err = f.governed.Exec("create table tagged as select email as x, a from notes")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", f.comment("tagged", "x"), "what a policy says goes with the copy too")
	require.Empty(t, f.comment("tagged", "a"))
}

// A label on a domain is one on every column of the domain, of a domain over it, of an array of it, and on attributes of
// composite types.
func TestLabelsOfDomains(t *testing.T) {
	f := setup(t, nil, "create domain handle as text", "create domain short as handle", "create domain handles as handle[]",
		"comment on domain handle is 'how to reach them [governed: email]'", "create type pair as (x short, n int)", "create domain plainly as text",
		"comment on domain plainly is 'no label'",
		"create table contacts (id int, a handle, b short, c short[], d handles, e pair, f plainly, g handle)", "comment on column contacts.g is 'open [governed: not_sensitive]'",
		`insert into contacts values (1, 'secret a', 'secret b', '{secret c}', '{secret d}', row('secret e', 1), 'secret f', 'secret g')`)
	for _, column := range []string{"a", "b", "c::text", "d::text", "e::text", "(e).x", "upper(a)", "g"} {
		require.NotContains(t, one(t, f, "select "+column+" from contacts"), "secret", column)
	}
	require.Equal(t, "secret f", one(t, f, "select f from contacts"))
	_, err := f.plain.Exec("comment on domain plainly is '[governed: name]'")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return one(t, f, "select f from contacts") == "[masked]" }, 3*time.Second, 50*time.Millisecond)
	for _, text := range []string{"comment on domain handle is null", "comment on domain handle is 'x'"} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
}
