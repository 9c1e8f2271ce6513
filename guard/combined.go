package guard

import "github.com/governedsql/governed/lineage"

// Combined is the verdict of a text of several statements: the strongest decision with the reasons of all, the tightest
// limits, every mask, and of held statements what all of them need. What one statement is shown in clear is not shown to the
// others. The verdict of no statement, which is a text of comments, allows it.
func Combined(list []Verdict) Verdict {
	if len(list) == 1 {
		return list[0]
	}
	out := Verdict{Decision: lineage.Allow}
	var held []outcome
	for i := range list {
		v := &list[i]
		if v.Held() {
			held = append(held, outcome{decision: lineage.Hold, approval: v.Approval})
		}
		out.Limits = Tightest(out.Limits, v.Limits)
		out.Columns = out.Columns.masksOf(v.Columns)
		if strength(v.Would) > strength(out.Would) || out.Would == "" {
			out.Would = v.Would
		}
		if strength(v.Decision) > strength(out.Decision) {
			out.Decision = v.Decision
			out.Reasons = append(append([]lineage.Reason{}, v.Reasons...), out.Reasons...)
			continue
		}
		out.Reasons = append(out.Reasons, v.Reasons...)
	}
	if out.Held() {
		out.Approval = together(held)
	}
	return out
}

// masksOf joins the masks of two policies, or of one for two statements. Clears are grants for one statement and are lost.
func (c *Columns) masksOf(o *Columns) *Columns {
	switch {
	case o == nil || o == c:
		return c.masksAlone()
	case c == nil:
		return o.masksAlone()
	}
	return &Columns{also: []*Columns{c, o}}
}

func (c *Columns) masksAlone() *Columns {
	if c == nil || len(c.clears) == 0 {
		return c
	}
	return &Columns{policy: c.policy, masks: c.masks, also: c.also}
}

// restrictedBy adds the masks of another verdict for the same statement, and keeps what is shown.
func (c *Columns) restrictedBy(o *Columns) *Columns {
	if o = o.masksAlone(); o == nil {
		return c
	}
	if c == nil {
		return o
	}
	out := *c
	out.also = append(out.also[:len(out.also):len(out.also)], o)
	return &out
}
