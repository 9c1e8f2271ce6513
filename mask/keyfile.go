package mask

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// KeyFileError says why a file of keys cannot be read or written, in the system's words for it, and leaves out which: a key that
// was put where the name of its file belongs would be said to everybody who reads logs.
func KeyFileError(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return fmt.Errorf("mask: the file of keys cannot be used: %w", errno)
	}
	return errors.New("mask: the file of keys cannot be used")
}

// errKeys says no more than where: the rest of a line may be a key.
var errKeys = errors.New("mask: a file of keys has one on each line, in base64, of at least 16 bytes, and no key twice; # begins a comment")

// ParseKeys reads a file of keys for pseudonyms: one on each line, in base64, the one in force first and those before it
// below; # begins a comment. With the keys before it, what was stored under them can be told and brought over (the command
// governed pseudonym does). The error says which line is wrong and quotes nothing of it.
func ParseKeys(text []byte) ([][]byte, error) {
	var keys [][]byte
	for n, line := range bytes.Split(text, []byte("\n")) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(string(line))
		if err != nil || len(key) < minKey {
			return nil, fmt.Errorf("%w: line %d", errKeys, n+1)
		}
		if slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
			return nil, fmt.Errorf("%w: line %d has a key that stands above", errKeys, n+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: it has none", errKeys)
	}
	return keys, nil
}

// ReadKeys is [ParseKeys] for a file. Errors are those of ParseKeys and of [KeyFileError].
func ReadKeys(name string) ([][]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, KeyFileError(err)
	}
	return ParseKeys(text)
}

// Pseudonym is what a column of a class shows for a value that is treated by [Pseudonym], where its type takes the whole of
// it. "" stays "".
func (m *Masker) Pseudonym(c Class, value string) string {
	f := m.Func(Column{Treatment: Pseudonym, Class: string(c)}, Field{TypeOID: 25})
	out, _ := f(value).(string)
	return out
}
