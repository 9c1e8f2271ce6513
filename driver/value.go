package driver

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// decoder turns a field of the wire into the value that database/sql sees. It keeps state between calls: one result set
// at a time may use it.
type decoder func(src []byte) (driver.Value, error)

// newDecoder chooses the representation that pgx's stdlib gives a type, so that Scan works as on plain pgx. It gives nil for
// a field whose bytes are the text.
func newDecoder(m *pgtype.Map, oid uint32, format int16) decoder {
	if format == pgtype.BinaryFormatCode {
		if d := newFixed(oid); d != nil {
			return d
		}
	}
	switch oid {
	case pgtype.BoolOID:
		return decode(m, oid, format, func(v *bool) (driver.Value, error) { return *v, nil })
	case pgtype.ByteaOID, pgtype.JSONOID, pgtype.JSONBOID, pgtype.XMLOID:
		return decode(m, oid, format, func(v *[]byte) (driver.Value, error) { return *v, nil })
	case pgtype.CIDOID, pgtype.OIDOID, pgtype.XIDOID:
		return decode(m, oid, format, func(v *pgtype.Uint32) (driver.Value, error) { return v.Value() })
	case pgtype.DateOID:
		return decode(m, oid, format, func(v *pgtype.Date) (driver.Value, error) { return v.Value() })
	case pgtype.TimestampOID:
		return decode(m, oid, format, func(v *pgtype.Timestamp) (driver.Value, error) { return v.Value() })
	case pgtype.TimestamptzOID:
		return newInstant(m, format, decode(m, oid, format, func(v *pgtype.Timestamptz) (driver.Value, error) { return v.Value() }))
	case pgtype.Float4OID:
		return decode(m, oid, format, func(v *float32) (driver.Value, error) { return float64(*v), nil })
	case pgtype.Float8OID:
		return decode(m, oid, format, func(v *float64) (driver.Value, error) { return *v, nil })
	case pgtype.Int2OID:
		return decode(m, oid, format, func(v *int16) (driver.Value, error) { return int64(*v), nil })
	case pgtype.Int4OID:
		return decode(m, oid, format, func(v *int32) (driver.Value, error) { return int64(*v), nil })
	case pgtype.Int8OID:
		return decode(m, oid, format, func(v *int64) (driver.Value, error) { return *v, nil })
	case pgtype.TextOID, pgtype.VarcharOID:
		return nil
	default:
		if format == pgtype.TextFormatCode {
			return nil
		}
		return decode(m, oid, format, func(v *string) (driver.Value, error) { return *v, nil })
	}
}

var errLength = errors.New("governed: a field of another length than its type")

// newFixed reads the binary format of the types that most results are full of without a plan of pgx's; nil for others.
func newFixed(oid uint32) decoder {
	switch oid {
	case pgtype.BoolOID:
		return func(src []byte) (driver.Value, error) {
			if len(src) != 1 {
				return nil, errLength
			}
			return src[0] == 1, nil
		}
	case pgtype.Int2OID:
		return func(src []byte) (driver.Value, error) {
			if len(src) != 2 {
				return nil, errLength
			}
			return int64(int16(binary.BigEndian.Uint16(src))), nil
		}
	case pgtype.Int4OID:
		return func(src []byte) (driver.Value, error) {
			if len(src) != 4 {
				return nil, errLength
			}
			return int64(int32(binary.BigEndian.Uint32(src))), nil
		}
	case pgtype.Int8OID:
		return func(src []byte) (driver.Value, error) {
			if len(src) != 8 {
				return nil, errLength
			}
			return int64(binary.BigEndian.Uint64(src)), nil
		}
	case pgtype.Float8OID:
		return func(src []byte) (driver.Value, error) {
			if len(src) != 8 {
				return nil, errLength
			}
			return math.Float64frombits(binary.BigEndian.Uint64(src)), nil
		}
	}
	return nil
}

// newInstant reads the binary format of the instants of some centuries without a plan of pgx's; other decodes the others, and all where
// the connection's types say in which zone they are shown.
func newInstant(m *pgtype.Map, format int16, other decoder) decoder {
	const (
		epoch  = 946_684_800_000_000              // 2000-01-01, in microseconds after 1970
		within = 500 * 365 * 24 * 3600 * 1000_000 // from there
	)
	typ, ok := m.TypeForOID(pgtype.TimestamptzOID)
	if !ok || format != pgtype.BinaryFormatCode {
		return other
	}
	if codec, ok := typ.Codec.(*pgtype.TimestamptzCodec); !ok || codec.ScanLocation != nil {
		return other
	}
	return func(src []byte) (driver.Value, error) {
		if len(src) == 8 {
			if us := int64(binary.BigEndian.Uint64(src)); us > -within && us < within {
				return time.UnixMicro(epoch + us), nil
			}
		}
		return other(src)
	}
}

func decode[T any](m *pgtype.Map, oid uint32, format int16, value func(*T) (driver.Value, error)) decoder {
	v := new(T)
	plan := m.PlanScan(oid, format, v)
	return func(src []byte) (driver.Value, error) {
		if err := plan.Scan(src, v); err != nil {
			return nil, err
		}
		return value(v)
	}
}
