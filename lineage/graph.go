package lineage

import (
	"math/bits"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// graph is what joins the elements of one FROM. Any condition on columns of two elements joins them; an element that a
// condition holds to a value, and one that gives a row or few by itself, multiplies nothing and needs no join.
type graph struct {
	leaves   []*item
	pos      []int
	group    []int  // of each leaf: the leaf that stands for what it is joined with
	few      uint64 // leaves of one row or few
	held     uint64 // leaves that an equality holds to a value
	filtered uint64 // leaves that any condition of their own restricts
}

// maxLeaves is how many elements a graph holds; beyond them nothing is said.
const maxLeaves = 64

// smallTable is how many rows a table may have to be joined to anything without harm: settings, currencies.
const smallTable = 100

// joins reports whether a FROM has more than one element.
func joins(list []*ast.Node) bool {
	return len(list) > 1 || len(list) == 1 && list[0].GetJoinExpr() != nil
}

// leaf adds an element.
func (g *graph) leaf(s *scope, n *ast.Node, it *item, pos int) {
	if len(g.leaves) == maxLeaves {
		g.leaves = append(g.leaves, it) // too many
	}
	if len(g.leaves) > maxLeaves {
		return
	}
	i := len(g.leaves)
	g.leaves, g.group, g.pos = append(g.leaves, it), append(g.group, i), append(g.pos, pos)
	if fewRows(n, it) || g.depends(s, n) {
		g.few |= 1 << i
	}
}

// fewRows reports whether an element of FROM gives one row or few, or as many as what it depends on asks for.
func fewRows(n *ast.Node, it *item) bool {
	switch n.GetNode().(type) {
	case *ast.Node_RangeVar:
		switch {
		case it.query != nil:
			return oneRow(it.query)
		case it.rel == nil:
			return true // nobody knows
		}
		return it.rel.Kind == Sequence || it.rel.Rows > 0 && it.rel.Rows <= smallTable
	case *ast.Node_RangeSubselect:
		return oneRow(it.query)
	}
	return true // functions and their kin
}

// depends reports whether a LATERAL subquery names what stands before it: it then has rows of its own for each of those.
func (g *graph) depends(s *scope, n *ast.Node) bool {
	sub := n.GetRangeSubselect()
	if !sub.GetLateral() {
		return false
	}
	for _, ref := range columnRefs(sub.GetSubquery()) {
		if len(ref.GetFields()) > 1 && g.column(s, ref) != 0 {
			return true
		}
	}
	return false
}

// oneRow reports whether a query gives one row or few by the way it is written.
func oneRow(q *ast.SelectStmt) bool {
	if q == nil {
		return false // a write, or nothing that is known
	}
	if c, ok := q.GetLimitCount().GetAConst().GetVal().(*ast.A_Const_Ival); ok && c.Ival.GetIval() <= smallTable {
		return true
	}
	switch {
	case q.GetLarg() != nil:
		return oneRow(q.GetLarg()) && oneRow(q.GetRarg())
	case len(q.GetValuesLists()) > 0, len(q.GetFromClause()) == 0:
		return true
	case len(q.GetGroupClause()) > 0:
		return false
	}
	if q.GetHavingClause() != nil {
		return true
	}
	for _, t := range q.GetTargetList() {
		for _, f := range funcCalls(t) {
			if f.GetOver() == nil && (f.GetAggStar() || aggregateNames[opName(f.GetFuncname())]) {
				return true
			}
		}
	}
	return false
}

// aggregateNames are PostgreSQL's aggregates, as far as they are known by a name that nothing else has.
var aggregateNames = wordsOf(`count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and
	bool_or every bit_and bit_or bit_xor stddev stddev_pop stddev_samp variance var_pop var_samp percentile_cont percentile_disc mode corr
	regr_slope xmlagg any_value range_agg`)

// condition notes what a condition of WHERE or ON joins and restricts.
func (g *graph) condition(s *scope, n *ast.Node) {
	if len(g.leaves) > maxLeaves {
		return
	}
	set := g.mentioned(s, n)
	switch bits.OnesCount64(set) {
	case 0:
	case 1:
		g.filtered |= set
		if g.holdsToValue(s, n) {
			g.held |= set
		}
	default:
		g.joinAll(set)
	}
}

func (g *graph) joinAll(set uint64) {
	first := bits.TrailingZeros64(set)
	for set &= set - 1; set != 0; set &= set - 1 {
		g.join(first, bits.TrailingZeros64(set))
	}
}

func (g *graph) join(a, b int) {
	a, b = g.root(a), g.root(b)
	g.group[max(a, b)] = min(a, b)
}

func (g *graph) root(i int) int {
	for g.group[i] != i {
		i = g.group[i]
	}
	return i
}

// holdsToValue reports whether a condition on one element holds it to a value or to some.
func (g *graph) holdsToValue(s *scope, n *ast.Node) bool {
	switch e := n.GetNode().(type) {
	case *ast.Node_AExpr:
		l, r := e.AExpr.GetLexpr(), e.AExpr.GetRexpr()
		return opName(e.AExpr.GetName()) == "=" && (g.mentioned(s, l) == 0 || g.mentioned(s, r) == 0)
	case *ast.Node_SubLink:
		return e.SubLink.GetSubLinkType() == ast.SubLinkType_ANY_SUBLINK
	case *ast.Node_ColumnRef:
		return true // a flag
	}
	return false
}

// mentioned is the set of leaves whose columns stand in a tree.
func (g *graph) mentioned(s *scope, n *ast.Node) uint64 {
	switch e := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		return g.column(s, e.ColumnRef)
	case *ast.Node_AConst, *ast.Node_ParamRef:
		return 0
	case *ast.Node_TypeCast:
		return g.mentioned(s, e.TypeCast.GetArg())
	case *ast.Node_NullTest:
		return g.mentioned(s, e.NullTest.GetArg())
	case *ast.Node_AExpr:
		if l, r := e.AExpr.GetLexpr(), e.AExpr.GetRexpr(); l != nil && r != nil {
			return g.mentioned(s, l) | g.mentioned(s, r)
		}
	}
	if n == nil {
		return 0
	}
	var set uint64
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if ref, ok := m.Interface().(*ast.ColumnRef); ok {
			set |= g.column(s, ref)
		}
		return s.step()
	})
	return set
}

