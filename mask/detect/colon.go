package detect

import (
	"net/netip"
	"strings"
)

// colons looks for what is written with colons: IPv6 and MAC addresses, and passwords in the addresses of services.
func (f *finder) colons() {
	s := f.s
	for at := 0; at < len(s); {
		colon := strings.IndexByte(s[at:], ':')
		if colon < 0 {
			return
		}
		from, end, colons := at+colon, at+colon, 0
		for from > at && colonByte[s[from-1]] {
			from--
		}
		for end < len(s) && colonByte[s[end]] {
			if s[end] == ':' {
				colons++
			}
			end++
		}
		if colons >= 2 {
			f.colonRuns(from, end)
		}
		at = end
	}
}

// colonByte are the bytes of addresses with colons.
var colonByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = isHex(byte(b)) || b == ':' || b == '.'
	}
	return t
}()

// colonRuns looks at what begins in s[from:end] where a word may begin, and goes on to its end.
func (f *finder) colonRuns(from, end int) {
	s := f.s
	for ; from < end; from++ {
		if s[from] == '.' || from > 0 && word(s[from-1]) {
			continue
		}
		if colons := strings.Count(s[from:end], ":"); colons >= 2 && f.ends(end) {
			f.colonRun(from, end, colons)
		}
		return
	}
}

func (f *finder) colonRun(from, to, colons int) {
	text := f.s[from:to]
	for strings.HasSuffix(text, ".") || strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "::") {
		text = text[:len(text)-1]
	}
	if colons == 5 && isMAC(text, ':') {
		f.add(from, from+len(text), MAC)
		return
	}
	// A time has two colons at most; an address that is as short is written with ::.
	if len(text) > 2 && (colons >= 4 || strings.Contains(text, "::")) && isIP(text) {
		f.add(from, from+len(text), IP)
	}
}

// isIP takes addresses in full, and shortened ones that begin as addresses do which are given out: a::b and abc::def are
// names in programs.
func isIP(text string) bool {
	a, err := netip.ParseAddr(text)
	if err != nil || a.IsUnspecified() || a.IsLoopback() {
		return false
	}
	if !strings.Contains(text, "::") {
		return len(text) > 8*2+7 || !isPairs(text)
	}
	digits := 0
	for i := range len(text) {
		digits += int(features[text[i]] >> digitShift)
	}
	b := a.As16()
	switch {
	case digits == 0:
		return false
	case a.Is4In6(), b[0]>>5 == 1, b[0]&0xFE == 0xFC, b[0] == 0xFE && b[1] >= 0x80, b[0] == 0xFF && b[1] < 0x60, b[0] == 0 && b[1] == 0x64 && b[2] == 0xFF:
		return strings.Index(text, ":") >= 4 || a.Is4In6() || b[0] == 0
	}
	return strings.Count(text, ":") >= 4
}

// isPairs reports whether all groups are of two hex digits: a serial number, a name in a storage network.
func isPairs(text string) bool {
	for i := 2; i < len(text); i += 3 {
		if text[i] != ':' {
			return false
		}
	}
	return true
}

// isMAC reads six pairs of hex digits.
func isMAC(s string, sep byte) bool {
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 {
			if s[i] != sep {
				return false
			}
		} else if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// credentials finds the password in scheme://user:password@host.
func (f *finder) credentials() {
	s := f.s
	for at := 0; ; {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			return
		}
		from := at + i + 3
		at = from
		end := strings.IndexAny(s[from:], " \t\r\n/\"'<>")
		if end < 0 {
			end = len(s) - from
		}
		authority := s[from : from+end]
		host := strings.LastIndexByte(authority, '@')
		if host < 0 {
			continue
		}
		if colon := strings.IndexByte(authority[:host], ':'); colon >= 0 && colon+1 < host {
			begin := from + colon + 1
			if user := authority[:colon]; len(user) >= 8 && varied(user) {
				begin = from // a name that is drawn by lot is a part of the secret
			}
			f.add(begin, from+host, Password)
		}
	}
}
