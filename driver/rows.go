package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// rows is a result on its way to the caller: every value goes through its column's mask in Next. It keeps pgx's rows in a
// named field and embeds nothing: an embedded type would hand out whatever methods a later Go asks for, unmasked.
type rows struct {
	conn   *conn
	next   result
	shape  *shape
	peeked bool // the first row is already fetched
	more   bool
	p      *passage // nil only until the result was masked
	traced bool     // the tracer of pgx has to be told of the end: pgx does not
	ctx    context.Context

	buf   []byte // see texts
	clear bool   // a value in which something is detected ends the result

	// What follows is nil and false for a result without limits.
	flight *flight // what has to land once the result was read
	bounds *bounds
	meter  *meter
	over   bool // it has ended, with failure
	failed error
}

// result is what rows are read from: pgx's rows, or rows that were kept back.
type result interface {
	Next() bool
	RawValues() [][]byte
	FieldDescriptions() []pgconn.FieldDescription
	CommandTag() pgconn.CommandTag
	Err() error
	Close()
}

// These are the optional interfaces that database/sql looks for; sqlmw picks its own set by them.
var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)

// shape is how the columns of a result are read: kept with a prepared statement for as long as the server's description
// of its result stays the same.
type shape struct {
	fields   []pgconn.FieldDescription
	decoders []decoder
	masks    []columnMasks // nil = no column is masked
	names    []string

	// What follows was computed from plan, and is computed anew for another one.
	plan     *mask.Plan
	columns  []mask.Column // those that are masked
	masked   []lineage.ColumnMask
	scans    []columnScan
	pairs    []keyedColumn
	mismatch bool
}

// keyedColumn is a column of values that are judged by the keys in another one.
type keyedColumn struct {
	key  int // ordinal of the keys
	scan *mask.Scan
}

// columnMasks masks one column: its text as it comes from the server, or its decoded value. Both nil = the value as it is.
type columnMasks struct {
	scan  *mask.Scan // whose Value is value; nil for a column that is masked as a whole
	raw   func([]byte) driver.Value
	value func(driver.Value) driver.Value
}

// unmasked is a column that is shown as it is.
var unmasked columnMasks

// text masks a text that was not decoded.
func (m *columnMasks) text(s string) driver.Value {
	switch {
	case m.scan != nil:
		return m.scan.Text(s)
	case m.value != nil:
		return m.value(s)
	}
	return s
}

func newShape(m *pgtype.Map, fields []pgconn.FieldDescription) *shape {
	s := &shape{fields: fields, decoders: make([]decoder, len(fields)), names: make([]string, len(fields))}
	for i, fd := range fields {
		s.decoders[i] = newDecoder(m, fd.DataTypeOID, fd.Format)
		s.names[i] = fd.Name
	}
	return s
}

func (r *rows) Columns() []string { return r.shape.names }

// Next fills dest with the next row, masked.
func (r *rows) Next(dest []driver.Value) error {
	more := r.more
	if r.peeked {
		r.peeked = false
	} else {
		more = r.next.Next()
	}
	if !more {
		if err := r.finish(); err != nil {
			return r.p.redact(err)
		}
		return io.EOF
	}
	if r.meter != nil {
		if err := r.meter.count(r.next.RawValues(), r.p); err != nil {
			r.stop(err)
			return err
		}
	}
	r.p.rec.Rows++
	if r.p.s.g.ledger != nil {
		for _, raw := range r.next.RawValues() {
			r.p.rec.Bytes += int64(len(raw))
		}
	}
	for i := range r.shape.pairs {
		p := &r.shape.pairs[i]
		p.scan.Key(r.next.RawValues()[p.key])
	}
	if err := r.fill(dest, r.next.RawValues()); err != nil {
		return err
	}
	if r.clear {
		if err := r.unclear(); err != nil {
			r.discard(err)
			return err
		}
	}
	return nil
}

// errMasking ends a result of which a value could not be looked at.
var errMasking = errors.New("governed: a value could not be masked")

// fill makes values of a row. A panic shows nothing.
func (r *rows) fill(dest []driver.Value, raws [][]byte) (err error) {
	defer func() {
		if recover() != nil {
			clear(dest)
			err = errMasking
		}
	}()
	masks := r.shape.masks
	texts := r.texts(raws)
	for i, raw := range raws {
		if raw == nil {
			dest[i] = nil
			continue
		}
		mask := &unmasked
		if masks != nil {
			mask = &masks[i]
		}
		if mask.raw != nil {
			dest[i] = mask.raw(raw)
			continue
		}
		decode := r.shape.decoders[i]
		if decode == nil {
			var text string
			if texts != "" {
				text, texts = texts[:len(raw)], texts[len(raw):]
			} else {
				text = string(raw)
			}
			dest[i] = mask.text(text)
			continue
		}
		v, err := decode(raw)
		if err != nil {
			// A decoder's error may quote the value it failed on.
			return fmt.Errorf("governed: convert field %d failed (%s)", i, r.ColumnTypeDatabaseTypeName(i))
		}
		if mask.value != nil {
			v = mask.value(v)
		}
		dest[i] = v
	}
	return nil
}

