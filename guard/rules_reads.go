package guard

import (
	"slices"

	"github.com/governedsql/governed/lineage"
)

// activityFunction are the functions behind those catalogs.
var activityFunction = calling(
	"pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_prepared_statement", "pg_cursor", "pg_stat_statements", "pg_lock_status",
)

// readRules are about relations of the system whose rows are secrets.
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
			m.hit(hit{object: r.Relation.String(), position: r.Pos})
		}
	}
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
