package lineage

import "github.com/sqlc-dev/oliphant/ast"

// mergeStmt analyses MERGE.
func (s *scope) mergeStmt(n *ast.MergeStmt) result {
	s.withClause(n.GetWithClause())
	it, u := s.target(n.GetRelation(), "MERGE")
	s.from([]*ast.Node{n.GetSourceRelation()})
	source := s.entries
	target := entry{it, true, true}
	both := append(append([]entry{}, source...), target)
	s.entries = both
	s.condition(n.GetJoinCondition(), Join)
	for _, w := range n.GetMergeWhenClauses() {
		arm := w.GetMergeWhenClause()
		switch arm.GetMatchKind() {
		case ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_TARGET:
			s.entries = source
		case ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE:
			s.entries = []entry{target}
		default:
			s.entries = both
		}
		s.mergeArm(n, arm, it, u)
	}
	s.entries = both
	return s.returning(n.GetReturningClause(), it)
}

// mergeArm analyses one WHEN ... THEN.
func (s *scope) mergeArm(n *ast.MergeStmt, arm *ast.MergeWhenClause, it *item, u *use) {
	inside := s.inside
	s.inside |= InMergeArm
	defer func() { s.inside = inside }()
	s.condition(arm.GetCondition(), Filter)
	e := s.targetEffect("MERGE", it, u)
	if c := n.GetJoinCondition().GetAConst(); c.GetBoolval().GetBoolval() {
		e.Options = append(e.Options, "ON TRUE")
	}
	e.Where = s.armBounds(n, arm, it)
	conditions := []*ast.Node{arm.GetCondition()}
	if arm.GetMatchKind() != ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE {
		conditions = append(conditions, n.GetJoinCondition())
	}
	h := s.holds(conditions, it)
	e.Fixed, e.Kept = h.names(), h.kept(arm.GetTargetList())
	switch arm.GetCommandType() {
	case ast.CmdType_CMD_UPDATE:
		e.Action = "UPDATE"
		e.Columns = s.set(arm.GetTargetList(), it, u, "MERGE UPDATE")
	case ast.CmdType_CMD_DELETE:
		e.Action = "DELETE"
	case ast.CmdType_CMD_INSERT:
		e.Action, e.Where, e.Fixed, e.Kept = "INSERT", nil, nil, nil
		s.mergeInsert(arm, it, u, &e)
	case ast.CmdType_CMD_NOTHING:
		return
	default:
		s.unresolved("arm of MERGE of unknown kind", "", -1)
	}
	s.effect(e)
}

// armBounds is what bounds the rows that an arm changes. NOT MATCHED BY SOURCE is the rest of the table: there the join
// condition bounds nothing.
func (s *scope) armBounds(n *ast.MergeStmt, arm *ast.MergeWhenClause, it *item) *Predicate {
	where := s.bounds(arm.GetCondition(), it)
	if arm.GetMatchKind() == ast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE {
		return where
	}
	on := s.bounds(n.GetJoinCondition(), it)
	switch {
	case on == nil:
		return where
	case where == nil:
		return on
	}
	return &Predicate{Op: PredAnd, Args: []*Predicate{on, where}, Pos: on.Pos}
}

// mergeInsert analyses the INSERT of an arm.
func (s *scope) mergeInsert(arm *ast.MergeWhenClause, it *item, u *use, e *Effect) {
	values := s.cells(arm.GetValues())
	targets := s.insertTargets(it, arm.GetTargetList(), len(values))
	switch {
	case len(arm.GetValues()) == 0:
		e.Options = append(e.Options, "DEFAULT VALUES")
	case len(arm.GetTargetList()) == 0:
		e.Options = append(e.Options, "NO COLUMN LIST")
	}
	for i, t := range targets {
		var v value
		if i < len(values) {
			v = values[i]
		}
		s.assign(it, u, t, v, "MERGE INSERT")
		e.Columns = append(e.Columns, t.name)
	}
}
