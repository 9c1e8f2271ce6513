package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// bodiesCatalog is the shop with functions whose bodies read customers, a view over one of them, and tables with
// composites, generated columns, triggers and rules.
func bodiesCatalog(t testing.TB) *lineage.Snapshot {
	t.Helper()
	rels := shopRelations(t)
	add := func(name string, kind lineage.RelKind, definition string, cols ...lineage.Column) *lineage.Relation {
		r := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: name}, Kind: kind, OID: 40000 + uint32(len(rels)), Definition: definition}
		for i, c := range cols {
			c.Num = int16(i + 1)
			if c.Type == "" {
				c.Type = "text"
			}
			r.Columns = append(r.Columns, c)
		}
		rels = append(rels, r)
		return r
	}
	col := func(name string) lineage.Column { return lineage.Column{Name: name} }
	add("calls", lineage.View, "SELECT a.id, a.label, my_email(a.id) AS x FROM accounts a", col("id"), col("label"), col("x"))
	add("merged", lineage.View, "SELECT a.label FROM accounts a UNION ALL SELECT my_email(1)", col("label"))
	customer := lineage.Name{Schema: "public", Name: "customers"}
	address := lineage.Name{Schema: "public", Name: "addr"}
	add("orders2", lineage.Table, "",
		lineage.Column{Name: "buyer", Type: "public.customers", FieldsOf: customer, Fields: []lineage.Column{{Name: "id", Type: "bigint"}, {Name: "name", Type: "text"}}},
		lineage.Column{Name: "ship", Type: "public.addr[]", FieldsOf: address, Fields: []lineage.Column{{Name: "street", Type: "text"}, {Name: "city", Type: "text"}}},
		lineage.Column{Name: "span", Type: "public.span", FieldsOf: lineage.Name{Schema: "public", Name: "span"}, Fields: []lineage.Column{{Name: "low", Type: "integer"}}},
		lineage.Column{Name: "note", Type: "text"},
		lineage.Column{Name: "email", Type: "text"},
		lineage.Column{Name: "email_lower", Type: "text", Generated: true, Expression: "lower(email)"},
		lineage.Column{Name: "digest", Type: "text", Generated: true, Expression: `md5((("email" || ' x')))`},
		lineage.Column{Name: "label", Type: "text", Generated: true, Expression: `(note || ' email ''email')`},
		lineage.Column{Name: "phone", Type: "text"},
		lineage.Column{Name: "phone_back", Type: "text", Generated: true, Expression: "reverse(phone)"},
	)
	add("watched", lineage.Table, "", col("id"), col("label")).Triggers = []string{"public.audit"}
	add("ruled", lineage.Table, "", col("id"), col("label")).Rules = true

	fn := func(schema, name string, kind byte, returns, language, body string, volatility byte, args ...string) *lineage.Function {
		return &lineage.Function{
			Name: lineage.Name{Schema: schema, Name: name}, Kind: kind, Args: args, Returns: returns, Volatility: volatility, PublicExecute: true,
			Language: language, Body: body,
		}
	}
	builtin := func(name string, kind byte, returns string, volatility byte, args ...string) *lineage.Function {
		return fn("pg_catalog", name, kind, returns, "internal", "", volatility, args...)
	}
	functions := []*lineage.Function{
		builtin("upper", 'f', "text", 'i', "text"), builtin("substr", 'f', "text", 'i', "text", "integer", "integer"),
		builtin("count", 'a', "bigint", 'i'), builtin("count", 'a', "bigint", 'i', "any"), builtin("sum", 'a', "numeric", 'i', "numeric"),
		builtin("max", 'a', "anyelement", 'i', "anyelement"), builtin("row_number", 'w', "bigint", 'i'), builtin("rank", 'w', "bigint", 'i'),
		builtin("ntile", 'w', "integer", 'i', "integer"), builtin("lag", 'w', "anyelement", 'i', "anyelement"), builtin("first_value", 'w', "anyelement", 'i', "anyelement"),
		builtin("array_agg", 'a', "anyarray", 'i', "anynonarray"), builtin("to_jsonb", 'f', "jsonb", 's', "anyelement"), builtin("mode", 'a', "anyelement", 'i', "anyelement"),
		builtin("set_config", 'f', "text", 'v', "text", "text", "boolean"), builtin("pg_notify", 'f', "void", 'v', "text", "text"),
		fn("public", "my_email", 'f', "text", "sql", "select email from customers where id = $1", 's', "bigint"),
		fn("public", "fixed", 'f', "text", "sql", "select email from customers limit 1", 'i'),
		fn("public", "city_of", 'f', "text", "sql", "select city from customers where id = $1", 's', "bigint"),
		fn("public", "rd", 'f', "text", "plpgsql", "declare v text; begin select email into v from customers limit 1; return v; end", 'v'),
		fn("public", "keep", 'f', "void", "plpgsql", "declare v text; begin select email into v from customers limit 1; insert into accounts (label) values (v); end", 'v'),
		fn("public", "tell", 'f', "void", "plpgsql", "declare v text; begin select email into v from customers limit 1; perform pg_notify('c', v); end", 'v'),
		fn("public", "save", 'f', "text", "sql", "insert into accounts (label) values ($1) returning label", 'v', "text"),
		fn("public", "by_view", 'f', "text", "sql", "select mail from people_view limit 1", 's'),
	}
	return lineage.NewSnapshot([]string{"pg_catalog", "public"}, rels, functions, nil, nil, true)
}

