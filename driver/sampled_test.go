package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// sampledColumns are columns whose names say nothing, with values that prove what they are: an expression over i, and
// the class.
var sampledColumns = []struct {
	name, typ, value string
	class            mask.Class
}{
	{"c1", "text", "'u' || i || '@example.com'", mask.Email},
	{"c2", "varchar(40)", "'+4420794' || (60000 + i)", mask.Phone},
	{"c3", "text", "(array['4111111111111111','5500005555555559','4012888888881881','4222222222222220','5105105105105100','4000056655665556','5200828282828210','4242424242424242','5555555555554444','2223003122003222','4000002500003155','4000000000009995'])[i % 12 + 1]", mask.Card},
	{"c4", "bigint", "(array[4111111111111111,5500005555555559,4012888888881881,5105105105105100,4000056655665556,5200828282828210,4242424242424242,5555555555554444,2223003122003222,4000002500003155,4000000000009995,378282246310005])[i % 12 + 1]", mask.Card},
	{"c5", "char(27)", "(array['GB29NWBK60161331926819','DE89370400440532013000','FR1420041010050500013M02606','NL91ABNA0417164300','BE68539007547034','CH9300762011623852957','AT611904300234573201'])[i % 7 + 1]", mask.Account},
	{"c6", "text", "'$2b$12$' || substr(md5(i::text) || md5((i + 1)::text) || md5((i + 2)::text), 1, 53)", mask.Secret},
	{"c7", "text[]", "array['a' || i || '@example.com', 'b' || i || '@example.com']", mask.Email},
	{"c8", "words", "'w' || i || '@example.com'", mask.Email},
	{"c9", "citext", "'x' || i || '@example.com'", mask.Email},
	{"c10", "bytea", "('y' || i || '@example.com')::bytea", mask.Email},
}

// sampledTable makes a table of those columns under a name, with rows, and not yet analysed.
func sampledTable(name, suffix string) []string {
	var columns, values []string
	for _, c := range sampledColumns {
		columns, values = append(columns, c.name+" "+c.typ), append(values, c.value)
	}
	return []string{
		"create table " + name + " (id int primary key, " + strings.Join(columns, ", ") + ")" + suffix,
		"insert into " + name + " select i, " + strings.Join(values, ", ") + " from generate_series(1, 400) i",
	}
}

// sampledTypes are those that the columns need.
var sampledTypes = []string{"create extension if not exists citext", "create domain words as text"}

// reported runs a query and gives what became of its columns.
func reported(t testing.TB, db queryer, query string, args ...any) []lineage.ColumnMask {
	t.Helper()
	ctx, report := mask.WithReport(context.Background())
	rows, err := db.QueryContext(ctx, query, args...)
	require.NoError(t, err, query)
	for rows.Next() {
	}
	require.NoError(t, rows.Err(), query)
	require.NoError(t, rows.Close())
	return report.Masked()
}

// classIn is the class of the one column of a result, "" = it is as stored; spans do not count.
func classIn(t testing.TB, db queryer, query string, args ...any) string {
	t.Helper()
	for _, m := range reported(t, db, query, args...) {
		if m.Treatment != mask.Span {
			return m.Class
		}
	}
	return ""
}

// Columns that say by their values alone what they hold are hidden as those whose names say it.
func TestSampledColumns(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "analyze t", "create view seen as select c1 as w from t")...)
	for _, c := range sampledColumns {
		require.Equal(t, string(c.class), classIn(t, f.governed, "select "+c.name+" from t"), c.name)
		require.Equal(t, string(c.class), classIn(t, f.governed, "select v."+c.name+" from (select * from t) v where id = 7"), c.name)
	}
	for _, query := range []string{
		"select substr(c1, 1, 3) from t", "select left(c1, 1) from t", "select c2 || '' from t", "select upper(c6) from t", "select min(c1) from t",
		"select c4 + 1 from t", "select c7[1] from t", "select length(c1) from t",
	} {
		require.NotEmpty(t, reported(t, f.governed, query), query)
	}
	require.Empty(t, reported(t, f.governed, "select id, count(c1) from t group by id"))
	require.Equal(t, string(mask.Email), classIn(t, f.governed, "select w from seen"), "a view shows what its table holds")
	_, err := f.governed.QueryContext(mask.RequireClear(t.Context()), "select id, c1 from t")
	require.ErrorIs(t, err, mask.ErrMasked)
	var out bytes.Buffer
	_, err = f.governed.Exec("copy t (id, c1) to stdout", driver.CopyTo(&out))
	require.ErrorIs(t, err, guard.ErrDenied)
}

