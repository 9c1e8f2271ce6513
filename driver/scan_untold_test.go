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

// The keys of a program's translations say of nobody what their texts are; the texts are looked at all the same.
func TestScanOfTranslations(t *testing.T) {
	f := setup(t, nil, "create table translation_bundles (id int primary key, doc jsonb)", "create table translations (key text, value text)", "create table bundles (id int, doc jsonb)",
		`insert into translation_bundles values (1, '{"form": {"email": "E-Mail-Adresse", "password": "Passwort", "user": {"name": "Name"}}}'), (2, '{"help": "write to ada@example.com"}')`,
		"insert into translations values ('email', 'E-Mail-Adresse'), ('ssn', 'Sozialnummer')", "insert into bundles select * from translation_bundles")
	for _, query := range []string{
		"select doc from translation_bundles where id = 1", "select doc->'form'->>'email', doc->'form'->lower('PASSWORD') from translation_bundles where id = 1",
		"select jsonb_object_agg(key, value) from translations", "select key, value from translation_bundles, jsonb_each_text(doc) where id = 1",
	} {
		require.Equal(t, table(t, f.plain, query), table(t, f.governed, query), query)
	}
	require.NotContains(t, table(t, f.governed, "select doc from translation_bundles where id = 2")[0][0].String, "ada@")
	require.NotContains(t, table(t, f.governed, "select doc from bundles where id = 1")[0][0].String, "Passwort")
}
