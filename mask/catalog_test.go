package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// testKey is the key of tests.
var testKey = []byte("the key of tests, of no use else")

func newMasker(t testing.TB) *Masker {
	t.Helper()
	m, err := New(Config{Key: testKey})
	require.NoError(t, err)
	return m
}

// shopSchema is the catalog of the tests: one relation a line, "kind name: column type, ...".
const shopSchema = `
r customers: id bigint, name text, email text, phone text, birth_date date, city text, address jsonb, note text, salary numeric, ref uuid, home public.addr, active boolean
r orders: id bigint, customer_id bigint, total numeric, status text, ip inet
r accounts: id bigint, contact text, label text, opened date
r products: id bigint, name text, price numeric
v people_view: id bigint, mail text, town text = select c.id, c.email, c.city from customers c
v renamed: id bigint, email text = select a.id, a.label from accounts a
v shouting: id bigint, title text = select c.id, upper(c.name) from customers c
m totals: customer_id bigint, sum numeric = select orders.customer_id, sum(orders.total) from orders group by orders.customer_id
r pg_catalog.pg_class: oid oid, relname name
r pg_catalog.pg_authid: oid oid, rolname name, rolpassword text`

const firstOID = 20000

func shopRelations(t testing.TB) []*lineage.Relation {
	t.Helper()
	var out []*lineage.Relation
	for i, line := range rowsOf(shopSchema) {
		head, rest, ok := strings.Cut(line[2:], ": ")
		require.True(t, ok, line)
		schema, name, ok := strings.Cut(head, ".")
		if !ok {
			schema, name = "public", head
		}
		rel := &lineage.Relation{Name: lineage.Name{Schema: schema, Name: name}, Kind: lineage.RelKind(line[0]), OID: firstOID + uint32(i)}
		if schema == "pg_catalog" {
			rel.OID = 1000 + uint32(i)
		}
		cols, definition, _ := strings.Cut(rest, " = ")
		rel.Definition = definition
		for j, c := range strings.Split(cols, ", ") {
			name, typ, _ := strings.Cut(c, " ")
			rel.Columns = append(rel.Columns, lineage.Column{Name: name, Num: int16(j + 1), Type: typ})
		}
		out = append(out, rel)
	}
	return out
}

func shopCatalog(t testing.TB) *lineage.Snapshot {
	t.Helper()
	fn := func(name string, kind byte, returns string, args ...string) *lineage.Function {
		return &lineage.Function{
			Name: lineage.Name{Schema: "pg_catalog", Name: name}, Kind: kind, Args: args, Returns: returns, Volatility: 'i', PublicExecute: true, Language: "internal",
		}
	}
	functions := []*lineage.Function{
		fn("upper", 'f', "text", "text"), fn("lower", 'f', "text", "text"), fn("length", 'f', "integer", "text"),
		fn("count", 'a', "bigint"), fn("count", 'a', "bigint", "any"), fn("sum", 'a', "numeric", "numeric"),
		fn("max", 'a', "anyelement", "anyelement"), fn("string_agg", 'a', "text", "text", "text"), fn("row_number", 'w', "bigint"),
		fn("to_jsonb", 'f', "jsonb", "anyelement"),
	}
	return lineage.NewSnapshot([]string{"pg_catalog", "public"}, shopRelations(t), functions, nil, nil, true)
}

// analysed is the facts of one statement.
func analysed(t testing.TB, sql string) *lineage.Statement {
	t.Helper()
	list, err := lineage.AnalyzeText(sql, shopCatalog(t))
	require.NoError(t, err, sql)
	require.Len(t, list, 1, sql)
	return list[0]
}

// clears is a clear list, "schema.relation.column" separated by blanks.
func clears(list string) func(lineage.ColumnID) bool {
	set := map[string]bool{}
	for _, c := range strings.Fields(list) {
		set[c] = true
	}
	return func(c lineage.ColumnID) bool { return set[c.String()] }
}
