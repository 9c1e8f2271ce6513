package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

// connect opens a connection that lives as long as t.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// value reads the one value that sql returns.
func value[T any](t *testing.T, conn *pgx.Conn, sql string) (v T) {
	t.Helper()
	require.NoError(t, conn.QueryRow(context.Background(), sql).Scan(&v))
	return v
}

func TestNewRunsSetup(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t, `create table a (id int)`, `insert into a values (1), (2)`)
	require.Equal(t, 2, value[int](t, connect(t, dsn), `select count(*) from a`))
}

func TestNewIsolatesDatabases(t *testing.T) {
	t.Parallel()
	first, second := pgtest.New(t, `create table a (id int)`), pgtest.New(t)
	require.NotEqual(t, first, second)
	require.False(t, value[bool](t, connect(t, second), `select to_regclass('a') is not null`))
}

func TestNewDropsTheDatabase(t *testing.T) {
	t.Parallel()
	other := connect(t, pgtest.New(t))
	var name string
	t.Run("a test that leaves its connection open", func(t *testing.T) {
		conn, err := pgx.Connect(context.Background(), pgtest.New(t))
		require.NoError(t, err)
		name = value[string](t, conn, `select current_database()`)
	})
	require.NotEmpty(t, name)
	require.False(t, value[bool](t, other, `select exists (select from pg_database where datname = '`+name+`')`))
}

func TestNewSpeaksTheSameEverywhere(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.New(t))
	for sql, want := range map[string]string{
		`show timezone`:        "UTC",
		`show lc_messages`:     "C",
		`show server_encoding`: "UTF8",
		`select datcollate from pg_database where datname = current_database()`: "C",
	} {
		require.Equal(t, want, value[string](t, conn, sql), sql)
	}
}

func TestDSNTakesMoreParameters(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{pgtest.New(t), pgtest.Role(t, pgtest.New(t), "app")} {
		config, err := pgx.ParseConfig(dsn + "&governed.profile=strict")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"governed.profile": "strict"}, config.RuntimeParams)
	}
}
