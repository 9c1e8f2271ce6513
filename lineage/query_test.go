package lineage

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// TestQueries reads testdata/query: an archive has a schema, and for each case name.sql and name.want.
func TestQueries(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/query/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			runArchive(t, archive)
			if *update {
				require.NoError(t, os.WriteFile(path, txtar.Format(archive), 0o644))
			}
		})
	}
}

func runArchive(t *testing.T, archive *txtar.Archive) {
	var catalog *Snapshot
	var out []txtar.File
	for i, f := range archive.Files {
		name, sql := strings.CutSuffix(f.Name, ".sql")
		if f.Name == "schema" {
			catalog = parseSchema(t, string(f.Data))
		}
		if !strings.HasSuffix(f.Name, ".want") {
			out = append(out, f)
		}
		if !sql {
			continue
		}
		got := describeAll(t, string(f.Data), catalog)
		out = append(out, txtar.File{Name: name + ".want", Data: []byte(got)})
		if *update {
			continue
		}
		require.Less(t, i+1, len(archive.Files), "%s has no answer", name)
		require.Equal(t, string(archive.Files[i+1].Data), got, "%s: %s", name, f.Data)
	}
	if *update {
		archive.Files = out
	}
}

// parseSchema reads lines such as
//
//	path pg_catalog public
//	table public.users id integer, email text
//	view public.emails email text = select email from users
//	function public.f(text, integer) setof public.users
//	aggregate pg_catalog.sum(numeric) numeric
//	operator public.=~ public.same
func parseSchema(t testing.TB, text string) *Snapshot {
	path := []string{"pg_catalog", "public"}
	var o Objects
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "", "#":
		case "path":
			path = strings.Fields(rest)
		case "table", "view", "matview", "composite":
			o.Relations = append(o.Relations, parseRelation(kind, rest, uint32(1000+len(o.Relations))))
		case "function", "aggregate":
			o.Functions = append(o.Functions, parseFunction(kind, rest))
		case "operator":
			name, function, _ := strings.Cut(rest, " ")
			o.Operators = append(o.Operators, &Operator{Name: parseName(name), Function: parseName(function)})
		default:
			require.Fail(t, "unknown line of a schema", line)
		}
	}
	return NewSnapshot(path, o.Relations, o.Functions, o.Operators, o.Types, true)
}

func parseName(s string) Name {
	schema, name, _ := strings.Cut(s, ".")
	return Name{schema, name}
}

func parseRelation(kind, text string, oid uint32) *Relation {
	kinds := map[string]RelKind{"table": Table, "view": View, "matview": MaterializedView, "composite": CompositeType}
	name, rest, _ := strings.Cut(text, " ")
	columns, definition, _ := strings.Cut(rest, " = ")
	r := &Relation{Name: parseName(name), OID: oid, Kind: kinds[kind], Definition: definition}
	for i, c := range strings.Split(columns, ", ") {
		column, typ, _ := strings.Cut(c, " ")
		r.Columns = append(r.Columns, Column{Name: column, Num: int16(i + 1), Type: typ})
	}
	return r
}

// parseFunction reads name(types) result; an argument "out x text" is an output.
func parseFunction(kind, text string) *Function {
	head, result, _ := strings.Cut(text, ") ")
	name, args, _ := strings.Cut(head, "(")
	f := &Function{Name: parseName(name), Kind: 'f', Volatility: 'i', PublicExecute: true}
	if kind == "aggregate" {
		f.Kind = 'a'
	}
	f.Returns, f.ReturnsSet = strings.CutPrefix(result, "setof ")
	if strings.HasPrefix(f.Returns, "public.") {
		f.ReturnsRelation = parseName(f.Returns)
	}
	for _, arg := range strings.Split(args, ", ") {
		if out, ok := strings.CutPrefix(arg, "out "); ok {
			argName, typ, _ := strings.Cut(out, " ")
			f.Args, f.ArgModes, f.ArgNames = append(f.Args, typ), append(f.ArgModes, "o"), append(f.ArgNames, argName)
		} else if arg != "" {
			f.Args, f.ArgModes, f.ArgNames = append(f.Args, arg), append(f.ArgModes, "i"), append(f.ArgNames, "")
		}
	}
	if !slices.Contains(f.ArgModes, "o") {
		f.ArgModes, f.ArgNames = nil, nil
	}
	return f
}

func describeAll(t testing.TB, sql string, catalog Catalog) string {
	list, err := AnalyzeText(sql, catalog)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, st := range list {
		describe(&b, st)
	}
	return b.String()
}

