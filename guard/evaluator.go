package guard

import (
	"context"
	"crypto/sha256"

	"github.com/governedsql/governed/lineage"
)

// The ids of reasons that are not of a rule.
const (
	ruleDefault   = "DEFAULT"
	ruleAllowList = "ALLOW-LIST"
	ruleEvaluator = "EVALUATOR"
)

// Evaluator is a policy engine beside the built-in one: the place for Cedar, CEL or a service. It is asked for every
// statement that is about to be sent, after the built-in decision, and can make it stronger only.
type Evaluator interface {
	// Evaluate gives a verdict. An error denies the statement. The statement and the input are not to be changed.
	Evaluate(ctx context.Context, st *lineage.Statement, in *Input) (Verdict, error)
	// Digest identifies the rules that it goes by; it is part of the policy's own digest.
	Digest() [sha256.Size]byte
}

var _ Evaluator = (*Policy)(nil)

// Evaluate is Decide, so that one policy can be an evaluator of another.
func (p *Policy) Evaluate(ctx context.Context, st *lineage.Statement, in *Input) (Verdict, error) {
	return p.Ask(ctx, st, in, p.Static(st, in.Caller).Decide(in)), nil
}

// Ask has the evaluators say what they make of a statement, and joins that to a verdict. Where there are none, it is the
// verdict itself.
func (p *Policy) Ask(ctx context.Context, st *lineage.Statement, in *Input, v Verdict) Verdict {
	for _, e := range p.evaluators {
		said, err := e.Evaluate(ctx, st, in)
		if err != nil {
			said = Verdict{Decision: lineage.Deny, Reasons: []lineage.Reason{{
				Rule: ruleEvaluator, Severity: "P", Position: -1, Message: "an evaluator of the policy failed", Applied: true,
			}}}
		}
		v = p.join(v, said)
	}
	return v
}

func (p *Policy) join(v, said Verdict) Verdict {
	reasons := said.Reasons
	if p.profile == Observe {
		reasons = make([]lineage.Reason, len(said.Reasons))
		for i, r := range said.Reasons {
			r.Applied = false
			reasons[i] = r
		}
		if strength(said.Decision) > strength(v.Would) {
			v.Would, v.Decision = said.Decision, lineage.Warn
			v.Reasons = append(reasons[:len(reasons):len(reasons)], v.Reasons...)
			return v
		}
		v.Reasons = append(v.Reasons[:len(v.Reasons):len(v.Reasons)], reasons...)
		return v
	}
	if v.Decision == lineage.Hold && said.Decision == lineage.Hold {
		v.Approval = join(v.Approval, said.Approval)
	}
	if strength(said.Decision) > strength(v.Decision) {
		v.Decision, v.Approval = said.Decision, said.Approval
		if v.Decision == lineage.Hold && !p.approvals {
			v.Decision, v.Approval = lineage.Deny, nil
		}
		v.Reasons = append(reasons[:len(reasons):len(reasons)], v.Reasons...)
	} else {
		v.Reasons = append(v.Reasons[:len(v.Reasons):len(v.Reasons)], reasons...)
	}
	v.Columns = v.Columns.restrictedBy(said.Columns)
	if said.Limits != nil {
		l := *said.Limits
		if v.Limits != nil {
			l = v.Limits.tighter(l)
		}
		v.Limits = &l
	}
	return v
}
