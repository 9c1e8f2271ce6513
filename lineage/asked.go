package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// This file says what conditions, orders and functions ask of documents. Who asks a member by a constant key asks that member.
// Who asks a text, an order or a digest of all of a document asks each of them, and so does who asks a member of which nobody
// knows the key.

// askedBy is by which keys a value was taken that is asked as it is.
func (a *analyzer) askedBy(v *value, kind InfluenceKind) *Taken {
	t := v.alone()
	switch {
	case v.document() == whole, len(v.src) > 0 && v.src[0].rel < 0: // what a recursive query holds is known at its end
		return t.with(takenWhole)
	case v.document() == member:
		if keys, _ := a.taken(v); kind == Sort || keys.IsZero() {
			return t.with(keys.ends())
		}
	}
	return t
}

// ends names the last key of a member. One without a key is an object that was put together of many.
func (t *Taken) ends() *Taken {
	if t.IsZero() {
		return takenWhole
	}
	out := &Taken{}
	if n := len(t.Keys); n > 0 {
		out.Ends = []string{t.Keys[n-1]}
	}
	if len(t.Params) > 0 {
		out.Ends = append(out.Ends, "")
	}
	return out
}

// question is what an operator or a function asks of documents among its operands. Of a member with a known key = tells no more
// than whether somebody knows it.
func (s *scope) question(op string, operands ...value) (t *Taken) {
	equality := op == "=" || op == "<>" || op == "!="
	if equality && len(operands) == 2 && (operands[0].isNothing() || operands[1].isNothing()) {
		return nil
	}
	for i := range operands {
		v := &operands[i]
		switch d := v.document(); {
		case len(v.src) == 0:
		case d == whole:
			t = t.with(takenWhole)
		case d == member:
			if keys, _ := s.taken(v); !equality || keys.IsZero() {
				t = t.with(keys.ends())
			}
		}
	}
	if t.asks() {
		s.take(t)
	}
	return t
}

// isNothing reports whether a value is the constant of an empty document.
func (v *value) isNothing() bool {
	if v.konst == nil {
		return false
	}
	switch strings.TrimSpace(*v.konst) {
	case "", "{}", "[]", "null":
		return true
	}
	return false
}

// members is without what nobody knows, but for that it was asked.
func (t *Taken) members() *Taken {
	if t == nil || t.Any == 0 {
		return t.known()
	}
	return t.known().with(takenWhole)
}

// contains is what a containment asks: the keys of what is contained, of a constant, an argument, or an object that is made with
// constant keys.
func (s *scope) contains(t *Taken, l, r value, ln, rn *ast.Node) *Taken {
	out := t.members()
	if max(l.document(), r.document()) == noDocument {
		return out.with(compared(l.konst)).with(compared(r.konst))
	}
	known := 0
	for _, o := range [2]struct {
		node *ast.Node
		value
	}{{ln, l}, {rn, r}} {
		keys, ok := s.made(o.node, &o.value)
		out = out.with(keys)
		if ok {
			known++
		}
	}
	if known == 0 {
		out = out.with(s.take(takenWhole))
	}
	return out
}

// made are the keys in a document that is a constant, an argument, or made with constant keys; false where it is none of them.
func (s *scope) made(n *ast.Node, v *value) (*Taken, bool) {
	if v != nil && v.konst != nil {
		return compared(v.konst), true
	}
	for n.GetTypeCast() != nil {
		n = n.GetTypeCast().GetArg()
	}
	if text, constant := constText(n.GetAConst()); constant && n.GetAConst() != nil {
		return compared(&text), true
	}
	if p := n.GetParamRef(); p != nil {
		if s.inside&(InFunction|InDo) != 0 {
			return nil, false
		}
		return s.take(&Taken{Params: []int{int(p.GetNumber())}}), true
	}
	f := n.GetFuncCall()
	if f == nil {
		return nil, false
	}
	switch _, name := functionName(f.GetFuncname()); name {
	case "jsonb_build_object", "json_build_object":
		return s.built(f.GetArgs(), 2)
	case "jsonb_build_array", "json_build_array":
		return s.built(f.GetArgs(), 1)
	}
	return nil, false
}

