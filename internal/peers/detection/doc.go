// Package detection measures the value scanners of mask/detect on values from sources that they were not written from:
// the samples of gitleaks' rules, libphonenumber's example numbers, generators of test data, the standard library's keys
// and certificates, other projects' password hashing. For each class it counts how many of the positives are found, alone
// and inside of sentences, documents and lines of logs, and how much of what is found is none. It is a part of the nested
// module for heavy peers and has nothing but tests:
//
//	cd internal/peers && go test ./detection -v
//
// Values are split into two halves by what they come from (the rule, the region, the country), and not one by one. Only the
// misses of the first half are ever printed (with -misses), so that the second one tells whether a class was understood or
// its cases were learned.
package detection
