package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/base32"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestTreatments(t *testing.T) {
	const (
		text, varchar, bpchar, quotedChar, name = 25, 1043, 1042, 18, 19
		textArray                               = 1009
	)
	berlin := time.FixedZone("", 3600)
	for _, c := range []struct {
		treatment string
		class     Class
		oid       uint32
		mod       int32
		in, want  driver.Value
	}{
		{Redact, Name, text, -1, "Ada Lovelace", "[masked]"},
		{Redact, Name, text, -1, "", ""},
		{Redact, Name, text, -1, nil, nil},
		{Redact, Name, varchar, 4 + 20, "Ada", "[masked]"},
		{Redact, Name, varchar, 4 + 5, "Ada", "[mask"},
		{Redact, Name, varchar, 4 + 1, "A", "["},
		{Redact, Name, varchar, -1, "Ada", "[masked]"},
		{Redact, Name, bpchar, 4 + 10, "Ada       ", "[masked]  "},
		{Redact, Name, bpchar, 4 + 2, "DE", "[m"},
		{Redact, Name, quotedChar, -1, "x", "["},
		{Redact, Name, name, -1, "ada", "[masked]"},
		{Redact, Name, textArray, -1, `{Ada,"de Moor",NULL,""}`, `{"[masked]","[masked]",NULL,""}`},
		{Redact, Name, textArray, -1, `[0:1]={{a,b},{c,d}}`, `[0:1]={{"[masked]","[masked]"},{"[masked]","[masked]"}}`},
		{Redact, Name, textArray, -1, `{}`, `{}`},
		{Redact, Name, textArray, -1, `{a,{`, `{}`},
		{Redact, Name, textArray, -1, `nonsense`, `{}`},
		{Redact, Name, 1015, 4 + 3, `{Ada}`, `{"[ma"}`},

		{Redact, Salary, 20, -1, int64(55000), int64(0)},
		{Redact, Salary, 701, -1, 55000.5, float64(0)},
		{Redact, Salary, 1700, -1, "55000.50", "0"},
		{Redact, Salary, 790, -1, "$55,000.50", "0"},
		{Redact, Salary, text, -1, "55000", "[masked]"},
		{Redact, Salary, 1007, -1, "{1,2}", "{}"},
		{Redact, Health, 16, -1, true, nil},
		{Redact, Secret, 17, -1, []byte("hash"), []byte{}},
		{Redact, Secret, 142, -1, []byte("<a>b</a>"), []byte("<masked/>")},
		{Redact, Secret, 1083, -1, "10:11:12", "00:00:00"},
		{Redact, Secret, 1186, -1, "3 days", "00:00:00"},
		{Redact, Location, 600, -1, "(52.5,13.4)", "(0,0)"},
		{Redact, Location, 3904, -1, "[1,5)", "empty"},
		{Redact, Location, 4451, -1, "{[1,5)}", "{}"},
		{Redact, Location, 99999, -1, "(a,b)", nil},
		{Redact, Name, 1082, -1, day(1990, 5, 6), zeroTime},
		{Redact, Name, 1082, -1, "infinity", zeroTime},
		{Redact, Network, 869, -1, "10.1.2.3", "0.0.0.0"},

		{Pseudonym, Email, text, -1, "ada@example.com", "6ofciftv3j7t2jfn@masked.invalid"},
		{Pseudonym, Email, text, -1, "", ""},
		{Pseudonym, Email, varchar, 4 + 255, "ada@example.com", "6ofciftv3j7t2jfn@masked.invalid"},
		{Pseudonym, Email, varchar, 4 + 28, "ada@example.com", "6ofciftv3j7t2@masked.invalid"},
		{Pseudonym, Email, varchar, 4 + 20, "ada@example.com", "6ofciftv3j7t2jfn"},
		{Pseudonym, Email, varchar, 4 + 6, "a@b.io", "zpxro6"},
		{Pseudonym, Email, bpchar, 4 + 33, "ada@example.com", "6ofciftv3j7t2jfn@masked.invalid  "},
		{Pseudonym, Email, textArray, -1, "{ada@example.com,NULL}", `{"6ofciftv3j7t2jfn@masked.invalid",NULL}`},
		{Pseudonym, Phone, text, -1, "0123", "masked:dr7ipznnpx5gcbuj"},
		{Pseudonym, Email, 20, -1, int64(5), int64(0)},

		{Partial, Phone, text, -1, "+49 (30) 1234-5678", "+** (**) ****-5678"},
		{Partial, Phone, text, -1, "030/1234567", "***/***4567"},
		{Partial, Phone, text, -1, "555-0123", "[masked]"},
		{Partial, Phone, text, -1, "call Ada", "[masked]"},
		{Partial, Phone, text, -1, "call Ada at 030 1234567", "**** *** ** *** ***4567"},
		{Partial, Phone, text, -1, "٠٣٠1234567890", "*********7890"},
		{Partial, Phone, text, -1, "030 ---------- 1234567", "[masked]"},
		{Partial, Phone, text, -1, "0301234567" + strings.Repeat("x", 60), "[masked]"},
		{Redact, Address, 3802, -1, []byte(`{"street": "x", "AdaLovelace": "y"}`), []byte(`{"street":"[masked]","[masked] 2":"[masked]"}`)},
		{Redact, Address, 3802, -1, []byte(`{"street": "x", "mary": "y", "grace": 1}`), []byte(`{"[masked] 1":"[masked]","[masked] 2":"[masked]","[masked] 3":0}`)},
		{Redact, Address, 3802, -1, []byte(`{"street": "x", "030 1234": "y"}`), []byte(`{"[masked] 1":"[masked]","[masked] 2":"[masked]"}`)},
		{Year, BirthDate, 1082, -1, day(1234, 5, 6), zeroTime},
		{Year, BirthDate, 1082, -1, day(4567, 5, 6), zeroTime},
		{Year, BirthDate, text, -1, "4567-05-06", "[masked]"},
		{Partial, Phone, varchar, 4 + 12, "030123456789", "********6789"},
		{Partial, Phone, varchar, 4 + 4, "0123", "[mas"},
		{Partial, Phone, 20, -1, int64(4930123456789), int64(6789)},
		{Partial, Phone, 20, -1, int64(-4930123456789), int64(6789)},
		{Partial, Phone, 20, -1, int64(123456), int64(0)},
		{Partial, Phone, 1700, -1, "4930123450789", "789"},
		{Partial, Phone, 1700, -1, "NaN", "0"},
		{Partial, Phone, 701, -1, 4930123456789.0, float64(0)},
		{Partial, Card, text, -1, "4111 1111 1111 1234", "**** **** **** 1234"},
		{Partial, Card, text, -1, "4111111111111234", "************1234"},
		{Partial, Account, text, -1, "DE89 3704 0044 0532 0130 00", "**** **** **** **** **30 00"},
		{Partial, Phone, textArray, -1, "{030123456789}", `{"********6789"}`},

		{Year, BirthDate, 1082, -1, day(1990, 5, 6), day(1990, 1, 1)},
		{Year, BirthDate, 1082, -1, "infinity", "infinity"},
		{Year, BirthDate, 1184, -1, time.Date(1990, 5, 6, 7, 8, 9, 10, berlin), time.Date(1990, 1, 1, 0, 0, 0, 0, berlin)},
		{Year, BirthDate, text, -1, "1990-05-06", "1990-01-01"},
		{Year, BirthDate, text, -1, "6.5.1990", "01.01.1990"},
		{Year, BirthDate, text, -1, "05/06/1990", "01/01/1990"},
		{Year, BirthDate, text, -1, "19900506", "19900101"},
		{Year, BirthDate, text, -1, "1990-05-06T07:08:09Z", "1990-01-01T00:00:00Z"},
		{Year, BirthDate, text, -1, "in May", "[masked]"},
		{Year, BirthDate, varchar, 4 + 10, "1990-05-06", "1990-01-01"},
		{Year, BirthDate, 23, -1, int64(19900506), int64(0)},

		{Subnet, Network, 869, -1, "192.168.7.9", "192.168.7.0"},
		{Subnet, Network, 869, -1, "192.168.7.9/16", "192.168.0.0/16"},
		{Subnet, Network, 869, -1, "2001:db8:1:2:3::4", "2001:db8:1::"},
		{Subnet, Network, 869, -1, "2001:db8:1:2:3::4/64", "2001:db8:1::/64"},
		{Subnet, Network, 869, -1, "::ffff:192.168.7.9", "::ffff:192.168.7.0"},
		{Subnet, Network, 650, -1, "192.168.7.128/25", "192.168.7.0/24"},
		{Subnet, Network, 650, -1, "10.0.0.0/8", "10.0.0.0/8"},
		{Subnet, Network, 829, -1, "08:00:2b:01:02:03", "08:00:2b:00:00:00"},
		{Subnet, Network, 774, -1, "08:00:2b:01:02:03:04:05", "08:00:2b:00:00:00:00:00"},
		{Subnet, Network, text, -1, "192.168.7.9", "192.168.7.0"},
		{Subnet, Network, text, -1, "192.168.7.9:8080", "192.168.7.0"},
		{Subnet, Network, text, -1, "Mozilla/5.0 (X11)", "[masked]"},
		{Subnet, Network, text, -1, "10.1.2.3, 10.4.5.6", "[masked]"},
		{Subnet, Network, 20, -1, int64(3232237321), int64(0)},

		{Redact, Secret, 2950, -1, "6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11", "b8199c10-ca5c-839e-a41d-f475d8c1ae57"},

		{Redact, Address, 3802, -1, []byte(`{"street": "Long Lane", "zip": 12345, "tags": ["a", ""], "ok": true, "none": null}`), []byte(`{"street":"[masked]","zip":0,"tags":["[masked]",""],"ok":null,"none":null}`)},
		{Redact, Address, 3802, -1, []byte(`{"ada@example.com": {"city": "Ulm"}}`), []byte(`{"[masked] 1":{"city":"[masked]"}}`)},
		{Redact, Address, 3802, -1, []byte(`{"ada": 1, "grace": 2}`), []byte(`{"[masked] 1":0,"[masked] 2":0}`)},
		{Redact, Address, 3802, -1, []byte(`"Ulm"`), []byte(`"[masked]"`)},
		{Redact, Address, 114, -1, []byte(`{"a": `), []byte(`null`)},
		{Redact, Address, 114, -1, []byte(`1 2`), []byte(`null`)},
		{Redact, Address, 3807, -1, `{"{\"street\": 1}"}`, `{}`},
		{"something else", Name, text, -1, "Ada", "[masked]"},
	} {
		m := newMasker(t)
		f := m.Func(Column{Treatment: c.treatment, Class: string(c.class)}, Field{TypeOID: c.oid, TypeMod: c.mod})
		require.NotNil(t, f)
		for range 2 {
			assert.Equal(t, c.want, f(c.in), "%s %s %d %v", c.treatment, c.class, c.oid, c.in)
		}
	}
}

