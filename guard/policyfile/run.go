package policyfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/assume"
	"github.com/governedsql/governed/internal/dryrun"
	"github.com/governedsql/governed/lineage"
)

// TestResult is what became of one test of a policy.
type TestResult struct {
	Name string
	Line int
	SQL  string
	// Failures say what was expected and what came; nil = the test passed.
	Failures []string
	// Decision and Reasons are what came, the deciding reason first.
	Decision lineage.Decision
	Reasons  []lineage.Reason
	// Assumed are the tables that the test stands on and that schema does not declare.
	Assumed []*lineage.Relation
}

// Passed reports whether all was as expected.
func (r *TestResult) Passed() bool { return len(r.Failures) == 0 }

// TestError says that a policy does not do what its own tests expect. It is not put in force.
type TestError struct {
	File   string
	Failed []TestResult
}

// Error lists the failed tests, what they expected, what came and why.
func (e *TestError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of the policy's own tests failed", e.File, len(e.Failed))
	for i := range e.Failed {
		b.WriteString("\n" + e.Failed[i].Explain())
	}
	return b.String()
}

// Explain tells what failed and why, or that nothing did.
func (r *TestResult) Explain() string {
	var b strings.Builder
	if r.Passed() {
		return "ok    " + r.Name
	}
	fmt.Fprintf(&b, "FAIL  %s (line %d)", r.Name, r.Line)
	for _, f := range r.Failures {
		b.WriteString("\n        " + f)
	}
	for _, reason := range r.Reasons {
		mark := "recorded"
		if reason.Applied {
			mark = "applied"
		}
		b.WriteString("\n        " + strings.TrimSpace(fmt.Sprintf("%s %s: %s", reason.Rule, mark, reason.Message+onObject(reason.Object))))
	}
	return b.String()
}

func onObject(object string) string {
	if object == "" {
		return ""
	}
	return " (" + object + ")"
}

// Test runs the tests of the file. They need no database: relations that schema: does not declare are assumed to have the
// columns that datasets and the statement itself name.
func (f *File) Test() []TestResult {
	out := make([]TestResult, 0, len(f.tests))
	for i := range f.tests {
		out = append(out, f.runTest(&f.tests[i]))
	}
	return out
}

func (f *File) runTest(t *test) TestResult {
	r := TestResult{Name: t.name, Line: t.at.Line, SQL: t.given.sql}
	base := guard.Config{Profile: t.given.profile, Environment: t.given.env, Approvals: f.asksApproval()}
	if t.given.approvals != nil {
		base.Approvals = *t.given.approvals
	}
	c, err := f.Config(base)
	var p *guard.Policy
	if err == nil {
		p, err = guard.NewPolicy(c)
	}
	if err != nil {
		r.Failures = []string{err.Error()}
		return r
	}
	caller, class := t.given.identity.Caller()
	a := dryrun.Ask(&dryrun.Question{
		Policy: p, Catalog: assume.New(f.schema, p.Columns), SQL: t.given.sql, Args: t.given.args,
		Caller: caller, Class: class, Job: t.given.job, Purpose: t.given.purpose, Now: t.given.now,
	})
	r.Decision, r.Reasons, r.Assumed = a.Verdict.Decision, a.Verdict.Reasons, a.Assumed
	r.Failures = t.expect.compare(a)
	return r
}

// compare says where an answer is not as expected.
func (e *expect) compare(a *dryrun.Answer) []string {
	var out []string
	miss := func(what, want, got string) {
		out = append(out, fmt.Sprintf("%s: expected %s, got %s", what, want, got))
	}
	v := &a.Verdict
	if e.decision != "" && decisionOf(e.decision) != v.Decision {
		miss("decision", e.decision, wordOf(v.Decision))
	}
	if why := e.vacuous(v); why != "" {
		out = append(out, why)
	}
	if e.rule != "" && !e.decided(v) {
		miss("rule", e.rule, ruleWords(v))
	}
	for _, name := range slices.Sorted(maps.Keys(e.mask)) {
		if got := treatmentOf(a, name); got != e.mask[name] {
			miss("mask of "+quoted(name), e.mask[name], got)
		}
	}
	for _, name := range e.clear {
		if o := outputNamed(a, name); o == nil || !o.Cleared || o.Treatment != "" {
			miss("column "+quoted(name), "to be shown in clear by a grant", treatmentOf(a, name))
		}
	}
	if e.limit.named != nil {
		var got guard.Limits
		if v.Limits != nil {
			got = *v.Limits
		}
		if want := e.limit.over(got); want != got {
			miss("limit", DescribeLimits(want), DescribeLimits(got))
		}
	}
	return out
}

