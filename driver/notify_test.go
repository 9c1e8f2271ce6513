package driver_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

var noticeTables = []string{
	"create table t (id int primary key, u uuid, notes text, doc jsonb, raw bytea, free text, amount numeric, day date)",
	"comment on column t.free is '[governed: not_sensitive]'",
	"insert into t values (1, '00000000-0000-4000-8000-000000000001', 'reach gvxkqzpl@wbtrmhfd.dev', '{\"plan\": \"gold\"}', 'x', 'free', 5, '2020-01-01')",
	"create view tv as select id, notes as remark from t",
	"create function tell(p text) returns void language sql as $$select pg_notify('ch', p)$$",
	"create function tell_stable(p text) returns text language sql stable as $$select pg_notify('ch', p); select 'x'::text$$",
	"create function tell_pl(p text) returns void language plpgsql stable as $$begin perform pg_notify('ch', p); end$$",
	"create function tell_read(i int) returns void language plpgsql stable as $$declare v text; begin select notes into v from t where id = i; perform pg_notify('ch', v); end$$",
	"create function tell_all() returns void language sql as $$select pg_notify('ch', notes) from t$$",
	"create function poke() returns void language sql as $$select pg_notify('ch', 'x')$$",
}

// A listener gets what the server sends: texts that nobody labelled are not sent to it.
func TestNotificationsOfUnlabelledTexts(t *testing.T) {
	f := setup(t, nil, noticeTables...)
	heard, err := pgx.Connect(t.Context(), f.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = heard.Close(context.Background()) })
	_, err = heard.Exec(t.Context(), "listen ch")
	require.NoError(t, err)
	for _, text := range []string{
		"select pg_notify('ch', notes) from t", "select pg_notify('ch', upper(notes) || '.') from t", "select pg_notify(notes, 'x') from t", "select pg_notify('ch', doc::text) from t",
		"select pg_notify('ch', doc->>'plan') from t", "select pg_notify('ch', encode(raw, 'hex')) from t", "select pg_notify('ch', remark) from tv", "select pg_notify('ch', (select string_agg(notes, ',') from t))",
		"with x as (select notes from t) select pg_notify('ch', notes) from x", "select pg_notify('ch', t::text) from t", "select pg_notify('ch', row_to_json(t)::text) from t",
		"select count(pg_notify('ch', notes)) from t", "insert into t (id) select 9 from t where pg_notify('ch', notes) is null", "select pg_notify('ch', free || notes) from t",
		"update t set day = day returning pg_notify('ch', notes)", "select pg_notify('ch', case when id = 1 then notes end) from t", "select pg_catalog.pg_notify('ch', payload => notes) from t",
		"select tell(notes) from t", "select tell_stable(notes) from t", "select tell_pl(notes) from t", "select tell_read(1)", "select tell_all()",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	var denied *guard.DeniedError
	_, err = f.governed.Exec("select pg_notify('ch', notes) from t")
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "IO16", denied.Rule)
	require.Contains(t, denied.Safe, "pg_notify($1, $2)")
	require.Contains(t, denied.Safe, "[governed: not_sensitive]")

	sent := 0
	for _, text := range []string{
		"select pg_notify('ch', id::text) from t", "select pg_notify('ch', u::text) from t", "select pg_notify('ch', 'new')", "select pg_notify('ch', free) from t",
		"select pg_notify('ch', json_build_object('id', id, 'amount', amount)::text) from t",
		"select pg_notify('ch', id::text) from t where notes like 'reach%'", "update t set notes = 'reach' where id = 1 returning pg_notify('ch', id::text)", "select pg_notify('ch', current_schema)",
	} {
		_, err := f.governed.Exec(text)
		require.NoError(t, err, text)
		sent++
	}
	_, err = f.governed.Exec("select pg_notify($1, $2)", "ch", "to whom it concerns")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range sent + 1 {
		n, err := heard.WaitForNotification(ctx)
		require.NoError(t, err)
		require.NotContains(t, n.Payload, "gvxkqzpl")
	}
}

// What else sends or keeps a text outside of a result is denied, or looked at when it is read.
func TestTextsThatLeaveByFunctions(t *testing.T) {
	f := setup(t, nil, append(noticeTables[:len(noticeTables):len(noticeTables)], "create extension if not exists dblink")...)
	for _, text := range []string{
		"select pg_logical_emit_message(false, 'p', notes) from t", "select lo_from_bytea(0, notes::bytea) from t", "select lo_put(1, 0, notes::bytea) from t", "select lowrite(1, notes::bytea) from t",
		"select lo_export(1, notes) from t", "select lo_import(notes) from t", "select dblink('host=x', notes) from t", "select dblink_exec('host=x', notes) from t", "select dblink_connect(notes) from t",
		"select pg_replication_origin_create(notes) from t", "select pg_create_logical_replication_slot(notes, 'x') from t", "select pg_create_physical_replication_slot(notes) from t",
		"select pg_read_file(notes) from t", "select pg_ls_dir(notes) from t", "select pg_create_restore_point(notes) from t", "select pg_backup_start(notes) from t",
		"select query_to_xml(notes, true, true, '') from t", "select ts_stat(notes) from t", "copy t (notes) to '/tmp/x'", "copy t (notes) to program 'cat'",
		"select set_config('application_name', notes, false) from t", "select set_config('search_path', notes, false) from t",
	} {
		_, err := f.governed.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("select set_config('app.note', notes, true) from t")
	require.NoError(t, err)
	var got string
	require.NoError(t, tx.QueryRow("select current_setting('app.note')").Scan(&got))
	require.NotContains(t, got, "gvxkqzpl")
	require.Contains(t, got, "reach")
}
