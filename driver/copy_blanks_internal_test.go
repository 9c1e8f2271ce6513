package driver

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

// However a stream is cut, the fence finds the same in it, and lets all others by as they are.
func FuzzBlankFence(f *testing.F) {
	f.Add([]byte("1\t0\n2\t7\n"), uint8(0))
	f.Add([]byte("1,\"0\"\n2,\"a\"\"b\"\n"), uint8(1))
	f.Add([]byte(copySignature+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x011\x00\x00\x00\x010\xff\xff"), uint8(2))
	f.Add([]byte("1|7\n\\.\n"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		format := []copyFormat{
			{name: "text", delim: '\t', null: `\N`},
			{name: "csv", delim: ',', quote: '"', escape: '"'},
			{name: "binary", header: true},
			{name: "csv", delim: '|', quote: '\'', escape: '!', null: "x"},
		}[kind%4]
		read := func(in io.Reader) ([]byte, bool) {
			zero := func(v any) bool { return v == "0" || v == int64(0) }
			types := pgtype.NewMap()
			fence := &blankFence{in: in, format: format, columns: []blankColumn{{}, {is: zero, types: types, oid: pgtype.TextOID}, {is: zero, types: types, oid: pgtype.JSONBOID}, {is: zero, types: types, oid: pgtype.Int8OID}}}
			out, err := io.ReadAll(fence)
			require.Equal(t, fence.tripped, err != nil)
			return out, fence.tripped
		}
		out, tripped := read(bytes.NewReader(data))
		if !tripped {
			require.Equal(t, data, append([]byte{}, out...))
		}
		_, cut := read(iotest.OneByteReader(bytes.NewReader(data)))
		require.Equal(t, tripped, cut)
	})
}
