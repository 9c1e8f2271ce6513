package ledger_test

import (
	"context"
	"fmt"
	"path/filepath"
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
