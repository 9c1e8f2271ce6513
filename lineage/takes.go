package lineage

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// This file says what operators and functions do with documents: which of them take a member out, by which key, and which
// leave a document what it is. What is not in its lists may have made anything of one.

// keyForm is how a key is written.
type keyForm uint8

const (
	exactKey keyForm = iota // a key, or an array of keys
	pathKey                 // an array of keys, also as its literal: {a,b}
	jsonPath                // $.a.b
	varsPath                // $a.b: its variables are the members of a document beside it
	xmlPath                 // //a/b
)

// takenKey is a key by which something is taken out of a document.
type takenKey struct {
	taken *Taken
	index bool // it is a position in an array
	none  bool // it is the empty path: the whole is taken
	whole bool // it may give the whole by a condition
}

// left is what of a document is left behind the key.
func (k takenKey) left(of document) document {
	if k.index || k.none || k.whole {
		return of
	}
	return min(of, member)
}

// keyOf reads an operand that is a key; v is its value.
func (s *scope) keyOf(n *ast.Node, v value, form keyForm) takenKey {
	if isInteger(v.typ) && form < jsonPath {
		return takenKey{index: true}
	}
	texts, params, ok := constantTexts(n)
	if !ok || len(params) > 0 && s.inside&(InFunction|InDo) != 0 { // the parameters of a body are not those of the statement
		return takenKey{taken: s.take(takenAtTop)}
	}
	t := &Taken{Params: params}
	whole := false
	for _, text := range texts {
		whole = whole || form == jsonPath && givesRoot(text)
		keys, any := keysIn(text, form)
		t.Keys = joinedLists(t.Keys, keys)
		t.Any = max(t.Any, any)
	}
	if t.IsZero() {
		return takenKey{none: true}
	}
	return takenKey{taken: s.take(t), whole: whole}
}

// take notes what the text itself takes: of the body of a function nobody knows where it goes then.
func (s *scope) take(t *Taken) *Taken {
	s.st.taken = s.st.taken.with(t)
	return t
}

// constantTexts are the constants and parameters that an operand is made of: one, or those of an array.
func constantTexts(n *ast.Node) (texts []string, params []int, ok bool) {
	switch n := n.GetNode().(type) {
	case *ast.Node_AConst:
		if text, some := constText(n.AConst); some {
			texts = []string{text}
		}
		return texts, nil, true
	case *ast.Node_ParamRef:
		return nil, []int{int(n.ParamRef.GetNumber())}, true
	case *ast.Node_TypeCast:
		switch typeText(n.TypeCast.GetTypeName()) {
		case "text", "text[]", "character varying", "character varying[]", "jsonpath":
			return constantTexts(n.TypeCast.GetArg())
		}
		return nil, nil, false
	case *ast.Node_CollateClause:
		return constantTexts(n.CollateClause.GetArg())
	case *ast.Node_AArrayExpr:
		for _, e := range n.AArrayExpr.GetElements() {
			t, p, ok := constantTexts(e)
			if !ok {
				return nil, nil, false
			}
			texts, params = append(texts, t...), append(params, p...)
		}
		return texts, params, true
	}
	return nil, nil, false
}

// keysIn are the keys in a constant.
func keysIn(text string, form keyForm) ([]string, AnyKey) {
	switch form {
	case jsonPath:
		keys, _, any := pathKeys(text)
		return joinedLists(conditionKeys(text), keys), any
	case varsPath:
		keys, vars, any := pathKeys(text)
		return joinedLists(conditionKeys(text), joinedLists(vars, keys)), any
	case xmlPath:
		return xmlKeys(text)
	case pathKey:
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			if strings.ContainsRune(text, '\\') {
				return nil, AtTop
			}
			return fieldsOf(text, "{},\""), 0
		}
	}
	return []string{text}, 0
}

