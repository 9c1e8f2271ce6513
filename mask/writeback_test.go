package mask

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// shown masks one value of a column of customers or orders, as a query that returns the column would.
func shown(t testing.TB, m *Masker, sql string, oid uint32, v driver.Value) driver.Value {
	t.Helper()
	p := m.Plan(Input{Statement: analysed(t, sql), Catalog: shopCatalog(t)})
	f := m.Func(p.Columns[0], Field{TypeOID: oid, TypeMod: -1})
	require.NotNil(t, f, sql)
	return f(v)
}

type (
	namedText  string
	namedInt   int32
	valuer     struct{ v driver.Value }
	textual2   struct{ s string }
	panicking  struct{}
	nilValuer  struct{ s string }
	inDocument struct {
		Name string
		Rest map[string]any
	}
)

func (v valuer) Value() (driver.Value, error)     { return v.v, nil }
func (v textual2) String() string                 { return v.s }
func (panicking) Value() (driver.Value, error)    { panic("no value") }
func (v *nilValuer) Value() (driver.Value, error) { return v.s, nil }

func TestTokensComeBack(t *testing.T) {
	m := newMasker(t)
	token := shown(t, m, "select email from customers", 25, "ada@example.com").(string)
	insert := analysed(t, "insert into products (name) values ($1)")
	for _, arg := range []any{
		token, &token, "Ada <" + token + ">", "MASKED: " + token, Redaction, "Dear [MASKED],", namedText(token),
		[]byte(token),
		[]string{"x", token},
		[]any{1, token},
		[1]string{token},
		map[string]string{"to": token},
		inDocument{Name: token},
		&inDocument{Rest: map[string]any{"a": []string{Redaction}}},
		valuer{token},
		&valuer{[]byte(token)},
		textual2{token},
		sql.NullString{String: token, Valid: true},
		[]namedText{namedText(token)},
		[][]string{{token}},
		[]valuer{{token}},
		new(any(token)), "masked:dr7ipznnpx5gcbuj",
	} {
		err := m.Check(insert, []any{arg}, Rules{})
		var back *WritebackError
		require.ErrorAs(t, err, &back, "%T", arg)
		assert.Equal(t, 1, back.Ordinal)
		assert.Equal(t, "public.products.name", back.Column.String())
		assert.NotContains(t, err.Error(), token)
		assert.Equal(t, "governed.masked_writeback", back.ErrorType())
	}
	var none *string
	for _, arg := range []any{
		nil, "", "ada@example.com", "ada@invalid", "masked", "[mask", "@masked", 5, 5.5, true, time.Now(), none, []byte(nil),
		[]string{},
		map[string]any{},
		struct{}{},
		panicking{},
		(*nilValuer)(nil),
		valuer{nil},
		"masked: hello world and more", make(chan int), func() {},
	} {
		assert.NoError(t, m.Check(insert, []any{arg}, Rules{}), "%T %v", arg, arg)
	}
}

