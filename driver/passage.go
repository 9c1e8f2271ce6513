package driver

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/labels"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// resolve fixes what will be sent: nothing after this step changes the text or the arguments.
func (p *passage) resolve(text string, args []driver.NamedValue) error {
	args = p.takeCopy(args)
	prepared := p.request.prepared
	r, err := p.s.resolve(p.ctx, text, args)
	if err != nil {
		p.request = request{text: text, prepared: prepared}
		return err
	}
	p.request, p.request.prepared = r, prepared
	if len(r.args) > 0 {
		p.rec.Arguments = argumentTypes(r.args)
	}
	return nil
}

func argumentTypes(args []any) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == nil {
			out[i] = "nil"
			continue
		}
		out[i] = reflect.TypeOf(a).String()
	}
	return out
}

func isNamedArgs(v any) bool {
	switch v.(type) {
	case pgx.NamedArgs, pgx.StrictNamedArgs:
		return true
	}
	return false
}

// analyse parses the text and finds out what it touches.
func (p *passage) analyse() error {
	s := p.s
	if s.conn.pc.IsClosed() {
		return driver.ErrBadConn
	}
	if !s.observing() {
		if err := s.watch(); err != nil {
			return err
		}
	}
	if s.conn.pc.TxStatus() == 'E' {
		return p.analyseFailed()
	}
	a, err := s.analysis(p.ctx, p.request.text, p.now, p.to != nil)
	if err == nil && a.effects.defines && a.checked.Load() < p.now.UnixNano() && !s.observing() {
		a, err = s.analysis(p.ctx, p.request.text, p.now, true) // what it writes stays: a label of a moment ago has to count
	}
	if err != nil {
		if s.conn.pc.IsClosed() && p.ctx.Err() == nil {
			return driver.ErrBadConn // nothing of the statement was sent
		}
		if s.observing() && !s.conn.pc.IsClosed() {
			a = &analysis{text: p.request.text, scope: newScope(nil), err: err} // sent all the same, and recorded as not read
		} else {
			return err
		}
	}
	p.know(a)
	return nil
}

// analyseFailed analyses inside a failed transaction, where the catalog cannot be read: only what ends or rewinds the
// transaction has a meaning there, and that names no object.
func (p *passage) analyseFailed() error {
	s := p.s
	a := &analysis{text: p.request.text, scope: s.scope()}
	parsed, err := pgparse.Parse(a.text, s.g.maxBytes)
	if err != nil {
		a.err = err
		p.know(a)
		return nil
	}
	if needs := a.run(parsed, a.scope); len(needs) > 0 {
		return s.failedTransaction(p.ctx)
	}
	s.finish(a, &asking{scope: a.scope}, p.now)
	p.know(a)
	return nil
}

func (p *passage) know(a *analysis) {
	p.a = a
	p.s.locate(&p.rec) // the path may have been read just now
	p.rec.Statement = a.written
	if p.rec.Statement != nil {
		p.rec.Command = p.rec.Statement.Command
	} else if len(a.statements) > 1 {
		p.rec.Script = a.teller.statements(a.statements)
	}
	p.s.current = p
	p.fetches()
}

// decide asks the guard, and refuses masked values that come back.
func (p *passage) decide() error {
	defer p.s.forgetArgs()
	class := guard.ClassOf(p.rec.Caller, p.now)
	v, err := p.verdict(class)
	if err != nil {
		return err
	}
	if !v.Allowed() && !v.Held() && onlyUnresolved(v) {
		if v, err = p.askServer(class, v); err != nil {
			return err
		}
	}
	p.m = p.s.g.masking(p.a, p.policy, v.Columns)
	p.m = p.s.g.withKeys(p.m, p.a, p.request.args)
	if p.cursor != nil {
		if again := p.cursor.again(p, class); !again.Allowed() {
			v = again
		}
		p.m = p.cursor.m
	}
	v = p.withFindings(v, class)
	p.rec.Decision, p.rec.Reasons, p.held, p.approval = v.Decision, v.Reasons, v.Held(), v.Approval
	p.rec.Would, p.limits = v.Would, v.Limits
	if err := v.Err(); err != nil {
		return err
	}
	if err := p.copyAllowed(); err != nil {
		return err
	}
	if err := p.wanted(); err != nil {
		return err
	}
	if err := p.writeback(); err != nil {
		return err
	}
	return p.afford()
}

