package driver_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// What nobody labelled is looked at: what is found is replaced, the rest stays, and the program is told once.
func TestScanOfUnlabelledText(t *testing.T) {
	var log bytes.Buffer
	f := setup(t, &driver.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
		`create table tickets (id int primary key, body text, code varchar(20), tags text[], extra jsonb, plain int)`,
		`insert into tickets values
			(1, 'please call +49 30 1234567 or write to ada@example.com', '4111 1111 1111 1111', '{a,"bob@example.com"}',
				'{"note": "iban DE89370400440532013000", "customer": {"name": "Ada", "first_name": "Ada", "n": 5}, "card": 4111111111111111, "list": ["x", "eve@example.com"]}', 7),
			(2, 'order ORD-2024-000123, version 1.2.3, 2024-01-02', 'SKU-1', '{b}', '{"a": [1, 2.50, true, null], "b": {"c": "d"}}', 8)`)
	read := func(id int) (body, code, tags, extra string, plain int) {
		t.Helper()
		require.NoError(t, f.governed.QueryRow("select body, code, tags, extra, plain from tickets where id = $1", id).Scan(&body, &code, &tags, &extra, &plain))
		return body, code, tags, extra, plain
	}
	for range 2 {
		body, code, tags, extra, plain := read(1)
		require.Regexp(t, `^please call \[masked\] or write to [a-z2-7]{16}@masked\.invalid$`, body)
		require.Equal(t, "[masked]", code)
		require.Regexp(t, `^\{a,[a-z2-7]{16}@masked\.invalid\}$`, tags)
		require.NotContains(t, extra, "example.com")
		require.NotContains(t, extra, "4111111111111111")
		require.NotContains(t, extra, "DE893704")
		require.NotContains(t, extra, "Ada")
		require.Equal(t, 7, plain)

		body, code, tags, extra, _ = read(2)
		require.Equal(t, "order ORD-2024-000123, version 1.2.3, 2024-01-02", body)
		require.Equal(t, "SKU-1", code)
		require.Equal(t, "{b}", tags)
		require.Equal(t, `{"a": [1, 2.50, true, null], "b": {"c": "d"}}`, extra, "not a byte is changed")
	}
	records := f.records.of(lineage.StatementEvent)
	require.Len(t, records[0].Masked, 4)
	require.Equal(t, "span", records[0].Masked[0].Treatment)
	require.Empty(t, records[1].Masked)
	require.Len(t, records[2].Masked, 4)
	require.Equal(t, 4, bytes.Count(log.Bytes(), []byte("governed.clear=")), log.String())
	require.NotContains(t, log.String(), "ada@")

	// Derived texts are looked at too, and what comes back is refused.
	var derived string
	require.NoError(t, f.governed.QueryRow("select 'x ' || body from tickets where id = 1").Scan(&derived))
	require.NotContains(t, derived, "ada@example.com")
	_, err := f.governed.Exec("update tickets set body = $1 where id = 2", derived)
	require.ErrorIs(t, err, guard.ErrDenied)
	require.Equal(t, 1, f.count("select count(*) from tickets where body like 'order%'"))

	// A grant shows all of it, and so does the switch.
	for _, config := range []*driver.Config{{Clear: []string{"public.tickets.*"}}, {ScanOff: true}} {
		db := f.open(config)
		require.NoError(t, db.QueryRow("select body from tickets where id = 1").Scan(&derived))
		require.Equal(t, "please call +49 30 1234567 or write to ada@example.com", derived)
	}
}
