package driver_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// What a deferred trigger writes is written by the statement that set it off.
func TestAffectedRowsOfDeferredTriggers(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Limits: &guard.Limits{AffectedRows: 3}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy},
		"create table nul (a int)", "create table log (msg text)",
		`create function trf() returns trigger language plpgsql as $$begin insert into log(msg) select 'x' from generate_series(1,1000); return null; end$$`,
		"create constraint trigger q after insert on nul deferrable initially deferred for each row execute function trf()",
		`create function f_del() returns setof int language sql as 'delete from people returning 1'`, "insert into people (id) select i from generate_series(10, 20) i")
	_, err = f.governed.Exec("insert into nul values (1)")
	require.ErrorIs(t, err, guard.ErrLimit)
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into nul values (1)")
	require.NoError(t, err)
	require.ErrorIs(t, tx.Commit(), guard.ErrLimit)
	tx, err = f.governed.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("insert into nul values (1)")
	require.NoError(t, err)
	_, err = tx.Exec("set constraints all immediate")
	require.ErrorIs(t, err, guard.ErrLimit)
	require.NoError(t, tx.Rollback())
	require.Zero(t, f.count("select count(*) from log"))
	require.Zero(t, f.count("select count(*) from nul"))
	_, err = f.governed.Exec("insert into people (id) values (2), (3)")
	require.NoError(t, err, "the connection goes on")

	rows, err := f.governed.Query("select f_del()")
	if err == nil {
		require.False(t, rows.Next(), "no row is handed out of what is undone")
		err = rows.Err()
	}
	require.Error(t, err)
}

// A FETCH is decided for its own moment: the purpose, the job and the token may be others than when the cursor was declared.
func TestFetchIsDecidedAgain(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Rules: []guard.PolicyRule{
		{ID: "support", When: guard.Condition{Purposes: []string{"support"}}, Then: guard.Outcome{Clear: []string{"email"}}},
		{ID: "evil", When: guard.Condition{Jobs: []string{"evil/*"}, Relations: []string{"public.people"}}, Then: guard.Outcome{Decision: lineage.Deny}},
		{ID: "known", When: guard.Condition{Identity: guard.Identity{Verified: new(bool)}, Purposes: []string{"audit"}}, Then: guard.Outcome{Decision: lineage.Deny}},
	}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy})
	support := lineage.WithPurpose(t.Context(), "support")
	tx, err := f.governed.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(support, "declare c scroll cursor for select email from people where id = 1")
	require.NoError(t, err)
	fetch := func(ctx context.Context) (email string, err error) {
		err = tx.QueryRowContext(ctx, "fetch absolute 1 from c").Scan(&email)
		return email, err
	}
	email, err := fetch(support)
	require.NoError(t, err)
	require.Equal(t, u1, email)
	email, err = fetch(lineage.WithPurpose(t.Context(), "marketing"))
	require.NoError(t, err)
	require.Contains(t, email, ".invalid")
	_, err = fetch(lineage.WithJob(support, lineage.Job{Namespace: "evil", Name: "x"}))
	require.ErrorIs(t, err, guard.ErrDenied)
	email, err = fetch(support)
	require.NoError(t, err)
	require.Equal(t, u1, email)

	// A token that runs out in between.
	soon := lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Issuer: "i", Subject: "ada", Expires: time.Now().Add(2 * time.Second)}))
	audit := lineage.WithPurpose(lineage.WithCaller(t.Context(), soon), "audit")
	_, err = tx.ExecContext(audit, "declare d scroll cursor for select id from people")
	require.NoError(t, err)
	id := 0
	require.NoError(t, tx.QueryRowContext(audit, "fetch absolute 1 from d").Scan(&id), "while the token is good")
	require.Eventually(t, func() bool {
		err := tx.QueryRowContext(audit, "fetch absolute 1 from d").Scan(&id)
		return errors.Is(err, guard.ErrDenied)
	}, 10*time.Second, 100*time.Millisecond)
}

// Agents spend the budget of the one on whose behalf they act.
func TestAgentsShareABudget(t *testing.T) {
	policy, err := guard.NewPolicy(guard.Config{Limits: &guard.Limits{Budget: guard.Budget{Rows: 5, Per: time.Hour}}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy}, "create table plain as select generate_series(1, 4) as i")
	read := func(c lineage.Caller) error {
		rows, err := f.governed.QueryContext(lineage.WithCaller(t.Context(), c), "select i from plain")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
		}
		return rows.Err()
	}
	require.NoError(t, read(lineage.Agent("bot", lineage.Human("ada"))))
	require.ErrorIs(t, read(lineage.Agent("bot2", lineage.Human("ada"))), guard.ErrLimit)
	require.ErrorIs(t, read(lineage.Human("ada")), guard.ErrLimit)
	require.NoError(t, read(lineage.Human("eve")))
}

// Prepared statements that a trigger made do not reach the next user of the connection.
func TestTriggerThatPrepares(t *testing.T) {
	f := setup(t, nil, "create table src (i int)",
		`create function prep() returns trigger language plpgsql as $$begin execute 'prepare leftp as select 1'; return null; end$$`,
		"create trigger p after insert on src for each row execute function prep()")
	f.governed.SetMaxOpenConns(1)
	for range 3 {
		_, err := f.governed.Exec("insert into src values (1)")
		require.NoError(t, err)
	}
	var n int
	require.NoError(t, f.governed.QueryRow("select count(*) from src").Scan(&n))
	require.Equal(t, 3, n)
}
