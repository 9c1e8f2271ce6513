package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"

	"github.com/governedsql/governed/lineage"
)

// input is a line of strip.py.
type input struct {
	File    string            `json:"file"`
	N       int               `json:"n"`
	SQL     string            `json:"sql"`
	Inner   string            `json:"inner"`
	Schemas []string          `json:"schemas"`
	Catalog map[string]string `json:"catalog"`
}

// prediction is a line of score.py.
type prediction struct {
	File    string        `json:"file"`
	N       int           `json:"n"`
	Class   lineage.Class `json:"class,omitempty"`
	Read    []string      `json:"read"`
	Write   []string      `json:"write"`
	Outputs []outColumn   `json:"outputs"`
	Assigns []outColumn   `json:"assigns,omitempty"`
	Error   string        `json:"error,omitempty"`
}

type outColumn struct {
	Name    string   `json:"name"`
	Sources []string `json:"sources"`
}

// definitions are the relations of catalog_defs by id.
type definitions map[string]*lineage.Relation

func readDefinitions(path string) (definitions, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r io.Reader = bytes.NewReader(b)
	if bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, err
		}
	}
	defs := definitions{}
	lines := json.NewDecoder(bufio.NewReader(r))
	for {
		var d struct {
			ID, Name, Kind, Persistence, View string
			Columns                           []struct {
				Name, Type string
				Num        int16
				NotNull    bool `json:"not_null"`
			}
		}
		if err := lines.Decode(&d); err == io.EOF {
			return defs, nil
		} else if err != nil {
			return nil, err
		}
		rel := &lineage.Relation{Name: splitName(d.Name), Kind: lineage.RelKind(d.Kind[0]), Temporary: d.Persistence == "t", Definition: d.View}
		for _, c := range d.Columns {
			rel.Columns = append(rel.Columns, lineage.Column{Name: c.Name, Num: c.Num, Type: c.Type, NotNull: c.NotNull})
		}
		defs[d.ID] = rel
	}
}

// answer analyses one input line. Relations and columns are asked of the inner query where there is one.
func (d definitions) answer(line []byte) (any, error) {
	var in input
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	catalog := d.catalog(&in)
	p := &prediction{File: in.File, N: in.N, Read: []string{}, Write: []string{}, Outputs: []outColumn{}}
	outer, err := analyse(in.SQL, catalog)
	if err != nil {
		p.Error = err.Error()
		return p, nil
	}
	p.Class = outer.Class
	st := outer
	if in.Inner != "" {
		if st, err = analyse(in.Inner, catalog); err != nil {
			p.Error = err.Error()
			return p, nil
		}
	}
	if err := known(st); err != nil {
		p.Error = err.Error()
		return p, nil
	}
	p.fill(st)
	return p, nil
}

// catalog is what an input line gives of the database.
func (d definitions) catalog(in *input) *offline {
	catalog := newOffline(in.Schemas)
	for _, id := range in.Catalog {
		if rel := d[id]; rel != nil {
			catalog.add(rel)
		}
	}
	return catalog
}

type unresolved lineage.Unresolved

func (u unresolved) Error() string { return u.Reason + ": " + u.Object }

// analyse gives the one statement of a text.
func analyse(sql string, catalog lineage.Catalog) (*lineage.Statement, error) {
	list, err := lineage.AnalyzeText(sql, catalog)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return together(list), nil
	}
	for _, u := range list[0].Unresolved {
		if !ofView(list[0], u.Object) {
			return nil, unresolved(u)
		}
	}
	return list[0], nil
}

// ofView reports whether what is not resolved lies below a view. The definitions of a test's views are not always of the
// same moment as its tables, and nothing below them is asked for.
func ofView(st *lineage.Statement, object string) bool {
	return slices.ContainsFunc(st.Relations, func(u lineage.RelationUse) bool {
		return u.Relation.Kind == lineage.View && u.Relation.Name.String() == object
	})
}

// together is the class of several statements: that of the strongest.
func together(list []*lineage.Statement) *lineage.Statement {
	order := []lineage.Class{lineage.DDL, lineage.Role, lineage.Write, lineage.Read, lineage.Misc}
	out := &lineage.Statement{Class: lineage.Misc}
	for _, st := range list {
		if slices.Index(order, st.Class) < slices.Index(order, out.Class) {
			out.Class = st.Class
		}
	}
	return out
}

type notLoaded lineage.Name

func (n notLoaded) Error() string { return "not in the catalog: " + lineage.Name(n).String() }

// known reports what a query names that the catalog does not give, views' definitions aside.
func known(st *lineage.Statement) error {
	for i := range st.Relations {
		if r := &st.Relations[i]; !r.Known && r.Inside&expanded == 0 && len(st.Outputs) > 0 {
			return notLoaded(r.Relation.Name)
		}
	}
	return nil
}

func (p *prediction) fill(st *lineage.Statement) {
	p.Read, p.Write = touched(st)
	for i := range st.Outputs {
		p.Outputs = append(p.Outputs, outColumn{st.Outputs[i].Name, names(st.Outputs[i].Sources, inOracle)})
	}
	for i := range st.Assigns {
		a := &st.Assigns[i]
		if a.Inside == 0 && (a.Command == "INSERT" || a.Command == "UPDATE") {
			p.Assigns = append(p.Assigns, outColumn{a.Target.Column, names(a.Sources, inOracle)})
		}
	}
}

// expanded is where a use comes from something that the statement names, not from its text.
const expanded = lineage.InView | lineage.InFunction | lineage.InTrigger | lineage.InDo

// touched lists what the text of the statement reads and writes. A target that is read only as such is not among what it
// reads.
func touched(st *lineage.Statement) (read, write []string) {
	type place struct {
		name lineage.Name
		pos  int
	}
	targets := map[place]bool{}
	read, write = []string{}, []string{}
	for i := range st.Relations {
		if u := &st.Relations[i]; u.Inside&expanded == 0 && u.Access&lineage.Writes != 0 {
			targets[place{u.Relation.Name, u.Pos}] = true
			write = append(write, u.Relation.Name.String())
		}
	}
	for i := range st.Relations {
		u := &st.Relations[i]
		if u.Inside&expanded == 0 && u.Access&lineage.Writes == 0 && !targets[place{u.Relation.Name, u.Pos}] {
			read = append(read, u.Relation.Name.String())
		}
	}
	return unique(read), unique(write)
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// inOracle is which roles count in the statements' convention: not OVER's columns, but both sides of EXCEPT.
func inOracle(r lineage.SourceRole) bool { return r != lineage.Window && r != lineage.Extra }

// inCases is which roles count in the cases' convention.
func inCases(r lineage.SourceRole) bool { return r != lineage.Subtracted && r != lineage.Extra }

// names lists the sources that have a role that counts.
func names(list []lineage.Source, counts func(lineage.SourceRole) bool) []string {
	out := []string{}
	for _, s := range list {
		if slices.ContainsFunc(s.Edges, func(e lineage.Edge) bool { return counts(e.Role) }) {
			out = append(out, s.Column.String())
		}
	}
	return unique(out)
}
