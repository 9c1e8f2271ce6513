package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/governedsql/governed/guard"
)

// screen writes for people: in colour on a terminal, plain elsewhere.
type screen struct {
	file   *os.File
	colour bool
}

func newScreen(f *os.File) *screen {
	return &screen{file: f, colour: term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""}
}

func (s *screen) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *screen) bold(text string) string { return s.paint("1", text) }
func (s *screen) dim(text string) string  { return s.paint("2", text) }
func (s *screen) line(text string)        { fmt.Fprintln(s.file, text) }
func (s *screen) progress(text string)    { s.line(s.dim("... " + text)) }
func (s *screen) note(text string)        { s.line("   " + s.paint("36", text)) }
func (s *screen) ok(text string)          { s.line("   " + s.paint("32", "ok") + "  " + text) }

func (s *screen) heading(text string) {
	s.line("")
	s.line(s.bold(text))
}

func (s *screen) code(text string) {
	for _, l := range strings.Split(text, "\n") {
		s.line("   " + s.paint("33", strings.TrimLeft(l, "\t")))
	}
}

// refusal shows rule, reason and the safe way.
func (s *screen) refusal(e *guard.DeniedError) {
	s.line("   " + s.paint("31", "denied") + "   " + s.bold(e.Rule) + " on " + e.Object)
	s.line("   reason   " + e.Reason)
	if e.Safe != "" {
		s.line("   instead  " + e.Safe)
	}
}

// query runs a query and prints its result as a table.
func (s *screen) query(ctx context.Context, db *sql.DB, text string) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	table := [][]string{names}
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		row := make([]string, len(names))
		for i, c := range cells {
			row[i] = text1(*c.(*any))
		}
		table = append(table, row)
	}
	s.table(table)
	return rows.Err()
}

func text1(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.Format(time.DateOnly)
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

func (s *screen) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		l := "   " + strings.TrimRight(b.String(), " ")
		if n == 0 {
			l = s.dim(l)
		}
		s.line(l)
	}
}
