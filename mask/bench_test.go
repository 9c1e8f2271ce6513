package mask

import (
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/governedsql/governed/lineage"
)

func benchmarkTexts(n int, format string) []driver.Value {
	out := make([]driver.Value, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}

// BenchmarkFunc measures what one cell of a long result costs under each treatment.
func BenchmarkFunc(b *testing.B) {
	for _, c := range []struct {
		name      string
		treatment string
		class     Class
		oid       uint32
		values    []driver.Value
	}{
		{"pseudonym/distinct", Pseudonym, Email, 25, benchmarkTexts(1<<14, "someone.%d@example.com")},
		{"pseudonym/repeated", Pseudonym, Email, 25, benchmarkTexts(100, "someone.%d@example.com")},
		{"partial/phone", Partial, Phone, 25, benchmarkTexts(1<<14, "+49 30 555%06d")},
		{"partial/card", Partial, Card, 25, benchmarkTexts(1<<14, "4111 1111 1%07d")},
		{"redact/text", Redact, Name, 25, benchmarkTexts(1<<14, "Somebody %d")},
		{"redact/number", Redact, Salary, 23, []driver.Value{int64(1234)}},
		{"year/date", Year, BirthDate, 1082, []driver.Value{time.Date(1990, 5, 6, 0, 0, 0, 0, time.UTC)}},
		{"subnet/inet", Subnet, Network, 869, benchmarkTexts(250, "192.168.7.%d")},
		{"pseudonym/uuid", Redact, Secret, 2950, []driver.Value{"6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11"}},
		{"redact/jsonb", Redact, Address, 3802, []driver.Value{[]byte(`{"street": "Long Lane 4", "zip": "12345", "city": "Ulm", "geo": {"lat": 48.4, "lng": 9.98}}`)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, _ := New(Config{Key: []byte("a key of thirty-two bytes, no more")})
			f := m.Func(Column{Treatment: c.treatment, Class: string(c.class), Sources: []lineage.ColumnID{{Relation: "t", Column: c.name}}}, Field{TypeOID: c.oid})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				f(c.values[i])
				if i++; i == len(c.values) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkFuncNew measures what a mask costs that masks one value only, as in a point query.
func BenchmarkFuncNew(b *testing.B) {
	m, _ := New(Config{Key: []byte("a key of thirty-two bytes, no more")})
	c := Column{Treatment: Pseudonym, Class: string(Email), Sources: []lineage.ColumnID{{Relation: "t", Column: "email"}}}
	var v driver.Value = "ada@example.com"
	b.ReportAllocs()
	for b.Loop() {
		m.Func(c, Field{TypeOID: 25})(v)
	}
}

func BenchmarkDigester(b *testing.B) {
	d := newDigester(make([]byte, 32))
	var out [32]byte
	b.ReportAllocs()
	for b.Loop() {
		d.sum("someone@example.com", &out)
	}
}

func BenchmarkClassify(b *testing.B) {
	for _, row := range []string{"users.email text", "users.last_login_ip inet", "order_items.quantity integer", "events.payload_schema_version text"} {
		rel, col := columnOf(b, row)
		b.Run(row, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(rel, col)
			}
		})
	}
}
