package guard

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
)

// AllowList is a list of statements by fingerprint: what an application was seen to send. It is immutable.
type AllowList struct {
	prints map[string]bool
	digest [sha256.Size]byte
}

// ParseAllowList reads a list: one statement a line, its fingerprint first and, for people, its text without literals
// behind it. Empty lines and lines that begin with # say nothing.
func ParseAllowList(src []byte) (*AllowList, error) {
	l := &AllowList{prints: map[string]bool{}, digest: sha256.Sum256(src)}
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		print, _, _ := strings.Cut(line, " ")
		if len(print) != 16 || strings.Trim(print, "0123456789abcdef") != "" {
			return nil, fmt.Errorf("guard: allow-list: line %d does not begin with a fingerprint of 16 hex digits", n)
		}
		l.prints[print] = true
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("guard: allow-list: %w", err)
	}
	return l, nil
}

// Has reports whether a statement is on the list. No fingerprint is on none.
func (l *AllowList) Has(fingerprint string) bool { return fingerprint != "" && l.prints[fingerprint] }

// Len is how many statements are on the list.
func (l *AllowList) Len() int { return len(l.prints) }

// Digest is the SHA-256 of the text that the list was read from.
func (l *AllowList) Digest() [sha256.Size]byte { return l.digest }
