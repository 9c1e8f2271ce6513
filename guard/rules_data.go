package guard

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// dataRules are about writes that reach further than their author meant.
var dataRules = []Rule{
	{
		ID: "DM01", Title: "DELETE without WHERE", Severity: Block,
		Why:  "it deletes every row of the table",
		Safe: "add a WHERE clause that names a key of the table",
		match: func(m *matcher) {
			m.rows(func(e *lineage.Effect) bool { return e.Command == "DELETE" && e.Where == nil })
		},
	},
	{
		ID: "DM02", Title: "UPDATE without WHERE", Severity: Block,
		Why:   "it changes every row of the table; FROM restricts nothing by itself",
		Safe:  "add a WHERE clause that names a key of the table",
		match: func(m *matcher) { m.rows(func(e *lineage.Effect) bool { return updates(e) && e.Where == nil }) },
	},
	{
		ID: "DM03", Title: "WHERE that lets every row through", Severity: Block,
		Why:   "a condition that is always true, or that names no column of the table, bounds nothing",
		Safe:  "compare a column of the table with a value",
		match: tautologies,
	},
	{
		ID: "DM04", Title: "MERGE that reaches every row", Severity: Block,
		Why:   "neither ON nor WHEN restricts the rows that are deleted or updated",
		Safe:  "join on a key with a source that is bounded, or add a condition to WHEN",
		match: merges,
	},
	{
		ID: "DM05", Title: "write inside WITH", Severity: Approve, lenient: true,
		Why:  "a query that looks like a read writes",
		Safe: "the write as a statement of its own, in one transaction",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool { return e.Inside&lineage.InCTE != 0 && writesRows(e) })
		},
	},
	{
		ID: "DM06", Title: "rows to write chosen by a subquery", Severity: Warn,
		Why:   "the text does not show which rows, nor how many",
		Safe:  "compare a key of the table with values",
		match: chosenByQuery,
	},
	{
		ID: "DM07", Title: "more rows affected than allowed", Severity: Approve, lenient: true,
		Why:  "an estimate is no limit: the driver counts the rows under a savepoint and takes the write back",
		Safe: "write in batches",
	},
	{
		ID: "DM08", Title: "write to a tenant's table without its tenant", Severity: Block,
		Why:   "it reaches the rows of other tenants",
		Safe:  "compare the tenant column with an argument, and do not change it; give it a value in INSERT, and name it in ON CONFLICT",
		match: tenantless,
	},
	{
		ID: "DM09", Title: "TRUNCATE", Severity: Block, ddl: true,
		Why:   "it empties the table, past row triggers and row-level security",
		Safe:  "DELETE with a WHERE clause, in batches",
		match: func(m *matcher) { m.rows(command("TRUNCATE TABLE")) },
	},
	{
		ID: "DM10", Title: "TRUNCATE that reaches further than the table", Severity: Block, ddl: true,
		Why:  "CASCADE empties every table that refers to it; RESTART IDENTITY hands out numbers again",
		Safe: "name each table, without CASCADE",
		match: func(m *matcher) {
			m.rows(func(e *lineage.Effect) bool {
				return e.Command == "TRUNCATE TABLE" && (e.Has("CASCADE") || e.Has("RESTART IDENTITY"))
			})
		},
	},
	{
		ID: "DM11", Title: "EXPLAIN ANALYZE of a statement that does more than read", Severity: Approve, also: true,
		Why:   "ANALYZE runs what it explains",
		Safe:  "EXPLAIN without ANALYZE",
		match: explainRuns,
	},
	{
		ID: "DM12", Title: "copy of query results into a new table", Severity: Approve, lenient: true, also: true,
		Why:   "a copy leaves the grants and policies of its source behind",
		Safe:  "a view",
		match: copies,
	},
	{
		ID: "DM13", Title: "sensitive column copied to where no mask finds it", Severity: Approve, lenient: true,
		Why:  "the copy is as sensitive as its source, and nothing says so; the masks decide it",
		Safe: "a label on the target column",
	},
	{
		ID: "DM14", Title: "INSERT without a column list", Severity: Warn,
		Why:  "a column that is added later shifts or breaks it",
		Safe: "name the columns",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool { return e.Command == "INSERT" && e.Has("NO COLUMN LIST") })
		},
	},
	{
		ID: "DM15", Title: "ON CONFLICT DO UPDATE of any row of a large table", Severity: Warn,
		Why:  "an insert changes rows that others wrote",
		Safe: "DO NOTHING, or DO UPDATE ... WHERE",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return e.Command == "UPDATE" && e.Has("ON CONFLICT DO UPDATE") && e.Where == nil && large(e.Relation) && !planned(e)
			})
		},
	},
	{
		ID: "DM16", Title: "masked value written back", Severity: Block,
		Why: "the real value would be lost",
	},
}

