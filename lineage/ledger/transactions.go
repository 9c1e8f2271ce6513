package ledger

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// transactions follows the transactions of a log from the records of all connections, whatever is asked for: what became of a
// statement stands where its transaction ends. Of a connection without a transaction nothing is kept.
type transactions struct {
	alone   bool // one process writes at a time: where one begins, those before it are gone
	flights map[int64]flight
	open    map[int64]*transaction // by connection
	closed  []closedTransaction
}

// transaction is one that is open on a connection.
type transaction struct {
	failed     bool        // the server takes nothing but its end
	committing bool        // its COMMIT has no outcome so far
	pending    []*told     // what was asked for of what ran well in it
	savepoints []savepoint // the newest last
}

type savepoint struct {
	name string
	at   int // how much was pending before it
}

// flight is an intent whose outcome may still come.
type flight struct {
	conn    int64
	control *control // nil = the statement does not control transactions
	told    *told    // nil = it is not asked for
}

// closedTransaction is what a connection had open when it was closed. It is rolled back, unless a gap record is about to say
// that its end was sent unrecorded: that one comes with the process's next group at the latest.
type closedTransaction struct {
	process int64
	group   int64 // of the last record of the process that was seen
	later   bool  // it is of the next group
	pending []*told
}

func newTransactions(alone bool) *transactions {
	return &transactions{alone: alone, flights: map[int64]flight{}, open: map[int64]*transaction{}}
}

// record takes the records of the log in their order. s is what is asked for of it, nil = nothing is.
func (t *transactions) record(h *header, line []byte, s *told) error {
	if len(t.closed) > 0 && h.event != Gap {
		t.settle(number(line, processField), h)
	}
	switch h.event {
	case Intent, Connect:
		return t.intent(h, line, s)
	case Outcome:
		t.outcome(h.intent, line)
	case Begin:
		if conn := number(line, connField); word(line, statusField) == string(OK) && conn > 0 {
			t.finish(conn, Undecided) // whatever was open there has ended without a record
			t.open[conn] = &transaction{}
		}
	case Rollback:
		t.finish(number(line, connField), RolledBack)
	case Close:
		t.gone(number(line, connField), number(line, processField), h.group)
	case Start:
		t.start()
	case Gap:
		t.doubt()
	}
	return nil
}

func (t *transactions) intent(h *header, line []byte, s *told) error {
	f := flight{conn: number(line, connField), told: s}
	if h.event == Intent {
		var err error
		if f.control, err = controlOf(line); err != nil {
			return err
		}
	}
	if s != nil {
		s.flying = true
	}
	if tx := t.open[f.conn]; tx != nil && f.control.ends() {
		tx.committing = true
	}
	t.flights[h.index] = f
	return nil
}

func (t *transactions) outcome(intent int64, line []byte) {
	f, ok := t.flights[intent]
	if !ok {
		return
	}
	delete(t.flights, intent)
	if f.told != nil {
		f.told.outcome, f.told.flying = bytes.Clone(line), false
	}
	status, state := Status(word(line, statusField)), word(line, txField)
	if status == NotSent {
		if tx := t.open[f.conn]; tx != nil {
			tx.committing = false
		}
		return
	}
	t.ran(f, status == OK, state)
}

// ran follows what a statement that was sent has done to the transaction of its connection, which is in a state afterwards: I
// idle, T in a transaction, E in a failed one, "" closed or not known.
func (t *transactions) ran(f flight, ok bool, state string) {
	tx := t.open[f.conn]
	if tx == nil && f.control == nil && state != "T" && state != "E" {
		return // most statements
	}
	switch before := tx; {
	case f.control != nil:
		t.control(f, ok, state)
	case tx != nil && state == "I":
		t.finish(f.conn, Undecided) // something that no record tells of has ended it
		if ok {
			f.told.is(Undecided)
		}
	case before == nil && f.conn <= 0 && ok:
		f.told.is(Undecided) // nobody knows whose transaction it is
	case ok:
		t.in(f.conn).add(f.told)
	}
	t.stands(f.conn, state)
}

// stands keeps the state of a connection.
func (t *transactions) stands(conn int64, state string) {
	switch state {
	case "I":
		delete(t.open, conn)
	case "T", "E":
		if conn > 0 {
			t.in(conn).failed = state == "E"
		}
	}
}

// in gives the transaction of a connection.
func (t *transactions) in(conn int64) *transaction {
	tx := t.open[conn]
	if tx == nil {
		tx = &transaction{}
		t.open[conn] = tx
	}
	return tx
}

