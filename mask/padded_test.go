package mask

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// What SQL calls equal has the same mask: the blanks at the end of a character(n) are no part of the value.
func TestMasksOfPaddedTexts(t *testing.T) {
	column := lineage.ColumnID{Schema: "public", Relation: "customers", Column: "email"}
	update := analysed(t, "update customers set email = $1 where id = $2")
	for _, c := range []struct {
		treatment string
		class     Class
		value     string
	}{
		{Pseudonym, Email, "ada@example.com"},
		{Pseudonym, Account, "DE89370400440532013000"},
		{Fake, Email, "ada@example.com"},
		{Fake, Name, "Ada Lovelace"},
		{Fake, Secret, "s3cret"},
		{FF1, Card, "4111 1111 1111 1111"},
		{Shift, BirthDate, "1985-12-10"},
		{Partial, Phone, "+44 20 7946 0123"},
		{Year, BirthDate, "1985-12-10"},
		{Subnet, Network, "192.0.2.77"},
		{Fixed, Secret, "s3cret"},
		{Redact, Name, "Ada"},
	} {
		m := newMasker(t)
		mask := Column{Treatment: c.treatment, Class: string(c.class), Sources: []lineage.ColumnID{column}}
		want := m.Func(mask, Field{TypeOID: 1043, TypeMod: 4 + 60})(c.value)
		require.NotEqual(t, c.value, want)
		for _, width := range []int{40, 60} {
			field := Field{TypeOID: oidBpchar, TypeMod: int32(4 + width)}
			padded := c.value + strings.Repeat(" ", width-len(c.value))
			out := m.Func(mask, field)(padded)
			require.Equal(t, want, strings.TrimRight(out.(string), " "), "%s of %s", c.treatment, c.class)
			require.Equal(t, width, utf8.RuneCountInString(out.(string)), "%s of %s is padded", c.treatment, c.class)
			if raw := m.RawFunc(mask, field); raw != nil {
				require.Equal(t, out, raw([]byte(padded)))
			}
			for _, back := range []driver.Value{out, want} {
				require.Error(t, m.Check(update, []any{back, 1}, Rules{}), "%s of %s", c.treatment, c.class)
			}
			require.NoError(t, m.Check(update, []any{padded, 1}, Rules{}))
			require.Equal(t, strings.Repeat(" ", width), m.Func(Column{Treatment: Pseudonym, Class: "email"}, field)(strings.Repeat(" ", width)), "no value")
		}
	}
	list := newMasker(t).Func(Column{Treatment: Pseudonym, Class: "email"}, Field{TypeOID: oidBpcharArray, TypeMod: 4 + 35})(`{"ada@example.com                    "}`)
	require.Equal(t, `{"6ofciftv3j7t2jfn@masked.invalid    "}`, list)
	short := newMasker(t).Func(Column{Treatment: Pseudonym, Class: "email"}, Field{TypeOID: oidBpchar, TypeMod: 4 + 20})("ada@example.com     ")
	require.Equal(t, "6ofciftv3j7t2jfn    ", short)
}

// A number has the same noise however many zeros are written behind it.
func TestNoiseOfEqualNumbers(t *testing.T) {
	noise := newMasker(t).Func(Column{Treatment: Noise, Class: string(Salary)}, Field{TypeOID: oidNumeric, TypeMod: -1})
	require.InDelta(t, number(t, noise("53000.0")), number(t, noise("53000.000")), 0.06)
	require.InDelta(t, number(t, noise("53000")), number(t, noise("53000.000")), 0.51)
}

func number(t *testing.T, v driver.Value) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(v.(string), 64)
	require.NoError(t, err)
	return f
}
