package driver_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
)

func TestSmoke(t *testing.T) {
	dsn := pgtest.New(t, "create table t(id int primary key, email text, n numeric)", "insert into t values (1,'a@b.c',2.5)")
	db, err := sql.Open("governed-postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	var id int
	var email string
	require.NoError(t, db.QueryRow("select id, email from t where id = $1", 1).Scan(&id, &email))
	t.Log(id, email)
	_, err = db.Exec("delete from t")
	t.Log(err)
	_, err = db.Exec("drop table t")
	t.Log(err)
	_, err = db.Exec("select * from nope")
	t.Log(err)
	_, err = db.Exec("selec 1")
	t.Log(err)
	_, err = db.Exec("update t set n = 3 where id = 1")
	require.NoError(t, err)
	_, err = db.Exec("insert into t values ($1, $2, $3)", 2, "x", 2.5)
	require.NoError(t, err)
}
