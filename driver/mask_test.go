package driver_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// secrets are the values of the fixture that must not get out, and pieces of them.
var secrets = []string{u1, "u1@ex", "Lovelace", "7946", "sk_live", "1234.5", "12-10"}

// leaks reports what of the secrets stands in a value of any type.
func leaks(v any) string {
	text := fmt.Sprint(v)
	if b, ok := v.([]byte); ok {
		text = string(b)
	}
	if at, ok := v.(time.Time); ok {
		text = at.Format(time.RFC3339)
	}
	for _, s := range secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			return s
		}
	}
	return ""
}

// whatever a statement returns, refuses or reports, no secret stands in it.
func (f *fixture) requireSealed(t *testing.T, q querier, text string, args ...any) {
	t.Helper()
	rows, err := q.Query(text, args...)
	if err != nil {
		require.Empty(t, leaks(err.Error()), "%s: %v", text, err)
		return
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			require.Empty(t, leaks(err.Error()), text)
			return
		}
		for i := range cells {
			require.Empty(t, leaks(*cells[i].(*any)), "%s: column %s", text, names[i])
		}
	}
	if err := rows.Err(); err != nil {
		require.Empty(t, leaks(err.Error()), text)
	}
}

var disguises = []string{
	"select email from people", "select email as note from people", "select p.* from people p", "select p from people p", "table people",
	"select * from people join people q using (id)", "select * from people natural join people q",
	"select upper(email), left(name, 4), reverse(reverse(phone)), api_key || '' from people",
	"select encode(email::bytea, 'base64'), md5(email), email::varchar(100) from people",
	"select string_agg(email, ','), max(email), min(name), array_agg(phone), json_agg(p) from people p",
	"select row_to_json(p), to_jsonb(p), p::text, hstore_like(p) from people p", "select row_to_json(p), to_jsonb(p), p::text from people p",
	"select json_build_object('k', email), jsonb_build_array(name), concat(email, name), format('%s', phone) from people",
	"select (select email from people limit 1), exists (select 1), array(select email from people)",
	"with x as (select email e from people) select e from x", "with x(e) as materialized (select email from people) select e || e from x",
	"select e from (select email from people union all select 'nothing') u(e)", "select 'x' union select email from people",
	"values ((select email from people limit 1))", "select email from v_people", "select e from v_masked", "select e from v_two",
	"select case when true then email else 'x' end, coalesce(email, 'x'), nullif(email, ''), greatest(email, 'a') from people",
	"select first_value(email) over (order by id), lag(email, 0) over (order by id) from people",
	"with recursive r(n, e) as (select 1, email from people union all select n + 1, e from r where n < 3) select e from r",
	"select x.e from people, lateral (select email as e) x", "select unnest(string_to_array(email, '@')) from people",
	"select regexp_split_to_table(email, '@') from people", "select * from people, unnest(array[email]) u(e)",
	"update people set note = 'x' where id = 1 returning email, name", "with u as (update people set note = 'y' where id = 1 returning *) select email from u",
	"insert into people (name) values ('x') returning (select email from people where id = 1)", "delete from people where id = 99 returning email",
	"explain (analyze) select email from people where email = 'x'", "explain select * from people where email = '" + "a@b.c'",
	"select email::int from people", "select 1 / (length(email) - 14) from people", "select (email || name)::date from people",
	"select cast(email as json) from people", "select salary + 0, salary::text, to_char(salary, '9999.9') from people", "select birth_date + 0, birth_date::text, to_char(birth_date, 'MM-DD') from people",
	"select query_to_xml('select email from people', true, false, '')", "select table_to_xml('people', true, false, '')",
	"select most_common_vals from pg_stats where tablename = 'people'", "select histogram_bounds::text from pg_stats",
	"select * from pg_stat_activity", "select email into temp stolen from people", "create temp table stolen as select email from people",
	"select pg_notify('c', email) from people", "select set_config('application_name', email, false) from people", "do $$ begin raise exception '%', (select email from people limit 1); end $$",
	"select xmlelement(name a, email) from people", "select ts_headline('x', email) from people", "select to_tsvector(email) from people",
	"select overlay(email placing '' from 1 for 0), substring(email from 1 for 10), split_part(email, '@', 1), translate(email, '', '') from people",
	"select get_byte(email::bytea, 0), ascii(email), convert_to(email, 'UTF8') from people",
	"declare c cursor for select email from people", "prepare p as select email from people", "execute p", "fetch all from c",
	"merge into people p using (values (1)) s(id) on p.id = s.id when matched then update set note = p.email",
	"update people set note = email where id = 1 returning note", "insert into people (note) select email from people returning note",
	"select identity(email) from people", "select id from people order by email", "select distinct on (email) email from people",
	"select a.email from people a left join people b on a.id = b.id where b.email is null or true", "select (p).email from people p", "select (array_agg(p))[1].email from people p",
	"select (select p.email) from people p", "select count(email), email from people group by email", "select grouping(email), email from people group by rollup (email)",
	"select email collate \"C\" from people", "select ('{' || email || '}')::text[] from people", "select json_object_agg(email, name) from people",
	"select * from json_to_recordset((select json_agg(p) from people p)) as x(email text)", "select * from rows from (unnest(array(select email from people)))",
}