// fieldsOf are the parts of a text between any of some characters.
func fieldsOf(text, ends string) []string {
	out := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(ends, r) })
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// KeysOf are the keys in the value of an argument that is a key, a path or a document; any is set where it can be any.
func KeysOf(text string) (keys []string, any bool) {
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{") && json.Valid([]byte(trimmed)), strings.HasPrefix(trimmed, "[") && json.Valid([]byte(trimmed)):
		return compared(&trimmed).Keys, false
	case strings.Contains(text, "=>"):
		keys = hstoreKeys(text).Keys
	}
	for _, form := range [...]keyForm{exactKey, pathKey, varsPath, xmlPath} {
		if form == varsPath && !strings.ContainsRune(text, '$') || form == xmlPath && (!strings.ContainsAny(text, "/@*") || isJSONPath(text)) {
			continue
		}
		more, unknown := keysIn(text, form)
		keys = joinedLists(keys, more)
		any = any || unknown != 0
	}
	return keys, any
}

// isJSONPath reports whether a text is a path of SQL/JSON, if it is any: no other begins with a variable.
func isJSONPath(text string) bool {
	text = strings.TrimSpace(text)
	for _, mode := range [...]string{"strict", "lax"} {
		text = strings.TrimSpace(strings.TrimPrefix(text, mode))
	}
	return strings.HasPrefix(text, "$")
}

// conditionKeys are the keys in the conditions of a path: they stand before the others, of which the last is that of what it
// gives.
func conditionKeys(text string) []string {
	from, to := strings.IndexByte(text, '?'), strings.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return nil
	}
	given, _, _ := pathKeys(text[:from] + text[to+1:])
	keys, _, _ := pathKeys(text[from:to])
	return slices.DeleteFunc(keys, func(key string) bool { return slices.Contains(given, key) })
}

// givesRoot reports whether a path may give the whole that it is asked of, by a condition: its keys stand in that alone.
func givesRoot(text string) bool {
	from, to := strings.IndexByte(text, '?'), strings.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return false
	}
	keys, _, any := pathKeys(text[:from] + text[to+1:])
	return len(keys) == 0 && any == 0
}

// pathKeys are the keys in a path of SQL/JSON: what stands behind a dot and is no method; vars are its variables. Wildcards
// stand for any key, and so may what is written with escapes.
func pathKeys(text string) (keys, vars []string, any AnyKey) {
	if strings.ContainsRune(text, '\\') {
		return nil, nil, AtTop
	}
	dot := false // the token before was one
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '\f' || b == '\v':
			i++
			continue
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i:], "*/")
			if end < 0 {
				return keys, vars, AtTop
			}
			i += end + 2
			continue
		case b == '"':
			end := strings.IndexByte(text[i+1:], '"')
			if end < 0 {
				return keys, vars, AtTop
			}
			switch word := text[i+1 : i+1+end]; {
			case dot:
				keys = append(keys, word)
			case i > 0 && text[i-1] == '$':
				vars = append(vars, word)
			}
			i += end + 2
		case b == '*':
			if dot {
				any = AtTop
			}
			i++
		case isPathWord(b):
			from := i
			for i < len(text) && isPathWord(text[i]) {
				i++
			}
			if !dot {
				if from > 0 && text[from-1] == '$' {
					vars = append(vars, text[from:i])
				}
				break
			}
			keys = append(keys, text[from:i])
			if strings.EqualFold(text[from:i], "keyvalue") {
				any = Anywhere
			}
		default:
			dot = b == '.' && (i == 0 || text[i-1] < '0' || text[i-1] > '9' || !isNumberBefore(text[:i]))
			i++
			continue
		}
		dot = false
	}
	return keys, vars, any
}

func isPathWord(b byte) bool {
	return b == '_' || b >= 0x80 || 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9'
}

// isNumberBefore reports whether a dot behind a text is that of a number.
func isNumberBefore(text string) bool {
	word := strings.TrimRightFunc(text, func(r rune) bool { return r < 0x80 && isPathWord(byte(r)) })
	word = text[len(word):]
	return strings.Trim(word, "0123456789") == ""
}

// xmlKeys are the names in an XPath: those of elements and attributes. Wildcards and functions of nodes stand for any, and so do
// functions that make texts of all that is below a node.
func xmlKeys(text string) ([]string, AnyKey) {
	if text == "." {
		return nil, 0 // the node itself
	}
	if strings.ContainsAny(text, "*&") || strings.Contains(text, "node()") || strings.Contains(text, "..") {
		return nil, AtTop
	}
	if strings.ContainsRune(strings.ReplaceAll(withoutPredicates(text), "text()", ""), '(') {
		return nil, AtTop
	}
	var out []string
	for _, word := range fieldsOf(text, "/@[]()|=<>!+\"',.:$ \t\r\n") {
		if word != "text" && strings.Trim(word, "0123456789") != "" {
			out = append(out, word)
		}
	}
	if len(out) == 0 {
		return nil, AtTop
	}
	return out, 0
}

