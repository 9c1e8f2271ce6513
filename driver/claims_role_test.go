package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/url"
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

// roles are two database roles with tables of the same name, which the role that is logged in cannot see by itself.
type roles struct {
	*fixture
	suffix string
}

func (r roles) of(c lineage.Caller) string {
	switch c.Subject() {
	case "ada", "bob":
		return `the "` + c.Subject() + `" ` + r.suffix
	case "none":
		return "none"
	case "stranger":
		return "postgres"
	}
	return ""
}

func withRoles(t testing.TB) roles {
	t.Helper()
	f := claiming(t, nil)
	u, err := url.Parse(f.dsn)
	require.NoError(t, err)
	r := roles{f, strings.TrimPrefix(u.Path, "/")}
	login := owner(t, f)
	for _, name := range []string{"ada", "bob"} {
		role := pgx.Identifier{r.of(lineage.Human(name))}.Sanitize()
		_, err := f.plain.Exec("create role " + role + "; grant " + role + " to " + login + "; create schema " + role + " authorization " + role +
			"; create table " + role + ".notes (id int primary key, v text); insert into " + role + ".notes values (1, '" + name + "@example.com'); alter table " + role + ".notes owner to " + role +
			"; grant select on docs to " + role)
		require.NoError(t, err)
		t.Cleanup(func() {
			if _, err := f.plain.Exec("drop owned by " + role + "; drop role " + role); err != nil {
				t.Error(err)
			}
		})
	}
	_, err = f.plain.Exec("alter role " + login + " noinherit; comment on column " + pgx.Identifier{r.of(lineage.Human("bob"))}.Sanitize() + ".notes.v is '[governed: email]'")
	require.NoError(t, err)
	return r
}

func (r roles) config() *driver.Config {
	return &driver.Config{ScanOff: true, Logger: slog.New(slog.DiscardHandler), Claims: driver.Claims{On: true, Role: r.of}}
}

// Statements run as the caller's role: what names mean, what is masked and what is seen is that role's.
func TestClaimsRole(t *testing.T) {
	base := withRoles(t)
	dsn := base.dsn
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			f := roles{&fixture{}, base.suffix}
			*f.fixture = *base.fixture
			f.t, f.dsn = t, dsn+mark(dsn)+"default_query_exec_mode="+mode
			below := f.below(f.config())
			text := func(ctx context.Context, q queryer, query string, args ...any) (out string) {
				t.Helper()
				require.NoError(t, q.QueryRowContext(ctx, query, args...).Scan(&out))
				return out
			}
			check := func(q queryer) {
				t.Helper()
				for range 2 {
					require.Equal(t, f.of(lineage.Human("ada")), text(ada, q, "select current_user"))
					require.Equal(t, "ada@example.com", text(ada, q, "select v from notes where id = $1", 1))
					require.Equal(t, f.of(lineage.Human("bob")), text(bob, q, "select current_user"))
					require.Contains(t, text(bob, q, "select v from notes where id = $1", 1), ".invalid", "another table, with a label")
					require.Equal(t, []int{2}, ids(t, bob, q, mine))
				}
			}
			check(f.governed)
			tx, err := f.governed.BeginTx(bob, nil)
			require.NoError(t, err)
			check(tx)
			require.NoError(t, tx.Commit())
			st, err := f.governed.PrepareContext(ada, "select v from notes where id > $1")
			require.NoError(t, err)
			var v string
			require.NoError(t, st.QueryRowContext(ada, 0).Scan(&v))
			require.Equal(t, "ada@example.com", v)
			require.NoError(t, st.QueryRowContext(bob, 0).Scan(&v))
			require.Contains(t, v, ".invalid")
			require.NoError(t, st.Close())
			_, err = f.governed.ExecContext(ada, "insert into notes values ($1, 'x')", 2)
			require.NoError(t, err)
			_, err = f.governed.ExecContext(ada, "delete from notes where id = 2")
			require.NoError(t, err)
			var out bytes.Buffer
			_, err = f.governed.ExecContext(ada, "copy notes to stdout", driver.CopyTo(&out))
			require.NoError(t, err)
			require.Equal(t, "1\tada@example.com\n", out.String())
			var who string
			require.NoError(t, below().QueryRow(background, "select current_user", pgx.QueryExecModeExec).Scan(&who))
			require.Equal(t, owner(t, f.fixture), pgx.Identifier{who}.Sanitize())
		})
	}
}