func TestWhereTokensMayBe(t *testing.T) {
	m := newMasker(t)
	const token = "6ofciftv3j7t2jfn@masked.invalid"
	for _, c := range []struct {
		sql, clear string
		args       []any
		refused    string // the column; "" = not refused
		ordinal    int
	}{
		{sql: "select id from customers where email = $1", args: []any{token}},
		{sql: "select '[masked]'"},
		{sql: "delete from customers where email = $1", args: []any{token}},
		{sql: "update customers set city = $1 where id = $2", args: []any{"Ulm", 5}},
		{sql: "update customers set city = $1 where email = $2", args: []any{"Ulm", token}},
		{sql: "update customers set city = $1 where email = $2", args: []any{token, "x"}, refused: "public.customers.city", ordinal: 1},
		{sql: "update customers set city = $1 where email = nope($2)", args: []any{"Ulm", token}, refused: "public.customers.city", ordinal: 2},
		{sql: "insert into accounts (label) select label from accounts where contact = $1", args: []any{token}},
		{sql: "insert into accounts (label) select x from (values ($1)) v(x)", args: []any{token}, refused: "public.accounts.label", ordinal: 1},
		{sql: "insert into accounts (label) select l.x from accounts a, lateral (select $1 || a.label as x) l", args: []any{token}, refused: "public.accounts.label", ordinal: 1},
		{sql: "update accounts set label = case when contact = $1 then 'x' else label end", args: []any{token}, refused: "public.accounts.label", ordinal: 1},
		{sql: "update customers set note = 'x' where lower(note) = '[masked]'"},
		{sql: "update customers set note = 'x' where nope(note, 'a' || '[masked]')", refused: "public.customers.note"},
		{sql: "update customers set note = 'x' where note = 'y' and email = '[masked]' returning '[masked]'"},
		{sql: "do $$ begin update customers set note = '[masked]'; end $$", refused: "public.customers.note"},
		{sql: "update customers set note = $1", args: []any{token}, refused: "public.customers.note", ordinal: 1},
		{sql: "update customers set note = 'x' || $1", args: []any{token}, refused: "public.customers.note", ordinal: 1},
		{sql: "update customers set note = '[masked]'", refused: "public.customers.note"},
		{sql: "update customers set note = 'x' where note = '[masked]'"},
		{sql: "insert into customers (email) values ('" + token + "')", refused: "public.customers.email"},
		{sql: "insert into customers (name, email) select 'x', $1", args: []any{token}, refused: "public.customers.email", ordinal: 1},
		{sql: "insert into customers (id, email) values (1, 'x') on conflict (id) do update set email = $1", args: []any{token}, refused: "public.customers.email", ordinal: 1},
		// columns in clear
		{sql: "update customers set email = $1", clear: "public.customers.email", args: []any{token}},
		{sql: "update customers set email = '[masked]'", clear: "public.customers.email"},
		{sql: "update customers set email = $1 where email = $2", clear: "public.customers.email", args: []any{"x", token}},
		{sql: "update customers set email = $1, note = $2", clear: "public.customers.email", args: []any{token, "x"}},
		{sql: "update customers set email = $1, note = $2", clear: "public.customers.email", args: []any{"x", token}, refused: "public.customers.note", ordinal: 2},
		{sql: "update customers set email = $1, note = $1", clear: "public.customers.email", args: []any{token}, refused: "public.customers.note", ordinal: 1},
		{sql: "update customers set note = '[masked]', email = 'x'", clear: "public.customers.email", refused: "public.customers.note"},
		{sql: "update customers set note = 'x', email = '[masked]'", clear: "public.customers.email"},
	} {
		err := m.Check(analysed(t, c.sql), c.args, Rules{Clear: clears(c.clear)})
		if c.refused == "" {
			assert.NoError(t, err, c.sql)
			continue
		}
		var back *WritebackError
		if assert.ErrorAs(t, err, &back, c.sql) {
			assert.Equal(t, c.refused, back.Column.String(), c.sql)
			assert.Equal(t, c.ordinal, back.Ordinal, c.sql)
		}
	}
}

