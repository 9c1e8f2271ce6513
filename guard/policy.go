package guard

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/governedsql/governed/lineage"
)

// Config is what a policy is made of. The zero value is the standard profile without approvals.
type Config struct {
	Profile Profile
	// Approvals says that someone can approve: severity A is then held instead of denied.
	Approvals bool
	// Environment is where the statements run; "" means production. Conditions of rules may ask for it.
	Environment string
	// Shadow are ids of built-in rules that are evaluated and recorded but not applied; those that every profile applies
	// cannot be among them. Nil means none.
	Shadow []string
	// DefaultDeny denies every part of a statement that no rule allows. False: what no rule forbids is as the profile says.
	DefaultDeny bool
	// Datasets tag relations and columns. Nil means none.
	Datasets []Dataset
	// Rules are the policy's own. They join the built-in ones. Nil means none.
	Rules []PolicyRule
	// Overrides change built-in rules. Nil means none.
	Overrides []Override
	// Limits hold for every statement. Nil means those of the profile: none, but in strict [StrictLimits].
	Limits *Limits
	// Tenants names the tenant column of relations: a write to one of them has to compare it. Nil means none.
	Tenants map[lineage.Name]string
	// AllowList, where it is set, denies every statement that is not on it.
	AllowList *AllowList
	// Evaluators are asked too; the strongest decision counts. Nil means none.
	Evaluators []Evaluator
	// Source is the text that the policy was read from, for its digest. Nil means that the digest is of the configuration.
	Source []byte
}

// StrictLimits are the limits of strict: what an agent needs for its work, and little enough to bound what a mistake or
// an attack costs. The figures are those that gateways in this field use, rounded.
func StrictLimits() Limits {
	return Limits{
		AffectedRows: 100, Rows: 5000, Bytes: 50 << 20, StatementTimeout: 30 * time.Second, LockTimeout: 2 * time.Second,
		IdleTimeout: time.Minute, Cost: 10_000_000, Budget: Budget{Rows: 50_000, Bytes: 500 << 20, Per: time.Hour},
	}
}

// Policy decides. It is immutable and safe for concurrent use.
type Policy struct {
	profile     Profile
	approvals   bool
	environment string
	shadow      map[string]bool
	denies      bool
	datasets    []dataset
	rules       []*ruleEntry
	overrides   []overrideEntry
	limits      Limits
	tenants     map[lineage.Name]string
	allowed     *AllowList
	evaluators  []Evaluator
	digest      [sha256.Size]byte
	builtIn     bool
	mistrusts   bool // a dataset is called untrusted
}

// NewPolicy checks a configuration and makes the policy of it.
func NewPolicy(c Config) (*Policy, error) {
	if c.Profile > Observe {
		return nil, fmt.Errorf("guard: unknown profile %v", c.Profile)
	}
	p := &Policy{
		profile: c.Profile, approvals: c.Approvals, environment: c.Environment, shadow: map[string]bool{}, denies: c.DefaultDeny,
		tenants: maps.Clone(c.Tenants), allowed: c.AllowList, evaluators: slices.Clone(c.Evaluators),
	}
	if p.environment == "" {
		p.environment = "production"
	}
	for _, id := range c.Shadow {
		if !slices.ContainsFunc(catalogue, func(r Rule) bool { return r.ID == id && !r.always }) {
			return nil, fmt.Errorf("guard: shadow names no rule that can be put there: %q", id)
		}
		p.shadow[id] = true
	}
	for i := range c.Datasets {
		d, err := compileDataset(&c.Datasets[i])
		if err != nil {
			return nil, fmt.Errorf("guard: dataset %d: %w", i+1, err)
		}
		p.datasets = append(p.datasets, d)
		p.mistrusts = p.mistrusts || d.mistrusts()
	}
	switch {
	case c.Limits != nil:
		p.limits = *c.Limits
	case c.Profile == Strict:
		p.limits = StrictLimits()
	}
	if err := p.addRules(&c); err != nil {
		return nil, err
	}
	return p, p.sign(&c)
}

