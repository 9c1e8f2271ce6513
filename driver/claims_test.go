package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// documents is a table of which everybody sees what is theirs, by the documented form, and one in which a trigger writes
// down who did it.
var documents = []string{
	"create table docs (id int primary key, owner text not null, v text)",
	"insert into docs values (1, 'ada', 'a'), (2, 'bob', 'b'), (3, 'ada', 'c')",
	"alter table docs enable row level security",
	"create policy own on docs using (owner = (select nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'))",
	"create table deeds (id int primary key, who text)",
	`create function sign() returns trigger language plpgsql as $$ begin
		new.who := nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'; return new; end $$`,
	"create trigger signed before insert or update on deeds for each row execute function sign()",
}

const (
	mine   = "select id from docs order by id"
	claims = "select current_setting('governed.claims', true)"
)

var told = driver.Claims{On: true}

// claiming is a fixture whose governed role is an ordinary one with one connection.
func claiming(t testing.TB, config *driver.Config, statements ...string) *fixture {
	t.Helper()
	f := setup(t, nil, append(append([]string{}, documents...), statements...)...)
	f.dsn = f.role("app")
	f.governed = f.open(config)
	return f.one()
}

func as(c lineage.Caller) context.Context { return lineage.WithCaller(background, c) }

var (
	ada = as(lineage.Human("ada"))
	bob = as(lineage.Human("bob"))
)

// ids reads the ids that a caller sees.
func ids(t testing.TB, ctx context.Context, q queryer, text string, args ...any) (out []int) {
	t.Helper()
	rows, err := q.QueryContext(ctx, text, args...)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id int
		require.NoError(t, rows.Scan(&id))
		out = append(out, id)
	}
	require.NoError(t, rows.Err())
	return out
}

// subject is whom the server is told of, "" for nobody and "-" where it was told nothing.
func subject(t testing.TB, ctx context.Context, q queryer) string {
	t.Helper()
	var text sql.NullString
	require.NoError(t, q.QueryRowContext(ctx, claims).Scan(&text))
	return subjectOf(t, text.String)
}

func subjectOf(t testing.TB, text string) string {
	t.Helper()
	if text == "" {
		return "-"
	}
	var c struct{ Sub string }
	require.NoError(t, json.Unmarshal([]byte(text), &c))
	return c.Sub
}

var modes = []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"}

// Row-level security shows each caller what is theirs, over one connection, in every mode and by every method.
func TestClaimsAndRowSecurity(t *testing.T) {
	base := claiming(t, nil)
	for _, mode := range modes {
		for _, profile := range []driver.Profile{driver.Standard, driver.Migration, driver.Observe} {
			t.Run(mode+"/"+profile.String(), func(t *testing.T) {
				f := *base
				f.t, f.dsn = t, base.dsn+mark(base.dsn)+"default_query_exec_mode="+mode
				below := f.below(&driver.Config{Profile: profile, Claims: told})
				db := f.governed
				agent := as(lineage.Agent("bot", lineage.Human("ada")))
				for range 2 {
					require.Equal(t, []int{1, 3}, ids(t, ada, db, mine))
					require.Equal(t, []int{2}, ids(t, bob, db, mine))
					require.Equal(t, []int{1, 3}, ids(t, agent, db, mine))
					require.Empty(t, ids(t, background, db, mine), "nobody has nothing")
					require.Equal(t, []int{3}, ids(t, ada, db, "select id from docs where id > $1", 1))
				}
				st, err := db.PrepareContext(ada, "select id from docs where v <> $1 order by id")
				require.NoError(t, err)
				for _, c := range []struct {
					ctx  context.Context
					want []int
				}{{ada, []int{1, 3}}, {bob, []int{2}}} {
					rows, err := st.QueryContext(c.ctx, "x")
					require.NoError(t, err)
					var got []int
					for rows.Next() {
						var id int
						require.NoError(t, rows.Scan(&id))
						got = append(got, id)
					}
					require.NoError(t, rows.Close())
					require.Equal(t, c.want, got)
				}
				require.NoError(t, st.Close())

				result, err := db.ExecContext(bob, "update docs set v = v where id in (1, 2, 3)")
				require.NoError(t, err)
				n, err := result.RowsAffected()
				require.NoError(t, err)
				require.EqualValues(t, 1, n)
				_, err = db.ExecContext(bob, "insert into docs values (9, 'ada', 'forged')")
				require.Error(t, err, "the policy holds for what is written too")

				tx, err := db.BeginTx(ada, nil)
				require.NoError(t, err)
				require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
				require.Equal(t, []int{2}, ids(t, bob, tx, mine), "another caller in the same transaction")
				require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
				require.NoError(t, tx.Commit())

				conn, err := db.Conn(ada)
				require.NoError(t, err)
				require.Equal(t, []int{2}, ids(t, bob, conn, mine))
				require.Equal(t, []int{1, 3}, ids(t, ada, conn, mine))
				require.Empty(t, left(t, below()))
				require.NoError(t, conn.Close())
				require.Empty(t, left(t, below()))
			})
		}
	}
}

