package mask

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// Plan says what has to be masked in the result of a statement.
func (m *Masker) Plan(in Input) *Plan {
	p := &planner{Input: in, relations: map[lineage.Name]*lineage.Relation{}}
	st := in.Statement
	for i := range st.Relations {
		if r := &st.Relations[i]; r.Known && r.Relation.Columns != nil {
			p.relations[r.Relation.Name] = &r.Relation
		}
	}
	p.plan = &Plan{Columns: make([]Column, len(st.Outputs)), rules: p.Rules, system: allSystem(st)}
	p.body = p.bodyColumn()
	p.rules = p.writes(func(r *lineage.Relation) bool { return r.Rules })
	p.plan.Sensitive = p.body != nil || p.rules || p.writes(func(r *lineage.Relation) bool { return len(r.Triggers) > 0 }) || p.sensitive()
	unknown := len(st.Unresolved) > 0 || len(st.Needs) > 0 || p.rules // what a rule returns is not in the facts
	for i := range st.Outputs {
		p.plan.Columns[i] = p.column(i, &st.Outputs[i], unknown)
	}
	p.plan.Findings = p.findings()
	return p.plan
}

// Scanned reports whether the values of any output are looked at.
func (p *Plan) Scanned() bool {
	return slices.ContainsFunc(p.Columns, func(c Column) bool { return c.scan && c.Treatment == "" })
}

// planner makes one plan.
type planner struct {
	Input
	relations map[lineage.Name]*lineage.Relation
	plan      *Plan
	body      *lineage.ColumnID // a sensitive column that the body of a function reads
	mixed     *bool             // see mixes
	filters   *bool             // see onlyFilters
	brought   *bool             // see brings
	turned    *turns            // see turnsOf
	rules     bool              // it writes a relation that has rules
}

func allSystem(st *lineage.Statement) bool {
	for i := range st.Relations {
		if !isSystemSchema(st.Relations[i].Relation.Schema) {
			return false
		}
	}
	return len(st.Unresolved) == 0 && len(st.Needs) == 0
}

// relation finds a relation by name; nil where nobody knows it.
func (p *planner) relation(name lineage.Name) *lineage.Relation {
	if r, ok := p.relations[name]; ok {
		return r
	}
	var rel *lineage.Relation
	if p.Catalog != nil {
		if r, found := p.Catalog.Relation(name.Schema, name.Name); found == lineage.Present {
			rel = r
		}
	}
	p.relations[name] = rel
	return rel
}

// writes reports whether the statement writes a relation of which is holds.
func (p *planner) writes(is func(*lineage.Relation) bool) bool {
	for i := range p.Statement.Relations {
		if use := &p.Statement.Relations[i]; use.Access&lineage.Writes != 0 && is(&use.Relation) {
			return true
		}
	}
	return false
}

// sensitive reports whether text from the server may carry values.
func (p *planner) sensitive() bool {
	st := p.Statement
	if len(st.Unresolved) > 0 || len(st.Needs) > 0 {
		return true
	}
	for i := range st.Relations {
		use := &st.Relations[i]
		rel := p.relation(use.Relation.Name)
		if rel == nil {
			return true
		}
		for j := range rel.Columns {
			c := &rel.Columns[j]
			if p.Classify(rel, c) != "" && !p.Shows(idOf(rel, c)) {
				return true
			}
		}
	}
	for i := range st.Outputs {
		if st.Outputs[i].Unresolved != "" {
			return true
		}
	}
	return p.writesDocuments() || p.computesDocuments()
}

