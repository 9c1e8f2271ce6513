package ledger

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// item is one record on its way into the log.
type item struct {
	body  []byte
	wait  chan struct{} // closed when it is settled; nil = nobody waits
	open  bool          // what it speaks of is done whether or not it can be written
	stays bool          // it is written also when nobody waits for it any more: it speaks of what has happened
	state itemState
	index int64
	err   error
}

type itemState uint8

const (
	queued itemState = iota
	taken            // the writer has it
	left             // the writer has it, and who waited went away
	settled
)

// lingering is how long records that nobody waits for stay for company: one signature and one write then serve them and
// the next intent. An intent waits for nobody.
const lingering = 5 * time.Millisecond

// maxKept bounds how many refusals are kept for a store that cannot be written; further ones are counted as a gap.
const maxKept = 10_000

// maxGroup bounds how many records become durable at once, so that a backlog does not become one long write.
const maxGroup = 1024

// queue hands records to the one goroutine that writes them.
type queue struct {
	store    store
	now      func() time.Time
	deadline time.Duration
	written  func(g *group)     // a group is durable
	failed   func(error)        // a write failed; it is tried again
	unsent   func(int64) []byte // the body of the outcome of an intent that nobody waited for

	mu      sync.Mutex
	wake    chan struct{} // has room for one
	items   []*item
	waiting int   // how many of them somebody waits for
	broken  error // why the store cannot be written now; nil = it can, as far as is known
	writing bool  // the writer is in the store
	closing bool
	last    []byte // the log's last record, once it is closing
	done    chan struct{}
	gap     gap
}

// gap counts what was sent, or refused, unrecorded.
type gap struct {
	count       int64
	first, last time.Time
}

// UnavailableError says that the ledger could not make a record durable. The statement was not sent.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string {
	return "governed: the ledger cannot be written: " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// ErrorType is the error.type of spans.
func (e *UnavailableError) ErrorType() string { return "governed.audit_unavailable" }

var (
	errClosed = errors.New("it is closed")
	errLong   = errors.New("the record is longer than one may be")
	errSlow   = errors.New("the record was not durable within the deadline")
)

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1), done: make(chan struct{})} }

// put waits until a record is durable and gives its index.
func (q *queue) put(ctx context.Context, it *item) (int64, error) {
	if len(it.body) > maxLine/2 {
		return -1, &UnavailableError{Err: errLong}
	}
	it.wait = make(chan struct{})
	if err := q.add(it); err != nil {
		return -1, err
	}
	timer := time.NewTimer(q.deadline)
	defer timer.Stop()
	select {
	case <-it.wait:
		return it.index, it.err
	case <-ctx.Done():
		return q.leave(it, ctx.Err(), false)
	case <-timer.C:
		return q.leave(it, errSlow, true)
	}
}

// post leaves a record to be written. It is for what has happened: it is kept however long the store cannot be written.
func (q *queue) post(body []byte) {
	_ = q.add(&item{body: body})
}

func (q *queue) add(it *item) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closing:
		return &UnavailableError{Err: errClosed}
	case it.wait != nil && q.broken != nil && it.stays && len(q.items) < maxKept:
		it.state = left
		q.items = append(q.items, it)
		return &UnavailableError{Err: q.broken}
	case it.wait != nil && q.broken != nil:
		if it.stays {
			q.gap.add(q.now())
		}
		return &UnavailableError{Err: q.broken}
	}
	q.items = append(q.items, it)
	if it.wait != nil {
		q.waiting++
	}
	q.poke()
	return nil
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// leave takes an item back. If the writer has it already, it may still become durable: it then gets an outcome that says
// that nothing was sent.
func (q *queue) leave(it *item, why error, slow bool) (int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch it.state {
	case settled:
		return it.index, it.err
	case queued:
		q.waiting--
		if it.stays {
			it.state = left
			break
		}
		for i, other := range q.items {
			if other == it {
				q.items = append(q.items[:i:i], q.items[i+1:]...)
				break
			}
		}
	case taken:
		it.state = left
	}
	if slow && q.writing && q.broken == nil {
		q.broken = why // the next ones need not wait as long to learn the same, until the writer is out again
	}
	return -1, &UnavailableError{Err: why}
}

// run writes groups until the queue is closed and empty.
func (q *queue) run() {
	defer close(q.done)
	for {
		items := q.take()
		if len(items) == 0 || !q.write(items) {
			return
		}
	}
}

