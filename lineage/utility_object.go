package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// objectWords are the kinds of objects, as command tags have them.
var objectWords = map[ast.ObjectType]string{
	ast.ObjectType_OBJECT_ACCESS_METHOD:   "ACCESS METHOD",
	ast.ObjectType_OBJECT_AGGREGATE:       "AGGREGATE",
	ast.ObjectType_OBJECT_ATTRIBUTE:       "TYPE",
	ast.ObjectType_OBJECT_CAST:            "CAST",
	ast.ObjectType_OBJECT_COLLATION:       "COLLATION",
	ast.ObjectType_OBJECT_COLUMN:          "TABLE",
	ast.ObjectType_OBJECT_CONVERSION:      "CONVERSION",
	ast.ObjectType_OBJECT_DATABASE:        "DATABASE",
	ast.ObjectType_OBJECT_DOMAIN:          "DOMAIN",
	ast.ObjectType_OBJECT_DOMCONSTRAINT:   "DOMAIN",
	ast.ObjectType_OBJECT_EVENT_TRIGGER:   "EVENT TRIGGER",
	ast.ObjectType_OBJECT_EXTENSION:       "EXTENSION",
	ast.ObjectType_OBJECT_FDW:             "FOREIGN DATA WRAPPER",
	ast.ObjectType_OBJECT_FOREIGN_SERVER:  "SERVER",
	ast.ObjectType_OBJECT_FOREIGN_TABLE:   "FOREIGN TABLE",
	ast.ObjectType_OBJECT_FUNCTION:        "FUNCTION",
	ast.ObjectType_OBJECT_INDEX:           "INDEX",
	ast.ObjectType_OBJECT_LANGUAGE:        "LANGUAGE",
	ast.ObjectType_OBJECT_LARGEOBJECT:     "LARGE OBJECT",
	ast.ObjectType_OBJECT_MATVIEW:         "MATERIALIZED VIEW",
	ast.ObjectType_OBJECT_OPCLASS:         "OPERATOR CLASS",
	ast.ObjectType_OBJECT_OPERATOR:        "OPERATOR",
	ast.ObjectType_OBJECT_OPFAMILY:        "OPERATOR FAMILY",
	ast.ObjectType_OBJECT_POLICY:          "POLICY",
	ast.ObjectType_OBJECT_PROCEDURE:       "PROCEDURE",
	ast.ObjectType_OBJECT_PUBLICATION:     "PUBLICATION",
	ast.ObjectType_OBJECT_ROLE:            "ROLE",
	ast.ObjectType_OBJECT_ROUTINE:         "ROUTINE",
	ast.ObjectType_OBJECT_RULE:            "RULE",
	ast.ObjectType_OBJECT_SCHEMA:          "SCHEMA",
	ast.ObjectType_OBJECT_SEQUENCE:        "SEQUENCE",
	ast.ObjectType_OBJECT_STATISTIC_EXT:   "STATISTICS",
	ast.ObjectType_OBJECT_SUBSCRIPTION:    "SUBSCRIPTION",
	ast.ObjectType_OBJECT_TABCONSTRAINT:   "TABLE",
	ast.ObjectType_OBJECT_TABLE:           "TABLE",
	ast.ObjectType_OBJECT_TABLESPACE:      "TABLESPACE",
	ast.ObjectType_OBJECT_TRANSFORM:       "TRANSFORM",
	ast.ObjectType_OBJECT_TRIGGER:         "TRIGGER",
	ast.ObjectType_OBJECT_TSCONFIGURATION: "TEXT SEARCH CONFIGURATION",
	ast.ObjectType_OBJECT_TSDICTIONARY:    "TEXT SEARCH DICTIONARY",
	ast.ObjectType_OBJECT_TSPARSER:        "TEXT SEARCH PARSER",
	ast.ObjectType_OBJECT_TSTEMPLATE:      "TEXT SEARCH TEMPLATE",
	ast.ObjectType_OBJECT_TYPE:            "TYPE",
	ast.ObjectType_OBJECT_USER_MAPPING:    "USER MAPPING",
	ast.ObjectType_OBJECT_VIEW:            "VIEW",
}

// objectWord is the word for a kind of object. One that is not known makes a tag that nobody allows.
func objectWord(t ast.ObjectType) string {
	if w, ok := objectWords[t]; ok {
		return w
	}
	return "UNKNOWN OBJECT"
}

