package lineage

import (
	"strconv"
	"strings"
)

// Truth says what is known of the condition before it runs. args gives the value of parameter $n; nil, or an answer of
// false, is an argument that nobody knows: a condition on it bounds nothing. A nil predicate is no condition: [Always].
func (p *Predicate) Truth(args func(n int) (value any, ok bool)) Truth { return p.truth(args, false) }

// NeedsArgs reports whether the truth can depend on arguments.
func (p *Predicate) NeedsArgs() bool {
	if p == nil {
		return false
	}
	switch p.Op {
	case PredParam, PredCompare, PredIsNull, PredLike:
		return true
	}
	for _, a := range p.Args {
		if a.NeedsArgs() {
			return true
		}
	}
	return false
}

// truth carries NOT down to the leaves, since what says nothing of the target says nothing when negated either.
func (p *Predicate) truth(args func(int) (any, bool), negated bool) Truth {
	if p == nil {
		return Always
	}
	switch p.Op {
	case PredAnd, PredOr:
		return p.joined(args, negated)
	case PredNot:
		return p.Args[0].truth(args, !negated)
	case PredBounds:
		return Bounds
	case PredTrue:
		return truthOf(!negated)
	case PredFalse:
		return truthOf(negated)
	case PredParam:
		return boolTruth(p.Param, args, negated)
	case PredIsNull:
		v, ok := operandValue(p.Left, args)
		if !ok {
			return Always
		}
		return truthOf((v == nil) != negated)
	case PredCompare:
		return p.compared(args, negated)
	case PredLike:
		return p.like(args, negated)
	}
	return Always
}

func truthOf(b bool) Truth {
	if b {
		return Always
	}
	return Never
}

// joined: AND is as good as its best arm, OR as bad as its worst; NOT changes the one into the other.
func (p *Predicate) joined(args func(int) (any, bool), negated bool) Truth {
	and := (p.Op == PredAnd) != negated
	bounds, always, never := false, false, false
	for _, a := range p.Args {
		switch a.truth(args, negated) {
		case Bounds:
			bounds = true
		case Never:
			never = true
		default:
			always = true
		}
	}
	switch {
	case and && never, !and && !bounds && !always:
		return Never
	case and && bounds, !and && !always:
		return Bounds
	}
	return Always
}

func boolTruth(n int, args func(int) (any, bool), negated bool) Truth {
	v, ok := operandValue(Operand{Param: n}, args)
	if !ok {
		return Always
	}
	switch b := v.(type) {
	case nil:
		return Never // NULL, and so is its negation
	case bool:
		return truthOf(b != negated)
	case string:
		if truthy(b) || isFalse(b) {
			return truthOf(truthy(b) != negated)
		}
	}
	return Always
}

// operandValue is a constant, or the value of a parameter.
func operandValue(o Operand, args func(int) (any, bool)) (any, bool) {
	switch {
	case o.Null:
		return nil, true
	case o.Const != nil:
		return *o.Const, true
	case o.Param == 0 || args == nil:
		return nil, false
	}
	return args(o.Param)
}

func (p *Predicate) compared(args func(int) (any, bool), negated bool) Truth {
	l, lok := operandValue(p.Left, args)
	r, rok := operandValue(p.Right, args)
	switch {
	case p.Left.Param != 0 && p.Left.Param == p.Right.Param:
		// $1 = $1, whatever it is.
		return sameBothSides(p.Operator).truth(nil, negated)
	case !lok || !rok:
		return Always
	case l == nil || r == nil:
		return Never
	}
	a, aok := foldedValue(l, p.Left.Type)
	b, bok := foldedValue(r, p.Right.Type)
	if !aok || !bok {
		return Always
	}
	return a.compare(p.Operator, b).truth(nil, negated)
}

// foldedValue reads an argument; false for types whose texts do not tell equal from different.
func foldedValue(v any, cast string) (folded, bool) {
	var out folded
	switch x := v.(type) {
	case string:
		out = folded{text: x}
	case bool:
		out = folded{text: boolText(x), boolean: true}
	case int64:
		out = folded{text: decimal(x), numeric: true}
	case int:
		out = folded{text: decimal(int64(x)), numeric: true}
	case int32:
		out = folded{text: decimal(int64(x)), numeric: true}
	case float64:
		out = folded{text: strconv.FormatFloat(x, 'f', -1, 64), numeric: true}
	default:
		return folded{}, false
	}
	out.plain = cast == "" || plainTypes[cast] || wholeTypes[cast] && out.numeric || cast == "bool" && out.boolean
	return out, true
}

// like: a pattern of % alone lets everything through. As a part of a longer pattern the empty text does too.
func (p *Predicate) like(args func(int) (any, bool), negated bool) Truth {
	v, ok := operandValue(p.Right, args)
	if !ok {
		return Always
	}
	s, isText := v.(string)
	switch {
	case v == nil:
		return Never
	case !isText:
		return Always
	case strings.Trim(s, "%") == "" && (s != "" || p.Operator == "||"):
		return truthOf(!negated)
	}
	return Bounds
}
