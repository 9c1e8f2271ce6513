package lineage_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/governedsql/governed/lineage"
)

// shop is a small database: two tables, a view, a function. A driver reads these from the server.
func shop() lineage.Catalog {
	name := func(s string) lineage.Name { return lineage.Name{Schema: "public", Name: s} }
	customers := &lineage.Relation{Name: name("customers"), Kind: lineage.Table, Columns: []lineage.Column{
		{Name: "id", Num: 1, Type: "bigint"}, {Name: "email", Num: 2, Type: "text"},
	}}
	orders := &lineage.Relation{Name: name("orders"), Kind: lineage.Table, Columns: []lineage.Column{
		{Name: "id", Num: 1, Type: "bigint"}, {Name: "customer_id", Num: 2, Type: "bigint"}, {Name: "total", Num: 3, Type: "numeric"},
	}}
	contacts := &lineage.Relation{
		Name: name("contacts"), Kind: lineage.View, Definition: "select id, lower(email) as mail from customers",
		Columns: []lineage.Column{{Name: "id", Num: 1, Type: "bigint"}, {Name: "mail", Num: 2, Type: "text"}},
	}
	functions := []*lineage.Function{
		{Name: lineage.Name{Schema: "pg_catalog", Name: "lower"}, Kind: 'f', Args: []string{"text"}, Returns: "text", Volatility: 'i', Language: "internal"},
		{Name: lineage.Name{Schema: "pg_catalog", Name: "sum"}, Kind: 'a', Args: []string{"numeric"}, Returns: "numeric", Volatility: 'i', Language: "internal"},
		{
			Name: name("forget"), Kind: 'f', Args: []string{"bigint"}, ArgNames: []string{"who"}, Returns: "void", Volatility: 'v',
			Language: "plpgsql", SecurityDefiner: true, Body: "begin delete from orders where customer_id = who; end",
		},
	}
	relations := []*lineage.Relation{customers, orders, contacts}
	return lineage.NewSnapshot([]string{"pg_catalog", "public"}, relations, functions, nil, nil, true)
}

func explain(sql string) *lineage.Statement {
	list, err := lineage.AnalyzeText(sql, shop())
	if err != nil {
		log.Fatal(err)
	}
	return list[0]
}

// Where does each column of a report come from?
func ExampleStatement_String() {
	fmt.Print(explain(`
		select c.mail, sum(o.total) as spent
		from contacts c join orders o on o.customer_id = c.id
		where c.id = $1
		group by c.mail`))
	// Output:
	// SELECT (READ)
	// ├─ relations
	// │  ├─ reads public.contacts (id, mail), view
	// │  ├─ reads public.customers (email, id), in view
	// │  └─ reads public.orders (customer_id, total)
	// ├─ outputs
	// │  ├─ 1 mail text
	// │  │  ├─ <- public.contacts.mail: value identity
	// │  │  └─ below views
	// │  │     └─ <- public.customers.email: value transformation
	// │  └─ 2 spent numeric
	// │     └─ <- public.orders.total: value aggregation
	// ├─ influences
	// │  ├─ FILTER public.contacts.id = parameter
	// │  ├─ FILTER public.customers.id = parameter
	// │  ├─ GROUP_BY public.contacts.mail
	// │  ├─ GROUP_BY public.customers.email
	// │  ├─ JOIN public.contacts.id
	// │  ├─ JOIN public.customers.id
	// │  └─ JOIN public.orders.customer_id
	// └─ functions
	//    ├─ pg_catalog.lower, immutable, internal, in view
	//    └─ pg_catalog.sum, immutable, internal
}

// What does a call do, behind the function's name?
func ExampleStatement_String_function() {
	fmt.Print(explain("select forget($1)"))
	// Output:
	// SELECT (READ)
	// ├─ relations
	// │  ├─ reads public.orders (customer_id), in function
	// │  └─ writes public.orders by DELETE, in function
	// ├─ outputs
	// │  └─ 1 forget void
	// ├─ influences
	// │  └─ FILTER public.orders.customer_id
	// ├─ functions
	// │  └─ public.forget, volatile, SECURITY DEFINER, plpgsql, opened
	// └─ effects
	//    └─ DELETE public.orders, bounded, in function
}

// What does a write change, and of what is the new value made?
func ExampleStatement_String_write() {
	fmt.Print(explain("update customers set email = lower(c.mail) from contacts c where c.id = customers.id and customers.id = $1"))
	// Output:
	// UPDATE (WRITE)
	// ├─ relations
	// │  ├─ reads public.contacts (id, mail), view
	// │  ├─ reads public.customers (email, id), in view
	// │  ├─ reads public.customers (id)
	// │  └─ writes public.customers (email) by UPDATE
	// ├─ assigns
	// │  └─ public.customers.email by UPDATE
	// │     ├─ <- public.contacts.mail: value transformation
	// │     └─ below views
	// │        └─ <- public.customers.email: value transformation
	// ├─ influences
	// │  ├─ FILTER public.contacts.id
	// │  ├─ FILTER public.customers.id
	// │  └─ FILTER public.customers.id = parameter
	// ├─ functions
	// │  ├─ pg_catalog.lower, immutable, internal, in view
	// │  └─ pg_catalog.lower, immutable, internal
	// └─ effects
	//    └─ UPDATE public.customers (email), bounded
}

// What is not known is said, and a statement that has it must not run.
func ExampleStatement_String_unresolved() {
	fmt.Print(explain("select id, phone from customers"))
	// Output:
	// SELECT (READ)
	// ├─ relations
	// │  └─ reads public.customers (id)
	// ├─ outputs
	// │  ├─ 1 id bigint
	// │  │  └─ <- public.customers.id: value identity
	// │  └─ 2 phone, unresolved: column does not exist
	// └─ unresolved
	//    └─ column does not exist: phone, at byte 11
}

// The same for programs.
func ExampleStatement_MarshalJSON() {
	out, err := json.MarshalIndent(explain("select id from customers"), "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(out))
	// Output:
	// {
	//   "command": "SELECT",
	//   "class": "READ",
	//   "summary": "select customers",
	//   "offset": 0,
	//   "params": 0,
	//   "relations": [
	//     {
	//       "name": "public.customers",
	//       "kind": "table",
	//       "known": true,
	//       "access": [
	//         "reads"
	//       ],
	//       "columns": [
	//         "id"
	//       ],
	//       "pos": 15
	//     }
	//   ],
	//   "outputs": [
	//     {
	//       "name": "id",
	//       "type": "bigint",
	//       "sources": [
	//         {
	//           "column": "public.customers.id",
	//           "edges": [
	//             {
	//               "role": "value",
	//               "kind": "identity"
	//             }
	//           ]
	//         }
	//       ],
	//       "origin": "public.customers.id"
	//     }
	//   ]
	// }
}
