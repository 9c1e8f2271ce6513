package lineage

import "github.com/sqlc-dev/oliphant/ast"

// alterations names every sub-command of ALTER TABLE. One that is not here is unresolved.
var alterations = map[ast.AlterTableType]string{
	ast.AlterTableType_AT_AddColumn:                 "ADD COLUMN",
	ast.AlterTableType_AT_AddColumnToView:           "ADD COLUMN",
	ast.AlterTableType_AT_ColumnDefault:             "SET DEFAULT", // DROP DEFAULT where there is no expression
	ast.AlterTableType_AT_CookedColumnDefault:       "SET DEFAULT",
	ast.AlterTableType_AT_DropNotNull:               "DROP NOT NULL",
	ast.AlterTableType_AT_SetNotNull:                "SET NOT NULL",
	ast.AlterTableType_AT_SetExpression:             "SET EXPRESSION",
	ast.AlterTableType_AT_DropExpression:            "DROP EXPRESSION",
	ast.AlterTableType_AT_SetStatistics:             "SET STATISTICS",
	ast.AlterTableType_AT_SetOptions:                "SET COLUMN OPTIONS",
	ast.AlterTableType_AT_ResetOptions:              "RESET COLUMN OPTIONS",
	ast.AlterTableType_AT_SetStorage:                "SET STORAGE",
	ast.AlterTableType_AT_SetCompression:            "SET COMPRESSION",
	ast.AlterTableType_AT_DropColumn:                "DROP COLUMN",
	ast.AlterTableType_AT_AddIndex:                  "ADD CONSTRAINT",
	ast.AlterTableType_AT_ReAddIndex:                "ADD CONSTRAINT",
	ast.AlterTableType_AT_AddConstraint:             "ADD CONSTRAINT",
	ast.AlterTableType_AT_ReAddConstraint:           "ADD CONSTRAINT",
	ast.AlterTableType_AT_ReAddDomainConstraint:     "ADD CONSTRAINT",
	ast.AlterTableType_AT_AlterConstraint:           "ALTER CONSTRAINT",
	ast.AlterTableType_AT_ValidateConstraint:        "VALIDATE CONSTRAINT",
	ast.AlterTableType_AT_AddIndexConstraint:        "ADD CONSTRAINT",
	ast.AlterTableType_AT_DropConstraint:            "DROP CONSTRAINT",
	ast.AlterTableType_AT_ReAddComment:              "COMMENT",
	ast.AlterTableType_AT_AlterColumnType:           "ALTER COLUMN TYPE",
	ast.AlterTableType_AT_AlterColumnGenericOptions: "SET COLUMN OPTIONS",
	ast.AlterTableType_AT_ChangeOwner:               "OWNER TO",
	ast.AlterTableType_AT_ClusterOn:                 "CLUSTER ON",
	ast.AlterTableType_AT_DropCluster:               "SET WITHOUT CLUSTER",
	ast.AlterTableType_AT_SetLogged:                 "SET LOGGED",
	ast.AlterTableType_AT_SetUnLogged:               "SET UNLOGGED",
	ast.AlterTableType_AT_DropOids:                  "SET WITHOUT OIDS",
	ast.AlterTableType_AT_SetAccessMethod:           "SET ACCESS METHOD",
	ast.AlterTableType_AT_SetTableSpace:             "SET TABLESPACE",
	ast.AlterTableType_AT_SetRelOptions:             "SET OPTIONS",
	ast.AlterTableType_AT_ResetRelOptions:           "RESET OPTIONS",
	ast.AlterTableType_AT_ReplaceRelOptions:         "SET OPTIONS",
	ast.AlterTableType_AT_EnableTrig:                "ENABLE TRIGGER",
	ast.AlterTableType_AT_EnableAlwaysTrig:          "ENABLE ALWAYS TRIGGER",
	ast.AlterTableType_AT_EnableReplicaTrig:         "ENABLE REPLICA TRIGGER",
	ast.AlterTableType_AT_DisableTrig:               "DISABLE TRIGGER",
	ast.AlterTableType_AT_EnableTrigAll:             "ENABLE TRIGGER ALL",
	ast.AlterTableType_AT_DisableTrigAll:            "DISABLE TRIGGER ALL",
	ast.AlterTableType_AT_EnableTrigUser:            "ENABLE TRIGGER USER",
	ast.AlterTableType_AT_DisableTrigUser:           "DISABLE TRIGGER USER",
	ast.AlterTableType_AT_EnableRule:                "ENABLE RULE",
	ast.AlterTableType_AT_EnableAlwaysRule:          "ENABLE ALWAYS RULE",
	ast.AlterTableType_AT_EnableReplicaRule:         "ENABLE REPLICA RULE",
	ast.AlterTableType_AT_DisableRule:               "DISABLE RULE",
	ast.AlterTableType_AT_AddInherit:                "INHERIT",
	ast.AlterTableType_AT_DropInherit:               "NO INHERIT",
	ast.AlterTableType_AT_AddOf:                     "OF",
	ast.AlterTableType_AT_DropOf:                    "NOT OF",
	ast.AlterTableType_AT_ReplicaIdentity:           "REPLICA IDENTITY",
	ast.AlterTableType_AT_EnableRowSecurity:         "ENABLE ROW LEVEL SECURITY",
	ast.AlterTableType_AT_DisableRowSecurity:        "DISABLE ROW LEVEL SECURITY",
	ast.AlterTableType_AT_ForceRowSecurity:          "FORCE ROW LEVEL SECURITY",
	ast.AlterTableType_AT_NoForceRowSecurity:        "NO FORCE ROW LEVEL SECURITY",
	ast.AlterTableType_AT_GenericOptions:            "OPTIONS",
	ast.AlterTableType_AT_AttachPartition:           "ATTACH PARTITION",
	ast.AlterTableType_AT_DetachPartition:           "DETACH PARTITION",
	ast.AlterTableType_AT_DetachPartitionFinalize:   "DETACH PARTITION FINALIZE",
	ast.AlterTableType_AT_AddIdentity:               "ADD IDENTITY",
	ast.AlterTableType_AT_SetIdentity:               "SET IDENTITY",
	ast.AlterTableType_AT_DropIdentity:              "DROP IDENTITY",
	ast.AlterTableType_AT_ReAddStatistics:           "SET STATISTICS",
}

