package driver

import (
	"slices"
	"strconv"
	"time"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// figures are timeouts in milliseconds, 0 = none.
type figures struct {
	statement, lock, idle int64
	wait                  bool // lockWait, where the session has no lock_timeout
	waits                 bool // and it had none
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

// lockWait is how long a statement that locks everybody out may wait where nothing else was said: whoever comes after it
// waits as well.
const lockWait = 2 * time.Second

// locksOut reports whether the text takes a lock that not even readers get past.
func (p *passage) locksOut() bool {
	return slices.ContainsFunc(p.a.statements, guard.TakesAccessExclusive)
}

// prepare sends what cannot travel with the statement. Before one that cannot run in a transaction it sets lock_timeout for
// the session, where that has none; end takes it back.
func (b *bounds) prepare() error {
	if len(b.ahead) > 0 {
		if err := b.p.s.conn.run(b.p.ctx, b.ahead); err != nil {
			b.ended = true
			b.undo(err)
			return err
		}
	}
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
