package lineage

import (
	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// Analyze says what one parsed statement is and touches, by the names that the catalog resolves. It never fails: what it
// cannot resolve is in Unresolved, what the catalog has not loaded is in Needs.
func Analyze(stmt pgparse.Statement, catalog Catalog) *Statement {
	a := &analyzer{world: &world{catalog: catalog, path: catalog.SearchPath()}, st: &Statement{SQL: stmt.SQL, Offset: stmt.Pos, Hinted: stmt.Hinted}}
	a.statement(stmt.Node, 0)
	a.derive()
	a.st.Summary = summary(stmt.Node, a.st, stmt.Pos)
	a.literals(stmt.Node)
	a.st.Needs = a.needs
	return a.st
}

// AnalyzeText parses a text and analyses each of its statements.
func AnalyzeText(sql string, catalog Catalog) ([]*Statement, error) {
	parsed, err := pgparse.Parse(sql, 0)
	if err != nil {
		return nil, err
	}
	out := make([]*Statement, len(parsed))
	for i, stmt := range parsed {
		out[i] = Analyze(stmt, catalog)
	}
	return out, nil
}

// world is what the analysis of a statement shares with those of the views that it opens.
type world struct {
	catalog Catalog
	path    []string // the catalog's search path
	needs   []Need
	needed  map[Need]bool
	rels    []*Relation // that sources count
	views   map[*Relation]*viewFacts
	opening int // views below views
	bodies  bodies
	// checking are the constraints of domains that are being read.
	checking map[string]bool
	steps    int
	// computes is set where the text holds an operator or a cast.
	computes bool
	trace    func(*ast.Node) // told of every expression and element of FROM that is looked at, in tests
}

// analyzer collects the facts of one statement.
type analyzer struct {
	*world
	st     *Statement
	cycles []*cycle                    // recursive queries, which sources count from -1 down
	refs   map[*ast.Node]place         // what column references were resolved to, of statements with a target
	froms  map[*ast.SelectStmt][]entry // what the FROM of their subqueries holds
	shown  map[*Relation]bool          // views whose relations are recorded
	// checked are the constraints of domains whose calls are recorded.
	checked map[checked]bool

	// What flush turns into facts.
	uses       []*use
	calls      []call
	gifts      []gift
	influences []influence
	bodyLimits bool // a function of somebody's decides how many rows there are

	sqlFunction bool                  // it reads the body of a function of SQL
	loops       bool                  // the body that it reads loops over something else than a query
	decided     map[*Relation]bool    // views whose influences are recorded
	influenced  map[influenceKey]bool // those that came from views
}

// statement analyses one statement of any kind, also below EXPLAIN, PREPARE and the like. The outputs of the statement
// at the top become those of the whole.
func (a *analyzer) statement(n *ast.Node, inside Inside) {
	if !isQuery(n) {
		a.utility(n, inside)
		return
	}
	outputs := a.query(n, inside)
	if inside == 0 {
		a.st.Outputs = outputs
		a.st.Command, a.st.Class = a.classify(n)
	}
}

// classify gives the command tag of a query and its class, which is that of the strongest thing that it does.
func (a *analyzer) classify(n *ast.Node) (command string, class Class) {
	command, class = "SELECT", Read
	switch n.GetNode().(type) {
	case *ast.Node_InsertStmt:
		command = "INSERT"
	case *ast.Node_UpdateStmt:
		command = "UPDATE"
	case *ast.Node_DeleteStmt:
		command = "DELETE"
	case *ast.Node_MergeStmt:
		command = "MERGE"
	}
	for i := range a.st.Relations {
		if a.st.Relations[i].Access&Writes != 0 {
			class = Write
		}
	}
	if n.GetSelectStmt().GetIntoClause() != nil {
		return "SELECT INTO", DDL
	}
	return command, class
}

// query analyses a SELECT, INSERT, UPDATE, DELETE or MERGE and gives what it returns.
func (a *analyzer) query(n *ast.Node, inside Inside) []Output {
	cols := a.run(n, nil, inside).cols
	outputs := a.outputs(cols)
	a.flush()
	return outputs
}

// isQuery reports whether a statement is analysed here and not by utility.
func isQuery(n *ast.Node) bool {
	switch n.GetNode().(type) {
	case *ast.Node_SelectStmt, *ast.Node_InsertStmt, *ast.Node_UpdateStmt, *ast.Node_DeleteStmt, *ast.Node_MergeStmt:
		return true
	}
	return false
}

// use resolves a relation that the text names, and records the use. It gives nil where the catalog has none.
func (a *analyzer) use(rv *ast.RangeVar, access Access, command string, inside Inside) *Relation {
	it, u := a.newScope(nil, inside).relationItem(rv, access, command)
	u.opaque = true
	a.flush()
	return it.rel
}

// expression analyses an expression that stands outside a query: a default, a check, an index expression, a policy. The
// columns of rel, if it is not nil, are in scope. A definition may name others: those that another action of the statement,
// or a statement before it, has yet to make. The server refuses what is not there when it stores the definition.
func (a *analyzer) expression(n *ast.Node, rel *Relation, inside Inside) {
	a.given(n, rel, inside, nil)
}

// given analyses an expression whose value a column of rel gets; nil = none does.
func (a *analyzer) given(n *ast.Node, rel *Relation, inside Inside, to *Assign) {
	s := a.newScope(nil, inside)
	s.defining = inside&InDefinition != 0
	if rel != nil {
		s.show(&item{name: rel.Name.Name, rel: rel, index: a.intern(rel), table: true}, true, true)
	}
	v := s.expr(n)
	if to != nil {
		a.gifts = append(a.gifts, gift{Assign: *to, value: v})
	}
	a.flush()
}

func (a *analyzer) effect(e Effect) {
	a.passing(&e)
	if e.Lock == "" {
		e.Lock = lockOf(&e)
	}
	if e.Work == "" {
		e.Work = workOf(&e)
	}
	a.st.NoTransaction = a.st.NoTransaction || standsAlone(&e) && e.Inside == 0
	a.st.Effects = append(a.st.Effects, e)
}

// unresolved records something that cannot be resolved, at a location of the tree.
func (a *analyzer) unresolved(reason, object string, location int32) {
	if len(a.st.Unresolved) < maxUnresolved {
		a.st.Unresolved = append(a.st.Unresolved, Unresolved{Reason: reason, Object: object, Pos: a.at(location)})
	}
}

// failed is the value of what cannot be resolved.
func (a *analyzer) failed(reason, object string, location int32) value {
	a.unresolved(reason, object, location)
	return value{why: reason}
}

// at turns a location of the tree, which counts from the beginning of the text that was sent, into a byte of the
// statement; -1 where the tree has none.
func (a *analyzer) at(location int32) int {
	if location < 0 || int(location) < a.st.Offset {
		return -1
	}
	return int(location) - a.st.Offset
}

// Limits of an analysis. A query beyond them is not resolved.
const (
	maxSteps      = 4 << 20 // looks at names, columns of sets and the like; megabytes and a fraction of a second
	columnSteps   = 16      // what a column costs that a star makes
	maxColumns    = 1664    // of a query: PostgreSQL's own limit
	maxUnresolved = 100
	maxOpening    = 64 // views below views
)

// step counts work that a hostile text could make large; false = no more.
func (a *analyzer) step() bool { return a.spend(1) }

// spend counts n steps.
func (a *analyzer) spend(n int) bool {
	before := a.steps
	a.steps += n
	if before < maxSteps && a.steps >= maxSteps {
		a.unresolved(tooComplex, "", -1)
	}
	return a.steps < maxSteps
}
