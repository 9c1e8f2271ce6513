package mask

import (
	"maps"
	"slices"
)

// Classes are the names of all classes, for those who write rules about them.
func Classes() []string {
	out := make([]string, 0, len(treatments))
	for c := range maps.Keys(treatments) {
		out = append(out, string(c))
	}
	slices.Sort(out)
	return out
}

// Treatments are the names of all treatments, the strongest first.
func Treatments() []string {
	return []string{Null, Fixed, Redact, Pseudonym, FF1, Fake, Noise, Bucket, Shift, Year, Subnet, Partial}
}

// Keeps reports whether a treatment does to values of a class what its name says. Elsewhere nothing of the value is kept.
func (c Class) Keeps(treatment string) bool {
	switch treatment {
	case Year:
		return c == BirthDate
	case Subnet:
		return c == Network
	case Partial:
		return c == Phone || c == Card || c == Account || c == NationalID
	}
	return true
}
