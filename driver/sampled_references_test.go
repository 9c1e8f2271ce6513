package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// referenceTable holds numbers of things, of which by chance one in some ten looks like one of a card, and cards among a few
// of them.
var referenceTable = []string{
	"create table parcels (id int primary key, code text, num bigint, amount numeric, mixed text, free text)",
	`insert into parcels select i, (4000000000000000 + i::bigint * 7919 * 104729)::text, 4000000000000000 + i::bigint * 7919 * 104729, 4000000000000000 + i::bigint * 7919 * 104729,
		case when i % 3 = 0 then (array['4111111111111111','5500005555555559','4012888888881881','5105105105105100','4000056655665556','5200828282828210','4242424242424242','5555555555554444'])[i % 8 + 1] else (4000000000000000 + i::bigint * 7919 * 104729)::text end,
		case when i % 3 = 0 then 'call +442079460000' else (4000000000000000 + i::bigint * 7919 * 104729)::text end from generate_series(1, 500) i`,
}

// What is made of references by an expression comes back as it is, once the server's statistics say that they are references.
func TestSampledReferences(t *testing.T) {
	f := setup(t, nil, append(referenceTable, "analyze parcels")...)
	for _, query := range []string{
		"select code, num, amount from parcels", "select num::text, code::bigint, amount::text from parcels", "select array_agg(code order by id), array_agg(num order by id) from parcels",
		"select string_agg(code, ', ' order by id) from parcels", "select lag(code) over (order by id), max(num) over (order by id) from parcels",
		"select case when id % 2 = 0 then code else 'none' end, coalesce(num, 0), num + 0 from parcels", "select min(code), max(code), max(num) from parcels",
		"select 'no ' || code, format('%s/%s', code, num) from parcels",
	} {
		require.Equal(t, table(t, f.plain, query), table(t, f.governed, query), query)
		require.Empty(t, reported(t, f.governed, query), query)
	}
}

// A column that holds cards, too, is none of references, and neither is one of which the sample is older than what it holds.
func TestSampledReferencesNot(t *testing.T) {
	f := setup(t, nil, append(referenceTable, "analyze parcels")...)
	for _, query := range []string{
		"select mixed || '' from parcels where id = 3", "select array_agg(mixed) from parcels", "select code || ' ' || mixed from parcels where id = 3", "select free || '' from parcels where id = 3",
		"select code || ' +442079460000' from parcels where id = 3",
	} {
		require.NotEmpty(t, reported(t, f.governed, query), query)
	}
	require.Empty(t, reported(t, f.governed, "select string_agg(code, ' ') from parcels"))
	exec(t, f.plain, "update parcels set code = mixed where id % 3 = 0")
	exec(t, f.governed, "analyze parcels")
	require.NotEmpty(t, reported(t, f.governed, "select string_agg(code, ' ') from parcels"))
}
