package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/governedsql/governed/lineage"
)

// What a text leaves on its connection the driver knows from the text and the bodies that it calls. Code of a table that no
// text names is not opened: that of triggers and rules, and what its defaults, constraints, indexes and policies call. It runs
// with ordinary statements. Where such code may have run, the connection is swept before its next user gets it, in one round
// trip.

// sweeping takes off a session whatever code can have left on it, and asks whether there is a prepared statement that SQL
// made: those cannot be told from the driver's own when they are taken off. Nothing shorter will do: settings of an
// application's own stand in no view.
const sweeping = "close all; set session authorization default; reset all; unlisten *; select pg_catalog.pg_advisory_unlock_all(); discard temp; " +
	"select exists (select 1 from pg_catalog.pg_prepared_statements where from_sql)"

// sweep makes the connection fit for its next user; driver.ErrBadConn means that it is not. What hooks of the application
// set after connecting they set again.
func (s *session) sweep(ctx context.Context) error {
	hidden := s.unseen
	if !hidden {
		var err error
		if hidden, err = s.cascades(ctx); err != nil {
			return driver.ErrBadConn
		}
	}
	s.unseen, s.wrote = false, false
	if !hidden {
		return nil
	}
	if s.pathRead > 1 { // what was read first, before anything ran, is true again
		s.pathKnown, s.pathRead = false, 0
	}
	results, err := s.conn.pc.Exec(ctx, sweeping).ReadAll()
	if err == nil && prepares(results) {
		err = driver.ErrBadConn
	}
	if err == nil {
		err = s.g.preset(ctx, s.conn.pgx)
	}
	if err != nil {
		s.tainted = true
		return driver.ErrBadConn
	}
	return nil
}

// prepares reads the answer to the last question of sweeping.
func prepares(results []*pgconn.Result) bool {
	if len(results) == 0 {
		return true
	}
	last := results[len(results)-1]
	return len(last.Rows) != 1 || len(last.Rows[0]) != 1 || string(last.Rows[0][0]) != "f"
}

// unseen reports whether the use of a relation runs code that is not opened.
func unseen(r *lineage.RelationUse) bool {
	t := &r.Relation
	return t.PolicyCalls || r.Access&lineage.Writes != 0 && (len(t.Triggers) > 0 || t.Rules || t.Calls || t.Children || t.Kind == lineage.View)
}

// cascadesQuery asks whether a write to one table may reach a trigger or rule of another, or what its rows call when they
// are changed with it.
var cascadesQuery = `select (exists (select 1 from pg_catalog.pg_constraint k
	join pg_catalog.pg_class c on c.oid OPERATOR(pg_catalog.=) k.conrelid
	where k.contype OPERATOR(pg_catalog.=) 'f' and (c.relhasrules or exists (select 1 from pg_catalog.pg_trigger t
		where t.tgrelid OPERATOR(pg_catalog.=) c.oid and not t.tgisinternal))
	and (k.confdeltype OPERATOR(pg_catalog.=) any (array['c', 'n', 'd']::"char"[]) or k.confupdtype OPERATOR(pg_catalog.=) any (array['c', 'n', 'd']::"char"[])))
	or exists (` + codeBehind(writtenCode(`OPERATOR(pg_catalog.=) any (array(select r.conrelid from pg_catalog.pg_constraint r where r.contype OPERATOR(pg_catalog.=) 'f'
		and (r.confdeltype OPERATOR(pg_catalog.=) any (array['n', 'd']::"char"[]) or r.confupdtype OPERATOR(pg_catalog.=) any (array['c', 'n', 'd']::"char"[]))))`)) + `))::pg_catalog.text`

// cascading remembers the answer for a while.
type cascading struct {
	asked atomic.Int64 // in Unix nanoseconds
	yes   atomic.Bool
}

// maybe reports whether a write may reach triggers of other tables.
func (c *cascading) maybe() bool { return c.asked.Load() == 0 || c.yes.Load() }

// cascadingFor is how long the answer is believed.
const cascadingFor = time.Second

func (s *session) cascades(ctx context.Context) (bool, error) {
	c, now := &s.g.cascading, time.Now().UnixNano()
	if now-c.asked.Load() < int64(cascadingFor) {
		return c.yes.Load(), nil
	}
	err := s.conn.run(ctx, []preamble{{text: cascadesQuery, read: func(row [][]byte) error {
		c.yes.Store(string(row[0]) == "true")
		return nil
	}}})
	if err == nil {
		c.asked.Store(now)
	}
	return c.yes.Load(), err
}

// afterConnect is the hook of stdlib.OptionAfterConnect.
type afterConnect = func(context.Context, *pgx.Conn) error

// hooksOf gives what runs again on a connection that was swept: the hooks by which the connector sets up a fresh one. A
// connector whose hooks nobody can see gives an error instead, and its connections are given up.
func hooksOf(c driver.Connector, px *pgx.ConnConfig) afterConnect {
	if px == nil {
		return func(context.Context, *pgx.Conn) error { return errHidden }
	}
	hook, _ := fieldOf[afterConnect](c, "AfterConnect")
	return func(ctx context.Context, conn *pgx.Conn) error {
		if px.AfterConnect != nil {
			if err := px.AfterConnect(ctx, conn.PgConn()); err != nil {
				return err
			}
		}
		if hook == nil {
			return nil
		}
		return hook(ctx, conn)
	}
}

var errHidden = errors.New("governed: what the connector sets up is not known")

// fieldOf reads an exported field of stdlib's unexported connector type.
func fieldOf[T any](c driver.Connector, name string) (out T, ok bool) {
	v := reflect.ValueOf(c)
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[stdlib.Conn]().PkgPath() {
		return out, false
	}
	f := v.FieldByName(name)
	if !f.IsValid() || !f.CanInterface() {
		return out, false
	}
	out, ok = f.Interface().(T)
	return out, ok
}
