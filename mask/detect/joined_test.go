package detect

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows are values of one kind that are joined by the signs that people and programs put between values.
var rows = []struct {
	name   string
	kind   Kind
	values []string
	signs  []string
}{
	{"email", Email, []string{"ada.lovelace@firma.example", "b@y.org", "cy1@home.example"}, []string{":", "-", ".", "#", "+", "_", "*", "~", "=", "/", "|", "--", "__", ",", ";", "\t"}},
	{"card in one piece", Card, []string{"4929180000000000", "371449635398431", "36227206271667", "4012888888881881"}, []string{"-", "/", "_", ".", ":", "--", " - ", "\u2013", "|", ",", " ", "__"}},
	{"card in groups", Card, []string{"4929 1800 0000 0000", "4012 8888 8888 1881"}, []string{"/", " / ", "_", "-", " ", "  ", ":", "|"}},
	{"card in groups with dashes", Card, []string{"4929-1800-0000-0000", "4012-8888-8888-1881"}, []string{"/", " ", "_", "-", "--", ":", ".", "|"}},
	{"iban", IBAN, []string{"NO9386011117947", "DE89370400440532013000", "GB29NWBK60161331926819"}, []string{"_", "-", "/", ".", ":", "|", " ", "__"}},
	{"social security number", NationalID, []string{"606-24-3929", "255-45-8361", "501-22-1234", "321-54-9876"}, []string{" ", "/", "_", " - ", "+", "  ", ":", "-", "--", ".", "|", ", "}},
	{"social security number with spaces", NationalID, []string{"606 24 3929", "255 45 8361", "501 22 1234"}, []string{" ", "/", "_", "-", ":", "|"}},
	{"taxpayer", NationalID, []string{"111.444.777-35", "529.982.247-25"}, []string{"/", "_", "-", " ", ":", "|"}},
	{"phone", Phone, []string{"415-555-2671", "415-555-2672"}, []string{"/", " ", " / ", "|", ", "}},
	{"host", IP, []string{"192.0.2.17", "203.0.113.7"}, []string{"-", "_", "/", " ", "|", ", "}},
	{"key", APIKey, []string{"sk_live_" + lot[:24], "sk_live_" + lot[20:44], "sk_live_" + lot[30:54]}, []string{"-", "_", ".", ":", "|", ", "}},
	{"key of a length", APIKey, []string{"AIza" + lot[:35], "AIza" + lot[10:45], "AIza" + lot[20:55]}, []string{"-", "_", ".", ":", "|"}},
	{"key of other letters", APIKey, []string{"AKIA" + "Q8ZT4LMX92VBN71K", "ghp_" + lot[:36], "SG." + lot[:22] + "." + lot[:43]}, []string{"-", "_", ".", ":", "|"}},
	{"bot", APIKey, []string{"123456789:A" + lot[:34], "987654321:A" + lot[8:42]}, []string{"-", "/", "|", " "}},
	{"token", JWT, []string{header + "." + payload + "." + lot, header + "." + payload + "." + lot[5:]}, []string{".", "|", " ", ":"}},
}

// Each of several values that something joins is found, all of it and nothing else.
func TestRows(t *testing.T) {
	for _, c := range rows {
		for _, sign := range c.signs {
			text := strings.Join(c.values, sign)
			var got []string
			for _, s := range Text(text, nil) {
				assert.Equal(t, c.kind, s.Kind, "%q", text)
				got = append(got, text[s.From:s.To])
			}
			assert.Equal(t, c.values, got, "%q", text)
		}
	}
}

// What base64 may hold joins tokens to one.
func TestRowsOfTokens(t *testing.T) {
	one := header + "." + payload + "." + lot
	for _, sign := range []string{"-", "_"} {
		text := one + sign + one + sign + one
		require.Equal(t, []Span{{To: len(text), Kind: JWT}}, Text(text, nil), text)
	}
}

