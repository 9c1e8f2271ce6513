// Package shop fills a small shop with invented customers, for examples and
// tests that need data worth protecting: names, addresses, card numbers, keys,
// and free text that mentions them.
//
// The data is the same at every run. Nobody in it exists: mail addresses end in
// domains that are reserved for documentation.
package shop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Schema holds everything that [Fill] makes.
const Schema = "shop_demo"

// Fill creates the schema shop_demo with its tables and their rows: about 200
// customers, 600 orders, and what belongs to them. It does so in one
// transaction, and fails if the schema exists.
func Fill(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("shop: begin: %w", err)
	}
	if err := fill(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("shop: commit: %w", err)
	}
	return nil
}

// fill sends one statement at a time, because a driver may refuse several.
func fill(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("shop: create: %w", err)
		}
	}
	for _, table := range invent() {
		if err := table.insert(ctx, tx); err != nil {
			return fmt.Errorf("shop: fill %s: %w", table.name, err)
		}
	}
	return nil
}

// Drop removes the schema shop_demo and everything in it. It is no error if
// there is none.
func Drop(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "drop schema if exists "+Schema+" cascade"); err != nil {
		return fmt.Errorf("shop: drop: %w", err)
	}
	return nil
}
