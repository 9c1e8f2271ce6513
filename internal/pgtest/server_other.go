//go:build !unix

package pgtest

import "context"

const supported = false

// A Server cannot be started on this system.
type Server struct{}

// Start returns [ErrNoServer].
func Start(context.Context) (*Server, error) { return nil, ErrNoServer }

// DSN returns nothing.
func (*Server) DSN(string) string { return "" }

// Close does nothing.
func (*Server) Close() error { return nil }
