package lineage

import (
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// call computes a function of PostgreSQL's own that conditions are often made of. Any other gives what is not known; one of
// a user may have the same name in another schema, and is then as likely to be like it as not.
func (t *trial) call(e *ast.FuncCall) datum {
	name := opName(e.GetFuncname())
	if e.GetOver() != nil || e.GetFuncVariadic() || e.GetAggFilter() != nil {
		return t.fail()
	}
	args := make([]datum, len(e.GetArgs()))
	nulls := 0
	for i, n := range e.GetArgs() {
		args[i] = t.eval(n)
		if args[i].kind == isNullDatum {
			nulls++
		}
	}
	if t.failed {
		return datum{}
	}
	if in := t.f.inline(e); in != nil {
		return t.computed(in, args)
	}
	switch name {
	case "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange":
		if len(args) >= 2 {
			return t.ends(args)
		}
	case "format":
		if len(args) > 0 {
			return t.format(args)
		}
	case "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp":
		return datum{kind: isTime, num: thisDay}
	case "num_nulls":
		return datum{kind: isNumber, num: float64(nulls)}
	case "num_nonnulls":
		return datum{kind: isNumber, num: float64(len(args) - nulls)}
	case "concat":
		text := ""
		for _, v := range args {
			s, ok := datumText(v)
			if !ok && v.kind != isNullDatum {
				return t.fail()
			}
			text += s
		}
		return datum{kind: isText, text: text}
	case "random":
		return t.fail()
	}
	if nulls > 0 {
		return datum{}
	}
	if op := operatorOf[name]; op != "" && len(args) == 2 {
		return t.binary(op, args[0], args[1])
	}
	if len(args) > 0 && args[0].kind == isNumber {
		if v, ok := t.numeric(name, args); ok {
			return v
		}
	}
	if len(args) > 0 && args[0].kind == isText {
		if v, ok := t.textual(name, args); ok {
			return v
		}
	}
	return t.other(name, args)
}

func (t *trial) numeric(name string, args []datum) (datum, bool) {
	x := args[0].num
	switch {
	case len(args) == 1:
		switch name {
		case "abs":
			x = math.Abs(x)
		case "floor":
			x = math.Floor(x)
		case "ceil", "ceiling":
			x = math.Ceil(x)
		case "round":
			x = math.Round(x)
		case "trunc":
			x = math.Trunc(x)
		case "sign":
			x = map[bool]float64{true: 1}[x > 0] - map[bool]float64{true: 1}[x < 0]
		default:
			compute := functionsOfNumbers[name]
			if compute == nil {
				return datum{}, false
			}
			if x = compute(x); math.IsNaN(x) || math.IsInf(x, 0) {
				return t.fail(), true
			}
		}
		return datum{kind: isNumber, num: x}, true
	case len(args) == 2 && args[1].kind == isNumber:
		switch name {
		case "mod":
			return t.number("%", x, args[1].num), true
		case "power", "pow":
			return t.number("^", x, args[1].num), true
		}
	}
	return datum{}, false
}

func (t *trial) textual(name string, args []datum) (datum, bool) {
	s := args[0].text
	text := func(s string) (datum, bool) { return datum{kind: isText, text: s}, true }
	number := func(x float64) (datum, bool) { return datum{kind: isNumber, num: x}, true }
	switch len(args) {
	case 1:
		switch name {
		case "length", "char_length", "character_length":
			return number(runes(s))
		case "octet_length":
			return number(float64(len(s)))
		case "bit_length":
			return number(float64(8 * len(s)))
		case "lower":
			return text(strings.ToLower(s))
		case "upper":
			return text(strings.ToUpper(s))
		case "btrim", "trim":
			return text(strings.Trim(s, " "))
		case "ltrim":
			return text(strings.TrimLeft(s, " "))
		case "rtrim":
			return text(strings.TrimRight(s, " "))
		case "md5":
			return text(md5Text(s))
		}
	case 2:
		count := int(math.Max(-1e6, math.Min(1e6, args[1].num)))
		switch {
		case name == "strpos" || name == "position":
			if args[1].kind != isText {
				return t.fail(), true
			}
			at := strings.Index(s, args[1].text)
			if at < 0 {
				return number(0)
			}
			return number(runes(s[:at]) + 1)
		case name == "regexp_match" || name == "regexp_substr":
			if args[1].kind == isText && t.matches("~", args[0], args[1], false).yes {
				return datum{kind: isList, list: []datum{{kind: isUnknown}}}, true
			}
			return t.fail(), true
		case (name == "substr" || name == "substring") && args[1].kind == isNumber:
			return text(partOf(s, args[1].num, math.Inf(1)))
		case name == "left" && args[1].kind == isNumber:
			return text(firstRunes(s, count))
		case name == "right" && args[1].kind == isNumber:
			if count < 0 {
				return t.fail(), true
			}
			return text(lastRunes(s, count))
		case name == "repeat" && args[1].kind == isNumber:
			if count*len(s) > 1<<16 {
				return t.fail(), true
			}
			return text(strings.Repeat(s, max(0, count)))
		}
	case 3:
		switch {
		case name == "replace" && args[1].kind == isText && args[2].kind == isText:
			if args[1].text == "" {
				return text(s)
			}
			if len(s)*(1+len(args[2].text)) > 1<<20 {
				return t.fail(), true
			}
			return text(strings.ReplaceAll(s, args[1].text, args[2].text))
		case (name == "substr" || name == "substring") && args[1].kind == isNumber && args[2].kind == isNumber && args[2].num >= 0:
			return text(partOf(s, args[1].num, args[2].num))
		}
	}
	return datum{}, false
}

// partOf is the part of a text from a character on, which counts from one.
func partOf(s string, from, count float64) string {
	r := []rune(s)
	begin, end := math.Max(from-1, 0), math.Min(from-1+count, float64(len(r)))
	if begin >= end {
		return ""
	}
	return string(r[int(begin):int(end)])
}

// format puts values in the places of %s; others, and places that are numbered, are not computed.
func (t *trial) format(args []datum) datum {
	pattern, ok := datumText(args[0])
	if !ok || len(pattern) > maxPattern {
		return t.fail()
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			b.WriteByte(pattern[i])
			continue
		}
		if i++; i == len(pattern) || pattern[i] != 's' && pattern[i] != '%' {
			return t.fail()
		}
		if pattern[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if next >= len(args) {
			return t.fail()
		}
		s, ok := datumText(args[next])
		if !ok && args[next].kind != isNullDatum {
			return t.fail()
		}
		b.WriteString(s)
		next++
	}
	return datum{kind: isText, text: b.String()}
}

func firstRunes(s string, n int) string {
	if n < 0 {
		n = max(0, utf8.RuneCountInString(s)+n)
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func lastRunes(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}

// other computes functions of times and arrays.
func (t *trial) other(name string, args []datum) datum {
	switch {
	case name == "cardinality" && len(args) == 1 && args[0].kind == isList:
		return datum{kind: isNumber, num: float64(len(args[0].list))}
	case name == "array_length" && len(args) == 2 && args[0].kind == isList:
		if len(args[0].list) == 0 {
			return datum{}
		}
		return datum{kind: isNumber, num: float64(len(args[0].list))}
	case name == "age" && len(args) == 1 && args[0].kind == isTime:
		return datum{kind: isInterval, num: thisDay - args[0].num}
	case name == "age" && len(args) == 2 && args[0].kind == isTime && args[1].kind == isTime:
		return datum{kind: isInterval, num: args[0].num - args[1].num}
	case name == "date_trunc" && len(args) >= 2 && args[1].kind == isTime:
		if unit, ok := secondsOf[strings.ToLower(args[0].text)]; ok {
			return datum{kind: isTime, num: math.Floor(args[1].num/unit) * unit}
		}
	case (name == "extract" || name == "date_part") && len(args) == 2 && args[1].kind == isTime:
		switch strings.ToLower(args[0].text) {
		case "epoch":
			return datum{kind: isNumber, num: args[1].num}
		case "year":
			return datum{kind: isNumber, num: 1970 + math.Floor(args[1].num/secondsOf["year"])}
		}
	case name == "pg_typeof":
		return t.fail()
	case name == "isfinite" && len(args) == 1 && (args[0].kind == isTime || args[0].kind == isInterval):
		return truthDatum(!math.IsInf(args[0].num, 0))
	}
	return datum{kind: isUnknown}
}

// constantsOf lists the constants of a tree.
func constantsOf(n *ast.Node) []*ast.A_Const {
	var out []*ast.A_Const
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if c, ok := m.Interface().(*ast.A_Const); ok {
			out = append(out, c)
		}
		return true
	})
	return out
}

// hasSubqueryOf reports whether a tree holds a subquery.
func hasSubqueryOf(n *ast.Node) bool {
	found := false
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		_, ok := m.Interface().(*ast.SubLink)
		found = found || ok
		return !found
	})
	return found
}
