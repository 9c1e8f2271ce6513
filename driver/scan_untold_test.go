package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is made of columns that hold no text comes back as it is: it holds nothing that the columns themselves do not show.
func TestScanOfNoTexts(t *testing.T) {
	f := setup(t, nil, "create table racks (id int primary key, gateway inet, net cidr, tag uuid, opens int, closes int, made timestamptz, big bigint, words text)",
		"insert into racks select i, '203.0.113.9', '198.51.100.0/24', md5(i::text)::uuid, 1000 + i, 2000 + i, timestamptz '2024-01-01' + i * interval '1 hour', 4111111111111111, '203.0.113.9' from generate_series(1, 2000) i")
	for _, query := range []string{
		"select gateway, net from racks", "select gateway::text, host(gateway), text(net), gateway || '' from racks", "select jsonb_build_object('g', gateway) from racks",
		"select tag::text, replace(tag::text, '-', ' '), regexp_replace(tag::text, '[^0-9]', '', 'g') from racks", "select concat_ws(' ', opens, closes), format('%s-%s', opens, closes) from racks",
		"select lpad(id::text, 12, '0'), to_char(made, 'YYYYMMDDHH24MISSMS'), extract(epoch from made)::text from racks",
	} {
		require.Equal(t, table(t, f.plain, query), table(t, f.governed, query), query)
	}
	for _, query := range []string{"select big::text from racks", "select big || ' ' from racks", "select words::inet::text from racks", "select gateway::text || ' ' || words from racks"} {
		require.NotEmpty(t, reported(t, f.governed, query), query)
	}
}

// No name of a relation opens the documents in it: whoever may make a table gives it any name.
func TestScanOfTranslations(t *testing.T) {
	f := setup(t, nil, "create table parties (id int primary key, doc jsonb)", `insert into parties values (1, '{"ssn": "qjx4w7kvb", "password": "wvzkqjhhyu"}')`)
	exec(t, f.governed, "create table translations as select id, doc from parties")
	for _, query := range []string{"select doc from translations", "select doc->>'password' from translations", "select value from translations, jsonb_each(doc)"} {
		for _, row := range table(t, f.governed, query) {
			for _, v := range row {
				require.NotContains(t, v.String, "qjx4w7kvb", query)
				require.NotContains(t, v.String, "wvzkqjhhyu", query)
			}
		}
	}
}
