package driver

import (
	"sync"
	"time"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// budgets are what the callers of one connector have read lately. They are of this process: several processes have a
// budget each.
type budgets struct {
	now func() time.Time

	mu      sync.Mutex
	windows map[budgetKey]*window
}

// budgetKey is whose budget it is: agents spend that of the one on whose behalf they act, whose names they cannot choose.
// The anonymous callers of one role share theirs.
type budgetKey struct {
	issuer, subject, role string
	per                   time.Duration
}

const (
	// maxWindows bounds the memory. Callers beyond it share one budget: names that nobody vouches for could be made up
	// without end.
	maxWindows = 10000
	// slots is in how many parts a window slides.
	slots = 60
)

func newBudgets() *budgets {
	return &budgets{now: time.Now, windows: map[budgetKey]*window{}}
}

// window counts what was read in the last while.
type window struct {
	mu    sync.Mutex
	slot  time.Duration
	last  int64 // the number of the newest slot
	rows  [slots]int64
	bytes [slots]int64
}

// account is the budget of a caller, and the window that it is held against.
type account struct {
	budget guard.Budget
	window *window
	now    func() time.Time
}

// of gives the account of a caller; nil where its verdict sets no budget.
func (b *budgets) of(caller lineage.Caller, role string, budget guard.Budget) *account {
	if budget.Per <= 0 || budget.Rows <= 0 && budget.Bytes <= 0 {
		return nil
	}
	key := budgetKey{issuer: caller.Issuer(), subject: caller.Subject(), per: budget.Per}
	if key.subject == "" {
		key.role = role
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.windows[key]
	if w == nil && len(b.windows) >= maxWindows {
		b.sweep()
		if len(b.windows) >= maxWindows {
			key = budgetKey{issuer: "beyond what is counted one by one", per: budget.Per}
			w = b.windows[key]
		}
	}
	if w == nil {
		w = &window{slot: max(budget.Per/slots, 1)}
		b.windows[key] = w
	}
	return &account{budget: budget, window: w, now: b.now}
}

// sweep forgets who has read nothing for as long as their window is.
func (b *budgets) sweep() {
	now := b.now()
	for key, w := range b.windows {
		if rows, bytes := w.add(now, 0, 0); rows == 0 && bytes == 0 {
			delete(b.windows, key)
		}
	}
}

// add counts what is read now and gives the sums of the window.
func (w *window) add(now time.Time, rows, bytes int64) (allRows, allBytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slot := now.UnixNano() / int64(w.slot)
	if w.last == 0 || slot-w.last >= slots {
		w.rows, w.bytes = [slots]int64{}, [slots]int64{}
		w.last = slot
	}
	for ; w.last < slot; w.last++ {
		next := (w.last + 1) % slots
		w.rows[next], w.bytes[next] = 0, 0
	}
	at := w.last % slots // a clock that goes back counts into the newest slot
	w.rows[at], w.bytes[at] = w.rows[at]+rows, w.bytes[at]+bytes
	for i := range slots {
		allRows, allBytes = allRows+w.rows[i], allBytes+w.bytes[i]
	}
	return allRows, allBytes
}

// spend counts what is handed out. It gives the limit that this passes; what passes it is not handed out and not counted.
func (a *account) spend(rows, bytes int64) *guard.LimitError {
	allRows, allBytes := a.window.add(a.now(), rows, bytes)
	e := a.over(allRows, allBytes)
	if e != nil {
		a.window.add(a.now(), -rows, -bytes)
	}
	return e
}

func (a *account) over(rows, bytes int64) *guard.LimitError {
	switch b := a.budget; {
	case b.Rows > 0 && rows > b.Rows:
		return &guard.LimitError{Rule: ruleBudget, Limit: "budget_rows", Max: float64(b.Rows), Actual: float64(rows)}
	case b.Bytes > 0 && bytes > b.Bytes:
		return &guard.LimitError{Rule: ruleBudget, Limit: "budget_bytes", Max: float64(b.Bytes), Actual: float64(bytes)}
	}
	return nil
}

// used refuses a statement of a caller that has nothing left: at least one row would have to fit.
func (a *account) used() *guard.LimitError {
	rows, bytes := a.window.add(a.now(), 0, 0)
	return a.over(rows+1, bytes+1)
}

// afford finds the caller's account, and refuses a statement that returns rows where nothing is left.
func (p *passage) afford() error {
	if p.limits == nil || p.s.observing() || !p.returns() {
		return nil
	}
	p.account = p.s.g.budgets.of(p.rec.Caller, p.s.where.Session, p.limits.Budget)
	if p.account == nil {
		return nil
	}
	if e := p.account.used(); e != nil {
		p.rec.Decision = lineage.Deny
		return p.stopped(e)
	}
	return nil
}
