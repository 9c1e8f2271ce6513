// Command predict reads inputs made by ../shared/oracle/strip.py and writes predictions as ../shared/oracle/README.md
// defines; -format cases does the same for ../shared/lineage (input lines have id, sql, schema, types, views,
// search_path, ddl and no answers). It holds no resolution logic of its own: what it writes is what lineage says.
//
//	go run ./internal/oracle/predict -catalog catalog_defs.jsonl.gz <inputs.jsonl >predictions.jsonl
//	go run ./internal/oracle/predict -format cases <cases.jsonl >predictions.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"
)

func main() {
	definitions := flag.String("catalog", "", "catalog_defs.jsonl, plain or compressed")
	format := flag.String("format", "statements", "statements or cases")
	flag.Parse()
	if err := run(*format, *definitions, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(format, definitions string, in io.Reader, out io.Writer) error {
	w := bufio.NewWriter(out)
	answer := answerCase
	if format == "statements" {
		defs, err := readDefinitions(definitions)
		if err != nil {
			return err
		}
		answer = defs.answer
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			prediction, err := answer(line)
			if err != nil {
				return err
			}
			if err := enc.Encode(prediction); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if err != nil {
			return err
		}
	}
}
