package driver

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// bounds is how far one statement may go: the limits of its verdict, and what the driver does to hold it to them.
type bounds struct {
	p      *passage
	limits guard.Limits
	around surrounding
	counts bool // the rows that it writes are counted
	keeps  bool // rows are kept back until it is known that the statement stays
	clear  bool // what it wrote stays only if nothing was detected in its rows
	meter  *meter
	before int64 // rows that this transaction had written, as the server counts them
	after  int64
	waits  bool       // lock_timeout was set for it
	placed bool       // the savepoint is there
	alone  bool       // lock_timeout is set for the session: nothing can travel with the statement
	ahead  []preamble // go before it in a round trip of their own: observe sends it as the application says
	ended  bool
	labels *labelling // what has to be written with it; nil = nothing
	whose  identity   // whom the transaction was told of before it
}

// The rules by which a running statement is stopped.
const (
	ruleAffected = "DM07"
	ruleCost     = "RD05"
	ruleResult   = "RD05"
	ruleBudget   = "RD16"
	ruleLockWait = "DD16"
)

// surrounding is what the driver puts around a statement so that it can be undone without harm to what was before.
type surrounding uint8

const (
	nothing          surrounding = iota
	ownTransaction               // there is none: BEGIN, then COMMIT or ROLLBACK
	ownSavepoint                 // SAVEPOINT, then RELEASE or ROLLBACK TO
	rewindsSavepoint             // of a statement that only reads: the savepoint stays open for the reads that follow
)

// The driver's savepoint; the guard denies names like it to others.
const (
	beginText     = "begin"
	savepointText = "savepoint governed_limit"
	releaseText   = "release savepoint governed_limit"
	rewindText    = "rollback to savepoint governed_limit"
	immediateText = "set constraints all immediate"
)

// bound says how far the statement may go, and what has to travel with it.
func (p *passage) bound() error {
	s := p.s
	switch {
	case s.observing() && !s.g.claims.On || p.a == nil:
		return nil
	case p.a.err != nil:
		return p.tellUnread()
	case len(p.a.statements) == 0:
		return nil
	}
	status := s.conn.pc.TxStatus()
	if status != 'I' && status != 'T' {
		return nil
	}
	lock, labels := p.locksOut() && !s.observing(), p.labelling()
	tells, err := p.tells()
	if err != nil || p.limits == nil && !lock && labels == nil && !s.tx.rewind && len(tells) == 0 && !p.endsUnclear() {
		return err
	}
	b := &bounds{p: p, whose: s.tx.last}
	if p.limits != nil {
		b.limits = *p.limits
	}
	if err := p.affordable(); err != nil {
		return err
	}
	if p.sentBare() {
		if err := p.tellBare(status, tells); err != nil {
			return err
		}
		if s.tx.rewind && !p.lets() {
			p.request.preamble = []preamble{s.tx.release()}
		}
		if b.alone = lock && status == 'I' && len(p.a.statements) == 1; b.alone {
			p.bounds = b
		}
		if labels != nil {
			if err := p.unlabelled(labels); err != nil {
				return err
			}
		}
		return b.countable()
	}
	b.labels = labels
	if err := b.decide(status); err != nil {
		return err
	}
	b.travel(status, lock, tells)
	if b.around != nothing || len(b.ahead) > 0 || b.meter != nil || b.counts || lock || p.request.carries() {
		p.bounds = b
	}
	return nil
}

// lets reports whether the savepoint of earlier reads may stay open, or ends by itself.
func (p *passage) lets() bool {
	for _, st := range p.a.statements {
		switch st.Command {
		case "COMMIT", "ROLLBACK", "RELEASE", "SHOW":
		default:
			return false
		}
	}
	return true
}

// sentBare reports whether nothing may travel with the text.
func (p *passage) sentBare() bool {
	for _, st := range p.a.statements {
		if bare(st) {
			return true
		}
	}
	return false
}

// countable refuses what writes rows and cannot be undone, where rows are limited.
func (b *bounds) countable() error {
	if b.limits.AffectedRows == 0 {
		return nil
	}
	for _, st := range b.p.a.statements {
		if writesData(st) {
			return b.p.refuse(&guard.DeniedError{
				Rule: ruleAffected, Position: -1, Reason: "the rows that it writes could not be undone: it ends transactions or cannot run in one",
				Safe: "statements that write by themselves",
			})
		}
	}
	return nil
}

