package lineage

import (
	"fmt"
	"strings"
	"testing"
)

// effects writes the effects and settings of a statement on one line each, for tables.
func effects(st *Statement) string {
	var out []string
	for _, e := range st.Effects {
		line := strings.TrimSpace(e.Command + " " + e.Action)
		if o := e.Object.String(); o != "" {
			line += " @" + o
		}
		if len(e.Columns) > 0 {
			line += fmt.Sprint(" ", e.Columns)
		}
		if len(e.Options) > 0 {
			line += fmt.Sprint(" ", strings.Join(e.Options, ","))
		}
		out = append(out, line)
	}
	for _, s := range st.Settings {
		line := s.Via + ": " + s.Action + " " + s.Name + "=" + s.Value
		if s.Local {
			line += " local"
		}
		if s.Dynamic {
			line += fmt.Sprint(" dynamic $", s.Param)
		}
		out = append(out, line)
	}
	return strings.Join(out, " | ")
}

func TestEffects(t *testing.T) {
	for sql, want := range map[string]string{
		"TRUNCATE t, u CASCADE":                                 "TRUNCATE TABLE @public.t CASCADE | TRUNCATE TABLE @public.u CASCADE",
		"DROP TABLE IF EXISTS t, nothing CASCADE":               "DROP TABLE @public.t CASCADE,IF EXISTS | DROP TABLE @nothing CASCADE,IF EXISTS",
		"DROP INDEX CONCURRENTLY i":                             "DROP INDEX @i CONCURRENTLY",
		"DROP TRIGGER audit ON t":                               "DROP TRIGGER @public.t [audit]",
		"DROP FUNCTION app.f(integer)":                          "DROP FUNCTION @app.f",
		"ALTER TABLE t DROP COLUMN a, ADD c serial":             "ALTER TABLE DROP COLUMN @public.t [a] | ALTER TABLE ADD COLUMN @public.t [c] TYPE=serial",
		"ALTER TABLE t ALTER a DROP DEFAULT":                    "ALTER TABLE DROP DEFAULT @public.t [a]",
		"ALTER TABLE t RENAME a TO z":                           "ALTER TABLE RENAME COLUMN @public.t TO=z,NAME=a",
		"ALTER TABLE t ADD CHECK (id > 0) NOT VALID":            "ALTER TABLE ADD CONSTRAINT @public.t CHECK,NOT VALID",
		"CREATE TEMP TABLE u (id integer)":                      "CREATE TABLE @pg_temp.u TEMPORARY,SHADOWS",
		"CREATE TABLE fresh (id integer)":                       "CREATE TABLE @public.fresh",
		"CREATE UNIQUE INDEX CONCURRENTLY ON t (a)":             "CREATE INDEX @public.t [a] CONCURRENTLY,UNIQUE",
		"COPY t TO PROGRAM 'x'":                                 "COPY TO PROGRAM @public.t FILE=x",
		"COPY t FROM STDIN CSV":                                 "COPY FROM STDIN @public.t FORMAT=csv",
		"COPY (SELECT 1) TO STDOUT":                             "COPY TO STDOUT",
		"LOCK TABLE t NOWAIT":                                   "LOCK TABLE ACCESS EXCLUSIVE @public.t NOWAIT",
		"DECLARE c CURSOR WITH HOLD FOR SELECT 1":               "DECLARE CURSOR @c WITH HOLD",
		"EXPLAIN (ANALYZE, BUFFERS off) SELECT 1":               "EXPLAIN ANALYZE",
		"DO LANGUAGE plperl 'x'":                                "DO LANGUAGE=plperl,OPAQUE",
		"DO 'BEGIN NULL; END'":                                  "DO LANGUAGE=plpgsql",
		"GRANT SELECT, INSERT ON t TO bob":                      "GRANT ON TABLE @public.t SELECT,INSERT",
		"COMMENT ON COLUMN t.a IS 'x'":                          "COMMENT ON COLUMN @public.t [a]",
		"SET LOCAL Search_Path = a, b":                          "SET: SET search_path=a, b local",
		"SET statement_timeout TO DEFAULT":                      "SET: SET statement_timeout=",
		"RESET ALL":                                             "RESET: RESET ALL =",
		"SHOW work_mem":                                         "SHOW: SHOW work_mem=",
		"DISCARD ALL":                                           "DISCARD ALL | DISCARD ALL: DISCARD =",
		"SET TRANSACTION READ ONLY":                             "SET TRANSACTION: SET transaction_read_only=1 local",
		"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE": "SET SESSION CHARACTERISTICS: SET default_transaction_read_only=0",
		"BEGIN ISOLATION LEVEL SERIALIZABLE":                    "BEGIN | BEGIN: SET transaction_isolation=serializable local",
		"ALTER ROLE bob SET role = 'x'":                         "ALTER ROLE SET @bob | ALTER ROLE: SET role=x",
		"ALTER SYSTEM SET work_mem = '1GB'":                     "ALTER SYSTEM | ALTER SYSTEM: SET work_mem=1GB",
		"CREATE FUNCTION f() RETURNS void SET search_path = x SECURITY DEFINER LANGUAGE sql AS ''": "CREATE FUNCTION @public.f SET=search_path,SECURITY DEFINER,LANGUAGE=sql,AS | CREATE FUNCTION: SET search_path=x",
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		if got := effects(list[0]); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
		if len(list[0].Unresolved) > 0 {
			t.Errorf("%s: %v", sql, list[0].Unresolved)
		}
	}
}