// A predicate over such a column is what one over a column with a name is: strict denies it.
func TestSampledPredicates(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "analyze t")...)
	strict := f.open(&driver.Config{Profile: driver.Strict})
	ctx := lineage.WithCaller(t.Context(), verified("service", "billing"))
	for _, query := range []string{"select id from t where c1 like 'a%'", "select id from t order by c6", "select left(c1, 1), count(*) from t group by 1"} {
		_, err := strict.QueryContext(ctx, query)
		require.ErrorIs(t, err, guard.ErrDenied, query)
	}
	rows, err := strict.QueryContext(ctx, "select id from t where id < 5")
	require.NoError(t, err)
	require.NoError(t, rows.Close())
	_, err = f.governed.Exec("update t set id = id where c1 like 'a%'")
	require.NoError(t, err)
	list := f.records.of(lineage.StatementEvent)
	last := list[len(list)-1]
	require.Equal(t, lineage.Warn, last.Decision, "%+v", last.Reasons)
}

// What is copied out of such a column takes its class along, or does not go.
func TestSampledCopies(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "analyze t", "create table plain (id int, x text)")...)
	_, err := f.governed.Exec("insert into plain select id, c1 from t")
	require.ErrorIs(t, err, guard.ErrDenied)
	_, err = f.governed.Exec("create table copied as select id, c1 as y, c4 as z from t")
	require.NoError(t, err)
	comment := func(table, column string) (text string) {
		require.NoError(t, f.plain.QueryRow("select coalesce(col_description(attrelid, attnum), '') from pg_attribute where attrelid = $1::text::regclass and attname = $2", table, column).Scan(&text))
		return text
	}
	require.Equal(t, "[governed: email]", comment("copied", "y"))
	require.Equal(t, "[governed: card]", comment("copied", "z"))
	require.Empty(t, comment("copied", "id"))
	_, err = f.governed.Exec("create table liked (like t)")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", comment("liked", "c1"))
	migration := f.open(&driver.Config{Profile: driver.Migration})
	_, err = migration.Exec("alter table t rename c1 to d1")
	require.NoError(t, err)
	require.Equal(t, "[governed: email]", comment("t", "d1"), "the old name is how it was known")
	_, err = migration.Exec("alter table t alter c2 type text; insert into plain select id, c2 from t")
	require.ErrorIs(t, err, guard.ErrDenied)
	_, err = migration.Exec("alter table t alter c2 type text")
	require.NoError(t, err)
	require.Equal(t, "[governed: phone]", comment("t", "c2"), "the server forgets its sample")
}

