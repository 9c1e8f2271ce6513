package detect

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held are values that are of a kind as a whole: published examples of the standards and of the issuers. Keys are put
// together from parts, so that nobody takes this file for a leak.
var held = map[Kind][]string{
	Email: {
		"ada@example.com", "first.last+tag@sub.example.co.uk", "o'brien@example.ie", "user_1@münchen.de", "почта@пример.рф", "x@y.museum",
		"UPPER@EXAMPLE.ORG", "a@xn--bcher-kva.example", "very.common-1@ex-ample.travel", "1234567890@example.com", "name@1and1.com",
	},
	Phone: {
		"+49 30 123456", "+1 (415) 555-2671", "+442079460018", "+33 1 23 45 67 89", "(415) 555-2671", "415-555-2671", "415.555.2671", "1-415-555-2671",
		"+1-541-754-3010", "001-541-754-3010", "0049 30 1234567", "030 1234567", "0151 23456789", "(030) 1234567", "020 7946 0018", "01 23 45 67 89", "03-1234-5678",
		"090-1234-5678", "912 34 56 78", "21 23 45 67", "(11) 2345-6789", "8 (301) 123-45-67", "081234 56789", "6123 4567", "010 1234 5678", "+86 131 2345 6789",
		"+41 44 668 18 00", "+358 9 1234567", "06 12 34 56 78", "+55 11 96123-4567", "0412 345 678", "(02) 9876 5432", "555.123.4567x89", "(541)754-3010",
	},
	Card: {
		"4111111111111111", "4111 1111 1111 1111", "4012-8888-8888-1881", "5555555555554444", "5105 1051 0510 5100", "2223003122003222", "378282246310005",
		"3782 822463 10005", "371449635398431", "6011111111111117", "6011000990139424", "3530111333300000", "30569309025904", "38520000023237", "6200000000000005",
		"6759649826438453", "4222222222222", "2200000000000053",
	},
	IBAN: {
		"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
		"CH93 0076 2011 6238 5295 7", "NL91ABNA0417164300", "ES9121000418450200051332", "IT60X0542811101000000123456", "SA03 8000 0000 6080 1016 7519", "BR1800360305000010009795493C1",
		"ae070331234567890123456", "PL61109010140000071219812874", "SE4550000000058398257466", "LC55HEMM000100010012001200023015",
	},
	NationalID: {
		"078-05-1120", "111.444.777-35", "11144477735", "12345678Z", "X1234567L", "AB123456C", "AB 12 34 56 C", "RSSMRA85T10A562S", "44051401458", "131052-308T",
		"29029600013", "811218-9876", "85.07.30-033.28", "756.9217.0769.85", "S1234567D", "ABCPE1234F", "HEGG560427MVZRRL04", "11010519491231002X", "8001015009087",
		"184127645108946", "86095742719", "10000000146", aadhaar("36759834601"), "130-692-544", "900101-1234567",
	},
	IP:  {"192.168.10.42", "203.0.113.7", "10.0.0.1", "2001:db8:85a3::8a2e:370:7334", "fe80::1ff:fe23:4567:890a", "2001:0db8:0000:0000:0000:ff00:0042:8329"},
	MAC: {"00:1A:2B:3C:4D:5E"},
	JWT: {
		"eyJ" + "hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
	},
	APIKey: {
		"AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "xoxb-" + "17653672481-19874698323-pdFZKVeTuE8sk7oOHcBrzzqy",
		"AIza" + "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe", "glpat-" + "Zx81kXy9pQ2rTsUvWx3Y", "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "shpat_" + "0123456789abcdef0123456789abcdef",
		"SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr", "hvs." + "CAESIJ7u4yhJk3oPq9sTz2Vx1Wb8", "dop_v1_" + strings.Repeat("0a1b2c3d", 8),
		"110201543:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1", "sk-ant-" + "api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3-Ab1Cd2Ef3AA", "0123456789abcdef0123456789abcdef" + "-us12",
	},
	PrivateKey: {"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"},
	PasswordHash: {
		"$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCmB1eLHg.9q",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b27", "$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAr/36eYaa22FtoL46fWmhWDx6B8F2.",
		"pbkdf2_sha256$260000$abcdefghijkl$Qe3sQb8Jf0Yz8P0v0r5m8j0n0x0y0z0A0B0C0D0E0F0=", "{SSHA}DkMTwBl+a/3DfY+MtCTEGVxM7MRsH0Mn",
	},
}