// column decides about one output.
func (p *planner) column(ordinal int, o *lineage.Output, unknown bool) Column {
	c := Column{Origin: o.Origin, typ: o.Type}
	switch {
	case unknown || o.Unresolved != "":
		c.Treatment, c.derived = Redact, true
		return c
	case o.Harmless:
		return c
	}
	v := verdict{}
	p.judgeBase(&v, o)
	p.judgeViews(&v, o)
	p.judgeKeys(&v, o.Base, &o.Taking)
	if p.body != nil && !p.isStored(o) && !o.Accounted {
		p.hideBody(&v)
	}
	if o.Years && p.body == nil && p.showsYears(o, &v) {
		return c
	}
	if v.hidden == nil && v.unkeyed != nil {
		c.Class, c.Treatment, c.Sources, c.watch = string(UnknownKey), Redact, v.unkeyed, p.watched(o)
		c.derived, c.unkeyed, c.scanned = v.deep, !v.deep, v.unkeyed
		c.documents, c.keys = p.documentsOf(o, v.unkeyed), o.Keys
		c.members, c.holders = []string{unknownMember}, p.holders(o)
		return c
	}
	if v.hidden == nil {
		for _, shown := range v.shown {
			shown.Ordinal, shown.Output = ordinal, o.Name
			p.plan.Cleared = append(p.plan.Cleared, shown)
		}
		if v.shown == nil {
			c.scanned = p.unlabelled(o)
			c.scan = c.scanned != nil || len(o.Base) == 0 && p.brings()
			if c.scan {
				c.watch = p.watched(o)
			}
			c.turned = p.turnsOf()
			c.documents = p.documentsOf(o, c.scanned)
			c.stored, c.texts = p.isStored(o), slices.ContainsFunc(c.scanned, p.isTextual)
			c.numbers, c.named = p.holdsNumbers(c.scanned, c.stored)
			c.things = c.scan && p.areReferences(c.scanned, c.stored)
			c.brought = p.brings()
			if len(c.scanned) > 0 && !c.texts && !c.numbers && !c.brought {
				c.scan = false // dates, addresses of hosts, UUIDs, counts: as text they hold what they hold by themselves
			}
			c.members = p.membersOf(&o.Taking)
			c.keys, c.pieces, c.xml = o.Keys, !isPlain(o), slices.ContainsFunc(c.scanned, p.isXML)
			if o.KeyAt > 0 && slices.ContainsFunc(c.scanned, p.hasKeys) {
				c.KeyAt = o.KeyAt
			}
		}
		return c
	}
	c.Class, c.Sources = string(v.class), v.hidden
	c.watch = p.watched(o)
	c.derived = v.several || !isPlain(o)
	c.Treatment = Redact
	if c.members = p.membersOf(&o.Taking); c.members != nil {
		c.member, c.holders = o.Member, p.holders(o)
	}
	if c.derived && o.Picked && p.showsYears(o, &v) {
		c.Treatment, c.derived = Year, false // as of a row that is read
	} else if !c.derived {
		c.Treatment = p.treatmentOf(&o.Base[0], v.class)
		c.derived = v.class == Labelled && c.Treatment == Redact && p.isShaped(&o.Base[0])
	}
	return c
}

// showsYears reports whether an output is the year of a date of which its own treatment shows the year.
func (p *planner) showsYears(o *lineage.Output, v *verdict) bool {
	if len(o.Base) != 1 || len(v.hidden) != 1 || v.hidden[0] != o.Base[0].Column || v.several || len(o.Sources) != 1 {
		return false
	}
	return p.treatmentOf(&o.Base[0], v.class) == Year
}

// unlabelled are the columns of an output of which nobody knows what they hold; nil where there are none.
func (p *planner) unlabelled(o *lineage.Output) []lineage.ColumnID {
	var out []lineage.ColumnID
	for i := range o.Base {
		s := &o.Base[i]
		if s.Num < 0 || isSystemSchema(s.Column.Schema) && !told[s.Column] || !p.flows(s) || p.Shows(s.Column) || p.Known != nil && p.Known(s.Column) {
			continue
		}
		out = append(out, s.Column)
	}
	return out
}

// isTextual reports whether a column is one of texts or documents.
func (p *planner) isTextual(id lineage.ColumnID) bool {
	rel := p.relation(id.Of())
	if rel == nil {
		return true
	}
	col, ok := rel.Column(id.Column)
	return !ok || kindOf(col)&textual != 0
}

// told are columns of the system's views that show what a session was set to, which can be anything.
var told = map[lineage.ColumnID]bool{
	{Schema: "pg_catalog", Relation: "pg_settings", Column: "setting"}:                  true,
	{Schema: "pg_catalog", Relation: "pg_settings", Column: "reset_val"}:                true,
	{Schema: "pg_catalog", Relation: "pg_stat_activity", Column: "application_name"}:    true,
	{Schema: "pg_catalog", Relation: "pg_stat_activity", Column: "query"}:               true,
	{Schema: "pg_catalog", Relation: "pg_stat_replication", Column: "application_name"}: true,
	{Schema: "pg_catalog", Relation: "pg_sequences", Column: "last_value"}:              true,
}

