package mask

import (
	"slices"
	"strings"
	"sync"

	"github.com/governedsql/governed/lineage"
)

// UnknownKey is what the report calls a value that was taken out of a document by a key that nobody knows. No label gives it.
const UnknownKey Class = "unknown_key"

// judgeKeys hides what was taken out of a document by the key of something sensitive, as the document itself hides it, and
// what was taken out by a key that nobody knows.
func (p *planner) judgeKeys(v *verdict, base []lineage.Source, t *lineage.Taking) {
	var inner lineage.Taken
	switch {
	case !t.Bodied:
	case t.Inner == nil:
		inner = p.Statement.Bodies
	default:
		inner = *t.Inner
	}
	if t.Taken.IsZero() && inner.IsZero() {
		return
	}
	given := p.given(&t.Taken)
	for i := range base {
		if s := &base[i]; p.flows(s) {
			p.judgeMember(v, s.Column, &given, textual)
		}
	}
	if t.Bodied {
		p.judgeBodies(v, base, &given, &inner)
	}
}

// judgeBodies is judgeKeys for what bodies of functions may have given: which of the documents that they read, or were given,
// went into the value is not among the facts.
func (p *planner) judgeBodies(v *verdict, base []lineage.Source, outer, inner *lineage.Taken) {
	const inside = lineage.InFunction | lineage.InDo
	given := kindDocument
	if outer.Parsed || inner.Parsed {
		given = textual
	}
	for i := range base {
		if s := &base[i]; p.flows(s) {
			p.judgeMember(v, s.Column, inner, given)
		}
	}
	for i := range p.Statement.Relations {
		use := &p.Statement.Relations[i]
		if use.Inside&inside == 0 || use.Access&lineage.Reads == 0 {
			continue
		}
		rel := p.relation(use.Relation.Name)
		if rel == nil {
			continue // see bodyColumn
		}
		for j := range rel.Columns {
			if c := &rel.Columns[j]; use.Columns == nil || slices.Contains(use.Columns, c.Name) {
				p.judgeMember(v, idOf(rel, c), inner, kindDocument)
				p.judgeMember(v, idOf(rel, c), outer, kindDocument)
			}
		}
	}
}

// given puts the values of parameters that are keys in their place. A parameter of which nobody knows the value may be any key.
func (p *planner) given(t *lineage.Taken) lineage.Taken {
	out := *t
	out.Params = nil
	for _, n := range t.Params {
		p.asks(n)
		var texts []string
		known := false
		if p.Arg != nil {
			texts, known = p.Arg(n)
		}
		if !known {
			out.Any = lineage.Anywhere
			continue
		}
		for _, text := range texts {
			keys, any := lineage.KeysOf(text)
			out.Keys = append(slices.Clip(out.Keys), keys...)
			if any {
				out.Any = lineage.Anywhere
			}
		}
	}
	return out
}

// membersOf are the keys by which a value was taken out of documents, as what is blanked there is remembered; nil where it was not.
func (p *planner) membersOf(t *lineage.Taking) (keys []string) {
	if t.Taken.IsZero() && !t.Bodied {
		return nil
	}
	given := p.given(&t.Taken)
	taken := []*lineage.Taken{&given}
	switch {
	case !t.Bodied:
	case t.Inner == nil:
		taken = append(taken, &p.Statement.Bodies)
	default:
		taken = append(taken, t.Inner)
	}
	for _, k := range taken {
		keys = append(keys, k.Keys...)
		if k.Any != 0 || k.Every {
			keys = append(keys, unknownMember)
		}
	}
	return keys
}

// holders are the columns of the documents out of which a value was taken.
func (p *planner) holders(o *lineage.Output) (out []lineage.ColumnID) {
	for _, list := range [2][]lineage.Source{o.Sources, o.Base} {
		for i := range list {
			if s := &list[i]; p.flows(s) && !slices.Contains(out, s.Column) {
				out = append(out, s.Column)
			}
		}
	}
	return out
}

