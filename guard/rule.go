package guard

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// Rule is one entry of the catalogue.
type Rule struct {
	ID       string
	Title    string
	Why      string
	Severity Severity
	Safe     string // what to do instead, "" = nothing known

	ddl     bool // the migration profile warns of it
	lenient bool // standard warns of it while no approvals are configured
	always  bool // denied by every profile but observe
	match   func(*matcher)
}

// Rules gives the catalogue in the order in which it is evaluated.
func Rules() []Rule { return slices.Clone(catalogue) }

// catalogue is filled by one file for each family. The classes come last: they decide what no rule before them named.
var catalogue = slices.Concat(dataRules, schemaRules)

// hit is one match of a rule.
type hit struct {
	rule     *Rule
	object   string
	position int
	message  string
	// only are the profiles in which the hit counts; 0 = all.
	only profiles
	// standard replaces what the rule's severity gives under standard; "" = it does not.
	standard lineage.Decision
	// when is a condition on arguments or on the connection; nil = always.
	when func(*Input) bool
}

// matcher runs the rules over the facts of one statement.
type matcher struct {
	st      *lineage.Statement
	caller  CallerClass
	rule    *Rule
	hits    []hit
	effects []bool // those that a rule of its own has named, so that the class does not decide them
}

func match(st *lineage.Statement, caller CallerClass) []hit {
	m := &matcher{st: st, caller: caller, effects: make([]bool, len(st.Effects))}
	for i := range catalogue {
		m.rule = &catalogue[i]
		m.rule.match(m)
	}
	return m.hits
}

// hit records a match.
func (m *matcher) hit(h hit) {
	h.rule = m.rule
	if h.message == "" {
		h.message = m.rule.Title
	}
	m.hits = append(m.hits, h)
}

// each visits the effects that a filter chooses.
func (m *matcher) each(choose func(*lineage.Effect) bool) {
	for i := range m.st.Effects {
		if e := &m.st.Effects[i]; choose(e) {
			m.effect(i, hit{})
		}
	}
}

// effect records a match of the i-th effect.
func (m *matcher) effect(i int, h hit) {
	e := &m.st.Effects[i]
	if m.rule.Severity != Warn {
		m.effects[i] = true
	}
	h.object, h.position = e.Object.String(), e.Pos
	m.hit(h)
}
