package driver_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

func verified(kind, subject string, roles ...string) lineage.Caller {
	return lineage.Attested(attest.Seal(attest.Evidence{Kind: kind, Issuer: "https://idp.example", Subject: subject, Roles: roles, Expires: time.Now().Add(time.Hour)}))
}

// One connector, one cached statement: each caller sees what the policy says for it.
func TestPolicyMasksAndShowsByCaller(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{
		Datasets: []guard.Dataset{{Match: []string{"public.people"}, Columns: map[string][]string{
			"email": {"pii.email"}, "note": {"pii"}, "salary": {"not_sensitive"},
		}}},
		Rules: []guard.PolicyRule{
			{ID: "support-reads", When: guard.Condition{Identity: guard.Identity{Roles: []string{"support"}}}, Then: guard.Outcome{Clear: []string{"pii.email"}}},
			{ID: "no-phones", When: guard.Condition{Purposes: []string{"model-training"}}, Then: guard.Outcome{Mask: map[string]string{"phone": "redact", "email": "null"}}},
		},
	})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy})
	f.governed.SetMaxOpenConns(1)

	read := func(ctx context.Context) (email *string, phone, note, salary string) {
		t.Helper()
		require.NoError(t, f.governed.QueryRowContext(ctx, "select email, phone, note, salary from people where id = $1", 1).Scan(&email, &phone, &note, &salary))
		return email, phone, note, salary
	}
	anyone := t.Context()
	support := lineage.WithCaller(anyone, verified("human", "ada", "support"))
	training := lineage.WithPurpose(support, "model-training")
	for range 2 {
		email, phone, note, salary := read(anyone)
		require.Contains(t, *email, ".invalid")
		require.Contains(t, phone, "0123")
		require.Equal(t, "[masked]", note, "a tag makes it sensitive")
		require.Equal(t, "1234.5", salary, "and a tag takes that away")

		email, phone, _, _ = read(support)
		require.Equal(t, u1, *email)
		require.Contains(t, phone, "0123")

		email, phone, _, _ = read(training)
		require.Nil(t, email, "a mask of the policy beats its grant")
		require.Equal(t, "[masked]", phone)
	}
	records := f.records.of(lineage.StatementEvent)
	require.Len(t, records[0].Policy, 64, "the digest of the policy is in every record")
	require.Equal(t, "email", records[1].Cleared[0].Class)

	// An agent sees no more than its human, and no less.
	agent := lineage.Attested(attest.Seal(attest.Evidence{Kind: "agent", Issuer: "https://idp.example", Subject: "ada", Roles: []string{"support"}, Actors: []string{"bot"}, Expires: time.Now().Add(time.Hour)}))
	email, _, _, _ := read(lineage.WithCaller(anyone, agent))
	require.Equal(t, u1, *email)

	// Derived values of a column that the policy calls sensitive are hidden as all are; with the grant they are not.
	var derived string
	require.NoError(t, f.governed.QueryRowContext(anyone, "select upper(note) from people where id = 1").Scan(&derived))
	require.Equal(t, "[masked]", derived)
	require.NoError(t, f.governed.QueryRowContext(support, "select upper(email) from people where id = 1").Scan(&derived))
	require.Equal(t, "U1@EXAMPLE.COM", derived)
}

