package lineage

import "github.com/sqlc-dev/oliphant/ast"

// fold reads a condition for what it bounds. column tells of a column reference whether it is a column of the target,
// and which. A nil condition folds to nil.
func fold(where *ast.Node, column func(*ast.ColumnRef) (c *Column, target bool)) *Predicate {
	return nil
}