// asks notes that the plan depends on the value of a parameter.
func (p *planner) asks(n int) {
	if !slices.Contains(p.plan.Params, n) {
		p.plan.Params = append(p.plan.Params, n)
	}
}

// judgeMember judges a value that was taken out of a column, if that is of one of some kinds.
func (p *planner) judgeMember(v *verdict, id lineage.ColumnID, t *lineage.Taken, of kinds) {
	rel := p.relation(id.Of())
	if rel == nil || isSystemSchema(id.Schema) || p.Shows(id) || p.isOpen(rel, id) {
		return
	}
	col, ok := rel.Column(id.Column)
	if !ok || kindOf(col)&of == 0 {
		return
	}
	above := []string{rel.Name.Name, id.Column}
	if p.isOfPeople(id) {
		above = append(above, somebody)
	}
	if class := classOfKeys(above, t.Keys); class != "" {
		v.hide(class, id)
	}
	switch {
	case t.Every, t.Any == lineage.Anywhere, t.Cut && len(t.Keys) > 0 && isContainer(t.Keys[len(t.Keys)-1]):
		v.unkey(id, true)
	case t.Any == lineage.AtTop:
		v.unkey(id, false)
	}
}

// isOpen reports whether somebody said that a column holds nothing sensitive.
func (p *planner) isOpen(rel *lineage.Relation, id lineage.ColumnID) bool {
	if p.Known != nil && p.Known(id) {
		return true
	}
	col, ok := rel.Column(id.Column)
	return ok && col.Comment != "" && slices.Contains(lineage.Labels(col.Comment), NotSensitive) && p.Classify(rel, col) == ""
}

// classOfKeys is the class of what stands in a document under some keys, one below the other; above are the names that the document
// stands under.
func classOfKeys(above, keys []string) Class {
	const most = 16 // of which each may be the parent of each
	c := Class("")
	for i, key := range keys {
		for _, name := range above {
			c = severest(c, classOfKey(name, key))
		}
		for j := range min(len(keys), most) {
			if i != j && i < most {
				c = severest(c, classOfKey(keys[j], key))
			}
		}
	}
	return c
}

// classOfKey is the class of a member of an object.
func classOfKey(parent, key string) Class {
	return classByName(&lineage.Relation{Name: lineage.Name{Name: parent}}, &lineage.Column{Name: key, Type: "text", TypeOID: 25})
}

// containers are words for what has fields of its own.
var containers = sync.OnceValue(func() wordSet {
	return setOf(`account attribute billing body card contact content data detail document employment entity entry extra form identity info
		item kyc line member meta metadata object options owner params payload payment person personal profile properties property raw record
		request response result row section settings shipping snapshot source target values x y z`)
})

// isContainer reports whether what stands under a key is likely to be an object with keys of its own.
func isContainer(key string) bool {
	w := split(key)
	if w.len() == 0 {
		return false
	}
	last := w.span(w.len()-1, w.len())
	return lexicon().people.has(last) || containers().has(last)
}

// unkey hides what was taken out of a column by a key that nobody knows.
func (v *verdict) unkey(c lineage.ColumnID, deep bool) {
	v.deep = v.deep || deep
	if !slices.Contains(v.unkeyed, c) {
		v.unkeyed = append(v.unkeyed, c)
	}
}

// hasKeys reports whether what a document of a column holds is judged by keys.
func (p *planner) hasKeys(id lineage.ColumnID) bool {
	rel := p.relation(id.Of())
	if rel == nil || p.isOpen(rel, id) {
		return false
	}
	col, ok := rel.Column(id.Column)
	return ok && kindOf(col)&textual != 0
}

// somebody is a word for people, for what nothing else says to be one.
const somebody = "person"

// document is a column that holds documents.
type document struct {
	lineage.ColumnID
	people bool // a label says that they are of people
}

