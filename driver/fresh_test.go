package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A column that another session adds is there for SELECT * at once, though the analysis is believed for a second.
func TestSelectStarSeesANewColumn(t *testing.T) {
	f := setup(t, nil, "create table plain (id int)", "insert into plain values (1)")
	columns := func() int {
		rows, err := f.governed.Query("select * from plain")
		require.NoError(t, err)
		defer rows.Close()
		names, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
		}
		require.NoError(t, rows.Err())
		return len(names)
	}
	require.Equal(t, 1, columns())
	_, err := f.plain.Exec("alter table plain add column extra int")
	require.NoError(t, err)
	require.Equal(t, 2, columns())
	_, err = f.plain.Exec("alter table plain drop column extra")
	require.NoError(t, err)
	require.Equal(t, 1, columns())
}

// A function whose body was read in full leaves the connection what it was.
func TestConnectionOutlivesAnOpenedFunction(t *testing.T) {
	f := setup(t, nil, `create function bump(which int) returns int language plpgsql as
		$$ declare n int; begin update people set note = note || '.' where id = which; get diagnostics n = row_count; return n; end $$`)
	f.governed.SetMaxOpenConns(1)
	pid := func() (n int) {
		require.NoError(t, f.governed.QueryRow("select pg_backend_pid()").Scan(&n))
		return n
	}
	before := pid()
	var n int
	require.NoError(t, f.governed.QueryRow("select bump($1)", 1).Scan(&n))
	require.Equal(t, 1, n)
	require.Equal(t, before, pid())
	require.Equal(t, 1, f.count("select count(*) from people where note = 'hello.'"))
}