// brings reports whether something in the statement gives what other statements have stored, without a column that it comes
// from: a setting, the body of a function. Which output it goes to is not among the facts.
func (p *planner) brings() bool {
	if p.brought != nil {
		return *p.brought
	}
	st := p.Statement
	brought := slices.ContainsFunc(st.Settings, func(u lineage.SettingUse) bool { return u.Via == "SHOW" }) ||
		slices.ContainsFunc(st.Functions, func(f lineage.FunctionUse) bool { return slices.ContainsFunc(f.Candidates, bringsStored) })
	p.brought = &brought
	return brought
}

// tellsStored are those of PostgreSQL's own functions that give a setting or a text of a session, as the views over them do,
// or what a sequence was set to.
var tellsStored = map[string]bool{
	"currval": true, "lastval": true, "pg_sequence_last_value": true,
	"current_setting": true, "set_config": true, "pg_show_all_settings": true, "pg_stat_get_activity": true,
	"pg_stat_get_backend_activity": true,
}

// bringsStored reports whether a function may give what is stored somewhere. Those of PostgreSQL that are not immutable give times,
// names and numbers of the system, all but those.
func bringsStored(f *lineage.Function) bool {
	if f.Schema == "pg_catalog" {
		return tellsStored[f.Name.Name]
	}
	return f.Schema != "information_schema" && f.Kind != 'a' // what its maker calls it binds no body: it may read tables all the same
}

// verdict is what the sources of one output come to.
type verdict struct {
	class   Class
	several bool // classes that differ
	hidden  []lineage.ColumnID
	shown   []lineage.ColumnMask
	unkeyed []lineage.ColumnID // members of these, by keys that nobody knows
	deep    bool               // such a member may be in any part of the value
}

func (v *verdict) hide(class Class, c lineage.ColumnID) {
	switch {
	case v.hidden == nil:
		v.class = class
	case class != v.class:
		v.several = true
	}
	if !slices.Contains(v.hidden, c) {
		v.hidden = append(v.hidden, c)
	}
}

func (v *verdict) show(class Class, c lineage.ColumnID) {
	v.shown = append(v.shown, lineage.ColumnMask{Column: c, Class: string(class)})
}

// judgeBase asks each column of a table whether it is sensitive.
func (p *planner) judgeBase(v *verdict, o *lineage.Output) {
	for i := range o.Base {
		s := &o.Base[i]
		if !p.flows(s) {
			continue
		}
		class, known := p.classOf(s)
		switch {
		case !known:
			v.hide("", s.Column)
			v.several = true
		case class == "":
		case p.Shows(s.Column):
			v.show(class, s.Column)
		default:
			v.hide(class, s.Column)
		}
	}
}

// judgeViews asks the columns that the statement names and that are not those of tables: a view may give a name to what
// its tables hide in one that says nothing. Such a column is shown when all that it is made of is.
func (p *planner) judgeViews(v *verdict, o *lineage.Output) {
	if len(o.Sources) == len(o.Base) && (len(o.Base) == 0 || &o.Sources[0] == &o.Base[0]) {
		return
	}
	for i := range o.Sources {
		s := &o.Sources[i]
		if !p.flows(s) {
			continue
		}
		class, known := p.classOf(s)
		switch {
		case !known:
			v.hide("", s.Column)
			v.several = true
		case class == "":
		case p.Shows(s.Column) || p.allClear(o.Base):
			v.show(class, s.Column)
		default:
			p.hideBelow(v, class, s.Column, o.Base)
		}
	}
}

// hideBelow hides what a view's column is made of, so that the columns named are those that a grant can show.
func (p *planner) hideBelow(v *verdict, class Class, view lineage.ColumnID, base []lineage.Source) {
	named := false
	for i := range base {
		if p.flows(&base[i]) && !p.Shows(base[i].Column) {
			v.hide(class, base[i].Column)
			named = true
		}
	}
	if !named {
		v.hide(class, view)
	}
}