func TestDerivedValues(t *testing.T) {
	m := newMasker(t)
	for _, c := range []struct {
		oid      uint32
		in, want driver.Value
	}{
		{25, "ada", "[masked]"},
		{25, "", "[masked]"},
		{25, nil, nil},
		{23, int64(7), int64(0)},
		{701, 7.5, float64(0)},
		{1700, "7.5", "0"},
		{16, true, nil},
		{1082, day(1990, 5, 6), zeroTime},
		{1184, day(1990, 5, 6), zeroTime},
		{3802, []byte(`{"a": 1}`), []byte("null")},
		{17, []byte("x"), []byte{}},
		{2950, "6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11", "00000000-0000-0000-0000-000000000000"},
		{869, "10.1.2.3", "0.0.0.0"},
		{1009, "{a}", "{}"},
		{2249, "(1,ada)", nil},
		{99999, "x", nil},
	} {
		f := m.Func(Column{Treatment: Redact, Class: "email", derived: true}, Field{TypeOID: c.oid, TypeMod: -1})
		assert.Equal(t, c.want, f(c.in), "%d %v", c.oid, c.in)
	}
}

func TestTypesOfExtensions(t *testing.T) {
	m := newMasker(t)
	f := func(typ string, treatment string, class Class) func(driver.Value) driver.Value {
		return m.Func(Column{Treatment: treatment, Class: string(class), typ: typ}, Field{TypeOID: 30000, TypeMod: -1})
	}
	assert.Equal(t, "6ofciftv3j7t2jfn@masked.invalid", f("citext", Pseudonym, Email)("ada@example.com"))
	assert.Equal(t, "6ofciftv3j7t2jfn@masked.invalid", f("public.citext", Pseudonym, Email)("ada@example.com"))
	assert.Equal(t, `{"[masked]"}`, f("public.citext[]", Redact, Name)("{Ada}"))
	assert.Equal(t, "", f("public.hstore", Redact, Name)(`"a"=>"b"`))
	assert.Equal(t, "{}", f("public.mood[]", Redact, Name)(`{happy}`))
	assert.Nil(t, f("public.mood", Redact, Name)(`happy`))
	assert.Nil(t, f("", Redact, Name)(`happy`))
}

