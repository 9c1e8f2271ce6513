package ledger

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Keys are the public keys by which a log is checked.
type Keys struct {
	list  []note.Verifier
	lines []string
}

// ParseKeys reads public keys as signed notes have them: name+hash+base64, one a line. Each has one spelling only.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		v, err := note.NewVerifier(line)
		if err != nil || spelled(v, line) != line {
			return Keys{}, errors.New("not a public key: name+hash+base64 is expected, one a line")
		}
		k.list, k.lines = append(k.list, v), append(k.lines, line)
	}
	return k, nil
}

// spelled is the one way to write a key that was read: the reader is content with upper case and line ends within.
func spelled(v note.Verifier, line string) string {
	head := fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, head))
	if err != nil {
		return ""
	}
	return head + base64.StdEncoding.EncodeToString(raw)
}

// String gives the keys as they stand in a file.
func (k Keys) String() string { return strings.Join(k.lines, "\n") + "\n" }

// ReadKeys reads public keys from a file.
func ReadKeys(name string) (Keys, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Keys{}, err
	}
	k, err := ParseKeys(string(text))
	if err != nil {
		return k, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

func (k Keys) verifiers() note.Verifiers { return note.VerifierList(k.list...) }

// Origin is the log's name, "" where there is no key.
func (k Keys) Origin() string {
	if len(k.list) == 0 {
		return ""
	}
	return k.list[0].Name()
}

// has reports whether all keys of another list are among them.
func (k Keys) has(other Keys) bool {
	for _, line := range other.lines {
		if !slices.Contains(k.lines, line) {
			return false
		}
	}
	return len(other.lines) > 0
}

// newKey makes a private key and its public one.
func newKey(origin string) (private, public string, err error) {
	private, public, err = note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", fmt.Errorf("making the key of the log: %w", err)
	}
	return private, public, nil
}

// readPrivate reads the private key. Its errors name the file and never what is in it.
func readPrivate(name string) (note.Signer, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(strings.TrimSuffix(string(text), "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s is not the private key of a log", name)
	}
	return signer, nil
}