func mark(dsn string) string {
	if strings.Contains(dsn, "?") {
		return "&"
	}
	return "?"
}

// left looks below the guard at what a connection still holds.
func left(t testing.TB, c *pgx.Conn) string {
	t.Helper()
	var text sql.NullString
	require.NoError(t, c.QueryRow(background, claims, pgx.QueryExecModeExec).Scan(&text))
	return text.String
}

func TestClaimsSayWho(t *testing.T) {
	f := claiming(t, &driver.Config{Claims: told})
	read := func(ctx context.Context) map[string]any {
		var text string
		require.NoError(t, f.governed.QueryRowContext(ctx, claims).Scan(&text))
		out := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &out))
		return out
	}
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	evidence := attest.Evidence{
		Kind: "agent", Issuer: "https://idp.example", Subject: "ada", Roles: []string{"support"}, Actors: []string{"bot", "https://x.example#boss"},
		TokenID: "t1", Expires: end,
	}
	span := trace.ContextWithSpanContext(background, trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}}))
	ctx := lineage.WithCaller(span, lineage.Attested(attest.Seal(evidence)))
	ctx = lineage.WithPurpose(lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "train", RunID: "r1", Model: "churn@7"}), `say "why"`)
	require.Equal(t, map[string]any{
		"sub": "ada", "iss": "https://idp.example", "kind": "agent", "verified": true, "roles": []any{"support"},
		"actors": []any{"bot", "https://x.example#boss"}, "jti": "t1", "exp": float64(end.Unix()),
		"job":     map[string]any{"namespace": "ml", "name": "train", "run": "r1", "model": "churn@7"},
		"purpose": `say "why"`, "trace": "01020000000000000000000000000000",
	}, read(ctx))
	require.Equal(t, map[string]any{"kind": "anonymous", "verified": false, "roles": []any{}, "actors": []any{}}, read(background))
	require.Equal(t, map[string]any{"sub": "etl", "kind": "service", "verified": false, "roles": []any{}, "actors": []any{}}, read(as(lineage.Service("etl"))))

	evidence.Expires = time.Now().Add(-time.Second)
	expired := read(as(lineage.Attested(attest.Seal(evidence))))
	require.Equal(t, false, expired["verified"])
	require.Empty(t, expired["roles"], "roles that nobody vouches for any more")
	added := read(as(lineage.Agent("tool", lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Subject: "ada", Roles: []string{"dba"}})))))
	require.Empty(t, added["roles"])
	require.Equal(t, []any{"tool"}, added["actors"])
}

// No statement takes a round trip more, in any mode, inside and outside of transactions.
func TestClaimsRoundTrips(t *testing.T) {
	base := claiming(t, nil)
	ada, bob := as(verified("human", "ada")), as(verified("human", "bob"))
	for _, mode := range []string{"cache_statement", "exec", "cache_describe", "describe_exec", "cache_statement, strict"} {
		t.Run(mode, func(t *testing.T) {
			mode, strict := strings.CutSuffix(mode, ", strict")
			profile := driver.Standard
			if strict {
				profile = driver.Strict
			}
			measure := func(c driver.Claims) (out []int64) {
				px, err := pgx.ParseConfig(base.dsn + mark(base.dsn) + "default_query_exec_mode=" + mode)
				require.NoError(t, err)
				wire := &wire{}
				px.DialFunc = wire.dial(px.DialFunc)
				connector, err := driver.WrapConnector(stdlib.GetConnector(*px), &driver.Config{Profile: profile, Claims: c})
				require.NoError(t, err)
				db := sql.OpenDB(connector)
				defer db.Close()
				db.SetMaxOpenConns(1)
				trips := func(run func()) {
					least := int64(1 << 40)
					for range 5 { // statements are prepared, and names read, now and then again
						before := wire.writes.Load()
						run()
						least = min(least, wire.writes.Load()-before)
					}
					out = append(out, least)
				}
				point := func(q queryer, ctx context.Context) func() {
					return func() { _ = ids(t, ctx, q, "select id from docs where id = $1", 1) }
				}
				write := func(q queryer) func() {
					return func() {
						_, err := q.ExecContext(ada, "update docs set v = $1 where id = $2", "x", 1)
						require.NoError(t, err)
					}
				}
				trips(point(db, ada))
				trips(write(db))
				trips(func() {
					_, err := db.ExecContext(ada, "update docs set v = v where id in (1, 2, 3)")
					require.NoError(t, err)
				})
				tx, err := db.BeginTx(ada, nil)
				require.NoError(t, err)
				trips(point(tx, ada))
				trips(write(tx))
				trips(func() { point(tx, ada)(); point(tx, bob)() })
				require.NoError(t, tx.Commit())
				trips(func() {
					tx, err := db.BeginTx(ada, nil)
					require.NoError(t, err)
					point(tx, ada)()
					write(tx)()
					require.NoError(t, tx.Commit())
				})
				return out
			}
			without, with := measure(driver.Claims{}), measure(told)
			if !strict && (mode == "cache_statement" || mode == "exec") {
				require.Equal(t, []int64{1, 1, 1, 1, 1, 2, 4}, without)
			}
			require.Equal(t, without, with)
			require.Equal(t, without, measure(driver.Claims{On: true, ApplicationName: true}))
		})
	}
}

