package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

func TestRole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := pgtest.New(t, `create table old (id int)`, `create sequence old_seq`,
		`create schema side`, `create table side.old (id int)`)
	plain := pgtest.Role(t, dsn, "app")
	super, conn := connect(t, dsn), connect(t, plain)

	require.False(t, value[bool](t, conn,
		`select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user`))
	_, err := super.Exec(ctx, `create table new (id bigserial); create schema later; create table later.new (id int)`, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	for _, allowed := range []string{
		`insert into old values (1)`,
		`select nextval('old_seq')`,
		`insert into side.old values (1)`,
		`insert into new default values`,
		`insert into later.new values (1)`,
		`create table mine (id int)`,
	} {
		_, err := conn.Exec(ctx, allowed)
		require.NoError(t, err, allowed)
	}
	for _, denied := range []string{
		`create table side.mine (id int)`,
		`create role another`,
		`select pg_read_file('PG_VERSION')`,
		`drop table old`,
	} {
		_, err := conn.Exec(ctx, denied)
		require.ErrorContains(t, err, "SQLSTATE 42501", denied)
	}
}

func TestRoleNamesDoNotCollide(t *testing.T) {
	t.Parallel()
	first, second := pgtest.New(t), pgtest.New(t)
	one := pgtest.Role(t, first+"&governed.profile=strict", "app")
	require.Contains(t, one, "&governed.profile=strict")
	require.Equal(t, one, pgtest.Role(t, first+"&governed.profile=strict", "app"), "asked twice")
	other := pgtest.Role(t, second, "app")
	require.NotEqual(t,
		value[string](t, connect(t, pgtest.Role(t, first, "app")), `select current_user`),
		value[string](t, connect(t, other), `select current_user`))
}
