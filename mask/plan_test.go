package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// planned writes a plan down: for each output nothing, or treatment:class.
func planned(p *Plan) string {
	var out []string
	for _, c := range p.Columns {
		if c.Treatment == "" {
			out = append(out, "-")
			continue
		}
		out = append(out, strings.TrimSuffix(c.Treatment+":"+c.Class, ":"))
	}
	return strings.Join(out, " ")
}

// The least and the greatest date are treated as a row's is, and stay aggregates over a sensitive column, which strict
// denies.
func TestPlanOfLeastAndGreatest(t *testing.T) {
	for _, c := range []struct{ sql, want, rules string }{
		{"select max(birth_date) from customers", "year:birth_date", RuleAggregate},
		{"select city, max(birth_date) from customers group by city", "- year:birth_date", RuleAggregate},
		{"select max(birth_date) filter (where id = 1) from customers", "redact:birth_date", RuleAggregate},
		{"select max(birth_date + 1) from customers", "redact:birth_date", RuleAggregate},
		{"select max(birth_date) over (order by id) from customers", "redact:birth_date", RuleAggregate},
		{"select max(salary) from customers", "redact:salary", RuleAggregate},
	} {
		p := plannedWith(t, bodiesCatalog(t), c.sql, "")
		require.Equal(t, c.want, planned(p), c.sql)
		require.Equal(t, c.rules, rulesOf(p), c.sql)
	}
}

func TestPlan(t *testing.T) {
	m := newMasker(t)
	for _, c := range []struct {
		sql, clear, want string
		quiet            bool // nothing of the statement is sensitive
	}{
		{sql: "select id, name, price from products", want: "- - -", quiet: true},
		{sql: "select id, email from customers", want: "- pseudonym:email"},
		{sql: "select email as x, phone y, name, birth_date, address, salary from customers", want: "pseudonym:email partial:phone redact:name year:birth_date redact:address redact:salary"},
		{sql: "select * from customers", want: "- redact:name pseudonym:email partial:phone year:birth_date - redact:address - redact:salary - redact:address -"},
		{sql: "select ip from orders", want: "subnet:network"},
		{sql: "select id from customers", want: "-"},
		{sql: "select count(*) from customers", want: "-"},
		{sql: "select count(email) from customers", want: "-"},
		{sql: "select email is null from customers", want: "-"},
		{sql: "select upper(email), length(name), name || email from customers", want: "redact:email redact:name redact:name"},
		{sql: "select email::varchar(3) from customers", want: "redact:email"},
		{sql: "select case when email = 'x' then 1 else 0 end from customers", want: "redact:email"},
		{sql: "select email = $1 from customers", want: "redact:email"},
		{sql: "select max(salary), sum(salary) from customers", want: "redact:salary redact:salary"},
		{sql: "select string_agg(email, ',') from customers", want: "redact:email"},
		{sql: "select row_number() over (order by salary) from customers", want: "-"},
		{sql: "select row_number() over (order by id) from customers", want: "-"},
		{sql: "select to_jsonb(c) from customers c", want: "redact:name"},
		{sql: "select c from customers c", want: "redact:name"},
		{sql: "select (select email from customers limit 1)", want: "pseudonym:email"},
		{sql: "with x as (select email e from customers) select e from x", want: "pseudonym:email"},
		{sql: "select email from customers union all select label from accounts", want: "redact:email"},
		{sql: "select status from orders union all select email from customers", want: "redact:email"},
		{sql: "select o.id from orders o where exists (select 1 from customers c where c.email = $1)", want: "-"},
		{sql: "select id, (select sum(total) from orders o where o.customer_id = c.id) from customers c", want: "- -"},
		{sql: "insert into customers (email) values ($1) returning id, email", want: "- pseudonym:email"},
		{sql: "update customers set city = $1 where id = $2 returning email, city", want: "pseudonym:email -"},
		{sql: "delete from customers where id = $1 returning name", want: "redact:name"},
		{sql: "select ctid, tableoid, email from customers", want: "- - pseudonym:email"},
		{sql: "select 1, 'x', now", want: "redact redact redact"}, // now is no column
		// views
		{sql: "select id, mail, town from people_view", want: "- pseudonym:email -"},
		{sql: "select title from shouting", want: "redact:name"},
		{sql: "select email from renamed", want: "pseudonym:email"},
		{sql: "select sum from totals", want: "-", quiet: true},
		// in clear
		{sql: "select email, phone from customers", clear: "public.customers.email", want: "- partial:phone"},
		{sql: "select upper(email), name || email from customers", clear: "public.customers.email", want: "- redact:name"},
		{sql: "select mail from people_view", clear: "public.customers.email", want: "-"},
		{sql: "select mail from people_view", clear: "public.people_view.mail", want: "pseudonym:email"},
		{sql: "select email from renamed", clear: "public.accounts.label", want: "-"},
		{sql: "select email from renamed", clear: "public.renamed.email", want: "-", quiet: true},
		// catalogs
		{sql: "select relname from pg_class", want: "-", quiet: true},
		{sql: "select rolname, rolpassword from pg_authid", want: "- redact:secret"},
		// not resolved
		{sql: "select nope from customers", want: "redact"},
		{sql: "select id, f(id) from products", want: "redact redact"},
	} {
		p := m.Plan(Input{Statement: analysed(t, c.sql), Catalog: shopCatalog(t), Rules: Rules{Clear: clears(c.clear)}})
		assert.Equal(t, c.want, planned(p), c.sql)
		assert.Equal(t, c.quiet, !p.Sensitive, c.sql)
	}
}

