package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds each exchange with the server: generous, because a busy
// machine with several test binaries takes seconds to boot one.
const patience = 2 * time.Minute

var (
	// shared is the server of this test binary. It is never closed: the
	// lifeline ends it with the process.
	shared = sync.OnceValues(func() (*Server, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return Start(ctx)
	})

	databases atomic.Int64 // how many have been made; their names are t1, t2, ...
)

// New returns the address of an empty database that lives as long as t;
// setup statements run in it first, as the superuser.
//
// The address is a URL with a query, so parameters can be appended to it as
// "&name=value". Each call makes another database: subtests that may share one
// should take it from their parent.
func New(t testing.TB, setup ...string) (dsn string) {
	t.Helper()
	server, err := shared()
	if err != nil {
		giveUp(t, err)
	}
	name := "t" + strconv.FormatInt(databases.Add(1), 10)
	run(t, server.DSN("postgres"), func(conn *pgx.Conn) string {
		return createDatabase(name, major(conn))
	})
	t.Cleanup(func() {
		// force: a pool that the test forgot to close must not keep it.
		run(t, server.DSN("postgres"), func(*pgx.Conn) string {
			return "drop database " + name + " with (force)"
		})
	})
	dsn = server.DSN(name)
	if len(setup) > 0 {
		run(t, dsn, func(*pgx.Conn) string { return strings.Join(setup, ";\n") })
	}
	return dsn
}

// giveUp ends a test that has no server to run on.
func giveUp(t testing.TB, err error) {
	t.Helper()
	if skippable(err, os.Getenv("CI")) {
		t.Skip(err) // there is no server to test on; a broken one, and CI, fail below
	}
	t.Fatal(err)
}

// skippable reports whether a test may be skipped for err. A server that is
// there and does not start is always a failure.
func skippable(err error, ci string) bool {
	return ci == "" && errors.Is(err, ErrNoServer)
}

// createDatabase copies template1 file by file where the server can: with
// fsync off that is three times faster than going through the log.
func createDatabase(name string, major int) string {
	if major < 15 {
		return "create database " + name
	}
	return "create database " + name + " strategy file_copy"
}

// major is the major version of the server behind conn.
func major(conn *pgx.Conn) int {
	version := conn.PgConn().ParameterStatus("server_version")
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if digits >= 0 {
		version = version[:digits]
	}
	n, _ := strconv.Atoi(version) // 0, the oldest, when it cannot be told
	return n
}

// run executes the statements that sql returns on a connection of their own.
func run(t testing.TB, dsn string, sql func(*pgx.Conn) string) {
	t.Helper()
	if err := execute(dsn, sql); err != nil {
		t.Fatal(err)
	}
}

func execute(dsn string, sql func(*pgx.Conn) string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("pgtest: connect: %w", err)
	}
	defer conn.Close(ctx)
	// The simple protocol takes several statements at once.
	statements := sql(conn)
	if _, err := conn.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		return fmt.Errorf("pgtest: %w\nin: %s", err, statements)
	}
	return nil
}