func TestValueKnowsWhatItIs(t *testing.T) {
	for kind, list := range held {
		for _, v := range list {
			assert.Equal(t, kind, Value(v), "%s: %q: %v", kind, v, Text(v, nil))
			// And in the middle of a text, without what stands around it.
			before, after := "contact: ", " (see above), 3 items"
			spans := Text(before+v+after, nil)
			found := false
			for _, s := range spans {
				found = found || s.Kind == kind && s.From <= len(before) && s.To >= len(before)+len(v)-1
			}
			assert.True(t, found, "%s in a text: %q: %v", kind, v, spans)
		}
	}
}

// aadhaar adds the check digit.
func aadhaar(s string) string {
	for c := '0'; c <= '9'; c++ {
		if full := s + string(c); verhoeff([]byte(full)) {
			return full[:4] + " " + full[4:8] + " " + full[8:]
		}
	}
	return ""
}

func TestVerhoeff(t *testing.T) {
	require.True(t, verhoeff([]byte("2363")), "the example of Verhoeff's paper")
	require.False(t, verhoeff([]byte("2364")))
	require.False(t, verhoeff([]byte("3263")))
}

// plain are values that look like something and are nothing.
var plain = []string{
	"", "a", "hello world", "order 12345", "ORD-2024-000123", "SKU-12345-AB", "12345678", "123456789", "1234567890", "1234567890123456", "v1.2.3", "1.2.3.4", "10.15.7", "4.18.0.1",
	"2024-01-02", "2024-01-02 10:11:12", "02.01.2024", "01/02/2024", "2024-01-02T10:11:12.123456Z", "20240102101112", "1704189072", "1704189072123", "12:34:56", "10:00",
	"550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256:" + strings.Repeat("ab12", 16),
	"1,234,567.89", "3.14159265358979", "0.000123", "-12.5", "$1,299.00", "€ 12,50", "50%", "1e10", "0x1F4", "#FFCC00", "user@localhost", "@handle", "pkg@1.2.3",
	"git@github.com:org/repo.git", "a @ b", "foo@bar", "C:\\temp\\file.txt", "/usr/lib/x86_64-linux-gnu", "https://example.com/a/b?c=1&d=2", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
	"ISBN 978-3-16-148410-0", "4006381333931", "Section 12.3.4.5", "page 10 of 200", "room 101-B", "10 20 30", "A1B2C3D4", "2001", "GB12345", "the key is under the mat", "BEGIN CERTIFICATE",
	"-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "eyJ is a prefix", "1.0.0-beta.1+build.123", "::1", "127.0.0.1", "0.0.0.0",
	"AKIA", "sk_live_documentation", "ghp_", "key-value store", "5 of 10 tasks (50%) done", "12 345 678", "EUR 12 345.67", "Q3 2024", "FY2023/24", "48.8566, 2.3522", "+5", "+10%", "a+b", "1+1=2",
	"tracking 1Z999AA10123456784", "VIN 1HGCM82633A004352", "IMEI 49", "invoice 2024/0001", "32-bit", "x86", "ipv4", "7-zip", "24x7", "3 x 4", "lorem ipsum dolor sit amet, consectetur adipiscing elit",
}

func TestValueLeavesOrdinaryValuesAlone(t *testing.T) {
	for _, v := range plain {
		assert.Empty(t, Text(v, nil), "%q", v)
	}
}