// control follows a statement that controls transactions.
func (t *transactions) control(f flight, ok bool, state string) {
	c, tx := f.control, t.open[f.conn]
	if tx != nil {
		tx.committing = false
	}
	if c.script {
		t.script(f, ok, state)
		return
	}
	switch c.command {
	case "COMMIT", "PREPARE TRANSACTION":
		switch {
		case tx == nil:
		case ok && tx.failed, !ok && state == "I":
			t.finish(f.conn, RolledBack)
		case ok && c.command == "COMMIT":
			t.finish(f.conn, OK)
		case ok, state == "":
			t.finish(f.conn, Undecided)
		}
	case "ROLLBACK":
		switch {
		case tx == nil:
		case c.savepoint != "" && ok:
			tx.undo(c.savepoint)
		case c.savepoint == "" && (ok || state == "I"):
			t.finish(f.conn, RolledBack)
		}
	case "SAVEPOINT":
		if ok && tx != nil {
			tx.savepoints = append(tx.savepoints, savepoint{c.savepoint, len(tx.pending)})
		}
	case "RELEASE":
		if ok && tx != nil {
			tx.release(c.savepoint)
		}
	}
}

// script follows a text of several statements some of which control transactions. In which order they do is not in the record,
// so that what could have gone either way is told as such.
func (t *transactions) script(f flight, ok bool, state string) {
	c := f.control
	commits, undoes, prepares := c.has("COMMIT"), c.has("ROLLBACK"), c.has("PREPARE TRANSACTION")
	if tx := t.open[f.conn]; tx != nil && (commits || undoes || prepares) {
		switch {
		case c.savepoint != "" && !commits && !prepares && state == "T":
			tx.undo("")
		case ok && commits && !undoes && !prepares && !tx.failed:
			t.finish(f.conn, OK)
		case ok && undoes && !commits && !prepares && c.savepoint == "":
			t.finish(f.conn, RolledBack)
		default:
			t.finish(f.conn, Undecided)
		}
	}
	switch {
	case f.told == nil:
	case !ok && commits:
		f.told.is(Partly)
	case !ok:
	case prepares:
		f.told.is(Undecided)
	case undoes:
		f.told.is(Partly)
	case f.conn <= 0 && state != "I":
		f.told.is(Undecided)
	case state == "T", state == "E", t.open[f.conn] != nil:
		f.told.part = commits
		t.in(f.conn).add(f.told)
	}
}

// add takes in what ran well.
func (tx *transaction) add(s *told) {
	if s != nil && s.fate == "" {
		s.pending = true
		tx.pending = append(tx.pending, s)
	}
}

// undo takes back what ran since a savepoint. Where that one is not known, or not the only one of its name, what may have been
// undone is in doubt.
func (tx *transaction) undo(name string) {
	of := func(s savepoint) bool { return s.name == name }
	first := slices.IndexFunc(tx.savepoints, of)
	if first < 0 || name == "" {
		doubtful(tx.pending)
		return
	}
	last := first
	for i := range tx.savepoints {
		if of(tx.savepoints[i]) {
			last = i
		}
	}
	at := tx.savepoints[last].at
	doubtful(tx.pending[tx.savepoints[first].at:at])
	for _, s := range tx.pending[at:] {
		s.is(RolledBack)
	}
	tx.pending, tx.savepoints = tx.pending[:at], tx.savepoints[:last+1]
}

func doubtful(list []*told) {
	for _, s := range list {
		s.doubt = true
	}
}

func (tx *transaction) release(name string) {
	for i := len(tx.savepoints) - 1; i >= 0; i-- {
		if tx.savepoints[i].name == name {
			tx.savepoints = tx.savepoints[:i]
			return
		}
	}
}

// is decides what became of what ran well; OK = it took effect.
func (s *told) is(fate Status) {
	if s == nil {
		return
	}
	switch {
	case fate == OK && s.doubt, fate == RolledBack && s.part:
		fate = Partly
	case fate == OK:
		fate = ""
	}
	s.fate, s.pending = fate, false
}

func decide(list []*told, fate Status) {
	for _, s := range list {
		s.is(fate)
	}
}

// finish ends the transaction of a connection.
func (t *transactions) finish(conn int64, fate Status) {
	if tx := t.open[conn]; tx != nil {
		decide(tx.pending, fate)
		delete(t.open, conn)
	}
}

// gone ends what a connection had open when it was closed.
func (t *transactions) gone(conn, process, group int64) {
	tx := t.open[conn]
	if tx == nil {
		return
	}
	delete(t.open, conn)
	if tx.committing {
		decide(tx.pending, Undecided)
	} else if len(tx.pending) > 0 {
		t.closed = append(t.closed, closedTransaction{process: process, group: group, pending: tx.pending})
	}
}

