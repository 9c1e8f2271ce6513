package ledger_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// BenchmarkStatement is an intent that is waited for and its outcome, at 1, 16 and 64 callers at once.
func BenchmarkStatement(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			l, err := ledger.Open(ledger.Config{Dir: filepath.Join(b.TempDir(), "log"), Origin: "example.org/bench"})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			work := make(chan struct{}, callers)
			for range callers {
				work <- struct{}{}
			}
			b.ReportAllocs()
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					<-work
					r := typical()
					r.Digests, _ = l.Digests(r.Start, r.Statement.SQL, []any{17, "x"})
					ctx, err := l.Begin(context.Background(), r)
					if err != nil {
						b.Error(err)
						return
					}
					r.Sent, r.End = true, time.Now()
					l.End(ctx, r)
					work <- struct{}{}
				}
			})
		})
	}
}

func typical() *lineage.Record {
	r := statement("select id, label, price from items where id = $1 and shop = $2")
	r.Arguments = []string{"int", "string"}
	r.Job = lineage.Job{Namespace: "ml", Name: "train", RunID: "0193a5f1-7a10-7c3e-9f43-1d2c6f0a9b11", Model: "churn@7"}
	items := lineage.Relation{Name: lineage.Name{Schema: "public", Name: "items"}}
	r.Statement.Relations = []lineage.RelationUse{{Relation: items, Access: lineage.Reads, Columns: []string{"id", "label", "price", "shop"}}}
	return r
}

// million is a log of a million records: 500,000 statements of 50 callers on 40 tables, with their outcomes.
func million(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "log")
	l, err := ledger.Open(ledger.Config{Dir: dir, Origin: "example.org/million"})
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	for w := range 50 {
		all.Go(func() {
			for i := range 10_000 {
				r := typical()
				r.Caller = lineage.Agent(fmt.Sprintf("bot-%d", w%7), lineage.Human(fmt.Sprintf("user-%d", w)))
				r.Statement.Relations[0].Relation.Name.Name = fmt.Sprintf("items_%d", i%40)
				r.Job.Model = fmt.Sprintf("churn@%d", i%500)
				r.Digests, _ = l.Digests(r.Start, r.Statement.SQL, []any{i, "x"})
				ctx, err := l.Begin(context.Background(), r)
				if err != nil {
					b.Error(err)
					return
				}
				r.Sent, r.End = true, time.Now()
				l.End(ctx, r)
			}
		})
	}
	all.Wait()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkMillion asks a log of a million records the questions of the README, and verifies it.
func BenchmarkMillion(b *testing.B) {
	dir := million(b)
	for _, q := range []struct {
		name   string
		filter ledger.Filter
	}{
		{"caller", ledger.Filter{Caller: "user-17"}},
		{"dataset", ledger.Filter{Dataset: "public.items_3"}},
		{"model", ledger.Filter{Model: "churn@499"}},
		{"denied", ledger.Filter{Decision: "deny"}},
		{"unknown", ledger.Filter{Unknown: true}},
		{"newest 100", ledger.Filter{Newest: 100}},
		{"all", ledger.Filter{}},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				n := 0
				if err := ledger.Query(context.Background(), dir, q.filter, func(*ledger.Story) error { n++; return nil }); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(n), "statements")
			}
		})
	}
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			r, err := ledger.Verify(context.Background(), dir, ledger.VerifyConfig{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(r.Records), "records")
		}
	})
}
