package guard

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// SavepointPrefix begins the names of the driver's own savepoints. Nobody else may use it.
const SavepointPrefix = "governed_"

// envelopeRules are about what is around a statement: other statements, transactions, prepared texts.
var envelopeRules = []Rule{
	{
		ID: "TX01", Title: "several statements in one text", Severity: Block,
		Why:  "a text that was meant to hold one statement carries others: the way of every injection",
		Safe: "send each statement by itself; for scripts, the migration profile takes the text apart",
	},
	{
		ID: "TX02", Title: "transaction control as text", Severity: Block,
		Why:   "it leaves the transaction that database/sql believes to be in",
		Safe:  "db.BeginTx, tx.Commit and tx.Rollback",
		match: transactionText,
	},
	{
		ID: "TX03", Title: "transaction made writable", Severity: Block,
		Why:   "a read-only transaction or role setting is a belt that no statement may open",
		Safe:  "db.BeginTx with sql.TxOptions",
		match: func(m *matcher) { m.settings(writable) },
	},
	{
		ID: "TX04", Title: "two-phase commit", Severity: Block,
		Why:   "a prepared transaction outlives its connection and keeps its locks",
		match: func(m *matcher) { m.each(command("PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED")) },
	},
	{
		ID: "TX05", Title: "text that the grammar does not read", Severity: Block,
		Why: "nobody can say what it does",
	},
	{
		ID: "TX06", Title: "driver options among the arguments", Severity: Block,
		Why: "they change the text or the protocol after the decision",
	},
	{
		ID: "TX07", Title: "PREPARE and EXECUTE as text", Severity: Block, always: true,
		Why:   "the text of EXECUTE does not show what runs",
		Safe:  "db.PrepareContext",
		match: func(m *matcher) { m.each(command("PREPARE", "EXECUTE", "DEALLOCATE", "DEALLOCATE ALL")) },
	},
	{
		ID: "TX08", Title: "cursor that outlives what is known of it", Severity: Approve,
		Why:   "rows of a cursor that the driver has not seen declared have no known source, and one WITH HOLD outlives its transaction",
		Safe:  "a query whose rows are read as they come",
		match: cursors,
	},
	{
		ID: "TX09", Title: "text or client setting that parser and server would read differently", Severity: Block, always: true,
		Why:   "the server would run another statement than the one that was decided",
		match: func(m *matcher) { m.settings(rereads) },
	},
	{
		ID: "TX10", Title: "directive in a comment", Severity: Warn,
		Why: "an extension of the server may read it and change the plan or the settings of the statement",
		match: func(m *matcher) {
			if m.st.Hinted {
				m.hit(hit{position: 0})
			}
		},
	},
}

// transactionText: inside a transaction of database/sql nothing but savepoints passes; outside one, the driver follows
// the transaction's status, which is not good enough for strict.
func transactionText(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		switch {
		case e.Command == "SAVEPOINT" || e.Command == "RELEASE" || e.Command == "ROLLBACK" && e.Action != "":
			if strings.HasPrefix(e.Object.Name, SavepointPrefix) {
				m.effect(i, hit{message: "savepoint name that belongs to the driver"})
			}
			m.effect(i, hit{only: only(Strict), when: func(in *Input) bool { return !in.InTransaction }})
		case command("BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK")(e):
			m.effect(i, hit{only: only(Strict)})
			m.effect(i, hit{only: but(Strict), when: func(in *Input) bool { return in.InTransaction }})
		}
	}
}

// writable: what makes transactions writable, and a name that is not known before it runs.
func writable(u *lineage.SettingUse) hits {
	switch u.Name {
	case "transaction_read_only", "default_transaction_read_only":
	case "":
		if u.Via == "set_config" {
			return always("set_config of a name that is not a constant")
		}
		return nil
	default:
		return nil
	}
	if u.Action == "SET" && !u.Dynamic && !u.Default && on(u.Value) {
		return nil
	}
	return always("")
}

// rereads: settings by which the server reads a text otherwise than the parser. To set them to what the driver relies on
// anyway changes nothing; dumps begin with that.
func rereads(u *lineage.SettingUse) hits {
	relied := map[string]func(string) bool{
		"standard_conforming_strings": on,
		"client_encoding": func(v string) bool {
			v = strings.ToLower(strings.ReplaceAll(v, "-", ""))
			return v == "utf8"
		},
		"backslash_quote": func(string) bool { return false },
		// By these, an expression and a name in a body mean something else.
		"transform_null_equals":     func(v string) bool { return off(v) },
		"plpgsql.variable_conflict": func(v string) bool { return strings.EqualFold(strings.TrimSpace(v), "error") },
	}
	same, known := relied[u.Name]
	if !known || u.Action == "SET" && !u.Dynamic && !u.Default && same(u.Value) {
		return nil
	}
	return always("")
}

func cursors(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		switch {
		case e.Command == "DECLARE CURSOR" && e.Has("WITH HOLD"):
			m.effect(i, hit{message: "cursor WITH HOLD"})
		case e.Command == "FETCH" || e.Command == "MOVE":
			name := e.Object.Name
			m.effect(i, hit{when: func(in *Input) bool { return in.Cursor == nil || !in.Cursor(name) }})
		}
	}
}
