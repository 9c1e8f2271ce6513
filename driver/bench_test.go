package driver_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// BenchmarkPointSelect runs one query by key on plain pgx and on the governed driver; their ratio is what counts.
func BenchmarkPointSelect(b *testing.B) {
	f := setup(b, &driver.Config{Recorders: nil}, "create table items (id int primary key, label text, price numeric)", "insert into items select i, 'item ' || i, i from generate_series(1, 1000) i")
	governed := open(b, driver.Name, f.dsn)
	for _, way := range []struct {
		name string
		db   *sql.DB
	}{{"pgx", f.plain}, {"governed", governed}} {
		b.Run(way.name, func(b *testing.B) {
			way.db.SetMaxOpenConns(1)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				var label string
				require.NoError(b, way.db.QueryRow("select label from items where id = $1", i%1000+1).Scan(&label))
			}
		})
	}
}

// BenchmarkLimits says what each limit costs on top of a statement that has none.
func BenchmarkLimits(b *testing.B) {
	items := []string{"create table items (id int primary key, label text, price numeric)", "insert into items select i, 'item ' || i, i from generate_series(1, 1000) i"}
	f := setup(b, nil, items...)
	second := time.Second
	for _, way := range []struct {
		name   string
		limits guard.Limits
	}{
		{"none", guard.Limits{}},
		{"timeouts", guard.Limits{StatementTimeout: 30 * second, LockTimeout: 2 * second}},
		{"rows", guard.Limits{Rows: 1000, Bytes: 1 << 20}},
		{"budget", guard.Limits{Budget: guard.Budget{Rows: 1 << 40, Per: time.Hour}}},
		{"cost", guard.Limits{Cost: 1e9}},
		{"written", guard.Limits{AffectedRows: 100}},
	} {
		db := f.open(limited(b, driver.Standard, way.limits))
		db.SetMaxOpenConns(1)
		point := func(b *testing.B, q queryer, i int) {
			var label string
			require.NoError(b, q.QueryRowContext(background, "select label from items where id = $1", i%1000+1).Scan(&label))
		}
		b.Run(way.name+"/select", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				point(b, db, i)
			}
		})
		b.Run(way.name+"/select in a transaction", func(b *testing.B) {
			tx, err := db.Begin()
			require.NoError(b, err)
			defer tx.Rollback()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				point(b, tx, i)
			}
		})
		b.Run(way.name+"/update", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, err := db.Exec("update items set price = 1 where id = $1", i%1000+1)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkSweep says what a trigger costs beside itself: the connection is reset for its next user.
func BenchmarkSweep(b *testing.B) {
	f := setup(b, nil, "create function nothing() returns trigger language plpgsql as $$ begin return new; end $$",
		"create table triggered (id int)", "create trigger t before insert on triggered for each row execute function nothing()")
	f.governed.SetMaxOpenConns(1)
	f.plain.SetMaxOpenConns(1)
	for _, way := range []struct {
		name string
		db   *sql.DB
	}{{"pgx", f.plain}, {"governed", f.governed}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				_, err := way.db.Exec("insert into triggered values (1)")
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkClaims says what it costs to tell the server whom a statement belongs to.
func BenchmarkClaims(b *testing.B) {
	f := setup(b, nil, "create table items (id int primary key, label text, price numeric)", "insert into items select i, 'item ' || i, i from generate_series(1, 1000) i")
	ctx := lineage.WithJob(as(verified("human", "ada", "support", "reader")), lineage.Job{Namespace: "ml", Name: "train", RunID: "r1"})
	for _, way := range []struct {
		name   string
		claims driver.Claims
	}{
		{"without", driver.Claims{}},
		{"with", driver.Claims{On: true}},
		{"role", driver.Claims{On: true, Role: func(lineage.Caller) string { return "postgres" }}},
	} {
		db := f.open(&driver.Config{Claims: way.claims})
		db.SetMaxOpenConns(1)
		point := func(b *testing.B, q queryer, i int) {
			var label string
			require.NoError(b, q.QueryRowContext(ctx, "select label from items where id = $1", i%1000+1).Scan(&label))
		}
		b.Run(way.name+"/select", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				point(b, db, i)
			}
		})
		b.Run(way.name+"/transaction of three", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				tx, err := db.BeginTx(ctx, nil)
				require.NoError(b, err)
				for j := range 3 {
					point(b, tx, i+j)
				}
				require.NoError(b, tx.Commit())
			}
		})
	}
}