func (a *analyzer) alterTable(s *ast.AlterTableStmt, inside Inside) string {
	tag := "ALTER " + objectWord(s.Objtype)
	for _, n := range s.Cmds {
		a.alteration(tag, s, n.GetAlterTableCmd(), inside)
	}
	return tag
}

func (a *analyzer) alteration(tag string, s *ast.AlterTableStmt, c *ast.AlterTableCmd, inside Inside) {
	action, known := alterations[c.GetSubtype()]
	if !known {
		a.unresolved("action of ALTER TABLE of unknown kind", "", -1)
		return
	}
	if c.Subtype == ast.AlterTableType_AT_ColumnDefault && c.Def == nil {
		action = "DROP DEFAULT"
	}
	e := Effect{Command: tag, Action: action, Options: behaviour(c.Behavior), Inside: inside}
	if c.Name != "" {
		e.Columns = []string{c.Name} // or the name of a constraint or trigger, as the action says
	}
	e = a.onVar(e, s.Relation)
	a.alterationDefinition(&e, c, inside|InDefinition)
	if c.Subtype == ast.AlterTableType_AT_SetNotNull && !provenNotNull(e.Relation, c.Name) {
		e.Work = Scans
	}
	a.effect(e)
}

// alterationDefinition reads what an action defines.
func (a *analyzer) alterationDefinition(e *Effect, c *ast.AlterTableCmd, inside Inside) {
	switch d := c.Def.GetNode().(type) {
	case nil:
	case *ast.Node_ColumnDef:
		a.alteredColumn(e, c, d.ColumnDef, inside)
	case *ast.Node_Constraint:
		e.Columns = nil
		e.Options = append(e.Options, constraintOptions(d.Constraint)...)
		a.inTable(e.Relation, inside, func(r *Relation) { a.constraint(d.Constraint, r, inside) }, c.Def)
	case *ast.Node_PartitionCmd:
		e.Options = append(e.Options, "PARTITION="+a.partition(c.Subtype, objectOfVar(d.PartitionCmd.Name)).String())
		if d.PartitionCmd.Concurrent {
			e.Options = append(e.Options, "CONCURRENTLY")
		}
		a.bound(d.PartitionCmd.Bound, inside)
	case *ast.Node_List, *ast.Node_RangeVar, *ast.Node_TypeName, *ast.Node_ReplicaIdentityStmt, *ast.Node_AtalterConstraint,
		*ast.Node_String_, *ast.Node_Integer, *ast.Node_RoleSpec:
		// Names and options: nothing in them runs.
	default:
		a.inTable(e.Relation, inside, func(r *Relation) { a.expression(c.Def, r, inside) }, c.Def)
	}
}

// partition is the name of a partition. One that is taken off is looked up: what its parent said of its columns is lost.
func (a *analyzer) partition(t ast.AlterTableType, n Name) Name {
	if t == ast.AlterTableType_AT_DetachPartition || t == ast.AlterTableType_AT_DetachPartitionFinalize {
		if r := a.find(n); r != nil {
			return r.Name
		}
	}
	return n
}

// inTable runs an analysis with the columns of a table in scope; where the table is not known, the functions are
// recorded by name.
func (a *analyzer) inTable(r *Relation, inside Inside, analyse func(*Relation), n *ast.Node) {
	if r == nil {
		a.mentions(inside, n)
		return
	}
	analyse(r)
}