// decide chooses what is put around the statement.
func (b *bounds) decide(status byte) error {
	p, writes, locks := b.p, false, false
	for _, st := range p.a.statements {
		writes = writes || mayWrite(st)
		locks = locks || takesLocks(st)
	}
	b.counts = b.limits.AffectedRows > 0 && writes
	capped := b.limits.Rows > 0 || b.limits.Bytes > 0 || p.account != nil
	if capped && p.returns() {
		b.meter = &meter{limits: b.limits, account: p.account}
	}
	b.clear = writes && p.endsUnclear()
	switch {
	case status == 'I' && (b.counts || b.clear || b.labels != nil || b.meter != nil && writes):
		b.around = ownTransaction
	case status == 'I':
	case b.counts || b.clear || b.labels != nil || b.meter != nil && (writes || locks):
		b.around = ownSavepoint
	case b.meter != nil:
		b.around = rewindsSavepoint
	}
	// A function may write too, and hand out what it wrote.
	b.keeps = b.labels != nil || b.counts || b.meter != nil && writesRows(p.a.statements)
	if b.counts && p.writesElsewhere() {
		return p.refuse(&guard.DeniedError{
			Rule: ruleAffected, Position: -1, Reason: "nobody counts the rows that it writes to a foreign table",
			Safe: "one statement that writes the foreign table alone",
		})
	}
	return nil
}

// writesElsewhere reports whether a part of the text writes a foreign table: only the rows of the statement itself have a
// count there.
func (p *passage) writesElsewhere() bool {
	for _, st := range p.a.statements {
		for i := range st.Relations {
			r := &st.Relations[i]
			if r.Access&lineage.Writes != 0 && r.Relation.Kind == lineage.ForeignTable && (r.Inside != 0 || len(p.a.statements) > 1) {
				return true
			}
		}
	}
	return false
}

// returns reports whether the statement may hand out data.
func (p *passage) returns() bool {
	st := p.a.statement()
	return st != nil && p.from == nil && (p.to != nil || len(st.Outputs) > 0)
}

// travel lists what goes with the statement: first what ends an older savepoint of ours, then what holds for the whole
// transaction, then the savepoint, and last what is only a question.
func (b *bounds) travel(status byte, lock bool, tells []preamble) {
	p, r, tx := b.p, &b.p.request, &b.p.s.tx
	if b.around == ownTransaction {
		r.preamble, r.begins = append(r.preamble, preamble{text: beginText}), true
	}
	if tx.rewind && b.around != rewindsSavepoint {
		r.preamble = append(r.preamble, tx.release())
	}
	b.timeouts(status, lock)
	if p.attentive() || tx.tells || p.s.role != "" {
		r.preamble = append(r.preamble, tells...)
	}
	b.placed = b.around == rewindsSavepoint && tx.rewind
	if b.around == ownSavepoint || b.around == rewindsSavepoint && !tx.rewind {
		r.preamble = append(r.preamble, preamble{text: savepointText, done: func() {
			b.placed, tx.rewind = true, b.around == rewindsSavepoint
		}})
	}
	if b.labels != nil {
		r.preamble = append(r.preamble, b.labels.asks()...)
	}
	if b.counts {
		r.preamble = append(r.preamble, preamble{text: writtenQuery, read: b.reads(&b.before)})
		if b.around == ownTransaction {
			r.epilogue = append(r.epilogue, preamble{text: immediateText}) // what deferred triggers write counts
		}
		r.epilogue = append(r.epilogue, preamble{text: writtenQuery, read: b.reads(&b.after), done: func() {
			if status == 'T' {
				tx.affects = lowest(tx.affects, b.limits.AffectedRows)
			}
		}})
	}
	if p.copying() && len(r.preamble) > 0 && status == 'I' && b.around == nothing {
		// COPY cannot be pipelined: what is set for its transaction needs one.
		r.preamble, r.begins = append([]preamble{{text: beginText}}, r.preamble...), true
		b.around = ownTransaction
	}
	if len(r.options) > 0 && len(r.preamble) > 0 {
		b.goAhead(status)
	}
}

// goAhead sends before the statement what cannot travel with it.
func (b *bounds) goAhead(status byte) {
	r := &b.p.request
	if status == 'I' && b.around == nothing {
		b.around, r.preamble = ownTransaction, append([]preamble{{text: beginText}}, r.preamble...)
	}
	b.ahead, r.preamble = r.preamble, nil
}

