package guard

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// The ids of what is denied by class, without a rule of its own.
const (
	ClassDDL      = "CLASS-DDL"
	ClassFunction = "CLASS-FUNCTION"
	ClassCatalog  = "CLASS-CATALOG"
	ClassCaller   = "CLASS-CALLER"
)

// classRules decide what no rule named. They come last.
var classRules = []Rule{
	{
		ID: ClassCatalog, Title: "write to the system catalog", Severity: Block, always: true,
		Why:   "the catalog is the server's own",
		match: func(m *matcher) { m.each(writesCatalog) },
	},
	{
		ID: ClassDDL, Title: "command that the profile does not allow", Severity: Block, ddl: true,
		Why:   "what no rule names is denied, so that nothing passes because it was forgotten",
		Safe:  "the migration profile, or a policy that allows it",
		match: unnamedEffects,
	},
	{
		ID: ClassFunction, Title: "privileged function", Severity: Block, ddl: true,
		Why:   "functions of PostgreSQL that change something, or that not everybody may call, are denied unless they are known to be harmless",
		match: unnamedFunctions,
	},
	{
		ID: ClassCaller, Title: "caller that nobody vouches for", Severity: Block,
		Why:  "strict runs statements of verified callers only",
		Safe: "lineage.WithCaller with a caller from a verifier",
		match: func(m *matcher) {
			if m.caller != VerifiedCaller {
				m.hit(hit{only: only(Strict), position: -1})
			}
		},
	},
	{
		ID: RuleUnresolved, Title: "statement that was not resolved", Severity: Block, always: true,
		Why:   "nobody can say what it touches",
		match: unresolved,
	},
}

// reading commands leave the catalog as it is.
var reading = wordSet("ANALYZE", "VACUUM", "LOCK TABLE", "DECLARE CURSOR", "FETCH", "MOVE", "CLOSE CURSOR", "CALL", "DO", "SET CONSTRAINTS")

func writesCatalog(e *lineage.Effect) bool {
	if !system(e.Object.Schema) && e.Object.Schema != "pg_toast" || planned(e) {
		return false
	}
	return !reading[e.Command] && !(e.Command == "COPY" && strings.HasPrefix(e.Action, "TO "))
}

// plainCommands are no data definition, and permitted as far as no rule names them.
var plainCommands = wordSet(
	"INSERT", "UPDATE", "DELETE", "MERGE", "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "EXPLAIN",
	"DECLARE CURSOR", "FETCH", "MOVE", "CLOSE CURSOR", "CLOSE CURSOR ALL", "SET CONSTRAINTS", "COPY", "DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP",
)

// standardCommands are the data definition that standard permits to an application.
var standardCommands = wordSet(
	"CREATE TABLE", "CREATE TABLE AS", "SELECT INTO", "CREATE INDEX", "CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE TYPE", "CREATE DOMAIN", "CREATE SEQUENCE",
	"CREATE SCHEMA", "ANALYZE", "COMMENT",
	// The safe forms of what standard warns of.
	"REFRESH MATERIALIZED VIEW", "DROP INDEX",
)

// standardActions are those of ALTER TABLE; after the first two, the safe forms of what standard warns of.
var standardActions = wordSet("ADD COLUMN", "ADD CONSTRAINT", "VALIDATE CONSTRAINT", "SET DEFAULT", "SET NOT NULL")

func allowedInStandard(e *lineage.Effect) bool {
	switch e.Command {
	case "ALTER TABLE":
		return standardActions[e.Action]
	case "REINDEX":
		return worksOnIndex(e)
	case "CREATE TYPE":
		return !e.Has("BASE") // a base type is native code
	}
	return standardCommands[e.Command]
}

// queries need no effect to be known.
var queries = wordSet("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "SELECT INTO", "SHOW", "SET", "RESET", "EXPLAIN")

func unnamedEffects(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if m.effects[i] || plainCommands[e.Command] || e.Inside&lineage.InTrigger != 0 {
			continue
		}
		h := hit{message: strings.TrimSpace(e.Command + " " + e.Action)}
		if allowedInStandard(e) {
			h.only = but(Standard)
		}
		m.effect(i, h)
	}
	if len(m.st.Effects) == 0 && m.st.Command != "" && !queries[m.st.Command] {
		m.hit(hit{object: m.st.Command, position: -1})
	}
}

func unnamedFunctions(m *matcher) {
	for i := range m.st.Functions {
		u := &m.st.Functions[i]
		if m.functions[i] || u.Inside&lineage.InTrigger != 0 || !privileged(u) {
			continue
		}
		if !sessionLock(u) {
			m.function(i, hit{})
			continue
		}
		for _, h := range lockHits(u) {
			m.function(i, h)
		}
	}
}

// privileged reports whether a call can mean a function of PostgreSQL that is volatile or not for everybody, and that is
// not known to be harmless.
func privileged(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		switch {
		case !system(f.Schema) || harmless[f.Name.Name]:
		case !f.PublicExecute:
			return true
		case f.Volatility != 'i' && f.Volatility != 's' && u.Inside&lineage.InView == 0:
			// Inside a view it was decided when the view was made; the server's own views are full of them.
			return true
		}
	}
	return false
}

// harmless are volatile functions that change nothing but what they are for, and tell nothing of others.
var harmless = wordSet(
	// Chance, time and identifiers.
	"random", "random_normal", "clock_timestamp", "timeofday", "gen_random_uuid", "uuidv4", "uuidv7", "array_sample", "array_shuffle",
	// Numbers of sequences: what an insert takes anyway.
	"nextval", "currval", "lastval", "pg_sequence_last_value",
	// Transaction ids and their state.
	"txid_current", "txid_current_if_assigned", "txid_status", "pg_current_xact_id", "pg_current_xact_id_if_assigned", "pg_xact_status", "pg_xact_commit_timestamp",
	// Sizes.
	"pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size", "pg_database_size", "pg_tablespace_size",
	// The state of the server and of its replicas.
	"pg_is_in_recovery", "pg_is_wal_replay_paused", "pg_get_wal_replay_pause_state", "pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn",
	"pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_jit_available", "pg_notification_queue_usage",
	"pg_blocking_pids", "pg_safe_snapshot_blocking_pids", "pg_collation_actual_version", "pg_database_collation_actual_version",
	"pg_partition_tree", "pg_partition_ancestors", "pg_stat_clear_snapshot", "pg_stat_force_next_flush",
	// Locks that end with the transaction.
	"pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
	// The text of the caller's own statement; methods of TABLESAMPLE.
	"current_query", "bernoulli", "system",
	// set_config is a setting, and decided as one; so is pg_notify a notification.
	"set_config", "pg_notify",
)

// unresolved keeps back what was not understood in full, and what the catalog has not been asked for.
func unresolved(m *matcher) {
	for i := range m.st.Unresolved {
		u := &m.st.Unresolved[i]
		m.hit(hit{object: u.Object, position: u.Pos, message: u.Reason})
	}
	for _, n := range m.st.Needs {
		m.hit(hit{object: n.Name.String(), position: -1, message: "not loaded from the catalog"})
	}
	if m.st.Command == "" && len(m.st.Effects) == 0 && len(m.st.Unresolved) == 0 {
		m.hit(hit{position: -1, message: "statement of unknown kind"})
	}
}
