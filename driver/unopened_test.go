package driver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// unopened are tables with code that no statement names: functions that say that bob is there, and leave something behind.
var unopened = []string{
	`create function forge() returns int language plpgsql as $$ begin
		perform set_config('governed.claims', '{"sub":"bob"}', true), set_config('app.tenant', 'acme', false); return 1; end $$`,
	"create function forges(int) returns int immutable language plpgsql as $$ begin perform forge(); return $1; end $$",
	"create function forges(text) returns bool immutable language plpgsql as $$ begin perform forge(); return true; end $$",
	"create function forge_matches(int, int) returns bool immutable language plpgsql as $$ begin perform forge(); return true; end $$",
	"create operator ==> (leftarg = int, rightarg = int, function = forge_matches)",
	"create domain forged as text check (forges(value))",
	"create domain forged_below as forged",
	"create view forging as select forge() as i",
	"create table checked (id int check (forges(id) > 0))",
	"create table matched (id int check (id ==> 1))",
	"create table defaulted (id int, i int default forge())",
	`create table told (id int, v text default set_config('governed.claims', '{"sub":"bob"}', true), w text default set_config('app.tenant', 'acme', false))`,
	`create table queried (id int, v xml default query_to_xml('select forge()', true, true, ''))`,
	"create table narrowed (id int, v text default (clock_timestamp()::text)::forged_below)",
	"create table generated (id int, g int generated always as (forges(id)) stored)",
	"create table indexed (id int)", "create index on indexed (forges(id))",
	"create table partly (id int)", "create index on partly (id) where forges(id) > 0",
	"create table excluded (id int, exclude using btree (forges(id) with =))",
	"create table guarded (id int)", "insert into guarded values (1)", "alter table guarded enable row level security",
	"create policy p on guarded using (forge() = 1)",
	"create table written (id int)", "alter table written enable row level security",
	"create policy w on written for insert with check (forges(id) > 0)", "create policy r on written for select using (true)",
	"create table viewing (id int)", "insert into viewing values (1)", "alter table viewing enable row level security",
	"create policy p on viewing using (exists (select 1 from forging))",
	"create table asking (id int)", "insert into asking values (1)", "alter table asking enable row level security",
	"create policy p on asking using (exists (select 1 from guarded))",
	"create table setting (id int)", "insert into setting values (1)", "alter table setting enable row level security",
	`create policy p on setting using (set_config('governed.claims', '{"sub":"bob"}', true) <> '' and set_config('app.tenant', 'acme', false) <> '')`,
	"create view over_guarded as select id from guarded",
	"grant all on all tables in schema public to public",
}

// referring is a table of which what is called runs when rows of another are deleted.
var referring = []string{
	"create table bases (id int primary key)",
	"insert into bases select generate_series(0, 100)",
	"create table dependents (id int default forges(0) references bases on delete set default)",
	"insert into dependents select generate_series(1, 100)",
	"grant all on all tables in schema public to public",
}

// Code that nobody opens runs with a statement that is allowed: what it says of the caller is contradicted, what it leaves on
// the connection is swept away.
func TestClaimsForgedBehindTables(t *testing.T) {
	f := claiming(t, nil, unopened...)
	below := f.below(&driver.Config{Claims: told, Mask: driver.MaskOff})
	_, err := f.plain.Exec("alter view over_guarded owner to " + owner(t, f))
	require.NoError(t, err, "for a superuser's view no policy is asked")
	forged(t, f, below, "insert into checked values (1)", "insert into matched values (1)", "insert into defaulted values (1)", "insert into told values (1)",
		"insert into queried values (1)", "insert into narrowed values (1)", "insert into generated values (1)", "insert into indexed values (1)",
		"insert into partly values (1)", "insert into excluded values ((select count(*) from excluded))",
		"select id from guarded", "insert into written values (1)", "select id from viewing", "select id from asking", "select id from setting",
		"update guarded set id = 1 where id = 1", "select id from over_guarded", "with x as (insert into checked values (2) returning id) select id from x")
}

func TestClaimsForgedBehindAnotherTable(t *testing.T) {
	f := claiming(t, nil, append(unopened, referring...)...)
	below := f.below(&driver.Config{Claims: told, Mask: driver.MaskOff})
	forged(t, f, below, "delete from bases where id = (select max(id) from bases where id > 0)")
}

// forged runs statements with which the code runs.
func forged(t *testing.T, f *fixture, below func() *pgx.Conn, texts ...string) {
	t.Helper()
	clean := f.traces(t, below)
	for _, text := range texts {
		t.Run(text, func(t *testing.T) {
			tx, err := f.governed.BeginTx(ada, nil)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
			_, err = tx.ExecContext(ada, text)
			require.NoError(t, err)
			require.Equal(t, "bob", subjectOf(t, left(t, below())), "the code has run")
			require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
			require.NoError(t, tx.Commit())
			require.Equal(t, clean, f.traces(t, below))
			_, err = f.governed.ExecContext(ada, text)
			require.NoError(t, err)
			require.Equal(t, clean, f.traces(t, below))
			require.Empty(t, left(t, below()))
		})
	}
}

