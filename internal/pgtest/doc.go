// Package pgtest gives tests and examples a real PostgreSQL.
//
// A test asks for a database and gets its address:
//
//	dsn := pgtest.New(t, `create table customers (id bigint, email text)`)
//	conn, err := pgx.Connect(ctx, dsn)
//
// The first call in a test binary boots a private server from the binaries
// found on the machine; every later call only adds a database to it. Nothing
// is shared with a server that may already run there: the private one listens
// on a unix socket in a directory of its own and takes no port.
//
// Superusers bypass row security and most privilege checks, so the statements
// under test should run as the plain role that [Role] makes.
//
// # What is left behind
//
// Nothing, however the process ends. A small shell script, the lifeline, owns
// the server and reads a pipe that only this process can write to. When the
// process is gone, even by kill -9, the read returns, and the script ends the
// server and removes its directory, which is in memory where there is room
// and TMPDIR is not set. The one thing kept is a pristine cluster in the user's
// cache directory, which turns a second of initdb into a copy.
//
// # Where there is no server
//
// A test is skipped on a developer's machine without PostgreSQL and fails
// when the environment variable CI is set: a skip must never make CI green.
// PGTEST_BINDIR names the binaries to use when those found are not the ones
// wanted.
package pgtest
