package lineage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/pgtest"
)

// A witness is a server with the schema of testdata/query. It shares no code with the analyser.
type witness struct {
	*pgx.Conn
	catalog *Snapshot
	dsn     string
	held    bool // it holds the prepared statement p
}

func newWitness(t *testing.T) *witness {
	dsn := pgtest.New(t)
	conn, err := pgx.Connect(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	schema := corpusSchema(t)
	catalog := parseSchema(t, schema)
	create(t, conn, catalog, schema)
	return &witness{Conn: conn, catalog: catalog, dsn: dsn}
}

// corpusSchema is the schema of testdata/query.
func corpusSchema(t *testing.T) string {
	data, err := os.ReadFile("testdata/query/names.txtar")
	require.NoError(t, err)
	return string(txtar.Parse(data).Files[0].Data)
}

type question struct{ name, sql string }

// questions are the statements of testdata/query, and random queries.
func questions(t *testing.T, random int) []question {
	paths, err := filepath.Glob("testdata/query/*.txtar")
	require.NoError(t, err)
	var out []question
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		for _, f := range archive.Files {
			if name, ok := strings.CutSuffix(f.Name, ".sql"); ok && apart[filepath.Base(path)+" "+name] == "" {
				out = append(out, question{filepath.Base(path) + " " + name, string(f.Data)})
			}
		}
	}
	q := &queries{Rand: rand.New(rand.NewPCG(3, 4))}
	for i := range random {
		sql, _ := q.query(3, nil)
		out = append(out, question{fmt.Sprint("random ", i), sql})
	}
	return out
}

// prepared has the server prepare a statement under the name p. It gives the types of its parameters, and false where the
// server refuses it.
func (w *witness) prepared(t *testing.T, sql string) (params []uint32, ok bool) {
	ctx := context.Background()
	if w.held {
		_, err := w.Exec(ctx, "deallocate p")
		require.NoError(t, err)
	}
	_, err := w.Exec(ctx, "prepare p as "+sql)
	if w.held = err == nil; !w.held {
		return nil, false
	}
	err = w.QueryRow(ctx, "select parameter_types::oid[] from pg_prepared_statements where name = 'p'").Scan(&params)
	require.NoError(t, err, sql)
	return params, true
}

// touchedColumns lists the columns that the text of a statement itself reads, or writes; those of views that it names and
// not those below.
func touchedColumns(st *Statement, access Access, without Inside) map[Name][]string {
	out := map[Name][]string{}
	for i := range st.Relations {
		r := &st.Relations[i]
		if r.Inside&(without|InView|InFunction|InTrigger) == 0 && r.Access&access != 0 {
			out[r.Relation.Name] = append(out[r.Relation.Name], r.Columns...)
		}
	}
	return out
}

// TestServerWantsTheSamePrivileges runs each statement's plan as a role that may read every column but one. The server
// must refuse exactly the columns that the analyser calls read.
func TestServerWantsTheSamePrivileges(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	role := w.reader(t)
	asked := 0
	for _, q := range questions(t, 300) {
		params, ok := w.prepared(t, q.sql)
		if !ok {
			continue
		}
		list, err := AnalyzeText(q.sql, w.catalog)
		require.NoError(t, err, q.name)
		plan := "explain execute p"
		if len(params) > 0 {
			plan += "(" + strings.TrimSuffix(strings.Repeat("null,", len(params)), ",") + ")"
		}
		if w.planned(t, role, "select 1", plan) != nil {
			continue // it needs system columns, which no one can be granted one by one, or cannot be planned at all
		}
		asked++
		for _, rel := range w.catalog.relations {
			w.comparePrivileges(t, q, rel, list[0], role, plan)
		}
	}
	require.Greater(t, asked, 150, "too few statements were asked about")
}

// comparePrivileges takes the columns of a relation away, one by one.
func (w *witness) comparePrivileges(t *testing.T, q question, rel *Relation, st *Statement, role, plan string) {
	columns, named := touchedColumns(st, Reads, 0)[rel.Name]
	// The planner drops a WITH query or a sublink that nobody refers to, and its privileges with it.
	certain := touchedColumns(st, Reads, InCTE|InSubquery)[rel.Name]
	if rel.Kind == CompositeType || rel.Name.Name == "loop" || !strings.Contains(q.sql, rel.Name.Name) {
		return
	}
	if named && len(columns) == 0 && len(rel.Columns) == 1 {
		return // a relation without any column that may be read cannot be counted either
	}
	for _, c := range rel.Columns {
		revoke := fmt.Sprintf("revoke select (%s) on %s from %s", QuoteName(c.Name), rel.Name, role)
		err := w.planned(t, role, revoke, plan)
		want := err != nil
		if want {
			require.Equal(t, "42501", err.Code, "%s: %s", q.name, err.Message)
		}
		if got := slices.Contains(columns, c.Name); got != want && (want || slices.Contains(certain, c.Name)) {
			t.Errorf("%s: %s.%s is read: the server says %v, the analyser %v: %s", q.name, rel.Name, c.Name, want, got, q.sql)
		}
	}
}

