package lineage

import "github.com/sqlc-dev/oliphant/ast"

// columnName is the name that PostgreSQL gives to a result column without AS.
func columnName(n *ast.Node) string {
	if name, _ := figure(n); name != "" {
		return name
	}
	return "?column?"
}

// figure finds a name for an expression. A strong one beats the weak ones, which are the types of casts and the like.
func figure(n *ast.Node) (name string, strength int) {
	switch n := n.GetNode().(type) {
	case *ast.Node_ColumnRef:
		return lastName(n.ColumnRef.GetFields())
	case *ast.Node_AIndirection:
		if name, strength := lastName(n.AIndirection.GetIndirection()); strength > 0 {
			return name, strength
		}
		return figure(n.AIndirection.GetArg())
	case *ast.Node_FuncCall:
		_, name := functionName(n.FuncCall.GetFuncname())
		return name, 2
	case *ast.Node_AExpr:
		if n.AExpr.GetKind() == ast.A_Expr_Kind_AEXPR_NULLIF {
			return "nullif", 2
		}
	case *ast.Node_TypeCast:
		if name, strength := figure(n.TypeCast.GetArg()); strength > 1 {
			return name, strength
		}
		if name, _ := lastName(n.TypeCast.GetTypeName().GetNames()); name != "" {
			return name, 1
		}
	case *ast.Node_CollateClause:
		return figure(n.CollateClause.GetArg())
	case *ast.Node_CaseExpr:
		if name, strength := figure(n.CaseExpr.GetDefresult()); strength > 1 {
			return name, strength
		}
		return "case", 1
	case *ast.Node_SubLink:
		return figureSubLink(n.SubLink)
	}
	return figureSyntax(n)
}

// lastName is the last word of a list of names that may hold stars and subscripts.
func lastName(list []*ast.Node) (string, int) {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].GetString_() != nil {
			return text(list[i]), 2
		}
	}
	return "", 0
}

func figureSubLink(n *ast.SubLink) (string, int) {
	switch n.GetSubLinkType() {
	case ast.SubLinkType_EXISTS_SUBLINK:
		return "exists", 2
	case ast.SubLinkType_ARRAY_SUBLINK:
		return "array", 2
	case ast.SubLinkType_EXPR_SUBLINK:
		// The name is that of the subquery's first column; of VALUES and of a set operation that is the leftmost one's.
		sel := n.GetSubselect().GetSelectStmt()
		for sel.GetLarg() != nil {
			sel = sel.GetLarg()
		}
		if len(sel.GetValuesLists()) > 0 {
			return "column1", 2
		}
		if list := sel.GetTargetList(); len(list) > 0 {
			t := list[0].GetResTarget()
			if t.GetName() != "" {
				return t.GetName(), 2
			}
			return columnName(t.GetVal()), 2
		}
	}
	return "", 0
}

// figureSyntax names what has a syntax of its own.
func figureSyntax(n *ast.Node) (string, int) {
	switch n := n.GetNode().(type) {
	case *ast.Node_GroupingFunc:
		return "grouping", 2
	case *ast.Node_MergeSupportFunc:
		return "merge_action", 2
	case *ast.Node_AArrayExpr:
		return "array", 2
	case *ast.Node_RowExpr:
		return "row", 2
	case *ast.Node_CoalesceExpr:
		return "coalesce", 2
	case *ast.Node_MinMaxExpr:
		if n.MinMaxExpr.GetOp() == ast.MinMaxOp_IS_LEAST {
			return "least", 2
		}
		return "greatest", 2
	case *ast.Node_SqlvalueFunction:
		return valueFunctionName(n.SqlvalueFunction.GetOp()), 2
	case *ast.Node_XmlExpr:
		return xmlName(n.XmlExpr.GetOp())
	case *ast.Node_XmlSerialize:
		return "xmlserialize", 2
	case *ast.Node_JsonParseExpr:
		return "json", 2
	case *ast.Node_JsonScalarExpr:
		return "json_scalar", 2
	case *ast.Node_JsonSerializeExpr:
		return "json_serialize", 2
	case *ast.Node_JsonObjectConstructor:
		return "json_object", 2
	case *ast.Node_JsonArrayConstructor, *ast.Node_JsonArrayQueryConstructor:
		return "json_array", 2
	case *ast.Node_JsonObjectAgg:
		return "json_objectagg", 2
	case *ast.Node_JsonArrayAgg:
		return "json_arrayagg", 2
	case *ast.Node_JsonFuncExpr:
		switch n.JsonFuncExpr.GetOp() {
		case ast.JsonExprOp_JSON_EXISTS_OP:
			return "json_exists", 2
		case ast.JsonExprOp_JSON_QUERY_OP:
			return "json_query", 2
		case ast.JsonExprOp_JSON_VALUE_OP:
			return "json_value", 2
		}
	}
	return "", 0
}

func xmlName(op ast.XmlExprOp) (string, int) {
	switch op {
	case ast.XmlExprOp_IS_XMLCONCAT:
		return "xmlconcat", 2
	case ast.XmlExprOp_IS_XMLELEMENT:
		return "xmlelement", 2
	case ast.XmlExprOp_IS_XMLFOREST:
		return "xmlforest", 2
	case ast.XmlExprOp_IS_XMLPARSE:
		return "xmlparse", 2
	case ast.XmlExprOp_IS_XMLPI:
		return "xmlpi", 2
	case ast.XmlExprOp_IS_XMLROOT:
		return "xmlroot", 2
	}
	return "", 0
}

func valueFunctionName(op ast.SQLValueFunctionOp) string {
	switch op {
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_DATE:
		return "current_date"
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_TIME, ast.SQLValueFunctionOp_SVFOP_CURRENT_TIME_N:
		return "current_time"
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP, ast.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP_N:
		return "current_timestamp"
	case ast.SQLValueFunctionOp_SVFOP_LOCALTIME, ast.SQLValueFunctionOp_SVFOP_LOCALTIME_N:
		return "localtime"
	case ast.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP, ast.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP_N:
		return "localtimestamp"
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_ROLE:
		return "current_role"
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_USER:
		return "current_user"
	case ast.SQLValueFunctionOp_SVFOP_USER:
		return "user"
	case ast.SQLValueFunctionOp_SVFOP_SESSION_USER:
		return "session_user"
	case ast.SQLValueFunctionOp_SVFOP_CURRENT_CATALOG:
		return "current_catalog"
	}
	return "current_schema"
}