func TestClaimsRoleRefusals(t *testing.T) {
	f := withRoles(t)
	below := f.below(f.config())
	for _, caller := range []lineage.Caller{{}, lineage.Human("eve"), lineage.Human("none")} {
		for _, text := range []string{"select 1", "select id from docs", "begin"} {
			_, err := f.governed.ExecContext(as(caller), text)
			var denied *guard.DeniedError
			require.ErrorAs(t, err, &denied)
			require.Equal(t, "PR03", denied.Rule)
		}
		_, err := f.governed.PrepareContext(as(caller), "select 1")
		require.ErrorIs(t, err, guard.ErrDenied)
	}
	_, err := f.governed.ExecContext(as(lineage.Human("stranger")), "select 1")
	var server *pgconn.PgError
	require.ErrorAs(t, err, &server, "the server decides who may become whom")
	require.Equal(t, "42501", server.Code)
	for _, text := range []string{"vacuum notes", "create index concurrently i on notes (v)", "reindex table concurrently notes"} {
		_, err := f.governed.ExecContext(ada, text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	tx, err := f.governed.BeginTx(ada, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ada, "lock table deeds in share mode")
	require.ErrorAs(t, err, &server, "the role that is logged in may")
	require.Equal(t, "42501", server.Code)
	require.NoError(t, tx.Rollback())
	conn, err := f.governed.Conn(ada)
	require.NoError(t, err)
	defer conn.Close()
	for _, text := range []string{"begin", "set local work_mem = '1MB'", "show work_mem", "select 1 from notes", "savepoint s", "rollback to savepoint s", "select 1 from notes", "commit"} {
		_, err := conn.ExecContext(ada, text)
		require.NoError(t, err, text)
	}
	require.Equal(t, 2, len(ids(t, ada, conn, mine)))
	require.Empty(t, left(t, below()))
	for _, text := range []string{"reset role", "set role none", "set local role none", "select set_config('role', 'none', true)"} {
		_, err := conn.ExecContext(ada, text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
}

// Observe refuses nothing: who has no role works as the role that is logged in.
func TestClaimsRoleInObserve(t *testing.T) {
	f := withRoles(t)
	config := f.config()
	config.Profile = driver.Observe
	f.below(config)
	who := func(ctx context.Context) (out string) {
		require.NoError(t, f.governed.QueryRowContext(ctx, "select current_user").Scan(&out))
		return out
	}
	require.Equal(t, f.of(lineage.Human("ada")), who(ada))
	for _, caller := range []lineage.Caller{{}, lineage.Human("eve"), lineage.Human("none")} {
		require.Equal(t, owner(t, f.fixture), pgx.Identifier{who(as(caller))}.Sanitize())
	}
	require.Equal(t, f.of(lineage.Human("ada")), who(ada))
}

// Once names are read for a role, nothing takes a round trip more.
func TestClaimsRoleRoundTrips(t *testing.T) {
	f := withRoles(t)
	px, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	wire := &wire{}
	px.DialFunc = wire.dial(px.DialFunc)
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), f.config())
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1)
	both := func() {
		_ = ids(t, ada, db, "select id from docs where id = $1", 1)
		_ = ids(t, bob, db, "select id from docs where id = $1", 1)
	}
	least := int64(1 << 40)
	for range 5 {
		before := wire.writes.Load()
		both()
		least = min(least, wire.writes.Load()-before)
	}
	require.EqualValues(t, 2, least)
}