// In a transaction the server is told once, and again when it may have forgotten.
func TestClaimsInTransactions(t *testing.T) {
	f := claiming(t, nil)
	below := f.below(&driver.Config{Claims: told})
	begin := func() *sql.Tx {
		tx, err := f.governed.BeginTx(ada, nil)
		require.NoError(t, err)
		return tx
	}
	tx := begin()
	do(t, tx, "savepoint s") // nobody's, and before anybody was named
	require.Equal(t, "ada", subject(t, ada, tx))
	require.Equal(t, "bob", subject(t, bob, tx))
	do(t, tx, "rollback to savepoint s")
	require.Equal(t, "bob", subject(t, bob, tx), "what the rollback has undone is said again")
	do(t, tx, "savepoint s2")
	require.Equal(t, "ada", subject(t, ada, tx))
	do(t, tx, "rollback to savepoint s2")
	require.Equal(t, "bob", subjectOf(t, left(t, below())), "the server is back at bob")
	var shown string
	require.NoError(t, tx.QueryRowContext(ada, "show governed.claims").Scan(&shown))
	require.Equal(t, "ada", subjectOf(t, shown), "a text with which nothing travels sees nobody else")
	require.Equal(t, "ada", subject(t, ada, tx))
	require.NoError(t, tx.Rollback())
	require.Empty(t, left(t, below()))

	tx = begin()
	require.Equal(t, "ada", subject(t, ada, tx))
	do(t, tx, "savepoint s")
	_, err := tx.ExecContext(ada, "select 1/0")
	require.Error(t, err)
	do(t, tx, "rollback to savepoint s")
	require.Equal(t, "bob", subject(t, bob, tx))
	require.NoError(t, tx.Commit())

	// As text, and one transaction after another.
	conn, err := f.governed.Conn(ada)
	require.NoError(t, err)
	do(t, conn, "begin")
	require.Equal(t, "ada", subject(t, ada, conn))
	do(t, conn, "commit and chain")
	require.Empty(t, left(t, below()))
	require.Equal(t, "bob", subject(t, bob, conn))
	do(t, conn, "rollback")
	require.Equal(t, []int{2}, ids(t, bob, conn, mine))
	require.NoError(t, conn.Close())

	// What has to come first in a transaction still may: to tell the server takes a snapshot.
	tx = begin()
	do(t, tx, "set transaction isolation level repeatable read", "lock table deeds in share mode")
	require.Empty(t, left(t, below()))
	require.Equal(t, "ada", subject(t, ada, tx))
	require.NoError(t, tx.Commit())
}