// updates leaves out ON CONFLICT DO UPDATE, which changes the one row that was in the way.
func updates(e *lineage.Effect) bool { return e.Command == "UPDATE" && !e.Has("ON CONFLICT DO UPDATE") }

func writesRows(e *lineage.Effect) bool {
	switch e.Command {
	case "INSERT", "UPDATE", "DELETE", "MERGE":
		return true
	}
	return false
}

// planned reports that a statement is explained and not run.
func planned(e *lineage.Effect) bool { return e.Inside&lineage.InExplain != 0 }

// rows matches effects on the rows of a table, but those on the connection's own temporary tables.
func (m *matcher) rows(choose func(*lineage.Effect) bool) {
	m.shared(func(e *lineage.Effect) bool { return !planned(e) && choose(e) }, nil)
}

// shared matches the chosen effects where their object is not a temporary one of this connection.
func (m *matcher) shared(choose func(*lineage.Effect) bool, when func(e *lineage.Effect, in *Input) bool) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if e.Inside&lineage.InTrigger != 0 || !choose(e) {
			continue
		}
		if ownTable(e) && e.Relation != nil && e.Relation.Temporary {
			m.effects[i] = true
			continue
		}
		m.effect(i, hit{when: func(in *Input) bool {
			return !(ownTable(e) && in.temporary(e.Object)) && (when == nil || when(e, in))
		}})
	}
}

// ownTable reports whether a temporary relation of that kind has rows of its own: a temporary view shows those of others.
func ownTable(e *lineage.Effect) bool {
	return e.Relation == nil || e.Relation.Kind == lineage.Table || e.Relation.Kind == lineage.PartitionedTable
}

// tautologies leaves to the moment of execution what only arguments can tell.
func tautologies(m *matcher) {
	open := func(e *lineage.Effect, in *Input) bool { return e.Where.Truth(in.Args) == lineage.Always }
	m.shared(func(e *lineage.Effect) bool {
		return (e.Command == "DELETE" || updates(e)) && !planned(e) && e.Where != nil &&
			(e.Where.NeedsArgs() || e.Where.Truth(nil) == lineage.Always)
	}, open)
}

// merges looks at each arm that deletes or updates. Where holds what bounds the arm: its own condition and, as far as it
// restricts the target, ON.
func merges(m *matcher) {
	arm := func(e *lineage.Effect) bool {
		return e.Command == "MERGE" && (e.Action == "UPDATE" || e.Action == "DELETE")
	}
	m.shared(func(e *lineage.Effect) bool {
		return arm(e) && !planned(e) && (e.Where.NeedsArgs() || e.Where.Truth(nil) == lineage.Always)
	}, func(e *lineage.Effect, in *Input) bool { return e.Where.Truth(in.Args) == lineage.Always })
}

func explainRuns(m *matcher) {
	m.each(func(e *lineage.Effect) bool { return e.Inside&lineage.InExplainRun != 0 })
	for i := range m.st.Relations {
		if r := &m.st.Relations[i]; r.Inside&lineage.InExplainRun != 0 && r.Access&lineage.Locks != 0 {
			m.hit(hit{object: r.Relation.String(), position: r.Pos, message: "EXPLAIN ANALYZE of a query that locks rows"})
		}
	}
	m.calls(func(u *lineage.FunctionUse) bool {
		return u.Inside&lineage.InExplainRun != 0 && (userFunction(u) && volatile(u) || leavesSomething(u))
	})
}

