package driver_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/report"
	"github.com/governedsql/governed/lineage"
)

// The way to adopt the driver: observe, read what standard would have done, write that into a policy, switch.
func TestReportIsTheWayToStandard(t *testing.T) {
	dir := t.TempDir()
	f := setup(t, &driver.Config{Profile: driver.Observe, Report: dir})
	ctx := lineage.WithCaller(t.Context(), lineage.Service("janitor"))

	_, err := f.governed.ExecContext(ctx, "update people set note = 'secret-literal'")
	require.NoError(t, err, "observe refuses nothing")
	require.Equal(t, 1, f.count("select count(*) from people where note = 'secret-literal'"))
	var email string
	for range 3 {
		require.NoError(t, f.governed.QueryRowContext(ctx, "select email from people where id = $1", 1).Scan(&email))
	}
	require.Equal(t, u1, email, "and masks nothing")
	_, err = f.governed.ExecContext(ctx, "insert into people (id, note) values ($1, $2)", 2, "n")
	require.NoError(t, err)
	require.NoError(t, f.governed.Close())

	r, err := report.Load(dir)
	require.NoError(t, err)
	require.Equal(t, "observe", r.Profile)
	first := r.Statements[0]
	require.Equal(t, lineage.Deny, first.Decision)
	require.Equal(t, "DM02", first.Reasons[0].Rule)
	require.Equal(t, []string{"service janitor"}, first.Callers)
	var masked []report.Column
	for _, s := range r.Statements {
		masked = append(masked, s.Masked...)
	}
	require.Equal(t, []report.Column{{Column: "public.people.email", Class: "email", Treatment: "pseudonym", Count: 3}}, masked)
	files, err := filepath.Glob(dir + "/*")
	require.NoError(t, err)
	require.Len(t, files, 1)
	src, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NotContains(t, string(src), "secret-literal")
	require.NotContains(t, string(src), u1)

	// What was seen becomes an override by fingerprint, a clear list and an allow-list.
	list, err := guard.ParseAllowList(append(r.AllowList(), first.Fingerprint+"\n"...))
	require.NoError(t, err)
	require.Equal(t, 3, list.Len())
	policy, err := guard.NewPolicy(guard.Config{
		AllowList: list,
		Overrides: []guard.Override{{Rule: "DM02", To: lineage.Allow, When: guard.Condition{Fingerprints: []string{first.Fingerprint}}}},
	})
	require.NoError(t, err)
	db := f.open(&driver.Config{Policy: policy, Clear: []string{masked[0].Column}})
	_, err = db.ExecContext(ctx, "update people set note = 'other'")
	require.NoError(t, err, "a fingerprint stands for all literals")
	require.Equal(t, 2, f.count("select count(*) from people where note = 'other'"))
	require.NoError(t, db.QueryRowContext(ctx, "select email from people where id = $1", 1).Scan(&email))
	require.Equal(t, u1, email)
	for sql, rule := range map[string]string{"update people set phone = 'x'": "ALLOW-LIST", "select name from people where id = 1": "ALLOW-LIST"} {
		_, err = db.ExecContext(ctx, sql)
		var denied *guard.DeniedError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, rule, denied.Rule, sql)
	}
	require.Zero(t, f.count("select count(*) from people where phone = 'x'"))
}

// withKey adds a key to a data source name in the form of a URL.
func withKey(t *testing.T, dsn, key, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestReportIsADSNKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made by itself")
	f := setup(t, nil)
	db := open(t, "governed-postgres", withKey(t, f.dsn, "governed.report", dir))
	_, err := db.Exec("delete from people")
	require.ErrorIs(t, err, guard.ErrDenied)
	require.NoError(t, db.Close())
	r, err := report.Load(dir)
	require.NoError(t, err)
	require.Equal(t, "standard", r.Profile)
	require.True(t, r.Statements[0].Refused())
	require.NotContains(t, string(r.AllowList()), r.Statements[0].Fingerprint, "what was refused is not learned")
	require.True(t, strings.HasPrefix(r.Statements[0].Text, "delete from people"))
}
