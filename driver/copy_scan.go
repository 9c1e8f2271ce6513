package driver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// copyScan looks at the values that COPY TO hands out of columns that nobody labelled, as a SELECT of them would. The
// server sends a message for each row, and no more than one is held.
type copyScan struct {
	out    io.Writer
	p      *passage
	shape  *shape
	format copyFormat
	scans  []*mask.Scan // of each column that is sent; nil = it is left alone
	buf    []byte
	failed error // the rest of the stream is dropped
}

// copyFormat is how the rows of a COPY are written.
type copyFormat struct {
	name                 string // text, csv or binary
	delim, quote, escape byte
	null                 string
	header               bool // the first message is none of a row, or begins with what is none
}

var errCopyRow = errors.New("governed: a row of COPY TO is not of the form that the statement asks for; it was dropped with all behind it")

// copyScan makes the scanner of a COPY TO; nil where nothing has to be looked at.
func (p *passage) copyScan() (*copyScan, error) {
	if p.s.g.masker == nil || p.m == nil || p.m.plan == nil {
		return nil, nil
	}
	e := p.copyEffect()
	query, sent, ok := p.copyQuery(e)
	for _, c := range p.m.plan.Cleared {
		if !ok || sent[c.Ordinal] {
			p.rec.Cleared = append(p.rec.Cleared, c)
		}
	}
	if !p.s.g.scan || !p.m.plan.Scanned() {
		return nil, nil
	}
	if !ok {
		return nil, p.refuseCopy("nobody knows what it would hand out")
	}
	// COPY has no description of its columns' types; its query has.
	sd, err := p.s.conn.pc.Prepare(p.ctx, "", query, nil)
	if err != nil {
		return nil, err
	}
	sh := newShape(p.s.conn.pgx.TypeMap(), cloneFields(sd.Fields))
	if err := p.shape(sh, p.m.plan); err != nil {
		return nil, err
	}
	if len(sh.masked) > 0 {
		return nil, p.refuseCopy("COPY TO would hand out columns that are masked")
	}
	if len(sh.scans) == 0 {
		return nil, nil
	}
	if len(sh.pairs) > 0 {
		return nil, p.refuseCopy("COPY TO would hand out values of documents that only the keys beside them tell")
	}
	w := &copyScan{out: p.to.w, p: p, shape: sh}
	if w.format, ok = formatOf(e); !ok {
		return nil, p.refuseCopy("its format is not known, and it hands out columns that nobody labelled")
	}
	for i := range sd.Fields {
		if sent[i] {
			w.scans = append(w.scans, scanOf(sh, i))
		}
	}
	if w.format.name == "binary" && slices.ContainsFunc(w.scans, func(s *mask.Scan) bool { return s != nil && !s.Reads() }) {
		return nil, p.refuseCopy("a column that nobody labelled is of a type that is not looked into in the binary format")
	}
	return w, nil
}

func (p *passage) refuseCopy(reason string) error {
	return p.refuse(&guard.DeniedError{
		Rule: "IO03", Position: -1, Reason: reason,
		Safe: "FORMAT csv, or SELECT; label the columns that hold nothing [governed: not_sensitive], or read them in clear with governed.clear",
	})
}

func scanOf(sh *shape, ordinal int) *mask.Scan {
	for i := range sh.scans {
		if sh.scans[i].ordinal == ordinal {
			return sh.scans[i].scan
		}
	}
	return nil
}

// copyQuery is the query whose rows a COPY hands out, and which of its columns: of a table those that are generated are
// sent only where they are named.
func (p *passage) copyQuery(e *lineage.Effect) (query string, sent []bool, ok bool) {
	st := p.a.statement()
	if e == nil {
		return "", nil, false
	}
	sent = slices.Repeat([]bool{true}, len(st.Outputs))
	if e.Relation == nil {
		query, ok = pgparse.CopyQuery(st.SQL)
		return query, sent, ok
	}
	names := make([]string, len(st.Outputs))
	for i := range st.Outputs {
		names[i] = pgx.Identifier{st.Outputs[i].Name}.Sanitize()
		if col, ok := e.Relation.Column(st.Outputs[i].Name); ok && len(e.Columns) == 0 {
			sent[i] = col.Expression == ""
		}
	}
	return "select " + strings.Join(names, ", ") + " from " + pgx.Identifier{e.Relation.Schema, e.Relation.Name.Name}.Sanitize(), sent, true
}