// isRelation reports whether objects of a kind are relations.
func isRelation(t ast.ObjectType) bool {
	switch t {
	case ast.ObjectType_OBJECT_TABLE, ast.ObjectType_OBJECT_VIEW, ast.ObjectType_OBJECT_MATVIEW, ast.ObjectType_OBJECT_INDEX,
		ast.ObjectType_OBJECT_SEQUENCE, ast.ObjectType_OBJECT_FOREIGN_TABLE:
		return true
	}
	return false
}

// ofRelation reports whether objects of a kind belong to a relation, whose name stands before theirs.
func ofRelation(t ast.ObjectType) bool {
	switch t {
	case ast.ObjectType_OBJECT_COLUMN, ast.ObjectType_OBJECT_TRIGGER, ast.ObjectType_OBJECT_RULE, ast.ObjectType_OBJECT_POLICY,
		ast.ObjectType_OBJECT_TABCONSTRAINT:
		return true
	}
	return false
}

// target fills in the object of an effect.
func (a *analyzer) target(e Effect, t ast.ObjectType, object *ast.Node) Effect {
	e.Pos = -1
	switch {
	case isRelation(t):
		return a.on(e, objectOf(object))
	case ofRelation(t):
		parts := nameParts(object.GetList().GetItems())
		if n := len(parts); n > 1 {
			e.Columns = append(e.Columns, parts[n-1])
			return a.on(e, nameOf(object.GetList().Items[:n-1]))
		}
	}
	e.Object = objectOf(object)
	return e
}

func (a *analyzer) drop(s *ast.DropStmt, inside Inside) string {
	tag := "DROP " + objectWord(s.RemoveType)
	options := behaviour(s.Behavior)
	if s.MissingOk {
		options = append(options, "IF EXISTS")
	}
	if s.Concurrent {
		options = append(options, "CONCURRENTLY")
	}
	for _, n := range s.Objects {
		a.effect(a.target(Effect{Command: tag, Options: options, Inside: inside}, s.RemoveType, n))
	}
	return tag
}

// about is a statement that says something of an object: COMMENT, SECURITY LABEL. Of a comment the words of its labels are
// kept; the rest is prose.
func (a *analyzer) about(tag string, t ast.ObjectType, object *ast.Node, comment string, inside Inside) string {
	e := Effect{Command: tag, Action: "ON " + objectWord(t), Inside: inside}
	if t == ast.ObjectType_OBJECT_COLUMN {
		e.Action = "ON COLUMN"
	}
	for _, word := range Labels(comment) {
		e.Options = append(e.Options, LabelOption+word)
	}
	a.effect(a.target(e, t, object))
	return tag
}

func (a *analyzer) rename(s *ast.RenameStmt, inside Inside) string {
	t, action := s.RenameType, "RENAME"
	switch t {
	case ast.ObjectType_OBJECT_COLUMN, ast.ObjectType_OBJECT_ATTRIBUTE:
		t, action = s.RelationType, "RENAME COLUMN"
	case ast.ObjectType_OBJECT_TABCONSTRAINT, ast.ObjectType_OBJECT_DOMCONSTRAINT:
		action = "RENAME CONSTRAINT"
	}
	options := append(behaviour(s.Behavior), "TO="+s.Newname)
	if s.Subname != "" {
		options = append(options, "NAME="+s.Subname)
	}
	return a.altered(t, action, s.Relation, s.Object, inside, options...)
}

// altered is an ALTER of an object of any kind, which comes as a relation or as a name.
func (a *analyzer) altered(t ast.ObjectType, action string, rv *ast.RangeVar, object *ast.Node, inside Inside, options ...string) string {
	tag := "ALTER " + objectWord(t)
	e := Effect{Command: tag, Action: action, Options: options, Inside: inside}
	if rv != nil {
		a.effect(a.onVar(e, rv))
	} else {
		a.effect(a.target(e, t, object))
	}
	return tag
}

// policy is CREATE POLICY and ALTER POLICY.
func (a *analyzer) policy(tag, name string, table *ast.RangeVar, inside Inside, parts ...*ast.Node) string {
	e := a.onVar(Effect{Command: tag, Options: []string{"NAME=" + name}, Inside: inside}, table)
	a.effect(e)
	if e.Relation != nil {
		a.expressions(e.Relation, inside|InDefinition, parts...)
	} else {
		a.mentions(inside|InDefinition, parts...)
	}
	return tag
}

