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
		v := s.jsonValue(n.JsonParseExpr.GetExpr())
		v.holds, v.taken = whole, v.taken.with(s.take(takenParsed))
		return v, true
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
	doc := s.jsonValue(n.GetContextItem())
	b.add(doc)
	path := s.expr(n.GetPathspec())
	s.literal(&b, path)
	passing := s.all(n.GetPassing())
	b.add(passing)
	s.operand(&b, n.GetOnEmpty().GetExpr())
	s.operand(&b, n.GetOnError().GetExpr())
	v := b.value()
	if n.GetOp() == ast.JsonExprOp_JSON_EXISTS_OP {
		v.taken, v.holds = v.taken.members().with(s.paths(n.GetPathspec(), path, false, doc)), noDocument
		return v
	}
	s.filters(doc, s.paths(n.GetPathspec(), path, false, doc))
	k := s.keyOf(n.GetPathspec(), path, jsonPath)
	v.taken, v.holds = b.choice().taken.with(k.taken), k.left(max(doc.document(), passing.document(), member))
	return v
}

// literal adds an operand that was analysed.
func (s *scope) literal(b *blend, v value) {
	if v.konst != nil {
		v.literals = []string{*v.konst}
	}
	b.addAs(v, Value, Transformation)
}

// jsonAggregate adds FILTER, ORDER BY and OVER.
func (s *scope) jsonAggregate(v value, n *ast.JsonAggConstructor) value {
	var b blend
	b.addAs(v, Value, Aggregation)
	filter := s.expr(n.GetAggFilter())
	s.asks(filter, Filter)
	b.addAs(filter, Condition, Aggregation)
	for _, o := range n.GetAggOrder() {
		v := s.sortKey(o)
		s.asks(v, Sort)
		b.addAs(v, Order, Aggregation)
	}
	if n.GetOver() != nil {
		over := s.window(n.GetOver())
		s.asks(over, Sort)
		b.addAs(over, Window, Aggregation)
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
	of := s.jsonValue(n.GetContextItem())
	b.add(of)
	path := s.expr(n.GetPathspec().GetString_())
	s.filters(of, s.paths(n.GetPathspec().GetString_(), path, false, of))
	b.addAs(path, Value, Transformation)
	b.add(s.all(n.GetPassing()))
	s.operand(&b, n.GetOnError().GetExpr())
	doc := b.value()
	doc.taken = b.choice().taken.with(s.keyOf(n.GetPathspec().GetString_(), path, jsonPath).taken)
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
			below, node := doc, n.GetPathspec().GetString_()
			path := s.expr(node)
			s.filters(doc, s.paths(node, path, false, doc))
			below.taken = doc.taken.with(s.keyOf(node, path, jsonPath).taken)
			s.jsonColumns(it, n.GetColumns(), below)
		case ast.JsonTableColumnType_JTC_FOR_ORDINALITY:
			it.cols = append(it.cols, column{name: n.GetName(), value: ordinal(doc, "integer")})
		default:
			var b blend
			b.add(doc)
			node := n.GetPathspec().GetString_()
			path := s.expr(node)
			s.literal(&b, path)
			s.operand(&b, n.GetOnEmpty().GetExpr())
			s.operand(&b, n.GetOnError().GetExpr())
			v := b.value()
			v.taken, v.holds = b.choice().taken.with(s.columnKey(n.GetName(), node, path, jsonPath)), member
			if n.GetColtype() == ast.JsonTableColumnType_JTC_EXISTS {
				v.taken, v.holds = doc.taken.members(), noDocument
			}
			if node != nil {
				s.filters(doc, s.paths(node, path, false, doc))
			}
			s.mention(n.GetTypeName(), s.inside)
			v.typ = typeText(n.GetTypeName())
			it.cols = append(it.cols, column{name: n.GetName(), value: v})
		}
	}
}

// flattened is what becomes of the keys where a node is made a text: what stands in the elements below it is joined. A root has
// such elements.
func (s *scope) flattened(t *Taken, path *string) *Taken {
	if path != nil && *path == "." && (t == nil || len(t.Keys) < 2) {
		return s.take(takenAtTop)
	}
	return s.take(takenCut)
}

// columnKey is the key of a column of a document: its path, or its name where it has none.
func (s *scope) columnKey(name string, path *ast.Node, v value, form keyForm) *Taken {
	if path != nil {
		return s.keyOf(path, v, form).taken
	}
	return s.take(&Taken{Keys: []string{name}})
}

// ordinal is a column that numbers rows. How many there are tells something of what they are made of.
func ordinal(doc value, typ string) value {
	return value{src: doc.src, typ: typ, why: doc.why}
}

// xmlTable reads XMLTABLE in FROM.
func (s *scope) xmlTable(n *ast.RangeTableFunc) *item {
	s.lateral = true
	row := s.expr(n.GetRowexpr())
	var all blend
	all.add(s.all([]*ast.Node{n.GetDocexpr()}, n.GetNamespaces()))
	s.literal(&all, row)
	doc := all.value()
	s.filters(doc, s.nodes(n.GetRowexpr(), row))
	doc.taken = all.choice().taken.with(s.keyOf(n.GetRowexpr(), row, xmlPath).taken)
	it := &item{name: "xmltable", cols: []column{}}
	for _, node := range n.GetColumns() {
		c := node.GetRangeTableFuncCol()
		if c.GetForOrdinality() {
			it.cols = append(it.cols, column{name: c.GetColname(), value: ordinal(doc, "integer")})
			continue
		}
		var b blend
		b.add(doc)
		path := s.expr(c.GetColexpr())
		s.literal(&b, path)
		s.operand(&b, c.GetColdefexpr())
		v := b.value()
		v.taken, v.holds = b.choice().taken.with(s.columnKey(c.GetColname(), c.GetColexpr(), path, xmlPath)), member
		s.mention(c.GetTypeName(), s.inside)
		v.typ = typeText(c.GetTypeName())
		if isTextual(v.typ) && !isDocument(v.typ) {
			v.taken = v.taken.with(s.flattened(v.taken, path.konst))
		}
		it.cols = append(it.cols, column{name: c.GetColname(), value: v})
	}
	s.lateral = false
	s.alias(it, n.GetAlias())
	return it
}

// xmlExpr makes XML of its operands, in which documents of other types are texts with escapes.
func (s *scope) xmlExpr(n *ast.XmlExpr) value {
	var b blend
	spoilt := noDocument
	for _, list := range [2][]*ast.Node{n.GetNamedArgs(), n.GetArgs()} {
		for _, arg := range list {
			v := s.expr(arg)
			if v.typ != "xml" {
				spoilt = max(spoilt, v.document())
			}
			s.literal(&b, v)
		}
	}
	v := b.value()
	v.taken = v.taken.with(s.spoilt(spoilt))
	if n.GetOp() == ast.XmlExprOp_IS_XMLPARSE {
		v.taken = v.taken.with(s.take(takenParsed))
	}
	if v.typ = "xml"; n.GetOp() == ast.XmlExprOp_IS_DOCUMENT {
		v.typ = "boolean"
	}
	return v
}