func TestFuncLeavesColumnsAlone(t *testing.T) {
	assert.Nil(t, newMasker(t).Func(Column{}, Field{TypeOID: 25}))
}

func TestPseudonyms(t *testing.T) {
	column := func(m *Masker, class Class) func(driver.Value) driver.Value {
		return m.Func(Column{Treatment: Pseudonym, Class: string(class)}, Field{TypeOID: 25, TypeMod: -1})
	}
	m := newMasker(t)
	one, two := column(m, Email), column(m, Email)
	seen := map[driver.Value]bool{}
	for i := range 5000 {
		v := "someone" + textOfInt(int64(i)) + "@example.com"
		token := one(v)
		assert.Equal(t, token, two(v), "the same for the same value, everywhere")
		assert.Equal(t, token, one(v), "from memory or not")
		assert.True(t, isToken(token.(string)))
		seen[token] = true
	}
	assert.Len(t, seen, 5000)

	other, err := New(Config{Key: []byte("another key, as long as it has to be")})
	require.NoError(t, err)
	assert.NotEqual(t, one("ada@example.com"), column(other, Email)("ada@example.com"), "keyed")
	phone := column(m, Phone)("ada@example.com").(string)
	assert.NotContains(t, phone, strings.TrimSuffix(one("ada@example.com").(string), mailSuffix), "apart by class")
}

