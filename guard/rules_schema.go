package guard

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// schemaRules are about data definition.
var schemaRules = []Rule{
	{
		ID: "DD01", Title: "DROP of an object that holds data or that code depends on", Severity: Block, ddl: true,
		Why:   "what is dropped is lost, and what depends on it breaks",
		Safe:  "stop using the object, rename it in a migration, and drop it there once nothing has missed it",
		match: func(m *matcher) { m.shared(dropsData, nil) },
	},
	{
		ID: "DD02", Title: "DROP with CASCADE", Severity: Block, ddl: true,
		Why:  "it drops objects that the statement does not name",
		Safe: "drop each object by name",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return e.Has("CASCADE") && strings.Contains(e.Command+" "+e.Action, "DROP")
			})
		},
	},
	{
		ID: "DD03", Title: "everything that a role owns", Severity: Block, ddl: true,
		Why:   "it reaches every object of a role in the database",
		Safe:  "name each object",
		match: func(m *matcher) { m.each(command("DROP OWNED", "REASSIGN OWNED")) },
	},
	{
		ID: "DD04", Title: "DROP COLUMN", Severity: Approve, ddl: true,
		Why:   "its data is lost, and code that reads it breaks",
		Safe:  "stop reading the column first, then drop it in a migration",
		match: func(m *matcher) { m.each(action("DROP COLUMN")) },
	},
	{
		ID: "DD05", Title: "rename", Severity: Approve, ddl: true,
		Why:  "deployed code uses the old name",
		Safe: "add the new name beside the old one, as a column or a view",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool { return strings.HasPrefix(e.Action, "RENAME") })
		},
	},
	{
		ID: "DD06", Title: "change of a column's type", Severity: Block, ddl: true,
		Why:  "most changes of type rewrite the table under an exclusive lock",
		Safe: "add a column of the new type, fill it in batches, and change over",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool {
				return action("ALTER COLUMN TYPE", "SET EXPRESSION")(e) && e.Work != ""
			})
		},
	},
	{
		ID: "DD07", Title: "ADD COLUMN with a volatile default", Severity: Block, ddl: true,
		Why:  "it rewrites the table under an exclusive lock",
		Safe: "add the column without a default, set the default, and fill it in batches",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool { return action("ADD COLUMN")(e) && e.Has("VOLATILE") })
		},
	},
	{
		ID: "DD08", Title: "ADD COLUMN that the server has to fill", Severity: Approve, ddl: true, lenient: true,
		Why:   "serial, identity and stored columns rewrite the table under an exclusive lock",
		Safe:  "add the column, SET DEFAULT, and fill it in batches",
		match: func(m *matcher) { m.onRows(filled) },
	},
	{
		ID: "DD09", Title: "SET NOT NULL", Severity: Approve, ddl: true, lenient: true,
		Why:  "it scans the table under an exclusive lock",
		Safe: "ADD CONSTRAINT ... CHECK (... IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT, then SET NOT NULL",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool { return action("SET NOT NULL")(e) && e.Work != "" })
		},
	},
	{
		ID: "DD10", Title: "foreign key that is checked at once", Severity: Approve, ddl: true, lenient: true,
		Why:   "it locks both tables while it scans",
		Safe:  "ADD CONSTRAINT ... NOT VALID, then VALIDATE CONSTRAINT",
		match: func(m *matcher) { m.onRows(adds("FOREIGN KEY", "NOT VALID")) },
	},
	{
		ID: "DD11", Title: "CHECK that is checked at once", Severity: Approve, ddl: true, lenient: true,
		Why:   "it scans the table under a lock",
		Safe:  "ADD CONSTRAINT ... NOT VALID, then VALIDATE CONSTRAINT",
		match: func(m *matcher) { m.onRows(adds("CHECK", "NOT VALID")) },
	},
	{
		ID: "DD12", Title: "key whose index is built at once", Severity: Approve, ddl: true, lenient: true,
		Why:  "the index is built under a lock",
		Safe: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool {
				return adds("UNIQUE", "USING INDEX")(e) || adds("PRIMARY KEY", "USING INDEX")(e) || adds("EXCLUDE", "USING INDEX")(e)
			})
		},
	},
	{
		ID: "DD13", Title: "index without CONCURRENTLY", Severity: Approve, ddl: true, lenient: true,
		Why:  "it blocks writes to the table while it works",
		Safe: "the same with CONCURRENTLY, outside a transaction",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool { return worksOnIndex(e) && !e.Has("CONCURRENTLY") })
		},
	},
	{
		ID: "DD14", Title: "CONCURRENTLY inside a transaction", Severity: Block, ddl: true, also: true,
		Why:  "the server refuses it there",
		Safe: "outside a transaction",
		match: func(m *matcher) {
			m.eachWith(hit{when: func(in *Input) bool { return in.InTransaction || in.TextTransaction }}, func(e *lineage.Effect) bool {
				return e.Has("CONCURRENTLY") && e.Command != "REFRESH MATERIALIZED VIEW"
			})
		},
	},
	{
		ID: "DD15", Title: "partition attached or detached", Severity: Approve, ddl: true,
		Why:  "it locks the partitioned table, and rows come or go",
		Safe: "DETACH PARTITION ... CONCURRENTLY; ATTACH after a validated CHECK",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool {
				return action("ATTACH PARTITION", "DETACH PARTITION", "DETACH PARTITION FINALIZE")(e) && !e.Has("CONCURRENTLY")
			})
		},
	},
	{
		ID: "DD16", Title: "lock that nobody gets past", Severity: Warn,
		Why:   "while it waits for the lock, everything that comes after it waits too",
		Safe:  "a lock_timeout: the driver sets one of two seconds where none is set",
		match: exclusiveLocks,
	},
	{
		ID: "DD17", Title: "statement after a lock that nobody gets past", Severity: Approve, ddl: true, lenient: true, also: true,
		Why:   "the lock is kept until the transaction ends",
		Safe:  "the statement in a transaction of its own",
		match: afterExclusive,
	},
	{
		ID: "DD18", Title: "table rewritten", Severity: Block, ddl: true,
		Why:  "it rewrites the table under an exclusive lock",
		Safe: "VACUUM without FULL",
		match: func(m *matcher) {
			m.onRows(func(e *lineage.Effect) bool {
				return e.Command == "CLUSTER" || e.Command == "VACUUM" && e.Has("FULL") || action("SET LOGGED", "SET UNLOGGED", "SET ACCESS METHOD")(e) ||
					e.Action == "SET TABLESPACE"
			})
		},
	},
	{
		ID: "DD19", Title: "LOCK TABLE", Severity: Approve, lenient: true,
		Why:   "it keeps others from the table until the transaction ends",
		Safe:  "SELECT ... FOR UPDATE of the rows that matter",
		match: func(m *matcher) { m.each(command("LOCK TABLE")) },
	},
	{
		ID: "DD20", Title: "REFRESH without CONCURRENTLY", Severity: Warn,
		Why:  "it blocks readers",
		Safe: "REFRESH MATERIALIZED VIEW CONCURRENTLY",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return e.Command == "REFRESH MATERIALIZED VIEW" && !e.Has("CONCURRENTLY")
			})
		},
	},
	{
		ID: "DD21", Title: "triggers or rules disabled", Severity: Block, ddl: true,
		Why: "audit and foreign keys live in triggers",
		match: func(m *matcher) {
			m.each(action("DISABLE TRIGGER", "DISABLE TRIGGER ALL", "DISABLE TRIGGER USER", "DISABLE RULE"))
		},
	},
	{
		ID: "DD22", Title: "row-level security opened", Severity: Block, ddl: true,
		Why: "rows that a policy hid come into sight",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return action("DISABLE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY")(e) || e.Command == "ALTER POLICY" || e.Command == "DROP POLICY"
			})
		},
	},
	{
		ID: "DD23", Title: "type that is regretted later", Severity: Warn,
		Why:   "json has no equality, char(n) pads, timestamp knows no time zone, and integer keys run out; to change them rewrites the table",
		Safe:  "jsonb, text, timestamptz, bigint",
		match: regretted,
	},
	{
		ID: "DD24", Title: "temporary object that hides another", Severity: Block, ddl: true,
		Why:  "statements that follow mean the temporary object by the name of the other",
		Safe: "a name that no table has",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool { return e.Has("TEMPORARY") && e.Has("SHADOWS") })
		},
	},
	{
		ID: "DD25", Title: "object that hides another of its name", Severity: Block, ddl: true,
		Why:  "statements that follow mean the new object by the name of the other",
		Safe: "a name that is not taken in the search path",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return e.Has("SHADOWS") && !e.Has("TEMPORARY") && e.Command != "CREATE TABLE"
			})
		},
	},
	{
		ID: "DD26", Title: "rule or event trigger", Severity: Block, ddl: true,
		Why:   "it runs code on statements that do not name it",
		match: func(m *matcher) { m.each(command("CREATE RULE", "CREATE EVENT TRIGGER", "ALTER EVENT TRIGGER")) },
	},
	{
		ID: "DD27", Title: "SECURITY DEFINER", Severity: Block, ddl: true,
		Why:   "whoever may call the function acts with its owner's rights",
		Safe:  "SECURITY INVOKER, or SET search_path and a review",
		match: func(m *matcher) { m.each(func(e *lineage.Effect) bool { return e.Has("SECURITY DEFINER") }) },
	},
	{
		ID: "DD28", Title: "function or procedure stored", Severity: Approve, ddl: true,
		Why:   "it stores code that later statements run",
		Safe:  "in a migration",
		match: func(m *matcher) { m.each(command("CREATE FUNCTION", "CREATE PROCEDURE")) },
	},
	{
		ID: "DD29", Title: "extension or language that is not on the list", Severity: Block, ddl: true,
		Why:   "native code, other servers, files: extensions can reach anything",
		match: extensions,
	},
	{
		ID: "DD30", Title: "foreign data, replication or tablespace", Severity: Block, ddl: true,
		Why:   "it opens ways out of the database",
		match: func(m *matcher) { m.each(reachesOut) },
	},
	{
		ID: "DD31", Title: "ON DELETE CASCADE", Severity: Warn,
		Why:   "a delete will reach rows of this table too",
		match: func(m *matcher) { m.each(func(e *lineage.Effect) bool { return e.Has("ON DELETE CASCADE") }) },
	},
}

