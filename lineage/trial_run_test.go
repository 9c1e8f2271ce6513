package lineage

import (
	"math"
	"strings"
	"testing"
	"time"
)

var past = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// TestArgumentsThatLetEverythingThrough: by its form each of these bounds something; with the first list of arguments it
// holds of any row, with the second it does not.
func TestArgumentsThatLetEverythingThrough(t *testing.T) {
	for _, c := range []struct {
		condition    string
		always, some []any
	}{
		{"id = any (coalesce($1::int[], array[id]))", []any{nil}, []any{"{1,2}"}},
		{"position($1 in v) > 0", []any{""}, []any{"x"}},
		{"strpos(v, $1) > 0", []any{""}, []any{"x"}},
		{"regexp_match(v, $1) is not null", []any{""}, []any{"x+"}},
		{"v like replace($1, 'x', '%')", []any{"x"}, []any{"axb"}},
		{"id = id + $1", []any{int64(0)}, []any{int64(1)}},
		{"id * $1 = 0", []any{0}, []any{1}},
		{"id & $1 = 0", []any{0}, []any{1}},
		{"id % $1 = 0", []any{1}, []any{3}},
		{"left(v, $1) = ''", []any{0}, []any{1}},
		{"substr(v, 1, $1) = ''", []any{0}, []any{2}},
		{"int4range($1, $2) @> id", []any{nil, nil}, []any{1, 5}},
		{"$1::int4range @> id", []any{"(,)"}, []any{"[1,5)"}},
		{"id <@ $1::int4range", []any{"[0,)"}, []any{"[1,)"}},
		{"id = $1 or id <> $2", []any{5, 5}, []any{5, 6}},
		{"id = $1 or not id = $2", []any{5, "5"}, nil},
		{"id > $1 or id <= $2", []any{5, 5}, []any{7, 5}},
		{"n >= $1 or n < $2", []any{5, 6}, []any{6, 5}},
		{"not (n < $1 and n >= $2)", []any{5, 5}, []any{9, 5}},
		{"ok = $1 or ok = $2", []any{true, false}, []any{true, true}},
		{"ok = $1 or ok = $2", []any{"t", "f"}, []any{"t", "t"}},
		{"deleted_at < $1", []any{"infinity"}, []any{past}},
		{"deleted_at > $1", []any{"-infinity"}, []any{"2020-01-01"}},
		{"deleted_at < $1::timestamptz", []any{"infinity"}, []any{"2020-01-01"}},
		{"deleted_at between $1 and $2", []any{"-infinity", "infinity"}, []any{past, "infinity"}},
		{"id < $1::float8", []any{math.Inf(1)}, []any{9.5}},
		{"id < $1::float8", []any{"Infinity"}, []any{"9.5"}},
		{"n::float8 <= $1", []any{math.NaN()}, []any{1.5}},
		{"n::float8 > $1", []any{math.Inf(-1)}, []any{1.5}},
		{"id > $1", []any{-9}, []any{9}},
		{"n > $1", []any{math.MinInt32}, []any{-3}},
		{"n < $1", []any{math.MaxInt32}, []any{100}},
		{"least(id, $1) = $1", []any{-5}, []any{5}},
		{"greatest(id, $1) >= $1", []any{5}, nil},
		{"length(v) > $1", []any{-1}, []any{3}},
		{"ctid >= $1", []any{"(0,0)"}, []any{"(5,1)"}},
		{"ctid > $1", []any{"(0,0)"}, []any{"(5,1)"}},
		{"format($1, v) <> ''", []any{"x%s"}, nil},
		{"jsonb_path_exists(j, $1)", []any{"$"}, []any{"$.a"}},
		{"f_id(id) = id + $1", []any{0}, []any{1}},
		{"case when n > $1 then true else n <= $1 end", []any{5}, nil},
		{"merge into t using s on t.id > $1 when matched then delete", []any{-9}, []any{9}},
		{"v <> $1", nil, []any{"x"}},
		{"v <> lower($1)", nil, []any{"ABC"}},
		{"v not like $1", nil, []any{"%foo%"}},
		{"v !~ $1", nil, []any{"^a+b[0-9]$"}},
		{"n <> $1 + 1", nil, []any{41}},
		{"n <> $1", nil, []any{"77"}},
		{"n <> all ($1)", nil, []any{[]int64{4, 5}}},
		{"not n = any ($1)", nil, []any{[]int32{4, 5}}},
		{"n not in ($1, $2)", nil, []any{40, 50}},
		{"deleted_at <> $1", nil, []any{past}},
		{"deleted_at >= $1 and deleted_at < $2", nil, []any{past, past.AddDate(1, 0, 0)}},
		{"n > $1 or n < $2", nil, []any{10, -10}},
		{"v = $1 or state = $2", nil, []any{"a", "b"}},
		{"state = $1 or deleted_at < $2", nil, []any{"done", past}},
		{"id >= $1 and id < $2", nil, []any{0, 1000}},
		{"length(v) > $1", nil, []any{0}},
		{"id > $1", nil, []any{0}},
		{"ok = $1", nil, []any{false}},
		{"ok <> $1", nil, []any{true}},
		{"n > $1", nil, []any{nil}},
	} {
		p := bound(t, c.condition)
		check := func(list []any, want bool) {
			if list == nil {
				return
			}
			got := p.Truth(func(n int) (any, bool) { return list[n-1], true })
			if (got == Always) != want {
				t.Errorf("%s with %v: %v", c.condition, list, got)
			}
			if !p.NeedsArgs() && p.Truth(nil) != got {
				t.Errorf("%s: the arguments matter, and NeedsArgs says no", c.condition)
			}
		}
		check(c.always, true)
		check(c.some, false)
	}
}

// TestTrialsWithArgumentsEnd: a text that was made to take long at each execution is refused soon.
func TestTrialsWithArgumentsEnd(t *testing.T) {
	p := bound(t, "n > $1 or "+strings.Repeat("length(v || v || v || v) > $1 or ", 2000)+"n <= $1")
	if got := p.Truth(func(int) (any, bool) { return int64(5), true }); got != Always {
		t.Errorf("%v", got)
	}
}

func BenchmarkTruth(b *testing.B) {
	for _, c := range []struct {
		condition string
		args      []any
	}{
		{"id = $1", []any{int64(7)}},
		{"n > $1", []any{int64(7)}},
		{"n > $1 and v <> $2", []any{int64(7), "x"}},
		{"deleted_at < $1", []any{past}},
		{"v like $1 || '%'", []any{"x"}},
		{"id = $1 or n = $2", []any{int64(7), int64(8)}},
		{"n <> $1", []any{int64(7)}},
	} {
		b.Run(c.condition, func(b *testing.B) {
			list, err := AnalyzeText("DELETE FROM t WHERE "+c.condition, hostileCatalog())
			if err != nil {
				b.Fatal(err)
			}
			p := list[0].Effects[0].Where
			args := func(n int) (any, bool) { return c.args[n-1], true }
			b.ReportAllocs()
			for b.Loop() {
				if p.Truth(args) != Bounds {
					b.Fatal("refused")
				}
			}
		})
	}
}
