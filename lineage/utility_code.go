package lineage

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// createFunction is CREATE FUNCTION and CREATE PROCEDURE. A body of BEGIN ATOMIC is part of the tree and is analysed; one
// in a string is opened where it is called.
func (a *analyzer) createFunction(s *ast.CreateFunctionStmt, inside Inside) string {
	tag := "CREATE FUNCTION"
	if s.IsProcedure {
		tag = "CREATE PROCEDURE"
	}
	e := Effect{Command: tag, Object: a.creation(nameOf(s.Funcname), false), Inside: inside, Pos: -1}
	if s.Replace {
		e.Options = append(e.Options, "OR REPLACE")
	}
	if list, _ := a.functionsIn("pg_catalog", e.Object.Name); len(list) > 0 && e.Object.Schema != "pg_catalog" {
		// With other argument types it is taken for PostgreSQL's own in calls that were read as calls of that.
		e.Options = append(e.Options, "SHADOWS")
	}
	e.Options = append(e.Options, a.functionOptions(s.Options, tag, inside)...)
	if s.SqlBody != nil {
		if _, said := e.Option("LANGUAGE"); !said {
			e.Options = append(e.Options, "LANGUAGE=sql")
		}
		a.mentions(inside|InDefinition, s.SqlBody)
	}
	for _, n := range s.Parameters {
		a.expressions(nil, inside|InDefinition, n.GetFunctionParameter().GetDefexpr())
	}
	a.effect(e)
	a.st.makes = append(a.st.makes, definedFunction(s, e.Object))
	return tag
}

// functionOptions reads the options of a function, and records its SET clauses.
func (a *analyzer) functionOptions(list []*ast.Node, via string, inside Inside) []string {
	var out []string
	for _, n := range list {
		d := n.GetDefElem()
		switch name := d.GetDefname(); name {
		case "as", "window", "transform", "rows", "cost", "parallel", "strict", "volatility":
			out = append(out, strings.ToUpper(name))
		case "language", "support":
			out = append(out, strings.ToUpper(name)+"="+strings.ToLower(argText(d.Arg)))
		case "security":
			if off(d.Arg) {
				out = append(out, "SECURITY INVOKER")
			} else {
				out = append(out, "SECURITY DEFINER")
			}
		case "leakproof":
			if !off(d.Arg) {
				out = append(out, "LEAKPROOF")
			}
		case "set":
			a.set(d.Arg.GetVariableSetStmt(), via, inside)
			out = append(out, "SET="+settingName(d.Arg.GetVariableSetStmt().GetName()))
		default:
			a.unresolved("option of a function of unknown kind", name, d.GetLocation())
		}
	}
	return out
}

// argText is the argument of an option: a constant or a name.
func argText(n *ast.Node) string {
	if t := literal(n); t != "" {
		return t
	}
	return objectOf(n).Name
}

func (a *analyzer) alterFunction(s *ast.AlterFunctionStmt, inside Inside) string {
	tag := "ALTER " + objectWord(s.Objtype)
	options := a.functionOptions(s.Actions, tag, inside)
	return a.named(tag, "SET", nameOf(s.GetFunc().GetObjname()), inside, options...)
}

func (a *analyzer) createTrigger(s *ast.CreateTrigStmt, inside Inside) string {
	e := Effect{Command: "CREATE TRIGGER", Columns: nil, Inside: inside, Options: []string{"NAME=" + s.Trigname, "FUNCTION=" + nameOf(s.Funcname).String()}}
	if s.Replace {
		e.Options = append(e.Options, "OR REPLACE")
	}
	a.mentions(inside|InDefinition, s.WhenClause)
	a.effect(a.onVar(e, s.Relation))
	return "CREATE TRIGGER"
}

func (a *analyzer) createRule(s *ast.RuleStmt, inside Inside) string {
	e := Effect{Command: "CREATE RULE", Inside: inside, Options: []string{"NAME=" + s.Rulename}}
	a.mentions(inside|InDefinition, append(slices.Clone(s.Actions), s.WhereClause)...)
	a.effect(a.onVar(e, s.Relation))
	return "CREATE RULE"
}

func (a *analyzer) createExtension(s *ast.CreateExtensionStmt, inside Inside) string {
	options := ifNotExists(s.IfNotExists)
	for _, n := range s.Options {
		d := n.GetDefElem()
		options = append(options, strings.ToUpper(d.GetDefname())+"="+literal(d.GetArg()))
	}
	return a.named("CREATE EXTENSION", "", Name{Name: s.Extname}, inside, options...)
}

func (a *analyzer) alterExtensionContents(s *ast.AlterExtensionContentsStmt, inside Inside) string {
	return a.named("ALTER EXTENSION", addOrDrop(s.Action > 0), Name{Name: s.Extname}, inside,
		objectWord(s.Objtype)+"="+objectOf(s.Object).String())
}
