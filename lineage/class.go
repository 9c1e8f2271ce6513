package lineage

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// class is the class of a statement as pgAudit has it. EXPLAIN, PREPARE and DECLARE have that of the statement inside.
func class(n *ast.Node) Class {
	switch s := n.GetNode().(type) {
	case *ast.Node_SelectStmt:
		return selectClass(s.SelectStmt)
	case *ast.Node_InsertStmt, *ast.Node_UpdateStmt, *ast.Node_DeleteStmt, *ast.Node_MergeStmt, *ast.Node_TruncateStmt:
		return Write
	case *ast.Node_CopyStmt:
		if s.CopyStmt.IsFrom || s.CopyStmt.Query != nil && class(s.CopyStmt.Query) == Write {
			return Write
		}
		return Read
	case *ast.Node_ExplainStmt:
		return class(s.ExplainStmt.Query)
	case *ast.Node_PrepareStmt:
		return class(s.PrepareStmt.Query)
	case *ast.Node_DeclareCursorStmt:
		return class(s.DeclareCursorStmt.Query)
	case *ast.Node_ExecuteStmt:
		return Read
	case *ast.Node_DoStmt, *ast.Node_CallStmt:
		return FunctionCall
	}
	return utilityClass(n)
}

func utilityClass(n *ast.Node) Class {
	switch s := n.GetNode().(type) {
	case *ast.Node_GrantStmt, *ast.Node_GrantRoleStmt, *ast.Node_AlterDefaultPrivilegesStmt, *ast.Node_CreateRoleStmt,
		*ast.Node_AlterRoleStmt, *ast.Node_AlterRoleSetStmt, *ast.Node_DropRoleStmt:
		return Role
	case *ast.Node_RenameStmt:
		if s.RenameStmt.RenameType == ast.ObjectType_OBJECT_ROLE {
			return Role
		}
		return DDL
	case *ast.Node_TransactionStmt, *ast.Node_VariableSetStmt, *ast.Node_VariableShowStmt, *ast.Node_DiscardStmt,
		*ast.Node_ConstraintsSetStmt, *ast.Node_DeallocateStmt, *ast.Node_FetchStmt, *ast.Node_ClosePortalStmt,
		*ast.Node_LockStmt, *ast.Node_NotifyStmt, *ast.Node_ListenStmt, *ast.Node_UnlistenStmt, *ast.Node_LoadStmt,
		*ast.Node_CheckPointStmt, *ast.Node_VacuumStmt, *ast.Node_ReindexStmt:
		return Misc
	}
	// All the rest defines something. A kind of statement that nobody knows is here too, which does no harm: it is
	// unresolved.
	return DDL
}

// selectClass: a data-modifying WITH anywhere makes a write, INTO a definition.
func selectClass(s *ast.SelectStmt) Class {
	for left := s; left != nil; left = left.GetLarg() {
		if left.GetIntoClause() != nil {
			return DDL
		}
	}
	c := Read
	pgparse.Walk(s, func(m protoreflect.Message, _ int) bool {
		switch m.Interface().(type) {
		case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
			c = Write
		}
		return c == Read
	})
	return c
}
