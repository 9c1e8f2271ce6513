package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// activityFunction are the functions behind those catalogs.
var activityFunction = calling(
	"pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_prepared_statement", "pg_cursor", "pg_stat_statements", "pg_lock_status",
)

// readRules are about relations of the system whose rows are secrets, and about queries that hurt or tell too much. The
// entries without a match need to know what is sensitive, or count rows: masks and driver enforce them.
var readRules = []Rule{
	{
		ID: "RD01", Title: "catalog that holds secrets", Severity: Block,
		Why:   "password hashes, connection strings, the server's configuration",
		Safe:  "pg_roles for roles",
		match: func(m *matcher) { m.catalogs(secret) },
	},
	{
		ID: "RD02", Title: "catalog that holds values of columns", Severity: Block,
		Why:   "statistics list the most common values and the bounds of histograms",
		Safe:  "pg_class.reltuples for sizes",
		match: func(m *matcher) { m.catalogs(statistics) },
	},
	{
		ID: "RD03", Title: "catalog that holds statements of others", Severity: Approve,
		Why:  "the literals of their statements stand in the text",
		Safe: "pg_stat_activity without its query",
		match: func(m *matcher) {
			m.catalogs(activity)
			m.calls(activityFunction)
		},
	},
	{
		ID: "RD04", Title: "whole row with a sensitive column", Severity: Block,
		Why:  "a row as one value carries every column; the masks decide it",
		Safe: "name the columns",
	},
	{
		ID: "RD05", Title: "every row of a large table", Severity: Warn,
		Why:   "nothing limits, filters or aggregates what comes back",
		Safe:  "LIMIT, or a condition on a key",
		match: unbounded,
	},
	{
		ID: "RD06", Title: "LIMIT or OFFSET without measure", Severity: Warn,
		Why:   "a limit that is none, or an offset that reads and drops what is before it",
		Safe:  "a constant LIMIT; instead of OFFSET a condition on the last key of the page before",
		match: hugeLimits,
	},
	{
		ID: "RD07", Title: "tables that nothing joins", Severity: Approve, lenient: true,
		Why:   "every row of the one is combined with every row of the other",
		Safe:  "a join condition, or LATERAL",
		match: cartesian,
	},
	{
		ID: "RD08", Title: "very many relations, or recursion without an end", Severity: Warn,
		Why:   "planning or running it can take without measure",
		Safe:  "fewer joins; in the recursive query a condition that ends it",
		match: excessive,
	},
	{
		ID: "RD09", Title: "row locks that wait", Severity: Warn,
		Why:  "it waits for whoever holds the rows, and holds its own meanwhile",
		Safe: "NOWAIT or SKIP LOCKED",
		match: func(m *matcher) {
			if m.st.Shape.LockWaits {
				m.hit(hit{object: m.st.Command, position: -1})
			}
		},
	},
	{
		ID: "RD10", Title: "rows chosen by a sensitive column", Severity: Block,
		Why:  "which rows come back tells what the masked value is; the masks decide it",
		Safe: "equality with an argument, on a column that may be looked up",
	},
	{
		ID: "RD11", Title: "computation over a sensitive column that can fail", Severity: Block,
		Why: "whether it fails tells something of the masked value; the masks decide it",
	},
	{
		ID: "RD12", Title: "aggregate over a sensitive column", Severity: Block,
		Why: "the least, the greatest and the list of all are values; the masks decide it",
	},
	{
		ID: "RD13", Title: "aggregate over groups of any size", Severity: Block,
		Why:   "a group of one is a person",
		Safe:  "HAVING count(*) >= " + strconv.Itoa(leastGroup) + " over one table, without FILTER; or the whole table",
		match: smallCells,
	},
	{
		ID: "RD14", Title: "plan of a query over a sensitive column", Severity: Warn,
		Why:   "plans show literals, and estimates made from the values of the column",
		match: plans,
	},
	{
		ID: "RD15", Title: "personal data in the text", Severity: Warn,
		Why:   "texts of statements are logged and recorded",
		Safe:  "an argument",
		match: personal,
	},
	{
		ID: "RD16", Title: "budget of rows exhausted", Severity: Approve, lenient: true,
		Why: "what leaves slowly leaves too: the driver counts rows and bytes over time",
	},
	{
		ID: "RD17", Title: "pattern that no index finds", Severity: Warn,
		Why:   "a pattern that begins with a wildcard reads the whole table",
		Safe:  "a pattern with a beginning, a trigram index, or full-text search",
		match: wildcards,
	},
	{
		ID: "RD18", Title: "system columns", Severity: Warn,
		Why:   "ctid and tableoid page through a table past its keys and limits",
		match: systemColumns,
	},
}

