package driver

import (
	"database/sql/driver"
	"reflect"
)

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
