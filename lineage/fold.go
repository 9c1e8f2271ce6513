package lineage

import (
	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/governedsql/governed/internal/pgparse"
)

// fold reads a condition for what it bounds. column tells of a column reference, at any depth, whether it is a column of
// the target, and which. A nil condition folds to nil.
//
// The question is never "is this true" but "does this restrict the rows of the target". What cannot be shown to restrict
// them is [PredFree] or [PredTrue], and both refuse; so a gap in here refuses a statement and never admits one, with one
// exception to keep in mind: [PredFalse] admits, and is said only of plain constants.
func fold(where *ast.Node, column func(*ast.ColumnRef) (c *Column, target bool)) *Predicate {
	if where == nil {
		return nil
	}
	f := folder{column: column, atoms: map[*Predicate]atom{}}
	return f.condition(where)
}

type folder struct {
	column func(*ast.ColumnRef) (*Column, bool)
	// atoms are the comparisons of one column with one constant, by which OR sees that its arms complete each other.
	atoms map[*Predicate]atom
	depth int
	work  int
}

var (
	predTrue   = &Predicate{Op: PredTrue}
	predFalse  = &Predicate{Op: PredFalse}
	predFree   = &Predicate{Op: PredFree}
	predBounds = &Predicate{Op: PredBounds}
)

// maxFold is how deep a condition is read, and maxFoldWork how many looks at its nodes that takes. Beyond them it bounds
// nothing: nested CASE is looked at more than once at each level.
const (
	maxFold     = 500
	maxFoldWork = 1 << 20
)

// condition folds an expression that is used as a truth value.
func (f *folder) condition(n *ast.Node) *Predicate {
	f.depth++
	defer func() { f.depth-- }()
	if f.work++; f.depth > maxFold || f.work > maxFoldWork {
		return predFree
	}
	n = plainNode(n)
	if v, ok := f.constant(n); ok {
		return v.predicate()
	}
	switch e := n.GetNode().(type) {
	case *ast.Node_BoolExpr:
		return f.boolean(e.BoolExpr)
	case *ast.Node_AExpr:
		return f.operator(e.AExpr)
	case *ast.Node_ParamRef:
		return &Predicate{Op: PredParam, Param: int(e.ParamRef.Number), Pos: int(e.ParamRef.Location)}
	case *ast.Node_ColumnRef:
		return f.flag(n, e.ColumnRef)
	case *ast.Node_NullTest:
		return f.nullTest(e.NullTest)
	case *ast.Node_BooleanTest:
		return f.booleanTest(e.BooleanTest)
	case *ast.Node_SubLink:
		return f.subLink(e.SubLink)
	case *ast.Node_CoalesceExpr:
		return f.coalesce(n, e.CoalesceExpr)
	case *ast.Node_CaseExpr:
		return f.caseOf(e.CaseExpr)
	case *ast.Node_CurrentOfExpr:
		return predBounds
	}
	return f.mentioned(n)
}

// mentioned is the last resort: an expression that names a column of the target can restrict its rows.
func (f *folder) mentioned(n *ast.Node) *Predicate {
	if f.mentions(n) {
		return predBounds
	}
	return predFree
}

// mentions reports whether a column of the target stands anywhere in a tree.
func (f *folder) mentions(n *ast.Node) bool {
	found := false
	if n == nil {
		return false
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if ref, ok := m.Interface().(*ast.ColumnRef); ok && !found {
			_, found = f.column(ref)
		}
		return !found
	})
	return found
}

func (f *folder) boolean(e *ast.BoolExpr) *Predicate {
	args := make([]*Predicate, len(e.Args))
	for i, n := range e.Args {
		args[i] = f.condition(n)
	}
	switch e.Boolop {
	case ast.BoolExprType_AND_EXPR:
		return &Predicate{Op: PredAnd, Args: args, Pos: int(e.Location)}
	case ast.BoolExprType_OR_EXPR:
		return f.or(args)
	case ast.BoolExprType_NOT_EXPR:
		if len(args) == 1 {
			return f.not(args[0])
		}
	}
	return predFree
}

func (f *folder) not(p *Predicate) *Predicate {
	if p.Op == PredAnd {
		arms := make([]*Predicate, len(p.Args))
		for i, a := range p.Args {
			arms[i] = f.not(a)
		}
		return f.or(arms)
	}
	out := &Predicate{Op: PredNot, Args: []*Predicate{p}, Pos: p.Pos}
	if a, ok := f.atoms[p]; ok {
		if a, ok = a.negated(); ok {
			f.atoms[out] = a
		}
	}
	return out
}

// or sees arms that together leave nothing out.
func (f *folder) or(args []*Predicate) *Predicate {
	var arms []*Predicate
	for _, p := range args {
		if p.Op == PredOr {
			arms = append(arms, p.Args...)
		} else {
			arms = append(arms, p)
		}
	}
	var atoms []atom
	for _, p := range arms {
		if a, ok := f.atoms[p]; ok {
			atoms = append(atoms, a)
		}
	}
	if complete(atoms) {
		return predTrue
	}
	return &Predicate{Op: PredOr, Args: arms}
}

// flag is a boolean column by itself.
func (f *folder) flag(n *ast.Node, ref *ast.ColumnRef) *Predicate {
	if _, target := f.column(ref); !target {
		return predFree
	}
	p := &Predicate{Op: PredBounds, Pos: int(ref.Location)}
	if col := f.target(n); col != "" {
		f.atoms[p] = atom{column: col, op: "=", value: foldedBool(true)}
	}
	return p
}

func (f *folder) nullTest(e *ast.NullTest) *Predicate {
	isNull := e.Nulltesttype == ast.NullTestType_IS_NULL
	arg := plainNode(e.Arg)
	if p := arg.GetParamRef(); p != nil {
		test := &Predicate{Op: PredIsNull, Left: Operand{Param: int(p.Number)}, Pos: int(e.Location)}
		if isNull {
			return test
		}
		return f.not(test)
	}
	if v, ok := f.constant(arg); ok {
		return foldedBool(v.null == isNull).predicate()
	}
	ref := arg.GetColumnRef()
	if ref == nil {
		if arg.GetRowExpr() != nil || arg.GetAConst() != nil {
			return predFree
		}
		return f.mentioned(arg)
	}
	c, target := f.column(ref)
	switch {
	case !target:
		return predFree
	case f.target(arg) == "" || !isNull && c != nil && c.NotNull:
		// A whole row, or a column that is never NULL.
		return predTrue
	}
	p := &Predicate{Op: PredBounds, Pos: int(e.Location)}
	op := "is not null"
	if isNull {
		op = "is null"
	}
	f.atoms[p] = atom{column: f.target(arg), op: op}
	return p
}

// booleanTest keeps NULL apart from false, which [Predicate] does not: tests that are true of NULL bound something only
// where what they test is itself a bound.
func (f *folder) booleanTest(e *ast.BooleanTest) *Predicate {
	p := f.condition(e.Arg)
	switch e.Booltesttype {
	case ast.BoolTestType_IS_TRUE:
		return p
	case ast.BoolTestType_IS_FALSE:
		return f.not(p)
	}
	if p.Op == PredBounds && e.Booltesttype != ast.BoolTestType_IS_NOT_UNKNOWN {
		return predBounds
	}
	return predFree
}

func opName(list []*ast.Node) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].GetString_().GetSval()
}
