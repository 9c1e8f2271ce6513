package driver_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
)

// card is a number of a payment card, and reference one of that length that is none.
const (
	card      = "5425233430109903"
	reference = "1234567890123456"
)

// A number of a card is hidden whatever it was made a number of, and of whichever type that holds it.
func TestScanOfCardsOfAllTypes(t *testing.T) {
	f := setup(t, nil,
		"create table slips (id int primary key, txt text, doc jsonb, n bigint, f float8, m money, x xid8, fs float8[], ms money[], r int8range)",
		fmt.Sprintf(`insert into slips values (1, '%[1]s', '{"card": %[1]s, "id": %[1]s}', %[1]s, %[1]s, %[1]s::numeric::money, '%[1]s', '{%[1]s}', array[%[1]s::numeric::money], '[%[1]s,%[1]s]')`, card),
		"create function vouched() returns bigint language sql stable as 'select txt::bigint from slips'")
	for _, text := range []string{
		"select txt::bigint from slips", "select txt::numeric from slips", "select txt::float8 from slips", "select txt::xid8 from slips", "select txt::money from slips",
		"select (doc->>'card')::bigint from slips", "select (doc->'card')::numeric from slips", "select x.card from slips, jsonb_to_record(doc) as x(card bigint)",
		"select (jsonb_build_object('id', doc->'card')->>'id')::bigint from slips", "select jsonb_build_object('id', doc->'card') from slips",
		"select (doc #>> '{card}')::numeric + 0 from slips", "select max((doc->>'card')::bigint) from slips", "select vouched()", "select * from vouched()",
		"select n::float8 from slips", "select n::numeric::money from slips", "select n::text::xid8 from slips", "select -n from slips", "select f from slips", "select m from slips", "select x from slips",
		"select fs from slips", "select ms from slips", "select lower(r) from slips", "select upper(r) - 1 from slips", "select array[n::float8] from slips",
		"select n from slips union all select " + reference + " union all select 2234567890123456 union all select 3234567890123456",
	} {
		for _, row := range fetch(t, f.governed, text, nil) {
			require.NotContains(t, printed(row[0]), card, text)
		}
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("select set_config('a.b', txt, true) from slips")
	require.NoError(t, err)
	require.NotContains(t, printed(fetch(t, tx, "select current_setting('a.b')::bigint", nil)[0][0]), card)

	// A sequence keeps what it was set to. The next number is another one.
	_, err = tx.Exec("create sequence steps")
	require.NoError(t, err)
	_, err = tx.Exec("select nextval('steps')")
	require.NoError(t, err)
	_, err = tx.Exec("select setval('steps', n) from slips")
	require.NoError(t, err)
	for _, text := range []string{
		"select currval('steps')", "select lastval()", "select pg_sequence_last_value('steps'::regclass)", "select last_value from steps",
		"select last_value from pg_sequences where sequencename = 'steps'", "select currval('steps')::text", "select currval('steps') + 0",
	} {
		require.NotContains(t, printed(fetch(t, tx, text, nil)[0][0]), card, text)
	}
	_, err = tx.Exec("select setval('steps', 7)")
	require.NoError(t, err)
	require.Equal(t, "7", printed(fetch(t, tx, "select currval('steps')", nil)[0][0]))
	require.Equal(t, "8", printed(fetch(t, tx, "select nextval('steps')", nil)[0][0]))

	var out bytes.Buffer
	for _, format := range []string{"text", "csv"} {
		out.Reset()
		_, err := f.governed.ExecContext(background, "copy (select n, f, m, x from slips) to stdout (format "+format+")", driver.CopyTo(&out))
		require.NoError(t, err)
		require.NotContains(t, out.String(), card[:12], format)
		require.NotContains(t, out.String(), "5.425", format)
		require.NotContains(t, out.String(), "5,425", format)
	}
	out.Reset()
	_, err = f.governed.ExecContext(background, "copy (select n, f, m, x from slips) to stdout (format binary)", driver.CopyTo(&out))
	require.NoError(t, err)
	zero := "\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"
	require.Contains(t, out.String(), zero+zero+zero+zero)
}

// printed is a value as digits, whatever its type.
func printed(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case float64:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprint(v)
}

// Ordinary numbers of all those types come back as they are.
func TestScanLeavesOrdinaryNumbers(t *testing.T) {
	f := setup(t, nil,
		"create table sizes (id int primary key, txt text, n bigint, f float8, m money, x xid8, d numeric(30,4), fs float8[])",
		`insert into sizes values (1, '1700000000000000', 1700000000000000, 6.02214076e23, '$12,345.67', '42', 4111111111111111.25, '{1.5,NaN,Infinity}'),
			(2, '7', -7, 'NaN', '-$0.01', '1', -1, '{}')`)
	for _, column := range []string{"n", "f", "m", "x", "d", "fs", "txt::bigint", "f + 1", "m * 2", "d * 2", "length(txt)", "n::float8"} {
		text := "select (" + column + ")::text, " + column + " from sizes order by id"
		require.Equal(t, fetch(t, f.plain, text, nil)[0][0], fetch(t, f.governed, text, nil)[0][0], column)
		for i, row := range fetch(t, f.plain, text, nil) {
			require.Equal(t, fmt.Sprint(row[1]), fmt.Sprint(fetch(t, f.governed, text, nil)[i][1]), column)
		}
	}
}

// Numbers that somebody adds to a column of cards show no more of them than they have twice as many.
func TestScanOfCardsAmongOthers(t *testing.T) {
	f := setup(t, nil, "create table till (id int primary key, ref bigint)",
		"insert into till values (1, 4111111111111111), (2, 5425233430109903), (3, 4012888888881881), (4, 5555555555554444)",
		"insert into till values (10, 1234567890123456)", "create table stamps as select i as id, 1700000000000000 + i as at, 9000000000000000 + i as ref from generate_series(1, 100) i")
	hidden := func(text string) (n int) {
		t.Helper()
		for _, row := range fetch(t, f.governed, text, nil) {
			if row[0].(int64) == 0 {
				n++
			}
		}
		return n
	}
	require.Equal(t, 4, hidden("select ref from till order by id desc"), "one that is none says nothing")
	require.Equal(t, 4, hidden("select till.ref from till, generate_series(1, 10) g where till.id = 10 union all select ref from till where id < 10"))
	_, err := f.plain.Exec("create view mixed as select ref from till where id < 10 union all select 1234567890123456 + i from generate_series(1, 50) i; create table packed (id int, refs bigint[], d jsonb); insert into packed select 0, array_agg(n), jsonb_build_object('n', array_agg(n)) from (select 1234567890123456 + i as n from generate_series(1, 50) i) x; insert into packed values (1, '{4111111111111111}', '{\"n\": 4111111111111111}')")
	require.NoError(t, err)
	for _, text := range []string{"select * from mixed order by ref", "select refs from packed order by id", "select d from packed order by id"} {
		for _, row := range fetch(t, f.governed, text, nil) {
			require.NotContains(t, printed(row[0]), "4111111111111111", text)
		}
	}
	_, err = f.plain.Exec("insert into till select 10 + i, 1234567890123456 + i from generate_series(1, 2) i")
	require.NoError(t, err)
	require.GreaterOrEqual(t, hidden("select ref from till order by id desc"), 3, "two for each")
	require.Zero(t, hidden("select ref from stamps"))
	require.Zero(t, hidden("select at from stamps"))
}

// A column that says to identify is believed until all that it shows are cards.
func TestScanOfIdentifiers(t *testing.T) {
	f := setup(t, nil, "create table orders (id int primary key, customer_id bigint, order_no text)",
		"insert into orders select i, 4000000000000000 + i * 7919, '4' from generate_series(1, 300) i",
		"create table shifted as select row_number() over () as id, v as customer_id from unnest(array[4111111111111111, 5425233430109903, 4012888888881881, 5555555555554444]) v")
	for _, text := range []string{"select customer_id from orders order by id", "select customer_id from orders where id = 9", "select max(customer_id) from orders"} {
		require.Equal(t, fetch(t, f.plain, text, nil), fetch(t, f.governed, text, nil), text)
	}
	rows := fetch(t, f.governed, "select customer_id from shifted order by id", nil)
	require.Equal(t, int64(4111111111111111), rows[0][0], "one alone may identify")
	for _, row := range rows[1:] {
		require.Equal(t, int64(0), row[0])
	}
	// In the document that is stored a key is such a name as well.
	_, err := f.plain.Exec(`create table events (id int, d jsonb); insert into events select id, jsonb_build_object('order_id', customer_id, 'order_no', customer_id::text, 'ref', customer_id, 'lines', jsonb_build_array(jsonb_build_object('id', customer_id))) from orders order by id`)
	require.NoError(t, err)
	var docs, same int
	plain, governed := fetch(t, f.plain, "select d from events order by id", nil), fetch(t, f.governed, "select d from events order by id", nil)
	for i := range plain {
		docs++
		if string(plain[i][0].([]byte)) == string(governed[i][0].([]byte)) {
			same++
		}
	}
	require.GreaterOrEqual(t, same, docs-1)
	var note string
	_, err = f.plain.Exec(`insert into events values (1000, '{"note": "` + card + `", "x": "` + reference + `"}')`)
	require.NoError(t, err)
	require.NoError(t, f.governed.QueryRow("select d from events where id = 1000").Scan(&note))
	require.Equal(t, `{"x": "`+reference+`", "note": "[masked]"}`, note)
	_, err = f.plain.Exec("create table bare as select 4111111111111111 as v")
	require.NoError(t, err)
	var none sql.NullString
	require.NoError(t, f.governed.QueryRow("select jsonb_build_object('id', v) from bare").Scan(&none))
	require.NotContains(t, none.String, "4111")
}

// What a document says of a person by a boolean, or counts beside it, is shown, unless it is what a person has or is.
func TestScanOfFlagsInDocuments(t *testing.T) {
	f := setup(t, nil, "create table profiles (id int primary key, d jsonb)")
	for i, c := range []struct{ doc, want string }{
		{`{"phone": false, "mobile": true, "password": true, "email_verified": true, "ssn": null}`, ""},
		{`{"notify": {"email": true, "phone": false}, "consents": {"address": true}}`, ""},
		{`{"hiv_positive": true, "pregnant": true, "allergy": false}`, `{"allergy": null, "pregnant": null, "hiv_positive": null}`},
		{`{"diagnosis": {"confirmed": true, "by": {"email": true}}, "religion": false}`, `{"religion": null, "diagnosis": {"by": {"email": null}, "confirmed": null}}`},
		{`{"pin": [true, false, true], "passwords": [{"active": true}]}`, `{"pin": [null, null, null], "passwords": [{"active": true}]}`},
		{`{"address": {"id": 17, "customer_id": 5, "is_default": true}}`, ""},
		{`{"address": {"floor": 3, "zip": 12345, "number": 4, "lines": [5]}, "lat": 1.5}`, `{"lat": 0, "address": {"zip": 0, "floor": 0, "lines": [0], "number": 0}}`},
		{`{"ssn": {"id": 123456789}, "phone": {"id": 4915112345678}, "salary": {"amount": 5}}`, `{"ssn": {"id": 0}, "phone": {"id": 0}, "salary": {"amount": 0}}`},
		{`{"order_id": 4111111111111111, "id": 12345678903, "n": 4111111111111111}`, `{"n": 0, "id": 12345678903, "order_id": 4111111111111111}`},
		{`{"id": 4222222222222, "n": 4222222222222, "ids": ["4222222222222"]}`, `{"n": 0, "id": 4222222222222, "ids": ["4222222222222"]}`},
		{`{"at": "4111111111111111", "n": "4111111111111111"}`, `{"n": "[masked]", "at": "4111111111111111"}`},
	} {
		_, err := f.plain.Exec("insert into profiles values ($1, $2)", i, c.doc)
		require.NoError(t, err)
		var got string
		if c.want == "" {
			require.NoError(t, f.plain.QueryRow("select d from profiles where id = $1", i).Scan(&c.want))
		}
		require.NoError(t, f.governed.QueryRow(fmt.Sprintf("select d from profiles where id = %d", i)).Scan(&got))
		require.Equal(t, c.want, got, c.doc)
	}
	var made string
	require.NoError(t, f.governed.QueryRow(`select jsonb_build_object('id', d->'n', 'ids', jsonb_build_array(d->>'n')) from profiles where d->'n' = '4222222222222'`).Scan(&made))
	require.Equal(t, `{"id": 0, "ids": ["[masked]"]}`, made, "what a statement calls it says nothing")
}
