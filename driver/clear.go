package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/governedsql/governed/lineage"
)

// clearList is the list of base columns that are read in clear.
type clearList struct {
	patterns []clearPattern
	warned   sync.Map // of names that no relation has
}

// clearPattern is schema.table.column, table.column (schema empty) or schema.table.* (column "*").
type clearPattern struct {
	schema, table, column string
	text                  string
	all                   bool
}

// splitClear cuts a comma-separated list; commas inside quotes do not count.
func splitClear(list string) ([]string, error) {
	var out []string
	start, quoted := 0, false
	for i := 0; i <= len(list); i++ {
		if i < len(list) && list[i] == '"' {
			quoted = !quoted
		}
		if i == len(list) || list[i] == ',' && !quoted {
			out = append(out, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
	}
	if quoted {
		return nil, errors.New("a quoted name does not end")
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" }), nil
}

func parseClear(list []string) (*clearList, error) {
	c := &clearList{}
	for _, text := range list {
		p, err := parseClearPattern(text)
		if err != nil {
			return nil, fmt.Errorf("governed: clear column %q: %w", text, err)
		}
		c.patterns = append(c.patterns, p)
	}
	return c, nil
}

func parseClearPattern(text string) (clearPattern, error) {
	parts, quoted, err := identifiers(text)
	if err != nil {
		return clearPattern{}, err
	}
	last := len(parts) - 1
	for i, part := range parts {
		star := strings.Contains(part, "*") && !quoted[i]
		if star && (part != "*" || i != 2 || len(parts) != 3) {
			return clearPattern{}, errors.New("the only wildcard is schema.table.*")
		}
	}
	switch len(parts) {
	case 2:
		return clearPattern{table: parts[0], column: parts[1], text: text}, nil
	case 3:
		return clearPattern{schema: parts[0], table: parts[1], column: parts[2], text: text, all: parts[2] == "*" && !quoted[last]}, nil
	}
	return clearPattern{}, errors.New("want schema.table.column, table.column or schema.table.*")
}

// identifiers reads a dotted name as SQL does: folded unless quoted, a doubled quote inside quotes is one.
func identifiers(text string) (parts []string, quoted []bool, err error) {
	rest := strings.TrimSpace(text)
	for {
		var part string
		isQuoted := strings.HasPrefix(rest, `"`)
		if isQuoted {
			if part, rest, err = quotedIdentifier(rest[1:]); err != nil {
				return nil, nil, err
			}
		} else {
			end := strings.IndexAny(rest, `."`)
			if end < 0 {
				end = len(rest)
			}
			part, rest = foldASCII(strings.TrimSpace(rest[:end])), rest[end:]
		}
		if part == "" || !isQuoted && part != "*" && strings.ContainsAny(part, " \t,;'()") {
			return nil, nil, errors.New("a name is empty or not quoted as it has to be")
		}
		parts, quoted = append(parts, truncateName(part)), append(quoted, isQuoted)
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return parts, quoted, nil
		}
		if rest[0] != '.' {
			return nil, nil, errors.New("names are joined by dots")
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

func quotedIdentifier(s string) (name, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '"':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			return b.String(), s[i+1:], nil
		}
	}
	return "", "", errors.New("a quoted name does not end")
}

// foldASCII folds as PostgreSQL does in a UTF-8 database: ASCII letters only.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// truncateName cuts a name to the 63 bytes that PostgreSQL keeps, on a character boundary.
func truncateName(s string) string {
	const limit = 63
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut]
}

// shows reports whether a column is read in clear. A name without a schema means the first relation of that name on the
// search path.
func (c *clearList) shows(col lineage.ColumnID, path []string, catalog lineage.Catalog) bool {
	for _, p := range c.patterns {
		if p.table != col.Relation || !p.all && p.column != col.Column {
			continue
		}
		if p.schema == col.Schema || p.schema == "" && firstOnPath(p.table, path, catalog) == col.Schema {
			return true
		}
	}
	return false
}

func firstOnPath(table string, path []string, catalog lineage.Catalog) string {
	for _, schema := range path {
		switch _, found := catalog.Relation(schema, table); found {
		case lineage.Present:
			return schema
		case lineage.NotLoaded:
			return "" // nobody knows whether an earlier schema has the name
		}
	}
	return ""
}

// needs are the relations that the list speaks of.
func (c *clearList) needs(path []string) []lineage.Need {
	var out []lineage.Need
	for _, p := range c.patterns {
		schemas := path
		if p.schema != "" {
			schemas = []string{p.schema}
		}
		for _, schema := range schemas {
			out = append(out, lineage.Need{Kind: lineage.NeedRelation, Name: lineage.Name{Schema: schema, Name: p.table}})
		}
	}
	return out
}

// checkClear warns once of each name in the clear list that the database does not have: a name with a mistake in it
// would otherwise look like a mask that cannot be turned off.
func (s *session) checkClear(ctx context.Context, scope *scope) error {
	if len(s.g.clear.patterns) == 0 || !scope.cleared.CompareAndSwap(false, true) {
		return nil
	}
	needs := s.g.clear.needs(scope.path)
	now := time.Now()
	l, err := s.load(ctx, needs, now)
	if err != nil {
		scope.cleared.Store(false)
		return err
	}
	scope.add(needs, l, now)
	for _, p := range s.g.clear.patterns {
		if p.known(scope) {
			continue
		}
		if _, told := s.g.clear.warned.LoadOrStore(p.text, true); !told {
			s.g.logger.WarnContext(ctx, "governed: no such column for governed.clear", "name", p.text)
		}
	}
	return nil
}

func (p *clearPattern) known(scope *scope) bool {
	schema := p.schema
	if schema == "" {
		schema = firstOnPath(p.table, scope.path, scope)
	}
	r, found := scope.Relation(schema, p.table)
	if found != lineage.Present {
		return false
	}
	_, ok := r.Column(p.column)
	return ok || p.all
}
