package mask

import "github.com/governedsql/governed/lineage"

// firstUserOID is the lowest OID of an object that is not PostgreSQL's own.
const firstUserOID = 16384

// Reconcile holds the plan against the server's description of this execution. Where the two witnesses disagree the
// stricter one decides, and a column that neither knows is redacted; mismatch then says so. ok is false where the result
// has another number of columns than the analysis, and nothing of it may be shown.
func (p *Plan) Reconcile(fields []Field, byOID func(uint32) *lineage.Relation) (columns []Column, mismatch, ok bool) {
	if len(fields) != len(p.Columns) {
		return nil, false, false
	}
	columns = p.Columns
	for i := range fields {
		c, f := &p.Columns[i], &fields[i]
		if agree(c.Origin, f) {
			continue
		}
		if !mismatch {
			columns = append([]Column(nil), p.Columns...)
			mismatch = true
		}
		columns[i] = p.stricter(c, f, byOID)
	}
	return columns, mismatch, true
}

func agree(origin *lineage.Source, f *Field) bool {
	if origin == nil {
		return f.TableOID == 0
	}
	return origin.RelOID != 0 && origin.RelOID == f.TableOID && origin.Num == f.Num
}

// stricter decides about a column for which the server names another source than the analysis.
func (p *Plan) stricter(c *Column, f *Field, byOID func(uint32) *lineage.Relation) Column {
	if f.TableOID == 0 {
		return redacted(c, nil) // the server says that it is no column, and the analysis that it is one
	}
	if f.Num < 0 {
		return *c // a system column
	}
	var rel *lineage.Relation
	if byOID != nil {
		rel = byOID(f.TableOID)
	}
	if rel == nil {
		if p.system && f.TableOID < firstUserOID {
			return *c
		}
		return redacted(c, nil)
	}
	col, ok := rel.Number(f.Num)
	if !ok || isOpen(rel) {
		return redacted(c, nil) // what is below a view only the analysis could say
	}
	id := lineage.ColumnID{Schema: rel.Schema, Relation: rel.Name.Name, Column: col.Name}
	class := p.rules.Classify(rel, col)
	treatment := p.rules.treatment(rel, col, class)
	switch {
	case class == "" || p.rules.Shows(id):
		return *c
	case c.Treatment == "":
		return Column{
			Treatment: treatment, Class: string(class), Sources: []lineage.ColumnID{id}, Origin: c.Origin,
			typ: col.Type, watch: []lineage.ColumnID{id}, derived: class == Labelled && treatment == Redact && keepsShape(col),
		}
	case c.Class == string(class) && c.Treatment == treatment:
		return *c
	}
	return redacted(c, &id)
}

// redacted is the column with nothing of its values left.
func redacted(c *Column, also *lineage.ColumnID) Column {
	out := *c
	out.Treatment, out.derived = Redact, true
	if also != nil {
		out.Sources = append(append([]lineage.ColumnID(nil), c.Sources...), *also)
	}
	return out
}

// isOpen reports whether a relation shows what is in others.
func isOpen(rel *lineage.Relation) bool {
	return (rel.Kind == lineage.View || rel.Kind == lineage.MaterializedView) && !isSystemSchema(rel.Schema)
}