func TestMaskDisguises(t *testing.T) {
	for _, role := range []string{"superuser", "ordinary"} {
		f := setup(t, nil, "create view v_people as select * from people", "create view v_masked as select upper(email) as e from people",
			"create view v_two as select e from v_masked", "analyze people",
			"create function identity(t text) returns text language plpgsql immutable as 'begin return t; end'")
		if role == "ordinary" {
			f.dsn = f.role("reader")
			f.governed = f.open(nil)
		}
		for _, text := range disguises {
			f.requireSealed(t, f.governed, text)
			tx, err := f.governed.Begin()
			require.NoError(t, err)
			f.requireSealed(t, tx, text)
			_ = tx.Rollback()
			if st, err := f.governed.Prepare(text); err == nil {
				f.requireSealed(t, prepared{st}, text)
				_ = st.Close()
			} else {
				require.Empty(t, leaks(err.Error()), text)
			}
		}
		require.Zero(t, f.count("select count(*) from pg_class where relname = 'stolen'"))
		for _, mode := range []string{"exec", "cache_describe", "describe_exec", "simple_protocol"} {
			db := open(t, driver.Name, f.dsn+"&default_query_exec_mode="+mode)
			for _, text := range disguises[:12] {
				f.requireSealed(t, db, text)
			}
		}
		for _, rec := range f.records.of(lineage.StatementEvent) {
			require.Empty(t, leaks(rec.Error))
		}
	}
}

type prepared struct{ *sql.Stmt }

func (p prepared) Query(_ string, args ...any) (*sql.Rows, error) { return p.Stmt.Query(args...) }

func TestMaskedValuesScanAsBefore(t *testing.T) {
	f := setup(t, nil, "insert into people (id) values (2)")
	var id int64
	var first string
	var name, email, phone, key sql.NullString
	var born sql.NullTime
	var salary sql.NullFloat64
	row := "select id, name, email, phone, api_key, birth_date, salary, note from people where id = $1"
	var note sql.NullString
	require.NoError(t, f.governed.QueryRow(row, 1).Scan(&id, &name, &email, &phone, &key, &born, &salary, &note))
	first = email.String
	require.True(t, strings.HasSuffix(first, ".invalid"))
	require.True(t, strings.HasSuffix(phone.String, "0123"), "the last four digits stay")
	require.Equal(t, time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC), born.Time.UTC())
	require.Equal(t, "hello", note.String)
	require.True(t, name.Valid && key.Valid && salary.Valid)
	require.NoError(t, f.governed.QueryRow(row, 2).Scan(&id, &name, &email, &phone, &key, &born, &salary, &note))
	require.False(t, name.Valid || email.Valid || phone.Valid || key.Valid || born.Valid || salary.Valid, "NULL stays NULL")

	var n int
	require.NoError(t, f.governed.QueryRow("select count(*) from people where email is not null").Scan(&n))
	require.Equal(t, 1, n, "a count carries nothing")
	require.NoError(t, f.governed.QueryRow("select count(*) from people where email = $1", u1).Scan(&n))
	require.Equal(t, 1, n, "a lookup by a bound value is an application's daily bread")
	var again string
	require.NoError(t, f.governed.QueryRow("select email from people where id = 1").Scan(&again))
	require.Equal(t, first, again, "a pseudonym is the same each time")
}

