package guard

import (
	"errors"
	"fmt"
	"time"
)

// Limits bound what a statement may do while it runs. A zero in any field means that it has no limit.
type Limits struct {
	// AffectedRows bounds the rows that one statement inserts, updates and deletes. It is counted after the statement
	// has run, which is then undone.
	AffectedRows int64
	// Rows and Bytes bound what one statement returns; bytes are those of the column values as they are sent.
	Rows  int64
	Bytes int64
	// StatementTimeout and LockTimeout are those of PostgreSQL, to the millisecond.
	StatementTimeout time.Duration
	LockTimeout      time.Duration
	// IdleTimeout is idle_in_transaction_session_timeout.
	IdleTimeout time.Duration
	// Cost bounds the planner's estimate, the total cost that EXPLAIN prints.
	Cost float64
	// Budget bounds what a caller reads over time, in this process.
	Budget Budget
}

// Budget is a rolling budget of one caller.
type Budget struct {
	Rows, Bytes int64         // 0 = no limit
	Per         time.Duration // the window; 0 = there is no budget
}

// IsZero reports whether nothing is limited.
func (l Limits) IsZero() bool { return l == Limits{} }

// Tightest gives the lower of each limit of two verdicts; nil = there is none.
func Tightest(a, b *Limits) *Limits {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	l := a.tighter(*b)
	return &l
}

// tighter gives the lower of each limit.
func (l Limits) tighter(o Limits) Limits {
	l.AffectedRows = lower(l.AffectedRows, o.AffectedRows)
	l.Rows, l.Bytes = lower(l.Rows, o.Rows), lower(l.Bytes, o.Bytes)
	l.StatementTimeout = lower(l.StatementTimeout, o.StatementTimeout)
	l.LockTimeout, l.IdleTimeout = lower(l.LockTimeout, o.LockTimeout), lower(l.IdleTimeout, o.IdleTimeout)
	l.Cost = lower(l.Cost, o.Cost)
	l.Budget = l.Budget.tighter(o.Budget)
	return l
}

// tighter keeps the longer window: the lower budget over the longer time is the tighter one.
func (b Budget) tighter(o Budget) Budget {
	switch {
	case b.Per == 0:
		return o
	case o.Per == 0:
		return b
	}
	return Budget{Rows: lower(b.Rows, o.Rows), Bytes: lower(b.Bytes, o.Bytes), Per: max(b.Per, o.Per)}
}

func lower[T int64 | float64 | time.Duration](a, b T) T {
	switch {
	case a <= 0:
		return b
	case b <= 0:
		return a
	}
	return min(a, b)
}

// ErrLimit is what every [*LimitError] is.
var ErrLimit = errors.New("governed: limit exceeded")

// LimitError says that a statement reached a limit while it ran, or would have. Nothing that it changed was kept.
type LimitError struct {
	Rule   string // DM07, RD05, RD16 ...
	Limit  string // affected_rows, rows, bytes, cost, budget_rows, budget_bytes
	Max    float64
	Actual float64 // what was counted when it was stopped; at least one more than Max
}

// Error names the limit, its figure and what was counted.
func (e *LimitError) Error() string {
	return fmt.Sprintf("governed: stopped by %s: %s of %.0f, the limit is %.0f", e.Rule, e.Limit, e.Actual, e.Max)
}

// Is makes errors.Is(err, ErrLimit) true.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// ErrorType is the error.type of spans and metrics.
func (e *LimitError) ErrorType() string { return "governed.limit" }