// sign computes the digest.
func (p *Policy) sign(c *Config) error {
	p.builtIn = c.Source == nil && !c.DefaultDeny && len(c.Datasets)+len(c.Rules)+len(c.Overrides)+len(c.Shadow)+len(c.Tenants)+len(c.Evaluators) == 0 &&
		c.Limits == nil && c.AllowList == nil
	h := sha256.New()
	if c.Source != nil && len(c.Evaluators) == 0 && c.AllowList == nil {
		p.digest = sha256.Sum256(c.Source)
		return nil
	}
	type plain struct {
		Source      []byte
		Shadow      []string
		DefaultDeny bool
		Datasets    []Dataset
		Rules       []PolicyRule
		Overrides   []Override
		Limits      *Limits
		Tenants     []string
	}
	var tenants []string
	for n, column := range c.Tenants {
		tenants = append(tenants, n.String()+"."+column)
	}
	slices.Sort(tenants)
	if err := json.NewEncoder(h).Encode(plain{c.Source, c.Shadow, c.DefaultDeny, c.Datasets, c.Rules, c.Overrides, c.Limits, tenants}); err != nil {
		return fmt.Errorf("guard: digest of the policy: %w", err)
	}
	if c.AllowList != nil {
		d := c.AllowList.Digest()
		h.Write(d[:])
	}
	for _, e := range c.Evaluators {
		d := e.Digest()
		h.Write(d[:])
	}
	h.Sum(p.digest[:0])
	return nil
}

// Digest is the SHA-256 that records carry: of the text that the policy was read from (sha256sum prints the same), or of
// the configuration where there is none; with an allow-list or evaluators, of that and their digests.
func (p *Policy) Digest() [sha256.Size]byte { return p.digest }

// BuiltIn reports whether the policy adds nothing to the built-in rules.
func (p *Policy) BuiltIn() bool { return p.builtIn }

// Current is the policy itself: a policy is a [Source] that never changes.
func (p *Policy) Current() *Policy { return p }

// Source gives the policy in force. It is asked for each statement and has to be quick. All policies that it gives have one
// profile. Where it gives none, or one of another profile, the one before stays in force.
type Source interface{ Current() *Policy }

// Profile is the policy's profile.
func (p *Policy) Profile() Profile { return p.profile }

// Environment is where the statements run.
func (p *Policy) Environment() string { return p.environment }

// Decide says what the policy makes of a statement. Who decides the same statement often keeps [Policy.Static] and asks
// that.
func (p *Policy) Decide(st *lineage.Statement, in Input) Verdict {
	return p.Static(st, in.Caller).Decide(&in)
}

// Static evaluates the rules over the facts of a statement for a class of callers.
func (p *Policy) Static(st *lineage.Statement, caller CallerClass) *Static {
	return p.static(st, caller, false)
}

func (p *Policy) static(st *lineage.Statement, caller CallerClass, several bool) *Static {
	s := &Static{policy: p}
	if len(p.rules) > 0 || p.denies || len(p.overrides) > 0 {
		s.parts = partsOf(st)
	}
	hits := match(st, p, caller)
	if several && p.profile != Migration {
		hits = append(hits, hit{rule: &catalogue[0], position: -1, message: catalogue[0].Title})
	}
	for i := range hits {
		o, counts := p.outcome(&hits[i])
		if !counts {
			continue
		}
		o.overrides = s.overridden(st, &hits[i])
		if o.when == nil {
			s.settled = append(s.settled, o)
		} else {
			s.conditional = append(s.conditional, o)
		}
	}
	if p.allowed != nil && !p.allowed.Has(st.Fingerprint) {
		s.settled = append(s.settled, outcome{decision: lineage.Deny, reason: lineage.Reason{
			Rule: ruleAllowList, Severity: "P", Object: st.Command, Position: -1,
			Message: "the statement is not on the list of those that the application is known to send",
			Safe:    "record the application's tests again and commit the list",
		}})
	}
	for _, r := range p.rules {
		s.bind(st, r)
	}
	if !s.Dynamic() {
		s.fixed = s.conclude(nil, func(int) (bool, bool) { return true, true })
	}
	return s
}

