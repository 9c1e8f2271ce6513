package policyfile

import (
	"bytes"
	_ "embed"
)

//go:embed policy.schema.json
var schemaJSON []byte

// Schema is the JSON Schema of policy files, for editors: they complete and check what is written.
func Schema() []byte { return bytes.Clone(schemaJSON) }