// withoutPredicates is an XPath without what stands in brackets.
func withoutPredicates(text string) string {
	var b strings.Builder
	depth := 0
	for _, r := range text {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// operates says what an operator makes of documents.
func (s *scope) operates(v *value, n *ast.A_Expr, l, r value) {
	op := operatorName(n.GetName())
	held := max(l.document(), r.document())
	switch op {
	case "->", "->>", "#>", "#>>":
		s.takesMember(v, op, n.GetRexpr(), l, r)
		return
	case "||", "-", "#-":
		v.holds = held
		if op == "-" && held == noDocument {
			v.typ = widerInteger(l.typ, r.typ)
		}
		return
	case "+", "*", "/", "%":
		if held == noDocument {
			v.typ = widerInteger(l.typ, r.typ)
		}
	case "@>", "<@":
		v.taken, v.holds = s.contains(v.taken, l, r, n.GetLexpr(), n.GetRexpr()), noDocument
		return
	case "@?", "@@", "@@@":
		v.taken, v.holds = v.taken.members().with(s.paths(n.GetRexpr(), r, op != "@?", l)), noDocument
		return
	case "?", "?|", "?&":
		v.taken, v.holds = v.taken.members(), noDocument
		return
	case "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*", "^@":
		v.taken, v.holds = v.taken.with(s.question(op, l, r)), noDocument
		return
	}
	v.holds = noDocument
	if isComparison(op) {
		v.typ, v.taken = "boolean", v.taken.with(s.question(op, l, r))
		return
	}
	v.taken = v.taken.with(s.spoilt(held)).with(s.question(op, l, r))
}

// asked are the keys of members that a path compares with something, all of them where it is a condition: whether one is there
// it may tell.
func asked(path *string, condition bool) *Taken {
	if path == nil || !strings.HasPrefix(strings.TrimSpace(*path), "$") && !condition || !condition && !strings.ContainsRune(*path, '?') {
		return nil
	}
	keys, _, any := pathKeys(*path)
	return &Taken{Keys: keys, Every: any != 0}
}

// askedNodes is asked for an XPath.
func askedNodes(path *string) *Taken {
	if path == nil || !strings.ContainsAny(*path, "[(=<>") {
		return nil
	}
	keys, any := xmlKeys(*path)
	return &Taken{Keys: keys, Every: any != 0}
}

// compared are the keys in a constant document with which another is compared.
func compared(text *string) *Taken {
	if text == nil {
		return nil
	}
	if !json.Valid([]byte(*text)) {
		return hstoreKeys(*text)
	}
	t := &Taken{}
	var within func(v any)
	within = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, below := range v {
				t.Keys = append(t.Keys, key)
				within(below)
			}
		case []any:
			for _, below := range v {
				within(below)
			}
		}
	}
	var v any
	if json.Unmarshal([]byte(*text), &v) != nil {
		return nil
	}
	within(v)
	slices.Sort(t.Keys)
	return t
}

// hstoreKeys are the keys in a text of hstore: what stands before an arrow.
func hstoreKeys(text string) *Taken {
	t := &Taken{}
	for {
		before, rest, found := strings.Cut(text, "=>")
		if !found {
			return t
		}
		key := strings.TrimSpace(before[strings.LastIndexByte(before, ',')+1:])
		t.Keys = append(t.Keys, strings.Trim(key, `"`))
		text = rest
	}
}

// widerInteger is the type of a calculation with two whole numbers; "" where one of them is not known to be one.
func widerInteger(l, r string) string {
	if !isInteger(l) || !isInteger(r) {
		return ""
	}
	if ranks[l].rank > ranks[r].rank {
		return l
	}
	return r
}

// spoilt is what is left of the keys where anything may have been made of a document.
func (s *scope) spoilt(d document) *Taken {
	switch d {
	case whole:
		return s.take(takenSpoilt)
	case member:
		return s.take(takenCut)
	}
	return nil
}

// takesMember says what d -> key and its kin give.
func (s *scope) takesMember(v *value, op string, key *ast.Node, l, r value) {
	form := exactKey
	if op[0] == '#' || hstoreType(l.typ) {
		form = pathKey
	}
	k := s.keyOf(key, r, form)
	v.taken = l.alone().with(r.alone().buried()).with(k.taken)
	v.holds = k.left(max(l.document(), member))
	v.member = l.isPart() && len(r.src) == 0
	switch {
	case op == "->>" || op == "#>>":
		v.typ = "text"
	case hstoreType(l.typ):
		v.typ = ""
	case isDocument(l.typ):
		v.typ = l.typ
	}
	if k.none && l.val != nil {
		v.val, v.taken = l.val, l.taken
	}
}

// isPart reports whether a value is a column or a member of one as it stands there.
func (v *value) isPart() bool { return v.isColumn() || v.member }

func hstoreType(typ string) bool {
	return typ[strings.LastIndexByte(typ, '.')+1:] == "hstore"
}

