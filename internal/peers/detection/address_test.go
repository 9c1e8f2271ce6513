package detection

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/go-faker/faker/v4"

	"github.com/governedsql/governed/mask/detect"
)

// addressSamples are IP addresses in the forms that netip writes, with ports, networks and zones, and as logs have them.
func addressSamples(*testing.T) []sample {
	faker.SetRandomSource(faker.NewSafeSource(seeded(13)))
	r := rand.New(rand.NewPCG(6, 6))
	var list []sample
	add := func(form, group, value string) { list = append(list, whole(detect.IP, form, group, value)) }
	for i := range 400 {
		g := numbered("ip", i)
		four := fake.IPv4Address()
		a := netip.MustParseAddr(four)
		if a.IsLoopback() || a.IsUnspecified() || a.As4()[0] == 0 {
			continue
		}
		add("IPv4", g, four)
		add("IPv4", g, fmt.Sprintf("%s.%d.%d", pick(r, "10.0", "192.168", "172.16", "100.64", "10.1"), r.IntN(256), 1+r.IntN(254)))
		add("IPv6 in full", g, fake.IPv6Address())
		add("IPv6 in full", g, faker.IPv6())
		var b [16]byte
		copy(b[:], pick(r, "\x20\x01\x0d\xb8", "\x2a\x02\x81\x08", "\x26\x07\xf8\xb0", "\xfe\x80\x00\x00", "\xfd\x12\x34\x56", "\x24\x00\xcb\x00"))
		for j := 8 + 2*r.IntN(4); j < 16; j++ {
			b[j] = byte(r.IntN(256))
		}
		add("IPv6 cut short", g, netip.AddrFrom16(b).String())
		add("IPv6 cut short", g, pick(r, "2001:db8::", "fe80::", "fd00::", "2a00:1450::", "ff02::")+fmt.Sprintf("%x", 1+r.IntN(65000)))
		add("IPv6 of IPv4", g, "::ffff:"+four)
	}
	out := framed(list, 2)
	for i, s := range list {
		if i%4 != 0 {
			continue
		}
		if s.form == "IPv4" {
			out = append(out, s.within(pick(r, "%s:8080", "%s/24", "http://%s/index.html", "http://%s:9090/x?y=1", "from %s port 22 ssh2", `%s - - [01/May/2024:10:11:12 +0000] "GET / HTTP/1.1" 200 123`, "client_ip=%s", "ip:%s,", "%s,%s2", "X-Forwarded-For: %s, 10.0.0.1x", "ssh root@%s", "tcp://%s:5432")))
		} else {
			out = append(out, s.within(pick(r, "[%s]:8080", "%s/64", "http://[%s]/index.html", "from %s port 22", "%s%%eth0", "client_ip=%s", "ip: %s,", "inet6 %s prefixlen 64")))
		}
	}
	return out
}
