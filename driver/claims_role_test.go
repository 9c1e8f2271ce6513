package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
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

// Who a role is for is asked without the roles of a caller for whom nobody vouches, or not any more.
func TestClaimsRoleOfUnverifiedCallers(t *testing.T) {
	f := withRoles(t)
	config := f.config()
	config.Claims.Role = func(c lineage.Caller) string {
		if c.HasRole("admin") {
			return f.of(lineage.Human("bob"))
		}
		return f.of(lineage.Human("ada"))
	}
	f.below(config)
	who := func(c lineage.Caller) (out string) {
		require.NoError(t, f.governed.QueryRowContext(as(c), "select current_user").Scan(&out))
		return out
	}
	admin := func(expires time.Time) lineage.Caller {
		return lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Issuer: "i", Subject: "ada", Roles: []string{"admin"}, Expires: expires}))
	}
	require.Equal(t, f.of(lineage.Human("bob")), who(admin(time.Now().Add(time.Hour))))
	require.Equal(t, f.of(lineage.Human("ada")), who(admin(time.Now().Add(-time.Second))))
	require.Equal(t, f.of(lineage.Human("ada")), who(lineage.Agent("tool", admin(time.Time{}))))
}

// A name that the server would cut, or cannot take, is the name of no role: cut, it may be another's.
func TestClaimsRoleNames(t *testing.T) {
	f := withRoles(t)
	cut := "r" + strings.Repeat("x", 62-len(f.suffix)) + f.suffix
	require.Len(t, cut, 63)
	_, err := f.plain.Exec("create role " + cut + "; grant " + cut + " to " + owner(t, f.fixture))
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = f.plain.Exec("drop role " + cut) })
	for _, name := range []string{cut + "y", cut[:60] + "\u00e9\u00e9", "x\x00", "\x00", "bad\xff", "none"} {
		for _, profile := range []driver.Profile{driver.Standard, driver.Observe} {
			config := f.config()
			config.Profile, config.Claims.Role = profile, func(lineage.Caller) string { return name }
			f.below(config)
			var who string
			err := f.governed.QueryRowContext(ada, "select current_user").Scan(&who)
			if profile == driver.Observe {
				require.NoError(t, err, "%q", name)
				require.Equal(t, owner(t, f.fixture), pgx.Identifier{who}.Sanitize(), "%q", name)
				continue
			}
			var denied *guard.DeniedError
			require.ErrorAs(t, err, &denied, "%q", name)
			require.Equal(t, "PR03", denied.Rule)
			require.NotContains(t, err.Error(), strings.TrimSuffix(cut, "x")[:20])
		}
	}
	config := f.config()
	config.Claims.Role = func(lineage.Caller) string { return cut }
	f.below(config)
	var who string
	require.NoError(t, f.governed.QueryRowContext(ada, "select current_user").Scan(&who))
	require.Equal(t, cut, who)
}

// In observe a caller without a role has none of the caller's before it in the transaction.
func TestClaimsRoleEndsInObserve(t *testing.T) {
	f := withRoles(t)
	config := f.config()
	config.Profile = driver.Observe
	f.below(config)
	login, eve := owner(t, f.fixture), as(lineage.Human("eve"))
	who := func(ctx context.Context, q queryer) string {
		t.Helper()
		var out string
		require.NoError(t, q.QueryRowContext(ctx, "select current_user").Scan(&out))
		return out
	}
	tx, err := f.governed.BeginTx(ada, nil)
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, f.of(lineage.Human("ada")), who(ada, tx))
		require.Equal(t, login, pgx.Identifier{who(eve, tx)}.Sanitize())
		require.Equal(t, login, pgx.Identifier{who(as(lineage.Human("none")), tx)}.Sanitize())
	}
	require.Equal(t, f.of(lineage.Human("ada")), who(ada, tx))
	do(t, tx, "savepoint s")
	require.Equal(t, login, pgx.Identifier{who(eve, tx)}.Sanitize())
	do(t, tx, "rollback to savepoint s")
	require.Equal(t, login, pgx.Identifier{who(eve, tx)}.Sanitize(), "the rollback brought ada's role back")
	_, err = tx.QueryContext(eve, "select v from notes")
	require.Error(t, err, "ada's table")
	require.NoError(t, tx.Rollback())
}