// relation finds the use of a relation at the statement's own top level.
func (m *matcher) relation(n lineage.Name) *lineage.RelationUse {
	for i := range m.st.Relations {
		if r := &m.st.Relations[i]; r.Relation.Name == n && r.Inside == 0 {
			return r
		}
	}
	return nil
}

func unbounded(m *matcher) {
	for _, n := range m.st.Shape.Whole {
		if r := m.relation(n); r != nil && large(&r.Relation) {
			m.hit(hit{object: n.String(), position: r.Pos, message: fmt.Sprintf("%s: about %.0f rows", m.rule.Title, r.Relation.Rows)})
		}
	}
}

// The most that LIMIT and OFFSET may ask for without a word.
const (
	largeLimit  = 10_000
	largeOffset = 100_000
)

func hugeLimits(m *matcher) {
	m.limit("LIMIT", m.st.Shape.Limit, largeLimit, true)
	m.limit("OFFSET", m.st.Shape.Offset, largeOffset, false)
}

// limit: NULL, which LIMIT ALL is, limits nothing; as an OFFSET it is none.
func (m *matcher) limit(word string, o *lineage.Operand, most float64, null bool) {
	switch {
	case o == nil:
	case o.Null:
		if null {
			m.hit(hit{object: word, position: -1, message: word + " that limits nothing"})
		}
	case o.Const != nil:
		if v, ok := float(*o.Const); ok && v > most {
			m.hit(hit{object: word, position: -1, message: word + " beyond measure"})
		}
	case o.Param > 0:
		n := o.Param
		m.hit(hit{object: word, position: -1, message: fmt.Sprintf("%s $%d beyond measure", word, n), when: func(in *Input) bool {
			if in.Args == nil {
				return false
			}
			v, ok := in.Args(n)
			if v == nil {
				return ok && null
			}
			f, known := float(v)
			return ok && known && f > most
		}})
	}
}

// float reads a number.
func float(v any) (float64, bool) {
	switch x := v.(type) {
	case int:
		return float64(x), true
	case int32:
		return float64(x), true
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return f, err == nil
	}
	return 0, false
}

func cartesian(m *matcher) {
	for _, a := range m.st.Shape.Apart {
		m.hit(hit{object: a.Name, position: a.Pos})
	}
}

// manyRelations is how many relations a text may name; those below views do not count.
const manyRelations = 12

func excessive(m *matcher) {
	count := 0
	for i := range m.st.Relations {
		if r := &m.st.Relations[i]; r.Pos >= 0 && r.Inside&(lineage.InView|lineage.InTrigger|lineage.InFunction) == 0 && !system(r.Relation.Schema) {
			count++
		}
	}
	if count > manyRelations {
		m.hit(hit{object: m.st.Command, position: -1, message: fmt.Sprintf("%d relations", count)})
	}
	for _, name := range m.st.Shape.Endless {
		m.hit(hit{object: name, position: -1, message: "recursive query without a condition that ends it"})
	}
}

// leastGroup is how many rows a group has at the least of which an aggregate may tell: fewer than five is what offices of
// statistics suppress.
const leastGroup = 5

// smallCells is about what is known to be sensitive: advice, and a rule for agents.
func smallCells(m *matcher) {
	if !slices.ContainsFunc(m.st.Shape.Groups, func(n int) bool { return n < leastGroup }) {
		return
	}
	m.hit(hit{object: m.st.Command, position: -1, standard: lineage.Warn, when: func(in *Input) bool {
		if in.Sensitive == nil {
			return false
		}
		for i := range m.st.Relations {
			r := &m.st.Relations[i]
			for _, c := range r.Columns {
				if in.Sensitive(lineage.ColumnID{Schema: r.Relation.Schema, Relation: r.Relation.Name.Name, Column: c}) {
					return true
				}
			}
		}
		return false
	}})
}

// plans looks at what the explained query filters, joins and sorts by.
func plans(m *matcher) {
	for i := range m.st.Effects {
		if m.st.Effects[i].Command != "EXPLAIN" {
			continue
		}
		st := m.st
		m.effect(i, hit{object: "EXPLAIN", when: func(in *Input) bool {
			if in.Sensitive == nil {
				return false
			}
			for j := range st.Indirect {
				if in.Sensitive(st.Indirect[j].Source.Column) {
					return true
				}
			}
			return false
		}})
	}
}

// personal never repeats what it found.
func personal(m *matcher) {
	for i := range m.st.Strings {
		if what := personalShape(m.st.Strings[i].Value); what != "" {
			m.hit(hit{object: what, position: m.st.Strings[i].Pos})
		}
	}
}

