package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

// What a frame counts is a value, and what is printed, ranged or set is looked at as what it was made of.
func TestScanOfWhatWasMadeOfValues(t *testing.T) {
	const address = "gvxkqzpl@wbtrmhfd.dev"
	f := setup(t, nil,
		"create table mails (id int primary key, v text, raw bytea, n bigint, r int8range)",
		"insert into mails values (1, '"+address+"', '"+address+"', 5425233430109903, '[5425233430109903,5425233430109904)')",
		"update people set salary = 918273",
		"create function imb() returns text language plpgsql immutable as $$begin return (select v from mails where id = 1); end$$")
	for _, text := range []string{
		"select max(g) over (order by g rows between current row and (select salary::int from people where id = 1) following) - 1 from generate_series(1, 1000000) g limit 1",
		"select count(*) over w - 1 from generate_series(1, 1000000) g window w as (order by g rows between current row and (select salary::int from people where id = 1) following) limit 1",
		"select imb()", "select upper(imb())",
		"select raw::text from mails", "select array[raw]::text from mails", "select row(raw)::text from mails", "select json_build_object('r', raw)::text from mails",
		"select encode(raw || '\\xff'::bytea, 'escape') from mails", "select raw || '\\xff'::bytea from mails",
		"select r::text from mails", "select r from mails",
	} {
		rows, err := f.governed.Query(text)
		if err != nil {
			continue // refused
		}
		for rows.Next() {
			var v any
			require.NoError(t, rows.Scan(&v), text)
			var s string
			switch v := v.(type) {
			case []byte:
				s = string(v)
			case string:
				s = v
			case int64:
				require.NotEqual(t, int64(918273), v, text)
			}
			for _, value := range []string{address, "GVXKQZPL", "6776786b717a706c", "918273", "5425233430109903"} {
				require.NotContains(t, s, value, text)
			}
		}
		require.NoError(t, rows.Close())
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("select set_config('application_name', v, true) from mails where id = 1")
	require.NoError(t, err)
	for _, text := range []string{
		"select application_name from pg_stat_activity where pid = pg_backend_pid()", "select setting from pg_settings where name = 'application_name'",
		"select setting from pg_show_all_settings() where name = 'application_name'",
		"select application_name from pg_stat_get_activity(pg_backend_pid())",
	} {
		var s string
		if err := tx.QueryRow(text).Scan(&s); err != nil {
			require.ErrorIs(t, err, guard.ErrDenied, text)
			continue
		}
		require.NotContains(t, s, address, text)
	}
}
