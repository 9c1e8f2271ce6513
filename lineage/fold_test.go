package lineage

import (
	"fmt"
	"strings"
	"testing"
)

// shopCatalog is a small database for the tests of this package.
func shopCatalog() *Snapshot {
	column := func(n int, name, typ string, notNull bool) Column {
		return Column{Name: name, Num: int16(n), Type: typ, NotNull: notNull, Key: name == "id"}
	}
	table := func(name string, oid uint32) *Relation {
		return &Relation{Name: Name{"public", name}, OID: oid, Kind: Table, Columns: []Column{
			column(1, "id", "integer", true), column(2, "a", "text", false), column(3, "b", "integer", false),
			column(4, "u_id", "integer", false), column(5, "flag", "boolean", false), column(6, "tags", "text[]", false),
			column(7, "a_id", "integer", false), column(8, "x", "integer", false),
		}}
	}
	function := func(name string, volatility byte) *Function {
		return &Function{Name: Name{"pg_catalog", name}, Kind: 'f', Args: []string{"text"}, Returns: "text", Volatility: volatility, PublicExecute: true, Language: "internal"}
	}
	variadic := function("length", 'i')
	return NewSnapshot([]string{"pg_catalog", "public"}, []*Relation{table("t", 1), table("u", 2)},
		[]*Function{variadic, function("lower", 'i'), {Name: Name{"pg_catalog", "now"}, Kind: 'f', Volatility: 's', PublicExecute: true, Returns: "timestamp with time zone"}}, nil, nil, true)
}

func where(t *testing.T, condition string) *Predicate {
	t.Helper()
	list, err := AnalyzeText("DELETE FROM t USING u WHERE "+condition, shopCatalog())
	if err != nil {
		t.Fatalf("%.200s: %v", condition, err)
	}
	for _, e := range list[0].Effects {
		if e.Command == "DELETE" {
			return e.Where
		}
	}
	t.Fatalf("%.200s: no DELETE", condition)
	return nil
}

func TestFoldBoundsNothing(t *testing.T) {
	for _, c := range []string{
		"true", "1=1", "1 = 1", "'a'='a'", "1<2", "2>1", "1<>2", "1 <= 1", "NOT false", "'t'::bool", "true::bool", "'yes'", "NOT NOT true",
		"t.id = t.id", "t.id >= t.id", "t.id IS NOT DISTINCT FROM t.id", "t.id + 0 = t.id", "t.id::text = t.id::text", "t.a || '' = t.a",
		"t.id = (SELECT t.id)", "COALESCE(t.a, '') = COALESCE(t.a, '')", "1 * t.id = t.id", "ROW(t.id) = ROW(t.id)",
		"(t.id, t.b) = (t.id, t.b)", "(1, 2) = (1, 2)", "t.id IN (1, t.id)", "t.id BETWEEN t.id AND t.id", "1 BETWEEN 0 AND 2",
		"1 IN (1, 2)", "1 NOT IN (2, 3)", "t.id = ANY (ARRAY[t.id])", "t.id <> ALL ('{}')", "t.id <> ALL (ARRAY[]::int[])",
		"t.id >= ALL (SELECT u.id FROM u)", "t.a LIKE '%'", "t.a ILIKE '%%'", "t.a SIMILAR TO '%'", "t.a ~ '.*'", "t.a ~ ''", "t.a LIKE '%' ESCAPE '!'",
		"t.a NOT LIKE '%' OR true", "t.x IS NULL OR t.x IS NOT NULL", "t.id IS NOT NULL", "t IS NOT NULL", "ROW(1) IS NOT NULL", "1 IS NOT NULL",
		"NULL IS NULL", "NULL IS NOT FALSE", "NULL IS NOT TRUE", "(NULL = 1) IS NULL", "true IS TRUE", "false IS NOT TRUE", "(t.id = t.id) IS NOT UNKNOWN",
		"EXISTS (SELECT 1)", "EXISTS (VALUES (1))", "EXISTS (SELECT 1 FROM u u2)", "EXISTS (SELECT 1 FROM u u2 WHERE id = 5)",
		"EXISTS (SELECT 1 FROM u u2 WHERE u2.id = u2.id)", "EXISTS (SELECT count(*) FROM u u2 WHERE u2.id = t.id)",
		"EXISTS (SELECT 1 FROM u u2 WHERE u2.id = t.id HAVING true)", "EXISTS (SELECT 1 FROM u u2 WHERE u2.id = t.id GROUP BY ())",
		"EXISTS (SELECT 1 WHERE t.id = t.id)", "EXISTS (SELECT 1 FROM u u2 WHERE u2.id = t.id UNION SELECT 1)", "(SELECT true)", "1 = (SELECT 1)",
		"1 IN (SELECT 1)", "t.id IN (SELECT t.id)", "COALESCE(true, false)", "COALESCE(NULL, true)", "COALESCE(NULL, 1) = 1",
		"CASE WHEN true THEN true ELSE false END", "CASE WHEN t.id = 1 THEN true ELSE true END", "CASE 1 WHEN 1 THEN true END",
		"CASE WHEN true THEN 1 END = 1", "CASE WHEN $1 THEN t.id = 1 ELSE true END", "t.id = 1 OR true", "t.id = 1 OR 1 = 1", "t.id = $1 OR $2", "t.id = 5 OR t.id <> 5",
		"t.id < 5 OR t.id >= 5", "t.id > 3 OR t.id < 7", "t.id <> 1 OR t.id <> 2", "t.flag OR NOT t.flag", "NOT (t.id = 5 AND t.id <> 5)",
		"NOT (t.x IS NULL AND t.x IS NOT NULL)", "true AND true", "u.id = 7", "now() > '2020-01-01'", "$1", "$1::bool", "$1 = $2", "$1::text = $2::text", "$1 IS NULL",
		"NOT (t.id = 1 AND 1 = 2)", "NOT (t.id = 1 AND u.id = 2)", "1 + 1 = 2", "'a' || 'b' = 'ab'", "t.tags @> '{}'", "NOT $1", "u.id = t.id OR u.id = 4",
		// Constants whose types make other values of them than their text says: never taken for false.
		"'t' = true", "1.4::int = 1", "'10' < '9'", "'A'::citext = 'a'::citext", "'A'::text::citext = 'a'::text::citext", "1.4::int < 1.4", "'a '::bpchar = 'a'::bpchar",
		"'abc'::varchar(1) = 'axx'::varchar(1)", "true::int = 1", "NULL::bool IS NOT TRUE", "t.tableoid = 1", "tableoid IS NOT NULL",
	} {
		if got := where(t, c).Truth(nil); got != Always {
			t.Errorf("%s: %v, want %v", c, got, Always)
		}
	}
}

