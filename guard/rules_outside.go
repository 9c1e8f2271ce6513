package guard

import (
	"strconv"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// outsideRules are about files, networks, and code that the text does not show.
var outsideRules = []Rule{
	{
		ID: "IO01", Title: "COPY with a program of the server", Severity: Block,
		Why:   "it runs a command of the operating system",
		Safe:  "COPY ... FROM STDIN or TO STDOUT through the driver",
		match: func(m *matcher) { m.each(copying("PROGRAM")) },
	},
	{
		ID: "IO02", Title: "COPY with a file of the server", Severity: Block,
		Why:   "it reads or writes the server's files",
		Safe:  "COPY ... FROM STDIN or TO STDOUT through the driver",
		match: func(m *matcher) { m.each(copying("FILE")) },
	},
	{
		ID: "IO03", Title: "COPY TO STDOUT", Severity: Approve, lenient: true,
		Why:   "it hands out whole tables",
		Safe:  "SELECT of the columns that are needed",
		match: func(m *matcher) { m.each(copying("STDOUT")) },
	},
	{
		ID: "IO04", Title: "COPY FROM STDIN", Severity: Approve, lenient: true,
		Why:   "it writes in bulk",
		Safe:  "INSERT",
		match: func(m *matcher) { m.each(copying("STDIN")) },
	},
	{
		ID: "IO05", Title: "function that reads the server's files", Severity: Block,
		Why: "files of the server are not data of the database",
		match: func(m *matcher) {
			m.calls(calling("pg_file_*", "pg_read_file*", "pg_read_binary_file", "pg_stat_file", "pg_ls_*", "pg_current_logfile", "pg_logdir_ls"))
		},
	},
	{
		ID: "IO06", Title: "large object written, imported or exported", Severity: Block,
		Why:  "large objects are outside of tables, grants and lineage; import and export reach the server's files",
		Safe: "a column of type bytea",
		match: func(m *matcher) {
			m.calls(calling("lo_import", "lo_export", "lo_put", "lo_from_bytea", "lowrite", "lo_unlink"))
		},
	},
	{
		ID: "IO07", Title: "another server", Severity: Block,
		Why:   "what runs there is not governed, and data leaves by it",
		match: otherServers,
	},
	{
		ID: "IO08", Title: "function that runs SQL from a string", Severity: Block,
		Why:   "the text of the statement does not show what runs",
		Safe:  "the query itself",
		match: func(m *matcher) { m.calls(runsText) },
	},
	{
		ID: "IO09", Title: "DO", Severity: Block,
		Why:   "a block of code can do anything, and RAISE carries values out",
		Safe:  "the statements themselves",
		match: func(m *matcher) { opened(m, "DO") },
	},
	{
		ID: "IO10", Title: "CALL", Severity: Approve,
		Why:   "a procedure can do anything, and end the transaction",
		Safe:  "the statements themselves",
		match: func(m *matcher) { opened(m, "CALL") },
	},
	{
		ID: "IO11", Title: "function of a user that is not known to be harmless", Severity: Approve, lenient: true,
		Why:   "a volatile function can write; its body decides",
		Safe:  "a body without dynamic SQL, in SQL or PL/pgSQL; mark functions that only read as STABLE or IMMUTABLE",
		match: userFunctions,
	},
	{
		ID: "IO12", Title: "LOAD", Severity: Block,
		Why:   "it loads native code into the server",
		match: func(m *matcher) { m.each(command("LOAD")) },
	},
	{
		ID: "IO13", Title: "notification", Severity: Block,
		Why:   "a channel beside the results; LISTEN stays on a pooled connection",
		Safe:  "pg_notify with a constant or an argument as channel and payload",
		match: notifications,
	},
	{
		ID: "IO14", Title: "long sleep", Severity: Approve,
		Why:   "it holds a connection, and tells by its length what it was computed from",
		Safe:  "pg_sleep of a constant or an argument of at most a minute, or sleep in the application",
		match: sleeps,
	},
	{
		ID: "IO15", Title: "replication by function", Severity: Block,
		Why: "a slot keeps the log of the whole server, and reads all of it",
		match: func(m *matcher) {
			m.calls(calling("pg_logical_emit_message", "pg_*_replication_slot", "pg_logical_slot_*", "pg_replication_*"))
		},
	},
	{
		ID: "IO16", Title: "sensitive column that decides what a function does, or how many rows there are", Severity: Block,
		Why: "what is sent, or counted, tells the value; the masks decide it",
	},
}

// copying chooses COPY by its other end.
func copying(end string) func(*lineage.Effect) bool {
	return func(e *lineage.Effect) bool { return e.Command == "COPY" && strings.HasSuffix(e.Action, end) }
}

// calling chooses calls by the function's name, in any schema: extensions are installed where their owner likes. One star
// stands for any text.
func calling(patterns ...string) func(*lineage.FunctionUse) bool {
	exact, wild := map[string]bool{}, [][2]string{}
	for _, p := range patterns {
		if before, after, star := strings.Cut(p, "*"); star {
			wild = append(wild, [2]string{before, after})
		} else {
			exact[p] = true
		}
	}
	return func(u *lineage.FunctionUse) bool {
		name := u.Name.Name
		if exact[name] {
			return true
		}
		for _, w := range wild {
			if len(name) >= len(w[0])+len(w[1]) && strings.HasPrefix(name, w[0]) && strings.HasSuffix(name, w[1]) {
				return true
			}
		}
		return false
	}
}

func otherServers(m *matcher) {
	m.calls(calling("dblink*", "postgres_fdw_*"))
	for i := range m.st.Relations {
		r := &m.st.Relations[i]
		if r.Relation.Kind == lineage.ForeignTable && r.Inside&(lineage.InTrigger|lineage.InExplain) == 0 {
			m.hit(hit{object: r.Relation.String(), position: r.Pos, message: "foreign table"})
		}
	}
}

var sqlInText = calling(
	"query_to_xml*", "cursor_to_xml*", "table_to_xml*", "schema_to_xml*", "database_to_xml*", "ts_stat", "xpath_table", "crosstab*", "connectby",
)

func runsText(u *lineage.FunctionUse) bool {
	// Of ts_rewrite the form with two arguments takes a query as text.
	return sqlInText(u) || u.Name.Name == "ts_rewrite" && len(u.Args) != 3
}

// opened matches a block or a procedure. Under migration one whose body was read in full is warned of, and what the body
// does is decided by the rules for that.
func opened(m *matcher, tag string) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if e.Command != tag || e.Inside&lineage.InTrigger != 0 {
			continue
		}
		m.effect(i, hit{only: but(Migration)})
		h := hit{only: only(Migration), standard: lineage.Warn}
		if e.Has("OPAQUE") {
			h = hit{only: only(Migration), standard: lineage.Deny, message: tag + " of a body that could not be read"}
		}
		m.effect(i, h)
	}
}

