package driver_test

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

var channels = []string{
	"create table notes (id int primary key, body text unique, n int)",
	"insert into notes values (1, 'write to ada@example.com', 1), (2, '0', 2)",
	"create function body_of(i int) returns text language sql stable as 'select body from notes where id = i'",
	"create function tell(i int) returns void language plpgsql as $$declare t text; begin select body into t from notes where id = i; raise notice 'it is %', t; end$$",
	"create function fail(i int) returns void language plpgsql as $$declare t text; begin select body into t from notes where id = i; raise exception 'it is %', t using hint = t, detail = t; end$$",
}

// A value of a column that nobody labelled is looked at by whatever way it comes out.
func TestScanOfOtherChannels(t *testing.T) {
	f := setup(t, nil, channels...)
	conn, err := f.governed.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var got string
	for _, text := range []string{
		"select set_config('x.y', (select body from notes where id = 1), true)", "show x.y", "select current_setting('x.y')",
		"select upper(current_setting('x.y'))", "select body_of(1)", "select b from body_of(1) b", "values (body_of(1))",
		"with a as (select current_setting('x.y') as s) select s from a", "select set_config('x.z', current_setting('x.y'), true)", "show x.z",
	} {
		require.NoError(t, tx.QueryRow(text).Scan(&got), text)
		require.Regexp(t, `(?i)^write to [a-z2-7]{16}@masked\.invalid$`, got, text)
	}
	require.NoError(t, tx.Rollback())
	found := 0
	for _, r := range f.records.of(lineage.StatementEvent) {
		found += len(r.Masked)
	}
	require.Equal(t, 10, found, "each is in the record")

	for _, text := range []string{
		"select body::int from notes where id = 1", "insert into notes select id + 10, body from notes where id = 1",
		"select fail(1)", "select to_date(body, 'YYYY') from notes where id = 1", "select body::json from notes where id = 1",
	} {
		rows, err := f.governed.Query(text)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
		}
		var server *pgconn.PgError
		require.ErrorAs(t, err, &server, text)
		require.NotErrorIs(t, err, guard.ErrDenied)
		all := strings.Join([]string{err.Error(), server.Message, server.Detail, server.Hint, server.Where, server.InternalQuery}, "|")
		require.NotContains(t, all, "ada@example", text)
	}

	// What a program wrote itself comes back as it was.
	require.NoError(t, f.governed.QueryRow("select $1::text", u1).Scan(&got))
	require.Equal(t, u1, got)
	require.NoError(t, f.governed.QueryRow("select '"+u1+"' || ''").Scan(&got))
	require.Equal(t, u1, got)
	_, err = f.governed.Exec("select 'plain words'::int")
	require.ErrorContains(t, err, `"plain words"`)
}

func TestScanOfNotices(t *testing.T) {
	f := setup(t, nil, channels...)
	config, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	var heard []string
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { heard = append(heard, n.Message) }
	connector, err := driver.WrapConnector(stdlib.GetConnector(*config), &driver.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec("select tell(1)")
	require.NoError(t, err)
	_, err = db.Exec("select tell(2)")
	require.NoError(t, err)
	require.Len(t, heard, 2)
	require.Regexp(t, `^it is write to [a-z2-7]{16}@masked\.invalid$`, heard[0])
	require.Equal(t, "it is 0", heard[1])
}
