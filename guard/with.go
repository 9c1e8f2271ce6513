package guard

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// With joins a finding from outside the guard to a verdict: a rule of the catalogue that the masks or the driver apply.
// Shadow and overrides count for it as for any other rule.
func (p *Policy) With(v Verdict, st *lineage.Statement, in *Input, d lineage.Decision, r lineage.Reason) Verdict {
	d, approval := p.overridden(st, in, d, &r)
	r.Applied = p.profile != Observe && strength(d) > strength(lineage.Warn)
	said := Verdict{Decision: d, Reasons: []lineage.Reason{r}, Approval: approval}
	if strength(d) <= strength(lineage.Warn) {
		v.Reasons = append(v.Reasons[:len(v.Reasons):len(v.Reasons)], r)
		switch {
		case p.profile == Observe && strength(d) > strength(v.Would):
			v.Would, v.Decision = d, lineage.Warn
		case p.profile != Observe && strength(d) > strength(v.Decision):
			v.Decision = d
		}
		return v
	}
	return p.join(v, said)
}

// Overrides reports whether the policy has an override for a rule, so that what becomes of a finding under it may depend on
// the moment.
func (p *Policy) Overrides(rule string) bool {
	return slices.ContainsFunc(p.overrides, func(o overrideEntry) bool { return o.Rule == rule })
}

func (p *Policy) overridden(st *lineage.Statement, in *Input, d lineage.Decision, r *lineage.Reason) (lineage.Decision, *Approval) {
	if p.shadow[r.Rule] && strength(d) > strength(lineage.Warn) {
		return lineage.Warn, nil
	}
	if !p.Overrides(r.Rule) {
		return d, nil
	}
	s := &Static{policy: p, parts: partsOf(st)}
	object := lineage.Name{}
	for i := range s.parts {
		// A finding is about a column, an override about the relation that has it.
		if n := s.parts[i].object; n.Name != "" && (r.Object == n.String() || len(r.Object) > len(n.String()) && r.Object[:len(n.String())+1] == n.String()+".") {
			object = n
		}
	}
	who, behalf := parties(in)
	for i := range p.overrides {
		o := &p.overrides[i]
		if o.Rule != r.Rule || !o.when.about(p, st) || o.when.asksPart && !s.meant(o, &hit{object: object.String()}) {
			continue
		}
		a, b := o.when.moment(in, &who, o.grants), o.when.moment(in, &behalf, o.grants)
		if o.grants && a && b || !o.grants && (a || b) {
			return o.To, o.Approval
		}
	}
	return d, nil
}