func (p *passage) verdict(class guard.CallerClass) (guard.Verdict, error) {
	a, policy := p.a, p.policy
	switch {
	case a.err != nil:
		return p.unparsed()
	case len(a.statements) == 0:
		return guard.Verdict{Decision: lineage.Allow}, nil // nothing but comments: the server answers with nothing
	case len(a.statements) > 1:
		in := p.input(class, true)
		list := policy.DecideAll(a.statements, *in)
		for i, st := range a.statements {
			list[i] = policy.Ask(p.ctx, st, in, list[i])
		}
		return p.failClosed(guard.Combined(list)), nil
	}
	static := p.static(class)
	in := p.input(class, static.Dynamic())
	return p.failClosed(policy.Ask(p.ctx, a.statements[0], in, static.Decide(in))), nil
}

// static is what the policy in force makes of the facts alone; made once for a text and a policy.
func (p *passage) static(class guard.CallerClass) *guard.Static {
	static := p.a.static[class].Load()
	if static == nil || static.Policy() != p.policy {
		static = p.policy.Static(p.a.statements[0], class)
		p.a.static[class].Store(static)
	}
	return static
}

// input is what the guard has to know of this moment.
func (p *passage) input(class guard.CallerClass, dynamic bool) *guard.Input {
	in := &p.s.judged
	*in = p.s.input(class, p.request.args, dynamic)
	in.Who, in.Job, in.Purpose, in.Now = p.rec.Caller, p.rec.Job, p.rec.Purpose, p.now
	in.Tainted = p.policy.Mistrusts() && p.s.g.taints.has(&p.rec)
	if len(p.s.tx.cursors) > 0 {
		in.Cursor = p.knows
	}
	return in
}

// failClosed denies what was not resolved, whatever the policy made of it: nobody can say what it touches.
func (p *passage) failClosed(v guard.Verdict) guard.Verdict {
	if p.s.observing() || !v.Allowed() && !v.Held() {
		return v
	}
	for _, st := range p.a.statements {
		if len(st.Unresolved) == 0 {
			continue
		}
		u := st.Unresolved[0]
		reason := lineage.Reason{Rule: guard.RuleUnresolved, Severity: "B", Object: u.Object, Position: u.Pos, Message: u.Reason, Applied: true}
		return guard.Verdict{Decision: lineage.Deny, Reasons: append([]lineage.Reason{reason}, v.Reasons...)}
	}
	return v
}

// withFindings adds what the mask plans found. Copies and channels that no mask would reach are denied; the rest is
// masked and warned of, and denied in strict. Observe writes down what standard would have said.
func (p *passage) withFindings(v guard.Verdict, class guard.CallerClass) guard.Verdict {
	if p.m == nil || len(p.m.findings) == 0 {
		return v
	}
	agent := p.rec.Caller.Kind() == lineage.AgentCaller
	if out, kept := p.m.joined(v, agent); kept {
		return out
	}
	out := v
	for i := range p.m.findings {
		f := &p.m.findings[i]
		if rank := labels.Rank(&f.Finding, p.policy.Profile(), p.rec.Caller); rank != "" {
			out = p.policy.With(out, p.a.statements[f.statement], p.input(class, false), rank, f.reason)
		}
	}
	p.m.join(v, out, agent)
	return out
}

// wayOut says what to do instead.
func wayOut(f *mask.Finding) string {
	if f.Safe != "" {
		return f.Safe
	}
	if f.Rule == ruleCopy {
		return "label the column that it goes into, with a comment such as [governed: " + string(mask.Email) + "] or a tag of the policy, or read " +
			f.Column.String() + " in clear with " + clearKey(f.Column)
	}
	return "leave the column out, or read it in clear with " + clearKey(f.Column)
}

