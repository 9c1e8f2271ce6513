package driver_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
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
