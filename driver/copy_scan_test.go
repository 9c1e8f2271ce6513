package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

var letters = []string{
	`create table letters (id int primary key, body text, extra jsonb, tags text[], raw bytea, n bigint, gen text generated always as ('g') stored)`,
	`insert into letters (id, body, extra, tags, raw, n) values
		(1, E'tab\tand, "quote" ada@example.com\nline', '{"first_name": "Ada", "n": 1}', '{a,"bob@example.com"}', 'eve@example.com', 4111111111111111),
		(2, E'plain\ttab\\ "q", \nend', '{"k": [1, 2]}', '{"x y",b}', '\x00ff', 8), (3, null, null, null, null, null), (4, '', 'null', '{}', '', 0)`,
}

// What COPY TO streams is looked at as a SELECT of it is: the rows that come out, read back, are those of the SELECT.
func TestCopyToIsScanned(t *testing.T) {
	f := setup(t, nil, letters...)
	clerk := governedAs(t, f, "clerk", "letters")
	_, err := f.plain.Exec("create table back (id int, body text, extra jsonb, tags text[], raw bytea, n bigint)")
	require.NoError(t, err)
	const columns = "id, body, extra, tags, raw, n"
	for _, db := range []*sql.DB{f.governed, clerk} {
		want := table(t, db, "select "+columns+" from letters order by id")
		for _, c := range []struct{ text, in string }{
			{"copy letters (" + columns + ") to stdout", ""},
			{"copy (select " + columns + " from letters) to stdout", ""},
			{"copy /* ( */ ((select " + columns + " from letters where body is null or body <> ')' or true)) to stdout with csv", "(format csv)"},
			{"copy letters (" + columns + ") to stdout (format csv, header, force_quote *)", "(format csv, header)"},
			{"copy letters (" + columns + ") to stdout (format csv, header 0, delimiter '|', quote '''', escape '!', null 'x')", "(format csv, delimiter '|', quote '''', escape '!', null 'x')"},
			{"copy letters (" + columns + ") to stdout (delimiter '|', null '~')", "(delimiter '|', null '~')"},
			{"copy letters (" + columns + ") to stdout csv delimiter as ';'", "(format csv, delimiter ';')"},
		} {
			var out bytes.Buffer
			_, err := db.Exec(c.text, driver.CopyTo(&out))
			require.NoError(t, err, c.text)
			for _, name := range []string{"ada@", "bob@", "eve@", "Ada", "4111111111111111", "6576654065"} {
				require.NotContains(t, out.String(), name, c.text)
			}
			_, err = f.plain.Exec("truncate back")
			require.NoError(t, err)
			copyIn(t, f, "copy back from stdin "+c.in, out.String())
			require.Equal(t, want, table(t, f.plain, "select "+columns+" from back order by id"), c.text)
		}
	}
	records := f.records.of(lineage.StatementEvent)
	records = slices.DeleteFunc(records, func(r lineage.Record) bool { return r.Command != "COPY" || r.Profile == "observe" })
	require.NotEmpty(t, records)
	for _, r := range records {
		require.Len(t, r.Masked, 5)
		require.EqualValues(t, 4, r.Rows)
	}

	// The table by itself leaves out what is generated.
	var out bytes.Buffer
	_, err = f.governed.Exec("copy letters to stdout", driver.CopyTo(&out))
	require.NoError(t, err)
	require.NotContains(t, out.String(), "example.com")
	require.Equal(t, 5, strings.Count(strings.SplitN(out.String(), "\n", 2)[0], "\t"))

	// A grant shows it.
	out.Reset()
	_, err = f.open(&driver.Config{Clear: []string{"public.letters.*"}}).Exec("copy letters to stdout", driver.CopyTo(&out))
	require.NoError(t, err)
	require.Contains(t, out.String(), "ada@example.com")

	// Who asked for clear values or none gets none.
	out.Reset()
	_, err = f.governed.ExecContext(mask.RequireClear(t.Context()), "copy (select * from letters order by id desc) to stdout", driver.CopyTo(&out))
	var masked *mask.MaskedError
	require.ErrorAs(t, err, &masked)
	require.NotContains(t, out.String(), "@")
	require.NoError(t, f.governed.Ping())
}

func TestBinaryCopyIsScanned(t *testing.T) {
	f := setup(t, nil, letters...)
	for _, c := range []struct{ columns, types string }{
		{"id, body, extra, raw, n", "id int, body text, extra jsonb, raw bytea, n bigint"},
		{"id, body", "id int, body text"},
	} {
		want := table(t, f.governed, "select "+c.columns+" from letters order by id")
		var out bytes.Buffer
		_, err := f.governed.Exec("copy letters ("+c.columns+") to stdout (format binary)", driver.CopyTo(&out))
		require.NoError(t, err)
		require.NotContains(t, out.String(), "@example")
		_, err = f.plain.Exec("create table back (" + c.types + ")")
		require.NoError(t, err)
		copyIn(t, f, "copy back from stdin (format binary)", out.String())
		require.Equal(t, want, table(t, f.plain, "select "+c.columns+" from back order by id"))
		_, err = f.plain.Exec("drop table back")
		require.NoError(t, err)
	}
	var out bytes.Buffer
	for _, text := range []string{
		"copy letters to stdout (format binary)", "copy letters (tags) to stdout (format binary)", "copy (select row(body) from letters) to stdout binary",
		"copy letters to stdout (encoding 'latin1')",
	} {
		_, err := f.governed.Exec(text, driver.CopyTo(&out))
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	require.Empty(t, out.String())
	_, err := f.governed.Exec("copy letters (id) to stdout (format binary)", driver.CopyTo(&out))
	require.NoError(t, err)
}

// A sink that fails is the caller's own error, and the rows of a long copy go through one by one.
func TestCopyToASinkThatFails(t *testing.T) {
	f := setup(t, nil, letters...)
	_, err := f.governed.Exec("copy (select body from letters) to stdout", driver.CopyTo(failingWriter{}))
	require.ErrorContains(t, err, "full")
	var longest widest
	_, err = f.governed.Exec("copy (select body from letters, generate_series(1, 5000)) to stdout", driver.CopyTo(&longest))
	require.NoError(t, err)
	require.Less(t, int(longest), 200)
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// widest is the longest piece that was written.
type widest int

func (w *widest) Write(b []byte) (int, error) {
	*w = max(*w, widest(len(b)))
	return len(b), nil
}

// table reads a result into texts.
func table(t *testing.T, db *sql.DB, query string) (out [][]sql.NullString) {
	t.Helper()
	rows, err := db.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		row, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(t, rows.Scan(into...))
		out = append(out, row)
	}
	require.NoError(t, rows.Err())
	return out
}

// copyIn stores what came out of a COPY, past every guard.
func copyIn(t *testing.T, f *fixture, text, data string) {
	t.Helper()
	db := f.open(&driver.Config{Profile: driver.Observe})
	_, err := db.ExecContext(context.Background(), text, driver.CopyFrom(strings.NewReader(data)))
	require.NoError(t, err)
}
