package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"github.com/governedsql/governed/internal/pgtest"
)

// server gives a database and what ends it: the one of DATABASE_URL, a private server from the binaries of this machine,
// or one that is downloaded.
func server(ctx context.Context, out *screen) (dsn string, stop func(), err error) {
	if dsn := os.Getenv("DATABASE_URL"); dsn != "" {
		out.progress("using the database of DATABASE_URL")
		return dsn, func() {}, nil
	}
	out.progress("starting a private PostgreSQL")
	s, err := pgtest.Start(ctx)
	if err == nil {
		return s.DSN("postgres"), func() { _ = s.Close() }, nil
	}
	if !errors.Is(err, pgtest.ErrNoServer) {
		return "", nil, err
	}
	if os.Geteuid() == 0 {
		return "", nil, fmt.Errorf("%w, set DATABASE_URL, or run as another user than root, for whom one can be downloaded", err)
	}
	return download(out)
}

// download gets a server for this run; everything it writes is in one directory that goes with it.
func download(out *screen) (string, func(), error) {
	out.progress("no PostgreSQL on this machine: downloading one (about 25 MB, kept in the user's cache)")
	dir, err := os.MkdirTemp("", "governed-quickstart-")
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	pg := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Port(port).RuntimePath(filepath.Join(dir, "runtime")).DataPath(filepath.Join(dir, "data")).Logger(io.Discard))
	if err := pg.Start(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("no PostgreSQL server found and none could be downloaded: install PostgreSQL or set DATABASE_URL (%w)", err), os.RemoveAll(dir))
	}
	stop := func() {
		_ = pg.Stop()
		_ = os.RemoveAll(dir)
	}
	return fmt.Sprintf("postgres://postgres:postgres@127.0.0.1:%d/postgres?sslmode=disable", port), stop, nil
}

// freePort asks the system for a port; nothing else takes it in the moment before the server does, as a rule.
func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