// settle ends what closed connections of a process had open, once no gap record that speaks of it can come any more.
func (t *transactions) settle(process int64, h *header) {
	kept := t.closed[:0]
	for _, c := range t.closed {
		switch {
		case c.process != process || c.group == h.group && h.event != Stop:
		case c.later || h.event == Stop:
			decide(c.pending, RolledBack)
			continue
		default:
			c.group, c.later = h.group, true
		}
		kept = append(kept, c)
	}
	clear(t.closed[len(kept):])
	t.closed = kept
}

// start is where a process begins to write. If one writes at a time, nothing of those before it is open any more.
func (t *transactions) start() {
	if !t.alone {
		return
	}
	for _, f := range t.flights {
		if f.told != nil {
			f.told.flying = false
		}
	}
	clear(t.flights)
	t.rest(RolledBack)
}

// doubt is where the log says that something was sent unrecorded: it may have been the end of whatever is open.
func (t *transactions) doubt() { t.rest(Undecided) }

// end is that of the log.
func (t *transactions) end() {
	for _, c := range t.closed {
		decide(c.pending, RolledBack)
	}
	t.closed = nil
	t.rest(Undecided)
}

// rest decides on all that is open; of what was about to be committed nobody knows.
func (t *transactions) rest(fate Status) {
	for _, c := range t.closed {
		decide(c.pending, fate)
	}
	t.closed = nil
	for conn, tx := range t.open {
		if tx.committing {
			t.finish(conn, Undecided)
		} else {
			t.finish(conn, fate)
		}
	}
}

// control is a statement that controls transactions.
type control struct {
	command   string
	savepoint string   // its name, of a ROLLBACK to one too; "" = there is none
	script    bool     // one of several statements of a text
	commands  []string // of a script
}

// has reports whether a script has a command.
func (c *control) has(command string) bool { return slices.Contains(c.commands, command) }

// ends reports whether it can commit.
func (c *control) ends() bool {
	return c != nil && (c.command == "COMMIT" || c.command == "PREPARE TRANSACTION" || c.script)
}

// controls are the commands that control transactions.
var controls = []string{"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PREPARE TRANSACTION"}

var (
	processField = []byte(`"process":`)
	connField    = []byte(`"conn":`)
	commandField = []byte(`"command":"`)
	scriptField  = []byte(`"commands":[`)
	statusField  = []byte(`"status":"`)
	txField      = []byte(`"tx":"`)
)

// controlOf says how an intent controls transactions; nil = it does not. Most lines need no decoding for that.
func controlOf(line []byte) (*control, error) {
	command := word(line, commandField)
	script := command == "" && bytes.Contains(line, scriptField) // a record has one of the two
	switch command {
	case "ROLLBACK", "SAVEPOINT", "RELEASE":
	case "":
		if !script {
			return nil, nil
		}
	default:
		if slices.Contains(controls, command) {
			return &control{command: command}, nil
		}
		return nil, nil
	}
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, err
	}
	c := &control{command: e.Command, script: script, commands: e.Commands}
	if script && !slices.ContainsFunc(e.Commands, func(s string) bool { return slices.Contains(controls, s) }) {
		return nil, nil
	}
	for _, o := range e.Objects {
		switch command, name := cutCommand(o); {
		case script && command != "ROLLBACK":
		case command == "SAVEPOINT", command == "RELEASE", command == "ROLLBACK":
			c.savepoint = name
		}
	}
	return c, nil
}

// number reads a number of a line; 0 = the field is not there. Inside a string a quote has a backslash before it, so that no
// text of anybody looks like a field.
func number(line, field []byte) int64 {
	_, rest, ok := bytes.Cut(line[:min(len(line), numbersEnd)], field)
	if !ok {
		return 0
	}
	end := max(0, bytes.IndexAny(rest, ",}"))
	n, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// numbersEnd is behind the numbers of a line, which stand at its beginning.
const numbersEnd = 256

// word reads a text of a line that holds no escape; "" = the field is not there.
func word(line, field []byte) string {
	_, rest, ok := bytes.Cut(line, field)
	if !ok {
		return ""
	}
	text, _, _ := bytes.Cut(rest, quote)
	return known(text)
}

var quote = []byte(`"`)

// known gives a text without making it anew where it is one of the usual ones.
func known(text []byte) string {
	switch string(text) {
	case "SELECT":
		return "SELECT"
	case "INSERT":
		return "INSERT"
	case "UPDATE":
		return "UPDATE"
	case "ok":
		return "ok"
	case "I":
		return "I"
	case "T":
		return "T"
	}
	return string(text)
}
