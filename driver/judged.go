package driver

import (
	"database/sql/driver"
	"reflect"
	"strings"
	"time"
)

// answered is an argument in whose place stands the answer of the Valuer that it is or points to, as pgx would ask it: it is
// asked once, so that the value that is judged is the one that is sent. Another argument is what it is. ok is false where the
// Valuer has no answer.
func answered(v any) (answer any, ok bool) {
	answer = v
	for depth := 0; depth < 8; depth++ {
		switch v.(type) {
		case nil, string, int64, int, int32, bool, []byte, float64, time.Time:
			return answer, true
		}
		rv := reflect.ValueOf(v)
		isNil := rv.Kind() == reflect.Pointer && rv.IsNil()
		valuer, is := v.(driver.Valuer)
		switch {
		case is && isNil && rv.Type().Elem().Implements(reflect.TypeFor[driver.Valuer]()):
			return nil, true
		case is && ofPgx(rv.Type()):
			return answer, true
		case is:
			if v, ok = valueOf(valuer); !ok {
				return nil, false
			}
			answer = v
		case rv.Kind() != reflect.Pointer || isNil:
			return answer, true
		default:
			v = rv.Elem().Interface()
		}
	}
	return nil, false
}

// ofPgx reports whether a type is one of pgx's own, whose values pgx encodes by what they hold.
func ofPgx(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.HasPrefix(t.PkgPath(), "github.com/jackc/pgx/")
}

// judged is an argument as the guard sees it: what the server will get, as a plain Go value. A nil pointer, a nil slice and
// a Valuer without a value are NULL, a pointer is what it points to. ok is false where nobody can tell.
func judged(v any) (value any, ok bool) {
	for depth := 0; depth < 8; depth++ {
		if v == nil {
			return nil, true
		}
		rv := reflect.ValueOf(v)
		switch rv.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if rv.IsNil() {
				return nil, true
			}
		}
		if valuer, is := v.(driver.Valuer); is {
			if v, ok = valueOf(valuer); !ok {
				return nil, false
			}
			continue
		}
		if rv.Kind() != reflect.Pointer {
			return plain(v, rv), true
		}
		v = rv.Elem().Interface()
	}
	return nil, false
}

// valueOf asks a Valuer, which is the caller's code and may panic.
func valueOf(valuer driver.Valuer) (v any, ok bool) {
	defer func() {
		if recover() != nil {
			v, ok = nil, false
		}
	}()
	v, err := valuer.Value()
	return v, err == nil
}

// plain takes the name off a type: a named string is a string.
func plain(v any, rv reflect.Value) any {
	switch rv.Kind() {
	case reflect.Bool:
		return rv.Bool()
	case reflect.String:
		return rv.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int()
	case reflect.Float32, reflect.Float64:
		return rv.Float()
	}
	return v
}
