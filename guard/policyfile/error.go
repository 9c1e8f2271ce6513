package policyfile

import (
	"fmt"
	"strings"
)

// Error lists what is wrong with a policy file: all that was found, in the order of the file.
type Error struct {
	File     string
	Problems []Problem
}

// Problem is one mistake and where it stands.
type Problem struct {
	Line, Column int    // from 1, in characters; 0 = the file as a whole
	Message      string // what is wrong
	Expected     string // what may stand there, "" = nothing to say
	Meant        string // the known word that is nearest, "" = none is near
	Excerpt      string // the line
}

// Error prints each problem as a compiler would, with the line and a caret below it.
func (e *Error) Error() string {
	var b strings.Builder
	for i := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Problems[i].text(e.File))
	}
	return b.String()
}

// maxExcerpt bounds what is shown of a line, in characters.
const maxExcerpt = 100

func (p *Problem) text(file string) string {
	var b strings.Builder
	b.WriteString(file)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.Message)
	switch {
	case p.Meant != "":
		fmt.Fprintf(&b, "; did you mean %q?", p.Meant)
	case p.Expected != "":
		b.WriteString("; expected " + p.Expected)
	}
	if p.Excerpt == "" {
		return b.String()
	}
	line, column := window(p.Excerpt, p.Column)
	margin := fmt.Sprintf("%5d | ", p.Line)
	fmt.Fprintf(&b, "\n%s%s\n%s| %s^", margin, line, strings.Repeat(" ", len(margin)-2), indentTo(line, column))
	return b.String()
}

// window is what is shown of a line around a column, and where the column is in it.
func window(line string, column int) (string, int) {
	runes := []rune(line)
	if len(runes) <= maxExcerpt {
		return line, column
	}
	from := max(0, min(column-1-maxExcerpt/2, len(runes)-maxExcerpt))
	return string(runes[from : from+maxExcerpt]), column - from
}

// indentTo is what stands before a column, blank; tabs stay, so that the caret falls where the column is.
func indentTo(line string, column int) string {
	var b strings.Builder
	n := 1
	for _, r := range line {
		if n >= column {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
