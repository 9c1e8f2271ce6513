package lineage

import "github.com/governedsql/governed/internal/pgparse"

// Analyze says what one parsed statement is and touches, by the names that the catalog resolves.
func Analyze(stmt pgparse.Statement, catalog Catalog) *Statement {
	_ = catalog
	return &Statement{SQL: stmt.SQL, Offset: stmt.Pos, Unresolved: []Unresolved{{Reason: "not analysed"}}}
}
