package guard

import (
	"context"

	"github.com/governedsql/governed/lineage"
)

// Approver says whether a held statement may run after all. The driver calls it after the intent was recorded.
type Approver interface {
	// Approve gives nil where an approval for exactly this request exists and has been used up by this call, an
	// [*ApprovalRequiredError] where one has to be given first, and any other error where nobody can tell.
	Approve(ctx context.Context, r *Request) error
}

// Request is what an approval is asked for. Arguments come as a digest: no approver sees them in clear.
type Request struct {
	Caller          lineage.Caller
	Job             lineage.Job
	Purpose         string
	Environment     string
	Database        string
	Role            string
	Statement       *lineage.Statement
	ArgumentsDigest string // keyed, in hex, one of each argument; "" = no arguments, or no ledger whose key could be used
	Verdict         Verdict

	// Approval and Approvers are set by Approve where it gives nil: the id of the approval that was used up and who gave it,
	// for the record. "" and nil mean that the approver does not say.
	Approval  string
	Approvers []string
}
