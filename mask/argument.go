package mask

import (
	"database/sql/driver"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxNesting is how deep arguments are looked into.
const maxNesting = 8

// carriesToken reports whether a token is anywhere in an argument.
func carriesToken(arg any) bool { return carries(arg, maxNesting) }

func carries(arg any, depth int) (found bool) {
	switch v := arg.(type) {
	case nil, int64, int, int32, bool, float64, time.Time:
		return false
	case string:
		return isToken(v)
	case []byte:
		return isToken(string(v))
	}
	if depth == 0 {
		return false
	}
	// Methods of the argument's own type run here, and may fail.
	defer func() {
		if recover() != nil {
			found = found || carriesInside(arg, depth)
		}
	}()
	if v, ok := arg.(driver.Valuer); ok {
		if inner, err := v.Value(); err == nil && carries(inner, depth-1) {
			return true
		}
	}
	if v, ok := arg.(fmt.Stringer); ok && isToken(v.String()) {
		return true
	}
	return carriesInside(arg, depth)
}

// carriesInside looks into pointers, lists and documents.
func carriesInside(arg any, depth int) bool {
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.String:
		return isToken(v.String())
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && v.Elem().CanInterface() && carries(v.Elem().Interface(), depth-1)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(b), v)
			return isToken(string(b))
		}
		for i := range v.Len() {
			if e := v.Index(i); e.CanInterface() && carries(e.Interface(), depth-1) {
				return true
			}
		}
	case reflect.Map, reflect.Struct:
		b, err := marshal(arg)
		return err == nil && isToken(string(b))
	}
	return false
}

// marshal is json.Marshal for values whose methods may panic.
func marshal(v any) (b []byte, err error) {
	defer func() {
		if recover() != nil {
			b, err = nil, errJSON
		}
	}()
	return json.Marshal(v)
}

// plain is an argument as one of the types that drivers know: string, []byte, int64, float64, bool, time.Time or nil; ok
// is false where it is none of them.
func plain(arg any) (v any, ok bool) {
	for range maxNesting {
		switch arg.(type) {
		case nil, string, []byte, int64, float64, bool, time.Time:
			return arg, true
		}
		if valuer, is := arg.(driver.Valuer); is {
			inner, failed := valueOf(valuer)
			if failed {
				return nil, false
			}
			arg = inner
			continue
		}
		r := reflect.ValueOf(arg)
		if r.Kind() != reflect.Pointer {
			return plainKind(arg, r)
		}
		if r.IsNil() {
			return nil, true
		}
		if text, is := stringer(arg); is && r.Elem().Kind() == reflect.Struct && r.Type().Elem() != reflect.TypeFor[time.Time]() {
			return text, true // *big.Int
		}
		if !r.Elem().CanInterface() {
			return nil, false
		}
		arg = r.Elem().Interface()
	}
	return nil, false
}

func plainKind(arg any, r reflect.Value) (any, bool) {
	switch r.Kind() {
	case reflect.Slice, reflect.Array, reflect.Struct:
		if text, is := stringer(arg); is {
			return text, true // net.IP, a UUID, netip.Addr
		}
		if r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8 {
			return r.Bytes(), true
		}
		return nil, false
	}
	return scalar(r)
}

func scalar(r reflect.Value) (any, bool) {
	switch r.Kind() {
	case reflect.String:
		return r.String(), true
	case reflect.Bool:
		return r.Bool(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return strconv.FormatUint(r.Uint(), 10), true
		}
		return int64(r.Uint()), true
	case reflect.Float32, reflect.Float64:
		return r.Float(), true
	}
	return nil, false
}

func valueOf(v driver.Valuer) (out driver.Value, failed bool) {
	defer func() {
		if recover() != nil {
			out, failed = nil, true
		}
	}()
	out, err := v.Value()
	return out, err != nil
}

func stringer(arg any) (text string, ok bool) {
	s, is := arg.(fmt.Stringer)
	if !is {
		return "", false
	}
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	return s.String(), true
}

// textOf is an argument as text, where it is one.
func textOf(arg any) (string, bool) {
	if s, ok := arg.(string); ok {
		return s, true
	}
	v, ok := plain(arg)
	if !ok {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}

// keysOf are the forms under which a value is remembered: a program may send a date, a number or an address back in
// another type than it got it.
func keysOf(arg any) []string { return keysLike(arg, anyDate, true) }

// keysLike are those that a column may be remembered by that was shown with dates or addresses, or with none.
func keysLike(arg any, dates dateKind, networks bool) []string {
	v, ok := plain(arg)
	if !ok {
		return nil
	}
	switch v := v.(type) {
	case nil:
		return []string{"null"}
	case int64:
		return []string{textOfInt(v)}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return []string{textOfInt(int64(v))}
		}
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	case time.Time:
		return timeKeys(v, dates)
	case []byte:
		return textKeys(string(v), dates, networks)
	case string:
		return textKeys(v, dates, networks)
	}
	return nil
}

func timeKeys(d time.Time, kind dateKind) []string {
	var out []string
	for _, d := range [...]time.Time{d, d.UTC()} {
		if kind == dayDate {
			d = time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
		}
		if key := yearKey(d); key != "" && (len(out) == 0 || out[0] != key) {
			out = append(out, key)
		}
	}
	return append(out, dayPrefix+d.Format(time.DateOnly))
}

