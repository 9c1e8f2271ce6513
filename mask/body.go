package mask

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// bodyColumn gives a sensitive column that the opened body of a function or of DO reads, nil where none does. The facts
// say that a body reads it and not where it goes then: it may be in whatever is no column of a table.
func (p *planner) bodyColumn() *lineage.ColumnID { return p.bodyIn(0) }

// definitionBody is bodyColumn for what a definition calls: a default, the expression of a generated column, USING.
func (p *planner) definitionBody() *lineage.ColumnID { return p.bodyIn(lineage.InDefinition) }

func (p *planner) bodyIn(definition lineage.Inside) *lineage.ColumnID {
	const inside = lineage.InFunction | lineage.InDo
	for i := range p.Statement.Relations {
		use := &p.Statement.Relations[i]
		if use.Inside&inside == 0 || use.Inside&(lineage.InDefinition|lineage.InTrigger) != definition || use.Access&lineage.Reads == 0 {
			continue
		}
		rel := p.relation(use.Relation.Name)
		if rel == nil {
			if isSystemSchema(use.Relation.Schema) {
				continue
			}
			return &lineage.ColumnID{Schema: use.Relation.Schema, Relation: use.Relation.Name.Name}
		}
		for j := range rel.Columns {
			c := &rel.Columns[j]
			if use.Columns != nil && !slices.Contains(use.Columns, c.Name) {
				continue
			}
			id := lineage.ColumnID{Schema: rel.Schema, Relation: rel.Name.Name, Column: c.Name}
			if p.Classify(rel, c) != "" && !p.Shows(id) {
				return &id
			}
		}
	}
	return nil
}

// hideBody hides an output because of what a body reads.
func (p *planner) hideBody(v *verdict) {
	var class Class
	if rel := p.relation(p.body.Of()); rel != nil {
		if col, ok := rel.Column(p.body.Column); ok {
			class = p.Classify(rel, col)
		}
	}
	v.hide(class, *p.body)
	v.several = true
}

// isStored reports whether an output is what stands in a column of a table, so that no function had a part in it.
func (p *planner) isStored(o *lineage.Output) bool {
	if o.Origin == nil || !isPlain(o) {
		return false
	}
	return o.Sources[0].Column == o.Base[0].Column || !p.mixes()
}

// isCopy reports whether a value is made of columns as they are, and nothing else.
func (p *planner) isCopy(sources, base []lineage.Source) bool {
	if len(sources) == 0 || base != nil && len(base) == 0 {
		return false
	}
	for _, list := range [2][]lineage.Source{sources, base} {
		for i := range list {
			if !isSame(&list[i]) {
				return false
			}
		}
	}
	return !p.mixes()
}

// mixes reports whether anything in the statement may make one column of several values, of which the facts name only
// those that come from tables: a set operation, VALUES, a merged column of a join.
func (p *planner) mixes() bool {
	if p.mixed != nil {
		return *p.mixed
	}
	mixed := p.says("union", "intersect", "except", "values", "using", "natural")
	p.mixed = &mixed
	return mixed
}

