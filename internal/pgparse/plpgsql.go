package pgparse

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	pg "github.com/sqlc-dev/oliphant"
)

// Body is what a body of PL/pgSQL runs, without the order in which it does.
type Body struct {
	// Statements are its SQL statements, and its expressions as SELECT.
	Statements []string
	// Dynamic are expressions, as SELECT, whose values it runs as SQL.
	Dynamic   []string
	Variables []string
	// Types are the types of its variables, as they are written.
	Types   []string
	records []string // variables whose types the parser does not know
	// Ends reports that it commits or rolls back.
	Ends bool
	// Loops reports a loop over anything else than the rows of a query or a cursor.
	Loops bool
	// Returns are the queries of RETURN QUERY, each also among the statements. OnlyQueries means that nothing else gives rows.
	Returns     []string
	OnlyQueries bool
	othersGive  bool
}

// PLpgSQL reads the body of a CREATE FUNCTION, CREATE PROCEDURE or DO statement. The statements in it are cut out, not
// parsed.
func PLpgSQL(definition string) (body *Body, err error) {
	if err := Check(definition, CeilingBytes); err != nil {
		return nil, err
	}
	if lower := strings.ToLower(definition); strings.Contains(lower, "variable_conflict") && strings.Contains(lower, "use_variable") {
		return nil, &Error{Kind: ErrSyntax, Reason: "PL/pgSQL: variables that come before columns", Pos: -1}
	}
	defer func() {
		// This part of the parser is younger than the rest; a body that it cannot take is one that nobody read.
		if p := recover(); p != nil {
			body, err = nil, &Error{Kind: ErrSyntax, Reason: fmt.Sprint("PL/pgSQL: ", p), Pos: -1}
		}
	}()
	text := source(definition)
	declared := declarations(text)
	read, err := pg.ParsePlPgSqlToJSON(definition)
	if err != nil {
		read, err = pg.ParsePlPgSqlToJSON(plainArrays(definition, text, declared))
	}
	if err != nil {
		return nil, &Error{Kind: ErrSyntax, Reason: err.Error(), Pos: -1}
	}
	var tree any
	if err := json.Unmarshal([]byte(read), &tree); err != nil {
		return nil, &Error{Kind: ErrSyntax, Reason: err.Error(), Pos: -1}
	}
	body = &Body{}
	if err := body.read(tree, ""); err != nil {
		return nil, err
	}
	body.OnlyQueries = len(body.Returns) > 0 && !body.othersGive
	for _, d := range declared {
		if isArray(d.typ) {
			body.Types = append(body.Types, d.typ)
		}
		if !slices.Contains(body.records, d.name) {
			continue
		}
		if d.value != "" {
			body.Statements = append(body.Statements, "SELECT "+d.value)
		}
		body.Types = append(body.Types, d.typ)
	}
	return body, nil
}

// known are the parts of a body whose effect lies in the expressions below them, or is none.
var known = map[string]bool{
	"PLpgSQL_function": true, "PLpgSQL_var": true, "PLpgSQL_rec": true, "PLpgSQL_recfield": true, "PLpgSQL_row": true, "PLpgSQL_type": true,
	"PLpgSQL_expr": true, "PLpgSQL_case_when": true, "PLpgSQL_condition": true, "PLpgSQL_diag_item": true, "PLpgSQL_exception": true,
	"PLpgSQL_exception_block": true, "PLpgSQL_if_elsif": true, "PLpgSQL_raise_option": true, "PLpgSQL_stmt_assert": true,
	"PLpgSQL_stmt_assign": true, "PLpgSQL_stmt_block": true, "PLpgSQL_stmt_call": true, "PLpgSQL_stmt_case": true, "PLpgSQL_stmt_close": true,
	"PLpgSQL_stmt_commit": true, "PLpgSQL_stmt_dynexecute": true, "PLpgSQL_stmt_dynfors": true, "PLpgSQL_stmt_execsql": true,
	"PLpgSQL_stmt_exit": true, "PLpgSQL_stmt_fetch": true, "PLpgSQL_stmt_forc": true, "PLpgSQL_stmt_foreach_a": true, "PLpgSQL_stmt_fori": true,
	"PLpgSQL_stmt_fors": true, "PLpgSQL_stmt_getdiag": true, "PLpgSQL_stmt_if": true, "PLpgSQL_stmt_loop": true, "PLpgSQL_stmt_open": true,
	"PLpgSQL_stmt_perform": true, "PLpgSQL_stmt_raise": true, "PLpgSQL_stmt_return": true, "PLpgSQL_stmt_return_next": true,
	"PLpgSQL_stmt_return_query": true, "PLpgSQL_stmt_rollback": true, "PLpgSQL_stmt_while": true,
}

