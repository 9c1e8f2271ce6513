package assume

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// describe is what was assumed, what comes back and what stays unresolved.
func describe(t testing.TB, c *Catalog, sql string) (assumed, outputs, unresolved string) {
	t.Helper()
	parsed, err := pgparse.Parse(sql, 0)
	require.NoError(t, err, sql)
	list := c.Analyze(parsed)
	var relations, columns, gaps []string
	for _, r := range c.Assumed(list) {
		var names []string
		for i := range r.Columns {
			names = append(names, r.Columns[i].Name)
		}
		relations = append(relations, fmt.Sprintf("%s(%s)", r.Name, strings.Join(names, " ")))
	}
	for _, st := range list {
		for i := range st.Outputs {
			o := &st.Outputs[i]
			var from []string
			for _, s := range o.Base {
				from = append(from, s.Column.String())
			}
			columns = append(columns, o.Name+"="+strings.Join(from, "+"))
		}
		for _, u := range st.Unresolved {
			gaps = append(gaps, u.Object+": "+u.Reason)
		}
	}
	return strings.Join(relations, " "), strings.Join(columns, " "), strings.Join(gaps, "; ")
}

func declared(n lineage.Name) []string {
	if n.String() == "public.customers" {
		return []string{"email", "ssn"}
	}
	return nil
}

func TestAnalyze(t *testing.T) {
	t.Parallel()
	const star = "the columns of the relation are not known here, and * stands for all of them"
	for _, test := range []struct{ sql, assumed, outputs, unresolved string }{
		{"SELECT id, total FROM orders", "public.orders(id total)", "id=public.orders.id total=public.orders.total", ""},
		{"SELECT email FROM customers", "public.customers(email ssn)", "email=public.customers.email", ""},
		{"SELECT * FROM customers", "public.customers(email ssn)", "email=public.customers.email ssn=public.customers.ssn", ""},
		{"SELECT * FROM orders", "public.orders()", "", "public.orders: " + star},
		{"SELECT o.* FROM shop.orders o WHERE o.id = 1", "shop.orders(id)", "id=shop.orders.id", "shop.orders: " + star},
		{"SELECT count(*) FROM orders", "public.orders()", "count=", ""},
		{"SELECT to_jsonb(o) FROM orders o", "public.orders()", "to_jsonb=", "public.orders: " + star},
		{
			"SELECT o.id, email FROM orders o JOIN customers c ON c.id = o.customer_id",
			"public.customers(email ssn id) public.orders(customer_id id)", "id=public.orders.id email=public.customers.email", "",
		},
		{
			"SELECT id FROM orders o JOIN items c ON c.id = o.item_id", "public.items(id) public.orders(item_id)",
			"id=public.items.id", "",
		},
		{
			"SELECT id FROM orders WHERE item_id IN (SELECT id FROM items)", "public.items(id) public.orders(id item_id)",
			"id=public.orders.id", "",
		},
		{
			"SELECT o.id FROM orders o WHERE o.item_id IN (SELECT id FROM items)", "public.items(id) public.orders(id item_id)",
			"id=public.orders.id", "",
		},
		{
			"WITH big AS (SELECT id, total FROM orders WHERE total > 10) SELECT id FROM big b WHERE b.total < 20",
			"public.orders(id total)", "id=public.orders.id", "",
		},
		{"WITH c AS (SELECT * FROM customers) SELECT c.email FROM c", "public.customers(email ssn)", "email=public.customers.email", ""},
		{"SELECT total FROM orders JOIN items USING (item_id)", "public.items(item_id) public.orders(item_id total)", "total=public.orders.total", ""},
		{"SELECT x.mail FROM (SELECT email AS mail FROM customers) x", "public.customers(email ssn)", "mail=public.customers.email", ""},
		{"UPDATE orders SET state = $1 WHERE id = $2 RETURNING total", "public.orders(id state total)", "total=public.orders.total", ""},
		{"INSERT INTO orders (id, total) VALUES (1, 2) RETURNING id", "public.orders(id total)", "id=public.orders.id", ""},
		{"INSERT INTO orders VALUES (1, 2, 3)", "public.orders(column1 column2 column3)", "", ""},
		{"INSERT INTO copies (mail) SELECT email FROM customers", "public.copies(mail) public.customers(email ssn)", "", ""},
		{
			"INSERT INTO orders (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n + orders.n",
			"public.orders(n id)", "", "",
		},
		{"DELETE FROM orders USING items WHERE items.id = orders.item_id AND items.gone", "public.items(id gone) public.orders(item_id)", "", ""},
		{
			"MERGE INTO orders o USING items i ON i.id = o.item_id WHEN MATCHED THEN UPDATE SET price = i.price",
			"public.items(id price) public.orders(item_id price)", "", "",
		},
		{"CREATE TABLE fresh (id int); SELECT id FROM fresh", "", "id=public.fresh.id", ""},
		{"SELECT relname FROM pg_class", "", "relname=pg_catalog.pg_class.relname", ""},
		{"SELECT upper(email) FROM customers", "public.customers(email ssn)", "upper=public.customers.email", ""},
		{"SELECT purge()", "", "purge=", "purge: function does not exist"},
		{"SELECT nobody.id FROM orders", "public.orders()", "id=", "nobody.id: no such table in FROM"},
		{"SELECT id FROM pg_catalog.no_such", "", "id=", "pg_catalog.no_such: relation does not exist"},
	} {
		assumed, outputs, unresolved := describe(t, New(nil, declared), test.sql)
		require.Equal(t, test.assumed, assumed, test.sql)
		require.Equal(t, test.outputs, outputs, test.sql)
		require.Equal(t, test.unresolved, unresolved, test.sql)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	relations, err := Schema(`
CREATE TABLE people (id bigint PRIMARY KEY, email text NOT NULL, born date);
CREATE VIEW adults (id, mail) AS SELECT id, email FROM people WHERE born < '2000-01-01' WITH CHECK OPTION;
CREATE SCHEMA audit;
CREATE TABLE audit.log (at timestamptz);`)
	require.NoError(t, err)
	c := New(relations, nil)
	assumed, outputs, unresolved := describe(t, c, "SELECT mail FROM adults a, audit.log l")
	require.Equal(t, []string{"", "mail=public.people.email", ""}, []string{assumed, outputs, unresolved})
	_, _, unresolved = describe(t, c, "SELECT nickname FROM people")
	require.Equal(t, "nickname: column does not exist", unresolved)
	_, outputs, _ = describe(t, c, "SELECT * FROM people")
	require.Equal(t, "id=public.people.id email=public.people.email born=public.people.born", outputs)
}

func TestSchemaErrors(t *testing.T) {
	t.Parallel()
	_, err := Schema("DROP TABLE people")
	require.ErrorContains(t, err, "DROP TABLE: a schema holds CREATE TABLE")
	_, err = Schema("CREATE TABLE")
	require.ErrorContains(t, err, "syntax error")
}

func TestBudget(t *testing.T) {
	t.Parallel()
	var columns, tables []string
	for i := range 60 {
		columns, tables = append(columns, fmt.Sprintf("c%d", i)), append(tables, fmt.Sprintf("t%d", i))
	}
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM " + strings.Join(tables, ", ")
	_, _, unresolved := describe(t, New(nil, nil), sql)
	require.Contains(t, unresolved, "column does not exist", "a text that costs too much stays unresolved")
}
