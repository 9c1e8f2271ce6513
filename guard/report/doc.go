// Package report gathers what an application sends and what the guard makes of it, so that a running system can adopt the
// driver step by step: observe, read the report, write the clear list and the policy, switch to standard.
//
// The DSN key governed.report names a directory. Each process writes one file there, new statements at once and counts
// every few seconds; it holds texts without literals, names of objects, rules and callers, and never a value. The command
//
//	go run github.com/governedsql/governed/cmd/governed report DIR
//
// adds the files up and prints what standard would have refused, warned of and masked, with the policy that keeps the
// application working. The same files are what an allow-list is learned from: report -allow-list DIR.
package report
