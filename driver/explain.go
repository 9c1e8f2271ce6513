package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// Explanation is what the driver would do with a text.
type Explanation struct {
	Database, Role string
	Policy         *guard.Policy // the one in force
	Statements     []*lineage.Statement
	Verdict        guard.Verdict // of the whole text, the deciding reason first
	// Masked and Cleared are columns of the result where there is one statement: those that come back masked, and sensitive
	// ones that a grant shows.
	Masked, Cleared []lineage.ColumnMask
	// Labels would be written into comments with the text: what its copies hold.
	Labels []mask.Label
	// Err is what the server says of a text that names what it does not have; nil = it was not asked, or takes the text.
	Err error
}

// Explain says what a connector of this package would do with a text for the caller of the context, and runs nothing of
// it. It opens a connection of its own, reads of the catalog what the text names, and closes the connection. Limits that
// are known only by running, and masked values that would come back as arguments, are not looked at.
func Explain(ctx context.Context, c driver.Connector, text string, args ...any) (*Explanation, error) {
	own, ok := c.(*connector)
	if !ok {
		return nil, fmt.Errorf("governed: Explain wants a connector of this package, not a %T", c)
	}
	s := &session{g: own.g}
	if err := own.open(ctx, s); err != nil {
		return nil, err
	}
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	out, err := s.passage(ctx).explain(text, values)
	return out, errors.Join(err, s.close())
}

// explain goes the way of a statement as far as the decision.
func (p *passage) explain(text string, args []driver.NamedValue) (*Explanation, error) {
	err := p.resolve(text, args)
	if err == nil {
		err = p.identify()
	}
	if err == nil {
		err = p.analyse()
	}
	if err != nil {
		return nil, err
	}
	out := &Explanation{Database: p.rec.Database, Role: p.rec.Role, Policy: p.policy}
	class := guard.ClassOf(p.rec.Caller, p.now)
	v, err := p.verdict(class)
	if err == nil && !v.Allowed() && !v.Held() && onlyUnresolved(v) {
		refused := v
		if v, err = p.askServer(class, v); err != nil {
			out.Err, v = err, refused
		}
	}
	var refusal *parseRefusal
	if errors.As(err, &refusal) {
		v = guard.Verdict{Decision: lineage.Deny, Reasons: refusal.denied.Reasons}
	} else if err != nil && out.Err == nil {
		return nil, err
	}
	p.m = p.s.g.masking(p.a, p.policy, v.Columns)
	out.Verdict, out.Statements = p.withFindings(v, class), p.a.statements
	if l := p.labelling(); l != nil {
		out.Labels = slices.Concat(l.lists...)
	}
	if p.m == nil || p.m.plan == nil || p.s.g.masker == nil {
		return out, nil
	}
	for i, c := range p.m.plan.Columns {
		if c.Treatment != "" {
			out.Masked = append(out.Masked, columnMask(i, p.a.statements[0].Outputs[i].Name, c))
		}
	}
	out.Cleared = p.m.plan.Cleared
	return out, nil
}