// ordinaryValues are what columns hold that look a little like something sensitive, and are not.
var ordinaryValues = map[string]string{
	"o1":  "'ORD-' || (100000 + i)",
	"o2":  "(1234567890123400 + i * 7)::text",
	"o3":  "'SKU-' || md5(i::text)::varchar(8)",
	"o4":  "gen_random_uuid()::text",
	"o5":  "i % 9 || '.' || i % 20 || '.' || i % 13",
	"o6":  "(timestamp '2026-01-01' + i * interval '1 hour')::text",
	"o7":  "(array['alpha','beta','gamma','delta'])[i % 4 + 1]",
	"o8":  "md5(i::text)",
	"o9":  "'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/1' || i % 30 || '.0.' || (5000 + i) || '.63'",
	"o10": "(array['Berlin','Lyon','Turin','Graz','Porto'])[i % 5 + 1]",
	"o11": "i % 5 || '.' || i % 11 || '.' || i % 17 || '.' || i % 3",
	"o12": "lpad((i * 7919)::text, 11, '0')",
	"o13": "'978' || lpad((i * 104729)::text, 10, '0')",
	"o14": "encode(sha256(i::text::bytea), 'hex')",
	"o15": "(100 + i) || '.' || (i * 7 % 100)",
	"o16": "'0' || (30 + i % 60) || ' ' || (100000 + i)",
	"o17": "'10.0.' || (19000 + i) || '.' || i % 900",
	"o18": "'node-' || i || '@cluster'",
	"o19": "to_char(i, 'FM000-000-000')",
	"o22": "(i % 4 + 20) || '.' || (30 + i % 60) || '.' || (i % 99) || '.' || (i % 190)",
	"o20": "'v' || i || '.example.com'",
	"o21": "case when i % 3 = 0 then 'm' || i || '@example.com' else 'none ' || i end",
}

// Ordinary columns come back as they are, and one that holds addresses now and then is looked at value by value.
func TestSampledOrdinaryColumns(t *testing.T) {
	var columns, values []string
	for name, value := range ordinaryValues {
		columns, values = append(columns, name+" text"), append(values, value)
	}
	f := setup(t, nil, "create table t (id int primary key, parcel bigint, price numeric, "+strings.Join(columns, ", ")+")",
		"insert into t select i, 4111111111111100 + i, i * 1.5, "+strings.Join(values, ", ")+" from generate_series(1, 400) i", "analyze t")
	for name := range ordinaryValues {
		require.Empty(t, classIn(t, f.governed, "select "+name+" from t"), name)
		require.Empty(t, classIn(t, f.governed, "select left("+name+", 3) from t"), name)
	}
	require.Empty(t, classIn(t, f.governed, "select parcel, price from t"))
	var plain, address string
	require.NoError(t, f.governed.QueryRow("select o21 from t where id = 1").Scan(&plain))
	require.NoError(t, f.governed.QueryRow("select o21 from t where id = 3").Scan(&address))
	require.Equal(t, "none 1", plain)
	require.Regexp(t, `^[a-z2-7]{16}@masked\.invalid$`, address)
}

// Without a sample, and without the question, results are scanned as they were.
func TestSampledNot(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "create table u as select * from t", "analyze u")...)
	off, err := driver.NewConnector(f.dsn+"&governed.sample=off", &driver.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	without := sql.OpenDB(off)
	t.Cleanup(func() { _ = without.Close() })
	for name, c := range map[string]struct {
		db    *sql.DB
		table string
	}{"never analysed": {f.governed, "t"}, "off": {without, "u"}} {
		require.Empty(t, classIn(t, c.db, "select c1 from "+c.table), name)
		var whole, part string
		require.NoError(t, c.db.QueryRow("select c1, substr(c1, 1, 3) from "+c.table+" where id = 1").Scan(&whole, &part), name)
		require.Regexp(t, `@masked\.invalid$`, whole, name)
		require.Equal(t, "u1@", part, name)
	}
	clear := f.open(&driver.Config{Mask: driver.MaskOff})
	var whole string
	require.NoError(t, clear.QueryRow("select c1 from u where id = 1").Scan(&whole))
	require.Equal(t, "u1@example.com", whole)
	watching := f.open(&driver.Config{Profile: driver.Observe})
	require.NoError(t, watching.QueryRow("select c1 from u where id = 1").Scan(&whole))
	require.Equal(t, "u1@example.com", whole, "observe changes nothing")
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, string(mask.Email), list[len(list)-1].WouldMask[0].Class, "and says what it would have done")
}

