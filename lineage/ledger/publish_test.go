package ledger_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage/ledger"
)

// Checkpoints come while records do, and at the end; each is of the log, and the log is held against all of them.
func TestCheckpointsArePublished(t *testing.T) {
	var mu sync.Mutex
	var posted [][]byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if posted = append(posted, b); err != nil || len(posted) == 1 {
			w.WriteHeader(http.StatusTeapot) // an error is logged, and the next one comes
		}
	}))
	defer server.Close()
	dir, file := newDir(t), filepath.Join(t.TempDir(), "elsewhere")
	l := open(t, ledger.Config{Dir: dir, PublishEvery: time.Millisecond, Publish: []ledger.Publisher{
		ledger.PublishHTTP(nil, server.URL), ledger.PublishFile(file),
		func(context.Context, []byte) error { return errors.New("is down") },
	}})
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(posted)
	}
	require.Eventually(t, func() bool {
		run(t, l, statement("select 1"))
		return count() >= 3
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, l.Close())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	published := ledger.SplitCheckpoints(text)
	require.Equal(t, count(), len(published))
	r := verify(t, dir, ledger.VerifyConfig{Checkpoints: append(published, posted...)})
	require.Equal(t, r.Records, r.Proved[len(r.Proved)-1], "the last one covers all")
}

// A publisher that hangs or panics is nobody's but its own.
func TestPublisherThatHangs(t *testing.T) {
	dir := newDir(t)
	hang := make(chan struct{})
	defer close(hang)
	l := open(t, ledger.Config{Dir: dir, CloseTimeout: 50 * time.Millisecond, Publish: []ledger.Publisher{
		func(context.Context, []byte) error { panic("out of luck") },
		func(context.Context, []byte) error { <-hang; return nil },
	}})
	run(t, l, statement("select 1"))
	require.NoError(t, l.Close())
	require.False(t, verify(t, dir, ledger.VerifyConfig{}).Open)
}

// A file that a full disk left with half a checkpoint is read up to it and from behind it.
func TestHalfACheckpoint(t *testing.T) {
	dir, _, checkpoints := filled(t)
	text := append([]byte("half\n1"), '\n', '\n')
	for _, c := range checkpoints {
		text = append(append(text, c...), "\nexample.org/audit\n12\n\n"...)
	}
	require.Equal(t, checkpoints, ledger.SplitCheckpoints(text))
	verify(t, dir, ledger.VerifyConfig{Checkpoints: ledger.SplitCheckpoints(text)})
}
