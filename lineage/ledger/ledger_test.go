package ledger_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

func TestLogOfOneProcess(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir})
	for i := range 5 {
		r := statement(fmt.Sprintf("select %d", i))
		run(t, l, r)
		require.Positive(t, r.Index)
	}
	refused := statement("delete from t")
	refused.Decision = lineage.Deny
	refused.Reasons = []lineage.Reason{{Rule: "DM01", Message: "no WHERE", Applied: true}}
	run(t, l, refused)
	require.NoError(t, l.Close())

	r := verify(t, dir, ledger.VerifyConfig{})
	require.Equal(t, "example.org/audit", r.Origin)
	require.False(t, r.Open)
	require.Empty(t, r.Unknown)
	require.Equal(t, map[ledger.Event]int64{
		ledger.Start: 1, ledger.PolicySet: 1, ledger.Intent: 5, ledger.Outcome: 5, ledger.Denied: 1, ledger.Stop: 1,
	}, r.Events)
	require.EqualValues(t, 14, r.Records)
}

func TestLogGoesOn(t *testing.T) {
	dir := newDir(t)
	for range 4 {
		l := open(t, ledger.Config{Dir: dir, SegmentBytes: 4 << 10})
		for range 20 {
			run(t, l, statement("select 1"))
		}
		require.NoError(t, l.Close())
	}
	r := verify(t, dir, ledger.VerifyConfig{})
	require.Len(t, r.Starts, 4)
	require.EqualValues(t, 4*(20*2+3), r.Records)
	segments, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	require.NoError(t, err)
	require.Greater(t, len(segments), 3)
}

func TestManyWrite(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir})
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 50 {
				run(t, l, statement("select 1"))
			}
		})
	}
	all.Wait()
	require.NoError(t, l.Close())
	r := verify(t, dir, ledger.VerifyConfig{})
	require.EqualValues(t, 800, r.Events[ledger.Outcome])
	require.Less(t, r.Checkpoints, int64(1000), "records share a write")
}

func TestOneWriter(t *testing.T) {
	dir := newDir(t)
	open(t, ledger.Config{Dir: dir})
	_, err := ledger.Open(ledger.Config{Dir: dir})
	require.ErrorIs(t, err, ledger.ErrLocked)
}

func TestKeyIsNotReplaced(t *testing.T) {
	dir := newDir(t)
	require.NoError(t, open(t, ledger.Config{Dir: dir}).Close())
	require.NoError(t, os.Remove(dir+".key"))
	_, err := ledger.Open(ledger.Config{Dir: dir})
	require.ErrorIs(t, err, ledger.ErrNoKey)

	other := newDir(t)
	require.NoError(t, open(t, ledger.Config{Dir: other}).Close())
	_, err = ledger.Open(ledger.Config{Dir: dir, KeyFile: other + ".key"})
	require.ErrorContains(t, err, "is not the private key of the ledger")
}

// every single change of a byte of any file is found, and the place named.
func TestEveryByteCounts(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir, SegmentBytes: 1 << 10})
	run(t, l, statement("select 'é', 2"))
	require.NoError(t, l.Close())
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Greater(t, len(list), 2)
	for _, e := range list {
		name := filepath.Join(dir, e.Name())
		whole, err := os.ReadFile(name)
		require.NoError(t, err)
		found := func(what string, changed []byte) {
			require.NoError(t, os.WriteFile(name, changed, 0o600))
			_, err := ledger.Verify(context.Background(), dir, ledger.VerifyConfig{})
			var tampered *ledger.TamperError
			require.ErrorAs(t, err, &tampered, "%s of %s", what, e.Name())
			require.True(t, strings.HasPrefix(tampered.File, e.Name()) || tampered.File > e.Name(), "%s names %s", what, tampered.File)
		}
		for i := range whole {
			bit := []byte{1, 0x20, 0x80}[i%3]
			changed := append([]byte(nil), whole...)
			changed[i] ^= bit
			found(fmt.Sprintf("byte %d changed by %x", i, bit), changed)
			if i%5 == 0 {
				found(fmt.Sprintf("byte %d removed", i), append(append([]byte(nil), whole[:i]...), whole[i+1:]...))
				found(fmt.Sprintf("byte %d doubled", i), append(append(append([]byte(nil), whole[:i+1]...), whole[i]), whole[i+1:]...))
				found(fmt.Sprintf("cut at %d", i), whole[:i:i])
			}
		}
		for _, b := range []string{"\n", "x", " ", "\x00", "{", `{"v":1,"index":`} {
			found(fmt.Sprintf("%q added", b), append(append([]byte(nil), whole...), b...))
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
		for i := range lines {
			rest := append(append([]string(nil), lines[:i]...), lines[i+1:]...)
			if len(lines) > 1 {
				found(fmt.Sprintf("line %d removed", i), []byte(strings.Join(rest, "")+"\n"))
			}
			if i > 0 {
				swapped := append([]string(nil), lines...)
				swapped[i], swapped[i-1] = strings.TrimSuffix(swapped[i-1], "\n")+"\n", strings.TrimSuffix(swapped[i], "\n")+"\n"
				found(fmt.Sprintf("line %d swapped", i), []byte(strings.Join(swapped, "")))
			}
		}
		require.NoError(t, os.Remove(name))
		_, err = ledger.Verify(context.Background(), dir, ledger.VerifyConfig{})
		var tampered *ledger.TamperError
		require.ErrorAs(t, err, &tampered, "%s removed", e.Name())
		require.NoError(t, os.WriteFile(name, whole, 0o600))
		verify(t, dir, ledger.VerifyConfig{})
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "note"), nil, 0o600))
	_, err = ledger.Verify(context.Background(), dir, ledger.VerifyConfig{})
	require.ErrorContains(t, err, "note")
}
