package driver

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// preamble is a statement of the driver's own that travels in the same round trip as a governed one: before it to set
// what holds while it runs, or behind it to ask what it did. Its text is a constant of the driver in which every name is
// qualified; what varies is in its arguments. Outside a transaction all that travels together is one implicit
// transaction, so that what a preamble sets for the transaction ends with the statement.
type preamble struct {
	text string
	args []string
	read func(row [][]byte) error // looks at its one row; nil = nobody does
	done func()                   // is told that it ran; nil = nobody is
	once bool                     // it is seldom sent, and not worth preparing
	mute bool                     // it tells the server of a caller: of its error nothing is passed on that quotes
}

// carries reports whether the statement travels with statements of the driver's own.
func (r *request) carries() bool { return len(r.preamble) > 0 || len(r.epilogue) > 0 }

// PreambleError says that a statement of the driver's own failed, and that the statement it belongs to was therefore not
// run, or what it did was not kept.
type PreambleError struct{ Err error }

func (e *PreambleError) Error() string {
	return "governed: a statement of the driver's own failed: " + e.Err.Error()
}

// Unwrap gives the server's error.
func (e *PreambleError) Unwrap() error { return e.Err }

// ErrorType is the error.type of spans.
func (e *PreambleError) ErrorType() string { return "governed.preamble" }

// flight is one round trip that carries more than the governed statement. It is open until it has landed: the connection
// can do nothing else before.
type flight struct {
	conn     *conn
	pipe     *pgconn.Pipeline
	epilogue []preamble
	err      error
}

// bound is a governed statement ready to be sent in a flight.
type bound struct {
	p       *prepared // nil = sent as text
	text    string
	oids    []uint32
	values  [][]byte
	formats []int16
	results []int16
}

// bind prepares the statement as its mode says and encodes its arguments. What it gives is good until the next one.
func (c *conn) bind(ctx context.Context, r request, exec bool) (bound, error) {
	b := bound{text: r.text}
	var sd *pgconn.StatementDescription
	switch {
	case r.fresh || exec && len(r.args) == 0 && !r.prepared:
		return b, nil
	case r.prepared || c.mode == pgx.QueryExecModeCacheStatement:
		p, err := c.cache.get(ctx, c.pgx, r.text, c.s.guise())
		if err != nil {
			return b, err
		}
		p.shared = p.shared || !r.prepared
		b.p, b.results, sd = p, p.formats, p.sd
	case c.mode != pgx.QueryExecModeExec:
		var err error
		if sd, err = c.describe(ctx, r.text); err != nil {
			return b, err
		}
		b.oids, b.results = sd.ParamOIDs, formatsOf(sd)
	}
	if sd != nil && len(sd.ParamOIDs) != len(r.args) {
		return b, argumentCount(len(sd.ParamOIDs), len(r.args))
	}
	if err := c.eqb.Build(c.pgx.TypeMap(), sd, r.args); err != nil {
		return b, c.withoutValues(err, r)
	}
	b.values, b.formats = c.eqb.ParamValues, c.eqb.ParamFormats
	return b, nil
}

// maxDescriptions bounds how many descriptions a connection keeps.
const maxDescriptions = 512

// describe asks the server for the parameters and columns of a text; in the mode cache_describe it remembers the answer
// until the text fails, as pgx does.
func (c *conn) describe(ctx context.Context, text string) (*pgconn.StatementDescription, error) {
	key := [2]string{c.s.role, text}
	if sd, known := c.described[key]; known {
		return sd, nil
	}
	sd, err := prepareAs(ctx, c.pgx, "", text, c.s.guise())
	if err != nil || c.mode != pgx.QueryExecModeCacheDescribe {
		return sd, err
	}
	if c.described == nil || len(c.described) >= maxDescriptions {
		c.described = map[[2]string]*pgconn.StatementDescription{}
	}
	c.described[key] = sd
	return sd, nil
}

func (b *bound) send(pipe *pgconn.Pipeline) {
	if b.p != nil {
		pipe.SendQueryPrepared(b.p.sd.Name, b.values, b.formats, b.results)
		return
	}
	pipe.SendQueryParams(b.text, b.values, b.oids, b.formats, b.results)
}

// own gives the prepared statements of preambles, nil for those that are sent as text: a pooler that knows no prepared
// statements may stand in between.
func (c *conn) own(ctx context.Context, list []preamble) ([]*prepared, error) {
	out := make([]*prepared, len(list))
	if c.mode != pgx.QueryExecModeCacheStatement {
		return out, nil
	}
	for i := range list {
		if list[i].once {
			continue
		}
		p, err := c.cache.get(ctx, c.pgx, list[i].text, guise{})
		if err != nil {
			return nil, err
		}
		p.kept, p.shared, out[i] = true, true, p
	}
	return out, nil
}