func TestOutputsOfUtilityStatements(t *testing.T) {
	for sql, want := range map[string]string{
		"EXPLAIN SELECT a FROM t WHERE b = 1":            "QUERY PLAN: public.t.a public.t.b",
		"EXPLAIN DELETE FROM t WHERE id = 1 RETURNING a": "QUERY PLAN: public.t.a public.t.id",
		"SHOW work_mem":                                "work_mem:",
		"COPY t (id, a) TO STDOUT":                     "id: public.t.id, a: public.t.a",
		"COPY (SELECT lower(a) AS x FROM t) TO STDOUT": "x: public.t.a",
		"COPY t TO '/tmp/x'":                           "",
		"DECLARE c CURSOR FOR SELECT a FROM t":         "",
		"FETCH ALL FROM c":                             ": ? FETCH from a cursor",
		"EXECUTE p":                                    ": ? EXECUTE of a statement prepared as text",
		"CREATE TABLE fresh AS SELECT a FROM t":        "",
		"PREPARE p AS SELECT a FROM t":                 "",
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, o := range list[0].Outputs {
			line := o.Name + ":"
			for _, s := range o.Sources {
				line += " " + s.Column.String()
			}
			if o.Unresolved != "" {
				line += " ? " + o.Unresolved
			}
			out = append(out, line)
		}
		if got := strings.Join(out, ", "); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

func TestCopiesAreAssigned(t *testing.T) {
	for _, sql := range []string{"CREATE TABLE fresh (x) AS SELECT a FROM t", "SELECT a AS x INTO fresh FROM t", "CREATE MATERIALIZED VIEW fresh AS SELECT a AS x FROM t"} {
		list, err := AnalyzeText(sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		a := list[0].Assigns
		if len(a) != 1 || a[0].Target.String() != "public.fresh.x" || len(a[0].Sources) != 1 || a[0].Sources[0].Column.String() != "public.t.a" {
			t.Errorf("%s: %+v", sql, a)
		}
	}
}

func TestViewsShow(t *testing.T) {
	for _, sql := range []string{"CREATE VIEW fresh (x) AS SELECT a FROM t", "CREATE OR REPLACE VIEW fresh AS SELECT a AS x FROM t"} {
		list, err := AnalyzeText(sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		a := list[0].Shows
		if len(a) != 1 || a[0].Target.String() != "public.fresh.x" || len(a[0].Sources) != 1 || a[0].Base[0].Column.String() != "public.t.a" {
			t.Errorf("%s: %+v", sql, a)
		}
		if len(list[0].Assigns) > 0 {
			t.Errorf("%s copies: %+v", sql, list[0].Assigns)
		}
	}
}

// A definition may name a column that something before it, which the catalog does not show, has yet to make. What it
// reads and calls is recorded all the same.
func TestDefinitionsMayNameColumnsToCome(t *testing.T) {
	for sql, calls := range map[string]int{
		"CREATE TABLE fresh (LIKE elsewhere, CHECK (lower(later) = 'x'))":                            1,
		"CREATE TABLE fresh PARTITION OF elsewhere (CHECK (lower(later) = 'x')) DEFAULT":             1,
		"ALTER TABLE t ADD later integer, ADD x integer GENERATED ALWAYS AS (later * 2) STORED":      0,
		"ALTER TABLE t ADD CHECK (lower(t.later) = 'x')":                                             1,
		"ALTER TABLE t ADD EXCLUDE USING btree (a WITH =) WHERE (lower(later) = 'x')":                1,
		"CREATE POLICY p ON t USING (EXISTS (SELECT 1 FROM u WHERE u.id = later AND lower(a) > ''))": 1,
	} {
		list, err := AnalyzeText(sql, shopCatalog())
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Functions; len(got) != calls || len(list[0].Unresolved) > 0 {
			t.Errorf("%s: calls %v, %v", sql, got, list[0].Unresolved)
		}
	}
	list, err := AnalyzeText("COPY t FROM STDIN WHERE later > 0", shopCatalog())
	if err != nil || len(list[0].Unresolved) == 0 {
		t.Errorf("a condition that runs now: %v %+v", err, list[0].Unresolved)
	}
}
