package policyfile

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

// whenObject is a condition.
var whenObject = object[guard.Condition]{"when", []field[guard.Condition]{
	{"env", lists("env", func(c *guard.Condition) *[]string { return &c.Environments })},
	{"identity", func(d *decoder, _, v *yaml.Node, c *guard.Condition) { identityObject.read(d, v, &c.Identity) }},
	{"job", lists("job", func(c *guard.Condition) *[]string { return &c.Jobs })},
	{"model", lists("model", func(c *guard.Condition) *[]string { return &c.Models })},
	{"purpose", lists("purpose", func(c *guard.Condition) *[]string { return &c.Purposes })},
	{"time", func(d *decoder, _, v *yaml.Node, c *guard.Condition) { c.Time = d.times(v) }},
	{"statement", lists("statement", func(c *guard.Condition) *[]string { return &c.Statements })},
	{"effects", lists("effects", func(c *guard.Condition) *[]string { return &c.Effects })},
	{"has_where", func(d *decoder, _, v *yaml.Node, c *guard.Condition) {
		if b, ok := d.truth(v, "has_where"); ok {
			c.HasWhere = &b
		}
	}},
	{"relations", lists("relations", func(c *guard.Condition) *[]string { return &c.Relations })},
	{"columns", lists("columns", func(c *guard.Condition) *[]string { return &c.Columns })},
	{"tags_any", lists("tags_any", func(c *guard.Condition) *[]string { return &c.TagsAny })},
	{"tags_all", lists("tags_all", func(c *guard.Condition) *[]string { return &c.TagsAll })},
	{"fingerprint", func(d *decoder, _, v *yaml.Node, c *guard.Condition) { c.Fingerprints = d.fingerprints(v) }},
}}

// lists reads words into a list of a condition. The guard says of each whether it takes it.
func lists(what string, list func(*guard.Condition) *[]string) func(*decoder, *yaml.Node, *yaml.Node, *guard.Condition) {
	return func(d *decoder, _, v *yaml.Node, c *guard.Condition) {
		*list(c) = d.texts(v, what, func(s string) error {
			var alone guard.Condition
			*list(&alone) = []string{s}
			return alone.Check()
		})
	}
}

// identityObject is a condition on the caller.
var identityObject = object[guard.Identity]{"identity", []field[guard.Identity]{
	{"kind", whose("kind", func(i *guard.Identity) *[]string { return &i.Kinds })},
	{"subject", whose("subject", func(i *guard.Identity) *[]string { return &i.Subjects })},
	{"issuer", whose("issuer", func(i *guard.Identity) *[]string { return &i.Issuers })},
	{"actor", whose("actor", func(i *guard.Identity) *[]string { return &i.Actors })},
	{"roles", whose("roles", func(i *guard.Identity) *[]string { return &i.Roles })},
	{"not_roles", whose("not_roles", func(i *guard.Identity) *[]string { return &i.NotRoles })},
	{"verified", func(d *decoder, _, v *yaml.Node, i *guard.Identity) {
		if b, ok := d.truth(v, "verified"); ok {
			i.Verified = &b
		}
	}},
}}

func whose(what string, list func(*guard.Identity) *[]string) func(*decoder, *yaml.Node, *yaml.Node, *guard.Identity) {
	return func(d *decoder, _, v *yaml.Node, i *guard.Identity) {
		*list(i) = d.texts(v, what, func(s string) error {
			var alone guard.Condition
			*list(&alone.Identity) = []string{s}
			return alone.Check()
		})
	}
}

// fingerprints reads what YAML may take for numbers.
func (d *decoder) fingerprints(n *yaml.Node) []string {
	var out []string
	d.items(n, "fingerprint", func(c *yaml.Node) {
		if c.Kind != yaml.ScalarNode || len(c.Value) != 16 || strings.Trim(c.Value, "0123456789abcdef") != "" {
			d.wrong(c, "fingerprint", "the 16 hex digits that records and governed explain show")
			return
		}
		out = append(out, c.Value)
	})
	return out
}

