package mask

import (
	"database/sql/driver"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// Keyed treatments give the same for the same value and key, in any process, and another thing for another value.
func TestKeyedTreatments(t *testing.T) {
	born := time.Date(1985, 12, 10, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		treatment string
		class     Class
		oid       uint32
		a, b      driver.Value
		check     func(t *testing.T, in, out driver.Value)
	}{
		{FF1, Card, 25, "4111 1111 1111 1111", "4111 1111 1111 1112", func(t *testing.T, in, out driver.Value) {
			require.Regexp(t, `^\d{4} \d{4} \d{4} \d{4}$`, out)
		}},
		{FF1, NationalID, 20, int64(4012888888), int64(4012888889), func(t *testing.T, in, out driver.Value) {
			require.Len(t, textOfInt(out.(int64)), 10)
		}},
		{FF1, NationalID, 23, int64(401288888), int64(401288889), func(t *testing.T, in, out driver.Value) {
			require.Less(t, out, int64(math.MaxInt32))
		}},
		{Shift, BirthDate, 1082, born, born.AddDate(0, 0, 1), func(t *testing.T, in, out driver.Value) {
			days := out.(time.Time).Sub(in.(time.Time)).Hours() / 24
			require.NotZero(t, days)
			require.LessOrEqual(t, math.Abs(days), float64(maxShift))
		}},
		{Shift, BirthDate, 25, "1985-12-10", "1985-12-11", nil},
		{Noise, Salary, 701, 5300.5, 5301.5, func(t *testing.T, in, out driver.Value) {
			require.InEpsilon(t, in, out, maxNoise)
		}},
		{Noise, Salary, 1700, "53000.50", "53001.50", func(t *testing.T, in, out driver.Value) { require.Regexp(t, `^\d{5}\.\d\d$`, out) }},
		{Noise, Salary, 21, int64(32000), int64(31900), func(t *testing.T, in, out driver.Value) {
			require.LessOrEqual(t, out, int64(math.MaxInt16))
		}},
		{Fake, Name, 25, "Ada Lovelace", "Grace Hopper", func(t *testing.T, in, out driver.Value) { require.Regexp(t, `^[A-Z]\w+ [A-Z]\w+$`, out) }},
		{Fake, Email, 25, "ada@example.com", "grace@example.com", func(t *testing.T, in, out driver.Value) {
			require.Regexp(t, `^[a-z.0-9]+@masked\.invalid$`, out)
		}},
		{Fake, Address, 25, "12 High Street", "13 High Street", nil},
		{Fake, Secret, 25, "s3cret", "s4cret", func(t *testing.T, in, out driver.Value) { require.Contains(t, out, "masked:") }},
	} {
		t.Run(c.treatment+" "+string(c.class), func(t *testing.T) {
			column := Column{Treatment: c.treatment, Class: string(c.class)}
			field := Field{TypeOID: c.oid, TypeMod: -1}
			m := newMasker(t)
			out := m.Func(column, field)(c.a)
			require.IsType(t, c.a, out)
			require.NotEqual(t, c.a, out)
			require.Equal(t, out, newMasker(t).Func(column, field)(c.a), "with the same key")
			assert.NotEqual(t, out, m.Func(column, field)(c.b), "of another value")
			other, err := New(Config{Key: []byte("another key of 16 bytes and more")})
			require.NoError(t, err)
			assert.NotEqual(t, out, other.Func(column, field)(c.a), "with another key")
			if c.check != nil {
				c.check(t, c.a, out)
			}
		})
	}
	// What lies between two dates stays.
	shift := newMasker(t).Func(Column{Treatment: Shift, Class: string(BirthDate)}, Field{TypeOID: 1082})
	a, b := shift(born).(time.Time), shift(born.AddDate(0, 0, 40)).(time.Time)
	require.Equal(t, 40*24*time.Hour, b.Sub(a))
}

func TestTreatmentsThatKeepLittle(t *testing.T) {
	for _, c := range []struct {
		treatment string
		oid       uint32
		in, want  driver.Value
	}{
		{Bucket, 20, int64(53200), int64(50000)},
		{Bucket, 20, int64(-7), int64(-7)},
		{Bucket, 23, int64(0), int64(0)},
		{Bucket, 701, 0.0345, 0.03},
		{Bucket, 1700, "987654.32", "900000"},
		{Bucket, 1082, time.Date(1985, 12, 10, 0, 0, 0, 0, time.UTC), time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Bucket, 25, "no number", Redaction},
		{Fixed, 25, "anything", "*****"},
		{Fixed, 23, int64(5), int64(0)},
		{FF1, 25, "12345", Redaction},
		{FF1, 25, "AB-123456", Redaction},
		{FF1, 16, true, nil},
		{Noise, 25, "text", Redaction},
		{Shift, 25, "yesterday", Redaction},
		{Null, 25, "anything", nil},
		{Null, 20, int64(1), nil},
	} {
		out := newMasker(t).Func(Column{Treatment: c.treatment, Class: string(Salary)}, Field{TypeOID: c.oid, TypeMod: -1})(c.in)
		require.Equal(t, c.want, out, "%s of %v", c.treatment, c.in)
	}
}

// Values that look real are recognised when they come back to the process that put them out.
func TestKeyedWriteback(t *testing.T) {
	column := lineage.ColumnID{Schema: "public", Relation: "customers", Column: "salary"}
	update := analysed(t, "update customers set salary = $1 where id = $2")
	for _, treatment := range []string{FF1, Noise, Bucket} {
		m := newMasker(t)
		out := m.Func(Column{Treatment: treatment, Class: string(Salary), Sources: []lineage.ColumnID{column}}, Field{TypeOID: 20})(int64(5312345))
		require.Error(t, m.Check(update, []any{out, 1}, Rules{}), treatment)
		require.NoError(t, m.Check(update, []any{int64(5312345), 1}, Rules{}), treatment)
	}
}