// userFunction reports whether a call can mean a function that PostgreSQL does not bring.
func userFunction(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if !system(f.Schema) {
			return true
		}
	}
	return false
}

func system(schema string) bool { return schema == "pg_catalog" || schema == "information_schema" }

func volatile(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if !system(f.Schema) && f.Volatility != 'i' && f.Volatility != 's' {
			return true
		}
	}
	return false
}

// userFunctions: a body that was read is warned of, and what it does is decided by the rules for that. One that could not
// be read is denied, but for native functions of extensions that reach nothing outside.
func userFunctions(m *matcher) {
	for i := range m.st.Functions {
		u := &m.st.Functions[i]
		if u.Inside&lineage.InTrigger != 0 || !userFunction(u) || procedure(u) {
			continue
		}
		h := hit{}
		switch {
		case leaves(u):
			h.standard, h.message = lineage.Deny, "function that changes pages, caches or the session"
		case !u.Opened && !native(u) && (volatile(u) || !ofExtension(u)):
			// What is called STABLE may call what is not.
			h.standard, h.message = lineage.Deny, "function whose body could not be read"
		case !volatile(u):
			continue
		}
		m.function(i, h)
	}
}

// procedure reports a call that CALL has made a rule of its own.
func procedure(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if f.Kind != 'p' {
			return false
		}
	}
	return true
}

// native reports whether all candidates are functions of extensions that are not known to reach outside, in native code.
func native(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if !system(f.Schema) && f.Language != "c" && f.Language != "internal" {
			return false
		}
	}
	return ofExtension(u)
}

// ofExtension reports whether all candidates are functions of extensions that are not known to reach outside.
func ofExtension(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if !system(f.Schema) && (f.Extension == "" || openExtensions[f.Extension]) {
			return false
		}
	}
	return true
}

// destructive are functions of extensions that change pages and caches past all rights; lasting those that leave a
// setting on the connection.
var (
	destructive = calling("heap_force_*", "pg_truncate_visibility_map", "pg_buffercache_evict*")
	lasting     = calling("set_limit")
)

func leaves(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if f.Extension != "" && (destructive(u) || f.Extension == "pg_trgm" && lasting(u)) {
			return true
		}
	}
	return false
}

// notifications: a queue's wake-up passes in standard, where channel and payload come from the text, its arguments and
// columns that are not sensitive.
func notifications(m *matcher) {
	m.each(command("NOTIFY", "LISTEN", "UNLISTEN"))
	for i := range m.st.Functions {
		u := &m.st.Functions[i]
		if u.Name.Name != "pg_notify" || u.Inside&lineage.InTrigger != 0 {
			continue
		}
		switch {
		case !knownParts(m.st, u):
			m.function(i, hit{})
		case fromArguments(u):
			m.function(i, hit{only: only(Strict)})
		default:
			m.function(i, hit{only: only(Strict)})
			m.function(i, hit{only: but(Strict), when: func(in *Input) bool { return in.Sensitive == nil || sensitiveArgument(u, in) }})
		}
	}
}

