package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

func (a *analyzer) transaction(s *ast.TransactionStmt, inside Inside) string {
	tag, action := transactionTag(s.Kind)
	e := Effect{Command: tag, Action: action, Object: Name{Name: s.SavepointName + s.Gid}, Inside: inside, Pos: a.at(s.Location)}
	if s.Chain {
		e.Options = append(e.Options, "CHAIN")
	}
	if tag != "" {
		a.effect(e)
		a.transactionModes(s.Options, "BEGIN", true, inside)
	}
	return tag
}

func transactionTag(k ast.TransactionStmtKind) (tag, action string) {
	switch k {
	case ast.TransactionStmtKind_TRANS_STMT_BEGIN:
		return "BEGIN", ""
	case ast.TransactionStmtKind_TRANS_STMT_START:
		return "START TRANSACTION", ""
	case ast.TransactionStmtKind_TRANS_STMT_COMMIT:
		return "COMMIT", ""
	case ast.TransactionStmtKind_TRANS_STMT_ROLLBACK:
		return "ROLLBACK", ""
	case ast.TransactionStmtKind_TRANS_STMT_SAVEPOINT:
		return "SAVEPOINT", ""
	case ast.TransactionStmtKind_TRANS_STMT_RELEASE:
		return "RELEASE", ""
	case ast.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
		return "ROLLBACK", "TO SAVEPOINT"
	case ast.TransactionStmtKind_TRANS_STMT_PREPARE:
		return "PREPARE TRANSACTION", ""
	case ast.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED:
		return "COMMIT PREPARED", ""
	case ast.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED:
		return "ROLLBACK PREPARED", ""
	}
	return "", ""
}

// transactionModes records isolation level, access mode and deferrability as the settings that they are.
func (a *analyzer) transactionModes(list []*ast.Node, via string, local bool, inside Inside) {
	for _, n := range list {
		d := n.GetDefElem()
		if d == nil {
			a.unresolved("transaction mode of unknown kind", "", -1)
			continue
		}
		name := d.Defname
		if !local {
			name = "default_" + name
		}
		a.setting(SettingUse{
			Name: name, Action: "SET", Local: local, Value: literal(d.Arg), Via: via, Inside: inside, Pos: a.at(d.Location),
		})
	}
}

func (a *analyzer) setting(u SettingUse) { a.st.Settings = append(a.st.Settings, u) }

func (a *analyzer) variableSet(s *ast.VariableSetStmt, inside Inside) string {
	switch s.Kind {
	case ast.VariableSetKind_VAR_SET_MULTI:
		a.setMulti(s, inside)
		return "SET"
	case ast.VariableSetKind_VAR_RESET, ast.VariableSetKind_VAR_RESET_ALL:
		a.set(s, "RESET", inside)
		return "RESET"
	}
	a.set(s, "SET", inside)
	return "SET"
}

// set records a SET or RESET, by itself or as a clause of another statement.
func (a *analyzer) set(s *ast.VariableSetStmt, via string, inside Inside) {
	u := SettingUse{
		Name: settingName(s.GetName()), Action: "SET", Local: s.GetIsLocal(), Via: via, Inside: inside, Pos: a.at(s.GetLocation()),
	}
	switch s.GetKind() {
	case ast.VariableSetKind_VAR_SET_VALUE:
		u.Value, u.Dynamic = constants(s.Args)
	case ast.VariableSetKind_VAR_SET_DEFAULT:
		u.Default = true
	case ast.VariableSetKind_VAR_SET_CURRENT:
		u.Dynamic = true
	case ast.VariableSetKind_VAR_RESET:
		u.Action = "RESET"
	case ast.VariableSetKind_VAR_RESET_ALL:
		u.Action, u.Name = "RESET ALL", ""
	default:
		a.unresolved("SET of unknown kind", u.Name, s.GetLocation())
	}
	a.setting(u)
}

