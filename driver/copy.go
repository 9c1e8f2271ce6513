package driver

import (
	"bytes"
	"database/sql/driver"
	"errors"
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
	if p.s.g.masker == nil {
		return false
	}
	if p.m == nil || p.m.plan == nil || len(p.m.plan.Columns) == 0 {
		return true // nobody knows what comes out
	}
	for _, c := range p.m.plan.Columns {
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
		if p.s.g.masker == nil {
			return pc.CopyFrom(p.ctx, p.from.r, p.request.text)
		}
		in, blanks := p.from.r, p.blankFence(p.from.r)
		if blanks != nil {
			in = blanks
		}
		fence := &tokenFence{in: in, holds: p.s.g.masker.HoldsToken}
		tag, err := pc.CopyFrom(p.ctx, fence, p.request.text)
		if fence.tripped || blanks != nil && blanks.tripped { // the server's error only says that the copy was broken off
			err = p.refuse(&guard.DeniedError{
				Rule: "DM16", Position: -1, Reason: "the data holds a masked value, which would be stored in place of the real one; nothing was stored",
				Safe: "leave the column out, or read it in clear with governed.clear",
			})
		}
		return tag, err
	}
	sink := &copySink{out: p.to.w, rows: rowsOf(p.copyEffect())}
	p.to = &copyTo{w: sink}
	scan, err := p.copyScan()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if scan != nil {
		p.to = &copyTo{w: scan}
	}
	tag, err := p.copyTo()
	if scan != nil {
		p.detected(scan.shape)
		if err == nil {
			err = scan.failed
		}
	}
	if err != nil {
		tag = pgconn.CommandTag{} // some of its rows were dropped
	}
	p.handed = sink.handed
	p.rec.ClearedCells = p.handed * int64(len(p.rec.Cleared))
	return tag, err
}

// copySink counts the rows of a COPY TO that are handed out.
type copySink struct {
	out    io.Writer
	rows   messageRows
	handed int64
}

func (s *copySink) Write(b []byte) (int, error) {
	s.handed += s.rows.in(b)
	return s.out.Write(b)
}

// messageRows says how many rows the messages of a COPY TO hold: one each, but for the line of names and the end of the
// binary format.
type messageRows struct {
	binary bool
	header bool // the next message is the line of names
}

func rowsOf(e *lineage.Effect) messageRows {
	if e == nil {
		return messageRows{}
	}
	if format, _ := e.Option("FORMAT"); format == "binary" {
		return messageRows{binary: true}
	}
	return messageRows{header: hasHeader(e)}
}

func (m *messageRows) in(b []byte) int64 {
	const trailer, begin = "\xff\xff", len(copySignature) + 8 // behind the signature: flags, and the length of no extension
	if m.header || m.binary && bytes.HasSuffix(b, []byte(trailer)) && (len(b) == len(trailer) || len(b) == begin+len(trailer)) {
		m.header = false
		return 0
	}
	return 1
}

// hasHeader reports whether the first message of a COPY TO in text is the line of names.
func hasHeader(e *lineage.Effect) bool {
	if header, said := e.Option("HEADER"); said {
		switch strings.ToLower(header) {
		case "false", "off", "0":
		default:
			return true
		}
	}
	return false
}

// tokenFence stops a stream that holds a masked value: it would be stored in place of the real one.
type tokenFence struct {
	in      io.Reader
	holds   func([]byte) bool
	tail    []byte // the end of what went by, in which a token may begin
	tripped bool
}

// tokenReach is longer than any token.
const tokenReach = 128

var errMaskedCopy = errors.New("governed: a masked value in the data of COPY")

func (f *tokenFence) Read(b []byte) (int, error) {
	n, err := f.in.Read(b)
	if n > 0 {
		seen := append(f.tail, b[:n]...)
		if f.holds(seen) {
			f.tripped = true
			return 0, errMaskedCopy
		}
		f.tail = append(f.tail[:0], seen[max(0, len(seen)-tokenReach):]...)
	}
	return n, err
}
