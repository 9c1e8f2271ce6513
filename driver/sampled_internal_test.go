package driver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// Who was asked for what, and when, decides whether it is asked again.
func TestSampledDue(t *testing.T) {
	at := where{Database: "shop", Role: "app"}
	table := func() *lineage.Relation {
		return &lineage.Relation{
			Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table, OID: 7, Rows: 100, Version: "1",
			Columns: []lineage.Column{{Name: "c1", Num: 1, Type: "text", TypeOID: 25}, {Name: "c2", Num: 2, Type: "text", TypeOID: 25}, {Name: "email", Num: 3, Type: "text", TypeOID: 25}},
		}
	}
	now := time.Unix(1e9, 0)
	d := newSampled()
	require.Equal(t, []string{"c1", "c2"}, d.due(at, table(), now))
	fresh := d.keep(at, []*lineage.Relation{table()}, map[columnOf]lineage.Held{
		{7, "c1"}: {Class: "email", Values: 9, Matching: 9}, {7, "email"}: {Class: "phone"}, {8, "c2"}: {Class: "phone"},
	}, now)
	require.Equal(t, []lineage.ColumnID{{Schema: "public", Relation: "t", Column: "c1"}}, fresh)
	require.Nil(t, d.due(at, table(), now.Add(sampleAgain-1)))
	require.Equal(t, []string{"c2"}, d.due(at, table(), now.Add(sampleAgain)), "what was found is found")
	require.Equal(t, []string{"c2"}, d.due(where{Database: "shop", Role: "other"}, table(), now), "another role may see more")
	require.Equal(t, []string{"c1", "c2"}, d.due(where{Database: "other", Role: "app"}, table(), now))
	for name, change := range map[string]func(*lineage.Relation){
		"counted anew":    func(r *lineage.Relation) { r.Rows = 101 },
		"analysed anew":   func(r *lineage.Relation) { r.Analyzed = 1 },
		"defined anew":    func(r *lineage.Relation) { r.Version = "2" },
		"another of that": func(r *lineage.Relation) { r.OID = 8; r.Columns = r.Columns[1:] },
	} {
		r := table()
		change(r)
		require.Equal(t, []string{"c2"}, d.due(at, r, now), name)
	}
	r := table()
	r.Temporary = true
	require.Nil(t, d.due(at, r, now.Add(time.Hour)))

	require.Empty(t, d.keep(at, []*lineage.Relation{table()}, map[columnOf]lineage.Held{{7, "c1"}: {Class: "phone"}}, now), "what was found first stays")
	for name, c := range map[string]struct {
		change func(*lineage.Relation)
		want   string
	}{
		"as it was":    {func(*lineage.Relation) {}, "email"},
		"another name": {func(r *lineage.Relation) { r.Columns[0].Name = "d1" }, ""},
		"another type": {func(r *lineage.Relation) { r.Columns[0].TypeOID = 1043 }, ""},
		"another one":  {func(r *lineage.Relation) { r.Columns[0].Num = 9 }, ""},
		"the OID":      {func(r *lineage.Relation) { r.OID = 8 }, ""},
	} {
		r := table()
		c.change(r)
		d.tell("shop", []*lineage.Relation{r})
		require.Equal(t, c.want, r.Columns[0].Held.Class, name)
	}
	r = table()
	d.tell("other", []*lineage.Relation{r})
	require.Empty(t, r.Columns[0].Held)
}

// A count that has changed is asked for at once, and once more when what it counts is there to see.
func TestSampledSettles(t *testing.T) {
	d, now := newSampled(), time.Unix(1e9, 0)
	table := func(analyzed int64) *lineage.Relation {
		return &lineage.Relation{
			Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table, OID: 7, Analyzed: analyzed,
			Columns: []lineage.Column{{Name: "c1", Num: 1, Type: "text", TypeOID: 25}},
		}
	}
	ask := func(analyzed int64, after time.Duration) bool {
		due := d.due(where{}, table(analyzed), now.Add(after)) != nil
		if due {
			d.keep(where{}, []*lineage.Relation{table(analyzed)}, nil, now.Add(after))
		}
		return due
	}
	require.True(t, ask(0, 0))
	require.False(t, ask(0, sampleSettles), "nothing has changed")
	require.True(t, ask(1, 2*sampleSettles))
	require.False(t, ask(1, 3*sampleSettles-1))
	require.True(t, ask(1, 3*sampleSettles))
	require.False(t, ask(1, 5*sampleSettles))
	d.forget()
	require.True(t, ask(1, 5*sampleSettles))
	(*sampled)(nil).forget()
}

// A samples' memory is bounded: past it, it begins anew.
func TestSampledIsBounded(t *testing.T) {
	d := newSampled()
	for i := range maxRelations + 2 {
		r := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "t"}, Kind: lineage.Table, OID: uint32(i)}
		d.keep(where{}, []*lineage.Relation{r}, nil, time.Time{})
	}
	require.Len(t, d.asked, 1)
}