// The driver's own savepoints and transactions, of statements that are limited, undo nothing of it.
func TestClaimsAndLimits(t *testing.T) {
	limits := timeoutLimits
	limits.AffectedRows, limits.Rows, limits.Cost = 1, 2, 1e9
	config := limited(t, driver.Standard, limits)
	config.Claims = told
	f := claiming(t, nil)
	below := f.below(config)
	for range 2 {
		require.Equal(t, []int{1, 3}, ids(t, ada, f.governed, mine))
		_, err := f.governed.ExecContext(ada, "update docs set v = 'x' where id in (1, 2, 3)")
		require.ErrorIs(t, err, guard.ErrLimit)
		_, err = f.governed.ExecContext(bob, "update docs set v = 'x' where id in (1, 2, 3)")
		require.NoError(t, err)
		tx, err := f.governed.BeginTx(ada, nil)
		require.NoError(t, err)
		require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
		_, err = tx.ExecContext(ada, "update docs set v = 'x' where id in (1, 2, 3)")
		require.ErrorIs(t, err, guard.ErrLimit)
		require.Equal(t, "ada", subject(t, ada, tx))
		require.Equal(t, []int{2}, ids(t, bob, tx, mine))
		require.Equal(t, "bob", subject(t, bob, tx))
		rows, err := tx.QueryContext(bob, "select generate_series(1, 10)")
		require.NoError(t, err)
		for rows.Next() {
		}
		require.ErrorIs(t, rows.Err(), guard.ErrLimit)
		require.Equal(t, "bob", subject(t, bob, tx))
		require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
		require.NoError(t, tx.Commit())
		require.Empty(t, left(t, below()))
	}
}

// The planner counts the rows that the caller will see.
func TestClaimsAndCost(t *testing.T) {
	config := limited(t, driver.Standard, guard.Limits{Cost: 100})
	config.Claims = told
	f := claiming(t, config,
		"create table big (id int primary key, owner text, v text)", "insert into big select i, 'ada', repeat('x', 20) from generate_series(1, 20000) i",
		"create index on big (owner)", "analyze big", "alter table big enable row level security",
		"create policy own on big using (owner = nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub')")
	for range 2 {
		require.Empty(t, ids(t, bob, f.governed, "select id from big"))
		rows, err := f.governed.QueryContext(ada, "select id from big")
		if err == nil {
			_ = rows.Close()
		}
		require.ErrorIs(t, err, guard.ErrLimit)
	}
}

// ears hear how often a connection says whose a statement is.
type ears struct {
	net.Conn
	said *atomic.Int64
}

func (e ears) Write(b []byte) (int, error) {
	e.said.Add(int64(bytes.Count(b, []byte(`"kind":`))))
	return e.Conn.Write(b)
}

// A transaction is told once of each caller in turn.
func TestClaimsAreSaidOnce(t *testing.T) {
	f := claiming(t, nil)
	px, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	said, dial := &atomic.Int64{}, px.DialFunc
	px.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return ears{c, said}, err
	}
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), &driver.Config{Claims: told})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	times := func(run func()) int64 {
		before := said.Load()
		run()
		return said.Load() - before
	}
	tx, err := db.BeginTx(ada, nil)
	require.NoError(t, err)
	require.EqualValues(t, 1, times(func() {
		for range 3 {
			require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
		}
	}))
	require.EqualValues(t, 2, times(func() {
		require.Equal(t, []int{2}, ids(t, bob, tx, mine))
		require.Equal(t, []int{2}, ids(t, bob, tx, mine))
		require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
	}))
	require.EqualValues(t, 0, times(func() { require.NoError(t, tx.Commit()) }))
	require.EqualValues(t, 2, times(func() {
		require.Equal(t, []int{1, 3}, ids(t, ada, db, mine))
		require.Equal(t, []int{1, 3}, ids(t, ada, db, mine))
	}))
}

// What a table looked like is not believed for ever in the mode that remembers it.
func TestClaimsAndDescriptions(t *testing.T) {
	f := claiming(t, nil, "create table shifting (id int, v int)", "insert into shifting values (1, 2)")
	f.dsn += mark(f.dsn) + "default_query_exec_mode=cache_describe"
	f.below(&driver.Config{Claims: told})
	read := func() (v string, err error) {
		err = f.governed.QueryRowContext(ada, "select v from shifting where id = $1", "1").Scan(&v)
		return v, err
	}
	v, err := read()
	require.NoError(t, err)
	require.Equal(t, "2", v)
	_, err = f.plain.Exec("alter table shifting alter column v type text using 'two', alter column id type text")
	require.NoError(t, err)
	_, err = read()
	require.Error(t, err, "as with pgx")
	v, err = read()
	require.NoError(t, err)
	require.Equal(t, "two", v)
}

