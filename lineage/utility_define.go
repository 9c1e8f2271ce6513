package lineage

import "github.com/sqlc-dev/oliphant/ast"

// definition does the statements that define something, "" where it is none of them.
func (a *analyzer) definition(n *ast.Node, inside Inside) string {
	for _, family := range [...]func(*ast.Node, Inside) string{
		a.relationDefinition, a.codeDefinition, a.typeDefinition, a.accessDefinition, a.outsideDefinition, a.anyObject,
	} {
		if tag := family(n, inside); tag != "" {
			return tag
		}
	}
	return ""
}

// relationDefinition: tables and what belongs to them.
func (a *analyzer) relationDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateStmt:
		return a.createTable(s.CreateStmt, "CREATE TABLE", inside)
	case *ast.Node_CreateTableAsStmt:
		return a.createTableAs(s.CreateTableAsStmt, inside)
	case *ast.Node_ViewStmt:
		return a.createView(s.ViewStmt, inside)
	case *ast.Node_IndexStmt:
		return a.createIndex(s.IndexStmt, inside)
	case *ast.Node_AlterTableStmt:
		return a.alterTable(s.AlterTableStmt, inside)
	case *ast.Node_AlterTableMoveAllStmt:
		tag := "ALTER " + objectWord(s.AlterTableMoveAllStmt.Objtype)
		a.effect(Effect{
			Command: tag, Action: "SET TABLESPACE", Options: []string{"ALL"},
			Object: Name{Name: s.AlterTableMoveAllStmt.OrigTablespacename}, Inside: inside, Pos: -1,
		})
		return tag
	case *ast.Node_CreateSeqStmt:
		return a.createSequence(s.CreateSeqStmt, inside)
	case *ast.Node_AlterSeqStmt:
		return a.alterSequence(s.AlterSeqStmt, inside)
	case *ast.Node_CreateStatsStmt:
		return a.createStatistics(s.CreateStatsStmt, inside)
	case *ast.Node_AlterStatsStmt:
		return a.named("ALTER STATISTICS", "SET STATISTICS", nameOf(s.AlterStatsStmt.Defnames), inside)
	case *ast.Node_CreateSchemaStmt:
		return a.createSchema(s.CreateSchemaStmt, inside)
	}
	return ""
}

// codeDefinition: what the server runs by itself.
func (a *analyzer) codeDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateFunctionStmt:
		return a.createFunction(s.CreateFunctionStmt, inside)
	case *ast.Node_AlterFunctionStmt:
		return a.alterFunction(s.AlterFunctionStmt, inside)
	case *ast.Node_CreateTrigStmt:
		return a.createTrigger(s.CreateTrigStmt, inside)
	case *ast.Node_CreateEventTrigStmt:
		return a.named("CREATE EVENT TRIGGER", "", Name{Name: s.CreateEventTrigStmt.Trigname}, inside)
	case *ast.Node_AlterEventTrigStmt:
		return a.named("ALTER EVENT TRIGGER", enabled(s.AlterEventTrigStmt.Tgenabled), Name{Name: s.AlterEventTrigStmt.Trigname}, inside)
	case *ast.Node_RuleStmt:
		return a.createRule(s.RuleStmt, inside)
	case *ast.Node_CreatePlangStmt:
		return a.named("CREATE LANGUAGE", "", Name{Name: s.CreatePlangStmt.Plname}, inside)
	case *ast.Node_CreateExtensionStmt:
		return a.createExtension(s.CreateExtensionStmt, inside)
	case *ast.Node_AlterExtensionStmt:
		return a.named("ALTER EXTENSION", "UPDATE", Name{Name: s.AlterExtensionStmt.Extname}, inside)
	case *ast.Node_AlterExtensionContentsStmt:
		return a.alterExtensionContents(s.AlterExtensionContentsStmt, inside)
	case *ast.Node_CreateCastStmt:
		c := s.CreateCastStmt
		return a.named("CREATE CAST", "", Name{Name: typeWord(c.GetSourcetype()) + " AS " + typeWord(c.GetTargettype())}, inside)
	case *ast.Node_CreateTransformStmt:
		return a.named("CREATE TRANSFORM", "", Name{Name: typeWord(s.CreateTransformStmt.GetTypeName())}, inside)
	case *ast.Node_CreateConversionStmt:
		return a.named("CREATE CONVERSION", "", nameOf(s.CreateConversionStmt.ConversionName), inside)
	}
	return ""
}

