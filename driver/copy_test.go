package driver_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

func TestCopyFromAndTo(t *testing.T) {
	f := setup(t, nil, work...)
	result, err := f.governed.Exec("copy a (id, v) from stdin (format csv)", driver.CopyFrom(strings.NewReader("901,x\n902,y\n")))
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.Equal(t, 2, f.count("select count(*) from a where id > 900"))

	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("copy a (id, v) from stdin (format csv)", driver.CopyFrom(strings.NewReader("903,z\n")))
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Equal(t, 2, f.count("select count(*) from a where id > 900"))

	var out bytes.Buffer
	_, err = f.governed.Exec("copy (select id, v from a where id > 900 order by id) to stdout (format csv)", driver.CopyTo(&out))
	require.NoError(t, err)
	require.Equal(t, "901,x\n902,y\n", out.String())
}

// A masked value that comes back in the data of a COPY would be stored in place of the real one.
func TestCopyOfMaskedValues(t *testing.T) {
	f := setup(t, nil)
	var email string
	require.NoError(t, f.governed.QueryRow("select email from people where id = 1").Scan(&email))
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "%d,x%d@example.com\n", 1000+i, i)
	}
	for _, data := range []string{"70," + email + "\n", "71,[masked]\n", long.String() + "73," + email + "\n"} {
		_, err := f.governed.Exec("copy people (id, email) from stdin (format csv)", driver.CopyFrom(strings.NewReader(data)))
		require.ErrorIs(t, err, guard.ErrDenied)
		require.ErrorContains(t, err, "masked value")
		require.NotContains(t, err.Error(), email)
	}
	require.Equal(t, 1, f.count("select count(*) from people"))
	_, err := f.governed.Exec("copy people (id, email) from stdin (format csv)", driver.CopyFrom(strings.NewReader("74,new@example.com\n")))
	require.NoError(t, err)
}

func TestCopyIsRefused(t *testing.T) {
	f := setup(t, nil, work...)
	var out bytes.Buffer
	for _, c := range []struct {
		name, text string
		args       []any
	}{
		{"several statements", "copy a from stdin; drop table a", []any{driver.CopyFrom(strings.NewReader(""))}},
		{"no stream", "copy a from stdin", nil},
		{"no sink", "copy a to stdout", nil},
		{"the wrong stream", "copy a to stdout", []any{driver.CopyFrom(strings.NewReader(""))}},
		{"not a COPY", "delete from b where id = 1", []any{driver.CopyTo(&out)}},
		{"a masked column", "copy people to stdout", []any{driver.CopyTo(&out)}},
		{"a masked column of a query", "copy (select upper(email) from people) to stdout", []any{driver.CopyTo(&out)}},
		{"a write inside", "copy (delete from a returning *) to stdout", []any{driver.CopyTo(&out)}},
		{"a file", "copy a to '/tmp/governed-test-copy'", nil},
		{"a program", "copy a from program 'true'", nil},
	} {
		_, err := f.governed.Exec(c.text, c.args...)
		require.ErrorIs(t, err, guard.ErrDenied, c.name)
	}
	require.Empty(t, out.String())
	require.Equal(t, 20, f.count("select count(*) from a"))
}

// The record of a COPY TO says how many cells of cleared columns went out, as that of a SELECT does.
func TestCopyCountsClearedCells(t *testing.T) {
	f := setup(t, &driver.Config{Clear: []string{"public.clients.*"}},
		"create table clients (id int primary key, email text, salary numeric, city text, email_copy text generated always as (email) stored)",
		"insert into clients (id, email, salary, city) select i, 'a' || i || '@example.com', i, 'x' from generate_series(1, 10) i")
	last := func() lineage.Record {
		records := f.records.of(lineage.StatementEvent)
		return records[len(records)-1]
	}
	for _, c := range []struct {
		text    string
		columns int
		rows    int64
	}{
		{"copy (select email, salary from clients where id <= 10) to stdout", 2, 10},
		{"copy (select id, upper(email), salary from clients where id > 4) to stdout (format csv, header)", 2, 6},
		{"copy (select email || salary from clients) to stdout", 2, 10},
		{"copy (select id, city from clients) to stdout", 0, 10},
		{"copy (select email from clients where false) to stdout (format csv, header)", 1, 0},
		{"copy (select email from clients where false) to stdout (format binary)", 1, 0},
		{"copy (select email from clients) to stdout (format binary)", 1, 10},
		{"copy clients to stdout", 2, 10},
		{"copy clients (id, email) to stdout", 1, 10},
		{"copy clients (email, salary) to stdout (format csv, header)", 2, 10},
		{"copy clients (id) to stdout", 0, 10},
	} {
		var out bytes.Buffer
		_, err := f.governed.Exec(c.text, driver.CopyTo(&out))
		require.NoError(t, err, c.text)
		r := last()
		require.Len(t, r.Cleared, c.columns, c.text)
		require.Equal(t, c.rows, r.Rows, c.text)
		require.Equal(t, c.rows*int64(c.columns), r.ClearedCells, c.text)
	}

	// A stream that a limit ends has handed out what was before it.
	config := limited(t, driver.Standard, guard.Limits{Rows: 4})
	config.Clear = []string{"public.clients.*"}
	db := f.open(config)
	for _, options := range []string{"", "(format csv, header)", "(format binary)"} {
		var out bytes.Buffer
		_, err := db.Exec("copy clients (email) to stdout "+options, driver.CopyTo(&out))
		require.ErrorIs(t, err, guard.ErrLimit)
		require.EqualValues(t, 4, last().Rows, options)
		require.EqualValues(t, 4, last().ClearedCells, options)
	}
}
