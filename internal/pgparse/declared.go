package pgparse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// declaration is a variable of a block of PL/pgSQL. The parser takes a variable whose type it does not know for a record
// and leaves out its type and what it begins with.
type declaration struct {
	name, typ, value string
	at               int // where the type begins
}

// declarations reads the DECLARE sections of a body.
func declarations(source string) []declaration {
	var out []declaration
	tokens := lex(source)
	for i := 0; i < len(tokens); i++ {
		if !tokens[i].is("declare") {
			continue
		}
		for i++; i < len(tokens) && !tokens[i].is("begin"); i++ {
			if tokens[i].is("declare") {
				continue
			}
			first := i
			for i < len(tokens) && tokens[i].text != ";" {
				i++
			}
			out = append(out, declared(source, tokens[first:i]))
		}
	}
	return out
}

// declared takes one declaration apart: name [CONSTANT] type [COLLATE name] [NOT NULL] [:= | = | DEFAULT value].
func declared(source string, tokens []token) (d declaration) {
	if len(tokens) == 0 {
		return d
	}
	d.name = tokens[0].text
	if strings.HasPrefix(d.name, `"`) {
		d.name = strings.ReplaceAll(strings.Trim(d.name, `"`), `""`, `"`)
	} else {
		d.name = strings.ToLower(d.name)
	}
	tokens = tokens[1:]
	if len(tokens) > 0 && tokens[0].is("constant") {
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return d
	}
	begin, end := tokens[0].pos, tokens[len(tokens)-1].end
	stop := end
	d.at = begin
	for _, t := range tokens {
		switch {
		case t.is("collate") || t.is("not"):
			stop = min(stop, t.pos)
		case t.is("default") || t.text == ":=" || t.text == "=":
			d.typ, d.value = source[begin:min(stop, t.pos)], source[t.end:end]
			return d
		}
	}
	d.typ = source[begin:stop]
	return d
}

func isArray(typ string) bool {
	typ = strings.TrimSpace(typ)
	return strings.HasSuffix(typ, "]") || strings.HasSuffix(strings.ToLower(typ), " array")
}

// plainArrays writes text[] for each declared type that is an array: the parser refuses arrays of types that it does not
// know. What the elements are decides nothing.
func plainArrays(definition, source string, list []declaration) string {
	var b strings.Builder
	done := 0
	for _, d := range list {
		if isArray(d.typ) && d.at >= done {
			b.WriteString(source[done:d.at] + "text[] ")
			done = d.at + len(d.typ)
		}
	}
	b.WriteString(source[done:])
	return strings.Replace(definition, source, b.String(), 1)
}

type token struct {
	text     string
	pos, end int
}

func (t token) is(word string) bool { return strings.EqualFold(t.text, word) }

// lex cuts a body into words, strings and signs, without comments.
func lex(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		end := i + 1
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
			continue
		case strings.HasPrefix(s[i:], "--"):
			if n := strings.IndexAny(s[i:], "\n\r"); n >= 0 {
				i += n
			} else {
				i = len(s)
			}
			continue
		case strings.HasPrefix(s[i:], "/*"):
			i = afterComment(s, i)
			continue
		case c == '\'':
			escapes := len(out) > 0 && out[len(out)-1].end == i && out[len(out)-1].is("e")
			end = afterQuote(s, i, escapes)
		case c == '"':
			end = afterQuote(s, i, false)
		case c == '$':
			end = afterDollar(s, i)
		case wordByte(c):
			for end < len(s) && (wordByte(s[end]) || s[end] == '$') {
				end++
			}
		case strings.HasPrefix(s[i:], ":="):
			end++
		}
		out = append(out, token{s[i:end], i, end})
		i = end
	}
	return out
}

func wordByte(c byte) bool {
	return c >= 0x80 || c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func afterComment(s string, i int) int {
	for depth := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth, i = depth+1, i+2
		case strings.HasPrefix(s[i:], "*/"):
			if depth, i = depth-1, i+2; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}

func afterQuote(s string, i int, escapes bool) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// afterDollar is past a string in dollars, or past the sign where none begins.
func afterDollar(s string, i int) int {
	n := i + 1
	for n < len(s) && wordByte(s[n]) {
		n++
	}
	if n >= len(s) || s[n] != '$' || i+1 < n && '0' <= s[i+1] && s[i+1] <= '9' {
		return i + 1
	}
	tag := s[i : n+1]
	if end := strings.Index(s[n+1:], tag); end >= 0 {
		return n + 1 + end + len(tag)
	}
	return len(s)
}

// source is the text of the body in a definition.
func source(definition string) string {
	list, err := Parse(definition, CeilingBytes)
	if err != nil || len(list) != 1 {
		return ""
	}
	options := slices.Concat(list[0].Node.GetDoStmt().GetArgs(), list[0].Node.GetCreateFunctionStmt().GetOptions())
	for _, n := range options {
		d := n.GetDefElem()
		if d.GetDefname() != "as" {
			continue
		}
		if items := d.GetArg().GetList().GetItems(); len(items) > 0 {
			return sval(items[0])
		}
		return sval(d.GetArg())
	}
	return ""
}

func sval(n *ast.Node) string { return n.GetString_().GetSval() }
