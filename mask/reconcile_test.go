package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

func oidOf(t *testing.T, relation, column string) Field {
	t.Helper()
	for _, r := range shopRelations(t) {
		if r.Name.Name != relation {
			continue
		}
		c, ok := r.Column(column)
		require.True(t, ok, column)
		return Field{TableOID: r.OID, Num: c.Num}
	}
	require.Fail(t, relation)
	return Field{}
}

func TestReconcile(t *testing.T) {
	m := newMasker(t)
	relations := shopRelations(t)
	byOID := func(oid uint32) *lineage.Relation {
		for _, r := range relations {
			if r.OID == oid {
				return r
			}
		}
		return nil
	}
	none := Field{}
	for _, c := range []struct {
		name, sql, clear string
		server           []Field
		want             string
		mismatch         bool
	}{
		{name: "same column", sql: "select email from customers", server: []Field{oidOf(t, "customers", "email")}, want: "pseudonym:email"},
		{name: "same expression", sql: "select upper(email), 1 from customers", server: []Field{none, none}, want: "redact:email -"},
		{name: "same view", sql: "select mail from people_view", server: []Field{oidOf(t, "people_view", "mail")}, want: "pseudonym:email"},
		{name: "server names a sensitive column", sql: "select id, name from products", server: []Field{oidOf(t, "products", "id"), oidOf(t, "customers", "email")}, want: "- pseudonym:email", mismatch: true},
		{name: "server names another sensitive column", sql: "select email from customers", server: []Field{oidOf(t, "customers", "phone")}, want: "redact:email", mismatch: true},
		{name: "server names a harmless column", sql: "select email from customers", server: []Field{oidOf(t, "products", "id")}, want: "pseudonym:email", mismatch: true},
		{name: "both harmless", sql: "select name from products", server: []Field{oidOf(t, "products", "id")}, want: "-", mismatch: true},
		{name: "server names a column of an expression", sql: "select 1", server: []Field{oidOf(t, "products", "id")}, want: "-", mismatch: true},
		{name: "server says expression", sql: "select name from products", server: []Field{none}, want: "redact", mismatch: true},
		{name: "server says expression of a sensitive column", sql: "select email from customers", server: []Field{none}, want: "redact:email", mismatch: true},
		{name: "unknown table", sql: "select id from products", server: []Field{{TableOID: 99999, Num: 1}}, want: "redact", mismatch: true},
		{name: "unknown number", sql: "select id from products", server: []Field{{TableOID: oidOf(t, "products", "id").TableOID, Num: 77}}, want: "redact", mismatch: true},
		{name: "system column", sql: "select id from products", server: []Field{{TableOID: 99999, Num: -1}}, want: "-", mismatch: true},
		{name: "view", sql: "select id from products", server: []Field{oidOf(t, "people_view", "town")}, want: "redact", mismatch: true},
		{name: "a clear list", sql: "select id from products", clear: "public.customers.email", server: []Field{oidOf(t, "customers", "email")}, want: "-", mismatch: true},
		{name: "system table nobody loaded", sql: "select relname from pg_class", server: []Field{{TableOID: 1259, Num: 2}}, want: "-", mismatch: true},
		{name: "system table in a statement of others", sql: "select id from products", server: []Field{{TableOID: 1259, Num: 2}}, want: "redact", mismatch: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := m.Plan(Input{Statement: analysed(t, c.sql), Catalog: shopCatalog(t), Rules: Rules{Clear: clears(c.clear)}})
			before := planned(p)
			columns, mismatch, ok := p.Reconcile(c.server, byOID)
			require.True(t, ok)
			assert.Equal(t, c.want, planned(&Plan{Columns: columns}))
			assert.Equal(t, c.mismatch, mismatch)
			assert.Equal(t, before, planned(p), "a plan does not change")
		})
	}
}

func TestReconcileCounts(t *testing.T) {
	p := newMasker(t).Plan(Input{Statement: analysed(t, "select id from products"), Catalog: shopCatalog(t)})
	_, _, ok := p.Reconcile([]Field{{}, {}}, nil)
	assert.False(t, ok)
	_, _, ok = p.Reconcile(nil, nil)
	assert.False(t, ok)
}

// Whatever the server says, a column that one of the two witnesses calls sensitive is masked.
func FuzzReconcile(f *testing.F) {
	f.Add(uint32(firstOID), int16(3), uint8(0))
	f.Add(uint32(0), int16(0), uint8(1))
	f.Fuzz(func(t *testing.T, oid uint32, num int16, which uint8) {
		m := newMasker(t)
		statements := []string{"select email from customers", "select name from products", "select upper(name) from customers", "select 1"}
		p := m.Plan(Input{Statement: analysed(t, statements[int(which)%len(statements)]), Catalog: shopCatalog(t)})
		byOID := map[uint32]*lineage.Relation{}
		for _, r := range shopRelations(t) {
			byOID[r.OID] = r
		}
		columns, _, ok := p.Reconcile([]Field{{TableOID: oid, Num: num}}, func(o uint32) *lineage.Relation { return byOID[o] })
		require.True(t, ok)
		masked := columns[0].Treatment != ""
		if p.Columns[0].Treatment != "" {
			assert.True(t, masked)
		}
		if r := byOID[oid]; r != nil {
			if c, found := r.Number(num); found && Classify(r, c) != "" {
				assert.True(t, masked, strings.Join([]string{r.Name.Name, c.Name}, "."))
			}
		}
	})
}
