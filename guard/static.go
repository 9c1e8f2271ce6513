package guard

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/governedsql/governed/lineage"
)

// Static is the part of a verdict that follows from the facts of a statement, the policy and the class of its caller. The
// driver keeps it with the facts.
//
// What depends on the moment (arguments, the connection, the caller, the time) are yes-or-no questions; a verdict follows
// from their answers alone and is kept by them, so that a decision asks the questions and looks the verdict up.
type Static struct {
	policy *Policy
	fixed  Verdict // where nothing depends on the moment
	// settled are built-in hits that count always, conditional those that count where their condition holds.
	settled, conditional []outcome
	rules                []boundRule
	parts                []part
	verdicts             atomic.Pointer[map[answers]*Verdict]
}

// outcome is a hit under a profile.
type outcome struct {
	decision lineage.Decision
	reason   lineage.Reason
	approval *Approval
	when     func(*Input) bool
	// overrides are those of the static's rules that can change this outcome, in order.
	overrides []int
}

// boundRule is a rule or an override of the policy whose condition on the statement holds.
type boundRule struct {
	*ruleEntry
	override *overrideEntry // nil = it is a rule
	// first is the part that the condition means first; covered are those that an allow of it covers.
	first   *part
	covered []bool
	clearing
	moment bool // it asks for the moment
	// columnsOnly: no part is one that the condition means; what it says of columns is asked for each of them.
	columnsOnly bool
}

func (b *boundRule) condition() *condition {
	if b.override != nil {
		return b.override.when
	}
	return b.when
}

func (b *boundRule) granting() bool {
	if b.override != nil {
		return b.override.grants
	}
	return b.grants
}

// holds says of the moment whether the condition holds for the one who acts and for the one on whose behalf.
func (b *boundRule) holds(in *Input, who, behalf *party) (actor, subject bool) {
	c, grants := b.condition(), b.granting()
	actor = c.moment(in, who, grants)
	if *who == *behalf || !c.asksIdentity {
		return actor, actor
	}
	return actor, c.moment(in, behalf, grants)
}

// answers are the answers to all questions: which conditional hits count, and which rules hold for the one who acts and
// for the one on whose behalf.
type answers struct{ hits, actor, behalf bits }

// bits is a small set. Statements with more hits or rules than it holds are decided without being kept.
type bits [2]uint64

const maxBits = 128

