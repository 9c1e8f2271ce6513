package driver

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

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

// The driver's savepoint. One of the same name that the application made is hidden while ours is there, and no longer.
const (
	beginText     = "begin"
	savepointText = "savepoint governed_limit"
	releaseText   = "release savepoint governed_limit"
	rewindText    = "rollback to savepoint governed_limit"
)

// bounds is how far one statement may go: the limits of its verdict, and what the driver does to hold it to them.
type bounds struct {
	p      *passage
	limits guard.Limits
	around surrounding
	counts bool // the rows that it writes are counted
	keeps  bool // rows are kept back until it is known that the statement stays
	meter  *meter
	before int64 // rows that this transaction had written, as the server counts them
	after  int64
	waits  bool // lock_timeout was set for it
	placed bool // the savepoint is there
	alone  bool // lock_timeout is set for the session: nothing can travel with the statement
	ended  bool
}

// bound says how far the statement may go, and what has to travel with it.
func (p *passage) bound() error {
	s := p.s
	if s.observing() || p.a == nil || p.a.err != nil || len(p.a.statements) == 0 {
		return nil
	}
	status := s.conn.pc.TxStatus()
	lock := p.locksOut()
	if p.limits == nil && !lock && !s.tx.rewind || status != 'I' && status != 'T' {
		return nil
	}
	b := &bounds{p: p}
	if p.limits != nil {
		b.limits = *p.limits
	}
	if err := p.affordable(); err != nil {
		return err
	}
	if p.sentBare() {
		if s.tx.rewind && !p.lets() {
			p.request.preamble = []preamble{s.tx.release()}
		}
		if b.alone = lock && status == 'I' && len(p.a.statements) == 1; b.alone {
			p.bounds = b
		}
		return b.countable()
	}
	if err := b.decide(status); err != nil {
		return err
	}
	b.travel(status, lock)
	if b.around != nothing || b.meter != nil || b.counts || lock || p.request.carries() {
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

// locksOut reports whether the text takes a lock that not even readers get past.
func (p *passage) locksOut() bool {
	return slices.ContainsFunc(p.a.statements, guard.TakesAccessExclusive)
}

// sentBare reports whether nothing may travel with the text.
func (p *passage) sentBare() bool {
	for _, st := range p.a.statements {
		if bare(st) {
			return true
		}
	}
	return len(p.request.options) > 0
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
	switch {
	case status == 'I' && (b.counts || b.meter != nil && writes):
		b.around = ownTransaction
	case status == 'I':
	case b.counts || b.meter != nil && (writes || locks):
		b.around = ownSavepoint
	case b.meter != nil:
		b.around = rewindsSavepoint
	}
	b.keeps = (b.counts || b.meter != nil) && writesRows(p.a.statements)
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
func (b *bounds) travel(status byte, lock bool) {
	p, r, tx := b.p, &b.p.request, &b.p.s.tx
	if b.around == ownTransaction {
		r.preamble, r.begins = append(r.preamble, preamble{text: beginText}), true
	}
	if tx.rewind && b.around != rewindsSavepoint {
		r.preamble = append(r.preamble, tx.release())
	}
	b.timeouts(status, lock)
	b.placed = b.around == rewindsSavepoint && tx.rewind
	if b.around == ownSavepoint || b.around == rewindsSavepoint && !tx.rewind {
		r.preamble = append(r.preamble, preamble{text: savepointText, done: func() {
			b.placed, tx.rewind = true, b.around == rewindsSavepoint
		}})
	}
	if b.counts {
		r.preamble = append(r.preamble, preamble{text: writtenQuery, read: b.reads(&b.before)})
		r.epilogue = append(r.epilogue, preamble{text: writtenQuery, read: b.reads(&b.after)})
	}
	if p.copying() && len(r.preamble) > 0 && status == 'I' && b.around == nothing {
		// COPY cannot be pipelined: what is set for its transaction needs one.
		r.preamble, r.begins = append([]preamble{{text: beginText}}, r.preamble...), true
		b.around = ownTransaction
	}
}

// writtenQuery counts the rows that the transaction has inserted, updated and deleted in tables of the database so far,
// those of triggers, cascades and functions included. A row that moves to another partition counts twice. Null where the
// server does not count.
const writtenQuery = `select case when pg_catalog.current_setting('track_counts') OPERATOR(pg_catalog.=) 'on' then (
	select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) OPERATOR(pg_catalog.+)
		pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)), 0)::pg_catalog.int8
	from pg_catalog.pg_class c where c.relkind OPERATOR(pg_catalog.=) 'r' and c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
	)::pg_catalog.text end`

func (b *bounds) reads(into *int64) func([][]byte) error {
	return func(row [][]byte) (err error) {
		if row[0] == nil {
			return &PreambleError{Err: errors.New("the server does not count written rows (track_counts is off), which are limited")}
		}
		*into, err = strconv.ParseInt(string(row[0]), 10, 64)
		return err
	}
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
	switch {
	case err != nil:
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

// prepare sets lock_timeout for the session before a statement that cannot run in a transaction, where it has none; end
// takes it back.
func (b *bounds) prepare() error {
	if !b.alone {
		return nil
	}
	return b.p.s.conn.run(b.p.ctx, []preamble{{text: waitQuery, args: []string{strconv.FormatInt(lockWait.Milliseconds(), 10)}, read: func(row [][]byte) error {
		b.waits = row[0] != nil
		return nil
	}}})
}

const waitQuery = `select case when pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'
	then pg_catalog.set_config('lock_timeout', $1::pg_catalog.text, false) end`

// end keeps what a statement within its bounds did, and undoes what another did. It gives the error that remains.
func (b *bounds) end(tag pgconn.CommandTag, err error) error {
	if b.ended {
		return err
	}
	b.ended = true
	if err == nil && b.counts {
		err = b.overrun(tag)
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

// overrun is the error of a statement that wrote more rows than it may.
func (b *bounds) overrun(tag pgconn.CommandTag) error {
	n := max(0, b.after-b.before)
	if tag.Insert() || tag.Update() || tag.Delete() || strings.HasPrefix(tag.String(), "MERGE") || strings.HasPrefix(tag.String(), "COPY") && b.p.from != nil {
		n = max(n, tag.RowsAffected())
	}
	if n <= b.limits.AffectedRows {
		return nil
	}
	return b.exceeded(&guard.LimitError{Rule: ruleAffected, Limit: "affected_rows", Max: float64(b.limits.AffectedRows), Actual: float64(n)})
}

// exceeded writes down that a limit stopped the statement.
func (b *bounds) exceeded(e *guard.LimitError) *guard.LimitError {
	b.p.stopped(e)
	return e
}

// stopped writes down that a limit stopped the statement.
func (p *passage) stopped(e *guard.LimitError) {
	p.rec.Reasons = append(p.rec.Reasons[:len(p.rec.Reasons):len(p.rec.Reasons)], lineage.Reason{
		Rule: e.Rule, Severity: guard.Approve.String(), Position: -1, Applied: true,
		Message: fmt.Sprintf("%s of %.0f, the limit is %.0f", e.Limit, e.Actual, e.Max),
	})
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
		if !b.placed || !errors.As(err, &own) && !errors.As(err, &failed) && c.pc.TxStatus() != 'T' {
			return
		}
		c.endOwn(rewindText + "; " + releaseText)
		tx.rewind, tx.figures = false, figures{}
	}
}

// timeouts are set for the transaction once, and again only when they become tighter.
func (b *bounds) timeouts(status byte, lock bool) {
	p, tx := b.p, &b.p.s.tx
	want := figures{
		statement: b.limits.StatementTimeout.Milliseconds(), lock: b.limits.LockTimeout.Milliseconds(),
		idle: b.limits.IdleTimeout.Milliseconds(),
	}
	if want.lock == 0 && lock {
		want.wait = true
	}
	if status == 'I' && b.around != ownTransaction {
		want.idle = 0 // nobody waits inside the implicit transaction
	}
	if status == 'T' && tx.figures.cover(want) {
		b.waits = want.wait && tx.figures.waits
		return
	}
	if want == (figures{}) {
		return
	}
	p.request.preamble = append(p.request.preamble, preamble{text: tightenQuery, args: want.args(), read: func(row [][]byte) error {
		b.waits = want.wait && row[1] != nil
		if status == 'T' {
			tx.figures = tx.figures.with(want)
			tx.figures.waits = tx.figures.waits || b.waits
		}
		return nil
	}})
}

// lockWait is how long a statement that locks everybody out may wait where nothing else was said: whoever comes after it
// waits as well.
const lockWait = 2 * time.Second

// figures are timeouts in milliseconds, 0 = none.
type figures struct {
	statement, lock, idle int64
	wait                  bool // lockWait, where the session has no lock_timeout
	waits                 bool // and it had none
}

// cover reports whether nothing has to be set for other figures once these are.
func (f figures) cover(o figures) bool {
	covers := func(a, b int64) bool { return b == 0 || a != 0 && a <= b }
	return covers(f.statement, o.statement) && covers(f.lock, o.lock) && covers(f.idle, o.idle) && (!o.wait || f.wait || f.lock != 0)
}

func (f figures) with(o figures) figures {
	lower := func(a, b int64) int64 {
		if a == 0 || b != 0 && b < a {
			return b
		}
		return a
	}
	return figures{
		statement: lower(f.statement, o.statement), lock: lower(f.lock, o.lock), idle: lower(f.idle, o.idle),
		wait: f.wait || o.wait, waits: f.waits,
	}
}

func (f figures) args() []string {
	figure := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	wait := ""
	if f.wait {
		wait = figure(lockWait.Milliseconds())
	}
	return []string{figure(f.statement), figure(f.lock), figure(f.idle), wait}
}

// tightenQuery sets timeouts for the transaction where the session has none or a longer one. A parameter is a figure in
// milliseconds or empty; the last is a lock_timeout for where there is none.
var tightenQuery = "select " + tighten("statement_timeout", "$1") + ",\n" +
	"case when $2::pg_catalog.text OPERATOR(pg_catalog.<>) '' then " + tighten("lock_timeout", "$2") +
	" when $4::pg_catalog.text OPERATOR(pg_catalog.<>) '' and pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'" +
	" then pg_catalog.set_config('lock_timeout', $4, true) end,\n" + tighten("idle_in_transaction_session_timeout", "$3")

// tighten is the expression for one timeout. PostgreSQL shows a timeout as a number with a unit, which reads as an interval.
func tighten(name, param string) string {
	now := "pg_catalog.current_setting('" + name + "')"
	return "case when " + param + "::pg_catalog.text OPERATOR(pg_catalog.<>) '' and (" + now + " OPERATOR(pg_catalog.=) '0' or " +
		now + "::pg_catalog.interval OPERATOR(pg_catalog.>) (" + param + " OPERATOR(pg_catalog.||) 'ms')::pg_catalog.interval)" +
		" then pg_catalog.set_config('" + name + "', " + param + ", true) end"
}

// noteLockWait writes down that the statement got a lock_timeout.
func (p *passage) noteLockWait() {
	const message = "lock_timeout 2s was set for it"
	p.rec.Reasons = slices.Clone(p.rec.Reasons)
	if p.rec.Decision == lineage.Allow {
		p.rec.Decision = lineage.Warn
	}
	for i := range p.rec.Reasons {
		if r := &p.rec.Reasons[i]; r.Rule == ruleLockWait {
			r.Message += "; " + message
			return
		}
	}
	p.rec.Reasons = append(p.rec.Reasons, lineage.Reason{
		Rule: ruleLockWait, Severity: guard.Warn.String(), Position: -1, Message: message, Safe: "SET LOCAL lock_timeout before it",
	})
}

// mayWrite reports whether a statement may change something that a rollback would undo.
func mayWrite(st *lineage.Statement) bool {
	const notRun = lineage.InExplain | lineage.InPrepare | lineage.InDefinition
	for i := range st.Relations {
		if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && r.Inside&notRun == 0 {
			return true
		}
	}
	for i := range st.Functions {
		if f := &st.Functions[i]; f.Inside&notRun == 0 && volatile(f, true) {
			return true
		}
	}
	for i := range st.Effects {
		switch e := &st.Effects[i]; {
		case e.Inside&notRun != 0, e.Command == "COPY" && strings.HasPrefix(e.Action, "TO "):
		case quiet[e.Command]:
		default:
			return true
		}
	}
	return len(st.Unresolved) > 0
}

// dataCommands are the commands that write rows, and those that may do anything.
var dataCommands = map[string]bool{
	"INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "COPY": true, "DO": true, "CALL": true, "EXECUTE": true,
}

// writesData reports whether a statement writes rows, not only definitions.
func writesData(st *lineage.Statement) bool {
	for i := range st.Relations {
		if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && dataCommands[r.Command] && r.Inside&lineage.InDefinition == 0 {
			return true
		}
	}
	for i := range st.Effects {
		if e := &st.Effects[i]; dataCommands[e.Command] && e.Inside&lineage.InDefinition == 0 {
			return true
		}
	}
	return len(st.Unresolved) > 0
}

// quiet are commands that are effects and change no data.
var quiet = map[string]bool{
	"EXPLAIN": true, "FETCH": true, "MOVE": true, "CLOSE CURSOR": true, "CLOSE CURSOR ALL": true, "SET CONSTRAINTS": true,
	"LISTEN": true, "UNLISTEN": true, "DEALLOCATE": true, "DEALLOCATE ALL": true, "CHECKPOINT": true, "LOAD": true,
}

// takesLocks reports whether a statement takes locks that a rollback would give back.
func takesLocks(st *lineage.Statement) bool {
	for i := range st.Relations {
		if st.Relations[i].Access&lineage.Locks != 0 {
			return true
		}
	}
	return st.Class != lineage.Read && st.Command != "EXPLAIN"
}

// writesRows reports whether the rows that a statement returns may be rows that it has written.
func writesRows(list []*lineage.Statement) bool {
	for _, st := range list {
		for i := range st.Relations {
			if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && r.Inside&(lineage.InFunction|lineage.InTrigger|lineage.InExplain|lineage.InDefinition) == 0 {
				return true
			}
		}
	}
	return false
}