var dropped = wordSet("TABLE", "VIEW", "MATERIALIZED VIEW", "SCHEMA", "DATABASE", "SEQUENCE", "TYPE", "DOMAIN", "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE")

func dropsData(e *lineage.Effect) bool {
	kind, drop := strings.CutPrefix(e.Command, "DROP ")
	return drop && dropped[kind]
}

// filled is a column that gets a value in every row there is.
func filled(e *lineage.Effect) bool {
	if !action("ADD COLUMN")(e) {
		return false
	}
	t, _ := e.Option("TYPE")
	switch t {
	case "serial", "bigserial", "smallserial", "serial2", "serial4", "serial8":
		return true
	}
	return e.Has("IDENTITY") || e.Has("STORED")
}

// adds is a constraint on a table that exists, without the word that makes it cheap.
func adds(constraint, cheap string) func(*lineage.Effect) bool {
	adding := action("ADD CONSTRAINT", "ADD COLUMN")
	return func(e *lineage.Effect) bool { return adding(e) && e.Has(constraint) && !e.Has(cheap) }
}

func worksOnIndex(e *lineage.Effect) bool {
	switch e.Command {
	case "CREATE INDEX", "DROP INDEX":
		return true
	case "REINDEX":
		return e.Action == "INDEX" || e.Action == "TABLE"
	}
	return false
}