// generated makes values of the kinds in bulk, from generators that know nothing of the scanners.
func generated(n int) (positive map[Kind][]string, negative []string) {
	g := gofakeit.New(11)
	r := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = '0' + byte(r.IntN(10))
		}
		return string(b)
	}
	positive = map[Kind][]string{}
	for range n {
		positive[Email] = append(positive[Email], g.Email())
		positive[Phone] = append(positive[Phone], g.PhoneFormatted())
		positive[Card] = append(positive[Card], g.CreditCardNumber(nil))
		positive[IP] = append(positive[IP], g.IPv4Address(), g.IPv6Address())
		positive[NationalID] = append(positive[NationalID], fmt.Sprintf("%03d-%02d-%04d", 1+r.IntN(665), 1+r.IntN(99), 1+r.IntN(9999)))
		positive[MAC] = append(positive[MAC], g.MacAddress())
		md, s1, s2 := md5.Sum([]byte(digits(9))), sha1.Sum([]byte(digits(9))), sha256.Sum256([]byte(digits(9)))
		at := time.Unix(r.Int64N(2e9), r.Int64N(1e9)).UTC()
		negative = append(negative, hex.EncodeToString(md[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s2[:]), g.UUID(),
			"ORD-"+digits(8), "SKU-"+digits(5)+"-"+digits(3), digits(9), digits(16), digits(12), digits(10), digits(7), g.AppVersion(), at.Format(time.RFC3339Nano), at.Format(time.DateTime),
			fmt.Sprint(at.UnixMilli()), at.Format("02.01.2006"), g.Sentence(), g.ProductName(), g.Word(), g.City(), g.Street(), g.Company(), g.HexColor(), fmt.Sprintf("%.2f", r.Float64()*1e6),
			g.UserAgent(), fmt.Sprintf("%d.%d.%d", r.IntN(30), r.IntN(30), r.IntN(30)))
	}
	return positive, negative
}

func TestDetectionOnGeneratedValues(t *testing.T) {
	positive, negative := generated(2000)
	for kind, list := range positive {
		hits := 0
		var missed []string
		for _, v := range list {
			if Value(v) == kind {
				hits++
			} else if len(missed) < 5 {
				missed = append(missed, v)
			}
		}
		recall := float64(hits) / float64(len(list))
		t.Logf("%-12s recall %.4f of %d, missed %q", kind, recall, len(list), missed)
		assert.GreaterOrEqual(t, recall, 0.98, kind)
	}
	wrong := map[Kind][]string{}
	n := 0
	for _, v := range negative {
		if spans := Text(v, nil); len(spans) > 0 {
			n++
			wrong[spans[0].Kind] = append(wrong[spans[0].Kind], v)
		}
	}
	for k, list := range wrong {
		t.Logf("%-12s found in %d of %d ordinary values, such as %q", k, len(list), len(negative), list[:min(5, len(list))])
	}
	assert.Less(t, float64(n)/float64(len(negative)), 0.01)
}

func TestTextFindsSpansInOrder(t *testing.T) {
	text := "Ada <ada@example.com>, +49 30 1234567, card 4111 1111 1111 1111; IBAN DE89370400440532013000 from 203.0.113.7, api_key=" + "q8Zt4LmX92vBn71K" + " ok"
	var kinds []string
	last := 0
	for _, s := range Text(text, nil) {
		require.GreaterOrEqual(t, s.From, last)
		last = s.To
		kinds = append(kinds, s.Kind.String()+":"+text[s.From:s.To])
	}
	assert.Equal(t, []string{
		"email:ada@example.com", "phone:+49 30 1234567", "card:4111 1111 1111 1111", "iban:DE89370400440532013000", "ip:203.0.113.7", "api_key:" + "q8Zt4LmX92vBn71K",
	}, kinds)
	assert.Equal(t, "postgres://app:"+"***"+"@db/shop", cut("postgres://app:s3cr3t-pw@db/shop"))
}

// cut puts stars for spans.
func cut(text string) string {
	out, last := "", 0
	for _, s := range Text(text, nil) {
		out += text[last:s.From] + "***"
		last = s.To
	}
	return out + text[last:]
}

