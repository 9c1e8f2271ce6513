package lineage

import (
	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// Analyze says what one parsed statement is and touches, by the names that the catalog resolves. It never fails: what it
// cannot resolve is in Unresolved, what the catalog has not loaded is in Needs.
func Analyze(stmt pgparse.Statement, catalog Catalog) *Statement {
	a := &analyzer{catalog: catalog, st: &Statement{SQL: stmt.SQL, Offset: stmt.Pos}}
	a.statement(stmt.Node, 0)
	return a.st
}

// analyzer collects the facts of one statement.
type analyzer struct {
	catalog Catalog
	st      *Statement
}

// statement analyses one statement of any kind, also below EXPLAIN, PREPARE and the like.
func (a *analyzer) statement(n *ast.Node, inside Inside) {
	a.utility(n, inside)
}

// use resolves a relation that the text names, and records the use. It gives nil where the catalog has none.
func (a *analyzer) use(rv *ast.RangeVar, access Access, command string, inside Inside) *Relation {
	return nil
}

// expression analyses an expression that stands outside a query: a default, a check, an index expression, a policy. The
// columns of rel, if it is not nil, are in scope.
func (a *analyzer) expression(n *ast.Node, rel *Relation, inside Inside) {}

func (a *analyzer) effect(e Effect) { a.st.Effects = append(a.st.Effects, e) }

func (a *analyzer) unresolved(reason, object string, pos int32) {
	a.st.Unresolved = append(a.st.Unresolved, Unresolved{Reason: reason, Object: object, Pos: int(pos)})
}