func TestKeys(t *testing.T) {
	_, err := New(Config{Key: make([]byte, 15)})
	require.Error(t, err)
	key := []byte("a key that somebody overwrites afterwards")
	m, err := New(Config{Key: key})
	require.NoError(t, err)
	before := m.Func(Column{Treatment: Pseudonym, Class: "x"}, Field{TypeOID: 25})("v")
	clear(key)
	m.pools.Clear()
	assert.Equal(t, before, m.Func(Column{Treatment: Pseudonym, Class: "x"}, Field{TypeOID: 25})("v"))
}

// fuzzed are the columns that the fuzz tests mask: every treatment on every type.
func fuzzed(treatment, class, oid uint8, mod int16) (Column, Field) {
	treatments := append([]string{"unknown"}, Treatments()...)
	classes := []Class{Email, Phone, Card, NationalID, BirthDate, Name, Address, Network, Secret, ""}
	oids := []uint32{25, 1043, 1042, 19, 18, 1009, 1015, 1014, 1700, 2950, 869, 650, 829, 774, 1083, 3904, 1007, 600, 114, 17, 99999, 20, 701, 1082, 16}
	c := Column{Treatment: treatments[int(treatment)%len(treatments)], Class: string(classes[int(class)%len(classes)])}
	c.derived = class%2 == 1
	return c, Field{TypeOID: oids[int(oid)%len(oids)], TypeMod: int32(mod)}
}

