package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// definedFunction is the function that a CREATE FUNCTION or CREATE PROCEDURE makes, for the statements after it.
func definedFunction(s *ast.CreateFunctionStmt, name Name) *Function {
	f := &Function{Name: name, Kind: 'f', Volatility: 'v', Language: "sql", PublicExecute: true}
	if s.IsProcedure {
		f.Kind = 'p'
	}
	modes := map[ast.FunctionParameterMode]string{
		ast.FunctionParameterMode_FUNC_PARAM_IN: "i", ast.FunctionParameterMode_FUNC_PARAM_DEFAULT: "i", ast.FunctionParameterMode_FUNC_PARAM_OUT: "o",
		ast.FunctionParameterMode_FUNC_PARAM_INOUT: "b", ast.FunctionParameterMode_FUNC_PARAM_VARIADIC: "v", ast.FunctionParameterMode_FUNC_PARAM_TABLE: "t",
	}
	for _, n := range s.Parameters {
		p := n.GetFunctionParameter()
		mode := modes[p.GetMode()]
		f.ArgModes, f.ArgNames = append(f.ArgModes, mode), append(f.ArgNames, p.GetName())
		if mode != "o" && mode != "t" {
			f.Args = append(f.Args, typeText(p.GetArgType()))
		}
		if p.GetDefexpr() != nil {
			f.Defaults, f.defaults = f.Defaults+1, append(f.defaults, p.GetDefexpr())
		}
		f.Variadic = f.Variadic || mode == "v"
		f.ReturnsSet = f.ReturnsSet || mode == "t"
	}
	if t := s.ReturnType; t != nil {
		f.Returns, f.ReturnsSet = typeText(t), f.ReturnsSet || t.Setof
	}
	for _, n := range s.Options {
		d := n.GetDefElem()
		switch d.GetDefname() {
		case "language":
			f.Language = strings.ToLower(argText(d.Arg))
		case "volatility":
			if word := argText(d.Arg); word != "" {
				f.Volatility = word[0]
			}
		case "security":
			f.SecurityDefiner = !off(d.Arg)
		case "as":
			if items := d.Arg.GetList().GetItems(); len(items) == 1 {
				f.Body = literal(items[0])
			} else {
				f.Language = "c" // an object file and a symbol
			}
		case "set":
			f.Config = append(f.Config, settingName(d.Arg.GetVariableSetStmt().GetName())+"=") // to a value that is not read here
		}
	}
	if s.SqlBody != nil {
		f.atomic = s.SqlBody
	}
	return f
}
