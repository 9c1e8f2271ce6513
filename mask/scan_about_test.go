package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// scannedIn gives a document as the scan of a column shows it.
func scannedIn(t *testing.T, relation, column, in string) string {
	t.Helper()
	m, err := New(Config{Key: []byte("a key of thirty-two bytes, no more")})
	require.NoError(t, err)
	id := lineage.ColumnID{Relation: relation, Column: column}
	c := Column{scan: true, scanned: []lineage.ColumnID{id}, documents: []document{{ColumnID: id}}, stored: true, xml: strings.HasPrefix(in, "<")}
	out, ok := m.Scan(c, Field{TypeOID: 25}).Value(in).(string)
	require.True(t, ok)
	return out
}

// What stands beside a name, beside a value and above a document says what they are.
func TestScanOfWhatStandsBeside(t *testing.T) {
	const hidden = Redaction
	for _, c := range []struct{ relation, column, in, want string }{
		{"t", "d", `{"name": "Ada Byron", "email": ""}`, `{"name": "` + hidden + `", "email": ""}`},
		{"t", "d", `{"birth_date": null, "x": {"name": "Oak"}, "name": "Ada Byron"}`, `{"birth_date": null, "x": {"name": "Oak"}, "name": "` + hidden + `"}`},
		{"t", "d", `[{"name": "Oak"}, {"name": "Ada Byron", "ssn": null}]`, `[{"name": "Oak"}, {"name": "` + hidden + `", "ssn": null}]`},
		{"t", "d", `{"name": "Oak", "colour": "green", "lines": [{"email": ""}]}`, `{"name": "Oak", "colour": "green", "lines": [{"email": ""}]}`},
		{"t", "d", `{"key": "diagnosis", "value": "Flu"}`, `{"key": "diagnosis", "value": "` + hidden + `"}`},
		{"t", "d", `{"value": "Flu", "field": "patient.diagnosis"}`, `{"value": "` + hidden + `", "field": "patient.diagnosis"}`},
		{"t", "d", `{"column": "diagnosis", "old": "Flu", "new": 3}`, `{"column": "diagnosis", "old": "` + hidden + `", "new": 0}`},
		{"t", "d", `[{"op": "replace", "path": "/user/diagnosis", "value": "Flu"}]`, `[{"op": "replace", "path": "/user/diagnosis", "value": "` + hidden + `"}]`},
		{"t", "d", `{"key": "colour", "value": "green"}`, `{"key": "colour", "value": "green"}`},
		{"t", "d", `{"name": "size", "value": 12, "unit": "cm"}`, `{"name": "size", "value": 12, "unit": "cm"}`},
		{"t", "d", `"name"=>"Ada Byron", "email"=>NULL`, `"name"=>"` + hidden + `", "email"=>NULL`},
		{"t", "d", `"name"=>"Oak", "colour"=>"green"`, `"name"=>"Oak", "colour"=>"green"`},
		{"t", "customer", `{"name": "Ada Byron", "plan": {"name": "gold"}}`, `{"name": "` + hidden + `", "plan": {"name": "gold"}}`},
		{"t", "card", `{"number": 12345678901234}`, `{"number": 0}`},
		{"t", "d", `{"email": 3, "phone": 12, "sms": 4}`, `{"email": 3, "phone": 12, "sms": 4}`},
		{"t", "d", `{"phone": 493055578134}`, `{"phone": 0}`},
		{"t", "d", `<r><field name="diagnosis">Flu</field><field name="colour">green</field></r>`, `<r><field name="diagnosis">` + hidden + `</field><field name="colour">green</field></r>`},
	} {
		require.Equal(t, c.want, scannedIn(t, c.relation, c.column, c.in), c.in)
	}
}

// Reading ahead takes time in proportion to a document, however its objects stand in each other.
func TestScanReadsAheadOnce(t *testing.T) {
	in := strings.Repeat(`{"name": "Oak", "x": `, 400) + "1" + strings.Repeat("}", 400)
	in = "[" + strings.Repeat(in+", ", 50) + "1]"
	s := &Scan{treater: &treater{}, way: scanText}
	w := jsonWalk{in: []byte(in), scan: s, keys: &s.json}
	require.True(t, w.value(member{}, 0))
	require.Greater(t, w.peeked, peeks*len(in), "it would take longer than that")
	require.LessOrEqual(t, w.peeked, (peeks+1)*len(in))
}