func (b *bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b *bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// maxVerdicts bounds how many verdicts are kept with one statement.
const maxVerdicts = 64

// Decide answers the questions of the moment and gives the verdict. It allocates only what it has not met before.
func (s *Static) Decide(in *Input) Verdict {
	if !s.Dynamic() {
		return s.fixed
	}
	if len(s.conditional) > maxBits || len(s.rules) > maxBits {
		return s.decideLarge(in)
	}
	key := s.ask(in)
	if kept := s.verdicts.Load(); kept != nil {
		if v := (*kept)[key]; v != nil {
			return *v
		}
	}
	v := s.conclude(func(i int) bool { return key.hits.has(i) }, func(i int) (bool, bool) { return key.actor.has(i), key.behalf.has(i) })
	s.keep(key, &v)
	return v
}

// Dynamic reports whether the verdict depends on the moment.
func (s *Static) Dynamic() bool {
	if len(s.conditional) > 0 {
		return true
	}
	for i := range s.rules {
		if s.rules[i].moment {
			return true
		}
	}
	return false
}

// Policy is the policy whose verdict this is.
func (s *Static) Policy() *Policy { return s.policy }

// ask answers all questions.
func (s *Static) ask(in *Input) (key answers) {
	for i := range s.conditional {
		if s.conditional[i].when(in) {
			key.hits.set(i)
		}
	}
	who, behalf := parties(in)
	for i := range s.rules {
		actor, subject := s.rules[i].holds(in, &who, &behalf)
		if actor {
			key.actor.set(i)
		}
		if subject {
			key.behalf.set(i)
		}
	}
	return key
}

// decideLarge does what Decide does where the sets are too small.
func (s *Static) decideLarge(in *Input) Verdict {
	who, behalf := parties(in)
	return s.conclude(func(i int) bool { return s.conditional[i].when(in) }, func(i int) (bool, bool) { return s.rules[i].holds(in, &who, &behalf) })
}

// parties are the one who acts and the one on whose behalf. An agent may do no more than its subject: what restricts
// counts where it holds for either, what grants where it holds for both.
func parties(in *Input) (who, behalf party) {
	who = party{kind: in.Who.Kind(), actor: in.Who.Actor()}
	if who.actor == "" {
		return who, who
	}
	return who, party{kind: in.Who.Behalf()}
}

// keep remembers a verdict. Two goroutines may make the same one; either will do.
func (s *Static) keep(key answers, v *Verdict) {
	kept := s.verdicts.Load()
	next := map[answers]*Verdict{}
	if kept != nil && len(*kept) < maxVerdicts {
		for k, old := range *kept {
			next[k] = old
		}
	}
	next[key] = v
	s.verdicts.CompareAndSwap(kept, &next)
}

// conclude makes the verdict of the answers.
func (s *Static) conclude(hit func(int) bool, holds func(int) (actor, behalf bool)) Verdict {
	both := func(i int) bool { a, b := holds(i); return a && b }
	list := make([]outcome, 0, len(s.settled)+len(s.rules))
	add := func(o outcome) {
		for _, i := range o.overrides {
			b := &s.rules[i]
			actor, behalf := holds(i)
			if b.override.grants && !(actor && behalf) || !actor && !behalf {
				continue
			}
			o.decision, o.approval = b.override.To, b.override.Approval
			if o.decision == lineage.Hold && !s.policy.approvals {
				o.decision = lineage.Deny
				o.reason.Message += nobodyApproves
			}
			break
		}
		list = append(list, o)
	}
	for _, o := range s.settled {
		add(o)
	}
	for i, o := range s.conditional {
		if hit(i) {
			add(o)
		}
	}
	limits, columns := s.policy.limits, Columns{policy: s.policy}
	for i := range s.rules {
		b := &s.rules[i]
		if b.override != nil {
			continue
		}
		actor, behalf := holds(i)
		if !actor && !behalf {
			continue
		}
		if !b.Shadow {
			if !b.columnsOnly {
				limits = limits.tighter(b.Then.Limit)
			}
			if len(b.masks) > 0 {
				columns.masks = append(columns.masks, b.ruleEntry)
			}
			if len(b.clears) > 0 && actor {
				columns.clears = append(columns.clears, b.clearing)
			}
			if len(b.clears) > 0 && behalf {
				columns.behalf = append(columns.behalf, b.clearing)
			}
		}
		if o, says := s.outcomeOf(b, actor && behalf); says {
			list = append(list, o)
		}
	}
	if s.policy.denies {
		list = append(list, s.uncovered(both)...)
	}
	v := settle(list, s.policy.profile == Observe)
	if !limits.IsZero() && s.policy.profile != Observe {
		v.Limits = &limits
	}
	if len(columns.masks) > 0 || len(columns.clears) > 0 && len(columns.behalf) > 0 {
		v.Columns = &columns
	}
	return v
}

// nobodyApproves is why a statement that has to be approved is denied.
const nobodyApproves = " (an approval is needed, and nobody is set up who could give it)"

// outcomeOf is what a rule of the policy says of the statement as a whole.
func (s *Static) outcomeOf(b *boundRule, both bool) (outcome, bool) {
	d := b.Then.Decision
	if d == "" || b.columnsOnly || d == lineage.Allow && !both {
		return outcome{}, false
	}
	message := describe(b.PolicyRule, b.first)
	switch {
	case b.Shadow && strength(d) > strength(lineage.Warn):
		d = lineage.Warn
	case d == lineage.Hold && !s.policy.approvals:
		d, message = lineage.Deny, message+nobodyApproves
	}
	o := outcome{decision: d, approval: b.Then.Approval, reason: lineage.Reason{Rule: b.ID, Severity: "P", Position: -1, Message: message}}
	if b.first != nil {
		o.reason.Object, o.reason.Position = b.first.told(), b.first.pos
	}
	return o, true
}

// uncovered denies what no allow covers, where the default is to deny.
func (s *Static) uncovered(both func(int) bool) []outcome {
	covered := make([]bool, len(s.parts))
	for i := range s.rules {
		b := &s.rules[i]
		if b.override != nil || b.Shadow || b.Then.Decision != lineage.Allow || !both(i) {
			continue
		}
		for j := range covered {
			covered[j] = covered[j] || b.covered[j]
		}
		for j := range s.parts {
			if x := &s.parts[j]; x.same >= 0 && b.covered[x.same] && (!b.when.asksTheDB || b.when.target(s.policy, x, true)) {
				covered[j] = true
			}
		}
	}
	var out []outcome
	for j := range s.parts {
		x := &s.parts[j]
		if x.free || covered[j] {
			continue
		}
		out = append(out, outcome{decision: lineage.Deny, reason: lineage.Reason{
			Rule: ruleDefault, Severity: "P", Object: x.told(), Position: x.pos,
			Message: "no rule of the policy allows " + x.command, Safe: "a rule of the policy that allows it",
		}})
	}
	return out
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
		if v.Decision == lineage.Hold {
			v.Approval = together(list)
		}
	}
	if observe {
		v.Would = v.Decision
		v.Decision = lineage.Allow
		if len(list) > 0 && v.Would != lineage.Allow {
			v.Decision = lineage.Warn
		}
		v.Approval = nil
	}
	return v
}

// together is what all held outcomes need: the groups of each, the highest count, the shortest wait. Where several rules
// name groups, only those that all of them name may approve.
func together(list []outcome) *Approval {
	var held []*Approval
	for _, o := range list {
		if o.decision == lineage.Hold {
			held = append(held, o.approval)
		}
	}
	return join(held...)
}

// join is what satisfies all of several approvals; nil ones ask for nothing of their own.
func join(list ...*Approval) *Approval {
	var out Approval
	named, some := false, false
	for _, a := range list {
		if a == nil {
			continue
		}
		some = true
		out.Nobody = out.Nobody || a.Nobody
		out.Count = max(out.Count, a.Count)
		out.Expires = lower(out.Expires, a.Expires)
		switch {
		case len(a.Groups) == 0:
		case !named:
			out.Groups, named = slices.Clone(a.Groups), true
		default:
			out.Groups = slices.DeleteFunc(out.Groups, func(g string) bool { return !slices.Contains(a.Groups, g) })
		}
	}
	if !some {
		return nil
	}
	out.Nobody = out.Nobody || named && len(out.Groups) == 0
	return &out
}