func TestPlanNamesWhatAGrantCanShow(t *testing.T) {
	m := newMasker(t)
	sources := func(sql string) []lineage.ColumnID {
		return m.Plan(Input{Statement: analysed(t, sql), Catalog: shopCatalog(t)}).Columns[0].Sources
	}
	email := []lineage.ColumnID{{Schema: "public", Relation: "customers", Column: "email"}}
	assert.Equal(t, email, sources("select email from customers"))
	assert.Equal(t, email, sources("select mail from people_view"), "the column of the table, not that of the view")
	assert.Equal(t, []lineage.ColumnID{{Schema: "public", Relation: "accounts", Column: "label"}}, sources("select email from renamed"))
}

func TestPlanTellsWhatIsShown(t *testing.T) {
	m := newMasker(t)
	p := m.Plan(Input{
		Statement: analysed(t, "select id, email, phone from customers"), Catalog: shopCatalog(t),
		Rules: Rules{Clear: clears("public.customers.email")},
	})
	require.Len(t, p.Cleared, 1)
	assert.Equal(t, lineage.ColumnMask{
		Ordinal: 1, Output: "email", Column: lineage.ColumnID{Schema: "public", Relation: "customers", Column: "email"}, Class: "email",
	}, p.Cleared[0])
	assert.True(t, p.Sensitive, "phone is not shown")

	all := "name email phone birth_date address salary home"
	var list []string
	for _, c := range strings.Fields(all) {
		list = append(list, "public.customers."+c)
	}
	p = m.Plan(Input{Statement: analysed(t, "select email from customers"), Catalog: shopCatalog(t), Rules: Rules{Clear: clears(strings.Join(list, " "))}})
	assert.False(t, p.Sensitive)
}

func TestPlanWithoutCatalog(t *testing.T) {
	m := newMasker(t)
	st := &lineage.Statement{Outputs: []lineage.Output{{
		Name: "x", Base: []lineage.Source{{Column: lineage.ColumnID{Schema: "a", Relation: "b", Column: "c"}, Num: 1}},
	}}}
	st.Outputs[0].Sources = st.Outputs[0].Base
	assert.Equal(t, "redact", planned(m.Plan(Input{Statement: st})), "a column that nobody knows")

	st.Needs = []lineage.Need{{}}
	p := m.Plan(Input{Statement: st})
	assert.Equal(t, "redact", planned(p))
	assert.True(t, p.Sensitive)
}

func BenchmarkPlan(b *testing.B) {
	m := newMasker(b)
	catalog := shopCatalog(b)
	for _, sql := range []string{"select id, price from products where id = $1", "select * from customers"} {
		st := analysed(b, sql)
		b.Run(sql, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Plan(Input{Statement: st, Catalog: catalog})
			}
		})
	}
}

// A column that a statement of the same text has renamed holds what it held before.
func TestARenamedColumnKeepsItsClass(t *testing.T) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "people"}, Kind: lineage.Table}
	require.Equal(t, Email, Classify(rel, &lineage.Column{Name: "x", Type: "text", Was: []string{"email"}}))
	require.Empty(t, Classify(rel, &lineage.Column{Name: "x", Type: "text", Was: []string{"y"}}))
}
