package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

func (f *folder) subLink(e *ast.SubLink) *Predicate {
	q := e.GetSubselect().GetSelectStmt()
	op := opName(e.OperName)
	switch e.SubLinkType {
	case ast.SubLinkType_EXISTS_SUBLINK:
		return f.exists(q)
	case ast.SubLinkType_ANY_SUBLINK:
		if op == "" {
			op = "="
		}
		return f.anyOf(op, e.Testexpr, q)
	case ast.SubLinkType_ALL_SUBLINK:
		switch negation, known := opposite[op]; {
		case !known:
			return predFree
		case op == "<=" || op == ">=":
			// True of too much where the query asks nothing: n >= ALL (query over the table itself).
			if q.GetWhereClause() == nil || q.GetWhereClause().GetAConst() != nil || f.selfRows(op, e.Testexpr, q) != nil || f.everything(op, e.Testexpr, q) {
				return predFree
			}
			return f.onTarget(e.Testexpr)
		case op == "<>":
			return f.not(f.anyOf("=", e.Testexpr, q))
		default:
			return f.not(f.anyOf(negation, e.Testexpr, q))
		}
	case ast.SubLinkType_EXPR_SUBLINK:
		if inner := alone(q); inner != nil {
			return f.condition(inner)
		}
		return f.exists(q)
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
	f.depth++
	defer func() { f.depth-- }()
	switch {
	case q == nil || f.depth > maxFold:
		return predFree
	case q.Larg != nil || q.Rarg != nil:
		if q.Op == ast.SetOperation_SETOP_UNION {
			return f.or([]*Predicate{f.exists(q.Larg), f.exists(q.Rarg)})
		}
		return and([]*Predicate{f.exists(q.Larg), predFree})
	case len(q.ValuesLists) > 0:
		return predTrue
	case onlyRow(q):
		// Whether it has one can still be a question of its LIMIT.
		return and(append(f.limits(q), predTrue))
	}
	parts := f.rows(q)
	if f.ofItsList(q) {
		parts = append(parts, predBounds)
	}
	if !slices.ContainsFunc(parts, f.says) && len(q.FromClause) > 0 {
		// It has rows or not whatever the target's are.
		parts = append(parts, predFree)
	}
	if len(parts) == 0 {
		return predTrue
	}
	p := and(parts)
	if !f.hasSelf(p) {
		return p
	}
	return f.opposed(p, f.noRow(p))
}

// says reports whether a condition of a subquery says something of the target.
func (f *folder) says(p *Predicate) bool { return hasBounds(p) || f.hasSelf(p) }

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

// rows are the conditions on which a query has rows for a row of the target, as far as they say anything of it: what they
// ask of the query's own tables only is left out.
func (f *folder) rows(q *ast.SelectStmt) []*Predicate {
	list := conditions(q)
	f.meet(list)
	out := f.limits(q)
	for _, n := range list {
		if p := f.condition(n); f.says(p) || !hasFree(p) {
			out = append(out, p)
		}
	}
	return out
}

// limits are what LIMIT and OFFSET do to whether there are rows.
func (f *folder) limits(q *ast.SelectStmt) []*Predicate {
	var out []*Predicate
	for i, n := range []*ast.Node{q.LimitCount, q.LimitOffset} {
		if n == nil {
			continue
		}
		v, ok := f.constant(plainNode(n))
		switch zero := ok && v.text == "0"; {
		case !ok, i == 1 && !v.null && !zero:
			out = append(out, predFree)
		case i == 0 && zero:
			out = append(out, predFalse)
		}
	}
	return out
}

// conditions are what WHERE and the inner joins of a query ask.
func conditions(q *ast.SelectStmt) []*ast.Node {
	out := conjuncts(q.WhereClause, nil)
	for _, from := range q.FromClause {
		out = joined(from, out)
	}
	return out
}

func joined(n *ast.Node, out []*ast.Node) []*ast.Node {
	j := n.GetJoinExpr()
	if j == nil || j.Jointype != ast.JoinType_JOIN_INNER {
		return out
	}
	return joined(j.Rarg, joined(j.Larg, conjuncts(j.Quals, out)))
}

// conjuncts takes AND apart.
func conjuncts(n *ast.Node, out []*ast.Node) []*ast.Node {
	if n == nil {
		return out
	}
	if b := n.GetBoolExpr(); b != nil && b.Boolop == ast.BoolExprType_AND_EXPR {
		for _, arg := range b.Args {
			out = conjuncts(arg, out)
		}
		return out
	}
	return append(out, n)
}

func hasBounds(p *Predicate) bool {
	return p.Op == PredBounds || p.Op == PredMatch || p.Op == PredLike || slices.ContainsFunc(p.Args, hasBounds)
}

func hasFree(p *Predicate) bool { return p.Op == PredFree || slices.ContainsFunc(p.Args, hasFree) }

// anyOf is expression op ANY (query), which IN is too.
func (f *folder) anyOf(op string, test *ast.Node, q *ast.SelectStmt) *Predicate {
	f.depth++
	defer func() { f.depth-- }()
	switch {
	case q == nil || f.depth > maxFold:
		return predFree
	case q.Larg != nil || q.Rarg != nil:
		left, right := f.anyOf(op, test, q.Larg), f.anyOf(op, test, q.Rarg)
		switch q.Op {
		case ast.SetOperation_SETOP_UNION:
			return f.or([]*Predicate{left, right})
		case ast.SetOperation_SETOP_INTERSECT:
			return and([]*Predicate{left, right})
		}
		return and([]*Predicate{left, f.onTarget(test)})
	case len(q.ValuesLists) > 0:
		var arms []*Predicate
		for _, row := range q.ValuesLists {
			if list := row.GetList().GetItems(); len(list) == 1 {
				arms = append(arms, f.compare(op, test, list[0]))
			} else {
				arms = append(arms, f.onTarget(test))
			}
		}
		return f.or(arms)
	}
	if f.everything(op, test, q) {
		return predFree
	}
	if inner := alone(q); inner != nil {
		return f.compare(op, test, inner)
	}
	own := f.selfRows(op, test, q)
	if own == nil {
		f.meet(conditions(q))
		own = f.compareSelected(op, test, q)
	}
	return and(append(own, f.rows(q)...))
}

// compareSelected compares an expression with what a query selects.
func (f *folder) compareSelected(op string, test *ast.Node, q *ast.SelectStmt) []*Predicate {
	if len(q.TargetList) == 1 {
		n := q.TargetList[0].GetResTarget().GetVal()
		if ref := n.GetColumnRef(); n != nil && (ref == nil || f.mentions(n)) {
			if len(funcCalls(n)) == 0 {
				return []*Predicate{f.compare(op, test, n)}
			}
		}
	}
	if f.mentions(test) {
		return []*Predicate{predBounds}
	}
	return nil
}

// onTarget bounds where an expression names a column of the target.
func (f *folder) onTarget(n *ast.Node) *Predicate {
	if f.mentions(n) {
		return predBounds
	}
	return predFree
}

// ofItsList reports whether a query looks into an array or a document that is a column of the target, and asks something
// of what it finds: EXISTS (SELECT 1 FROM unnest(tags) x WHERE x = $1).
func (f *folder) ofItsList(q *ast.SelectStmt) bool {
	where := plainNode(q.GetWhereClause()).GetAExpr()
	if where == nil || len(q.GetFromClause()) != 1 || steady(q.GetWhereClause()) || !steady(where.GetRexpr()) && !steady(where.GetLexpr()) {
		return false
	}
	for _, list := range q.GetFromClause()[0].GetRangeFunction().GetFunctions() {
		for _, call := range list.GetList().GetItems() {
			for _, arg := range call.GetFuncCall().GetArgs() {
				if f.target(f.bare(arg)) != "" || arg.GetAExpr() != nil && strings.HasPrefix(opName(arg.GetAExpr().GetName()), "-") && f.mentions(arg) {
					return true
				}
			}
		}
	}
	return false
}
