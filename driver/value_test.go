package driver_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every type comes back as from plain pgx: the value under any, the scan type, the type's name, length and scale.
func TestValuesAreThoseOfPgx(t *testing.T) {
	f := setup(t, nil, "create type mood as enum ('sad', 'ok')", "create type pair as (a int, b text)")
	for _, expr := range []string{
		"true", "1::int2", "2::int4", "3::int8", "1.5::float4", "2.5::float8", "3.25::numeric(10,2)", "'x'::text", "'x'::varchar(7)",
		"'x'::char(3)", "'x'::name", `'\x0102'::bytea`, "'2020-01-02'::date", "'2020-01-02 03:04:05'::timestamp", "'2020-01-02 03:04:05+00'::timestamptz",
		"'03:04'::time", "'1 day'::interval", "'{\"a\":1}'::json", "'{\"a\":1}'::jsonb", "'<a/>'::xml", "'127.0.0.1'::inet", "'10.0.0.0/8'::cidr",
		"'08:00:2b:01:02:03'::macaddr", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "'{1,2}'::int[]", "'{a,b}'::text[]", "'[1,3)'::int4range",
		"'{[1,3)}'::int4multirange", "'ok'::mood", "row(1,'x')::pair", "'(1,2)'::point", "'a b'::tsvector", "B'101'::varbit(8)", "12.5::money",
		"1::oid", "null::int", "null::text", "'x'::\"char\"", "'$.a'::jsonpath", "'infinity'::timestamptz",
	} {
		text := "select " + expr + " as v"
		plain, plainType := single(t, f.plain, text)
		governed, governedType := single(t, f.governed, text)
		require.Equal(t, plain, governed, expr)
		require.Equal(t, plainType.DatabaseTypeName(), governedType.DatabaseTypeName(), expr)
		require.Equal(t, plainType.ScanType(), governedType.ScanType(), expr)
		wantLength, wantOK := plainType.Length()
		gotLength, gotOK := governedType.Length()
		require.Equal(t, wantLength, gotLength, expr)
		require.Equal(t, wantOK, gotOK, expr)
		wantPrecision, wantScale, wantOK := plainType.DecimalSize()
		gotPrecision, gotScale, gotOK := governedType.DecimalSize()
		require.Equal(t, []any{wantPrecision, wantScale, wantOK}, []any{gotPrecision, gotScale, gotOK}, expr)
	}
}

func single(t *testing.T, db *sql.DB, text string) (value any, columnType *sql.ColumnType) {
	t.Helper()
	rows, err := db.Query(text)
	require.NoError(t, err, text)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.True(t, rows.Next(), text)
	require.NoError(t, rows.Scan(&value))
	return value, types[0]
}

// The texts of a short row share their memory, those of a long one do not: either way each column has its own, beside NULL,
// empty texts, numbers at the ends of their types, and masked columns.
func TestTextsOfARow(t *testing.T) {
	f := setup(t, nil, "create table folk (id int8, a text, email text, b varchar(300), phone text, c text, n int4, f float8, s int2)",
		`insert into folk select i, nullif(repeat('a', i), repeat('a', 7)), null, repeat('é', (150 - i) / 4), null, chr(97 + i % 26) || i, i, i / 3.0, i
			from generate_series(0, 150) i`,
		`insert into folk values (-9223372036854775808, '', null, null, null, '', -2147483648, '-infinity', -32768),
			(9223372036854775807, null, null, '', null, null, 2147483647, 'nan', 32767)`)
	text := "select id, a, email, b, phone, c, n, f, s from folk order by id"
	require.Equal(t, fmt.Sprint(fetch(t, f.plain, text, nil)), fmt.Sprint(fetch(t, f.governed, text, nil))) // NaN is not equal to itself

	_, err := f.plain.Exec("update folk set email = 'someone.' || id || '@example.com', phone = '+1 202 555 0' || (100 + id % 100)")
	require.NoError(t, err)
	plain, governed := fetch(t, f.plain, text, nil), fetch(t, f.governed, text, nil)
	require.Len(t, governed, len(plain))
	for i := range plain {
		for _, masked := range []int{2, 4} {
			require.NotEqual(t, plain[i][masked], governed[i][masked])
			plain[i][masked], governed[i][masked] = nil, nil
		}
	}
	require.Equal(t, fmt.Sprint(plain), fmt.Sprint(governed))
}
