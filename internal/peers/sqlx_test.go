package peers

import (
	"regexp"
	"testing"

	_ "github.com/jmoiron/sqlx" // pins the version whose sources are read
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

// sqlxSuite is sqlx with its own tests, on PostgreSQL only.
func sqlxSuite(t *testing.T) *suite {
	drivers := regexp.MustCompile(`(?m)^\t_ "github.com/(go-sql-driver/mysql|lib/pq|mattn/go-sqlite3)"\n`)
	return &suite{
		module: "github.com/jmoiron/sqlx", name: "sqlxsuite",
		files: func(string) bool { return true },
		edit: func(name, source string) string {
			source = drivers.ReplaceAllString(source, "")
			if name == "sqlx_test.go" {
				source = mustReplace(t, source, `Connect("postgres", pgdsn)`, `Connect(os.Getenv("PEER"), pgdsn)`)
			}
			return source
		},
		extra: map[string]string{"open_test.go": `package sqlx

import (
	_ "github.com/jackc/pgx/v5/stdlib"

	_ "github.com/governedsql/governed/driver"
)

func init() { BindDriver("governed-postgres", DOLLAR) }
`},
	}
}

func TestSqlxSuite(t *testing.T) {
	s := sqlxSuite(t)
	run := func(peer, key string) map[string]string {
		dsn := pgtest.New(t)
		return s.run(t, []string{"PEER=" + peer, "SQLX_POSTGRES_DSN=" + dsn + key, "SQLX_MYSQL_DSN=skip", "SQLX_SQLITE_DSN=skip"})
	}
	pgx, governed := run("pgx", ""), run("governed-postgres", "&governed.profile=observe")
	t.Logf("pgx %v, governed %v", count(pgx), count(governed))
	for name, result := range pgx {
		if result == "fail" {
			// On plain pgx "cached plan must not change result type": our own cache prepares again.
			require.Contains(t, []string{"fail", "pass"}, governed[name], name)
			continue
		}
		require.Equal(t, result, governed[name], name)
	}
	require.Greater(t, count(pgx)["pass"], 40)
}
