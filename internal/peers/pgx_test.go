package peers

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

// rawTests assert that Conn.Raw hands out pgx's own *stdlib.Conn, and end the process where it does not.
const rawTests = "^(TestConnRaw|TestCheckIdleConn)$"

// pgxSuite is pgx's own test of its stdlib, with the opening functions changed.
func pgxSuite(t *testing.T) *suite {
	skip := regexp.MustCompile(`(?s)func (skipCockroachDB|skipPostgreSQLVersionLessThan)\((.*?)\) \{.*?\n\}\n`)
	return &suite{
		module: "github.com/jackc/pgx/v5", folder: "stdlib", name: "pgxsuite",
		files: func(name string) bool { return name == "sql_test.go" },
		edit: func(_, source string) string {
			source = mustReplace(t, source, "stdlib.OpenDB(", "openUnderTest(")
			source = mustReplace(t, source, "stdlib.OpenDBFromPool(", "openPoolUnderTest(")
			source = mustReplace(t, source, `sql.Open("pgx", `, "openNameUnderTest(")
			// These two ask Raw for a *stdlib.Conn to find out the server's kind; it is PostgreSQL here.
			source = skip.ReplaceAllString(source, "func $1($2) {}\n")
			return regexp.MustCompile(`(?m)^\t"regexp"\n`).ReplaceAllString(source, "")
		},
		extra: map[string]string{"open_test.go": pgxOpen},
	}
}

const pgxOpen = `package stdlib_test

import (
	"database/sql"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/governedsql/governed/driver"
)

func init() {
	if err := driver.Register("under-test", &driver.Config{Profile: driver.Observe}); err != nil {
		panic(err)
	}
}

func plain() bool { return os.Getenv("PEER") == "pgx" }

func openUnderTest(config pgx.ConnConfig, opts ...stdlib.OptionOpenDB) *sql.DB {
	if plain() {
		return stdlib.OpenDB(config, opts...)
	}
	c, err := driver.WrapConnector(stdlib.GetConnector(config, opts...), &driver.Config{Profile: driver.Observe})
	if err != nil {
		panic(err)
	}
	return sql.OpenDB(c)
}

func openPoolUnderTest(pool *pgxpool.Pool, opts ...stdlib.OptionOpenDB) *sql.DB {
	if plain() {
		return stdlib.OpenDBFromPool(pool, opts...)
	}
	c, err := driver.WrapConnector(stdlib.GetPoolConnector(pool, opts...), &driver.Config{Profile: driver.Observe})
	if err != nil {
		panic(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxIdleConns(0)
	return db
}

func openNameUnderTest(dsn string) (*sql.DB, error) {
	if plain() {
		return sql.Open("pgx", dsn)
	}
	return sql.Open("under-test", dsn)
}
`

func TestPgxStdlibSuite(t *testing.T) {
	s := pgxSuite(t)
	dsn := pgtest.New(t)
	pgx := s.run(t, []string{"PEER=pgx", "PGX_TEST_DATABASE=" + dsn}, "-skip", rawTests)
	governed := s.run(t, []string{"PEER=governed", "PGX_TEST_DATABASE=" + dsn}, "-skip", rawTests)
	t.Logf("pgx %v, governed %v", count(pgx), count(governed))
	require.Greater(t, count(pgx)["pass"], 100)
	require.Equal(t, pgx, governed)
}
