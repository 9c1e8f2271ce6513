// Package dryrun decides a text as the driver does, and runs nothing.
package dryrun

import (
	"errors"
	"slices"
	"time"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/assume"
	"github.com/governedsql/governed/internal/labels"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// Question is a text, who sends it and when.
type Question struct {
	Policy  *guard.Policy
	Catalog *assume.Catalog
	SQL     string
	Args    []any
	Caller  lineage.Caller
	// Class is that of the caller, which need not be what a verifier would say of it.
	Class   guard.CallerClass
	Job     lineage.Job
	Purpose string
	Now     time.Time // zero = not known
}

// Answer is what the driver would do.
type Answer struct {
	Statements []*lineage.Statement
	// Verdict is of the whole text, the deciding reason first. Positions count from the beginning of the text.
	Verdict guard.Verdict
	// Outputs say what happens to the columns of the result, of the one statement that there is; nil where there are
	// several.
	Outputs []Output
	// Labels would be written into comments with the text: what its copies hold.
	Labels []mask.Label
	// Assumed are the relations of which nothing is known but what the text and the policy say.
	Assumed []*lineage.Relation
}

// Output is one column of a result.
type Output struct {
	Name      string
	Treatment string // "" = the value as it is
	Class     string
	Columns   []lineage.ColumnID // the sensitive ones that it is made of
	Cleared   bool               // it is sensitive, and a grant shows it
}

// maxBytes is the length of a text that the driver takes unless it is told otherwise.
const maxBytes = pgparse.DefaultMaxBytes

// Ask decides a text.
func Ask(q *Question) *Answer {
	parsed, err := pgparse.Parse(q.SQL, maxBytes)
	if err != nil {
		return &Answer{Verdict: unread(err, q.Policy)}
	}
	a := &Answer{Statements: q.Catalog.Analyze(parsed)}
	a.Assumed = q.Catalog.Assumed(a.Statements)
	in := q.input()
	verdicts := q.Policy.DecideAll(a.Statements, in)
	masker := planner()
	var written []mask.Label
	for i, st := range a.Statements {
		plan := masker.Plan(mask.Input{
			Statement: st, Catalog: q.Catalog, Rules: labels.Rules(q.Policy, verdicts[i].Columns, q.Catalog, nil).After(written),
		})
		written = append(written, plan.Labels...)
		for j := range plan.Findings {
			f := &plan.Findings[j]
			if f.Rule == mask.RuleWholeRow && !q.Catalog.Whole(f.Column.Of()) {
				continue
			}
			rank := labels.Rank(f, q.Policy.Profile(), in.Who)
			if rank == "" {
				continue
			}
			verdicts[i] = q.Policy.With(verdicts[i], st, &in, rank, lineage.Reason{
				Rule: f.Rule, Severity: "B", Object: f.Column.String(), Position: f.Pos, Message: f.Message,
				Safe: "leave the column out, or read it in clear by a grant",
			})
		}
		if len(a.Statements) == 1 && q.Policy.Profile() != guard.Observe {
			a.Outputs = outputs(st, plan)
		}
	}
	if q.Policy.Profile() != guard.Observe {
		a.Labels = written
	}
	for i, st := range a.Statements {
		verdicts[i].Reasons = shifted(verdicts[i].Reasons, st.Offset)
	}
	a.Verdict = guard.Combined(verdicts)
	return a
}

// shifted are reasons whose positions count from the beginning of the text.
func shifted(reasons []lineage.Reason, offset int) []lineage.Reason {
	out := slices.Clone(reasons)
	for i := range out {
		if out[i].Position >= 0 {
			out[i].Position += offset
		}
	}
	return out
}

func (q *Question) input() guard.Input {
	rules := labels.Rules(q.Policy, nil, q.Catalog, nil)
	in := guard.Input{
		Caller: q.Class, Who: q.Caller, Job: q.Job, Purpose: q.Purpose, Now: q.Now,
		DedicatedConnection: q.Policy.Profile() == guard.Migration,
		Sensitive: func(id lineage.ColumnID) bool {
			r, found := q.Catalog.Relation(id.Schema, id.Relation)
			if found != lineage.Present {
				return true
			}
			col, ok := r.Column(id.Column)
			return !ok || rules.Classify(r, col) != "" && !rules.Shows(id)
		},
	}
	if len(q.Args) > 0 {
		in.Args = func(n int) (any, bool) {
			if n < 1 || n > len(q.Args) {
				return nil, false
			}
			return q.Args[n-1], true
		}
	}
	return in
}

// planner makes plans. No value is masked with it, so its key keeps nothing.
func planner() *mask.Masker {
	m, err := mask.New(mask.Config{Key: make([]byte, 32)})
	if err != nil {
		panic("dryrun: " + err.Error()) // the key is long enough
	}
	return m
}

func outputs(st *lineage.Statement, plan *mask.Plan) []Output {
	out := make([]Output, len(st.Outputs))
	for i := range st.Outputs {
		c := &plan.Columns[i]
		out[i] = Output{Name: st.Outputs[i].Name, Treatment: c.Treatment, Class: c.Class, Columns: c.Sources}
	}
	for _, shown := range plan.Cleared {
		o := &out[shown.Ordinal]
		o.Cleared, o.Class, o.Columns = true, shown.Class, append(o.Columns, shown.Column)
	}
	return out
}

// unread is the denial of a text that is not SQL.
func unread(err error, p *guard.Policy) guard.Verdict {
	r := lineage.Reason{Rule: "TX05", Severity: "B", Position: -1, Message: err.Error(), Applied: p.Profile() != guard.Observe}
	var e *pgparse.Error
	if errors.As(err, &e) {
		r.Position, r.Message = e.Pos, e.Reason
		if errors.Is(err, pgparse.ErrInput) {
			r.Rule = "TX09"
		}
	}
	v := guard.Verdict{Decision: lineage.Deny, Reasons: []lineage.Reason{r}}
	if p.Profile() == guard.Observe {
		v.Decision, v.Would = lineage.Warn, lineage.Deny
	}
	return v
}
