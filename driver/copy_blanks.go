package driver

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/governedsql/governed/lineage"
)

// blankFence stops a stream of COPY FROM that would store in a column what the column was shown with instead of a value: a zero,
// the first day of a year, the last digits of a number are no tokens. It reads the fields of such columns and nothing else.
type blankFence struct {
	in      io.Reader
	format  copyFormat
	columns []blankColumn
	tripped bool

	field   []byte // of the column that is read, as it is written
	at      int    // the number of the column
	quoted  bool   // in quotes
	wasIn   bool   // the field had quotes
	escaped bool   // the last byte was the escape
	skip    bool   // the first line is one of names
	binary  []byte // of a stream of that format, what was not read yet
	ended   bool

	returned bool // the last byte was a carriage return that ended a line
}

// blankColumn is one that a COPY fills.
type blankColumn struct {
	is    func(any) bool // nil = it is not looked at
	null  bool           // NULL is one of those values
	oid   uint32
	types *pgtype.Map
}

// longestBlank is how long a field may be that is looked at. A longer one is refused: nobody could say what it is.
const longestBlank = 16 << 20

var errBlankCopy = errors.New("governed: a value in the data of COPY that stands for a masked one")

// blankFence makes the fence of a COPY FROM; nil where nothing was put out for the columns that it fills.
func (p *passage) blankFence(in io.Reader) *blankFence {
	e := p.copyEffect()
	if e == nil || e.Relation == nil || p.m == nil {
		return nil
	}
	f := &blankFence{in: in}
	any := false
	for _, col := range filled(e) {
		id := lineage.ColumnID{Schema: e.Relation.Schema, Relation: e.Relation.Name.Name, Column: col.Name}
		c := blankColumn{is: p.s.g.masker.Copied(p.a.statement(), id, p.m.rules), oid: cmp.Or(col.Base, col.TypeOID), types: p.s.conn.pgx.TypeMap()}
		if c.is != nil {
			any, c.null = true, c.is(nil)
		}
		f.columns = append(f.columns, c)
	}
	if !any {
		return nil
	}
	f.format, _ = formatOf(e) // the other encodings write digits as this one
	f.skip = f.format.header && f.format.name != "binary"
	return f
}

// filled are the columns that a COPY FROM fills, in the order of its data.
func filled(e *lineage.Effect) (out []lineage.Column) {
	for _, name := range e.Columns {
		col, _ := e.Relation.Column(name)
		if col == nil {
			col = &lineage.Column{Name: name}
		}
		out = append(out, *col)
	}
	if len(e.Columns) > 0 {
		return out
	}
	for _, col := range e.Relation.Columns {
		if col.Expression == "" {
			out = append(out, col)
		}
	}
	return out
}

func (f *blankFence) Read(b []byte) (int, error) {
	n, err := f.in.Read(b)
	held := f.holds(b[:n])
	if !held && errors.Is(err, io.EOF) && (f.at > 0 || len(f.field) > 0 || f.wasIn) {
		held = f.end() // the last line may have no end
	}
	if held {
		f.tripped = true
		return 0, errBlankCopy
	}
	return n, err
}

// holds reports whether a field that ends in b is a blank.
func (f *blankFence) holds(b []byte) bool {
	if f.format.name == "binary" {
		return f.holdsBinary(b)
	}
	for _, c := range b {
		if f.byte(c) {
			return true
		}
	}
	return false
}

// byte takes one byte of a text or CSV stream.
func (f *blankFence) byte(c byte) bool {
	if c == '\n' && f.returned && !f.quoted && !f.escaped {
		f.returned = false
		return false // the line ended with the byte before
	}
	f.returned = c == '\r' && !f.quoted && !f.escaped
	if f.format.name == "csv" {
		return f.csv(c)
	}
	switch {
	case f.escaped:
		f.escaped = false
		return f.add(c)
	case c == '\\':
		f.escaped = true
		return f.add(c)
	case c == f.format.delim:
		return f.next(f.at + 1)
	case c == '\n', c == '\r':
		return f.next(0)
	}
	return f.add(c)
}

