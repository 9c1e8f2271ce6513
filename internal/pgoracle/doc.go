// Package pgoracle holds the parser of governed against libpg_query, PostgreSQL's own parser in C. It needs cgo, its module
// is its own, and nothing imports it: libpg_query can end the process on hostile input, so that it decides nothing.
package pgoracle