func wildcards(m *matcher) {
	for i := range m.st.Shape.Wildcards {
		c := m.st.Shape.Wildcards[i].Column
		for j := range m.st.Relations {
			if r := &m.st.Relations[j]; r.Relation.Name == c.Of() && large(&r.Relation) {
				m.hit(hit{object: c.String(), position: r.Pos})
				break
			}
		}
	}
}

// systemColumns is about agents: applications lock and delete by ctid.
func systemColumns(m *matcher) {
	for _, name := range m.st.Shape.System {
		m.hit(hit{object: name, position: -1, only: only(Strict)})
	}
}

// secrets are relations of pg_catalog, with the columns that are the secret; none = all of it.
var (
	secrets = map[string][]string{
		"pg_authid": {"rolpassword"}, "pg_shadow": {"passwd"}, "pg_user_mapping": {"umoptions"}, "pg_user_mappings": {"umoptions"},
		"pg_hba_file_rules": nil, "pg_ident_file_mappings": nil, "pg_file_settings": nil, "pg_config": nil, "pg_subscription": {"subconninfo"},
		"pg_largeobject": nil, "pg_shmem_allocations": nil, "pg_backend_memory_contexts": nil,
		"pg_foreign_server": {"srvoptions"}, "pg_foreign_data_wrapper": {"fdwoptions"},
	}
	// options are views of information_schema that show options of the same catalogs.
	options = map[string][]string{
		"_pg_user_mappings": {"umoptions"}, "user_mapping_options": {"option_value"},
		"_pg_foreign_servers": {"srvoptions"}, "foreign_server_options": {"option_value"},
		"_pg_foreign_data_wrappers": {"fdwoptions"}, "foreign_data_wrapper_options": {"option_value"},
	}
	// exposed are those of which only the secret column is refused when they are named directly: catalogs that PUBLIC
	// may read otherwise.
	exposed   = wordSet("pg_subscription", "pg_foreign_server", "pg_foreign_data_wrapper")
	stats     = map[string][]string{"pg_statistic": nil, "pg_stats": nil, "pg_statistic_ext_data": nil, "pg_stats_ext": nil, "pg_stats_ext_exprs": nil}
	sessions  = map[string][]string{"pg_stat_activity": {"query"}, "pg_prepared_statements": nil, "pg_cursors": nil, "pg_locks": nil}
	extension = wordSet("pg_stat_statements")
)

// catalogs matches the relations that are read.
func (m *matcher) catalogs(choose func(*lineage.RelationUse) bool) {
	for i := range m.st.Relations {
		r := &m.st.Relations[i]
		if r.Inside&(lineage.InTrigger|lineage.InExplain) == 0 && choose(r) {
			h := told[r.Relation.Name.Name]
			h.object, h.position = r.Relation.String(), r.Pos
			m.hit(h)
		}
	}
}

// told are the words for catalogs that hold something else than the rule's title says.
var told = map[string]hit{
	"pg_locks":               {message: "locks of other sessions: who works on what", safe: "pg_blocking_pids(pid) for who is in the way of a session"},
	"pg_prepared_statements": {message: "texts of the statements that were prepared on a pooled connection", safe: "the application's own list of what it prepares"},
	"pg_cursors":             {message: "texts of the statements whose cursors are open on a pooled connection", safe: "the application's own list of what it declares"},
	"pg_stat_statements":     {message: "texts of the statements of others", safe: "pg_stat_database for counts and times"},
}

// touches reports whether one of the columns is used; columns that are not known may be.
func touches(r *lineage.RelationUse, columns []string) bool {
	if columns == nil || r.Columns == nil {
		return true
	}
	return slices.ContainsFunc(r.Columns, func(c string) bool { return slices.Contains(columns, c) })
}

// secret: below a view only the secret column counts, for PostgreSQL's own views (pg_roles, pg_user) leave it out.
func secret(r *lineage.RelationUse) bool {
	if columns, listed := options[r.Relation.Name.Name]; listed && r.Relation.Schema == "information_schema" {
		return touches(r, columns)
	}
	columns, listed := secrets[r.Relation.Name.Name]
	if !listed || r.Relation.Schema != "pg_catalog" {
		return false
	}
	if r.Inside&lineage.InView == 0 && !exposed[r.Relation.Name.Name] {
		return true
	}
	return touches(r, columns)
}

func statistics(r *lineage.RelationUse) bool {
	_, listed := stats[r.Relation.Name.Name]
	return listed && r.Relation.Schema == "pg_catalog"
}

func activity(r *lineage.RelationUse) bool {
	columns, listed := sessions[r.Relation.Name.Name]
	return listed && r.Relation.Schema == "pg_catalog" && touches(r, columns) || extension[r.Relation.Name.Name]
}