// csv takes one byte of a CSV stream. A quote that is doubled ends the quotes and begins them again.
func (f *blankFence) csv(c byte) bool {
	q := f.format
	switch {
	case f.quoted && f.escaped:
		f.escaped = false
		return f.add(c)
	case f.quoted && c == q.escape && q.escape != q.quote:
		f.escaped = true
	case f.quoted && c == q.quote:
		f.quoted = false
	case f.quoted:
		return f.add(c)
	case c == q.quote:
		f.quoted = true
		if f.wasIn && f.escapesQuote() {
			return f.add(c)
		}
		f.wasIn = true
	case c == q.delim:
		return f.next(f.at + 1)
	case c == '\n', c == '\r':
		return f.next(0)
	default:
		return f.add(c)
	}
	return false
}

func (f *blankFence) escapesQuote() bool { return f.format.escape == f.format.quote }

// looked is the column that is read; nil where it is not looked at.
func (f *blankFence) looked() *blankColumn {
	if f.skip || f.at >= len(f.columns) || f.columns[f.at].is == nil {
		return nil
	}
	return &f.columns[f.at]
}

func (f *blankFence) add(c byte) bool {
	if f.looked() == nil {
		return false
	}
	f.field = append(f.field, c)
	return len(f.field) > longestBlank
}

// next ends a field; at is the number of the one behind it, 0 = of the next line.
func (f *blankFence) next(at int) bool {
	held := f.end()
	if at == 0 {
		f.skip = false
	}
	f.at, f.field, f.quoted, f.wasIn, f.escaped = at, f.field[:0], false, false, false
	return held
}

// end reports whether the field that was read is a blank.
func (f *blankFence) end() bool {
	c := f.looked()
	switch {
	case c == nil:
		return false
	case !f.wasIn && string(f.field) == f.format.null:
		return c.null
	case len(f.field) == 0:
		return false
	case f.format.name == "csv":
		return c.is(string(f.field))
	}
	return c.is(unescape(f.field))
}

// holdsBinary reads the rows of a binary stream that are whole.
func (f *blankFence) holdsBinary(b []byte) bool {
	f.binary = append(f.binary, b...)
	if f.format.header {
		const flags, length = 4, 4
		n := len(copySignature) + flags + length
		if len(f.binary) < n {
			return false
		}
		n += int(binary.BigEndian.Uint32(f.binary[n-length:]))
		if len(f.binary) < n {
			return len(f.binary) > longestBlank
		}
		f.format.header, f.binary = false, f.binary[n:]
	}
	for !f.ended {
		n, held, whole := f.row()
		if held {
			return true
		}
		if !whole {
			break
		}
		f.binary = f.binary[n:]
	}
	if f.ended {
		f.binary = nil
	}
	return len(f.binary) > longestBlank
}

// row reads one row of a binary stream; whole is false where it is not there yet.
func (f *blankFence) row() (n int, held, whole bool) {
	const count, size = 2, 4
	if len(f.binary) < count {
		return 0, false, false
	}
	fields := int(int16(binary.BigEndian.Uint16(f.binary)))
	if fields < 0 {
		f.ended = true
		return 0, false, false
	}
	n = count
	for i := range fields {
		if len(f.binary) < n+size {
			return 0, false, false
		}
		length := int(int32(binary.BigEndian.Uint32(f.binary[n:])))
		n += size
		if length < 0 {
			held = held || i < len(f.columns) && f.columns[i].null
			continue
		}
		if len(f.binary)-n < length {
			return 0, false, false
		}
		held = held || i < len(f.columns) && f.columns[i].holds(f.binary[n:n+length])
		n += length
	}
	return n, held, true
}

// holds reports whether a value in the binary format is one that the column was shown with.
func (c *blankColumn) holds(b []byte) bool {
	return c.is != nil && c.is(c.decoded(b))
}

// decoded is a value of the binary format as an argument may be one.
func (c *blankColumn) decoded(b []byte) any {
	const oidMoney, oidXID8 = 790, 5069
	if (c.oid == oidMoney || c.oid == oidXID8) && len(b) == 8 {
		return int64(binary.BigEndian.Uint64(b))
	}
	t, known := c.types.TypeForOID(c.oid)
	if !known {
		return string(b)
	}
	decode := func() (any, error) { return t.Codec.DecodeDatabaseSQLValue(c.types, c.oid, pgx.BinaryFormatCode, b) }
	switch t.Codec.(type) {
	case *pgtype.ArrayCodec, *pgtype.RangeCodec, *pgtype.MultirangeCodec:
		decode = func() (any, error) { return t.Codec.DecodeValue(c.types, c.oid, pgx.BinaryFormatCode, b) }
	}
	v, err := decode()
	if err != nil {
		return string(b) // the server does not read it either
	}
	return v
}