func TestClear(t *testing.T) {
	f := setup(t, nil)
	email := func(db *sql.DB) (v string) {
		require.NoError(t, db.QueryRow("select email from people where id = 1").Scan(&v))
		return v
	}
	for _, list := range []string{"public.people.email", "people.email", "PEOPLE.Email", "public.people.*", `public."people"."email"`} {
		require.Equal(t, u1, email(f.open(&driver.Config{Clear: []string{list}})), list)
	}
	require.Equal(t, u1, email(open(t, driver.Name, f.dsn+"&governed.clear=public.people.name,people.email")))
	for _, list := range []string{`"People".email`, "other.people.email", "people.name"} {
		require.NotEqual(t, u1, email(f.open(&driver.Config{Clear: []string{list}})), list)
	}
	var v string
	db := f.open(&driver.Config{Clear: []string{"people.email"}})
	require.NoError(t, db.QueryRow("select upper(email) from people where id = 1").Scan(&v))
	require.Equal(t, strings.ToUpper(u1), v)
	require.NoError(t, db.QueryRow("select email || name from people where id = 1").Scan(&v))
	require.NotContains(t, v, "Ada", "one of two sources is not cleared")
}

func TestMaskWarnsOnceWithTheKey(t *testing.T) {
	var log bytes.Buffer
	f := setup(t, &driver.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Clear: []string{"people.no_such"}})
	for range 3 {
		var v string
		require.NoError(t, f.governed.QueryRow("select email from people where id = 1").Scan(&v))
		require.NoError(t, f.governed.QueryRow("select email as other from people where id = 1").Scan(&v))
	}
	require.Equal(t, 1, strings.Count(log.String(), "governed.clear=public.people.email"), log.String())
	require.Equal(t, 1, strings.Count(log.String(), "people.no_such"), log.String())
	require.NotContains(t, log.String(), u1)
}

func TestWritebackIsRefused(t *testing.T) {
	f := setup(t, nil)
	var name, email, phone, key string
	var born time.Time
	require.NoError(t, f.governed.QueryRow("select name, email, phone, api_key, birth_date from people where id = 1").Scan(&name, &email, &phone, &key, &born))
	for _, c := range []struct {
		text string
		args []any
	}{
		{"update people set email = $1 where id = $2", []any{email, 1}},
		{"update people set note = $1 where id = 1", []any{"see " + email}},
		{"update people set name = $1 where id = 1", []any{name}},
		{"update people set phone = $1 where id = 1", []any{phone}},
		{"update people set birth_date = $1 where id = 1", []any{born}},
		{"update people set api_key = $1 where id = 1", []any{[]byte(key)}},
		{"update people set email = '" + email + "' where id = 1", nil},
		{"insert into people (email) values ($1)", []any{&email}},
		{"insert into people (id, email) values (1, $1) on conflict (id) do update set email = excluded.email", []any{email}},
		{"insert into people (email) select unnest($1::text[])", []any{[]string{email}}},
		{"insert into people (phone) select unnest($1::text[])", []any{pgtype.Array[string]{Elements: []string{phone}, Dims: []pgtype.ArrayDimension{{Length: 1, LowerBound: 1}}, Valid: true}}},
		{"insert into people (phone) select x->>'phone' from jsonb_array_elements($1::jsonb) x", []any{`[{"phone": "` + phone + `"}]`}},
		{"insert into people (phone) select x.phone from jsonb_to_recordset($1) x(phone text)", []any{[]byte(`[{"phone": "` + phone + `"}]`)}},
	} {
		_, err := f.governed.Exec(c.text, c.args...)
		require.ErrorIs(t, err, guard.ErrDenied, c.text)
		require.ErrorContains(t, err, "governed.clear", c.text)
		require.NotContains(t, err.Error(), email)
	}
	var stored string
	require.NoError(t, f.plain.QueryRow("select email || name || phone || birth_date from people").Scan(&stored))
	require.Equal(t, u1+"Ada Lovelace+44 20 7946 01231985-12-10", stored)
	_, err := f.governed.Exec("update people set email = $1 where id = 1", "new@example.com")
	require.NoError(t, err, "new values are stored")
	_, err = f.governed.Exec("update people set email = lower(email) where id = 1")
	require.NoError(t, err, "a pseudonym shows nothing of what is made of the column")
	_, err = f.governed.Exec("update people set note = 'x' where birth_date = $1", born)
	require.NoError(t, err, "comparisons pass")
	_, err = f.governed.Exec("update people set note = 'x' where email = $1 or name = '[masked]'", email)
	require.NoError(t, err, "also with pseudonyms")
}

