package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// asking are views and functions that decide by masked columns, and some that do not.
var asking = []string{
	"insert into people (id, name, email, salary, note) values (2, 'Bo', 'u2@example.com', 90000, 'a')",
	"create table pairs (id int, email text)",

	"create view rich as select id from people where salary > 50000",
	"create view rich2 as select id from rich", "create view rich3 as select a.id from rich2 a",
	"create view letters as select p.id, (select string_agg(chr(g), '' order by i) from generate_series(1, 20) i, generate_series(33, 122) g where chr(g) = substr(p.email, i, 1)) x from people p",
	"create view paired as select p.id from people p join pairs q on q.email = p.email",
	"create view richest as select id from people order by salary desc limit 1",
	"create view having_rich as select note from people group by note having max(salary) > 50000",
	"create view distinct_ones as select distinct on (email) id from people",
	"create view ranked as select id, rank() over (order by salary) as place from people",
	"create view cut as select id from people limit (select length(email) from people where id = 1)",
	"create materialized view kept_rich as select id from people where salary > 50000",
	"create materialized view kept_rich2 as select id from kept_rich",
	"create view plain_view as select id, note, email from people where id > 0",
	"create materialized view plain_kept as select id, note from people where id > 0",

	"create function rich_ids() returns setof bigint language sql stable as 'select id from people where salary > 50000'",
	"create function rich_atomic() returns setof bigint language sql stable begin atomic; select id from people where salary > 50000; end",
	"create function rich_pl() returns setof bigint language plpgsql stable as $$begin return query select p.id from people p where p.salary > 50000; end$$",
	"create function rich_for() returns setof bigint language plpgsql stable as $$declare r record; begin for r in select p.id from people p where p.salary > 50000 loop return next r.id; end loop; end$$",
	"create function rich_dynamic() returns setof bigint language plpgsql stable as $$begin return query execute 'select id from people where salary > 50000'; end$$",
	"create function rich_inner() returns setof bigint language sql stable as 'select * from rich_ids()'",
	"create function rich_viewed() returns setof bigint language sql stable as 'select id from rich2'",
	"create function like_count() returns bigint language sql stable as $$select count(*) from people p where p.email like 'u%'$$",
	"create view rich_called as select * from rich_ids()",
	"create materialized view kept_called as select * from rich_ids()",
	"create function by_email(text) returns setof bigint language sql stable as 'select id from people where email = $1'",
	"create function by_mail(wanted text) returns setof bigint language sql stable as 'select id from people where email = wanted'",
	"create function by_pl(wanted text) returns setof bigint language plpgsql stable as $$begin wanted := wanted || ''; return query select id from people where email = $1; end$$",
	"create function by_inner(text) returns setof bigint language sql stable as 'select * from by_email($1)'",
	"create function by_note(text) returns setof bigint language sql stable as 'select id from people where note = $1'",
	"create function pl_rows() returns table (a bigint, b text) language plpgsql stable as $$declare r record; begin for r in select p.id, p.email from people p loop a := r.id; b := r.email; return next; end loop; end$$",

	"create function pay_rows(n int) returns setof int language plpgsql stable as $$begin for i in 1..(select salary::int from people where id = n) loop return query select 1; end loop; end$$",
	"create function pay_while(n int) returns setof int language plpgsql stable as $$declare v int := (select salary::int from people where id = n); begin while v > 0 loop return next 1; v := v - 1; end loop; end$$",
	"create function pay_exit(n int) returns setof int language plpgsql stable as $$declare k int := 0; begin loop k := k + 1; exit when k > (select salary from people where id = n); return next k; end loop; end$$",
	"create function pay_each(n int) returns setof int language plpgsql stable as $$declare x int; begin foreach x in array (select array_agg(g) from generate_series(1, (select salary::int from people where id = n)) g) loop return next 1; end loop; end$$",
	"create function pay_again(k int) returns setof int language plpgsql stable as $$begin if k <= (select salary from people where id = 1) then return next k; return query select * from pay_again(k + 1); end if; end$$",
	"create function pay_sql(n int) returns setof int language sql stable as 'select * from pay_rows(n)'",
	"create function pay_value(n int) returns int language plpgsql stable as $$declare v int := 0; begin for i in 1..(select salary::int from people where id = n) loop v := v + 1; end loop; return v; end$$",
	"create function dozen() returns setof int language plpgsql stable as $$begin for i in 1..12 loop return next i; end loop; end$$",

	"create function pay(n int) returns int language sql stable as 'select salary::int from people where id = n'",
	"create function eml(i int) returns setof text language sql stable as 'select email from people where id = i'",
	"create function ov(x text) returns setof text language sql stable as 'select x || email from people where id = 1'",
	"create function spread(n int) returns table (g int, e text) language sql stable as 'select g, p.email from people p, generate_series(1, n) g where p.id = 1'",
	"create function spread_pos(int) returns table (g int, e text) language sql stable as 'select g, p.email from people p, generate_series(1, $1) g where p.id = 1'",
	"create function spread_self(n int) returns setof int language sql stable as 'select 1 from generate_series(1, pay(n)) g'",
	"create function spread_moved(n int) returns setof int language plpgsql stable as $$begin select salary::int into n from people where id = 1; return query select 1 from generate_series(1, n) g; end$$",
	"create function made(n int) returns bigint language sql stable as 'select count(*) from generate_series(1, n)'",
	"create function made_of(i int) returns bigint language sql stable as 'select made(pay(i))'",
	"create function told(t text) returns text language sql stable as $$select set_config('a.b', t, true)$$",
}

