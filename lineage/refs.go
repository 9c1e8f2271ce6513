package lineage

import "github.com/sqlc-dev/oliphant/ast"

// noPlace is the place of a system column, which is in no list of columns.
const noPlace = -1

// note keeps what a column reference was resolved to, by the first word of its name. Only statements with a target ask:
// what bounds their rows depends on whose columns a condition names, and a name inside a subquery is its own table's
// first.
func (a *analyzer) note(fields []*ast.Node, p place) {
	if a.refs != nil && len(fields) > 0 {
		a.refs[fields[0]] = p
	}
}

// keepRefs starts to note what column references mean.
func (a *analyzer) keepRefs() {
	if a.refs == nil {
		a.refs, a.froms = map[*ast.Node]place{}, map[*ast.SelectStmt][]entry{}
	}
}

// systemColumnOf is a system column as a column that conditions can compare. All rows of a table share their tableoid.
func systemColumnOf(name string) (*Column, bool) {
	if name == "tableoid" {
		return nil, false
	}
	return &Column{Name: name, NotNull: true}, true
}