// A mask never panics, gives a value of the same Go type or NULL, fits the type and gives the same again.
func FuzzMaskText(f *testing.F) {
	for i := range uint8(25) {
		f.Add("ada@example.com", i, i, i, int16(12))
	}
	f.Add("+49 30 123456789", uint8(2), uint8(1), uint8(1), int16(20))
	f.Add(`{a,"b\"c",NULL}`, uint8(0), uint8(4), uint8(5), int16(-1))
	f.Add("1990-05-06", uint8(3), uint8(4), uint8(0), int16(-1))
	f.Add("\xff\xfe1234567890", uint8(2), uint8(2), uint8(0), int16(-1))
	f.Fuzz(func(t *testing.T, in string, treatment, class, oid uint8, mod int16) {
		c, field := fuzzed(treatment, class, oid, mod)
		m := newMasker(t)
		mask := m.Func(c, field)
		out := mask(in)
		require.Equal(t, out, mask(in))
		require.Equal(t, out, m.Func(c, field)(in))
		s, ok := out.(string)
		if !ok {
			return // NULL, or a zero of the described type
		}
		if n := int(mod) - 4; n > 0 && (field.TypeOID == 1043 || field.TypeOID == 1042) && utf8.RuneCountInString(in) <= n {
			require.LessOrEqual(t, utf8.RuneCountInString(s), n)
		}
		require.True(t, utf8.ValidString(s))
		if len(in) > 12 && !strings.HasPrefix(in, "0000") && c.Treatment == Redact && field.TypeOID == 25 {
			require.Equal(t, Redaction, s)
		}
	})
}

func FuzzMaskJSON(f *testing.F) {
	f.Add([]byte(`{"name": "Ada", "tags": [1, true, null, {"x": "secret"}]}`))
	f.Add([]byte(`{"a`))
	f.Add([]byte(`[[[[]]]]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		mask := newMasker(t).Func(Column{Treatment: Redact, Class: "address"}, Field{TypeOID: 3802})
		out, ok := mask(in).([]byte)
		require.True(t, ok)
		require.True(t, json.Valid(out))
		require.NotContains(t, string(out), "secret")
		again := mask(out).([]byte)
		require.True(t, json.Valid(again))
	})
}

func FuzzMaskOther(f *testing.F) {
	f.Add(int64(4930123456789), 1.5, int64(0), uint8(2), uint8(0), uint8(21))
	f.Fuzz(func(t *testing.T, n int64, x float64, seconds int64, treatment, class, oid uint8) {
		c, field := fuzzed(treatment, class, oid, -1)
		mask := newMasker(t).Func(c, field)
		for _, v := range []driver.Value{n, x, time.Unix(seconds%1e11, 0).UTC(), []byte("bytes"), true} {
			switch out := mask(v).(type) {
			case int64:
				require.Less(t, out, int64(1e4))
			case float64:
				require.Zero(t, out)
			case []byte:
				require.NotContains(t, string(out), "bytes")
			case bool:
				require.Fail(t, "a boolean is shown")
			}
		}
	})
}

// A mask that fails shows nothing.
func TestFailingMask(t *testing.T) {
	m := newMasker(t)
	tr := &treater{masker: m, column: Column{Treatment: Redact}, shape: shapeOf(Field{TypeOID: 25}, "")}
	tr.prepare()
	tr.text = func(string) driver.Value { panic("no") }
	assert.Equal(t, driver.Value(Redaction), tr.mask("Ada"))
	tr.other = func(driver.Value) driver.Value { panic("no") }
	assert.Equal(t, driver.Value(int64(0)), tr.mask(int64(5)))
}

func TestTreatmentsOfClasses(t *testing.T) {
	for class := range positives {
		assert.NotEmpty(t, class.Treatment(), class)
		assert.NotZero(t, severity[class], class)
	}
	assert.Empty(t, Class("").Treatment())
}

// The pseudonym is HMAC-SHA256 in base 32 and nothing else.
func TestPseudonymIsHMAC(t *testing.T) {
	digest := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	sum := digest(digest(testKey, "governed/mask/1/text email"), "ada@example.com")
	want := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])) + "@masked.invalid"
	f := newMasker(t).Func(Column{Treatment: Pseudonym, Class: "email"}, Field{TypeOID: 25})
	assert.Equal(t, want, f("ada@example.com"))
}