// sensitiveArgument reports whether a sensitive column flows into an argument of a call.
func sensitiveArgument(u *lineage.FunctionUse, in *Input) bool {
	for i := range u.Args {
		for _, list := range [2][]lineage.Source{u.Args[i].Sources, u.Args[i].Base} {
			for j := range list {
				if in.Sensitive(list[j].Column) {
					return true
				}
			}
		}
	}
	return false
}

// fromArguments reports whether the arguments of a call hold nothing of any table.
func fromArguments(u *lineage.FunctionUse) bool {
	for i := range u.Args {
		if len(u.Args[i].Sources) > 0 {
			return false
		}
	}
	return true
}

// knownParts reports whether all functions of a statement with such a call make their results of their arguments alone.
func knownParts(st *lineage.Statement, u *lineage.FunctionUse) bool {
	for i := range st.Functions {
		f := &st.Functions[i]
		if f.Inside == 0 && u.Inside&lineage.InCTE != 0 {
			continue // outside of the WITH query that notifies: what it gives cannot get in there
		}
		if f.Name != u.Name && !tellsNothing(f) {
			return false
		}
	}
	return true
}

// tellsNothing reports whether a function makes its result of its arguments alone.
func tellsNothing(u *lineage.FunctionUse) bool {
	for _, f := range u.Candidates {
		if f.Schema != "pg_catalog" || f.Kind == 'a' || f.Volatility != 'i' && !composing[f.Name.Name] {
			return false
		}
	}
	return len(u.Candidates) > 0
}

// composing are functions that put a text together and depend on how values are written, and current_schema.
var composing = wordSet(
	"current_schema", "concat", "concat_ws", "format", "quote_literal", "quote_nullable", "to_json", "to_jsonb", "json_build_object", "jsonb_build_object", "json_build_array",
	"jsonb_build_array", "row_to_json", "to_char", "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "gen_random_uuid", "array_to_string",
	"txid_current", "pg_current_xact_id",
)

// longestSleep is how long pg_sleep may hold a connection, in seconds.
const longestSleep = 60

// sleeps: an application, a test or a probe waits for a moment, and nothing is told by that. What is computed from data,
// or lasts, is held.
func sleeps(m *matcher) {
	any := calling("pg_sleep", "pg_sleep_for", "pg_sleep_until")
	often, total := repeats(m.st)
	for i := range m.st.Functions {
		u := &m.st.Functions[i]
		if !any(u) || u.Inside&lineage.InTrigger != 0 {
			continue
		}
		h := hit{}
		if often {
			h.message, h.safe = "sleep that can run more than once: for each row of what the statement reads or makes", "SELECT pg_sleep(...) by itself, with nothing in FROM"
		}
		if u.Name.Name == "pg_sleep" && len(u.Args) == 1 && len(u.Args[0].Sources) == 0 {
			arg := u.Args[0]
			switch {
			case arg.Const != nil:
				if total <= longestSleep && short(*arg.Const) {
					m.functions[i] = true
					if !often {
						continue
					}
					h.only = but(Migration) // a script that pauses between its steps
				}
			case len(arg.Params) == 1 && onlyCall(m.st, u) && !often:
				n := arg.Params[0]
				h.when = func(in *Input) bool { return !shortArgument(in, n) }
			}
		}
		m.function(i, h)
	}
}

// repeats reports whether something can make the calls of a statement run more than once, and adds up how long those of
// pg_sleep with a constant take.
func repeats(st *lineage.Statement) (often bool, total float64) {
	often = len(st.Relations) > 0
	for i := range st.Functions {
		u := &st.Functions[i]
		for _, f := range u.Candidates {
			often = often || f.ReturnsSet
		}
		if u.Name.Name != "pg_sleep" {
			continue
		}
		often = often || !u.Once
		if len(u.Args) == 1 && u.Args[0].Const != nil {
			f, _ := strconv.ParseFloat(strings.TrimSpace(*u.Args[0].Const), 64)
			total += max(f, 0)
		}
	}
	return often, total
}

// onlyCall reports whether no other function can have a part in the argument.
func onlyCall(st *lineage.Statement, u *lineage.FunctionUse) bool {
	for i := range st.Functions {
		if &st.Functions[i] != u {
			return false
		}
	}
	return true
}

func short(seconds string) bool {
	f, err := strconv.ParseFloat(strings.TrimSpace(seconds), 64)
	return err == nil && f <= longestSleep
}

func shortArgument(in *Input, n int) bool {
	if in.Args == nil {
		return false
	}
	v, ok := in.Args(n)
	if !ok {
		return false
	}
	switch x := v.(type) {
	case nil:
		return true
	case float64:
		return x <= longestSleep
	case int64:
		return x <= longestSleep
	case int:
		return x <= longestSleep
	case string:
		return short(x)
	}
	return false
}
