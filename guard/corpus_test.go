package guard

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/builtin"
	"github.com/governedsql/governed/lineage"
)

var update = flag.Bool("update", false, "rewrite the verdicts in testdata")

// The corpus: testdata/*.txtar. A section is named "ID match" or "ID pass" and holds statements, each followed by a line
// that says what every profile makes of it. A statement under "match" has to be a hit of that rule; one under "pass"
// must not be, and must pass standard. "any pass" is for the ordinary SQL that no rule may touch.
//
// -update rewrites the verdicts; whether a rule matches is checked all the same.

// shop is the database of the corpus: what PostgreSQL brings and a few tables and functions.
var shop = sync.OnceValue(func() *lineage.Snapshot {
	relations := slices.Clone(builtin.Relations())
	for i, name := range []string{"t", "u", "a", "b", "s", "j", "jobs", "notes", "audit_drop", "truncate", "copy_to", "order", "from", "where", "orders", "data", "users"} {
		relations = append(relations, table(lineage.Name{Schema: "public", Name: name}, uint32(20000+i), lineage.Table))
	}
	big := table(public("big"), 20900, lineage.Table)
	big.Rows = 1_200_000
	big.Columns = append(big.Columns, bigColumns...)
	big.Checks = []string{"((c IS NOT NULL) AND (length(c) < 100))"}
	relations = append(relations, big)
	relations = append(relations, appRelations()...)
	temp := table(lineage.Name{Schema: "pg_temp_3", Name: "tmp"}, 21000, lineage.Table)
	temp.Temporary = true
	view := table(lineage.Name{Schema: "public", Name: "v"}, 21001, lineage.View)
	view.Definition = "SELECT id, a FROM public.t"
	leak := table(lineage.Name{Schema: "public", Name: "leak"}, 21002, lineage.View)
	leak.Definition = "SELECT rolname AS a, rolpassword AS b FROM pg_catalog.pg_authid"
	var calling []*lineage.Relation
	for i, v := range []struct{ name, query string }{{"pv", "SELECT t.id, imm() AS a FROM public.t"}, {"sv", "SELECT id, reads_shadow() AS a FROM public.t"}} {
		r := table(public(v.name), uint32(21010+i), lineage.View)
		r.Columns, r.Definition = r.Columns[:2], v.query
		calling = append(calling, r)
	}
	relations = append(relations, calling...)
	made := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "made"}, OID: 21020, Kind: lineage.View}
	made.Definition = "SELECT id, 1 AS one FROM public.t"
	made.Columns = []lineage.Column{{Name: "id", Num: 1, Type: "integer"}, {Name: "one", Num: 2, Type: "integer"}}
	tempView := *made
	tempView.Name, tempView.OID, tempView.Temporary = lineage.Name{Schema: "pg_temp_3", Name: "tmpv"}, 21021, true
	relations = append(relations, temp, view, leak, made, &tempView,
		table(lineage.Name{Schema: "public", Name: "mv"}, 21003, lineage.MaterializedView),
		table(lineage.Name{Schema: "public", Name: "seq"}, 21004, lineage.Sequence),
		table(lineage.Name{Schema: "public", Name: "idx"}, 21005, lineage.Index),
		table(lineage.Name{Schema: "remote", Name: "ft"}, 21006, lineage.ForeignTable))
	functions := slices.Clone(builtin.AllFunctions())
	for i, f := range shopFunctions {
		f := f
		f.OID, f.PublicExecute, f.Kind = uint32(30000+i), true, max(f.Kind, 'f')
		functions = append(functions, &f)
	}
	types := []*lineage.Type{{Name: lineage.Name{Schema: "pg_catalog", Name: "text"}, Kind: 'b'}, {Name: lineage.Name{Schema: "pg_catalog", Name: "bool"}, Kind: 'b'}}
	return lineage.NewSnapshot([]string{"pg_temp_3", "pg_catalog", "public"}, relations, functions, nil, types, true)
})

func table(name lineage.Name, oid uint32, kind lineage.RelKind) *lineage.Relation {
	r := &lineage.Relation{Name: name, OID: oid, Kind: kind, Rows: 1000}
	for i, c := range strings.Fields("id a b c x u_id a_id state deleted_at seen gone limit update delete delete_flag truncated_at where body select email tags") {
		typ := "integer"
		if i > 0 {
			typ = "text"
		}
		r.Columns = append(r.Columns, lineage.Column{Name: c, Num: int16(i + 1), Type: typ, NotNull: i == 0, Key: i == 0})
		if c == "tags" {
			r.Columns[i].Comment = "addresses [governed: email]"
		}
	}
	return r
}

// bigColumns are columns of types whose change may or may not rewrite a table.
var bigColumns = []lineage.Column{
	{Name: "v20", Num: 41, Type: "character varying(20)"},
	{Name: "price", Num: 42, Type: "numeric(10,2)"},
	{Name: "at3", Num: 43, Type: "timestamp(3) with time zone"},
	{Name: "net", Num: 44, Type: "cidr"},
	{Name: "local", Num: 45, Type: "timestamp without time zone"},
	{Name: "bits", Num: 46, Type: "bit varying(8)"},
	{Name: "i", Num: 47, Type: "integer"},
	{Name: "doc", Num: 48, Type: "jsonb"},
}

