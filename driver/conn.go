package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// errUngoverned answers every call that reaches the adapter past the interceptor: the legacy methods of database/sql's
// driver interfaces, and whatever a later sqlmw may pass through.
var errUngoverned = errors.New("governed: the call did not pass the guard and was not sent")

// conn is the thin adapter below sqlmw: pgx's stdlib connection, with the methods of database/sql's driver interfaces
// shut. What runs, runs through the unexported methods, and only the session calls those.
type conn struct {
	std    *stdlib.Conn
	pgx    *pgx.Conn
	pc     *pgconn.PgConn
	s      *session
	mode   pgx.QueryExecMode
	tracer pgx.QueryTracer
	cache  *preparedCache
	eqb    pgx.ExtendedQueryBuilder

	described map[[2]string]*pgconn.StatementDescription // by role and text, in the mode cache_describe
}

var (
	_ driver.Conn               = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
)

func newConn(std *stdlib.Conn) *conn {
	px := std.Conn()
	config := px.Config()
	mode := config.DefaultQueryExecMode
	if mode == pgx.QueryExecModeSimpleProtocol {
		// The simple protocol takes several statements in one message, and arguments as text in the statement.
		mode = pgx.QueryExecModeExec
	}
	if mode == pgx.QueryExecModeCacheStatement && config.StatementCacheCapacity <= 0 {
		mode = pgx.QueryExecModeExec
	}
	return &conn{
		std: std, pgx: px, pc: px.PgConn(), mode: mode, tracer: config.Tracer,
		cache: cacheOf(px, config.StatementCacheCapacity),
	}
}

// Prepare refuses: the governed way is PrepareContext, which sqlmw passes to the session.
func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errUngoverned }

// Begin refuses, as Prepare does.
func (c *conn) Begin() (driver.Tx, error) { return nil, errUngoverned }

// BeginTx refuses, as Prepare does.
func (c *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return nil, errUngoverned
}

// PrepareContext refuses, as Prepare does.
func (c *conn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errUngoverned
}

// ExecContext refuses, as Prepare does.
func (c *conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return nil, errUngoverned
}

// QueryContext refuses, as Prepare does.
func (c *conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nil, errUngoverned
}

// Ping asks the server whether it is there; it sends an empty statement.
func (c *conn) Ping(ctx context.Context) error { return c.std.Ping(ctx) }

// Close ends the connection, and its record.
func (c *conn) Close() error { return c.s.close() }

// CheckNamedValue is asked by database/sql for each argument.
func (c *conn) CheckNamedValue(nv *driver.NamedValue) error { return c.s.checkNamedValue(nv) }

// ResetSession runs before the connection is used again by somebody else.
func (c *conn) ResetSession(ctx context.Context) error { return c.s.reset(ctx) }

// IsValid reports whether the connection may go back to the pool.
func (c *conn) IsValid() bool { return c.s.valid() }

// query runs a statement that may return rows. The returned rows have fetched their first row, so that an error of the
// execution surfaces here as it does with plain pgx.
func (c *conn) query(ctx context.Context, r request) (*rows, error) {
	if c.pc.IsClosed() {
		return nil, driver.ErrBadConn
	}
	if r.carries() || c.describesFor(r) {
		out, err := c.queryFlight(ctx, r)
		if err != nil && c.grounded(ctx, r, err) {
			out, err = c.queryFlight(ctx, r)
			if err != nil {
				c.grounded(ctx, r, err)
			}
		}
		return out, err
	}
	if r.text == "" || r.fresh || len(r.options) > 0 || !r.prepared && c.mode != pgx.QueryExecModeCacheStatement {
		return c.queryByMode(ctx, r)
	}
	out, err := c.queryPrepared(ctx, r)
	if err != nil && c.stale(err) {
		c.cache.drop(ctx, c.pgx, preparedKey{c.s.role, r.text})
		out, err = c.queryPrepared(ctx, r)
	}
	return out, err
}

// describesFor reports whether the description of a statement is that of a role: pgx remembers them by the text alone.
func (c *conn) describesFor(r request) bool {
	return c.mode == pgx.QueryExecModeCacheDescribe && c.s.role != "" && !r.prepared && len(r.options) == 0 && r.text != ""
}

func (c *conn) queryPrepared(ctx context.Context, r request) (*rows, error) {
	p, err := c.cache.get(ctx, c.pgx, r.text, c.s.guise())
	if err != nil {
		return nil, err
	}
	p.shared = p.shared || !r.prepared
	ctx = c.traceStart(ctx, r)
	rr, err := c.send(ctx, p, r)
	if err != nil {
		c.traceEnd(ctx, pgconn.CommandTag{}, err)
		return nil, err
	}
	out := c.fetch(ctx, pgx.RowsFromResultReader(c.pgx.TypeMap(), rr))
	out.traced = true
	if err := out.next.Err(); err != nil {
		out.next.Close()
		c.traceEnd(ctx, out.next.CommandTag(), err)
		return nil, err
	}
	// The description is of this execution: ExecPrepared describes the portal each time.
	if fields := out.next.FieldDescriptions(); p.shape == nil || !sameFields(p.shape.fields, fields) {
		p.shape = newShape(c.pgx.TypeMap(), cloneFields(fields))
	}
	out.shape = p.shape
	return out, nil
}

// send binds the arguments and executes a prepared statement.
func (c *conn) send(ctx context.Context, p *prepared, r request) (*pgconn.ResultReader, error) {
	if len(p.sd.ParamOIDs) != len(r.args) {
		return nil, argumentCount(len(p.sd.ParamOIDs), len(r.args))
	}
	if err := c.eqb.Build(c.pgx.TypeMap(), p.sd, r.args); err != nil {
		return nil, c.withoutValues(err, r)
	}
	return c.pc.ExecPrepared(ctx, p.sd.Name, c.eqb.ParamValues, c.eqb.ParamFormats, p.formats), nil
}

