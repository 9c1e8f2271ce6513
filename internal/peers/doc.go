// Package peers runs other projects' own tests and benchmarks beside the governed driver: pgx's stdlib suite, sqlx's, GORM,
// otelsql. It is a module of its own, so that none of them reaches the users of governed. Their sources are read from the
// module cache at test time and changed in memory to open the driver under test; nothing of them is kept here.
package peers
