package guard

import "github.com/governedsql/governed/lineage"

// dataRules are about writes that reach further than their author meant.
var dataRules = []Rule{
	{
		ID: "DM01", Title: "DELETE without WHERE", Severity: Block,
		Why:  "it deletes every row of the table",
		Safe: "add a WHERE clause that names a key of the table",
		match: func(m *matcher) {
			m.unbounded(func(e *lineage.Effect) bool { return e.Command == "DELETE" && e.Where == nil })
		},
	},
	{
		ID: "DM02", Title: "UPDATE without WHERE", Severity: Block,
		Why:  "it changes every row of the table; FROM restricts nothing by itself",
		Safe: "add a WHERE clause that names a key of the table",
		match: func(m *matcher) {
			m.unbounded(func(e *lineage.Effect) bool { return e.Command == "UPDATE" && e.Where == nil })
		},
	},
	{
		ID: "DM09", Title: "TRUNCATE", Severity: Block, ddl: true,
		Why:  "it empties the table, past row triggers and row-level security",
		Safe: "DELETE with a WHERE clause, in batches",
		match: func(m *matcher) {
			m.unbounded(func(e *lineage.Effect) bool { return e.Command == "TRUNCATE TABLE" })
		},
	},
}

// unbounded hits the chosen effects but those on the connection's own temporary tables.
func (m *matcher) unbounded(choose func(*lineage.Effect) bool) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if !choose(e) {
			continue
		}
		if own(e) {
			m.effects[i] = true
			continue
		}
		name := e.Object
		m.effect(i, hit{when: func(in *Input) bool { return !in.temporary(name) }})
	}
}

// own reports whether the catalog calls the object a temporary one of this session.
func own(e *lineage.Effect) bool { return e.Relation != nil && e.Relation.Temporary }
