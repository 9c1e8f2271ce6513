package driver_test

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// wire counts the writes to a server: each is the way out of a round trip.
type wire struct{ writes atomic.Int64 }

func (w *wire) dial(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &counted{Conn: c, w: w}, nil
	}
}

type counted struct {
	net.Conn
	w *wire
}

func (c *counted) Write(b []byte) (int, error) {
	c.w.writes.Add(1)
	return c.Conn.Write(b)
}
