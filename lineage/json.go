package lineage

import "github.com/sqlc-dev/oliphant/ast"

// jsonExpr analyses the constructors and functions of SQL/JSON.
func (s *scope) jsonExpr(n *ast.Node) (value, bool) {
	switch n := n.GetNode().(type) {
	case *ast.Node_JsonValueExpr:
		return s.jsonValue(n.JsonValueExpr), true
	case *ast.Node_JsonObjectConstructor:
		return s.all(n.JsonObjectConstructor.GetExprs()), true
	case *ast.Node_JsonArrayConstructor:
		return s.all(n.JsonArrayConstructor.GetExprs()), true
	case *ast.Node_JsonArrayQueryConstructor:
		r := s.run(n.JsonArrayQueryConstructor.GetQuery(), s, s.inside|InSubquery)
		return s.collected(r), true
	case *ast.Node_JsonKeyValue:
		var b blend
		s.operand(&b, n.JsonKeyValue.GetKey())
		b.addAs(s.jsonValue(n.JsonKeyValue.GetValue()), Value, Transformation)
		return b.value(), true
	case *ast.Node_JsonObjectAgg:
		var b blend
		s.operand(&b, n.JsonObjectAgg.GetArg().GetKey())
		b.addAs(s.jsonValue(n.JsonObjectAgg.GetArg().GetValue()), Value, Transformation)
		return s.jsonAggregate(b.value(), n.JsonObjectAgg.GetConstructor()), true
	case *ast.Node_JsonArrayAgg:
		return s.jsonAggregate(s.jsonValue(n.JsonArrayAgg.GetArg()), n.JsonArrayAgg.GetConstructor()), true
	case *ast.Node_JsonIsPredicate:
		return s.truth(s.expr(n.JsonIsPredicate.GetExpr())), true
	case *ast.Node_JsonParseExpr:
		return s.jsonValue(n.JsonParseExpr.GetExpr()), true
	case *ast.Node_JsonScalarExpr:
		return s.expr(n.JsonScalarExpr.GetExpr()).as(Value, Transformation), true
	case *ast.Node_JsonSerializeExpr:
		return s.jsonValue(n.JsonSerializeExpr.GetExpr()), true
	case *ast.Node_JsonFuncExpr:
		return s.jsonFunc(n.JsonFuncExpr), true
	case *ast.Node_JsonArgument:
		return s.jsonValue(n.JsonArgument.GetVal()), true
	case *ast.Node_JsonBehavior:
		return s.expr(n.JsonBehavior.GetExpr()), true
	case *ast.Node_JsonTablePathSpec:
		return s.expr(n.JsonTablePathSpec.GetString_()), true
	}
	return value{}, false
}

func (s *scope) jsonValue(n *ast.JsonValueExpr) value {
	var b blend
	s.operand(&b, n.GetRawExpr())
	s.operand(&b, n.GetFormattedExpr())
	return b.value()
}

// jsonFunc analyses JSON_VALUE, JSON_QUERY and JSON_EXISTS.
func (s *scope) jsonFunc(n *ast.JsonFuncExpr) value {
	var b blend
	b.add(s.jsonValue(n.GetContextItem()))
	s.operand(&b, n.GetPathspec())
	b.add(s.all(n.GetPassing()))
	s.operand(&b, n.GetOnEmpty().GetExpr())
	s.operand(&b, n.GetOnError().GetExpr())
	return b.value()
}

// jsonAggregate adds FILTER, ORDER BY and OVER.
func (s *scope) jsonAggregate(v value, n *ast.JsonAggConstructor) value {
	var b blend
	b.addAs(v, Value, Aggregation)
	b.addAs(s.expr(n.GetAggFilter()), Condition, Aggregation)
	for _, o := range n.GetAggOrder() {
		b.addAs(s.sortKey(o), Order, Aggregation)
	}
	if n.GetOver() != nil {
		b.addAs(s.window(n.GetOver()), Window, Aggregation)
		b.addAs(s.frame(n.GetOver()), Value, Transformation)
	}
	return b.value()
}

// collected is a value made of all that a query returns.
func (s *scope) collected(r result) value {
	var b blend
	for i := range r.cols {
		b.addAs(r.cols[i].value, Value, Transformation)
	}
	b.add(value{src: r.aside(), why: r.filter.why})
	return b.value()
}

// jsonTable reads JSON_TABLE in FROM: each column is made of all that the document is made of.
func (s *scope) jsonTable(n *ast.JsonTable) *item {
	s.lateral = true
	var b blend
	b.add(s.jsonValue(n.GetContextItem()))
	b.addAs(s.expr(n.GetPathspec().GetString_()), Value, Transformation)
	b.add(s.all(n.GetPassing()))
	s.operand(&b, n.GetOnError().GetExpr())
	doc := b.value()
	it := &item{name: "json_table", cols: []column{}}
	s.jsonColumns(it, n.GetColumns(), doc)
	s.lateral = false
	s.alias(it, n.GetAlias())
	return it
}

func (s *scope) jsonColumns(it *item, list []*ast.Node, doc value) {
	for _, node := range list {
		n := node.GetJsonTableColumn()
		switch n.GetColtype() {
		case ast.JsonTableColumnType_JTC_NESTED:
			s.jsonColumns(it, n.GetColumns(), doc)
		case ast.JsonTableColumnType_JTC_FOR_ORDINALITY:
			it.cols = append(it.cols, column{name: n.GetName(), value: ordinal(doc, "integer")})
		default:
			var b blend
			b.add(doc)
			s.operand(&b, n.GetPathspec().GetString_())
			s.operand(&b, n.GetOnEmpty().GetExpr())
			s.operand(&b, n.GetOnError().GetExpr())
			v := b.value()
			s.mention(n.GetTypeName(), s.inside)
			v.typ = typeText(n.GetTypeName())
			it.cols = append(it.cols, column{name: n.GetName(), value: v})
		}
	}
}

// ordinal is a column that numbers rows. How many there are tells something of what they are made of.
func ordinal(doc value, typ string) value {
	return value{src: doc.src, typ: typ, why: doc.why}
}

// xmlTable reads XMLTABLE in FROM.
func (s *scope) xmlTable(n *ast.RangeTableFunc) *item {
	s.lateral = true
	doc := s.all([]*ast.Node{n.GetDocexpr(), n.GetRowexpr()}, n.GetNamespaces())
	it := &item{name: "xmltable", cols: []column{}}
	for _, node := range n.GetColumns() {
		c := node.GetRangeTableFuncCol()
		if c.GetForOrdinality() {
			it.cols = append(it.cols, column{name: c.GetColname(), value: ordinal(doc, "integer")})
			continue
		}
		var b blend
		b.add(doc)
		s.operand(&b, c.GetColexpr())
		s.operand(&b, c.GetColdefexpr())
		v := b.value()
		s.mention(c.GetTypeName(), s.inside)
		v.typ = typeText(c.GetTypeName())
		it.cols = append(it.cols, column{name: c.GetColname(), value: v})
	}
	s.lateral = false
	s.alias(it, n.GetAlias())
	return it
}
