package driver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/report"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
	"github.com/governedsql/governed/mask"
	"github.com/governedsql/governed/otelexport"
)

// Profile says how strictly statements are judged; see the table in the package documentation of governed.
type Profile = guard.Profile

// The profiles.
const (
	Standard  = guard.Standard
	Strict    = guard.Strict
	Migration = guard.Migration
	Observe   = guard.Observe
)

// Masking says whether results are masked.
type Masking uint8

const (
	// MaskDefault masks in every profile but observe.
	MaskDefault Masking = iota
	// MaskOn masks; with observe it is an error, observe changes nothing that the application sees.
	MaskOn
	// MaskOff shows every value as it is stored.
	MaskOff
)

// Recorder is told of every statement and every event of a connection, refusals included. An error from Begin refuses
// the statement. End runs in reverse order for each Begin that succeeded. It is called by many goroutines at once. The
// record is the recorder's to read until End returns, and not to change.
type Recorder interface {
	Begin(ctx context.Context, r *lineage.Record) (context.Context, error)
	End(ctx context.Context, r *lineage.Record)
}

// Config says how a connector governs. The zero value is the standard profile with masks, built-in rules and spans.
type Config struct {
	// Profile is [Standard] unless set.
	Profile Profile
	// Policy gives the policy in force: a *guard.Policy, or what guard/policyfile watches a file with. A policy brings its
	// own profile; Profile must be unset or the same. Nil means the built-in rules for Profile.
	Policy guard.Source
	// Mask is [MaskDefault] unless set.
	Mask Masking
	// ScanOff leaves values alone in which e-mail addresses, card numbers, keys and the like are detected though nothing in
	// the name of their column says so. False: what is detected is masked.
	ScanOff bool
	// SampleOff leaves columns unclassified of which nothing but the server's own sample of their values, pg_stats, says what
	// they hold. False: a relation's sample is asked for when it is first met, and at most every ten minutes after that.
	// Where masks are off, and observe would not have masked either, nothing is asked.
	SampleOff bool
	// MaskKey keys pseudonyms, at least 16 bytes. The same key gives the same pseudonyms in every process. Nil means a
	// random key of this process, or the first of the file that the data source name gives with governed.mask_key.
	MaskKey []byte
	// Clear lists base columns that are read in clear: schema.table.column, table.column by search_path, or
	// schema.table.*, folded and quoted as in SQL. Nil means none.
	Clear []string
	// Environment is where the statements run, recorded and known to policies. "" means production.
	Environment string
	// Recorders are told of every statement, after the span was begun and in this order. Nil means spans alone.
	Recorders []Recorder
	// Ledger writes down every statement before it is sent, last of the recorders; whoever opened it closes it. Nil means none,
	// or the one that the data source name asks for with governed.ledger.
	Ledger *ledger.Ledger
	// Report is a directory into which what the guard makes of every statement is gathered, for the command governed
	// report and for allow-lists; see guard/report. "" means none.
	Report string
	// Approver says whether held statements may run. Nil means that nobody can approve: what would be held is denied or
	// warned of, as the profile says.
	Approver guard.Approver
	// Logger takes the few warnings that the driver has. Nil means slog.Default().
	Logger *slog.Logger
	// MaxStatementBytes limits the length of a text. 0 means 256 KiB, the ceiling is 1 MiB.
	MaxStatementBytes int
	// Claims tells the server whom a statement belongs to, for row-level security, triggers and its log. The zero value
	// tells nothing.
	Claims Claims
	// OnNotice takes the server's notices, rebuilt from their SQLSTATE where they could carry data. Nil means that the
	// handler of the pgx configuration is used, if there is one.
	OnNotice pgconn.NoticeHandler

	ledgerDir  string // of a data source name; "" = none
	policyFile string // that a data source name put into Policy; "" = Policy is the caller's own
}

// governance is a checked Config, shared by the connections of one connector.
type governance struct {
	source    guard.Source
	profile   Profile                      // of every policy that the source gives
	last      atomic.Pointer[guard.Policy] // that the source gave and that may be in force
	astray    sync.Once                    // the source gave another
	hash      atomic.Pointer[policyHash]
	masker    *mask.Masker // nil = masks are off
	witness   *mask.Masker // in observe: says what would have been masked
	scan      bool         // values of unlabelled columns are looked at
	clear     *clearList
	recorders []Recorder
	approver  guard.Approver
	logger    *slog.Logger
	maxBytes  int
	onNotice  pgconn.NoticeHandler
	claims    Claims
	report    *report.Recorder // nil = none
	ledger    *ledger.Ledger   // nil = none
	shared    *sharedLedger    // the same, where a data source name opened it
	catalogs  *catalogs
	sampled   *sampled // nil = nobody asks what values look like
	budgets   *budgets
	costs     *costs
	preset    afterConnect // sets up a connection that was swept
	pooled    bool         // connections are of a pool that others may use
	cascading cascading
	announced announced
	taints    taints
	stats     stats
}

func (g *governance) observing() bool { return g.profile == guard.Observe }

// policy is the one in force. What a source must not give changes nothing: masks, sessions and limits were set up for one
// profile.
func (g *governance) policy() *guard.Policy {
	p, last := g.source.Current(), g.last.Load()
	switch {
	case p == last:
	case p == nil || last != nil && p.Profile() != g.profile:
		g.astray.Do(func() {
			g.logger.Error("governed: Config.Policy gives no policy, or one of another profile; the one before stays in force")
		})
		return last
	default:
		g.last.Store(p)
	}
	return p
}

