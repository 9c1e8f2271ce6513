package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// create is the effect of making a relation: its name as it will be, and whether it hides another.
func (a *analyzer) create(tag string, rv *ast.RangeVar, inside Inside, options ...string) Effect {
	temporary := rv.GetRelpersistence() == "t"
	e := Effect{
		Command: tag, Object: a.creation(objectOfVar(rv), temporary), Options: options, Inside: inside, Pos: a.at(rv.GetLocation()),
	}
	if temporary || isTemp(e.Object.Schema) {
		e.Options = append(e.Options, "TEMPORARY")
	}
	if rv.GetRelpersistence() == "u" {
		e.Options = append(e.Options, "UNLOGGED")
	}
	if a.shadows(e.Object) {
		e.Options = append(e.Options, "SHADOWS")
	}
	return e
}

func ifNotExists(yes bool) []string {
	if yes {
		return []string{"IF NOT EXISTS"}
	}
	return nil
}

func (a *analyzer) createTable(s *ast.CreateStmt, tag string, inside Inside) string {
	e := a.create(tag, s.GetRelation(), inside, ifNotExists(s.GetIfNotExists())...)
	if s.GetPartbound() != nil {
		e.Options = append(e.Options, "PARTITION OF")
	}
	a.effect(e)
	rel := a.future(s, e.Object)
	a.st.Defines = append(a.st.Defines, rel)
	inside |= InDefinition
	for _, n := range s.GetTableElts() {
		a.tableElement(n, rel, inside)
	}
	for _, n := range s.GetConstraints() {
		a.constraint(n.GetConstraint(), rel, inside)
	}
	for _, n := range s.GetPartspec().GetPartParams() {
		a.expressions(rel, inside, n.GetPartitionElem().GetExpr())
	}
	a.bound(s.GetPartbound(), inside)
	return tag
}

// future is the relation that a CREATE TABLE makes, as far as its own expressions need it.
func (a *analyzer) future(s *ast.CreateStmt, name Name) *Relation {
	rel := &Relation{Name: name, Kind: Table}
	add := func(from *Relation) {
		if from != nil {
			rel.Columns = append(rel.Columns, from.Columns...)
		}
	}
	for _, n := range s.GetInhRelations() {
		parent := a.find(objectOfVar(n.GetRangeVar()))
		if add(parent); parent != nil {
			rel.Parents = append(append(rel.Parents, parent.Name), parent.Parents...)
		}
	}
	if s.GetOfTypename() != nil {
		add(a.find(nameOf(s.OfTypename.Names)))
	}
	for _, n := range s.GetTableElts() {
		switch t := n.GetNode().(type) {
		case *ast.Node_TableLikeClause:
			add(a.find(objectOfVar(t.TableLikeClause.Relation)))
		case *ast.Node_ColumnDef:
			if _, there := rel.Column(t.ColumnDef.Colname); !there {
				rel.Columns = append(rel.Columns, columnOf(t.ColumnDef))
			}
		}
	}
	rel.Columns = slices.Clone(rel.Columns)
	for i := range rel.Columns {
		rel.Columns[i].Num = int16(i + 1)
		rel.Columns[i].Key = rel.Columns[i].Key || keyOf(s.GetTableElts(), rel.Columns[i].Name) || keyOf(s.GetConstraints(), rel.Columns[i].Name)
	}
	return rel
}

// keyOf reports whether one of the constraints of a table makes a column part of its primary key.
func keyOf(list []*ast.Node, column string) bool {
	for _, n := range list {
		if c := n.GetConstraint(); c.GetContype() == ast.ConstrType_CONSTR_PRIMARY && slices.Contains(nameParts(c.GetKeys()), column) {
			return true
		}
	}
	return false
}

func columnOf(d *ast.ColumnDef) Column {
	c := Column{Name: d.GetColname(), Type: typeWord(d.GetTypeName()), NotNull: d.GetIsNotNull()}
	for _, n := range d.GetConstraints() {
		switch n.GetConstraint().GetContype() {
		case ast.ConstrType_CONSTR_NOTNULL:
			c.NotNull = true
		case ast.ConstrType_CONSTR_PRIMARY, ast.ConstrType_CONSTR_UNIQUE:
			c.Key = true
		case ast.ConstrType_CONSTR_GENERATED, ast.ConstrType_CONSTR_IDENTITY:
			c.Generated = true
		}
	}
	return c
}

