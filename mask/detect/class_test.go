package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lot is a text that looks drawn by lot. Secrets are put together from it, so that nobody takes this file for a leak.
const lot = "q8Zt4LmX92vBn71KwR5yTc3HsJ6dPfGa0EuNi2ObVkYxQ7rMz4WlCpS8hDgFj1A5tUe9ZoIb"

var (
	header  = "eyJ" + "hbGciOiJFUzI1NiJ9"
	payload = "eyJ" + "zdWIiOiI0MiIsImEiOjF9"
)

// classes has for each class what is to be found, between ⟦ and ⟧, and what is to be left alone.
var classes = []struct {
	name       string
	kind       Kind
	find, pass []string
}{
	{
		"email", Email,
		[]string{
			"⟦grete.olsen@firma.example⟧", "write to ⟦g@x.org⟧.", "Grete <⟦grete@firma.example⟧>, Per", "mailto:⟦grete@firma.example⟧?subject=hei", "to=⟦grete@firma.example⟧&x=1", "⟦grete+shop@firma.example⟧;⟦per@firma.example⟧",
			`⟦"grete olsen"@firma.example⟧`, "⟦grete@[192.0.2.17]⟧", "⟦grete@[IPv6:2001:db8::17]⟧", "⟦grete%40firma.example⟧", "⟦grete [at] firma.example⟧", "⟦grete (at) firma (dot) example⟧", "⟦grete&#64;firma.example⟧", "値は⟦grete@firma.example⟧です",
			"«⟦grete@firma.example⟧»", "⟦grete/sales@firma.example⟧", "https://firma.example/u/⟦grete@firma.example⟧/edit", "⟦bounce+grete=home.example@list.example⟧", "a\u00a0⟦grete@firma.example⟧\u00a0b", "⟦søren@bücher.example⟧",
		},
		[]string{"icon@2x.png", "logo@3x.webp", "getty@tty1.service", "user@1000.service", "left-pad@1.3.0", "@angular/core@17.0.1", "git@host.example:org/repo.git", "a @ b", "@handle", "me@localhost", "5 @ 3.50", "f(at) = 3", "x[at]y"},
	},
	{
		"phone", Phone,
		[]string{
			"⟦+4722334455⟧", "⟦+47 22 33 44 55⟧", "tel:⟦+1-201-555-0123⟧", "⟦+49 (0)30 1234567⟧", "⟦+1.2015550123⟧", "⟦+83456789012⟧", "Tel. ⟦22334455⟧", "phone=⟦22334455⟧", `{"mobile_number": "⟦92233445⟧"}`, "call me at ⟦2015550123⟧", "fax: ⟦44556⟧",
			"电话：⟦13812345678⟧", "тел. ⟦8 495 123-45-67⟧", "WhatsApp ⟦612 345 678⟧", "my number is ⟦92233445⟧", "⟦030 1234567⟧", "⟦(030) 123-456⟧", "⟦201-555-0123⟧", "⟦030–1234567⟧", "⟦01\u00a023\u00a045\u00a067\u00a089⟧", "⟦551 0123⟧", "⟦32 12 34 56⟧", "⟦0049 30 1234567⟧",
		},
		[]string{
			"4 158 675 309", "4\u00a0158\u00a0675\u00a0309", "amount 912 34 56 78", "+4 158 675", "-6 132 771 544", "12 345 678 people", "total 1 399 695", "+48.858370 +2.294481", "+48.8584+002.2945/", "48.858370, 2.294481", "0-306-40615-2", "5 867757 19 6", "978 7 737389 28 8", "22334455", "02110-1301", "093272-932",
			"16 32 64 128", "<01 02 03 04>", "1234 5678 9012 3456", "1234-5678", "172 805 02 mm", "2024-05-01 10:11:12 +0200", "order 030 1234567", "10.30-12.45", "call of duty 4 2007", "1-2-3-4", "+5", "+12 345", "row 123-456-7890-12",
		},
	},
	{
		"card", Card,
		[]string{
			"⟦4929180000000000⟧", "⟦4929 1800 0000 0000⟧", "⟦4929.1800.0000.0000⟧", "⟦4929\u00a01800\u00a00000\u00a00000⟧", "⟦4929\u20111800\u20110000\u20110000⟧", "⟦4929  1800  0000  0000⟧", "⟦4929_1800_0000_0000⟧", "⟦4929 1800 0000 0000⟧ 12/27 123", "pan=⟦4929180000000000⟧,19.99",
			"“⟦4929 1800 0000 0000⟧”", "値は⟦4929180000000000⟧です", "⟦3714 496353 98431⟧",
		},
		[]string{"4929180000000001", "4929 1800 0000 0001", "7992739871300000", "4444444444444444", "ORD-49291800000000", "x4929180000000000", "4006381333931"},
	},
	{
		"iban", IBAN,
		[]string{
			"⟦NO9386011117947⟧", "⟦NO93 8601 1117 947⟧", "⟦no93 8601 1117 947⟧", "⟦NO93.8601.1117.947⟧", "⟦NO93\u00a08601\u00a01117\u00a0947⟧", "⟦NO93  8601  1117  947⟧", "IBAN⟦NO9386011117947⟧", "IBAN: ⟦NO9386011117947⟧ BIC X", "“⟦NO93 8601 1117 947⟧”", "値は⟦NO9386011117947⟧です",
		},
		[]string{"NO9386011117948", "XX9386011117947", "NO93 8601 1117", "NO938601111794A7"},
	},
	{
		"national_id", NationalID,
		[]string{
			"⟦536-22-1234⟧", "⟦536–22–1234⟧", "SSN: ⟦536221234⟧", "social security number ⟦536 22 1234⟧", `{"ssn":"⟦536221234⟧"}`, "⟦AB123456C⟧", "nino: ⟦ab123456c⟧", "⟦12345678-Z⟧", "⟦11.222.333/0001-81⟧", "CNPJ ⟦11222333000181⟧", "BSN ⟦111222333⟧", "SIN ⟦046454286⟧",
			"personnummer ⟦8112189876⟧", "PAN ⟦ABCPE1234F⟧ ok", "“⟦111.444.777-35⟧”", "<v>⟦11144477735⟧</v>",
		},
		[]string{"536221234", "000-22-1234", "666-22-1234", "900-22-1234", "536-00-1234", "part 536-22-1234-X", "111222333", "046454286", "order #11144477735", "12345678A", "11222333000182", "BSN 111222334", "8112189876"},
	},
	{
		"ip", IP,
		[]string{
			"⟦192.0.2.17⟧", "http://⟦192.0.2.17⟧:8080/x", "⟦192.0.2.17⟧/24", "dns ⟦8.8.8.8⟧", "⟦8.8.4.4⟧:53", "localhost/⟦192.0.2.17⟧:80", "⟦2001:db8::17⟧", "[⟦2001:db8::17⟧]:443", "⟦fe80::1a2b⟧%eth0", "⟦::ffff:192.0.2.17⟧", "⟦2001:0db8:0:0:0:0:0:17⟧", "«⟦192.0.2.17⟧»",
		},
		[]string{
			"1.2.3.4", "version 41.20.19.97", "firmware 29.41.20.197", "Chrome/41.20.19.97 Safari", "10.11.12.13 Uhr", "a::b", "abc::def", "std::vec", "dead::beef", "x[::2]", "1::2", "::", "::1", "127.0.0.1", "0.0.0.0", "255.255.255.0", "50:06:01:60:3b:20:1f:88", "1.3.6.1.4.1.311", "256.1.1.1",
			"12:34:56:78", "Section 10.20.30.40",
		},
	},
	{
		"jwt", JWT,
		[]string{
			"⟦" + header + "." + payload + "." + lot + "⟧", "Bearer ⟦" + header + "." + payload + "." + lot + "⟧", "⟦" + header + "." + payload + ".⟧", "?id_token=⟦" + header + "." + payload + "." + lot + "⟧&state=1", "jwt-⟦" + header + "." + payload + "." + lot + "⟧",
			"⟦ZXlK" + lot + "⟧",
		},
		[]string{"eyJ is how it begins", header, header + ".", "a.b.c", "example.com.", "github.com/org/repository.v2.module"},
	},
	{
		"api_key", APIKey,
		[]string{
			"⟦ghp_" + lot[:36] + "⟧", "⟦AKIA" + "Q8ZT4LMX92VBN71K⟧", "key ⟦sk_live_" + lot[:24] + "⟧ is used", "⟦SG." + lot[:22] + "." + lot[:43] + "⟧", "⟦123456789:A" + lot[:34] + "⟧", "⟦1234567890123456|" + lot[:27] + "⟧", "api_key=⟦" + lot[:20] + "⟧", "apiKey: \"⟦" + lot[:20] + "⟧\"",
			"<accessToken>\n  ⟦" + lot[:20] + "⟧\n</accessToken>", `setProperty("SHOP_TOKEN", "⟦` + lot[:20] + `⟧")`, "SHOP_TOKEN ?= ⟦" + lot[:20] + "⟧", "Authorization: Bearer ⟦" + lot[:30] + "⟧", "Authorization: Api-Token ⟦" + lot[:30] + "⟧", "secret => '⟦" + lot[:20] + "⟧'", "password=⟦tr0ub4dor-3⟧ x",
			"client_secret: ⟦" + lot[:30] + "⟧", "shop_token: ⟦987654321012345⟧", "⟦https://hooks.slack.com/services/T0" + lot[:8] + "/B0" + lot[:8] + "/" + lot[:24] + "⟧",
		},
		[]string{
			"token: missing", "max_tokens=4096", "password: must be 8 characters", "password=********", "password: ${DB_PASSWORD}", "token=<your-token-here>", "primary key: order_id", "sort_key=created_at_desc_2", "s3_key=exports/2024/05/report-17.csv", "token_type=bearer_token_v2",
			"password_reset_at: 2024-05-01T10:11:12Z", "hotkey: Ctrl+Shift+F12", "keyboard: Logitech-K380-Wireless", "tokenizer: bert-base-uncased-v2", "author: j.smith2024x", "idempotency_key: 550e8400-e29b-41d4-a716-446655440000", "key = deriveKey2(x)", "sk_live_documentation", "no. 7: AKIA" + "ACCESSKEYEXAMPLE", "ghp_",
			"commit 1f0c2a9b7e6d5c4b3a2918070605040302010f0e", "sha256:" + strings.Repeat("ab12", 16), "cus_" + lot[:14], "i-0abcdef0123456789",
		},
	},
	{
		"private_key", PrivateKey,
		[]string{
			"⟦-----BEGIN PRIVATE KEY-----\n" + lot + "\n-----END PRIVATE KEY-----⟧", "⟦-----BEGIN EC PRIVATE KEY-----\\n" + lot + "\\n-----END EC PRIVATE KEY-----⟧\\n", "⟦-----BEGIN OPENSSH PRIVATE KEY-----\n" + lot + "⟧", "⟦---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + lot + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----⟧",
			"⟦-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + lot + "\n-----END PGP PRIVATE KEY BLOCK-----⟧ ok", `{"kty":"OKP","d":"⟦` + lot[:43] + `⟧"}`, "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines:⟦ 1\n" + lot + "\n⟧Private-MAC: 00",
			"⟦LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcwQkFRRUZB⟧",
		},
		[]string{"-----BEGIN CERTIFICATE-----\n" + lot + "\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\n" + lot + "\n-----END PUBLIC KEY-----", "the PRIVATE KEY is kept elsewhere", `{"kty":"OKP","x":"` + lot[:43] + `"}`},
	},
	{
		"password_hash", PasswordHash,
		[]string{
			"⟦$2b$12$" + lot[:53] + "⟧", "ada:⟦$6$salt$" + lot + lot[:20] + "⟧:19000:0:99999:7:::", "(1,⟦$2b$12$" + lot[:53] + "⟧,2)", "⟦{SSHA}" + lot[:40] + "⟧", "⟦{ssha512}" + lot + lot[:30] + "⟧", "⟦$argon2id$v=19$m=65536,t=3,p=4$" + lot[:22] + "$" + lot[:43] + "⟧", "⟦$9$" + lot[:14] + "$" + lot[:43] + "⟧",
			"⟦pbkdf2_sha256$600000$" + lot[:22] + "$" + lot[:43] + "=⟧", "⟦scrypt:32768:8:1$" + lot[:16] + "$" + strings.Repeat("0a1b2c3d", 16) + "⟧", "⟦*" + strings.Repeat("0A1B2C3D", 5) + "⟧", "⟦md5" + strings.Repeat("0a1b2c3d", 4) + "⟧", "値は⟦$2b$12$" + lot[:53] + "⟧です",
		},
		[]string{"$12 and $13", "${HOME}/x", "$1 $2", "{SHA}", "{json}", "* item " + strings.Repeat("0A1B", 4), strings.Repeat("0a1b2c3d", 4), "md5=" + strings.Repeat("0a1b2c3d", 4), "price: $1,299.00 {net}"},
	},
}

func TestClasses(t *testing.T) {
	for _, c := range classes {
		t.Run(c.name, func(t *testing.T) {
			for _, v := range c.find {
				text, want := marked(v)
				require.NotEmpty(t, want, v)
				var got []string
				for _, s := range Text(text, nil) {
					assert.Equal(t, c.kind, s.Kind, "%q", text)
					got = append(got, text[s.From:s.To])
				}
				assert.Equal(t, want, got, "%q", text)
			}
			for _, v := range c.pass {
				assert.Empty(t, Text(v, nil), "%q", v)
			}
		})
	}
}

// marked takes the marks out of a text and gives what stood between them.
func marked(v string) (text string, want []string) {
	for {
		before, rest, found := strings.Cut(v, "⟦")
		text += before
		if !found {
			return text, want
		}
		value, after, _ := strings.Cut(rest, "⟧")
		text, want, v = text+value, append(want, value), after
	}
}