// Triggers see the person, also those of COPY; COPY TO shows what is theirs.
func TestClaimsReachTriggersAndCopy(t *testing.T) {
	f := claiming(t, nil)
	for _, profile := range []driver.Profile{driver.Standard, driver.Observe} {
		t.Run(profile.String(), func(t *testing.T) {
			below := f.below(&driver.Config{Profile: profile, Claims: told, Mask: driver.MaskDefault})
			defer f.governed.Close()
			exec := func(ctx context.Context, q queryer, text string, args ...any) {
				t.Helper()
				_, err := q.ExecContext(ctx, text, args...)
				require.NoError(t, err, text)
			}
			who := func(id int) (name string) {
				t.Helper()
				require.NoError(t, f.plain.QueryRow("select coalesce(who, '-') from deeds where id = $1", id).Scan(&name))
				return name
			}
			exec(ada, f.governed, "insert into deeds values (1, 'forged')")
			require.Equal(t, "ada", who(1))
			exec(bob, f.governed, "copy deeds (id) from stdin", driver.CopyFrom(strings.NewReader("2\n3\n")))
			require.Equal(t, "bob", who(2))
			var out bytes.Buffer
			exec(ada, f.governed, "copy docs (id) to stdout", driver.CopyTo(&out))
			require.Equal(t, "1\n3\n", out.String())
			tx, err := f.governed.BeginTx(ada, nil)
			require.NoError(t, err)
			exec(ada, tx, "insert into deeds values (4)")
			exec(bob, tx, "copy deeds (id) from stdin", driver.CopyFrom(strings.NewReader("5\n")))
			out.Reset()
			exec(ada, tx, "copy docs (id) to stdout", driver.CopyTo(&out))
			require.Equal(t, "1\n3\n", out.String())
			exec(ada, tx, "insert into deeds values (6)")
			require.NoError(t, tx.Commit())
			require.Equal(t, "ada bob ada", who(4)+" "+who(5)+" "+who(6))
			require.Empty(t, left(t, below()))
			_, err = f.plain.Exec("delete from deeds")
			require.NoError(t, err)
		})
	}
}

