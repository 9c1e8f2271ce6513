package mask

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

var atlas = lineage.ColumnID{Schema: "public", Relation: "atlas", Column: "doc"}

// scanned is a scanner of a column that nobody labelled.
func scanned(m *Masker, oid uint32) *Scan {
	return m.Scan(Column{scan: true, numbers: true, stored: true, scanned: []lineage.ColumnID{atlas}}, Field{TypeOID: oid, TypeMod: -1})
}

// stores checks an argument that a statement assigns to the column.
func stores(m *Masker, command string, arg any) error {
	st := &lineage.Statement{Command: command, Assigns: []lineage.Assign{{Target: atlas, Command: command, Params: []int{1}}}}
	return m.Check(st, []any{arg}, Rules{})
}

func TestFormsOfBlanks(t *testing.T) {
	zero := int64(0)
	for _, same := range [][]any{
		{0, int64(0), 0.0, "0", "0.00", "-0", "0e5", "$0.00", "0,00 €", "-$0.00", []byte("0"), &zero},
		{`{"a": [0, 1.50], "b": "x"}`, []byte(`{"b":"x","a":[0.0,1.5]}`), map[string]any{"b": "x", "a": []float64{0, 1.5}}},
		{"{0,7.5}", `{"0", 7.50}`, []float64{0, 7.5}, pgArray[float64]{Elements: []float64{0, 7.5}}, `{$0.00,7.5}`},
		{"{{0,1},{2,3}}", [][]int{{0, 1}, {2, 3}}},
		{`"a"=>"0", "b"=>NULL`, `"b"=>NULL,"a"=>"0"`, map[string]any{"a": "0", "b": nil}},
		{"{0,NULL,1}", []*int64{&zero, nil, new(int64(1))}},
		{"{}", []int64{}, map[string]string{}},
	} {
		for _, v := range same[1:] {
			require.NotEmpty(t, formsOf(v))
			require.Subset(t, append(formsOf(v), formsOf(same[0])...), formsOf(same[0])[:1])
			require.Contains(t, formsOf(v), formsOf(same[0])[0], "%T %v", v, v)
		}
	}
	for _, other := range []any{1, "1", "$1.00", "v0", "0:1", "a 0", "0x", "", `{"a":0}`, "{0}", "[0]", "NaN", "2020-00-00", time.Now(), true, "{", "[", `"`, `"a"=>`, `"a"=>"b" x`} {
		require.NotContains(t, formsOf(other), zeroForm, "%T %v", other, other)
	}
	require.Empty(t, formsOf(nil))
	require.Empty(t, formsOf((*int64)(nil)))
}

// Where there were more than are remembered, what may be one of them is taken for one, and the rest passes.
func TestManyBlanks(t *testing.T) {
	m := newMasker(t)
	s := scanned(m, oidJSONB)
	for i := range maxSeen + 1 {
		s.Value([]byte(fmt.Sprintf(`{"v": 4111111111111111, "w": %d}`, i)))
	}
	tr := m.trace(atlas)
	require.True(t, tr.has(markBlanksFull))
	require.Empty(t, tr.blanks)
	require.False(t, tr.has(markFull|markBlank))
	require.NoError(t, stores(m, "INSERT", `{"v": 0, "w": 70000}`), "a new row")
	require.True(t, m.Copied(&lineage.Statement{}, atlas, Rules{})(`{"v": 0, "w": 70000}`))
	require.False(t, m.Copied(&lineage.Statement{}, atlas, Rules{})(`{"v": 1, "w": 0}`))
	require.Error(t, stores(m, "INSERT", "{0,7}"))
	require.NoError(t, stores(m, "INSERT", "{10,7}"))
	require.Error(t, stores(m, "UPDATE", `{"v": 0, "w": 70000}`))
	require.Error(t, stores(m, "UPDATE", 0))
	require.NoError(t, stores(m, "INSERT", 0))
	for _, arg := range []any{`{"v": 10, "w": 70000}`, 7, "10", "x0", nil} {
		require.NoError(t, stores(m, "UPDATE", arg), "%v", arg)
	}
}

func TestManyBlankMembers(t *testing.T) {
	m := newMasker(t)
	s := scanned(m, oidJSONB)
	for i := range maxMembers + 1 {
		s.Value([]byte(fmt.Sprintf(`{"v%d": 4111111111111111}`, i)))
	}
	tr := m.trace(atlas)
	require.True(t, tr.has(markMembersFull))
	require.Empty(t, tr.members)
	require.Error(t, stores(m, "UPDATE", `{"other": 0}`))
	require.NoError(t, stores(m, "UPDATE", `{"other": 1}`))
	require.NoError(t, stores(m, "INSERT", `{"other": 0}`), "a new row")
}

