package driver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/lineage"
)

// exposure says how much a text of the server may carry.
type exposure struct {
	redact     bool
	scan       func(string) string  // what is left is looked at; nil = it is not
	statements []*lineage.Statement // those whose names may stand in it; nil = none is known
	raises     func(string) bool    // whether a SQLSTATE that PostgreSQL does not define may be shown; nil = none may
}

// quotesNames are the SQLSTATEs whose messages, as the server itself words them, hold nothing but fixed text and quoted
// names. The names are checked as well: casts to regclass and the like put a value where a name stands.
var quotesNames = map[string]bool{
	"22003": true, "23502": true, "23503": true, "23505": true, "23514": true, "23P01": true,
	"25001": true, "25006": true, "25P02": true, "25P01": true,
	"26000": true, "34000": true,
	"40001": true, "40P01": true,
	"42501": true, "42701": true, "42703": true, "42P01": true, "42P07": true, "428C9": true,
	"55000": true, "55006": true, "55P03": true, "57014": true, "57P01": true, "57P02": true, "57P03": true,
	"53300": true,
}

// keepsMessage reports whether a message may stay. Text out of code that the server ran (Where, InternalQuery) may be made
// of values, whatever its code says.
func keepsMessage(e *pgconn.PgError, list []*lineage.Statement) bool {
	if e.Code == "25P02" && e.Message == failedTransaction {
		return true
	}
	return quotesNames[e.Code] && e.Where == "" && e.InternalQuery == "" && list != nil && onlyNames(e.Message, list)
}

// ofParsing are the SQLSTATEs of what the server finds out about types before it runs anything.
var ofParsing = map[string]bool{"42883": true, "42725": true, "42804": true, "42P18": true, "42846": true}

// isOfParsing reports whether a message is about the text of the statement itself, and holds names, types and what the
// caller wrote. It has a place in that text, which nothing that runs can give it: a value that is cast to regprocedure has
// none, and text that code makes and has parsed stands in InternalQuery.
func isOfParsing(e *pgconn.PgError, list []*lineage.Statement) bool {
	return ofParsing[e.Code] && e.Position > 0 && e.InternalPosition == 0 && e.Where == "" && e.InternalQuery == "" && list != nil && onlyNames(e.Message, list)
}

// failedTransaction is what the server says of every statement in a failed transaction.
const failedTransaction = "current transaction is aborted, commands ignored until end of transaction block"

// onlyNames reports whether whatever a message quotes is a name of the statements.
func onlyNames(message string, list []*lineage.Statement) bool {
	parts := strings.Split(message, `"`)
	if len(parts)%2 == 0 {
		return false
	}
	for i := 1; i < len(parts); i += 2 {
		if !isName(parts[i], list) {
			return false
		}
	}
	return true
}

func isName(text string, list []*lineage.Statement) bool {
	for _, st := range list {
		for i := range st.Relations {
			r := &st.Relations[i].Relation
			if _, ok := r.Column(text); ok || text == r.Name.Name || text == r.Schema || slices.Contains(r.Constraints, text) {
				return true
			}
		}
	}
	return false
}

// redacted gives the error that the caller may see: err itself where nothing could leak, else a copy of the server's
// error without what may carry values. The original cannot be reached from it.
func redacted(err error, original *pgconn.PgError, x exposure) error {
	if x.redact {
		return copyOf(original, x)
	}
	if e := scanned(original, x); e != original {
		return e
	}
	return err
}

// scanned is an error or a notice in which nothing is detected: the same where there was nothing.
func scanned(original *pgconn.PgError, x exposure) *pgconn.PgError {
	if x.scan == nil {
		return original
	}
	e := *original
	changed := withholdPieces(&e, x.statements)
	for _, text := range [...]*string{
		&e.Message, &e.Detail, &e.Hint, &e.Where, &e.InternalQuery, &e.SchemaName, &e.TableName, &e.ColumnName, &e.DataTypeName, &e.ConstraintName,
	} {
		masked := x.scan(*text)
		changed = changed || masked != *text
		*text = masked
	}
	if !changed {
		return original
	}
	return &e
}

// copyOf copies a server's error or notice without what may carry values.
func copyOf(original *pgconn.PgError, x exposure) *pgconn.PgError {
	e := &pgconn.PgError{
		Severity: original.Severity, SeverityUnlocalized: original.SeverityUnlocalized, Code: x.code(original),
		Position: original.Position, Line: original.Line, File: original.File, Routine: original.Routine,
		Message: original.Message,
	}
	if !keepsMessage(original, x.statements) && !isOfParsing(original, x.statements) {
		e.Message = condition(e.Code)
	}
	keepNames(e, original, x.statements)
	return e
}

// code is a SQLSTATE that holds no value: RAISE takes any five capitals and digits for one.
func (x *exposure) code(e *pgconn.PgError) string {
	if _, defined := conditions[e.Code]; defined || x.raises != nil && x.raises(e.Code) {
		return e.Code
	}
	switch cmp.Or(e.SeverityUnlocalized, e.Severity) {
	case "ERROR", "FATAL", "PANIC":
		return "P0001" // raise_exception
	}
	return "01000" // warning: a notice is no error
}

// raises reports whether a SQLSTATE is a constant of the code that the statement runs, as far as that is known: of functions
// that it calls, and of triggers of relations that it, or the transaction before it, writes.
func (p *passage) raises(code string) bool {
	if slices.Contains(p.s.tx.codes, code) {
		return true
	}
	return p.a != nil && slices.ContainsFunc(p.a.statements, func(st *lineage.Statement) bool {
		return slices.ContainsFunc(st.Functions, func(f lineage.FunctionUse) bool {
			return slices.ContainsFunc(f.Candidates, func(c *lineage.Function) bool { return strings.Contains(c.Body, "'"+code+"'") })
		}) || slices.Contains(codesOf(st), code)
	})
}

// codesOf are the SQLSTATEs that triggers of the relations that a statement writes raise.
func codesOf(st *lineage.Statement) (out []string) {
	for i := range st.Relations {
		if u := &st.Relations[i]; u.Access&lineage.Writes != 0 {
			out = append(out, u.Relation.Codes...)
		}
	}
	return out
}

// keepNames keeps the name fields that name an object of the statement: RAISE ... USING COLUMN = value fills them too.
func keepNames(e, original *pgconn.PgError, list []*lineage.Statement) {
	for _, st := range list {
		for i := range st.Relations {
			r := &st.Relations[i].Relation
			if r.Schema != original.SchemaName || r.Name.Name != original.TableName {
				continue
			}
			e.SchemaName, e.TableName = r.Schema, r.Name.Name
			if _, ok := r.Column(original.ColumnName); ok {
				e.ColumnName = original.ColumnName
			}
			if slices.Contains(r.Constraints, original.ConstraintName) {
				e.ConstraintName = original.ConstraintName
			}
		}
	}
}

// notice is a notice as the application may see it.
func (g *governance) notice(s *session, n *pgconn.Notice) *pgconn.Notice {
	if g.masker == nil {
		return n
	}
	x := exposure{redact: true}
	if s != nil && s.current != nil {
		x = s.current.exposure()
	}
	original := (*pgconn.PgError)(n)
	if !x.redact {
		return (*pgconn.Notice)(scanned(original, x))
	}
	return (*pgconn.Notice)(copyOf(original, x))
}
