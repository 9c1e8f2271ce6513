package guard

// RuleUnresolved is the id of the denial of a statement whose names or shape could not be resolved. The driver asks for
// it: what the server does not know either is better answered with the server's own error.
const RuleUnresolved = "UNRESOLVED"

// OnlyConditional reports whether nothing but a condition (on arguments, or on the moment) can keep the statement from
// running: it may then be prepared, and is decided when it runs.
func (s *Static) OnlyConditional() bool { return s.fixed.Allowed() }
