package guard

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// ErrDenied is what every [*DeniedError] is.
var ErrDenied = errors.New("governed: statement denied")

// ErrApprovalRequired is what every [*ApprovalRequiredError] is.
var ErrApprovalRequired = errors.New("governed: approval required")

// DeniedError says why a statement was refused before the server saw it.
type DeniedError struct {
	Rule     string // DM01
	Object   string // public.orders
	Position int    // byte offset in the text, -1 = none
	Reason   string
	Safe     string // what to do instead, "" = nothing known
	Reasons  []lineage.Reason
}

// Denied makes the error of a verdict.
func Denied(v Verdict) *DeniedError {
	if len(v.Reasons) == 0 {
		return &DeniedError{Position: -1, Reason: "no rule allows it"}
	}
	r := v.Reasons[0]
	return &DeniedError{Rule: r.Rule, Object: r.Object, Position: r.Position, Reason: r.Message, Safe: r.Safe, Reasons: v.Reasons}
}

// Error names rule, object, position, reason and the safe alternative.
func (e *DeniedError) Error() string {
	var b strings.Builder
	b.WriteString("governed: denied")
	if e.Rule != "" {
		b.WriteString(" by " + e.Rule)
	}
	if e.Object != "" {
		b.WriteString(" on " + e.Object)
	}
	if e.Position >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Position)
	}
	b.WriteString(": " + e.Reason)
	if e.Safe != "" {
		b.WriteString("; instead: " + e.Safe)
	}
	return b.String()
}

// Is makes errors.Is(err, ErrDenied) true.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// ErrorType is the error.type of spans and metrics.
func (e *DeniedError) ErrorType() string { return "governed.denied" }

// ApprovalRequiredError says that a statement waits for an approval and was not sent.
type ApprovalRequiredError struct {
	ID        string // of the request
	Rule      string
	Reason    string
	URL       string // where to approve, "" = nowhere
	ExpiresAt time.Time
	Approvers []string // who may approve
}

// Error names request, rule, reason and where to go.
func (e *ApprovalRequiredError) Error() string {
	var b strings.Builder
	b.WriteString("governed: approval required")
	if e.Rule != "" {
		b.WriteString(" by " + e.Rule)
	}
	b.WriteString(": " + e.Reason)
	if e.ID != "" {
		b.WriteString("; request " + e.ID)
	}
	if len(e.Approvers) > 0 {
		b.WriteString("; may approve: " + strings.Join(e.Approvers, ", "))
	}
	if e.URL != "" {
		b.WriteString("; " + e.URL)
	}
	if !e.ExpiresAt.IsZero() {
		b.WriteString("; expires " + e.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return b.String()
}

// Is makes errors.Is(err, ErrApprovalRequired) true.
func (e *ApprovalRequiredError) Is(target error) bool { return target == ErrApprovalRequired }

// ErrorType is the error.type of spans and metrics.
func (e *ApprovalRequiredError) ErrorType() string { return "governed.approval_required" }
