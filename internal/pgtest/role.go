package pgtest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Role creates a plain login role in the database of dsn and returns the
// address that logs in as it. The role is no superuser and bypasses nothing. It
// may use and create in schema public, and has every privilege on the tables
// and sequences of the database: those that exist and those that the superuser
// creates later.
//
// Roles belong to a server and not to a database, and one server hosts the
// databases of many tests, so the database's name is appended to role: the role
// app in database t1 is app_t1. Asking twice for the same role is allowed.
func Role(t testing.TB, dsn, role string) string {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	name := role + "_" + strings.TrimPrefix(address.Path, "/")
	run(t, ungoverned(*address), func(*pgx.Conn) string { return grants(name) })
	address.User = url.User(name)
	return address.String()
}

// ungoverned is address without the keys that are not for the server.
func ungoverned(address url.URL) string {
	var kept []string
	for pair := range strings.SplitSeq(address.RawQuery, "&") {
		if !strings.HasPrefix(pair, "governed.") {
			kept = append(kept, pair)
		}
	}
	address.RawQuery = strings.Join(kept, "&")
	return address.String()
}

// grants are the statements that make a role and give it the database.
func grants(role string) string {
	return strings.NewReplacer(
		"{literal}", "'"+strings.ReplaceAll(role, "'", "''")+"'",
		"{role}", pgx.Identifier{role}.Sanitize(),
	).Replace(`
do $do$
declare
	role constant text := {literal};
	schema name;
begin
	if not exists (select from pg_roles where rolname = role) then
		execute format('create role %I login', role);
	end if;
	for schema in
		select nspname from pg_namespace
		where nspname !~ '^pg_' and nspname <> 'information_schema'
	loop
		execute format('grant usage on schema %I to %I', schema, role);
		execute format('grant all on all tables in schema %I to %I', schema, role);
		execute format('grant all on all sequences in schema %I to %I', schema, role);
	end loop;
end $do$;
grant create on schema public to {role};
alter default privileges grant usage on schemas to {role};
alter default privileges grant all on tables to {role};
alter default privileges grant all on sequences to {role}`)
}
