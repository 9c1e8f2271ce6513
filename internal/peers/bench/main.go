package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/XSAM/otelsql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	_ "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
)

func main() {
	rounds := flag.Int("rounds", 7, "rounds of each case; the median counts")
	only := flag.String("run", "", "a regular expression: the cases to run")
	ledger := flag.String("ledger", "", "measure with and without a ledger in a new directory below this one, instead")
	flag.Parse()
	if *ledger != "" {
		slog.SetDefault(slog.New(slog.DiscardHandler))
		dir, err := os.MkdirTemp(*ledger, "bench")
		if err == nil {
			err = errors.Join(ledgers(context.Background(), *rounds, dir), os.RemoveAll(dir))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(context.Background(), *rounds, regexp.MustCompile(*only)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// peer is one way to the same database. The first of a table is what the others are held against.
type peer struct {
	name string
	db   *sql.DB
}

func run(ctx context.Context, rounds int, only *regexp.Regexp) error {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	server, err := pgtest.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Close()
	dsn := server.DSN("postgres")
	plain, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer plain.Close()
	fmt.Println("filling two tables of 1,000,000 rows")
	if _, err := plain.ExecContext(ctx, setup); err != nil {
		return err
	}
	governed, err := sql.Open("governed-postgres", dsn)
	if err != nil {
		return err
	}
	defer governed.Close()
	unmasked, err := sql.Open("governed-postgres", dsn+"&governed.mask=off")
	if err != nil {
		return err
	}
	defer unmasked.Close()
	peers := []peer{{"pgx", plain}, {"governed", governed}, {"masks off", unmasked}}

	fmt.Println("\nNo OpenTelemetry SDK (spans are not sampled):")
	if err := table(ctx, peers, rounds, only); err != nil {
		return err
	}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithBatcher(discard{})))
	traced, err := otelsql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer traced.Close()
	fmt.Println("\nEvery span sampled (SDK with a batch processor and an exporter that discards):")
	return table(ctx, append(peers[:2:2], peer{"otelsql", traced}), rounds, only)
}

// table measures all cases for all peers, in turns.
func table(ctx context.Context, peers []peer, rounds int, only *regexp.Regexp) error {
	fmt.Printf("%-31s %-10s %10s %10s %12s %12s\n", "case", "peer", "wall us/op", "CPU us/op", "wall / pgx", "CPU / pgx")
	for _, c := range cases() {
		if !only.MatchString(c.name) {
			continue
		}
		wall, cpu := make([][]float64, len(peers)), make([][]float64, len(peers))
		for round := range rounds + 1 { // the first one warms up and does not count
			for i, p := range peers {
				p.db.SetMaxOpenConns(1)
				w, u, err := measure(ctx, c, p.db)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", c.name, p.name, err)
				}
				if round > 0 {
					wall[i], cpu[i] = append(wall[i], w), append(cpu[i], u)
				}
			}
		}
		for i, p := range peers {
			fmt.Printf("%-31s %-10s %10.1f %10.1f %12.2f %12.2f\n", c.name, p.name, median(wall[i]), median(cpu[i]),
				paired(wall[i], wall[0]), paired(cpu[i], cpu[0]))
		}
	}
	return nil
}

// measure runs a case once and gives microseconds an operation: on the wall and of this process's CPU.
func measure(ctx context.Context, c testCase, db *sql.DB) (wall, cpu float64, err error) {
	before, start := cpuTime(), time.Now()
	if err := c.run(ctx, db, c.n); err != nil {
		return 0, 0, err
	}
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(c.n) }
	return us(time.Since(start)), us(cpuTime() - before), nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// paired is the median of the ratios round by round: both ran in the same minute on the same machine.
func paired(a, b []float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

func median(list []float64) float64 {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// discard is an exporter that costs nothing.
type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }
