package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// copy is COPY in all its forms. What the server reads or writes beside the table stands in Action.
func (a *analyzer) copy(s *ast.CopyStmt, inside Inside) string {
	e := Effect{Command: "COPY", Action: copyAction(s), Inside: inside, Pos: -1, Columns: nameParts(s.Attlist)}
	if s.Filename != "" {
		e.Options = append(e.Options, "FILE="+s.Filename)
	}
	for _, n := range s.Options {
		e.Options = append(e.Options, strings.ToUpper(n.GetDefElem().GetDefname())+"="+literal(n.GetDefElem().GetArg()))
	}
	switch {
	case s.Query != nil:
		outputs := a.inner(s.Query, inside|InCopy)
		if e.Action == "TO STDOUT" && inside == 0 {
			a.st.Outputs = outputs
		}
		a.effect(e)
	case s.IsFrom:
		a.copyFrom(s, e, inside)
	default:
		a.copyTo(s, e, inside)
	}
	return "COPY"
}

// copyAction says where to and in what form.
func copyAction(s *ast.CopyStmt) string {
	direction, std := "TO ", "STDOUT"
	if s.IsFrom {
		direction, std = "FROM ", "STDIN"
	}
	switch {
	case s.IsProgram:
		return direction + "PROGRAM"
	case s.Filename != "":
		return direction + "FILE"
	}
	return direction + std
}

func (a *analyzer) copyFrom(s *ast.CopyStmt, e Effect, inside Inside) {
	e.Relation = a.use(s.Relation, Writes, "COPY", inside)
	e = a.onVar(e, s.Relation)
	a.effect(e)
	if e.Relation == nil {
		return
	}
	a.expressions(e.Relation, inside, s.WhereClause)
	for _, c := range e.Relation.Columns {
		if len(e.Columns) > 0 && !slices.Contains(e.Columns, c.Name) || len(e.Columns) == 0 && c.Generated {
			continue
		}
		a.st.Assigns = append(a.st.Assigns, Assign{
			Target: columnID(e.Relation, c.Name), RelOID: e.Relation.OID, Num: c.Num, Command: "COPY", Pos: e.Pos,
		})
	}
}

// copyTo reads the table as SELECT of its columns does: it goes through the analysis of that very query, so that views,
// row types and masks are the same by either way.
func (a *analyzer) copyTo(s *ast.CopyStmt, e Effect, inside Inside) {
	outputs := a.inner(selectFrom(s.Relation, nameParts(s.Attlist)), inside|InCopy)
	e = a.onVar(e, s.Relation)
	if e.Action == "TO STDOUT" && inside == 0 {
		a.st.Outputs = outputs
	}
	a.effect(e)
}

// selectFrom makes SELECT columns FROM relation; no columns = all.
func selectFrom(rv *ast.RangeVar, columns []string) *ast.Node {
	target := func(field *ast.Node) *ast.Node {
		ref := &ast.Node{Node: &ast.Node_ColumnRef{ColumnRef: &ast.ColumnRef{Fields: []*ast.Node{field}, Location: -1}}}
		return &ast.Node{Node: &ast.Node_ResTarget{ResTarget: &ast.ResTarget{Val: ref, Location: -1}}}
	}
	q := &ast.SelectStmt{FromClause: []*ast.Node{{Node: &ast.Node_RangeVar{RangeVar: rv}}}}
	for _, c := range columns {
		q.TargetList = append(q.TargetList, target(&ast.Node{Node: &ast.Node_String_{String_: &ast.String{Sval: c}}}))
	}
	if len(columns) == 0 {
		q.TargetList = append(q.TargetList, target(&ast.Node{Node: &ast.Node_AStar{AStar: &ast.A_Star{}}}))
	}
	return &ast.Node{Node: &ast.Node_SelectStmt{SelectStmt: q}}
}

// explain returns a plan, in which values of any column that the statement uses can stand.
func (a *analyzer) explain(s *ast.ExplainStmt, inside Inside) string {
	where, e := InExplain, Effect{Command: "EXPLAIN", Inside: inside, Pos: -1}
	for _, n := range s.Options {
		d := n.GetDefElem()
		name := strings.ToUpper(d.GetDefname())
		if off(d.GetArg()) {
			continue
		}
		e.Options = append(e.Options, name)
		if name == "ANALYZE" {
			where = InExplainRun
		}
	}
	influences := len(a.st.Indirect)
	outputs := a.inner(s.Query, inside|where)
	if inside == 0 {
		a.st.Outputs = []Output{planOutput(outputs, a.st.Indirect[influences:])}
	}
	a.effect(e)
	return "EXPLAIN"
}

// off reports whether the value of a boolean option turns it off.
func off(n *ast.Node) bool {
	switch strings.ToLower(literal(n)) {
	case "off", "false", "0":
		return true
	}
	return false
}

