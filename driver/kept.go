package driver

import (
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
)

// kept are rows that were kept back until it was known that what the statement did stays.
type kept struct {
	rows   [][][]byte
	fields []pgconn.FieldDescription
	tag    pgconn.CommandTag
	at     int
}

func (k *kept) Next() bool {
	k.at++
	return k.at <= len(k.rows)
}

func (k *kept) RawValues() [][]byte { return k.rows[k.at-1] }

func (k *kept) FieldDescriptions() []pgconn.FieldDescription { return k.fields }

func (k *kept) CommandTag() pgconn.CommandTag { return k.tag }

func (k *kept) Err() error { return nil }

func (k *kept) Close() { k.at = len(k.rows) + 1 }

// maxKept bounds what is kept back of one statement.
const maxKept = 64 << 20

// keepBack reads a result to its end before any of it is handed out: rows that a statement has written are not shown
// where what it wrote does not stay.
func (b *bounds) keepBack(out *rows) error {
	k := &kept{fields: out.shape.fields}
	size, limit := int64(0), error(nil)
	for more := out.more; more; more = out.next.Next() {
		if limit != nil {
			continue
		}
		row := out.next.RawValues()
		if b.meter != nil {
			limit = b.meter.count(row, b.p)
		}
		held := make([][]byte, len(row))
		for i, v := range row {
			if v != nil {
				held[i] = append(make([]byte, 0, len(v)), v...)
			}
			size += int64(len(v))
		}
		if k.rows = append(k.rows, held); size > maxKept && limit == nil {
			limit = b.p.stopped(&guard.LimitError{Rule: ruleResult, Limit: "bytes", Max: maxKept, Actual: float64(size)})
		}
		if limit != nil {
			k.rows = nil
		}
	}
	out.next.Close()
	k.tag = out.next.CommandTag()
	out.failed = out.next.Err()
	out.land()
	err := out.failed
	if err == nil && b.counts {
		err = b.overrun(k.tag)
	}
	if err == nil {
		err = limit
	}
	b.counts = false
	if err != nil || !b.clear {
		if err = b.end(k.tag, err); err != nil {
			b.p.s.conn.traceEnd(out.ctx, k.tag, err)
			return err
		}
		out.bounds = nil
	}
	out.next, out.meter, out.failed = k, nil, nil
	out.more = k.Next()
	return nil
}
