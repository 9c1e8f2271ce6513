package main

import (
	"os"
	"path/filepath"
	"strings"
)

// isAddress tells the address of a database from a directory, as the ledger does.
func isAddress(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// paths are those of a ledger's directory, the one without symbolic links first: a ledger that a data source name opened has
// its keys and its checkpoint beside that one. A database has none.
func paths(where string) []string {
	if isAddress(where) {
		return nil
	}
	abs, err := filepath.Abs(where)
	if err != nil {
		return nil
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil || real == abs {
		return []string{abs}
	}
	return []string{real, abs}
}

// beside finds the file with an ending that lies beside a ledger's directory; "" = there is none.
func beside(where, ending string) string {
	for _, dir := range paths(where) {
		if _, err := os.Stat(dir + ending); err == nil {
			return dir + ending
		}
	}
	return ""
}

// reason is the text of an error behind the words that the command itself begins with.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "governed: ") }
