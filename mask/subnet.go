package mask

import (
	"database/sql/driver"
	"net/netip"
	"strings"
)

const (
	bits4 = 24
	bits6 = 48
)

// network keeps the network part of a value of type inet, cidr, macaddr or macaddr8.
func (t *treater) network(s string) driver.Value {
	var out string
	var ok bool
	if t.shape.form == formMAC {
		out, ok = maker(s)
	} else {
		out, ok = subnet(s, t.shape.form == formCIDR)
	}
	if !ok {
		return t.redact(s)
	}
	t.remember(networkKey(out))
	return out
}

// networkText does the same to an address in a text. Text that is no address, a user agent say, is redacted.
func (t *treater) networkText(s string) driver.Value {
	trimmed := strings.TrimRight(s, " ")
	if ap, err := netip.ParseAddrPort(trimmed); err == nil {
		trimmed = ap.Addr().String()
	}
	out, ok := subnet(trimmed, false)
	if !ok || t.shape.limit > 0 && len(out) > t.shape.limit {
		return t.redactText(s)
	}
	t.remember(networkKey(out))
	return t.shape.fit(out)
}

// subnet is the address with the part that tells hosts apart set to zero. It is written as it came, with or without a
// length; always with one where the type wants a network.
func subnet(s string, network bool) (string, bool) {
	host, length, hasLength := strings.Cut(s, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "", false
	}
	addr = addr.WithZone("")
	keep := bits6
	if addr.Is4() {
		keep = bits4
	} else if addr.Is4In6() {
		keep = 96 + bits4
	}
	bits := addr.BitLen()
	if hasLength {
		p, err := netip.ParsePrefix(addr.String() + "/" + length)
		if err != nil {
			return "", false
		}
		bits = p.Bits()
	}
	masked, err := addr.Prefix(min(keep, bits))
	if err != nil {
		return "", false
	}
	switch {
	case network:
		return masked.String(), true
	case hasLength:
		return netip.PrefixFrom(masked.Addr(), bits).String(), true
	}
	return masked.Addr().String(), true
}

// networkKey is how an address is remembered, with or without a length; "" where the text is no address.
func networkKey(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		return networkPrefix + p.Addr().Unmap().String()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return networkPrefix + a.Unmap().String()
	}
	if out, ok := maker(s); ok && out == s {
		return networkPrefix + s
	}
	return ""
}

// maker keeps the first three bytes of a MAC address as PostgreSQL prints it.
func maker(s string) (string, bool) {
	const kept = len("00:00:00")
	if len(s) != len("00:00:00:00:00:00") && len(s) != len("00:00:00:00:00:00:00:00") {
		return "", false
	}
	for i := 0; i < len(s); i++ {
		if i%3 == 2 && s[i] != ':' || i%3 != 2 && strings.IndexByte("0123456789abcdef", s[i]) < 0 {
			return "", false
		}
	}
	return s[:kept] + strings.Repeat(":00", (len(s)-kept)/3), true
}

func macZero(oid uint32) string {
	const macaddr8 = 774
	if oid == macaddr8 {
		return "00:00:00:00:00:00:00:00"
	}
	return "00:00:00:00:00:00"
}
