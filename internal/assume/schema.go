package assume

import (
	"fmt"
	"strings"

	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// SchemaError says why a schema cannot be used.
type SchemaError struct {
	Reason string
	Pos    int // byte offset, -1 = none
}

func (e *SchemaError) Error() string { return e.Reason }

// Schema reads CREATE TABLE and CREATE VIEW statements and the ALTER TABLE ... ADD COLUMN that follow them.
func Schema(text string) ([]*lineage.Relation, error) {
	parsed, err := pgparse.Parse(text, pgparse.CeilingBytes)
	if err != nil {
		pos := -1
		if e, ok := err.(*pgparse.Error); ok {
			pos = e.Pos
			err = fmt.Errorf("%s", e.Reason)
		}
		return nil, &SchemaError{Reason: err.Error(), Pos: pos}
	}
	closed := lineage.NewSnapshot([]string{"pg_catalog", "public"}, nil, nil, nil, nil, true)
	var out []*lineage.Relation
	for i, st := range lineage.AnalyzeScript(parsed, closed) {
		if len(st.Defines) == 0 && st.Command != "CREATE SCHEMA" {
			return nil, &SchemaError{Reason: fmt.Sprintf("%s: a schema holds CREATE TABLE, CREATE VIEW and CREATE SCHEMA alone", st.Command), Pos: parsed[i].Pos}
		}
		for _, r := range st.Defines {
			if r.Kind == lineage.View || r.Kind == lineage.MaterializedView {
				if r.Definition = definition(st.SQL); r.Definition == "" {
					return nil, &SchemaError{Reason: "the query of the view cannot be read", Pos: parsed[i].Pos}
				}
			}
			if r.Schema == "" {
				r.Schema = "public"
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// definition is the query of a CREATE VIEW: what follows the first AS at the top level, without the options behind it.
func definition(sql string) string {
	for _, at := range words(sql, "AS") {
		query := sql[at+len("AS"):]
		ends := append([]int{len(query)}, words(query, "WITH")...)
		for _, end := range ends {
			list, err := pgparse.Parse(query[:end], pgparse.CeilingBytes)
			if err == nil && len(list) == 1 {
				return strings.TrimSpace(query[:end])
			}
		}
	}
	return ""
}

// words finds a word where it stands by itself. One inside a string is found too: what is there does not parse.
func words(s, word string) []int {
	var out []int
	upper := strings.ToUpper(s)
	for from := 0; ; {
		i := strings.Index(upper[from:], word)
		if i < 0 || len(upper) != len(s) {
			return out
		}
		i += from
		from = i + len(word)
		if (i == 0 || !isWord(s[i-1])) && (from == len(s) || !isWord(s[from])) {
			out = append(out, i)
		}
	}
}

func isWord(b byte) bool {
	return b == '_' || b == '$' || b == '"' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80
}
