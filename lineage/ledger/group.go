package ledger

import (
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// head is where a log stands: its tree, and when its last record was written.
type head struct {
	tree
	time time.Time
}

func (h head) clone() head {
	h.edge = append([]tlog.Hash(nil), h.edge...)
	return h
}

// group is a number of records that become durable together, with the checkpoint that covers them.
type group struct {
	bodies [][]byte
	first  int64 // index of the first record; set by seal
	lines  [][]byte
	signed []byte // the checkpoint
	after  head   // where the log stands once the group is in it
}

// seal gives the records their places behind a head and signs the tree that they make. Times never go back, whatever the
// clock does.
func (g *group) seal(h head, now time.Time, signer note.Signer) error {
	after := h.clone()
	if now = now.UTC(); after.time.Before(now) {
		after.time = now
	}
	lines := make([][]byte, len(g.bodies))
	for i, b := range g.bodies {
		lines[i] = recordLine(after.size, h.size, after.time, b)
		after.add(tlog.RecordHash(lines[i]))
	}
	signed, err := Checkpoint{Origin: signer.Name(), Size: after.size, Root: after.root()}.sign(signer)
	if err != nil {
		return err
	}
	g.first, g.lines, g.signed, g.after = h.size, lines, signed, after
	return nil
}

// bytes is the group as it stands in a file.
func (g *group) bytes() []byte {
	size := 0
	for _, l := range g.lines {
		size += len(l) + 1
	}
	end := checkpointLine(g.signed)
	out := make([]byte, 0, size+len(end))
	for _, l := range g.lines {
		out = append(append(out, l...), '\n')
	}
	return append(out, end...)
}
