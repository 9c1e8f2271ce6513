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
	lenient bool // severity A that standard warns of while no approvals are configured
	always  bool // denied by every profile but observe
	also    bool // the class decides besides: the rule alone permits nothing
	match   func(*matcher)
}

// Changeable reports whether a policy may change what becomes of the rule's hits. Those that guard the guard itself, and
// masked values that would overwrite real ones, stay as they are.
func (r Rule) Changeable() bool {
	switch r.ID {
	case "TX05", "TX06", "DM16":
		return false
	}
	return !r.always
}

// Rules gives the catalogue in the order in which it is evaluated.
func Rules() []Rule { return slices.Clone(catalogue) }

// catalogue is filled by one file for each family. The classes come last: they decide what no rule before them named.
var catalogue = slices.Concat(
	envelopeRules, dataRules, schemaRules, outsideRules, settingRules, privilegeRules, readRules, untrustedRules, classRules,
)

// hit is one match of a rule under the profiles in which it counts.
type hit struct {
	rule     *Rule
	object   string
	position int
	message  string
	// safe replaces what the rule advises; "" = it does not.
	safe string
	// only are the profiles in which the hit counts; 0 = all.
	only profiles
	// standard replaces what the severity gives in standard and migration; "" = it does not.
	standard lineage.Decision
	// firm keeps migration from softening it.
	firm bool
	// when is a condition on arguments or on the connection; nil = always.
	when func(*Input) bool
}

// matcher runs the rules over the facts of one statement.
type matcher struct {
	st     *lineage.Statement
	policy *Policy
	caller CallerClass
	rule   *Rule
	hits   []hit
	// What a rule of its own has named, so that the class does not decide it.
	effects   []bool
	functions []bool
}

func match(st *lineage.Statement, p *Policy, caller CallerClass) []hit {
	m := &matcher{st: st, policy: p, caller: caller, effects: make([]bool, len(st.Effects)), functions: make([]bool, len(st.Functions))}
	for i := range catalogue {
		if m.rule = &catalogue[i]; m.rule.match != nil {
			m.rule.match(m)
		}
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

// names reports whether a match of the rule takes the decision from the class. Advice does not: what a rule warns of may
// still be of a class that is denied.
func (m *matcher) names() bool { return m.rule.Severity != Warn && !m.rule.also }

// effect records a match of the i-th effect.
func (m *matcher) effect(i int, h hit) {
	e := &m.st.Effects[i]
	m.effects[i] = m.effects[i] || m.names()
	h.object, h.position = e.Object.String(), e.Pos
	if h.object == "" || e.NamedByValue() {
		h.object = e.Command
	}
	m.hit(h)
}

// each matches the effects that a filter chooses. What runs because the target has a trigger is recorded by the driver
// and never a reason to hold an ordinary write.
func (m *matcher) each(choose func(*lineage.Effect) bool) { m.eachWith(hit{}, choose) }

func (m *matcher) eachWith(h hit, choose func(*lineage.Effect) bool) {
	for i := range m.st.Effects {
		if e := &m.st.Effects[i]; e.Inside&lineage.InTrigger == 0 && choose(e) {
			m.effect(i, h)
		}
	}
}

// function records a match of the i-th call.
func (m *matcher) function(i int, h hit) {
	u := &m.st.Functions[i]
	m.functions[i] = m.functions[i] || m.names()
	h.object, h.position = u.Name.String(), u.Pos
	m.hit(h)
}

// calls matches the calls that a filter chooses.
func (m *matcher) calls(choose func(*lineage.FunctionUse) bool) { m.callsWith(hit{}, choose) }

func (m *matcher) callsWith(h hit, choose func(*lineage.FunctionUse) bool) {
	for i := range m.st.Functions {
		if u := &m.st.Functions[i]; u.Inside&lineage.InTrigger == 0 && choose(u) {
			m.function(i, h)
		}
	}
}

// command chooses effects by their command tag.
func command(tags ...string) func(*lineage.Effect) bool {
	set := wordSet(tags...)
	return func(e *lineage.Effect) bool { return set[e.Command] }
}

// action chooses the actions of ALTER TABLE and its kin.
func action(actions ...string) func(*lineage.Effect) bool {
	set := wordSet(actions...)
	return func(e *lineage.Effect) bool { return set[e.Action] && altersRelation(e) }
}

func altersRelation(e *lineage.Effect) bool {
	switch e.Command {
	case "ALTER TABLE", "ALTER FOREIGN TABLE", "ALTER VIEW", "ALTER MATERIALIZED VIEW", "ALTER INDEX", "ALTER SEQUENCE", "ALTER TYPE":
		return true
	}
	return false
}

func wordSet(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}
