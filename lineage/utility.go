package lineage

import "github.com/sqlc-dev/oliphant/ast"

// utility records the effects of a statement that is no query.
func (a *analyzer) utility(n *ast.Node, inside Inside) {
	switch s := n.GetNode().(type) {
	case *ast.Node_TruncateStmt:
		a.truncate(s.TruncateStmt, inside)
	default:
		a.unresolved("statement of unknown kind", "", -1)
	}
}

func (a *analyzer) truncate(s *ast.TruncateStmt, inside Inside) {
	a.st.Command, a.st.Class = "TRUNCATE TABLE", Write
	for _, item := range s.Relations {
		rv := item.GetRangeVar()
		e := Effect{Command: "TRUNCATE TABLE", Object: named(rv), Relation: a.use(rv, Writes, "TRUNCATE", inside), Inside: inside, Pos: int(rv.GetLocation())}
		if e.Relation != nil {
			e.Object = e.Relation.Name
		}
		a.effect(e)
	}
}

// named is the name of a relation as the text has it.
func named(rv *ast.RangeVar) Name { return Name{Schema: rv.GetSchemaname(), Name: rv.GetRelname()} }
