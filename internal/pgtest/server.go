//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const supported = true

// A Server is a private PostgreSQL that ends with this process at the latest.
type Server struct {
	dir  string // holds the socket and, in data, the cluster
	line *lifeline
	stop func() error
}

// Start boots a private server. The context bounds the start and not the life
// of the server.
func Start(ctx context.Context) (*Server, error) {
	bin, err := BinDir()
	if err != nil {
		return nil, err
	}
	owner, err := findOwner()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(owner)
	if err != nil {
		return nil, err
	}
	line, err := hang(dir, bin, owner, settings(dir))
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s := &Server{dir: dir, line: line}
	s.stop = sync.OnceValue(s.end)
	if err := s.boot(ctx, bin, owner); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// boot puts the cluster in place and waits until the server takes connections.
func (s *Server) boot(ctx context.Context, bin string, owner *owner) error {
	c := cluster{bin: bin, owner: owner, initdb: s.line.initdb}
	err := c.create(ctx, filepath.Join(s.dir, "data"))
	if err == nil {
		err = s.line.start(ctx)
	}
	if err != nil {
		return fmt.Errorf("pgtest: %s in %s: %w", bin, s.dir, err)
	}
	return nil
}

// DSN returns the address of a database for the superuser postgres, by way of
// the unix socket. It ends in a query to which parameters can be appended.
func (s *Server) DSN(database string) string {
	address := url.URL{
		Scheme: "postgres",
		User:   url.User("postgres"),
		Path:   "/" + database,
		// Written by hand: Encode would turn the slashes of the path into %2F.
		RawQuery: "host=" + s.dir + "&port=" + port + "&sslmode=disable",
	}
	return address.String()
}

// Close ends the server at once, with whatever is connected to it, and removes
// its directory. Closing again does nothing.
func (s *Server) Close() error {
	return s.stop()
}

func (s *Server) end() error {
	err := s.line.cut()
	// The lifeline has done so, unless it was killed itself.
	if rm := os.RemoveAll(s.dir); err == nil {
		err = rm
	}
	return err
}

// port names the socket's file; no network port is taken.
const port = "5432"

// settings trade every guarantee that outlives the process for speed. They are
// arguments and not in a file, so that a cached cluster needs no editing.
func settings(dir string) []string {
	var arguments []string
	for setting := range strings.FieldsSeq(`
		listen_addresses=
		unix_socket_directories=` + dir + `
		port=` + port + `
		max_connections=100
		shared_buffers=16MB
		fsync=off
		synchronous_commit=off
		full_page_writes=off
		wal_level=minimal
		max_wal_senders=0
		autovacuum=off
		jit=off
		lc_messages=C
		TimeZone=UTC
		log_timezone=UTC
		logging_collector=off
		log_destination=stderr
	`) {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// environ is this process's environment without what would configure
// PostgreSQL or make its messages speak another language.
func environ() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "LC_") && name != "LANG" && name != "TZ" {
			env = append(env, pair)
		}
	}
	return env
}
