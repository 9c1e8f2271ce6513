package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Instants come back as plain pgx gives them: before 1970, with fractions, far away, and those that are none.
func TestInstants(t *testing.T) {
	f := setup(t, nil)
	for _, text := range []string{
		"2026-11-22 12:00:00.123456+02", "1969-12-31 23:59:59.999999+00", "2000-01-01 00:00:00+00", "1999-12-31 23:59:59.5+00", "1500-03-01 00:00:00+00", "2499-01-01 00:00:00+00",
		"2600-01-01 00:00:00+00", "4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59+00", "infinity", "-infinity",
	} {
		var want, got any
		require.NoError(t, f.plain.QueryRow("select '"+text+"'::timestamptz").Scan(&want), text)
		require.NoError(t, f.governed.QueryRow("select '"+text+"'::timestamptz").Scan(&got), text)
		require.Equal(t, want, got, text)
	}
}