// Several statements in one text, and modes that observe passes on, are told as well.
func TestClaimsOfScripts(t *testing.T) {
	f := claiming(t, nil)
	who := "select string_agg(id || coalesce(who, '-'), ' ' order by id) from deeds"
	signed := func() (out string) {
		require.NoError(t, f.plain.QueryRow(who).Scan(&out))
		_, err := f.plain.Exec("delete from deeds")
		require.NoError(t, err)
		return out
	}
	below := f.below(&driver.Config{Profile: driver.Migration, Claims: told})
	_, err := f.governed.ExecContext(ada, "insert into deeds values (1); insert into deeds values (2)")
	require.NoError(t, err)
	require.Equal(t, "1ada 2ada", signed())
	_, err = f.governed.ExecContext(ada, "begin; insert into deeds values (1); commit")
	require.NoError(t, err)
	require.Equal(t, "1-", signed(), "a script that controls transactions is nobody's")
	require.Empty(t, left(t, below()))

	below = f.below(&driver.Config{Profile: driver.Observe, Claims: told})
	_, err = f.governed.ExecContext(ada, "insert into deeds values ($1)", pgx.QueryExecModeSimpleProtocol, 1)
	require.NoError(t, err)
	_, err = f.governed.ExecContext(bob, "insert into deeds values (2); insert into deeds values (3)")
	require.NoError(t, err)
	_, err = f.governed.ExecContext(ada, "insert into deeds values (4); insert into deeds values (5)", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	tx, err := f.governed.BeginTx(ada, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(bob, "insert into deeds values ($1)", pgx.QueryExecModeExec, 6)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Equal(t, []int{1, 3}, ids(t, ada, f.governed, mine, pgx.QueryExecModeSimpleProtocol))
	_, err = f.governed.ExecContext(ada, "insert into deeds values ($1)", pgx.QueryExecModeSimpleProtocol, 1)
	require.Error(t, err)
	require.Equal(t, []int{2}, ids(t, bob, f.governed, mine, pgx.QueryExecModeSimpleProtocol))
	require.Equal(t, "1ada 2bob 3bob 4ada 5ada 6bob", signed())
	require.Empty(t, left(t, below()))
	require.EqualValues(t, 'I', below().PgConn().TxStatus())
}

// What cannot run in a transaction runs, as nobody.
func TestClaimsOfBareStatements(t *testing.T) {
	f := claiming(t, nil, "create procedure note() language plpgsql as $$ begin insert into deeds values (7); commit; end $$", "grant all on deeds to public")
	_, err := f.plain.Exec("alter table deeds owner to " + owner(t, f))
	require.NoError(t, err)
	f.below(&driver.Config{Profile: driver.Migration, Claims: told})
	require.Equal(t, []int{1, 3}, ids(t, ada, f.governed, mine))
	for _, text := range []string{"vacuum deeds", "create index concurrently deeds_who on deeds (who)", "call note()"} {
		_, err := f.governed.ExecContext(ada, text)
		require.NoError(t, err, text)
	}
	require.Equal(t, 1, f.count("select count(*) from deeds where id = 7 and who is null"))
	require.Equal(t, []int{1, 3}, ids(t, ada, f.governed, mine))
	var shown string
	require.NoError(t, f.governed.QueryRowContext(ada, "show governed.claims").Scan(&shown))
	require.Empty(t, shown)
}

// owner is the role that is logged in.
func owner(t testing.TB, f *fixture) string {
	t.Helper()
	u, err := url.Parse(f.dsn)
	require.NoError(t, err)
	return pgx.Identifier{u.User.Username()}.Sanitize()
}

// forgeries are the ways by which a statement might say that it is somebody else's. @app is the role that is logged in.
var forgeries = []string{
	`select set_config('governed.claims', '{"sub":"bob"}', true), id from docs`,
	`select set_config('governed.claims', '{"sub":"bob"}', false)`,
	`select pg_catalog.set_config('GOVERNED.Claims', '{"sub":"bob"}', true)`,
	`select set_config('governed.' || 'claims', '{"sub":"bob"}', true), id from docs`,
	`select set_config(n, '{"sub":"bob"}', true) from (values ('governed.claims')) v(n)`,
	`select set_config(v, '{"sub":"bob"}', true) from docs`,
	`select set_config($1, '{"sub":"bob"}', true)`,
	`select id from docs where set_config('governed.claims', '{"sub":"bob"}', true) is not null`,
	`with f as materialized (select set_config('governed.claims', '{"sub":"bob"}', true)) select id from f, docs`,
	`explain analyze select set_config('governed.claims', '{"sub":"bob"}', true)`,
	`update docs set v = set_config('governed.claims', '{"sub":"bob"}', true)`,
	`set governed.claims = '{"sub":"bob"}'`,
	`set session governed.claims to '{"sub":"bob"}'`,
	`set local governed.claims = '{"sub":"bob"}'`,
	`set local "GOVERNED"."CLAIMS" = '{"sub":"bob"}'`,
	`set governed.claims from current`,
	`set governed.claims to default`,
	`reset governed.claims`,
	`reset all`,
	`discard all`,
	`set role postgres`,
	`set local role postgres`,
	`set role none`,
	`reset role`,
	`select set_config('role', 'postgres', true)`,
	`set session authorization postgres`,
	`set local session authorization postgres`,
	`reset session authorization`,
	`select set_config('session_authorization', 'postgres', true)`,
	`set row_security = off`,
	`set local row_security = off`,
	`create function f() returns bigint language sql set governed.claims = '{"sub":"bob"}' as 'select count(*) from docs'`,
	`alter function bare() set governed.claims = '{"sub":"bob"}'`,
	`alter function bare() set role = postgres`,
	`select asbob()`,
	`select becomes()`,
	`select names('governed.claims')`,
	`select defaulted()`,
	`select id from docs where defaulted(b => 'x') = 'x'`,
	`select defaulted('x')`,
	`select * from defaulted('x') d`,
	`select by_default()`,
	`call calls()`,
	`create function late(a text default set_config('governed.claims', '{"sub":"bob"}', true)) returns text language sql as 'select a'; select late()`,
	`do $$ begin perform set_config('governed.claims', '{"sub":"bob"}', true); end $$`,
	`do $$ begin execute 'set local governed.claims = ''{"sub":"bob"}'''; end $$`,
	`do $$ declare n text := 'governed'; begin execute format('set local %I.claims = %L', n, '{"sub":"bob"}'); end $$`,
	`create or replace function g() returns void language plpgsql as $$ begin perform set_config('governed.claims', '{}', false); end $$`,
	`alter role @app set governed.claims = '{"sub":"bob"}'`,
	`alter role current_user set governed.claims = '{"sub":"bob"}'`,
	`alter user all set governed.claims = '{"sub":"bob"}'`,
	`alter database @db set governed.claims = '{"sub":"bob"}'`,
	`alter system set governed.claims = '{"sub":"bob"}'`,
	`update pg_settings set setting = '{"sub":"bob"}' where name = 'governed.claims'`,
	`update pg_catalog.pg_settings set setting = '{"sub":"bob"}'`,
	`prepare p as select set_config('governed.claims', '{"sub":"bob"}', true)`,
	`select query_to_xml('select set_config(''governed.claims'', ''{"sub":"bob"}'', true)', true, true, '')`,
	`declare c cursor for select set_config('governed.claims', '{"sub":"bob"}', true)`,
	`select * from sets`,
	`alter policy own on docs using (true)`,
	`alter table docs disable row level security`,
	`alter table docs no force row level security`,
	`drop policy own on docs`,
	`create policy all_of_it on docs using (true)`,
}

// None of them reaches the server, and none has an effect.
func TestClaimsCannotBeForged(t *testing.T) {
	base := claiming(t, nil,
		"create function bare() returns int language sql as 'select 1'",
		`create function asbob() returns bigint language sql set governed.claims = '{"sub":"bob"}' as 'select count(*) from docs'`,
		`create function becomes() returns text language plpgsql as $$ begin return set_config('governed.claims', '{"sub":"bob"}', true); end $$`,
		`create function names(n text) returns text language sql as $$ select set_config(n, '{"sub":"bob"}', true) $$`,
		`create function defaulted(a text default 'y', b text default set_config('governed.claims', '{"sub":"bob"}', true)) returns text stable language sql as 'select a'`,
		"create function by_default(n int default length(becomes())) returns int immutable language sql as 'select n'",
		`create procedure calls(a text default set_config('governed.claims', '{"sub":"bob"}', false)) language sql as 'select 1'`,
		`create view sets as select set_config('governed.claims', '{"sub":"bob"}', true) as s`,
		"grant execute on all functions in schema public to public", "grant select on sets to public",
	)
	_, err := base.plain.Exec("alter table docs owner to " + owner(t, base) + "; alter table docs force row level security; alter function bare() owner to " + owner(t, base))
	require.NoError(t, err, "the role that is logged in could do all of it")
	u, err := url.Parse(base.dsn)
	require.NoError(t, err)
	fill := strings.NewReplacer("@app", owner(t, base), "@db", pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize())
	settings := `select coalesce((select count(*)::text from pg_db_role_setting), '') || coalesce((select string_agg(proname || coalesce(proconfig::text, ''), ',' order by proname) from pg_proc
		where pronamespace = 'public'::regnamespace), '') || (select string_agg(polname || pg_get_expr(polqual, polrelid), ',') from pg_policy) || (select relrowsecurity::text || relforcerowsecurity from pg_class where relname = 'docs')`
	var before string
	require.NoError(t, base.plain.QueryRow(settings).Scan(&before))
	for _, profile := range []driver.Profile{driver.Standard, driver.Strict} {
		f := *base
		f.t = t
		below := f.below(&driver.Config{Profile: profile, Claims: told})
		caller := as(verified("human", "ada"))
		for _, text := range forgeries {
			t.Run(profile.String()+"/"+text, func(t *testing.T) {
				text := fill.Replace(text)
				var args []any
				if strings.Contains(text, "$1") {
					args = []any{"governed.claims"}
				}
				tx, err := f.governed.BeginTx(caller, nil)
				require.NoError(t, err)
				require.Equal(t, []int{1, 3}, ids(t, caller, tx, mine))
				_, err = tx.ExecContext(caller, text, args...)
				require.ErrorIs(t, err, guard.ErrDenied)
				require.Equal(t, []int{1, 3}, ids(t, caller, tx, mine))
				require.NoError(t, tx.Commit())
				_, err = f.governed.ExecContext(caller, text, args...)
				require.ErrorIs(t, err, guard.ErrDenied)
				rows, err := f.governed.QueryContext(caller, text, args...)
				if err == nil {
					_ = rows.Close()
				}
				require.ErrorIs(t, err, guard.ErrDenied)
				require.Equal(t, []int{1, 3}, ids(t, caller, f.governed, mine))
				require.Empty(t, left(t, below()))
				var after string
				require.NoError(t, base.plain.QueryRow(settings).Scan(&after))
				require.Equal(t, before, after)
			})
		}
	}
}

// In observe a statement may say what it likes; the next one is told again whose it is.
func TestClaimsForgedInObserve(t *testing.T) {
	f := claiming(t, &driver.Config{Profile: driver.Observe, Claims: told})
	tx, err := f.governed.BeginTx(ada, nil)
	require.NoError(t, err)
	require.Equal(t, "ada", subject(t, ada, tx))
	for _, text := range []string{
		`set local governed.claims = '{"sub":"bob"}'`, `select set_config('governed.claims', '{"sub":"bob"}', true)`,
		`do $$ begin perform set_config('governed.claims', '{"sub":"bob"}', true); end $$`, "reset all",
	} {
		_, err := tx.ExecContext(ada, text)
		require.NoError(t, err, text)
		require.Equal(t, "ada", subject(t, ada, tx), text)
	}
	unread := "select id from docs where id < 9 " + strings.Repeat("or id = 0 ", 60_000) + "order by id"
	require.Equal(t, []int{2}, ids(t, bob, tx, unread), "a text that is too long to be read belongs to nobody else")
	require.NoError(t, tx.Commit())
	require.Empty(t, ids(t, bob, f.governed, unread))
}

// A trigger that says otherwise in a transaction is contradicted.
func TestClaimsForgedByATrigger(t *testing.T) {
	f := claiming(t, &driver.Config{Claims: told}, "create table trap (i int)",
		`create function traps() returns trigger language plpgsql as $$ begin perform set_config('governed.claims', '{"sub":"bob"}', true); return null; end $$`,
		"create trigger t after insert on trap for each row execute function traps()", "grant all on trap to public")
	tx, err := f.governed.BeginTx(ada, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ada, "insert into trap values (1)")
	require.NoError(t, err)
	require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
	require.NoError(t, tx.Commit())
}

// A caller whose token has run out is refused by strict at its next statement, and counts as unverified elsewhere.
func TestExpiredCaller(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Rules: []guard.PolicyRule{{
		ID: "vouched", When: guard.Condition{Identity: guard.Identity{Verified: new(true)}}, Then: guard.Outcome{Clear: []string{"email"}},
	}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy, Claims: told})
	strict := f.open(&driver.Config{Profile: driver.Strict, Claims: told})
	ctx, lapse := lapsing(t)
	email := func() (out string) {
		require.NoError(t, f.governed.QueryRowContext(ctx, "select email from people where id = 1").Scan(&out))
		return out
	}
	stmt, err := strict.PrepareContext(ctx, "select id from people where id = $1")
	require.NoError(t, err)
	defer stmt.Close()
	tx, err := strict.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	require.Equal(t, u1, email())
	require.Equal(t, []int{1}, ids(t, ctx, strict, "select id from people where id = $1", 1))
	require.Equal(t, []int{1}, ids(t, ctx, tx, "select id from people where id = $1", 1))
	lapse()
	require.Contains(t, email(), ".invalid")
	_, err = strict.QueryContext(ctx, "select id from people where id = $1", 1)
	require.ErrorIs(t, err, guard.ErrDenied)
	_, err = tx.QueryContext(ctx, "select id from people where id = $1", 1)
	require.ErrorIs(t, err, guard.ErrDenied)
	_, err = stmt.QueryContext(ctx, 1)
	require.ErrorIs(t, err, guard.ErrDenied)
}

// lapsing gives the context of a verified caller, and waits until nobody vouches for it any more.
func lapsing(t testing.TB) (context.Context, func()) {
	t.Helper()
	end := time.Now().Add(3 * time.Second)
	ctx := as(lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Issuer: "i", Subject: "ada", Expires: end})))
	return ctx, func() {
		require.Eventually(t, func() bool { return !time.Now().Before(end) }, time.Minute, 10*time.Millisecond)
	}
}