// A table that is analysed later is asked for again: the server then counts its rows.
func TestSampledLater(t *testing.T) {
	f := setup(t, nil, append(sampledTypes, sampledTable("t", "")...)...)
	require.Empty(t, classIn(t, f.governed, "select c1 from t"))
	_, err := f.plain.Exec("analyze t")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return classIn(t, f.governed, "select c1 from t") == string(mask.Email) }, 3*time.Second, 50*time.Millisecond)
}

// Labels and policies decide, whatever the values are.
func TestSampledOverrides(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Datasets: []guard.Dataset{{
		Match: []string{"public.t"}, Columns: map[string][]string{"c2": {mask.NotSensitive}, "c4": {"pii.account"}},
	}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy, Clear: []string{"public.t.c6"}}, append(append(sampledTypes, sampledTable("t", "")...), "analyze t",
		"comment on column t.c1 is 'only robots [governed: not_sensitive]'", "comment on column t.c3 is '[governed: secret]'")...)
	require.Empty(t, classIn(t, f.governed, "select substr(c1, 1, 3) from t"))
	require.Empty(t, classIn(t, f.governed, "select c2 from t"))
	require.Equal(t, string(mask.Secret), classIn(t, f.governed, "select c3 from t"))
	require.Equal(t, string(mask.Account), classIn(t, f.governed, "select c4 from t"))
	var hash string
	require.NoError(t, f.governed.QueryRow("select c6 from t where id = 1").Scan(&hash))
	require.Regexp(t, `^\$2b\$`, hash, "a grant shows it")
	require.Equal(t, string(mask.Email), classIn(t, f.governed, "select c8 from t"))
}

// A role of which row security keeps the sample has none, and what another role of the same connector was shown holds for it
// too. One that may not read a column is asked no more of it than its name.
func TestSampledRoles(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "alter table t enable row level security", "create policy p on t using (true)", "analyze t")...)
	roles := map[string]string{"": "postgres"}
	for _, name := range []string{"reader", "owner"} {
		address, err := url.Parse(f.role(name))
		require.NoError(t, err)
		roles[name] = address.User.Username()
	}
	_, err := f.plain.Exec("grant select on t to " + roles["reader"] + "; alter table t owner to " + roles["owner"])
	require.NoError(t, err)
	db := f.open(&driver.Config{Claims: driver.Claims{On: true, Role: func(c lineage.Caller) string { return roles[c.Subject()] }}})
	class := func(name string) string {
		return classIn(t, within{db, lineage.WithCaller(t.Context(), verified("service", name))}, "select c1 from t")
	}
	require.Empty(t, class("reader"))
	require.Equal(t, string(mask.Email), class("owner"))
	require.Eventually(t, func() bool { return class("reader") == string(mask.Email) }, 3*time.Second, 50*time.Millisecond)
	tx, err := db.BeginTx(lineage.WithCaller(t.Context(), verified("service", "reader")), nil)
	require.NoError(t, err)
	require.Equal(t, string(mask.Email), classIn(t, within{tx, lineage.WithCaller(t.Context(), verified("service", "reader"))}, "select c1 from t"))
	require.NoError(t, tx.Commit())
}

// within gives queries a context of their own.
type within struct {
	queryer
	ctx context.Context
}

func (w within) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if r := mask.ReportFrom(ctx); r != nil {
		inner, own := mask.WithReport(w.ctx)
		rows, err := w.queryer.QueryContext(inner, query, args...)
		w.report(r, own)
		return rows, err
	}
	return w.queryer.QueryContext(w.ctx, query, args...)
}

// report passes on what the query said of columns that are masked as a whole, which is known before its rows.
func (w within) report(to, from *mask.Report) { to.Set(from.Masked(), from.Cleared()) }

