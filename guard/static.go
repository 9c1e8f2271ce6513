package guard

import (
	"cmp"
	"slices"

	"github.com/governedsql/governed/lineage"
)

// Static is the part of a verdict that follows from the facts of a statement and the class of its caller. It is
// immutable; the driver keeps it with the facts.
type Static struct {
	fixed Verdict
	// conditional are hits that count only where their condition holds; settled are all others. Both are empty
	// where fixed is the verdict.
	conditional []outcome
	settled     []outcome
}

// outcome is a hit under a profile.
type outcome struct {
	decision lineage.Decision
	reason   lineage.Reason
	when     func(*Input) bool
}

// Decide folds the conditions. Where there are none it allocates nothing.
func (s *Static) Decide(in Input) Verdict {
	if len(s.conditional) == 0 {
		return s.fixed
	}
	return s.fold(in)
}

// Dynamic reports whether the verdict depends on arguments or on the connection.
func (s *Static) Dynamic() bool { return len(s.conditional) > 0 }

func (s *Static) fold(in Input) Verdict {
	list := s.settled
	for _, o := range s.conditional {
		if o.when(&in) {
			list = append(list[:len(list):len(list)], o)
		}
	}
	return settle(list, s.fixed.Would != "")
}

// settle makes the verdict of a list of outcomes. All reasons are reported, the strongest decides.
func settle(list []outcome, observe bool) Verdict {
	v := Verdict{Decision: lineage.Allow}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b outcome) int { return cmp.Compare(strength(b.decision), strength(a.decision)) })
	for _, o := range list {
		r := o.reason
		r.Applied = !observe && strength(o.decision) > strength(lineage.Warn)
		v.Reasons = append(v.Reasons, r)
	}
	if len(list) > 0 {
		v.Decision = list[0].decision
	}
	if observe {
		v.Would = v.Decision
		v.Decision = lineage.Allow
		if len(list) > 0 {
			v.Decision = lineage.Warn
		}
	}
	return v
}
