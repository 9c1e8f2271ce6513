// Package driver registers the database/sql driver governed-postgres, and makes connectors for those who configure it in
// code. Package governed, the root of the module, is the book; this page is about the driver alone.
//
// # Opening
//
//	db, err := sql.Open("governed-postgres", "postgres://app@db/shop")                  // zero configuration
//	connector, err := driver.NewConnector(dsn, &driver.Config{Profile: driver.Strict})  // configured
//	connector, err := driver.WrapConnector(stdlib.GetConnector(*pgxConfig), nil)        // over pgx's own connectors
//	err := driver.Register("governed-reporting", &driver.Config{Clear: columns})        // under another name
//
// # Modes
//
// pgx's default_query_exec_mode is honoured, so that PgBouncer works: cache_statement (the default), cache_describe,
// describe_exec and exec; simple_protocol is run as exec. Prepared statements are the driver's own, and the server
// describes every execution.
//
// # Arguments
//
// What database/sql and pgx can encode is accepted: scalars, times, slices, driver.Valuer, pgtype values, structs and maps
// for JSON. [pgx.NamedArgs] and [pgx.StrictNamedArgs] are resolved before the text is analysed. Whatever else could change
// what is sent is an [ArgumentError].
//
// A key of a document that is an argument (d ->> $1) is judged by its value: members of sensitive keys come back masked. Types
// that encode themselves say nothing before they are sent: what they take out is hidden.
//
// # COPY
//
//	db.ExecContext(ctx, "COPY t FROM STDIN (FORMAT csv)", driver.CopyFrom(file))
//	db.ExecContext(ctx, "COPY t TO STDOUT", driver.CopyTo(w))
//
// COPY TO shows what a SELECT would: columns that are masked are denied, so are values of documents beside their keys, and the
// values of those that nobody labelled are looked at row by row. The server is asked for the types of the columns first, one more round trip.
//
// # Limits
//
// The limits of a policy hold while a statement runs and end with it. Timeouts travel with the statement and only ever
// tighten. A statement that writes more rows than it may, those of triggers and cascades included, is undone: outside a
// transaction in one of its own, inside one by a savepoint. A result that reaches its rows, its bytes or its caller's
// budget is cut off, and the server stops working on it. What the planner expects to cost too much is not sent. The error
// is a *guard.LimitError, and the transaction goes on as if the statement had not been.
//
// What is limited in rows that it writes hands out no row before it is known to stay. One that cannot run in a transaction
// block, or ends transactions, travels alone: it has no timeouts of the policy's, and may write no rows that are limited.
//
// # Labels
//
// What a column holds can stand in its comment: [governed: email], [governed: pii.phone], [governed: not_sensitive], with any
// other words around it. A label beats the column's name. An unknown word in one hides the column and is warned of once.
// Security labels, of PostgreSQL Anonymizer for instance, hide a column as well.
//
// A statement that copies a sensitive column into a relation that it makes (CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED
// VIEW, temporary or not), takes away the name by which it is known, or gives its values to another column by ALTER COLUMN
// TYPE USING, passes and is labelled: the driver appends the class to the comments, in the statement's transaction or in one
// of its own. What is computed from the column is "labelled", of which nothing is shown. Where no label can be written the
// statement is undone and denied. A copy into a column that is there, of which nothing says that it is sensitive, is denied:
// label it first, or read the source in clear. COMMENT must leave labels as they are, but in migrations.
//
// # Samples
//
// When a relation is first met, its columns that nobody classified are classified by their values: not by rows that the driver
// reads, which would take the transaction's snapshot, run the code of row security for nobody and differ from process to
// process, but by those that ANALYZE has put into pg_stats, the server's own sample. It is one more question to the catalog in
// one round trip, of some twenty frequent values and forty others of a column; columns whose label, name or type says something, and
// types that hold no text and no long number, are not asked for. A table stands for its partitions, a partition for its siblings: each
// of them is judged by itself, and all of them together, and one that proves something is enough.
//
// Such a column is of a class where nearly all of many different values are of it, and then like one whose name says so:
// masked whole, in expressions too, its copies labelled or denied, predicates over it warned of. A word decides otherwise:
// [governed: not_sensitive] in the comment, or a tag of a policy. A log line says once of each what was found: class and
// counts. No value is kept. What is below that is scanned in results, value by value, as before.
//
// pg_stats shows a role what it may read, and nothing of a table whose row security is active for it. What one role of a
// connector was shown holds for all of them until the process ends, or the column gets another name or type, of which a
// statement through the driver leaves a label. A table is asked for again when the server says that it was
// analysed, or counts other rows than before, at the statement after an ANALYZE or VACUUM through the driver, and every ten minutes. Until a table is analysed for the first time there is no sample: its results are scanned, and
// no more. So it is with values of more than a kilobyte, documents, domains over types of extensions, temporary tables, and where
// pg_stats is closed to the role. [Config.SampleOff], or governed.sample=off, asks nothing.
//
// The command governed scan reads rows when somebody asks for it, and -write stores what it finds as labels, which every
// process sees whether or not it may see samples.
//
// # Claims
//
// With [Claims] the server is told of the caller of each statement: governed.claims is JSON with the members sub, iss, kind
// (human, service, agent, anonymous), verified, roles, actors (who acts now first), jti, exp (until when it counts), job
// (namespace, name, run, model), purpose and trace; what is not known is left out, and roles are empty unless the caller is
// verified. It is a setting of the transaction: it travels with the statement and ends with it; inside a transaction it is
// sent with the first statement, and again when it is another's, or when a rollback to a savepoint or code that was not
// opened may have changed it. Constraint triggers that are deferred see the last. Policies read it so:
//
//	nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'
//
// which is NULL, and no row's owner, for nobody and for what is sent without: texts that control transactions or cannot run
// in one (VACUUM, CREATE INDEX CONCURRENTLY, CREATE DATABASE, procedures that commit, scripts with BEGIN), SET, RESET and SHOW
// outside of a transaction, LOCK TABLE as the first statement of one, and in observe what the parser cannot read. As a scalar
// subquery it is computed once for a statement, not for each row. COPY cannot travel with anything: outside of a transaction
// it gets one of its own.
//
// Claims.Role gives a database role for each caller, which statements run as and names are resolved as. A caller without one
// is refused, and so is what is sent without claims but transaction control, SET and SHOW: it would run with the rights of the role
// that is logged in. That role needs no more rights than to become the others; where it may not, the server says 42501.
// Observe refuses nothing: there such texts and callers run as the role that is logged in.
//
// A name of the caller, the job or the purpose that is no text or holds control characters is refused with a [CallerError]; in
// observe U+FFFD stands for what it cannot say. What was refused leaves the transaction as it was: what is deferred to its end
// runs as the last caller whose statement ran.
//
// # Cursors
//
// FETCH and MOVE work on cursors that the same caller declared in the open transaction through the driver. A rollback to a
// savepoint, and code that may have replaced them, makes them unknown.
//
// # Connections
//
// A connection on which something stays behind (a setting, a temporary table, a session lock) is closed instead of going
// back to the pool. Standard warns of locks of the session (pg_advisory_lock and its kin) in the text of a statement: they are
// held as long as the sql.Conn or the transaction on which they were taken, and taken by db.Exec they end with it. One keyed by a
// masked column is denied. Code of tables that no statement names is not opened: triggers and rules, and functions of users that
// defaults, generated columns, constraints, indexes and policies call. After a statement that may have run such code, a session
// is reset for its next user, in one round trip, and the hooks that set it up run again. Expressions of nothing but harmless
// functions of PostgreSQL's own (now, nextval, gen_random_uuid, current_setting) cost nothing. sql.Conn.Raw hands out a governed connection: its context methods pass the guard, its legacy methods
// refuse.
package driver
