package driver_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// A server that has forgotten its prepared statements, the driver's own among them, is told again.
func TestPreambleIsPreparedAgain(t *testing.T) {
	f := setup(t, nil, work...)
	limits := timeoutLimits
	limits.AffectedRows = 10
	below := f.below(limited(t, driver.Standard, limits))
	pid := f.pid()
	for range 3 {
		require.Equal(t, 20, scanInt(t, f.governed, "select count(*) from a"))
		result, err := f.governed.Exec("update a set v = 'again' where id = $1", 1)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		require.Equal(t, pid, f.pid())
		_, err = below().Exec(background, "deallocate all", pgx.QueryExecModeExec)
		require.NoError(t, err)
	}
}

// spy is a tracer that counts.
type spy struct {
	started, ended []string
	errs           int
}

func (s *spy) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.started = append(s.started, d.SQL)
	return ctx
}

func (s *spy) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	s.ended = append(s.ended, d.CommandTag.String())
	if d.Err != nil {
		s.errs++
	}
}

// The tracer and the notice handler of the application see the governed statements, and none of the driver's own.
func TestPreambleAndHooks(t *testing.T) {
	f := setup(t, nil, work...)
	px, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	tracer, notices := &spy{}, 0
	px.Tracer = tracer
	px.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notices++ }
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), limited(t, driver.Migration, guard.Limits{StatementTimeout: time.Minute, Rows: 5, AffectedRows: 5}))
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	do(t, db, "update a set v = 'x' where id = 1", "drop table if exists nothing")
	require.Equal(t, 1, scanInt(t, db, "select 1"))
	_, err = drain(db, "select id from a")
	require.ErrorIs(t, err, guard.ErrLimit)
	_, err = drain(db, "update a set v = 'x' where id < 3 returning id")
	require.NoError(t, err)
	require.Equal(t, []string{"update a set v = 'x' where id = 1", "drop table if exists nothing", "select 1", "select id from a", "update a set v = 'x' where id < 3 returning id"}, tracer.started)
	require.Equal(t, "UPDATE 1", tracer.ended[0])
	require.Equal(t, "UPDATE 2", tracer.ended[4])
	require.Len(t, tracer.ended, 5)
	require.Equal(t, 1, tracer.errs)
	require.Equal(t, 1, notices)
}

// A statement without limits takes one round trip, and so does one with timeouts; a limit of written rows takes two.
func TestRoundTrips(t *testing.T) {
	f := setup(t, nil, work...)
	for name, c := range map[string]struct {
		limits  guard.Limits
		query   string
		outside int
		inside  int
	}{
		"none":           {guard.Limits{}, "select id from a where id = $1", 1, 1},
		"timeouts":       {timeoutLimits, "select id from a where id = $1", 1, 1},
		"rows":           {guard.Limits{Rows: 5}, "select id from a where id = $1", 1, 1},
		"timeouts, rows": {guard.Limits{Rows: 5, StatementTimeout: time.Minute}, "select id from a where id = $1", 1, 1},
		"written":        {guard.Limits{AffectedRows: 5}, "update a set v = 'y' where id = $1 returning id", 2, 2},
		"cost":           {guard.Limits{Cost: 1e9}, "select id from a where id = $1", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			px, err := pgx.ParseConfig(f.dsn)
			require.NoError(t, err)
			wire := &wire{}
			dial := px.DialFunc
			px.DialFunc = wire.dial(dial)
			connector, err := driver.WrapConnector(stdlib.GetConnector(*px), limited(t, driver.Standard, c.limits))
			require.NoError(t, err)
			db := sql.OpenDB(connector)
			defer db.Close()
			db.SetMaxOpenConns(1)
			trips := func(q queryer) int {
				for range 2 { // statements are prepared, and pgx's stdlib pings before the second use of a connection
					require.Equal(t, 1, scanInt(t, q, c.query, 1))
				}
				before := wire.writes.Load()
				require.Equal(t, 2, scanInt(t, q, c.query, 2))
				return int(wire.writes.Load() - before)
			}
			require.Equal(t, c.outside, trips(db))
			tx, err := db.Begin()
			require.NoError(t, err)
			require.Equal(t, c.inside, trips(tx))
			require.NoError(t, tx.Commit())
		})
	}
}
