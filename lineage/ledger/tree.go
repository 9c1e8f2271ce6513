package ledger

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the right edge of a Merkle tree: the heads of its full subtrees, the largest first. That is all that appending
// and the tree's own head need.
type tree struct {
	size int64
	edge []tlog.Hash
}

// add appends a leaf.
func (t *tree) add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.edge) - 1
		leaf = tlog.NodeHash(t.edge[last], leaf)
		t.edge = t.edge[:last]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

// root is the head of the whole tree.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.edge) - 1
	root := t.edge[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(t.edge[i], root)
	}
	return root
}

// fits reports whether the edge has as many heads as a tree of its size.
func (t *tree) fits() bool {
	heads := 0
	for n := t.size; n > 0; n &= n - 1 {
		heads++
	}
	return t.size >= 0 && heads == len(t.edge)
}
