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
	if c == Labelled {
		return true // nobody says what it holds
	}
	fits, bound := classesOf[treatment]
	return !bound || slices.Contains(fits, c)
}

// classesOf are the classes whose values a treatment is made for. What is not in it is for any.
var classesOf = map[string][]Class{
	Year: {BirthDate}, Shift: {BirthDate}, Bucket: {Salary, BirthDate, Location}, Noise: {Salary, Location}, Subnet: {Network},
	Partial: {Phone, Card, Account, NationalID}, FF1: {Phone, Card, Account, NationalID},
}