func (p *planner) allClear(base []lineage.Source) bool {
	some := false
	for i := range base {
		if !p.flows(&base[i]) {
			continue
		}
		if !p.Shows(base[i].Column) {
			return false
		}
		some = true
	}
	return some
}

// classOf classifies a source; known is false where nobody knows the column.
func (p *planner) classOf(s *lineage.Source) (class Class, known bool) {
	if s.Num < 0 {
		return "", true // a system column
	}
	rel := p.relation(s.Column.Of())
	if rel == nil {
		return "", false
	}
	col, ok := rel.Column(s.Column.Column)
	if !ok {
		return "", false
	}
	return p.Classify(rel, col), true
}

// treatmentOf is what is done to a column of a class that is returned as it is. A view's column is treated as the
// column below it.
func (p *planner) treatmentOf(s *lineage.Source, class Class) string {
	if rel := p.relation(s.Column.Of()); rel != nil {
		if col, ok := rel.Column(s.Column.Column); ok {
			return p.treatment(rel, col, class)
		}
	}
	return Redact
}

// isShaped reports whether a column is one of which the shape shows when it is redacted. Where nobody knows what it holds,
// that may be the very value.
func (p *planner) isShaped(s *lineage.Source) bool {
	rel := p.relation(s.Column.Of())
	if rel == nil {
		return true
	}
	col, ok := rel.Column(s.Column.Column)
	return !ok || keepsShape(col)
}

// flows reports whether a source takes part in a value. What only decides which rows there are, or their order, does not.
func (p *planner) flows(s *lineage.Source) bool {
	for _, e := range s.Edges {
		switch e.Role {
		case lineage.Extra, lineage.Counted, lineage.Order, lineage.Subtracted, lineage.Window:
		case lineage.Condition:
			if e.Kind != lineage.Aggregation || !p.onlyFilters() {
				return true
			}
		default:
			return true
		}
	}
	return len(s.Edges) == 0
}

// onlyFilters reports whether the conditions of the statement's aggregates are those of FILTER, which decide what is
// counted as WHERE does: no aggregate but count takes a sensitive argument.
func (p *planner) onlyFilters() bool {
	if p.filters != nil {
		return *p.filters
	}
	only := false
	p.filters = &only // conditions flow while this is found out
	if p.says("json_arrayagg", "json_objectagg") {
		return false // no calls, as far as the facts go
	}
	for i := range p.Statement.Functions {
		f := &p.Statement.Functions[i]
		if !isAggregate(f) || f.Name == (lineage.Name{Schema: "pg_catalog", Name: "count"}) {
			continue
		}
		for j := range f.Args {
			if _, sensitive := p.hidden(f.Args[j].Sources, f.Args[j].Base); sensitive {
				return false
			}
		}
	}
	only = true
	return true
}

func isAggregate(f *lineage.FunctionUse) bool {
	for _, c := range f.Candidates {
		if c.Kind == 'a' || c.Kind == 'w' {
			return true
		}
	}
	return len(f.Candidates) == 0
}

// isPlain reports whether an output is one column as it is.
func isPlain(o *lineage.Output) bool {
	return len(o.Base) == 1 && len(o.Sources) == 1 && isSame(&o.Base[0]) && isSame(&o.Sources[0])
}

func isSame(s *lineage.Source) bool {
	return len(s.Edges) == 1 && s.Edges[0] == lineage.Edge{Role: lineage.Value, Kind: lineage.Identity}
}

// watched are the columns to which a program may write an output back: those whose value it may be unchanged, and those
// whose name it bears.
func (p *planner) watched(o *lineage.Output) []lineage.ColumnID {
	var out []lineage.ColumnID
	for _, list := range [2][]lineage.Source{o.Sources, o.Base} {
		for i := range list {
			s := &list[i]
			same := slices.Contains(s.Edges, lineage.Edge{Role: lineage.Value, Kind: lineage.Identity}) ||
				s.Column.Column == o.Name && p.flows(s)
			if same && !slices.Contains(out, s.Column) {
				out = append(out, s.Column)
			}
		}
	}
	return out
}