// A value that is no token is refused where it would be stored in the column that was shown with it, and nowhere else.
func TestValuesComeBack(t *testing.T) {
	berlin := time.FixedZone("", 7200)
	phone := "********6789"
	for _, c := range []struct {
		name, read string
		oid        uint32
		clear      driver.Value
		set        string // the column that is written
		refused    []any
		fine       []any
	}{
		{
			name: "year", read: "select birth_date from customers", oid: 1082, clear: day(1990, 5, 6), set: "birth_date",
			refused: []any{
				day(1990, 1, 1), "1990-01-01", "1990-01-01T00:00:00Z", time.Date(1990, 1, 1, 0, 0, 0, 0, berlin), new(day(1990, 1, 1)),
				sql.NullTime{Time: day(1990, 1, 1), Valid: true},
				[]byte("1990-01-01"),
			},
			fine: []any{day(1990, 5, 6), day(1991, 1, 1), "1990-05-06", "1991-01-01", nil},
		},
		{
			name: "subnet", read: "select ip from orders", oid: 869, clear: "10.1.2.3", set: "ip",
			refused: []any{"10.1.2.0", "10.1.2.0/24", netip.MustParseAddr("10.1.2.0"), netip.MustParsePrefix("10.1.2.0/24")},
			fine:    []any{"10.1.2.3", "10.1.3.0", netip.MustParseAddr("10.9.9.0"), nil},
		},
		{
			name: "partial", read: "select phone from customers", oid: 25, clear: "030123456789", set: "phone",
			refused: []any{phone, &phone, namedText(phone), []byte(phone), "+** ** ****-1234", []string{phone}, "{" + phone + "}"},
			fine:    []any{"030123456789", "", nil, "***", "n/a"},
		},
		{
			name: "partial number", read: "select phone from customers", oid: 20, clear: int64(4930123456789), set: "phone",
			refused: []any{int64(6789), 6789, uint16(6789), "6789", 6789.0, namedInt(6789)},
			fine:    []any{int64(4930123456789), int64(6788)},
		},
		{
			name: "uuid", read: "select email from customers", oid: 2950, clear: "6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11", set: "email",
			refused: []any{"b8199c10-ca5c-839e-a41d-f475d8c1ae57"},
			fine:    []any{"6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMasker(t)
			table := "customers"
			if c.set == "ip" {
				table = "orders"
			}
			shown(t, m, c.read, c.oid, c.clear)
			update := analysed(t, "update "+table+" set "+c.set+" = $1 where id = $2")
			insert := analysed(t, "insert into "+table+" (id, "+c.set+") values ($2, $1)")
			for _, arg := range c.refused {
				for _, st := range []*lineage.Statement{update, insert} {
					var back *WritebackError
					require.ErrorAs(t, m.Check(st, []any{arg, 5}, Rules{}), &back, "%T %v", arg, arg)
					assert.Equal(t, "public."+table+"."+c.set, back.Column.String())
					assert.NoError(t, m.Check(st, []any{arg, 5}, Rules{Clear: clears("public." + table + "." + c.set)}))
				}
				if c.name != "partial" {
					assert.NoError(t, newMasker(t).Check(update, []any{arg, 5}, Rules{}), "nothing was shown: %T %v", arg, arg)
				}
				other := analysed(t, "update products set name = $1")
				assert.NoError(t, m.Check(other, []any{arg}, Rules{}), "another column")
				read := analysed(t, "select id from "+table+" where "+c.set+" = $1")
				assert.NoError(t, m.Check(read, []any{arg}, Rules{}), "a comparison")
			}
			for _, arg := range c.fine {
				for _, st := range []*lineage.Statement{update, insert} {
					assert.NoError(t, m.Check(st, []any{arg, 5}, Rules{}), "%T %v", arg, arg)
				}
			}
		})
	}
}

// A column that was shown with a zero takes any other value: what was computed from the zero is like any that somebody has typed.
func TestBlanksComeBack(t *testing.T) {
	m := newMasker(t)
	const update = "update customers set salary = $1 where id = $2"
	check := func(sql, clear string, args ...any) error {
		return m.Check(analysed(t, sql), args, Rules{Clear: clears(clear)})
	}
	require.NoError(t, check(update, "", 50000, 1), "nothing was shown yet")

	shown(t, m, "select salary from customers", 1700, "55000.50")
	require.NoError(t, check(update, "", 50000, 1))
	require.NoError(t, check(update, "", "4711.50", 1))
	require.Error(t, check(update, "", 0, 1))
	require.Error(t, check(update, "", "0.00", 1))
	require.Error(t, check(update, "", nil, 1))
	require.NoError(t, check(update, "public.customers.salary", 50000, 1))
	require.NoError(t, check("update customers set salary = salary * 1.1 where id = $1", "", 1), "no argument is assigned")
	require.NoError(t, check("update customers set salary = 60000 where id = $1", "", 1))
	require.Error(t, check("update customers set salary = 0 where id = $1", "", 1))
	require.NoError(t, check("update customers set city = $1 where id = $2", "", "Ulm", 1))

	const insert = "insert into customers (id, salary) values ($1, $2)"
	require.NoError(t, check(insert, "", 1, 50000))
	require.Error(t, check(insert, "", 1, 0))
	require.Error(t, check(insert, "", 1, "0.00"))
	require.NoError(t, check(insert, "", 0, 50000), "another column")
	require.Error(t, check(insert+" on conflict (id) do update set salary = excluded.salary", "", 1, 0))
	require.NoError(t, check(insert+" on conflict (id) do update set salary = excluded.salary", "", 1, 50000))
	require.NoError(t, check(insert+" on conflict (id) do nothing", "", 1, 50000))
}

