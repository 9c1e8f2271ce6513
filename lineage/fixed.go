package lineage

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// side is a column of an item.
type side struct {
	item   *item
	column string
}

// holding is what conditions which hold together say of the columns of a target by =.
type holding struct {
	folder
	held map[side]bool
	to   map[side]Operand // the value, where it is a parameter or a constant alone
	ties [][2]side
}

// holds finds the columns of a target that conditions which hold together compare by = with a value that no row decides,
// or with a column of another relation that they hold so: t.tenant = u.tenant AND u.tenant = $1.
func (s *scope) holds(conditions []*ast.Node, target *item) *holding {
	h := &holding{folder: folder{scope: s, item: target}, held: map[side]bool{}, to: map[side]Operand{}}
	h.column = h.columnOf
	for _, n := range conditions {
		for _, c := range conjuncts(n, nil) {
			e := c.GetAExpr()
			if e == nil || opName(e.GetName()) != "=" || e.GetKind() == ast.A_Expr_Kind_AEXPR_OP_ALL {
				continue
			}
			one := e.GetKind() == ast.A_Expr_Kind_AEXPR_OP
			for _, pair := range h.pairs(e) {
				l, lok := h.at(pair[0])
				r, rok := h.at(pair[1])
				switch {
				case lok && rok && one:
					h.ties = append(h.ties, [2]side{l, r})
				case lok && steady(pair[1]):
					h.hold(l, pair[1], one)
				case rok && steady(pair[0]) && one:
					h.hold(r, pair[0], one)
				}
			}
		}
	}
	return h
}

func (h *holding) at(n *ast.Node) (side, bool) {
	p, name, ok := h.placed(plainNode(n))
	return side{p.item, name}, ok && p.item != nil && name != ""
}

func (h *holding) hold(c side, value *ast.Node, one bool) {
	h.held[c] = true
	if o := sole(value); one && (o.Param > 0 || o.Const != nil) {
		h.to[c] = o
	}
}

// proposed says that each column of a row which was proposed for the target has a value that the statement gives. columns
// are those that the row has in common with the one in its way.
func (h *holding) proposed(row *item, columns []string) {
	for _, name := range columns {
		h.ties = append(h.ties, [2]side{{h.item, name}, {row, name}})
	}
	for _, t := range h.ties {
		if t[0].column == t[1].column && (t[0].item == row || t[1].item == row) {
			h.held[t[0]], h.held[t[1]] = true, true
		}
	}
}

// names lists what is held in the target.
func (h *holding) names() []string {
	for range h.ties {
		for _, t := range h.ties {
			if h.held[t[0]] || h.held[t[1]] {
				h.held[t[0]], h.held[t[1]] = true, true
			}
		}
	}
	var out []string
	for c := range h.held {
		if c.item == h.item {
			out = append(out, c.column)
		}
	}
	slices.Sort(out)
	return out
}

// kept lists the columns that assignments give the value which they have: that of the column with which the conditions
// compare them, the same parameter or the same constant.
func (h *holding) kept(assignments []*ast.Node) []string {
	var out []string
	for _, n := range assignments {
		t := n.GetResTarget()
		if t == nil || len(t.GetIndirection()) > 0 {
			continue
		}
		c := side{h.item, t.GetName()}
		if v, ok := h.at(t.GetVal()); ok && (v == c || slices.Contains(h.ties, [2]side{c, v}) || slices.Contains(h.ties, [2]side{v, c})) {
			out = append(out, c.column)
			continue
		}
		is, to := sole(t.GetVal()), h.to[c]
		if is.Param > 0 && is.Param == to.Param || is.Const != nil && to.Const != nil && *is.Const == *to.Const {
			out = append(out, c.column)
		}
	}
	return out
}

// sole is an expression that is a parameter or a constant alone; the zero value where it is more.
func sole(n *ast.Node) Operand {
	if p := plainNode(n).GetParamRef(); p != nil {
		return Operand{Param: int(p.GetNumber())}
	}
	if c := n.GetAConst(); c != nil {
		if text, ok := constText(c); ok {
			return Operand{Const: &text}
		}
	}
	return Operand{}
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