func TestClaimsInTheLog(t *testing.T) {
	f := claiming(t, nil)
	below := f.below(&driver.Config{Claims: driver.Claims{On: true, ApplicationName: true}})
	name := func(ctx context.Context) (out string) {
		require.NoError(t, f.governed.QueryRowContext(ctx, "select application_name from pg_stat_activity where pid = pg_backend_pid()").Scan(&out))
		return out
	}
	require.Equal(t, "agent bot for ada", name(as(lineage.Agent("bot", lineage.Human("ada")))))
	require.Equal(t, "anonymous", name(background))
	var left string
	require.NoError(t, below().QueryRow(background, "show application_name", pgx.QueryExecModeExec).Scan(&left))
	require.Empty(t, left)
}

func TestClaimsConfig(t *testing.T) {
	for name, c := range map[string]driver.Claims{
		"role alone": {Role: func(lineage.Caller) string { return "x" }},
		"name alone": {ApplicationName: true},
	} {
		_, err := driver.NewConnector("postgres://app@127.0.0.1/shop", &driver.Config{Claims: c})
		require.ErrorContains(t, err, "not On", name)
	}
	_, err := driver.NewConnector("postgres://app@127.0.0.1/shop?governed.claims=yes", nil)
	var dsn *driver.DSNError
	require.ErrorAs(t, err, &dsn)
	require.Equal(t, "governed.claims", dsn.Key)
	f := claiming(t, nil)
	db := open(t, driver.Name, f.dsn+mark(f.dsn)+"governed.claims=on")
	require.Equal(t, []int{1, 3}, ids(t, ada, db, mine))
	db = open(t, driver.Name, f.dsn+mark(f.dsn)+"governed.claims=off")
	require.Empty(t, ids(t, ada, db, mine))
}
