package detect

import (
	"net/netip"
	"strings"
)

// colons looks for what is written with colons: IPv6 and MAC addresses, and passwords in the addresses of services.
func (f *finder) colons() {
	s := f.s
	for i := 0; i < len(s); {
		if !isHex(s[i]) && s[i] != ':' || i > 0 && word(s[i-1]) {
			i++
			continue
		}
		end, colons := i, 0
		for end < len(s) && (isHex(s[end]) || s[end] == ':' || s[end] == '.') {
			if s[end] == ':' {
				colons++
			}
			end++
		}
		if colons >= 2 && f.ends(end) {
			f.colonRun(i, end, colons)
		}
		i = max(end, i+1)
	}
	f.credentials()
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

func isIP(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && !a.IsUnspecified() && !a.IsLoopback()
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
			f.add(from+colon+1, from+host, Password)
		}
	}
}
