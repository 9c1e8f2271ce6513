package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// This file is the path of a statement. Everything that runs, runs through admit; every return leaves a record.
//
//	SQL text -> parse -> analyse -> decide -> record intent -> bound -> (consume approval) -> execute -> mask -> record outcome

// query governs a statement that returns rows.
func (s *session) query(ctx context.Context, text string, args []driver.NamedValue, prepared bool) (driver.Rows, error) {
	out, err := s.queryOnce(ctx, text, args, prepared)
	if errors.Is(err, errStale) {
		// What was read under a name is no longer what the server reads under it: look again, once.
		s.g.catalogs.forget()
		out, err = s.queryOnce(ctx, text, args, prepared)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *session) queryOnce(ctx context.Context, text string, args []driver.NamedValue, prepared bool) (*rows, error) {
	p, err := s.admit(ctx, text, args, prepared)
	if err != nil {
		return nil, err
	}
	out, err := p.query() // execute, within its bounds
	if err == nil {
		err = p.mask(out) // mask; the outcome is recorded when the rows are closed
	}
	if err != nil {
		return nil, p.end(err) // record outcome
	}
	return out, nil
}

// exec governs a statement that is run for its effect.
func (s *session) exec(ctx context.Context, text string, args []driver.NamedValue, prepared bool) (driver.Result, error) {
	p, err := s.admit(ctx, text, args, prepared)
	if err != nil {
		return nil, err
	}
	tag, err := p.exec() // execute, within its bounds
	p.rec.Rows = max(tag.RowsAffected(), p.handed)
	if err := p.end(err); err != nil { // record outcome
		return nil, err
	}
	return driver.RowsAffected(tag.RowsAffected()), nil
}

// admit takes a statement from its text to the moment before it is sent.
func (s *session) admit(ctx context.Context, text string, args []driver.NamedValue, prepared bool) (*passage, error) {
	p := s.passage(ctx)
	p.request.prepared = prepared
	err := p.resolve(text, args)
	if err == nil {
		err = p.identify()
	}
	if err == nil {
		err = p.analyse() // parse, analyse
	}
	if err == nil {
		err = p.decide() // decide
	}
	if err := p.intend(err); err != nil { // record intent: of refusals too
		return nil, err
	}
	if err := p.bound(); err != nil { // bound: what it may do while it runs
		return nil, p.end(err)
	}
	if err := p.approve(); err != nil { // consume approval
		return nil, p.end(err)
	}
	if err := s.conn.run(ctx, p.ahead); err != nil { // say whose it is, where that cannot travel with it
		return nil, p.end(err)
	}
	p.taint()
	p.sent = true
	return p, nil
}

// execute sends what was admitted.
func (p *passage) execute() (pgconn.CommandTag, error) {
	c := p.s.conn
	switch {
	case p.copying():
		return p.copy()
	case p.a != nil && len(p.a.statements) > 1 && len(p.request.options) == 0:
		texts := make([]string, len(p.a.statements))
		for i, st := range p.a.statements {
			texts[i] = st.SQL
		}
		return c.execBatch(p.ctx, p.request, texts)
	}
	return c.exec(p.ctx, p.request)
}

// passage is one statement on its way: what is known of it so far, and its record.
type passage struct {
	s        *session
	ctx      context.Context
	now      time.Time
	request  request
	from     *copyFrom
	to       *copyTo
	handed   int64         // rows that a COPY TO has handed out
	policy   *guard.Policy // the one in force when the statement came
	a        *analysis
	m        *masking        // what is done to its results; nil before the decision, and where nobody masks
	limits   *guard.Limits   // nil = none
	bounds   *bounds         // what the driver does about them; nil = nothing
	account  *account        // of the caller's budget; nil = it has none
	ahead    []preamble      // are sent before it in a round trip of their own
	cursor   *cursor         // that a FETCH reads from
	approval *guard.Approval // what a held statement needs
	unsent   bool            // the server was asked to parse the text and refused it
	sent     bool            // it may have run
	held     bool            // an approval has to be consumed
	began    int             // how many recorders have begun
	done     bool
	rec      lineage.Record
}

func (s *session) passage(ctx context.Context) *passage {
	p := &passage{s: s, ctx: ctx, now: time.Now(), policy: s.g.policy()}
	s.fill(&p.rec, ctx, lineage.StatementEvent, p.now)
	return p
}
