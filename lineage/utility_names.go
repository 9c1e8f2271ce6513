package lineage

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// nameParts are the string parts of a name list.
func nameParts(list []*ast.Node) []string {
	var out []string
	for _, n := range list {
		if s := n.GetString_(); s != nil {
			out = append(out, s.Sval)
		}
	}
	return out
}

// nameOf reads a qualified name; a database name before the schema is dropped.
func nameOf(list []*ast.Node) Name {
	parts := nameParts(list)
	switch len(parts) {
	case 0:
		return Name{}
	case 1:
		return Name{Name: parts[0]}
	}
	return Name{Schema: parts[len(parts)-2], Name: parts[len(parts)-1]}
}

// objectOf is the name of an object, in whichever form a statement carries it.
func objectOf(n *ast.Node) Name {
	switch o := n.GetNode().(type) {
	case *ast.Node_String_:
		return Name{Name: o.String_.Sval}
	case *ast.Node_List:
		if len(o.List.Items) > 0 && len(nameParts(o.List.Items)) == 0 {
			return objectOf(o.List.Items[0]) // a cast, or a type with more
		}
		return nameOf(o.List.Items)
	case *ast.Node_TypeName:
		return nameOf(o.TypeName.Names)
	case *ast.Node_ObjectWithArgs:
		return nameOf(o.ObjectWithArgs.Objname)
	case *ast.Node_RangeVar:
		return Name{Schema: o.RangeVar.Schemaname, Name: o.RangeVar.Relname}
	case *ast.Node_RoleSpec:
		return Name{Name: roleName(o.RoleSpec)}
	case *ast.Node_Integer, *ast.Node_Float:
		return Name{} // a large object
	}
	return Name{}
}

func roleName(r *ast.RoleSpec) string {
	switch r.GetRoletype() {
	case ast.RoleSpecType_ROLESPEC_CSTRING:
		return r.Rolename
	case ast.RoleSpecType_ROLESPEC_CURRENT_ROLE:
		return "CURRENT_ROLE"
	case ast.RoleSpecType_ROLESPEC_CURRENT_USER:
		return "CURRENT_USER"
	case ast.RoleSpecType_ROLESPEC_SESSION_USER:
		return "SESSION_USER"
	case ast.RoleSpecType_ROLESPEC_PUBLIC:
		return "PUBLIC"
	}
	return ""
}

// find resolves the relation that a definition names. It may be absent: DROP ... IF EXISTS, or an error that the server
// is to report.
func (a *analyzer) find(n Name) *Relation {
	for _, schema := range a.schemas(n.Schema) {
		r, found := a.catalog.Relation(schema, n.Name)
		switch found {
		case Present:
			return r
		case NotLoaded:
			a.need(NeedRelation, Name{Schema: schema, Name: n.Name})
			return nil
		}
	}
	return nil
}

// schemas lists where a name is looked for.
func (a *analyzer) schemas(schema string) []string {
	path := a.catalog.SearchPath()
	switch schema {
	case "":
		return path
	case "pg_temp":
		return slices.DeleteFunc(slices.Clone(path), func(s string) bool { return !isTemp(s) })
	}
	return []string{schema}
}

func isTemp(schema string) bool {
	return schema == "pg_temp" || strings.HasPrefix(schema, "pg_temp_")
}

// creation is the name that a new object gets: in the first schema of the path that can be written to. The session's own
// temporary schema is that one where the path names it first; else it stands before the rest only to be searched.
func (a *analyzer) creation(n Name, temporary bool) Name {
	if n.Schema != "" && n.Schema != "pg_temp" {
		return n
	}
	path := a.catalog.SearchPath()
	if rest := named(path); n.Schema == "" && len(rest) > 0 && isTemp(rest[0]) {
		return Name{Schema: rest[0], Name: n.Name}
	}
	temporary = temporary || n.Schema == "pg_temp"
	for _, s := range path {
		if temporary == isTemp(s) && s != "pg_catalog" {
			return Name{Schema: s, Name: n.Name}
		}
	}
	if temporary {
		return Name{Schema: "pg_temp", Name: n.Name}
	}
	return n
}

