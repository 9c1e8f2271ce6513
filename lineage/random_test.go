package lineage

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/pgtest"
)

// TestServerResolvesRandomAlike makes queries of names, of which many mean nothing or too much, and has a real server
// resolve them beside the analyser.
func TestServerResolvesRandomAlike(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(context.Background(), pgtest.New(t))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	data, err := os.ReadFile("testdata/query/names.txtar")
	require.NoError(t, err)
	schema := string(txtar.Parse(data).Files[0].Data)
	catalog := parseSchema(t, schema)
	create(t, conn, catalog, schema)
	q := &queries{Rand: rand.New(rand.NewPCG(1, 2))}
	taken := 0
	for i := range 1500 {
		sql, _ := q.query(3, nil)
		if resolveAlike(t, conn, catalog, fmt.Sprint("random ", i), sql) {
			taken++
		}
		if t.Failed() {
			return
		}
	}
	require.Greater(t, taken, 400, "too few of the queries mean anything")
}

// queries makes random queries; most of their names mean something.
type queries struct {
	*rand.Rand
	aliases int
	prefix  string // of aliases; "" = t
	with    []visible
}

// visible is a table of FROM with its columns.
type visible struct {
	name    string
	columns []string
}

func (q *queries) one(list ...string) string { return list[q.IntN(len(list))] }

func (q *queries) alias() string {
	q.aliases++
	return fmt.Sprint(cmp.Or(q.prefix, "t"), q.aliases)
}

func (q *queries) column(from []visible) string {
	t := from[q.IntN(len(from))]
	c := q.one("id", "email", "x")
	if len(t.columns) > 0 && q.IntN(20) > 0 {
		c = q.one(t.columns...)
	}
	if q.IntN(4) == 0 {
		return c
	}
	return t.name + "." + c
}

// query makes a query and lists what it returns.
func (q *queries) query(depth int, outer []visible) (sql string, columns []string) {
	kept := len(q.with)
	defer func() { q.with = q.with[:kept] }()
	if depth > 1 && q.IntN(3) == 0 {
		sql = q.withQuery(depth - 1)
	}
	body, columns := q.selectFrom(depth, outer)
	if q.IntN(8) == 0 {
		body += q.one(" union ", " union all ", " except ") + body
	}
	if q.IntN(4) == 0 {
		body += " order by 1"
	}
	return sql + body, columns
}

func (q *queries) withQuery(depth int) string {
	name := q.one("users", "w1", "w2")
	if q.IntN(3) == 0 {
		q.with = append(q.with, visible{name, []string{"x", "y"}})
		return fmt.Sprintf("with recursive %s(x, y) as (select id, email from public.users union all select w.id, w.note from orders w, %s r where r.x = w.user_id) ", name, name)
	}
	body, columns := q.query(depth, nil)
	q.with = append(q.with, visible{name, columns})
	return fmt.Sprintf("with %s as (%s) ", name, body)
}

func (q *queries) selectFrom(depth int, outer []visible) (string, []string) {
	item, from := q.item(depth, outer)
	if q.IntN(3) == 0 {
		more, others := q.item(depth, outer)
		item, from = item+", "+more, append(from, others...)
	}
	scope := append(append([]visible{}, from...), outer...)
	var list, columns []string
	for range 1 + q.IntN(3) {
		target, names := q.target(depth, from, scope)
		list, columns = append(list, target), append(columns, names...)
	}
	out := "select " + strings.Join(list, ", ") + " from " + item
	if q.IntN(3) == 0 {
		out += " where " + q.column(scope) + " is not null"
	}
	return out, columns
}

func (q *queries) target(depth int, from, scope []visible) (string, []string) {
	t := from[q.IntN(len(from))]
	switch q.IntN(12) {
	case 0:
		var all []string
		for _, f := range from {
			all = append(all, f.columns...)
		}
		return "*", all
	case 1:
		return t.name + ".*", t.columns
	case 2:
		return t.name + " as row_of", []string{"row_of"}
	case 3:
		if depth > 0 {
			body, _ := q.selectFrom(0, scope)
			return "exists (" + body + ") as found", []string{"found"}
		}
	case 4:
		if depth > 0 {
			body, columns := q.query(depth-1, scope)
			if len(columns) == 1 {
				return "(" + body + ") as one", []string{"one"}
			}
		}
	case 5:
		return "(" + t.name + ")." + q.one(append(t.columns, "id")...) + " as field", []string{"field"}
	}
	name := q.one("id", "email", "x", "note")
	return q.column(scope) + " as " + name, []string{name}
}

func (q *queries) item(depth int, outer []visible) (string, []visible) {
	if depth == 0 {
		return q.table()
	}
	switch q.IntN(8) {
	case 0, 1:
		body, columns := q.query(depth-1, nil)
		a := q.alias()
		return "(" + body + ") " + a, []visible{{a, columns}}
	case 2, 3:
		return q.join(depth-1, outer)
	case 4:
		left, l := q.item(depth-1, outer)
		body, columns := q.query(depth-1, append(append([]visible{}, l...), outer...))
		a := q.alias()
		return left + " left join lateral (" + body + ") " + a + " on true", append(l, visible{a, columns})
	}
	return q.table()
}

func (q *queries) join(depth int, outer []visible) (string, []visible) {
	left, l := q.item(depth, outer)
	right, r := q.item(depth, outer)
	both := append(append([]visible{}, l...), r...)
	kind := q.one(" join ", " left join ", " right join ", " full join ")
	switch q.IntN(4) {
	case 0:
		return left + " natural" + kind + right, both
	case 1:
		a := q.alias()
		return "(" + left + kind + right + " on true) as " + a + "(p, q)", []visible{{a, []string{"p", "q"}}}
	case 2:
		return left + kind + right + " on " + q.column(both) + " is not null", both
	}
	a := q.alias()
	return left + kind + right + " using (id) as " + a, append(both, visible{a, []string{"id"}})
}

func (q *queries) table() (string, []visible) {
	a := q.alias()
	if len(q.with) > 0 && q.IntN(2) == 0 {
		w := q.with[q.IntN(len(q.with))]
		return w.name + " " + a, []visible{{a, w.columns}}
	}
	tables := []visible{
		{"public.users", []string{"id", "email", "name", "dept"}},
		{"orders", []string{"id", "user_id", "note"}},
		{"depts", []string{"id", "title"}},
		{"emails", []string{"id", "mail"}},
		{"pets", []string{"id", "tags"}},
		{"all_users(1)", []string{"id", "email"}},
		{"pair(1)", []string{"a", "b"}},
		{"totals", []string{"user_id"}},
	}
	t := tables[q.IntN(len(tables))]
	switch q.IntN(6) {
	case 0:
		return "(values (1, 'a'), (2, 'b')) as " + a + "(id, x)", []visible{{a, []string{"id", "x"}}}
	case 1:
		return t.name + " as " + a + "(k)", []visible{{a, append([]string{"k"}, t.columns[1:]...)}}
	}
	return t.name + " " + a, []visible{{a, t.columns}}
}
