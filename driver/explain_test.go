package driver_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, "create table people (id bigint primary key, email text, city text)", "insert into people values (1, 'ada@example.com', 'London')")
	c, err := driver.NewConnector(dsn, nil)
	require.NoError(t, err)
	ctx := context.Background()

	e, err := driver.Explain(ctx, c, "SELECT email, city FROM people WHERE id = $1", 1)
	require.NoError(t, err)
	require.Equal(t, lineage.Allow, e.Verdict.Decision)
	require.Len(t, e.Masked, 1)
	require.Equal(t, lineage.ColumnMask{
		Ordinal: 0, Output: "email", Class: "email", Treatment: "pseudonym",
		Column: lineage.ColumnID{Schema: "public", Relation: "people", Column: "email"},
	}, e.Masked[0])

	e, err = driver.Explain(ctx, c, "DELETE FROM people")
	require.NoError(t, err)
	require.Equal(t, lineage.Deny, e.Verdict.Decision)
	require.Equal(t, "DM01", e.Verdict.Reasons[0].Rule)

	e, err = driver.Explain(ctx, c, "SELECT nickname FROM people")
	require.NoError(t, err)
	require.ErrorContains(t, e.Err, "nickname")

	e, err = driver.Explain(ctx, c, "SELEC 1")
	require.NoError(t, err)
	require.Equal(t, "TX05", e.Verdict.Reasons[0].Rule)

	e, err = driver.Explain(ctx, c, "INSERT INTO people VALUES (2)")
	require.NoError(t, err)
	require.True(t, e.Verdict.Allowed())
	db := open(t, "pgx", dsn)
	var n int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM people").Scan(&n))
	require.Equal(t, 1, n, "nothing was run")
}
