package lineage

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// fixed lists the columns of a target that conditions which hold together compare by = with a value that no row decides,
// or with a column of another relation that they hold so: t.tenant = u.tenant AND u.tenant = $1.
func (s *scope) fixed(conditions []*ast.Node, target *item) []string {
	f := folder{scope: s, item: target}
	f.column = f.columnOf
	type side struct {
		item   *item
		column string
	}
	held := map[side]bool{}
	var ties [][2]side
	at := func(n *ast.Node) (side, bool) {
		p, name, ok := f.placed(plainNode(n))
		return side{p.item, name}, ok && p.item != nil && name != ""
	}
	for _, n := range conditions {
		for _, c := range conjuncts(n, nil) {
			e := c.GetAExpr()
			if e == nil || opName(e.GetName()) != "=" || e.GetKind() == ast.A_Expr_Kind_AEXPR_OP_ALL {
				continue
			}
			for _, pair := range f.pairs(e) {
				l, lok := at(pair[0])
				r, rok := at(pair[1])
				switch {
				case lok && rok && e.GetKind() == ast.A_Expr_Kind_AEXPR_OP:
					ties = append(ties, [2]side{l, r})
				case lok && steady(pair[1]):
					held[l] = true
				case rok && steady(pair[0]) && e.GetKind() == ast.A_Expr_Kind_AEXPR_OP:
					held[r] = true
				}
			}
		}
	}
	for range ties {
		for _, t := range ties {
			if held[t[0]] || held[t[1]] {
				held[t[0]], held[t[1]] = true, true
			}
		}
	}
	var out []string
	for h := range held {
		if h.item == target {
			out = append(out, h.column)
		}
	}
	slices.Sort(out)
	return out
}

// steady reports whether an expression has the same value for every row: no column, no query, no chance.
func steady(n *ast.Node) bool {
	if n == nil {
		return false
	}
	ok := true
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		switch e := m.Interface().(type) {
		case *ast.ColumnRef, *ast.SubLink:
			ok = false
		case *ast.FuncCall:
			ok = ok && !chance[opName(e.GetFuncname())]
		}
		return ok
	})
	return ok
}

// chance are functions that give another value each time.
var chance = wordsOf("random random_normal gen_random_uuid uuidv4 uuidv7 uuid_generate_v4 clock_timestamp timeofday nextval")

// hasSubquery reports whether a condition leaves the choice of rows to a query. One with a LIMIT says how many.
func hasSubquery(n *ast.Node) bool {
	found := false
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if link, ok := m.Interface().(*ast.SubLink); ok {
			found = found || link.GetSubselect().GetSelectStmt().GetLimitCount() == nil
		}
		return !found
	})
	return found
}
