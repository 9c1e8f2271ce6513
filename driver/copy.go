package driver

import (
	"database/sql/driver"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

type copyFrom struct{ r io.Reader }

type copyTo struct{ w io.Writer }

// CopyFrom is the one argument of a COPY ... FROM STDIN: the data that it reads, in the format that the statement names.
//
//	db.ExecContext(ctx, "COPY t FROM STDIN (FORMAT csv)", driver.CopyFrom(file))
func CopyFrom(r io.Reader) any { return copyFrom{r} }

// CopyTo is the one argument of a COPY ... TO STDOUT: where its data goes.
func CopyTo(w io.Writer) any { return copyTo{w} }

// The actions of a COPY whose data goes through the connection.
const (
	copyIn  = "FROM STDIN"
	copyOut = "TO STDOUT"
)

// takeCopy takes the data stream off the arguments.
func (p *passage) takeCopy(args []driver.NamedValue) []driver.NamedValue {
	if len(args) != 1 {
		return args
	}
	switch a := args[0].Value.(type) {
	case copyFrom:
		p.from = &a
		return nil
	case copyTo:
		p.to = &a
		return nil
	}
	return args
}

func (p *passage) copying() bool { return p.from != nil || p.to != nil }

// copyEffect is the COPY of the statement, nil where it is none or where there are several statements.
func (p *passage) copyEffect() *lineage.Effect {
	st := p.a.statement()
	if st == nil || st.Command != "COPY" {
		return nil
	}
	for i := range st.Effects {
		if e := &st.Effects[i]; e.Command == "COPY" && e.Inside == 0 {
			return e
		}
	}
	return nil
}

// copyAllowed sees that data streams and statements fit each other: COPY is sent by the simple protocol, which takes any
// number of statements, and a COPY without a stream would hang.
func (p *passage) copyAllowed() error {
	if p.a.err != nil {
		return nil
	}
	e := p.copyEffect()
	switch {
	case !p.copying() && (!p.needsStream(e) || p.s.observing()):
		return nil
	case !p.copying() && e == nil:
		return p.refuse(&guard.DeniedError{Rule: "IO04", Position: -1, Reason: "COPY that was not understood"})
	case !p.copying():
		return p.refuse(&guard.DeniedError{Rule: "IO04", Position: e.Pos, Reason: "COPY without a data stream would never end or lose its data", Safe: "db.ExecContext(ctx, text, driver.CopyFrom(r)) or driver.CopyTo(w)"})
	case e == nil || (p.from != nil) != (e.Action == copyIn) || (p.to != nil) != (e.Action == copyOut):
		return p.refuse(&guard.DeniedError{Rule: "IO04", Position: -1, Reason: "the data stream does not belong to the statement", Safe: "one COPY ... FROM STDIN with driver.CopyFrom, or one COPY ... TO STDOUT with driver.CopyTo"})
	case p.to != nil && p.copiesMasked():
		return p.refuse(&guard.DeniedError{Rule: "IO03", Position: e.Pos, Reason: "COPY TO would hand out columns that are masked", Safe: "SELECT the columns, or read them in clear with governed.clear"})
	}
	return nil
}

// needsStream reports whether the statement would wait for data on the connection. A COPY that is not plainly one of a
// file or a program would.
func (p *passage) needsStream(e *lineage.Effect) bool {
	st := p.a.statement()
	if st == nil || st.Command != "COPY" {
		return false
	}
	return e == nil || !strings.HasSuffix(e.Action, "FILE") && !strings.HasSuffix(e.Action, "PROGRAM")
}

func (p *passage) copiesMasked() bool {
	plan := p.a.plan
	if p.s.g.masker == nil {
		return false
	}
	if plan == nil || len(plan.Columns) == 0 {
		return true // nobody knows what comes out
	}
	for _, c := range plan.Columns {
		if c.Treatment != "" {
			return true
		}
	}
	return false
}

// copy streams. An error is never one by which database/sql tries again: the reader is used up.
func (p *passage) copy() (pgconn.CommandTag, error) {
	pc := p.s.conn.pc
	if p.from != nil {
		return pc.CopyFrom(p.ctx, p.from.r, p.request.text)
	}
	return pc.CopyTo(p.ctx, p.to.w, p.request.text)
}
