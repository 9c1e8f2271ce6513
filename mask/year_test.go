package mask

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

func TestFirstOfYear(t *testing.T) {
	for _, c := range []struct {
		text           string
		bare           bool
		another, other bool // no first of January as a date, as a time
	}{
		{text: "1973-01-01"},
		{text: "Jan 1 1973"},
		{text: "January 01, 1973"},
		{text: "1 jan 1973 AD"},
		{text: "1973-001"},
		{text: "1973001"},
		{text: "19730101"},
		{text: "01/01/1973"},
		{text: "1973-01-01 00:00:00+00"},
		{text: "1973-01-01T00:00:00.000Z"},
		{text: "Mon Jan 01 00:00:00 1973 UTC"},
		{text: "1973-Jan-1"},
		{text: "1973", bare: true},
		{text: "1973 YYYY", bare: true},
		{text: "1973 1 1"},
		{text: "1973-01-01 12:30", other: true},
		{text: "1973-01-01T23:59:59.5+02:00", other: true},
		{text: "1973-01-02", another: true},
		{text: "Feb 1 1973", another: true},
		{text: "1973-002", another: true},
		{text: "1973-10-01", another: true},
		{text: "", another: true},
		{text: "1 1", another: true},
		{text: "73-01-01", another: true},
		{text: "1973-01-01 BC", another: true},
		{text: "1973-01-01 x", another: true},
		{text: "19730102", another: true},
		{text: "1973 1 1 1974", another: true},
		{text: "é1973-01-01", another: true},
		{text: strings.Repeat(" ", 60) + "1973-01-01", another: true},
	} {
		for kind, none := range map[dateKind]bool{dayDate: c.another, momentDate: c.another || c.other} {
			key, bare := firstOfYear(c.text, kind)
			if none {
				require.Empty(t, key, "%q %d", c.text, kind)
				continue
			}
			require.Equal(t, "year 1973", key, "%q %d", c.text, kind)
			require.Equal(t, c.bare, bare, "%q", c.text)
		}
	}
}

// Whatever Go writes for the first of January is read as that, and for any other day is not.
func FuzzFirstOfYear(f *testing.F) {
	f.Add("Mon Jan 1 1973", 73)
	f.Add("1973-01-01 +", 0)
	f.Fuzz(func(t *testing.T, text string, days int) {
		firstOfYear(text, dayDate)
		firstOfYear(text, momentDate)
		d := day(1901, 1, 1).AddDate(0, 0, (days%60000+60000)%60000)
		for _, layout := range []string{"2006-01-02", "Jan 2 2006", "Mon, 02 January 2006", "2006002", "20060102", time.ANSIC, time.RFC3339, "2006-01-02 15:04:05.999-07"} {
			key, bare := firstOfYear(d.Format(layout), momentDate)
			require.Equal(t, yearKey(d), key, d.Format(layout))
			require.False(t, bare && key != "")
		}
	})
}

func TestNumberKeys(t *testing.T) {
	for text, key := range map[string]string{
		"0": "0", "-0": "0", "+0.00": "0", "0e0": "0", "$0.00": "0", "12": "12", "+12": "12", "1.2e1": "12", "-12.50": "-12.5", "12.5": "12.5",
		"": "", "x": "", "1e999": "", "1-1": "", "+49 30": "", "0x0": "", "12a": "",
	} {
		require.Equal(t, key, numberKey(text), text)
	}
}

// copies tells what COPY FROM is refused to store in a column of customers.
func copies(t testing.TB, m *Masker, column string) func(any) bool {
	return m.Copied(analysed(t, "copy customers ("+column+") from stdin"), lineage.ColumnID{Schema: "public", Relation: "customers", Column: column}, Rules{})
}

func TestCopied(t *testing.T) {
	m := newMasker(t)
	require.Nil(t, copies(t, m, "birth_date"), "nothing was shown")
	require.Nil(t, copies(t, m, "city"))
	require.True(t, copies(t, m, "phone")("+** ** **** *1346"), "known by its form")
	require.False(t, copies(t, m, "phone")("+49 30 1231346"))
	shown(t, m, "select birth_date from customers", 1082, day(1973, 5, 6))
	is := copies(t, m, "birth_date")
	for _, v := range []any{"1973-01-01", "Jan 1 1973", day(1973, 1, 1), "1973-01-01 10:00"} {
		require.True(t, is(v), "%v", v)
	}
	for _, v := range []any{"1973-01-02", "1974-01-01", day(1973, 1, 2), nil, "", "1973"} {
		require.False(t, is(v), "%v", v)
	}
	require.Nil(t, m.Copied(&lineage.Statement{}, lineage.ColumnID{Schema: "public", Relation: "customers", Column: "birth_date"}, Rules{Clear: clears("public.customers.birth_date")}))
	require.Nil(t, shown(t, m, "select home from customers", 30001, "(a,b)"))
	require.True(t, copies(t, m, "home")(nil))
}

func BenchmarkCopied(b *testing.B) {
	m := newMasker(b)
	shown(b, m, "select phone from customers", 25, "+49 30 1231346")
	shown(b, m, "select birth_date from customers", 1082, day(1973, 5, 6))
	for column, value := range map[string]string{"phone": "+49 30 1234567", "birth_date": "1973-05-06"} {
		is := copies(b, m, column)
		b.Run(column, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				is(value)
			}
		})
	}
}
