package mask

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// Finding is something that a statement does with a sensitive column beside returning it. Rule is the id of the catalogue
// of guard rules; what a finding costs under a profile is the driver's to say.
type Finding struct {
	Rule    string
	Column  lineage.ColumnID
	Message string
	Pos     int // byte offset in the statement, -1 = none
	// Lookup means that the column is only compared with an argument: whoever asks knows the value. Where callers are not
	// trusted with that either, it is one guess.
	Lookup bool
	// Unkeyed means that a document is asked as a whole, or by a key that nobody knows: whether what is asked is sensitive is not
	// known.
	Unkeyed bool
	// Safe is what to do instead; "" = the column can be left out or read in clear.
	Safe string
}

// The rules that need to know what is sensitive.
const (
	RuleCopy      = "DM13" // a sensitive column is copied into one that nobody would recognise
	RuleChannel   = "IO16" // it decides what a function with side effects is given, or how many rows there are
	RuleWholeRow  = "RD04"
	RulePredicate = "RD10"
	RuleFault     = "RD11"
	RuleAggregate = "RD12"
)

// findings collects what the statement does with sensitive columns.
func (p *planner) findings() []Finding {
	var out []Finding
	out = p.copies(out)
	out = p.definitions(out)
	out = p.channels(out)
	out = p.notifies(out)
	out = p.influences(out)
	out = p.questions(out)
	return p.outputs(out)
}

// hidden gives the first sensitive column among sources that is not shown.
func (p *planner) hidden(sources, base []lineage.Source) (lineage.ColumnID, bool) {
	if base == nil {
		base = sources
	}
	v := p.judge(sources, base)
	if v.hidden == nil {
		return lineage.ColumnID{}, false
	}
	return v.hidden[0], true
}

// hiddenArg is hidden for an argument of a call.
func (p *planner) hiddenArg(a *lineage.Arg) (lineage.ColumnID, bool) {
	v := p.judge(a.Sources, a.Base)
	p.judgeKeys(&v, a.Base, &a.Taking)
	switch {
	case v.hidden != nil:
		return v.hidden[0], true
	case v.unkeyed != nil:
		return v.unkeyed[0], true
	}
	return lineage.ColumnID{}, false
}

// hiddenInfluence is hidden for what decides which rows there are. Where a key is not known, whose it is is not known either.
func (p *planner) hiddenInfluence(in *lineage.Influence) (lineage.ColumnID, bool) {
	list := []lineage.Source{in.Source}
	v := p.judge(list, list)
	p.judgeKeys(&v, list, &lineage.Taking{Taken: in.Taken})
	switch {
	case v.hidden != nil:
		return v.hidden[0], true
	case in.Every && v.unkeyed != nil: // the sensitive ones are among those that it asks
		return v.unkeyed[0], true
	case p.ranks(&in.Source):
		return in.Source.Column, true
	}
	return lineage.ColumnID{}, false
}

// ranks reports whether a column that is not shown does not flow into a value and decides about it all the same: about the order
// or the number of what is counted, or about what is left over.
func (p *planner) ranks(s *lineage.Source) bool {
	if !p.onlyDecides(s) {
		return false
	}
	class, known := p.classOf(s)
	return !known || class != ""
}

// onlyDecides is ranks for a column of any class.
func (p *planner) onlyDecides(s *lineage.Source) bool {
	return !p.flows(s) && !p.Shows(s.Column) && slices.ContainsFunc(s.Edges, func(e lineage.Edge) bool {
		return e.Role != lineage.Value && e.Role != lineage.Extra && e.Role != lineage.Counted
	})
}

func (p *planner) judge(sources, base []lineage.Source) (v verdict) {
	o := &lineage.Output{Sources: sources, Base: base}
	p.judgeBase(&v, o)
	p.judgeViews(&v, o)
	return v
}

// copies finds assignments that carry a sensitive value to where no mask would find it.
func (p *planner) copies(out []Finding) []Finding {
	for i := range p.Statement.Assigns {
		a := &p.Statement.Assigns[i]
		column, class, sensitive := p.carried(a)
		if !sensitive {
			p.carriesShown(a)
			p.carriesPeople(a)
			continue
		}
		if p.keeps(a, class) || p.carries(a) {
			continue
		}
		out = append(out, Finding{Rule: RuleCopy, Column: column, Message: column.String() + " is copied into " + a.Target.String() + ", which does not hide it", Pos: a.Pos})
	}
	return out
}

// carried gives a sensitive column whose value an assignment may carry, and its class: none where there are several or
// where the value comes out of a body.
func (p *planner) carried(a *lineage.Assign) (column lineage.ColumnID, class Class, sensitive bool) {
	v := p.judgeCopy(a)
	if p.body != nil && !a.Direct && !a.Default && (len(a.Params) > 0 || !p.isCopy(a.Sources, a.Base)) {
		v.hide("", *p.body)
		v.several = true
	}
	if v.hidden == nil {
		return column, "", false
	}
	if !v.several {
		class = v.class
	}
	return v.hidden[0], class, true
}

