package guard

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// The kinds of what a statement does, as policies name them under effects.
const (
	KindRead        = "read"
	KindWrite       = "write"
	KindDDL         = "ddl"
	KindPrivilege   = "privilege"
	KindSetting     = "setting"
	KindTransaction = "transaction"
	KindCall        = "call"
	KindLock        = "lock"
	KindOther       = "other"
)

// Kinds are all kinds of effects.
func Kinds() []string {
	return []string{KindRead, KindWrite, KindDDL, KindPrivilege, KindSetting, KindTransaction, KindCall, KindLock, KindOther}
}

// part is one thing that a statement does to one object: what a rule of a policy matches, and what an allow has to cover.
type part struct {
	kind    string
	command string // SELECT, DELETE, ALTER TABLE DROP COLUMN
	// also is what the command amounts to: DELETE for MERGE DELETE. Who restricts the one means the other; who allows it
	// does not.
	also   string
	object lineage.Name
	hidden bool // the name of the object is a constant of the statement: it is matched, and not told
	// above are the tables of which the object is a partition or that it inherits from: what restricts them restricts it.
	above   []lineage.Name
	columns []string // nil = not known
	open    bool     // a write of rows that nothing bounds
	bounded bool     // a write of rows that something bounds
	pos     int
	inside  lineage.Inside
	// free needs no allow of its own: what stands below a view that is allowed, and control of transactions.
	free bool
	// same is the write whose target this part reads to find its rows; -1 = none. The allow of that write covers it, if it
	// means the columns that are read.
	same int
}

// told is the object as reasons name it; "" for one that has no name to tell.
func (x *part) told() string {
	if x.hidden {
		return ""
	}
	return x.object.String()
}

// partsOf takes a statement apart.
func partsOf(st *lineage.Statement) []part {
	var parts []part
	for i := range st.Effects {
		e := &st.Effects[i]
		if e.Inside&lineage.InTrigger != 0 {
			continue
		}
		p := part{
			kind: kindOf(e), command: strings.TrimSpace(e.Command + " " + e.Action), object: e.Object, columns: e.Columns, pos: e.Pos, same: -1,
			inside: e.Inside, above: parents(e.Relation),
		}
		p.also, p.hidden = amounts(e), e.NamedByValue()
		p.free = p.kind == KindTransaction
		if e.Command == "DELETE" || e.Command == "UPDATE" || e.Command == "MERGE" && e.Action != "INSERT" {
			p.open = e.Where == nil || e.Where.Truth(nil) == lineage.Always
			p.bounded = !p.open
		}
		parts = append(parts, p)
		if p.kind == KindWrite && e.Relation != nil && e.Relation.Kind == lineage.View {
			parts = append(parts, belowView(st, p)...)
		}
	}
	writes := len(parts)
	for i := range st.Relations {
		r := &st.Relations[i]
		if r.Inside&lineage.InTrigger != 0 || r.Access&(lineage.Reads|lineage.Locks) == 0 {
			continue
		}
		p := part{
			kind: KindRead, command: "SELECT", object: r.Relation.Name, columns: r.Columns, pos: r.Pos, same: -1,
			free: r.Inside&lineage.InView != 0, above: r.Relation.Parents,
		}
		if len(st.Outputs) == 0 && !flows(st, r) {
			p.same = slices.IndexFunc(parts[:writes], func(w part) bool {
				return finds(&w) && w.object == p.object && w.inside&^lineage.InMergeArm == r.Inside&^lineage.InMergeArm
			})
		}
		parts = append(parts, p)
	}
	for i := range st.Settings {
		u := &st.Settings[i]
		if u.Inside&lineage.InTrigger == 0 && !strings.HasPrefix(u.Action, "SHOW") && !modeOfTransaction(u) {
			parts = append(parts, part{kind: KindSetting, command: u.Action, object: lineage.Name{Name: u.Name}, hidden: namedByValue(u), pos: u.Pos, same: -1})
		}
	}
	if len(parts) == 0 {
		kind := KindRead
		if !queries[st.Command] {
			kind = KindOther
		}
		parts = append(parts, part{kind: kind, command: st.Command, columns: []string{}, pos: -1, same: -1})
	}
	return parts
}

func parents(r *lineage.Relation) []lineage.Name {
	if r == nil {
		return nil
	}
	return r.Parents
}