func (pr *preamble) send(pipe *pgconn.Pipeline, p *prepared) {
	var values [][]byte
	if len(pr.args) > 0 {
		values = make([][]byte, len(pr.args))
		for i, a := range pr.args {
			values[i] = []byte(a)
		}
	}
	if p != nil {
		pipe.SendQueryPrepared(p.sd.Name, values, nil, nil)
		return
	}
	pipe.SendQueryParams(pr.text, values, nil, nil, nil)
}

// launch sends a statement with all that travels with it and reads up to its result. A nil reader is an error.
func (c *conn) launch(ctx context.Context, r request, exec bool) (*flight, *pgconn.ResultReader, error) {
	before, err := c.own(ctx, r.preamble)
	if err != nil {
		return nil, nil, err
	}
	after, err := c.own(ctx, r.epilogue)
	if err != nil {
		return nil, nil, err
	}
	b, err := c.bind(ctx, r, exec)
	if err != nil {
		return nil, nil, err
	}
	f := &flight{conn: c, pipe: c.pc.StartPipeline(ctx), epilogue: r.epilogue}
	for i := range r.preamble {
		r.preamble[i].send(f.pipe, before[i])
	}
	b.send(f.pipe)
	for i := range r.epilogue {
		r.epilogue[i].send(f.pipe, after[i])
	}
	if err := f.pipe.Sync(); err != nil {
		return nil, nil, err
	}
	for i := range r.preamble {
		if f.err = f.take(&r.preamble[i]); f.err != nil {
			return nil, nil, f.land()
		}
	}
	rr, err := f.next()
	if err != nil {
		f.err = err
		return nil, nil, f.land()
	}
	return f, rr, nil
}

// next gives the reader of the next result.
func (f *flight) next() (*pgconn.ResultReader, error) {
	result, err := f.pipe.GetResults()
	if err != nil {
		return nil, err
	}
	rr, ok := result.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("governed: the server answered a statement with a %T", result)
	}
	return rr, nil
}

// take reads the result of a preamble.
func (f *flight) take(pr *preamble) error {
	rr, err := f.next()
	if err != nil {
		return &PreambleError{Err: err}
	}
	result := rr.Read()
	switch {
	case result.Err != nil:
		return &PreambleError{Err: pr.audible(result.Err)}
	case pr.read != nil && len(result.Rows) != 1:
		return &PreambleError{Err: fmt.Errorf("%d rows, not one", len(result.Rows))}
	case pr.read != nil:
		err = pr.read(result.Rows[0])
	}
	if err == nil && pr.done != nil {
		pr.done()
	}
	return err
}

// audible is what of the server's error may be passed on: the name of a role, and nothing of claims.
func (pr *preamble) audible(err error) error {
	var server *pgconn.PgError
	if !pr.mute || !errors.As(err, &server) {
		return err
	}
	out := &pgconn.PgError{
		Severity: server.Severity, SeverityUnlocalized: server.SeverityUnlocalized, Code: server.Code, Routine: server.Routine,
		Message: "the server does not take the caller's claims",
	}
	if pr.text == roleQuery {
		out.Message = server.Message
	}
	return out
}

// land reads what came behind the statement and gives the connection back. It gives the first error of the flight.
func (f *flight) land() error {
	for i := range f.epilogue {
		if f.err != nil {
			break
		}
		f.err = f.take(&f.epilogue[i])
	}
	f.epilogue = nil
	if err := f.pipe.Close(); f.err == nil {
		f.err = err // of the implicit transaction's end: deferred constraints
	}
	return f.err
}

// fail lands after an error of the statement itself.
func (f *flight) fail(err error) error {
	f.err = err
	return f.land()
}

// queryFlight is queryPrepared for a statement that does not travel alone.
func (c *conn) queryFlight(ctx context.Context, r request) (*rows, error) {
	ctx = c.traceStart(ctx, r)
	f, rr, err := c.launch(ctx, r, false)
	if err != nil {
		c.traceEnd(ctx, pgconn.CommandTag{}, err)
		return nil, err
	}
	out := c.fetch(ctx, pgx.RowsFromResultReader(c.pgx.TypeMap(), rr))
	out.traced, out.flight = true, f
	if err := out.next.Err(); err != nil {
		err = f.fail(err)
		c.traceEnd(ctx, out.next.CommandTag(), err)
		return nil, err
	}
	fields := out.next.FieldDescriptions()
	p := c.cache.entries[preparedKey{c.s.role, r.text}]
	if r.fresh || p == nil {
		out.shape = newShape(c.pgx.TypeMap(), cloneFields(fields))
		return out, nil
	}
	if p.shape == nil || !sameFields(p.shape.fields, fields) {
		p.shape = newShape(c.pgx.TypeMap(), cloneFields(fields))
	}
	out.shape = p.shape
	return out, nil
}

