// Command quickstart shows what changes when a program opens governed-postgres instead of pgx: the same query masked,
// two disasters refused, ordinary work as before, and the lineage of it all from the spans that were really emitted.
//
//	go run ./examples/quickstart
//
// It uses the database of DATABASE_URL, or a private PostgreSQL that it starts and removes.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	_ "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/shop"
)

func main() {
	// A reader who has seen enough (a pipe into head) must not keep the shop from being cleared away.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, newScreen(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run finds a server, fills the shop, tells the story, and leaves nothing behind.
func run(ctx context.Context, out *screen) (err error) {
	dsn, stop, err := server(ctx, out)
	if err != nil {
		return err
	}
	defer stop()

	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	otel.SetTracerProvider(provider)
	// The story itself says what is masked and how to show it; a program would keep the warnings.
	slog.SetDefault(slog.New(slog.DiscardHandler))

	plain, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer plain.Close()
	out.progress("filling a small shop")
	if err := shop.Fill(ctx, plain); err != nil {
		return fmt.Errorf("%w (nothing was left; a schema %s that is there already is not touched)", err, shop.Schema)
	}
	// Out of the context of the story: also after Ctrl-C the shop has to go.
	defer func() { err = errors.Join(err, shop.Drop(context.WithoutCancel(ctx), plain)) }()

	governed, err := sql.Open("governed-postgres", dsn)
	if err != nil {
		return err
	}
	defer governed.Close()
	return tell(ctx, out, plain, governed, spans)
}
