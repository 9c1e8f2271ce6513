package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/lineage"
)

// RecorderError says that a recorder could not write a statement down, and that it was therefore not sent.
type RecorderError struct{ Err error }

func (e *RecorderError) Error() string {
	return "governed: the statement could not be recorded and was not sent: " + e.Err.Error()
}

// Unwrap gives the recorder's own error.
func (e *RecorderError) Unwrap() error { return e.Err }

// ErrorType is the error.type of spans.
func (e *RecorderError) ErrorType() string { return "governed.audit_unavailable" }

// fill begins a record with what is known of every event.
func (s *session) fill(r *lineage.Record, ctx context.Context, event lineage.Event, now time.Time) {
	r.Event, r.Start, r.Index = event, now, -1
	r.Host, r.Port = s.host, s.port
	s.locate(r)
	if s.conn != nil {
		r.Backend = s.conn.pc.PID()
	}
	if policy := s.g.policy(); policy != nil {
		r.Profile, r.Policy = policy.Profile().String(), s.g.digest(policy)
	}
	r.Connection = s.connection
	r.Caller, r.Job, r.Purpose = lineage.CallerFrom(ctx), lineage.JobFrom(ctx), lineage.PurposeFrom(ctx)
}

// locate says where names resolve, as far as that is known by now.
func (s *session) locate(r *lineage.Record) {
	r.Database, r.Role, r.Schema = s.where.Database, s.where.Session, firstSchema(s.where.Path)
}

// firstSchema is where new objects go: the first schema of the path that is not implicit.
func firstSchema(path []string) string {
	for _, schema := range path {
		if schema != "pg_catalog" && !isTemporary(schema) {
			return schema
		}
	}
	return ""
}

func isTemporary(schema string) bool { return len(schema) > 8 && schema[:8] == "pg_temp_" }

// begin tells the recorders; in observe one that fails does not stop the statement.
func (p *passage) begin() error {
	p.hideNames()
	for _, r := range p.s.g.recorders[p.began:] {
		ctx, err := r.Begin(p.ctx, &p.rec)
		if err != nil {
			if p.s.observing() {
				p.s.g.logger.WarnContext(p.ctx, "governed: a statement is not recorded", "error", err)
				return nil
			}
			return &RecorderError{Err: err}
		}
		p.ctx = ctx
		p.began++
	}
	return nil
}

// hideNames leaves out what the names of the statement would tell.
func (p *passage) hideNames() {
	if p.a != nil {
		p.a.teller.record(&p.rec)
	}
}

// finish completes the record and tells the recorders that began, the last first.
func (p *passage) finish(err error) {
	p.rec.End = time.Now()
	p.rec.TxStatus, p.rec.Sent = p.s.status(), p.sent
	if err != nil {
		p.rec.Error, p.rec.ErrorType, p.rec.SQLState = p.recordText(err), errorType(err), sqlState(err)
	}
	p.hideNames()
	for i := p.began - 1; i >= 0; i-- {
		p.s.g.recorders[i].End(p.ctx, &p.rec)
	}
	p.began = 0
}

// recordText is what of an error may be written down. The caller may know a literal or an argument of its own that the
// server quotes; a record and a span may not.
func (p *passage) recordText(err error) string {
	var typed interface{ ErrorType() string }
	var unread *parseRefusal
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &unread):
		return fmt.Sprintf("the text could not be read (%s at byte %d)", unread.denied.Rule, unread.denied.Position)
	case errors.As(err, &server):
		if p.a != nil && keepsMessage(server, p.a.statements) {
			return server.Message
		}
		return conditionName(server.Code)
	case errors.As(err, &typed), errors.As(err, &connect), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStale):
		return err.Error()
	}
	return fmt.Sprintf("%T", err)
}

func (s *session) status() byte {
	if s.conn == nil || s.conn.pc.IsClosed() {
		return 0
	}
	return s.conn.pc.TxStatus()
}

func sqlState(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// errorType is the error.type of the OpenTelemetry conventions: what the error itself says, the SQLSTATE, a well-known
// name, or the name of its type.
func errorType(err error) string {
	var typed interface{ ErrorType() string }
	switch {
	case errors.As(err, &typed):
		return typed.ErrorType()
	case sqlState(err) != "":
		return sqlState(err)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return fmt.Sprintf("%T", err)
}

// event records something that happens to the connection and is no statement.
func (s *session) event(ctx context.Context, event lineage.Event, run func(context.Context) error) error {
	p := &s.events
	*p = passage{s: s, ctx: ctx, now: time.Now()}
	s.fill(&p.rec, ctx, event, p.now)
	p.rec.Decision = lineage.Allow
	err := p.begin()
	if err == nil {
		p.sent = true
		err = run(p.ctx)
	}
	if err == nil && event == lineage.ConnectEvent && p.rec.Index > 0 {
		s.connection = p.rec.Index
	}
	p.finish(err)
	p.ctx = nil
	return err
}
