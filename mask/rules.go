package mask

import "github.com/governedsql/governed/lineage"

// Rules is what grants and policies say of columns. The zero value says nothing: columns are classified by name and type,
// treated as their class is, and none is shown.
type Rules struct {
	// Clear reports whether a base column is shown in clear. Nil means that none is.
	Clear func(lineage.ColumnID) bool
	// Label gives the class of a column, knowing the class that its name, its type, its values and its labels in the database say; ""
	// for a column that holds nothing sensitive. Nil means that those decide.
	Label func(id lineage.ColumnID, byName Class) Class
	// Known reports whether a column was looked at by somebody who said that it holds nothing sensitive: its values are not
	// scanned. Nil means that of none.
	Known func(lineage.ColumnID) bool
	// Lookup reports whether a column is declared as one that rows are looked up by. Nil means that only keys are.
	Lookup func(lineage.ColumnID) bool
	// Treat gives the treatment of a column of a class; "" for the one that its class has. Nil means that for all.
	Treat func(id lineage.ColumnID, class Class) string
}

// Labelled is the class of a column that a policy or a label calls sensitive without saying what it holds.
const Labelled Class = "labelled"

// Shows reports whether a base column is shown in clear.
func (r *Rules) Shows(id lineage.ColumnID) bool { return r.Clear != nil && r.Clear(id) }

// Classify is the function of that name, with the labels of the rules.
func (r *Rules) Classify(rel *lineage.Relation, col *lineage.Column) Class {
	c := classByLabel(col, classByFacts(rel, col))
	if r.Label != nil {
		c = r.Label(idOf(rel, col), c)
	}
	for _, parent := range rel.Parents {
		c = severest(c, r.classInParent(parent, col))
	}
	if len(col.Fields) > 0 {
		c = severest(c, classOfFields(col))
	}
	if col.Expression != "" {
		c = severest(c, r.classOfExpression(rel, col))
	}
	for _, name := range col.Was {
		was := *col
		was.Name, was.Was = name, nil
		c = severest(c, r.Classify(rel, &was))
	}
	return c
}

// classInParent is the class of a column as one of a table that its own inherits from, or is a partition of: what the name
// of that table, or a policy, says of it holds for the rows in either. What its values say is of its own alone, so that a
// word about the column can take it away.
func (r *Rules) classInParent(parent lineage.Name, col *lineage.Column) Class {
	rel := &lineage.Relation{Name: parent, Kind: lineage.Table}
	c := classByLabel(col, classByName(rel, col))
	if r.Label != nil {
		c = r.Label(idOf(rel, col), c)
	}
	return c
}

// treatment is what is done to a column that is returned as it is.
func (r *Rules) treatment(rel *lineage.Relation, col *lineage.Column, class Class) string {
	if class == "" {
		return ""
	}
	t := ""
	if r.Treat != nil {
		t = r.Treat(idOf(rel, col), class)
	}
	if t == "" {
		t = treatments[class]
	}
	if !r.keepsForm(rel, col, class, t) {
		return Redact
	}
	return t
}

// keepsForm reports whether a column's values are of the form that the masks of its class know. Those of composites and
// of generated columns are not: any part of the sensitive value may be anywhere in them.
func (r *Rules) keepsForm(rel *lineage.Relation, col *lineage.Column, class Class, treatment string) bool {
	if treatment == Redact || treatment == Null {
		return true
	}
	if len(col.Fields) > 0 {
		return false
	}
	if col.Expression == "" || r.classOfExpression(rel, col) == "" {
		return true
	}
	return treatment == Pseudonym && classByName(rel, col) == class
}

func idOf(rel *lineage.Relation, col *lineage.Column) lineage.ColumnID {
	return lineage.ColumnID{Schema: rel.Schema, Relation: rel.Name.Name, Column: col.Name}
}