// planOutput is the one column of EXPLAIN.
func planOutput(outputs []Output, indirect []Influence) Output {
	out := Output{Name: "QUERY PLAN", Type: "text"}
	add := func(list *[]Source, s Source) {
		s.Edges = []Edge{{Role: Extra, Kind: Transformation}}
		if !slices.ContainsFunc(*list, func(o Source) bool { return o.Column == s.Column }) {
			*list = append(*list, s)
		}
	}
	for _, o := range outputs {
		for _, s := range o.Sources {
			add(&out.Sources, s)
		}
		for _, s := range o.Base {
			add(&out.Base, s)
		}
		if o.Unresolved != "" {
			out.Unresolved = o.Unresolved
		}
	}
	for _, i := range indirect {
		add(&out.Sources, i.Source)
		add(&out.Base, i.Source)
	}
	return out
}

func (a *analyzer) prepare(s *ast.PrepareStmt, inside Inside) string {
	a.inner(s.Query, inside|InPrepare)
	return a.plainOn("PREPARE", s.Name, inside)
}

// execute runs a text that this one does not show.
func (a *analyzer) execute(s *ast.ExecuteStmt, inside Inside) string {
	a.expressions(nil, inside, s.Params...)
	a.st.Outputs = append(a.st.Outputs, Output{Unresolved: "EXECUTE of a statement prepared as text"})
	return a.plainOn("EXECUTE", s.Name, inside)
}

func (a *analyzer) deallocate(s *ast.DeallocateStmt, inside Inside) string {
	if s.Isall || s.Name == "" {
		return a.plain("DEALLOCATE ALL", inside)
	}
	return a.plainOn("DEALLOCATE", s.Name, inside)
}

// cursorHold is CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h.
const cursorHold = 0x0020

func (a *analyzer) declareCursor(s *ast.DeclareCursorStmt, inside Inside) string {
	a.inner(s.Query, inside|InCursor)
	if s.Options&cursorHold != 0 {
		return a.plainOn("DECLARE CURSOR", s.Portalname, inside, "WITH HOLD")
	}
	return a.plainOn("DECLARE CURSOR", s.Portalname, inside)
}

// fetch returns rows of a query that this text does not show; who knows the cursor supplies its outputs.
func (a *analyzer) fetch(s *ast.FetchStmt, inside Inside) string {
	if s.Ismove {
		return a.plainOn("MOVE", s.Portalname, inside)
	}
	a.st.Outputs = append(a.st.Outputs, Output{Unresolved: "FETCH from a cursor"})
	return a.plainOn("FETCH", s.Portalname, inside)
}

func (a *analyzer) closePortal(s *ast.ClosePortalStmt, inside Inside) string {
	if s.Portalname == "" {
		return a.plain("CLOSE CURSOR ALL", inside)
	}
	return a.plainOn("CLOSE CURSOR", s.Portalname, inside)
}

func (a *analyzer) do(s *ast.DoStmt, inside Inside) string {
	language, body := "plpgsql", ""
	for _, n := range s.Args {
		switch d := n.GetDefElem(); d.GetDefname() {
		case "language":
			language = literal(d.Arg)
		case "as":
			body = literal(d.Arg)
		default:
			a.unresolved("option of DO of unknown kind", d.GetDefname(), -1)
		}
	}
	e := Effect{Command: "DO", Options: []string{"LANGUAGE=" + language}, Inside: inside, Pos: -1}
	if ok, _ := a.body(language, body, "DO "+dollarQuoted(body), inside|InDo, nil, "do"); !ok {
		e.Options = append(e.Options, "OPAQUE")
	}
	a.effect(e)
	return "DO"
}

// call goes through the analysis of function calls; what it does beyond is its effect.
func (a *analyzer) call(s *ast.CallStmt, inside Inside) string {
	f := s.Funccall
	a.expression(&ast.Node{Node: &ast.Node_FuncCall{FuncCall: f}}, nil, inside)
	name := nameOf(f.GetFuncname())
	for i := range a.st.Functions {
		if u := &a.st.Functions[i]; u.Pos == a.at(f.GetLocation()) && u.Name.Name == name.Name {
			name = u.Name
		}
	}
	a.st.Outputs = append(a.st.Outputs, Output{Unresolved: "CALL of a procedure"})
	a.effect(Effect{Command: "CALL", Object: name, Inside: inside, Pos: a.at(f.GetLocation())})
	return "CALL"
}

func (a *analyzer) truncate(s *ast.TruncateStmt, inside Inside) string {
	for _, n := range s.Relations {
		e := Effect{Command: "TRUNCATE TABLE", Inside: inside}
		if s.Behavior == ast.DropBehavior_DROP_CASCADE {
			e.Options = append(e.Options, "CASCADE")
		}
		if s.RestartSeqs {
			e.Options = append(e.Options, "RESTART IDENTITY")
		}
		a.use(n.GetRangeVar(), Writes, "TRUNCATE", inside)
		a.effect(a.onVar(e, n.GetRangeVar()))
	}
	return "TRUNCATE TABLE"
}

func columnID(r *Relation, column string) ColumnID {
	return ColumnID{Schema: r.Schema, Relation: r.Name.Name, Column: column}
}