// take gives the next group: everything that is there as soon as somebody waits for any of it. The last record comes
// alone, when nothing else is left; after it there is nothing.
func (q *queue) take() []*item {
	var linger <-chan time.Time
	runtime.Gosched() // those whom the last group woke are about to come with their next record: one group for all of them
	for {
		q.mu.Lock()
		n := len(q.items)
		switch {
		case n > 0 && (q.waiting > 0 || q.closing || n >= maxGroup):
			return q.cut()
		case q.closing:
			defer q.mu.Unlock()
			if q.last == nil {
				return nil
			}
			end := &item{body: q.last, state: taken}
			q.last = nil
			return []*item{end}
		}
		q.mu.Unlock()
		if n > 0 && linger == nil {
			timer := time.NewTimer(lingering)
			defer timer.Stop()
			linger = timer.C
		}
		select {
		case <-q.wake:
		case <-linger:
			q.mu.Lock()
			return q.cut()
		}
	}
}

// cut takes the oldest items out. It is called with the lock held and gives it back.
func (q *queue) cut() []*item {
	defer q.mu.Unlock()
	n := min(len(q.items), maxGroup)
	out := make([]*item, n)
	copy(out, q.items)
	q.items = append([]*item(nil), q.items[n:]...)
	for _, it := range out {
		if it.state == left {
			continue
		}
		if it.state = taken; it.wait != nil {
			q.waiting--
		}
	}
	if len(q.items) > 0 {
		q.poke()
	}
	return out
}

// The waits between two tries of a write that failed.
const (
	retryFirst = 20 * time.Millisecond
	retryMost  = time.Second
)

// write makes items durable, however often it takes. Whoever waits learns of the first failure. It reports whether the log
// can go on: it cannot behind a group that was given up.
func (q *queue) write(items []*item) bool {
	g := &group{}
	for _, it := range items {
		g.bodies = append(g.bodies, it.body)
	}
	pause := retryFirst
	q.setWriting(true)
	for {
		err := q.store.append(g, q.now())
		if err == nil {
			break
		}
		if q.fail(items, err) {
			return false
		}
		time.Sleep(pause)
		pause = min(2*pause, retryMost)
	}
	q.settle(items, g)
	q.written(g)
	return true
}

func (q *queue) setWriting(is bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = is
}

// fail tells those who wait, and reports whether to give up: a queue that is closed cannot wait for a better day.
func (q *queue) fail(items []*item, err error) (give bool) {
	q.mu.Lock()
	first := q.broken == nil
	q.broken = err
	for _, it := range items {
		if it.state == taken && it.wait != nil {
			it.state = left
			it.index, it.err = -1, &UnavailableError{Err: err}
			close(it.wait)
		}
	}
	var kept []*item
	for _, it := range q.items { // those that came while it failed
		if it.wait != nil && it.state == queued {
			it.index, it.err = -1, &UnavailableError{Err: err}
			close(it.wait)
			it.state = left
		}
		if it.wait == nil || it.stays {
			kept = append(kept, it)
		}
	}
	q.items, q.waiting = kept, 0
	give = q.closing
	q.mu.Unlock()
	if first {
		q.failed(err)
	}
	return give
}

// settle gives the items their indexes.
func (q *queue) settle(items []*item, g *group) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.broken, q.writing = nil, false
	for i, it := range items {
		index := g.first + int64(i)
		if it.state == left { // whoever waited has its answer
			if !it.open && !it.stays { // otherwise nobody knows what became of it, or there is nothing to know
				q.items = append(q.items, &item{body: q.unsent(index)})
				q.poke()
			}
			continue
		}
		it.index, it.state = index, settled
		if it.wait != nil {
			close(it.wait)
		}
	}
	if q.gap.count > 0 {
		q.items = append(q.items, &item{body: q.gap.body()})
		q.gap = gap{}
		q.poke()
	}
}

// missed counts a statement that was sent without a record.
func (q *queue) missed(at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gap.add(at)
}

func (g *gap) add(at time.Time) {
	if g.count == 0 {
		g.first = at
	}
	g.count++
	g.last = at
}

func (g *gap) body() []byte {
	first, last := g.first.UTC(), g.last.UTC()
	return marshal(&body{Event: Gap, Count: g.count, First: &first, Last: &last})
}

// close takes a last record and waits until all is written, or the context ends. It reports whether all is written.
func (q *queue) close(ctx context.Context, last []byte) bool {
	q.mu.Lock()
	if !q.closing {
		if q.gap.count > 0 {
			q.items = append(q.items, &item{body: q.gap.body()})
			q.gap = gap{}
		}
		q.last, q.closing = last, true
		q.poke()
	}
	q.mu.Unlock()
	select {
	case <-q.done:
	case <-ctx.Done():
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.broken == nil
}