// loops are the parts that run as often as a value says.
var loops = map[string]bool{
	"PLpgSQL_stmt_foreach_a": true, "PLpgSQL_stmt_fori": true, "PLpgSQL_stmt_loop": true, "PLpgSQL_stmt_while": true,
}

// read goes through the whole tree; owner is the kind of part that n belongs to.
func (b *Body) read(n any, owner string) error {
	switch n := n.(type) {
	case []any:
		for _, item := range n {
			if err := b.read(item, owner); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) { // the same body has the same facts in the same order
			if err := b.part(key, n[key], owner); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Body) part(key string, value any, owner string) error {
	kind := owner
	if strings.HasPrefix(key, "PLpgSQL_") {
		if !known[key] {
			return &Error{Kind: ErrSyntax, Reason: "PL/pgSQL: statement of unknown kind " + key, Pos: -1}
		}
		kind = key
		b.Loops = b.Loops || loops[key]
	}
	switch {
	case key == "PLpgSQL_stmt_return_next", key == "dynquery" && owner == "PLpgSQL_stmt_return_query":
		b.othersGive = true
		if key == "dynquery" {
			return b.dynamic(value)
		}
	case key == "query" && owner == "PLpgSQL_stmt_return_query":
		m, _ := value.(map[string]any)
		query, _, err := exprOf(m["PLpgSQL_expr"])
		if err != nil {
			return err
		}
		b.Returns = append(b.Returns, query)
	case key == "PLpgSQL_stmt_commit" || key == "PLpgSQL_stmt_rollback":
		b.Ends = true
	case key == "refname":
		if name, ok := value.(string); ok && !strings.HasPrefix(name, "(") {
			b.Variables = append(b.Variables, name)
			if owner == "PLpgSQL_rec" {
				b.records = append(b.records, name)
			}
		}
		return nil
	case key == "typname":
		if name, ok := value.(string); ok && !slices.Contains(b.Types, name) {
			b.Types = append(b.Types, name)
		}
		return nil
	case key == "dynquery", key == "query" && (owner == "PLpgSQL_stmt_dynexecute" || owner == "PLpgSQL_stmt_dynfors"):
		return b.dynamic(value)
	case key == "PLpgSQL_expr":
		return b.expression(value)
	}
	return b.read(value, kind)
}

// The modes in which PL/pgSQL has an expression parsed.
const (
	parseStatement  = 0
	parseType       = 1
	parseExpression = 2
	parseAssign     = 3 // and above: by the number of words of the target
)

func exprOf(value any) (query string, mode int, err error) {
	m, _ := value.(map[string]any)
	query, ok := m["query"].(string)
	if !ok {
		return "", 0, &Error{Kind: ErrSyntax, Reason: "PL/pgSQL: expression without a text", Pos: -1}
	}
	f, _ := m["parseMode"].(float64)
	return query, int(f), nil
}

func (b *Body) expression(value any) error {
	query, mode, err := exprOf(value)
	switch {
	case err != nil:
		return err
	case mode == parseStatement:
		b.Statements = append(b.Statements, query)
	case mode == parseType:
	case mode == parseExpression:
		b.Statements = append(b.Statements, "SELECT "+query)
	case mode >= parseAssign:
		b.assignment(query)
	}
	return nil
}

// assignment keeps the subscripts of the target and the value: target[i] := value.
func (b *Body) assignment(query string) {
	end := strings.Index(query, ":=")
	size := 2
	if end < 0 {
		end, size = topLevelEqual(query), 1
	}
	if end < 0 {
		b.Statements = append(b.Statements, query) // no statement either: it will not parse, and the body is not read
		return
	}
	b.Statements = append(b.Statements, "SELECT "+query[end+size:])
	if strings.Contains(query[:end], "[") {
		b.Statements = append(b.Statements, "SELECT "+query[:end])
	}
}

// topLevelEqual finds the = after the target, past subscripts and quoted names.
func topLevelEqual(s string) int {
	depth, quoted := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '"' || c == '\'':
			quoted = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == '=' && depth == 0:
			return i
		}
	}
	return -1
}

func (b *Body) dynamic(value any) error {
	m, _ := value.(map[string]any)
	query, _, err := exprOf(m["PLpgSQL_expr"])
	if err == nil {
		b.Dynamic = append(b.Dynamic, "SELECT "+query)
	}
	return err
}