// judgeCopy is judge for an assignment. A member of a document is hidden in a document by the key that it has there, and by
// its own elsewhere: so is one of which nobody knows the key.
func (p *planner) judgeCopy(a *lineage.Assign) verdict {
	v := p.judge(a.Sources, a.Base)
	p.judgeKeys(&v, a.Base, &a.Taking)
	for _, c := range v.unkeyed {
		v.hide(Labelled, c)
		v.several = true
	}
	return v
}

// keeps reports whether what is assigned stays hidden where it goes: nothing of it is shown there, or it is of the class
// of the column and goes there as it is. Any other mask shows a part of what it takes for a value of its class: the last
// digits of a text are those that somebody put there.
func (p *planner) keeps(a *lineage.Assign, class Class) bool {
	c := a.Target
	rel := p.relation(c.Of())
	if rel == nil || makes[a.Command] {
		if rel = p.made(a); rel == nil {
			return false
		}
	}
	col, ok := rel.Column(c.Column)
	if !ok || p.Shows(c) {
		return false
	}
	target := p.Classify(rel, col)
	switch {
	case target == "":
		return false
	case target == class && (a.Member || p.isUnchanged(a)):
		return true
	case p.carriesMore(a, target):
		return false // who is shown what the target is called would be shown what it is
	}
	// A pseudonym is a keyed digest of the whole: two values tell no more than whether they are equal.
	return hidesAll(p.treatment(rel, col, target)) && !keepsShape(col)
}

// carriesMore reports whether a sensitive value of a more severe class than the target's takes part in an assignment. What
// is labelled may be anything, and a grant for it is one for anything.
func (p *planner) carriesMore(a *lineage.Assign, target Class) bool {
	if target == Labelled {
		return false
	}
	for _, list := range [2][]lineage.Source{a.Sources, a.Base} {
		for i := range list {
			s := &list[i]
			if class, known := p.classOf(s); p.flows(s) && !p.Shows(s.Column) && (!known || severity[class] > severity[target]) {
				return true
			}
		}
	}
	return false
}

// keepsShape reports whether something of a value shows even when it is redacted: how many elements it has, and which are
// missing.
func keepsShape(col *lineage.Column) bool {
	return isList(col) || kindOf(col)&kindDocument != 0
}

// isUnchanged reports whether an assignment is of a column as it is, or of one of several values of which each is.
func (p *planner) isUnchanged(a *lineage.Assign) bool {
	same := true
	for _, list := range [2][]lineage.Source{a.Sources, a.Base} {
		for i := range list {
			for _, e := range list[i].Edges {
				if e.Role != lineage.Value {
					return false
				}
				same = same && e.Kind == lineage.Identity
			}
		}
	}
	return same || a.Inside&(lineage.InFunction|lineage.InDo) == 0 && chooses(p.Statement.SQL, a.Pos)
}

// channels finds sensitive columns that leave by another way than a result: as an argument of a function with side
// effects, as the number of rows of a function that returns a set, as a limit.
func (p *planner) channels(out []Finding) []Finding {
	reader := p.onlyCall()
	for i := range p.Statement.Functions {
		f := &p.Statement.Functions[i]
		if f.Inside&(lineage.InDefinition|lineage.InExplain) != 0 || !hasEffects(f) {
			continue
		}
		for j := range f.Args {
			column, sensitive := p.hidden(f.Args[j].Sources, f.Args[j].Base)
			if !sensitive && tellsMembers(f) {
				column, sensitive = p.hiddenArg(&f.Args[j])
			}
			if !sensitive && p.body != nil && p.mayCarryBody(f, j) && !cannotBeGiven(reader, f, j) {
				column, sensitive = *p.body, true
			}
			if sensitive {
				out = append(out, Finding{Rule: RuleChannel, Column: column, Message: column.String() + " is an argument of " + f.Name.String(), Pos: f.Pos})
			}
		}
		if p.body != nil && f.Loops && slices.ContainsFunc(f.Candidates, func(c *lineage.Function) bool { return c.ReturnsSet }) {
			out = append(out, Finding{Rule: RuleChannel, Column: *p.body, Message: p.body.String() + " may decide how many rows the loop in " + f.Name.String() + " gives", Pos: f.Pos})
		}
	}
	if p.body != nil && computesLimit(p.Statement.SQL) {
		out = append(out, Finding{Rule: RuleChannel, Column: *p.body, Message: "what a function gives that reads " + p.body.String() + " may decide how many rows there are", Pos: -1})
	}
	for i := range p.Statement.Indirect {
		in := &p.Statement.Indirect[i]
		if in.Kind != lineage.Limit {
			continue
		}
		arg := lineage.Arg{Sources: []lineage.Source{in.Source}, Base: []lineage.Source{in.Source}, Taking: lineage.Taking{Taken: in.Taken}}
		if column, sensitive := p.hiddenArg(&arg); sensitive {
			out = append(out, Finding{Rule: RuleChannel, Column: column, Message: column.String() + " decides how many rows there are", Pos: -1})
		}
	}
	return out
}

// hasEffects reports whether a call can tell somebody else what it was given: by what it does, or by how many rows it
// makes.
func hasEffects(f *lineage.FunctionUse) bool {
	for _, c := range f.Candidates {
		if c.Volatility == 'v' || c.ReturnsSet {
			return true
		}
	}
	return false
}

