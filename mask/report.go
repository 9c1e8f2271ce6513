package mask

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/governedsql/governed/lineage"
)

// Report says which columns of the results that a program reads came masked, and how. It is filled by the driver while a
// result is read, and complete when the rows are closed. It is safe for concurrent use.
type Report struct {
	mu      sync.Mutex
	masked  []lineage.ColumnMask
	cleared []lineage.ColumnMask
}

type reportKey struct{}

// WithReport gives a context under which statements report to it. database/sql hides the driver's rows, so that a context
// is the way to ask:
//
//	ctx, report := mask.WithReport(ctx)
//	rows, err := db.QueryContext(ctx, query)
//	...
//	if report.Masked() != nil { ... }
//
// Statements that run one after the other under the same context replace what the one before said.
func WithReport(ctx context.Context) (context.Context, *Report) {
	r := &Report{}
	return context.WithValue(ctx, reportKey{}, r), r
}

// ReportFrom gives the report of a context; nil where nobody asked.
func ReportFrom(ctx context.Context) *Report {
	r, _ := ctx.Value(reportKey{}).(*Report)
	return r
}

// Set is called by the driver. A nil report takes it and does nothing.
func (r *Report) Set(masked, cleared []lineage.ColumnMask) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.masked, r.cleared = masked, cleared
}

// Masked are the columns of the last result that came masked: which output, what it is made of, its class of data and its
// treatment; [Span] where something was found in the values and the rest of them is as stored. Nil = none.
func (r *Report) Masked() []lineage.ColumnMask {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.masked)
}

// Cleared are the sensitive columns that a grant showed.
func (r *Report) Cleared() []lineage.ColumnMask {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.cleared)
}

type clearKey struct{}

// RequireClear gives a context under which a statement whose result would hold masked values is refused with a
// [*MaskedError] instead: for programs that would do something wrong with them, such as training a model. Values in which
// something is detected only while they are read end the result with the same error, and what the statement has written is
// undone; rows before that one were handed out. Rows that are not read are not looked at, and a CALL that ends transactions
// cannot be undone.
func RequireClear(ctx context.Context) context.Context {
	return context.WithValue(ctx, clearKey{}, true)
}

// ClearRequired reports whether the context refuses masked results.
func ClearRequired(ctx context.Context) bool { return ctx.Value(clearKey{}) != nil }

// ErrMasked is what every [*MaskedError] is.
var ErrMasked = errors.New("governed: the result would hold masked values")

// MaskedError says which columns keep a result from being clear.
type MaskedError struct{ Columns []lineage.ColumnMask }

// Error names the columns.
func (e *MaskedError) Error() string {
	names := make([]string, 0, len(e.Columns))
	for _, c := range e.Columns {
		name := c.Output
		if c.Column != (lineage.ColumnID{}) {
			name = c.Column.String()
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return "governed: clear values are required, and masked would be: " + strings.Join(names, ", ")
}

// Is makes errors.Is(err, ErrMasked) true.
func (e *MaskedError) Is(target error) bool { return target == ErrMasked }

// ErrorType is the error.type of spans.
func (e *MaskedError) ErrorType() string { return "governed.masked" }