// Casts to the types of catalog objects put a value into messages that otherwise hold names.
func TestErrorsOfCastsToCatalogTypes(t *testing.T) {
	f := setup(t, nil, "create table numbers (card_number text)", "insert into numbers values ('4539148803436467')",
		"create view v as select api_key::regclass as c from people")
	for _, text := range []string{
		"select card_number::int from numbers", "select card_number::smallint from numbers", "select card_number::oid from numbers",
		"select email::regclass from people", "select api_key::regclass from people", "select api_key::regtype from people",
		"select api_key::regrole from people", "select api_key::regproc from people", "select api_key::regoper from people",
		"select api_key::regprocedure from people", "select api_key::regnamespace from people", "select api_key::regconfig from people",
		"select has_table_privilege(api_key, 'select') from people", "select has_column_privilege('people', api_key, 'select') from people",
		"select has_schema_privilege(api_key, 'usage') from people", "select pg_get_serial_sequence(api_key, 'x') from people",
		"select count(*) from people where api_key::regclass is not null", "select c from v", "select current_setting(api_key) from people",
		"select (api_key || '=r/x')::aclitem from people", "select pg_get_viewdef(api_key) from people",
	} {
		f.requireSealed(t, f.governed, text)
		rows, err := f.governed.Query(text)
		if err == nil {
			err = rows.Close()
		}
		if err != nil {
			require.NotContains(t, err.Error(), "45391", text)
		}
	}
}

func TestRedactedErrorsKeepTheirCodes(t *testing.T) {
	f := setup(t, nil, "create unique index people_email on people (email)")
	_, err := f.governed.Exec("insert into people (id, email) values (50, $1)", u1)
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "23505", pgErr.Code)
	require.Equal(t, "people_email", pgErr.ConstraintName)
	require.Equal(t, "people", pgErr.TableName)
	require.Empty(t, leaks(err.Error()+pgErr.Detail))
	_, err = f.governed.Exec("update people set id = 'x" + u1 + "'::int where id = 1")
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "22P02", pgErr.Code)
}

