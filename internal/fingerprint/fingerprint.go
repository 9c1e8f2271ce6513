// Package fingerprint gives statements the two texts by which people and policies name them: what they say without values,
// and a short name of that.
package fingerprint

import (
	"slices"

	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// Set fills Normalized and Fingerprint of statements whose facts are complete.
func Set(list []*lineage.Statement) {
	for _, st := range list {
		st.Normalized, st.Fingerprint = pgparse.Texts(st.SQL, keep(st))
	}
}

// keep says what the fingerprint of a statement tells apart. A literal of an ordinary query is a value; anywhere else it
// can be code, a file, a setting or an object.
func keep(st *lineage.Statement) pgparse.Keep {
	switch st.Command {
	case "SAVEPOINT", "RELEASE", "ROLLBACK":
		return pgparse.Literals // programs number their savepoints
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE":
		if !decides(st) {
			return pgparse.Names
		}
	}
	return pgparse.Names | pgparse.Literals
}

// decides reports whether a literal can decide what an ordinary query does: it is part of a setting, or of the call of
// code that was not read and that can do more than give a value.
func decides(st *lineage.Statement) bool {
	return len(st.Settings) > 0 ||
		slices.ContainsFunc(st.Effects, func(e lineage.Effect) bool { return e.Command == "DO" || e.Command == "CALL" }) ||
		slices.ContainsFunc(st.Functions, hidden)
}

func hidden(u lineage.FunctionUse) bool {
	if u.Opened || !slices.ContainsFunc(u.Args, func(a lineage.Arg) bool { return a.Const != nil }) {
		return false
	}
	return len(u.Candidates) == 0 || slices.ContainsFunc(u.Candidates, func(f *lineage.Function) bool { return f.Volatility == 'v' })
}
