package guard

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// privilegeRules are about roles, rights and the server itself.
var privilegeRules = []Rule{
	{
		ID: "PR01", Title: "rights granted or revoked", Severity: Block,
		Why: "it changes who may do what",
		match: func(m *matcher) {
			m.each(command("GRANT", "REVOKE", "GRANT ROLE", "REVOKE ROLE", "ALTER DEFAULT PRIVILEGES"))
		},
	},
	{
		ID: "PR02", Title: "role created, changed or dropped", Severity: Block,
		Why: "it changes who there is, and passwords stand in the text",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return strings.HasSuffix(e.Command, " ROLE") && e.Action != "SET" && !strings.HasPrefix(e.Command, "GRANT") && !strings.HasPrefix(e.Command, "REVOKE")
			})
		},
	},
	{
		ID: "PR11", Title: "configuration that stays", Severity: Block,
		Why: "it changes the server, the database or the role for everybody",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool {
				return e.Command == "ALTER SYSTEM" || e.Action == "SET" && (e.Command == "ALTER ROLE" || e.Command == "ALTER DATABASE")
			})
			m.calls(calling("pg_reload_conf", "pg_rotate_logfile*"))
		},
	},
	{
		ID: "PR12", Title: "another session ended", Severity: Approve,
		Why:   "it cancels the work of others",
		match: func(m *matcher) { m.calls(calling("pg_terminate_backend", "pg_cancel_backend")) },
	},
	{
		ID: "PR13", Title: "operation of the server", Severity: Block,
		Why: "checkpoints, logs, backups and statistics belong to those who run the server",
		match: func(m *matcher) {
			m.each(command("CHECKPOINT"))
			m.calls(calling("pg_switch_wal", "pg_switch_xlog", "pg_create_restore_point", "pg_stat_reset*", "pg_backup_*", "pg_start_backup", "pg_stop_backup", "pg_promote", "pg_wal_replay_*"))
		},
	},
	{
		ID: "PR14", Title: "comment or security label", Severity: Approve, ddl: true,
		Why:   "labels and comments say how data is masked, and agents read them as instructions",
		Safe:  "a comment that keeps the labels of the column as they are",
		match: comments,
	},
	{
		ID: "PR15", Title: "ownership or schema of an object changed", Severity: Block, ddl: true,
		Why: "it takes the object over, or away from where names look for it",
		match: func(m *matcher) {
			m.each(func(e *lineage.Effect) bool { return e.Action == "OWNER TO" || e.Action == "SET SCHEMA" })
		},
	},
	{
		ID: "PR16", Title: "sequence set back", Severity: Approve, lenient: true,
		Why:  "numbers that were given out are given out again",
		Safe: "ALTER TABLE ... ADD GENERATED ... (START WITH), or a new sequence",
		match: func(m *matcher) {
			m.calls(calling("setval"))
			m.each(func(e *lineage.Effect) bool { return e.Command == "ALTER SEQUENCE" && e.Action == "RESTART" })
		},
	},
	{
		ID: "PR17", Title: "lock of the session", Severity: Warn,
		Why:   "it ends with its connection, which is closed instead of going back to the pool: at once, unless a sql.Conn or a transaction holds it",
		Safe:  lockSafe,
		match: sessionLocks,
	},
}

// comments: standard lets an owner describe what is his, as long as what the comment of a column says of the data in it
// stays the same; a security label is another matter.
func comments(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if e.Inside&lineage.InTrigger != 0 || e.Command != "COMMENT" {
			continue
		}
		h := hit{standard: lineage.Allow}
		if relabels(e) {
			h = hit{message: "the comment sets, changes or removes a label of columns"}
		}
		m.effect(i, h)
	}
	m.each(command("SECURITY LABEL"))
}

// relabels reports whether the labels in the comment of a column, or of a domain, may be others afterwards.
func relabels(e *lineage.Effect) bool {
	if e.Action == "ON DOMAIN" {
		return true // it labels columns of any table, and nobody knows here what it said before
	}
	if e.Action != "ON COLUMN" {
		return false
	}
	var before, after []string
	for _, o := range e.Options {
		if word, is := strings.CutPrefix(o, lineage.LabelOption); is {
			after = append(after, word)
		}
	}
	if e.Relation != nil && len(e.Columns) > 0 {
		if c, ok := e.Relation.Column(e.Columns[0]); ok {
			before = lineage.Labels(c.Comment)
		}
	}
	return !slices.Equal(before, after)
}

// sessionLock are the functions that take and give back locks of the session.
var sessionLock = calling(
	"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all",
)

// lockSafe is what to do instead of locking for the session.
const lockSafe = "pg_advisory_xact_lock, which ends with the transaction; or the session's lock and all that it guards on one sql.Conn"

func sessionLocks(m *matcher) { m.calls(sessionLock) }

// lockHits are where the class denies a lock of the session all the same. An application elects its leader with one, and a
// migration holds one while it works: the connection is closed afterwards. Strict has no use for what outlives a
// transaction. What a body, a view, a type or a stored definition locks, the text does not say.
func lockHits(u *lineage.FunctionUse) hits {
	const plain = lineage.InCTE | lineage.InSubquery | lineage.InMergeArm | lineage.InExplain
	list := hits{
		{only: only(Strict), safe: "pg_advisory_xact_lock, which ends with the transaction"},
		{only: only(Migration), safe: lockSafe, when: func(in *Input) bool { return !in.DedicatedConnection }},
	}
	if u.Inside&^plain != 0 || u.Pos < 0 {
		list = append(list, hit{only: only(Standard), safe: "the lock in the text of a statement; " + lockSafe})
	}
	return list
}