// typeWord is the name of a type as the text has it, without pg_catalog.
func typeWord(t *ast.TypeName) string {
	name := strings.TrimPrefix(nameOf(t.GetNames()).String(), "pg_catalog.")
	return name + strings.Repeat("[]", len(t.GetArrayBounds()))
}

func (a *analyzer) tableElement(n *ast.Node, rel *Relation, inside Inside) {
	switch t := n.GetNode().(type) {
	case *ast.Node_ColumnDef:
		a.columnDefinition(t.ColumnDef, rel, inside)
	case *ast.Node_Constraint:
		a.constraint(t.Constraint, rel, inside)
	case *ast.Node_TableLikeClause:
	default:
		a.unresolved("table element of unknown kind", "", -1)
	}
}

func (a *analyzer) columnDefinition(d *ast.ColumnDef, rel *Relation, inside Inside) {
	a.expressions(rel, inside, d.GetRawDefault())
	for _, n := range d.GetConstraints() {
		a.constraint(n.GetConstraint(), rel, inside)
	}
}

// constraint analyses the expressions of a constraint.
func (a *analyzer) constraint(c *ast.Constraint, rel *Relation, inside Inside) {
	a.expressions(rel, inside, c.GetRawExpr(), c.GetWhereClause())
	for _, n := range c.GetExclusions() {
		if items := n.GetList().GetItems(); len(items) > 0 {
			a.expressions(rel, inside, items[0].GetIndexElem().GetExpr())
		}
	}
}

// bound analyses the expressions of a partition's bound. MINVALUE and MAXVALUE come as column references, so plain names
// are left out: a real column is an error there.
func (a *analyzer) bound(b *ast.PartitionBoundSpec, inside Inside) {
	for _, list := range [][]*ast.Node{b.GetListdatums(), b.GetLowerdatums(), b.GetUpperdatums()} {
		for _, n := range list {
			if n.GetColumnRef() == nil {
				a.expressions(nil, inside, n)
			}
		}
	}
}

// createTableAs is CREATE TABLE AS and CREATE MATERIALIZED VIEW.
func (a *analyzer) createTableAs(s *ast.CreateTableAsStmt, inside Inside) string {
	tag := "CREATE TABLE AS"
	if s.Objtype == ast.ObjectType_OBJECT_MATVIEW {
		tag = "CREATE MATERIALIZED VIEW"
	}
	outputs := a.inner(s.Query, inside|InCreateTableAs)
	a.into(s.Into, outputs, tag, inside, ifNotExists(s.IfNotExists)...)
	return tag
}

// into records the relation that a query makes, and of what its columns are made.
func (a *analyzer) into(s *ast.IntoClause, outputs []Output, tag string, inside Inside, options ...string) {
	if s.GetSkipData() {
		options = append(options, "WITH NO DATA")
	}
	e := a.create(tag, s.GetRel(), inside, options...)
	a.effect(e)
	names := nameParts(s.GetColNames())
	a.st.Defines = append(a.st.Defines, defines(e.Object, Table, outputs, names))
	a.st.Assigns = append(a.st.Assigns, assigned(a.st.Defines[len(a.st.Defines)-1], outputs, tag, inside)...)
}

// assigned says of what the columns of a new relation are made.
func assigned(rel *Relation, outputs []Output, tag string, inside Inside) []Assign {
	out := make([]Assign, len(outputs))
	for i, o := range outputs {
		target := columnID(rel, rel.Columns[i].Name)
		out[i] = Assign{
			Target: target, Num: int16(i + 1), Command: tag, Sources: o.Sources, Base: o.Base, Taking: o.Taking, Inside: inside, Pos: -1,
		}
		if o.KeyAt > 0 {
			out[i].Any = max(o.Any, AtTop) // the new relation does not say what stood beside what
		}
	}
	return out
}

