package lineage

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// literals records the string constants of a statement, wherever the grammar keeps them, and its highest parameter.
func (a *analyzer) literals(n *ast.Node) {
	if isQuery(n) && !mayQuote(a.st.SQL) {
		return // to walk through the tree takes as long as to analyse it, which has seen the parameters
	}
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		switch m := m.Interface().(type) {
		case *ast.A_Const:
			if c, ok := m.GetVal().(*ast.A_Const_Sval); ok {
				a.literal(c.Sval.GetSval(), m.GetLocation())
			}
			return false
		case *ast.ColumnRef, *ast.TypeName:
			return false // names
		case *ast.ParamRef:
			a.st.Params = max(a.st.Params, int(m.GetNumber()))
		case *ast.DefElem:
			a.option(m.GetArg(), m.GetLocation())
		case *ast.CreateEnumStmt:
			for _, v := range m.GetVals() {
				a.option(v, -1)
			}
		default:
			a.text(m)
		}
		return true
	})
}

// mayQuote reports whether a text can hold a string constant: there is a quote, or a dollar that does not begin a
// parameter.
func mayQuote(sql string) bool {
	for i := strings.IndexAny(sql, "'$"); i >= 0; {
		if sql[i] == '\'' || i+1 == len(sql) || sql[i+1] < '0' || sql[i+1] > '9' {
			return true
		}
		next := strings.IndexAny(sql[i+1:], "'$")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// option records an option's value that is a string, or a list of them. The grammar keeps words there as well.
func (a *analyzer) option(n *ast.Node, location int32) {
	switch n := n.GetNode().(type) {
	case *ast.Node_String_:
		a.literal(n.String_.GetSval(), location)
	case *ast.Node_List:
		for _, item := range n.List.GetItems() {
			if item.GetString_() != nil {
				a.literal(text(item), location)
			}
		}
	}
}

// text records the strings that statements keep by themselves.
func (a *analyzer) text(m any) {
	var list []string
	switch m := m.(type) {
	case *ast.CommentStmt:
		list = []string{m.GetComment()}
	case *ast.SecLabelStmt:
		list = []string{m.GetLabel()}
	case *ast.NotifyStmt:
		list = []string{m.GetPayload()}
	case *ast.LoadStmt:
		list = []string{m.GetFilename()}
	case *ast.CopyStmt:
		list = []string{m.GetFilename()}
	case *ast.CreateSubscriptionStmt:
		list = []string{m.GetConninfo()}
	case *ast.AlterSubscriptionStmt:
		list = []string{m.GetConninfo()}
	case *ast.CreateTableSpaceStmt:
		list = []string{m.GetLocation()}
	case *ast.AlterEnumStmt:
		list = []string{m.GetOldVal(), m.GetNewVal()}
	case *ast.TransactionStmt:
		list = []string{m.GetGid()}
	}
	for _, s := range list {
		if s != "" {
			a.literal(s, -1)
		}
	}
}

func (a *analyzer) literal(s string, location int32) {
	a.st.Strings = append(a.st.Strings, Literal{s, a.at(location)})
}
