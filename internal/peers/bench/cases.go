// Command bench measures the governed driver beside plain pgx and otelsql, in turns and in one run, and prints the ratios.
//
//	go run ./bench            all cases
//	go run ./bench -rounds 9  more rounds: the medians become steadier
//
// CPU is this process's alone; the server's does not count. Machines are noisy: ratios count, single times do not.
package main

import (
	"context"
	"database/sql"
	"fmt"
)

// testCase is one thing that programs do, n times.
type testCase struct {
	name string
	n    int // operations a round
	run  func(ctx context.Context, db *sql.DB, n int) error
}

const setup = `
create table items (id int primary key, label text, price numeric, stock int);
insert into items select i, 'item ' || i, i * 1.5, 100 from generate_series(1, 10000) i;
create unlogged table log (id bigint generated always as identity, item int, remark text);
create unlogged table wide as select i as id, i % 97 as a, i % 89 as b, i * 1.5::float8 as c, (i % 2 = 0) as d,
	'label ' || i as t1, 'text of row ' || i as t2, md5(i::text) as t3, now() as made_at, i::bigint * 7 as e
	from generate_series(1, 1000000) i;
create unlogged table people as select i as id, i % 97 as a, i % 89 as b, i * 1.5::float8 as c, (i % 2 = 0) as d,
	'user' || i || '@example.com' as email, '+1-202-555-' || lpad((i % 10000)::text, 4, '0') as phone,
	md5(i::text) as api_key, now() as made_at, i::bigint * 7 as e
	from generate_series(1, 1000000) i;
create unlogged table talk as select i as id, i % 97 as a, i * 1.5::float8 as c, (i % 2 = 0) as d, now() as made_at,
	'green chair no ' || i % 1000 as title, 'delivered to the back door' as remark, 'SKU-' || i % 5000 || '-B' as code, 'waiting' as state,
	md5(i::text) as digest
	from generate_series(1, 1000000) i;
create unique index on wide (id);
create unique index on talk (id);
create unique index on people (id);
analyze;`

func cases() []testCase {
	return []testCase{
		{"point SELECT", 2000, pointSelect},
		{"INSERT", 2000, insert},
		{"transaction of 3", 500, transaction},
		{"scan 1,000 x 10", 40, scan("wide", 1000)},
		{"scan 1,000 x 10, 3 masked", 40, scan("people", 1000)},
		{"scan 1,000,000 x 10", 1, scan("wide", 1000000)},
		{"scan 1,000,000 x 10, 3 masked", 1, scan("people", 1000000)},
		{"scan 1,000,000 x 10, 5 texts", 1, scan("talk", 1000000)},
	}
}

func pointSelect(ctx context.Context, db *sql.DB, n int) error {
	for i := range n {
		var label string
		if err := db.QueryRowContext(ctx, "select label from items where id = $1", i%10000+1).Scan(&label); err != nil {
			return err
		}
	}
	return nil
}

func insert(ctx context.Context, db *sql.DB, n int) error {
	for i := range n {
		if _, err := db.ExecContext(ctx, "insert into log (item, remark) values ($1, $2)", i, "seen"); err != nil {
			return err
		}
	}
	return nil
}

func transaction(ctx context.Context, db *sql.DB, n int) error {
	for i := range n {
		if err := oneTransaction(ctx, db, i%10000+1); err != nil {
			return err
		}
	}
	return nil
}

func oneTransaction(ctx context.Context, db *sql.DB, id int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var stock int
	if err := tx.QueryRowContext(ctx, "select stock from items where id = $1", id).Scan(&stock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "update items set stock = $2 where id = $1", id, stock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "insert into log (item, remark) values ($1, $2)", id, "sold"); err != nil {
		return err
	}
	return tx.Commit()
}

func scan(table string, limit int) func(context.Context, *sql.DB, int) error {
	query := fmt.Sprintf("select * from %s where id <= $1", table)
	return func(ctx context.Context, db *sql.DB, n int) error {
		for range n {
			if err := scanOnce(ctx, db, query, limit); err != nil {
				return err
			}
		}
		return nil
	}
}

func scanOnce(ctx context.Context, db *sql.DB, query string, limit int) error {
	rows, err := db.QueryContext(ctx, query, limit)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest, err := targets(rows)
	if err != nil {
		return err
	}
	count := 0
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		count++
	}
	if count != limit {
		return fmt.Errorf("%d rows, not %d", count, limit)
	}
	return rows.Err()
}

// targets are variables of the types that a program would scan the columns into.
func targets(rows *sql.Rows) ([]any, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	dest := make([]any, len(types))
	for i, t := range types {
		switch t.DatabaseTypeName() {
		case "INT4", "INT8":
			dest[i] = new(int64)
		case "FLOAT8":
			dest[i] = new(float64)
		case "BOOL":
			dest[i] = new(bool)
		case "TEXT":
			dest[i] = new(string)
		default:
			dest[i] = new(any)
		}
	}
	return dest, nil
}