func public(name string) lineage.Name { return lineage.Name{Schema: "public", Name: name} }

var shopFunctions = []lineage.Function{
	{Name: public("purge"), Language: "sql", Volatility: 'v', Returns: "void", Body: "DELETE FROM t"},
	{Name: public("touch"), Language: "sql", Volatility: 'v', Returns: "integer", Args: []string{"integer"}, ArgNames: []string{"which"}, Body: "UPDATE t SET seen = 'x' WHERE id = which RETURNING id"},
	{Name: public("touch_numbered"), Language: "sql", Volatility: 'v', Returns: "integer", Args: []string{"integer"}, Body: "UPDATE t SET seen = 'x' WHERE id = $1 RETURNING id"},
	{Name: public("nested"), Language: "sql", Volatility: 'v', Returns: "void", Body: "SELECT purge()"},
	{Name: public("reads_file"), Language: "sql", Volatility: 'v', Returns: "text", Body: "SELECT pg_read_file('/etc/passwd')"},
	{Name: public("endless"), Language: "sql", Volatility: 'v', Returns: "void", Body: "SELECT endless()"},
	{Name: public("pl_purge"), Language: "plpgsql", Volatility: 'v', Returns: "void", Body: "BEGIN DELETE FROM t; END"},
	{Name: public("pl_touch"), Language: "plpgsql", Volatility: 'v', Returns: "integer", Args: []string{"integer"}, ArgNames: []string{"which"}, Body: "DECLARE n integer; BEGIN UPDATE t SET seen = 'x' WHERE id = which; SELECT count(*) INTO n FROM t; IF n > 3 THEN RETURN n; END IF; RETURN 0; END"},
	{Name: public("pl_dynamic"), Language: "plpgsql", Volatility: 'v', Returns: "void", Args: []string{"text"}, ArgNames: []string{"name"}, Body: "BEGIN EXECUTE 'DELETE FROM ' || name; END"},
	{Name: public("pl_constant"), Language: "plpgsql", Volatility: 'v', Returns: "void", Body: "BEGIN EXECUTE 'DELETE FROM t'; END"},
	{Name: public("imm"), Language: "sql", Volatility: 'i', Returns: "integer", Body: "SELECT 1 FROM purge()"},
	{Name: public("purge_later"), Language: "sql", Volatility: 'v', Returns: "integer", Body: "UPDATE t SET seen = 'x' WHERE id = 1 RETURNING id"},
	{Name: public("reads_shadow"), Language: "sql", Volatility: 's', Returns: "text", Body: "SELECT pg_read_file('/etc/passwd')"},
	{Name: public("pl_variable"), Language: "plpgsql", Volatility: 'v', Returns: "void", Args: []string{"integer"}, ArgNames: []string{"id"}, Body: "#variable_conflict use_variable\nBEGIN UPDATE t SET seen = 'x' WHERE id = id; END"},
	{Name: public("imm_dynamic"), Language: "plpgsql", Volatility: 'i', Returns: "integer", Args: []string{"text"}, ArgNames: []string{"q"}, Body: "DECLARE n integer; BEGIN EXECUTE q INTO n; RETURN n; END"},
	{Name: public("heap_force_kill"), Language: "c", Extension: "pg_surgery", Volatility: 'v', Returns: "void", Args: []string{"text"}},
	{Name: public("get_raw_page"), Language: "c", Extension: "pageinspect", Volatility: 's', Returns: "bytea", Args: []string{"text"}},
	{Name: public("set_limit"), Language: "c", Extension: "pg_trgm", Volatility: 'v', Returns: "real", Args: []string{"real"}},
	{Name: public("texticlike"), Language: "internal", Extension: "citext", Volatility: 'i', Returns: "boolean", Args: []string{"text"}},
	{Name: public("stable_of_extension"), Language: "plpgsql", Extension: "postgis", Volatility: 's', Returns: "text", Args: []string{"text"}, ArgNames: []string{"q"}, Body: "BEGIN EXECUTE q; RETURN q; END"},
	{Name: public("settled"), Language: "plpgsql", Volatility: 'v', Returns: "void", Body: "BEGIN PERFORM set_config('search_path', 'evil', true); UPDATE t SET seen = 'x' WHERE id = 1; END"},
	{Name: public("over"), Kind: 'p', Language: "sql", Volatility: 'v', Args: []string{"integer"}, ArgModes: []string{"i", "o"}, ArgNames: []string{"a", "b"}, Body: "WITH d AS (DELETE FROM t) SELECT 1"},
	{Name: public("over"), Kind: 'p', Language: "sql", Volatility: 'v', Args: []string{"integer", "integer"}, Body: "UPDATE t SET seen = 'x' WHERE id = $1"},
	{Name: public("twice"), Language: "sql", Volatility: 'i', Returns: "integer", Args: []string{"integer"}, Body: "SELECT $1 * 2"},
	{Name: public("py"), Language: "plpython3u", Volatility: 'v', Returns: "text", Body: "import os"},
	{Name: public("uuid_generate_v4"), Language: "c", Extension: "uuid-ossp", Volatility: 'v', Returns: "uuid"},
	{Name: public("native"), Language: "c", Volatility: 'v', Returns: "text"},
	{Name: public("dblink"), Language: "c", Extension: "dblink", Volatility: 'v', Returns: "record", Args: []string{"text", "text"}, ReturnsSet: true},
	{Name: public("crosstab"), Language: "c", Extension: "tablefunc", Volatility: 's', Returns: "record", Args: []string{"text"}, ReturnsSet: true},
	{Name: public("settle"), Kind: 'p', Language: "plpgsql", Volatility: 'v', Body: "BEGIN UPDATE t SET seen = 'x' WHERE id = 1; END"},
	{Name: public("wipe"), Kind: 'p', Language: "plpgsql", Volatility: 'v', Body: "BEGIN DELETE FROM t; END"},
}

