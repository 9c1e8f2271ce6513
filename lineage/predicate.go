package lineage

// Truth is what is known of a condition before it runs.
type Truth uint8

const (
	// Bounds means that the condition restricts the rows of the target. Not the zero value: bounding has to be shown.
	Bounds Truth = iota + 1
	// Always means true for every row, or nothing about the row at all.
	Always
	// Never means false or NULL for every row.
	Never
)

// PredicateOp is what a node of a [Predicate] is.
type PredicateOp uint8

// The nodes of a predicate.
const (
	// PredAnd and PredOr join Args; PredNot negates its one argument.
	PredAnd PredicateOp = iota + 1
	PredOr
	PredNot
	// PredBounds compares a column of the target with something that can restrict it.
	PredBounds
	// PredTrue and PredFalse are folded constants; NULL is PredFalse in a WHERE.
	PredTrue
	PredFalse
	// PredFree names no column of the target and cannot be folded: it bounds nothing.
	PredFree
	// PredParam is a parameter used as a truth value.
	PredParam
	// PredCompare compares Left with Right by Operator, both constants or parameters.
	PredCompare
	// PredIsNull asks whether Left is NULL.
	PredIsNull
	// PredLike compares a column of the target with the pattern Right: '%' bounds nothing.
	PredLike
	// PredMatch compares a column of the target by Operator with Right, which arguments make: some values of it let
	// everything through, such as an empty array in <> ALL. Any other, and an unknown one, bounds.
	PredMatch
)

// Predicate is the part of a WHERE clause that tells whether it bounds the rows of a target. Nodes that depend on
// arguments are folded with them when the statement runs.
type Predicate struct {
	Op       PredicateOp
	Args     []*Predicate
	Operator string // of PredCompare: = <> < <= > >=; of PredMatch any, with ANY or ALL behind it
	Left     Operand
	Right    Operand
	Param    int // of PredParam
	Pos      int
	try      *attempt // what seems to bound is tried with the arguments; nil = they cannot matter
}

// Operand is a constant, a parameter or what functions make of them, in a [Predicate].
type Operand struct {
	Const *string // as text
	Null  bool
	Param int    // 0 = not a parameter
	Type  string // a cast's target type, or ""
	// Call is a function of Args: coalesce, nullif, concat, ||, lower, upper, trim. "" = none.
	Call string
	Args []Operand
}
