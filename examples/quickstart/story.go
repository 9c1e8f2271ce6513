package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

const customers = `select id, name, email, phone, birth_date, city from shop_demo.customers order by id limit 3`

// tell tells the story in four parts.
func tell(ctx context.Context, out *screen, plain, governed *sql.DB, spans *tracetest.InMemoryExporter) error {
	parts := []func() error{
		func() error { return maskedPart(ctx, out, plain, governed) },
		func() error { return refusedPart(ctx, out, plain, governed) },
		func() error { return ordinaryPart(ctx, out, governed) },
		func() error { return lineagePart(ctx, out, governed, spans) },
	}
	for _, part := range parts {
		if err := part(); err != nil {
			return err
		}
	}
	out.line("")
	out.line("Next: README.md, and go doc github.com/governedsql/governed")
	return nil
}

// ledgerPart reads back what was written down of the story.
func ledgerPart(ctx context.Context, out *screen, dir string) error {
	out.heading("5. The ledger of it all, as a stranger checks it")
	report, err := ledger.Verify(ctx, dir, ledger.VerifyConfig{})
	if err != nil {
		return err
	}
	out.ok(fmt.Sprintf("%d records, every byte of every file checked", report.Records))
	out.code("go run ./cmd/governed verify -ledger " + dir)
	out.code("go run ./cmd/governed audit -ledger " + dir + " -model churn@7")
	return nil
}

// maskedPart runs one query on both drivers.
func maskedPart(ctx context.Context, out *screen, plain, governed *sql.DB) error {
	out.heading("1. The same query, one word apart in sql.Open")
	out.code(customers)
	for _, way := range []struct {
		driver string
		db     *sql.DB
	}{{"pgx", plain}, {"governed-postgres", governed}} {
		out.line("")
		out.line("   sql.Open(" + out.bold(fmt.Sprintf("%q", way.driver)) + ", dsn)")
		if err := out.query(ctx, way.db, customers); err != nil {
			return err
		}
	}
	out.note("Nothing was configured. A service that may read its own e-mail addresses says so once, in its DSN:")
	out.note("governed.clear=shop_demo.customers.email")
	return nil
}

// refusedPart tries what nobody should.
func refusedPart(ctx context.Context, out *screen, plain, governed *sql.DB) error {
	out.heading("2. What must not happen does not reach the server")
	for _, text := range []string{
		"DROP TABLE shop_demo.orders CASCADE",
		"DELETE FROM shop_demo.order_items -- where order_id = 17",
	} {
		out.line("")
		out.code(text)
		_, err := governed.ExecContext(ctx, text)
		var denied *guard.DeniedError
		if !errors.As(err, &denied) {
			return fmt.Errorf("%q was not refused: %v", text, err)
		}
		out.refusal(denied)
	}
	var orders, items int
	if err := plain.QueryRowContext(ctx, `select (select count(*) from shop_demo.orders), (select count(*) from shop_demo.order_items)`).Scan(&orders, &items); err != nil {
		return err
	}
	out.note(fmt.Sprintf("Asked on a plain connection: %d orders and %d order items are all still there.", orders, items))
	return nil
}

// ordinaryPart does what an application does all day.
func ordinaryPart(ctx context.Context, out *screen, governed *sql.DB) error {
	out.heading("3. An application's ordinary work is untouched")
	ctx = lineage.WithCaller(ctx, lineage.Service("checkout"))
	tx, err := governed.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var order int64
	err = tx.QueryRowContext(ctx, `insert into shop_demo.orders (customer_id, status, placed_at) values ($1, 'new', now()) returning id`, 1).Scan(&order)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into shop_demo.order_items (order_id, line, product_id, quantity, unit_price)
		select $1, 1, id, 2, price from shop_demo.products where id = $2`, order, 7)
	if err != nil {
		return err
	}
	var total string
	err = tx.QueryRowContext(ctx, `with lines as (select quantity * unit_price as amount from shop_demo.order_items where order_id = $1)
		select sum(amount) from lines`, order).Scan(&total)
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	out.ok("a transaction with INSERT ... RETURNING, INSERT ... SELECT and a CTE")
	out.ok(fmt.Sprintf("order %d placed by service checkout, total %s", order, total))
	return nil
}

// lineagePart lets an agent feed a model, and draws what the spans say of it.
func lineagePart(ctx context.Context, out *screen, governed *sql.DB, spans *tracetest.InMemoryExporter) error {
	out.heading("4. Where did that data go? From the spans of an agent's query:")
	ctx = lineage.WithCaller(ctx, lineage.Agent("feature-builder", lineage.Human("ada")))
	ctx = lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "churn-train", RunID: "0193a5f1-7a10-7c3e-9f43-1d2c6f0a9b11", Model: "churn@7"})
	ctx = lineage.WithPurpose(ctx, "model-training")
	spans.Reset()
	const features = `select c.id, c.country, c.email, sum(i.quantity * i.unit_price) as spent
from shop_demo.customers c
join shop_demo.orders o on o.customer_id = c.id
join shop_demo.order_items i on i.order_id = o.id
group by c.id order by c.id limit 2`
	out.code(features)
	out.line("")
	if err := out.query(ctx, governed, features); err != nil {
		return err
	}
	return out.tree(spans.GetSpans())
}
