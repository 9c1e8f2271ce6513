// Package assume answers for a database that nobody asked: policies are tested, and statements explained, without one. What
// PostgreSQL brings is known, relations that a schema declares are known, and any other relation is assumed to be a plain
// table with the columns that are declared for it or that the statement itself names. Functions are not assumed: what one
// does cannot be guessed.
package assume

import (
	"maps"
	"slices"
	"strings"

	"github.com/governedsql/governed/internal/builtin"
	"github.com/governedsql/governed/lineage"
)

// Catalog is what is assumed of a database. It learns from the statements that it analyses; one goroutine uses it.
type Catalog struct {
	declared func(lineage.Name) []string
	known    map[lineage.Name]*lineage.Relation
	guesses  map[lineage.Name]*guess
	made     map[lineage.Name]bool // by the text that is analysed
	star     bool                  // guesses show the column that stands for those nobody named
}

// guess is a relation that nobody declared.
type guess struct {
	name    lineage.Name
	columns []string
	open    bool // no column was declared: a star may stand for any
	whole   bool // a statement reads all of its columns, those that nobody named too
	as      *lineage.Relation
}

// unnamed is the column that stands for those nobody named; no column of a database has the name.
const unnamed = "\x00"

// New makes a catalog. relations are those of a schema; declared gives the columns that are known of another relation, nil
// for none.
func New(relations []*lineage.Relation, declared func(lineage.Name) []string) *Catalog {
	c := &Catalog{declared: declared, known: map[lineage.Name]*lineage.Relation{}, guesses: map[lineage.Name]*guess{}, made: map[lineage.Name]bool{}}
	for _, r := range relations {
		c.known[r.Name] = r
	}
	return c
}

var _ lineage.Catalog = (*Catalog)(nil)

// SearchPath is PostgreSQL's own default.
func (c *Catalog) SearchPath() []string { return []string{"pg_catalog", "public"} }

// Relation knows, or assumes.
func (c *Catalog) Relation(schema, name string) (*lineage.Relation, lineage.Found) {
	n := lineage.Name{Schema: schema, Name: name}
	if r := c.known[n]; r != nil {
		return r, lineage.Present
	}
	switch {
	case schema == "pg_catalog" || schema == "information_schema":
		if r, ok := builtin.Relation(schema, name); ok {
			return r, lineage.Present
		}
		return nil, lineage.Absent
	case strings.HasPrefix(schema, "pg_"), c.made[n]:
		return nil, lineage.Absent
	}
	g := c.guesses[n]
	if g == nil {
		g = &guess{name: n}
		if c.declared != nil {
			g.columns = slices.Clone(c.declared(n))
		}
		g.open = len(g.columns) == 0
		c.guesses[n] = g
	}
	return g.relation(c.star), lineage.Present
}

// relation is the guess as the analyser sees it. The type of a column is not known.
func (g *guess) relation(star bool) *lineage.Relation {
	columns := g.columns
	if star {
		columns = append(slices.Clone(columns), unnamed)
	}
	if g.as != nil && len(g.as.Columns) == len(columns) {
		return g.as
	}
	g.as = &lineage.Relation{Name: g.name, Kind: lineage.Table}
	for i, name := range columns {
		g.as.Columns = append(g.as.Columns, lineage.Column{Name: name, Num: int16(i + 1)})
	}
	return g.as
}

func (g *guess) add(column string) bool {
	if slices.Contains(g.columns, column) {
		return false
	}
	g.columns, g.as = append(g.columns, column), nil
	return true
}

func (g *guess) drop(column string) {
	g.columns, g.as = slices.DeleteFunc(g.columns, func(c string) bool { return c == column }), nil
}

// Functions are PostgreSQL's own.
func (c *Catalog) Functions(schema, name string) ([]*lineage.Function, lineage.Found) {
	if list := builtin.Functions(schema, name); len(list) > 0 {
		return list, lineage.Present
	}
	return nil, lineage.Absent
}

// Operators are PostgreSQL's own, of which nobody asks.
func (c *Catalog) Operators(string) ([]*lineage.Operator, lineage.Found) { return nil, lineage.Absent }

// Type knows the row types of relations that were declared.
func (c *Catalog) Type(string, string) (*lineage.Type, lineage.Found) { return nil, lineage.Absent }

// Whole reports whether a statement reads all columns of a relation that was assumed; true for any other. The columns that
// are assumed are those that are named, so that to read all of these says nothing.
func (c *Catalog) Whole(n lineage.Name) bool {
	g := c.guesses[n]
	return g == nil || g.whole
}

// Assumed are the relations that the statements touch and that nobody declared, by name.
func (c *Catalog) Assumed(list []*lineage.Statement) []*lineage.Relation {
	out := map[lineage.Name]*lineage.Relation{}
	for _, st := range list {
		for i := range st.Relations {
			if g := c.guesses[st.Relations[i].Relation.Name]; g != nil {
				out[g.name] = g.relation(false)
			}
		}
	}
	return slices.SortedFunc(maps.Values(out), func(a, b *lineage.Relation) int {
		return strings.Compare(a.Name.String(), b.Name.String())
	})
}
