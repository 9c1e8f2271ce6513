package lineage

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// To leave the walk out changes nothing: parameters are counted on the way, and there are no constants.
func TestParametersAreCountedOnTheWay(t *testing.T) {
	catalog := corpusCatalog(t)
	left := 0
	for _, q := range questions(t, 500) {
		parsed, err := pgparse.Parse(q.sql, 0)
		require.NoError(t, err, q.sql)
		if mayQuote(q.sql) || !isQuery(parsed[0].Node) {
			continue
		}
		left++
		params := 0
		pgparse.Walk(parsed[0].Node, countParams(&params))
		st := Analyze(parsed[0], catalog)
		require.Equal(t, params, st.Params, q.sql)
		require.Empty(t, st.Strings, q.sql)
	}
	require.Greater(t, left, 200)
}

func TestMayQuote(t *testing.T) {
	for _, sql := range []string{"select 'x'", "select $1, $$x$$", "select $tag$x$tag$", "select $", `select e'\''`, "select U&'x'", "select $1 || $ä$x$ä$"} {
		require.True(t, mayQuote(sql), sql)
	}
	for _, sql := range []string{"", "select $1", `select "x" from y`, "select $1 + $23"} {
		require.False(t, mayQuote(sql), sql)
	}
}

func countParams(highest *int) func(protoreflect.Message, int) bool {
	return func(m protoreflect.Message, _ int) bool {
		if p, ok := m.Interface().(*ast.ParamRef); ok {
			*highest = max(*highest, int(p.GetNumber()))
		}
		return true
	}
}
