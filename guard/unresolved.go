package guard

// RuleUnresolved is the id of the denial of a statement that names what the server does not have, or that the analysis
// could not follow.
const RuleUnresolved = "UNRESOLVED"

// AllowedButFor reports whether nothing but a condition on arguments or on the connection can keep the statement from
// running for this caller now. A statement with such conditions may be prepared: the server runs nothing of it before the
// arguments are there.
func (s *Static) AllowedButFor(in *Input) bool {
	if !s.Dynamic() {
		return s.fixed.Allowed()
	}
	who, behalf := parties(in)
	v := s.conclude(func(int) bool { return false }, func(i int) (bool, bool) { return s.rules[i].holds(in, &who, &behalf) })
	return v.Allowed()
}
