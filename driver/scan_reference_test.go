package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// things is a schema of numbers that are nobody's.
var things = []string{
	`create table orders (id int primary key, reference text, legacy text, spaced text, doc jsonb)`,
	// One in ten of these passes for the number of a card.
	`insert into orders select i, (4500000000000000 + i * 7919)::text, (10000000000 + i * 104729::bigint)::text, to_char(i * 7919 % 10000, 'FM0000') || '-' || to_char(i * 6007 % 10000, 'FM0000') || '-' || to_char(i * 3571 % 10000, 'FM0000') || '-' || to_char(i * 2741 % 10000, 'FM0000'),
		jsonb_build_object('version', '7.29.79.' || i % 200, 'price', i / 7.0::float8) from generate_series(1, 400) i`,
	`create table devices (id int primary key, os_version text, firmware text, part_no text, ip_text text)`,
	`insert into devices select i, '7.29.79.' || i % 200, '12.' || i % 250 || '.130.77', case when i % 3 = 0 then '111-257-' || to_char(i, 'FM0000') else 'PN-' || 1000000 + i end, '117.237.238.' || i % 250
		from generate_series(1, 90) i`,
	`create table stores (id int primary key, lat float8, lng float8, geojson jsonb)`,
	`insert into stores select i, 33.6056315174132 + i / 97.0, -7.57213686123 - i / 89.0, jsonb_build_object('type', 'Feature', 'geometry', jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(i / 97.0::float8, i)))
		from generate_series(1, 60) i`,
	`create table sensors (id int primary key, lat float8, lng float8)`, `insert into sensors values (1, 7.5, 51.25)`,
}

// References, versions, fractions and the coordinates of places come back as they are.
func TestScanOfThings(t *testing.T) {
	f := setup(t, nil, things...)
	for _, text := range []string{
		"select reference from orders order by id offset 60", // the first of a column have nothing beside them
		"select reference, legacy, spaced from orders order by id",
		"select doc, doc->>'version', (doc->>'price')::float8 from orders order by id",
		"select os_version, firmware, part_no from devices order by id",
		"select lat, lng, geojson, lat::text, concat(lat, ',', lng), format('POINT(%s %s)', lng, lat), array[lat, lng]::text, row(lat, lng)::text from stores order by id",
		"select jsonb_build_object('geometry', geojson), jsonb_build_object('coordinates', jsonb_build_array(lng, lat)), geojson::text from stores order by id",
		"select string_agg(lat::text, ' ') from stores", "select sqrt(lat)::text, (doc->>'price') from stores join orders using (id) order by 1",
		"select lat, lng from sensors",
	} {
		plain, governed := printedRows(fetch(t, f.plain, text, nil)), printedRows(fetch(t, f.governed, text, nil))
		if text == "select reference, legacy, spaced from orders order by id" {
			different := 0
			for i := range plain {
				if plain[i] != governed[i] {
					different++
				}
			}
			require.LessOrEqual(t, different, 10, text) // until there is something beside them
			continue
		}
		require.Len(t, governed, len(plain))
		for i := range plain {
			require.Equal(t, plain[i], governed[i], text)
		}
	}
}

// What looks like that and is somebody's stays hidden: cards and telephones in columns that hold little else, an address
// of a host in a text whatever it is made.
func TestScanOfThingsHides(t *testing.T) {
	f := setup(t, nil, append(things,
		`create table offices (seen jsonb)`, `insert into offices values ('{"customer": {"location": {"lat": 51.50735}}}')`,
		`create table payments (id int primary key, c text, p text, version text, order_ref text)`,
		`insert into payments select i, (array['4111111111111111', '4012888888881881', '5555555555554444', '5105105105105100', '378282246310005', '6011111111111117', 'none given', '4242424242424243'])[1 + i % 8], '(202) 555-' || to_char(100 + i, 'FM0000'),
			'someone.' || i || '@example.com', '5555 5555 5555 4444' from generate_series(1, 30) i`)...)
	for _, c := range []struct{ text, hidden string }{
		{"select seen from offices", "51.50735"},
		{"select c from payments where id = 8", "4111111111111111"},
		{"select c from payments order by id", "4111111111111111"},
		{"select p from payments order by id", "555-01"},
		{"select version from payments order by id", "example.com"},
		{"select 'ref ' || order_ref from payments", "4444"},
		{"select ip_text::inet from devices order by id", "117.237.238.9"},
		{"select ip_text::cidr, array[ip_text::inet], array_agg(ip_text::cidr) over () from devices order by id", "117.237.238.9"},
		{"select network(ip_text::inet), broadcast(ip_text::inet), ('::ffff:' || ip_text)::inet from devices order by id", "117.237.238.9"},
	} {
		var seen bool
		for _, row := range printedRows(fetch(t, f.plain, c.text, nil)) {
			seen = seen || strings.Contains(row, c.hidden)
		}
		require.True(t, seen, c.text)
		for _, row := range printedRows(fetch(t, f.governed, c.text, nil)) {
			require.False(t, strings.Contains(row, c.hidden), "%s: %s", c.text, row)
		}
	}
}
