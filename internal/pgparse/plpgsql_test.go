package pgparse

import (
	"slices"
	"testing"
	"time"
)

func define(body string) string {
	return "CREATE FUNCTION f(which integer) RETURNS integer LANGUAGE plpgsql AS $body$" + body + "$body$"
}

func TestPLpgSQL(t *testing.T) {
	body, err := PLpgSQL(define(`DECLARE n integer := start_at(); c CURSOR FOR SELECT id FROM t; a integer[]; r record;
		BEGIN
			DELETE FROM t WHERE id = which;
			SELECT count(*) INTO n FROM t;
			a[1 + n] := n * 2;
			r.x = n = 3;
			IF n > 3 THEN PERFORM purge(n); END IF;
			EXECUTE 'DELETE FROM ' || n USING which;
			FOR r IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP;
			COMMIT;
			RETURN n;
		EXCEPTION WHEN others THEN
			RAISE NOTICE '%', secret();
			RETURN 0;
		END`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"SELECT start_at()", "SELECT id FROM t", "DELETE FROM t WHERE id = which", "SELECT count(*)        FROM t", "SELECT  n * 2", "SELECT a[1 + n] ",
		"SELECT  n = 3", "SELECT n > 3", "SELECT purge(n)", "SELECT which", "SELECT secret()",
	} {
		if !slices.Contains(body.Statements, want) {
			t.Errorf("no %q in %q", want, body.Statements)
		}
	}
	for _, want := range []string{"SELECT 'DELETE FROM ' || n", "SELECT 'SELECT 1'"} {
		if !slices.Contains(body.Dynamic, want) || slices.Contains(body.Statements, want) {
			t.Errorf("no %q in %q", want, body.Dynamic)
		}
	}
	for _, want := range []string{"which", "n", "c", "a", "r", "found", "sqlerrm"} {
		if !slices.Contains(body.Variables, want) {
			t.Errorf("no variable %s in %q", want, body.Variables)
		}
	}
	if !body.Ends {
		t.Error("COMMIT is not seen")
	}
}

func TestPLpgSQLRefuses(t *testing.T) {
	for _, text := range []string{
		define("BEGIN this is nothing; END"), define("BEGIN"), define(""), "SELECT 1", "", "DO 'x'", define("BEGIN RETURN 1; END\x00"),
	} {
		if body, err := PLpgSQL(text); err == nil && len(body.Statements) > 0 {
			t.Errorf("%q was read as %+v", text, body)
		}
	}
}

func FuzzPLpgSQL(f *testing.F) {
	for _, body := range []string{
		"BEGIN DELETE FROM t; END", "DECLARE n integer := 3; BEGIN n := n + 1; RETURN n; END", "BEGIN EXECUTE 'SELECT 1'; END",
		"<<l>> BEGIN LOOP EXIT l WHEN found; END LOOP; EXCEPTION WHEN others THEN RAISE; END", "BEGIN FOR i IN 1..3 LOOP a[i] = 4; END LOOP; END",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		start := time.Now()
		_, _ = PLpgSQL(define(body))
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%v for %q", d, body)
		}
	})
}

// A loop over the rows of a query runs as often as that query says; any other as often as a value says.
func TestPLpgSQLLoops(t *testing.T) {
	for body, want := range map[string]bool{
		"for i in 1..n loop null; end loop;":                                      true,
		"while n > 0 loop n := n - 1; end loop;":                                  true,
		"loop exit when n > 0; end loop;":                                         true,
		"foreach n in array array[1, 2] loop null; end loop;":                     true,
		"if n > 0 then for i in reverse 9..n loop null; end loop; end if;":        true,
		"for r in select 1 loop null; end loop;":                                  false,
		"for r in execute 'select 1' loop null; end loop;":                        false,
		"for r in c loop null; end loop;":                                         false,
		"if n > 0 then n := 1; end if; n := (select count(*) from pg_class);":     false,
		"begin n := 1; exception when others then raise notice 'loop'; end;":      false,
		"for r in select 1 loop while n > 0 loop n := n - 1; end loop; end loop;": true,
	} {
		b, err := PLpgSQL("create function f() returns void language plpgsql as $f$declare n int; r record; c cursor for select 1; begin " + body + " end$f$")
		if err != nil || b.Loops != want {
			t.Errorf("%s: %v, %v", body, b, err)
		}
	}
}