func (a *analyzer) grant(s *ast.GrantStmt, inside Inside) string {
	tag := "REVOKE"
	if s.IsGrant {
		tag = "GRANT"
	}
	options := behaviour(s.Behavior)
	for _, n := range s.Privileges {
		options = append(options, strings.ToUpper(n.GetAccessPriv().GetPrivName()))
	}
	for _, n := range s.Objects {
		e := a.target(Effect{Command: tag, Action: "ON " + objectWord(s.Objtype), Options: options, Inside: inside}, s.Objtype, n)
		a.effect(e)
	}
	if len(s.Objects) == 0 {
		return a.plain(tag, inside)
	}
	return tag
}

func (a *analyzer) grantRole(s *ast.GrantRoleStmt, inside Inside) string {
	tag := "REVOKE ROLE"
	if s.IsGrant {
		tag = "GRANT ROLE"
	}
	for _, n := range s.GrantedRoles {
		a.plainOn(tag, n.GetAccessPriv().GetPrivName(), inside)
	}
	return tag
}

func (a *analyzer) publication(tag, name string, objects []*ast.Node, inside Inside) string {
	for _, n := range objects {
		t := n.GetPublicationObjSpec().GetPubtable()
		if w := t.GetWhereClause(); w != nil {
			a.inTable(a.find(objectOfVar(t.Relation)), inside|InDefinition, func(r *Relation) { a.expression(w, r, inside|InDefinition) }, w)
		}
	}
	return a.plainOn(tag, name, inside)
}

// define is CREATE of an aggregate, an operator, a base type, a collation or a text search object.
func (a *analyzer) define(s *ast.DefineStmt, inside Inside) string {
	tag := "CREATE " + objectWord(s.Kind)
	e := Effect{Command: tag, Object: a.creation(nameOf(s.Defnames), false), Inside: inside, Pos: -1}
	if s.Replace {
		e.Options = append(e.Options, "OR REPLACE")
	}
	if len(s.Definition) == 0 && s.Kind == ast.ObjectType_OBJECT_TYPE {
		e.Options = append(e.Options, "SHELL")
	}
	if len(s.Definition) > 0 && s.Kind == ast.ObjectType_OBJECT_TYPE {
		e.Options = append(e.Options, "BASE") // its functions are native code
	}
	a.effect(e)
	return tag
}

func (a *analyzer) createDomain(s *ast.CreateDomainStmt, inside Inside) string {
	name := a.creation(nameOf(s.Domainname), false)
	a.named("CREATE DOMAIN", "", name, inside, "TYPE="+typeWord(s.TypeName))
	for _, n := range s.Constraints {
		a.constraint(n.GetConstraint(), valueOf(name, s.TypeName), inside|InDefinition)
	}
	return "CREATE DOMAIN"
}

// valueOf is a relation whose one column is VALUE, as checks of a domain see it.
func valueOf(domain Name, t *ast.TypeName) *Relation {
	return &Relation{Name: domain, Kind: CompositeType, Columns: []Column{{Name: "value", Num: 1, Type: typeWord(t)}}}
}

func (a *analyzer) alterDomain(s *ast.AlterDomainStmt, inside Inside) string {
	name := nameOf(s.TypeName)
	actions := map[string]string{
		"T": "SET DEFAULT", "N": "DROP NOT NULL", "O": "SET NOT NULL", "C": "ADD CONSTRAINT", "X": "DROP CONSTRAINT",
		"V": "VALIDATE CONSTRAINT",
	}
	action, known := actions[s.Subtype]
	if !known {
		a.unresolved("action of ALTER DOMAIN of unknown kind", name.String(), -1)
	}
	options := behaviour(s.Behavior)
	if c := s.Def.GetConstraint(); c != nil {
		options = append(options, constraintOptions(c)...)
		a.constraint(c, valueOf(name, nil), inside|InDefinition)
	} else {
		a.expressions(nil, inside|InDefinition, s.Def)
	}
	return a.named("ALTER DOMAIN", action, name, inside, options...)
}

func (a *analyzer) alterEnum(s *ast.AlterEnumStmt, inside Inside) string {
	action := "ADD VALUE"
	if s.OldVal != "" {
		action = "RENAME VALUE"
	}
	return a.named("ALTER TYPE", action, nameOf(s.TypeName), inside)
}
