package driver

import (
	"context"
	"database/sql/driver"
	"time"
)

// closeTimeout is how long a server may take to forget a statement.
const closeTimeout = 5 * time.Second

// stmt is a prepared statement as database/sql holds it. It shares the server's statement with ad-hoc queries of the same
// text and role, and is decided anew at every execution: one for another role has the statement of that role.
type stmt struct {
	conn *conn
	p    *prepared // for the role that prepared it
}

var (
	_ driver.Stmt              = (*stmt)(nil)
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
)

func (c *conn) prepare(ctx context.Context, text string) (*stmt, error) {
	if c.pc.IsClosed() {
		return nil, driver.ErrBadConn
	}
	p, err := c.cache.get(ctx, c.pgx, text, c.s.guise())
	if err != nil {
		return nil, err
	}
	p.refs++
	return &stmt{conn: c, p: p}, nil
}

// Close lets go of the statement. The server forgets it with the last one, unless ad-hoc queries use the same.
func (st *stmt) Close() error {
	p := st.p
	if p == nil {
		return nil
	}
	st.p = nil
	if p.refs--; p.refs > 0 || p.shared || st.conn.pc.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	st.conn.cache.drop(ctx, st.conn.pgx, p.key)
	return nil
}

// NumInput is the number of parameters.
func (st *stmt) NumInput() int {
	if st.p == nil {
		return -1
	}
	return len(st.p.sd.ParamOIDs)
}

// Exec refuses: it would pass the guard by.
func (st *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errUngoverned }

// Query refuses, as Exec does.
func (st *stmt) Query([]driver.Value) (driver.Rows, error) { return nil, errUngoverned }

// ExecContext refuses, as Exec does: sqlmw passes executions to the session.
func (st *stmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return nil, errUngoverned
}

// QueryContext refuses, as ExecContext does.
func (st *stmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	return nil, errUngoverned
}

// CheckNamedValue is asked by database/sql for each argument.
func (st *stmt) CheckNamedValue(nv *driver.NamedValue) error { return st.conn.s.checkNamedValue(nv) }