func plannedWith(t testing.TB, catalog lineage.Catalog, sql, clear string) *Plan {
	t.Helper()
	list, err := lineage.AnalyzeText(sql, catalog)
	require.NoError(t, err, sql)
	require.Len(t, list, 1)
	require.Empty(t, list[0].Unresolved, sql)
	return newMasker(t).Plan(Input{Statement: list[0], Catalog: catalog, Rules: Rules{Clear: clears(clear)}})
}

// rulesOf leaves out what only strict and agents are told.
func rulesOf(p *Plan) string {
	var out []string
	for _, f := range p.Findings {
		if !f.Lookup {
			out = append(out, f.Rule)
		}
	}
	return strings.Join(out, " ")
}

// What the body of a function reads may be in all that is no column of a table.
func TestBodies(t *testing.T) {
	catalog := bodiesCatalog(t)
	const email = "public.customers.email"
	for _, c := range []struct{ sql, clear, want, rules string }{
		{sql: "select my_email(1)", want: "redact:email", rules: RuleFault},
		{sql: "select my_email(1)", clear: email, want: "-"},
		{sql: "select city_of(1)", want: "-"},
		{sql: "select id, label, my_email(id) from accounts", want: "- - redact:email", rules: RuleFault},
		{sql: "select * from fixed()", want: "redact:email", rules: RuleFault},
		{sql: "select * from by_view()", want: "redact:email", rules: RuleFault},
		{sql: "select * from (select rd() as a) s", want: "redact:email", rules: RuleFault},
		{sql: "values (rd())", want: "redact:email", rules: RuleFault},
		{sql: "select label from accounts union all select rd()", want: "redact:email"},
		{sql: "copy (select fixed()) to stdout", want: "redact:email", rules: RuleFault},
		{sql: "explain select fixed()", want: "redact:email", rules: RuleFault},
		{sql: "select exists (select 1 from accounts where label = rd())", want: "-"},
		{sql: "select id, label, x from calls", want: "- - redact:email", rules: RuleFault},
		{sql: "select label from merged", want: "redact:email", rules: RuleFault},
		{sql: "update accounts set label = rd()", rules: RuleCopy},
		{sql: "update accounts set label = rd()", clear: email},
		{sql: "update customers set name = rd()"},
		{sql: "update customers set email = rd()"},
		{sql: "update accounts set label = $1 || rd()", rules: RuleCopy},
		{sql: "update accounts set label = contact, contact = $1 where id = 5 and rd() = 'x'"},
		{sql: "update accounts set label = coalesce(label, rd())", rules: RuleCopy},
		{sql: "insert into accounts (label) select rd()", rules: RuleCopy},
		{sql: "insert into accounts (label) select label from accounts union all select rd()", rules: RuleCopy},
		{sql: "insert into accounts (label) values ('x'), (rd())", rules: RuleCopy},
		{sql: "insert into accounts (label, contact) values ('x', default) returning id, rd()", want: "- redact:email", rules: RuleFault},
		{sql: "create table stolen as select rd() as a"}, // with a label
		{sql: "select keep()", want: "redact:email", rules: RuleCopy + " " + RuleFault},
		{sql: "select tell()", want: "redact:email", rules: RuleChannel + " " + RuleFault},
		{sql: "do $$ declare v text; begin select email into v from customers; insert into accounts (label) values (v); end $$", rules: RuleCopy},
		{sql: "select set_config('x', rd(), true)", want: "redact:email", rules: RuleChannel + " " + RuleFault},
		{sql: "select set_config('x', $1, true), rd()", want: "redact:email redact:email", rules: RuleFault + " " + RuleFault},
		{sql: "select set_config('x', $1::text, true), rd()", want: "redact:email redact:email", rules: RuleFault + " " + RuleFault},
		{sql: "select set_config('x', $1 || rd(), true)", want: "redact:email", rules: RuleChannel + " " + RuleFault},
		{sql: "select set_config('x', label, true) from accounts where rd() = 'x'", want: "redact:email", rules: RuleFault},
		{sql: "select set_config('x', upper(label), true) from accounts where rd() = 'x'", want: "redact:email", rules: RuleChannel + " " + RuleFault},
	} {
		p := plannedWith(t, catalog, c.sql, c.clear)
		assert.Equal(t, c.want, planned(p), c.sql)
		assert.Equal(t, c.rules, rulesOf(p), c.sql)
		for _, col := range p.Columns {
			assert.True(t, col.Treatment == "" || col.derived, c.sql)
		}
		if c.clear == "" {
			assert.True(t, p.Sensitive, c.sql)
		}
	}
}

