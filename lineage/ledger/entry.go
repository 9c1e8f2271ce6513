package ledger

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/lineage"
)

// Event is what a record of the log speaks of.
type Event string

// The events of a log.
const (
	Start     Event = "start"    // a process began to write
	Stop      Event = "stop"     // it ended in order
	Intent    Event = "intent"   // a statement, or the end of a transaction, is about to be sent
	Outcome   Event = "outcome"  // what became of an intent
	Denied    Event = "denied"   // a statement was refused
	Connect   Event = "connect"  // a connection to the server is about to be opened
	Begin     Event = "begin"    // a transaction began
	Rollback  Event = "rollback" // a transaction was rolled back
	Reset     Event = "reset"    // a connection could not be given to its next user
	Close     Event = "close"    // a connection was closed
	Gap       Event = "gap"      // statements were sent, or refused, that are not in the log
	PolicySet Event = "policy"   // another policy is in force
	KeyGone   Event = "key_gone" // a key of the log was destroyed
)

// Status is how an intent ended.
type Status string

// The ends of an intent. One without an outcome has none of them: nobody knows.
const (
	OK      Status = "ok"
	Failed  Status = "failed"   // the server or the connection reported an error
	NotSent Status = "not_sent" // it was refused after its intent, or could not be sent
)

// What became of a statement that ended well inside a transaction stands behind it in the log: see [Story.Fate].
const (
	RolledBack Status = "rolled_back" // what it changed was undone; what it read was read
	Undecided  Status = "open"        // the log does not say how its transaction ended
	Partly     Status = "partly"      // a part of it took effect at most
)

// Entry is one record of a log, decoded. A field that is zero is not in the record.
type Entry struct {
	Version int       `json:"v"`
	Index   int64     `json:"index"`
	Group   int64     `json:"group"` // the index of the first record that became durable with it
	Time    time.Time `json:"time"`  // when it was written; never before the record before it

	body
}

// body is what of a record does not depend on its place. The order of the fields is the order in the line.
type body struct {
	Event  Event  `json:"event"`
	Intent *int64 `json:"intent,omitempty"` // of an outcome: the index of its intent

	Process int64 `json:"process,omitempty"` // the index of the start record of the process that wrote it
	Conn    int64 `json:"conn,omitempty"`    // the index of the connection's connect record

	Service string `json:"service,omitempty"` // of a start
	Host    string `json:"host,omitempty"`    // of a start: the process's
	PID     int    `json:"pid,omitempty"`     // of a start: the process's
	Cut     int64  `json:"cut,omitempty"`     // of a start: bytes of an unfinished group that a crash had left

	Server  string `json:"server,omitempty"` // postgres://host:port/database
	Role    string `json:"role,omitempty"`   // the database role that is logged in
	Backend uint32 `json:"backend,omitempty"`
	Profile string `json:"profile,omitempty"`
	Policy  string `json:"policy,omitempty"` // SHA-256 of the policy in force, "" = the built-in rules

	Who     *Who    `json:"who,omitempty"` // nil = anonymous
	Sealed  *Sealed `json:"sealed,omitempty"`
	Job     *Job    `json:"job,omitempty"`
	Purpose string  `json:"purpose,omitempty"`
	Trace   string  `json:"trace,omitempty"` // correlation, not evidence
	Span    string  `json:"span,omitempty"`
	Command string  `json:"command,omitempty"`
	// Commands are those of a text of several statements, each once; Command is empty there.
	Commands []string `json:"commands,omitempty"`
	Class    string   `json:"class,omitempty"`
	Print    string   `json:"fingerprint,omitempty"`
	Period   string   `json:"period,omitempty"` // whose key made the digests
	Digest   string   `json:"digest,omitempty"` // keyed, of the exact text
	Text     string   `json:"text,omitempty"`   // without literals
	Args     []string `json:"args,omitempty"`   // type:keyed digest

	// Names are quoted as in SQL unless they are plain, so that a dot outside quotes separates.
	Reads      []string `json:"reads,omitempty"`   // relations
	Writes     []string `json:"writes,omitempty"`  // relations
	Objects    []string `json:"objects,omitempty"` // what commands beside reading and writing rows act on: DROP TABLE public.t
	Columns    []string `json:"columns,omitempty"` // read or written, schema.table.column
	Flow       []string `json:"flow,omitempty"`    // target<-source, of what is written
	Unresolved bool     `json:"unresolved,omitempty"`
	CutLists   []string `json:"cut_lists,omitempty"` // of columns and flow, those that had more entries than stand here

	Decision  string   `json:"decision,omitempty"`
	Would     string   `json:"would,omitempty"` // what standard would have said, in observe
	Rule      string   `json:"rule,omitempty"`  // the deciding one
	Rules     []string `json:"rules,omitempty"` // all that hit
	Reason    string   `json:"reason,omitempty"`
	Approval  string   `json:"approval,omitempty"`
	Approvers []string `json:"approvers,omitempty"`

	Status   Status   `json:"status,omitempty"`
	Rows     int64    `json:"rows,omitempty"`
	Bytes    int64    `json:"bytes,omitempty"`
	SQLState string   `json:"sqlstate,omitempty"`
	Error    string   `json:"error,omitempty"` // its type
	Tx       string   `json:"tx,omitempty"`    // of the connection afterwards: I idle, T in a transaction, E failed
	Took     int64    `json:"took,omitempty"`  // nanoseconds
	Masked   []string `json:"masked,omitempty"`
	Cleared  []string `json:"cleared,omitempty"` // sensitive columns that were shown
	Cells    int64    `json:"cells,omitempty"`   // how many cells of them

	Count int64      `json:"count,omitempty"` // of a gap
	First *time.Time `json:"first,omitempty"` // of a gap
	Last  *time.Time `json:"last,omitempty"`  // of a gap
	Key   string     `json:"key,omitempty"`   // of a key that is gone
}

