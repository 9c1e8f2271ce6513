package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

// utilities are statements in which % is a value that somebody keeps for themselves.
var utilities = []string{
	"set myapp.token = %", "set local myapp.token to %", "set session myapp.token = '%'", "set myapp.a = %, %", `set myapp.a = "%"`,
	"set time zone %", "set time zone '%'", "select set_config('myapp.token', '%', false)", "set role '%'", "set session authorization '%'",
	"set names '%'", "set transaction snapshot '%'", "set schema '%'", "set catalog '%'",
	"alter system set myapp.token = %", "alter system set myapp.token = '%'", "alter database d set myapp.token to %",
	"alter role r set myapp.token = %", "alter role r in database d set myapp.token = '%'", "alter function f(int) set myapp.token = %",
	"create function f() returns int language sql set myapp.token = % as 'select ''%'''",
	"create or replace procedure p() language plpgsql as $$ begin raise notice '%'; end $$",
	"load '%'", "prepare transaction '%'", "commit prepared '%'", "rollback prepared '%'",
	"copy t from '%'", "copy t to '%'", "copy t to program '%'", "copy t from program '%' with (delimiter '%')", "copy (select '%') to '%'",
	"notify ch, '%'", "select pg_notify('%', '%')",
	"create subscription s connection '%' publication p", "alter subscription s connection '%'", "create subscription s connection 'password=%' publication p with (slot_name = '%')",
	"comment on table t is '%'", "comment on column t.id is '%'", "comment on role r is '%'", "security label on table t is '%'", "security label for '%' on table t is '%'",
	"create role r password '%'", "create user u with encrypted password '%' valid until '%'", "alter role r password '%'", "alter user u password '%'",
	"create user mapping for public server s options (user '%', password '%')", "alter user mapping for public server s options (set password '%')",
	"create server s type '%' version '%' foreign data wrapper w options (host '%')", "alter server s version '%' options (add password '%')",
	"create foreign data wrapper w options (a '%')", "create foreign table ft (a int options (b '%')) server s options (c '%')",
	"import foreign schema x from server s into y options (a '%')",
	"do $$ begin raise notice '%'; end $$", "do language 'plpgsql' $x$ begin execute '%'; end $x$", "call p('%')", "execute x('%')", "prepare x as select '%'",
	"declare c cursor for select '%'", "explain select '%'", "explain (format json) insert into t values (1, '%')",
	"create type e as enum ('%', 'b')", "alter type e add value '%' before '%'", "alter type e rename value '%' to '%'",
	"create table u (a text default '%' check (a <> '%'))", "create table u2 as select '%' as x", "create view v as select '%'::text as x",
	"create index on t ((label || '%'))", "create index on t (id) where label = '%'", "alter table t add constraint c check (label <> '%')",
	"alter table t alter column label set default '%'", "alter table t alter column label type text using '%'", "create domain dd as text check (value <> '%')",
	"create rule r as on insert to t do also insert into t values (2, '%')", "create trigger tr after insert on t for each row execute function f('%')",
	"create policy pp on t using (label = '%')", "create tablespace ts location '%'", "create database d2 template = x encoding '%' locale '%'",
	"create collation c2 (locale = '%')", "create aggregate ag (int) (sfunc = int4pl, stype = int, initcond = '%')", "create extension x version '%'",
	"alter extension x update to '%'", "create text search dictionary td (template = simple, stopwords = '%')", "create event trigger et on ddl_command_start when tag in ('%') execute function f()",
	"create publication pu for table t where (label = '%')", "create sequence sq", "vacuum t", "merge into t using (select 1 as a) s on t.label = '%' when matched then delete",
	"insert into t values (1, '%') returning '%'", "update t set label = '%' where label = U&'%'", "delete from t where label = E'%'", "select '%' -- %", "select 1 /* % */",
	"savepoint a", "listen ch", "grant select on t to public", "lock table t", "create statistics st on (label || '%'), id from t",
	"create function g(a text default '%') returns text language sql return '%'", "create function h() returns text language sql begin atomic select '%'::text; end",
	"begin; set myapp.token = %; insert into t values (1, '%'); rollback", "not sql %", "select '%", "reassign owned by a to b",
}

// Nothing of what statements hold as values stands in the log, in a span or in what audit says, whichever kind of statement.
func TestNoValueOfAUtilityIsTold(t *testing.T) {
	const value = "s3cr3t"
	dsn := pgtest.New(t, "create table t (id int, label text)")
	dir := filepath.Join(t.TempDir(), "log")
	told := &teller{}
	for _, profile := range []driver.Profile{driver.Observe, driver.Standard, driver.Migration} {
		connector, err := driver.NewConnector(dsn+"&governed.ledger="+dir, &driver.Config{Profile: profile, Recorders: []driver.Recorder{told}})
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		for _, text := range utilities {
			conn, err := db.Conn(context.Background())
			require.NoError(t, err)
			_, _ = conn.ExecContext(context.Background(), strings.ReplaceAll(text, "%", value))
			_ = conn.Close()
		}
		require.NoError(t, db.Close())
	}
	require.Greater(t, told.n, 3*len(utilities))
	for _, line := range strings.Split(told.text.String(), "\n") {
		require.NotContains(t, line, value)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			require.NotContains(t, line, value)
		}
	}
	out := exits(t, 0, "audit", "-ledger", dir)
	require.NotContains(t, out, value)
	require.Contains(t, out, "set myapp.token = ?")
}

// teller takes down the texts that spans hold.
type teller struct {
	text strings.Builder
	n    int
}

func (r *teller) Begin(ctx context.Context, rec *lineage.Record) (context.Context, error) {
	r.n++
	list := rec.Script
	if rec.Statement != nil {
		list = append(list, rec.Statement)
	}
	for _, st := range list {
		fmt.Fprintln(&r.text, st.Normalized, "|", st.Summary)
	}
	return ctx, nil
}

func (r *teller) End(context.Context, *lineage.Record) {}
