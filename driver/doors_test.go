package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"reflect"
	"testing"
	"unsafe"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

var background = context.Background()

// Each test shows a door of database/sql and pgx open on plain pgx, and then shut here.

func TestDoorB1QueryRewriter(t *testing.T) {
	f := setup(t, nil)
	var got string
	require.NoError(t, f.plain.QueryRow("select 'harmless'", rewriter{"select email from people"}).Scan(&got))
	require.Equal(t, u1, got, "open on plain pgx")
	_, err := f.plain.Exec("select 1", rewriter{"create table b1_plain(a int)"})
	require.NoError(t, err)
	require.True(t, f.exists("b1_plain"))

	require.ErrorContains(t, f.governed.QueryRow("select 'harmless'", rewriter{"select email from people"}).Scan(&got), "rewriter")
	_, err = f.governed.Exec("select 1", rewriter{"create table b1(a int)"})
	require.Error(t, err)
	_, err = f.governed.Exec("select 1", &rewriter{"create table b1(a int)"})
	require.Error(t, err)
	require.False(t, f.exists("b1"))
}

func TestDoorB1NamedArgsAreDecidedAsSent(t *testing.T) {
	f := setup(t, nil)
	var id int
	require.NoError(t, f.governed.QueryRow("select id from people where id = @id", pgx.NamedArgs{"id": 1}).Scan(&id))
	require.Equal(t, 1, id)
	list := f.records.of(lineage.StatementEvent)
	require.Equal(t, "select id from people where id = $1", list[len(list)-1].Statement.SQL)

	require.NoError(t, f.governed.QueryRow("select id from people where id = @id", pgx.StrictNamedArgs{"id": 1}).Scan(&id))
	require.Error(t, f.governed.QueryRow("select $1::text, @id", "x", pgx.NamedArgs{"id": 1}).Scan(&id), "not as a second argument")
	require.Error(t, f.governed.QueryRow("select @id", pgx.NamedArgs{"id": pgx.QueryExecModeSimpleProtocol}).Scan(&id), "named arguments may not hold options")
}

func TestDoorB2QueryExecMode(t *testing.T) {
	f := setup(t, nil)
	for _, mode := range []any{pgx.QueryExecModeSimpleProtocol, pgx.QueryResultFormats{1}, pgx.QueryResultFormatsByOID{23: 1}} {
		_, err := f.governed.Query("select 1; create table b2(a int)", mode)
		require.Error(t, err)
		_, err = f.governed.Query("select 1", mode)
		var refused *driver.ArgumentError
		require.ErrorAs(t, err, &refused)
	}
	rows, err := f.plain.Query("select 1; create table b2_plain(a int)", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err, "open on plain pgx")
	require.NoError(t, rows.Close())
	require.True(t, f.exists("b2_plain"))
	require.False(t, f.exists("b2"))
}

func TestDoorB3ExecWithoutArguments(t *testing.T) {
	f := setup(t, nil)
	_, err := f.plain.Exec("select 1; create table b3_plain(a int); select 2")
	require.NoError(t, err, "open on plain pgx")
	require.True(t, f.exists("b3_plain"))

	_, err = f.governed.Exec("select 1; create table b3(a int); select 2")
	require.ErrorIs(t, err, guard.ErrDenied)
	var denied *guard.DeniedError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "TX01", denied.Rule)
	require.False(t, f.exists("b3"))
}

