package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what a log says of itself at one moment: how many records it has and the head of their tree.
type Checkpoint struct {
	Origin string // the log's name, the same as its key's
	Size   int64
	Root   tlog.Hash
}

// Text is the body of the signed note, as C2SP's tlog-checkpoint has it.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// sign gives the signed note.
func (c Checkpoint) sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, signer)
}

// maxNote bounds a checkpoint that is read: a body of three lines and the signatures of some witnesses.
const maxNote = 64 << 10

// ParseCheckpoint reads a signed checkpoint without looking at its signatures.
func ParseCheckpoint(signed []byte) (Checkpoint, error) {
	var c Checkpoint
	if len(signed) > maxNote {
		return c, errors.New("it is too long to be a checkpoint")
	}
	body, _, found := bytes.Cut(signed, []byte("\n\n"))
	lines := strings.Split(string(body), "\n")
	if !found || len(lines) < 3 {
		return c, errors.New("it is not a checkpoint: origin, size and root, an empty line, signatures")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return c, errors.New("its size is not a number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return c, errors.New("its root is not a hash")
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: tlog.Hash(root)}, nil
}

// SplitCheckpoints gives the signed checkpoints of a file that [PublishFile] wrote, or that holds one.
func SplitCheckpoints(text []byte) [][]byte {
	parts := bytes.Split(bytes.TrimSpace(text), []byte("\n\n"))
	var out [][]byte
	for i := 0; i+1 < len(parts); i++ {
		signed := append(append(bytes.Clone(parts[i]), "\n\n"...), parts[i+1]...)
		signed = append(signed, '\n')
		if _, err := ParseCheckpoint(signed); err == nil { // what was cut in two is passed over
			out = append(out, signed)
			i++
		}
	}
	return out
}

// OpenCheckpoint reads a signed checkpoint and checks that one of the keys signed it. Signatures of keys that are not
// known, a witness's for example, are left aside.
func OpenCheckpoint(signed []byte, keys Keys) (Checkpoint, error) {
	c, _, err := openCheckpoint(signed, keys)
	return c, err
}

func openCheckpoint(signed []byte, keys Keys) (Checkpoint, *note.Note, error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return c, nil, err
	}
	n, err := note.Open(signed, keys.verifiers())
	if err != nil {
		return c, nil, fmt.Errorf("it is not signed by the log's key: %s", why(err))
	}
	// Of several keys that are trusted each speaks for its own log.
	if !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == c.Origin }) {
		return c, nil, fmt.Errorf("it is of the log %q, and not signed by that one's key", c.Origin)
	}
	return c, n, nil
}

// openOwn is OpenCheckpoint for one that stands in the log itself. There it is nothing but what the log wrote: each byte
// of it counts.
func openOwn(signed []byte, keys Keys) (Checkpoint, error) {
	c, n, err := openCheckpoint(signed, keys)
	if err != nil {
		return c, err
	}
	again := c.Text() + "\n"
	for _, s := range n.Sigs {
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil {
			return c, errors.New("its signature is not base64")
		}
		again += "— " + s.Name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	}
	if again != string(signed) {
		return c, errors.New("it holds more than the log writes")
	}
	return c, nil
}

// why says what is wrong with signatures in words that quote nothing.
func why(err error) string {
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		return "a signature does not fit"
	case errors.As(err, &unverified):
		return "no signature is of a known key"
	}
	return "it is not a signed note"
}