// says reports whether one of some words stands in the statement, in a view that it reads or in a function that it calls.
func (p *planner) says(words ...string) bool {
	in := func(text string) bool {
		text = strings.ToLower(text)
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
	st := p.Statement
	if in(st.SQL) {
		return true
	}
	for i := range st.Relations {
		if in(st.Relations[i].Relation.Definition) {
			return true
		}
	}
	for i := range st.Functions {
		for _, c := range st.Functions[i].Candidates {
			if c.Schema != "pg_catalog" && in(c.Body) {
				return true
			}
		}
	}
	return false
}

// mayCarryBody reports whether an argument of a call may hold what a body has read: it is no constant, no parameter
// alone, no column.
func (p *planner) mayCarryBody(f *lineage.FunctionUse, index int) bool {
	arg := &f.Args[index]
	switch {
	case arg.Const != nil, arg.Null:
		return false
	case len(arg.Sources) > 0:
		return len(arg.Params) > 0 || !p.isCopy(arg.Sources, arg.Base)
	}
	return len(arg.Params) != 1 || !isParameter(argumentText(p.Statement.SQL, f.Pos, index))
}

// onlyCall is the one call of a function of somebody's in the statement, outside of bodies; nil where there is none, where there
// are several, and where what it gives may come back to it.
func (p *planner) onlyCall() *lineage.FunctionUse {
	var only *lineage.FunctionUse
	st := p.Statement
	for i := range st.Functions {
		f := &st.Functions[i]
		if f.Inside&(lineage.InFunction|lineage.InDo) != 0 || !slices.ContainsFunc(f.Candidates, isSomebodys) {
			continue
		}
		if only != nil {
			return nil
		}
		only = f
	}
	if only == nil || p.says("recursive") || slices.ContainsFunc(only.Candidates, func(c *lineage.Function) bool { return c.Kind != 'f' }) {
		return nil
	}
	for i := range st.Functions {
		f := &st.Functions[i]
		if f != only && slices.ContainsFunc(f.Candidates, func(c *lineage.Function) bool { return slices.Contains(only.Candidates, c) }) {
			return nil // it calls itself
		}
	}
	return only
}

func isSomebodys(f *lineage.Function) bool {
	return !isSystemSchema(f.Schema) && (f.Extension == "" || f.Language != "c" && f.Language != "internal")
}

// cannotBeGiven reports whether an argument of a call cannot hold what a body has read because the only call in the statement
// that has a body is that very one, or stands in the body of that one and is given what that one is given. A function that
// has side effects tells in its body what it is given there, whoever gives it.
func cannotBeGiven(only, f *lineage.FunctionUse, index int) bool {
	switch {
	case only == nil:
		return false
	case f == only:
		return true
	}
	// What runs without being named, as casts do, has no arguments among the facts.
	return len(only.Args) > 0 && f.Inside&lineage.InFunction != 0 && f.Args[index].Given &&
		!slices.ContainsFunc(f.Candidates, func(c *lineage.Function) bool { return c.Volatility == 'v' })
}

// argumentText finds the text of an argument of the call at pos; "" where it is not plain to see.
func argumentText(sql string, pos, index int) string {
	if pos < 0 || pos >= len(sql) {
		return ""
	}
	i := strings.IndexByte(sql[pos:], '(')
	if i < 0 || strings.Trim(strings.ToLower(sql[pos:pos+i]), `abcdefghijklmnopqrstuvwxyz0123456789_." `) != "" {
		return ""
	}
	i += pos + 1
	depth, begin := 0, i
	for ; i < len(sql); i++ {
		switch sql[i] {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				if index > 0 {
					return ""
				}
				return strings.TrimSpace(sql[begin:i])
			}
		case ',':
			if depth > 0 {
				continue
			}
			if index == 0 {
				return strings.TrimSpace(sql[begin:i])
			}
			index--
			begin = i + 1
		case '\'', '"':
			end := strings.IndexByte(sql[i+1:], sql[i])
			if end < 0 {
				return ""
			}
			i += end + 1
		case '\\', '/', '-', '{':
			return "" // escapes and comments
		case '$':
			if i+1 == len(sql) || sql[i+1] < '0' || sql[i+1] > '9' {
				return ""
			}
		}
	}
	return ""
}

// isParameter reports whether a text is $n, perhaps with a cast.
func isParameter(text string) bool {
	text, typ, _ := strings.Cut(text, "::")
	text = strings.TrimSpace(text)
	if len(text) < 2 || text[0] != '$' || strings.Trim(text[1:], "0123456789") != "" {
		return false
	}
	return strings.Trim(strings.ToLower(typ), "abcdefghijklmnopqrstuvwxyz0123456789_. []") == ""
}
