package lineage

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"
)

// maxSummary is how long OpenTelemetry allows a query summary to be.
const maxSummary = 255

// summary is the db.query.summary of OpenTelemetry's conventions: operations and their targets in the order of the text,
// in the case of the text, cut between words.
func summary(n *ast.Node, st *Statement, offset int) string {
	if n.GetNode() == nil {
		return st.Command
	}
	s := summarizer{text: st.SQL, offset: offset}
	if isQuery(n) {
		s.walk(n.ProtoReflect())
	} else {
		s.word(st.Command)
		if n.GetDropStmt() != nil {
			for i := range st.Effects {
				s.word(quoted(st.Effects[i].Object))
			}
		}
		s.walk(n.ProtoReflect())
	}
	return strings.Join(s.words, " ")
}

type summarizer struct {
	text   string
	offset int // of the text in what was parsed
	at     int // behind the last operation that was found
	words  []string
	size   int
	full   bool
}

// word adds a word as long as there is room; after the first that does not fit, none is added.
func (s *summarizer) word(w string) {
	if s.full || w == "" {
		return
	}
	if s.full = s.size+len(w) > maxSummary; s.full {
		return
	}
	s.words = append(s.words, w)
	s.size += len(w) + 1
}

// walk goes down in the order of the text: WITH comes before what it belongs to.
func (s *summarizer) walk(m protoreflect.Message) {
	if s.full {
		return
	}
	switch n := m.Interface().(type) {
	case *ast.Node:
		// One of 270 kinds: to ask for each would take longer than the whole analysis.
		switch k := n.GetNode().(type) {
		case *ast.Node_ColumnRef, *ast.Node_ParamRef, *ast.Node_AConst, *ast.Node_String_, *ast.Node_AStar:
			return
		case *ast.Node_ResTarget:
			s.nodes(k.ResTarget.GetIndirection()...)
			s.nodes(k.ResTarget.GetVal())
			return
		case *ast.Node_AExpr:
			s.nodes(k.AExpr.GetLexpr(), k.AExpr.GetRexpr())
			return
		}
		if f := m.WhichOneof(m.Descriptor().Oneofs().Get(0)); f != nil {
			s.walk(m.Get(f).Message())
		}
		return
	case *ast.RangeVar:
		s.word(s.written(n))
		return
	case *ast.SelectStmt:
		s.with(n.WithClause)
		if n.Larg == nil && len(n.ValuesLists) == 0 {
			s.operation("SELECT")
		}
	case *ast.InsertStmt:
		s.with(n.WithClause)
		s.operation("INSERT")
	case *ast.UpdateStmt:
		s.with(n.WithClause)
		s.operation("UPDATE")
	case *ast.DeleteStmt:
		s.with(n.WithClause)
		s.operation("DELETE")
	case *ast.MergeStmt:
		s.with(n.WithClause)
		s.operation("MERGE")
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Kind() != protoreflect.MessageKind || !m.Has(f) || f.Name() == "with_clause" {
			continue
		}
		if f.IsList() {
			for j := range m.Get(f).List().Len() {
				s.walk(m.Get(f).List().Get(j).Message())
			}
			continue
		}
		s.walk(m.Get(f).Message())
	}
}

func (s *summarizer) nodes(list ...*ast.Node) {
	for _, n := range list {
		if n != nil {
			s.walk(n.ProtoReflect())
		}
	}
}

func (s *summarizer) with(w *ast.WithClause) {
	if w != nil {
		s.walk(w.ProtoReflect())
	}
}

// operation adds a keyword as the text writes it.
func (s *summarizer) operation(keyword string) {
	for i := s.at; i < len(s.text); {
		start, end := nextWord(s.text, i)
		if start == end {
			break
		}
		if strings.EqualFold(s.text[start:end], keyword) {
			s.at = end
			s.word(s.text[start:end])
			return
		}
		i = end
	}
	s.word(keyword)
}

// nextWord finds the next unquoted word, past comments and quoted texts; start == end where there is none.
func nextWord(s string, i int) (start, end int) {
	for i < len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			i = closing(s, i+1, string(c))
		case strings.HasPrefix(s[i:], "--"):
			i = closing(s, i, "\n")
		case strings.HasPrefix(s[i:], "/*"):
			i = closing(s, i+2, "*/")
		case letter(c):
			end = i
			for end < len(s) && (letter(s[end]) || '0' <= s[end] && s[end] <= '9' || s[end] == '$') {
				end++
			}
			return i, end
		default:
			i++
		}
	}
	return len(s), len(s)
}

func closing(s string, i int, mark string) int {
	if n := strings.Index(s[min(i, len(s)):], mark); n >= 0 {
		return i + n + len(mark)
	}
	return len(s)
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

// written is the name of a relation as the text has it, quotes and schema included.
func (s *summarizer) written(rv *ast.RangeVar) string {
	i := int(rv.Location) - s.offset
	if rv.Location < 0 || i < 0 || i >= len(s.text) {
		return quoted(Name{rv.Schemaname, rv.Relname})
	}
	end := i
	for end < len(s.text) {
		switch c := s.text[end]; {
		case c == '"':
			end = closing(s.text, end+1, `"`)
			continue
		case letter(c) || '0' <= c && c <= '9' || c == '$' || c == '.':
			end++
			continue
		}
		break
	}
	return s.text[i:end]
}

// quoted writes a name with quotes where it needs them to be one word.
func quoted(n Name) string {
	plain := func(s string) bool {
		for i := range len(s) {
			if !letter(s[i]) && (s[i] < '0' || s[i] > '9') {
				return false
			}
		}
		return s != ""
	}
	part := func(s string) string {
		if plain(s) {
			return s
		}
		return quoteIdent(s)
	}
	switch {
	case n.Name == "":
		return ""
	case n.Schema == "":
		return part(n.Name)
	}
	return part(n.Schema) + "." + part(n.Name)
}
