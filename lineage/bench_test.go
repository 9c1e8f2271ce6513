package lineage

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/internal/pgparse"
)

func benchmarkCatalog(b *testing.B) *Snapshot {
	data, err := os.ReadFile("testdata/query/names.txtar")
	require.NoError(b, err)
	for _, f := range txtar.Parse(data).Files {
		if f.Name == "schema" {
			return parseSchema(b, string(f.Data))
		}
	}
	require.Fail(b, "no schema")
	return nil
}

const (
	pointStatement = "select id, email, name from users where id = $1"
	tenJoins       = `with recent as (select user_id, sum(total) as spent from orders group by user_id)
		select u.id, u.email, lower(u.name) as name, d.title, r.spent, count(o.id) as orders, string_agg(o.note, ', ' order by o.total)
		from users u
		join recent r on r.user_id = u.id join depts d on d.id = u.dept left join orders o on o.user_id = u.id
		join users m on m.id = u.dept join depts e on e.id = m.dept join orders p on p.user_id = m.id
		join users n on n.id = p.user_id join depts f on f.id = n.dept join orders q on q.user_id = n.id join log l on l.line = q.note
		where u.email = $1 and exists (select 1 from pets where pets.id = u.id) and d.title in ($2, $3)
		group by u.id, u.email, u.name, d.title, r.spent order by u.email limit $4`
)

// BenchmarkPointStatement is a statement's first time: afterwards the facts come from a cache.
func BenchmarkPointStatement(b *testing.B) { benchmark(b, pointStatement) }

func BenchmarkTenJoins(b *testing.B) { benchmark(b, tenJoins) }

// BenchmarkWideInsert has 1,000 rows of parameters.
func BenchmarkWideInsert(b *testing.B) {
	benchmark(b, "insert into users (id, email, name) values "+strings.TrimSuffix(strings.Repeat("($1, $2, $3), ", 1000), ", "))
}

func benchmark(b *testing.B, sql string) {
	catalog := benchmarkCatalog(b)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := pgparse.Parse(sql, 0)
			require.NoError(b, err)
		}
	})
	b.Run("both", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := AnalyzeText(sql, catalog)
			require.NoError(b, err)
		}
	})
}