// field says what a field of a record or of a pair is: the fields of a record that was made of a document are its members.
func (s *scope) field(out *value, of value, name, typ string) {
	out.typ = typ
	switch {
	case of.record:
		out.taken = of.taken.with(s.take(&Taken{Keys: []string{name}}))
		out.holds = member
		if names := s.namesWithin(typ, 0); names != nil {
			out.record, out.parts = true, &Taken{Keys: names}
		}
	case of.row == nil && !of.taken.IsZero():
		out.taken = of.alone().with(s.take(&Taken{Keys: []string{name}}))
	case of.each != nil && name == "key":
		out.taken, out.key, out.holds = of.taken.known(), of.each, noDocument // keys are shown, as in the document
	case of.each != nil && name == "value":
		out.taken, out.val, out.holds = of.taken, of.each, member
	}
}

// namesWithin are the names of what is in a composite type, or in an array of one, at any depth; nil where it is none.
func (s *scope) namesWithin(typ string, depth int) (names []string) {
	const deepest = 8
	if depth > deepest || !s.step() {
		return nil
	}
	cols, _ := s.typeColumns(strings.TrimRight(typ, "[]"))
	for i := range cols {
		names = joinedLists(joinedLists(names, []string{cols[i].Name}), s.namesWithin(cols[i].Type, depth+1))
	}
	return names
}

// holdsOf is how much of a document the row of a relation may hold.
func (s *scope) holdsOf(it *item) (d document) {
	for i := range it.rel.Columns {
		v := s.plainColumn(it, &it.rel.Columns[i])
		d = max(d, v.document())
	}
	return d
}

// deals says what a function does with a document.
type deals uint8

const (
	tellsNothing deals = iota + 1 // what it gives holds nothing of any member
	tellsOfWhole                  // a digest, a length: no member can be read from it
	givesSame                     // it gives one of its arguments, or an element of one, as it is
	keepsKeys                     // what it gives is a document in which everything has the key that it had, or one that joins it to other texts
	givesEach                     // rows of a key and a value
	givesRecord                   // a record whose fields are members
	givesValues                   // values without their keys
	takesKeys                     // members, by the keys behind the first argument
	takesPath                     // members, by the path behind the first argument
	takesNodes                    // nodes, by the path before the document
)

var dealings = func() map[string]deals {
	out := map[string]deals{}
	for d, names := range map[deals]string{
		tellsNothing: `json_typeof jsonb_typeof json_array_length jsonb_array_length pg_typeof pg_column_size cardinality array_length array_ndims
			array_lower array_upper array_dims exist isexists exists_any exists_all defined isdefined jsonb_exists jsonb_exists_any jsonb_exists_all
			jsonb_path_exists jsonb_path_exists_tz jsonb_path_exists_opr jsonb_path_match jsonb_path_match_tz jsonb_path_match_opr xpath_exists xmlexists xml_is_well_formed xml_is_well_formed_document
			xml_is_well_formed_content jsonb_contains jsonb_contained hs_contains hs_contained generate_subscripts num_nulls num_nonnulls ts_rank ts_rank_cd`,
		tellsOfWhole: `length char_length character_length octet_length bit_length md5 sha224 sha256 sha384 sha512 digest hmac hashtext hashtextextended
			jsonb_hash jsonb_hash_extended similarity word_similarity strict_word_similarity strpos position`,
		givesSame: `jsonb_array_elements json_array_elements jsonb_array_elements_text json_array_elements_text to_json to_jsonb min max any_value
			first_value last_value nth_value lag lead mode percentile_disc array_agg unnest jsonb_pretty jsonb_strip_nulls json_strip_nulls text json jsonb
			convert_from convert_to`,
		keepsKeys: `json_build_object jsonb_build_object json_build_array jsonb_build_array json_agg jsonb_agg json_agg_strict jsonb_agg_strict
			json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique
			json_object_agg_unique_strict jsonb_object_agg_unique_strict row_to_json array_to_json json_object jsonb_object jsonb_set jsonb_set_lax
			jsonb_insert jsonb_concat jsonb_delete jsonb_delete_path json_object_keys jsonb_object_keys akeys skeys hs_concat slice delete hstore
			hstore_to_json hstore_to_jsonb hstore_to_json_loose hstore_to_jsonb_loose ts_headline json_scalar xmlagg xmlconcat xmlcomment
			concat concat_ws format string_agg lower upper btrim array_append array_prepend array_cat array_remove array_to_string quote_literal
			quote_nullable lpad rpad repeat`,
		givesEach:   "json_each json_each_text jsonb_each jsonb_each_text each",
		givesRecord: "json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset populate_record",
		givesValues: "svals avals hstore_to_array hstore_to_matrix",
		takesKeys: `json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text json_object_field json_object_field_text
			jsonb_object_field jsonb_object_field_text fetchval slice_array`,
		takesPath:  "jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_query_tz jsonb_path_query_array_tz jsonb_path_query_first_tz",
		takesNodes: "xpath",
	} {
		for _, name := range strings.Fields(names) {
			out[name] = d
		}
	}
	return out
}()

