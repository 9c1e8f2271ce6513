package driver

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// Nobody can tell from a piece of a value what it is a piece of. Messages quote values whole; what stands beside them may
// have been cut by the server: the token at which a document stopped being JSON, the line before it, the row that a
// constraint refused.

// withholdPieces empties the fields of an error or a notice that may hold pieces of values which are looked at only whole.
// It reports whether there was anything.
func withholdPieces(e *pgconn.PgError, list []*lineage.Statement) bool {
	if !quotesPieces(e) || !slices.ContainsFunc(list, meetsUnlabelled) {
		return false
	}
	changed := e.Detail != "" || e.Hint != "" || e.Where != "" || e.InternalQuery != ""
	e.Detail, e.Hint, e.Where, e.InternalQuery = "", "", "", ""
	return changed
}

// quotesPieces reports whether an error is one of a value that could not be read (class 22), or of a row of which the server
// has left something out.
func quotesPieces(e *pgconn.PgError) bool {
	switch e.Code {
	case "23502", "23514", "44000":
		return strings.Contains(e.Detail, "...")
	}
	return strings.HasPrefix(e.Code, "22")
}

// meetsUnlabelled reports whether a statement meets values of a column that nobody has classified. Those that it only
// inserts are the caller's own.
func meetsUnlabelled(st *lineage.Statement) bool {
	for i := range st.Relations {
		u := &st.Relations[i]
		r := &u.Relation
		own := u.Access&lineage.Reads == 0 && (u.Command == "INSERT" || u.Command == "COPY") && len(r.Triggers) == 0 && !r.Rules && !r.Calls
		if own || r.Schema == "pg_catalog" || r.Schema == "information_schema" {
			continue
		}
		if !u.Known || slices.ContainsFunc(r.Columns, func(c lineage.Column) bool { return isUnlabelled(r, &c) }) {
			return true
		}
	}
	return false
}

// isUnlabelled reports whether a column may hold texts of which nobody has said what they are.
func isUnlabelled(r *lineage.Relation, c *lineage.Column) bool {
	oid := c.Base
	if oid == 0 {
		oid = c.TypeOID
	}
	return !textless[oid] && lineage.Labels(c.Comment) == nil && mask.Classify(r, c) == ""
}

// textless are PostgreSQL's types that hold no text: booleans, numbers, times, UUIDs.
var textless = map[uint32]bool{
	16: true, 20: true, 21: true, 23: true, 26: true, 700: true, 701: true, 790: true, 1700: true,
	1082: true, 1083: true, 1114: true, 1184: true, 1186: true, 1266: true, 2950: true,
}