// formatOf reads the options of a COPY; false where they are not those of a form that is known here.
func formatOf(e *lineage.Effect) (f copyFormat, ok bool) {
	f.name = "text"
	if name, said := e.Option("FORMAT"); said {
		f.name = name
	}
	f.delim, f.null = '\t', `\N`
	switch f.name {
	case "text":
	case "csv":
		f.delim, f.quote, f.null = ',', '"', ""
	case "binary":
		f.header = true
		return f, true
	default:
		return f, false
	}
	f.header = hasHeader(e)
	f.null = option(e, "NULL", f.null)
	f.delim = option(e, "DELIMITER", string(f.delim))[0]
	if f.quote != 0 {
		f.quote = option(e, "QUOTE", string(f.quote))[0]
		f.escape = option(e, "ESCAPE", string(f.quote))[0]
	}
	switch strings.ToLower(strings.ReplaceAll(option(e, "ENCODING", "utf8"), "-", "")) {
	case "utf8", "unicode":
		return f, true
	}
	return f, false
}

// option gives the value of an option; an empty one, which the server refuses but for NULL, is the default.
func option(e *lineage.Effect, name, otherwise string) string {
	if v, ok := e.Option(name); ok && (v != "" || name == "NULL") {
		return v
	}
	return otherwise
}

// Write takes one message.
func (w *copyScan) Write(b []byte) (int, error) {
	if w.failed != nil {
		return len(b), nil
	}
	out, err := w.message(b)
	if err == nil && mask.ClearRequired(w.p.ctx) {
		err = w.unclear()
	}
	if err != nil {
		w.failed = err
		return len(b), nil // an error would break the connection
	}
	if _, err := w.out.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (w *copyScan) unclear() error {
	return (&rows{shape: w.shape, p: w.p}).unclear()
}

func (w *copyScan) message(b []byte) ([]byte, error) {
	w.buf = w.buf[:0]
	var ok bool
	switch {
	case w.format.name == "binary":
		ok = w.binary(b)
	case w.format.header:
		w.format.header = false
		return b, nil
	case w.format.name == "csv":
		ok = w.line(b, w.csvField)
	default:
		ok = w.line(b, w.textField)
	}
	if !ok {
		return nil, errCopyRow
	}
	return w.buf, nil
}

// line reads a row that ends with a line feed, field by field. A field reader writes the field, masked where something was
// found, and gives what follows it.
func (w *copyScan) line(b []byte, field func([]byte, *mask.Scan) ([]byte, bool)) bool {
	rest, ended := bytes.CutSuffix(b, []byte("\n"))
	if !ended {
		return false
	}
	for i, scan := range w.scans {
		if i > 0 {
			if len(rest) == 0 || rest[0] != w.format.delim {
				return false
			}
			w.buf, rest = append(w.buf, w.format.delim), rest[1:]
		}
		var ok bool
		if rest, ok = field(rest, scan); !ok {
			return false
		}
	}
	w.buf = append(w.buf, '\n')
	return len(rest) == 0
}

// textField reads a field of the text format.
func (w *copyScan) textField(b []byte, scan *mask.Scan) ([]byte, bool) {
	end, escaped := 0, false
	for end < len(b) && b[end] != w.format.delim {
		if b[end] == '\\' {
			escaped = true
			end++
		}
		end++
	}
	if end > len(b) {
		return nil, false
	}
	raw := b[:end]
	if scan == nil || string(raw) == w.format.null {
		w.buf = append(w.buf, raw...)
		return b[end:], true
	}
	text := string(raw)
	if escaped {
		text = unescape(raw)
	}
	masked := scan.Printed(text)
	if masked == text {
		w.buf = append(w.buf, raw...)
		return b[end:], true
	}
	for i := range len(masked) {
		switch c := masked[i]; c {
		case '\n':
			w.buf = append(w.buf, `\n`...)
		case '\r':
			w.buf = append(w.buf, `\r`...)
		case '\t':
			w.buf = append(w.buf, `\t`...)
		case '\\', w.format.delim:
			w.buf = append(w.buf, '\\', c)
		default:
			w.buf = append(w.buf, c)
		}
	}
	return b[end:], true
}

// escapes are the letters that the text format writes behind a backslash.
var escapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			i++
			if c = b[i]; escapes[c] != 0 {
				c = escapes[c]
			}
		}
		out = append(out, c)
	}
	return string(out)
}

