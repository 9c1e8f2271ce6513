package report

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/governedsql/governed/lineage"
)

// suffix ends the names of the files.
const suffix = ".report.json"

const (
	// interval is how long counts wait to be written.
	interval = 2 * time.Second
	// pause is how long what is new waits, where as much as small is known already: each time all of it is written.
	pause = 200 * time.Millisecond
	small = 100
)

// Recorder writes the report of this process. It never refuses a statement: it is for adoption and not for audit. A file
// that cannot be written is warned of once.
type Recorder struct {
	path    string
	profile string
	logger  *slog.Logger

	mu     sync.Mutex
	tally  *tally
	timer  *time.Timer // running while there is something to write
	soon   bool        // it was started for something new
	warned bool
}

// recorders are those of this process by directory: several connectors write one file.
var recorders sync.Map

// NewRecorder makes the recorder for a directory, which it creates. The profile is what the report says that the
// statements ran under; a nil logger is slog.Default(). In one process there is one recorder for a directory and profile.
func NewRecorder(dir, profile string, logger *slog.Logger) (*Recorder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	key := dir + "\x00" + profile
	if r, ok := recorders.Load(key); ok {
		return r.(*Recorder), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if logger == nil {
		logger = slog.Default()
	}
	host, _ := os.Hostname()
	host = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '_'
		}
		return r
	}, host)
	name := fmt.Sprintf("%s-%d-%s-%s%s", host, os.Getpid(), time.Now().UTC().Format("20060102T150405.000000"), profile, suffix)
	made := &Recorder{path: filepath.Join(dir, name), profile: profile, logger: logger, tally: newTally()}
	r, _ := recorders.LoadOrStore(key, made)
	return r.(*Recorder), nil
}

// Begin does nothing.
func (r *Recorder) Begin(ctx context.Context, _ *lineage.Record) (context.Context, error) {
	return ctx, nil
}

// End counts a statement.
func (r *Recorder) End(_ context.Context, rec *lineage.Record) {
	if rec.Event != lineage.StatementEvent {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.tally.add(rec)
	switch {
	case fresh && len(r.tally.statements) < small:
		r.write()
	case fresh && !r.soon:
		r.schedule(pause)
	case r.timer == nil:
		r.schedule(interval)
	}
	r.soon = r.soon || fresh && r.timer != nil
}

func (r *Recorder) schedule(wait time.Duration) {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timer = time.AfterFunc(wait, r.Flush)
}

// Flush writes what is not written yet. The driver calls it when a sql.DB is closed.
func (r *Recorder) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.write()
	}
}

// write replaces the file. The lock is held.
func (r *Recorder) write() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.soon = false
	if err := r.replace(); err != nil && !r.warned {
		r.warned = true
		r.logger.Warn("governed: the report cannot be written", "error", err)
	}
}

func (r *Recorder) replace() error {
	src, err := json.MarshalIndent(r.tally.report(r.profile), "", "\t")
	if err != nil {
		return err
	}
	part := r.path + ".part"
	if err := os.WriteFile(part, src, 0o600); err != nil {
		return err
	}
	return os.Rename(part, r.path)
}
