package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ngrok/sqlmw"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/fingerprint"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// session is one governed connection: sqlmw's interceptor for it, with what the guard has to know of its state. Like the
// connection it is used by one goroutine at a time.
type session struct {
	sqlmw.NullInterceptor
	g    *governance
	conn *conn

	host       string
	port       uint16
	connection int64 // the ledger's index of its connect record; 0 = no ledger

	where     where
	pathKnown bool
	pathRole  string // as which where was read
	paths     map[string]where
	pathRead  int    // how often since the session was what it is at its beginning
	shared    *scope // the connector's catalog for this path
	private   *scope // own catalog: uncommitted DDL or temporary objects; nil = the shared one
	temp      bool   // the connection has temporary objects
	tainted   bool   // it must not go back to the pool
	inTx      bool   // inside a transaction that database/sql began
	txPath    bool   // the transaction changed how names resolve
	tx        transaction
	role      string // as which the statement runs; "" = the one that is logged in
	told      told
	unseen    bool // code may have run that was not opened: it is swept before its next user
	wrote     bool // rows were written: such code may have run elsewhere
	sampled   bool // the transaction analysed tables

	// asks are the functions of the guard's input, made once: a decision allocates nothing.
	asks struct {
		sensitive func(lineage.ColumnID) bool
		argument  func(int) (any, bool)
		args      []any
	}
	judged  guard.Input // of the statement that is decided: one at a time
	events  passage     // of the connection's own events: one at a time, and none is kept
	current *passage    // the statement that the server is working on, for notices
}

// probeEvery is how long an analysis is believed before the names it stands on are looked up again: the window in which
// another session's rename can go unnoticed but for the description of the result.
const probeEvery = time.Second

// maxRounds bounds how often an analysis may ask for more of the catalog: views over views, functions in functions.
const maxRounds = 40

func (s *session) checkNamedValue(nv *driver.NamedValue) error {
	if s.g.observing() {
		return nil // as pgx: everything is passed on as it is
	}
	switch nv.Value.(type) {
	case copyFrom, copyTo:
		return nil
	}
	if nv.Ordinal == 1 && isNamedArgs(nv.Value) {
		return nil
	}
	return checkArgument(nv.Ordinal, nv.Value)
}

func (s *session) scope() *scope {
	if s.private != nil {
		return s.private
	}
	if s.shared == nil || s.shared.stale.Load() {
		key := scopeKey{database: s.where.Database, role: s.where.Role, path: strings.Join(s.where.Path, "\x00")}
		s.shared = s.g.catalogs.scope(key, s.where.Path)
	}
	return s.shared
}

// analysis gives what is known of a text: from the cache, held against the server once in a while, or made anew.
//
// recheck holds it against the server now: for what is sent without a description of its result.
func (s *session) analysis(ctx context.Context, text string, now time.Time, recheck bool) (*analysis, error) {
	if err := s.resolvePath(ctx); err != nil {
		return nil, err
	}
	scope := s.scope()
	if a := scope.analysis(text); a != nil && !scope.stale.Load() {
		if recheck {
			a.checked.Store(0)
		}
		fresh, err := s.fresh(ctx, a, now)
		if err != nil {
			return nil, err
		}
		if fresh {
			return a, nil
		}
		scope = s.renew(scope)
	}
	a, err := s.analyse(ctx, scope, text, now)
	if err != nil || a.checked.Load() >= now.UnixNano() {
		return a, err
	}
	// Some of what it stands on was read for earlier texts.
	if recheck {
		a.checked.Store(0)
	}
	fresh, err := s.fresh(ctx, a, now)
	if err != nil || fresh {
		return a, err
	}
	return s.analyse(ctx, s.renew(a.scope), text, now)
}

// fresh reports whether the names of an analysis still mean what they did.
func (s *session) fresh(ctx context.Context, a *analysis, now time.Time) (bool, error) {
	last := a.checked.Load()
	if len(a.names) == 0 || now.UnixNano()-last < int64(probeEvery) || s.conn.pc.TxStatus() == 'E' {
		return true, nil
	}
	if !a.checked.CompareAndSwap(last, now.UnixNano()) {
		return true, nil // another connection is looking
	}
	l, err := s.load(ctx, a.names, now)
	if err != nil {
		a.checked.Store(last)
		return false, err
	}
	if l.version() != a.version {
		return false, nil
	}
	a.scope.verified(a.names, now)
	return true, nil
}

// renew replaces a scope that is out of date.
func (s *session) renew(old *scope) *scope {
	if s.private == old {
		s.private = newScope(s.where.Path)
		return s.private
	}
	s.g.catalogs.forget()
	return s.scope()
}