func TestFoldBounds(t *testing.T) {
	for _, c := range []string{
		"t.id = $1", "t.id = 1", "t.id = u.id", "t.u_id = u.id AND u.id = $1", "t.id = $1 AND 1 = 1", "true AND t.id = $1", "t.id = ANY ($1)",
		"t.id IN (1, 2)", "t.id NOT IN (1, 2)", "t.id IN (SELECT id FROM u)", "t.id NOT IN (SELECT id FROM u)", "t.a LIKE 'x%'", "t.a NOT LIKE 'x%'", "t.a LIKE $1 || 'x'",
		"t.a IS NULL", "t.a IS NOT NULL", "t.flag", "NOT t.flag", "t.flag IS TRUE", "t.flag IS NOT TRUE", "t.id BETWEEN 1 AND 5", "t.id BETWEEN $1 AND $2",
		"t.id NOT BETWEEN 1 AND 5", "t.id > 3 OR t.a = 'x'", "t.id = 1 OR t.id = 2", "t.id < 3 OR t.id > 7", "t.id <> 5", "t.a IS DISTINCT FROM 'x'",
		"EXISTS (SELECT 1 FROM u u2 WHERE u2.id = t.u_id)", "EXISTS (SELECT 1 FROM u u2 WHERE u2.b = t.u_id AND u2.id = $1)",
		"NOT EXISTS (SELECT 1 FROM u u2 WHERE u2.id = t.u_id)", "t.id = (SELECT max(id) FROM u)", "(t.id, t.b) = ($1, $2)", "(t.id, t.b) IN ((1, 2), (3, 4))",
		"lower(t.a) = $1", "t.a <> lower(t.a)", "t.id = 1 OR false", "t.id = 1 OR 1 = 0", "t.b > now()", "COALESCE(t.flag, false)", "t.ctid = $1",
		"CASE WHEN t.id = 1 THEN true ELSE false END", "CASE WHEN $1 THEN t.id = 1 ELSE t.id = 2 END", "t.tags @> ARRAY['x']", "t.tags && $1", "t.id <> ALL ($1)", "5 = ANY (t.tags)",
		"t.id = COALESCE(1, t.id)", "NOT (t.id = 1)", "NOT (t.id = 1 OR t.b = 2)", "t.id = t.b", "t.id::text = '5'", "t.a = '' AND t.a LIKE '%'",
	} {
		if got := where(t, c).Truth(nil); got != Bounds {
			t.Errorf("%s: %v, want %v", c, got, Bounds)
		}
	}
}

func TestFoldNever(t *testing.T) {
	for _, c := range []string{"false", "1 = 2", "NOT true", "NULL", "'a' = 'b'", "t.id <> t.id", "false AND t.id = 1", "1 > 2", "t.a NOT LIKE '%'"} {
		if got := where(t, c).Truth(nil); got != Never {
			t.Errorf("%s: %v, want %v", c, got, Never)
		}
	}
}

