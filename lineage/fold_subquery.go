package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

func (f *folder) subLink(e *ast.SubLink) *Predicate {
	q := e.GetSubselect().GetSelectStmt()
	switch e.SubLinkType {
	case ast.SubLinkType_EXISTS_SUBLINK:
		return f.exists(q)
	case ast.SubLinkType_ANY_SUBLINK:
		return f.anyOf(e, q)
	case ast.SubLinkType_ALL_SUBLINK:
		// True for every row where the query gives none; NOT IN is written otherwise.
		if op := opName(e.OperName); op == "<>" && f.mentions(e.Testexpr) {
			return predBounds
		}
		return predFree
	case ast.SubLinkType_EXPR_SUBLINK:
		if inner := alone(q); inner != nil {
			return f.condition(inner)
		}
		return f.correlated(q)
	}
	return predFree
}

// alone is the expression of a SELECT that has nothing but one.
func alone(q *ast.SelectStmt) *ast.Node {
	if q == nil || len(q.FromClause) > 0 || q.WhereClause != nil || q.GroupClause != nil || q.HavingClause != nil ||
		len(q.ValuesLists) > 0 || q.Larg != nil || q.LimitCount != nil || q.LimitOffset != nil || len(q.TargetList) != 1 {
		return nil
	}
	return q.TargetList[0].GetResTarget().GetVal()
}

// exists bounds as far as the WHERE of its query does.
func (f *folder) exists(q *ast.SelectStmt) *Predicate {
	switch {
	case q == nil:
		return predFree
	case q.Larg != nil || q.Rarg != nil:
		if q.Op == ast.SetOperation_SETOP_UNION {
			return f.or([]*Predicate{f.exists(q.Larg), f.exists(q.Rarg)})
		}
		return f.exists(q.Larg)
	case len(q.ValuesLists) > 0 || onlyRow(q):
		return predTrue
	}
	return f.correlated(q)
}

// onlyRow reports whether a query may give a row whatever its WHERE says, as an aggregate without GROUP BY does. A
// function in the select list may be one.
func onlyRow(q *ast.SelectStmt) bool {
	if q.HavingClause != nil && len(q.GroupClause) == 0 {
		return true
	}
	for _, n := range q.GroupClause {
		if n.GetGroupingSet() != nil {
			return true
		}
	}
	called := func(n *ast.Node) bool { return len(funcCalls(n)) > 0 }
	return len(q.GroupClause) == 0 && (slices.ContainsFunc(q.TargetList, called) || slices.ContainsFunc(q.SortClause, called))
}

// correlated is what the conditions of a subquery say of the target.
func (f *folder) correlated(q *ast.SelectStmt) *Predicate {
	if q == nil {
		return predFree
	}
	all := &Predicate{Op: PredAnd}
	if q.WhereClause != nil {
		all.Args = append(all.Args, f.condition(q.WhereClause))
	}
	for _, from := range q.FromClause {
		if j := from.GetJoinExpr(); j != nil && j.Jointype == ast.JoinType_JOIN_INNER && j.Quals != nil {
			all.Args = append(all.Args, f.condition(j.Quals))
		}
	}
	switch {
	case len(all.Args) > 0:
		return all
	case len(q.FromClause) == 0:
		return predTrue
	}
	return predFree
}

// anyOf is expression = ANY (query), which IN is too.
func (f *folder) anyOf(e *ast.SubLink, q *ast.SelectStmt) *Predicate {
	op := opName(e.OperName)
	if op == "" {
		op = "="
	}
	if inner := alone(q); inner != nil {
		return f.condition(operation(op, e.Testexpr, inner))
	}
	if op != "<>" && f.mentions(e.Testexpr) {
		return predBounds
	}
	return f.correlated(q)
}
