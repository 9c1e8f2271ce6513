package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// truth is what of a line of the corpora is compared. An input line is a truth line without the answers.
type truth struct {
	input
	Cmd    string
	OK     bool
	Parsed []struct {
		Name, Role string
		Perms      []string
	}
	Output []struct {
		Name, Origin string
		Sources      []string
	}
	Functions []string `json:"depends_functions"`
}

// shared finds the folder of the corpora, which is not part of the module.
func shared(t testing.TB) string {
	for _, dir := range []string{os.Getenv("GOVERNED_SHARED"), "../../../../shared", "../../../../../shared"} {
		if _, err := os.Stat(filepath.Join(dir, "oracle", "catalog_defs.jsonl.gz")); dir != "" && err == nil {
			return dir
		}
	}
	// They are not part of this repository, which has to build and test without them.
	t.Skip("the shared corpora are not here: set GOVERNED_SHARED")
	return ""
}

// eachLine decodes the lines of a compressed file.
func eachLine[T any](t testing.TB, path string, visit func(*T)) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var v T
		require.NoError(t, json.Unmarshal(lines.Bytes(), &v))
		visit(&v)
	}
	require.NoError(t, lines.Err())
}

// TestServerAgrees compares the analyser with what PostgreSQL says of the same statements: no relation and no source may
// be missing without a word, and where the protocol names an origin it is the analyser's.
func TestServerAgrees(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shared(t), "oracle")
	defs, err := readDefinitions(filepath.Join(dir, "catalog_defs.jsonl.gz"))
	require.NoError(t, err)
	for _, file := range []string{"regress_truth", "columns_truth", "apps_truth", "apps_columns_truth"} {
		eachLine(t, filepath.Join(dir, file+".jsonl.gz"), func(line *truth) { compare(t, defs, line) })
	}
}

func compare(t *testing.T, defs definitions, line *truth) {
	sql := line.SQL
	if line.Inner != "" {
		sql = line.Inner
	}
	st, err := analyse(sql, defs.catalog(&line.input))
	if err != nil || known(st) != nil {
		return // it says that it does not know
	}
	read, write := touched(st)
	for _, r := range line.Parsed {
		touches := read
		if r.Role == "write" {
			touches = write
		}
		if !slices.Contains(touches, r.Name) {
			t.Errorf("%s %d: %s of %s missed: %s", line.File, line.N, r.Role, r.Name, sql)
		}
	}
	if len(line.Output) != len(st.Outputs) || strings.Contains(sql, ").*") {
		return // of rows of user functions and types, which the corpus does not list
	}
	for i, want := range line.Output {
		if isFunction(st, want.Name) {
			want.Origin = "" // f(t) may be the column f of t; whether there is such a function the corpus does not say
		}
		compareOutput(t, line, defs, sql, &st.Outputs[i], want.Origin, want.Sources)
	}
}

func isFunction(st *lineage.Statement, name string) bool {
	return slices.ContainsFunc(st.Functions, func(f lineage.FunctionUse) bool {
		return f.Name.Name == name && len(f.Candidates) == 0 && f.Inside&expanded == 0
	})
}

func compareOutput(t *testing.T, line *truth, defs definitions, sql string, got *lineage.Output, origin string, sources []string) {
	if got.Unresolved != "" {
		return
	}
	have := names(got.Sources, inOracle)
	for _, s := range defs.spelledOut(line, sources) {
		if !slices.Contains(have, s) {
			t.Errorf("%s %d: source %s of %s missed: %s", line.File, line.N, s, got.Name, sql)
		}
	}
	is := ""
	if got.Origin != nil && got.Origin.Num != 0 { // of a whole row the corpus does not give the origin
		is = got.Origin.Column.String()
	}
	if is != origin {
		t.Errorf("%s %d: origin of %s is %q, the server says %q: %s", line.File, line.N, got.Name, is, origin, sql)
	}
}

// spelledOut writes a whole row as the list of its columns.
func (d definitions) spelledOut(line *truth, sources []string) []string {
	var out []string
	for _, s := range sources {
		name, row := strings.CutSuffix(s, ".*")
		rel := d[line.Catalog[name]]
		if !row || rel == nil {
			out = append(out, s)
			continue
		}
		for _, c := range rel.Columns {
			out = append(out, name+"."+c.Name)
		}
	}
	return out
}