// alteredColumn is ADD COLUMN and ALTER COLUMN TYPE.
func (a *analyzer) alteredColumn(e *Effect, c *ast.AlterTableCmd, d *ast.ColumnDef, inside Inside) {
	e.Options = append(e.Options, "TYPE="+typeWord(d.TypeName))
	if d.Colname != "" {
		e.Columns = []string{d.Colname}
	}
	for _, n := range d.Constraints {
		e.Options = append(e.Options, constraintOptions(n.GetConstraint())...)
	}
	if c.Subtype == ast.AlterTableType_AT_AddColumn {
		e.Work = addedWork(e)
	} else if !widens(e.Relation, c.Name, d) {
		e.Work = Rewrites
	}
	calls := len(a.st.Functions)
	a.inTable(e.Relation, inside, func(r *Relation) {
		if c.Subtype != ast.AlterTableType_AT_AddColumn {
			a.retyped(e, c.Name, d, r, inside)
			return
		}
		// A check may name the column that is added.
		a.columnDefinition(d, r.with(columnOf(d)), inside)
	}, c.Def)
	if c.Subtype == ast.AlterTableType_AT_AddColumn && a.volatileDefault(d, calls) {
		e.Options = append(e.Options, "VOLATILE")
		e.Work = Rewrites
	}
}

// retyped is ALTER COLUMN TYPE: the expression of USING makes the values that the column then has.
func (a *analyzer) retyped(e *Effect, column string, d *ast.ColumnDef, r *Relation, inside Inside) {
	if d.GetRawDefault() == nil {
		return
	}
	to := Assign{Target: columnID(r, column), RelOID: r.OID, Command: "ALTER COLUMN TYPE", Inside: e.Inside, Pos: e.Pos}
	if col, ok := r.Column(column); ok {
		to.Num = col.Num
	}
	a.given(d.RawDefault, r, inside, &to)
}

// volatileDefault reports whether one of the calls recorded since then is volatile and stands in the column's default.
func (a *analyzer) volatileDefault(d *ast.ColumnDef, since int) bool {
	inDefault := map[int]bool{}
	note := func(n *ast.Node) {
		if n == nil {
			return
		}
		for _, f := range funcCalls(n) {
			inDefault[a.at(f.Location)] = true
		}
	}
	note(d.GetRawDefault())
	for _, n := range d.GetConstraints() {
		if c := n.GetConstraint(); c.GetContype() == ast.ConstrType_CONSTR_DEFAULT {
			note(c.GetRawExpr())
		}
	}
	for i := since; i < len(a.st.Functions); i++ {
		if u := &a.st.Functions[i]; inDefault[u.Pos] && volatileCall(u) {
			return true
		}
	}
	return false
}

// addedWork is what ADD COLUMN does with the rows that are there, its default aside.
func addedWork(e *Effect) Work {
	switch t, _ := e.Option("TYPE"); t {
	case "serial", "bigserial", "smallserial", "serial2", "serial4", "serial8":
		return Rewrites
	}
	switch {
	case e.Has("IDENTITY") || e.Has("STORED"):
		return Rewrites
	case e.Has("CHECK") || e.Has("UNIQUE") || e.Has("PRIMARY KEY") || e.Has("FOREIGN KEY"):
		return Scans
	}
	return ""
}

// with is the relation with one column more.
func (r *Relation) with(c Column) *Relation {
	wide := *r
	wide.Columns = append(wide.Columns[:len(wide.Columns):len(wide.Columns)], c)
	return &wide
}

// volatileCall reports whether a call may give another value for each row. What is not known may.
func volatileCall(u *FunctionUse) bool {
	for _, f := range u.Candidates {
		if f.Volatility == 'v' || f.Volatility == 0 {
			return true
		}
	}
	return len(u.Candidates) == 0
}

// constraintOptions are the words by which constraints differ in what they lock and read.
func constraintOptions(c *ast.Constraint) []string {
	var out []string
	add := func(yes bool, word string) {
		if yes {
			out = append(out, word)
		}
	}
	add(true, constraintWord(c.GetContype()))
	add(c.GetSkipValidation(), "NOT VALID")
	add(c.GetIndexname() != "", "USING INDEX")
	add(c.GetFkDelAction() == "c", "ON DELETE CASCADE")
	add(c.GetContype() == ast.ConstrType_CONSTR_GENERATED && c.GetGeneratedKind() != "v", "STORED")
	return out
}

func constraintWord(t ast.ConstrType) string {
	switch t {
	case ast.ConstrType_CONSTR_NULL:
		return "NULL"
	case ast.ConstrType_CONSTR_NOTNULL:
		return "NOT NULL"
	case ast.ConstrType_CONSTR_DEFAULT:
		return "DEFAULT"
	case ast.ConstrType_CONSTR_IDENTITY:
		return "IDENTITY"
	case ast.ConstrType_CONSTR_GENERATED:
		return "GENERATED"
	case ast.ConstrType_CONSTR_CHECK:
		return "CHECK"
	case ast.ConstrType_CONSTR_PRIMARY:
		return "PRIMARY KEY"
	case ast.ConstrType_CONSTR_UNIQUE:
		return "UNIQUE"
	case ast.ConstrType_CONSTR_EXCLUSION:
		return "EXCLUDE"
	case ast.ConstrType_CONSTR_FOREIGN:
		return "FOREIGN KEY"
	}
	return "ATTRIBUTE"
}
