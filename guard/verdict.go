package guard

import "github.com/governedsql/governed/lineage"

// Verdict is what a policy says of one statement. The zero value is a denial without a reason.
type Verdict struct {
	// Decision is allow, warn, hold or deny; anything else is deny.
	Decision lineage.Decision
	// Reasons are all hits, the deciding one first.
	Reasons []lineage.Reason
	// Approval says who has to approve a held statement; nil = whoever the approver takes.
	Approval *Approval
	// Columns is what the policy says of single columns; nil = nothing. The same verdict has the same pointer.
	Columns *Columns
	// Limits are the tightest of those that apply; nil = none. The same verdict has the same pointer.
	Limits *Limits
	// Would is what the standard profile says where the profile is observe, "" elsewhere.
	Would lineage.Decision
}

// Allowed reports whether the statement may be sent now.
func (v Verdict) Allowed() bool { return v.Decision == lineage.Allow || v.Decision == lineage.Warn }

// Held reports whether the statement waits for an approval.
func (v Verdict) Held() bool { return v.Decision == lineage.Hold }

// Err gives nil for a statement that may be sent or held, and a [*DeniedError] for any other.
func (v Verdict) Err() error {
	if v.Allowed() || v.Held() {
		return nil
	}
	return Denied(v)
}

// strength orders decisions; what is no decision is the strongest.
func strength(d lineage.Decision) int {
	switch d {
	case lineage.Allow:
		return 0
	case lineage.Warn:
		return 1
	case lineage.Hold:
		return 2
	}
	return 3
}
