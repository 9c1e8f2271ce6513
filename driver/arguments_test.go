package driver_test

import (
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

// Each of these emptied the table by what its arguments are, or by a function of the user's.
func TestArgumentsThatReachEveryRow(t *testing.T) {
	f := setup(t, nil,
		"create table rows (id int primary key, b text not null, n int not null, ok boolean not null, ts timestamptz not null, f float8 not null, j jsonb not null)",
		"insert into rows values (1, 'a', 5, true, now(), 1.5, '{}'), (2, 'b', 6, false, now(), 2.5, '{}')",
		"create function f_true(int) returns boolean language sql as 'select true'", "create function f_id(int) returns int language sql as 'select $1'",
	)
	for _, c := range []struct {
		where string
		args  []any
	}{
		{"id::int::bool", nil},
		{"f_true(id)", nil},
		{"f_id(id) = id", nil},
		{"'(,)'::int4range @> id", nil},
		{"sin(id) <= 1", nil},
		{"hashint4(id) is not null", nil},
		{"pg_typeof(id) is not null", nil},
		{"format('%s', id) <> ''", nil},
		{"jsonb_path_exists(j, '$')", nil},
		{"isfinite(ts)", nil},
		{"id = any (coalesce($1::int[], array[id]))", []any{nil}},
		{"position($1 in b) > 0", []any{""}},
		{"regexp_match(b, $1) is not null", []any{""}},
		{"b like replace($1, 'x', '%')", []any{"x"}},
		{"id = id + $1", []any{0}},
		{"id * $1 = 0", []any{0}},
		{"id % $1 = 0", []any{1}},
		{"left(b, $1) = ''", []any{0}},
		{"substr(b, 1, $1) = ''", []any{0}},
		{"int4range($1, $2) @> id", []any{nil, nil}},
		{"id = $1 or id <> $2", []any{1, 1}},
		{"id > $1 or id <= $2", []any{1, 1}},
		{"ok = $1 or ok = $2", []any{true, false}},
		{"ts < $1", []any{"infinity"}},
		{"ts < $1", []any{pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}}},
		{"f <= $1", []any{math.NaN()}},
		{"f > $1", []any{math.Inf(-1)}},
		{"n > $1", []any{math.MinInt32}},
		{"id < $1::float8", []any{math.Inf(1)}},
		{"least(id, $1) = $1", []any{-5}},
		{"greatest(id, $1) >= $1", []any{5}},
		{"length(b) > $1", []any{-1}},
		{"ctid >= $1", []any{"(0,0)"}},
		{"id > $1", []any{-9}},
	} {
		_, err := f.governed.Exec("delete from rows where "+c.where, c.args...)
		require.ErrorIs(t, err, guard.ErrDenied, "%s %v", c.where, c.args)
		require.Equal(t, 2, f.count("select count(*) from rows"), c.where)
	}
	_, err := f.governed.Exec("delete from rows where n > $1 and b <> $2", 5, "zz")
	require.NoError(t, err)
	require.Equal(t, 1, f.count("select count(*) from rows"))
}