// csvField reads a field of the CSV format.
func (w *copyScan) csvField(b []byte, scan *mask.Scan) ([]byte, bool) {
	var text []byte
	end, quoted := 0, len(b) > 0 && b[0] == w.format.quote
	if quoted {
		for end = 1; ; end++ {
			if end >= len(b) {
				return nil, false
			}
			if b[end] == w.format.escape && end+1 < len(b) && (b[end+1] == w.format.quote || b[end+1] == w.format.escape) {
				end++
			} else if b[end] == w.format.quote {
				break
			}
			text = append(text, b[end])
		}
		end++
	} else {
		for end < len(b) && b[end] != w.format.delim {
			end++
		}
		text = b[:end]
	}
	raw := b[:end]
	if scan == nil || !quoted && string(raw) == w.format.null {
		w.buf = append(w.buf, raw...)
		return b[end:], true
	}
	masked := scan.Printed(string(text))
	if masked == string(text) {
		w.buf = append(w.buf, raw...)
		return b[end:], true
	}
	w.buf = append(w.buf, w.format.quote)
	for i := range len(masked) {
		if masked[i] == w.format.quote || masked[i] == w.format.escape {
			w.buf = append(w.buf, w.format.escape)
		}
		w.buf = append(w.buf, masked[i])
	}
	w.buf = append(w.buf, w.format.quote)
	return b[end:], true
}

// copySignature is how the binary format begins; flags and the length of an extension follow it.
const copySignature = "PGCOPY\n\xff\r\n\x00"

// binary reads rows of the binary format: the number of fields, and each with its length before it.
func (w *copyScan) binary(b []byte) bool {
	if w.format.header {
		const flags, length = 4, 4
		n := len(copySignature) + flags + length
		if len(b) < n || string(b[:len(copySignature)]) != copySignature {
			return false
		}
		n += int(binary.BigEndian.Uint32(b[n-length:]))
		if n > len(b) {
			return false
		}
		w.format.header = false
		w.buf, b = append(w.buf, b[:n]...), b[n:]
	}
	for len(b) > 0 {
		if len(b) < 2 {
			return false
		}
		n := int16(binary.BigEndian.Uint16(b))
		w.buf, b = append(w.buf, b[:2]...), b[2:]
		if n == -1 {
			return len(b) == 0 // the end
		}
		if int(n) != len(w.scans) {
			return false
		}
		for _, scan := range w.scans {
			var ok bool
			if b, ok = w.binaryField(b, scan); !ok {
				return false
			}
		}
	}
	return true
}

func (w *copyScan) binaryField(b []byte, scan *mask.Scan) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	size := int32(binary.BigEndian.Uint32(b))
	if size == -1 {
		w.buf = append(w.buf, b[:4]...)
		return b[4:], true
	}
	b = b[4:]
	if size < 0 || int(size) > len(b) {
		return nil, false
	}
	value := b[:size]
	if scan != nil {
		masked, ok := scan.Binary(value)
		if !ok {
			return nil, false
		}
		value = masked
	}
	w.buf = append(binary.BigEndian.AppendUint32(w.buf, uint32(len(value))), value...)
	return b[size:], true
}
