package lineage

import (
	"database/sql/driver"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
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
	case PredParam, PredCompare, PredIsNull, PredLike, PredMatch:
		return true
	}
	if p.try != nil {
		return true
	}
	for _, a := range p.Args {
		if a.NeedsArgs() {
			return true
		}
	}
	return false
}

// truth tries what by its form bounds something, where there are arguments to try it with.
func (p *Predicate) truth(args func(int) (any, bool), negated bool) Truth {
	out := p.formal(args, negated)
	if out == Bounds && args != nil && p.try != nil && p.try.run(args, negated) {
		return Always
	}
	return out
}

// formal carries NOT down to the leaves, since what says nothing of the target says nothing when negated either.
func (p *Predicate) formal(args func(int) (any, bool), negated bool) Truth {
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
	case PredMatch:
		return p.match(args, negated)
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

// operandValue is a constant, the value of a parameter, or what functions make of them. nil is NULL; false is a value that
// nobody knows, or of a type of which it is not known what it becomes.
func operandValue(o Operand, args func(int) (any, bool)) (any, bool) {
	switch {
	case o.Null:
		return nil, true
	case o.Const != nil:
		return *o.Const, true
	case o.Call != "":
		return callValue(o, args)
	case o.Param == 0 || args == nil:
		return nil, false
	}
	v, ok := args(o.Param)
	if !ok {
		return nil, false
	}
	return knownArgument(v)
}

// knownArgument brings an argument into one of few types: string, bool, int64, float64, or what is not NULL for sure.
func knownArgument(v any) (any, bool) {
	switch x := v.(type) {
	case nil:
		return nil, true
	case time.Time:
		return x, true
	case driver.Valuer:
		return nil, false
	case []byte:
		return string(x), x != nil
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Bool:
		return r.Bool(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(r.Uint(), 10), true
	case reflect.Float32, reflect.Float64:
		return r.Float(), true
	case reflect.String:
		return r.String(), true
	case reflect.Slice:
		if b, ok := v.(interface{ MarshalJSON() ([]byte, error) }); ok && r.Type().Elem().Kind() == reflect.Uint8 && b != nil {
			return string(r.Bytes()), !r.IsNil()
		}
		return v, !r.IsNil()
	case reflect.Map:
		return v, !r.IsNil()
	case reflect.Array:
		return v, true
	}
	return nil, false
}

func callValue(o Operand, args func(int) (any, bool)) (any, bool) {
	values := make([]any, len(o.Args))
	for i := range o.Args {
		v, ok := operandValue(o.Args[i], args)
		switch {
		case !ok:
			return nil, false
		case o.Call == "coalesce" && v != nil:
			return v, true
		}
		values[i] = v
	}
	switch o.Call {
	case "coalesce":
		return nil, true
	case "nullif":
		return nullif(o, values)
	}
	text := ""
	for _, v := range values {
		s, ok := valueText(v)
		switch {
		case v == nil && o.Call == "concat":
		case v == nil:
			return nil, true
		case !ok:
			return nil, false
		}
		text += s
	}
	switch o.Call {
	case "||", "concat":
	case "lower":
		text = strings.ToLower(text)
	case "upper":
		text = strings.ToUpper(text)
	case "trim", "btrim":
		text = strings.Trim(text, " ")
	case "ltrim":
		text = strings.TrimLeft(text, " ")
	case "rtrim":
		text = strings.TrimRight(text, " ")
	default:
		return nil, false
	}
	return text, true
}

// nullif is NULL where its two values are the same; whether they are where their texts differ is not always known.
func nullif(o Operand, values []any) (any, bool) {
	switch {
	case values[0] == nil:
		return nil, true
	case values[1] == nil:
		return values[0], true
	}
	a, aok := foldedValue(values[0], o.Args[0].Type)
	b, bok := foldedValue(values[1], o.Args[1].Type)
	if !aok || !bok {
		return nil, false
	}
	switch a.compare("=", b).Op {
	case PredTrue:
		return nil, a.plain && b.plain || a.text == b.text
	case PredFalse:
		return values[0], true
	}
	return nil, false
}

func valueText(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case bool:
		return boolText(x), true
	case int64:
		return decimal(x), true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	}
	return "", false
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
	case float64:
		out = folded{text: strconv.FormatFloat(x, 'f', -1, 64), numeric: true}
	default:
		return folded{}, false
	}
	n, isNumber := number(out.text)
	whole := out.numeric && isNumber && n.IsInt()
	out.plain = cast == "" || plainTypes[cast] || wholeTypes[cast] && whole || cast == "bool" && out.boolean
	return out, true
}

// like: a pattern of % alone lets everything through. As a part of a longer pattern the empty text does too.
func (p *Predicate) like(args func(int) (any, bool), negated bool) Truth {
	v, ok := operandValue(p.Right, args)
	switch {
	case !ok && p.Right.says():
		return Bounds
	case !ok:
		return Always
	}
	s, isText := v.(string)
	switch {
	case v == nil:
		return Never
	case !isText:
		return Always
	case matchesAll("~~", s, ""):
		return truthOf(!negated)
	}
	return Bounds
}

// says reports whether a pattern has a part that asks for something whatever the arguments are.
func (o Operand) says() bool {
	if o.Call == "||" || o.Call == "concat" {
		return slices.ContainsFunc(o.Args, Operand.says)
	}
	return o.Const != nil && strings.Trim(*o.Const, "%") != ""
}

// match: see [PredMatch].
func (p *Predicate) match(args func(int) (any, bool), negated bool) Truth {
	v, ok := operandValue(p.Right, args)
	op, quantifier, _ := strings.Cut(p.Operator, " ")
	switch {
	case !ok && p.unsaidArray(quantifier, args):
		return Always
	case !ok:
		return Bounds
	case p.Operator == "is distinct":
		if v == nil {
			return truthOf(!negated)
		}
		return Bounds
	case v == nil:
		return Never
	case quantifier == "ANY" || quantifier == "ALL":
		list, ok := listOf(v)
		switch {
		case !ok:
			return Bounds
		case len(list) == 0:
			return truthOf((quantifier == "ALL") != negated)
		}
		all, some := true, false
		for _, s := range list {
			m := matchesAll(op, s, p.Left.Type)
			all, some = all && m, some || m
		}
		if all || some && quantifier == "ANY" {
			return truthOf(!negated)
		}
		return Bounds
	}
	s, ok := valueText(v)
	if r := reflect.ValueOf(v); !ok && (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0 {
		s, ok = "{}", true
	}
	if ok && matchesAll(op, s, p.Left.Type) {
		return truthOf(!negated)
	}
	return Bounds
}

// unsaidArray reports whether an argument is an array of which it is not known whether it is NULL or empty.
func (p *Predicate) unsaidArray(quantifier string, args func(int) (any, bool)) bool {
	if quantifier != "ANY" && quantifier != "ALL" || args == nil || p.Right.Param == 0 {
		return false
	}
	v, ok := args(p.Right.Param)
	if !ok {
		return false
	}
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Slice && r.IsNil()
}

// listOf lists the elements of an array argument.
func listOf(v any) ([]string, bool) {
	if s, ok := v.(string); ok {
		return arrayText(s)
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil, false
	}
	out := make([]string, r.Len())
	for i := range out {
		e, ok := knownArgument(r.Index(i).Interface())
		if ok {
			out[i], _ = valueText(e)
		}
		if !ok || out[i] == "" {
			out[i] = "\x00" // no pattern
		}
	}
	return out, true
}
