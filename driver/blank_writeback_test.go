package driver_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// places is a table of columns that nobody labelled, in which a scan finds what leaves no token.
var places = []string{
	"create extension if not exists hstore",
	`create table places (id int primary key, doc jsonb, js json, txt text, flags jsonb, n bigint, f float8, num numeric, m money,
		refs bigint[], nums numeric[], fs float8[], r int8range, mr int8multirange, nr numrange, h hstore, v tsvector, x xml, docs jsonb[], title text)`,
	`insert into places values (1, '{"name2": "a", "payslip": {"type": "Point", "salary": [7.5, 51.5]}}', '{"v": 4111111111111111, "w": 3}',
		'{"v": 4111111111111111}', '{"patient": {"hiv_positive": true}, "w": 1}', 4111111111111111, 4111111111111111, 4111111111111111, 4111111111111111,
		'{4111111111111111,7}', '{4111111111111111,7.5}', '{4111111111111111,7.5}', '[4111111111111111,4111111111111112)', '{[4111111111111111,4111111111111112)}',
		'[4111111111111111,4111111111111112)', '"k"=>"4111111111111111", "b"=>"x"', $$'4111111111111111':1$$, '<a>4111111111111111</a>',
		array['{"v": 4111111111111111}']::jsonb[], 't')`,
	`insert into places (id, n) values (2, 8), (3, null)`,
}

// masked is a statement that would store what stands for a masked value.
func masked(t *testing.T, err error, what ...any) {
	t.Helper()
	var denied *guard.DeniedError
	require.ErrorAs(t, err, &denied, what...)
	require.Equal(t, "DM16", denied.Rule, what...)
}

// A row that is read and saved as it is loses nothing, whatever a scan put in it: the statement is refused, and what is
// stored stays.
func TestBlanksOfScansAreNotWritten(t *testing.T) {
	f := setup(t, nil, places...)
	before := table(t, f.plain, "select * from places order by id")
	for _, column := range []string{"doc", "js", "txt", "flags", "n", "f", "num", "m", "refs", "nums", "fs", "r", "mr", "nr", "h", "v", "x", "docs"} {
		var got any
		require.NoError(t, f.governed.QueryRow("select "+column+" from places where id = 1").Scan(&got), column)
		_, err := f.governed.Exec("update places set "+column+" = $1 where id = 1", got)
		masked(t, err, "%s %s", column, got)
		_, err = f.governed.Exec("insert into places (id, "+column+") values (1, $1) on conflict (id) do update set "+column+" = excluded."+column, got)
		masked(t, err, "%s %s", column, got)
	}
	require.Equal(t, before, table(t, f.plain, "select * from places order by id"))
}

// The same as other Go types, with the members in another order, after another member was changed.
func TestBlanksOfScansInOtherForms(t *testing.T) {
	f := setup(t, nil, places...)
	type point struct {
		Salary []float64 `json:"salary"`
		Type   string    `json:"type"`
	}
	for _, c := range []struct {
		column, as      string
		refused, passes []any
	}{
		{
			"doc", "jsonb",
			[]any{
				`{"payslip": {"salary": [0, 0.0], "type": "Q"}}`, []byte(`{"payslip": {"salary": [0, 51]}}`),
				map[string]any{"payslip": point{Salary: []float64{0, 0}}},
				json.RawMessage(`{"payslip":{"salary":[0,0]},"name2":"changed"}`),
			},
			[]any{`{"payslip": {"type": "Point", "salary": [7.25, 51.25]}}`, `{"other": 0, "third": null}`, nil, map[string]any{"payslip": point{Salary: []float64{1, 2}}}},
		},
		{"js", "json", []any{`{"w":4,"v":0}`, `{ "w" : 3, "v" : 0 }`}, []any{`{"v": 7, "w": 0}`, nil}},
		{"txt", "text", []any{`{"v":0}`, `{"v":0,"w":1}`}, []any{`{"v":1}`, "0", "", nil, "v: 0"}},
		{"flags", "jsonb", []any{`{"patient": {"hiv_positive": null}, "w": 2}`}, []any{`{"patient": {"hiv_positive": true}, "w": null}`, nil}},
		{"n", "bigint", []any{0, int64(0), "0", 0.0}, []any{5, int64(-1), "7", nil, sql.NullInt64{}}},
		{"f", "float8", []any{0, 0.0, "0"}, []any{5.5, nil}},
		{"num", "numeric", []any{0, "0.00", pgtype.Numeric{Int: nil, Valid: false, Exp: 0, InfinityModifier: 0, NaN: false}}[:2], []any{"5.5", nil, pgtype.Numeric{}}},
		{"m", "money", []any{"0", "$0.00", "0.00"}, []any{"$5.00", nil}},
		{"refs", "bigint[]", []any{[]int64{0, 7}, "{0,7}", []int64{0, 7, 9}, pgtype.FlatArray[int64]{0, 7}}, []any{[]int64{5, 7}, "{5,7}", "{}", []int64{}, nil}},
		{"fs", "float8[]", []any{[]float64{0, 7.5}, "{0.0,7.50}"}, []any{[]float64{5, 7.5}, nil}},
		{"r", "int8range", []any{"empty", pgtype.Range[pgtype.Int8]{LowerType: pgtype.Empty, UpperType: pgtype.Empty, Valid: true}}, []any{"[1,2)", nil}},
		{"mr", "int8multirange", []any{"{}"}, []any{"{[1,2)}", nil}},
		{"h", "hstore", []any{`"b"=>"x", "k"=>"0"`, `"k"=>"0","b"=>"changed"`}, []any{`"k"=>"5", "b"=>"0"`, nil}},
	} {
		var got any
		require.NoError(t, f.governed.QueryRow("select "+c.column+" from places where id = 1").Scan(&got))
		update := "update places set " + c.column + " = $1::" + c.as + " where id = 3"
		for _, arg := range c.refused {
			_, err := f.governed.Exec(update, arg)
			masked(t, err, "%s %v", c.column, arg)
		}
		for _, arg := range c.passes {
			_, err := f.governed.Exec(update, arg)
			require.NoError(t, err, "%s %v", c.column, arg)
		}
	}
}

