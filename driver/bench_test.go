package driver_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
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
