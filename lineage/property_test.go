package lineage

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// onlyReads reports whether a statement changes nothing, as far as its facts say.
func onlyReads(st *Statement) bool {
	locks := func(r RelationUse) bool { return r.Access != Reads }
	volatile := func(f FunctionUse) bool { return volatileCall(&f) }
	return st.Class == Read && len(st.Effects) == 0 && len(st.Unresolved) == 0 && len(st.Settings) == 0 &&
		!slices.ContainsFunc(st.Relations, locks) && !slices.ContainsFunc(st.Functions, volatile)
}

// What is called read-only runs in a transaction that is.
func TestWhatOnlyReadsRunsReadOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWitness(t)
	_, err := w.Exec(ctx, "create sequence counter; insert into users (id, email) values (1, 'a'); insert into orders (id, user_id) values (2, 1); set statement_timeout = '1s'")
	require.NoError(t, err)
	list := questions(t, 1000)
	for _, sql := range []string{
		"select nextval('counter')", "select currval('counter')", "select * from users for share", "select setval('counter', 3)",
		"with x as (delete from users returning id) select * from x", "select 1 into fresh", "show work_mem", "values (1)", "table users",
		"explain analyze delete from users", "explain delete from users", "copy users to stdout", "select pg_notify('a', 'b')", "lock users",
		"select set_config('work_mem', '1MB', false)", "select lo_create(0)", "select pg_advisory_lock(1)", "listen x", "vacuum users",
	} {
		list = append(list, question{sql, sql})
	}
	ran, kept := 0, 0
	for _, q := range list {
		all, err := AnalyzeText(q.sql, w.catalog)
		require.NoError(t, err, q.name)
		if len(all) != 1 || !onlyReads(all[0]) {
			kept++
			continue
		}
		ran++
		var refused *pgconn.PgError
		if err := w.readOnly(t, q.sql); errors.As(err, &refused) {
			require.NotEqual(t, "25006", refused.Code, "%s: %s: %s", q.name, refused.Message, q.sql)
		}
	}
	require.Greater(t, ran, 150, "too few statements only read")
	require.Greater(t, kept, 50, "too few statements do more than read")
}

// readOnly runs a statement in a read-only transaction, with NULL for each parameter.
func (w *witness) readOnly(t *testing.T, sql string) error {
	ctx := context.Background()
	tx, err := w.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(ctx)) }()
	d, err := tx.Prepare(ctx, "", sql)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sql, append([]any{pgx.QueryExecModeDescribeExec}, make([]any, len(d.ParamOIDs))...)...)
	return err
}

// flow is what must not change when a query is only written in another way: the columns behind each output, and what
// happens to them on the way.
func flow(t *testing.T, st *Statement) [][]explainedSource {
	out := make([][]explainedSource, len(st.Outputs))
	for i := range st.Outputs {
		require.Empty(t, st.Outputs[i].Unresolved, st.SQL)
		out[i] = explainSources(st.Outputs[i].Base)
	}
	return out
}

// resolved analyses a statement, and gives nil where its names do not all mean something.
func resolved(t *testing.T, sql string, catalog Catalog) *Statement {
	list, err := AnalyzeText(sql, catalog)
	require.NoError(t, err, sql)
	if len(list) != 1 || len(list[0].Unresolved) > 0 {
		return nil
	}
	return list[0]
}

// To wrap a query in another changes no lineage.
func TestWrappingChangesNothing(t *testing.T) {
	t.Parallel()
	catalog := corpusCatalog(t)
	wrapped := 0
	for _, q := range questions(t, 2000) {
		st := resolved(t, q.sql, catalog)
		if st == nil || st.Command != "SELECT" || st.Class != Read {
			continue
		}
		wrapped++
		outer := resolved(t, "select * from ("+strings.TrimSpace(q.sql)+") wrapper", catalog)
		require.NotNil(t, outer, q.sql)
		require.Equal(t, flow(t, st), flow(t, outer), q.sql)
		inWith := resolved(t, "with wrapper as materialized ("+strings.TrimSpace(q.sql)+") select * from wrapper", catalog)
		require.NotNil(t, inWith, q.sql)
		require.Equal(t, flow(t, st), flow(t, inWith), q.sql)
	}
	require.Greater(t, wrapped, 500, "too few queries mean anything")
}

// To name tables and subqueries in another way changes no lineage.
func TestAliasesChangeNothing(t *testing.T) {
	t.Parallel()
	catalog := corpusCatalog(t)
	renamed := 0
	compare := func(sql, other string) {
		st := resolved(t, sql, catalog)
		if st == nil {
			return
		}
		renamed++
		also := resolved(t, other, catalog)
		require.NotNil(t, also, other)
		require.Equal(t, flow(t, st), flow(t, also), "%s\n%s", sql, other)
		require.Equal(t, explainInfluences(st.Indirect), explainInfluences(also.Indirect), "%s\n%s", sql, other)
		require.Equal(t, len(st.Assigns), len(also.Assigns))
		for i := range st.Assigns {
			require.Equal(t, explainSources(st.Assigns[i].Base), explainSources(also.Assigns[i].Base), other)
		}
	}
	one := &queries{Rand: rand.New(rand.NewPCG(5, 6))}
	two := &queries{Rand: rand.New(rand.NewPCG(5, 6)), prefix: "another"}
	for range 2000 {
		sql, _ := one.query(3, nil)
		other, _ := two.query(3, nil)
		compare(sql, other)
	}
	require.Greater(t, renamed, 500, "too few queries mean anything")
	renamed = 0
	for _, q := range questions(t, 0) {
		for _, alias := range aliases(t, q.sql) {
			if !isWordOf(catalog, alias) {
				compare(q.sql, regexp.MustCompile(`\b`+alias+`\b`).ReplaceAllString(q.sql, "renamed"))
			}
		}
	}
	require.Greater(t, renamed, 50, "too few statements of the corpus have aliases")
}

// corpusCatalog is the schema of testdata/query.
func corpusCatalog(t *testing.T) *Snapshot { return parseSchema(t, corpusSchema(t)) }

// aliases lists the names that a statement gives to elements of FROM, and to nothing else.
func aliases(t *testing.T, sql string) []string {
	parsed, err := pgparse.Parse(sql, 0)
	require.NoError(t, err, sql)
	var out, others []string
	pgparse.Walk(parsed[0].Node, func(m protoreflect.Message, _ int) bool {
		switch n := m.Interface().(type) {
		case *ast.Alias:
			out = append(out, n.Aliasname)
			others = append(others, nameParts(n.Colnames)...)
		case *ast.ResTarget:
			others = append(others, n.Name)
		case *ast.CommonTableExpr:
			others = append(others, n.Ctename)
			others = append(others, nameParts(n.Aliascolnames)...)
		}
		return true
	})
	return slices.DeleteFunc(out, func(s string) bool { return slices.Contains(others, s) })
}

// isWordOf reports whether a name means something in the catalog.
func isWordOf(catalog *Snapshot, name string) bool {
	for _, r := range catalog.relations {
		if _, ok := r.Column(name); ok || r.Name.Name == name {
			return true
		}
	}
	for f := range catalog.functions {
		if f.Name == name {
			return true
		}
	}
	return false
}