func (a *analyzer) createView(s *ast.ViewStmt, inside Inside) string {
	var options []string
	if s.Replace {
		options = append(options, "OR REPLACE")
	}
	for _, n := range s.Options {
		options = append(options, strings.ToUpper(n.GetDefElem().GetDefname())+"="+literal(n.GetDefElem().GetArg()))
	}
	outputs := a.inner(s.Query, inside|InDefinition)
	e := a.create("CREATE VIEW", s.View, inside, options...)
	if s.Replace && a.find(e.Object) != nil {
		e.Lock = AccessExclusive
	}
	a.effect(e)
	rel := defines(e.Object, View, outputs, nameParts(s.Aliases))
	rel.query = s.Query
	a.st.Defines = append(a.st.Defines, rel)
	a.st.Shows = append(a.st.Shows, assigned(rel, outputs, e.Command, inside)...)
	return "CREATE VIEW"
}

func (a *analyzer) createIndex(s *ast.IndexStmt, inside Inside) string {
	e := Effect{Command: "CREATE INDEX", Options: ifNotExists(s.IfNotExists), Inside: inside}
	if s.Concurrent {
		e.Options = append(e.Options, "CONCURRENTLY")
	}
	if s.Unique {
		e.Options = append(e.Options, "UNIQUE")
	}
	e = a.onVar(e, s.Relation)
	for _, n := range append(slices.Clone(s.IndexParams), s.IndexIncludingParams...) {
		if c := n.GetIndexElem().GetName(); c != "" {
			e.Columns = append(e.Columns, c)
		}
	}
	a.effect(e)
	if e.Relation != nil {
		inside |= InDefinition
		for _, n := range s.IndexParams {
			a.expressions(e.Relation, inside, n.GetIndexElem().GetExpr())
		}
		a.expressions(e.Relation, inside, s.WhereClause)
	} else {
		a.mentions(inside|InDefinition, append(slices.Clone(s.IndexParams), s.WhereClause)...)
	}
	return "CREATE INDEX"
}

func (a *analyzer) createSequence(s *ast.CreateSeqStmt, inside Inside) string {
	a.effect(a.create("CREATE SEQUENCE", s.Sequence, inside, ifNotExists(s.IfNotExists)...))
	return "CREATE SEQUENCE"
}

// alterSequence has one action for all its options; RESTART is named, for it hands out numbers again.
func (a *analyzer) alterSequence(s *ast.AlterSeqStmt, inside Inside) string {
	e := Effect{Command: "ALTER SEQUENCE", Inside: inside}
	for _, n := range s.Options {
		name := strings.ToUpper(n.GetDefElem().GetDefname())
		if name == "RESTART" {
			e.Action = name
		}
		e.Options = append(e.Options, name)
	}
	a.effect(a.onVar(e, s.Sequence))
	return "ALTER SEQUENCE"
}

func (a *analyzer) createStatistics(s *ast.CreateStatsStmt, inside Inside) string {
	e := Effect{Command: "CREATE STATISTICS", Object: nameOf(s.Defnames), Options: ifNotExists(s.IfNotExists), Inside: inside, Pos: -1}
	if isTemp(e.Object.Schema) {
		e.Options = append(e.Options, "TEMPORARY")
	}
	for _, n := range s.Relations {
		if rv := n.GetRangeVar(); rv != nil {
			e = a.onVar(e, rv)
		}
	}
	for _, n := range s.Exprs {
		if e.Relation != nil {
			a.expressions(e.Relation, inside|InDefinition, n.GetStatsElem().GetExpr())
		}
	}
	a.effect(e)
	return "CREATE STATISTICS"
}

// createSchema may hold the definitions of its first objects; they are made in the new schema.
func (a *analyzer) createSchema(s *ast.CreateSchemaStmt, inside Inside) string {
	name := s.Schemaname
	if name == "" {
		name = roleName(s.Authrole)
	}
	a.named("CREATE SCHEMA", "", Name{Name: name}, inside, ifNotExists(s.IfNotExists)...)
	for _, n := range s.SchemaElts {
		a.inner(n, inside|InDefinition)
	}
	return "CREATE SCHEMA"
}
