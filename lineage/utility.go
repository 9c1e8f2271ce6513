package lineage

import "github.com/sqlc-dev/oliphant/ast"

// utility records what a statement does that is no query, and its command tag. Every kind of statement of the grammar
// has its line here; a kind that has none is unresolved, so that a grammar newer than this file refuses instead of
// passing.
func (a *analyzer) utility(n *ast.Node, inside Inside) {
	tag := a.definition(n, inside)
	if tag == "" {
		tag = a.command(n, inside)
	}
	if tag == "" {
		a.unresolved("statement of unknown kind", "", -1)
		return
	}
	if inside == 0 {
		a.st.Command, a.st.Class = tag, class(n)
	}
}

// command does the statements that run something, "" where it is none of them.
func (a *analyzer) command(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_TransactionStmt:
		return a.transaction(s.TransactionStmt, inside)
	case *ast.Node_VariableSetStmt:
		return a.variableSet(s.VariableSetStmt, inside)
	case *ast.Node_VariableShowStmt:
		return a.variableShow(s.VariableShowStmt, inside)
	case *ast.Node_DiscardStmt:
		return a.discard(s.DiscardStmt, inside)
	case *ast.Node_ConstraintsSetStmt:
		return a.plain("SET CONSTRAINTS", inside)
	case *ast.Node_CopyStmt:
		return a.copy(s.CopyStmt, inside)
	case *ast.Node_ExplainStmt:
		return a.explain(s.ExplainStmt, inside)
	case *ast.Node_PrepareStmt:
		return a.prepare(s.PrepareStmt, inside)
	case *ast.Node_ExecuteStmt:
		return a.execute(s.ExecuteStmt, inside)
	case *ast.Node_DeallocateStmt:
		return a.deallocate(s.DeallocateStmt, inside)
	case *ast.Node_DeclareCursorStmt:
		return a.declareCursor(s.DeclareCursorStmt, inside)
	case *ast.Node_FetchStmt:
		return a.fetch(s.FetchStmt, inside)
	case *ast.Node_ClosePortalStmt:
		return a.closePortal(s.ClosePortalStmt, inside)
	case *ast.Node_DoStmt:
		return a.do(s.DoStmt, inside)
	case *ast.Node_CallStmt:
		return a.call(s.CallStmt, inside)
	case *ast.Node_TruncateStmt:
		return a.truncate(s.TruncateStmt, inside)
	case *ast.Node_LockStmt:
		return a.lock(s.LockStmt, inside)
	case *ast.Node_NotifyStmt:
		return a.plainOn("NOTIFY", s.NotifyStmt.Conditionname, inside)
	case *ast.Node_ListenStmt:
		return a.plainOn("LISTEN", s.ListenStmt.Conditionname, inside)
	case *ast.Node_UnlistenStmt:
		return a.plainOn("UNLISTEN", s.UnlistenStmt.Conditionname, inside)
	case *ast.Node_LoadStmt:
		return a.plainOn("LOAD", s.LoadStmt.Filename, inside)
	case *ast.Node_CheckPointStmt:
		return a.plain("CHECKPOINT", inside)
	case *ast.Node_VacuumStmt:
		return a.vacuum(s.VacuumStmt, inside)
	case *ast.Node_ClusterStmt:
		return a.cluster(s.ClusterStmt, inside)
	case *ast.Node_ReindexStmt:
		return a.reindex(s.ReindexStmt, inside)
	case *ast.Node_RefreshMatViewStmt:
		return a.refresh(s.RefreshMatViewStmt, inside)
	}
	return ""
}

// plain records an effect that has no more to say.
func (a *analyzer) plain(tag string, inside Inside) string { return a.plainOn(tag, "", inside) }

// plainOn records an effect on an object that has no schema.
func (a *analyzer) plainOn(tag, object string, inside Inside, options ...string) string {
	a.effect(Effect{Command: tag, Object: Name{Name: object}, Options: options, Inside: inside, Pos: -1})
	return tag
}

// inner analyses a statement inside another one and gives its outputs: they are not the outer statement's.
func (a *analyzer) inner(n *ast.Node, inside Inside) []Output {
	if n == nil {
		return nil
	}
	if isQuery(n) {
		return a.query(n, inside)
	}
	before := a.st.Outputs
	a.st.Outputs = nil
	a.utility(n, inside)
	out := a.st.Outputs
	a.st.Outputs = before
	return out
}

// expressions analyses those that are there.
func (a *analyzer) expressions(rel *Relation, inside Inside, list ...*ast.Node) {
	for _, n := range list {
		if n != nil {
			a.expression(n, rel, inside)
		}
	}
}