// A relation that is met inside a transaction is asked for there; what it holds is known before its first row.
func TestSampledInTransactions(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "analyze t")...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("insert into people (id, name) values (2, 'x')")
	require.NoError(t, err)
	require.Equal(t, string(mask.Email), classIn(t, tx, "select c1 from t"))
	require.NoError(t, tx.Commit())
	require.Equal(t, 2, f.count("select count(*) from people"))
}

// A question that fails is no failure of anybody's statement or transaction.
func TestSampledRefused(t *testing.T) {
	for _, mode := range []string{"cache_statement", "cache_describe", "exec"} {
		f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "create table u as select * from t", "create table w as select * from t", "analyze",
			"revoke select on pg_catalog.pg_stats from public")...)
		address, err := url.Parse(f.role("reader"))
		require.NoError(t, err)
		_, err = f.plain.Exec("grant all on t, u, w, people to " + address.User.Username())
		require.NoError(t, err)
		address.RawQuery += "&default_query_exec_mode=" + mode
		connector, err := driver.NewConnector(address.String(), &driver.Config{Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		t.Cleanup(func() { _ = db.Close() })
		require.Empty(t, classIn(t, db, "select c1 from t"), mode)
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("insert into people (id, name) values (2, 'x')")
		require.NoError(t, err)
		require.Empty(t, classIn(t, tx, "select c1 from u"), mode)
		_, err = tx.Exec("savepoint one")
		require.NoError(t, err)
		require.Empty(t, classIn(t, tx, "select c1 from w where c2 like '+44%'"), mode)
		_, err = tx.Exec("rollback to savepoint one")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		require.Equal(t, 2, f.count("select count(*) from people"), mode)
		var whole string
		require.NoError(t, db.QueryRow("select c1 from t where id = 1").Scan(&whole))
		require.Regexp(t, `@masked\.invalid$`, whole, "it is scanned as before")
	}
}

// The autovacuum analyses partitions and not their table: it stands for them, and they for one another.
func TestSampledPartitions(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", " partition by range (id)")[0], "create table t1 partition of t for values from (0) to (200)",
		"create table t2 partition of t for values from (200) to (1000)", "create table t3 partition of t for values from (1000) to (2000)"), sampledTable("t", "")[1], "analyze t1", "analyze t2")...)
	for _, table := range []string{"t", "t1", "t3"} {
		require.Equal(t, string(mask.Email), classIn(t, f.governed, "select c1 from "+table), table)
	}
	m := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "create materialized view mv as select * from t", "analyze mv",
		"create table parent (id int, c1 text)", "create table child () inherits (parent)", "create table below () inherits (child)",
		"insert into child select id, c1 from t", "analyze child")...)
	for _, table := range []string{"mv", "parent", "child", "below"} {
		require.Equal(t, string(mask.Email), classIn(t, m.governed, "select c1 from "+table), table)
	}
}

// One small relation of ordinary words does not hide what the others of its family are full of.
func TestSampledFamilies(t *testing.T) {
	words, addresses := "'word' || i from generate_series(1, 10) i", "'u' || i || '@example.com' from generate_series(1, 200) i"
	f := setup(t, nil, "create table pt (k int, c text) partition by list (k)", "create table pt1 partition of pt for values in (1)", "create table pt2 partition of pt for values in (2)",
		"insert into pt select 1, "+addresses, "insert into pt select 2, "+words,
		"create table parent (c text)", "create table child () inherits (parent)", "insert into parent select "+words, "insert into child select "+addresses,
		"create table elder (c text)", "create table heir () inherits (elder)", "insert into elder select "+addresses, "insert into heir select "+words,
		"create table plain (k int, c text) partition by list (k)", "create table plain1 partition of plain for values in (1)", "create table plain2 partition of plain for values in (2)",
		"insert into plain select 1, "+words, "insert into plain select 2, 'other' || i from generate_series(1, 200) i", "analyze",
		"create table few (k int, c text) partition by list (k)", "create table few1 partition of few for values in (1)", "create table few2 partition of few for values in (2)",
		"insert into few select i % 2 + 1, 'f' || i || '@example.com' from generate_series(1, 8) i", "analyze few1", "analyze few2")
	for _, table := range []string{"pt1", "pt2", "pt", "child", "parent", "elder", "heir", "few", "few1"} {
		require.Equal(t, string(mask.Email), classIn(t, f.governed, "select left(c, 8) from "+table), table)
	}
	require.Empty(t, classIn(t, f.governed, "select c from plain"))
	require.Empty(t, classIn(t, f.governed, "select c from plain1"))
}

