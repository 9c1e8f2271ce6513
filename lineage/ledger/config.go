package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config says how a log is kept. Only Dir, or Database and KeyFile, have to be set.
type Config struct {
	// Dir is the directory of the log. It is made if it is not there. One process at a time writes it.
	Dir string
	// Database is the address of a PostgreSQL database whose tables hold the log instead: postgres://... Any number of
	// processes write it, all with the same key. The role needs SELECT and INSERT on the tables of the schema
	// governed_ledger, and CREATE once where they are not there. It is best another server than the one whose statements
	// are recorded.
	Database string
	// KeyFile holds the private key, in a file that nobody else can read. "" means Dir with ".key" behind it. It is made for
	// a new log. Beside it, with another ending, lie the keyring of digests and the newest checkpoint.
	KeyFile string
	// Origin names a new log and its key; it may hold no white space and no plus sign. "" means the host's name and the
	// directory's. A log that exists keeps its name.
	Origin string
	// Service names the program in the log. "" means the name of its file.
	Service string
	// Deadline is how long a statement waits for its intent to be durable. 0 means two seconds.
	Deadline time.Duration
	// FailOpen lets statements through that cannot be recorded, and writes down afterwards how many they were. False: they
	// are refused.
	FailOpen bool
	// Seal encrypts callers in the log with keys of the month and of the subject, which lie beside the log and can be
	// destroyed: see [Ledger.Forget]. False: they stand there in clear.
	Seal bool
	// SegmentBytes is how large a file grows before the next one begins. 0 means 64 MiB.
	SegmentBytes int64
	// Publish takes checkpoints out of reach of whoever can write the log; see [PublishFile] and [PublishHTTP]. It runs
	// beside the writer, which does not wait for it. Nil means none but the file Dir with ".checkpoint" behind it.
	Publish []Publisher
	// PublishEvery is how often a checkpoint is published while records come, beside once every thousand records and at
	// the end. 0 means ten seconds.
	PublishEvery time.Duration
	// CloseTimeout is how long Close waits for what is still to be written and published. 0 means ten seconds.
	CloseTimeout time.Duration
	// Logger takes what goes wrong beside the statements. Nil means slog.Default().
	Logger *slog.Logger

	disk disk // zero = the real one
	now  func() time.Time

	written func() // is told of each group; nil = nobody is
}

// Publisher takes a signed checkpoint to where a later one cannot be kept from being compared with it. An error is logged,
// and the next checkpoint comes in its time.
type Publisher func(ctx context.Context, signed []byte) error

const (
	defaultDeadline = 2 * time.Second
	defaultSegment  = 64 << 20
	defaultPublish  = 10 * time.Second
	publishRecords  = 1000
)

// fill completes a configuration.
func (c Config) fill() (*Config, error) {
	if (c.Dir == "") == (c.Database == "") {
		return nil, errors.New("governed: a ledger needs a directory or a database")
	}
	if err := c.places(); err != nil {
		return nil, err
	}
	if c.Origin == "" {
		c.Origin = defaultOrigin(c.base())
	}
	if strings.ContainsAny(c.Origin, " \t\r\n+") {
		return nil, errors.New("governed: the name of a ledger holds no white space and no plus sign")
	}
	if c.Service == "" {
		c.Service = filepath.Base(os.Args[0])
	}
	if c.Deadline < 0 || c.SegmentBytes < 0 || c.PublishEvery < 0 || c.CloseTimeout < 0 {
		return nil, errors.New("governed: a negative figure in the configuration of a ledger")
	}
	c.Deadline = orElse(c.Deadline, defaultDeadline)
	c.SegmentBytes = orElse(c.SegmentBytes, defaultSegment)
	c.CloseTimeout = orElse(c.CloseTimeout, closeTimeout)
	c.PublishEvery = orElse(c.PublishEvery, defaultPublish)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.disk.open == nil {
		c.disk = realDisk
	}
	if c.written == nil {
		c.written = func() {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	return &c, nil
}

// places says where the log and its key are.
func (c *Config) places() error {
	if c.Database != "" {
		if !isDatabase(c.Database) || c.KeyFile == "" {
			return errors.New("governed: a ledger in a database needs its address, postgres://..., and a file for the key")
		}
		return nil
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("governed: the ledger's directory: %w", err)
	}
	dir = realPath(dir)
	c.Dir = dir
	if c.KeyFile == "" {
		c.KeyFile = dir + ".key"
	}
	if inside(dir, c.KeyFile) {
		return errors.New("governed: the private key of a ledger does not belong into its directory")
	}
	return nil
}

// realPath is a directory by its own name: two names of one directory are one log.
func realPath(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	if parent, err := filepath.EvalSymlinks(filepath.Dir(dir)); err == nil { // it is not there yet
		return filepath.Join(parent, filepath.Base(dir))
	}
	return dir
}

// base is the path of what lies beside the log, without its ending.
func (c *Config) base() string {
	if c.Dir != "" {
		return c.Dir
	}
	return strings.TrimSuffix(c.KeyFile, ".key")
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func inside(dir, name string) bool {
	abs, err := filepath.Abs(name)
	if err != nil {
		return true
	}
	rel, err := filepath.Rel(dir, abs)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// defaultOrigin is a name for the log of a directory: a note's key may hold no white space and no plus sign.
func defaultOrigin(dir string) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '+' || r > '~' {
			return '-'
		}
		return r
	}, host+"/"+filepath.Base(dir))
}