// execFlight is exec for a statement that does not travel alone.
func (c *conn) execFlight(ctx context.Context, r request) (pgconn.CommandTag, error) {
	ctx = c.traceStart(ctx, r)
	var tag pgconn.CommandTag
	f, rr, err := c.launch(ctx, r, true)
	if err == nil {
		if tag, err = rr.Close(); err != nil {
			err = f.fail(err)
		} else {
			err = f.land()
		}
	}
	c.traceEnd(ctx, tag, err)
	return tag, err
}

// batchFlight is execBatch for statements that do not travel alone.
func (c *conn) batchFlight(ctx context.Context, r request, texts []string) (tag pgconn.CommandTag, err error) {
	before, err := c.own(ctx, r.preamble)
	if err != nil {
		return tag, err
	}
	after, err := c.own(ctx, r.epilogue)
	if err != nil {
		return tag, err
	}
	f := &flight{conn: c, pipe: c.pc.StartPipeline(ctx), epilogue: r.epilogue}
	for i := range r.preamble {
		r.preamble[i].send(f.pipe, before[i])
	}
	for _, text := range texts {
		f.pipe.SendQueryParams(text, nil, nil, nil, nil)
	}
	for i := range r.epilogue {
		r.epilogue[i].send(f.pipe, after[i])
	}
	if err = f.pipe.Sync(); err == nil {
		tag, err = f.batch(r.preamble, len(texts))
	}
	if err != nil {
		c.grounded(ctx, r, err)
	}
	return tag, err
}

// batch reads the results of several statements and lands.
func (f *flight) batch(before []preamble, n int) (tag pgconn.CommandTag, err error) {
	for i := range before {
		if err := f.take(&before[i]); err != nil {
			return tag, f.fail(err)
		}
	}
	for range n {
		rr, err := f.next()
		if err == nil {
			tag, err = rr.Close()
		}
		if err != nil {
			return tag, f.fail(err)
		}
	}
	return tag, f.land()
}

// grounded makes the connection ready for a second try: a transaction that a preamble began is ended, prepared
// statements that may be gone are forgotten. It reports whether a second try makes sense.
func (c *conn) grounded(ctx context.Context, r request, err error) bool {
	delete(c.described, [2]string{c.s.role, r.text})
	if r.begins && !c.pc.IsClosed() && c.pc.TxStatus() != 'I' {
		c.endOwn("rollback")
	}
	if !c.stale(err) {
		return false
	}
	for _, list := range [...][]preamble{r.preamble, r.epilogue} {
		for i := range list {
			c.cache.drop(ctx, c.pgx, preparedKey{text: list[i].text})
		}
	}
	c.cache.drop(ctx, c.pgx, preparedKey{c.s.role, r.text})
	return true
}

// run sends statements of the driver's own by themselves, in one round trip.
func (c *conn) run(ctx context.Context, list []preamble) error {
	if len(list) == 0 {
		return nil
	}
	named, err := c.own(ctx, list)
	if err != nil {
		return err
	}
	f := &flight{conn: c, pipe: c.pc.StartPipeline(ctx), epilogue: list}
	for i := range list {
		list[i].send(f.pipe, named[i])
	}
	if err := f.pipe.Sync(); err != nil {
		return err
	}
	return f.land()
}

// ask sends a question of the driver's own with others around it, in one round trip.
func (c *conn) ask(ctx context.Context, before []preamble, b bound, after []preamble) (*pgconn.Result, error) {
	named, err := c.own(ctx, before)
	if err != nil {
		return nil, err
	}
	f := &flight{conn: c, pipe: c.pc.StartPipeline(ctx), epilogue: after}
	for i := range before {
		before[i].send(f.pipe, named[i])
	}
	b.send(f.pipe)
	for i := range after {
		after[i].send(f.pipe, nil)
	}
	if err := f.pipe.Sync(); err != nil {
		return nil, err
	}
	for i := range before {
		if err := f.take(&before[i]); err != nil {
			return nil, f.fail(err)
		}
	}
	rr, err := f.next()
	if err != nil {
		return nil, f.fail(err)
	}
	result := rr.Read()
	if err := f.land(); result.Err == nil {
		result.Err = err
	}
	return result, nil
}

// runOwn is run whatever became of the caller's context, as endOwn.
func (c *conn) runOwn(list []preamble) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := c.run(ctx, list); err != nil && !c.pc.IsClosed() {
		_ = c.pc.Close(ctx)
	}
}

// endOwn ends what the driver itself began, whatever became of the caller's context. A connection on which that fails is
// closed: nobody could say what holds on it.
func (c *conn) endOwn(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if _, err := c.pc.Exec(ctx, text).ReadAll(); err != nil && !c.pc.IsClosed() {
		_ = c.pc.Close(ctx)
	}
}
