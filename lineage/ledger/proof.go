package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof is what a proof of one record shows: the record stands in the log that the checkpoint is of.
type Proof struct {
	Index      int64
	Record     []byte // the line, as it stands in the log
	Checkpoint Checkpoint
}

const proofStart = "c2sp.org/tlog-proof@v1"

// ProveRecord makes a proof that a record stands in a log: a file in the format of C2SP's tlog-proof that holds the record,
// the hashes beside it and the newest checkpoint. Whoever has it needs nothing but the public key.
func ProveRecord(ctx context.Context, where string, index int64) ([]byte, error) {
	l, err := loadHashes(ctx, where, index)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= l.size {
		return nil, fmt.Errorf("the ledger has no record %d; it has %d", index, l.size)
	}
	proof, err := tlog.ProveRecord(l.size, index, l)
	if err != nil {
		return nil, fmt.Errorf("proving record %d: %w", index, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofStart, base64.StdEncoding.EncodeToString(l.record), index)
	for _, h := range proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteString("\n")
	b.Write(l.signed)
	return b.Bytes(), nil
}

// CheckProof checks a proof that [ProveRecord] made. It needs neither the log nor the database.
func CheckProof(proof []byte, keys Keys) (*Proof, error) {
	head, signed, ok := strings.Cut(string(proof), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != proofStart {
		return nil, errors.New("it is not a proof: " + proofStart + " is expected")
	}
	extra, ok1 := strings.CutPrefix(lines[1], "extra ")
	number, ok2 := strings.CutPrefix(lines[2], "index ")
	record, err1 := base64.StdEncoding.Strict().DecodeString(extra)
	index, err2 := strconv.ParseInt(number, 10, 64)
	hashes, err3 := parseHashes(lines[3:])
	if !ok1 || !ok2 || err1 != nil || err2 != nil || err3 != nil || index < 0 {
		return nil, errors.New("the proof cannot be read: extra with the record, index and hashes are expected")
	}
	c, err := OpenCheckpoint([]byte(signed), keys)
	if err != nil {
		return nil, &TamperError{File: "the proof", Index: index, Reason: "the checkpoint: " + err.Error()}
	}
	p := &Proof{Index: index, Record: record, Checkpoint: c}
	if err := tlog.CheckRecord(tlog.RecordProof(hashes), c.Size, c.Root, index, tlog.RecordHash(record)); err != nil {
		return nil, &TamperError{File: "the proof", Index: index, Reason: "the record does not stand in the log of the checkpoint"}
	}
	return p, nil
}

// ProveConsistency makes a proof that the log of a checkpoint goes on as the newest one says, nothing of it changed. Its
// format is that of C2SP's tlog-witness: the old size, hashes, and the new checkpoint.
func ProveConsistency(ctx context.Context, where string, old int64) ([]byte, error) {
	l, err := loadHashes(ctx, where, -1)
	if err != nil {
		return nil, err
	}
	if old < 1 || old > l.size {
		return nil, fmt.Errorf("the ledger has %d records, and never had %d", l.size, old)
	}
	proof, err := tlog.ProveTree(l.size, old, l)
	if err != nil {
		return nil, fmt.Errorf("proving that the log of %d records goes on: %w", old, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteString("\n")
	b.Write(l.signed)
	return b.Bytes(), nil
}

// CheckConsistency checks a proof that [ProveConsistency] made against the older checkpoint, and gives the newer one.
func CheckConsistency(proof, since []byte, keys Keys) (Checkpoint, error) {
	old, err := OpenCheckpoint(since, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the older checkpoint: %w", err)
	}
	head, signed, ok := strings.Cut(string(proof), "\n\n")
	lines := strings.Split(head, "\n")
	hashes, err := parseHashes(lines[1:])
	if !ok || err != nil || lines[0] != fmt.Sprintf("old %d", old.Size) {
		return Checkpoint{}, fmt.Errorf("it is not a proof that begins with %d records", old.Size)
	}
	c, err := OpenCheckpoint([]byte(signed), keys)
	if err != nil {
		return c, &TamperError{File: "the proof", Index: -1, Reason: "the newer checkpoint: " + err.Error()}
	}
	if c.Origin != old.Origin || tlog.CheckTree(tlog.TreeProof(hashes), c.Size, c.Root, old.Size, old.Root) != nil {
		return c, &TamperError{File: "the proof", Index: -1, Reason: "the newer log does not go on from the older one"}
	}
	return c, nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		out[i] = tlog.Hash(b)
	}
	return out, nil
}

// hashes are all hashes of a log's tree, as tlog numbers them, up to its newest checkpoint.
type hashes struct {
	list   []tlog.Hash
	size   int64
	signed []byte
	record []byte // the one that was asked for
}

// ReadHashes answers tlog.
func (l *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(l.list)) {
			return nil, fmt.Errorf("no hash %d", at)
		}
		out[i] = l.list[at]
	}
	return out, nil
}

// loadHashes reads a log for its hashes and one record. That the proof is right, its checker sees; what is wrong with a
// log says [Verify].
func loadHashes(ctx context.Context, where string, index int64) (*hashes, error) {
	l := &hashes{}
	n := int64(0)
	err := allLines(ctx, where, func(p place, line []byte) error {
		switch {
		case bytes.HasPrefix(line, recordStart):
			more, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(line), l)
			if err != nil {
				return err
			}
			l.list = append(l.list, more...)
			if n == index {
				l.record = bytes.Clone(line)
			}
			n++
		case bytes.HasPrefix(line, checkpointStart):
			signed, err := parseCheckpointLine(line)
			if err != nil {
				return p.tampered(-1, err.Error())
			}
			l.signed, l.size = signed, n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if l.size == 0 {
		return nil, errors.New("the ledger has no record")
	}
	return l, nil
}
