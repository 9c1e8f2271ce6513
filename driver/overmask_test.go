package driver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

var opened = []string{
	"insert into people (id, name, email, birth_date) values (7, 'Bob', null, '1990-02-03')",
	"create function listed() returns table (id bigint, email text, note text) language sql stable as 'select p.id, p.email, p.note from people p'",
	"create function atomic() returns table (id bigint, email text) language sql stable begin atomic; select p.id, p.email from people p; end",
	`create function looped() returns table (id bigint, email text) language plpgsql stable as $$begin
		return query select p.id, p.email from people p where p.id < 5; return query select p.id, p.email from people p where p.id >= 5; end$$`,
	`create function sly() returns table (id bigint, email text) language plpgsql stable as $$begin
		return query select p.id, p.email from people p where p.id < 5; id := 9; select p.email into email from people p where p.id = 1; return next; end$$`,
	"create function swapped() returns table (id bigint, plain text) language sql stable as 'select p.id, p.email from people p'",
	"create function mixed() returns table (plain text) language sql stable as $$select note from people union all select email from people$$",
	"create function wrapped() returns table (id bigint, plain text) language sql stable as 'select s.id, s.plain from swapped() s'",
	"create function ids() returns setof bigint language sql stable as 'select p.id from people p where p.email is not null or true'",
	"create function row_of() returns setof people language sql stable as 'select * from people'",
	"create function body_email(i bigint) returns text language sql stable as 'select email from people where id = i'",
	"create function counted() returns bigint language sql stable as 'select count(*) from people where email is not null'",
	"create function told(out n int, out s text) language sql stable as $$select 1, 'ok'::text from people where email is not null$$",
	`create function served() returns table (n int, s text) language plpgsql stable as $$begin
		if exists (select from people where email is not null) then return query select 1, 'ok'::text; end if; end$$`,
	`create function either() returns table (n int, s text) language plpgsql stable as $$begin
		if exists (select from people where email like 'u%') then return query select 918273, 'yes'::text; else return query select 918274, 'yes'::text; end if; end$$`,
	"create function one_of() returns int language sql stable as $$select case when email like 'u%' then 918273 else 2 end from people where id = 1$$",
	"create function over(x int) returns int language sql stable as 'select x'",
	"create function over(x text) returns text language sql stable as 'select name from people where id::text = x'",
	"create function longer(x bigint) returns text language sql stable as 'select name from people where id = x - 5000000000'",
	"create function longer(x numeric) returns text language sql stable as $$select 'none'::text$$",
	"create function most(x int) returns text language sql stable as $$select 'none'::text$$",
	"create function limited() returns bigint language sql stable as 'select count(*) from (select 1 from generate_series(1, 9999) limit (select salary::int from people where id = 1)) x'",
	"create function pay() returns int language sql stable as 'select salary::int from people where id = 1'",
	"create function deeper() returns bigint language sql stable as 'select count(*) from (select 1 from generate_series(1, 9999) limit pay()) x'",
	"create function rows_of() returns setof int language sql stable as 'select 1 from generate_series(1, 9999) limit (select salary::int from people where id = 1)'",
	`create function kept(k int) returns table (n bigint) language plpgsql stable as $$begin
		select salary::int into k from people where id = 1; return query select count(*) from (select 1 from generate_series(1, 9999) limit k) x; end$$`,
	"create view shifted as select id, birth_date - 350 as day, birth_date from people",
	"create table stock (id int primary key, tags text[], emails text[])",
	"insert into stock values (1, '{a,b}', '{x@example.com}')",
	"create schema postgres",
	"create function postgres.most(variadic x int[]) returns text language sql stable as 'select name from people where id = x[1]'",
}