// unparsed refuses a text that the parser does not read; observe sends it and writes down that nobody read it.
func (p *passage) unparsed() (guard.Verdict, error) {
	refusal := refuseUnparsed(p.a.err)
	if !p.s.observing() {
		p.rec.Decision, p.rec.Reasons = lineage.Deny, refusal.denied.Reasons
		return guard.Verdict{}, refusal
	}
	for i := range refusal.denied.Reasons {
		refusal.denied.Reasons[i].Applied = false
	}
	return guard.Verdict{Decision: lineage.Warn, Reasons: refusal.denied.Reasons, Would: lineage.Deny}, nil
}

func onlyUnresolved(v guard.Verdict) bool {
	for _, r := range v.Reasons {
		if r.Applied && r.Rule != guard.RuleUnresolved {
			return false
		}
	}
	return len(v.Reasons) > 0
}

// askServer lets the server parse, and not run, a statement whose names were not resolved. Either the server does not
// know them either, and its error is what the application would have got; or what was loaded is out of date.
func (p *passage) askServer(class guard.CallerClass, v guard.Verdict) (guard.Verdict, error) {
	s := p.s
	p.rec.Decision, p.rec.Reasons = v.Decision, v.Reasons
	if len(p.a.statements) != 1 {
		return v, nil
	}
	if _, err := prepareAs(p.ctx, s.conn.pgx, "", p.request.text, s.guise()); err != nil {
		p.unsent = true
		return v, err
	}
	a, err := s.analyse(p.ctx, s.renew(p.a.scope), p.request.text, p.now)
	if err != nil {
		return v, err
	}
	p.know(a)
	return p.verdict(class)
}

