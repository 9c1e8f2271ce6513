package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/internal/pgtest"
)

// Two programs with one file of keys show the same pseudonyms, a new key changes them, and with both keys in the file what
// was stored before is brought over. A pseudonym of before is refused in an argument all the same.
func TestKeysOfPseudonymsRotate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	dsn := pgtest.New(t, "create table people (id int primary key, email text)", "insert into people values (1, 'ada@example.com')")
	pseudonym := func(args ...string) string {
		var out, errs bytes.Buffer
		code := dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), append([]string{"pseudonym", "-keys", file}, args...))
		require.Equal(t, ok, code, errs.String())
		return out.String()
	}
	shown := func() (email string, db *sql.DB) {
		db, err := sql.Open("governed-postgres", dsn+"&governed.mask_key="+file)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		require.NoError(t, db.QueryRow("select email from people where id = 1").Scan(&email))
		return email, db
	}

	pseudonym("-new")
	before, _ := shown()
	again, _ := shown()
	require.Equal(t, before, again)
	require.Equal(t, before+"\n", pseudonym("-class", "email", "ada@example.com"))

	require.Contains(t, pseudonym("-new"), "1 before it")
	after, db := shown()
	require.NotEqual(t, before, after)
	require.Equal(t, after+"\t"+before+"\n", pseudonym("-class", "email", "ada@example.com"))
	_, err := db.Exec("update people set email = $1 where id = 1", before)
	require.ErrorContains(t, err, "masked")

	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077, "others can read the keys")
}

// A file that holds something else is not written over, and nothing of it is quoted.
func TestKeysOfPseudonymsMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "# none\n", "short": "c2hvcnQ=\n", "other": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nhunter2 is no key\n"} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		for _, args := range [][]string{{"-new"}, {"-class", "email", "x"}} {
			var out, errs bytes.Buffer
			require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), append([]string{"pseudonym", "-keys", file}, args...)))
			require.NotContains(t, errs.String(), "hunter2")
			require.NotContains(t, errs.String(), strings.TrimSpace(text))
		}
		left, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(left))
		_, err = sql.Open("governed-postgres", "postgres://localhost/x?governed.mask_key="+file)
		require.ErrorContains(t, err, "governed.mask_key")
		require.NotContains(t, err.Error(), "hunter2")
	}
	key := base64.StdEncoding.EncodeToString([]byte("a key of hunter2, in the wrong place"))
	_, err := sql.Open("governed-postgres", "postgres://localhost/x?governed.mask_key="+url.QueryEscape(key))
	require.ErrorContains(t, err, "no such file")
	require.NotContains(t, err.Error(), key)
	twice := filepath.Join(dir, "twice")
	require.NoError(t, os.WriteFile(twice, []byte(key+"\n"+key+"\n"), 0o600))
	for _, args := range [][]string{
		{"-keys", key, "-class", "email", "x"},
		{"-keys", filepath.Join(dir, "none"), "-class", key, "x"},
		{"-keys", filepath.Join(dir, key, "none"), "-new"},
		{"-keys", twice, "-new"},
		{"-keys", twice, "-class", "email", "x"},
	} {
		var out, errs bytes.Buffer
		require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), append([]string{"pseudonym"}, args...)), args)
		require.NotEmpty(t, errs.String())
		require.NotContains(t, out.String()+errs.String(), key)
	}
	for _, args := range [][]string{{}, {"-keys", "k"}, {"-keys", "k", "-new", "-class", "email"}, {"-keys", "k", "-class", "shoe_size"}, {"-keys", filepath.Join(dir, "none"), "-class", "email", "x"}} {
		var out, errs bytes.Buffer
		require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), append([]string{"pseudonym"}, args...)), args)
	}
}