// typeDefinition: types, operators and their kin.
func (a *analyzer) typeDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_DefineStmt:
		return a.define(s.DefineStmt, inside)
	case *ast.Node_CompositeTypeStmt:
		return a.named("CREATE TYPE", "", a.creation(objectOfVar(s.CompositeTypeStmt.Typevar), false), inside)
	case *ast.Node_CreateEnumStmt:
		return a.named("CREATE TYPE", "", a.creation(nameOf(s.CreateEnumStmt.TypeName), false), inside)
	case *ast.Node_CreateRangeStmt:
		return a.named("CREATE TYPE", "", a.creation(nameOf(s.CreateRangeStmt.TypeName), false), inside)
	case *ast.Node_CreateDomainStmt:
		return a.createDomain(s.CreateDomainStmt, inside)
	case *ast.Node_AlterDomainStmt:
		return a.alterDomain(s.AlterDomainStmt, inside)
	case *ast.Node_AlterEnumStmt:
		return a.alterEnum(s.AlterEnumStmt, inside)
	case *ast.Node_AlterTypeStmt:
		return a.named("ALTER TYPE", "SET", nameOf(s.AlterTypeStmt.TypeName), inside)
	case *ast.Node_AlterCollationStmt:
		return a.named("ALTER COLLATION", "REFRESH VERSION", nameOf(s.AlterCollationStmt.Collname), inside)
	case *ast.Node_CreateOpClassStmt:
		return a.named("CREATE OPERATOR CLASS", "", a.creation(nameOf(s.CreateOpClassStmt.Opclassname), false), inside)
	case *ast.Node_CreateOpFamilyStmt:
		return a.named("CREATE OPERATOR FAMILY", "", a.creation(nameOf(s.CreateOpFamilyStmt.Opfamilyname), false), inside)
	case *ast.Node_AlterOpFamilyStmt:
		return a.named("ALTER OPERATOR FAMILY", addOrDrop(!s.AlterOpFamilyStmt.IsDrop), nameOf(s.AlterOpFamilyStmt.Opfamilyname), inside)
	case *ast.Node_AlterOperatorStmt:
		return a.named("ALTER OPERATOR", "SET", nameOf(s.AlterOperatorStmt.GetOpername().GetObjname()), inside)
	case *ast.Node_CreateAmStmt:
		return a.named("CREATE ACCESS METHOD", "", Name{Name: s.CreateAmStmt.Amname}, inside)
	case *ast.Node_AlterTsdictionaryStmt:
		return a.named("ALTER TEXT SEARCH DICTIONARY", "SET", nameOf(s.AlterTsdictionaryStmt.Dictname), inside)
	case *ast.Node_AlterTsconfigurationStmt:
		return a.named("ALTER TEXT SEARCH CONFIGURATION", "MAPPING", nameOf(s.AlterTsconfigurationStmt.Cfgname), inside)
	}
	return ""
}

