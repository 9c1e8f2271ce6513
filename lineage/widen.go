package lineage

import (
	"strconv"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// widens reports whether a change of a column's type leaves the rows as they are: the new type holds every value of the
// old one in the same bytes. Anything that is not known to do so rewrites the table or at least reads all of it.
func widens(rel *Relation, column string, d *ast.ColumnDef) bool {
	if rel == nil || d.GetCollClause() != nil || !sameColumn(d.GetRawDefault(), column) {
		return false
	}
	c, ok := rel.Column(column)
	to := typeText(d.GetTypeName())
	return ok && to != "" && c.Expression == "" && holds(c.Type, to)
}

// sameColumn reports whether USING is the column itself, or left out.
func sameColumn(n *ast.Node, column string) bool {
	for n.GetTypeCast() != nil {
		return false // a cast may change what it gives
	}
	return n == nil || bareColumn(n) == column
}

// holds reports whether a type holds the values of another unchanged, by the names that format_type gives them.
func holds(from, to string) bool {
	if from == to {
		return true
	}
	old, oldMods := modifiers(from)
	wide, mods := modifiers(to)
	switch {
	case wide == "text" && old == "character varying":
		return true
	case wide == "character varying" && old == "text":
		return mods == nil
	case wide == "inet" && old == "cidr":
		return true
	case wide != old:
		return false
	}
	switch wide {
	case "character varying", "bit varying":
		return mods == nil || len(oldMods) == 1 && mods[0] >= oldMods[0]
	case "numeric":
		return mods == nil || len(mods) == 2 && len(oldMods) == 2 && mods[0] >= oldMods[0] && mods[1] == oldMods[1]
	case "timestamp with time zone", "timestamp without time zone", "time with time zone", "time without time zone":
		return mods == nil || len(oldMods) == 1 && mods[0] >= oldMods[0]
	}
	return false
}

// modifiers takes a type apart: numeric(10,2), timestamp(3) with time zone.
func modifiers(t string) (name string, mods []int) {
	before, rest, ok := strings.Cut(t, "(")
	inner, after, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return t, nil
	}
	for _, m := range strings.Split(inner, ",") {
		n, err := strconv.Atoi(m)
		if err != nil {
			return t, nil
		}
		mods = append(mods, n)
	}
	return before + after, mods
}

// provenNotNull reports whether the server knows without a look at the rows that a column has no NULL: it is NOT NULL
// already, or a validated CHECK says so.
func provenNotNull(rel *Relation, column string) bool {
	if rel == nil {
		return false
	}
	if c, ok := rel.Column(column); ok && c.NotNull {
		return true
	}
	for _, check := range rel.Checks {
		parsed, err := pgparse.Parse("SELECT "+check, 0)
		if err != nil || len(parsed) != 1 {
			continue
		}
		list := parsed[0].Node.GetSelectStmt().GetTargetList()
		if len(list) != 1 {
			continue
		}
		for _, n := range conjuncts(list[0].GetResTarget().GetVal(), nil) {
			if t := n.GetNullTest(); t.GetNulltesttype() == ast.NullTestType_IS_NOT_NULL && bareColumn(t.GetArg()) == column {
				return true
			}
		}
	}
	return false
}
