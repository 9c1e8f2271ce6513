package lineage

import (
	"slices"
	"strconv"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// argDefaults records what the defaults call of arguments that a call leaves out, as if it had written them; false where
// they could not be read.
func (a *analyzer) argDefaults(f *Function, u *FunctionUse) bool {
	left := omitted(f, u.Args)
	if left == 0 {
		return true
	}
	key := "default of " + f.Name.String() + " " + strconv.FormatUint(uint64(f.OID), 10) + " " + strconv.Itoa(left) + " " + f.ArgDefaults
	if a.checked[checked{key, u.Inside}] || a.checking[key] {
		return true // the same once
	}
	list, path := f.defaults, a.path
	if list == nil {
		list, path = defaultList(f), a.catalog.SearchPath() // by which the server has written them
	}
	if len(list) != f.Defaults {
		return false
	}
	a.enter(key, u.Inside)
	defer delete(a.checking, key)
	sub := &analyzer{world: a.world, st: &Statement{}}
	a.under(path, func() {
		s := sub.newScope(nil, u.Inside)
		for _, n := range list[len(list)-left:] {
			s.expr(n)
		}
		sub.flush()
		a.bodies.depth++
		sub.openFunctions()
		a.bodies.depth--
	})
	a.absorb(sub.st, u.Inside)
	return len(sub.st.Unresolved) == 0
}

// omitted is how many of the last defaults of a function a call may use. Arguments that are named, and those that CALL passes
// for what comes back, may leave out any.
func omitted(f *Function, args []Arg) int {
	if f.Defaults == 0 {
		return 0
	}
	most := inputs(f)
	if f.Kind == 'p' {
		most = max(most, len(f.ArgModes))
	}
	switch {
	case len(args) >= most:
		return 0
	case f.Kind == 'p' || slices.ContainsFunc(args, func(arg Arg) bool { return arg.Name != "" }):
		return f.Defaults
	}
	return min(f.Defaults, most-len(args))
}

// defaultList reads the defaults of a function's arguments; nil where it cannot.
func defaultList(f *Function) []*ast.Node {
	list, err := pgparse.Parse("SELECT "+f.ArgDefaults, pgparse.CeilingBytes)
	if f.ArgDefaults == "" || err != nil || len(list) != 1 {
		return nil
	}
	q := list[0].Node.GetSelectStmt()
	out := make([]*ast.Node, len(q.GetTargetList()))
	for i, t := range q.GetTargetList() {
		out[i] = t.GetResTarget().GetVal()
	}
	return out
}