// accessDefinition: who may do what.
func (a *analyzer) accessDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_GrantStmt:
		return a.grant(s.GrantStmt, inside)
	case *ast.Node_GrantRoleStmt:
		return a.grantRole(s.GrantRoleStmt, inside)
	case *ast.Node_AlterDefaultPrivilegesStmt:
		return a.plain("ALTER DEFAULT PRIVILEGES", inside)
	case *ast.Node_CreateRoleStmt:
		return a.plainOn("CREATE ROLE", s.CreateRoleStmt.Role, inside, switchedOn(s.CreateRoleStmt.Options)...)
	case *ast.Node_AlterRoleStmt:
		return a.plainOn("ALTER ROLE", roleName(s.AlterRoleStmt.Role), inside, switchedOn(s.AlterRoleStmt.Options)...)
	case *ast.Node_AlterRoleSetStmt:
		a.set(s.AlterRoleSetStmt.Setstmt, "ALTER ROLE", inside)
		return a.named("ALTER ROLE", "SET", Name{Name: roleName(s.AlterRoleSetStmt.Role)}, inside)
	case *ast.Node_DropRoleStmt:
		return a.plainEach("DROP ROLE", s.DropRoleStmt.Roles, inside)
	case *ast.Node_DropOwnedStmt:
		return a.plainEach("DROP OWNED", s.DropOwnedStmt.Roles, inside, behaviour(s.DropOwnedStmt.Behavior)...)
	case *ast.Node_ReassignOwnedStmt:
		return a.plainEach("REASSIGN OWNED", s.ReassignOwnedStmt.Roles, inside)
	case *ast.Node_CreatePolicyStmt:
		return a.policy("CREATE POLICY", s.CreatePolicyStmt.PolicyName, s.CreatePolicyStmt.Table, inside, s.CreatePolicyStmt.Qual, s.CreatePolicyStmt.WithCheck)
	case *ast.Node_AlterPolicyStmt:
		return a.policy("ALTER POLICY", s.AlterPolicyStmt.PolicyName, s.AlterPolicyStmt.Table, inside, s.AlterPolicyStmt.Qual, s.AlterPolicyStmt.WithCheck)
	case *ast.Node_SecLabelStmt:
		return a.about("SECURITY LABEL", s.SecLabelStmt.Objtype, s.SecLabelStmt.Object, "", inside)
	}
	return ""
}

// outsideDefinition: databases, files, other servers.
func (a *analyzer) outsideDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreatedbStmt:
		return a.plainOn("CREATE DATABASE", s.CreatedbStmt.Dbname, inside)
	case *ast.Node_AlterDatabaseStmt:
		return a.plainOn("ALTER DATABASE", s.AlterDatabaseStmt.Dbname, inside)
	case *ast.Node_AlterDatabaseRefreshCollStmt:
		return a.named("ALTER DATABASE", "REFRESH COLLATION VERSION", Name{Name: s.AlterDatabaseRefreshCollStmt.Dbname}, inside)
	case *ast.Node_AlterDatabaseSetStmt:
		a.set(s.AlterDatabaseSetStmt.Setstmt, "ALTER DATABASE", inside)
		return a.named("ALTER DATABASE", "SET", Name{Name: s.AlterDatabaseSetStmt.Dbname}, inside)
	case *ast.Node_DropdbStmt:
		return a.plainOn("DROP DATABASE", s.DropdbStmt.Dbname, inside)
	case *ast.Node_AlterSystemStmt:
		a.set(s.AlterSystemStmt.Setstmt, "ALTER SYSTEM", inside)
		return a.plain("ALTER SYSTEM", inside)
	case *ast.Node_CreateTableSpaceStmt:
		return a.plainOn("CREATE TABLESPACE", s.CreateTableSpaceStmt.Tablespacename, inside)
	case *ast.Node_DropTableSpaceStmt:
		return a.plainOn("DROP TABLESPACE", s.DropTableSpaceStmt.Tablespacename, inside)
	case *ast.Node_AlterTableSpaceOptionsStmt:
		return a.plainOn("ALTER TABLESPACE", s.AlterTableSpaceOptionsStmt.Tablespacename, inside)
	case *ast.Node_CreateForeignTableStmt:
		return a.createTable(s.CreateForeignTableStmt.BaseStmt, "CREATE FOREIGN TABLE", inside)
	}
	return a.foreignDefinition(n, inside)
}

