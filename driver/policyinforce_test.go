package driver_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/policyfile"
	"github.com/governedsql/governed/lineage"
)

const firstPolicy = `version: 1
datasets:
  - match: public.people
    columns: { email: pii.email, note: pii }
rules:
  - id: agents
    when: { identity: { kind: agent }, tags_any: pii }
    then: { mask: { pii: redact } }
  - id: no-notes
    when: { columns: public.people.note, purpose: training }
    then: deny
    reason: Notes train no model.
`

// TestPolicyInForce goes the whole way: a file named in the data source name, its rules on real statements, and a change of
// the file while connections are open.
func TestPolicyInForce(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(firstPolicy), 0o600))
	w, err := policyfile.Watch(t.Context(), path, guard.Config{}, nil)
	require.NoError(t, err)
	db := f.open(&driver.Config{Policy: w})

	read := func(ctx context.Context, column string) (string, error) {
		var s string
		err := db.QueryRowContext(ctx, "SELECT "+column+" FROM people WHERE id = 1").Scan(&s)
		return s, err
	}
	ctx := lineage.WithCaller(t.Context(), lineage.Human("ada"))
	email, err := read(ctx, "email")
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(email, ".invalid"), "the default mask: %s", email)
	email, err = read(lineage.WithCaller(ctx, lineage.Agent("bot", lineage.Human("ada"))), "email")
	require.NoError(t, err)
	require.Equal(t, "[masked]", email, "the policy's own for agents")

	_, err = read(lineage.WithPurpose(ctx, "training"), "note")
	var denied *guard.DeniedError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "no-notes", denied.Rule)

	require.NoError(t, os.WriteFile(path, []byte("version: 1\nrules:\n- {id: closed, when: {relations: public.people}, then: deny}\n"), 0o600))
	require.NoError(t, w.Reload())
	_, err = read(ctx, "email")
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "closed", denied.Rule, "connections that are open and analyses that are kept follow")
}

func TestPolicyKeyInForce(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte("version: 1\nrules:\n- {id: closed, when: {env: staging, relations: public.people}, then: deny}\n"), 0o600))
	db, err := sql.Open(driver.Name, f.dsn+"&governed.policy="+path+"&governed.environment=staging")
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE people SET note = 'x' WHERE id = 1")
	require.ErrorContains(t, err, "denied by closed on public.people")
}

// fickle is a source that gives what it is told to.
type fickle struct{ p *guard.Policy }

func (f *fickle) Current() *guard.Policy { return f.p }

// A source that gives nothing, or a policy of another profile, leaves the one before in force.
func TestSourceThatGoesAstray(t *testing.T) {
	strict, err := guard.NewPolicy(guard.Config{Profile: guard.Strict})
	require.NoError(t, err)
	observe, err := guard.NewPolicy(guard.Config{Profile: guard.Observe})
	require.NoError(t, err)
	source := &fickle{strict}
	f := setup(t, &driver.Config{Policy: source})
	for _, p := range []*guard.Policy{strict, nil, observe} {
		source.p = p
		_, err := f.governed.Exec("delete from people")
		require.ErrorIs(t, err, guard.ErrDenied)
	}
	require.Equal(t, 1, f.count("select count(*) from people"))
}
