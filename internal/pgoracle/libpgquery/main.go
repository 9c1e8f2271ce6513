// Command libpgquery reads SQL texts as JSON strings, one a line, and says of each what PostgreSQL's C parser makes of it.
// It is a program of its own: its node types and those of governed's parser bear the same names and cannot live in one
// process, and what ends the C parser then ends nothing else.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	pgquery "github.com/pganalyze/pg_query_go/v6"
)

// Answer is one line of the output.
type Answer struct {
	Statements  int    `json:"statements"`
	Fingerprint string `json:"fingerprint"`
	Error       string `json:"error"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<22)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer(text)); err != nil {
			log.Fatal(err)
		}
	}
}

func answer(text string) (a Answer) {
	tree, err := pgquery.Parse(text)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.Statements = len(tree.Stmts)
	a.Fingerprint, err = pgquery.Fingerprint(text)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