// A column that is filled after it was met is seen when the server says that it was analysed, though it has as many rows.
func TestSampledStale(t *testing.T) {
	f := setup(t, nil, "create table n (id int primary key, c text)", "insert into n select i, case when i <= 200 then 'word' || i end from generate_series(1, 400) i",
		"create table pn (k int, c text) partition by list (k)", "create table pn1 partition of pn for values in (1)", "insert into pn select 1, 'word' || i from generate_series(1, 200) i", "analyze")
	for _, table := range []string{"n", "pn"} {
		require.Empty(t, classIn(t, f.governed, "select left(c, 8) from "+table), table)
	}
	_, err := f.plain.Exec("update n set c = 'u' || id || '@example.com'")
	require.NoError(t, err)
	_, err = f.plain.Exec("update pn1 set c = 'u' || replace(replace(replace(ctid::text, '(', ''), ')', ''), ',', '') || '@example.com'; analyze n; analyze pn1")
	require.NoError(t, err)
	for _, table := range []string{"n", "pn"} {
		require.Eventually(t, func() bool { return classIn(t, f.governed, "select left(c, 8) from "+table) == string(mask.Email) }, 10*time.Second, 50*time.Millisecond, table)
	}
}

// What analyses through the driver is followed by the question at once.
func TestSampledAnalysedHere(t *testing.T) {
	for _, text := range []string{"analyze", "analyze n", "vacuum analyze n", "vacuum (analyze) n"} {
		f := setup(t, nil, "create table n (id int primary key, c text)", "insert into n select i, 'word' || i from generate_series(1, 400) i", "analyze")
		db := f.open(&driver.Config{Profile: driver.Migration})
		require.Empty(t, classIn(t, db, "select left(c, 8) from n"), text)
		_, err := f.plain.Exec("update n set c = 'u' || id || '@example.com'")
		require.NoError(t, err)
		_, err = db.Exec(text)
		require.NoError(t, err, text)
		require.Equal(t, string(mask.Email), classIn(t, db, "select left(c, 8) from n"), text)
	}
	f := setup(t, nil, "create table n (id int primary key, c text)", "insert into n select i, 'word' || i from generate_series(1, 400) i", "analyze")
	require.Empty(t, classIn(t, f.governed, "select left(c, 8) from n"))
	_, err := f.plain.Exec("update n set c = 'u' || id || '@example.com'")
	require.NoError(t, err)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("analyze n")
	require.NoError(t, err)
	require.Empty(t, classIn(t, f.governed, "select left(c, 8) from n"), "another session sees nothing of it yet, and asks")
	require.NoError(t, tx.Commit())
	require.Equal(t, string(mask.Email), classIn(t, f.governed, "select left(c, 8) from n"))
}

// A column that is another one now is not what it was.
func TestSampledOtherColumn(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), "analyze t")...)
	require.Equal(t, string(mask.Email), classIn(t, f.governed, "select c1 from t"))
	_, err := f.plain.Exec("alter table t drop column c1; alter table t add column c1 text default 'word'")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return classIn(t, f.governed, "select c1 from t") == "" }, 3*time.Second, 50*time.Millisecond)
	require.Equal(t, string(mask.Email), classIn(t, f.governed, "select c8 from t"))
}