// joinedTo is a value beside what is none: ⟦ and ⟧ stand around it.
var joinedTo = []string{
	"⟦ada@firma.example⟧:hunter2secret", "⟦ada@firma.example⟧:secret/word", "⟦ada@home.org⟧-Ada", "⟦ada@home.org⟧.7", "⟦git@firma.example⟧:22/x",
	"cc ⟦4929180000000000⟧-5500", "⟦4929180000000000⟧/0428/123", "id_⟦4929180000000000⟧_x", "⟦4929-1800-0000-0000⟧/0428", "⟦4929 1800 0000 0000⟧_x", "⟦4929180000000000⟧.00", "⟦4929180000000000⟧.0428.123",
	"file_⟦NO9386011117947⟧_2024.pdf", "x_⟦NO9386011117947⟧", "IBAN_⟦NO9386011117947⟧_", "⟦606-24-3929⟧/Ada Byron", "⟦606-24-3929⟧_Ada", "⟦606-24-3929⟧:Ada", "ada_⟦606-24-3929⟧", "7/⟦606-24-3929⟧",
	"⟦192.0.2.17⟧_ada", "⟦192.0.2.17⟧-office", "⟦+49 30 5555 1234⟧x", "key-⟦sk_live_" + lot[:24] + "⟧",
}

func TestJoinedTo(t *testing.T) {
	for _, v := range joinedTo {
		text, want := marked(v)
		var got []string
		for _, s := range Text(text, nil) {
			got = append(got, text[s.From:s.To])
		}
		assert.Equal(t, want, got, "%q", text)
	}
}

// figures are numbers of documents, of years and of places, versions and the like, that have the shape of something else.
var figures = []string{
	"SO 2024 000123", "RE 2024 000001", "2024 000001", "SO 3024 000123", "1001 5001", "Box 1001 2001", "Postfach 6100 2000", "opened 2019 2020 and 2021", "Umsatz 2023 2024 2025", "Konto 1200 8400", "Konto 6200 8400", "Nr. 0815 4711",
	"LINESTRING(1000 2000, 1100 2100)", "LINESTRING(5000 6000, 7000 8000)", "POLYGON((5000 6000, 7000 8000, 5000 9000))", "POINT(5000 6000)", "git diff index abc..9489390 100644", "GET /x 200 10362248 1353", "GET /x 200 103622",
	`"GET / HTTP/1.1" 200 12345`, "1280 1024", "1.2.3.4-rc1", "4.8.166.63-beta", "10.0.2.1-SNAPSHOT", "22.33.44.55-rc.2", "22.33.44.55+build7", "v_22.33.44.55", "SO-101000-4202", "101000-4202-OS", "git@host.example:org/repo.git", "git@host.example:repo",
	"ci@host.example:org/repo.git", "0.4111111111111111", "4929180000000000.2500", "sum=4929180000000000.25.", "12.4111111111111111, 0.5500005555555559", "pkg@v1.beta.2", "pkg@2.0.next-14", "IMG_20240131_101112.jpg", "2023 2024 2025",
}

func TestFiguresAreNoNumbersOfAnybody(t *testing.T) {
	for _, v := range figures {
		assert.Empty(t, Text(v, nil), "%q", v)
	}
	for _, v := range []string{"6123 4567", "9123 4567", "TAN 6123 4567", "Tel 0815 4711", "call 1001 5001", "6123 4567, 9123 4567", "0151 23456789"} {
		assert.NotEmpty(t, Text(v, nil), "%q", v)
	}
}

// Digests that a bar stands between are none of anything: the last digits of one and the next one are no token.
func TestDigestsInARow(t *testing.T) {
	for _, sign := range []string{"|", ";", ",", "\t", " "} {
		for i := range 2000 {
			var list []string
			for j := range 10 {
				a, b := sha1.Sum(fmt.Append(nil, i, j)), md5.Sum(fmt.Append(nil, i, j))
				list = append(list, hex.EncodeToString(a[:]), hex.EncodeToString(b[:]))
			}
			text := strings.Join(list, sign)
			for _, s := range Text(text, nil) {
				require.NotContains(t, text[s.From:s.To], sign, s.Kind)
			}
		}
	}
	require.Empty(t, Text("c0de1234567890123456|"+lot[:27], nil))
}
