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
// # COPY
//
//	db.ExecContext(ctx, "COPY t FROM STDIN (FORMAT csv)", driver.CopyFrom(file))
//	db.ExecContext(ctx, "COPY t TO STDOUT", driver.CopyTo(w))
//
// # Connections
//
// A connection on which something stays behind (a setting, a temporary table, a session lock) is closed instead of going
// back to the pool. sql.Conn.Raw hands out a governed connection: its context methods pass the guard, its legacy methods
// refuse.
package driver
