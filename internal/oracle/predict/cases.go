package main

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/governedsql/governed/lineage"
)

// testCase is a line of the lineage cases, without the answers.
type testCase struct {
	ID         string              `json:"id"`
	SQL        string              `json:"sql"`
	Schema     map[string][]string `json:"schema"`
	Types      map[string][]string `json:"types"`
	Views      map[string]string   `json:"views"`
	SearchPath []string            `json:"search_path"`
}

type casePrediction struct {
	ID      string      `json:"id"`
	Outputs []outColumn `json:"outputs"`
	Read    []string    `json:"tables_read"`
	Written []string    `json:"tables_written"`
	Error   string      `json:"error,omitempty"`
	MS      float64     `json:"ms"`
}

func answerCase(line []byte) (any, error) {
	var in testCase
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	catalog := in.catalog()
	p := &casePrediction{ID: in.ID, Outputs: []outColumn{}, Read: []string{}, Written: []string{}}
	start := time.Now()
	st, err := analyse(in.SQL, catalog)
	p.MS = float64(time.Since(start).Nanoseconds()) / 1e6
	if err != nil {
		p.Error = err.Error()
		return p, nil
	}
	p.Outputs = caseOutputs(st)
	p.Read, p.Written = caseTables(st)
	return p, nil
}

func (in *testCase) catalog() *offline {
	o := newOffline(in.SearchPath)
	if !slices.Contains(o.path, "pg_catalog") {
		o.path = append([]string{"pg_catalog"}, o.path...)
	}
	for name, columns := range in.Schema {
		rel := &lineage.Relation{Name: splitName(name), Kind: lineage.Table}
		if text, ok := in.Views[name]; ok {
			rel.Kind, rel.Definition = lineage.View, text
		}
		for i, c := range columns {
			col := lineage.Column{Name: c, Num: int16(i + 1)}
			if types := in.Types[name]; i < len(types) {
				col.Type = types[i]
			}
			rel.Columns = append(rel.Columns, col)
		}
		o.add(rel)
	}
	return o
}

// caseOutputs are the result columns of a query, and the written columns of anything else.
func caseOutputs(st *lineage.Statement) []outColumn {
	out := []outColumn{}
	made := append(slices.Clone(st.Assigns), st.Shows...)
	if !slices.ContainsFunc(made, ofStatement) {
		for i := range st.Outputs {
			out = append(out, outColumn{st.Outputs[i].Name, names(st.Outputs[i].Base, inCases)})
		}
		return out
	}
	for i := range made {
		a := &made[i]
		if a.Default || !ofStatement(*a) {
			continue
		}
		at := slices.IndexFunc(out, func(o outColumn) bool { return o.Name == a.Target.Column })
		if at < 0 {
			at = len(out)
			out = append(out, outColumn{a.Target.Column, []string{}})
		}
		out[at].Sources = unique(append(out[at].Sources, names(a.Base, inCases)...))
	}
	return out
}

// ofStatement reports whether an assignment is the statement's own, not one of a WITH query or below a view.
func ofStatement(a lineage.Assign) bool { return a.Inside&^lineage.InMergeArm == 0 }

// caseTables lists tables, with views opened.
func caseTables(st *lineage.Statement) (read, written []string) {
	opened := &lineage.Statement{}
	for _, u := range st.Relations {
		if u.Relation.Kind != lineage.View {
			u.Inside &^= lineage.InView
			opened.Relations = append(opened.Relations, u)
		}
	}
	read, written = touched(opened)
	for i := range st.Effects {
		switch e := &st.Effects[i]; e.Command {
		case "CREATE TABLE AS", "CREATE VIEW", "CREATE MATERIALIZED VIEW", "SELECT INTO":
			written = append(written, e.Object.String())
		}
	}
	return read, written
}