// What a policy says of a partitioned table holds for those who name a partition, whose attachment is part of what is known.
func TestPolicyHoldsForPartitions(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{
		Datasets: []guard.Dataset{{Match: []string{"public.visits"}, Tenant: "shop_id", Columns: map[string][]string{"who": {"pii.email"}, "remark": {"pii.note"}}}},
		Rules:    []guard.PolicyRule{{ID: "no-remarks", When: guard.Condition{Relations: []string{"public.visits"}}, Then: guard.Outcome{Mask: map[string]string{"pii.note": "redact"}}}},
	})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, `create table visits (shop_id int, who text, remark text) partition by list (shop_id);
		create table visits_1 partition of visits for values in (1) partition by list (shop_id);
		create table visits_1a partition of visits_1 for values in (1);
		create table visits_2 (shop_id int, who text, remark text);
		insert into visits values (1, 'ada@example.com', 'likes tea'); insert into visits_2 values (2, 'bob@example.com', 'likes tea')`)
	read := func(table string) (who, remark string) {
		t.Helper()
		require.NoError(t, f.governed.QueryRowContext(t.Context(), "select who, remark from "+table).Scan(&who, &remark))
		return who, remark
	}
	who, remark := read("visits_1a")
	require.Contains(t, who, ".invalid")
	require.Equal(t, "[masked]", remark)
	_, err = f.governed.ExecContext(t.Context(), "delete from visits_1a where who = 'x'")
	require.ErrorContains(t, err, "DM08")

	_, remark = read("visits_2")
	require.Equal(t, "likes tea", remark, "nothing is said of it")
	_, err = f.governed.ExecContext(t.Context(), "delete from visits_2 where who = 'x'")
	require.NoError(t, err)
	_, err = f.plain.ExecContext(t.Context(), "alter table visits attach partition visits_2 for values in (2)")
	require.NoError(t, err)
	f.governed = f.open(&driver.Config{Policy: policy})
	_, remark = read("visits_2")
	require.Equal(t, "[masked]", remark)
}

// switching is a source that can be turned over.
type switching struct{ policy *guard.Policy }

func (s *switching) Current() *guard.Policy { return s.policy }

func TestPolicyIsExchangedWhileItIsInForce(t *testing.T) {
	open, err := guard.NewPolicy(guard.Config{})
	require.NoError(t, err)
	closed, err := guard.NewPolicy(guard.Config{Rules: []guard.PolicyRule{
		{ID: "freeze", Reason: "the table is frozen", When: guard.Condition{Effects: []string{"write"}, Relations: []string{"public.people"}}, Then: guard.Outcome{Decision: lineage.Deny}},
	}})
	require.NoError(t, err)
	source := &switching{open}
	f := setup(t, &driver.Config{Policy: source})
	write := func() error {
		_, err := f.governed.Exec("update people set note = $1 where id = 1", "x")
		return err
	}
	require.NoError(t, write())
	source.policy = closed
	var denied *guard.DeniedError
	require.ErrorAs(t, write(), &denied)
	require.Equal(t, "freeze", denied.Rule)
	require.Contains(t, denied.Error(), "the table is frozen")
	source.policy = open
	require.NoError(t, write())
}