// span of a condition on the clock, as the file has it.
type when struct {
	guard.Times
	after, before *yaml.Node
	zone          *time.Location
}

var timeObject = object[when]{"time", []field[when]{
	{"days", func(d *decoder, _, v *yaml.Node, w *when) {
		d.items(v, "days", func(c *yaml.Node) { w.Days = append(w.Days, d.days(c)...) })
	}},
	{"hours", func(d *decoder, _, v *yaml.Node, w *when) { w.From, w.To = d.hours(v) }},
	{"zone", func(d *decoder, _, v *yaml.Node, w *when) {
		s, ok := d.text(v, "zone")
		if !ok {
			return
		}
		zone, err := time.LoadLocation(s)
		if err != nil || s == "Local" {
			d.fail(v, "zone: unknown %q", s).Expected = "a name of the time zone database, such as UTC or Europe/Berlin"
			return
		}
		w.Zone, w.zone = s, zone
	}},
	{"after", func(_ *decoder, _, v *yaml.Node, w *when) { w.after = v }},
	{"before", func(_ *decoder, _, v *yaml.Node, w *when) { w.before = v }},
}}

// times reads a condition on the clock. Its dates are those of its zone, wherever in it that stands.
func (d *decoder) times(n *yaml.Node) *guard.Times {
	w := when{zone: time.UTC}
	timeObject.read(d, n, &w)
	if w.after != nil {
		w.After = d.moment(w.after, "after", w.zone)
	}
	if w.before != nil {
		w.Before = d.moment(w.before, "before", w.zone)
	}
	if !w.After.IsZero() && !w.Before.IsZero() && !w.After.Before(w.Before) {
		d.fail(w.before, "before is not later than after: the time never comes")
	}
	return &w.Times
}

var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// days reads a day, or two with a dash between them.
func (d *decoder) days(n *yaml.Node) []time.Weekday {
	s, ok := d.text(n, "days")
	if !ok {
		return nil
	}
	first, last, isRange := strings.Cut(s, "-")
	from, ok := weekday(first)
	to := from
	if ok && isRange {
		to, ok = weekday(last)
	}
	if !ok {
		p := d.fail(n, "days: unknown %q", s)
		p.Meant, p.Expected = nearest(s, dayNames), "days such as mon, or mon-fri"
		return nil
	}
	out := []time.Weekday{from}
	for day := from; day != to; {
		day = (day + 1) % 7
		out = append(out, day)
	}
	return out
}

func weekday(s string) (time.Weekday, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	for i, name := range dayNames {
		if s == name || s == name[:3] {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// hours reads 08:00-18:00.
func (d *decoder) hours(n *yaml.Node) (from, to time.Duration) {
	s, ok := d.text(n, "hours")
	if !ok {
		return 0, 0
	}
	first, last, _ := strings.Cut(s, "-")
	from, ok = clock(first)
	if ok {
		to, ok = clock(last)
	}
	switch {
	case !ok:
		d.fail(n, "hours: %q is no span of the day", s).Expected = "hours such as 08:00-18:00, or 22:00-06:00 over midnight"
	case from == to:
		d.fail(n, "hours: %q is empty; leave the key out for the whole day", s)
	}
	return from, to
}

func clock(s string) (time.Duration, bool) {
	var h, m int
	s = strings.TrimSpace(s)
	if n, err := fmt.Sscanf(s, "%d:%d", &h, &m); n != 2 || err != nil || fmt.Sprintf("%02d:%02d", h, m) != s || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, true
}

// moment reads a date or a point in time; one without an offset is of the zone.
func (d *decoder) moment(n *yaml.Node, what string, zone *time.Location) time.Time {
	if n.Kind == yaml.ScalarNode {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
			if t, err := time.ParseInLocation(layout, n.Value, zone); err == nil {
				return t
			}
		}
	}
	d.wrong(n, what, "a date such as 2026-07-01, 2026-07-01 08:00 or 2026-07-01T08:00:00+02:00")
	return time.Time{}
}
