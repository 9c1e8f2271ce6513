// Package guard decides whether a statement may run. Rules are data: each names what it catches in the facts that
// package lineage found, how severe that is, why, and what to do instead. A [Policy] turns the hits of a statement into a
// [Verdict] under a [Profile]. Deciding is pure: no I/O, no clock, no globals.
//
// # Closed by default
//
// The zero [Verdict] is a denial. What the catalogue of rules does not name is decided by class: a data definition, a
// privileged function or a command that no rule knows is denied unless the profile allows its class, so that what the
// next release of PostgreSQL adds is refused without a new rule. A statement that was not resolved in full is denied.
//
// # Static and dynamic
//
// Nearly everything follows from the facts of a statement and the class of its caller, and is computed once:
// [Policy.Static]. What depends on the values of arguments or on the state of the connection is kept there as a condition
// and folded by [Static.Decide] at each execution.
package guard
