package mask

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

func keyedScanOf(t testing.TB, c Column, oid uint32) *Scan {
	t.Helper()
	m, err := New(Config{Key: []byte("0123456789abcdef")})
	require.NoError(t, err)
	c.scan, c.scanned = true, []lineage.ColumnID{{Schema: "public", Relation: "docs", Column: "d"}}
	s := m.Scan(c, Field{TypeOID: oid, TypeMod: -1})
	require.NotNil(t, s)
	return s
}

// Texts that are documents, or hold some, are masked by their keys, and are as they were elsewhere.
func TestTextsThatAreDocuments(t *testing.T) {
	for text, want := range map[string]string{
		`{"ssn": "s1x2",  "a":[1, 2]}`:                  `{"ssn": "[masked]",  "a":[1, 2]}`,
		`  [{"password":"pw"}, "x"]`:                    `  [{"password":"[masked]"}, "x"]`,
		`"ssn"=>"s1x2", "a"=>"b"`:                       `"ssn"=>"[masked]", "a"=>"b"`,
		`{"in": "{\"ssn\": \"s1x2\"}"}`:                 `{"in": "{\"ssn\": \"[masked]\"}"}`,
		`{"a": "b"}`:                                    `{"a": "b"}`,
		`{a,b}`:                                         `{a,b}`,
		`[info] "quoted": fine`:                         `[info] "quoted": fine`,
		`x {"ssn": "s1x2", "a": 1} y {"b": "c"}`:        `x {"ssn": "[masked]", "a": 1} y {"b": "c"}`,
		`1x2", "salary": 5}`:                            `[masked]`,
		`{"a": 1, "ssn": "s1`:                           `[masked]`,
		`{"a": 1, "b": "s1`:                             `{"a": 1, "b": "s1`,
		`she said "ssn" twice`:                          `she said "ssn" twice`,
		`say "password" : now`:                          `[masked]`,
		`[[[[{"ssn": 1}`:                                `[[[[{"ssn": 0}`,
		strings.Repeat("[1,", 5000) + `{"ssn": "s1x2"}`: `[masked]`,
	} {
		s := keyedScanOf(t, Column{pieces: true}, 25)
		got, _ := s.Value(text).(string)
		require.Equal(t, want, got)
	}
	plain := keyedScanOf(t, Column{}, 25)
	require.Equal(t, `x {"ssn": "s1x2"}`, plain.Value(`x {"ssn": "s1x2"}`), "a stored text is looked at from its beginning alone")
	short := keyedScanOf(t, Column{}, oidVarchar)
	short.treater.shape.limit = 14
	require.Equal(t, "[masked]", short.Value(`{"ssn": "s1"}`), "the masked text has to fit")
}

func TestXMLByNames(t *testing.T) {
	for text, want := range map[string]string{
		`<r><ssn>s1</ssn><a>b</a></r>`:              `<r><ssn>[masked]</ssn><a>b</a></r>`,
		`<ssn><b>s1</b> s2 </ssn><c>d</c>`:          `<ssn><b>[masked]</b> [masked] </ssn><c>d</c>`,
		`<p:r ssn='s1' a="b"/>`:                     `<p:r ssn='[masked]' a="b"/>`,
		`<ssn><![CDATA[s1]]><!-- s2 --></ssn>`:      `<ssn><![CDATA[[masked]]]><!--[masked]--></ssn>`,
		`<a>1 < 2</a>`:                              `<a>1 < 2</a>`,
		`<?xml version="1.0"?><!DOCTYPE r><r>x</r>`: `<?xml version="1.0"?><!DOCTYPE r><r>x</r>`,
		`<ssn>s1`:        `<ssn>[masked]`,
		`<password`:      `<password`,
		`<ssn/><a>b</a>`: `<ssn/><a>b</a>`,
	} {
		s := keyedScanOf(t, Column{xml: true}, 25)
		require.Equal(t, want, s.Value(text), text)
	}
	require.Equal(t, `<ssn>s1</ssn>`, keyedScanOf(t, Column{}, 25).Value(`<ssn>s1</ssn>`))
}

func TestValuesByTheKeyBeside(t *testing.T) {
	s := keyedScanOf(t, Column{KeyAt: 1, pieces: true}, 25)
	for _, c := range []struct {
		key         any
		value, want string
	}{
		{"ssn", "s1x2", "[masked]"},
		{"note", "s1x2", "s1x2"},
		{"ssn", `{"a": "b"}`, `{"a": "[masked]"}`},
		{"note", `{"ssn": "b"}`, `{"ssn": "[masked]"}`},
		{nil, "s1x2", "[masked]"},
		{nil, "true", "true"},
		{nil, `{"a": "b"}`, `{"a": "b"}`},
		{nil, `["a"]`, `["[masked]"]`},
		{"ssn", `{s1x2 "a": 1`, "[masked]"},
		{"note", "true", "true"},
		{"ssn", "", ""},
	} {
		if key, is := c.key.(string); is {
			s.Key([]byte(key))
		} else {
			s.Key(nil)
		}
		require.Equal(t, c.want, s.Value(c.value), "%v %s", c.key, c.value)
	}
	documents := keyedScanOf(t, Column{KeyAt: 1}, 3802)
	documents.Key([]byte("ssn"))
	require.Equal(t, []byte(`"[masked]"`), documents.Value([]byte(`"s1x2"`)))
	documents.Key([]byte("customer"))
	require.Equal(t, []byte(`{"name": "[masked]"}`), documents.Value([]byte(`{"name": "x"}`)), "the key is the parent of those below")
	documents.Key([]byte("note"))
	require.Equal(t, []byte(`"s1x2"`), documents.Value([]byte(`"s1x2"`)))
}

// What begins like a document never panics, stays one, and shows nothing under a key that hides it.
func FuzzDocuments(f *testing.F) {
	for _, text := range []string{
		`{"ssn": "planted"}`, `x [{"ssn": "planted"}] {`, `"ssn"=>"planted"`, `<ssn a="planted">planted</ssn>`, `{"a": "{\"ssn\": \"planted\"}"}`, `[[[`, `{"`, `"=>`, `<![CDATA[`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range []Column{{}, {pieces: true}, {pieces: true, xml: true}, {KeyAt: 1}} {
			s := keyedScanOf(t, c, 25)
			s.Key([]byte("ssn"))
			out, ok := s.Value(text).(string)
			require.True(t, ok)
			if json.Valid([]byte(text)) && !c.xml && c.KeyAt == 0 && strings.IndexByte("{[", beginOf(text)) >= 0 {
				require.True(t, json.Valid([]byte(out)), "%q became %q", text, out)
			}
		}
		escaped, err := json.Marshal(text)
		require.NoError(t, err)
		s := keyedScanOf(t, Column{}, 25)
		require.Equal(t, `{"a": 1, "ssn": "`+hiddenOr(text)+`"}`, s.Value(`{"a": 1, "ssn": `+string(escaped)+`}`))
	})
}

func hiddenOr(text string) string {
	if text == "" {
		return ""
	}
	return Redaction
}
