package driver

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
)

// meter counts what a statement hands out and says when it is enough.
type meter struct {
	limits      guard.Limits
	account     *account // nil = the caller has no budget
	rows, bytes int64
}

// count adds a row before it is handed out. It gives the limit that the row would pass.
func (m *meter) count(row [][]byte, p *passage) error {
	n := int64(0)
	for _, v := range row {
		n += int64(len(v))
	}
	return m.add(1, n, p)
}

func (m *meter) add(rows, bytes int64, p *passage) error {
	m.rows, m.bytes = m.rows+rows, m.bytes+bytes
	e := m.over()
	if e == nil && m.account != nil {
		e = m.account.spend(rows, bytes)
	}
	if e == nil {
		return nil
	}
	return p.stopped(e)
}

func (m *meter) over() *guard.LimitError {
	switch l := &m.limits; {
	case l.Rows > 0 && m.rows > l.Rows:
		return &guard.LimitError{Rule: ruleResult, Limit: "rows", Max: float64(l.Rows), Actual: float64(m.rows)}
	case l.Bytes > 0 && m.bytes > l.Bytes:
		return &guard.LimitError{Rule: ruleResult, Limit: "bytes", Max: float64(l.Bytes), Actual: float64(m.bytes)}
	}
	return nil
}

// stop ends a result that has reached a limit: the server is told to leave off, what is on the way is thrown away, and
// what the statement did is undone.
func (r *rows) stop(err error) {
	if r.over {
		return
	}
	canceled := r.conn.cancel(func() error {
		r.next.Close()
		ended := r.next.Err()
		if r.flight != nil {
			_ = r.flight.fail(err)
			r.flight = nil
		}
		return ended
	})
	if !canceled && !r.conn.pc.IsClosed() {
		r.conn.s.abandon()
	}
	r.over, r.failed = true, err
	r.bounds.undo(err)
	r.bounds.ended = true
}

// cancel asks the server to leave off what it is doing, and reads it to its end. A request that comes too late would hit
// the next statement: it has reached the server's process when the server closes the connection that brought it, and an
// empty statement takes it where the one that was meant has ended by itself. False = the connection is of no more use.
func (c *conn) cancel(drain func() error) bool {
	ctx, done := context.WithTimeout(context.Background(), closeTimeout)
	defer done()
	if err := c.pc.CancelRequest(ctx); err != nil {
		_ = c.pc.Conn().Close() // the result could be of any length
		_ = drain()
		return false
	}
	err := drain()
	if c.pc.IsClosed() {
		return false
	}
	if !isCanceled(err) {
		if err := c.pc.Ping(ctx); err != nil && !isCanceled(err) {
			return false
		}
	}
	return true
}

func isCanceled(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "57014"
}

// meteredWriter counts what COPY TO hands out; the server sends a message for each row. It never fails for a limit: that
// would break the connection.
type meteredWriter struct {
	out     io.Writer
	p       *passage
	m       *meter
	rows    messageRows
	stopped error
	lost    bool
}

func (w *meteredWriter) Write(b []byte) (int, error) {
	if w.stopped != nil {
		return len(b), nil
	}
	if w.stopped = w.m.add(w.rows.in(b), int64(len(b)), w.p); w.stopped == nil {
		return w.out.Write(b)
	}
	ctx, done := context.WithTimeout(context.Background(), closeTimeout)
	defer done()
	if err := w.p.s.conn.pc.CancelRequest(ctx); err != nil {
		w.lost = true
		return 0, fmt.Errorf("governed: COPY has reached a limit and could not be stopped: %w", err)
	}
	return len(b), nil
}

// copyTo streams out and counts.
func (p *passage) copyTo() (pgconn.CommandTag, error) {
	c := p.s.conn
	if p.bounds == nil || p.bounds.meter == nil {
		return c.pc.CopyTo(p.ctx, p.to.w, p.request.text)
	}
	w := &meteredWriter{out: p.to.w, p: p, m: p.bounds.meter, rows: rowsOf(p.copyEffect())}
	tag, err := c.pc.CopyTo(p.ctx, w, p.request.text)
	if w.stopped == nil {
		return tag, err
	}
	if !w.lost && !isCanceled(err) && !c.pc.IsClosed() {
		ctx, done := context.WithTimeout(context.Background(), closeTimeout)
		defer done()
		if late := c.pc.Ping(ctx); late != nil && !isCanceled(late) {
			p.s.abandon()
		}
	}
	return pgconn.CommandTag{}, w.stopped
}
