package driver

import (
	"slices"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// cursor is one that the driver saw declared in the transaction that is open: what FETCH from it returns is what the
// query of its declaration returns, for the caller that declared it. Cursors that a function opened are not known, and
// nothing is fetched from them.
type cursor struct {
	caller lineage.Caller
	policy *guard.Policy
	scope  *scope // in which the query was analysed
	query  *lineage.Statement
	class  guard.CallerClass
	static *guard.Static // what the policy makes of the query for that class
	m      *masking      // of the query's result, for the answer of the policy that was met last; nil where nobody masks
}

// again decides the query of the cursor for this moment: a FETCH is a read of what it reads, and the caller's token, its
// purpose or the time may be others than when the cursor was declared.
func (c *cursor) again(p *passage, class guard.CallerClass) guard.Verdict {
	if class != c.class {
		c.class, c.static = class, p.policy.Static(c.query, class)
	}
	v := c.static.Decide(p.input(class, c.static.Dynamic()))
	if c.m == nil || c.m.columns == v.Columns {
		return v
	}
	rules := p.s.g.rules(p.policy, v.Columns, c.scope)
	plan := p.s.g.masker.Plan(mask.Input{Statement: c.query, Catalog: c.scope, Rules: rules})
	c.m = newMasking(p.policy, v.Columns, rules, plan)
	return v
}

// cursorName is the cursor that the statement is about, "" where it is not that command.
func cursorName(st *lineage.Statement, command string) string {
	if st == nil || st.Command != command {
		return ""
	}
	for i := range st.Effects {
		if e := &st.Effects[i]; e.Command == command && e.Inside == 0 {
			return truncateName(e.Object.Name)
		}
	}
	return ""
}

// declare remembers the cursor that a statement has declared.
func (t *transaction) declare(p *passage) {
	name := cursorName(p.a.statement(), "DECLARE CURSOR")
	if name == "" {
		return
	}
	delete(t.cursors, name)
	c := p.declared()
	if c == nil {
		return
	}
	if t.cursors == nil {
		t.cursors = map[string]*cursor{}
	}
	t.cursors[name] = c
}

// declared analyses the query of a declaration by itself: the declaration returns nothing, its facts hold no outputs. Nil
// means that nobody knows what would be fetched.
func (p *passage) declared() *cursor {
	a := p.a
	parsed, err := pgparse.Parse(a.text, p.s.g.maxBytes)
	if err != nil || len(parsed) != 1 {
		return nil
	}
	query := parsed[0].Node.GetDeclareCursorStmt().GetQuery()
	if query == nil {
		return nil
	}
	st := lineage.Analyze(pgparse.Statement{Node: query, SQL: parsed[0].SQL, Pos: parsed[0].Pos}, a.scope)
	if len(st.Needs) > 0 || len(st.Unresolved) > 0 {
		return nil
	}
	st.Fingerprint = a.statement().Fingerprint // by which policies know the declaration
	class := guard.ClassOf(p.rec.Caller, p.now)
	c := &cursor{caller: p.rec.Caller, policy: p.policy, scope: a.scope, query: st, class: class, static: p.policy.Static(st, class)}
	if p.s.g.masker == nil || p.m == nil {
		return c
	}
	plan := p.s.g.masker.Plan(mask.Input{Statement: st, Catalog: a.scope, Rules: p.m.rules})
	for _, f := range plan.Findings {
		if f.Rule == mask.RuleCopy || f.Rule == mask.RuleChannel || p.policy.Profile() == guard.Strict {
			return nil // as a SELECT it would be denied
		}
	}
	c.m = newMasking(p.m.policy, p.m.columns, p.m.rules, plan)
	return c
}

// fetches notes that the statement returns the rows of a cursor. What is known of its text from another time says nothing
// about them. Another caller than the one that declared it does not know the cursor: its masks are others.
func (p *passage) fetches() {
	name := cursorName(p.a.statement(), "FETCH")
	if name == "" || p.s.observing() {
		return
	}
	p.request.fresh = true
	if p.knows(name) {
		p.cursor = p.s.tx.cursors[name]
	}
}

// knows reports whether a cursor was declared by this caller.
func (p *passage) knows(name string) bool {
	c := p.s.tx.cursors[truncateName(name)]
	return c != nil && c.policy == p.policy && sameCaller(c.caller, p.rec.Caller)
}

func sameCaller(a, b lineage.Caller) bool {
	return a.Kind() == b.Kind() && a.Issuer() == b.Issuer() && a.Subject() == b.Subject() && a.TokenID() == b.TokenID() &&
		slices.Equal(a.Actors(), b.Actors()) && slices.Equal(a.Roles(), b.Roles())
}

// resultScope is the catalog by which the columns of the result are known.
func (p *passage) resultScope() *scope {
	if p.cursor != nil {
		return p.cursor.scope
	}
	return p.a.scope
}
