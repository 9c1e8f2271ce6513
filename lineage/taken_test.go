package lineage

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const takenSchema = `
path pg_catalog public
table public.t id integer, d jsonb, h hstore, x xml, txt text, k text, i integer, l text[]
composite public.shape ssn text, size integer
view public.v id integer, pay text, part text, other text = select t.id, (t.d ->> 'pay'::text), (t.d -> 'a'::text) ->> 'b'::text, (t.d ->> t.k) from t
view public.e key text, value jsonb = select e.key, e.value from t, lateral jsonb_each(t.d) e(key, value)
view public.swapped key jsonb, value text = select e.value, e.key from t, lateral jsonb_each(t.d) e(key, value)
view public.lone value jsonb = select e.value from t, lateral jsonb_each(t.d) e(key, value)
function pg_catalog.jsonb_each(jsonb, out key text, out value jsonb) setof record
function pg_catalog.jsonb_each_text(jsonb, out key text, out value text) setof record
function pg_catalog.jsonb_to_record(jsonb) record
function pg_catalog.jsonb_populate_record(anyelement, jsonb) anyelement
function pg_catalog.jsonb_array_elements(jsonb, out value jsonb) setof jsonb
function pg_catalog.jsonb_extract_path_text(jsonb, text[]) text
function pg_catalog.jsonb_path_query(jsonb, jsonpath) setof jsonb
function pg_catalog.jsonb_build_object(any) jsonb
function pg_catalog.jsonb_typeof(jsonb) text
function pg_catalog.jsonb_object_keys(jsonb) setof text
function pg_catalog.jsonb_set(jsonb, text[], jsonb) jsonb
function pg_catalog.jsonb_pretty(jsonb) text
function pg_catalog.replace(text, text, text) text
function pg_catalog.substr(text, integer) text
function pg_catalog.lower(text) text
function pg_catalog.svals(hstore) setof text
function pg_catalog.xpath(text, xml) xml[]
function pg_catalog.length(text) integer
aggregate pg_catalog.count(any) bigint
aggregate pg_catalog.max(anyelement) anyelement
aggregate pg_catalog.jsonb_object_agg(any, any) jsonb
function public.pay(jsonb) text
`

// testdata/asked.txt says, for each query, by which keys what decides was taken out of documents.
func TestAsked(t *testing.T) {
	const path = "testdata/asked.txt"
	catalog := parseSchema(t, takenSchema)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var got strings.Builder
	for line := range strings.Lines(string(text)) {
		sql, _, _ := strings.Cut(strings.TrimSpace(line), "  => ")
		list, err := AnalyzeText(sql, catalog)
		require.NoError(t, err, sql)
		require.Empty(t, list[0].Unresolved, sql)
		words := []string{}
		for i := range list[0].Indirect {
			in := &list[0].Indirect[i]
			words = append(words, in.Source.Column.Column+" "+string(in.Kind)+" "+takingWords(&Taking{Taken: in.Taken}, 0))
		}
		fmt.Fprintf(&got, "%s  => %s\n", sql, strings.Join(words, " | "))
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
		return
	}
	require.Equal(t, string(text), got.String())
}

// testdata/taken.txt says, for each query, by which keys its outputs were taken out of documents.
func TestTaken(t *testing.T) {
	const path = "testdata/taken.txt"
	catalog := parseSchema(t, takenSchema)
	for name, body := range map[string]string{"pay": "select $1->>'pay'"} {
		list, _ := catalog.Functions("public", name)
		require.Len(t, list, 1)
		list[0].Language, list[0].Body = "sql", body
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var got strings.Builder
	for line := range strings.Lines(string(text)) {
		sql, _, _ := strings.Cut(strings.TrimSpace(line), "  => ")
		list, err := AnalyzeText(sql, catalog)
		require.NoError(t, err, sql)
		var words []string
		for i := range list[0].Outputs {
			o := &list[0].Outputs[i]
			require.Empty(t, o.Unresolved, sql)
			words = append(words, takingWords(&o.Taking, o.KeyAt))
		}
		fmt.Fprintf(&got, "%s  => %s\n", sql, strings.Join(words, " | "))
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
		return
	}
	require.Equal(t, string(text), got.String())
}

func takingWords(t *Taking, keyAt int) string {
	words := append([]string(nil), t.Keys...)
	if len(t.Params) > 0 {
		words = append(words, fmt.Sprint(t.Params))
	}
	if t.Any > 0 {
		words = append(words, map[AnyKey]string{AtTop: "ANY", Anywhere: "ANYWHERE"}[t.Any])
	}
	if t.Cut {
		words = append(words, "CUT")
	}
	if t.Every {
		words = append(words, "EVERY")
	}
	if t.Whole {
		words = append(words, "WHOLE")
	}
	for _, key := range t.Ends {
		words = append(words, "END "+key)
	}
	if t.Bodied && t.Inner != nil {
		words = append(words, fmt.Sprint("BODY", t.Inner.Keys))
	} else if t.Bodied {
		words = append(words, "BODIES")
	}
	if keyAt > 0 {
		words = append(words, fmt.Sprintf("BESIDE %d", keyAt))
	}
	if words == nil {
		return "-"
	}
	return strings.Join(words, " ")
}

func TestPathKeys(t *testing.T) {
	for path, want := range map[string]string{
		`$.a.b`: "a b", `strict $."a b"[*].c`: "a b c", `$.a ? (@.b == "c").d`: "a b d", `$ . a`: "a", `$/* x.y */.a`: "a",
		`$[0 to 2.5].a`: "a", `$.a.size()`: "a size", `$`: "", `$[*]`: "", `$.n * 2`: "n", `$.ключ`: "ключ",
	} {
		keys, _, any := pathKeys(path)
		require.Equal(t, want, strings.Join(keys, " "), path)
		require.Zero(t, any, path)
	}
	for _, path := range []string{`$.*`, `$.**`, `$ . *`, `$.a.*`, `$.keyvalue()`, `$.KeyValue().value`, `$."\u0061"`, `$."a`, `$./* x */*`} {
		_, _, any := pathKeys(path)
		require.NotZero(t, any, path)
	}
}

func TestXMLKeys(t *testing.T) {
	for path, want := range map[string]string{"//a/b/text()": "a b", "/r/p:ssn/@kind": "r p ssn kind", "//a[@b='c']": "a b c", ".": ""} {
		keys, any := xmlKeys(path)
		require.Equal(t, want, strings.Join(keys, " "), path)
		require.Zero(t, any, path)
	}
	for _, path := range []string{"//*", "/r/..", "node()", "string(/r)", "concat(a, b)", "//text()", "/r/&#97;"} {
		_, any := xmlKeys(path)
		require.NotZero(t, any, path)
	}
}
