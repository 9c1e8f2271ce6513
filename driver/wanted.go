package driver

import (
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// wanted refuses a statement whose result would be masked, for programs that asked for clear values or none.
func (p *passage) wanted() error {
	if p.s.g.masker == nil || !mask.ClearRequired(p.ctx) || p.m == nil {
		return nil
	}
	if list := p.m.would(); len(list) > 0 {
		return p.unwanted(list)
	}
	return nil
}

// endsUnclear reports whether something that is detected in the result ends it with an error: what the statement wrote is
// undone then.
func (p *passage) endsUnclear() bool {
	return p.s.g.masker != nil && p.s.g.scan && mask.ClearRequired(p.ctx) && p.m != nil && p.m.plan != nil && p.m.plan.Scanned() && p.returns()
}

// unwanted is the refusal, and its reason in the record.
func (p *passage) unwanted(list []lineage.ColumnMask) error {
	err := &mask.MaskedError{Columns: list}
	p.rec.Decision = lineage.Deny
	p.rec.Reasons = append([]lineage.Reason{{
		Rule: mask.RuleWholeRow, Severity: "B", Object: list[0].Column.String(), Position: -1, Message: err.Error(), Applied: true,
		Safe: "a grant for the columns: " + clearKey(list[0].Column),
	}}, p.rec.Reasons...)
	return err
}

// reported tells who asked what became of the columns.
func (p *passage) reported() {
	mask.ReportFrom(p.ctx).Set(p.rec.Masked, p.rec.Cleared)
}
