package mask_test

import (
	"database/sql/driver"
	"fmt"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// A plan says what happens to each output of a statement, a function does it, and what it puts out does not come back.
func Example() {
	users := &lineage.Relation{
		Name: lineage.Name{Schema: "public", Name: "users"}, Kind: lineage.Table, OID: 20001,
		Columns: []lineage.Column{
			{Name: "id", Num: 1, Type: "bigint"},
			{Name: "email", Num: 2, Type: "text"},
			{Name: "phone", Num: 3, Type: "text"},
			{Name: "city", Num: 4, Type: "text"},
		},
	}
	catalog := lineage.NewSnapshot([]string{"pg_catalog", "public"}, []*lineage.Relation{users}, nil, nil, nil, true)
	query, err := lineage.AnalyzeText("select id, email as contact, phone, city from users", catalog)
	if err != nil {
		fmt.Println(err)
		return
	}

	masker, err := mask.New(mask.Config{Key: []byte("from the secret store, 16 bytes or more")})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := masker.Plan(mask.Input{Statement: query[0], Catalog: catalog})
	row := []driver.Value{int64(7), "ada@example.com", "+49 30 1234567", "Ulm"}
	const text = 25 // pg_type's OID
	for i, column := range plan.Columns {
		if f := masker.Func(column, mask.Field{TypeOID: text, TypeMod: -1}); f != nil {
			row[i] = f(row[i])
		}
		fmt.Println(row[i])
	}

	update, err := lineage.AnalyzeText("update users set email = $1 where id = $2", catalog)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(masker.Check(update[0], []any{row[1], row[0]}, mask.Rules{}))
	// Output:
	// 7
	// dswzveutb6ii7dp6@masked.invalid
	// +** ** ***4567
	// Ulm
	// governed: a masked value of public.users.email would be stored
}

func ExampleClassify() {
	class := func(relation, column, typ string) {
		r := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: relation}}
		c := mask.Classify(r, &lineage.Column{Name: column, Type: typ})
		fmt.Printf("%s.%s %s: %q\n", relation, column, typ, c)
	}
	class("customers", "workEmail", "text")
	class("customers", "email_verified", "boolean")
	class("customers", "name", "text")
	class("products", "name", "text")
	class("sessions", "refresh_token", "text")
	class("sessions", "token_count", "integer")
	// Output:
	// customers.workEmail text: "email"
	// customers.email_verified boolean: ""
	// customers.name text: "name"
	// products.name text: ""
	// sessions.refresh_token text: "secret"
	// sessions.token_count integer: ""
}
