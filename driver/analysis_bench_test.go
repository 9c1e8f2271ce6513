package driver

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

// BenchmarkCachedAnalysis is what a statement costs whose analysis is known: a look-up.
func BenchmarkCachedAnalysis(b *testing.B) {
	dsn := pgtest.New(b, "create table items (id int primary key, label text)")
	made, err := NewConnector(dsn, nil)
	require.NoError(b, err)
	c := made.(*connector)
	s := &session{g: c.g}
	require.NoError(b, c.connect(context.Background(), s))
	defer s.conn.std.Close()
	const text = "select label from items where id = $1"
	now := time.Now()
	_, err = s.analysis(context.Background(), text, now, false)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.analysis(context.Background(), text, now, false); err != nil {
			b.Fatal(err)
		}
	}
}
