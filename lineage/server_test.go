package lineage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/pgtest"
)

// TestServerResolvesAlike has a real server resolve the statements of testdata/query: what it takes, the analyser
// resolves, with the same names and origins; what it does not find, the analyser does not find.
func TestServerResolvesAlike(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	paths, err := filepath.Glob("testdata/query/*.txtar")
	require.NoError(t, err)
	dsn := pgtest.New(t)
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	defer conn.Close(ctx)
	created := false
	var catalog *Snapshot
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		for _, f := range archive.Files {
			if f.Name == "schema" && !created {
				created, catalog = true, parseSchema(t, string(f.Data))
				create(t, conn, catalog, string(f.Data))
			}
			if name, ok := strings.CutSuffix(f.Name, ".sql"); ok {
				resolveAlike(t, conn, catalog, filepath.Base(path)+" "+name, string(f.Data))
			}
		}
	}
}

// create makes the relations and functions of a schema, with the OIDs that the server gives them.
func create(t *testing.T, conn *pgx.Conn, catalog *Snapshot, schema string) {
	ctx := context.Background()
	for line := range strings.Lines(schema) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, columns, _ := strings.Cut(rest, " ")
		sql := ""
		switch kind {
		case "table":
			if strings.Contains(columns, "public.addr") {
				_, err := conn.Exec(ctx, "create type public.addr as (street text, zip text)")
				require.NoError(t, err)
			}
			sql = fmt.Sprintf("create table %s (%s)", name, columns)
			if name == "public.users" {
				sql = fmt.Sprintf("create table %s (%s, unique (id))", name, columns)
			}
		case "view", "matview":
			_, query, _ := strings.Cut(columns, " = ")
			sql = map[string]string{"view": "create view ", "matview": "create materialized view "}[kind] + name + " as " + query
			if name == "public.loop" {
				continue // there is no such view
			}
			if kind == "view" && name == "public.emails" {
				sql = "create view " + name + "(id, mail) as " + query
			}
			if name == "public.nested" {
				sql = "create view " + name + "(mail) as " + query
			}
		case "function":
			sql = function(rest)
		}
		if sql == "" {
			continue
		}
		_, err := conn.Exec(ctx, sql)
		require.NoError(t, err, sql)
		var oid uint32
		if err := conn.QueryRow(ctx, "select coalesce(to_regclass($1)::oid, 0)", name).Scan(&oid); err == nil && oid > 0 {
			rel, _ := catalog.Relation("public", strings.TrimPrefix(name, "public."))
			rel.OID = oid
		}
	}
	_, err := conn.Exec(ctx, "create operator public.=~ (leftarg = text, rightarg = text, function = public.same)")
	require.NoError(t, err)
}

// function is a definition of a user's function; PostgreSQL's own are there.
func function(text string) string {
	head, result, _ := strings.Cut(text, ") ")
	if !strings.HasPrefix(text, "public.") {
		return ""
	}
	return "create function " + head + ") returns " + result + " language plpgsql as 'begin raise exception ''never called''; end'"
}

// apart are the statements that a server of version 15 cannot prepare for a reason that is not the analyser's.
var apart = map[string]string{
	"subqueries.txtar unnamed":               "version 16",
	"functions.txtar json":                   "version 16",
	"functions.txtar json_table":             "version 17",
	"writes.txtar merge":                     "version 17",
	"writes.txtar merge_all":                 "version 17",
	"writes.txtar update_returning_versions": "version 18",
	"writes.txtar returning_with":            "version 18",
	"views.txtar cyclic":                     "no server has such a view",
	"functions.txtar ordinality":             "the schema leaves string_to_array out",
	"names.txtar two_statements":             "two statements",
	"clauses.txtar select_into":              "has no result",
}

// nameErrors are the server's errors of names; others, of types and of groups, are not the analyser's to find.
var nameErrors = map[string]string{
	"42703": "undefined column", "42P01": "undefined table", "42702": "ambiguous column", "42P09": "ambiguous alias",
	"42883": "undefined function",
}

// resolveAlike compares one statement. It reports whether the server takes it.
func resolveAlike(t *testing.T, conn *pgx.Conn, catalog *Snapshot, name, sql string) (taken bool) {
	if apart[name] != "" {
		return false
	}
	list, err := AnalyzeText(sql, catalog)
	require.NoError(t, err, name)
	st := list[0]
	d, err := conn.Prepare(context.Background(), "", sql)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		if len(st.Unresolved) == 0 && nameErrors[refused.Code] != "" && !strings.HasPrefix(refused.Message, "ORDER BY") {
			t.Errorf("%s: the server says %s, the analyser nothing: %s", name, refused.Message, sql)
		}
		return false
	}
	require.NoError(t, err, name)
	if len(st.Unresolved) > 0 {
		t.Errorf("%s: the server takes it, the analyser says %+v: %s", name, st.Unresolved, sql)
		return true
	}
	require.Equal(t, len(d.Fields), len(st.Outputs), "%s: %s", name, sql)
	for i, f := range d.Fields {
		o := st.Outputs[i]
		if o.Type != "" && !strings.Contains(sql, "sum(") { // of which the schema has one of many
			var typ string
			require.NoError(t, conn.QueryRow(context.Background(), "select format_type($1, $2)", f.DataTypeOID, f.TypeModifier).Scan(&typ))
			if strings.TrimPrefix(o.Type, "public.") != strings.TrimPrefix(typ, "public.") && o.Type != bareType(typ) {
				t.Errorf("%s: column %d is of type %s, the server says %s: %s", name, i, o.Type, typ, sql)
			}
		}
		var oid uint32
		var num uint16
		if o.Origin != nil {
			oid, num = o.Origin.RelOID, uint16(o.Origin.Num)
		}
		if f.Name != o.Name || f.TableOID != oid || f.TableAttributeNumber != num {
			t.Errorf("%s: column %d is %s of %d.%d, the server says %s of %d.%d: %s", name, i, o.Name, oid, num, f.Name, f.TableOID, f.TableAttributeNumber, sql)
		}
	}
	return true
}