// named is a search path without what the server searches before it unasked.
func named(path []string) []string {
	if len(path) > 0 && isTemp(path[0]) {
		path = path[1:]
	}
	if len(path) > 0 && path[0] == "pg_catalog" {
		path = path[1:]
	}
	return path
}

// passing marks an effect that makes an object of the session's own temporary schema, which stays behind on the connection.
// Relations and types there are found before all others of their name; a relation is a type too.
func (a *analyzer) passing(e *Effect) {
	kind, create := strings.CutPrefix(e.Command, "CREATE ")
	schema := e.Object.Schema
	if given, ok := e.Option("SCHEMA"); ok && kind == "EXTENSION" {
		schema = given
	}
	if !create || !isTemp(schema) {
		return
	}
	if !e.Has("TEMPORARY") {
		e.Options = append(e.Options, "TEMPORARY")
	}
	switch kind {
	case "TYPE", "DOMAIN", "TABLE", "VIEW", "SEQUENCE", "FOREIGN TABLE":
		if !e.Has("SHADOWS") && (a.shadows(e.Object) || a.hidesType(e.Object)) {
			e.Options = append(e.Options, "SHADOWS")
		}
	}
}

// hidesType reports whether a new temporary type has the name of one that the search path shows today.
func (a *analyzer) hidesType(n Name) bool {
	for _, s := range a.catalog.SearchPath() {
		if isTemp(s) {
			continue
		}
		_, found := a.catalog.Type(s, n.Name)
		if found == NotLoaded {
			a.need(NeedType, Name{Schema: s, Name: n.Name})
		}
		if found == Present {
			return true
		}
	}
	return false
}

// shadows reports whether a new relation of that name hides one that the search path shows today.
func (a *analyzer) shadows(n Name) bool {
	seen := isTemp(n.Schema)
	for _, s := range a.catalog.SearchPath() {
		switch {
		case s == n.Schema:
			seen = true
			continue
		case !seen || isTemp(s):
			continue
		}
		_, found := a.catalog.Relation(s, n.Name)
		if found == NotLoaded {
			a.need(NeedRelation, Name{Schema: s, Name: n.Name})
		}
		if found == Present {
			return true
		}
	}
	return false
}

// on is an effect on a relation, under its resolved name.
func (a *analyzer) on(e Effect, n Name) Effect {
	e.Object = n
	if e.Relation = a.find(n); e.Relation != nil {
		e.Object = e.Relation.Name
	}
	return e
}

// onVar is an effect on a relation that the text names.
func (a *analyzer) onVar(e Effect, rv *ast.RangeVar) Effect {
	e.Pos = a.at(rv.GetLocation())
	return a.on(e, Name{Schema: rv.GetSchemaname(), Name: rv.GetRelname()})
}

// mentions records the functions that a part of a statement calls whose columns cannot be resolved here: NEW and OLD of
// rules and triggers.
func (a *analyzer) mentions(inside Inside, parts ...*ast.Node) {
	for _, n := range parts {
		if n == nil {
			continue
		}
		for _, f := range funcCalls(n) {
			name := nameOf(f.Funcname)
			use := FunctionUse{Name: name, Inside: inside, Pos: a.at(f.Location)}
			for _, s := range a.schemas(name.Schema) {
				list, found := a.catalog.Functions(s, name.Name)
				if found == NotLoaded {
					a.need(NeedFunction, Name{Schema: s, Name: name.Name})
				}
				use.Candidates = append(use.Candidates, list...)
			}
			if len(use.Candidates) > 0 {
				use.Name = use.Candidates[0].Name
			}
			a.st.Functions = append(a.st.Functions, use)
		}
	}
}

// funcCalls lists the function calls of a tree.
func funcCalls(n *ast.Node) []*ast.FuncCall {
	var out []*ast.FuncCall
	pgparse.Walk(n, func(m protoreflect.Message, _ int) bool {
		if f, ok := m.Interface().(*ast.FuncCall); ok {
			out = append(out, f)
		}
		return true
	})
	return out
}
