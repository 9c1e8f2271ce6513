package pgparse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	pg "github.com/sqlc-dev/oliphant"
	"github.com/sqlc-dev/oliphant/ast"
)

// Keep says what of a text its fingerprint tells apart, besides its structure and its keywords.
type Keep uint8

// What a fingerprint can tell apart.
const (
	Names Keep = 1 << iota
	Literals
)

// Texts gives a statement without anything that a value could stand in, every literal as ? and no comments, and its
// fingerprint. Where a setting is set a word is a value too: SET app.token = ?. Parameters stay as they are. Where the text cannot be read both are "": no text is better than one with
// values.
//
// The fingerprint is that of the parser, for which lists of any length are one, joined with the words of the text in their
// order: the parser's own leaves out schemas, types, and the order of columns. How a name is quoted does not count.
func Texts(sql string, keep Keep) (normalized, fingerprint string) {
	list, ok := tokens(sql)
	if !ok {
		return "", ""
	}
	normalized = normalize(sql, list)
	structure := Structure(sql)
	if structure == "" {
		return normalized, ""
	}
	buf := make([]byte, 0, len(structure)+len(sql)+len(list))
	buf = append(buf, structure...)
	buf = appendWords(buf, sql, list, keep)
	sum := sha256.Sum256(buf)
	return normalized, hex.EncodeToString(sum[:8])
}

// Normalize gives the first of [Texts] alone.
func Normalize(sql string) string {
	list, ok := tokens(sql)
	if !ok {
		return ""
	}
	return normalize(sql, list)
}

// Structure is the parser's own fingerprint, which leaves out much that decides what a statement does; "" where the parser
// cannot tell.
func Structure(sql string) string {
	out, err := pg.Fingerprint(sql)
	if err != nil {
		return ""
	}
	return out
}

// tokens are those of a text; false where the scanner cannot read it.
func tokens(sql string) ([]*ast.ScanToken, bool) {
	scan, err := pg.Scan(sql)
	if err != nil {
		return nil, false
	}
	end := 0
	for _, t := range scan.Tokens {
		if int(t.Start) < end || t.End < t.Start || int(t.End) > len(sql) {
			return nil, false
		}
		end = int(t.End)
	}
	return scan.Tokens, true
}

func isLiteral(t ast.Token) bool {
	switch t {
	case ast.Token_SCONST, ast.Token_USCONST, ast.Token_BCONST, ast.Token_XCONST, ast.Token_ICONST, ast.Token_FCONST:
		return true
	}
	return false
}

func isComment(t ast.Token) bool { return t == ast.Token_SQL_COMMENT || t == ast.Token_C_COMMENT }

func normalize(sql string, list []*ast.ScanToken) string {
	var b strings.Builder
	b.Grow(len(sql))
	end, s := 0, settings{}
	for _, t := range list {
		gap := sql[end:t.Start]
		end = int(t.End)
		switch {
		case isComment(t.Token):
			b.WriteByte(' ')
		case s.value(sql, t), isLiteral(t.Token):
			b.WriteString(gap)
			b.WriteByte('?')
		default:
			b.WriteString(gap)
			b.WriteString(sql[t.Start:t.End])
		}
	}
	return strings.TrimSpace(b.String())
}

// appendWords writes the words of a text in their order. Rows of VALUES and entries of IN that hold the same words are
// written once.
func appendWords(buf []byte, sql string, list []*ast.ScanToken, keep Keep) []byte {
	for i := 0; i < len(list); i++ {
		t := list[i]
		buf = appendWord(buf, sql, t, keep)
		if keep&Literals != 0 {
			continue
		}
		level := 1 // of the commas between entries
		switch t.Token {
		case ast.Token_VALUES:
			level = 0
		case ast.Token_IN_P:
		default:
			continue
		}
		if end := listEnd(list, i+1, level); end > 0 {
			buf = appendOnce(buf, sql, list[i+1:end], keep, level)
			i = end - 1
		}
	}
	return buf
}

// The bytes before words: no text holds them, so that no two lists of words look alike.
const (
	beforeName    = 0 // also of keywords that are names wherever a name can stand
	beforeKeyword = 1
	beforeLiteral = 2
	betweenLists  = 3
	value         = 4 // one or several, literals and parameters
)

// appendValue says that a value stands here. How many there are in a row does not count: ARRAY[1, 2] is ARRAY[1].
func appendValue(buf []byte) []byte {
	if buf[len(buf)-1] == value {
		return buf
	}
	return append(buf, value)
}

