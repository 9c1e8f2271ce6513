package guard

import (
	"time"

	"github.com/governedsql/governed/lineage"
)

// CallerClass is all that a built-in rule may know of a caller.
type CallerClass uint8

// The classes of callers. The zero value is the one with the least rights.
const (
	AnonymousCaller CallerClass = iota
	UnverifiedCaller
	VerifiedCaller
)

// ClassOf says of which class a caller is at the given time.
func ClassOf(c lineage.Caller, now time.Time) CallerClass {
	switch {
	case c.Verified(now):
		return VerifiedCaller
	case c.IsAnonymous():
		return AnonymousCaller
	}
	return UnverifiedCaller
}

// Input is what a decision needs beside the statement. The zero value is an anonymous caller outside a transaction on a
// pooled connection, with arguments that nobody knows.
type Input struct {
	Caller CallerClass
	// Who, Job, Purpose and Now are what rules of a policy may ask for. A grant that depends on a time that is not given
	// does not hold.
	Who     lineage.Caller
	Job     lineage.Job
	Purpose string
	Now     time.Time
	// Args gives the value of parameter $n, counted from 1; false = unknown. Nil: none is known, and a condition that
	// depends on one bounds nothing.
	Args func(n int) (value any, ok bool)
	// InTransaction is true inside a transaction that database/sql began.
	InTransaction bool
	// TextTransaction is true inside a transaction that BEGIN as text began.
	TextTransaction bool
	// TempTables reports whether a name is a temporary table of this connection. Nil: only what the catalog calls
	// temporary is.
	TempTables func(lineage.Name) bool
	// Cursor reports whether the driver saw a cursor declared on this connection and knows its columns. Nil: none.
	Cursor func(name string) bool
	// Sensitive reports whether a column is sensitive. Nil: every one may be.
	Sensitive func(lineage.ColumnID) bool
	// Tainted is true for a run that has read what datasets call untrusted.
	Tainted bool
	// AccessExclusive is true inside a transaction that already holds an ACCESS EXCLUSIVE lock.
	AccessExclusive bool
	// Created reports whether a relation was created by the transaction that is open: nobody else sees it. Nil: none was.
	Created func(lineage.Name) bool
	// DedicatedConnection is true where the connection is closed afterwards and never goes back to a pool.
	DedicatedConnection bool
}

func (in *Input) temporary(n lineage.Name) bool { return in.TempTables != nil && in.TempTables(n) }

// follow is the state after a statement of the same text.
func (in *Input) follow(st *lineage.Statement) {
	for i := range st.Effects {
		switch e := &st.Effects[i]; {
		case e.Inside != 0:
		case e.Command == "BEGIN" || e.Command == "START TRANSACTION":
			in.TextTransaction = !in.InTransaction
		case (e.Command == "COMMIT" || e.Command == "ROLLBACK" && e.Action == "") && !e.Has("CHAIN"):
			in.TextTransaction = false
		}
	}
}
