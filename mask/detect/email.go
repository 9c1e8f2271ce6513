package detect

import "strings"

// localByte are the bytes of an address before the @, without quotes; those beyond ASCII are letters of other scripts.
var localByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = isAlnum(byte(b)) || b >= 0x80 || strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", byte(b)) >= 0
	}
	return t
}()

const (
	maxLocal  = 64 // RFC 5321, 4.5.3.1
	maxDomain = 255
	maxTLD    = 24
)

// emails looks around each @.
func (f *finder) emails() {
	s := f.s
	for at := strings.IndexByte(s, '@'); at >= 0; {
		if from, to, ok := address(s, at); ok {
			f.add(from, to, Email)
		}
		next := strings.IndexByte(s[at+1:], '@')
		if next < 0 {
			return
		}
		at += 1 + next
	}
}

func address(s string, at int) (from, to int, ok bool) {
	from = at
	for from > 0 && at-from < maxLocal && localByte[s[from-1]] {
		from--
	}
	// Punctuation before an address belongs to the text around it.
	for from < at && strings.IndexByte(".'`=/?&|{}#!$%*^~", s[from]) >= 0 {
		from++
	}
	// In key=value and in a link, what is before the last of these is no part of the address.
	if i := strings.LastIndexAny(s[from:at], "=/?&|{}"); i >= 0 {
		from += i + 1
	}
	if from == at || s[at-1] == '.' {
		return 0, 0, false
	}
	to, ok = domain(s, at+1)
	if !ok || to < len(s) && s[to] == ':' && to+1 < len(s) && word(s[to+1]) && !isDigit(s[to+1]) {
		return 0, 0, false // git@host.example:path
	}
	return from, to, true
}

// domain reads labels joined by dots, the last of which is a top-level domain.
func domain(s string, from int) (to int, ok bool) {
	i, dots, last := from, 0, from
	for i < len(s) && i-from <= maxDomain {
		b := s[i]
		switch {
		case isAlnum(b) || b >= 0x80 || b == '-' && i > last:
			i++
			continue
		case b == '.' && i > last && s[i-1] != '-' && i+1 < len(s) && (isAlnum(s[i+1]) || s[i+1] >= 0x80):
			dots++
			i++
			last = i
			continue
		}
		break
	}
	for i > last && s[i-1] == '-' {
		i--
	}
	if dots == 0 || !isTLD(s[last:i]) {
		return 0, false
	}
	return i, true
}

func isTLD(s string) bool {
	if len(s) < 2 || len(s) > maxTLD {
		return false
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "xn--") {
		return true
	}
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && s[i] < 0x80 {
			return false
		}
	}
	return true
}