func FuzzText(f *testing.F) {
	for _, list := range held {
		for _, v := range list {
			f.Add(v)
		}
	}
	for _, v := range plain {
		f.Add(v)
	}
	for _, c := range classes {
		for _, v := range append(c.find, c.pass...) {
			f.Add(strings.NewReplacer("⟦", "", "⟧", "").Replace(v))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range Text(text, nil) {
			if s.From < last || s.To <= s.From || s.To > len(text) || s.Kind == None {
				t.Fatalf("%+v in %q", s, text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[s.From:s.To]) {
				t.Fatalf("%+v cuts a letter of %q", s, text)
			}
			last = s.To
		}
		Value(text)
	})
}

var sink int

func BenchmarkText(b *testing.B) {
	positive, negative := generated(200)
	mixed := append(append([]string{}, positive[Email]...), positive[Card]...)
	g := gofakeit.New(3)
	var words, streets []string
	for range 2000 {
		words = append(words, g.Name(), g.City()+" "+g.Country(), g.ProductName(), g.Word())
		streets = append(streets, g.Street())
	}
	page := strings.Repeat("## Heading 7\n\nThe *quick* fox (see [the page](https://example.org/pages/7)) costs 17.50 EUR since version 2.3.1.\n\n- first item\n- from 2024-05-06\n\n", 14)
	line := `2026-11-22T10:11:12.345678Z level=info msg="request done" method=GET path=/api/v1/orders/77 status=200 duration=12.5ms request_id=d41d8cd98f00b204e9800998ecf8427e bytes=539 host=web-7`
	for name, list := range map[string][]string{"page": {page}, "line of a log": {line}, "words": words, "streets": streets, "hard": negative, "emails and cards": mixed} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			var buf [8]Span
			for i := 0; b.Loop(); i++ {
				sink += len(Text(list[i%len(list)], buf[:0]))
			}
		})
	}
}

// A long text takes time in proportion to its length, whatever stands in it.
func TestTextOfOneLength(t *testing.T) {
	for _, piece := range []string{
		"=", ":", "@", "a@b.co ", "-----BEGIN PRIVATE KEY----- ", "://", "x:y@", "1 ", "12-", "DE89", "key=", "$2a$", ".", "eyJ.", "a.", "+1", "(", "0", "{", "*", "{a}", "*A", "$a$", "$2b$a,b=", "eyJa+", "ey0123456789abcdef+", "ey0123456789abcdef.ey0123456789abcdef+", "ZXlK+", "[at]", "a[at]b", "a[at]b[dot]", "curl -u ", " -u a:b",
		"PRIVATE KEY", "-----BEGIN PRIVATE KEY", "END ", "\"kty\"", "\"d\":", "hooks.slack.com/services/", "password:", "token,\"", "Bearer ", "key>", "1:A", "1|a", "12 ", "1.", "1-1/", "\u00a0", "(1)", "%40", "&#64;", "\"@", "a=b@", "é", "用", "::", "1::", "IBAN", "sn ", "tel ", "= = ", "\\", "sha1$", "{ssha}", "ghp_a",
		"-eyJ", "-eyJa.", "-eyJaaaaaaaaaa.", "-eyJhbGciOi.eyJhbGciOi+", "-ghp_", "_sk_live_", "-squ_aaaaaaaaaaaaaaaa+", "-squ_", "ghp_a1b2c3d4e5f6g7h8-", "SG.", "a@x.org-b@y.org-", "a@x.org.", "x@y.z:a", "git@y.zz:a", "606-24-3929-", "606-24-3929 ", "4111111111111111-", "DE89_", "_1", "5000 6000, ", "_606-24-3929",
	} {
		text := strings.Repeat(piece, 1<<18/len(piece))
		require.LessOrEqual(t, len(Text(text, nil)), maxSpans+1, "%q", piece)
	}
	spans := Text(strings.Repeat("a@b.co ", 1000), nil)
	require.Equal(t, []Span{{To: 7000, Kind: Email}}, spans)
}