// named reports whether the object of a part is one that is looked for; for what restricts, also what it is a part of.
func (x *part) named(is func(lineage.Name) bool, grants bool) bool {
	return is(x.object) || !grants && slices.ContainsFunc(x.above, is)
}

// amounts gives the plain command for one that does the same under another name.
func amounts(e *lineage.Effect) string {
	switch {
	case e.Command == "MERGE" && writeCommands[e.Action]:
		return e.Action
	case e.Command == "COPY" && strings.HasPrefix(e.Action, "FROM "):
		return "INSERT"
	case e.Command == "SELECT INTO":
		return "CREATE TABLE AS"
	}
	return ""
}

// belowView are the tables that a write through a view may reach. Rules that restrict writes of them mean it too; an allow
// for the view is enough.
func belowView(st *lineage.Statement, view part) []part {
	var out []part
	for i := range st.Relations {
		r := &st.Relations[i]
		if r.Inside&lineage.InView == 0 || r.Relation.Kind == lineage.View || slices.ContainsFunc(out, func(p part) bool { return p.object == r.Relation.Name }) {
			continue
		}
		p := view
		p.object, p.above, p.columns, p.free, p.same = r.Relation.Name, r.Relation.Parents, nil, true, -1
		out = append(out, p)
	}
	return out
}

// finds reports whether a write looks for the rows that it changes.
func finds(w *part) bool {
	return w.kind == KindWrite && (w.open || w.bounded)
}

// flows reports whether what is read of a relation flows into what the statement writes.
func flows(st *lineage.Statement, r *lineage.RelationUse) bool {
	for i := range st.Assigns {
		a := &st.Assigns[i]
		for _, list := range [2][]lineage.Source{a.Sources, a.Base} {
			if slices.ContainsFunc(list, func(s lineage.Source) bool { return s.Column.Of() == r.Relation.Name }) {
				return true
			}
		}
	}
	return false
}

// modeOfTransaction is what BEGIN and SET TRANSACTION say of the transaction that they are part of.
func modeOfTransaction(u *lineage.SettingUse) bool {
	return u.Via == "BEGIN" || u.Via == "SET TRANSACTION"
}

var (
	transactionCommands = wordSet("BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET CONSTRAINTS")
	readCommands        = wordSet("DECLARE CURSOR", "FETCH", "MOVE", "CLOSE CURSOR", "CLOSE CURSOR ALL", "EXPLAIN")
	writeCommands       = wordSet("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE TABLE")
	callCommands        = wordSet("CALL", "DO")
	ddlWords            = wordSet("CREATE", "ALTER", "DROP", "COMMENT", "REINDEX", "REFRESH", "CLUSTER", "IMPORT", "SECURITY", "REASSIGN", "SELECT", "ANALYZE", "VACUUM")
)

// kindOf ends in [KindOther]: what is not known is no read and no write.
func kindOf(e *lineage.Effect) string {
	word, _, _ := strings.Cut(e.Command, " ")
	switch {
	case transactionCommands[e.Command]:
		return KindTransaction
	case readCommands[e.Command], e.Command == "COPY" && strings.HasPrefix(e.Action, "TO "):
		return KindRead
	case writeCommands[e.Command], e.Command == "COPY" && strings.HasPrefix(e.Action, "FROM "):
		return KindWrite
	case callCommands[e.Command]:
		return KindCall
	case e.Command == "LOCK TABLE":
		return KindLock
	case word == "GRANT", word == "REVOKE", strings.HasSuffix(e.Command, " ROLE"), e.Command == "ALTER DEFAULT PRIVILEGES", strings.HasSuffix(e.Command, " POLICY"):
		return KindPrivilege
	case ddlWords[word]:
		return KindDDL
	}
	return KindOther
}

// statementWords are the words that a condition on statements can begin with.
var statementWords = []string{
	"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY", "CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "REASSIGN", "SECURITY",
	"SET", "RESET", "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "CALL", "DO", "LOCK", "DECLARE", "FETCH", "MOVE", "CLOSE", "EXPLAIN",
	"ANALYZE", "VACUUM", "REINDEX", "REFRESH", "CLUSTER", "IMPORT", "LISTEN", "NOTIFY", "UNLISTEN", "LOAD", "CHECKPOINT", "DISCARD", "SHOW",
}

// StatementWords are the words with which a condition on statements can begin, as PostgreSQL's command tags do.
func StatementWords() []string { return slices.Clone(statementWords) }