// remaining are harmless functions that leave something behind nevertheless: numbers that are gone, settings, notifications,
// locks.
var remaining = wordSet(
	"nextval", "set_config", "pg_notify", "txid_current", "pg_current_xact_id", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_xact_lock",
	"pg_try_advisory_xact_lock_shared", "pg_stat_clear_snapshot", "pg_stat_force_next_flush",
)

// leavesSomething reports whether a call can mean a function of PostgreSQL's own that changes something. That it sleeps
// is judged by itself.
func leavesSomething(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if system(f.Schema) && f.Volatility != 'i' && f.Volatility != 's' && (remaining[f.Name.Name] || !harmless[f.Name.Name]) && !strings.HasPrefix(f.Name.Name, "pg_sleep") {
			return true
		}
	}
	return false
}

// copies matches where a sensitive column goes into the new table, and where nobody can say.
func copies(m *matcher) {
	tags := command("SELECT INTO", "CREATE TABLE AS", "CREATE MATERIALIZED VIEW")
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if !tags(e) {
			continue
		}
		m.effect(i, hit{when: func(in *Input) bool { return in.Sensitive == nil || sensitive(m.st, e, in) }})
	}
}

func sensitive(st *lineage.Statement, e *lineage.Effect, in *Input) bool {
	for i := range st.Assigns {
		a := &st.Assigns[i]
		if a.Command != e.Command || a.Target.Of() != e.Object {
			continue
		}
		for _, list := range [2][]lineage.Source{a.Sources, a.Base} {
			for j := range list {
				if in.Sensitive(list[j].Column) {
					return true
				}
			}
		}
	}
	return false
}

// largeTable is how many rows, by the server's estimate, make a table one that is not read or changed as a whole in passing.
const largeTable = 10_000

func large(r *lineage.Relation) bool { return r != nil && r.Rows > largeTable }

// chosenByQuery: where WHERE holds a key of the table to values, no query decides how far the write reaches.
func chosenByQuery(m *matcher) {
	m.each(func(e *lineage.Effect) bool {
		if e.Command != "DELETE" && !updates(e) || !e.BySubquery || planned(e) {
			return false
		}
		for _, name := range e.Fixed {
			if e.Relation == nil {
				return false
			}
			if c, ok := e.Relation.Column(name); ok && c.Key {
				return false
			}
		}
		return true
	})
}

// tenantless matches writes to the tables that the policy gives a tenant column. The column has to be held to a value by
// what WHERE asks in any case; a view over such a table has to hold a column of that name, for nobody can say here which
// of its columns it is.
func tenantless(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		column, governed := m.tenantColumn(e)
		if !governed || e.Inside&lineage.InTrigger != 0 || planned(e) || keepsTenant(e, column) {
			continue
		}
		message := "write to " + e.Object.String() + " without its tenant column " + column
		if slices.Contains(e.Fixed, column) {
			message = "write that changes the tenant column " + column + " of " + e.Object.String()
		}
		m.effect(i, hit{message: message})
	}
}

func (m *matcher) tenantColumn(e *lineage.Effect) (string, bool) {
	if !writesRows(e) && !(e.Command == "COPY" && strings.HasPrefix(e.Action, "FROM ")) {
		return "", false
	}
	if column := m.policy.tenantOf(e.Object, e.Relation); column != "" {
		return column, true
	}
	if e.Relation == nil || e.Relation.Kind != lineage.View {
		return "", false
	}
	for i := range m.st.Relations {
		r := &m.st.Relations[i]
		if r.Inside&lineage.InView == 0 {
			continue
		}
		if column := m.policy.tenantOf(r.Relation.Name, &r.Relation); column != "" {
			return column, true
		}
	}
	return "", false
}

func keepsTenant(e *lineage.Effect, column string) bool {
	switch {
	case e.Command == "COPY":
		return len(e.Columns) == 0 || slices.Contains(e.Columns, column)
	case e.Command == "INSERT" || e.Command == "MERGE" && e.Action == "INSERT":
		return slices.Contains(e.Columns, column)
	}
	// The row belongs to the tenant, and may not change hands.
	return slices.Contains(e.Fixed, column) && (!slices.Contains(e.Columns, column) || slices.Contains(e.Kept, column))
}
