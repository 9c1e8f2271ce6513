package detect

import "strings"

// hashBeginning is how a hash of a password begins, in the modular crypt format and its kin, and how long a whole one is.
type hashBeginning struct {
	text        string
	least, most int // most 0 = any length
}

var hashBeginnings = []hashBeginning{
	{"$2a$", 59, 60},
	{"$2b$", 59, 60},
	{"$2y$", 59, 60},
	{"$2x$", 59, 60},
	{"$argon2", 40, 0},
	{"$1$", 20, 0},
	{"$5$", 40, 0},
	{"$6$", 60, 0},
	{"$7$", 40, 0},
	{"$y$", 40, 0},
	{"$gy$", 40, 0},
	{"$apr1$", 25, 0},
	{"$pbkdf2", 40, 0},
	{"$scrypt$", 40, 0},
	{"$P$", 30, 34},
	{"$H$", 30, 34},
	{"$S$", 50, 55},
	{"$sha1$", 30, 0},
	{"$md5", 25, 0},
	{"$bcrypt-sha256$", 50, 0},
	{"$s0$", 30, 0},
	{"$s2$", 30, 0},
	{"pbkdf2_sha", 40, 0},
	{"bcrypt$", 40, 0},
	{"bcrypt_sha256$", 50, 0},
	{"argon2$argon2", 40, 0},
	{"scrypt:", 40, 0},
	{"scrypt$", 40, 0},
	{"pbkdf2:sha", 40, 0},
	{"sha1$", 40, 0},
	{"md5$", 30, 0},
	{"sha256$", 50, 0},
	{"sha512$", 80, 0},
	{"SCRAM-SHA-1$", 60, 0},
	{"SCRAM-SHA-256$", 60, 0},
}

// hashSchemes are what stands in braces before a hash, RFC 2307 and those who took it over. A scheme may go on: SSHA512,
// SHA512-CRYPT.
var hashSchemes = [...]string{"ssha", "sha", "smd5", "md5", "crypt", "bcrypt", "blf-crypt", "argon2", "scrypt", "pbkdf2", "x-pbkdf2", "cram-md5", "x-issha", "nt"}

// hashesByFirst are the beginnings by their first bytes.
var hashesByFirst = func() (t [256][]hashBeginning) {
	for _, h := range hashBeginnings {
		t[h.text[0]] = append(t[h.text[0]], h)
	}
	return t
}()

// hashFirst are the first bytes of hashes.
var hashFirst = func() (t [256]bool) {
	for b := range 256 {
		t[b] = hashesByFirst[b] != nil
	}
	t['{'], t['*'] = true, true
	return t
}()

// hashByte are the bytes that hashes are written in.
var hashByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = isAlnum(byte(b)) || strings.IndexByte("./+=$_-{}*", byte(b)) >= 0
	}
	return t
}()

// passwordHashes looks at each place where a hash may begin. All hashes have a dollar but those with a star or braces.
func (f *finder) passwordHashes() {
	if strings.IndexByte(f.s, '$') < 0 {
		f.hashesAt('*')
		f.hashesAt('{')
		return
	}
	for i := 0; i < len(f.s); i++ {
		if hashFirst[f.s[i]] {
			i = f.hashAt(i)
		}
	}
}

// hashesAt looks at each place with one byte.
func (f *finder) hashesAt(first byte) {
	for i := 0; ; i++ {
		next := strings.IndexByte(f.s[i:], first)
		if next < 0 {
			return
		}
		i = f.hashAt(i + next)
	}
}

// hashAt looks at one place, and gives the last one that was looked at.
func (f *finder) hashAt(i int) int {
	s := f.s
	if i > 0 && (word(s[i-1]) || s[i-1] == '$' || s[i-1] == '}') {
		return i
	}
	n := passwordHash(s[i:])
	if n == 0 {
		return i
	}
	f.add(i, i+n, PasswordHash)
	return i + n - 1
}

// maxHash is more than any hash is long.
const maxHash = 1024

// passwordHash is the length of the hash that s begins with; 0 = none does.
func passwordHash(s string) int {
	s = s[:min(len(s), maxHash)]
	switch s[0] {
	case '*':
		if len(s) < 41 || !isDigest(s[1:41]) || hashLength(s) != 41 {
			return 0
		}
		return 41
	case '{':
		end := strings.IndexByte(s[:min(len(s), 24)], '}')
		if end < 3 || !isHashScheme(s[1:end]) {
			return 0
		}
		if n := hashLength(s); n-end-1 >= 16 {
			return n
		}
		return 0
	}
	for i := range hashesByFirst[s[0]] {
		h := &hashesByFirst[s[0]][i]
		if !strings.HasPrefix(s, h.text) {
			continue
		}
		if n := hashLength(s); n >= h.least {
			if h.most > 0 {
				return min(n, h.most)
			}
			return n
		}
	}
	if s[0] == '$' {
		return modular(s[:hashLength(s)])
	}
	return 0
}

// hashLength is how far the characters of a hash go. A comma and a colon belong to it where parameters are.
func hashLength(s string) int {
	n := 0
	for n < len(s) {
		switch b := s[n]; {
		case hashByte[b]:
		case b == ',' && n+2 < len(s) && isLetter(s[n+1]) && (s[n+2] == '=' || isLetter(s[n+2])) && strings.IndexByte(s[:n], '$') >= 0 && strings.IndexByte(s[n:], '$') > 0:
		case b == ':' && (strings.HasPrefix(s, "scrypt:") || strings.HasPrefix(s, "pbkdf2:") || strings.HasPrefix(s, "SCRAM-")):
		default:
			return n
		}
		n++
	}
	return n
}

func isHashScheme(name string) bool {
	for _, scheme := range hashSchemes {
		if len(name) >= len(scheme) && strings.EqualFold(name[:len(scheme)], scheme) {
			return len(scheme) > 2 || len(name) == 2
		}
	}
	return false
}

// isDigest are 40 hex digits in capitals, as MySQL has them behind a star.
func isDigest(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) && (s[i] < 'A' || s[i] > 'F') {
			return false
		}
	}
	return true
}

// modular takes other hashes in the modular crypt format: $id$, salt and parameters, and a last part that is long.
func modular(s string) int {
	id := strings.IndexByte(s[1:], '$')
	last := strings.LastIndexByte(s, '$')
	if id < 1 || id > 16 || last <= id+1 || len(s)-last-1 < 20 {
		return 0
	}
	for _, b := range []byte(s[1 : id+1]) {
		if !isAlnum(b) && b != '-' && b != '_' {
			return 0
		}
	}
	if !varied(s[last+1:]) {
		return 0
	}
	return len(s)
}
