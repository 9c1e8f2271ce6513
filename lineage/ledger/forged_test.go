package ledger

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func closedLog(t *testing.T) (dir, segment string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir, Origin: "example.org/forged"})
	require.NoError(t, err)
	_, err = l.Begin(context.Background(), record("lost"))
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return dir, filepath.Join(dir, segmentName(0))
}

func tampered(t *testing.T, dir string, what string) {
	t.Helper()
	_, err := Verify(context.Background(), dir, VerifyConfig{})
	var e *TamperError
	require.ErrorAs(t, err, &e, what)
}

// Who can write the directory and has no key adds nothing: records without a checkpoint count for nothing.
func TestRecordsWithoutCheckpoint(t *testing.T) {
	dir, segment := closedLog(t)
	before, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.Len(t, before.Unknown, 1)
	log, err := os.ReadFile(segment)
	require.NoError(t, err)
	n, lost := before.Records, before.Unknown[0]
	for i, b := range []*body{{Event: Outcome, Intent: &lost, Status: NotSent}, {Event: Intent, Text: "forged"}, {Event: Gap}} {
		log = append(append(log, recordLine(n+int64(i), n, time.Now(), marshal(b))...), '\n')
	}
	require.NoError(t, os.WriteFile(segment, log, 0o600))
	require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
	after, err := Verify(context.Background(), dir, VerifyConfig{})
	require.NoError(t, err)
	require.Positive(t, after.Unfinished)
	after.Open, after.Unfinished = false, 0
	require.Equal(t, before, after)
	require.NoError(t, Query(context.Background(), dir, Filter{}, func(s *Story) error {
		require.NotEqual(t, "forged", s.Text)
		require.Equal(t, "unknown", s.Status())
		return nil
	}))
}

// A log has one key and the files that it wrote, and nothing else.
func TestAddedFilesAndKeys(t *testing.T) {
	dir, _ := closedLog(t)
	empty := filepath.Join(dir, segmentName(99999999))
	for _, text := range []string{"", `{"segment":`} {
		require.NoError(t, put(empty, text, 0o600))
		tampered(t, dir, "an empty segment")
		require.NoError(t, put(filepath.Join(dir, openName), "", 0o600))
		tampered(t, dir, "an empty segment with another number")
		require.NoError(t, os.Remove(filepath.Join(dir, openName)))
	}
	require.NoError(t, os.Remove(empty))

	public := filepath.Join(dir, publicName)
	own, err := os.ReadFile(public)
	require.NoError(t, err)
	_, other, err := newKey("example.org/forged")
	require.NoError(t, err)
	require.NoError(t, put(public, string(own)+other+"\n", 0o644))
	tampered(t, dir, "a second key")
	require.NoError(t, put(public, other+"\n", 0o644))
	tampered(t, dir, "another key of the same name")
	signed, err := os.ReadFile(dir + ".checkpoint")
	require.NoError(t, err)
	_, err = Verify(context.Background(), dir, VerifyConfig{Checkpoints: [][]byte{signed}})
	var e *TamperError
	require.ErrorAs(t, err, &e, "and a checkpoint of the true one")
}

// Of several keys that are trusted none speaks for the log of another.
func TestKeySpeaksForItsLog(t *testing.T) {
	private, a, err := newKey("a.example")
	require.NoError(t, err)
	_, b, err := newKey("b.example")
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "a.key")
	require.NoError(t, put(name, private, 0o600))
	signer, err := readPrivate(name)
	require.NoError(t, err)
	signed, err := Checkpoint{Origin: "b.example", Size: 3}.sign(signer)
	require.NoError(t, err)
	keys, err := ParseKeys(a + "\n" + b)
	require.NoError(t, err)
	_, err = OpenCheckpoint(signed, keys)
	require.Error(t, err)
}

// Neither a key that was put in its place again, nor a copy of it, nor another name of the directory makes a second writer.
func TestOneWriterWhateverTheKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir})
	require.NoError(t, err)
	defer l.Close()
	key, err := os.ReadFile(dir + ".key")
	require.NoError(t, err)
	require.NoError(t, writeDurably(dir+".key", key, 0o600))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	for _, c := range []Config{{Dir: dir}, {Dir: dir, KeyFile: dir + ".key"}, {Dir: link}} {
		_, err = Open(c)
		require.ErrorIs(t, err, ErrLocked)
	}
	_, err = Open(Config{Dir: filepath.Join(dir, "inner")})
	require.ErrorContains(t, err, "lies in the ledger")
	require.NoDirExists(t, filepath.Join(dir, "inner"))
}

// A directory that is not empty stays as it is.
func TestForeignDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "letter"), nil, 0o600))
	_, err := Open(Config{Dir: dir})
	require.ErrorContains(t, err, "letter")
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoFileExists(t, dir+".key")
}

// A directory that is taken away while it is written: nothing is acknowledged that nobody will find.
func TestDirectoryTakenAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, attempt(l, "before"))
	require.NoError(t, os.Rename(dir, dir+"2"))
	require.Error(t, attempt(l, "during"))
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.Error(t, attempt(l, "during"))
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.Rename(dir+"2", dir))
	recovered(t, l)
	require.NoError(t, l.Close())
	checkNotSent(t, dir)
}

// Several processes that begin one log at once: one of them writes it, the others are told.
func TestFirstStartOfMany(t *testing.T) {
	for range 10 {
		dir := filepath.Join(t.TempDir(), "log")
		type opened struct {
			l   *Ledger
			err error
		}
		out := make(chan opened)
		for range 6 {
			go func() {
				l, err := Open(Config{Dir: dir})
				out <- opened{l, err}
			}()
		}
		writers := 0
		for range 6 {
			switch o := <-out; {
			case o.err == nil:
				writers++
				defer o.l.Close()
			default:
				require.ErrorIs(t, o.err, ErrLocked)
			}
		}
		require.Equal(t, 1, writers)
	}
}
