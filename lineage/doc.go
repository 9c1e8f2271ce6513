// Package lineage says what a SQL statement is before it runs: what it reads and writes, what it returns and where that
// comes from, what else it does. It holds the vocabulary that the rest of the module speaks, and the analyser.
//
// [Analyze] resolves names as PostgreSQL's own parse analysis does, with a [Catalog] in place of the server. Every
// expression becomes a value with the set of columns that it is made of; a column of a subquery, a WITH query or a join is
// such a value too, so that lineage is what is left when names are resolved. What cannot be resolved is said so
// ([Statement.Unresolved]), never guessed.
package lineage
