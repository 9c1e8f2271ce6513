package driver_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
)

// A name that somebody made of a value stands in no record and no span.
func TestNamesThatAreValues(t *testing.T) {
	exporter, before := tracetest.NewInMemoryExporter(), otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	f := setup(t, nil, `create table "kim@example.com" (id int, "lou@example.com" text)`, `insert into "kim@example.com" values (1, 'x')`)
	for _, text := range []string{
		`select 1 as "alice@example.com"`, `select id as "Alice@Example.com" from people`, `select email as "alice@example.com" from people`,
		`select 1 as U&"alice\0040example.com"`, `select 1 as DE89370400440532013000`, `select x."alice@example.com" from (select note as "alice@example.com" from people) x`,
		`select "lou@example.com" as v from "kim@example.com"`, `create table "alice@example.com" as select 1 as "4111111111111111"`,
		`drop table "alice@example.com"`, `delete from "kim@example.com"`, `select * from "missing alice@example.com"`,
		`create table copied as select email as "alice@example.com" from people`, `savepoint "alice@example.com"`,
		`with "alice@example.com" as (select * from people) select * from "alice@example.com"`, `select pg_sleep(0) as "ghp_0123456789abcdefghijABCDEFGHIJ012345"`,
	} {
		rows, err := f.governed.Query(text)
		if err == nil {
			for rows.Next() {
			}
			_ = rows.Close()
		}
	}
	var got int
	require.NoError(t, f.governed.QueryRow(`select 1 as "alice@example.com"`).Scan(&got))
	require.Equal(t, 1, got)
	written := ""
	for _, r := range f.records.of(lineage.StatementEvent) {
		st := r.Statement
		if st == nil {
			continue
		}
		written += fmt.Sprintf("%s %s %s %v %v %v %v %v %v\n", st.SQL, st.Normalized, st.Summary, st.Relations, st.Outputs, st.Effects, st.Assigns, st.Unresolved, r.Masked)
		written += fmt.Sprintln(r.Reasons, r.Error, r.WouldMask, r.Cleared)
	}
	spans := ""
	for _, s := range exporter.GetSpans() {
		spans += fmt.Sprintln(s.Name, s.Attributes, s.Events, s.Status)
	}
	require.NotEmpty(t, spans)
	for _, value := range []string{"lice@", "lice@Ex", "lou@", "kim@", "DE8937", "4111111111111111", `\0040`, "ghp_0123"} {
		require.NotContains(t, spans, value)
		require.NotContains(t, written, value)
	}
	require.Contains(t, spans, "[masked]")
}

// Constants of a statement stand in no reason, whatever becomes of it.
func TestConstantsThatAreNames(t *testing.T) {
	exporter, before := tracetest.NewInMemoryExporter(), otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	dir := filepath.Join(t.TempDir(), "observed")
	f := setup(t, nil)
	observing := f.open(&driver.Config{Profile: driver.Observe, Report: dir})
	for _, db := range []*sql.DB{f.governed, observing} {
		for _, text := range []string{
			"prepare transaction 'Fribbleosis'", "commit prepared 'Fribbleosis'", "rollback prepared 'Fribbleosis'", "load 'Fribbleosis'", "select 1 limit 918273",
			"select id from people offset 918273", "select set_config('Fribbleosis.x', 'Fribbleosis', false)", "select 'Fribbleosis'::regclass", "copy people from '/tmp/Fribbleosis'",
		} {
			if rows, err := db.Query(text); err == nil {
				_ = rows.Close()
			}
		}
	}
	require.NoError(t, observing.Close())
	said := ""
	for _, s := range exporter.GetSpans() {
		said += fmt.Sprintln(s.Name, s.Attributes, s.Events, s.Status)
	}
	for _, r := range f.records.of(lineage.StatementEvent) {
		said += fmt.Sprintln(r.Reasons, r.Error)
	}
	written, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, written)
	for _, name := range written {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		said += string(b)
	}
	require.Contains(t, said, "denied by TX04 on PREPARE TRANSACTION")
	require.Contains(t, said, "LIMIT beyond measure")
	for _, value := range []string{"ribbleosis", "918273"} {
		require.NotContains(t, said, value)
	}
}
