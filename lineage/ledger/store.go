package ledger

import "time"

// store is where a log is kept: the files of a directory, or the tables of a database. It is used by one goroutine.
type store interface {
	// append makes a group durable, all of it or nothing, sealing it where the log stands. A group that failed comes
	// again: what may have been written of it must not stay beside what is written now. The file system may hang; nobody
	// but the writer waits for it.
	append(g *group, now time.Time) error
	// close ends the use of the store. clean says that the log ends with a stop record.
	close(clean bool) error
	// stands gives where the log stands.
	stands() (head, error)
}