// analyse parses and analyses a text, loading what it names until nothing is missing.
func (s *session) analyse(ctx context.Context, scope *scope, text string, now time.Time) (*analysis, error) {
	a := &analysis{text: text, scope: scope}
	parsed, err := pgparse.Parse(text, s.g.maxBytes)
	if err != nil {
		a.err = err
		scope.keep(a)
		return a, nil
	}
	if err := s.checkClear(ctx, scope); err != nil {
		return nil, err
	}
	asked := &asking{scope: scope, asked: map[lineage.Need]bool{}}
	for range maxRounds {
		needs := a.run(parsed, asked)
		if len(needs) == 0 {
			break
		}
		needs = scope.spread(needs)
		l, err := s.load(ctx, needs, now)
		if err != nil {
			return nil, err
		}
		scope.add(needs, l, now)
		s.g.readLabels(ctx, l)
	}
	s.finish(a, asked, now)
	scope.keep(a)
	return a, nil
}

// run analyses all statements with what is loaded, and gives what is missing.
func (a *analysis) run(parsed []pgparse.Statement, catalog lineage.Catalog) []lineage.Need {
	a.statements = lineage.AnalyzeScript(parsed, catalog)
	var needs []lineage.Need
	for _, st := range a.statements {
		needs = append(needs, st.Needs...)
	}
	return needs
}

// finish computes what follows from the facts.
func (s *session) finish(a *analysis, asked *asking, now time.Time) {
	for n := range asked.asked {
		a.names = append(a.names, n)
	}
	a.version = a.scope.version(a.names)
	a.checked.Store(a.scope.oldest(a.names, now))
	a.effects = aftermathOf(a.statements)
	fingerprint.Set(a.statements)
	a.teller = tellerOf(a.text)
	a.written = a.teller.statement(a.statement())
}

// version is the digest of what is loaded under a list of names.
func (s *scope) version(names []lineage.Need) string {
	l := &loaded{}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range names {
		switch n.Kind {
		case lineage.NeedRelation:
			if r := s.relations[n.Name]; r != nil {
				l.relations = append(l.relations, r)
			}
		case lineage.NeedFunction:
			l.functions = append(l.functions, s.functions[n.Name]...)
		case lineage.NeedOperator:
			l.operators = append(l.operators, s.operators[n.Name.Name]...)
		case lineage.NeedType:
			if t := s.types[n.Name]; t != nil {
				l.types = append(l.types, t)
			}
		}
	}
	return l.version()
}

// settle brings the session's knowledge up to date after a text has run, whatever came of it.
func (s *session) settle(a *analysis) {
	status := s.conn.pc.TxStatus()
	if a != nil {
		e := a.effects
		if e.path {
			s.pathKnown, s.txPath = false, s.txPath || status != 'I'
		}
		// Also of a text that failed: what it did before may have been committed by the text itself.
		if e.session {
			s.tainted = true
		}
		if e.temp {
			s.temp = true
		}
		s.unseen, s.wrote = s.unseen || e.unseen, s.wrote || e.writes
		if e.samples {
			s.sampled = true
			s.g.sampled.forget()
		}
		if e.schema || e.samples {
			s.schemaChanged(status)
		}
	}
	if status == 'I' {
		s.transactionEnded()
	}
}

func (s *session) schemaChanged(status byte) {
	if status != 'I' || s.temp {
		s.private = newScope(s.where.Path)
	}
	s.g.catalogs.forget()
}

// transactionEnded runs whenever no transaction is open: what it changed is now true for all, or gone.
func (s *session) transactionEnded() {
	s.tx = transaction{}
	if s.sampled { // what it has analysed is seen by others now, who may have asked before
		s.sampled = false
		s.g.sampled.forget()
	}
	if s.txPath {
		s.txPath, s.pathKnown = false, false
	}
	if s.private == nil {
		return
	}
	s.g.catalogs.forget()
	s.private = nil
	if s.temp {
		s.private = newScope(s.where.Path)
	}
}

// watch closes a connection whose state is no longer what the driver believes: a transaction that somebody else ended,
// or a setting with which the server reads SQL in another way than the guard.
func (s *session) watch() error {
	if s.g.observing() {
		return nil
	}
	if s.conn.pc.ParameterStatus("standard_conforming_strings") == "off" || !isUTF8(s.conn.pc.ParameterStatus("client_encoding")) {
		s.abandon()
		return &SessionError{Reason: "the server reads strings with standard_conforming_strings off or in another encoding than UTF8; the connection was closed"}
	}
	if s.inTx && s.conn.pc.TxStatus() == 'I' {
		s.abandon()
		return &SessionError{Reason: "the transaction was ended by something other than Commit or Rollback; the connection was closed"}
	}
	return nil
}

