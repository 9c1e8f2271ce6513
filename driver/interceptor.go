package driver

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/ngrok/sqlmw"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

var _ sqlmw.Interceptor = (*session)(nil)

// ConnQueryContext governs db.Query and db.QueryRow.
func (s *session) ConnQueryContext(ctx context.Context, _ driver.QueryerContext, text string, args []driver.NamedValue) (context.Context, driver.Rows, error) {
	rows, err := s.query(ctx, text, args, false)
	return ctx, rows, err
}

// ConnExecContext governs db.Exec.
func (s *session) ConnExecContext(ctx context.Context, _ driver.ExecerContext, text string, args []driver.NamedValue) (driver.Result, error) {
	return s.exec(ctx, text, args, false)
}

// StmtQueryContext governs stmt.Query: a prepared statement is decided at every execution.
func (s *session) StmtQueryContext(ctx context.Context, _ driver.StmtQueryContext, text string, args []driver.NamedValue) (context.Context, driver.Rows, error) {
	rows, err := s.query(ctx, text, args, true)
	return ctx, rows, err
}

// StmtExecContext governs stmt.Exec.
func (s *session) StmtExecContext(ctx context.Context, _ driver.StmtExecContext, text string, args []driver.NamedValue) (driver.Result, error) {
	return s.exec(ctx, text, args, true)
}

// ConnPrepareContext decides a text before the server parses it. What depends on arguments is decided when it runs.
func (s *session) ConnPrepareContext(ctx context.Context, _ driver.ConnPrepareContext, text string) (context.Context, driver.Stmt, error) {
	p := s.passage(ctx)
	p.request = request{text: text, prepared: true}
	err := p.identify()
	if err == nil {
		err = p.analyse()
	}
	if err == nil {
		err = p.decidePrepared()
	}
	if err != nil {
		return ctx, nil, p.intend(err)
	}
	st, err := s.conn.prepare(ctx, text)
	if s.current == p {
		s.current = nil
	}
	if err != nil {
		return ctx, nil, p.redact(lost(err))
	}
	return ctx, st, nil
}

// decidePrepared lets through what only its arguments could make harmful: without them the server runs nothing.
func (p *passage) decidePrepared() error {
	err := p.decide()
	if err == nil || p.rec.Statement == nil {
		return err
	}
	class := guard.ClassOf(p.rec.Caller, p.now)
	if p.a.err == nil && len(p.a.statements) == 1 && p.static(class).AllowedButFor(p.input(class, false)) {
		return nil
	}
	return err
}

// ConnBeginTx begins a transaction; pgx writes the text itself, from the options alone.
func (s *session) ConnBeginTx(ctx context.Context, _ driver.ConnBeginTx, opts driver.TxOptions) (context.Context, driver.Tx, error) {
	var tx driver.Tx
	err := s.event(ctx, lineage.BeginEvent, func(ctx context.Context) (err error) {
		if s.conn.pc.IsClosed() {
			return driver.ErrBadConn
		}
		tx, err = s.conn.begin(ctx, opts)
		return err
	})
	if err != nil {
		return ctx, nil, err
	}
	s.inTx = true
	return ctx, tx, nil
}

// TxCommit commits. Deferred constraints are checked here, so that its error can carry values of any table.
func (s *session) TxCommit(ctx context.Context, tx driver.Tx) error {
	return s.endTx(ctx, lineage.CommitEvent, tx.Commit)
}

// TxRollback rolls back.
func (s *session) TxRollback(ctx context.Context, tx driver.Tx) error {
	return s.endTx(ctx, lineage.RollbackEvent, tx.Rollback)
}

func (s *session) endTx(ctx context.Context, event lineage.Event, run func() error) error {
	p := &passage{s: s, ctx: ctx, now: time.Now()}
	s.fill(&p.rec, ctx, event, p.now)
	p.rec.Decision = lineage.Allow
	if err := p.begin(); err != nil {
		// The work was done and recorded statement by statement; an end that cannot be written down must not commit.
		if event == lineage.CommitEvent {
			p.finish(err)
			return err
		}
	}
	var err error
	if event == lineage.CommitEvent {
		err = s.deferred(ctx, p)
	}
	if err == nil {
		p.sent = true
		err = run()
	}
	err = p.redact(err)
	s.inTx = false
	s.settle(nil)
	p.finish(err)
	return err
}

// ConnPing asks the server whether it is there.
func (s *session) ConnPing(ctx context.Context, _ driver.Pinger) error { return s.conn.std.Ping(ctx) }
