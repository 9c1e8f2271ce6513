package ledger_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/governedsql/governed/lineage/ledger"
)

// filled is a log with some statements, its public key, and a checkpoint of each size that it was closed with.
func filled(t *testing.T) (dir string, keys ledger.Keys, checkpoints [][]byte) {
	t.Helper()
	dir = newDir(t)
	for i := range 4 {
		l := open(t, ledger.Config{Dir: dir})
		for range i*3 + 1 {
			run(t, l, statement("select 1"))
		}
		require.NoError(t, l.Close())
		signed, err := os.ReadFile(dir + ".checkpoint")
		require.NoError(t, err)
		checkpoints = append(checkpoints, signed)
	}
	keys, err := ledger.ReadKeys(filepath.Join(dir, "ledger.pub"))
	require.NoError(t, err)
	return dir, keys, checkpoints
}

func TestEveryRecordIsProved(t *testing.T) {
	dir, keys, _ := filled(t)
	n := verify(t, dir, ledger.VerifyConfig{}).Records
	for i := range n {
		proof, err := ledger.ProveRecord(context.Background(), dir, i)
		require.NoError(t, err)
		p, err := ledger.CheckProof(proof, keys)
		require.NoError(t, err)
		require.Equal(t, i, p.Index)
		require.Contains(t, string(p.Record), fmt.Sprintf(`{"v":1,"index":%d,`, i))
	}
	for _, i := range []int64{-1, n, n + 100} {
		_, err := ledger.ProveRecord(context.Background(), dir, i)
		require.Error(t, err)
	}
}

// A proof is read by other tools too: its parts are what C2SP says.
func TestProofIsTlogProof(t *testing.T) {
	dir, keys, _ := filled(t)
	proof, err := ledger.ProveRecord(context.Background(), dir, 7)
	require.NoError(t, err)
	head, checkpoint, ok := bytes.Cut(proof, []byte("\n\n"))
	require.True(t, ok)
	lines := bytes.Split(head, []byte("\n"))
	require.Equal(t, "c2sp.org/tlog-proof@v1", string(lines[0]))
	require.Equal(t, "index 7", string(lines[2]))
	record, err := base64.StdEncoding.DecodeString(string(bytes.TrimPrefix(lines[1], []byte("extra "))))
	require.NoError(t, err)
	verifier, err := note.NewVerifier(string(bytes.TrimSpace([]byte(keys.String()))))
	require.NoError(t, err)
	n, err := note.Open(checkpoint, note.VerifierList(verifier))
	require.NoError(t, err)
	c, err := ledger.ParseCheckpoint([]byte(n.Text + "\n"))
	require.NoError(t, err)
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		h, err := tlog.ParseHash(string(line))
		require.NoError(t, err)
		path = append(path, h)
	}
	require.NoError(t, tlog.CheckRecord(path, c.Size, c.Root, 7, tlog.RecordHash(record)))
}

func TestConsistency(t *testing.T) {
	dir, keys, checkpoints := filled(t)
	for _, since := range checkpoints {
		old, err := ledger.ParseCheckpoint(since)
		require.NoError(t, err)
		proof, err := ledger.ProveConsistency(context.Background(), dir, old.Size)
		require.NoError(t, err)
		c, err := ledger.CheckConsistency(proof, since, keys)
		require.NoError(t, err)
		require.GreaterOrEqual(t, c.Size, old.Size)
	}
	// Of another log with the same name.
	_, _, others := filled(t)
	proof, err := ledger.ProveConsistency(context.Background(), dir, 4)
	require.NoError(t, err)
	_, err = ledger.CheckConsistency(proof, others[0], keys)
	require.Error(t, err)
}

