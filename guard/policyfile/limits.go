package policyfile

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

// limits are limits and which of them the file names. One that it does not name stays as the profile has it.
type limits struct {
	guard.Limits
	named []func(from, to *guard.Limits)
}

// over gives limits with those that the file names in their place.
func (l *limits) over(base guard.Limits) guard.Limits {
	for _, set := range l.named {
		set(&l.Limits, &base)
	}
	return base
}

var limitsObject = object[limits]{"limits", []field[limits]{
	{"affected_rows", bound("affected_rows", (*decoder).count, func(l *guard.Limits) *int64 { return &l.AffectedRows })},
	{"rows", bound("rows", (*decoder).count, func(l *guard.Limits) *int64 { return &l.Rows })},
	{"bytes", bound("bytes", (*decoder).size, func(l *guard.Limits) *int64 { return &l.Bytes })},
	{"statement_timeout", bound("statement_timeout", (*decoder).span, func(l *guard.Limits) *time.Duration { return &l.StatementTimeout })},
	{"lock_timeout", bound("lock_timeout", (*decoder).span, func(l *guard.Limits) *time.Duration { return &l.LockTimeout })},
	{"idle_timeout", bound("idle_timeout", (*decoder).span, func(l *guard.Limits) *time.Duration { return &l.IdleTimeout })},
	{"cost", bound("cost", (*decoder).number, func(l *guard.Limits) *float64 { return &l.Cost })},
	{"budget", bound("budget", (*decoder).budget, func(l *guard.Limits) *guard.Budget { return &l.Budget })},
}}

// none lifts a limit that the profile has.
const none = "none"

func bound[V any](what string, read func(*decoder, *yaml.Node, string) (V, bool), at func(*guard.Limits) *V) func(*decoder, *yaml.Node, *yaml.Node, *limits) {
	return func(d *decoder, _, v *yaml.Node, l *limits) {
		if v.Kind != yaml.ScalarNode || v.Value != none {
			value, ok := read(d, v, what)
			if !ok {
				return
			}
			*at(&l.Limits) = value
		}
		l.named = append(l.named, func(from, to *guard.Limits) { *at(to) = *at(from) })
	}
}

func (d *decoder) limits(n *yaml.Node, what string) limits {
	var l limits
	limitsObject.read(d, n, &l)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.fail(n, "%s: names no limit", what)
	}
	return l
}

var budgetObject = object[guard.Budget]{"budget", []field[guard.Budget]{
	{"rows", func(d *decoder, _, v *yaml.Node, b *guard.Budget) { b.Rows, _ = d.count(v, "rows") }},
	{"bytes", func(d *decoder, _, v *yaml.Node, b *guard.Budget) { b.Bytes, _ = d.size(v, "bytes") }},
	{"per", func(d *decoder, _, v *yaml.Node, b *guard.Budget) { b.Per, _ = d.span(v, "per") }},
}}

func (d *decoder) budget(n *yaml.Node, what string) (guard.Budget, bool) {
	var b guard.Budget
	before := len(d.problems)
	budgetObject.read(d, n, &b)
	if len(d.problems) > before {
		return b, false
	}
	if b.Per == 0 || b.Rows == 0 && b.Bytes == 0 {
		d.fail(n, "%s: want per (a length of time) and rows, bytes or both", what)
		return b, false
	}
	return b, true
}