const longestKey = 4096

func textKeys(s string, dates dateKind, networks bool) []string {
	if len(s) > longestKey {
		return nil
	}
	s = strings.TrimRight(s, " ")
	out := []string{s}
	if len(s) == 0 || len(s) > 64 {
		return out
	}
	if dates != noDate {
		if d, ok := parseDate(s); ok {
			out = append(out, timeKeys(d, dates)...)
		} else if key, bare := firstOfYear(s, dates); dates != anyDate && key != "" && !bare {
			out = append(out, key)
		}
	}
	if networks {
		if key := networkKey(s); key != "" {
			out = append(out, key)
		}
	}
	if n := numberKey(s); n != "" && n != s {
		out = append(out, n)
	}
	return out
}

// numberKey is how a number in a text is remembered; "" for any other text.
func numberKey(s string) string {
	if n := wholeNumber(s); n != "" {
		return n
	}
	if !strings.ContainsAny(s, "123456789") {
		if isZero(s) {
			return "0"
		}
		return ""
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return ""
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return ""
	}
	return keysOf(f)[0]
}

// wholeNumber writes a whole number without what does not change it: 00.00 is 0.
func wholeNumber(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0") != "" {
		return ""
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		return "0"
	}
	return whole
}

// isImage reports whether a key could be that of a masked value, for columns with more of them than are remembered.
func isImage(key string) bool {
	if network, ok := strings.CutPrefix(key, networkPrefix); ok {
		if out, valid := subnet(network, false); valid {
			return out == network
		}
		out, valid := maker(network)
		return valid && out == network
	}
	if strings.HasPrefix(key, yearPrefix) {
		return true
	}
	if len(key) <= keptDigits && digitCount(key) == len(key) {
		return true
	}
	return len(key) < minToken+len(mailSuffix) && key != "" && isBase32(key)
}

// eachElement calls f for the elements of a list, or of an array in PostgreSQL's notation.
func eachElement(arg any, f func(any)) {
	if text, ok := textOf(arg); ok {
		if strings.HasPrefix(text, "{") {
			p := arrayReader{rest: text, limit: maxArray, element: func(s string) driver.Value { f(s); return "" }}
			p.read()
		}
		return
	}
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	eachOf(v, f, 2)
}

// eachOf calls f for the elements of a list, and of lists in the fields of a struct: pgtype.Array is one.
func eachOf(v reflect.Value, f func(any), depth int) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if e := v.Index(i); e.CanInterface() {
				f(e.Interface())
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Field(i)
			if k := field.Kind(); depth > 0 && field.CanInterface() && (k == reflect.Slice || k == reflect.Array || k == reflect.Struct) {
				eachOf(field, f, depth-1)
			}
		}
	}
}

// leavesOf are the texts and numbers in a JSON document, but for what is empty or zero; nil where an argument is none.
func leavesOf(arg any) []any {
	text, ok := textOf(arg)
	if !ok {
		v := reflect.ValueOf(arg)
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if k := v.Kind(); k != reflect.Map && k != reflect.Struct && k != reflect.Slice && k != reflect.Array {
			return nil
		}
		b, err := marshal(arg)
		if err != nil {
			return nil
		}
		text = string(b)
	}
	switch text = strings.TrimSpace(text); {
	case text == "":
		return nil
	case text[0] == '<':
		return leavesOfXML(text)
	case text[0] == '"':
		if leaves := leavesOfPairs(text); leaves != nil {
			return leaves
		}
	case text[0] != '{' && text[0] != '[':
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var leaves []any
	for {
		tok, err := d.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return leaves
			}
			return nil
		}
		switch tok := tok.(type) {
		case string:
			if tok != "" {
				leaves = append(leaves, tok)
			}
		case json.Number:
			if s := tok.String(); strings.Trim(s, "-0.") != "" {
				leaves = append(leaves, s)
			}
		}
	}
}

// leavesOfPairs are the values of an hstore; nil where a text is none.
func leavesOfPairs(text string) (leaves []any) {
	pairs, ok := pairsOf(text)
	if !ok {
		return nil
	}
	if pairs, ok := pairs.(map[string]any); ok {
		for _, v := range pairs {
			if v != nil && v != "" {
				leaves = append(leaves, v)
			}
		}
	}
	return leaves
}

// leavesOfXML are the texts and the attributes in XML.
func leavesOfXML(text string) (leaves []any) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	for {
		tok, err := d.RawToken()
		if err != nil {
			return leaves // what comes before an error is looked at
		}
		switch tok := tok.(type) {
		case xml.CharData:
			if s := strings.TrimSpace(string(tok)); s != "" {
				leaves = append(leaves, s)
			}
		case xml.StartElement:
			for _, a := range tok.Attr {
				leaves = append(leaves, a.Value)
			}
		}
	}
}

// mayBeList is false for the arguments that are most of all arguments.
func mayBeList(arg any) bool {
	switch v := arg.(type) {
	case nil, int64, int, int32, float64, bool, time.Time:
		return false
	case string:
		return len(v) > 1 && strings.IndexByte("{[<\" \t\n\r", v[0]) >= 0
	}
	return true
}
