package driver

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// transaction is what the driver remembers of the transaction that is open on a connection. All of it is forgotten when
// the transaction ends, and most when it is rolled back to a savepoint: what was true before may no longer be.
type transaction struct {
	figures figures // the timeouts that the driver set for it
	// rewind means that a savepoint of the driver's own is open, with nothing after it but reads that take no locks.
	rewind    bool
	affects   int64                 // the least number of rows that one of its statements may write; 0 = no limit was met
	exclusive bool                  // an earlier statement took an ACCESS EXCLUSIVE lock
	created   map[lineage.Name]bool // relations that it made
	cursors   map[string]*cursor
	told      identity // whom the server was told that it works for
	last      identity // whom it was told of last, whatever may have happened to that since
	tells     bool     // it was told of somebody
	roles     bool     // it was given the role of somebody
	codes     []string // see codesOf: triggers of what it has written may run at its end
}

// keeps is what stays true after a rollback to a savepoint: a lock may still be held, and of the settings any may be back.
func (t *transaction) keeps() transaction {
	return transaction{exclusive: t.exclusive, last: t.last, tells: t.tells, roles: t.roles, codes: t.codes}
}

// follow brings the transaction up to date after a text has run; worked means that the server did all of it.
func (t *transaction) follow(p *passage, status byte, worked bool) {
	switch status {
	case 'T':
	case 'E':
		*t = t.keeps()
		return
	default:
		*t = transaction{}
		return
	}
	if p == nil || p.a == nil {
		return
	}
	for _, st := range p.a.statements {
		for _, code := range codesOf(st) {
			if !slices.Contains(t.codes, code) {
				t.codes = append(t.codes, code)
			}
		}
		t.exclusive = t.exclusive || worked && guard.TakesAccessExclusive(st) && t.locksOthers(st)
		for i := range st.Effects {
			t.forget(&st.Effects[i])
			if worked {
				t.note(&st.Effects[i])
			}
		}
		if len(st.Settings) > 0 {
			t.figures, t.told = figures{}, identity{}
		}
	}
	if p.a.err != nil {
		t.told = identity{}
	}
	if p.a.effects.opaque || runsBodies(p.a.statements) {
		// A function may have set a timeout, or closed a cursor and opened another under its name.
		t.figures, t.cursors, t.told = figures{}, nil, identity{}
	}
	if p.a.effects.unseen || p.a.effects.writes && p.s.g.cascading.maybe() {
		t.told = identity{} // so may a trigger, or a default
	}
	if worked {
		t.declare(p)
	}
}

// forget drops what may no longer be true once a command was sent, whatever came of it.
func (t *transaction) forget(e *lineage.Effect) {
	switch {
	case e.Command == "COMMIT" || e.Command == "ROLLBACK" && e.Action == "":
		*t = transaction{} // and another one begins: AND CHAIN, or BEGIN in the same text
	case e.Command == "ROLLBACK":
		*t = t.keeps()
	case e.Command == "RELEASE":
		t.rewind = false
	case e.Command == "CLOSE CURSOR":
		delete(t.cursors, truncateName(e.Object.Name))
	case e.Command == "CLOSE CURSOR ALL":
		t.cursors = nil
	case strings.HasPrefix(e.Command, "DROP "):
		delete(t.created, e.Object)
		if e.Has("CASCADE") || e.Command == "DROP SCHEMA" || e.Command == "DROP OWNED" {
			t.created = nil
		}
	case strings.HasPrefix(e.Action, "RENAME") || e.Action == "SET SCHEMA":
		t.created = nil
	}
}

// locksOthers reports whether what a statement locks is there for anybody else.
func (t *transaction) locksOthers(st *lineage.Statement) bool {
	return slices.ContainsFunc(st.Effects, func(e lineage.Effect) bool {
		return e.Lock == lineage.AccessExclusive && !t.created[e.Object]
	})
}

// creations are the commands that make a relation.
var creations = map[string]bool{
	"CREATE TABLE": true, "CREATE TABLE AS": true, "SELECT INTO": true, "CREATE VIEW": true, "CREATE MATERIALIZED VIEW": true,
	"CREATE SEQUENCE": true,
}

// note remembers what a command of the transaction itself has done.
func (t *transaction) note(e *lineage.Effect) {
	const notRun = lineage.InExplain | lineage.InPrepare | lineage.InDefinition
	if e.Inside&notRun != 0 {
		return
	}
	// In a body the command may stand in a branch that was not taken, and what was there before was not made.
	if e.Inside&(lineage.InFunction|lineage.InDo|lineage.InTrigger) != 0 || !creations[e.Command] || e.Relation != nil ||
		e.Object.Schema == "" || e.Has("IF NOT EXISTS") || e.Has("OR REPLACE") {
		return
	}
	if t.created == nil {
		t.created = map[lineage.Name]bool{}
	}
	t.created[e.Object] = true
}

// release ends the savepoint of the reads so far: what comes now is not to be undone with them.
func (t *transaction) release() preamble {
	return preamble{text: releaseText, done: func() { t.rewind = false }}
}

// tell adds to what the guard has to know.
func (t *transaction) tell(in *guard.Input) {
	in.AccessExclusive = t.exclusive
	if len(t.created) > 0 {
		in.Created = t.made
	}
}

func (t *transaction) made(n lineage.Name) bool { return t.created[n] }

// runsBodies reports whether a statement runs code in which anything of the session may change: a DO block, a procedure,
// or a volatile function that is not the server's own.
func runsBodies(list []*lineage.Statement) bool {
	for _, st := range list {
		for i := range st.Effects {
			if e := &st.Effects[i]; e.Command == "DO" || e.Command == "CALL" {
				return true
			}
		}
		for i := range st.Functions {
			if volatile(&st.Functions[i], false) {
				return true
			}
		}
	}
	return false
}

// harmless are functions of the server that are volatile and change nothing that a rollback would have to undo.
var harmless = map[string]bool{
	"random": true, "random_normal": true, "gen_random_uuid": true, "uuidv4": true, "uuidv7": true, "clock_timestamp": true,
	"timeofday": true, "nextval": true, "currval": true, "lastval": true,
}

// volatile reports whether a call may change something; own says whether the server's own functions count.
func volatile(f *lineage.FunctionUse, own bool) bool {
	if len(f.Candidates) == 0 {
		return f.Name.Schema != "pg_catalog" || own
	}
	for _, c := range f.Candidates {
		if c.Volatility == 'v' && (c.Schema != "pg_catalog" || own && !harmless[c.Name.Name]) {
			return true
		}
	}
	return false
}

// bare reports whether a statement is sent as it is also inside a transaction: what controls transactions, and SET
// TRANSACTION, which has to come before the first query.
func bare(st *lineage.Statement) bool {
	verb, _, _ := strings.Cut(st.Command, " ")
	return verb == "SET" && st.Command != "SET CONSTRAINTS" || verb == "RESET" || verb == "SHOW" || standsAlone(st)
}

// standsAlone reports whether a statement must not find itself in a transaction that the driver began for it, nor behind
// another statement: the server refuses it there, or it would mean something else.
func standsAlone(st *lineage.Statement) bool {
	if st.NoTransaction {
		return true
	}
	for i := range st.Effects {
		if controls[st.Effects[i].Command] {
			return true
		}
	}
	return false
}

// controls are the commands that control transactions; a procedure may hold them too.
var controls = map[string]bool{
	"BEGIN": true, "START TRANSACTION": true, "COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "RELEASE": true,
	"PREPARE TRANSACTION": true, "COMMIT PREPARED": true, "ROLLBACK PREPARED": true,
}