// reader makes a role that has each privilege column by column, so that one can be taken away.
func (w *witness) reader(t *testing.T) string {
	address, err := url.Parse(pgtest.Role(t, w.dsn, "reader"))
	require.NoError(t, err)
	role := address.User.Username()
	script := "revoke all on all tables in schema public from " + role + ";"
	for _, rel := range w.catalog.relations {
		if rel.Kind == CompositeType || rel.Name.Name == "loop" {
			continue
		}
		var columns []string
		for _, c := range rel.Columns {
			columns = append(columns, QuoteName(c.Name))
		}
		all := strings.Join(columns, ", ")
		script += fmt.Sprintf("grant select (%s), insert (%s), update (%s) on %s to %s;", all, all, all, rel.Name, role)
		script += fmt.Sprintf("grant delete on %s to %s;", rel.Name, role)
	}
	_, err = w.Exec(context.Background(), script)
	require.NoError(t, err)
	return role
}

// planned is the server's answer when the role asks for the plan once change has been made. Nothing of it remains.
func (w *witness) planned(t *testing.T, role, change, plan string) *pgconn.PgError {
	ctx := context.Background()
	_, err := w.Exec(ctx, "begin; "+change+"; set local role "+role+"; "+plan, pgx.QueryExecModeSimpleProtocol)
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		require.NoError(t, err, plan)
	}
	_, err = w.Exec(ctx, "rollback")
	require.NoError(t, err)
	return refusal
}

// TestServerStoresTheSameDependencies stores each statement as the body of a function, and compares the columns on which
// the server says that it depends with those that the analyser calls read or written.
func TestServerStoresTheSameDependencies(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	asked := 0
	for _, q := range questions(t, 500) {
		params, ok := w.prepared(t, q.sql)
		if !ok {
			continue
		}
		list, err := AnalyzeText(q.sql, w.catalog)
		require.NoError(t, err, q.name)
		depends, ok := w.dependencies(t, q.sql, params)
		if !ok {
			continue
		}
		asked++
		ours := touchedColumns(list[0], Reads|Writes, 0)
		for name, columns := range depends {
			if rel, _ := w.catalog.Relation(name.Schema, name.Name); rel.Kind == CompositeType || strings.Contains(q.sql, "all_users") {
				continue // a field of a row that is no row of the table
			}
			for _, c := range columns {
				if c != "" && !slices.Contains(ours[name], c) && !strings.Contains(q.sql, "excluded") {
					t.Errorf("%s: depends on %s.%s, the analyser does not say so: %s", q.name, name, c, q.sql)
				}
			}
			if _, named := ours[name]; !named {
				t.Errorf("%s: depends on %s, the analyser does not say so: %s", q.name, name, q.sql)
			}
		}
		for name, columns := range ours {
			rel, _ := w.catalog.Relation(name.Schema, name.Name)
			if len(sorted(columns)) == len(rel.Columns) {
				continue // the whole row, which is a dependency on the table
			}
			for _, c := range columns {
				if !slices.Contains(depends[name], c) {
					t.Errorf("%s: touches %s.%s, the server does not depend on it: %s", q.name, name, c, q.sql)
				}
			}
		}
	}
	require.Greater(t, asked, 200, "too few statements were asked about")
}

// dependencies stores a statement in a function that is gone afterwards, and lists the columns that it depends on; "" is
// the relation itself.
func (w *witness) dependencies(t *testing.T, sql string, params []uint32) (map[Name][]string, bool) {
	ctx := context.Background()
	tx, err := w.Begin(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(ctx)) }()
	types := make([]string, len(params))
	for i, oid := range params {
		require.NoError(t, tx.QueryRow(ctx, "select format_type($1, null)", oid).Scan(&types[i]))
	}
	body := strings.TrimSuffix(strings.TrimSpace(sql), ";")
	_, err = tx.Exec(ctx, fmt.Sprintf("create function pg_temp.f(%s) returns void language sql begin atomic %s; end", strings.Join(types, ", "), body))
	if err != nil {
		return nil, false
	}
	rows, err := tx.Query(ctx, `
		select n.nspname, c.relname, coalesce(a.attname, '')
		from pg_proc p
		join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
		join pg_class c on c.oid = d.refobjid
		join pg_namespace n on n.oid = c.relnamespace
		left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and d.refobjsubid > 0
		where p.proname = 'f' and p.pronamespace = pg_my_temp_schema()`)
	require.NoError(t, err)
	out := map[Name][]string{}
	var n Name
	var column string
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &column}, func() error {
		out[n] = append(out[n], column)
		return nil
	})
	require.NoError(t, err)
	return out, true
}
