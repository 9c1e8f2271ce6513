// Package pgparse reads SQL text with PostgreSQL's own grammar. It is the one place that knows the parser, and the
// checks that have to come before it: a text that the parser and the server would read differently, or that would cost
// the parser more than milliseconds, is refused here.
package pgparse

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	pg "github.com/sqlc-dev/oliphant"
	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// The limits of a text. The worst inputs at these limits cost the parser tens of milliseconds; parsing cannot be
// interrupted, so there is no input without a limit.
const (
	DefaultMaxBytes = 256 << 10
	CeilingBytes    = 1 << 20 // a larger configured limit is cut to this
	MaxNesting      = 500     // of ( and [; nested parentheses cost quadratic time
	MaxDepth        = 2000    // of the tree: 1+1+1+... makes a tree as deep as the text is long
)

// ErrInput is wrapped by an [Error] whose text was refused before it was parsed, or whose tree is too deep.
var ErrInput = errors.New("pgparse: text not accepted")

// ErrSyntax is wrapped by an [Error] of the parser.
var ErrSyntax = errors.New("pgparse: syntax error")

// Error says why a text was not read. Its message quotes no more of the text than the token at fault.
type Error struct {
	Kind   error // ErrInput or ErrSyntax
	Reason string
	Pos    int // byte offset, -1 = none
}

func (e *Error) Error() string {
	if e.Pos < 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s at byte %d", e.Reason, e.Pos)
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Statement is one statement of a text.
type Statement struct {
	Node *ast.Node
	SQL  string // its own text, without white space, comments and semicolons around it
	Pos  int    // byte offset of SQL in the text; locations in Node count from the beginning of the text
	// Hinted means that a comment before the statement or behind its first word is written /*+: a directive to whatever
	// reads it in the server, pg_hint_plan above all.
	Hinted bool
}

// Parse reads a text into its statements; an empty text or one of comments alone has none. maxBytes limits its length:
// 0 means [DefaultMaxBytes], more than [CeilingBytes] means that.
func Parse(text string, maxBytes int) ([]Statement, error) {
	if err := Check(text, maxBytes); err != nil {
		return nil, err
	}
	result, err := pg.Parse(text)
	if err != nil {
		return nil, syntaxError(text, err)
	}
	statements, before := make([]Statement, 0, len(result.Stmts)), 0
	for _, raw := range result.Stmts {
		if raw.Stmt == nil {
			return nil, &Error{Kind: ErrSyntax, Reason: "empty statement node", Pos: int(raw.StmtLocation)}
		}
		if tooDeep(raw.Stmt, len(text)) {
			return nil, &Error{Kind: ErrInput, Reason: fmt.Sprintf("expression nested more than %d levels", MaxDepth), Pos: int(raw.StmtLocation)}
		}
		stmt := cut(text, raw)
		end := stmt.Pos + len(stmt.SQL)
		stmt.Hinted = hinted(strings.TrimLeft(text[before:end], "; \t\r\n\f\v"))
		before = end
		statements = append(statements, stmt)
	}
	return statements, nil
}

// Check makes the checks that come before the parser.
func Check(text string, maxBytes int) error {
	switch {
	case maxBytes <= 0:
		maxBytes = DefaultMaxBytes
	case maxBytes > CeilingBytes:
		maxBytes = CeilingBytes
	}
	if len(text) > maxBytes {
		return &Error{Kind: ErrInput, Reason: fmt.Sprintf("text of %d bytes is longer than the limit of %d", len(text), maxBytes), Pos: -1}
	}
	// The parser stops at a NUL byte where the server refuses the message: two readings of one text.
	if i := strings.IndexByte(text, 0); i >= 0 {
		return &Error{Kind: ErrInput, Reason: "NUL byte", Pos: i}
	}
	if !utf8.ValidString(text) {
		return &Error{Kind: ErrInput, Reason: "invalid UTF-8", Pos: invalidAt(text)}
	}
	return checkNesting(text)
}

// checkNesting counts brackets without looking at quotes: to count too many refuses a text, never admits one.
func checkNesting(text string) error {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[':
			if depth++; depth > MaxNesting {
				return &Error{Kind: ErrInput, Reason: fmt.Sprintf("parentheses nested more than %d levels", MaxNesting), Pos: i}
			}
		case ')', ']':
			if depth > 0 {
				depth--
			}
		}
	}
	return nil
}

func invalidAt(text string) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// syntaxError keeps the parser's message, which quotes at most one token, and turns its position from runes, as
// PostgreSQL counts, into bytes.
func syntaxError(text string, err error) error {
	out := &Error{Kind: ErrSyntax, Reason: err.Error(), Pos: -1}
	var perr *parser.Error
	if errors.As(err, &perr) && perr.Cursorpos > 0 {
		n := 0
		for i := range text {
			if n++; n == perr.Cursorpos {
				out.Pos = i
				break
			}
		}
	}
	return out
}

func cut(text string, raw *ast.RawStmt) Statement {
	start, end := int(raw.StmtLocation), len(text)
	if raw.StmtLen > 0 {
		end = start + int(raw.StmtLen)
	}
	start += leading(text[start:end])
	return Statement{Node: raw.Stmt, SQL: strings.TrimRight(text[start:end], " \t\r\n\f\v;"), Pos: start}
}

// hinted looks for a directive at the head of a statement.
func hinted(s string) bool {
	if !strings.Contains(s, hint) {
		return false
	}
	for range 2 {
		n := leading(s)
		if strings.Contains(s[:n], hint) {
			return true
		}
		word := strings.TrimLeft(s[n:], "(")
		if word == s[n:] {
			word = strings.TrimLeftFunc(word, unicode.IsLetter)
		}
		s = word
	}
	return false
}

// hint is how a directive begins.
const hint = "/*+"

// leading is the length of the white space and comments at the beginning of s.
func leading(s string) int {
	i := 0
	for i < len(s) {
		switch {
		case strings.IndexByte(" \t\r\n\f\v", s[i]) >= 0:
			i++
		case strings.HasPrefix(s[i:], "--"):
			n := strings.IndexAny(s[i:], "\r\n")
			if n < 0 {
				return len(s)
			}
			i += n
		case strings.HasPrefix(s[i:], "/*"):
			i += comment(s[i:])
		default:
			return i
		}
	}
	return i
}

// comment is the length of the block comment that s begins with; they nest.
func comment(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}