func TestDerivedBlanks(t *testing.T) {
	m := newMasker(t)
	update := analysed(t, "update customers set salary = $1 where id = $2")
	shown(t, m, "select salary * 12 from customers", 1700, "55000.50")
	require.NoError(t, m.Check(update, []any{0, 1}, Rules{}), "an expression is not what the column was shown with")
	shown(t, m, "select coalesce(salary, 0) as salary from customers", 1700, "55000.50")
	require.Error(t, m.Check(update, []any{0, 1}, Rules{}), "under the column's name it is")
	require.NoError(t, m.Check(update, []any{5, 1}, Rules{}), "somebody else's value")
}

func TestNullsComeBack(t *testing.T) {
	m := newMasker(t)
	require.Nil(t, shown(t, m, "select home from customers", 30001, "(a,b)"))
	require.Error(t, m.Check(analysed(t, "update customers set home = $1 where id = 1"), []any{nil}, Rules{}))
	require.NoError(t, m.Check(analysed(t, "update customers set home = $1 where id = 1"), []any{"(c,d)"}, Rules{}))
	require.Error(t, m.Check(analysed(t, "insert into customers (home) values ($1)"), []any{nil}, Rules{}))
	require.NoError(t, m.Check(analysed(t, "insert into customers (home) values ($1)"), []any{"(c,d)"}, Rules{}))
}

func TestViewsComeBack(t *testing.T) {
	m := newMasker(t)
	shown(t, m, "select mail from people_view", 1043, "ada@example.com")
	p := m.Plan(Input{Statement: analysed(t, "select mail from people_view"), Catalog: shopCatalog(t)})
	out := m.Func(p.Columns[0], Field{TypeOID: 1043, TypeMod: 4 + 12})("ada@example.com")
	require.Len(t, out, 12)
	require.Error(t, m.Check(analysed(t, "update people_view set mail = $1"), []any{out}, Rules{}))
	require.Error(t, m.Check(analysed(t, "update customers set email = $1"), []any{out}, Rules{}))
}

// A partial number is known by its form, also to a process that never showed one.
func TestPartialNumbersOfOthers(t *testing.T) {
	m := newMasker(t)
	require.Error(t, m.Check(analysed(t, "update customers set phone = $1"), []any{"*** *** 6789"}, Rules{}))
	require.NoError(t, m.Check(analysed(t, "update products set name = $1"), []any{"*** *** 6789"}, Rules{}))
}

func TestManyValues(t *testing.T) {
	m := newMasker(t)
	p := m.Plan(Input{Statement: analysed(t, "select ip from orders"), Catalog: shopCatalog(t)})
	f := m.Func(p.Columns[0], Field{TypeOID: 869})
	for i := range maxSeen + 10 {
		f(fmt.Sprintf("10.%d.%d.7", i>>8&255, i&255))
		f(fmt.Sprintf("11.%d.%d.7", i>>8&255, i&255))
	}
	tr := m.trace(lineage.ColumnID{Schema: "public", Relation: "orders", Column: "ip"})
	require.True(t, tr.has(markFull))
	require.Empty(t, tr.seen)
	update := analysed(t, "update orders set ip = $1")
	require.Error(t, m.Check(update, []any{"10.1.2.0"}, Rules{}))
	require.Error(t, m.Check(update, []any{"99.1.2.0"}, Rules{}), "what could be a mask is taken for one")
	require.NoError(t, m.Check(update, []any{"10.1.2.3"}, Rules{}))
}