func (g *graph) column(s *scope, ref *ast.ColumnRef) uint64 {
	fields := ref.GetFields()
	if len(fields) == 0 {
		return 0
	}
	if len(fields) == 1 {
		name := text(fields[0])
		for _, e := range s.entries {
			if e.byColumns {
				if p, count := e.find(name); count > 0 {
					return g.place(p)
				}
			}
			if e.byName && e.name == name {
				return g.item(e.item) // a whole row
			}
		}
		return 0
	}
	relation := text(fields[len(fields)-2])
	for _, e := range s.entries {
		if e.byName && e.name == relation {
			if p, count := e.find(text(fields[len(fields)-1])); count > 0 {
				return g.place(p)
			}
			return g.item(e.item)
		}
	}
	return 0
}

// place is the leaf of a column, or those that a merged column is of.
func (g *graph) place(p place) uint64 {
	if p.item.left == nil || p.n >= len(p.item.cols) {
		return g.item(p.item)
	}
	var set uint64
	for _, below := range p.item.cols[p.n].from {
		if below.item != nil {
			set |= g.place(below)
		}
	}
	return set
}

func (g *graph) item(it *item) uint64 {
	for i, leaf := range g.leaves {
		if leaf == it {
			return 1 << i
		}
	}
	if it.left != nil {
		return g.item(it.left) | g.item(it.right)
	}
	return 0
}

// merged joins what USING and NATURAL join.
func (g *graph) merged(it *item) {
	if len(g.leaves) > maxLeaves || !it.merges {
		return
	}
	for i := range it.cols {
		if set := g.place(place{it, i}); set != 0 {
			g.joinAll(set)
		}
	}
}

// apart lists the elements that nothing joins to what stands before them.
func (g *graph) apart() []Apart {
	if len(g.leaves) > maxLeaves {
		return nil
	}
	var bounded, seen uint64
	for i := range g.leaves {
		if (g.few|g.held)&(1<<i) != 0 {
			bounded |= 1 << g.root(i)
		}
	}
	var out []Apart
	for i := range g.leaves {
		root := uint64(1) << g.root(i)
		if bounded&root != 0 || seen&root != 0 {
			continue
		}
		if seen != 0 {
			out = append(out, Apart{Name: g.leaves[i].name, Pos: g.pos[i]})
		}
		seen |= root
	}
	return out
}

// whole lists the relations whose rows nothing restricts.
func (g *graph) whole() []Name {
	if len(g.leaves) > maxLeaves {
		return nil
	}
	var filtered uint64
	for i, it := range g.leaves {
		// What is joined to a list or a single row is chosen by it.
		if g.filtered&(1<<i) != 0 || it.rel == nil && g.few&(1<<i) != 0 {
			filtered |= 1 << g.root(i)
		}
	}
	var out []Name
	for i, it := range g.leaves {
		if it.rel != nil && filtered&(1<<g.root(i)) == 0 {
			out = append(out, it.rel.Name)
		}
	}
	return out
}