// A number that was zero before is no loss, and the keys of an object that is a map are nobody's to remember.
func TestMembersThatAreNotRemembered(t *testing.T) {
	m := newMasker(t)
	s := scanned(m, oidJSONB)
	s.Value([]byte(`{"salary": 0}`))
	require.NoError(t, stores(m, "UPDATE", `{"salary": 0, "x": 1}`))
	s.Value([]byte(`{"salaries": {"ada@example.com": 5}}`))
	require.NoError(t, stores(m, "UPDATE", `{"ada@example.com": 0}`))
	s.Value([]byte(`{"salary": 7}`))
	require.Error(t, stores(m, "UPDATE", `{"salary": 0, "x": 1}`))
	require.NoError(t, stores(m, "UPDATE", `{"salary": 8, "x": 0}`))
	require.NoError(t, m.Check(&lineage.Statement{Command: "UPDATE", Assigns: []lineage.Assign{{Target: atlas, Command: "UPDATE", Params: []int{1}}}},
		[]any{`{"salary": 0}`}, Rules{Clear: clears("public.atlas.doc")}))
}

// What cannot be read is blanked as a whole, and does not close its column to other values.
func TestBlanksOfBrokenValues(t *testing.T) {
	m := newMasker(t)
	require.Equal(t, []byte("null"), scanned(m, oidJSONB).Value([]byte("{broken")))
	require.Error(t, stores(m, "UPDATE", "null"))
	require.NoError(t, stores(m, "INSERT", "null"))
	require.NoError(t, stores(m, "UPDATE", `{"v": 0}`))
	require.NoError(t, stores(m, "UPDATE", 5))
}

func TestBlanksInBinary(t *testing.T) {
	for oid, values := range map[uint32][2]string{
		oidInt8:  {"\x00\x0e\x9b\x08\xa5h\xf1\xc7", "0"},
		oidJSONB: {"\x01" + `{"v": 4111111111111111}`, `{"v":0}`},
		114:      {`{"v": 4111111111111111}`, `{"v":0}`},
	} {
		m := newMasker(t)
		out, ok := scanned(m, oid).Binary([]byte(values[0]))
		require.True(t, ok)
		require.NotEqual(t, values[0], string(out))
		require.Error(t, stores(m, "UPDATE", values[1]), "%d", oid)
		require.NoError(t, stores(m, "UPDATE", 5))
	}
}

func TestBlanksOfCopy(t *testing.T) {
	m := newMasker(t)
	require.Nil(t, m.Copied(&lineage.Statement{}, atlas, Rules{}), "nothing was shown")
	s := scanned(m, oidInt8)
	require.Equal(t, "7", s.Printed("7"))
	require.Nil(t, m.Copied(&lineage.Statement{}, atlas, Rules{}))
	require.Equal(t, "0", s.Printed("4111111111111111"))
	is := m.Copied(&lineage.Statement{}, atlas, Rules{})
	require.True(t, is("0"))
	require.False(t, is("7"))
	require.Nil(t, m.Copied(&lineage.Statement{}, atlas, Rules{Clear: clears("public.atlas.doc")}))
}

// Whatever a scan changes in a value is refused when it is saved as it is, and what it left alone passes.
func FuzzBlanks(f *testing.F) {
	for i, s := range []string{
		`{"v": 4111111111111111}`, "{4111111111111111,7}", "[4111111111111111,4111111111111112)", `"k"=>"4111111111111111"`, "'4111111111111111':1",
		"4111111111111111", `{"location": {"salary": [7.5, 51.5]}}`, `{"patient": {"hiv_positive": true}}`, "(4111111111111111,x)", "<a>4111111111111111</a>",
	} {
		f.Add(s, uint8(i))
	}
	oids := []uint32{25, 114, oidJSONB, 3802, 1016, 3926, 0, 3614, 142, oidBytea, 1043, oidNumeric}
	f.Fuzz(func(t *testing.T, in string, kind uint8) {
		m := newMasker(t)
		oid := oids[int(kind)%len(oids)]
		s := scanned(m, oid)
		if oid == oidJSONB || oid == 114 || oid == oidBytea {
			out := s.Value([]byte(in)).([]byte)
			if string(out) != in {
				require.Error(t, stores(m, "UPDATE", out), "%q", out)
			}
			return
		}
		if out := s.Value(in); out != any(in) {
			require.Error(t, stores(m, "UPDATE", out), "%q", out)
			return
		}
		require.NoError(t, func() error {
			if isToken(in) {
				return nil
			}
			return stores(m, "UPDATE", in)
		}(), "%q", in)
	})
}

func BenchmarkScanBlanked(b *testing.B) {
	m := newMasker(b)
	for name, doc := range map[string]string{
		"masked": `{"type": "Feature", "location": {"type": "Point", "salary": [7.5, 51.5]}, "id": %d}`,
		"shown":  `{"type": "Feature", "size": {"type": "Point", "steps": [7.5, 51.5]}, "id": %d}`,
	} {
		docs := make([][]byte, 1000)
		for i := range docs {
			docs[i] = []byte(fmt.Sprintf(doc, i))
		}
		b.Run(name, func(b *testing.B) {
			s := scanned(m, oidJSONB)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Value(docs[i%len(docs)])
			}
		})
	}
}