func TestCheckIsSafeForConcurrentUse(t *testing.T) {
	m := newMasker(t)
	update := analysed(t, "update orders set ip = $1")
	p := m.Plan(Input{Statement: analysed(t, "select ip from orders"), Catalog: shopCatalog(t)})
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			f := m.Func(p.Columns[0], Field{TypeOID: 869})
			for i := range 2000 {
				f(fmt.Sprintf("10.%d.%d.7", n, i&255))
				err := m.Check(update, []any{"10.1.2.3"}, Rules{})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	require.Error(t, m.Check(update, []any{"10.1.2.0"}, Rules{}))
}

func TestWritebackError(t *testing.T) {
	assert.EqualError(t, &WritebackError{}, "governed: a masked value would be stored")
	err := fmt.Errorf("wrapped: %w", &WritebackError{Column: lineage.ColumnID{Schema: "a", Relation: "b", Column: "c"}})
	var back *WritebackError
	assert.True(t, errors.As(err, &back))
	assert.EqualError(t, back, "governed: a masked value of a.b.c would be stored")
}

// Whatever a mask puts out for a text column is recognised when it is written back to that column.
func FuzzWriteback(f *testing.F) {
	f.Add("ada@example.com", uint8(1), int16(20))
	f.Add("030123456789", uint8(2), int16(-1))
	f.Add("1990-05-06", uint8(3), int16(14))
	f.Add("10.1.2.3", uint8(4), int16(-1))
	column := lineage.ColumnID{Schema: "public", Relation: "customers", Column: "note"}
	update := analysed(f, "update customers set note = $1")
	f.Fuzz(func(t *testing.T, in string, treatment uint8, mod int16) {
		m := newMasker(t)
		treatments := []string{Redact, Pseudonym, Partial, Year, Subnet, Fixed, FF1, Shift, Bucket, Noise, Fake}
		c := Column{Treatment: treatments[int(treatment)%len(treatments)], Class: string(Email), Sources: []lineage.ColumnID{column}}
		out := m.Func(c, Field{TypeOID: 1043, TypeMod: int32(mod)})(in)
		if out == "" {
			return
		}
		require.Error(t, m.Check(update, []any{out}, Rules{}), "%q", out)
		require.Error(t, m.Check(update, []any{[]byte(out.(string))}, Rules{}))
	})
}

func FuzzIsToken(f *testing.F) {
	f.Add("a [masked] b")
	f.Add("x@masked.invalid")
	f.Fuzz(func(t *testing.T, s string) {
		isToken(s)
		require.True(t, isToken(s+Redaction))
		require.True(t, isToken(mailSuffix+s))
	})
}

// A statement with very many arguments is checked in time that grows with their number and not with its square.
func BenchmarkCheckMany(b *testing.B) {
	m := newMasker(b)
	const rows = 5000
	st := &lineage.Statement{Command: "INSERT"}
	var args []any
	for c := range 10 {
		a := lineage.Assign{Target: lineage.ColumnID{Schema: "public", Relation: "t", Column: textOfInt(int64(c))}, Command: "INSERT"}
		for r := range rows {
			a.Params = append(a.Params, r*10+c+1)
		}
		st.Assigns = append(st.Assigns, a)
	}
	for range rows * 10 {
		args = append(args, "a value")
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Check(st, args, Rules{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(args)), "ns/arg")
}

func BenchmarkCheck(b *testing.B) {
	m := newMasker(b)
	for _, sql := range []string{"select id from customers where id = $1", "update customers set city = $1, note = $2 where id = $3"} {
		st := analysed(b, sql)
		args := []any{"Ulm", "a note that is as long as notes are, more or less", int64(5)}
		b.Run(sql, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = m.Check(st, args, Rules{})
			}
		})
	}
}

// A function that somebody made may store what it is given, unless its body was read and assigns nothing.
func TestTokensInFunctions(t *testing.T) {
	m := newMasker(t)
	catalog := bodiesCatalog(t)
	const token = "6ofciftv3j7t2jfn@masked.invalid"
	for sql, refused := range map[string]bool{
		"update accounts set label = 'x' where contact = city_of($1)":      false,
		"update accounts set label = 'x' where contact = save($1)":         true,
		"update accounts set label = 'x' where contact = save('[masked]')": true,
		"update accounts set label = 'x' where contact = upper($1)":        false,
		"update accounts set label = city_of($1)":                          true,
		"select save($1)":    true,
		"select city_of($1)": false,
	} {
		list, err := lineage.AnalyzeText(sql, catalog)
		require.NoError(t, err)
		require.Empty(t, list[0].Unresolved, sql)
		assert.Equal(t, refused, m.Check(list[0], []any{token}, Rules{}) != nil, sql)
	}
}