// A function that is called STABLE sets what it likes where its body cannot be read, and a policy allows it.
func TestClaimsForgedByAStableFunction(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Overrides: []guard.Override{{Rule: "IO11", To: lineage.Allow}}})
	require.NoError(t, err)
	f := claiming(t, nil, append(unopened, "create function forge_text(what text) returns int stable language plpgsql as $$ begin execute what; return 1; end $$")...)
	below := f.below(&driver.Config{Claims: told, Mask: driver.MaskOff, Policy: policy})
	forged(t, f, below, "select forge_text('select forge()')")
}

// Once such code is there, a statement that was known before counts it.
func TestClaimsForgedByNewCode(t *testing.T) {
	f := claiming(t, nil, append(unopened, "create table growing (id int)", "grant all on growing to public")...)
	for _, text := range []string{"create index on growing (forges(id))", "alter table growing add check (forges(id) > 0)"} {
		below := f.below(&driver.Config{Claims: told, Mask: driver.MaskOff})
		const write = "insert into growing values (1)"
		_, err := f.governed.ExecContext(ada, write)
		require.NoError(t, err)
		_, err = f.plain.Exec(text)
		require.NoError(t, err)
		require.Eventually(t, func() bool { // names are looked up again every second
			tx, err := f.governed.BeginTx(ada, nil)
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback()) }()
			require.Equal(t, []int{1, 3}, ids(t, ada, tx, mine))
			_, err = tx.ExecContext(ada, write)
			require.NoError(t, err)
			require.Equal(t, "bob", subjectOf(t, left(t, below())))
			_, err = tx.ExecContext(ada, "select 1")
			require.NoError(t, err)
			return subjectOf(t, left(t, below())) == "ada"
		}, time.Minute, 50*time.Millisecond)
		_, err = f.plain.Exec("drop table growing; create table growing (id int); grant all on growing to public")
		require.NoError(t, err)
	}
}

// Ordinary tables cost no sweep: what their defaults, checks, indexes and policies call is known to be harmless.
func TestOrdinaryTablesAreNotSwept(t *testing.T) {
	f := claiming(t, nil,
		"create sequence numbers", "create type mood as enum ('glad', 'sad')", "create domain address as text check (value ~ '@' and length(value) < 100)",
		`create table ordinary (id bigint primary key default nextval('numbers'), at timestamptz not null default now(), seen timestamptz default clock_timestamp(),
			key uuid default gen_random_uuid(), mail address default 'a@b', v text check (v ~ '^x' and length(v) < 10), luck float default random(), by name default current_user,
			feels mood default 'glad'::mood check (feels <> 'sad'::mood), n int generated always as identity, twice int generated always as (n * 2) stored,
			data jsonb default '{}'::jsonb, ends date default current_date + 7, app text default current_setting('application_name'), unique (key), exclude using btree (id with =))`,
		"create index on ordinary (lower(v)) where v is not null", "create index on ordinary using gin (data)",
		"create table members (who text, team int)", "insert into members values ('ada', 1)", "alter table members enable row level security",
		"create policy own on members using (who = (select nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'))",
		"create table teams (id int primary key, boss text default session_user)", "insert into teams values (1), (2)", "alter table teams enable row level security",
		"create policy mine on teams using (id in (select team from members where team > 0))",
		"grant all on all tables in schema public to public", "grant usage on all sequences in schema public to public")
	px, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	wire := &wire{}
	px.DialFunc = wire.dial(px.DialFunc)
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), &driver.Config{Claims: told})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for text, run := range map[string]func(){
		"insert": func() {
			_, err := db.ExecContext(ada, "insert into ordinary (v) values ($1)", "xy")
			require.NoError(t, err)
		},
		"update": func() {
			_, err := db.ExecContext(ada, "update ordinary set v = $1 where id = $2", "xyz", 1)
			require.NoError(t, err)
		},
		"select":            func() { _ = ids(t, ada, db, "select id from ordinary where id = $1", 1) },
		"policies":          func() { require.Equal(t, []int{1}, ids(t, ada, db, "select id from teams")) },
		"documented policy": func() { require.Equal(t, []int{1, 3}, ids(t, ada, db, mine)) },
	} {
		least := int64(1 << 40)
		for range 8 {
			before := wire.writes.Load()
			run()
			least = min(least, wire.writes.Load()-before)
		}
		require.EqualValues(t, 1, least, text)
	}
}
