package guard

import (
	"maps"
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// settingRules are about configuration parameters, by whichever door: SET, SET LOCAL, RESET, set_config, ALTER ROLE and
// ALTER DATABASE ... SET, the SET clause of a function.
var settingRules = []Rule{
	{
		ID: "PR03", Title: "another role", Severity: Block,
		Why:   "the caller's identity is bound to the role that is logged in",
		match: func(m *matcher) { m.settings(named("role", "session_authorization")) },
	},
	{
		ID: "PR04", Title: "protection of the server switched off", Severity: Block,
		Why:   "triggers, foreign keys and catalogs are no longer guarded",
		match: func(m *matcher) { m.settings(named(protections...)) },
	},
	{
		ID: "PR05", Title: "row-level security switched off", Severity: Block,
		Why:   "rows that a policy hides come into sight, or the statement fails",
		match: func(m *matcher) { m.settings(named("row_security")) },
	},
	{
		ID: "PR06", Title: "timeout removed", Severity: Block,
		Why:   "a statement without an end blocks others, and the next user of a pooled connection inherits it",
		Safe:  "SET LOCAL to a value above zero",
		match: func(m *matcher) { m.settings(endless); discards(m) },
	},
	{
		ID: "PR07", Title: "search_path changed", Severity: Block,
		Why:   "names mean other objects, also for the next user of a pooled connection",
		Safe:  "SET LOCAL search_path, or names with their schema",
		match: func(m *matcher) { m.settings(path) },
	},
	{
		ID: "PR08", Title: "logging or loading of libraries changed", Severity: Block,
		Why:   "it blinds the server's own audit",
		match: func(m *matcher) { m.settings(logging) },
	},
	{
		ID: "PR09", Title: "setting of the driver's own", Severity: Block,
		Why:   "it would forge the caller's identity",
		match: func(m *matcher) { m.settings(own) },
	},
	{
		ID: "PR10", Title: "setting of the session", Severity: Approve,
		Why:   "it stays on a pooled connection for whoever comes next",
		Safe:  "SET LOCAL inside a transaction, or a parameter of the data source name",
		match: func(m *matcher) { m.settings(sessionWide) },
	},
}

// protections are the settings that switch off what guards data on the server.
var protections = []string{
	"session_replication_role", "allow_system_table_mods", "ignore_system_indexes", "zero_damaged_pages", "ignore_checksum_failure", "lo_compat_privileges",
	"ignore_invalid_pages", "event_triggers",
}

// hits are the matches of one setting.
type hits []hit

func always(message string) hits { return hits{{message: message}} }

// onPooled counts everywhere, but under migration not on a connection that is closed afterwards.
func onPooled(message string) hits {
	return hits{
		{message: message, only: but(Migration)},
		{message: message, only: only(Migration), when: func(in *Input) bool { return !in.DedicatedConnection }},
	}
}

// settings matches the uses of settings that change something.
func (m *matcher) settings(choose func(*lineage.SettingUse) hits) {
	for i := range m.st.Settings {
		u := &m.st.Settings[i]
		if u.Inside&lineage.InTrigger != 0 || strings.HasPrefix(u.Action, "SHOW") {
			continue
		}
		for _, h := range choose(u) {
			h.object, h.position = u.Name, u.Pos
			if h.object == "" || namedByValue(u) {
				h.object = u.Via
			}
			m.hit(h)
		}
	}
}

// namedByValue reports whether the name of a setting is a constant that is given to set_config, and none of those that the
// rules know: reasons hold no constants of a statement.
func namedByValue(u *lineage.SettingUse) bool { return u.Via == "set_config" && !knownSettings[u.Name] }

// knownSettings are those that the rules name.
var knownSettings = func() map[string]bool {
	known := wordSet(append([]string{"role", "session_authorization", "row_security", "default_transaction_read_only"}, protections...)...)
	for _, set := range []map[string]bool{timeouts, loggers, ordinary} {
		maps.Copy(known, set)
	}
	return known
}()

// named matches settings by name, whatever is done to them.
func named(names ...string) func(*lineage.SettingUse) hits {
	set := wordSet(names...)
	return func(u *lineage.SettingUse) hits {
		if set[u.Name] {
			return always("")
		}
		return nil
	}
}

// functionSet is the SET clause of a function that the statement calls.
const functionSet = "FUNCTION SET"

// ofFunction reports whether a setting is a clause of a function: it holds while the function runs, and a fixed
// search_path there is good practice.
func ofFunction(u *lineage.SettingUse) bool {
	return strings.Contains(u.Via, "FUNCTION") || strings.Contains(u.Via, "PROCEDURE") || strings.Contains(u.Via, "ROUTINE")
}

var timeouts = wordSet("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout")

// endless: zero means no limit, and so may a value that nobody knows.
func endless(u *lineage.SettingUse) hits {
	switch {
	case u.Action == "RESET ALL" || u.Action == "DISCARD":
		return onPooled(u.Action + " removes timeouts")
	case !timeouts[u.Name] || ofFunction(u) && u.Via != functionSet:
		return nil
	case u.Action == "SET" && u.Param > 0:
		n := u.Param
		return hits{{when: func(in *Input) bool { return !positiveArgument(in, n) }}}
	case u.Action == "SET" && !u.Dynamic && !u.Default && positive(u.Value):
		return nil
	}
	return onPooled("")
}

// positive reads a duration such as 2s or 1500; one that is not read is none.
func positive(v string) bool {
	v = strings.TrimSpace(v)
	end := strings.IndexFunc(v, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(v)
	}
	f, err := strconv.ParseFloat(v[:end], 64)
	unit := strings.TrimSpace(v[end:])
	switch unit {
	case "", "ms":
		return err == nil && f >= 1
	case "s", "min", "h", "d":
		// Less than a millisecond is rounded to zero.
		return err == nil && f >= 0.001
	}
	return false
}

func positiveArgument(in *Input, n int) bool {
	if in.Args == nil {
		return false
	}
	v, ok := in.Args(n)
	if !ok {
		return false
	}
	switch x := v.(type) {
	case string:
		return positive(x)
	case int64:
		return x > 0
	case int:
		return x > 0
	}
	return false
}

func discards(m *matcher) {
	m.eachWith(hit{only: but(Migration)}, command("DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP", "DISCARD ALL"))
	m.eachWith(hit{only: only(Migration), when: func(in *Input) bool { return !in.DedicatedConnection }},
		command("DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP", "DISCARD ALL"))
}

// path: until the end of the transaction the driver follows it; strict has no use for it.
func path(u *lineage.SettingUse) hits {
	switch {
	case u.Name != "search_path" || ofFunction(u):
		return nil
	case u.Local:
		return hits{{only: only(Strict)}}
	}
	return onPooled("")
}

var loggers = wordSet(
	"track_activities", "track_activity_query_size", "track_counts", "track_functions", "track_io_timing", "logging_collector", "session_preload_libraries",
	"local_preload_libraries", "shared_preload_libraries", "dynamic_library_path", "extension_control_path", "jit_provider", "archive_library", "archive_command",
	"event_source", "syslog_facility", "syslog_ident",
)

func logging(u *lineage.SettingUse) hits {
	for _, prefix := range [...]string{"log_", "pgaudit.", "auto_explain.", "pg_stat_statements."} {
		if strings.HasPrefix(u.Name, prefix) {
			return always("")
		}
	}
	if loggers[u.Name] {
		return always("")
	}
	return nil
}

func own(u *lineage.SettingUse) hits {
	if strings.HasPrefix(u.Name, "governed.") {
		return always("")
	}
	return nil
}

// sessionWide: a RESET gives back what the connection began with and passes. Strict lets through those settings of a
// transaction that only change speed, time and how values look.
func sessionWide(u *lineage.SettingUse) hits {
	switch {
	case ofFunction(u) || u.Action != "SET" || u.Name == "":
		return nil
	case !u.Local:
		return onPooled("")
	case strings.HasPrefix(u.Via, "SET TRANSACTION") || u.Via == "BEGIN" || ordinary[u.Name] || strings.HasPrefix(u.Name, "enable_"):
		return nil
	}
	return hits{{only: only(Strict), message: "setting that is not on the list of strict"}}
}

// ordinary settings change how long a statement may take, how it is planned and how times and numbers look.
var ordinary = wordSet(
	"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout", "work_mem", "maintenance_work_mem",
	"timezone", "datestyle", "intervalstyle", "extra_float_digits", "bytea_output", "random_page_cost", "seq_page_cost", "effective_cache_size",
	"join_collapse_limit", "from_collapse_limit", "jit", "max_parallel_workers_per_gather", "transaction_isolation", "transaction_deferrable",
	"transaction_read_only", "plan_cache_mode", "client_min_messages", "search_path", "standard_conforming_strings", "client_encoding", "synchronous_commit",
)

// on reads a boolean setting.
func on(v string) bool {
	v = strings.ToLower(strings.TrimSpace(v))
	return v == "on" || v == "1" || v != "" && (strings.HasPrefix("true", v) || strings.HasPrefix("yes", v))
}

// off reads a boolean setting.
func off(v string) bool {
	v = strings.ToLower(strings.TrimSpace(v))
	return v == "off" || v == "of" || v == "0" || v != "" && (strings.HasPrefix("false", v) || strings.HasPrefix("no", v))
}