// writeback refuses masked values as arguments or literals of a statement that would store them.
func (p *passage) writeback() error {
	if p.s.g.masker == nil || p.m == nil {
		return nil
	}
	for _, st := range p.a.statements {
		err := p.s.g.masker.Check(st, p.request.args, p.m.rules)
		var back *mask.WritebackError
		if errors.As(err, &back) {
			return p.refuse(&guard.DeniedError{
				Rule: "DM16", Object: back.Column.String(), Position: -1, Reason: back.Error(),
				Safe: "leave the column out of the statement, or read it in clear with " + clearKey(back.Column),
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse makes a refusal of the driver's own look like one of the guard's.
func (p *passage) refuse(e *guard.DeniedError) error {
	e.Reasons = []lineage.Reason{{
		Rule: e.Rule, Severity: "B", Object: e.Object, Position: e.Position, Message: e.Reason, Safe: e.Safe, Applied: true,
	}}
	p.rec.Decision, p.rec.Reasons = lineage.Deny, append(e.Reasons, p.rec.Reasons...)
	return e
}

// intend writes down what is about to be done. What was refused on the way, or failed, is written down with its end.
func (p *passage) intend(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return err // nothing was done and nothing was refused; database/sql tries another connection
	}
	if err != nil && p.rec.Decision == "" {
		p.rec.Decision = lineage.Deny
	}
	if missing := p.digests(); missing != nil && err == nil && !p.s.observing() {
		err, p.rec.Decision = &RecorderError{Err: missing}, lineage.Deny
	}
	if began := p.begin(); began != nil && err == nil {
		p.rec.Decision = lineage.Deny
		return p.end(began)
	}
	if err != nil {
		return p.end(err)
	}
	return nil
}

// approve uses up the approval of a held statement.
func (p *passage) approve() error {
	if !p.held {
		return nil
	}
	approver := p.s.g.approver
	if approver == nil {
		return &guard.ApprovalRequiredError{Rule: p.rec.Reasons[0].Rule, Reason: "nobody is set up who could approve: " + p.rec.Reasons[0].Message}
	}
	request := &guard.Request{
		Caller: p.rec.Caller, Job: p.rec.Job, Purpose: p.rec.Purpose, Environment: p.policy.Environment(),
		Database: p.rec.Database, Role: p.rec.Role, Statement: p.a.statement(),
		ArgumentsDigest: strings.Join(p.rec.Digests.Arguments, " "),
		Verdict:         guard.Verdict{Decision: p.rec.Decision, Reasons: p.rec.Reasons, Approval: p.approval},
	}
	err := approver.Approve(p.ctx, request)
	p.rec.Approval, p.rec.Approvers = request.Approval, request.Approvers
	return err
}

// end records the outcome, once, and gives the error as the caller may see it.
func (p *passage) end(err error) error {
	if p.done {
		return err
	}
	p.done = true
	s := p.s
	if p.sent {
		s.settle(p.a)
		s.tx.follow(p, s.status(), err == nil)
	} else {
		s.settle(nil) // what was refused has changed nothing
	}
	if s.current == p {
		s.current = nil
	}
	out := p.redact(lost(err))
	if p.rec.Decision == lineage.Allow || p.rec.Decision == lineage.Warn {
		if watched := s.watch(); watched != nil && out == nil {
			out = watched
		}
	}
	p.finish(out)
	return out
}

// redact is what the caller may see of an error.
func (p *passage) redact(err error) error {
	// What the driver itself says, and what the server says of a text that it only parsed, holds no value of a row.
	if err == nil || p.s.g.masker == nil || p.unsent || errors.Is(err, guard.ErrDenied) {
		return err
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return err
	}
	return redacted(err, pgErr, p.exposure())
}

// exposure says how much the text of the server may carry.
func (p *passage) exposure() exposure {
	switch {
	case p.a == nil || p.a.err != nil || p.a.effects.opaque:
		return exposure{redact: true, raises: p.raises}
	case p.m == nil || p.m.sensitive():
		return exposure{redact: true, statements: p.a.statements, raises: p.raises}
	case !p.s.g.scan:
		return exposure{}
	}
	return exposure{scan: p.s.g.masker.Text, statements: p.a.statements}
}

// parseRefusal is the refusal of a text that was not read. It is a [guard.DeniedError], and a *pgconn.PgError with the
// code that the server would have given, for applications that look at codes.
type parseRefusal struct {
	denied *guard.DeniedError
	server *pgconn.PgError
}

func (e *parseRefusal) Error() string     { return e.denied.Error() }
func (e *parseRefusal) Unwrap() []error   { return []error{e.denied, e.server} }
func (e *parseRefusal) ErrorType() string { return e.denied.ErrorType() }

func refuseUnparsed(err error) *parseRefusal {
	rule, code, position := "TX05", "42601", -1
	var perr *pgparse.Error
	if errors.As(err, &perr) {
		position = perr.Pos
		if errors.Is(err, pgparse.ErrInput) {
			rule, code = "TX09", "54000" // program_limit_exceeded
		}
	}
	denied := &guard.DeniedError{Rule: rule, Position: position, Reason: err.Error()}
	if position >= 0 {
		denied.Reason = perr.Reason
	}
	// The parser quotes the token it stumbled over, which may be a literal: reasons are recorded, and say less.
	message := "the text is not PostgreSQL's SQL"
	if rule == "TX09" {
		message = denied.Reason
	}
	denied.Reasons = []lineage.Reason{{Rule: rule, Severity: "B", Position: position, Message: message, Applied: true}}
	return &parseRefusal{denied: denied, server: &pgconn.PgError{
		Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: denied.Reason, Position: int32(position + 1),
	}}
}

func (s *session) observing() bool { return s.g.observing() }

var errColumns = errors.New("governed: the result has other columns than the analysis said; it was closed unread")

// mask holds the plan against the server's description of this execution and gives each column its mask.
func (p *passage) mask(out *rows) error {
	out.p = p
	sh := out.shape
	if len(sh.fields) == 0 {
		return nil
	}
	if p.s.g.masker == nil {
		p.rec.WouldMask = p.m.would()
		return nil
	}
	if p.m == nil || p.m.plan == nil {
		out.discard(errColumns)
		return errColumns
	}
	plan := p.m.plan
	if sh.plan != plan {
		if err := p.shape(sh, plan); err != nil {
			if errors.Is(err, errColumns) && p.mayRepeat() {
				err = errStale // a column was added since the analysis: SELECT * has one more
			}
			out.discard(err)
			return err
		}
	}
	p.rec.Masked, p.rec.Cleared, p.rec.Mismatch = sh.masked, plan.Cleared, sh.mismatch
	if sh.mismatch {
		if err := p.disagree(out); err != nil {
			return err
		}
	}
	p.reported()
	if len(sh.masked) > 0 && mask.ClearRequired(p.ctx) { // the server named another source than the analysis
		err := p.unwanted(sh.masked)
		out.discard(err)
		return err
	}
	if len(sh.masked) > 0 && out.more {
		p.s.g.announce(sh)
	}
	out.clear = len(sh.scans) > 0 && mask.ClearRequired(p.ctx)
	return nil
}

// errStale says that a statement that changes nothing ran on an analysis that is out of date, and may run again.
var errStale = errors.New("governed: the server's description of the result and the analysis disagree")

// disagree counts a result whose two witnesses disagree. The stricter one has masked it; a statement that only reads is
// closed unread instead and run on a fresh analysis, unless that was just made.
func (p *passage) disagree(out *rows) error {
	p.s.g.stats.mismatch(p.a.text)
	if !p.mayRepeat() {
		return nil
	}
	out.discard(errStale)
	return errStale
}

// mayRepeat reports whether running the statement again changes nothing and may help: its analysis was not just made.
func (p *passage) mayRepeat() bool {
	fresh := p.a.checked.Load() >= p.now.UnixNano()
	return !fresh && p.s.private == nil && onlyReads(p.a.statement())
}

// onlyReads reports whether nothing is changed by running a statement twice.
func onlyReads(st *lineage.Statement) bool {
	if st == nil || st.Class != lineage.Read || len(st.Effects) > 0 || len(st.Settings) > 0 {
		return false
	}
	for i := range st.Functions {
		for _, c := range st.Functions[i].Candidates {
			if c.Volatility == 'v' {
				return false
			}
		}
	}
	return true
}

// shape computes the masks of a result.
func (p *passage) shape(sh *shape, plan *mask.Plan) error {
	fields := make([]mask.Field, len(sh.fields))
	for i, fd := range sh.fields {
		fields[i] = mask.Field{TableOID: fd.TableOID, Num: int16(fd.TableAttributeNumber), TypeOID: fd.DataTypeOID, TypeMod: fd.TypeModifier}
	}
	columns, mismatch, ok := plan.Reconcile(fields, p.resultScope().oid)
	if !ok {
		return errColumns
	}
	sh.plan, sh.mismatch, sh.masks, sh.masked, sh.columns, sh.scans, sh.pairs = plan, mismatch, nil, nil, nil, nil, nil
	masks := make([]columnMasks, len(columns))
	for i, c := range columns {
		if c.Treatment == "" {
			if scan := p.s.g.scanner(c, fields[i]); scan != nil {
				masks[i] = columnMasks{scan: scan, value: scan.Value}
				sh.masks = masks
				sh.scans = append(sh.scans, columnScan{ordinal: i, scan: scan})
				if c.KeyAt > 0 {
					sh.pairs = append(sh.pairs, keyedColumn{key: c.KeyAt - 1, scan: scan})
				}
			}
			continue
		}
		masks[i] = columnMasks{raw: p.s.g.masker.RawFunc(c, fields[i]), value: p.s.g.masker.Func(c, fields[i])}
		if masks[i].value == nil {
			return fmt.Errorf("governed: no way to mask column %d (%s)", i, c.Treatment)
		}
		sh.masks = masks
		sh.masked = append(sh.masked, columnMask(i, sh.names[i], c))
		sh.columns = append(sh.columns, c)
	}
	return nil
}

func columnMask(ordinal int, name string, c mask.Column) lineage.ColumnMask {
	m := lineage.ColumnMask{Ordinal: ordinal, Output: name, Class: c.Class, Treatment: c.Treatment}
	if len(c.Sources) > 0 {
		m.Column = c.Sources[0]
	}
	return m
}
