package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
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