// accidents are the rules that deny a statement which was not understood, or not as one that an application sends: what they
// deny says nothing of a policy.
var accidents = []string{guard.RuleUnresolved, "TX05", "TX01"}

// vacuous says why a denial is not the one that a test expects who names no rule; "" where it is.
func (e *expect) vacuous(v *guard.Verdict) string {
	if e.rule != "" || decisionOf(e.decision) != lineage.Deny || v.Decision != lineage.Deny {
		return ""
	}
	var why *lineage.Reason
	for i := range v.Reasons {
		switch r := &v.Reasons[i]; {
		case !r.Applied:
		case !slices.Contains(accidents, r.Rule):
			return ""
		case why == nil:
			why = r
		}
	}
	if why == nil {
		return ""
	}
	out := fmt.Sprintf("decision: denied by %s alone, whatever the policy says: %s", why.Rule, why.Message+onObject(why.Object))
	if why.Rule == guard.RuleUnresolved {
		out += "; declare what the statement names under schema:"
	} else {
		out += "; correct the sql"
	}
	return out + ", or expect it by rule: " + why.Rule
}

// decided reports whether the rule is one of the reasons for the decision. Several rules may say the same; the order among
// them says nothing.
func (e *expect) decided(v *guard.Verdict) bool {
	refused := v.Decision == lineage.Deny || v.Decision == lineage.Hold
	return slices.ContainsFunc(v.Reasons, func(r lineage.Reason) bool { return r.Rule == e.rule && (r.Applied || !refused) })
}

func ruleWords(v *guard.Verdict) string {
	var ids []string
	for _, r := range v.Reasons {
		if !slices.Contains(ids, r.Rule) {
			ids = append(ids, r.Rule)
		}
	}
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

func outputNamed(a *dryrun.Answer, name string) *dryrun.Output {
	for i := range a.Outputs {
		if a.Outputs[i].Name == name {
			return &a.Outputs[i]
		}
	}
	return nil
}

func treatmentOf(a *dryrun.Answer, name string) string {
	switch o := outputNamed(a, name); {
	case o == nil && len(a.Statements) > 1:
		return "several statements, whose columns a test cannot ask for"
	case o == nil:
		var names []string
		for i := range a.Outputs {
			names = append(names, a.Outputs[i].Name)
		}
		return fmt.Sprintf("no such column in the result (it has: %s)", strings.Join(names, ", "))
	case o.Treatment == "":
		return shown
	default:
		return o.Treatment
	}
}

// DescribeLimits writes limits for people, by the words of the file.
func DescribeLimits(l guard.Limits) string {
	if l.IsZero() {
		return "none"
	}
	var out []string
	add := func(name string, value any, set bool) {
		if set {
			out = append(out, fmt.Sprintf("%s %v", name, value))
		}
	}
	add("affected_rows", l.AffectedRows, l.AffectedRows > 0)
	add("rows", l.Rows, l.Rows > 0)
	add("bytes", l.Bytes, l.Bytes > 0)
	add("statement_timeout", Duration(l.StatementTimeout), l.StatementTimeout > 0)
	add("lock_timeout", Duration(l.LockTimeout), l.LockTimeout > 0)
	add("idle_timeout", Duration(l.IdleTimeout), l.IdleTimeout > 0)
	add("cost", strconv.FormatFloat(l.Cost, 'f', -1, 64), l.Cost > 0)
	if b := l.Budget; b.Per > 0 {
		var of []string
		if b.Rows > 0 {
			of = append(of, fmt.Sprintf("%d rows", b.Rows))
		}
		if b.Bytes > 0 {
			of = append(of, fmt.Sprintf("%d bytes", b.Bytes))
		}
		add("budget", strings.Join(of, " and ")+" per "+Duration(b.Per), true)
	}
	return strings.Join(out, ", ")
}

// Duration writes a length of time as the file does: 1h for 1h0m0s.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