// harmlessExtensions add types, operators and functions, and reach nothing outside the database.
var harmlessExtensions = wordSet(
	"citext", "hstore", "ltree", "pg_trgm", "btree_gin", "btree_gist", "intarray", "uuid-ossp", "pgcrypto", "unaccent", "fuzzystrmatch",
	"cube", "earthdistance", "isn", "seg", "dict_int", "dict_xsyn", "lo", "bloom", "tsm_system_rows", "tsm_system_time",
	"postgis", "postgis_topology", "vector", "plpgsql",
)

// openExtensions reach files, other servers or native code; not even a migration makes one.
var openExtensions = wordSet(
	"plpython3u", "plpython2u", "plpythonu", "plperlu", "plperl", "pltclu", "pltcl", "plsh", "plr", "pljava", "plv8", "dblink", "postgres_fdw", "file_fdw", "adminpack", "pg_cron",
	"pg_net", "aws_s3", "aws_lambda", "http", "oracle_fdw", "mysql_fdw", "tds_fdw", "redis_fdw", "mongo_fdw", "multicorn", "pg_background", "pageinspect", "tablefunc", "xml2",
	"pg_surgery", "pg_walinspect",
)

func extensions(m *matcher) {
	for i := range m.st.Effects {
		switch e := &m.st.Effects[i]; {
		case e.Command == "CREATE LANGUAGE":
			m.effect(i, hit{firm: !harmlessExtensions[e.Object.Name]})
		case e.Command != "CREATE EXTENSION" && e.Command != "ALTER EXTENSION":
		case openExtensions[e.Object.Name]:
			m.effect(i, hit{firm: true})
		case !harmlessExtensions[e.Object.Name]:
			m.effect(i, hit{})
		}
	}
}

// reachesOut takes the commands by the words that they end in, so that CREATE, ALTER and DROP are one.
func reachesOut(e *lineage.Effect) bool {
	_, kind, _ := strings.Cut(e.Command, " ")
	switch kind {
	case "FOREIGN DATA WRAPPER", "SERVER", "USER MAPPING", "FOREIGN TABLE", "FOREIGN SCHEMA", "SUBSCRIPTION", "PUBLICATION", "TABLESPACE":
		return true
	}
	return false
}
