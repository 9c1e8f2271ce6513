package driver_test

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/otelexport"
)

// spans collects what a governed connection emits.
func spans(t *testing.T, dsn string) (*sql.DB, *tracetest.InMemoryExporter) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	connector, err := driver.NewConnector(dsn, &driver.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db, exporter
}

// named finds the last span of a name and gives its attributes.
func named(t *testing.T, exporter *tracetest.InMemoryExporter, name string) (tracetest.SpanStub, map[attribute.Key]any) {
	t.Helper()
	list := exporter.GetSpans()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Name == name {
			out := map[attribute.Key]any{}
			for _, a := range list[i].Attributes {
				out[a.Key] = a.Value.AsInterface()
			}
			return list[i], out
		}
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	require.Fail(t, "no such span", "%q among %q", name, names)
	return tracetest.SpanStub{}, nil
}

func TestSpanOfAStatement(t *testing.T) {
	f := setup(t, nil, work...)
	db, exporter := spans(t, f.dsn)
	ctx := lineage.WithCaller(background, lineage.Agent("builder", lineage.Human("ada")))
	ctx = lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "train", RunID: "r1", Model: "churn@7"})
	ctx = lineage.WithPurpose(ctx, "training")
	rows, err := db.QueryContext(ctx, "select p.email, a.v from people p join a on a.id = p.id where p.note <> 'literal' and a.id = $1 -- comment", 1)
	require.NoError(t, err)
	for rows.Next() {
	}
	require.NoError(t, rows.Close())

	span, a := named(t, exporter, "select people a")
	require.Equal(t, trace.SpanKindClient, span.SpanKind)
	require.Equal(t, codes.Unset, span.Status.Code)
	require.Equal(t, "postgresql", a["db.system.name"])
	require.Equal(t, "select people a", a["db.query.summary"])
	require.Equal(t, "select p.email, a.v from people p join a on a.id = p.id where p.note <> ? and a.id = $1", a["db.query.text"])
	require.Contains(t, a["db.namespace"], "|public")
	require.Equal(t, "agent", a[otelexport.IdentityKindKey])
	require.Equal(t, "builder", a[otelexport.IdentityActorKey])
	require.Equal(t, "ada", a["user.id"])
	require.Equal(t, "ml/train", a[otelexport.JobKey])
	require.Equal(t, "r1", a[otelexport.RunKey])
	require.Equal(t, "churn@7", a[otelexport.ModelKey])
	require.Equal(t, "training", a[otelexport.PurposeKey])
	require.EqualValues(t, 1, a[otelexport.RowsKey])
	require.Len(t, a[otelexport.InputsKey], 2)
	require.Contains(t, a[otelexport.InputsKey].([]string)[0], "public.people")
	require.Contains(t, a[otelexport.ColumnsKey], "email<-public.people.email")
	require.Equal(t, []string{"email:public.people.email:pseudonym"}, a[otelexport.MaskedKey])
	require.Equal(t, "governed.clear=public.people.email", a[otelexport.ShowKey])
	for key := range a {
		require.NotContains(t, []attribute.Key{"db.collection.name", "db.operation.name"}, key, "the conventions forbid to derive it from the text")
	}
}

func TestSpanOfAWriteARefusalAndAnError(t *testing.T) {
	f := setup(t, nil, work...)
	db, exporter := spans(t, f.dsn)
	_, err := db.Exec("insert into b (id, a_id, v) select id, id, v from a where id = $1", 1)
	require.NoError(t, err)
	_, a := named(t, exporter, "insert b select a")
	require.Contains(t, a[otelexport.OutputsKey].([]string)[0], "public.b")
	require.Equal(t, "allow", a[otelexport.DecisionKey])
	require.Equal(t, "anonymous", a[otelexport.IdentityKindKey])

	_, err = db.Exec("delete from a")
	require.Error(t, err)
	span, a := named(t, exporter, "delete a")
	require.Equal(t, codes.Error, span.Status.Code)
	require.Equal(t, "deny", a[otelexport.DecisionKey])
	require.Equal(t, "DM01", a[otelexport.RuleKey])
	require.Equal(t, "governed.denied", a["error.type"])
	require.NotContains(t, a, attribute.Key("db.response.status_code"))

	_, err = db.Exec("update people set id = $1 where id = 1 and note = 'x'", "not a number")
	require.Error(t, err)
	_, err = db.Exec("select email::int from people")
	require.Error(t, err)
	span, a = named(t, exporter, "select people")
	require.Equal(t, codes.Error, span.Status.Code)
	require.Equal(t, "22P02", a["error.type"])
	require.Equal(t, "22P02", a["db.response.status_code"])
	require.Empty(t, leaks(span.Status.Description))

	for _, text := range []string{"select '" + u1 + "'::int", "select '" + u1 + "' '" + u1 + "'", "select id from a where id = $1"} {
		args := []any{u1}[:strings.Count(text, "$1")]
		_, err = db.Exec(text, args...)
		require.Error(t, err)
	}
	_, err = db.Exec("selec '" + u1 + "'")
	require.Error(t, err)
	span, a = named(t, exporter, "postgresql")
	require.Equal(t, "TX05", a[otelexport.RuleKey])
	require.NotContains(t, a, attribute.Key("db.query.text"))
	require.Empty(t, leaks(span.Status.Description))
	for _, s := range exporter.GetSpans() {
		require.Empty(t, leaks(s.Status.Description))
		for _, kv := range s.Attributes {
			require.Empty(t, leaks(kv.Value.AsInterface()))
		}
	}
}

func TestSpansOfAConnection(t *testing.T) {
	f := setup(t, nil, work...)
	db, exporter := spans(t, f.dsn)
	require.NoError(t, db.Ping())
	tx, err := db.BeginTx(lineage.WithCaller(background, lineage.Human("ada")), nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	_, a := named(t, exporter, "begin")
	require.Equal(t, []any{"allow", "human", "ada"}, []any{a[otelexport.DecisionKey], a[otelexport.IdentityKindKey], a["user.id"]})
	tx, err = db.Begin()
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	tx, err = db.Begin()
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
	for _, name := range []string{"connect", "reset", "begin", "rollback", "commit", "close"} {
		span, a := named(t, exporter, name)
		require.Equal(t, name, a[otelexport.EventKey])
		require.Equal(t, codes.Unset, span.Status.Code, name)
		require.Equal(t, "allow", a[otelexport.DecisionKey], name)
		require.Equal(t, "anonymous", a[otelexport.IdentityKindKey], name)
	}
}
