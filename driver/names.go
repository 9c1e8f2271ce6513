package driver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// teller gives what is written down of a statement whose names are values: SELECT 1 AS "ada@example.com". Nil tells all.
type teller struct{ replacer *strings.Replacer }

// tellerOf finds the names of a text that are values, or hold one.
func tellerOf(text string) *teller {
	if !strings.Contains(text, `"`) && mask.Hidden(text) == text {
		return nil
	}
	var pairs [][2]string
	for _, name := range pgparse.Identifiers(text) {
		written, meant := name[0], name[1]
		hidden := mask.Hidden(meant)
		if hidden == meant {
			continue
		}
		for _, form := range []string{written, meant, strings.ReplaceAll(meant, `"`, `""`), strings.ToLower(meant), truncateName(meant)} {
			pairs = append(pairs, [2]string{form, hidden})
		}
	}
	if pairs == nil {
		return nil
	}
	// The replacer takes the first that fits: the longest has to come first.
	slices.SortStableFunc(pairs, func(a, b [2]string) int { return cmp.Compare(len(b[0]), len(a[0])) })
	var flat []string
	for _, p := range pairs {
		flat = append(flat, p[0], p[1])
	}
	return &teller{strings.NewReplacer(flat...)}
}

func (t *teller) text(s string) string {
	if t == nil {
		return s
	}
	return t.replacer.Replace(s)
}

// statement is a statement as it is written down.
func (t *teller) statement(st *lineage.Statement) *lineage.Statement {
	if t == nil || st == nil {
		return st
	}
	return st.Renamed(t.text)
}

func (t *teller) statements(list []*lineage.Statement) []*lineage.Statement {
	if t == nil {
		return list
	}
	out := make([]*lineage.Statement, len(list))
	for i, st := range list {
		out[i] = t.statement(st)
	}
	return out
}

// record leaves out of a record what its statement's names would tell.
func (t *teller) record(r *lineage.Record) {
	if t == nil {
		return
	}
	r.Error = t.text(r.Error)
	r.Reasons = slices.Clone(r.Reasons)
	for i := range r.Reasons {
		e := &r.Reasons[i]
		e.Object, e.Message, e.Safe = t.text(e.Object), t.text(e.Message), t.text(e.Safe)
	}
	for _, list := range []*[]lineage.ColumnMask{&r.Masked, &r.WouldMask, &r.Cleared} {
		*list = slices.Clone(*list)
		for i := range *list {
			m := &(*list)[i]
			m.Output = t.text(m.Output)
			m.Column = lineage.ColumnID{Schema: t.text(m.Column.Schema), Relation: t.text(m.Column.Relation), Column: t.text(m.Column.Column)}
		}
	}
}
