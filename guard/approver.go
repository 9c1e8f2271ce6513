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
	ArgumentsDigest string // keyed, in hex; "" = no arguments
	Verdict         Verdict
}