// built are the keys in what a function makes of keys and values in turn, or of values alone.
func (s *scope) built(args []*ast.Node, every int) (t *Taken, ok bool) {
	for i, arg := range args {
		if every == 2 && i%2 == 0 {
			text, constant := constText(arg.GetAConst())
			if !constant || arg.GetAConst() == nil {
				return nil, false
			}
			t = t.with(&Taken{Keys: []string{text}})
			continue
		}
		if arg.GetParamRef() != nil || arg.GetAConst() != nil {
			continue // a text, a number: no keys in it
		}
		below, ok := s.made(arg, nil)
		if !ok {
			return nil, false
		}
		t = t.with(below)
	}
	return t, true
}

// paths is what a path of SQL/JSON asks of a document: with condition all that it names, else what stands in its conditions. Where
// it names nothing it asks what it is given.
func (s *scope) paths(n *ast.Node, v value, condition bool, of value) *Taken {
	switch {
	case v.konst == nil:
		return s.pathGiven(n, of.document())
	case of.document() == noDocument:
		return asked(v.konst, condition)
	}
	t := asked(v.konst, condition)
	if (condition || strings.ContainsRune(*v.konst, '?')) && t.IsZero() {
		t = t.with(s.question("", of))
	}
	return t
}

// nodes is paths for an XPath.
func (s *scope) nodes(n *ast.Node, v value) *Taken {
	if v.konst != nil {
		return askedNodes(v.konst)
	}
	return s.pathGiven(n, whole)
}

func (s *scope) pathGiven(n *ast.Node, of document) *Taken {
	_, params, ok := constantTexts(n)
	switch {
	case of == noDocument: // another operator of that name, or a text for one
		return nil
	case !ok || len(params) > 0 && s.inside&(InFunction|InDo) != 0:
		return s.take(takenWhole)
	case len(params) > 0:
		return s.take(&Taken{Params: params})
	}
	return nil
}

// filters records that the conditions in a path decide what there is of a document.
func (s *scope) filters(doc value, t *Taken) {
	if t != nil && t.Every { // which it is of all, the standard does not ask
		some := *t
		some.Every, some.Whole = false, true
		t = &some
	}
	if len(doc.src) > 0 && (!t.IsZero() || t.asks()) && s.spend(len(doc.src)) {
		s.influences = append(s.influences, influence{doc.src, Filter, false, doc.alone().known().with(t)})
	}
}

// tells is what a function asks that gives nothing of any member.
func (s *scope) tells(n *ast.FuncCall, name string, same *Taken, args []value) *Taken {
	out, nodes := same.answered(), n.GetArgs()
	switch {
	case len(nodes) < 2:
	case strings.HasPrefix(name, "jsonb_path_"):
		return same.members().with(s.paths(nodes[1], args[1], strings.Contains(name, "match"), args[0])).with(s.question("", args[2:]...))
	case strings.HasPrefix(name, "xpath_") || name == "xmlexists":
		return out.with(s.nodes(nodes[0], args[0]))
	case strings.Contains(name, "_contain"):
		return s.contains(same, args[0], args[1], nodes[0], nodes[1])
	case strings.Contains(name, "exist"):
		return same.members()
	}
	return out
}

// answered is what was asked on the way to a value that tells nothing of its members.
func (t *Taken) answered() *Taken {
	switch {
	case t == nil:
		return nil
	case t.Any == Anywhere:
		return takenWhole
	case !t.asks():
		return nil
	}
	return &Taken{Whole: t.Whole, Ends: t.Ends, Parsed: t.Parsed}
}

// counts records that how many rows a function gives tells of what it is given. Those that list the members of a document give
// one for each.
func (s *scope) counts(candidates []*Function, d deals, args []value) {
	set := false
	for _, f := range candidates {
		set = set || f.ReturnsSet
	}
	if !set {
		return
	}
	for i := range args {
		t := args[i].alone()
		if d == 0 || t != nil && (t.Any == Anywhere || t.asks()) {
			s.asks(args[i], Filter)
		}
	}
}
