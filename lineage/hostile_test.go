package lineage

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgparse"
)

// wide is a catalog with one relation of as many columns as PostgreSQL allows.
func wide() *Snapshot {
	r := &Relation{Name: Name{"public", "t"}, Kind: Table}
	for i := range 1600 {
		r.Columns = append(r.Columns, Column{Name: fmt.Sprintf("c%d", i), Num: int16(i + 1), Type: "text"})
	}
	f := &Function{Name: Name{"pg_catalog", "f"}, Kind: 'f', Args: []string{"text"}, Returns: "text"}
	return NewSnapshot([]string{"pg_catalog", "public"}, []*Relation{r}, []*Function{f}, nil, nil, true)
}

// TestHostile feeds texts that are small and would cost much: each ends in about the time of its parse, with or without
// an answer.
func TestHostile(t *testing.T) {
	catalog := wide()
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s, n), ",") }
	for name, sql := range map[string]string{
		"joins":             "select c1, c2, c1600 from t " + repeat("join t on true ", 900),
		"natural joins":     "select * from t " + repeat("natural join t ", 900),
		"references":        "select x.c1 from " + strings.Repeat("t,", 5000) + " t x where " + strings.Repeat("x.c1 = x.c2 and ", 5000) + "true",
		"bare references":   "select 1 from " + strings.Repeat("t,", 20000) + " (select 1 as a) x where " + strings.Repeat("a = 1 and ", 10000) + "true",
		"stars":             "with c as (select * from t) select 1 from " + repeat("(select * from c),", 12000),
		"with items":        "with c as (select * from t) select 1 from " + repeat("c,", 100000),
		"with aliases":      "with c as (select * from t) select 1 from " + repeat("c x(a),", 30000),
		"doubling":          "with " + doubling(60) + " select * from c59",
		"nested recursion":  nestedRecursion(20),
		"rows":              "select 1 from t where " + repeat("t is null and ", 15000) + "true",
		"rows in functions": "select 1 from (select t::text as x from t) s where " + repeat("f(x) = '' and ", 15000) + "true",
		"row outputs":       "select " + repeat("x,", 1600) + " from (select t::text as x from t) s",
		"unions":            "select * from t " + repeat("union select * from t ", 900),
		"sums":              "select " + repeat("$1+", 1900) + "1",
		"in list":           "select 1 from t where c1 in (" + repeat("$1,", 60000) + ")",
		"literals":          "select " + repeat("'a'||", 1900) + "'b'",
		"windows":           "select " + repeat("f(c1) over w,", 1600) + " from t window w0 as (partition by t)" + windows(500),
		"scalar subqueries": "select " + repeat("(select ", 400) + "c1 from t" + repeat(")", 400),
		"assignments":       "update t set " + assignments(1600) + " = (select * from t)",
	} {
		t.Run(name, func(t *testing.T) {
			if len(sql) > pgparse.DefaultMaxBytes {
				sql = sql[:pgparse.DefaultMaxBytes]
			}
			start := time.Now()
			parsed, err := pgparse.Parse(sql, 0)
			require.NoError(t, err)
			parse := time.Since(start)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start = time.Now()
			for _, stmt := range parsed {
				Analyze(stmt, catalog)
			}
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			t.Logf("%s: parse %v, analysis %v, %d MB", name, parse, took, (after.TotalAlloc-before.TotalAlloc)>>20)
			// Not held to a time: what grows without bound ends the test by its own timeout.
		})
	}
}

// doubling makes each query twice as wide as the one before.
func doubling(n int) string {
	out := []string{"c0 as (select c1, c2 from t)"}
	for i := 1; i < n; i++ {
		out = append(out, fmt.Sprintf("c%d as (select x.*, y.* from c%d x, c%d y)", i, i-1, i-1))
	}
	return strings.Join(out, ", ")
}

func nestedRecursion(n int) string {
	sql := "select c1 from t"
	for i := range n {
		sql = fmt.Sprintf("with recursive r%d(c1) as (select c1 from t union all select c1 from (%s) s union all select c1 from r%d) select c1 from r%d", i, sql, i, i)
	}
	return sql
}

func windows(n int) string {
	var b strings.Builder
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, ", w%d as (w%d order by t)", i, i-1)
	}
	return b.String() + fmt.Sprintf(", w as (w%d)", n-1)
}

func assignments(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("c%d", i))
	}
	return "(" + strings.Join(out, ", ") + ")"
}
