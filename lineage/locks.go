package lineage

import "strings"

// lockOf is the strongest lock that a command takes on an object that is there, as PostgreSQL's documentation of explicit
// locking and of ALTER TABLE has it. What is not listed among the weaker ones of a command is taken to be the strongest.
func lockOf(e *Effect) string {
	concurrently := e.Has("CONCURRENTLY")
	verb, kind, _ := strings.Cut(e.Command, " ")
	switch e.Command {
	case "LOCK TABLE":
		return e.Action
	case "TRUNCATE TABLE", "CLUSTER", "CREATE RULE", "CREATE POLICY", "ALTER POLICY", "DROP OWNED":
		return AccessExclusive
	case "VACUUM":
		if e.Has("FULL") {
			return AccessExclusive
		}
		return "SHARE UPDATE EXCLUSIVE"
	case "ANALYZE", "CREATE STATISTICS":
		return "SHARE UPDATE EXCLUSIVE"
	case "CREATE TRIGGER":
		return "SHARE ROW EXCLUSIVE"
	case "CREATE INDEX":
		return chosen(concurrently, "SHARE UPDATE EXCLUSIVE", "SHARE")
	case "REFRESH MATERIALIZED VIEW":
		return chosen(concurrently, "EXCLUSIVE", AccessExclusive)
	case "REINDEX", "DROP INDEX":
		// The index of a table stands in the way of whoever plans a query on the table.
		return chosen(concurrently, "SHARE UPDATE EXCLUSIVE", AccessExclusive)
	case "CREATE TABLE":
		return chosen(e.Has("PARTITION OF"), AccessExclusive, "")
	case "DROP SCHEMA", "DROP EXTENSION", "DROP TYPE", "DROP DOMAIN", "DROP FUNCTION", "DROP PROCEDURE":
		return chosen(e.Has("CASCADE"), AccessExclusive, "")
	case "COMMENT", "SECURITY LABEL":
		return chosen(e.Relation != nil, "SHARE UPDATE EXCLUSIVE", "")
	}
	switch {
	case verb == "DROP" && relationWords[kind]:
		return AccessExclusive
	case verb == "ALTER" && (relationWords[kind] || kind == "TRIGGER" || kind == "RULE"):
		return alterationLock(e)
	}
	return ""
}

func chosen(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// relationWords are the kinds of objects that are relations or live on one.
var relationWords = map[string]bool{
	"TABLE": true, "VIEW": true, "MATERIALIZED VIEW": true, "INDEX": true, "SEQUENCE": true, "FOREIGN TABLE": true,
	"TRIGGER": true, "RULE": true, "POLICY": true,
}

// alterationLock is the lock of an action of ALTER TABLE and its kin. Any that is not listed takes the strongest.
func alterationLock(e *Effect) string {
	switch e.Action {
	case "SET STATISTICS", "SET COLUMN OPTIONS", "RESET COLUMN OPTIONS", "VALIDATE CONSTRAINT", "CLUSTER ON", "SET WITHOUT CLUSTER",
		"SET OPTIONS", "RESET OPTIONS", "ATTACH PARTITION":
		return "SHARE UPDATE EXCLUSIVE"
	case "DETACH PARTITION":
		return chosen(e.Has("CONCURRENTLY"), "SHARE UPDATE EXCLUSIVE", AccessExclusive)
	case "DETACH PARTITION FINALIZE":
		return "SHARE UPDATE EXCLUSIVE"
	case "ADD CONSTRAINT":
		return chosen(e.Has("FOREIGN KEY"), "SHARE ROW EXCLUSIVE", AccessExclusive)
	case "ENABLE TRIGGER", "ENABLE TRIGGER ALL", "ENABLE TRIGGER USER", "ENABLE ALWAYS TRIGGER", "ENABLE REPLICA TRIGGER",
		"DISABLE TRIGGER", "DISABLE TRIGGER ALL", "DISABLE TRIGGER USER":
		return "SHARE ROW EXCLUSIVE"
	case "RENAME":
		return chosen(e.Command == "ALTER INDEX", "SHARE UPDATE EXCLUSIVE", AccessExclusive)
	}
	if e.Command == "ALTER SEQUENCE" && e.Action != "OWNER TO" && e.Action != "SET SCHEMA" {
		return "SHARE ROW EXCLUSIVE"
	}
	return AccessExclusive
}

// workOf is what a command does with the rows that are there, where its words tell. What depends on types, defaults and
// constraints is set where those are read.
func workOf(e *Effect) Work {
	switch e.Command {
	case "CLUSTER", "REFRESH MATERIALIZED VIEW":
		return Rewrites
	case "VACUUM":
		if e.Has("FULL") {
			return Rewrites
		}
	case "CREATE INDEX", "REINDEX":
		return Scans
	}
	switch e.Action {
	case "SET LOGGED", "SET UNLOGGED", "SET ACCESS METHOD", "SET TABLESPACE", "SET EXPRESSION":
		return Rewrites
	case "VALIDATE CONSTRAINT", "ATTACH PARTITION":
		return Scans
	case "ADD CONSTRAINT":
		if !e.Has("NOT VALID") && !e.Has("USING INDEX") {
			return Scans
		}
	}
	return ""
}

// standsAlone reports whether the server refuses a command inside a transaction block.
func standsAlone(e *Effect) bool {
	switch e.Command {
	case "VACUUM", "CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE", "ALTER SYSTEM", "DISCARD ALL",
		"COMMIT PREPARED", "ROLLBACK PREPARED", "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION":
		return true
	case "CREATE INDEX", "DROP INDEX", "ALTER TABLE":
		return e.Has("CONCURRENTLY")
	case "REINDEX":
		return e.Has("CONCURRENTLY") || e.Action == "SCHEMA" || e.Action == "DATABASE" || e.Action == "SYSTEM" || partitioned(e)
	case "CLUSTER":
		return e.Has("ALL") || partitioned(e)
	case "ALTER DATABASE":
		return e.Action == "" // it may move the database to another tablespace
	}
	return false
}

func partitioned(e *Effect) bool {
	return e.Relation != nil && (e.Relation.Kind == PartitionedTable || e.Relation.Kind == PartitionedIndex)
}
