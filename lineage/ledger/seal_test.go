package ledger_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

func found(t *testing.T, dir string, f ledger.Filter) []*ledger.Story {
	t.Helper()
	var out []*ledger.Story
	require.NoError(t, ledger.Query(context.Background(), dir, f, func(s *ledger.Story) error {
		out = append(out, s)
		return nil
	}))
	return out
}

// A sealed caller is read with the keyring and only with it; once forgotten never again, and the log holds all the same.
func TestForget(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir, Seal: true})
	run(t, l, statement("select 1"))
	grace := statement("select 2")
	grace.Caller = lineage.Human("grace")
	run(t, l, grace)
	require.NoError(t, l.Close())
	lines, err := os.ReadFile(filepath.Join(dir, "00000000000000000000.ndjson"))
	require.NoError(t, err)
	for _, name := range []string{"ada", "bot", "grace"} {
		require.NotContains(t, string(lines), `"`+name)
	}
	keyring := dir + ".keyring"
	require.Len(t, found(t, dir, ledger.Filter{Caller: "ada", Keyring: keyring}), 1)
	require.Len(t, found(t, dir, ledger.Filter{Agent: "bot", Keyring: keyring}), 1)
	require.Empty(t, found(t, dir, ledger.Filter{Caller: "ada"}))

	l = open(t, ledger.Config{Dir: dir, Seal: true})
	require.NoError(t, l.Forget("ada"))
	require.Error(t, l.Forget("ada"))
	require.NoError(t, l.Close())
	require.Empty(t, found(t, dir, ledger.Filter{Caller: "ada", Keyring: keyring}))
	require.Len(t, found(t, dir, ledger.Filter{Caller: "grace", Keyring: keyring}), 1)
	require.Len(t, found(t, dir, ledger.Filter{}), 2, "what was done stays")
	require.EqualValues(t, 1, verify(t, dir, ledger.VerifyConfig{}).Events[ledger.KeyGone])
	left, err := os.ReadFile(keyring)
	require.NoError(t, err)
	require.NotContains(t, string(left), `"ada"`)
}

// The key of a month: without it nobody links its digests, and nobody reads its callers.
func TestForgetMonths(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir, Seal: true})
	old := statement("select 1")
	old.Start = time.Date(2020, 1, 5, 0, 0, 0, 0, time.UTC)
	run(t, l, old)
	run(t, l, statement("select 2"))
	before, err := l.Digests(old.Start, "select 1", []any{"x"})
	require.NoError(t, err)
	gone, err := l.ForgetBefore("2999-01")
	require.NoError(t, err)
	require.Equal(t, []string{"2020-01"}, gone)
	_, err = l.Digests(old.Start, "select 1", []any{"x"})
	require.Error(t, err, "a key that was destroyed is not made again")
	now, err := l.Digests(time.Now(), "select 1", []any{"x"})
	require.NoError(t, err)
	require.NotEqual(t, before.Text, now.Text)
	_, err = l.ForgetBefore("January")
	require.Error(t, err)
	require.NoError(t, l.Close())
	require.Len(t, found(t, dir, ledger.Filter{Caller: "ada", Keyring: dir + ".keyring"}), 1)
	verify(t, dir, ledger.VerifyConfig{})
}

// Digests are the same for the same values whatever type holds them, and say nothing without the key.
func TestDigests(t *testing.T) {
	l := open(t, ledger.Config{Dir: newDir(t)})
	at := time.Now()
	d, err := l.Digests(at, "select $1", []any{int64(7), 7, "7", nil, []byte("7"), true, at, at.UTC()})
	require.NoError(t, err)
	require.Equal(t, d.Arguments[0], d.Arguments[1])
	require.Equal(t, d.Arguments[0], d.Arguments[2])
	require.Equal(t, d.Arguments[6], d.Arguments[7])
	require.NotEqual(t, d.Text, d.Arguments[0])
	other := open(t, ledger.Config{Dir: newDir(t)})
	d2, err := other.Digests(at, "select $1", []any{int64(7)})
	require.NoError(t, err)
	require.NotEqual(t, d.Text, d2.Text)
	require.NotEqual(t, d.Arguments[0], d2.Arguments[0])
}

// What one process destroys, the others use no more; a keyring that is gone is not made again.
func TestKeyringIsShared(t *testing.T) {
	dsn, key := pgtest.New(t), filepath.Join(t.TempDir(), "audit.key")
	a := open(t, ledger.Config{Database: dsn, KeyFile: key, Seal: true})
	b := open(t, ledger.Config{Database: dsn, KeyFile: key, Seal: true})
	run(t, a, statement("before"))
	require.NoError(t, b.Forget("ada"))
	run(t, a, statement("after"))
	keyring := filepath.Join(filepath.Dir(key), "audit.keyring")
	list := found(t, dsn, ledger.Filter{Caller: "ada", Keyring: keyring})
	require.Len(t, list, 1)
	require.Equal(t, "after", list[0].Text, "with a key of its own")

	whole, err := os.ReadFile(keyring)
	require.NoError(t, err)
	for _, left := range []string{"gone", ""} {
		require.NoError(t, os.Remove(keyring))
		if left == "" {
			require.NoError(t, os.WriteFile(keyring, nil, 0o600))
		}
		_, err = a.Begin(context.Background(), statement("without"))
		require.Error(t, err)
		_, err = a.Digests(time.Now(), "x", nil)
		require.Error(t, err)
		require.NoError(t, os.WriteFile(keyring, whole, 0o600))
		run(t, a, statement("with"))
	}
}
