package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/governedsql/governed/internal/pgtest"
)

// ledgers measures statements with a ledger beside the same without one, at 1 and at 16 connections, in turns.
func ledgers(ctx context.Context, rounds int, dir string) error {
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
	if _, err := plain.ExecContext(ctx, small); err != nil {
		return err
	}
	governed, err := sql.Open("governed-postgres", dsn)
	if err != nil {
		return err
	}
	defer governed.Close()
	kept, err := sql.Open("governed-postgres", dsn+"&governed.ledger="+filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer kept.Close()
	sync, err := fsync(dir)
	if err != nil {
		return err
	}
	fmt.Printf("one write and fsync of 1,000 bytes in %s: %.0f us (median)\n\n", dir, sync)
	fmt.Printf("%-14s %6s %-10s %12s %10s %10s %12s\n", "case", "conns", "peer", "statements/s", "p50 us", "p99 us", "rate / off")
	peers := []peer{{"pgx", plain}, {"ledger off", governed}, {"ledger on", kept}}
	for _, c := range []testCase{{"point SELECT", 1, pointSelect}, {"INSERT", 1, insert}} {
		for _, conns := range []int{1, 16} {
			if err := together(ctx, c, peers, conns, rounds); err != nil {
				return err
			}
		}
	}
	return nil
}

const small = `
create table items (id int primary key, label text, price numeric, stock int);
insert into items select i, 'item ' || i, i * 1.5, 100 from generate_series(1, 10000) i;
create unlogged table log (id bigint generated always as identity, item int, remark text);
analyze;`

// fsync is what the disk takes for one small write that is to stay, in microseconds.
func fsync(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "fsync")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []float64
	for range 200 {
		start := time.Now()
		if _, err := f.Write(make([]byte, 1000)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, float64(time.Since(start).Microseconds()))
	}
	return median(took), nil
}

// slice is how long one peer runs at a time.
const slice = time.Second

// together measures a case on a number of connections at once.
func together(ctx context.Context, c testCase, peers []peer, conns, rounds int) error {
	rates, took := make([][]float64, len(peers)), make([][]float64, len(peers))
	for round := range rounds + 1 {
		for i, p := range peers {
			p.db.SetMaxOpenConns(conns)
			p.db.SetMaxIdleConns(conns)
			rate, each, err := rush(ctx, c, p.db, conns)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", c.name, p.name, err)
			}
			if round > 0 {
				rates[i], took[i] = append(rates[i], rate), append(took[i], each...)
			}
		}
	}
	for i, p := range peers {
		slices.Sort(took[i])
		fmt.Printf("%-14s %6d %-10s %12.0f %10.0f %10.0f %12.2f\n", c.name, conns, p.name, median(rates[i]),
			took[i][len(took[i])/2], took[i][len(took[i])*99/100], paired(rates[i], rates[1]))
	}
	return nil
}

// rush runs a case on all connections for a while: statements a second, and the microseconds of each.
func rush(ctx context.Context, c testCase, db *sql.DB, conns int) (rate float64, each []float64, err error) {
	var done atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	for range conns {
		all.Go(func() {
			var mine []float64
			var failed error
			for time.Since(start) < slice && failed == nil {
				at := time.Now()
				failed = c.run(ctx, db, 1)
				mine = append(mine, float64(time.Since(at).Nanoseconds())/1000)
				done.Add(1)
			}
			mu.Lock()
			defer mu.Unlock()
			each = append(each, mine...)
			if failed != nil {
				err = failed
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), each, err
}