func TestFoldArguments(t *testing.T) {
	for _, c := range []struct {
		condition string
		args      []any
		want      Truth
	}{
		{"$1::bool", []any{true}, Always},
		{"$1::bool", []any{false}, Never},
		{"$1::bool", []any{nil}, Never},
		{"$1::bool", []any{"t"}, Always},
		{"$1::bool", []any{struct{}{}}, Always},
		{"NOT $1::bool", []any{false}, Always},
		{"$1 IS NOT TRUE", []any{nil}, Always},
		{"t.a = $1 OR $2::bool", []any{"x", false}, Bounds},
		{"t.a = $1 OR $2::bool", []any{"x", true}, Always},
		{"$1::text IS NULL OR t.a = $1", []any{nil}, Always},
		{"$1::text IS NULL OR t.a = $1", []any{"x"}, Bounds},
		{"$1::text = $2::text", []any{"x", "x"}, Always},
		{"$1::text = $2::text", []any{"x", "y"}, Never},
		{"$1::citext = $2::citext", []any{"x", "X"}, Always},
		{"$1::int < $2::int", []any{int64(2), int64(10)}, Always},
		{"$1::int > $2::int", []any{int64(2), int64(10)}, Never},
		{"$1 = $1", []any{"x"}, Always},
		{"$1 = 'x'", []any{"y"}, Never},
		{"$1 = 'x' OR t.id = 3", []any{"y"}, Bounds},
		{"t.a LIKE $1", []any{"%"}, Always},
		{"t.a LIKE $1", []any{"x%"}, Bounds},
		{"t.a LIKE $1", []any{""}, Bounds},
		{"t.a LIKE '%' || $1 || '%'", []any{""}, Always},
		{"t.a LIKE '%' || $1 || '%'", []any{"x"}, Bounds},
		{"t.a NOT LIKE $1", []any{"%"}, Never},
		{"CASE WHEN $1::text = '*' THEN true ELSE t.a = $1 END", []any{"*"}, Always},
		{"CASE WHEN $1::text = '*' THEN true ELSE t.a = $1 END", []any{"x"}, Bounds},
		{"CASE WHEN $1::text = '*' THEN t.a = $1 ELSE true END", []any{nil}, Always},
		{"CASE WHEN $1::text = '*' THEN t.a = $1 ELSE true END", []any{"*"}, Bounds},
		{"CASE WHEN $1 THEN false ELSE true END", []any{nil}, Always},
		{"CASE $1 WHEN 1 THEN t.id = 1 WHEN 2 THEN true END", []any{int64(2)}, Always},
		{"CASE $1 WHEN 1 THEN t.id = 1 WHEN 2 THEN true END", []any{int64(1)}, Bounds},
		{"CASE $1 WHEN 1 THEN t.id = 1 WHEN 2 THEN true END", []any{int64(3)}, Never},
		{"t.id = COALESCE($1, t.id)", []any{nil}, Always},
		{"t.id = COALESCE($1, t.id)", []any{int64(3)}, Bounds},
	} {
		p := where(t, c.condition)
		got := p.Truth(func(n int) (any, bool) {
			if n > len(c.args) {
				return nil, false
			}
			return c.args[n-1], true
		})
		if got != c.want {
			t.Errorf("%s with %v: %v, want %v", c.condition, c.args, got, c.want)
		}
		if !p.NeedsArgs() && p.Truth(nil) != got {
			t.Errorf("%s: the arguments matter, and NeedsArgs says no", c.condition)
		}
	}
}

// TestFoldTakesNoLongForAnyText: conditions that were made to cost time.
func TestFoldTakesNoLongForAnyText(t *testing.T) {
	var arms []string
	for i := range 15_000 {
		arms = append(arms, fmt.Sprintf("t.id = %d", i))
	}
	for _, c := range map[string]string{ // what grows without bound ends the test by its own timeout
		"arms":   strings.Join(arms, " OR "),
		"nested": strings.Repeat("CASE WHEN ", 150) + "$1" + strings.Repeat(" THEN true ELSE t.id = 1 END", 150),
		"ended":  strings.Repeat("CASE WHEN $1 THEN true ELSE ", 150) + "t.id = 1" + strings.Repeat(" END", 150),
		"not":    strings.Repeat("NOT ", 150) + "t.id = 1",
	} {
		where(t, c)
	}
}

// A long list of alternatives is ordinary: programs that know no arrays write it.
func TestFoldLongListsBound(t *testing.T) {
	for _, form := range []string{"t.id = %d", "t.id = $%d", "(t.id = %d AND t.a = 'x')", "(t.id, t.a) = ($%d, 'x')", "t.a LIKE 'x%d%%'"} {
		var arms []string
		for i := range 800 {
			arms = append(arms, fmt.Sprintf(form, i+1))
		}
		if got := where(t, strings.Join(arms, " OR ")).Truth(nil); got != Bounds {
			t.Errorf("%s: %v", form, got)
		}
	}
}