func appendWord(buf []byte, sql string, t *ast.ScanToken, keep Keep) []byte {
	text := sql[t.Start:t.End]
	switch {
	case isComment(t.Token):
		return buf
	case isLiteral(t.Token):
		if keep&Literals == 0 {
			return appendValue(buf)
		}
		return append(append(buf, beforeLiteral), text...)
	case t.Token == ast.Token_PARAM:
		return appendValue(buf)
	case t.Token == ast.Token_IDENT:
		if keep&Names == 0 {
			return buf
		}
		buf = append(buf, beforeName)
		if strings.HasPrefix(text, `"`) && len(text) > 1 {
			return append(buf, strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)...)
		}
	case t.Token == ast.Token_UIDENT:
		return append(append(buf, beforeName), text...)
	case t.KeywordKind == ast.KeywordKind_UNRESERVED_KEYWORD:
		buf = append(buf, beforeName)
	case t.KeywordKind != ast.KeywordKind_NO_KEYWORD:
		buf = append(buf, beforeKeyword)
	default:
		return buf
	}
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return buf
}

// listEnd is where the list ends that begins at a token: one in parentheses, its commas at level 1, or several joined by
// commas at level 0. 0 = there is no list of values; the parentheses hold a query.
func listEnd(list []*ast.ScanToken, at, level int) int {
	end, depth := 0, 0
	for i := at; i < len(list); i++ {
		switch t := list[i].Token; {
		case isComment(t):
		case t == ast.Token_ASCII_40:
			depth++
		case depth == 0:
			if end == 0 || t != ast.Token_ASCII_44 {
				return end
			}
		case t == ast.Token_ASCII_41:
			if depth--; depth > 0 {
				continue
			}
			if end = i + 1; level > 0 {
				return end
			}
		case t == ast.Token_SELECT, t == ast.Token_WITH, t == ast.Token_VALUES, t == ast.Token_TABLE:
			return 0
		}
	}
	return end
}

// appendOnce writes the words of each entry of a list, and of those that are alike the first. TRUE, FALSE and NULL are
// values there as others are.
func appendOnce(buf []byte, sql string, list []*ast.ScanToken, keep Keep, level int) []byte {
	const most = 64 // kinds of entries; more are seldom met again
	var seen [][]byte
	depth, begin := 0, len(buf)
	end := func() {
		entry := buf[begin:]
		if slices.ContainsFunc(seen, func(s []byte) bool { return bytes.Equal(s, entry) }) {
			buf = buf[:begin]
			return
		}
		if len(seen) < most {
			seen = append(seen, slices.Clone(entry))
		}
		buf = append(buf, betweenLists)
		begin = len(buf)
	}
	for _, t := range list {
		switch t.Token {
		case ast.Token_ASCII_40:
			depth++
		case ast.Token_ASCII_41:
			depth--
		case ast.Token_ASCII_44:
			if depth == level {
				end()
			}
		case ast.Token_TRUE_P, ast.Token_FALSE_P, ast.Token_NULL_P:
			buf = appendValue(buf)
		default:
			buf = appendWord(buf, sql, t, keep)
		}
	}
	end()
	return buf
}

// CopyQuery gives the text of the query of COPY (query) TO; false where the statement is another one.
func CopyQuery(sql string) (string, bool) {
	list, ok := tokens(sql)
	if !ok {
		return "", false
	}
	list = slices.DeleteFunc(list, func(t *ast.ScanToken) bool { return isComment(t.Token) })
	if len(list) < 2 || list[0].Token != ast.Token_COPY || list[1].Token != ast.Token_ASCII_40 {
		return "", false
	}
	depth := 0
	for _, t := range list[1:] {
		switch t.Token {
		case ast.Token_ASCII_40:
			depth++
		case ast.Token_ASCII_41:
			if depth--; depth == 0 {
				return sql[list[1].End:t.Start], true
			}
		}
	}
	return "", false
}

// Identifiers gives the names in a text that are no keywords, as they are written and as they are meant, each once.
func Identifiers(sql string) (names [][2]string) {
	list, ok := tokens(sql)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for _, t := range list {
		text := sql[t.Start:t.End]
		if t.Token != ast.Token_IDENT && t.Token != ast.Token_UIDENT || seen[text] {
			continue
		}
		seen[text] = true
		names = append(names, [2]string{text, meant(text)})
	}
	return names
}

// meant is the name that is written so. The escapes of U&"..." are read with the backslash alone: others are rare, and
// what is not read stays as it is written.
func meant(text string) string {
	unicode := len(text) > 3 && (text[0] == 'U' || text[0] == 'u') && text[1] == '&'
	if unicode {
		text = text[2:]
	}
	if len(text) < 2 || text[0] != '"' {
		return text
	}
	text = strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
	if !unicode {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			from, digits := i+1, 4
			if from < len(text) && text[from] == '+' {
				from, digits = from+1, 6
			}
			if from+digits <= len(text) {
				if n, err := strconv.ParseUint(text[from:from+digits], 16, 32); err == nil {
					b.WriteRune(rune(n))
					i = from + digits - 1
					continue
				}
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
