package mask

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"unsafe"
)

// A pseudonym of an address is sixteen characters, 80 bits of the keyed digest, at a domain that can never exist. Other
// texts become the same characters behind a prefix.
const (
	tokenBytes  = 10
	tokenLength = tokenBytes * 8 / 5
	minToken    = 10 // characters, where the type takes no more
	mailSuffix  = "@masked.invalid"
	tokenPrefix = "masked:"
)

// pseudonyms makes the pseudonyms of one domain.
type pseudonyms struct{ digests sync.Pool }

func (m *Masker) pseudonyms(domain string) *pseudonyms {
	if p, ok := m.pools.Load(domain); ok {
		return p.(*pseudonyms)
	}
	key := m.derive(domain)
	first := newDigester(key)
	p := &pseudonyms{digests: sync.Pool{New: func() any { return first.another() }}}
	kept, _ := m.pools.LoadOrStore(domain, p)
	return kept.(*pseudonyms)
}

// sum is HMAC-SHA256 of a text under the domain's key.
func (p *pseudonyms) sum(s string, out *[sha256.Size]byte) {
	d := p.digests.Get().(*digester)
	d.sum(s, out)
	p.digests.Put(d)
}

// token gives the pseudonym of a text.
func (t *treater) token(s string) driver.Value {
	if t.tokens == nil {
		t.tokens = t.masker.pseudonyms("text " + t.column.Class)
	}
	t.tokens.sum(s, &t.sum)
	code := tokenText(&t.sum)
	prefix, suffix := tokenPrefix, ""
	if t.column.Class == string(Email) {
		prefix, suffix = "", mailSuffix
	}
	room := tokenLength
	if limit := t.shape.limit; limit > 0 {
		if room = min(room, limit-len(prefix)-len(suffix)); room < minToken {
			return t.cutToken(string(code[:min(limit, tokenLength)]))
		}
	}
	var buf [len(tokenPrefix) + tokenLength + len(mailSuffix)]byte
	out := append(append(append(buf[:0], prefix...), code[:room]...), suffix...)
	if t.shape.pad > 0 {
		return t.shape.fit(string(out))
	}
	return t.keep(out)
}

// cutToken is a pseudonym that does not fit and that nothing marks as one: it is remembered.
func (t *treater) cutToken(code string) driver.Value {
	t.remember(code)
	return t.shape.fit(code)
}

// tokenText writes the first bytes of a digest in base 32.
func tokenText(sum *[sha256.Size]byte) (out [tokenLength]byte) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	const group, groupBytes = 8, 5 // characters, and the bytes that they stand for
	for i := range tokenLength / group {
		bits := binary.BigEndian.Uint64(sum[i*groupBytes:]) >> (64 - 8*groupBytes)
		for j := range group {
			out[i*group+group-1-j] = alphabet[bits&31]
			bits >>= 5
		}
	}
	return out
}

// isToken reports whether a text carries a pseudonym or the redaction.
func isToken(s string) bool {
	if len(s) < len(Redaction) {
		return false
	}
	for i := 0; ; i++ {
		n := strings.IndexAny(s[i:], "[@:")
		if n < 0 {
			return false
		}
		i += n
		switch s[i] {
		case '[':
			if hasFold(s[i:], Redaction) {
				return true
			}
		case '@':
			if hasFold(s[i:], mailSuffix) {
				return true
			}
		case ':':
			if isPrefixed(s, i) {
				return true
			}
		}
	}
}

// HoldsToken reports whether a pseudonym or the redaction stands anywhere in data that a program sends to be stored. A
// text that only speaks of the domain of pseudonyms is none.
func (m *Masker) HoldsToken(b []byte) bool {
	if len(b) < len(Redaction) {
		return false
	}
	s := unsafe.String(&b[0], len(b)) // a view that nothing keeps
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], '[')
		if n < 0 {
			break
		}
		if i += n; hasFold(s[i:], Redaction) {
			return true
		}
	}
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], '@')
		if n < 0 {
			break
		}
		if i += n; i >= minToken && hasFold(s[i:], mailSuffix) && isBase32(s[i-minToken:i]) {
			return true
		}
	}
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], ':')
		if n < 0 {
			return false
		}
		if i += n; isPrefixed(s, i) {
			return true
		}
	}
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isPrefixed reports whether the colon at i is that of a token of some class other than e-mail.
func isPrefixed(s string, i int) bool {
	const word = len(tokenPrefix) - 1
	if i < word || !strings.EqualFold(s[i-word:i+1], tokenPrefix) || len(s)-i-1 < minToken {
		return false
	}
	return isBase32(s[i+1 : i+1+minToken])
}

func isBase32(s string) bool {
	for i := 0; i < len(s); i++ {
		b := s[i] | 0x20
		if (b < 'a' || b > 'z') && (s[i] < '2' || s[i] > '7') {
			return false
		}
	}
	return true
}

// uuid gives the pseudonym of a UUID: another one, of version 8.
func (t *treater) uuid(s string) driver.Value {
	if t.tokens == nil {
		t.tokens = t.masker.pseudonyms("uuid " + t.column.Class)
	}
	t.note(markUUID)
	t.tokens.sum(s, &t.sum)
	u := t.sum[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:], u[0:4])
	hex.Encode(out[9:], u[4:6])
	hex.Encode(out[14:], u[6:8])
	hex.Encode(out[19:], u[8:10])
	hex.Encode(out[24:], u[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// isUUID8 reports whether a text is a UUID of the version that pseudonyms have.
func isUUID8(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && s[14] == '8'
}
