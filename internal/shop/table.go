package shop

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
)

// A table is the rows that go into one table. Rows get the ids 1, 2, ... in
// their order, which is how rows of other tables refer to them.
type table struct {
	name    string
	columns []string
	rows    [][]any
}

func newTable(name string, columns ...string) *table {
	return &table{name: name, columns: columns}
}

// add appends a row and returns its id.
func (t *table) add(row ...any) (id int) {
	t.rows = append(t.rows, row)
	return len(t.rows)
}

// insert writes the rows a hundred at a time: few round trips, and few enough
// parameters for one statement.
func (t *table) insert(ctx context.Context, tx *sql.Tx) error {
	for batch := range slices.Chunk(t.rows, 100) {
		if _, err := tx.ExecContext(ctx, t.statement(len(batch)), slices.Concat(batch...)...); err != nil {
			return err
		}
	}
	return nil
}

// statement is an INSERT of n rows.
func (t *table) statement(n int) string {
	rows := make([]string, n)
	for row := range rows {
		places := make([]string, len(t.columns))
		for column := range places {
			places[column] = "$" + strconv.Itoa(row*len(t.columns)+column+1)
		}
		rows[row] = "(" + strings.Join(places, ", ") + ")"
	}
	return "insert into " + Schema + "." + t.name +
		" (" + strings.Join(t.columns, ", ") + ") values " + strings.Join(rows, ", ")
}
