package lineage

import (
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/pgparse"
)

// FuzzAnalyze takes fields out of trees, so that the analyser meets trees that no parser makes: it must not panic, and
// what it says must hold together.
func FuzzAnalyze(f *testing.F) {
	paths, err := filepath.Glob("testdata/query/*.txtar")
	require.NoError(f, err)
	var catalog *Snapshot
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(f, err)
		for _, file := range archive.Files {
			if file.Name == "schema" {
				catalog = parseSchema(f, string(file.Data))
			} else if strings.HasSuffix(file.Name, ".sql") {
				f.Add(string(file.Data), uint16(0), uint16(0))
				f.Add(string(file.Data), uint16(len(file.Data)), uint16(7))
			}
		}
	}
	open := NewSnapshot([]string{"pg_catalog", "public"}, nil, nil, nil, nil, false)
	f.Fuzz(func(t *testing.T, sql string, first, second uint16) {
		list, err := pgparse.Parse(sql, 1<<14)
		if err != nil {
			return
		}
		for _, stmt := range list {
			remove(stmt, int(first))
			remove(stmt, int(second))
			checkFacts(t, Analyze(stmt, catalog))
			checkFacts(t, Analyze(stmt, open))
		}
	})
}

// remove clears the n-th field of a tree, counted in the order of a walk; 0 leaves the tree alone.
func remove(stmt pgparse.Statement, n int) {
	pgparse.Walk(stmt.Node, func(m protoreflect.Message, _ int) bool {
		m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if n--; n == 0 {
				m.Clear(fd)
			}
			return n > 0
		})
		return n > 0
	})
}

// checkFacts checks what holds for every statement.
func checkFacts(t *testing.T, st *Statement) {
	for _, o := range st.Outputs {
		for _, list := range [2][]Source{o.Sources, o.Base} {
			for _, s := range list {
				if s.Column.Relation == "" || len(s.Edges) == 0 {
					t.Errorf("source without a column or an edge: %+v", s)
				}
			}
		}
	}
	for _, r := range st.Relations {
		if r.Access == 0 {
			t.Errorf("relation without an access: %+v", r.Relation.Name)
		}
		if !r.Known && len(st.Unresolved) == 0 && len(st.Needs) == 0 {
			t.Errorf("unknown relation without a word: %+v", r.Relation.Name)
		}
	}
	for _, u := range st.Unresolved {
		if u.Reason == "" || u.Pos >= len(st.SQL) {
			t.Errorf("unresolved without a reason, or outside the text: %+v", u)
		}
	}
}