// asked sends a statement and gives the rules that its record names, with a ! before those that denied it.
func asked(ctx context.Context, t *testing.T, f *fixture, db *sql.DB, text string) (rules []string) {
	t.Helper()
	f.records.mu.Lock()
	f.records.list = nil
	f.records.mu.Unlock()
	rows, err := db.QueryContext(ctx, text)
	denied := errors.Is(err, guard.ErrDenied)
	if !denied {
		require.NoError(t, err, text)
		for rows.Next() { // all of them
		}
		require.NoError(t, rows.Err(), text)
		require.NoError(t, rows.Close())
	}
	list := f.records.of(lineage.StatementEvent)
	require.NotEmpty(t, list, text)
	for _, r := range list[len(list)-1].Reasons {
		rule := r.Rule
		if r.Applied {
			rule = "!" + rule
		}
		if !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	assert.Equal(t, denied, strings.Contains(strings.Join(rules, " "), "!"), text)
	return rules
}

// What a view or a body asks of masked columns, the statement that reads or calls it asks.
func TestInferenceBehindViewsAndBodies(t *testing.T) {
	f := setup(t, nil, asking...)
	strict := f.open(&driver.Config{Profile: driver.Strict})
	human := lineage.WithCaller(t.Context(), lineage.Human("ada"))
	agent := lineage.WithCaller(t.Context(), lineage.Agent("bot", lineage.Human("ada")))
	for _, text := range []string{
		"select * from rich", "select count(*) from rich", "select id from rich2", "select id from rich3", "select x from letters where id = 1",
		"select id from paired", "select id from richest", "select note from having_rich", "select id from distinct_ones", "select id from ranked where place < 2",
		"select id from kept_rich", "select id from kept_rich2", "select (select count(*) from rich)", "with r as (select * from rich2) select * from r",
		"select note from people where id in (select id from rich)", "update pairs set email = null where id in (select id from rich)",
		"select * from rich_ids()", "select rich_ids()", "select * from rich_atomic()", "select * from rich_pl()", "select * from rich_for()", "select * from rich_dynamic()",
		"select * from rich_inner()", "select * from rich_viewed()", "select like_count()", "select * from rich_called", "select * from kept_called",
		"select id from (select id, rank() over (order by salary) as place from people) s where place = 1",
		"select g from generate_series(1, 10) g except select salary::int from people",
		"select o.* from pairs p, by_email(p.email) o", "select o.* from pairs p, by_mail(p.email) o", "select * from by_pl('x')", "select * from by_inner('x')",
		"select * from by_email('x') union all select o.* from generate_series(1, 2) g, by_email(chr(g)) o",
	} {
		assert.Contains(t, asked(t.Context(), t, f, f.governed, text), "RD10", text)
		assert.Contains(t, asked(human, t, f, strict, text), "!RD10", text)
		assert.Contains(t, asked(agent, t, f, f.governed, text), "!RD10", text)
	}
	for _, text := range []string{"select id from cut", "select * from rich_ids() limit (select length(email) from people where id = 1)"} {
		assert.Contains(t, asked(t.Context(), t, f, f.governed, text), "!IO16", text)
	}
	for _, text := range []string{
		"select id, note from plain_view", "select id, note from plain_kept", "select * from by_note('a')", "select * from by_email('x')", "select * from by_mail('x')",
		"select a, b from pl_rows()", "select id from people where id = 1",
	} {
		assert.NotContains(t, strings.Join(asked(t.Context(), t, f, f.governed, text), " "), "RD10", text)
	}
	for _, text := range []string{"select id, note from plain_view", "select id, note from plain_kept", "select * from by_note('a')", "select * from dozen()"} {
		rules := strings.Join(asked(human, t, f, strict, text), " ")
		assert.NotContains(t, rules, "RD10", text)
		assert.NotContains(t, rules, "IO16", text)
	}
}

// A loop that runs as often as a masked value says gives that value as a number of rows.
func TestInferenceByLoops(t *testing.T) {
	f := setup(t, nil, asking...)
	for _, text := range []string{
		"select count(*) from pay_rows(1)", "select pay_rows(1)", "select * from pay_while(1)", "select count(*) from pay_exit(1)", "select * from pay_each(1)",
		"select * from pay_again(1)", "select * from pay_sql(1)", "select p.id, x from people p, lateral pay_rows(p.id::int) x",
	} {
		assert.Contains(t, asked(t.Context(), t, f, f.governed, text), "!IO16", text)
	}
	for _, text := range []string{"select pay_value(1)", "select * from dozen()", "select a, b from pl_rows()", "select id, note from people"} {
		assert.NotContains(t, strings.Join(asked(t.Context(), t, f, f.governed, text), " "), "!", text)
	}
}

// What a call gives is no argument of its own.
func TestInferenceByArguments(t *testing.T) {
	f := setup(t, nil, asking...)
	for _, text := range []string{
		"select * from people p, ov(p.note) o", "select * from ov((select 'a'::varchar))", "select i, (select count(*) from eml(i)) from generate_series(1, 2) i",
		"select * from spread(3)", "select * from spread_pos(3)", "select o from pairs p, ov(p.id::text) o",
	} {
		assert.NotContains(t, strings.Join(asked(t.Context(), t, f, f.governed, text), " "), "!", text)
	}
	for _, text := range []string{
		"select g.v from eml(1) a(v), ov(a.v) g(v)", "select 1 from ov((select v from eml(1) v))", "select 1 from generate_series(1, pay(1)) g", "select 1 from spread(pay(1))",
		"with recursive r(v) as (select 'a'::text union all select o from r, ov(r.v) o where length(r.v) < 20) select count(*) from r",
		"select * from spread_self(1)", "select * from spread_moved(1)", "select made(pay(1))", "select made_of(1)", "select told((select v from eml(1) v))",
		"select 1 from pay(1) n, generate_series(1, n) g", "select * from people p, ov(p.email) o",
	} {
		assert.Contains(t, asked(t.Context(), t, f, f.governed, text), "!IO16", text)
	}
}
