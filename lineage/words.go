package lineage

import "strings"

// String names the parts of the set: reads, writes, locks.
func (a Access) String() string {
	return setWords(int(a), []string{"reads", "writes", "locks"})
}

// String names what the part stands in, outermost kinds first: "" for the top level, "cte, subquery".
func (i Inside) String() string {
	return setWords(int(i), insideNames)
}

// insideNames has a word for each bit of [Inside], in order.
var insideNames = []string{
	"cte", "subquery", "explain", "explain analyze", "prepare", "cursor", "copy", "definition", "function", "view", "do",
	"trigger", "merge arm", "create table as",
}

func setWords(set int, names []string) string { return strings.Join(setList(set, names), ", ") }

func setList(set int, names []string) []string {
	var out []string
	for i, name := range names {
		if set&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// String is the role in one word.
func (r SourceRole) String() string {
	return wordAt(int(r), []string{"", "value", "condition", "window", "extra", "order", "subtracted", "counted"})
}

// String is the kind in one word.
func (k SourceKind) String() string {
	return wordAt(int(k), []string{"", "identity", "transformation", "aggregation"})
}

func wordAt(i int, words []string) string {
	if i < len(words) {
		return words[i]
	}
	return "unknown"
}

// Word is the kind as SQL names it: table, view, sequence.
func (k RelKind) Word() string {
	switch k {
	case Table:
		return "table"
	case PartitionedTable:
		return "partitioned table"
	case View:
		return "view"
	case MaterializedView:
		return "materialized view"
	case ForeignTable:
		return "foreign table"
	case Sequence:
		return "sequence"
	case Index, PartitionedIndex:
		return "index"
	case CompositeType:
		return "composite type"
	case ToastTable:
		return "toast table"
	}
	return ""
}

// volatilityWord is pg_proc.provolatile in a word.
func volatilityWord(v byte) string {
	switch v {
	case 'i':
		return "immutable"
	case 's':
		return "stable"
	case 'v':
		return "volatile"
	}
	return "unknown volatility"
}

// quotedName writes a relation or function as SQL does.
func quotedName(n Name) string {
	if n.Schema == "" {
		return QuoteName(n.Name)
	}
	return QuoteName(n.Schema) + "." + QuoteName(n.Name)
}

// quotedColumn writes a column as SQL does; a whole row is a star.
func quotedColumn(c ColumnID) string {
	if c.Column == "" {
		return quotedName(c.Of()) + ".*"
	}
	return quotedName(c.Of()) + "." + QuoteName(c.Column)
}