// pgArray is shaped as pgtype.Array is.
type pgArray[T any] struct {
	Elements []T
	Dims     []struct{ Length, LowerBound int32 }
	Valid    bool
}

func TestListsAndDocumentsComeBack(t *testing.T) {
	m := newMasker(t)
	shown(t, m, "select phone from customers", 25, "030123456789")
	shown(t, m, "select birth_date from customers", 1082, day(1990, 5, 6))
	shown(t, m, "select ip from orders", 869, "10.1.2.3")
	const phone = "********6789"
	insert := analysed(t, "insert into customers (phone) values ($1)")
	born := analysed(t, "insert into customers (birth_date) values ($1)")
	ip := analysed(t, "insert into orders (ip) values ($1)")
	for _, arg := range []any{
		pgArray[string]{Elements: []string{"x", phone}, Valid: true},
		&pgArray[string]{Elements: []string{phone}},
		pgArray[sql.NullString]{Elements: []sql.NullString{{String: phone, Valid: true}}},
		`{"phone": "` + phone + `"}`,
		[]byte(` [{"phone": "` + phone + `"}]`),
		json.RawMessage(`{"a": {"b": ["` + phone + `"]}}`),
		map[string]any{"phone": phone},
		[]map[string]string{{"phone": phone}},
		struct{ Phone string }{phone},
		`"` + phone + `"`,
	} {
		require.Error(t, m.Check(insert, []any{arg}, Rules{}), "%T %s", arg, arg)
		require.NoError(t, m.Check(analysed(t, "insert into products (name) values ($1)"), []any{arg}, Rules{}), "%T", arg)
	}
	for _, arg := range []any{
		pgArray[time.Time]{Elements: []time.Time{day(1990, 1, 1)}}, `[{"born": "1990-01-01"}]`, []byte(`{"born": "1990-01-01T00:00:00Z"}`),
	} {
		require.Error(t, m.Check(born, []any{arg}, Rules{}), "%T %s", arg, arg)
	}
	require.Error(t, m.Check(ip, []any{`{"ip": "10.1.2.0"}`}, Rules{}))
	for _, arg := range []any{
		pgArray[string]{Elements: []string{"030123456789"}},
		`{"phone": "030123456789"}`, `{"born": "1990-05-06", "n": 0, "s": "", "z": null}`, `{broken`, "[", "{", `"`,
		[]byte(`{"ip": "10.1.2.3"}`),
		struct{ at time.Time }{},
		pgArray[string]{},
	} {
		for _, st := range []*lineage.Statement{insert, born, ip} {
			require.NoError(t, m.Check(st, []any{arg}, Rules{}), "%T %s", arg, arg)
		}
	}
}

func TestHoldsToken(t *testing.T) {
	m := newMasker(t)
	for _, s := range []string{"1\tx[masked]\n", "[MASKED]", "6ofciftv3j7t2jfn@masked.invalid", "a,6OFCIFTV3J@masked.invalid,b", "x\tmasked:dr7ipznnpx5gcbuj\n"} {
		assert.True(t, m.HoldsToken([]byte(s)), s)
	}
	for _, s := range []string{
		"", "x", "ada@example.com", "somebody at @masked.invalid", "ada@masked.invalid", "masked: hello world", "12:30:00 [mask", "a [ b ] @ c : d",
	} {
		assert.False(t, m.HoldsToken([]byte(s)), s)
	}
	token := shown(t, m, "select email from customers", 25, "ada@example.com").(string)
	assert.True(t, m.HoldsToken([]byte("5\t"+token+"\t\\N\n")))
}

func BenchmarkHoldsToken(b *testing.B) {
	m := newMasker(b)
	data := []byte(strings.Repeat("17\tAda Lovelace\tada@example.com\t2024-05-06 07:08:09+00\t[1,2]\n", 1000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		m.HoldsToken(data)
	}
}
