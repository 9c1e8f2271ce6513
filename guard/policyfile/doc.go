// Package policyfile reads policies from YAML files, tests them without a database, and follows the files while a program
// runs.
//
//	import _ "github.com/governedsql/governed/guard/policyfile"
//
//	db, err := sql.Open("governed-postgres", "postgres://app@db/shop?governed.policy=policy.yaml")
package policyfile