// Ordinary statements beside a masked column return right values.
func TestMasksLeaveOrdinaryValues(t *testing.T) {
	f := setup(t, nil, opened...)
	for _, role := range []*sql.DB{f.governed, governedAs(t, f, "clerk", "people", "stock")} {
		for _, c := range []struct{ text, want string }{
			{"select string_agg(id::text, ',' order by id) from listed()", ""},
			{"select id from listed() where id = 1", "1"},
			{"select l.id from listed() l join stock s on s.id = l.id", "1"},
			{"select note from listed() where id = 1", "hello"},
			{"select id from atomic() where id = 7", "7"},
			{"select id from looped() where id = 7", "7"},
			{"select id from wrapped() where id = 7", "7"},
			{"select i from ids() i where i = 7", "7"},
			{"select id from row_of() where id = 7", "7"},
			{"select count(*) from listed()", "2"},
			{"select counted()", "1"},
			{"select c from counted() c", "1"},
			{"select n from told()", "1"},
			{"select s from told()", "ok"},
			{"select n || s from served()", ""},
			{"select s from served()", "ok"},
			{"select s from either()", "yes"},
			{"select over(1)", "1"},
			{"select over(id::int) from stock", ""},
			{"select over(id) from stock", "1"},
			{"select o from over(7) o", "7"},
			{"select max(extract(year from birth_date)) from people", "1990"},
			{"select min(extract(year from birth_date))::int from people", "1985"},
			{"select to_char(birth_date, 'YYYY') from people where id = 1", "1985"},
			{"select extract(year from birth_date) from shifted where id = 1", "1985"},
			{"select max(birth_date) from people", "1990-01-01T00:00:00Z"},
			{"select m from (select min(birth_date) as m from people) x", "1985-01-01T00:00:00Z"},
			{"select grouping(email) from people group by rollup (email) order by 1 limit 1", "0"},
			{"select extract(year from birth_date) from people where id = 1", "1985"},
			{"select date_part('year', birth_date)::int from people where id = 1", "1985"},
			{"select date_trunc('year', birth_date)::date::text from people where id = 1", ""},
			{"select extract(decade from birth_date) from people where id = 1", "198"},
			{"select bool_or(email is not null) from people", "true"},
			{"select bool_and(email is not null) from people", "false"},
			{"select count(*) filter (where email is not null) from people", "1"},
			{"select count(id) filter (where email is null) from people", "1"},
			{"select max((email is null)::int) from people", "1"},
			{"select sum((email is not null)::int + 1) from people", "3"},
			{"select string_agg(t, '') from (select unnest(tags) t from stock) x", "ab"},
			{"select t from stock, unnest(tags) t where t = 'b'", "b"},
			{"select case when email is null then 'none' else 'some' end from people where id = 7", "none"},
		} {
			var got string
			require.NoError(t, role.QueryRow(c.text).Scan(&got), c.text)
			if c.want != "" {
				require.Equal(t, c.want, got, c.text)
			}
		}
		for _, text := range []string{
			"select email from listed() where id = 1", "select email from atomic() where id = 1", "select email from looped() where id = 1",
			"select plain from swapped() where id = 1", "select plain from wrapped() where id = 1", "select string_agg(plain, '') from mixed()",
			"select email from sly() where id = 9", "select email from row_of() where id = 1", "select l::text from listed() l where id = 1",
			"select to_json(l) from listed() l where id = 1", "select case when email is null then '' else body_email(id) end from people where id = 1",
			"select max(case when email is null then '' else body_email(1) end) from people", "select coalesce(nullif(body_email(id), 'x'), '') from people where id = 1",
			"select birth_date::text from people where id = 1", "select extract(doy from birth_date) from people where id = 1",
			"select extract(year from birth_date + 21) from people where id = 1", "select date_trunc('month', birth_date)::text from people where id = 1",
			"select max(birth_date)::text from people", "select extract(isoyear from birth_date) from people where id = 1",
			"select n from either()", "select limited()", "select l from limited() l", "select deeper()", "select d from deeper() d", "select count(*) from rows_of()", "select n from kept(1)", "select pay()",
			"select one_of()", "select over('1')", "select over('1'::text)", "select over(id::text) from people where id = 1", "select longer(5000000001)", "select most(1)",
			"select max(birth_date + 21)::text from people where id = 1", "select max(birth_date) filter (where id = 1) - date '0001-01-01' from people",
			"select extract(year from day) from shifted where id = 1", "select max(day) from shifted where id = 1", "select max(extract(year from day)) from shifted where id = 1",
			"select to_char(day, 'YYYY') from shifted where id = 1", "select to_char(birth_date, 'YYYY-MM-DD') from people where id = 1", "select max(to_char(birth_date, 'DDMM')) from people",
			"select max(birth_date) - min(birth_date - 100) from people where id = 1", "select max(birth_date) over () - date '1900-01-01' from people where id = 1",
			"select bool_or(email = 'u1@example.com')::text from people", "select extract(year from birth_date - 350) from people where id = 1",
		} {
			var got sql.NullString
			if err := role.QueryRow(text).Scan(&got); err != nil {
				require.NotContains(t, err.Error(), u1, text)
				continue
			}
			for _, value := range []string{u1, "Lovelace", "1985-12-10", "1986", "1984", "1985-12-31", "1984-12-25", "344", "true", "1985-12-01", "918273", "1012", "100", "1235", "31389", "724989"} {
				require.NotContains(t, got.String, value, text)
			}
		}
	}
	var day time.Time
	other := f.open(nil)
	require.NoError(t, other.QueryRow("select max(birth_date) from people").Scan(&day))
	_, err := other.Exec("update people set birth_date = $1 where id = 1", day)
	require.ErrorIs(t, err, guard.ErrDenied, "a masked date does not come back as one")
	var n int
	require.Error(t, f.governed.QueryRow("select count(*) from (select unnest(emails) from stock) x").Scan(&n), "how many there are is a value of its own")
}
