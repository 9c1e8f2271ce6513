package policyfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/governedsql/governed/guard"
)

func init() {
	guard.RegisterLoader(func(path string, base guard.Config) (guard.Source, error) {
		return Watch(context.Background(), path, base, nil)
	})
}

// Config says how a file is watched. The zero value works.
type Config struct {
	// Logger takes one line for each change: that a policy is in force, or why it is not. Nil means slog.Default().
	Logger *slog.Logger
	// Interval is how often the file is looked at. 0 means 2 seconds.
	Interval time.Duration
}

// Watcher gives the policy in a file, and follows the file. A file that cannot be read, has mistakes, or whose own tests
// fail changes nothing: the policy before it stays in force.
type Watcher struct{ *watch }

var _ guard.Source = (*Watcher)(nil)

// watch is what the goroutine that follows the file knows. It does not know the Watcher, so that one that nobody uses any
// more can be collected and the goroutine end.
type watch struct {
	path    string
	base    guard.Config
	logger  *slog.Logger
	current atomic.Pointer[guard.Policy]
	cancel  context.CancelFunc

	mu     sync.Mutex
	seen   []stamp  // of what was read last
	failed [32]byte // digest of the text that was refused last
	err    error
}

// stamp says whether a file changed.
type stamp struct {
	path string
	size int64
	time time.Time
	sum  [sha256.Size]byte
}

const (
	defaultInterval = 2 * time.Second
	// racy is how long after a change of a file another one may bear the same time.
	racy = 3 * time.Second
	// settle is how long a text that is new has to stay the same: it may be half written.
	settle = 100 * time.Millisecond
)

// Watch loads the policy in a file and follows it until the context ends, Close is called, or nobody holds the Watcher any
// more. That the first load fails is an error. See [File.Config] for base.
func Watch(ctx context.Context, path string, base guard.Config, c *Config) (*Watcher, error) {
	if c == nil {
		c = &Config{}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	w := &watch{path: absolute, base: base, logger: c.Logger}
	if w.logger == nil {
		w.logger = slog.Default()
	}
	if err := w.load(); err != nil {
		return nil, err
	}
	ctx, w.cancel = context.WithCancel(ctx)
	interval := c.Interval
	if interval <= 0 {
		interval = defaultInterval
	}
	go w.follow(ctx, interval)
	out := &Watcher{w}
	runtime.AddCleanup(out, func(cancel context.CancelFunc) { cancel() }, w.cancel)
	return out, nil
}

// Current is the policy in force.
func (w *Watcher) Current() *guard.Policy { return w.current.Load() }

// Close stops following the file. The policy stays as it is.
func (w *Watcher) Close() error {
	w.cancel()
	return nil
}

var _ io.Closer = (*Watcher)(nil)

// Err says why the file as it is now is not in force; nil = it is.
func (w *Watcher) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Reload looks at the file now, whatever its time says. Its error is that of [Watcher.Err].
func (w *Watcher) Reload() error {
	w.mu.Lock()
	w.seen = nil
	w.mu.Unlock()
	return w.load()
}

func (w *watch) follow(ctx context.Context, interval time.Duration) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if !w.changed() || !w.settled(ctx) {
			continue
		}
		_ = w.load() // kept for Err, and logged
	}
}

// changed reports whether a file that the policy is made of is another than when it was read.
func (w *watch) changed() bool {
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	if len(seen) == 0 {
		return true
	}
	for _, s := range seen {
		info, err := os.Stat(s.path)
		if err != nil || info.Size() != s.size || !info.ModTime().Equal(s.time) {
			return true
		}
		if time.Since(s.time) < racy {
			if now, _, err := stampOf(s.path); err != nil || now.sum != s.sum {
				return true
			}
		}
	}
	return false
}

// settled reports whether the file stays as it is for a moment.
func (w *watch) settled(ctx context.Context) bool {
	_, before, err := stampOf(w.path)
	if err != nil {
		return true // load says what is wrong
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(settle):
	}
	_, after, err := stampOf(w.path)
	return err != nil || bytes.Equal(before, after)
}

func stampOf(path string) (stamp, []byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{path: path}, nil, err
	}
	src, err := readFile(path, maxAllowList)
	return stamp{path: path, size: info.Size(), time: info.ModTime(), sum: sha256.Sum256(src)}, src, err
}

// load reads, checks and puts in force.
func (w *watch) load() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, src, err := stampOf(w.path)
	seen := []stamp{at}
	var p *guard.Policy
	if err == nil {
		var f *File
		if f, err = Parse(w.path, src); err == nil {
			if list := f.allowListPath(); list != "" {
				beside, _, _ := stampOf(list)
				seen = append(seen, beside)
			}
			p, err = f.Policy(w.base)
		}
	}
	w.seen, w.err = seen, err
	before := w.current.Load()
	switch {
	case err != nil && before == nil:
	case err != nil:
		// Once for each text: a file with a mistake in it is looked at again and again.
		if what := sha256.Sum256([]byte(err.Error())); what != w.failed {
			w.failed = what
			w.logger.Error("governed: the policy file was changed and is not in force; the policy before it is", "file", w.path, "error", err)
		}
	default:
		w.failed = [32]byte{}
		if before == nil || before.Digest() != p.Digest() {
			d := p.Digest()
			w.logger.Info("governed: a policy is in force", "file", w.path, "sha256", hex.EncodeToString(d[:]))
			w.current.Store(p)
		}
	}
	return err
}
