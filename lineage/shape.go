package lineage

import (
	"math"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// Shape is what is known of a statement's queries beside where their columns come from: what limits the rows, what joins
// them, what is asked of the server that costs much. Its zero value is that of a statement that asks for nothing special.
type Shape struct {
	// Limit and Offset are those of the outermost query; nil = it has none. LIMIT ALL is the constant NULL.
	Limit, Offset *Operand
	// Whole are relations of the outermost FROM all of whose rows reach the result one by one: nothing filters, limits,
	// groups or aggregates them. Sorted.
	Whole []Name
	// Apart are elements of a FROM, at any depth, that no condition joins to what stands before them there.
	Apart []Apart
	// Endless are WITH RECURSIVE queries whose recursive side has no condition that could end it.
	Endless []string
	// LockWaits means that FOR UPDATE, FOR SHARE and their kin wait for the locks of others.
	LockWaits bool
	// Wildcards are columns compared with a pattern that begins with a wildcard.
	Wildcards []Source
	// System are the system columns that are read from tables of users: ctid, tableoid. Sorted.
	System []string
	// Groups says of each query of the text, at any depth, that computes aggregates how many rows of one table each of its
	// groups has at the least: what its HAVING asks, [WholeTable], or 0 where groups may have any size, or where a condition
	// inside an aggregate or a join makes the number of rows say nothing of whom they are about.
	Groups []int
}

// WholeTable is the size of the one group that is every row of a table.
const WholeTable = math.MaxInt

// Apart is an element of a FROM that is joined to nothing.
type Apart struct {
	Name string // as the query calls it
	Pos  int
}

// IsZero reports whether there is nothing to say.
func (s *Shape) IsZero() bool {
	return s.Limit == nil && s.Offset == nil && len(s.Whole) == 0 && len(s.Apart) == 0 && len(s.Endless) == 0 && !s.LockWaits &&
		len(s.Wildcards) == 0 && len(s.System) == 0 && len(s.Groups) == 0
}

// addWord adds a word to a sorted list.
func addWord(list []string, word string) []string {
	i, found := slices.BinarySearch(list, word)
	if found {
		return list
	}
	return slices.Insert(list, i, word)
}

// shape notes how a query of the text makes its rows.
func (s *scope) shape(n *ast.SelectStmt) {
	shape := &s.st.Shape
	if s.joined != nil {
		shape.Apart = append(shape.Apart, s.joined.apart()...)
	}
	if s.aggregates && s.inside&(InDefinition|InView|InFunction|InTrigger) == 0 {
		shape.Groups = append(shape.Groups, s.leastGroup(n))
	}
	if s.up != nil || s.inside != 0 {
		return
	}
	shape.Limit, shape.Offset = limitOf(n.GetLimitCount()), limitOf(n.GetLimitOffset())
	if !s.aggregates && len(n.GetGroupClause()) == 0 && len(n.GetDistinctClause()) == 0 && (shape.Limit == nil || shape.Limit.Null) {
		shape.Whole = s.whole(n)
	}
}

// leastGroup is how many rows of its one table each group of a query has at the least.
func (s *scope) leastGroup(n *ast.SelectStmt) int {
	if s.parts || len(s.entries) != 1 || s.entries[0].rel == nil {
		return 0
	}
	switch s.entries[0].rel.Kind {
	case Table, PartitionedTable, MaterializedView, ForeignTable:
	default:
		return 0 // what a view joins is not seen here
	}
	if n.GetWhereClause() == nil && n.GetHavingClause() == nil && len(n.GetGroupClause()) == 0 && n.GetFromClause()[0].GetRangeVar() != nil {
		return WholeTable
	}
	return s.asked(n.GetHavingClause())
}

// asked is the number N of count(*) >= N, where a condition cannot hold without that.
func (s *scope) asked(n *ast.Node) int {
	if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == ast.BoolExprType_AND_EXPR {
		least := 0
		for _, arg := range b.GetArgs() {
			least = max(least, s.asked(arg))
		}
		return least
	}
	e := n.GetAExpr()
	if e == nil || e.GetKind() != ast.A_Expr_Kind_AEXPR_OP || len(e.GetName()) != 1 {
		return 0
	}
	count, size, op := e.GetLexpr(), e.GetRexpr(), operatorName(e.GetName())
	if count.GetAConst() != nil {
		count, size = size, count
		op = map[string]string{"<=": ">=", "<": ">"}[op]
	}
	f, least := count.GetFuncCall(), int(size.GetAConst().GetIval().GetIval())
	if f == nil || !f.GetAggStar() || f.GetAggFilter() != nil || f.GetOver() != nil || !s.isCountOfServer(f) {
		return 0
	}
	switch op {
	case ">":
		return least + 1
	case ">=":
		return least
	}
	return 0
}

func (s *scope) isCountOfServer(f *ast.FuncCall) bool {
	schema, name := functionName(f.GetFuncname())
	candidates, _ := s.functions(schema, name)
	return isCount(name, candidates)
}

// limitOf reads LIMIT or OFFSET; one that is computed is an operand of which nothing is known.
func limitOf(n *ast.Node) *Operand {
	if n == nil {
		return nil
	}
	o, _ := operandOf(n)
	return &o
}

// whole lists the relations of FROM that nothing restricts.
func (s *scope) whole(n *ast.SelectStmt) []Name {
	var out []Name
	switch {
	case s.joined != nil:
		out = s.joined.whole()
	case n.GetWhereClause() == nil && len(s.entries) == 1 && s.entries[0].rel != nil:
		out = []Name{s.entries[0].rel.Name}
	}
	slices.SortFunc(out, func(a, b Name) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

// conditional reports whether a query asks anything of its rows.
func conditional(q *ast.SelectStmt) bool {
	if q.GetWhereClause() != nil || q.GetHavingClause() != nil {
		return true
	}
	for _, n := range q.GetFromClause() {
		if joinedOn(n) {
			return true
		}
	}
	return false
}

func joinedOn(n *ast.Node) bool {
	j := n.GetJoinExpr()
	if j == nil {
		return false
	}
	return len(j.GetUsingClause()) > 0 || j.GetIsNatural() || j.GetQuals() != nil && j.GetQuals().GetAConst() == nil ||
		joinedOn(j.GetLarg()) || joinedOn(j.GetRarg())
}

// wildcard notes a column that is compared with a pattern which no index finds.
func (s *scope) wildcard(n *ast.A_Expr, l value) {
	if op := operatorName(n.GetName()); op != "~~" && op != "~~*" || l.origin.rel <= 0 || len(l.src) == 0 {
		return
	}
	pattern := literal(concatenated(n.GetRexpr())[0])
	if pattern != "" && (pattern[0] == '%' || pattern[0] == '_') {
		s.st.Shape.Wildcards = append(s.st.Shape.Wildcards, s.source(ref{l.origin.rel - 1, l.origin.num, plain}))
	}
}
