package mask

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"math/big"
)

// ff1 is the format-preserving encryption FF1 of NIST SP 800-38G over an alphabet of radix symbols, numbered from 0.
type ff1 struct {
	block cipher.Block
	radix uint32
}

// minDomain is how many values a format has to have: SP 800-38G asks for a million.
const minDomain = 1_000_000

var errDomain = errors.New("mask: a format with less than a million values")

func newFF1(key []byte, radix uint32) (*ff1, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &ff1{block: b, radix: radix}, nil
}

// encrypt gives a text of the same length. The steps are those of algorithm 7.
func (f *ff1) encrypt(x []uint16, tweak []byte) ([]uint16, error) {
	n := len(x)
	if n < 2 || domain(f.radix, n) < minDomain {
		return nil, errDomain
	}
	u := n / 2
	v := n - u
	a, b := append([]uint16(nil), x[:u]...), append([]uint16(nil), x[u:]...)
	// Bytes that hold a number of v symbols, and the bytes of the round function.
	size := (new(big.Int).Sub(new(big.Int).Exp(big.NewInt(int64(f.radix)), big.NewInt(int64(v)), nil), big.NewInt(1)).BitLen() + 7) / 8
	d := 4*((size+3)/4) + 4

	p := make([]byte, aes.BlockSize)
	p[0], p[1], p[2] = 1, 2, 1
	p[3], p[4], p[5] = byte(f.radix>>16), byte(f.radix>>8), byte(f.radix)
	p[6], p[7] = 10, byte(u)
	binary.BigEndian.PutUint32(p[8:], uint32(n))
	binary.BigEndian.PutUint32(p[12:], uint32(len(tweak)))

	pad := (aes.BlockSize - (len(tweak)+size+1)%aes.BlockSize) % aes.BlockSize
	q := make([]byte, len(tweak)+pad+1+size)
	copy(q, tweak)
	for i := range 10 {
		q[len(tweak)+pad] = byte(i)
		f.number(b).FillBytes(q[len(q)-size:])
		r := f.mac(append(append([]byte(nil), p...), q...))
		s := append([]byte(nil), r...)
		for j := 1; len(s) < d; j++ {
			var block [aes.BlockSize]byte
			binary.BigEndian.PutUint64(block[8:], uint64(j))
			for k := range block {
				block[k] ^= r[k]
			}
			f.block.Encrypt(block[:], block[:])
			s = append(s, block[:]...)
		}
		m := u
		if i%2 == 1 {
			m = v
		}
		modulus := new(big.Int).Exp(big.NewInt(int64(f.radix)), big.NewInt(int64(m)), nil)
		c := new(big.Int).SetBytes(s[:d])
		c.Add(c, f.number(a)).Mod(c, modulus)
		a, b = b, f.symbols(c, m)
	}
	return append(a, b...), nil
}

// mac is CBC-MAC: PRF of SP 800-38G.
func (f *ff1) mac(blocks []byte) []byte {
	y := make([]byte, aes.BlockSize)
	for ; len(blocks) > 0; blocks = blocks[aes.BlockSize:] {
		for i := range y {
			y[i] ^= blocks[i]
		}
		f.block.Encrypt(y, y)
	}
	return y
}

func (f *ff1) number(x []uint16) *big.Int {
	n, radix := new(big.Int), big.NewInt(int64(f.radix))
	for _, d := range x {
		n.Mul(n, radix).Add(n, big.NewInt(int64(d)))
	}
	return n
}

func (f *ff1) symbols(n *big.Int, length int) []uint16 {
	out, radix, rest := make([]uint16, length), big.NewInt(int64(f.radix)), new(big.Int)
	for i := length - 1; i >= 0; i-- {
		n.DivMod(n, radix, rest)
		out[i] = uint16(rest.Uint64())
	}
	return out
}

// domain is radix to the power of n, as far as it matters.
func domain(radix uint32, n int) uint64 {
	size := uint64(1)
	for range n {
		if size *= uint64(radix); size >= minDomain {
			return size
		}
	}
	return size
}
