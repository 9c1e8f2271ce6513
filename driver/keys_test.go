package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A member that is taken out of a document by the key of something sensitive is hidden as it is in the document; others are
// what they are.
func TestMembersByKey(t *testing.T) {
	f := setup(t, nil, "create table docs (id int, d jsonb)",
		`insert into docs values (1, '{"ssn": "s1x2y3z4", "password": "qqwwee12", "salary": 918273, "customer": {"first_name": "Zyxwvu"}, "kind": "email", "note": "plain", "n": 7}')`)
	for _, text := range []string{
		"select d->>'password' from docs", "select d->'ssn' from docs", "select (d->>'salary')::numeric from docs",
		"select d->'customer'->>'first_name' from docs", "select d#>>'{customer,first_name}' from docs", "select upper(d->>'password') from docs",
		"select jsonb_extract_path_text(d, 'customer', 'first_name') from docs", "select jsonb_path_query_first(d, '$.password') from docs",
		"select x from (select d->>'password' as x from docs) s", "with c as (select d->>'ssn' as x from docs) select x from c",
	} {
		rows, err := f.governed.Query(text)
		require.NoError(t, err, text)
		for rows.Next() {
			var v *string
			require.NoError(t, rows.Scan(&v), text)
			if v != nil {
				for _, value := range []string{"s1x2y3z4", "qqwwee12", "QQWWEE12", "918273", "Zyxwvu"} {
					require.NotContains(t, *v, value, text)
				}
			}
		}
		require.NoError(t, rows.Close())
	}
	for text, want := range map[string]string{
		"select d->>'note' from docs":                   "plain",
		"select d->>'n' from docs":                      "7",
		"select d->>'kind' from docs":                   "email",
		"select (d->>'kind' = 'email')::text from docs": "true",
		"select (d ? 'email')::text from docs":          "false",
		"select (d->>'note') || ' by email' from docs":  "plain by email",
	} {
		var got string
		require.NoError(t, f.governed.QueryRow(text).Scan(&got), text)
		require.Equal(t, want, got, text)
	}
}