// tellsMembers reports whether a call tells somebody else what member of a document it was given. PostgreSQL's own functions
// over documents and lists give as many rows as those have elements, and no more of them than an output does.
func tellsMembers(f *lineage.FunctionUse) bool {
	return slices.ContainsFunc(f.Candidates, func(c *lineage.Function) bool {
		return c.Volatility == 'v' || c.ReturnsSet && (c.Schema != "pg_catalog" && c.Extension == "" || f.Name.Name == "generate_series")
	})
}

// isLookup reports whether a column is one that rows are looked up by: a key of its own, or one that rules call so.
func (p *planner) isLookup(s *lineage.Source) bool {
	if p.Lookup != nil && p.Lookup(s.Column) {
		return true
	}
	rel := p.relation(s.Column.Of())
	if rel == nil {
		return false
	}
	col, ok := rel.Column(s.Column.Column)
	return ok && col.Key
}

// influences finds sensitive columns that decide which rows there are. Equality with a bound value on a declared key passes:
// a program that looks somebody up by address knows the address.
func (p *planner) influences(out []Finding) []Finding {
	var seen, compared []lineage.ColumnID
	if p.body != nil {
		// Where what the body has read goes in the statement is not among the facts: it may be a condition.
		out = append(out, Finding{
			Rule: RulePredicate, Column: *p.body, Pos: -1, Lookup: true,
			Message: "a function reads the masked column " + p.body.String() + ", and what it gives may decide which rows come back",
		})
	}
	for i := range p.Statement.Indirect {
		in := &p.Statement.Indirect[i]
		if in.Kind == lineage.Limit || in.Equality && p.isLookup(&in.Source) {
			continue
		}
		column, sensitive := p.hiddenInfluence(in)
		if !sensitive || in.Equality && slices.Contains(compared, column) || slices.Contains(seen, column) {
			continue
		}
		f := decides(column)
		if f.Lookup = in.Equality; f.Lookup {
			compared = append(compared, column)
			f.Message = "the masked column " + column.String() + " is compared with an argument, and is no declared key"
		} else {
			seen = append(seen, column)
		}
		out = append(out, f)
	}
	for i := range p.Statement.Outputs {
		o := &p.Statement.Outputs[i]
		for j := range o.Base {
			s := &o.Base[j]
			if (p.ranks(s) || p.onlyDecides(s) && p.asksMember(s.Column, &o.Taken)) && !slices.Contains(seen, s.Column) {
				seen = append(seen, s.Column)
				out = append(out, decides(s.Column))
			}
		}
	}
	return out
}

// asksMember reports whether a sensitive member of a document was taken out of a column, by a key that is known, or any of them
// may be asked.
func (p *planner) asksMember(id lineage.ColumnID, t *lineage.Taken) bool {
	var v verdict
	given := p.given(t)
	p.judgeMember(&v, id, &given, textual)
	return v.hidden != nil || v.unkeyed != nil && t.Every
}

func decides(column lineage.ColumnID) Finding {
	return Finding{Rule: RulePredicate, Column: column, Message: "the masked column " + column.String() + " decides which rows come back, or their order", Pos: -1}
}

// outputs finds what is computed from sensitive columns, and whole rows of them.
func (p *planner) outputs(out []Finding) []Finding {
	plain := map[lineage.Name]int{}
	for i := range p.Statement.Outputs {
		o := &p.Statement.Outputs[i]
		c := &p.plan.Columns[i]
		if o.Origin != nil {
			plain[o.Origin.Column.Of()]++
		}
		if c.Treatment == "" || len(c.Sources) == 0 || isPlain(o) {
			continue
		}
		f := Finding{Rule: RuleFault, Column: c.Sources[0], Message: "an expression over the masked column " + c.Sources[0].String(), Pos: -1}
		if aggregates(o) {
			f.Rule, f.Message = RuleAggregate, "an aggregate over the masked column "+c.Sources[0].String()
		}
		out = append(out, f)
	}
	for name, n := range plain {
		rel := p.relation(name)
		if rel == nil || n < 2 || n < len(rel.Columns) {
			continue
		}
		if c, sensitive := p.sensitiveColumn(rel); sensitive {
			out = append(out, Finding{Rule: RuleWholeRow, Column: c, Message: "every column of " + name.String() + " is read, masked ones included", Pos: -1})
		}
	}
	return out
}

func aggregates(o *lineage.Output) bool {
	for i := range o.Base {
		if slices.ContainsFunc(o.Base[i].Edges, func(e lineage.Edge) bool { return e.Kind == lineage.Aggregation }) {
			return true
		}
	}
	return false
}

func (p *planner) sensitiveColumn(rel *lineage.Relation) (lineage.ColumnID, bool) {
	for i := range rel.Columns {
		c := &rel.Columns[i]
		id := lineage.ColumnID{Schema: rel.Schema, Relation: rel.Name.Name, Column: c.Name}
		if p.Classify(rel, c) != "" && !p.Shows(id) {
			return id, true
		}
	}
	return lineage.ColumnID{}, false
}
