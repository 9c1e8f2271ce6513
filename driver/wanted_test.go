package driver_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// A program is told which columns came masked, and one that must not work with masked values gets an error in their place.
func TestConsumersKnowWhatIsMasked(t *testing.T) {
	f := setup(t, &driver.Config{Clear: []string{"public.people.name"}}, "create table logs (id int, line text)", "insert into logs values (1, 'plain'), (2, 'from ada@example.com')")
	ctx, report := mask.WithReport(t.Context())
	var id int
	var name, email string
	require.NoError(t, f.governed.QueryRowContext(ctx, "select id, name, email as e from people").Scan(&id, &name, &email))
	require.Equal(t, []lineage.ColumnMask{{
		Ordinal: 2, Output: "e", Column: lineage.ColumnID{Schema: "public", Relation: "people", Column: "email"}, Class: "email", Treatment: "pseudonym",
	}}, report.Masked())
	require.Equal(t, "name", report.Cleared()[0].Output)
	shown := f.records.of(lineage.StatementEvent)
	require.EqualValues(t, 1, shown[len(shown)-1].ClearedCells)
	require.NoError(t, f.governed.QueryRowContext(ctx, "select id from people").Scan(&id))
	require.Empty(t, report.Masked())

	clear := mask.RequireClear(t.Context())
	require.NoError(t, f.governed.QueryRowContext(clear, "select id, name from people").Scan(&id, &name))
	err := f.governed.QueryRowContext(clear, "select id, upper(email) from people").Scan(&id, &email)
	require.ErrorIs(t, err, mask.ErrMasked)
	require.ErrorContains(t, err, "public.people.email")
	records := f.records.of(lineage.StatementEvent)
	last := records[len(records)-1]
	require.Equal(t, lineage.Deny, last.Decision)
	require.Equal(t, "RD04", last.Reasons[0].Rule)

	rows, err := f.governed.QueryContext(clear, "select line from logs order by id")
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Scan(&name))
	require.Equal(t, "plain", name)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), mask.ErrMasked)
	require.NotContains(t, rows.Err().Error(), "ada@")
	require.NoError(t, rows.Close())
	require.NoError(t, f.governed.QueryRowContext(clear, "select id from people").Scan(&id), "the connection goes on")
}

// What a statement has written does not stay where its result is not clear.
func TestUnclearWritesAreUndone(t *testing.T) {
	f := setup(t, nil, "create table notes (id int primary key, n int, body text)",
		"insert into notes values (1, 0, 'from ada@example.com'), (2, 0, 'plain'), (3, 0, 'plain')",
		"create function bump(i int) returns text language plpgsql as $$ begin update notes set n = 77 where id = i; return (select body from notes where id = i); end $$")
	clear := mask.RequireClear(t.Context())
	read := func(db queryer, query string, args ...any) error {
		rows, err := db.QueryContext(clear, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
		}
		return rows.Err()
	}
	bounded := f.open(limited(t, driver.Standard, guard.Limits{AffectedRows: 5, Rows: 50}))
	for name, db := range map[string]*sql.DB{"governed": f.governed, "bounded": bounded} {
		db.SetMaxOpenConns(1)
		for _, query := range []string{
			"update notes set n = 77 where id = 1 returning body", "update notes set n = 77 where id in (1, 2, 3) returning body", "select bump(1)",
			"with u as (update notes set n = 77 where id = 1 returning body) select body from u", "insert into notes values (9, 77, 'eve@example.com') returning body",
		} {
			require.ErrorIs(t, read(db, query), mask.ErrMasked, "%s %s", name, query)
			require.Zero(t, f.count("select count(*) from notes where n = 77"), "%s %s", name, query)

			tx, err := db.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("update notes set n = 5 where id = 3")
			require.NoError(t, err)
			require.ErrorIs(t, read(tx, query), mask.ErrMasked, "%s %s", name, query)
			require.NoError(t, read(tx, "select id from notes"), "the transaction goes on")
			require.NoError(t, tx.Commit())
			require.Equal(t, 1, f.count("select count(*) from notes where n = 5"), "what was before stays")
			require.Zero(t, f.count("select count(*) from notes where n = 77"), "%s %s", name, query)
			_, err = f.plain.Exec("update notes set n = 0")
			require.NoError(t, err)
		}
		require.NoError(t, read(db, "update notes set n = 78 where id = $1 returning body", 2))
		require.Equal(t, 1, f.count("select count(*) from notes where n = 78"), "what is clear stays")
		_, err := f.plain.Exec("update notes set n = 0")
		require.NoError(t, err)
	}
}
