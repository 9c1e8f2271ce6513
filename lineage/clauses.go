package lineage

import "github.com/sqlc-dev/oliphant/ast"

// influence is an [Influence] before its source is written out.
type influence struct {
	src      sources
	kind     InfluenceKind
	equality bool
	taken    *Taken
}

// influence records that a value decides about rows.
func (s *scope) influence(v value, kind InfluenceKind, equality bool) {
	s.bodyLimits = s.bodyLimits || kind == Limit && v.bodied
	if len(v.src) > 0 && s.spend(len(v.src)) {
		s.influences = append(s.influences, influence{v.src, kind, equality, s.askedBy(&v, kind)})
	}
}

// asks records what decides, by a document or a member of one, what an aggregate or a window counts, and in which order.
func (s *scope) asks(v value, kind InfluenceKind) {
	if t := s.askedBy(&v, kind); !t.IsZero() || t.asks() {
		s.influence(v, kind, false)
	}
}

func (s *scope) influenceColumns(cols []column, kind InfluenceKind) {
	for i := range cols {
		s.influence(cols[i].value, kind, false)
	}
}

// condition analyses WHERE, ON and HAVING.
func (s *scope) condition(n *ast.Node, kind InfluenceKind) {
	if n == nil {
		return
	}
	if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == ast.BoolExprType_AND_EXPR {
		for _, arg := range b.GetArgs() {
			s.condition(arg, kind)
		}
		return
	}
	v := s.expr(n)
	s.filter.addAs(v, Value, Transformation)
	s.influence(v, kind, s.isEquality(n))
	if s.joined != nil {
		s.joined.condition(s, n)
	}
}

// isEquality reports whether a condition is column = parameter, or in a body column = argument. A name for an expression, such as a subquery gives, is no
// column: substr(email, 1, 1) = $1 tells more than whether somebody has that address.
func (s *scope) isEquality(n *ast.Node) bool {
	e := n.GetAExpr()
	if e == nil || e.GetKind() != ast.A_Expr_Kind_AEXPR_OP || len(e.GetName()) != 1 || text(e.GetName()[0]) != "=" {
		return false
	}
	l, r := e.GetLexpr(), e.GetRexpr()
	switch {
	case isColumn(l) && (isParam(r) || s.isArgument(r)):
		return s.expr(l).isColumn()
	case isColumn(r) && (isParam(l) || s.isArgument(l)):
		return s.expr(r).isColumn()
	}
	return false
}

// isArgument reports whether a name is that of an argument of the function in whose body it stands.
func (s *scope) isArgument(n *ast.Node) bool { return s.sqlFunction && isColumn(n) && s.expr(n).given }

func isParam(n *ast.Node) bool {
	for n.GetTypeCast() != nil {
		n = n.GetTypeCast().GetArg()
	}
	return n.GetParamRef() != nil
}

// order analyses ORDER BY.
func (s *scope) order(list []*ast.Node, cols []column) {
	for _, n := range list {
		key := n
		if by := n.GetSortBy(); by != nil {
			key = by.GetNode()
			if len(by.GetUseOp()) > 0 {
				s.operators(operatorName(by.GetUseOp()), by.GetLocation())
			}
		}
		s.key(s.resultKey(key, cols), Sort)
	}
}

// sortKey is one ORDER BY key of an aggregate or a window, which names no result column.
func (s *scope) sortKey(n *ast.Node) value {
	if by := n.GetSortBy(); by != nil {
		if len(by.GetUseOp()) > 0 {
			s.operators(operatorName(by.GetUseOp()), by.GetLocation())
		}
		return s.expr(by.GetNode())
	}
	return s.expr(n)
}

// distinct analyses DISTINCT and DISTINCT ON. The parser gives plain DISTINCT as a list of one empty node.
func (s *scope) distinct(list []*ast.Node, cols []column) {
	for _, n := range list {
		if n.GetNode() == nil {
			s.influenceColumns(cols, GroupBy)
			continue
		}
		s.key(s.resultKey(n, cols), GroupBy)
	}
}