// bind keeps a rule of the policy whose condition on the statement holds.
func (s *Static) bind(st *lineage.Statement, r *ruleEntry) {
	if !r.when.about(s.policy, st) {
		return
	}
	b := boundRule{ruleEntry: r, moment: r.when.asksMoment, clearing: clearing{ruleEntry: r, all: !r.when.asksWords()}}
	columns := len(r.masks) > 0 || len(r.clears) > 0
	b.covered = make([]bool, len(s.parts))
	some := !r.when.asksPart
	for i := range s.parts {
		if r.when.part(s.policy, &s.parts[i], r.Then.Decision == lineage.Allow) {
			b.covered[i], some = true, true
			if b.first == nil {
				b.first = &s.parts[i]
			}
		}
	}
	if len(r.clears) > 0 && !b.all {
		b.clearing.relations = s.spoken(r.when)
	}
	if !some && (!columns || !s.reads(r.when)) {
		return
	}
	b.columnsOnly = !some
	s.rules = append(s.rules, b)
}

// reads reports whether a rule about columns may mean one that the statement reads. Its words on statements and effects
// have to hold somewhere; which columns it means is asked for each column by itself.
func (s *Static) reads(c *condition) bool {
	loose := *c
	loose.relations, loose.columns, loose.tagsAny, loose.tagsAll, loose.asksTheDB = nil, nil, nil, nil, false
	for i := range s.parts {
		if loose.part(s.policy, &s.parts[i], false) {
			return true
		}
	}
	return false
}

// spoken are the relations of the parts that the words of a condition on statements and effects mean.
func (s *Static) spoken(c *condition) []lineage.Name {
	words := *c
	words.relations, words.columns, words.tagsAny, words.tagsAll, words.asksTheDB = nil, nil, nil, nil, false
	var out []lineage.Name
	for i := range s.parts {
		if x := &s.parts[i]; words.part(s.policy, x, true) {
			out = append(out, x.object)
		}
	}
	return out
}

// overridden binds the overrides of a hit whose condition on the statement holds, and gives their places.
func (s *Static) overridden(st *lineage.Statement, h *hit) []int {
	var out []int
	for i := range s.policy.overrides {
		o := &s.policy.overrides[i]
		if o.Rule != h.rule.ID || !o.when.about(s.policy, st) || o.when.asksPart && !s.meant(o, h) {
			continue
		}
		out = append(out, len(s.rules))
		s.rules = append(s.rules, boundRule{override: o, moment: o.when.asksMoment})
	}
	return out
}

// meant reports whether the part that a hit is about is one that an override means. A hit that names no object is meant
// where every part is.
func (s *Static) meant(o *overrideEntry, h *hit) bool {
	about := false
	for i := range s.parts {
		x := &s.parts[i]
		if h.object != "" && x.object.String() != h.object {
			continue
		}
		about = true
		if !o.when.part(s.policy, x, o.grants) {
			return false
		}
	}
	return about
}

// outcome turns a hit into a decision; false where it does not count under the profile.
func (p *Policy) outcome(h *hit) (outcome, bool) {
	profile, approvals := p.profile, p.approvals
	if profile == Observe {
		// Observe says what standard would have said.
		profile = Standard
	}
	if h.only != 0 && !h.only.has(profile) {
		return outcome{}, false
	}
	d := decision(h, profile, approvals)
	if p.shadow[h.rule.ID] && strength(d) > strength(lineage.Warn) {
		d = lineage.Warn
	}
	return outcome{decision: d, when: h.when, reason: lineage.Reason{
		Rule: h.rule.ID, Severity: h.rule.Severity.String(), Object: h.object, Position: h.position,
		Message: h.message, Safe: cmp.Or(h.safe, h.rule.Safe),
	}}, true
}

// decision is the table of profiles.
func decision(h *hit, p Profile, approvals bool) lineage.Decision {
	r := h.rule
	switch {
	case r.always:
		return lineage.Deny
	case r.Severity == Warn:
		return lineage.Warn
	case p != Strict && h.standard != "":
		return h.standard
	case p == Migration && r.ddl && !h.firm:
		return lineage.Warn
	case r.Severity == Block:
		return lineage.Deny
	case approvals:
		return lineage.Hold
	case p != Strict && r.lenient:
		return lineage.Warn
	}
	return lineage.Deny
}

// DecideAll decides the statements of one text, in order, one verdict for each. Several statements in one text are
// themselves a reason against each of them where the profile does not take texts apart.
func (p *Policy) DecideAll(list []*lineage.Statement, in Input) []Verdict {
	out := make([]Verdict, len(list))
	for i, st := range list {
		out[i] = p.static(st, in.Caller, len(list) > 1).Decide(&in)
		in.follow(st)
	}
	return out
}