func (s *session) abandon() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.pc.Close(ctx)
	s.tainted = true
}

// SessionError says that a connection cannot be governed any more, or not from the beginning.
type SessionError struct{ Reason string }

func (e *SessionError) Error() string { return "governed: " + e.Reason }

// ErrorType is the error.type of spans.
func (e *SessionError) ErrorType() string { return "governed.session" }

// valid is asked before the connection goes back to the pool.
func (s *session) valid() bool {
	if s.conn.pc.IsClosed() {
		return false
	}
	if s.g.observing() {
		return true
	}
	return !s.tainted && s.conn.pc.TxStatus() == 'I'
}

// reset runs before the connection is used by somebody else.
func (s *session) reset(ctx context.Context) error {
	ran := false
	run := func(ctx context.Context) error {
		ran, s.inTx = true, false
		if !s.valid() {
			return driver.ErrBadConn
		}
		if (s.unseen || s.wrote) && !s.g.observing() {
			if err := s.sweep(ctx); err != nil {
				return err
			}
		}
		return s.conn.std.ResetSession(ctx)
	}
	err := s.event(ctx, lineage.ResetEvent, run)
	if !ran {
		// database/sql goes on after any error but ErrBadConn: the checks have to be made even where a recorder is dead.
		// That refuses the next statement by itself.
		return errors.Join(err, run(ctx))
	}
	return err
}

// clear closes a connection that is not fit for another user. To close one of a pool otherwise only gives it back.
func (s *session) clear() {
	if s.g.observing() || s.conn.pc.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if !s.valid() || s.g.pooled && (s.unseen || s.wrote) && s.sweep(ctx) != nil {
		_ = s.conn.pc.Close(ctx)
	}
}

// close ends the connection and its story. A connection is closed whether or not somebody can write it down.
func (s *session) close() error {
	closed := false
	s.clear()
	err := s.event(context.Background(), lineage.CloseEvent, func(context.Context) error {
		closed = true
		return s.conn.std.Close()
	})
	if !closed {
		err = errors.Join(err, s.conn.std.Close())
	}
	return errors.Join(err, s.g.shared.leave())
}

// input is what the guard has to know of this moment; dynamic says that it will ask for more than the state of the
// connection.
func (s *session) input(class guard.CallerClass, args []any, dynamic bool) guard.Input {
	in := guard.Input{
		Caller: class, InTransaction: s.inTx,
		TextTransaction: !s.inTx && s.conn.pc.TxStatus() != 'I',
	}
	in.DedicatedConnection = s.g.policy().Profile() == guard.Migration // IsValid closes it once something stays behind
	if !dynamic {
		return in
	}
	s.tx.tell(&in)
	if s.asks.sensitive == nil {
		s.asks.sensitive, s.asks.argument = s.sensitive, s.argument
	}
	in.Sensitive = s.asks.sensitive
	if s.asks.args = args; len(args) > 0 {
		in.Args = s.asks.argument
	}
	return in
}

// forgetArgs lets go of values that nobody asks for any more.
func (s *session) forgetArgs() { s.asks.args = nil }

// argument is the value of $n of the statement that is decided.
func (s *session) argument(n int) (any, bool) {
	if n < 1 || n > len(s.asks.args) {
		return nil, false
	}
	return judged(s.asks.args[n-1])
}

// sensitive reports whether a column is one that masks hide.
func (s *session) sensitive(c lineage.ColumnID) bool {
	if s.g.masker == nil && s.g.witness == nil {
		return false
	}
	scope := s.scope()
	rules := s.g.rules(s.g.policy(), nil, scope)
	r, found := scope.Relation(c.Schema, c.Relation)
	if found != lineage.Present {
		return true // nobody knows
	}
	col, ok := r.Column(c.Column)
	return !ok || rules.Classify(r, col) != "" && !rules.Shows(c)
}

// lost turns an error of the connection into the one by which database/sql tries another connection, where nothing of
// the statement was sent.
func lost(err error) error {
	if pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

// failedTransaction gives the server's own word for a statement in a failed transaction: there the catalog cannot be
// read, and nothing but ROLLBACK would run.
func (s *session) failedTransaction(ctx context.Context) error {
	result := s.conn.pc.ExecParams(ctx, "select 1", nil, nil, nil, nil).Read()
	if result.Err != nil {
		return result.Err
	}
	return errors.New("governed: the transaction has failed")
}
