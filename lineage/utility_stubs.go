package lineage

import "github.com/sqlc-dev/oliphant/ast"

func (a *analyzer) query(n *ast.Node, inside Inside) []Output { return nil }

func isQuery(n *ast.Node) bool {
	switch n.GetNode().(type) {
	case *ast.Node_SelectStmt, *ast.Node_InsertStmt, *ast.Node_UpdateStmt, *ast.Node_DeleteStmt, *ast.Node_MergeStmt:
		return true
	}
	return false
}

func (a *analyzer) at(location int32) int { return int(location) - a.st.Offset }