// What decides about the order or the number of rows that an aggregate sees decides as WHERE and ORDER BY do.
func TestWindowsAndFilters(t *testing.T) {
	catalog := bodiesCatalog(t)
	for _, c := range []struct{ sql, want, rules string }{
		{"select row_number() over (order by name) from customers", "-", RulePredicate},
		{"select rank() over (partition by email order by salary) from customers", "-", RulePredicate + " " + RulePredicate},
		{"select count(*) over (partition by email), ntile(4) over (order by salary) from customers", "- -", RulePredicate + " " + RulePredicate},
		{"select lag(id) over (order by upper(email)) from customers", "-", RulePredicate},
		{"select lag(id) over w from customers window w as (order by email)", "-", RulePredicate},
		{"select lag(email) over (order by id) from customers", "redact:email", RuleAggregate},
		{"select first_value(email) over (order by email) from customers", "redact:email", RuleAggregate},
		{"select count(*) filter (where email like 'a%'), id from customers group by id", "- -", RulePredicate},
		{"select sum(id) filter (where email = 'x') from customers", "-", RulePredicate},
		{"select count(*) filter (where email = 'x'), sum(salary) from customers", "redact:email redact:salary", RuleAggregate + " " + RuleAggregate},
		{"select sum(case when email like 'a%' then 1 else 0 end) from customers", "redact:email", RuleAggregate},
		{"select max(case substr(email, 1, 1) when 'a' then 'a' end) from customers", "redact:email", RuleAggregate},
		{"select case when email = 'x' then count(*) end from customers group by email", "redact:email", RulePredicate + " " + RuleFault},
		{"select json_arrayagg(case when email like 'a%' then 1 else 0 end) from customers", "redact:email", RuleAggregate},
		{"select json_objectagg(id : case when email like 'a%' then 1 else 0 end) from customers", "redact:email", RuleAggregate},
		{"select count(case when email like 'a%' then 1 end) from customers", "-", RulePredicate},
		{"select array(select case when email like 'a%' then 1 else 0 end from customers), count(*) from orders", "redact:email -", RuleFault},
		{"select mode() within group (order by email) from customers", "redact:email", RuleAggregate},
		{"select array_agg(email order by email) from customers", "redact:email", RuleAggregate},
		{"select array_agg(id order by email) from customers", "-", RulePredicate},
	} {
		p := plannedWith(t, catalog, c.sql, "")
		assert.Equal(t, c.want, planned(p), c.sql)
		assert.Equal(t, c.rules, rulesOf(p), c.sql)
	}
}

func TestCompositesAndGeneratedColumns(t *testing.T) {
	catalog := bodiesCatalog(t)
	p := plannedWith(t, catalog, "select buyer, ship, span, note, email, email_lower, digest, label, phone, phone_back from orders2", "")
	assert.Equal(t, "redact:name redact:address - - pseudonym:email pseudonym:email redact:email - partial:phone redact:phone", planned(p))
	p = plannedWith(t, catalog, "select (buyer).id, span, upper(digest) from orders2", "")
	assert.Equal(t, "redact:name - redact:email", planned(p))
	m := newMasker(t)
	p = plannedWith(t, catalog, "select buyer, ship from orders2", "")
	assert.Nil(t, m.Func(p.Columns[0], Field{TypeOID: 50001})("(1,Ada)"))
	assert.Equal(t, "{}", m.Func(p.Columns[1], Field{TypeOID: 50002})(`{"(a,b)"}`))
	assert.Equal(t, RuleCopy, rulesOf(plannedWith(t, catalog, "update orders2 set note = (buyer).name", "")))
	assert.Empty(t, rulesOf(plannedWith(t, catalog, "update orders2 set note = note", "")))
	// The server's word for a column that the analysis missed is judged the same way.
	rel, _ := catalog.Relation("public", "orders2")
	p = plannedWith(t, catalog, "select note from orders2", "")
	cols, mismatch, ok := p.Reconcile([]Field{{TableOID: rel.OID, Num: 10}}, func(uint32) *lineage.Relation { return rel })
	require.True(t, mismatch && ok)
	assert.Equal(t, Redact, cols[0].Treatment)
}

