package pgparse

import (
	"strings"

	pg "github.com/sqlc-dev/oliphant"
	"github.com/sqlc-dev/oliphant/ast"
)

// Normalize gives the text without anything that a value could stand in: every literal becomes ?, comments are dropped.
// Parameters stay as they are. Where the scanner cannot read the text it gives "": no text is better than one with values.
func Normalize(sql string) string {
	scan, err := pg.Scan(sql)
	if err != nil {
		return ""
	}
	var b strings.Builder
	b.Grow(len(sql))
	end := 0
	for _, t := range scan.Tokens {
		if t.Start < 0 || int(t.End) > len(sql) || int(t.Start) < end {
			return ""
		}
		gap := sql[end:t.Start]
		end = int(t.End)
		switch t.Token {
		case ast.Token_SQL_COMMENT, ast.Token_C_COMMENT:
			gap = " "
		case ast.Token_SCONST, ast.Token_USCONST, ast.Token_BCONST, ast.Token_XCONST, ast.Token_ICONST, ast.Token_FCONST:
			b.WriteString(gap + "?")
			continue
		}
		b.WriteString(gap)
		if t.Token != ast.Token_SQL_COMMENT && t.Token != ast.Token_C_COMMENT {
			b.WriteString(sql[t.Start:t.End])
		}
	}
	return strings.TrimSpace(b.String())
}

// Fingerprint is the same for texts that differ in literals and white space only; "" where the parser cannot tell.
func Fingerprint(sql string) string {
	out, err := pg.Fingerprint(sql)
	if err != nil {
		return ""
	}
	return out
}
