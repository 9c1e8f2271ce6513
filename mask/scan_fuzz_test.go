package mask

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// scannedTypes are the types whose values are looked into, one for each way.
var scannedTypes = []uint32{25, 1043, 1042, 19, 18, 1009, 1015, 114, 3802, 142, 17, 20, 1700, 1016, 199, 2249, 3614, 16400, 0, 701, 790, 5069, 1022, 791}

// standing is the planted address as a word of its own.
var standing = regexp.MustCompile(`(^|[ "(,])ada@example\.com($|[ ",)])`)

func scanOf(t *testing.T, m *Masker, oid uint32, mod int32) *Scan {
	t.Helper()
	s := m.Scan(Column{scan: true, numbers: true}, Field{TypeOID: oid, TypeMod: mod})
	require.NotNil(t, s, oid)
	return s
}

// A scan never panics, is the same each time, leaves a value of the type that it was and no address in it.
func FuzzScan(f *testing.F) {
	for i, text := range []string{
		"write to ada@example.com", `{a,"b \"c ada@example.com",NULL,{x}}`, `("ada@example.com",1,"(""x"",2)")`, `[ada@example.com,zed)`, `{[a,b),["ada@example.com",c]}`,
		`"k"=>"ada@example.com", "email"=>NULL`, `'ada@example.com':1A 'fat':2`, `{"email": "x", "card": 4111111111111111, "l": [{"a": "ada@example.com"}]}`,
		`\x616461406578616d706c652e636f6d`, "4111111111111111", "4111111111111111.00", `{4111111111111111,NULL}`, `<a b="ada@example.com"/>`, `[0:1]={a,b}`, `{"{\"a\":\"ada@example.com\"}"}`,
		`(((((((((((((((((((((((`, `{{{{{{{{`, `"`, `'`, `(,,)`, "{}", "\xff@\x00",
	} {
		f.Add(text, uint8(i), int16(20))
	}
	m, err := New(Config{Key: []byte("0123456789abcdef")})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string, typ uint8, mod int16) {
		oid := scannedTypes[int(typ)%len(scannedTypes)]
		out := scanOf(t, m, oid, int32(mod)).Printed(text)
		require.Equal(t, out, scanOf(t, m, oid, int32(mod)).Printed(text))
		s := scanOf(t, m, oid, int32(mod))
		if limit := s.treater.shape.limit; limit > 0 && utf8.RuneCountInString(text) <= limit && s.way == scanText {
			require.LessOrEqual(t, utf8.RuneCountInString(out), limit)
		}
		if s.way == scanDocument && json.Valid([]byte(text)) {
			require.True(t, json.Valid([]byte(out)))
		}
		if s.way != scanNumber && s.way != scanNumbers && s.way != scanDocument {
			require.NotRegexp(t, standing, out)
		}
		if s.way == scanLiteral || s.way == scanList {
			require.Equal(t, notationOf(s, text), notationOf(s, out), "%q became %q", text, out)
		}
		for _, v := range []driver.Value{text, []byte(text), int64(len(text)), nil, 1.5, true} {
			require.IsType(t, v, orSame(scanOf(t, m, oid, int32(mod)).Value(v), v))
		}
		if s.Reads() {
			var b [8]byte
			binary.BigEndian.PutUint64(b[:], uint64(len(text)))
			for _, in := range [][]byte{[]byte(text), b[:], nil} {
				_, _ = s.Binary(in)
			}
		}
	})
}

// orSame lets NULL stand for a value of any type: nothing of it is left.
func orSame(out, v driver.Value) driver.Value {
	if out == nil {
		return v
	}
	return out
}

// notationOf is which notation a value is in; a range of which something was found is the empty one.
func notationOf(s *Scan, text string) int {
	if text == "" || text == "empty" || text == "{}" {
		return 0
	}
	for i := range 4 {
		w := literalWalk{in: text, scan: s}
		list := w.readers()
		if i >= len(list) {
			break
		}
		if list[i]() && w.at == len(text) {
			if w.ranges {
				return 0
			}
			return 1 + i + 10*strings.IndexByte(`{[("'`, text[0])
		}
	}
	return -1
}
