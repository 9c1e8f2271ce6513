package guard

import (
	"errors"
	"fmt"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// pattern names relations or columns: schema.table, schema.table.column; each part may be * or hold one. Names are folded
// and quoted as in SQL. A name without its schema is an error: search_path would decide what a policy means. "*"
// alone is every relation of every schema.
type pattern struct {
	schema, relation, column string // column "" = the pattern is of relations
	text                     string
}

// wild in an unquoted part stands for any run of characters. It is a byte that no name can hold.
const wild = "\x00"

func parseRelationPattern(text string) (pattern, error) {
	parts, err := identifiers(text)
	switch {
	case err != nil:
		return pattern{}, fmt.Errorf("%q: %w", text, err)
	case len(parts) == 1 && parts[0] == wild:
		return pattern{schema: wild, relation: wild, text: text}, nil
	case len(parts) == 1:
		return pattern{}, fmt.Errorf("%q: name the schema too, as in public.%s", text, strings.ReplaceAll(parts[0], wild, "*"))
	case len(parts) != 2:
		return pattern{}, fmt.Errorf("%q: want schema.table", text)
	}
	return pattern{schema: parts[0], relation: parts[1], text: text}, nil
}

func parseColumnPattern(text string) (pattern, error) {
	parts, err := identifiers(text)
	switch {
	case err != nil:
		return pattern{}, fmt.Errorf("%q: %w", text, err)
	case len(parts) != 3:
		return pattern{}, fmt.Errorf("%q: want schema.table.column", text)
	}
	return pattern{schema: parts[0], relation: parts[1], column: parts[2], text: text}, nil
}

func (p *pattern) matches(n lineage.Name) bool {
	return glob(p.schema, n.Schema) && glob(p.relation, n.Name)
}

func (p *pattern) matchesColumn(c lineage.ColumnID) bool {
	return p.matches(c.Of()) && glob(p.column, c.Column)
}

// glob compares with a text in which [wild] stands for any run of characters.
func glob(pattern, s string) bool {
	head, rest, some := strings.Cut(pattern, wild)
	if !some {
		return pattern == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for {
		part, next, more := strings.Cut(rest, wild)
		if !more {
			return len(s) >= len(part) && strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(part):], next
	}
}

// words turns the * of plain words (subjects, jobs) into [wild].
func words(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ReplaceAll(s, "*", wild)
	}
	return out
}

func anyGlob(patterns []string, s string) bool {
	for _, p := range patterns {
		if glob(p, s) {
			return true
		}
	}
	return false
}

// identifiers reads a dotted name as SQL does: folded unless quoted, a doubled quote inside quotes is one.
func identifiers(text string) ([]string, error) {
	var parts []string
	rest := strings.TrimSpace(text)
	for {
		var part string
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for ; end < len(rest); end++ {
				if rest[end] != '"' {
					continue
				}
				if end+1 < len(rest) && rest[end+1] == '"' {
					end++
					continue
				}
				break
			}
			if end >= len(rest) {
				return nil, errors.New("a quoted name does not end")
			}
			part, rest = strings.ReplaceAll(rest[1:end], `""`, `"`), rest[end+1:]
		} else {
			end := strings.IndexAny(rest, `."`)
			if end < 0 {
				end = len(rest)
			}
			part, rest = lowerASCII(rest[:end]), rest[end:]
			if strings.ContainsAny(part, " \t\r\n,;'()") {
				return nil, errors.New("a name with such characters has to be quoted")
			}
			if strings.ContainsAny(part, "[]?%") {
				return nil, errors.New("only * is a wildcard; a name with such characters has to be quoted")
			}
			part = strings.ReplaceAll(part, "*", wild)
		}
		if part == "" {
			return nil, errors.New("a name is empty")
		}
		parts = append(parts, part)
		if rest == "" {
			return parts, nil
		}
		if rest[0] != '.' {
			return nil, errors.New("names are joined by dots")
		}
		rest = rest[1:]
	}
}

// lowerASCII folds as PostgreSQL folds names in a UTF-8 database: letters beyond ASCII stay as they are.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