// documentsOf are those columns that hold documents, by their types or by what the output makes of them.
func (p *planner) documentsOf(o *lineage.Output, columns []lineage.ColumnID) (out []document) {
	parsed := o.Parsed || isPlain(o)
	for _, id := range columns {
		rel := p.relation(id.Of())
		if rel == nil {
			continue
		}
		if col, ok := rel.Column(id.Column); ok && (kindOf(col)&kindDocument != 0 || parsed && kindOf(col)&textual != 0) {
			out = append(out, document{id, p.isOfPeople(id)})
		}
	}
	return out
}

// isXML reports whether a column holds XML.
func (p *planner) isXML(id lineage.ColumnID) bool {
	const oidXML = 142
	rel := p.relation(id.Of())
	if rel == nil {
		return false
	}
	col, ok := rel.Column(id.Column)
	return ok && (col.TypeOID == oidXML || col.Base == oidXML)
}

// computesDocuments reports whether the statement computes something of a document that is judged by its keys: an error of a
// cast quotes the text that it was given.
func (p *planner) computesDocuments() bool {
	st := p.Statement
	computed := func(base []lineage.Source, t *lineage.Taken) bool {
		return slices.ContainsFunc(base, func(s lineage.Source) bool { return !isSame(&s) && p.isDocument(s.Column, t) })
	}
	for i := range st.Outputs {
		if o := &st.Outputs[i]; computed(o.Base, &o.Taken) {
			return true
		}
	}
	for i := range st.Assigns {
		if a := &st.Assigns[i]; computed(a.Base, &a.Taken) {
			return true
		}
	}
	for i := range st.Indirect {
		if in := &st.Indirect[i]; computed([]lineage.Source{in.Source}, &in.Taken) {
			return true
		}
	}
	return !st.Bodies.IsZero()
}

// writesDocuments reports whether the statement writes or defines something of a relation with documents that are judged by their
// keys: an error of a constraint or of an index quotes a part of one.
func (p *planner) writesDocuments() bool {
	st := p.Statement
	for i := range st.Relations {
		if use := &st.Relations[i]; use.Access&lineage.Writes != 0 && p.hasDocuments(p.relation(use.Relation.Name)) {
			return true
		}
	}
	return st.Class == lineage.DDL && slices.ContainsFunc(st.Effects, func(e lineage.Effect) bool { return p.hasDocuments(e.Relation) })
}

func (p *planner) hasDocuments(rel *lineage.Relation) bool {
	if rel == nil {
		return false // see sensitive
	}
	return slices.ContainsFunc(rel.Columns, func(c lineage.Column) bool { return p.isDocument(idOf(rel, &c), &lineage.Taken{}) })
}

// isDocument reports whether a column holds documents that are judged by their keys, by its type or by what was taken out of it.
func (p *planner) isDocument(id lineage.ColumnID, t *lineage.Taken) bool {
	rel := p.relation(id.Of())
	if rel == nil || isSystemSchema(id.Schema) || p.Shows(id) || p.isOpen(rel, id) {
		return false
	}
	col, ok := rel.Column(id.Column)
	return ok && (kindOf(col)&kindDocument != 0 || !t.IsZero() && kindOf(col)&textual != 0)
}

// expressionKeys are the constants in an expression that takes members out of documents, as PostgreSQL prints it.
func expressionKeys(expression string) (keys []string) {
	if !slices.ContainsFunc([]string{"->", "#>", "extract_path", "path_query", "xpath", "fetchval", "['"}, func(s string) bool { return strings.Contains(expression, s) }) {
		return nil
	}
	for i := 0; i < len(expression); {
		n := tokenEnd(expression[i:])
		if expression[i] == '\'' && n > 1 {
			more, _ := lineage.KeysOf(strings.ReplaceAll(expression[i+1:i+n-1], "''", "'"))
			keys = append(keys, more...)
		}
		i += n
	}
	return keys
}