// policyHash keeps the hex form of a policy's digest, which goes into every record.
type policyHash struct {
	of  *guard.Policy
	hex string
}

func (g *governance) digest(p *guard.Policy) string {
	if p.BuiltIn() {
		return ""
	}
	kept := g.hash.Load()
	if kept == nil || kept.of != p {
		d := p.Digest()
		kept = &policyHash{of: p, hex: hex.EncodeToString(d[:])}
		g.hash.Store(kept)
	}
	return kept.hex
}

func newGovernance(c *Config) (*governance, error) {
	if c == nil {
		c = &Config{}
	}
	if err := c.Claims.check(); err != nil {
		return nil, err
	}
	g := &governance{claims: c.Claims, scan: !c.ScanOff, approver: c.Approver, logger: c.Logger, onNotice: c.OnNotice, maxBytes: c.MaxStatementBytes}
	if g.logger == nil {
		g.logger = slog.Default()
	}
	if c.MaxStatementBytes < 0 || c.MaxStatementBytes > pgparse.CeilingBytes {
		return nil, fmt.Errorf("governed: MaxStatementBytes of %d is not between 0 and %d", c.MaxStatementBytes, pgparse.CeilingBytes)
	}
	var err error
	if g.source, err = sourceOf(c); err != nil {
		return nil, err
	}
	g.profile = g.policy().Profile()
	if g.clear, err = parseClear(c.Clear); err != nil {
		return nil, err
	}
	if g.masker, g.witness, err = maskerOf(c, g.observing()); err != nil {
		return nil, err
	}
	g.recorders = append([]Recorder{otelexport.NewRecorder()}, c.Recorders...)
	if c.Report != "" {
		if g.report, err = report.NewRecorder(c.Report, g.profile.String(), g.logger); err != nil {
			return nil, fmt.Errorf("governed: %w", err)
		}
		g.recorders = append(g.recorders, g.report)
	}
	if c.Ledger != nil && c.ledgerDir != "" {
		return nil, &DSNError{Key: ledgerKey, Reason: "Config.Ledger is set as well; one of the two"}
	}
	if c.Ledger != nil {
		g.record(c.Ledger)
	}
	g.catalogs, g.budgets, g.costs = newCatalogs(), newBudgets(), newCosts()
	if !c.SampleOff && (g.masker != nil || g.witness != nil) {
		g.sampled = newSampled()
	}
	return g, nil
}

// record makes a ledger the last of the recorders.
func (g *governance) record(l *ledger.Ledger) {
	g.ledger, g.recorders = l, append(g.recorders, l)
}

// openLedger opens the ledger of a data source name.
func (g *governance) openLedger(c *Config) error {
	if c == nil || c.ledgerDir == "" {
		return nil
	}
	shared, err := openLedger(c.ledgerDir, c)
	if err != nil {
		return fmt.Errorf("%s: %w", ledgerKey, err)
	}
	g.shared = shared
	g.record(shared.Ledger)
	return nil
}

func sourceOf(c *Config) (guard.Source, error) {
	if c.Policy == nil {
		return guard.NewPolicy(guard.Config{Profile: c.Profile, Approvals: c.Approver != nil, Environment: c.Environment})
	}
	p := c.Policy.Current()
	if p == nil {
		return nil, errors.New("governed: Config.Policy gives no policy")
	}
	if c.Profile != Standard && c.Profile != p.Profile() {
		return nil, fmt.Errorf("governed: Config.Profile is %v and Config.Policy is for %v", c.Profile, p.Profile())
	}
	return c.Policy, nil
}

func maskerOf(c *Config, observing bool) (masker, witness *mask.Masker, err error) {
	off := c.Mask == MaskOff || c.Mask == MaskDefault && observing
	switch {
	case c.Mask == MaskOn && observing:
		return nil, nil, fmt.Errorf("governed: masks cannot be on in the observe profile, which changes nothing that the application sees")
	case c.Mask > MaskOff:
		return nil, nil, fmt.Errorf("governed: unknown Config.Mask %d", c.Mask)
	case off && !observing:
		return nil, nil, nil
	}
	key := c.MaskKey
	if key == nil {
		key = processKey()
	}
	m, err := mask.New(mask.Config{Key: key})
	if observing {
		return nil, m, err
	}
	return m, nil, err
}

// processKey keys the pseudonyms of all connectors that are given no key: what comes from two databases joins.
var processKey = sync.OnceValue(func() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails: it ends the process instead
	return key
})

// openPolicy answers the DSN key governed.policy. The other keys are what the file does not say, so they come first.
func (c *Config) openPolicy(path string) error {
	const key = "governed.policy"
	switch {
	case path == "":
		return &DSNError{Key: key, Reason: "names no file"}
	case c.Policy != nil && c.policyFile == "":
		return &DSNError{Key: key, Reason: "Config.Policy is set as well; one of the two"}
	}
	source, err := guard.Open(path, guard.Config{Profile: c.Profile, Approvals: c.Approver != nil, Environment: c.Environment})
	if err != nil {
		return fmt.Errorf("governed: %s: %w", key, err)
	}
	c.Policy, c.policyFile = source, path
	return nil
}
