package detection

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/governedsql/governed/mask/detect"
)

var misses = flag.Int("misses", 0, "how many misses and false alarms of the first half to print for each form")

const (
	leastRecall    = 0.98
	leastPrecision = 0.95
)

// figure counts for one class or one form of it, in one half.
type figure struct {
	positives, found, wide, wrong int
	optional                      bool
}

func (f *figure) recall() float64 { return share(f.found, f.positives) }

// precision is how much of what was found is of the class.
func (f *figure) precision() float64 { return share(f.found, f.found+f.wrong) }

func share(n, of int) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(n) / float64(of)
}

// table has a row for each class and for each of its forms.
type table struct {
	classes map[detect.Kind]*[2]figure
	forms   map[string]*[2]figure
	shown   map[string]int
}

func (tb *table) class(k detect.Kind) *[2]figure {
	if tb.classes[k] == nil {
		tb.classes[k] = &[2]figure{}
	}
	return tb.classes[k]
}

func (tb *table) form(k detect.Kind, form string) *[2]figure {
	name := k.String() + ": " + form
	if k == detect.None {
		name = "~ " + form
	}
	if tb.forms[name] == nil {
		tb.forms[name] = &[2]figure{}
	}
	return tb.forms[name]
}

func (tb *table) add(t *testing.T, s *sample) {
	o, at := judge(s), 0
	if s.held() {
		at = 1
	}
	form := &tb.form(s.class, s.form)[at]
	form.optional = s.optional
	form.positives++
	form.wrong += min(len(o.wrong), 1)
	if o.wide {
		form.wide++
	}
	if o.found {
		form.found++
	}
	if s.class != detect.None && !s.optional {
		c := &tb.class(s.class)[at]
		c.positives++
		if o.found {
			c.found++
		}
		if o.wide {
			c.wide++
		}
	}
	for _, k := range o.wrong {
		tb.class(k)[at].wrong++
	}
	if at == 0 && (!o.found && s.class != detect.None || len(o.wrong) > 0 || o.wide) && tb.shown[s.class.String()+s.form] < *misses {
		tb.shown[s.class.String()+s.form]++
		t.Logf("%s %s (%s): found=%v wide=%v wrong=%v %q of %q", s.class, s.form, s.group, o.found, o.wide, o.wrong, s.text[s.from:s.to], s.text)
	}
}

// TestFigures prints recall and precision for each class, and fails where one of them is below the goal.
func TestFigures(t *testing.T) {
	tb := &table{classes: map[detect.Kind]*[2]figure{}, forms: map[string]*[2]figure{}, shown: map[string]int{}}
	for _, source := range sources {
		for _, s := range source(t) {
			tb.add(t, &s)
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-46s  %27s   %27s\n%-46s  %7s %6s %6s %5s   %7s %6s %6s %5s\n", "", "first half", "held out", "", "values", "recall", "prec.", "wide", "values", "recall", "prec.", "wide")
	row := func(name string, f *[2]figure) {
		fmt.Fprintf(&out, "%-46s", name)
		for i := range f {
			fmt.Fprintf(&out, "  %7d %6.4f %6.4f %5d ", f[i].positives, f[i].recall(), f[i].precision(), f[i].wide)
		}
		out.WriteByte('\n')
	}
	var kinds []detect.Kind
	for k := range tb.classes {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	kinds = slices.DeleteFunc(kinds, func(k detect.Kind) bool { return tb.classes[k][0].positives == 0 }) // those have no samples of their own
	for _, k := range kinds {
		row(k.String(), tb.classes[k])
	}
	var names []string
	for name := range tb.forms {
		names = append(names, name)
	}
	slices.Sort(names)
	out.WriteString("\nby form; (-) = measured and not asked for; ~ = ordinary values, with the share of them in which anything was found\n")
	for _, name := range names {
		f := tb.forms[name]
		if ordinary, found := strings.CutPrefix(name, "~ "); found {
			fmt.Fprintf(&out, "~ %-44s  %7d %6.4f                 %7d %6.4f\n", ordinary, f[0].positives, share(f[0].wrong, f[0].positives), f[1].positives, share(f[1].wrong, f[1].positives))
			continue
		}
		if f[0].optional || f[1].optional {
			name += " (-)"
		}
		row(name, f)
	}
	t.Log(out.String())
	for _, k := range kinds {
		for i, name := range [...]string{"first half", "held out"} {
			f := tb.classes[k][i]
			assert.GreaterOrEqual(t, f.recall(), leastRecall, "recall of %s, %s", k, name)
			assert.GreaterOrEqual(t, f.precision(), leastPrecision, "precision of %s, %s", k, name)
		}
	}
}

// sources give the samples.
var sources = []func(*testing.T) []sample{
	mailSamples, phoneSamples, cardSamples, accountSamples, personSamples, addressSamples, tokenSamples, keySamples, hashSamples, gitleaksSamples, ordinarySamples,
}
