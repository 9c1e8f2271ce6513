package policyfile

import (
	"slices"
	"strings"
)

// nearest is the known word that somebody probably meant, "" where none is near.
func nearest(word string, known []string) string {
	best, least := "", max(1, len(word)/3)+1
	low := strings.ToLower(word)
	for _, k := range known {
		if d := distance(low, strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	prev, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], prev[j-2]+1)
			}
		}
		prev, row, next = row, next, prev
	}
	return row[len(b)]
}

// enumerate lists words for people: a, b or c.
func enumerate(words []string) string {
	const most = 24
	switch n := len(words); {
	case n == 0:
		return ""
	case n == 1:
		return words[0]
	case n > most:
		return strings.Join(words[:most], ", ") + " ..."
	default:
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
}

func sorted(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return slices.Compact(out)
}
