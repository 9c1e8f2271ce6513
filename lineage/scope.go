package lineage

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

// scope is what names can mean at one level of a query, as PostgreSQL's parse state holds it.
type scope struct {
	*analyzer
	up      *scope
	entries []entry
	with    []*cte
	inside  Inside
	// While FROM is read, its items can be seen by LATERAL ones only.
	reading bool
	lateral bool
	windows []*ast.Node
	filter  blend // WHERE, ON and HAVING of the query and of what it selects from
	keys    blend // ORDER BY, GROUP BY and DISTINCT ON
	depth   int
	// In an expression that is stored, a column that is not there may yet come: see expression.
	defining bool
	// joined is what joins the elements of FROM; nil where there is one.
	joined *graph
	// aggregates is set where the level computes an aggregate.
	aggregates bool
	// parts is set where one of them may take only some rows of a group: by FILTER, by an expression that looks at a row, by
	// OVER.
	parts bool
}

func (a *analyzer) newScope(up *scope, inside Inside) *scope {
	s := &scope{analyzer: a, up: up, inside: inside}
	if up != nil {
		s.depth = up.depth + 1
		s.defining = up.defining
	}
	return s
}

// entry is an item in a scope, and whether its name and its columns' names can be used there.
type entry struct {
	*item
	byName    bool // item.column
	byColumns bool // column
}

// item is one entry of a range table: a relation, a subquery, a function, a join.
type item struct {
	name    string
	aliased bool
	rel     *Relation // of a relation
	index   int32     // of the relation in analyzer.rels
	cols    []column  // all but relations without an alias list, and joins
	left    *item     // of a join
	right   *item
	merges  bool            // of a join: it merges columns, which are its cols
	sides   []place         // of a join that merges: the other columns
	joined  int             // of a join: its weight
	use     *use            // of a relation: where its columns are recorded as read
	why     string          // not all of its columns are known
	rest    value           // what a column that is not known is made of
	keys    sources         // of a subquery: what orders and groups it
	below   []entry         // of a subquery: what its FROM holds
	query   *ast.SelectStmt // of a subquery and of a WITH query
	table   bool            // it has system columns
	made    bool            // its row is made of its columns: the alias of USING
	pairs   map[*pair]*pair // of a view: those among its columns
	whole   *value          // of a function with a scalar result: the row is that value
}

// column is a column of an item.
type column struct {
	name string
	value
	unknown bool     // it stands for columns that are not known
	from    [2]place // of a column of a join: the columns below
}

// place is a column of an item.
type place struct {
	item *item
	n    int
}

// use gathers what is done to the columns of one relation of the text.
type use struct {
	rel     *Relation
	known   bool
	name    Name
	access  Access
	command string
	read    []bool
	row     bool // read as a whole
	written []string
	inside  Inside
	pos     int
	opaque  bool // its columns are not known
}

// size is the number of columns.
func (it *item) size() int {
	switch {
	case it.left != nil:
		if it.merges {
			return len(it.cols) + len(it.sides)
		}
		return it.left.size() + it.right.size()
	case it.cols == nil && it.rel != nil:
		return len(it.rel.Columns)
	}
	return len(it.cols)
}

// weight is what a look at the item's names costs.
func (it *item) weight() int {
	if it.left == nil || it.merges {
		return 1 + it.size()/16
	}
	return it.joined
}

// each visits the columns in the order of *, until visit returns false.
func (it *item) each(visit func(place) bool) bool {
	n := len(it.cols)
	if it.left == nil {
		n = it.size()
	}
	for i := range n {
		if !visit(place{it, i}) {
			return false
		}
	}
	if it.left == nil {
		return true
	}
	if it.merges {
		for _, p := range it.sides {
			if !visit(p) {
				return false
			}
		}
		return true
	}
	return it.left.each(visit) && it.right.each(visit)
}

// columnName is the name of a column of the item's own.
func (it *item) columnName(n int) string {
	if it.cols == nil {
		return it.rel.Columns[n].Name
	}
	return it.cols[n].name
}

// find looks a column up. Two of the name are ambiguous.
func (it *item) find(name string) (p place, count int) {
	n := len(it.cols)
	if it.left == nil {
		n = it.size()
	}
	for i := range n {
		if it.columnName(i) == name {
			p, count = place{it, i}, count+1
		}
	}
	switch {
	case it.left == nil:
	case it.merges:
		for _, side := range it.sides {
			if side.item.columnName(side.n) == name {
				p, count = side, count+1
			}
		}
	default:
		for _, side := range [2]*item{it.left, it.right} {
			if q, n := side.find(name); n > 0 {
				p, count = q, count+n
			}
		}
	}
	return p, count
}

// partial gives the item, or the side of the join, not all of whose columns are known.
func (it *item) partial() *item {
	if it.why != "" || it.left == nil {
		if it.why == "" {
			return nil
		}
		return it
	}
	if u := it.left.partial(); u != nil {
		return u
	}
	return it.right.partial()
}

// unknown gives why not all of the item's columns are known; "" = they are.
func (it *item) unknown() string {
	if u := it.partial(); u != nil {
		return u.why
	}
	return ""
}

// guess is a column that is not known.
func (it *item) guess() value {
	v := it.rest
	v.why = it.why
	return v
}

// systemColumns are the columns that every table has, with their numbers.
var systemColumns = map[string]int16{"ctid": -1, "xmin": -2, "cmin": -3, "xmax": -4, "cmax": -5, "tableoid": -6}

// read gives a column's value, and records that it is read.
func (p place) read(a *analyzer) value {
	p.mark()
	return p.peek(a)
}

// peek gives a column's value.
func (p place) peek(a *analyzer) value {
	if p.item.cols == nil && p.item.rel != nil {
		return a.plainColumn(p.item, &p.item.rel.Columns[p.n])
	}
	return p.item.cols[p.n].value
}

// mark records that the column is read.
func (p place) mark() {
	if u := p.item.use; u != nil {
		if u.read == nil {
			u.read = make([]bool, len(u.rel.Columns))
		}
		if p.n < len(u.read) {
			u.read[p.n] = true
		}
	}
	if p.item.left == nil && p.item.cols == nil {
		return
	}
	for _, below := range p.item.cols[p.n].from {
		if below.item != nil {
			below.mark()
		}
	}
}

// plainColumn is the value of a column of a relation.
func (a *analyzer) plainColumn(it *item, c *Column) value {
	v := value{typ: c.Type}
	v.src = sources{{it.index, c.Num, plain}}
	v.origin = origin{it.index + 1, c.Num}
	if documents[c.TypeOID] || documents[c.Base] {
		v.holds = whole
	}
	if a != nil && isOpen(it.rel) {
		a.fromView(&v, it, c)
	}
	return v
}

// documents are the OIDs of json, jsonb and xml.
var documents = map[uint32]bool{114: true, 3802: true, 142: true}

// fromView adds what the definition of a view says of one of its columns. By which keys it was taken is among its sources.
func (a *analyzer) fromView(v *value, it *item, c *Column) {
	facts := a.view(it.rel).facts
	i := slices.IndexFunc(it.rel.Columns, func(other Column) bool { return other.Num == c.Num })
	if i < 0 || i >= len(facts) {
		return
	}
	again := func(p *pair) *pair {
		if p != nil && it.pairs[p] == nil {
			if it.pairs == nil {
				it.pairs = map[*pair]*pair{}
			}
			it.pairs[p] = &pair{}
		}
		return it.pairs[p]
	}
	f := &facts[i]
	v.holds, v.key, v.val = max(v.holds, f.holds), again(f.key), again(f.val)
}