// Who is a caller.
type Who struct {
	Kind     string   `json:"kind"`
	Subject  string   `json:"subject"`
	Issuer   string   `json:"issuer,omitempty"`
	Actors   []string `json:"actors,omitempty"` // who acts now first
	Roles    []string `json:"roles,omitempty"`
	Verified bool     `json:"verified,omitempty"`
	Token    string   `json:"token,omitempty"`
	Key      string   `json:"key,omitempty"` // that signed the token
}

// Sealed is a caller that can be forgotten: its content is encrypted with keys outside the log.
type Sealed struct {
	Period  string `json:"period"`
	Subject string `json:"subject"` // the id of the subject's key
	Box     string `json:"box"`
}

// Job is the pipeline run that a statement feeds.
type Job struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	Run       string `json:"run,omitempty"`
	Model     string `json:"model,omitempty"`
}

// bodyOf is what is known when a statement is about to be sent, or was refused.
func bodyOf(r *lineage.Record, span trace.SpanContext) *body {
	b := &body{
		Event: Intent, Conn: r.Connection, Server: serverOf(r), Role: r.Role, Backend: r.Backend, Profile: r.Profile,
		Policy: r.Policy, Who: whoOf(r), Purpose: r.Purpose, Command: r.Command,
		Decision: string(r.Decision), Would: string(r.Would),
	}
	if !r.Job.IsZero() {
		b.Job = &Job{Namespace: r.Job.Namespace, Name: r.Job.Name, Run: r.Job.RunID, Model: r.Job.Model}
	}
	if span.IsValid() {
		b.Trace, b.Span = span.TraceID().String(), span.SpanID().String()
	}
	b.judged(r.Reasons)
	b.facts(r)
	for i, name := range r.Arguments {
		if i < len(r.Digests.Arguments) {
			name += ":" + r.Digests.Arguments[i]
		}
		b.Args = append(b.Args, name)
	}
	b.Digest, b.Period = r.Digests.Text, r.Digests.Key
	return b
}

// serverOf names the server as OpenLineage does. A socket's directory stands for this host.
func serverOf(r *lineage.Record) string {
	host := r.Host
	switch {
	case host == "":
		return ""
	case strings.HasPrefix(host, "/"), strings.HasPrefix(host, "@"):
		host = "localhost"
	}
	return "postgres://" + net.JoinHostPort(host, strconv.Itoa(int(r.Port))) + "/" + r.Database
}

func whoOf(r *lineage.Record) *Who {
	c := r.Caller
	if c.IsAnonymous() && c.Actor() == "" {
		return nil
	}
	return &Who{
		Kind: string(c.Kind()), Subject: c.Subject(), Issuer: c.Issuer(), Actors: c.Actors(), Roles: c.Roles(),
		Verified: c.Verified(r.Start), Token: c.TokenID(), Key: c.KeyID(),
	}
}

func (b *body) judged(reasons []lineage.Reason) {
	for i := range reasons {
		if i == 0 {
			b.Rule, b.Reason = reasons[0].Rule, reasons[0].Message
		}
		if !slices.Contains(b.Rules, reasons[i].Rule) {
			b.Rules = append(b.Rules, reasons[i].Rule)
		}
	}
	if len(b.Rules) == 1 {
		b.Rules = nil
	}
}

// outcomeOf is what became of an intent.
func outcomeOf(r *lineage.Record) *body {
	b := &body{
		Event: Outcome, Intent: &r.Index, Status: OK, Rows: r.Rows, Bytes: r.Bytes, SQLState: r.SQLState, Error: r.ErrorType,
		Took: r.End.Sub(r.Start).Nanoseconds(), Cells: r.ClearedCells, Approval: r.Approval, Approvers: r.Approvers,
		Masked: masks(r.Masked), Cleared: masks(r.Cleared),
	}
	if r.TxStatus != 0 {
		b.Tx = string(rune(r.TxStatus))
	}
	switch {
	case !r.Sent:
		b.Status = NotSent
	case r.ErrorType != "":
		b.Status = Failed
	}
	return b
}

// masks names columns: output:schema.table.column:class:treatment.
func masks(list []lineage.ColumnMask) []string {
	var out []string
	for i := range list {
		m := &list[i]
		out = append(out, m.Output+":"+m.Column.String()+":"+m.Class+":"+m.Treatment)
	}
	return out
}