// What a function reads, a composite holds, a generated column computes or a rule returns is as sealed as the column.
func TestMaskIndirectReads(t *testing.T) {
	for _, role := range []string{"superuser", "ordinary"} {
		f := setup(t, nil,
			"create table plain (id int primary key, note text)", "insert into plain values (1, 'a note')",
			"create function my_email(bigint) returns text language sql stable as 'select email from people where id = $1'",
			"create function fixed() returns text language sql immutable as 'select email from people limit 1'",
			"create function rd() returns text language plpgsql as 'declare v text; begin select email into v from people limit 1; return v; end'",
			"create function f_setof() returns setof text language sql stable as 'select email from people'",
			"create function f_table() returns table (a bigint, b text) language sql stable as 'select id, email from people'",
			"create function keep() returns void language plpgsql as 'declare v text; begin v := rd(); insert into plain values (7, v); end'",
			"create view calls as select id, note, my_email(id) as x from plain", "create view merged as select note from plain union all select rd()",
			"create type addr as (street text, city text)", "create domain addr_d as addr",
			"create table parcels (id int, home addr, others addr[], dom addr_d, whole people, mail text, mail_hash text generated always as (reverse(mail)) stored)",
			"insert into parcels select 1, '(u1@example.com,x)', array['(u1@example.com,x)'::addr], '(u1@example.com,x)'::addr, p, reverse(email) from people p",
			"create table spare (id int, note text)", "insert into spare values (1, 'x')",
			"create rule r as on update to spare do instead update people set note = note where id = 1 returning people.id::int, people.email")
		if role == "ordinary" {
			f.dsn = f.role("reader")
			f.governed = f.open(nil)
		}
		for _, text := range []string{
			"select my_email(1)", "select id, my_email(id) from plain", "select fixed(), rd()", "select * from f_setof()", "select * from f_table()", "select b from f_table() where a = 1",
			"select f_table()", "values (rd())", "select note from plain union all select rd()", "select x from calls", "select note from merged", "select * from calls",
			"copy (select fixed()) to stdout", "update plain set note = rd() returning note", "update plain set note = coalesce(rd(), note) returning note",
			"insert into plain select 2, rd() returning note", "create temp table stolen as select rd() as a", "select rd() as a into temp stolen",
			"select keep()", "select set_config('application_name', rd(), false)", "explain select fixed()", "explain (verbose) select fixed()", "explain select 1 from plain where note = fixed()",
			"explain (format json) select fixed()", "select case when rd() like 'u1%' then rd() else 'x' end", "with x as (select rd() as a) select a from x", "select (select rd())",
			"select home from parcels", "select others from parcels", "select dom from parcels", "select whole from parcels", "select * from parcels", "select (home).street from parcels",
			"select (whole).email from parcels", "select (others[1]).street from parcels", "select others[1] from parcels", "select to_jsonb(whole) from parcels", "select home::text from parcels",
			"select (dom).street from parcels", "select mail_hash from parcels", "select mail_hash as note from parcels", "select upper(mail_hash) from parcels", "select p from parcels p",
			"update spare set note = 'y' where id = 1 returning *", "update spare set note = 'y' where id = 1 returning note",
			"update people set phone = '00000000' || right(api_key, 4) returning phone", "update people set phone = reverse(phone) returning phone",
			"update people set birth_date = birth_date + 30 returning birth_date", "update people set email = left(email, 1) returning email",
			"select row_number() over (order by email), count(*) over (partition by name), first_value(email) over () from people",
		} {
			f.requireSealed(t, f.governed, text)
			if tx, err := f.governed.Begin(); err == nil {
				f.requireSealed(t, tx, text)
				_ = tx.Rollback()
			}
		}
		require.Zero(t, f.count("select count(*) from plain where note like '%@%'"))
		require.Equal(t, 1, f.count("select count(*) from people where phone = '+44 20 7946 0123' and birth_date = '1985-12-10' and email = '"+u1+"'"))
		for text, want := range map[string]int{
			"select row_number() over (order by name) from people": 1, "select count(*) over (partition by email) from people": 1,
			"select count(*) filter (where email like 'u%') from people": 1, "select id from plain where my_email(id) is not null": 1,
			"select id from calls": 1, "select rank() over (order by email desc) from people": 1,
		} {
			var n int
			require.NoError(t, f.governed.QueryRow(text).Scan(&n), text)
			require.Equal(t, want, n, text)
		}
		var note string
		require.NoError(t, f.governed.QueryRow("select note from calls where id = 1").Scan(&note))
		require.Equal(t, "a note", note)
	}
}

// Columns that join in the database join by their pseudonyms too, of whatever width they are.
func TestPseudonymsOfCharacters(t *testing.T) {
	f := setup(t, nil, "create table ch (id int primary key, email char(60), email2 char(40), email3 varchar(60), email4 text)",
		"insert into ch values (1, 'ada@example.com', 'ada@example.com', 'ada@example.com', 'ada@example.com')")
	require.Equal(t, 1, f.count("select count(*) from ch where email = email2 and email = email3 and email2 = email4"))
	var a, b, c, d string
	require.NoError(t, f.governed.QueryRow("select email, email2, email3, email4 from ch").Scan(&a, &b, &c, &d))
	require.Len(t, a, 60)
	require.Len(t, b, 40)
	require.Equal(t, c, strings.TrimRight(a, " "))
	require.Equal(t, c, strings.TrimRight(b, " "))
	require.Equal(t, c, d)
	for _, back := range []string{a, c} {
		_, err := f.governed.Exec("update ch set email = $1, email2 = $1 where id = 1", back)
		require.ErrorIs(t, err, guard.ErrDenied)
	}
	require.NotContains(t, table(t, f.governed, "select array[email2], email from ch"), "ada@")
}
