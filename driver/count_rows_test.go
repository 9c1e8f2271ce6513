package driver_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// present are relations with personal columns and with documents, a row of nothing, and a row that is doubled.
var present = []string{
	"create type place as (street text, zip text)",
	"insert into people (id) values (2)",
	"create table plainj (id int primary key, j jsonb)",
	`insert into plainj values (1, '{"a": 1}'), (2, null)`,
	"create table orders (id int primary key, state text, meta jsonb, shipped place)",
	"insert into orders values (1, 'new', '{}', ('x', 'y')), (2, 'sent', null, null), (3, 'sent', null, (null, null))",
	"create table patients (name text, diagnosis text)",
	"insert into patients values ('Ada Lovelace', 'angina'), ('Ada Lovelace', 'angina'), (null, null), ('Bo', null)",
	"create table spans (seen int4range)", "comment on column spans.seen is '[governed: pii]'", "insert into spans values ('(,5)')",
	"create view patient_list as select name, diagnosis from patients",
	"create view ill as select nullif(diagnosis, 'angina') as other from patients",
	"create function nobody() returns people language sql stable as 'select null::people'",
	"create function public.char_length(patients) returns int language sql stable as 'select 1'",
}

// What is counted, and whether it is there, is what PostgreSQL says.
func TestPresenceIsAsWithoutMasks(t *testing.T) {
	f := setup(t, nil, present...)
	for _, text := range []string{
		"select count(p.*) from plainj p", "select count(p) from plainj p", "select count(distinct p.*) from plainj p",
		"select count(o) from orders o", "select count(o.*) filter (where o.state = 'sent') from orders o", "select count(o.*) over (partition by o.state) from orders o order by o.state",
		"select o.id, count(x.*) from orders o left join orders x on x.id = o.id and x.state = 'new' group by o.id order by o.id",
		"select (select count(o.*) from orders o)", "select p.id, (select count(o.*) from orders o where o.id = p.id) from plainj p order by 1",
		"select count(o.*) > 1 as many, sum(o.id) from orders o", "with w as (select * from orders) select count(w.*) from w",
		"select state, count(o) from orders o group by state having count(o.*) > 1",
		"select count(c.*) from people c", "select count(c.*) filter (where c.id > 1) from people c", "select count(c.email) filter (where c.id > 1) from people c",
		"select count(v.*) from patient_list v", "select count(distinct v.*) from patient_list v", "select count(v) from ill v", "select count(distinct p) from patients p",
		"select count(j.*) from (people a join orders b on a.id = b.id) j", "select count(x) from (select p as x from patients p) s",
		"select count(shipped), count(distinct shipped) from orders", "select count((name, diagnosis)) from patients",
		"select p.* is null, p is not null from patients p order by name nulls last, diagnosis nulls last",
		"select (name, diagnosis) is null from patients order by name nulls last, diagnosis nulls last",
		"select v is null from patient_list v order by name nulls last", "select c.* is not null from people c order by id",
		"select o.id, x.* is null from orders o left join people x on x.id = o.id order by o.id",
		"select length(diagnosis) is null, upper(trim(name)) is not null from patients order by name nulls last, diagnosis nulls last",
		"select count(length(diagnosis)), count(lower(name)) from patients", "select count(*) from patients p where p is null",
		"select shipped is null, shipped is not null from orders order by id", "select bool_or(p is null) from patients p",
		"select count(n.*), count(n) from nobody() n",
	} {
		require.Equal(t, all(t, f.plain, text), all(t, f.governed, text), text)
	}
}

// What is more than presence stays hidden.
func TestPresenceOfWhatIsComputedIsHidden(t *testing.T) {
	f := setup(t, nil, present...)
	for _, text := range []string{
		"select count(nullif(diagnosis, 'angina')) from patients", "select count(distinct lower(diagnosis)) from patients", "select count(x.l) from (select nullif(diagnosis, 'angina') as l from patients) x",
		"select x.* is null from (select nullif(diagnosis, 'angina') as l from patients where diagnosis > '') x", "select count(distinct x.*) from (select nullif(diagnosis, 'angina') as l from patients) x",
		"select (nullif(diagnosis, 'angina'), null) is null from patients where diagnosis > ''", "select length(nullif(diagnosis, 'angina')) is null from patients where diagnosis > ''",
		"select count(n) from patients p, lateral nullif(p.diagnosis, 'angina') n", "select count(case when diagnosis = 'angina' then p end) from patients p",
		"select (select p from patients p where p.diagnosis = 'no such') is null from patients limit 1", "select char_length(p) is null from patients p where name is not null", "select char_length(diagnosis) is null from patients",
		"select lower(seen) is null from spans",
		"select count(distinct (diagnosis = 'angina')) from patients", "select (case when diagnosis = 'angina' then p end) is null from patients p where diagnosis > ''",
		"select coalesce(p, p) is null from patients p where diagnosis > ''",
	} {
		plain := all(t, f.plain, text)
		for _, row := range all(t, f.governed, text) {
			for _, cell := range row {
				assert.Contains(t, []any{nil, int64(0), false, ""}, cell, text)
			}
		}
		assert.NotEmpty(t, plain, text)
	}
}

// Which rows are equal is asked of their columns, as GROUP BY asks it.
func TestDistinctRowsAreAskedFor(t *testing.T) {
	f := setup(t, nil, present...)
	strict := f.open(&driver.Config{Profile: driver.Strict})
	human := lineage.WithCaller(t.Context(), lineage.Human("ada"))
	text := "select count(distinct p.*) from patients p"
	require.Contains(t, asked(t.Context(), t, f, f.governed, text), "RD10")
	require.Contains(t, asked(human, t, f, strict, text), "!RD10")
	require.NotContains(t, asked(t.Context(), t, f, f.governed, "select count(p.*) from patients p"), "RD10")
	_, err := strict.ExecContext(human, text)
	require.ErrorIs(t, err, guard.ErrDenied)
}

// all gives every cell of a result.
func all(t *testing.T, db *sql.DB, text string) (out [][]any) {
	t.Helper()
	rows, err := db.Query(text)
	require.NoError(t, err, text)
	defer rows.Close()
	cols, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		cells, to := make([]any, len(cols)), make([]any, len(cols))
		for i := range cells {
			to[i] = &cells[i]
		}
		require.NoError(t, rows.Scan(to...), text)
		out = append(out, cells)
	}
	require.NoError(t, rows.Err(), text)
	return out
}