func (a *analyzer) foreignDefinition(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateFdwStmt:
		return a.plainOn("CREATE FOREIGN DATA WRAPPER", s.CreateFdwStmt.Fdwname, inside)
	case *ast.Node_AlterFdwStmt:
		return a.plainOn("ALTER FOREIGN DATA WRAPPER", s.AlterFdwStmt.Fdwname, inside)
	case *ast.Node_CreateForeignServerStmt:
		return a.plainOn("CREATE SERVER", s.CreateForeignServerStmt.Servername, inside)
	case *ast.Node_AlterForeignServerStmt:
		return a.plainOn("ALTER SERVER", s.AlterForeignServerStmt.Servername, inside)
	case *ast.Node_CreateUserMappingStmt:
		return a.plainOn("CREATE USER MAPPING", s.CreateUserMappingStmt.Servername, inside)
	case *ast.Node_AlterUserMappingStmt:
		return a.plainOn("ALTER USER MAPPING", s.AlterUserMappingStmt.Servername, inside)
	case *ast.Node_DropUserMappingStmt:
		return a.plainOn("DROP USER MAPPING", s.DropUserMappingStmt.Servername, inside)
	case *ast.Node_ImportForeignSchemaStmt:
		return a.plainOn("IMPORT FOREIGN SCHEMA", s.ImportForeignSchemaStmt.RemoteSchema, inside)
	case *ast.Node_CreatePublicationStmt:
		return a.publication("CREATE PUBLICATION", s.CreatePublicationStmt.Pubname, s.CreatePublicationStmt.Pubobjects, inside)
	case *ast.Node_AlterPublicationStmt:
		return a.publication("ALTER PUBLICATION", s.AlterPublicationStmt.Pubname, s.AlterPublicationStmt.Pubobjects, inside)
	case *ast.Node_CreateSubscriptionStmt:
		return a.plainOn("CREATE SUBSCRIPTION", s.CreateSubscriptionStmt.Subname, inside)
	case *ast.Node_AlterSubscriptionStmt:
		return a.plainOn("ALTER SUBSCRIPTION", s.AlterSubscriptionStmt.Subname, inside)
	case *ast.Node_DropSubscriptionStmt:
		return a.plainOn("DROP SUBSCRIPTION", s.DropSubscriptionStmt.Subname, inside)
	}
	return ""
}

// anyObject: statements that take objects of every kind.
func (a *analyzer) anyObject(n *ast.Node, inside Inside) string {
	switch s := n.GetNode().(type) {
	case *ast.Node_DropStmt:
		return a.drop(s.DropStmt, inside)
	case *ast.Node_CommentStmt:
		return a.about("COMMENT", s.CommentStmt.Objtype, s.CommentStmt.Object, s.CommentStmt.Comment, inside)
	case *ast.Node_RenameStmt:
		return a.rename(s.RenameStmt, inside)
	case *ast.Node_AlterObjectSchemaStmt:
		o := s.AlterObjectSchemaStmt
		return a.altered(o.ObjectType, "SET SCHEMA", o.Relation, o.Object, inside, "SCHEMA="+o.Newschema)
	case *ast.Node_AlterOwnerStmt:
		o := s.AlterOwnerStmt
		return a.altered(o.ObjectType, "OWNER TO", o.Relation, o.Object, inside, "ROLE="+roleName(o.Newowner))
	case *ast.Node_AlterObjectDependsStmt:
		o := s.AlterObjectDependsStmt
		return a.altered(o.ObjectType, "DEPENDS ON EXTENSION", o.Relation, o.Object, inside, "EXTENSION="+o.Extname.GetSval())
	}
	return ""
}

// named records an effect with an action on an object that is no relation.
func (a *analyzer) named(tag, action string, n Name, inside Inside, options ...string) string {
	a.effect(Effect{Command: tag, Action: action, Object: n, Options: options, Inside: inside, Pos: -1})
	return tag
}

// plainEach records one effect for each object of a list.
func (a *analyzer) plainEach(tag string, objects []*ast.Node, inside Inside, options ...string) string {
	for _, o := range objects {
		a.plainOn(tag, objectOf(o).Name, inside, options...)
	}
	return tag
}

func objectOfVar(rv *ast.RangeVar) Name {
	return Name{Schema: rv.GetSchemaname(), Name: rv.GetRelname()}
}

func addOrDrop(add bool) string {
	if add {
		return "ADD"
	}
	return "DROP"
}

func behaviour(b ast.DropBehavior) []string {
	if b == ast.DropBehavior_DROP_CASCADE {
		return []string{"CASCADE"}
	}
	return nil
}

// enabled reads the letter of ALTER EVENT TRIGGER.
func enabled(letter string) string {
	switch letter {
	case "O":
		return "ENABLE"
	case "D":
		return "DISABLE"
	case "R":
		return "ENABLE REPLICA"
	case "A":
		return "ENABLE ALWAYS"
	}
	return "UNKNOWN"
}