func TestPolicyThatDeniesWhatItDoesNotAllow(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{DefaultDeny: true, Rules: []guard.PolicyRule{
		{ID: "read", When: guard.Condition{Statements: []string{"SELECT"}}, Then: guard.Outcome{Decision: lineage.Allow}},
		{ID: "notes", When: guard.Condition{Statements: []string{"UPDATE"}, Columns: []string{"public.people.note"}}, Then: guard.Outcome{Decision: lineage.Allow}},
	}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, "create table other (id int)")
	for sql, allowed := range map[string]bool{
		"select note from people": true,
		"select 1":                true,
		"update people set note = 'y' where id = 1":                             true,
		"update people set note = 'y', name = 'z' where id = 1":                 false,
		"insert into other values (1)":                                          false,
		"with x as (insert into other values (1) returning id) select * from x": false,
		"select note from people for update":                                    true,
		"delete from people where id = 1":                                       false,
		"set local work_mem = '8MB'":                                            false,
	} {
		_, err := f.governed.Exec(sql)
		if allowed {
			require.NoError(t, err, sql)
			continue
		}
		require.ErrorIs(t, err, guard.ErrDenied, sql)
	}
	require.Zero(t, f.count("select count(*) from other"))
	require.Equal(t, 1, f.count("select count(*) from people where name = 'Ada Lovelace'"))
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("savepoint a")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

// A run that has read what users wrote may not write any more, also in another transaction and on another connection.
func TestRunThatReadUntrustedText(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Datasets: []guard.Dataset{{Match: []string{"public.people"}, Columns: map[string][]string{"note": {"untrusted"}}}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, "create table answers (t text)")
	run := lineage.WithJob(t.Context(), lineage.Job{Name: "answer", RunID: "r1"})
	other := lineage.WithJob(t.Context(), lineage.Job{Name: "answer", RunID: "r2"})
	agent := lineage.WithCaller(t.Context(), lineage.Agent("bot", lineage.Human("ada")))
	write := func(ctx context.Context) error {
		_, err := f.governed.ExecContext(ctx, "insert into answers (t) values ($1)", "x")
		return err
	}
	read := func(ctx context.Context, sql string) {
		t.Helper()
		rows, err := f.governed.QueryContext(ctx, sql)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
	}
	read(run, "select id from people")
	require.NoError(t, write(run), "the column was not touched")
	read(run, "select id from people where note like 'h%'")
	read(agent, "select id, note from people")
	for _, ctx := range []context.Context{run, agent} {
		var denied *guard.DeniedError
		require.ErrorAs(t, write(ctx), &denied)
		require.Equal(t, guard.RuleUntrusted, denied.Rule)
		read(ctx, "select id from people")
	}
	require.NoError(t, write(other))
	require.NoError(t, write(t.Context()), "what is no run is not followed")
	require.Equal(t, 3, f.count("select count(*) from answers"))
}

// Nobody learns what a function has read from how many rows there are.
func TestLimitsThatAreComputed(t *testing.T) {
	f := setup(t, nil, "create function mail_of(int) returns text language sql stable as 'select email from people where id = $1'")
	for sql, allowed := range map[string]bool{
		"select 1 from generate_series(1, 200) limit (select ascii(mail_of(1)))":                    false,
		"select 1 from generate_series(1, 200) offset ascii(mail_of(1))":                            false,
		"select 1 from generate_series(1, 200) fetch first (ascii(mail_of(1))) rows only":           false,
		"select count(*) from (select 1 from generate_series(1, 200) limit/**/ascii(mail_of(1))) x": false,
		"select 1 from generate_series(1, 200) limit 1 + ascii(mail_of(1))":                         false,
		"select mail_of(id::int) from people limit 10 offset 0":                                     true,
		"select mail_of(id::int) from people fetch first 10 rows only":                              true,
	} {
		rows, err := f.governed.Query(sql)
		if allowed {
			require.NoError(t, err, sql)
			require.NoError(t, rows.Close())
			continue
		}
		require.ErrorIs(t, err, guard.ErrDenied, sql)
	}
}

// Masked columns decide nothing for an agent, but that it may look somebody up by a key whose value it knows.
func TestAgentsMayNotInfer(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Datasets: []guard.Dataset{{Match: []string{"public.people"}, Columns: map[string][]string{"phone": {"lookup"}}}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, "alter table people add unique (email)",
		"create function mail_of(int) returns text language sql stable as 'select email from people where id = $1'")
	agent := lineage.WithCaller(t.Context(), lineage.Agent("bot", lineage.Human("ada")))
	for sql, allowed := range map[string]bool{
		"select id from people where email = $1":                                         true,
		"select id from people where phone = $1":                                         true,
		"select id from people where api_key = $1":                                       false,
		"select id from people where email > $1":                                         false,
		"select id from people where email like $1":                                      false,
		"select id from people where left(email, 1) = $1":                                false,
		"select id from people where note = $1 order by salary":                          false,
		"select count(*) from people where note = $1 group by salary":                    false,
		"select salary::int from people where note = $1":                                 false,
		"select case when salary > 10 then 1 end from people where note = $1":            false,
		"select array_agg(id order by email) from people where note = $1":                false,
		"select id from people where mail_of(1) < $1":                                    false,
		"select id from people where email in ($1)":                                      false,
		"select a.id from people a join people b on a.email = b.phone where a.note = $1": false,
	} {
		rows, err := f.governed.QueryContext(agent, sql, "x")
		if allowed {
			require.NoError(t, err, sql)
			require.NoError(t, rows.Close())
		} else {
			require.ErrorIs(t, err, guard.ErrDenied, sql)
		}
		rows, err = f.governed.QueryContext(t.Context(), sql, "x")
		require.NoError(t, err, "an application is warned of: %s", sql)
		require.NoError(t, rows.Close())
	}
}