func TestDoorB4StackedCommit(t *testing.T) {
	f := setup(t, nil)
	escape := func(db *sql.DB, table string) error {
		tx, err := db.BeginTx(background, &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		_, err = tx.Exec("commit; create table " + table + "(a int); begin")
		if err != nil {
			require.NoError(t, tx.Rollback())
			return err
		}
		return tx.Commit()
	}
	require.NoError(t, escape(f.plain, "b4_plain"))
	require.True(t, f.exists("b4_plain"), "open on plain pgx")
	require.ErrorIs(t, escape(f.governed, "b4"), guard.ErrDenied)
	require.False(t, f.exists("b4"))
	for _, text := range []string{"commit", "end", "abort", "rollback", "rollback and chain", "begin", "start transaction", "/* x */ commit"} {
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		_, err = tx.Exec(text)
		require.ErrorIs(t, err, guard.ErrDenied, text)
		_, err = tx.Exec("select 1")
		require.NoError(t, err, "a refusal does not poison the transaction")
		require.NoError(t, tx.Commit())
	}
}

func TestDoorB5DataSourceName(t *testing.T) {
	f := setup(t, nil)
	dsn := f.dsn + "&default_query_exec_mode=simple_protocol"
	rows, err := open(t, "pgx", dsn).Query("select 1; create table b5_plain(a int)")
	require.NoError(t, err, "open on plain pgx")
	require.NoError(t, rows.Close())
	require.True(t, f.exists("b5_plain"))

	db := open(t, driver.Name, dsn)
	_, err = db.Query("select 1; create table b5(a int)")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.False(t, f.exists("b5"))
	var n int
	require.NoError(t, db.QueryRow("select count(*) from people where id = $1", 1).Scan(&n), "the mode itself works, as exec")

	for _, key := range []string{
		"&replication=database", "&role=postgres", "&options=-c%20standard_conforming_strings%3Doff",
		"&options=--session_replication_role%3Dreplica", "&options=-crow_security%3Doff", "&row_security=off",
		"&standard_conforming_strings=off", "&client_encoding=latin1", "&options=-W%201",
		`&options=-c%20session_replication\_role%3Dreplica`, `&options=-capplication_name%3Da\\%20-crow_security%3Doff`,
		"&zero_damaged_pages=on", "&options=--plpgsql.variable_conflict%3Duse_variable",
	} {
		_, err := driver.NewConnector(f.dsn+key, nil)
		var refused *driver.DSNError
		require.ErrorAs(t, err, &refused, key)
	}
}

func TestDoorB6SessionState(t *testing.T) {
	f := setup(t, nil)
	show := func(db *sql.DB) (v string) {
		require.NoError(t, db.QueryRow("select current_setting('statement_timeout')").Scan(&v))
		return v
	}
	f.plain.SetMaxOpenConns(1)
	before := show(f.plain)
	_, err := f.plain.Exec("set statement_timeout = '77s'")
	require.NoError(t, err)
	require.NotEqual(t, before, show(f.plain), "open on plain pgx: the next user of the pool inherits it")
	_, err = f.plain.Exec("reset statement_timeout")
	require.NoError(t, err)

	f.governed.SetMaxOpenConns(1)
	for _, text := range []string{
		"set statement_timeout = '77s'", "select set_config('statement_timeout', '77s', false)", "listen x",
		"set role postgres", "set search_path = pg_temp", "prepare p as select 1", "select pg_advisory_lock(1)", "discard all", "reset all",
	} {
		_, err = f.governed.Exec(text)
		if err == nil { // what leaves something behind and is let through costs the connection
			continue
		}
		require.ErrorIs(t, err, guard.ErrDenied, text)
	}
	require.Equal(t, before, show(f.governed))
	require.Zero(t, f.count("select count(*) from pg_locks where locktype = 'advisory'"))

	ctx, cancel := context.WithCancel(background)
	conn, err := f.governed.Conn(ctx)
	require.NoError(t, err)
	_, err = conn.ExecContext(ctx, "create temp table mine(a int)")
	require.NoError(t, err)
	_, err = conn.ExecContext(ctx, "insert into mine values (1)")
	require.NoError(t, err, "temporary tables work on a connection of one's own")
	require.NoError(t, conn.Close())
	cancel()
	_, err = f.governed.Exec("insert into mine values (2)")
	require.ErrorContains(t, err, "does not exist", "and are gone for the next user of the pool")
}

func TestDoorB7RawWithUnsafe(t *testing.T) {
	f := setup(t, nil)
	steal := func(db *sql.DB) (err error) {
		conn, cerr := db.Conn(background)
		require.NoError(t, cerr)
		defer conn.Close()
		return conn.Raw(func(dc any) (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = errors.New("not reachable")
				}
			}()
			if sc, ok := dc.(*stdlib.Conn); ok {
				_, err := sc.Conn().Exec(background, "select 2")
				return err
			}
			p := reflect.New(reflect.TypeOf(dc))
			p.Elem().Set(reflect.ValueOf(dc))
			sc := (*(*sqldriver.Conn)(unsafe.Pointer(p.Elem().FieldByName("parent").UnsafeAddr()))).(*stdlib.Conn)
			_, err = sc.Conn().Exec(background, "select 2")
			return err
		})
	}
	require.NoError(t, steal(f.plain), "open on plain pgx")
	require.Error(t, steal(f.governed), "this code finds no *stdlib.Conn; code that looks deeper cannot be stopped in-process")
}