// Whatever is changed in a proof, it proves nothing.
func TestForgedProofs(t *testing.T) {
	dir, keys, checkpoints := filled(t)
	record, err := ledger.ProveRecord(context.Background(), dir, 5)
	require.NoError(t, err)
	old, err := ledger.ParseCheckpoint(checkpoints[1])
	require.NoError(t, err)
	goesOn, err := ledger.ProveConsistency(context.Background(), dir, old.Size)
	require.NoError(t, err)
	for i := range record {
		forged := bytes.Clone(record)
		forged[i] ^= 1
		p, err := ledger.CheckProof(forged, keys)
		if err == nil { // bits of base64 that mean nothing, in a signature
			want, _ := ledger.CheckProof(record, keys)
			require.Equal(t, want, p, "byte %d", i)
		}
	}
	for i := range goesOn {
		forged := bytes.Clone(goesOn)
		forged[i] ^= 1
		_, err := ledger.CheckConsistency(forged, checkpoints[1], keys)
		require.True(t, err != nil || i > len(goesOn)-8, "byte %d", i)
	}
	_, others, _ := filled(t)
	_, err = ledger.CheckProof(record, others)
	require.Error(t, err, "another key")
}

// What was published covers what the log has to hold; older checkpoints than its own are all in it.
func TestPublishedCheckpoints(t *testing.T) {
	dir, keys, checkpoints := filled(t)
	r := verify(t, dir, ledger.VerifyConfig{Keys: keys, Checkpoints: checkpoints})
	require.True(t, r.Trusted)
	require.Len(t, r.Proved, len(checkpoints))
	_, others, _ := filled(t)
	_, err := ledger.Verify(context.Background(), dir, ledger.VerifyConfig{Keys: others})
	var tampered *ledger.TamperError
	require.ErrorAs(t, err, &tampered, "the key in the directory is not the one that is trusted")
	require.Equal(t, "ledger.pub", tampered.File)
	_, err = ledger.Verify(context.Background(), dir, ledger.VerifyConfig{Checkpoints: [][]byte{[]byte("x")}})
	require.Error(t, err)
	require.NotErrorAs(t, err, &tampered, "that is no word on the log")
	_, err = ledger.Verify(context.Background(), t.TempDir(), ledger.VerifyConfig{})
	require.Error(t, err)
	require.NotErrorAs(t, err, &tampered)
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte("example.org/audit\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— example.org/audit AAAA\n"))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ledger.ParseCheckpoint(b)
		if err == nil {
			require.True(t, bytes.HasPrefix(b, []byte(c.Text())) || bytes.Contains(b, []byte("\n\n")))
		}
		_ = ledger.SplitCheckpoints(b)
		_, _ = ledger.CheckProof(b, ledger.Keys{})
		_, _ = ledger.ParseKeys(string(b))
	})
}

// FuzzLog changes a log at one place: it is found, or nothing was changed.
func FuzzLog(f *testing.F) {
	dir := newDir(f)
	l := open(f, ledger.Config{Dir: dir})
	run(f, l, statement("select 1"))
	require.NoError(f, l.Close())
	name := filepath.Join(dir, "00000000000000000000.ndjson")
	whole, err := os.ReadFile(name)
	require.NoError(f, err)
	f.Add(10, 1, []byte("x"))
	f.Add(len(whole), 0, []byte("{}\n"))
	f.Fuzz(func(t *testing.T, at, remove int, insert []byte) {
		if at < 0 || at > len(whole) || remove < 0 || at+remove > len(whole) {
			return
		}
		changed := append(append(bytes.Clone(whole[:at]), insert...), whole[at+remove:]...)
		other := filepath.Join(t.TempDir(), "log")
		require.NoError(t, os.CopyFS(other, os.DirFS(dir)))
		require.NoError(t, os.WriteFile(filepath.Join(other, "00000000000000000000.ndjson"), changed, 0o600))
		_, err := ledger.Verify(context.Background(), other, ledger.VerifyConfig{})
		if bytes.Equal(changed, whole) {
			require.NoError(t, err)
			return
		}
		var tampered *ledger.TamperError
		require.ErrorAs(t, err, &tampered)
	})
}
