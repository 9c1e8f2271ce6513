package driver_test

import (
	"bytes"
	"database/sql"
	sqldriver "database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// What a savepoint takes back, the driver has to forget: settings and temporary tables decide what a name means.
func TestRollbackToSavepointIsSeen(t *testing.T) {
	f := setup(t, nil, "create table kept (id int)", "insert into kept values (1), (2)")
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	for _, text := range []string{
		"set local search_path = pg_catalog", "create temp table kept (id int)", "set local search_path = public, pg_temp",
		"savepoint a", "set local search_path = pg_temp, public", "delete from kept", "rollback to a", "delete from kept",
	} {
		_, _ = tx.Exec(text)
	}
	_ = tx.Commit()
	require.Equal(t, 2, f.count("select count(*) from public.kept"))
}

// A script may commit before it fails: what it left on the connection stays, whatever the error says.
func TestFailedScriptCostsTheConnection(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration})
	f.governed.SetMaxOpenConns(1)
	_, err := f.governed.Exec("begin; set search_path = pg_catalog; commit; select 1/0")
	require.Error(t, err)
	var path string
	require.NoError(t, f.governed.QueryRow("select current_setting('search_path')").Scan(&path))
	require.NotEqual(t, "pg_catalog", path)
}

func TestDriverOfAConnectorKeepsItsConfiguration(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Strict})
	connector, err := f.governed.Driver().(sqldriver.DriverContext).OpenConnector(f.dsn)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec("insert into people (note) values ('x')")
	require.ErrorIs(t, err, guard.ErrDenied, "an anonymous caller, under strict")
}

func TestNilInAnyFormIsNull(t *testing.T) {
	f := setup(t, nil)
	var none *string
	for _, v := range []any{nil, none, &none, sql.NullString{}, &sql.NullString{}, []byte(nil)} {
		_, err := f.governed.Exec("delete from people where $1::text is null or note = $1", v)
		require.ErrorIs(t, err, guard.ErrDenied, "%T", v)
	}
	_, err := f.governed.Exec("delete from people where $1::text is null or note = $1", "not there")
	require.NoError(t, err)
	require.Equal(t, 1, f.count("select count(*) from people"))
}

// pgx quotes a value that it cannot encode; in every mode the caller and the record get its type instead.
func TestArgumentsThatCannotBeEncodedAreNotQuoted(t *testing.T) {
	f := setup(t, nil)
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec"} {
		db := open(t, driver.Name, f.dsn+"&default_query_exec_mode="+mode)
		var n int
		err := db.QueryRow("select id from people where id = $1::int", struct{ Secret string }{u1}).Scan(&n)
		require.Error(t, err, mode)
		require.NotContains(t, err.Error(), u1, mode)
		_, err = db.Exec("update people set note = 'x' where id = $1::int", struct{ Secret string }{u1})
		require.Error(t, err, mode)
		require.NotContains(t, err.Error(), u1, mode)
	}
}

// A result of COPY has no description: what the analysis stands on is looked at anew each time.
func TestCopyToAfterARename(t *testing.T) {
	f := setup(t, nil, "create table open_t (id int, v text)", "create table closed_t (id int, email text)", "insert into closed_t values (1, '"+u1+"')",
		"create view v as select id, v from open_t")
	var out bytes.Buffer
	_, err := f.governed.Exec("copy (select * from v) to stdout", driver.CopyTo(&out))
	require.NoError(t, err)
	_, err = f.plain.Exec("drop view v; create view v as select id, email as v from closed_t")
	require.NoError(t, err)
	_, err = f.governed.Exec("copy (select * from v) to stdout", driver.CopyTo(&out))
	require.ErrorIs(t, err, guard.ErrDenied)
	require.NotContains(t, out.String(), u1)
}
