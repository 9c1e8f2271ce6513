package guard

// Severity says what a rule asks for before a profile softens it.
type Severity byte

// The severities.
const (
	Block   Severity = 'B' // never
	Approve Severity = 'A' // with an approval
	Warn    Severity = 'W' // recorded
)

// String gives the letter.
func (s Severity) String() string { return string(rune(s)) }