// takes says what a call makes of documents.
func (s *scope) takes(v *value, n *ast.FuncCall, name string, candidates []*Function, args []value) {
	var b blend
	for _, arg := range args {
		b.add(arg)
	}
	sum := b.choice()
	held, same := sum.holds, sum.taken
	v.holds = noDocument
	if !slices.ContainsFunc(candidates, isSupplied) {
		v.holds = held // its body is opened, and says what it does
		v.taken = v.taken.with(s.question("", args...))
		s.counts(candidates, 0, args)
		return
	}
	s.counts(candidates, dealings[name], args)
	switch d := dealings[name]; d {
	case tellsNothing:
		v.taken = s.tells(n, name, same, args)
	case tellsOfWhole:
		v.taken = v.taken.with(s.question("", args...))
	case givesSame:
		v.taken, v.holds = same, held
		if name == "unnest" && len(args) == 1 && args[0].record {
			v.taken, v.record, v.parts, v.typ = args[0].taken, true, args[0].parts, elementType(args[0].typ, false)
		}
	case keepsKeys:
		if v.holds = held; listsKeys[name] {
			v.holds = noDocument // keys are shown, as in the document
		}
		if strings.Contains(name, "_object_agg") && len(args) == 2 && args[0].key != nil && args[0].key == args[1].val {
			v.taken = args[0].taken.with(args[1].taken)
		}
		if name == "btrim" && len(args) > 1 {
			v.taken = v.taken.with(s.spoilt(held))
		}
	case givesEach:
		v.taken, v.each, v.holds = same, &pair{}, held
		s.take(takenAtTop)
	case givesRecord:
		v.taken, v.record, v.holds = same, true, held
	case givesValues:
		v.taken, v.holds = same.with(s.take(takenAtTop)), member
	case takesKeys, takesPath, takesNodes:
		s.takesArgs(v, n, d, args)
	default:
		switch {
		case isCount(name, candidates) && (len(args) == 0 || args[0].isPart()):
			v.taken = nil
		case isTextual(v.typ):
			v.taken = v.taken.with(s.spoilt(held)).with(s.question("", args...))
		case held == whole:
			v.taken = v.taken.with(s.take(takenSpoilt))
		default:
			v.taken = v.taken.with(s.question("", args...))
		}
	}
}

// listsKeys are functions that give keys alone.
var listsKeys = map[string]bool{"json_object_keys": true, "jsonb_object_keys": true, "akeys": true, "skeys": true}

// isSupplied reports whether a function is PostgreSQL's own or an extension's.
func isSupplied(f *Function) bool { return f.Schema == "pg_catalog" || f.Extension != "" }

// takesArgs says what a function takes out of a document by the arguments that are keys or a path.
func (s *scope) takesArgs(v *value, n *ast.FuncCall, d deals, args []value) {
	if len(args) < 2 {
		return
	}
	of, first, last, form := 0, 1, len(args), exactKey
	switch d {
	case takesPath:
		last, form = 2, jsonPath
	case takesNodes:
		of, first, last, form = 1, 0, 1, xmlPath
	}
	v.taken, v.holds, v.member = args[of].alone(), max(args[of].document(), member), args[of].isPart()
	switch d {
	case takesPath:
		s.filters(args[of], s.paths(n.GetArgs()[1], args[1], false, args[of]))
	case takesNodes:
		s.filters(args[of], s.nodes(n.GetArgs()[0], args[0]))
	}
	for i, arg := range args {
		if i == of {
			continue
		}
		v.taken = v.taken.with(arg.alone().buried())
		v.member = v.member && len(arg.src) == 0
		if i < first || i >= last {
			continue
		}
		node, keyed := n.GetArgs()[i], form
		if node.GetNamedArgExpr() != nil {
			v.taken = v.taken.with(s.take(takenAtTop)) // it may be another argument than its place says
			continue
		}
		switch {
		case n.GetFuncVariadic() && i == last-1 && form == exactKey:
			keyed = pathKey
		case form == jsonPath && len(args) > 2 && len(args[2].src) > 0:
			keyed = varsPath
			v.holds = max(v.holds, args[2].document())
		}
		k := s.keyOf(node, arg, keyed)
		v.taken, v.holds = v.taken.with(k.taken), k.left(v.holds)
	}
}