func TestDoorB8SecondConnection(t *testing.T) {
	// Nothing in the process can stop a second, plain connection; what can is the database. The fence of the
	// documentation is a role that may read only where the driver's proof is set, which a plain session does not have.
	f := setup(t, nil,
		"create role fenced_"+"b8 login",
		"alter table people enable row level security",
		"grant select on people to fenced_b8",
		"create policy proof on people to fenced_b8 using (nullif(current_setting('governed.proof', true), '') = 'issued')",
	)
	defer func() { _, _ = f.plain.Exec("drop owned by fenced_b8; drop role fenced_b8") }()
	require.Equal(t, 1, f.count("select count(*) from people where email = '"+u1+"'"), "open: a plain connection as a role without the fence")
	config, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	config.User = "fenced_b8"
	plain := stdlib.OpenDB(*config)
	defer plain.Close()
	var n int
	require.NoError(t, plain.QueryRow("select count(*) from people").Scan(&n))
	require.Zero(t, n, "a plain session sees nothing")
}

func TestDoorB9LegacyMethods(t *testing.T) {
	f := setup(t, nil)
	legacy := func(db *sql.DB, run func(dc any) error) error {
		conn, err := db.Conn(background)
		require.NoError(t, err)
		defer conn.Close()
		return conn.Raw(run)
	}
	prepare := func(dc any) error {
		st, err := dc.(sqldriver.Conn).Prepare("select 42")
		if err == nil {
			err = st.Close()
		}
		return err
	}
	require.NoError(t, legacy(f.plain, prepare), "open on plain pgx")
	require.Error(t, legacy(f.governed, prepare))
	for name, run := range map[string]func(dc any) error{
		"Begin": func(dc any) error {
			//lint:ignore SA1019 the deprecated door is the point
			_, err := dc.(sqldriver.Conn).Begin()
			return err
		},
		"Exec": func(dc any) error {
			//lint:ignore SA1019 the deprecated door is the point
			_, err := dc.(sqldriver.Execer).Exec("create table b9(a int)", nil)
			return err
		},
		"Query": func(dc any) error {
			//lint:ignore SA1019 the deprecated door is the point
			_, err := dc.(sqldriver.Queryer).Query("select 1", nil)
			return err
		},
		"Stmt.Exec": func(dc any) error {
			st, err := dc.(sqldriver.ConnPrepareContext).PrepareContext(background, "insert into people(name) values ('b9')")
			if err != nil {
				return err
			}
			//lint:ignore SA1019 the deprecated door is the point
			_, err = st.Exec(nil)
			return err
		},
		"mode argument past CheckNamedValue": func(dc any) error {
			_, err := dc.(sqldriver.QueryerContext).QueryContext(background, "select 1; select 2",
				[]sqldriver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeSimpleProtocol}})
			return err
		},
	} {
		require.Error(t, legacy(f.governed, run), name)
	}
	require.False(t, f.exists("b9"))
	require.Zero(t, f.count("select count(*) from people where name = 'b9'"))
	require.ErrorIs(t, legacy(f.governed, func(dc any) error {
		_, err := dc.(sqldriver.ExecerContext).ExecContext(background, "delete from people", nil)
		return err
	}), guard.ErrDenied, "the context methods are governed under Raw as well")
}

