package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// digester computes HMAC-SHA256 under one key, again and again.
//
// [hash.Hash] copies and pads with every sum, which costs more than the two blocks that a short text takes. Here the key's
// two blocks are digested once, each text is padded by hand, and the result is read from the saved state. That this is
// what [hmac.New] gives is checked for each key; where it is not, hmac itself is used.
type digester struct {
	key          []byte
	slow         hash.Hash // nil where the fast way works
	inner, outer saved
	text         []byte
	block        [sha256.BlockSize]byte
	state        []byte
}

// saved is a hash that can go back to the state that it had behind the key.
type saved struct {
	hash   resumable
	behind []byte
}

type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

func newDigester(key []byte) *digester {
	d := &digester{key: key}
	if d.resume(key) && d.agrees(key) {
		return d
	}
	return &digester{key: key, slow: hmac.New(sha256.New, key)}
}

// another is a second digester under the same key, for another goroutine.
func (d *digester) another() *digester {
	out := &digester{key: d.key}
	if d.slow != nil || !out.resume(d.key) {
		out.slow = hmac.New(sha256.New, d.key)
	}
	return out
}

const (
	innerPad    = 0x36
	outerPad    = 0x5c
	stateHeader = 4 // bytes before the digest in a saved state
)

// resume prepares the fast way; false where there is none.
func (d *digester) resume(key []byte) bool {
	if len(key) > sha256.BlockSize {
		return false
	}
	for _, side := range []struct {
		to  *saved
		pad byte
	}{{&d.inner, innerPad}, {&d.outer, outerPad}} {
		h, ok := sha256.New().(resumable)
		if !ok {
			return false
		}
		var block [sha256.BlockSize]byte
		copy(block[:], key)
		for i := range block {
			block[i] ^= side.pad
		}
		h.Write(block[:])
		behind, err := h.AppendBinary(nil)
		if err != nil || len(behind) < stateHeader+sha256.Size {
			return false
		}
		*side.to = saved{h, behind}
	}
	d.block[sha256.Size] = 0x80
	binary.BigEndian.PutUint64(d.block[sha256.BlockSize-8:], 8*(sha256.BlockSize+sha256.Size))
	return true
}

// agrees reports whether the fast way gives what the slow one does, for texts of one block and of more.
func (d *digester) agrees(key []byte) bool {
	slow := hmac.New(sha256.New, key)
	for _, text := range []string{"", "somebody@example.com", string(make([]byte, 200))} {
		var fast [sha256.Size]byte
		d.sum(text, &fast)
		slow.Reset()
		slow.Write([]byte(text))
		if string(slow.Sum(nil)) != string(fast[:]) {
			return false
		}
	}
	return true
}

// sum computes the digest of a text.
func (d *digester) sum(text string, out *[sha256.Size]byte) {
	d.text = append(d.text[:0], text...)
	if d.slow != nil {
		d.slow.Reset()
		d.slow.Write(d.text)
		d.slow.Sum(out[:0])
	} else {
		d.pad()
		copy(d.block[:sha256.Size], d.after(&d.inner, d.text))
		copy(out[:], d.after(&d.outer, d.block[:]))
	}
	clear(d.text)
}

// pad completes the text to whole blocks, as SHA-256 has it: a bit, zeros, the length in bits with the key's block.
func (d *digester) pad() {
	bits := 8 * uint64(sha256.BlockSize+len(d.text))
	zeros := (2*sha256.BlockSize - 8 - 1 - len(d.text)%sha256.BlockSize) % sha256.BlockSize
	d.text = append(d.text, 0x80)
	d.text = append(d.text, noText[:zeros]...)
	d.text = binary.BigEndian.AppendUint64(d.text, bits)
}

var noText [sha256.BlockSize]byte

// after digests whole blocks behind the key and gives the digest so far.
func (d *digester) after(s *saved, blocks []byte) []byte {
	if err := s.hash.UnmarshalBinary(s.behind); err != nil {
		panic("mask: a saved state of SHA-256 cannot be read") // the caller redacts
	}
	s.hash.Write(blocks)
	state, err := s.hash.AppendBinary(d.state[:0])
	if err != nil {
		panic("mask: the state of SHA-256 cannot be saved")
	}
	d.state = state
	return state[stateHeader : stateHeader+sha256.Size]
}
