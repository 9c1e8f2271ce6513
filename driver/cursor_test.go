package driver_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// texts reads a result as text.
func texts(t *testing.T, db queryer, text string, args ...any) ([][]string, error) {
	t.Helper()
	rows, err := db.QueryContext(background, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	var out [][]string
	for rows.Next() {
		row, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(t, rows.Scan(into...))
		list := make([]string, len(row))
		for i := range row {
			list[i] = row[i].String
		}
		out = append(out, list)
	}
	return out, rows.Err()
}

func do(t *testing.T, db queryer, list ...string) {
	t.Helper()
	for _, text := range list {
		_, err := db.ExecContext(background, text)
		require.NoError(t, err, text)
	}
}

func TestCursor(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	do(t, tx, "declare c scroll cursor for select id, v from a order by id")
	rows, err := texts(t, tx, "fetch 2 from c")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1", "v1"}, {"2", "v2"}}, rows)
	do(t, tx, "move 3 from c")
	rows, err = texts(t, tx, "fetch next from c")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"6", "v6"}}, rows)
	// The text has been sent before; the cursor of that name is another one.
	do(t, tx, "close c", `declare "C" cursor for select 1`, "declare c cursor for select tries, run_at is null, kind from jobs where id = 3")
	rows, err = texts(t, tx, "fetch 2 from c")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"0", "false", "k3"}}, rows)
	st, err := tx.Prepare("fetch backward 1 from \"C\"")
	require.NoError(t, err)
	_, err = st.Exec()
	require.ErrorContains(t, err, "55000", "the server's own: it does not scroll")
	require.NoError(t, tx.Rollback())
}

// What FETCH shows is masked as a SELECT would be.
func TestCursorIsMasked(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	query := "select id, email, upper(name), salary, birth_date, note from people"
	want, err := texts(t, tx, query)
	require.NoError(t, err)
	do(t, tx, "declare c scroll cursor for "+query)
	got, err := texts(t, tx, "fetch all from c")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NotContains(t, got[0], u1)
	st, err := tx.Prepare("fetch absolute 1 from c")
	require.NoError(t, err)
	row := st.QueryRow()
	var id int
	var email, name, salary, birth, note sql.NullString
	require.NoError(t, row.Scan(&id, &email, &name, &salary, &birth, &note))
	require.Equal(t, want[0][1], email.String)
	list := f.records.of(lineage.StatementEvent)
	require.NotEmpty(t, list[len(list)-1].Masked)
}

func TestCursorThatNobodyKnows(t *testing.T) {
	long := strings.Repeat("x", 63)
	for name, c := range map[string]struct {
		before []string
		fetch  string
	}{
		"never declared":         {nil, "fetch 1 from c"},
		"another name":           {[]string{"declare c cursor for select 1"}, `fetch 1 from "C"`},
		"closed":                 {[]string{"declare c cursor for select 1", "close c"}, "fetch 1 from c"},
		"all closed":             {[]string{"declare c cursor for select 1", "close all"}, "fetch 1 from c"},
		"closed by a long name":  {[]string{"declare " + long + "a cursor for select 1", "close " + long + "b"}, "fetch 1 from " + long},
		"rolled back":            {[]string{"savepoint s", "declare c cursor for select 1", "rollback to s"}, "fetch 1 from c"},
		"rolled back and before": {[]string{"declare c cursor for select 1", "savepoint s", "rollback to s"}, "fetch 1 from c"},
		"after a body":           {[]string{"declare c cursor for select 1", "select reopen()"}, "fetch 1 from c"},
		"of a function":          {[]string{"select opens()"}, "fetch 1 from f"},
		"move":                   {nil, "move 1 from c"},
	} {
		t.Run(name, func(t *testing.T) {
			f := setup(t, nil, append([]string{
				"create function opens() returns refcursor language plpgsql as $$ declare f refcursor := 'f'; begin open f for select email from people; return f; end $$",
				"create function reopen() returns void language plpgsql as $$ declare c refcursor := 'c'; begin close c; open c for select email from people; end $$",
			}, work...)...)
			tx, err := f.governed.Begin()
			require.NoError(t, err)
			defer tx.Rollback()
			for _, text := range c.before {
				_, err := tx.Exec(text)
				require.NoError(t, err, text)
			}
			_, err = drain(tx, c.fetch)
			require.ErrorIs(t, err, guard.ErrDenied)
			require.Equal(t, 20, scanInt(t, tx, "select count(*) from a"))
		})
	}
}

func TestCursorOfAFailedDeclaration(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	do(t, tx, "declare c cursor for select id from a", "savepoint s")
	_, err = tx.Exec("declare c cursor for select email from people")
	require.ErrorContains(t, err, "42P03")
	do(t, tx, "rollback to s")
	_, err = drain(tx, "fetch 1 from c")
	require.ErrorIs(t, err, guard.ErrDenied)
}

// A cursor belongs to the caller that declared it: the masks of another are others.
func TestCursorOfAnotherCaller(t *testing.T) {
	f := setup(t, nil, work...)
	tx, err := f.governed.BeginTx(background, nil)
	require.NoError(t, err)
	defer tx.Rollback()
	ada := lineage.WithCaller(background, lineage.Human("ada"))
	_, err = tx.ExecContext(ada, "declare c cursor for select id from a")
	require.NoError(t, err)
	_, err = drain(tx, "fetch 1 from c")
	require.ErrorIs(t, err, guard.ErrDenied)
	var id int
	require.NoError(t, tx.QueryRowContext(ada, "fetch 1 from c").Scan(&id))
}

func TestCursorUnderLimits(t *testing.T) {
	limits := timeoutLimits
	limits.Rows, limits.AffectedRows = 10, 10
	f := setup(t, limited(t, driver.Standard, limits), work...)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	do(t, tx, "declare c scroll cursor for select id, v from a order by id")
	rows, err := texts(t, tx, "fetch 2 from c")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1", "v1"}, {"2", "v2"}}, rows)
	_, err = drain(tx, "fetch 15 from c")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.Equal(t, 20, scanInt(t, tx, "select count(*) from a"))
}

func TestTransactionIsFollowed(t *testing.T) {
	f := setup(t, &driver.Config{Profile: driver.Migration}, work...)
	reasons := func() string {
		list := f.records.of(lineage.StatementEvent)
		return messages(list[len(list)-1])
	}
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	do(t, tx, "create table fresh (id int)")
	do(t, tx, "create index on fresh (id)")
	require.NotContains(t, reasons(), "DD13", "nobody else sees the table")
	do(t, tx, "alter table fresh add column v text")
	do(t, tx, "insert into fresh values (1)")
	require.NotContains(t, reasons(), "DD17")
	do(t, tx, "alter table a add column w text")
	do(t, tx, "insert into fresh values (2)")
	require.Contains(t, reasons(), "DD17")
	do(t, tx, "create table if not exists b (id int)")
	do(t, tx, "create index on b (v)")
	require.Contains(t, reasons(), "DD13", "it was there")
	require.NoError(t, tx.Commit())
	do(t, f.governed, "create index on fresh (v)")
	require.Contains(t, reasons(), "DD13", "now everybody sees it")

	tx, err = f.governed.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	do(t, tx, "insert into fresh values (3)")
	require.NotContains(t, reasons(), "DD17")
	do(t, tx, "savepoint s", "create table newer (id int)", "rollback to s", "create table if not exists newer (id int)", "create index on newer (id)")
	require.Contains(t, reasons(), "DD13", "forgotten with the savepoint")
}
