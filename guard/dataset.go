package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// Dataset says what relations hold.
type Dataset struct {
	// Match are patterns of relations, such as public.customers.
	Match []string
	// Tags are those of the whole relation.
	Tags []string `json:",omitempty"`
	// Columns are the tags of single columns, by name as in SQL.
	Columns map[string][]string `json:",omitempty"`
	// Tenant is the column that says whose a row is: a write has to compare it. "" = there is none.
	Tenant string `json:",omitempty"`
}

// Check says what is wrong with a dataset: nil where a policy takes it.
func (d *Dataset) Check() error {
	_, err := compileDataset(d)
	return err
}

type dataset struct {
	match   []pattern
	tags    tagSet
	columns []taggedColumn
	tenant  string
}

type taggedColumn struct {
	name string
	tags tagSet
}

// tagSet is a list of tags. A tag stands for those below it: pii for pii.email.
type tagSet []string

func (s tagSet) has(tag string) bool {
	return slices.ContainsFunc(s, func(t string) bool { return t == tag || strings.HasPrefix(t, tag) && t[len(tag)] == '.' })
}

func compileDataset(d *Dataset) (dataset, error) {
	out := dataset{tags: d.Tags}
	var err error
	if len(d.Match) == 0 {
		return out, fmt.Errorf("a dataset names no relation")
	}
	if out.match, err = patterns("match", d.Match, parseRelationPattern); err != nil {
		return out, err
	}
	if d.Tenant != "" {
		if out.tenant, err = columnName(d.Tenant); err != nil {
			return out, fmt.Errorf("tenant: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Columns)) {
		column, err := columnName(name)
		if err != nil {
			return out, fmt.Errorf("columns: %w", err)
		}
		out.columns = append(out.columns, taggedColumn{name: column, tags: d.Columns[name]})
	}
	for _, tag := range slices.Concat(append([][]string{d.Tags}, slices.Collect(maps.Values(d.Columns))...)...) {
		if tag == "" || strings.HasPrefix(tag, ".") || strings.HasSuffix(tag, ".") {
			return out, fmt.Errorf("tag %q: want words joined by dots", tag)
		}
	}
	return out, nil
}

func columnName(text string) (string, error) {
	parts, err := identifiers(text)
	if err == nil && len(parts) != 1 {
		err = fmt.Errorf("want the name of a column alone")
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return parts[0], nil
}

func (d *dataset) holds(n lineage.Name) bool {
	return slices.ContainsFunc(d.match, func(p pattern) bool { return p.matches(n) })
}

// touchedTags are the tags of a relation and of those of its columns that a part touches; all of them where that is not
// known.
func (p *Policy) touchedTags(x *part) tagSet {
	var out tagSet
	for i := range p.datasets {
		d := &p.datasets[i]
		if !x.named(d.holds, false) {
			continue
		}
		out = append(out, d.tags...)
		for j := range d.columns {
			c := &d.columns[j]
			if x.columns == nil || slices.ContainsFunc(x.columns, func(name string) bool { return glob(c.name, name) }) {
				out = append(out, c.tags...)
			}
		}
	}
	return out
}

func (p *Policy) columnTags(id lineage.ColumnID) tagSet {
	var out tagSet
	for i := range p.datasets {
		d := &p.datasets[i]
		if !d.holds(id.Of()) {
			continue
		}
		out = append(out, d.tags...)
		out = append(out, d.ownTags(id.Column)...)
	}
	return out
}

func (d *dataset) ownTags(column string) tagSet {
	var out tagSet
	for i := range d.columns {
		if glob(d.columns[i].name, column) {
			out = append(out, d.columns[i].tags...)
		}
	}
	return out
}

// ColumnTags are the tags that datasets give to the column itself; those of its relation say nothing of a single column.
// Nil = none.
func (p *Policy) ColumnTags(id lineage.ColumnID) []string {
	var out tagSet
	for i := range p.datasets {
		if d := &p.datasets[i]; len(d.columns) > 0 && d.holds(id.Of()) {
			out = append(out, d.ownTags(id.Column)...)
		}
	}
	return out
}

// Strongest gives the strongest treatment that the policy wants for a column under any of its names: its own, and those in
// the tables that its own inherits from. False = the policy says nothing.
func (c *Columns) Strongest(ids []lineage.ColumnID, class string) (treatment string, ok bool) {
	for _, id := range ids {
		if t, says := c.Treatment(id, class); says && (!ok || stronger(t, treatment)) {
			treatment, ok = t, true
		}
	}
	return treatment, ok
}

// Columns are the names of columns that datasets give for a relation, for those who know nothing else of it.
func (p *Policy) Columns(n lineage.Name) []string {
	var out []string
	for i := range p.datasets {
		d := &p.datasets[i]
		if !d.holds(n) {
			continue
		}
		for j := range d.columns {
			if name := d.columns[j].name; !strings.Contains(name, wild) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		if d.tenant != "" && !slices.Contains(out, d.tenant) {
			out = append(out, d.tenant)
		}
	}
	return out
}

// Labels reports whether datasets give tags to columns at all.
func (p *Policy) Labels() bool {
	return slices.ContainsFunc(p.datasets, func(d dataset) bool { return len(d.columns) > 0 })
}

// tenantOf is the column that a write to a relation has to compare: its own, or that of a table that it inherits from or is
// a partition of; "" = none is declared.
func (p *Policy) tenantOf(n lineage.Name, r *lineage.Relation) string {
	column := p.tenant(n)
	if r == nil {
		return column
	}
	for i := 0; column == "" && i < len(r.Parents); i++ {
		column = p.tenant(r.Parents[i])
	}
	return column
}

func (p *Policy) tenant(n lineage.Name) string {
	for i := range p.datasets {
		if d := &p.datasets[i]; d.tenant != "" && d.holds(n) {
			return d.tenant
		}
	}
	return p.tenants[n]
}