var policies = sync.OnceValue(func() map[Profile]*Policy {
	out := map[Profile]*Policy{}
	for p := Standard; p <= Observe; p++ {
		policy, err := NewPolicy(Config{Profile: p})
		if err != nil {
			panic(err)
		}
		out[p] = policy
	}
	return out
})

// decide decides a text as the driver does, for a verified caller on a pooled connection outside a transaction.
func decide(t testing.TB, profile Profile, sql string, in Input) Verdict {
	t.Helper()
	list, err := lineage.AnalyzeText(sql, shop())
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	in.Caller = VerifiedCaller
	out := Verdict{Decision: lineage.Allow}
	for _, v := range policies()[profile].DecideAll(list, in) {
		out.Reasons = append(out.Reasons, v.Reasons...)
		if strength(v.Decision) > strength(out.Decision) {
			out.Decision = v.Decision
		}
		if v.Would != "" && (out.Would == "" || strength(v.Would) > strength(out.Would)) {
			out.Would = v.Would
		}
	}
	return out
}

func rules(v Verdict) string {
	var ids []string
	for _, r := range v.Reasons {
		if !slices.Contains(ids, r.Rule) {
			ids = append(ids, r.Rule)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, ",")
}

// verdicts is the line below a statement.
func verdicts(t *testing.T, sql string) string {
	var b strings.Builder
	b.WriteString("    #")
	for p := Standard; p <= Observe; p++ {
		v := decide(t, p, sql, Input{})
		d := v.Decision
		if p == Observe {
			if !v.Allowed() {
				t.Errorf("%s: observe refuses", sql)
			}
			continue
		}
		fmt.Fprintf(&b, " %s=%s", p, d)
		if r := rules(v); r != "" {
			b.WriteString("(" + r + ")")
		}
	}
	return b.String()
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	matched := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range archive.Files {
			section := &archive.Files[i]
			section.Data = []byte(runSection(t, section.Name, string(section.Data), matched))
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range catalogue {
		if r.match != nil && !matched[r.ID] && !elsewhere[r.ID] {
			t.Errorf("%s: no statement that has to match", r.ID)
		}
		if r.match != nil && !matched[r.ID+" pass"] && !elsewhere[r.ID] && !strings.HasPrefix(r.ID, "CLASS") {
			t.Errorf("%s: no statement that has to pass", r.ID)
		}
	}
}

// elsewhere are the rules whose tests need more than a text.
var elsewhere = wordSet(ClassCaller, RuleUnresolved, "DD14", "DD17", "DM08", "RD13", "RD14", RuleUntrusted)

func runSection(t *testing.T, name, data string, matched map[string]bool) string {
	id, kind, _ := strings.Cut(name, " ")
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(data, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		sql := lines[i]
		if strings.TrimSpace(sql) == "" || strings.HasPrefix(sql, "    #") {
			continue
		}
		got := verdicts(t, sql)
		out.WriteString(sql + "\n" + got + "\n")
		want := ""
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    #") {
			want = lines[i+1]
		}
		if want != got && !*update {
			t.Errorf("%s: %s\n got %s\nwant %s", name, sql, got, want)
		}
		standard := decide(t, Standard, sql, Input{})
		hit := slices.Contains(strings.Split(rules(standard), ","), id)
		switch kind {
		case "match":
			matched[id] = true
			if !hit && !slices.Contains(strings.Split(rules(decide(t, Strict, sql, Input{})), ","), id) {
				t.Errorf("%s has to match %s; got %q", id, sql, rules(standard))
			}
		case "pass":
			matched[id+" pass"] = true
			if hit || !standard.Allowed() {
				t.Errorf("%s must not match %s; got %v %q", id, sql, standard.Decision, rules(standard))
			}
		default:
			t.Errorf("section %q is neither match nor pass", name)
		}
	}
	return out.String()
}
