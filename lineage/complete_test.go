package lineage

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// TestNothingIsPassedOver walks each tree by its own description and looks for parts that matter and that the analysis
// did not look at.
func TestNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/query/*.txtar")
	require.NoError(t, err)
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".sql") {
				checkComplete(t, string(file.Data))
			}
		}
	}
	for _, dir := range []string{os.Getenv("GOVERNED_SHARED"), "../../shared", "../../../shared"} {
		if f, err := os.Open(filepath.Join(dir, "oracle", "columns_truth.jsonl.gz")); err == nil && dir != "" {
			defer f.Close()
			checkCorpus(t, f)
			return
		}
	}
}

func checkCorpus(t *testing.T, f *os.File) {
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ SQL, Inner string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		if line.Inner != "" {
			line.SQL = line.Inner
		}
		checkComplete(t, line.SQL)
	}
	require.NoError(t, lines.Err())
}

func checkComplete(t *testing.T, sql string) {
	list, err := pgparse.Parse(sql, 0)
	if err != nil {
		return
	}
	open := NewSnapshot([]string{"pg_catalog", "public"}, nil, nil, nil, nil, false)
	for _, stmt := range list {
		if !isQuery(stmt.Node) {
			continue
		}
		seen := map[*ast.Node]bool{}
		a := &analyzer{
			world: &world{catalog: open, path: open.SearchPath(), trace: func(n *ast.Node) { seen[n] = true }},
			st:    &Statement{SQL: stmt.SQL, Offset: stmt.Pos},
		}
		a.statement(stmt.Node, 0)
		assigned := map[*ast.Node]bool{}
		pgparse.Walk(stmt.Node, func(m protoreflect.Message, _ int) bool {
			return checkSeen(t, sql, m, seen, assigned)
		})
	}
}

// checkSeen reports a node that was not looked at. What stands under a MultiAssignRef is looked at once for all columns,
// and the analyser makes calls of its own for unnest of several arrays.
func checkSeen(t *testing.T, sql string, m protoreflect.Message, seen, assigned map[*ast.Node]bool) bool {
	n, ok := m.Interface().(*ast.Node)
	if !ok || seen[n] || assigned[n] {
		return true
	}
	switch x := n.GetNode().(type) {
	case *ast.Node_ResTarget:
		if x.ResTarget.GetVal().GetMultiAssignRef() != nil {
			assigned[x.ResTarget.GetVal()] = true
			assigned[x.ResTarget.GetVal().GetMultiAssignRef().GetSource()] = true
			return x.ResTarget.GetVal().GetMultiAssignRef().GetColno() == 1
		}
	case *ast.Node_LockingClause:
		return false
	case *ast.Node_FuncCall:
		if name := x.FuncCall.GetFuncname(); len(name) == 1 && text(name[0]) == "unnest" && len(x.FuncCall.GetArgs()) > 1 {
			return true
		}
		t.Errorf("function %v not looked at: %s", x.FuncCall.GetFuncname(), sql)
	case *ast.Node_SubLink, *ast.Node_ParamRef, *ast.Node_AExpr, *ast.Node_CaseExpr, *ast.Node_RangeVar, *ast.Node_RangeFunction,
		*ast.Node_RangeSubselect, *ast.Node_JoinExpr, *ast.Node_CoalesceExpr, *ast.Node_RangeTableFunc, *ast.Node_JsonTable,
		*ast.Node_TypeCast, *ast.Node_XmlExpr, *ast.Node_JsonFuncExpr, *ast.Node_NullTest:
		t.Errorf("%s not looked at: %s", nodeKind(n), sql)
	}
	return true
}
