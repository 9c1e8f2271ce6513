package mask

import (
	"fmt"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// Why says in words what makes a column one of its class; "" for a column of none.
func Why(rel *lineage.Relation, col *lineage.Column) string {
	named := classByName(rel, col)
	var labels []string
	for _, comment := range append([]string{col.Comment}, col.Related...) {
		labels = append(labels, lineage.Labels(comment)...)
	}
	switch class := Classify(rel, col); {
	case len(labels) > 0:
		return "label " + lineage.Label(labels...)
	case class == "":
		return ""
	case class == Labelled && named == "":
		provider, _, _ := strings.Cut(strings.Join(col.Security, ""), ": ")
		return "security label of " + provider
	case class != named && class == Class(col.Held.Class):
		return fmt.Sprintf("values: %d of %d in the server's statistics", col.Held.Matching, col.Held.Values)
	case class != named && col.Expression != "":
		return "computed from other columns"
	case class != named:
		return "attributes of type " + col.FieldsOf.Name
	}
	s := subject{column: split(col.Name), relation: split(rel.Name.Name), kind: kindOf(col), list: isList(col)}
	switch named {
	case s.byPhrase(&s.column):
		return "name"
	case s.byPlace():
		return "name, in a relation named " + rel.Name.Name
	}
	return "type " + bareType(col.Type)
}

// AddLabel appends a label to the comment of a column, and keeps what stands there. A label that has no end would swallow
// it: it gets one.
func AddLabel(comment string, class Class) string {
	label := lineage.Label(string(class))
	if comment == "" {
		return label
	}
	if out := comment + " " + label; Says(out, class) {
		return out
	}
	return comment + "] " + label
}

// Says reports whether a label in a comment names a class.
func Says(comment string, class Class) bool {
	for _, word := range lineage.Labels(comment) {
		if c, _ := ClassOfWord(word); c == class || word == string(class) {
			return true
		}
	}
	return false
}
