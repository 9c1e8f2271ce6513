package shop_test

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/internal/shop"
)

var tables = []string{
	"customers", "products", "orders", "order_items", "payments", "support_tickets", "api_clients",
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", pgtest.New(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// value reads the one value that query returns.
func value[T any](t *testing.T, db *sql.DB, query string) (v T) {
	t.Helper()
	require.NoError(t, db.QueryRow(query).Scan(&v), query)
	return v
}

// digest is a fingerprint of a table's whole content, types included.
func digest(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	return value[string](t, db, `select md5(string_agg(r::text, e'\n' order by r)) from shop_demo.`+table+` r`)
}

func filled(t *testing.T) *sql.DB {
	t.Helper()
	db := open(t)
	require.NoError(t, shop.Fill(context.Background(), db))
	return db
}

func TestFillIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first, second := filled(t), filled(t)
	for _, table := range tables {
		require.Equal(t, digest(t, first, table), digest(t, second, table), table)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	db := filled(t)
	require.Equal(t, 200, value[int](t, db, `select count(*) from shop_demo.customers`))
	require.Equal(t, 600, value[int](t, db, `select count(*) from shop_demo.orders`))
	require.ElementsMatch(t, tables, made(t, db))
	for what, query := range map[string]string{
		"an empty table": `select 0 = any (array[
			(select count(*) from shop_demo.products), (select count(*) from shop_demo.order_items),
			(select count(*) from shop_demo.payments), (select count(*) from shop_demo.support_tickets),
			(select count(*) from shop_demo.api_clients)])`,
		"an order before its customer": `select exists (select from shop_demo.orders o
			join shop_demo.customers c on c.id = o.customer_id where o.placed_at < c.created_at)`,
		"a payment of another amount": `select exists (select from shop_demo.payments p where amount <>
			(select sum(quantity * unit_price) from shop_demo.order_items i where i.order_id = p.order_id))`,
		"a payment with neither or both": `select exists (select from shop_demo.payments
			where (card_number is null) = (iban is null))`,
		"a real domain": `select exists (select from shop_demo.customers
			where email !~ '^[a-z.0-9''-]+@example\.(com|org|net)$')`,
		"an IBAN of the wrong shape": `select exists (select from shop_demo.payments
			where iban !~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{14,18}$')`,
	} {
		require.False(t, value[bool](t, db, query), what)
	}
	for what, query := range map[string]string{
		"tickets mention mail addresses": `select exists (select from shop_demo.support_tickets t
			join shop_demo.customers c on c.id = t.customer_id where strpos(t.body, c.email) > 0)`,
		"some have no phone": `select exists (select from shop_demo.customers where phone is null)`,
	} {
		require.True(t, value[bool](t, db, query), what)
	}
}

func TestFillTwiceFails(t *testing.T) {
	t.Parallel()
	db := filled(t)
	before := digest(t, db, "orders")
	require.ErrorContains(t, shop.Fill(context.Background(), db), "already exists")
	require.Equal(t, before, digest(t, db, "orders"))
}

func TestDrop(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), open(t)
	require.NoError(t, shop.Drop(ctx, db), "nothing to drop")
	for range 2 {
		require.NoError(t, shop.Fill(ctx, db))
		require.NoError(t, shop.Drop(ctx, db))
	}
	require.Empty(t, made(t, db))
	require.False(t, value[bool](t, db, `select exists (select from pg_namespace where nspname = 'shop_demo')`))
}

// made lists the tables outside the server's own schemas.
func made(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query(`select tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`)
	require.NoError(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	return names
}