// One number that a scan blanked keeps nobody from writing others to its column, or new rows.
func TestBlanksOfScansDoNotPoisonTheirColumn(t *testing.T) {
	f := setup(t, nil, places...)
	rows := fetch(t, f.governed, "select n, num, f from places order by id", nil)
	require.Equal(t, "0", printed(rows[0][0]))
	for _, c := range []struct {
		text    string
		args    []any
		refused bool
	}{
		{"update places set n = $1 where id = 2", []any{9}, false},
		{"update places set n = $1 where id = 2", []any{nil}, false},
		{"update places set n = null where id = 2", nil, false},
		{"update places set n = 5 where id = 2", nil, false},
		{"update places set n = n + $1 where id = 2", []any{1}, false},
		{"update places set title = $1 where n = $2", []any{"x", 0}, false},
		{"update places set title = '0' where id = 2", nil, false},
		{"insert into places (id, n) values ($1, $2)", []any{10, 0}, false},
		{"insert into places (id, n) values (11, 0)", nil, false},
		{"insert into places (id, n) values ($1, $2) on conflict (id) do nothing", []any{12, 0}, false},
		{"insert into places (id, n) values ($1, $2) on conflict (id) do update set title = 'x'", []any{12, 0}, false},
		{"insert into places (id, n) values ($1, $2) on conflict (id) do update set n = excluded.n", []any{2, 9}, false},
		{"insert into places (id, n) values ($1, $2) on conflict (id) do update set n = excluded.n", []any{2, 0}, true},
		{"merge into places p using (values ($1::int, $2::bigint)) as s(id, n) on p.id = s.id when matched then update set n = s.n when not matched then insert (id, n) values (s.id, s.n)", []any{2, 9}, false},
		{"merge into places p using (values ($1::int, $2::bigint)) as s(id, n) on p.id = s.id when matched then update set n = s.n", []any{2, 0}, true},
		{"update places set n = 0 where id = 1", nil, true},
		{"update places set n = $1 where id = 1", []any{0}, true},
		{"update places set n = coalesce($1, n) where id = 1", []any{0}, true},
	} {
		_, err := f.governed.Exec(c.text, c.args...)
		if c.refused {
			masked(t, err, "%s %v", c.text, c.args)
		} else {
			require.NoError(t, err, "%s %v", c.text, c.args)
		}
	}
	// So it is with a column that is sensitive by its name.
	_ = fetch(t, f.governed, "select salary from people", nil)
	_, err := f.governed.Exec("update people set salary = $1 where id = 1", 0)
	masked(t, err)
	_, err = f.governed.Exec("update people set salary = $1 where id = 1", 5)
	require.NoError(t, err)
	var salary int
	require.NoError(t, f.plain.QueryRow("select salary from people where id = 1").Scan(&salary))
	require.Equal(t, 5, salary)
}

// What COPY TO handed out comes back by no COPY FROM, in any format, however the stream is cut.
func TestBlanksOfScansInCopy(t *testing.T) {
	f := setup(t, nil, append(places, "create view sights as select id, n from places")...)
	for _, c := range []struct{ columns, options string }{
		{"id, n, title", ""},
		{"id, f, title", "(format csv, header)"},
		{"title, id, n", "(format csv, quote '''', escape '!', force_quote *)"},
		{"title, n", "(delimiter '|', null '~')"},
		{"id, n, f", "(format binary)"},
		{"id, doc", "(format binary)"},
		{"id, doc, h, refs", ""},
		{"id, refs", "(format csv)"},
	} {
		var out bytes.Buffer
		_, err := f.governed.Exec("copy places ("+c.columns+") to stdout "+c.options, driver.CopyTo(&out))
		require.NoError(t, err, c)
		in := strings.ReplaceAll(c.options, ", force_quote *", "")
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("copy places ("+c.columns+") from stdin "+in, driver.CopyFrom(iotest.OneByteReader(bytes.NewReader(out.Bytes()))))
		masked(t, err, c)
		require.NoError(t, tx.Rollback())
		_, err = f.governed.Exec("copy places ("+c.columns+") from stdin "+in, driver.CopyFrom(&out))
		masked(t, err, c)
	}
	_, err := f.governed.Exec("copy places (id, n, title) from stdin", driver.CopyFrom(strings.NewReader("20\t7\tx\n21\t\\N\t0\n0\t10\t\\N\n")))
	require.NoError(t, err)
	_, err = f.governed.Exec("copy places (id, n) from stdin", driver.CopyFrom(strings.NewReader("22\t7\n23\t0")))
	masked(t, err, "a last line without an end")
}

// What a view shows is not written through it.
func TestBlanksOfScansThroughViews(t *testing.T) {
	f := setup(t, nil, append(places, "create view sights as select id, n as total_of from places")...)
	require.Equal(t, "0", printed(fetch(t, f.governed, "select total_of from sights where id = 1", nil)[0][0]))
	for _, text := range []string{"update sights set total_of = $1 where id = 1", "update places set n = $1 where id = 1"} {
		_, err := f.governed.Exec(text, 0)
		masked(t, err, text)
		_, err = f.governed.Exec(text, int64(card[0]))
		require.NoError(t, err, text)
	}
}