// mostShared bounds, in bytes, what a text that a caller keeps may keep of the others of its row.
const mostShared = 128

// texts copies the texts of a short row at once, one behind the other: there is one allocation for all of them. It gives ""
// for a row that is not short.
func (r *rows) texts(raws [][]byte) string {
	buf := r.buf[:0]
	for i, raw := range raws {
		if r.shape.decoders[i] != nil || r.shape.masks != nil && r.shape.masks[i].raw != nil {
			continue
		}
		if len(buf)+len(raw) > mostShared {
			return ""
		}
		buf = append(buf, raw...)
	}
	r.buf = buf
	return string(buf)
}

// unclear ends a result in which something was detected.
func (r *rows) unclear() error {
	for i := range r.shape.scans {
		if s := &r.shape.scans[i]; s.scan.Found() != "" {
			column, _ := s.scan.Column()
			return r.p.unwanted([]lineage.ColumnMask{{
				Ordinal: s.ordinal, Output: r.shape.names[s.ordinal], Column: column, Class: string(s.scan.Found()), Treatment: mask.Span,
			}})
		}
	}
	return nil
}

// Close ends the result and its record.
func (r *rows) Close() error {
	r.peeked, r.more = false, false
	r.p.detected(r.shape)
	r.p.rec.ClearedCells = r.p.rec.Rows * int64(len(r.p.rec.Cleared))
	err := r.finish()
	if r.traced {
		r.conn.traceEnd(r.ctx, r.next.CommandTag(), err)
	}
	return r.p.end(err)
}

// finish ends the result: what came behind it is read, and what the statement did is kept or undone.
func (r *rows) finish() error {
	r.next.Close()
	if r.flight == nil && r.bounds == nil {
		return r.next.Err()
	}
	if r.over {
		return r.failed
	}
	r.over, r.failed = true, r.next.Err()
	r.land()
	if r.bounds != nil {
		r.failed = r.bounds.end(r.next.CommandTag(), r.failed)
	}
	return r.failed
}

func (r *rows) land() {
	if r.flight == nil {
		return
	}
	if r.failed != nil {
		_ = r.flight.fail(r.failed)
	} else {
		r.failed = r.flight.land()
	}
	r.flight = nil
}

// discard ends a result that nobody will see.
func (r *rows) discard(err error) {
	r.next.Close()
	if r.flight == nil && r.bounds == nil || r.over {
		return
	}
	r.over, r.failed = true, err
	r.land()
	if r.bounds != nil {
		_ = r.bounds.end(r.next.CommandTag(), err)
	}
}

// ColumnTypeDatabaseTypeName is the type's name in capitals, its OID where the name is unknown.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	oid := r.shape.fields[i].DataTypeOID
	if t, ok := r.conn.pgx.TypeMap().TypeForOID(oid); ok {
		return strings.ToUpper(t.Name)
	}
	return strconv.FormatUint(uint64(oid), 10)
}

// headerSize is what PostgreSQL adds to the length in a type modifier (VARHDRSZ).
const headerSize = 4

// ColumnTypeLength is the length of a type of variable length.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	switch fd := r.shape.fields[i]; fd.DataTypeOID {
	case pgtype.TextOID, pgtype.ByteaOID:
		return math.MaxInt64, true
	case pgtype.VarcharOID, pgtype.BPCharOID:
		return int64(fd.TypeModifier - headerSize), true
	case pgtype.VarbitOID:
		return int64(fd.TypeModifier), true
	default:
		return 0, false
	}
}

// ColumnTypePrecisionScale is the precision and scale of a numeric.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	fd := r.shape.fields[i]
	if fd.DataTypeOID != pgtype.NumericOID {
		return 0, 0, false
	}
	mod := fd.TypeModifier - headerSize
	return int64((mod >> 16) & 0xffff), int64(mod & 0xffff), true
}

// ColumnTypeScanType is the Go type that fits the column.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	switch r.shape.fields[i].DataTypeOID {
	case pgtype.Float8OID, pgtype.NumericOID:
		return reflect.TypeFor[float64]()
	case pgtype.Float4OID:
		return reflect.TypeFor[float32]()
	case pgtype.Int8OID:
		return reflect.TypeFor[int64]()
	case pgtype.Int4OID:
		return reflect.TypeFor[int32]()
	case pgtype.Int2OID:
		return reflect.TypeFor[int16]()
	case pgtype.BoolOID:
		return reflect.TypeFor[bool]()
	case pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		return reflect.TypeFor[time.Time]()
	case pgtype.ByteaOID:
		return reflect.TypeFor[[]byte]()
	default:
		return reflect.TypeFor[string]()
	}
}
