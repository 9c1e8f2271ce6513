package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/lineage"
)

// Ledger writes a log. It is a recorder of the driver: an error from Begin refuses the statement. It is used by any number
// of goroutines; a directory is written by one process at a time.
type Ledger struct {
	config  *Config
	queue   *queue
	store   store
	keyring *keyring
	publish *publishing
	process int64 // index of this process's start record

	policies sync.Map // by digest: those that the log knows of from this process
	closed   sync.Once
	err      error // of Close
}

// Open opens a log for writing, or makes it. The process's start record is durable when it returns. Errors are
// [ErrLocked], [ErrNoKey], [ErrRolledBack], a [*TamperError] where the end of the log is not as a log ends, and those of
// the file system.
func Open(c Config) (*Ledger, error) {
	config, err := c.fill()
	if err != nil {
		return nil, err
	}
	l := &Ledger{config: config}
	if l.keyring, err = openKeyring(config.base() + ".keyring"); err != nil {
		return nil, fmt.Errorf("governed: opening the ledger: %w", err)
	}
	cut, err := l.openStore()
	if err != nil {
		return nil, fmt.Errorf("governed: opening the ledger: %w", err)
	}
	if err = l.open(cut); err != nil {
		_ = l.store.close(false)
		return nil, fmt.Errorf("governed: opening the ledger: %w", err)
	}
	return l, nil
}

func (l *Ledger) openStore() (cut int64, err error) {
	if l.config.Database == "" {
		var s *fileStore
		if s, cut, err = openFiles(l.config); err == nil {
			l.store = s
		}
		return cut, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	s, err := openDatabase(ctx, l.config)
	if err == nil {
		l.store = s
	}
	return 0, err
}

func (l *Ledger) open(cut int64) (err error) {
	c := l.config
	published := c.base() + ".checkpoint"
	if err := l.holds(published); err != nil {
		return err
	}
	l.publish = newPublishing(c, published)
	l.queue = newQueue()
	q := l.queue
	q.store, q.now, q.deadline = l.store, c.now, c.Deadline
	q.written = func(g *group) {
		l.publish.written(g)
		c.written()
	}
	q.failed = func(err error) { c.Logger.Error("governed: the ledger cannot be written", "error", err) }
	q.unsent = func(intent int64) []byte {
		return marshal(&body{Event: Outcome, Intent: &intent, Status: NotSent, Process: l.process})
	}
	host, _ := os.Hostname()
	go q.run()
	l.process, err = q.put(context.Background(), &item{body: marshal(&body{
		Event: Start, Service: c.Service, Host: host, PID: os.Getpid(), Cut: cut,
	})})
	if err != nil {
		q.close(context.Background(), nil)
	}
	return err
}

// connectionEvents are those that somebody waits for: what is about to happen stands in the log before it does.
var waited = map[lineage.Event]Event{
	lineage.StatementEvent: Intent, lineage.CommitEvent: Intent, lineage.ConnectEvent: Connect,
}

// noted are those that are written down once they have happened.
var noted = map[lineage.Event]Event{
	lineage.BeginEvent: Begin, lineage.RollbackEvent: Rollback, lineage.CloseEvent: Close, lineage.ResetEvent: Reset,
}

// Begin makes the intent of a statement durable, and its refusal if it was refused. It sets the record's Index.
func (l *Ledger) Begin(ctx context.Context, r *lineage.Record) (context.Context, error) {
	event, ok := waited[r.Event]
	if !ok {
		if _, ok := noted[r.Event]; !ok {
			return ctx, fmt.Errorf("governed: the ledger does not know the event %q", r.Event)
		}
		return ctx, nil
	}
	b := bodyOf(r, trace.SpanContextFromContext(ctx))
	b.Event, b.Process = event, l.process
	if r.Event == lineage.CommitEvent {
		b.Command = "COMMIT"
	}
	if r.Decision == lineage.Deny {
		b.Event = Denied
		ctx = context.WithValue(ctx, refusedKey{}, true)
	}
	open := l.config.FailOpen || r.Profile == observe
	index, err := l.intend(ctx, b, r, open)
	switch {
	case err == nil:
		r.Index = index
		return ctx, nil
	case open && b.Event == Denied:
		return ctx, nil // it is not sent either
	case open:
		l.queue.missed(r.Start)
		return ctx, nil
	}
	return ctx, err
}

// refusedKey marks the context of what was refused before it was begun: its record is complete.
type refusedKey struct{}

// intend makes a record durable.
func (l *Ledger) intend(ctx context.Context, b *body, r *lineage.Record, open bool) (int64, error) {
	if l.config.Seal {
		if err := (sealer{l.keyring}).seal(b, r.Start); err != nil {
			return -1, &UnavailableError{Err: err}
		}
	}
	l.inForce(r.Policy)
	return l.queue.put(ctx, &item{body: marshal(b), open: open, stays: b.Event == Denied})
}

// observe is the profile that refuses nothing, so that what cannot be recorded there is a gap.
const observe = "observe"

// End leaves the outcome to be written. Nobody waits for it: an intent without an outcome says that nobody knows.
func (l *Ledger) End(ctx context.Context, r *lineage.Record) {
	if event, ok := noted[r.Event]; ok {
		l.note(event, r)
		return
	}
	if r.Index < 0 || ctx.Value(refusedKey{}) != nil {
		return
	}
	b := outcomeOf(r)
	b.Process = l.process
	l.queue.post(marshal(b))
}

// note writes down what happened to a connection. A reset that went well is nothing to speak of: it happens at each
// checkout.
func (l *Ledger) note(event Event, r *lineage.Record) {
	if event == Reset && r.ErrorType == "" {
		return
	}
	b := &body{Event: event, Process: l.process, Conn: r.Connection, Backend: r.Backend, Status: OK, Error: r.ErrorType, SQLState: r.SQLState}
	if r.ErrorType != "" {
		b.Status = Failed
	}
	l.queue.post(marshal(b))
}

// inForce writes down each policy when it decides for the first time; every record says which one it was.
func (l *Ledger) inForce(policy string) {
	if _, known := l.policies.Load(policy); known {
		return
	}
	if _, known := l.policies.LoadOrStore(policy, true); !known {
		l.queue.post(marshal(&body{Event: PolicySet, Process: l.process, Policy: policy}))
	}
}

// closeTimeout is how long Close waits unless set otherwise.
const closeTimeout = 10 * time.Second

// Close writes what is left and the process's stop record, publishes the last checkpoint and lets go of the log. An error
// says that the log does not end in order: what was not yet written is lost, and the next Open will say so.
func (l *Ledger) Close() error {
	l.closed.Do(func() { l.err = l.close() })
	return l.err
}

func (l *Ledger) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), l.config.CloseTimeout)
	defer cancel()
	clean := l.queue.close(ctx, marshal(&body{Event: Stop, Process: l.process}))
	if ctx.Err() != nil {
		return &UnavailableError{Err: errSlow} // the writer hangs in the store: it cannot be closed under it
	}
	err := l.store.close(clean)
	l.publish.close(ctx)
	if !clean {
		return errors.Join(&UnavailableError{Err: errors.New("its last records are lost")}, err)
	}
	return err
}

// holds refuses a log that lacks what a checkpoint covers that was published of it.
func (l *Ledger) holds(published string) error {
	signed, err := os.ReadFile(published)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return fmt.Errorf("%s: %w", published, err)
	}
	h, err := l.store.stands()
	switch {
	case err != nil:
		return err
	case c.Size > h.size, c.Size == h.size && c.Root != h.root():
		return fmt.Errorf("%w: %s", ErrRolledBack, published)
	}
	return nil
}