// resultKey is a key of ORDER BY or DISTINCT ON: the name or the number of a result column, else an expression.
func (s *scope) resultKey(n *ast.Node, cols []column) value {
	if name := bareColumn(n); name != "" {
		if v, ok := resultNamed(cols, name); ok {
			return v
		}
	}
	if v, ok := numbered(n, cols); ok {
		return v
	}
	return s.expr(n)
}

// grouping analyses an element of GROUP BY: there a column of FROM comes before a result column of that name.
func (s *scope) grouping(n *ast.Node, cols []column) {
	if set := n.GetGroupingSet(); set != nil {
		for _, part := range set.GetContent() {
			s.grouping(part, cols)
		}
		return
	}
	if list := n.GetList(); list != nil {
		for _, part := range list.GetItems() {
			s.grouping(part, cols)
		}
		return
	}
	if n.GetNode() == nil {
		return // GROUP BY ()
	}
	if name := bareColumn(n); name != "" {
		if v, ok := resultNamed(cols, name); ok && !s.hasColumn(name) {
			s.key(v, GroupBy)
			return
		}
	}
	if v, ok := numbered(n, cols); ok {
		s.key(v, GroupBy)
		return
	}
	s.key(s.expr(n), GroupBy)
}

// key records a key by which rows are ordered or grouped.
func (s *scope) key(v value, kind InfluenceKind) {
	s.keys.add(value{src: v.src})
	s.influence(v, kind, false)
}

// hasColumn reports whether the level's own FROM has a column of that name.
func (s *scope) hasColumn(name string) bool {
	for _, e := range s.entries {
		if !e.byColumns {
			continue
		}
		if _, n := e.find(name); n > 0 {
			return true
		}
	}
	return false
}

func bareColumn(n *ast.Node) string {
	if f := n.GetColumnRef().GetFields(); len(f) == 1 {
		return text(f[0])
	}
	return ""
}

// resultNamed is the result column of a name. Two different ones are the server's to refuse.
func resultNamed(cols []column, name string) (value, bool) {
	var b blend
	found := false
	for i := range cols {
		if cols[i].name == name {
			b.add(cols[i].value)
			found = true
		}
	}
	return b.value(), found
}

func numbered(n *ast.Node, cols []column) (value, bool) {
	c, ok := n.GetAConst().GetVal().(*ast.A_Const_Ival)
	if !ok {
		return value{}, false
	}
	i := int(c.Ival.GetIval()) - 1
	if i < 0 || i >= len(cols) {
		return value{}, false
	}
	return cols[i].value, true
}

// window analyses OVER and WINDOW, with the window that it names.
func (s *scope) window(n *ast.WindowDef) value { return s.windowBelow(n, 0) }

func (s *scope) windowBelow(n *ast.WindowDef, depth int) value {
	var b blend
	if n == nil || depth > len(s.windows) {
		return value{}
	}
	base := n.GetRefname()
	if depth == 0 && base == "" && len(n.GetPartitionClause()) == 0 && len(n.GetOrderClause()) == 0 {
		base = n.GetName()
	}
	if base != "" {
		for _, w := range s.windows {
			if def := w.GetWindowDef(); def != n && def.GetName() == base {
				b.add(s.windowBelow(def, depth+1))
			}
		}
	}
	for _, p := range n.GetPartitionClause() {
		s.operand(&b, p)
	}
	for _, o := range n.GetOrderClause() {
		b.addAs(s.sortKey(o), Value, Transformation)
	}
	return b.value()
}

// frame is what the offsets of a window's frame are made of: how many rows a function over it sees is their value, which
// count and max hand out.
func (s *scope) frame(n *ast.WindowDef) value {
	var b blend
	def := n
	for range len(s.windows) + 1 {
		s.operand(&b, def.GetStartOffset())
		s.operand(&b, def.GetEndOffset())
		base := def.GetRefname()
		if base == "" && def == n {
			base = def.GetName()
		}
		next := s.named(base)
		if next == nil || next == def {
			break
		}
		def = next
	}
	return b.value()
}

// named is a window of the WINDOW clause, nil where there is none of that name.
func (s *scope) named(name string) *ast.WindowDef {
	for _, w := range s.windows {
		if def := w.GetWindowDef(); name != "" && def.GetName() == name {
			return def
		}
	}
	return nil
}