// query runs a statement that may return rows within its bounds.
func (p *passage) query() (*rows, error) {
	b := p.bounds
	if b == nil {
		return p.s.conn.query(p.ctx, p.request)
	}
	if err := b.prepare(); err != nil {
		return nil, err
	}
	out, err := p.s.conn.query(p.ctx, p.request)
	if err != nil {
		return nil, b.end(pgconn.CommandTag{}, err)
	}
	out.bounds, out.meter = b, b.meter
	if b.keeps {
		if err := b.keepBack(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// exec runs a statement for its effect within its bounds.
func (p *passage) exec() (pgconn.CommandTag, error) {
	b := p.bounds
	switch {
	case b == nil:
		return p.execute()
	case p.copying():
		return b.copy()
	}
	if err := b.prepare(); err != nil {
		return pgconn.CommandTag{}, err
	}
	var tag pgconn.CommandTag
	var err error
	if b.labels != nil && len(p.a.statements) > 1 {
		tag, err = b.steps()
	} else {
		tag, err = p.execute()
	}
	if err = b.end(tag, err); err != nil {
		return pgconn.CommandTag{}, err
	}
	return tag, nil
}

// copy streams between the driver's own statements: COPY cannot be pipelined with them.
func (b *bounds) copy() (tag pgconn.CommandTag, err error) {
	p, c := b.p, b.p.s.conn
	before, after := p.request.preamble, p.request.epilogue
	p.request.preamble, p.request.epilogue = nil, nil
	if err = c.run(p.ctx, before); err == nil {
		if tag, err = p.copy(); err == nil {
			err = c.run(p.ctx, after)
		}
	}
	if err = b.end(tag, err); err != nil {
		return pgconn.CommandTag{}, err
	}
	return tag, nil
}

// end keeps what a statement within its bounds did, and undoes what another did. It gives the error that remains.
func (b *bounds) end(tag pgconn.CommandTag, err error) error {
	if b.ended {
		return err
	}
	b.ended = true
	if err == nil && b.counts {
		err = b.overrun(tag)
	}
	if err == nil && b.labels != nil && len(b.labels.lists) == 1 {
		err = b.write(b.labels.lists[0])
	}
	if b.waits {
		b.p.noteLockWait()
		if c := b.p.s.conn; b.alone && !c.pc.IsClosed() {
			c.endOwn("set lock_timeout = 0")
		}
	}
	if err != nil {
		b.undo(err)
		return err
	}
	if err = b.keep(); err != nil {
		b.undo(err)
	}
	return err
}

// stopped writes down that a limit stopped the statement.
func (p *passage) stopped(e *guard.LimitError) error {
	p.rec.Reasons = append(p.rec.Reasons[:len(p.rec.Reasons):len(p.rec.Reasons)], lineage.Reason{
		Rule: e.Rule, Severity: guard.Approve.String(), Position: -1, Applied: true,
		Message: fmt.Sprintf("%s of %.0f, the limit is %.0f", e.Limit, e.Actual, e.Max),
	})
	return e
}

// keep ends what was put around a statement that stays.
func (b *bounds) keep() error {
	c := b.p.s.conn
	var text string
	switch b.around {
	case ownTransaction:
		text = "commit"
	case ownSavepoint:
		text = releaseText
	default:
		return nil
	}
	_, err := c.pc.Exec(b.p.ctx, text).ReadAll()
	if err != nil && pgconn.SafeToRetry(err) {
		// Nothing of the COMMIT was sent, but the statement was: database/sql must not send it again.
		cause := b.p.ctx.Err()
		if cause == nil {
			cause = errors.New(err.Error())
		}
		err = fmt.Errorf("governed: what the statement did was not committed: %w", cause)
	}
	return err
}

// undo takes back what a statement did. A server's error fails the transaction of the application as it does with plain
// pgx; what the driver itself stopped leaves it as it was before the statement.
func (b *bounds) undo(err error) {
	c, tx := b.p.s.conn, &b.p.s.tx
	if c.pc.IsClosed() {
		return
	}
	switch b.around {
	case ownTransaction:
		if c.pc.TxStatus() != 'I' {
			c.endOwn("rollback")
		}
	case ownSavepoint, rewindsSavepoint:
		var own *guard.LimitError
		var failed *PreambleError
		ours := errors.As(err, &own) || errors.As(err, &failed) || errors.Is(err, guard.ErrDenied)
		if !b.placed || !ours && c.pc.TxStatus() != 'T' {
			return
		}
		c.endOwn(rewindText + "; " + releaseText)
		tx.rewind, tx.figures, tx.told = false, figures{}, identity{}
		if b.whose != (identity{}) {
			c.runOwn(b.p.s.telling(b.whose)) // what is deferred is not for the one whose statement was undone
		}
	}
}