// Code that runs because a table is written may put any value into an error, and a rule into what is returned.
func TestTriggersAndRules(t *testing.T) {
	catalog := bodiesCatalog(t)
	for _, c := range []struct {
		sql, want string
		sensitive bool
	}{
		{"insert into accounts (label) values ($1) returning id", "-", false},
		{"insert into watched (label) values ($1) returning id", "-", true},
		{"select id from watched", "-", false},
		{"insert into ruled (label) values ($1) returning id, label", "redact redact", true},
		{"with x as (delete from ruled returning id) select id from x", "redact", true},
		{"select id from ruled", "-", false},
	} {
		p := plannedWith(t, catalog, c.sql, "")
		assert.Equal(t, c.want, planned(p), c.sql)
		assert.Equal(t, c.sensitive, p.Sensitive, c.sql)
	}
}

// A copy stays hidden only where nothing of it shows: another mask would take it for what it is not.
func TestCopies(t *testing.T) {
	catalog := bodiesCatalog(t)
	for sql, want := range map[string]string{
		"update customers set name = email":                                                                                                  "DM13",
		"update customers set name = name || ' ' || email":                                                                                   "DM13",
		"update customers set salary = salary * 1.1 where id = $1":                                                                           "",
		"update customers set phone = email":                                                                                                 RuleCopy,
		"update customers set phone = name || '00000000'":                                                                                    RuleCopy,
		"update customers set email = name":                                                                                                  "",
		"update customers set email = upper(email)":                                                                                          "",
		"update customers set phone = substr(phone, 1, 4)":                                                                                   RuleCopy,
		"update customers set phone = substr(phone, 1, 4) || '', note = 'phone = phone'":                                                     RuleCopy,
		"update customers set birth_date = birth_date + 100":                                                                                 RuleCopy,
		"update customers set phone = case when email like 'a%' then '123456789' end":                                                        RuleCopy,
		"update customers set phone = case when email = $1 then phone else $2 end":                                                           RuleCopy,
		"update customers set phone = coalesce(substr(phone, 1, 4), phone)":                                                                  RuleCopy,
		"update customers set phone = nullif(phone, 'x')":                                                                                    RuleCopy,
		"update customers set phone = coalesce(phone, email)":                                                                                RuleCopy,
		"update customers set phone = phone::varchar(4)":                                                                                     RuleCopy,
		"update customers set address = to_jsonb(array[email])":                                                                              RuleCopy,
		"update customers set phone = coalesce($1, phone)":                                                                                   "",
		"update customers set phone = coalesce($1::text, phone), email = coalesce($2, email)":                                                "",
		"update customers c set \"phone\" = coalesce ($1, c.phone) where c.id = $2":                                                          "",
		"update customers set phone = case when $1::bool then $2 else phone end where id = 1":                                                "",
		"update customers set phone = case when $1 is not null then $1 else phone end":                                                       "",
		"update customers set phone = coalesce(nullif($1, ''), phone) returning id":                                                          "",
		"insert into customers (id, email) values ($1, $2) on conflict (id) do update set email = excluded.email":                            "",
		"insert into customers (id, email) values ($1, $2) on conflict (id) do update set email = coalesce(excluded.email, customers.email)": "",
		"insert into customers (email, phone) select email, phone from customers":                                                            "",
		"insert into customers (phone) select birth_date from customers":                                                                     RuleCopy,
		"insert into customers (phone) select substr(phone, 1, 3) from customers":                                                            RuleCopy,
		"insert into accounts (label) select email from customers":                                                                           RuleCopy,
		"create table copies as select email, phone from customers":                                                                          "",
		"create table copies as select email as phone from customers":                                                                        "",
		"create table copies as select email as note from customers":                                                                         "",
		"merge into customers c using (values (1, 'x')) s(id, e) on c.id = s.id when matched then update set email = coalesce(s.e, c.email)": "",
	} {
		assert.Equal(t, want, rulesOf(plannedWith(t, catalog, sql, "")), sql)
	}
	assert.Equal(t, RuleCopy, rulesOf(plannedWith(t, catalog, "update customers set name = email", "public.customers.name")), "into the clear")
}