// What is written down of a sample is a class and counts.
func TestSampledTellsNoValues(t *testing.T) {
	var log bytes.Buffer
	f := setup(t, &driver.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, append(append(sampledTypes, sampledTable("t", "")...), "analyze t")...)
	_ = reported(t, f.governed, "select * from t")
	require.Contains(t, log.String(), "column=public.t.c1 class=email values=34 matching=34")
	text := log.String()
	for _, rec := range f.records.of(lineage.StatementEvent) {
		text += fmt.Sprintf("%+v %+v", rec, rec.Statement)
	}
	for _, value := range []string{"@example.com", "4111111111111111", "+4420794", "GB29NWBK", "$2b$"} {
		require.NotContains(t, text, value)
	}
	e, err := driver.Explain(t.Context(), f.connector, "select c1 from t")
	require.NoError(t, err)
	rel := &e.Statements[0].Relations[0].Relation
	col, _ := rel.Column("c1")
	require.Equal(t, "values: 34 of 34 in the server's statistics", mask.Why(rel, col))
}

// The question is one round trip where a relation is first met, none after that, and none where there is nothing to ask.
func TestSampledRoundTrips(t *testing.T) {
	f := setup(t, nil, append(append(sampledTypes, sampledTable("t", "")...), sampledTable("u", "")[0], "create table named (id int primary key, email text)", "analyze")...)
	trips := map[string]map[bool]int64{}
	for range 3 { // on a busy machine a name may be looked up again in between
		for _, off := range []bool{true, false} {
			px, err := pgx.ParseConfig(f.dsn)
			require.NoError(t, err)
			wire := &wire{}
			px.DialFunc = wire.dial(px.DialFunc)
			connector, err := driver.WrapConnector(stdlib.GetConnector(*px), &driver.Config{SampleOff: off, Logger: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			db := sql.OpenDB(connector)
			t.Cleanup(func() { _ = db.Close() })
			db.SetMaxOpenConns(1)
			require.Empty(t, reported(t, db, "select id from u")) // what is prepared once is prepared
			for _, text := range []string{"select id from t", "select id from t where id = 1", "select id from named"} {
				before := wire.writes.Load()
				require.Empty(t, reported(t, db, text))
				n := wire.writes.Load() - before
				if trips[text] == nil {
					trips[text] = map[bool]int64{}
				}
				if least, counted := trips[text][off]; !counted || n < least {
					trips[text][off] = n
				}
			}
		}
	}
	for text, more := range map[string]int64{"select id from t": 1, "select id from t where id = 1": 0, "select id from named": 0} {
		require.Equal(t, more, trips[text][false]-trips[text][true], "%s: %v", text, trips[text])
	}
}

// BenchmarkFirstContact is the first statement over a table of eight texts that nobody classified, on a connection that is
// open; with and without the question for samples.
func BenchmarkFirstContact(b *testing.B) {
	const tables = 200
	var setting []string
	for i := range tables {
		setting = append(setting, fmt.Sprintf("create table t%d (id int primary key, a text, b text, c text, d text, e text, f text, g text, h text)", i),
			fmt.Sprintf("insert into t%d select i, 'a' || i, 'b' || i, md5(i::text), 'd' || i, 'e' || i, 'f' || i, 'g' || i, 'h' || i from generate_series(1, 200) i", i))
	}
	f := setup(b, nil, append(setting, "analyze")...)
	for _, off := range []bool{false, true} {
		b.Run(fmt.Sprintf("sample=%v", !off), func(b *testing.B) {
			db := (*sql.DB)(nil)
			for i := 0; b.Loop(); i++ {
				if i%tables == 0 {
					b.StopTimer()
					db = f.open(&driver.Config{SampleOff: off})
					db.SetMaxOpenConns(1)
					var n int
					require.NoError(b, db.QueryRow("select count(*) from people").Scan(&n))
					b.StartTimer()
				}
				var id int
				require.NoError(b, db.QueryRow(fmt.Sprintf("select id from t%d where id = 1", i%tables)).Scan(&id))
			}
		})
	}
}