// describe writes the facts of a statement, one a line.
func describe(b *strings.Builder, st *Statement) {
	for _, u := range st.Unresolved {
		fmt.Fprintf(b, "unresolved %s: %s at %d\n", u.Reason, u.Object, u.Pos)
	}
	for i := range st.Outputs {
		describeOutput(b, &st.Outputs[i])
	}
	for i := range st.Relations {
		r := &st.Relations[i]
		fmt.Fprintf(b, "%s %s(%s)%s at %d\n", accessWords(r), r.Relation.Name, strings.Join(r.Columns, " "), insideWords(r.Inside), r.Pos)
	}
	for i := range st.Assigns {
		describeAssign(b, &st.Assigns[i])
	}
	for i := range st.Functions {
		describeCall(b, &st.Functions[i])
	}
	for _, in := range st.Indirect {
		equality := map[bool]string{true: " = $n"}[in.Equality]
		fmt.Fprintf(b, "%s %s%s\n", strings.ToLower(string(in.Kind)), in.Source.Column, equality)
	}
	for i := range st.Effects {
		e := &st.Effects[i]
		fmt.Fprintf(b, "effect %s %s(%s) %v%s bounded=%v\n", e.Command, e.Object, strings.Join(e.Columns, " "), e.Options, insideWords(e.Inside), e.Where != nil)
	}
}

func describeOutput(b *strings.Builder, o *Output) {
	fmt.Fprintf(b, "%s <- %s", o.Name, sourceWords(o.Sources))
	if len(o.Base) != len(o.Sources) || len(o.Base) > 0 && &o.Base[0] != &o.Sources[0] {
		fmt.Fprintf(b, " base %s", sourceWords(o.Base))
	}
	if o.Origin != nil {
		fmt.Fprintf(b, " origin %s", o.Origin.Column)
	}
	if o.Harmless {
		b.WriteString(" harmless")
	}
	if o.Unresolved != "" {
		fmt.Fprintf(b, " unresolved %s", o.Unresolved)
	}
	b.WriteByte('\n')
}

func describeAssign(b *strings.Builder, a *Assign) {
	fmt.Fprintf(b, "%s %s <- %s", strings.ToLower(a.Command), a.Target, sourceWords(a.Sources))
	if len(a.Params) > 0 {
		fmt.Fprintf(b, " params %v", a.Params)
	}
	if len(a.Literals) > 0 {
		fmt.Fprintf(b, " literals %q", a.Literals)
	}
	for word, on := range map[string]bool{" direct": a.Direct, " default": a.Default} {
		if on {
			b.WriteString(word)
		}
	}
	b.WriteString(insideWords(a.Inside) + "\n")
}

// describeCall leaves out the functions of PostgreSQL's own.
func describeCall(b *strings.Builder, f *FunctionUse) {
	if f.Name.Schema == "pg_catalog" {
		return
	}
	fmt.Fprintf(b, "call %s", f.Name)
	for _, arg := range f.Args {
		switch {
		case arg.Const != nil:
			fmt.Fprintf(b, " %q", *arg.Const)
		case arg.Null:
			b.WriteString(" null")
		default:
			fmt.Fprintf(b, " %s", sourceWords(arg.Sources))
		}
		if len(arg.Params) > 0 {
			fmt.Fprintf(b, "%v", arg.Params)
		}
	}
	if f.InFrom {
		b.WriteString(" in from")
	}
	fmt.Fprintf(b, "%s at %d\n", insideWords(f.Inside), f.Pos)
}

var (
	roleWords = map[SourceRole]string{Value: "", Condition: "condition ", Window: "window ", Extra: "extra ", Order: "order ", Subtracted: "subtracted ", Counted: "counted "}
	kindWords = map[SourceKind]string{Identity: "=", Transformation: "~", Aggregation: "∑"}
)

func sourceWords(list []Source) string {
	var out []string
	for _, s := range list {
		edges := ""
		for _, e := range s.Edges {
			edges += roleWords[e.Role] + kindWords[e.Kind]
		}
		out = append(out, edges+strings.TrimPrefix(s.Column.String(), "public."))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func accessWords(r *RelationUse) string {
	words := []string{}
	if !r.Known {
		words = append(words, "unknown")
	}
	if r.Access&Reads != 0 {
		words = append(words, "reads")
	}
	if r.Access&Writes != 0 {
		words = append(words, "writes", r.Command)
	}
	if r.Access&Locks != 0 {
		words = append(words, "locks")
	}
	return strings.Join(words, " ")
}

func insideWords(in Inside) string {
	names := []string{"cte", "subquery", "explain", "explain analyze", "prepare", "cursor", "copy", "definition", "function", "view", "do", "trigger", "merge", "create as"}
	var out []string
	for i, name := range names {
		if in&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	if out == nil {
		return ""
	}
	return " in " + strings.Join(out, "+")
}