func TestDoorB10ErrorText(t *testing.T) {
	f := setup(t, nil, "create table strict_people (id int primary key, email text not null check (email like '%@%'))",
		"insert into strict_people values (1, '"+u1+"')")
	var n int
	err := f.plain.QueryRow("select email::int from people").Scan(&n)
	require.ErrorContains(t, err, u1, "open on plain pgx")

	for name, run := range map[string]func() error{
		"cast": func() error { return f.governed.QueryRow("select email::int from people").Scan(&n) },
		"constraint": func() error {
			_, err := f.governed.Exec("update strict_people set email = null where id = 1")
			return err
		},
		"unique": func() error { _, err := f.governed.Exec("insert into strict_people values (1, 'x@y')"); return err },
		"prepared": func() error {
			st, err := f.governed.Prepare("select email::int from people where id = $1")
			require.NoError(t, err)
			defer st.Close()
			return st.QueryRow(1).Scan(&n)
		},
	} {
		err := run()
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), u1, name)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, name)
		require.NotEmpty(t, pgErr.Code, name)
		require.NotContains(t, pgErr.Message+pgErr.Detail+pgErr.Hint+pgErr.Where+pgErr.InternalQuery, u1, name)
		require.Empty(t, pgErr.Detail, name)
	}
	_, err = f.governed.Exec("insert into strict_people values (1, 'x@y')")
	var pgErr *pgconn.PgError
	require.ErrorAs(t, err, &pgErr)
	require.Equal(t, "23505", pgErr.Code)
	require.Equal(t, "strict_people_pkey", pgErr.ConstraintName, "constraint names survive")
}

func TestDoorDriverOfDB(t *testing.T) {
	f := setup(t, nil)
	for _, db := range []*sql.DB{f.governed, open(t, driver.Name, f.dsn)} {
		connector, err := db.Driver().(sqldriver.DriverContext).OpenConnector(f.dsn)
		require.NoError(t, err)
		again := sql.OpenDB(connector)
		_, err = again.Exec("delete from people")
		require.ErrorIs(t, err, guard.ErrDenied)
		require.NoError(t, again.Close())
	}
}

func TestDoorErrSkip(t *testing.T) {
	f := setup(t, nil)
	_, err := f.governed.Exec("delete from people")
	require.NotErrorIs(t, err, sqldriver.ErrSkip)
	require.NotErrorIs(t, err, sqldriver.ErrBadConn, "database/sql would try again")
	require.Equal(t, 1, f.count("select count(*) from people"))
}

func TestDoorPoolConnector(t *testing.T) {
	f := setup(t, nil)
	config, err := pgx.ParseConfig(f.dsn)
	require.NoError(t, err)
	connector, err := driver.WrapConnector(stdlib.GetConnector(*config), nil)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec("delete from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	var email string
	require.NoError(t, db.QueryRow("select email from people").Scan(&email))
	require.NotEqual(t, u1, email)
}

func TestDoorNotice(t *testing.T) {
	var texts []string
	f := setup(t, &driver.Config{OnNotice: func(_ *pgconn.PgConn, n *pgconn.Notice) {
		texts = append(texts, n.Message+n.Detail+n.Hint+n.Where)
	}}, `create function leak(e text) returns text language plpgsql stable as $$ begin raise notice 'saw %', e; return 'x'; end $$`)
	rows, err := f.governed.Query("select leak(email) from people")
	if err == nil {
		for rows.Next() {
		}
		require.NoError(t, rows.Close())
	}
	for _, text := range texts {
		require.NotContains(t, text, u1)
	}
}