// What was refused leaves nothing of its caller in the transaction: what is deferred runs as whoever it belongs to.
func TestClaimsRoleOfRefusedStatements(t *testing.T) {
	base := withRoles(t)
	_, err := base.plain.Exec(`create table due (id int); create table done (role text, sub text); grant all on due, done to public;
		create function settle() returns trigger language plpgsql as $$ begin
			insert into done values (current_user, nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'); return null; end $$;
		create constraint trigger s after insert on due deferrable initially deferred for each row execute function settle()`)
	require.NoError(t, err)
	dsn := base.dsn
	for _, mode := range modes {
		for _, text := range []string{"select set_config('role', 'none', true)", "select nothing from nowhere", "set role none", "prepare", "cost", "stopped"} {
			t.Run(mode+"/"+text, func(t *testing.T) {
				f := roles{&fixture{}, base.suffix}
				*f.fixture = *base.fixture
				f.t, f.dsn = t, dsn+mark(dsn)+"default_query_exec_mode="+mode
				config := f.config()
				switch text {
				case "cost":
					config.Policy = limited(t, driver.Standard, guard.Limits{Cost: 1000}).Policy
				case "stopped":
					config.Policy = limited(t, driver.Standard, guard.Limits{Rows: 2}).Policy
				}
				f.below(config)
				tx, err := f.governed.BeginTx(ada, nil)
				require.NoError(t, err)
				_, err = tx.ExecContext(ada, "insert into due values (1)")
				require.NoError(t, err)
				switch text {
				case "prepare":
					st, err := tx.PrepareContext(bob, "select 1 from notes where id = $1")
					require.NoError(t, err)
					require.NoError(t, st.Close())
				case "cost":
					_, err = tx.ExecContext(bob, "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000) b")
					require.ErrorIs(t, err, guard.ErrLimit)
				case "stopped":
					rows, err := tx.QueryContext(bob, "select generate_series(1, 10)")
					require.NoError(t, err)
					for rows.Next() {
					}
					require.ErrorIs(t, rows.Err(), guard.ErrLimit)
				case "select nothing from nowhere":
					_, err = tx.ExecContext(ada, "savepoint s")
					require.NoError(t, err)
					_, err = tx.ExecContext(bob, text)
					require.Error(t, err)
					_, err = tx.ExecContext(ada, "rollback to savepoint s")
					require.NoError(t, err)
				default:
					_, err = tx.ExecContext(bob, text)
					require.ErrorIs(t, err, guard.ErrDenied)
				}
				require.NoError(t, tx.Commit())
				var role, sub string
				require.NoError(t, f.plain.QueryRow("delete from done returning role, sub").Scan(&role, &sub))
				require.Equal(t, f.of(lineage.Human("ada")), role)
				require.Equal(t, "ada", sub)
			})
		}
	}
}

// Two roles have tables of their own under one name: what is prepared for one is not the other's.
func TestClaimsRoleAndPreparedStatements(t *testing.T) {
	base := withRoles(t)
	for name, typ := range map[string]string{"ada": "int", "bob": "text"} {
		role := pgx.Identifier{base.of(lineage.Human(name))}.Sanitize()
		_, err := base.plain.Exec("create table " + role + ".totals (id " + typ + ", total " + typ + "); insert into " + role + ".totals values ('1', '7');" +
			" alter table " + role + ".totals owner to " + role)
		require.NoError(t, err)
	}
	dsn := base.dsn
	const text = "select total from totals where id = $1"
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			f := roles{&fixture{}, base.suffix}
			*f.fixture = *base.fixture
			f.t, f.dsn = t, dsn+mark(dsn)+"default_query_exec_mode="+mode
			f.below(f.config())
			check := func(q queryer) {
				t.Helper()
				for range 2 {
					for _, ctx := range []context.Context{ada, ada, bob, bob} {
						var v any
						require.NoError(t, q.QueryRowContext(ctx, text, "1").Scan(&v))
						require.EqualValues(t, map[bool]any{true: int64(7), false: "7"}[ctx == ada], v)
					}
				}
			}
			check(f.governed)
			for _, first := range []context.Context{ada, bob} {
				tx, err := f.governed.BeginTx(first, nil)
				require.NoError(t, err)
				check(tx)
				st, err := tx.PrepareContext(first, text+" and id is not null")
				require.NoError(t, err)
				for _, ctx := range []context.Context{ada, bob, ada} {
					var v any
					require.NoError(t, st.QueryRowContext(ctx, "1").Scan(&v))
					require.EqualValues(t, map[bool]any{true: int64(7), false: "7"}[ctx == ada], v)
				}
				require.NoError(t, st.Close())
				_, err = tx.ExecContext(ada, "insert into totals values ($1, 8)", 2)
				require.NoError(t, err)
				_, err = tx.ExecContext(bob, "insert into totals values ($1, 8)", "b")
				require.NoError(t, err)
				require.NoError(t, tx.Rollback())
			}
			st, err := f.governed.PrepareContext(ada, text)
			require.NoError(t, err)
			for _, ctx := range []context.Context{bob, ada, bob} {
				var v any
				require.NoError(t, st.QueryRowContext(ctx, "1").Scan(&v))
				require.EqualValues(t, map[bool]any{true: int64(7), false: "7"}[ctx == ada], v)
			}
			require.NoError(t, st.Close())
		})
	}
	// What is dropped because it is stale is the entry of the role whose table has changed.
	role := pgx.Identifier{base.of(lineage.Human("bob"))}.Sanitize()
	base.below(base.config())
	for range 2 {
		require.Equal(t, []int{7}, ids(t, ada, base.governed, text, "1"))
		require.Equal(t, []int{7}, ids(t, bob, base.governed, text, "1"))
		_, err := base.plain.Exec("alter table " + role + ".totals alter column total type numeric using total::numeric")
		require.NoError(t, err)
		_, err = base.plain.Exec("alter table " + role + ".totals alter column total type text using total::text")
		require.NoError(t, err)
	}
}
