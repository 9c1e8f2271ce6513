// Command quickstart shows what changes when a program opens governed-postgres instead of pgx: the same query masked,
// two disasters refused, ordinary work as before, and the lineage of it all from the spans that were really emitted.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -ledger DIR
//
// It uses the database of DATABASE_URL, or a private PostgreSQL that it starts and removes.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"strings"
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
	dir := flag.String("ledger", "", "keep a ledger in this directory; governed verify and governed audit read it")
	flag.Parse()
	if err := run(ctx, newScreen(os.Stdout), *dir); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run finds a server, fills the shop, tells the story, and leaves nothing behind.
func run(ctx context.Context, out *screen, dir string) (err error) {
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

	governed, err := sql.Open("governed-postgres", withLedger(dsn, dir))
	if err != nil {
		return err
	}
	if err := tell(ctx, out, plain, governed, spans); err != nil {
		return errors.Join(err, governed.Close())
	}
	if err := governed.Close(); err != nil || dir == "" {
		return err
	}
	return ledgerPart(ctx, out, dir)
}

// withLedger asks for a ledger in the data source name, in either of its forms.
func withLedger(dsn, dir string) string {
	u, err := url.Parse(dsn)
	switch {
	case dir == "":
		return dsn
	case err != nil || u.Scheme == "":
		return dsn + " governed.ledger='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(dir) + "'"
	}
	q := u.Query()
	q.Set("governed.ledger", dir)
	u.RawQuery = q.Encode()
	return u.String()
}
