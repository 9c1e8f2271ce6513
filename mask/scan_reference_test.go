package mask

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// What has no more than the shape of a telephone or of an address is shown in a column that is named for references, from the first
// value on; what has check digits, and what is written with a plus, is judged by its column.
func TestScanOfNamedReferences(t *testing.T) {
	m, err := New(Config{Key: []byte("0123456789abcdef")})
	require.NoError(t, err)
	shown := func(column string, stored bool, text string) bool {
		c := Column{scan: true, texts: true, scanned: []lineage.ColumnID{{Schema: "public", Relation: "orders", Column: column}}}
		c.stored = stored
		return m.Scan(c, Field{TypeOID: 25}).Printed(text) == text
	}
	for _, column := range []string{"order_no", "awb", "invoice_no", "tracking_number", "customer_order_ref", "sku"} {
		for _, text := range []string{"415-555-2671", "6123 4567", "203.0.113.7", "030 1234567"} {
			require.True(t, shown(column, true, text), "%s %s", column, text)
			require.False(t, shown(column, false, text), "of an expression nobody knows: %s %s", column, text)
		}
		require.False(t, shown(column, true, "+49 30 1234567"), column)
		require.False(t, shown(column, true, "call 415-555-2671"), column)
		require.False(t, shown(column, true, "ada@example.com"), column)
	}
	for _, column := range []string{"order_contact", "note", "asset_host", "stock_source"} {
		require.Equal(t, refers(column), shown(column, true, "415-555-2671"), "one alone: %s", column)
	}
	for name, want := range map[string]bool{"order_no": true, "orderNo": true, "part_number": true, "order_id": true, "order_ref": true, "ref": false, "payment_ref": false, "order_contact": false, "asset_ip": false, "customer_id": false, "no": false} {
		require.Equal(t, want, meansReference(name), name)
	}
}