// withoutValues replaces pgx's errors about arguments that cannot be encoded: they quote the value.
func (c *conn) withoutValues(err error, r request) error {
	if err == nil || c.s.observing() || !strings.HasPrefix(err.Error(), encodingPrefix) {
		return err
	}
	return encodingError(err, r.args)
}

// queryByMode leaves the protocol to pgx: in its other modes the description of the result is fresh as well.
func (c *conn) queryByMode(ctx context.Context, r request) (*rows, error) {
	if r.text == "" {
		rr := c.pc.ExecParams(ctx, "", nil, nil, nil, nil)
		out := c.fetch(ctx, pgx.RowsFromResultReader(c.pgx.TypeMap(), rr))
		out.shape = newShape(c.pgx.TypeMap(), nil)
		return out, out.next.Err()
	}
	mode := c.mode
	if r.fresh {
		mode = pgx.QueryExecModeExec
	}
	args := append(make([]any, 0, 2+len(r.options)+len(r.args)), pgx.QueryResultFormatsByOID(resultFormats), mode)
	args = append(append(args, r.options...), r.args...)
	next, err := c.pgx.Query(ctx, r.text, args...)
	if err != nil {
		return nil, c.withoutValues(err, r)
	}
	out := c.fetch(ctx, next)
	if err := next.Err(); err != nil {
		next.Close()
		return nil, c.withoutValues(err, r)
	}
	out.shape = newShape(c.pgx.TypeMap(), cloneFields(next.FieldDescriptions()))
	return out, nil
}

func (c *conn) fetch(ctx context.Context, next result) *rows {
	return &rows{conn: c, ctx: ctx, next: next, peeked: true, more: next.Next()}
}

// exec runs a statement for its effect.
func (c *conn) exec(ctx context.Context, r request) (pgconn.CommandTag, error) {
	if c.pc.IsClosed() {
		return pgconn.CommandTag{}, driver.ErrBadConn
	}
	switch {
	case r.carries() || c.describesFor(r):
		tag, err := c.execFlight(ctx, r)
		if err != nil && c.grounded(ctx, r, err) {
			tag, err = c.execFlight(ctx, r)
			if err != nil {
				c.grounded(ctx, r, err)
			}
		}
		return tag, err
	case len(r.options) > 0:
		return c.pgx.Exec(ctx, r.text, append(append([]any{}, r.options...), r.args...)...)
	case len(r.args) == 0 && (!r.prepared || r.fresh):
		// pgx would take the simple protocol here, which takes any number of statements.
		ctx = c.traceStart(ctx, r)
		result := c.pc.ExecParams(ctx, r.text, nil, nil, nil, nil).Read()
		c.traceEnd(ctx, result.CommandTag, result.Err)
		return result.CommandTag, result.Err
	case c.mode != pgx.QueryExecModeCacheStatement && !r.prepared:
		tag, err := c.pgx.Exec(ctx, r.text, append([]any{c.mode}, r.args...)...)
		return tag, c.withoutValues(err, r)
	}
	tag, err := c.execPrepared(ctx, r)
	if err != nil && c.stale(err) {
		c.cache.drop(ctx, c.pgx, preparedKey{c.s.role, r.text})
		tag, err = c.execPrepared(ctx, r)
	}
	return tag, err
}

func (c *conn) execPrepared(ctx context.Context, r request) (pgconn.CommandTag, error) {
	p, err := c.cache.get(ctx, c.pgx, r.text, c.s.guise())
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	p.shared = p.shared || !r.prepared
	ctx = c.traceStart(ctx, r)
	var tag pgconn.CommandTag
	rr, err := c.send(ctx, p, r)
	if err == nil {
		tag, err = rr.Close()
	}
	c.traceEnd(ctx, tag, err)
	return tag, err
}

// execBatch runs several statements in one round trip and one implicit transaction, as the simple protocol would. Each
// text has passed the guard by itself.
func (c *conn) execBatch(ctx context.Context, r request, texts []string) (tag pgconn.CommandTag, err error) {
	if r.carries() {
		return c.batchFlight(ctx, r, texts)
	}
	batch := &pgconn.Batch{}
	for _, text := range texts {
		batch.ExecParams(text, nil, nil, nil, nil)
	}
	results, err := c.pc.ExecBatch(ctx, batch).ReadAll()
	if n := len(results); n > 0 {
		tag = results[n-1].CommandTag
	}
	return tag, err
}

// begin opens a transaction. pgx writes the text itself, from the options alone.
func (c *conn) begin(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.std.BeginTx(ctx, opts)
}

// stale reports whether a prepared statement has to be prepared again: it is gone from the server, or the tables below
// it have changed. Inside a transaction the error has to surface, the transaction is lost.
func (c *conn) stale(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || c.pc.IsClosed() || c.pc.TxStatus() != 'I' {
		return false
	}
	return pgErr.Code == "26000" || pgErr.Code == "0A000" && pgErr.Routine == "RevalidateCachedQuery"
}

// traceStart and traceEnd call the tracer that users of pgx configure: ExecPrepared and ExecParams do not.
func (c *conn) traceStart(ctx context.Context, r request) context.Context {
	if c.tracer == nil {
		return ctx
	}
	return c.tracer.TraceQueryStart(ctx, c.pgx, pgx.TraceQueryStartData{SQL: r.text, Args: r.args})
}

func (c *conn) traceEnd(ctx context.Context, tag pgconn.CommandTag, err error) {
	if c.tracer != nil {
		c.tracer.TraceQueryEnd(ctx, c.pgx, pgx.TraceQueryEndData{CommandTag: tag, Err: err})
	}
}
