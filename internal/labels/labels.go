// Package labels joins what a policy says of columns, which guard knows, with the rules by which package mask works. The
// two know nothing of each other.
package labels

import (
	"slices"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// LookupKey is the tag of a sensitive column by which rows may be looked up: an address that a caller knows.
const LookupKey = "lookup"

// Rules are the rules for masks under a policy and what it says for one statement and caller; nil columns say nothing.
// shows is the caller's own list of columns that are read in clear. A mask of the policy's own beats every grant. What
// restricts a column of a table restricts it in the tables that inherit from it, and in its partitions; what gives does not.
func Rules(policy *guard.Policy, columns *guard.Columns, catalog lineage.Catalog, shows func(lineage.ColumnID) bool) mask.Rules {
	labels := policy.Labels()
	if !labels && columns == nil {
		return mask.Rules{Clear: shows}
	}
	label := func(id lineage.ColumnID, byName mask.Class) mask.Class {
		class := byName
		if labels {
			class = ByTags(policy.ColumnTags(id), byName)
		}
		if _, treated := columns.Treatment(id, string(class)); treated && class == "" {
			class = mask.Labelled
		}
		return class
	}
	treatment := func(id lineage.ColumnID, class mask.Class) (string, bool) {
		if columns == nil {
			return "", false
		}
		return columns.Strongest(inherited(catalog, id), string(class))
	}
	classOf := func(id lineage.ColumnID) mask.Class {
		r, found := catalog.Relation(id.Schema, id.Relation)
		if found != lineage.Present {
			return ""
		}
		col, ok := r.Column(id.Column)
		if !ok {
			return ""
		}
		return (&mask.Rules{Label: label}).Classify(r, col)
	}
	return mask.Rules{
		Label: label,
		Known: func(id lineage.ColumnID) bool {
			return labels && slices.Contains(policy.ColumnTags(id), mask.NotSensitive)
		},
		Lookup: func(id lineage.ColumnID) bool {
			return labels && slices.Contains(policy.ColumnTags(id), LookupKey)
		},
		Treat: func(id lineage.ColumnID, class mask.Class) string {
			t, _ := treatment(id, class)
			return t
		},
		Clear: func(id lineage.ColumnID) bool {
			class := classOf(id)
			if _, treated := treatment(id, class); treated {
				return false
			}
			return columns.Clear(id, string(class)) || shows != nil && shows(id)
		},
	}
}

// inherited are a column and those of the name in the tables that its own inherits from, or is a partition of.
func inherited(catalog lineage.Catalog, id lineage.ColumnID) []lineage.ColumnID {
	out := []lineage.ColumnID{id}
	if r, found := catalog.Relation(id.Schema, id.Relation); found == lineage.Present {
		for _, p := range r.Parents {
			out = append(out, lineage.ColumnID{Schema: p.Schema, Relation: p.Name, Column: id.Column})
		}
	}
	return out
}

// ByTags gives the class that the tags of a column say: the last word of a tag is a class (pii.email), the tag
// not_sensitive takes the class away, and one of the words for sensitive data gives one where nothing else does. Other
// tags are the policy's own.
func ByTags(tags []string, byName mask.Class) mask.Class {
	class, open := mask.Class(""), false
	for _, tag := range tags {
		c, named := mask.ClassOfWord(tag)
		switch {
		case tag == mask.NotSensitive:
			open = true
		case named || byName == "":
			class = mask.Severest(class, c)
		}
	}
	switch {
	case class != "":
		return class
	case open:
		return ""
	}
	return byName
}

// Rank is what becomes of a statement in which the masks found something that they do not reach: copies and channels are
// denied, the rest is masked and warned of. Strict denies all of it. An agent, which can ask a thousand questions where a
// program asks one, may not let masked columns decide or fault either. "" = it is not worth a word.
func Rank(f *mask.Finding, profile guard.Profile, caller lineage.Caller) lineage.Decision {
	inference := f.Rule == mask.RulePredicate || f.Rule == mask.RuleFault
	switch {
	case profile == guard.Strict, f.Rule == mask.RuleCopy, f.Rule == mask.RuleChannel:
		return lineage.Deny
	case inference && caller.Kind() == lineage.AgentCaller:
		return lineage.Deny
	case f.Lookup, f.Unkeyed:
		return ""
	}
	return lineage.Warn
}
