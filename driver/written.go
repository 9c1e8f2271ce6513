package driver

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// writtenQuery counts the rows that the transaction has inserted, updated and deleted in tables of the database so far,
// those of triggers, cascades and functions included. A row that moves to another partition counts twice. Null where the
// server does not count.
const writtenQuery = `select case when pg_catalog.current_setting('track_counts') OPERATOR(pg_catalog.=) 'on' then (
	select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) OPERATOR(pg_catalog.+)
		pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)), 0)::pg_catalog.int8
	from pg_catalog.pg_class c where c.relkind OPERATOR(pg_catalog.=) 'r' and c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
	)::pg_catalog.text end`

func (b *bounds) reads(into *int64) func([][]byte) error {
	return func(row [][]byte) (err error) {
		if row[0] == nil {
			return &PreambleError{Err: errors.New("the server does not count written rows (track_counts is off), which are limited")}
		}
		*into, err = strconv.ParseInt(string(row[0]), 10, 64)
		return err
	}
}

// overrun is the error of a statement that wrote more rows than it may.
func (b *bounds) overrun(tag pgconn.CommandTag) error {
	n := max(0, b.after-b.before)
	if tag.Insert() || tag.Update() || tag.Delete() || strings.HasPrefix(tag.String(), "MERGE") || strings.HasPrefix(tag.String(), "COPY") && b.p.from != nil {
		n = max(n, tag.RowsAffected())
	}
	if n <= b.limits.AffectedRows {
		return nil
	}
	return b.p.stopped(&guard.LimitError{Rule: ruleAffected, Limit: "affected_rows", Max: float64(b.limits.AffectedRows), Actual: float64(n)})
}

// mayWrite reports whether a statement may change something that a rollback would undo.
func mayWrite(st *lineage.Statement) bool {
	const notRun = lineage.InExplain | lineage.InPrepare | lineage.InDefinition
	for i := range st.Relations {
		if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && r.Inside&notRun == 0 {
			return true
		}
	}
	for i := range st.Functions {
		if f := &st.Functions[i]; f.Inside&notRun == 0 && volatile(f, true) {
			return true
		}
	}
	for i := range st.Effects {
		switch e := &st.Effects[i]; {
		case e.Inside&notRun != 0, e.Command == "COPY" && strings.HasPrefix(e.Action, "TO "):
		case quiet[e.Command]:
		default:
			return true
		}
	}
	return len(st.Unresolved) > 0
}

// quiet are commands that are effects and change no data.
var quiet = map[string]bool{
	"EXPLAIN": true, "FETCH": true, "MOVE": true, "CLOSE CURSOR": true, "CLOSE CURSOR ALL": true,
	"LISTEN": true, "UNLISTEN": true, "DEALLOCATE": true, "DEALLOCATE ALL": true, "CHECKPOINT": true, "LOAD": true,
}

// dataCommands are the commands that write rows, and those that may do anything.
var dataCommands = map[string]bool{
	"INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "COPY": true, "DO": true, "CALL": true, "EXECUTE": true,
}

// writesData reports whether a statement writes rows, not only definitions.
func writesData(st *lineage.Statement) bool {
	for i := range st.Relations {
		if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && dataCommands[r.Command] && r.Inside&lineage.InDefinition == 0 {
			return true
		}
	}
	for i := range st.Effects {
		if e := &st.Effects[i]; dataCommands[e.Command] && e.Inside&lineage.InDefinition == 0 {
			return true
		}
	}
	return len(st.Unresolved) > 0
}

// takesLocks reports whether a statement takes locks that a rollback would give back.
func takesLocks(st *lineage.Statement) bool {
	for i := range st.Relations {
		if st.Relations[i].Access&lineage.Locks != 0 {
			return true
		}
	}
	return st.Class != lineage.Read && st.Command != "EXPLAIN"
}

// writesRows reports whether the rows that a statement returns may be rows that it has written.
func writesRows(list []*lineage.Statement) bool {
	for _, st := range list {
		for i := range st.Relations {
			if r := &st.Relations[i]; r.Access&lineage.Writes != 0 && r.Inside&(lineage.InFunction|lineage.InTrigger|lineage.InExplain|lineage.InDefinition) == 0 {
				return true
			}
		}
	}
	return false
}

func lowest(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// deferred has deferred triggers run before a commit, and stops a transaction in which they write more rows than a
// statement of it may. The transaction is rolled back then.
func (s *session) deferred(ctx context.Context, p *passage) error {
	if s.tx.affects == 0 || s.conn.pc.TxStatus() != 'T' {
		return nil
	}
	b := &bounds{p: p, limits: guard.Limits{AffectedRows: s.tx.affects}}
	err := s.conn.run(ctx, []preamble{{text: writtenQuery, read: b.reads(&b.before)}, {text: immediateText}, {text: writtenQuery, read: b.reads(&b.after)}})
	if err == nil {
		err = b.overrun(pgconn.CommandTag{})
	}
	if err != nil && !s.conn.pc.IsClosed() {
		s.conn.endOwn("rollback")
	}
	return err
}
