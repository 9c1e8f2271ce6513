package driver_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgtest"
)

func TestDataSourceNames(t *testing.T) {
	const password = "sw0rdf1sh"
	for _, c := range []struct{ name, dsn, want string }{
		{"URL", "postgres://u:" + password + "@h/d?governed.profile=strict", ""},
		{"keywords", "host=h user=u password='" + password + "' governed.profile = observe governed.environment='a b'", ""},
		{"postgresql scheme", "postgresql://h/d?governed.mask=off&sslmode=disable", ""},
		{"clear list", "postgres://h/d?governed.clear=public.a.b,\"X\".\"Y,Z\".c,a.b,s.t.*", ""},
		{"unknown key", "postgres://u:" + password + "@h/d?governed.profil=strict", "unknown key"},
		{"another case", "postgres://u:" + password + "@h/d?Governed.Profile=strict", "unknown key"},
		{"escaped key", "postgres://u:" + password + "@h/d?governed%2Eprofil=strict", "unknown key"},
		{"unknown keyword", "host=h password=" + password + " governed.x=1", "unknown key"},
		{"unknown profile", "postgres://h/d?governed.profile=lenient", "none of standard"},
		{"empty profile", "postgres://h/d?governed.profile=", "none of standard"},
		{"mask", "postgres://h/d?governed.mask=maybe", "neither on nor off"},
		{"mask on with observe", "postgres://h/d?governed.mask=on&governed.profile=observe", "observe"},
		{"observe with mask on", "postgres://h/d?governed.profile=observe&governed.mask=on", "observe"},
		{"given twice", "postgres://h/d?governed.mask=on&governed.mask=off", "twice"},
		{"wildcard table", "postgres://h/d?governed.clear=public.*", "wildcard"},
		{"wildcard schema", "postgres://h/d?governed.clear=*.t.c", "wildcard"},
		{"half a wildcard", "postgres://h/d?governed.clear=public.t.e*", "wildcard"},
		{"one name", "postgres://h/d?governed.clear=email", "want schema.table.column"},
		{"open quote", "postgres://h/d?governed.clear=public.\"t.c", "does not end"},
		{"policy", "postgres://h/d?governed.policy=/no/such/file.yaml", "no such file"},
		{"ledger", "postgres://h/d?governed.ledger=", "names no directory"},
		{"open value", "host=h governed.profile='strict", "does not end"},
		{"port", "postgres://u:" + password + "@h:port/d", "data source name"},
		{"escape", "postgres://u:" + password + "@h/d?governed.profile=%zz", "escaped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := driver.NewConnector(c.dsn, nil)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), password)
		})
	}
}

func TestGovernedKeysNeverReachTheServer(t *testing.T) {
	dsn := pgtest.New(t)
	db := open(t, driver.Name, dsn+"&governed.profile=standard&governed.environment=test&application_name=kept")
	var name string
	require.NoError(t, db.QueryRow("select current_setting('application_name')").Scan(&name))
	require.Equal(t, "kept", name)
	require.Error(t, db.QueryRow("select current_setting('governed.profile')").Scan(&name))

	px, err := pgx.ParseConfig(dsn + "&governed.profile=observe")
	require.NoError(t, err)
	connector, err := driver.WrapConnector(stdlib.GetConnector(*px), nil)
	require.NoError(t, err)
	wrapped := sql.OpenDB(connector)
	defer wrapped.Close()
	require.Error(t, wrapped.QueryRow("select current_setting('governed.profile')").Scan(&name), "taken out of what pgx parsed")
	_, err = wrapped.Exec("create table seen (id int); delete from seen")
	require.NoError(t, err, "and applied")
}

func TestRegister(t *testing.T) {
	dsn := pgtest.New(t, "create table t (id int)")
	require.NoError(t, driver.Register("governed-watching", &driver.Config{Profile: driver.Observe}))
	require.Error(t, driver.Register("governed-watching", nil), "the name is taken")
	require.Error(t, driver.Register(driver.Name, nil))
	require.Error(t, driver.Register("", nil))
	require.Error(t, driver.Register("governed-wrong", &driver.Config{Profile: driver.Observe, Mask: driver.MaskOn}))
	require.Error(t, driver.Register("governed-short", &driver.Config{MaskKey: []byte("short")}))
	require.NotContains(t, sql.Drivers(), "governed-wrong")
	_, err := open(t, "governed-watching", dsn).Exec("delete from t")
	require.NoError(t, err)
	policy, err := guard.NewPolicy(guard.Config{Profile: guard.Strict})
	require.NoError(t, err)
	_, err = driver.NewConnector(dsn, &driver.Config{Policy: policy, Profile: driver.Observe})
	require.Error(t, err, "two profiles")
	_, err = driver.WrapConnector(nil, nil)
	require.Error(t, err)
}

func FuzzDataSourceName(f *testing.F) {
	for _, seed := range []string{
		"postgres://u:p@h/d?governed.profile=strict#x", "host=h governed.clear='a.b'", "governed.mask=on", "postgres://?&&=",
		`host='\'' governed.clear="x".y`, "registeredConnConfig0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, dsn string) {
		if strings.Contains(strings.ToLower(dsn), "ledger") {
			return // it would make the directory that it names
		}
		_, _ = driver.NewConnector(dsn, nil)
	})
}