// setMulti is SET TRANSACTION, SET SESSION CHARACTERISTICS and SET TRANSACTION SNAPSHOT.
func (a *analyzer) setMulti(s *ast.VariableSetStmt, inside Inside) {
	switch s.Name {
	case "TRANSACTION":
		a.transactionModes(s.Args, "SET TRANSACTION", true, inside)
	case "SESSION CHARACTERISTICS":
		a.transactionModes(s.Args, "SET SESSION CHARACTERISTICS", false, inside)
	case "TRANSACTION SNAPSHOT":
		value, dynamic := constants(s.Args)
		a.setting(SettingUse{
			Name: "transaction_snapshot", Action: "SET", Local: true, Value: value, Dynamic: dynamic,
			Via: "SET TRANSACTION", Inside: inside, Pos: a.at(s.Location),
		})
	default:
		a.unresolved("SET of unknown kind", s.Name, s.Location)
	}
}

func (a *analyzer) variableShow(s *ast.VariableShowStmt, inside Inside) string {
	u := SettingUse{Name: settingName(s.Name), Action: "SHOW", Via: "SHOW", Inside: inside, Pos: -1}
	if u.Name == "all" {
		u.Name, u.Action = "", "SHOW ALL"
		for _, name := range []string{"name", "setting", "description"} {
			a.st.Outputs = append(a.st.Outputs, Output{Name: name, Type: "text"})
		}
	} else {
		a.st.Outputs = append(a.st.Outputs, Output{Name: u.Name, Type: "text"})
	}
	a.setting(u)
	return "SHOW"
}

func (a *analyzer) discard(s *ast.DiscardStmt, inside Inside) string {
	tag := ""
	switch s.Target {
	case ast.DiscardMode_DISCARD_ALL:
		tag = "DISCARD ALL"
		a.setting(SettingUse{Action: "DISCARD", Via: tag, Inside: inside, Pos: -1})
	case ast.DiscardMode_DISCARD_PLANS:
		tag = "DISCARD PLANS"
	case ast.DiscardMode_DISCARD_SEQUENCES:
		tag = "DISCARD SEQUENCES"
	case ast.DiscardMode_DISCARD_TEMP:
		tag = "DISCARD TEMP"
	default:
		return ""
	}
	return a.plain(tag, inside)
}

func (a *analyzer) lock(s *ast.LockStmt, inside Inside) string {
	for _, n := range s.Relations {
		e := Effect{Command: "LOCK TABLE", Action: lockMode(s.Mode), Inside: inside}
		if s.Nowait {
			e.Options = append(e.Options, "NOWAIT")
		}
		e = a.onVar(e, n.GetRangeVar())
		a.use(n.GetRangeVar(), Locks, "LOCK", inside)
		a.effect(e)
	}
	return "LOCK TABLE"
}

// lockMode names a lock mode by its number in PostgreSQL's lockdefs.h.
func lockMode(mode int32) string {
	names := [...]string{
		"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
		"EXCLUSIVE", "ACCESS EXCLUSIVE",
	}
	if int(mode) < len(names) && mode > 0 {
		return names[mode]
	}
	return "UNKNOWN"
}

// constants joins the values of a SET; dynamic where one is no constant.
func constants(list []*ast.Node) (value string, dynamic bool) {
	var parts []string
	for _, n := range list {
		if n.GetAConst() == nil && n.GetTypeCast() == nil {
			return "", true
		}
		parts = append(parts, literal(n))
	}
	return strings.Join(parts, ", "), false
}

// literal is a constant as text, "" where the node is none.
func literal(n *ast.Node) string {
	switch v := n.GetNode().(type) {
	case *ast.Node_TypeCast:
		return literal(v.TypeCast.Arg)
	case *ast.Node_AConst:
		text, _ := constText(v.AConst)
		return text
	case *ast.Node_String_:
		return v.String_.Sval
	case *ast.Node_Integer:
		return decimal(int64(v.Integer.Ival))
	case *ast.Node_Float:
		return v.Float.Fval
	case *ast.Node_Boolean:
		return boolText(v.Boolean.Boolval)
	}
	return ""
}
