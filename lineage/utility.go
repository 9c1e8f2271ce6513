package lineage

import "github.com/sqlc-dev/oliphant/ast"

// utility records the effects of a statement that is no query.
func (a *analyzer) utility(n *ast.Node, inside Inside) {
	a.unresolved("statement of unknown kind", "", -1)
}
