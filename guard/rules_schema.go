package guard

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// schemaRules are about data definition.
var schemaRules = []Rule{
	{
		ID: "DD01", Title: "DROP of an object that holds data or that code depends on", Severity: Block, ddl: true,
		Why:  "what is dropped is lost, and what depends on it breaks",
		Safe: "rename the object in a migration, and drop it there once nothing uses it",
		match: func(m *matcher) {
			m.unbounded(func(e *lineage.Effect) bool { return dropped[strings.TrimPrefix(e.Command, "DROP ")] })
		},
	},
}

var dropped = map[string]bool{
	"TABLE": true, "VIEW": true, "MATERIALIZED VIEW": true, "SCHEMA": true, "DATABASE": true, "SEQUENCE": true,
	"TYPE": true, "DOMAIN": true, "FUNCTION": true, "PROCEDURE": true, "ROUTINE": true, "AGGREGATE": true,
}
