package guard

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// RuleUntrusted is the id of the rule that keeps a run from acting on what strangers wrote.
const RuleUntrusted = "UNTRUSTED"

// untrusted is the tag of relations and columns that hold text which users wrote: a model that reads it may be told there
// what to do.
const untrusted = "untrusted"

var untrustedRules = []Rule{
	{
		ID: RuleUntrusted, Title: "write or call by a run that has read untrusted text", Severity: Approve, also: true,
		Why:   "text that users wrote can hold instructions; a model that has read it may follow them",
		Safe:  "another run for the write, which has not read such text, or an approval",
		match: actsTainted,
	},
}

func actsTainted(m *matcher) {
	if !m.policy.mistrusts {
		return
	}
	tainted := func(in *Input) bool { return in.Tainted }
	m.eachWith(hit{when: tainted}, func(e *lineage.Effect) bool {
		switch kindOf(e) {
		case KindRead, KindTransaction, KindLock:
			return e.Command == "COPY"
		}
		return !planned(e)
	})
	m.callsWith(hit{when: tainted}, func(u *lineage.FunctionUse) bool { return userFunction(u) && volatile(u) })
}

// Mistrusts reports whether datasets call anything untrusted.
func (p *Policy) Mistrusts() bool { return p.mistrusts }

// ReadsUntrusted reports whether a statement reads what datasets call untrusted: a relation, or a column of one.
func (p *Policy) ReadsUntrusted(st *lineage.Statement) bool {
	if !p.mistrusts {
		return false
	}
	parts := partsOf(st)
	return slices.ContainsFunc(parts, func(x part) bool {
		return x.kind == KindRead && x.object.Name != "" && p.touchedTags(&x).has(untrusted)
	})
}

func (d *dataset) mistrusts() bool {
	return d.tags.has(untrusted) || slices.ContainsFunc(d.columns, func(c taggedColumn) bool { return c.tags.has(untrusted) })
}
