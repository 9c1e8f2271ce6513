package lineage

import "time"

// Event is what a [Record] speaks of.
type Event string

// The events.
const (
	StatementEvent Event = "statement"
	ConnectEvent   Event = "connect"
	ResetEvent     Event = "reset"
	CloseEvent     Event = "close"
	BeginEvent     Event = "begin"
	CommitEvent    Event = "commit"
	RollbackEvent  Event = "rollback"
)

// Decision is what the guard said.
type Decision string

// The decisions. The zero value is no decision, which nobody may read as permission.
const (
	Allow Decision = "allow"
	Warn  Decision = "warn"
	Hold  Decision = "hold" // needs an approval
	Deny  Decision = "deny"
)

// Reason is one hit of a rule, in plain words.
type Reason struct {
	Rule     string // DM01, TX05, or the id of a policy's rule
	Severity string // B, A, W
	Object   string
	Position int // byte offset in the text, -1 = none
	Message  string
	Safe     string // what to do instead, "" = nothing known
	Applied  bool   // false: recorded only (warned, shadow, observe)
}

// ColumnMask is a column of a result that came back masked.
type ColumnMask struct {
	Ordinal   int // of the output, from 0
	Output    string
	Column    ColumnID // the sensitive source, the first if there are several
	Class     string   // email, phone ...
	Treatment string   // pseudonym, redact ...
}

// Record is the story of one statement, or of one event of a connection, in plain words and numbers. A recorder reads it
// and does not change it. It holds no argument value, no result value and no secret.
type Record struct {
	Event    Event
	Start    time.Time
	End      time.Time // zero in Begin
	Index    int64     // of the ledger's intent; -1 = no ledger
	Database string
	Host     string
	Port     uint16
	Role     string // the database role that is logged in
	Schema   string // the first schema of search_path
	Backend  uint32 // process id of the server process
	// Connection is the Index of the connection's connect record; 0 = no ledger.
	Connection int64
	Profile    string
	// Policy is the SHA-256 of the policy in force, in hex; "" = the built-in rules alone.
	Policy string

	Caller  Caller
	Job     Job
	Purpose string

	// Statement holds the facts; nil for events of a connection, for a text that was not parsed and for one of several
	// statements.
	Statement *Statement
	// Script holds the facts of each statement where one text has several; nil otherwise.
	Script  []*Statement
	Command string
	// Arguments are the types of the arguments, in order.
	Arguments []string
	// Digests are zero where nobody keeps a ledger.
	Digests Digests

	Decision Decision
	Reasons  []Reason // the deciding one first
	Would    Decision // what standard would have said, in observe; "" elsewhere

	Masked []ColumnMask
	// WouldMask are the columns that standard would have masked, in observe.
	WouldMask []ColumnMask
	Cleared   []ColumnMask // sensitive columns that were shown by a grant
	// ClearedCells is how many cells of those columns were read: rows times columns.
	ClearedCells int64

	// Approval is the id of the approval that was used up, and Approvers who gave it; "" = none was needed.
	Approval  string
	Approvers []string

	Sent      bool   // it may have reached the server
	Rows      int64  // returned or affected
	Bytes     int64  // of the values that were read, as the server sent them; 0 where nobody keeps a ledger
	SQLState  string // of the server's error
	ErrorType string // of any error: governed.denied, a SQLSTATE, a type's name
	Error     string // redacted text of the error
	TxStatus  byte   // of the connection afterwards: I idle, T in a transaction, E failed
	// Mismatch says that the server's description of the result and the analysis disagreed.
	Mismatch bool
}

// Digests identify a text and its arguments to whoever holds the key, and to nobody else: values of few bits are found by
// trying where a digest has no key.
type Digests struct {
	Key       string   // which key made them; "" = there are none
	Text      string   // of the exact text, in hex
	Arguments []string // of each argument, in hex
}

// Refused reports whether the guard kept the statement from running.
func (r *Record) Refused() bool { return r.Decision == Deny || r.Decision == Hold }
