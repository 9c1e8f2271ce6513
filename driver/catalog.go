package driver

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// The bounds of what one scope remembers. Past them it forgets everything and starts again: simpler than to choose, and
// seldom.
const (
	maxAnalyses  = 4096
	maxTextBytes = 16 << 20 // of all texts together; what is kept of a text is a few times its length
	maxRelations = 20000
)

// catalogs holds what the connections of one connector know of the database.
type catalogs struct {
	mu     sync.Mutex
	scopes map[scopeKey]*scope
}

// scopeKey is everything outside the text that decides what a name means.
type scopeKey struct {
	database, role, path string
}

func newCatalogs() *catalogs { return &catalogs{scopes: make(map[scopeKey]*scope)} }

func (c *catalogs) scope(key scopeKey, path []string) *scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.scopes[key]
	if !ok || s.stale.Load() {
		s = newScope(path)
		c.scopes[key] = s
	}
	return s
}

// forget drops all that is known: somebody has changed the schema.
func (c *catalogs) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.scopes {
		s.stale.Store(true)
	}
	clear(c.scopes)
}

// scope is the catalog under one search path, as far as it was loaded, and the analyses made with it. What is loaded is
// added and never changed; a scope that is out of date is replaced.
type scope struct {
	path    []string
	stale   atomic.Bool // to be replaced
	cleared atomic.Bool // the clear list was held against this catalog

	mu        sync.RWMutex
	relations map[lineage.Name]*lineage.Relation // nil = the server has none
	byOID     map[uint32]*lineage.Relation
	functions map[lineage.Name][]*lineage.Function
	operators map[string][]*lineage.Operator
	types     map[lineage.Name]*lineage.Type
	seen      map[lineage.Need]int64 // when what is loaded was last what the server has, in Unix nanoseconds
	analyses  map[string]*analysis
	textBytes int
}

func newScope(path []string) *scope {
	return &scope{
		path: path, relations: map[lineage.Name]*lineage.Relation{}, byOID: map[uint32]*lineage.Relation{},
		functions: map[lineage.Name][]*lineage.Function{}, operators: map[string][]*lineage.Operator{},
		types: map[lineage.Name]*lineage.Type{}, seen: map[lineage.Need]int64{}, analyses: map[string]*analysis{},
	}
}

func (s *scope) analysis(text string) *analysis {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.analyses[text]
}

func (s *scope) keep(a *analysis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.analyses) >= maxAnalyses || s.textBytes+len(a.text) > maxTextBytes {
		clear(s.analyses)
		s.textBytes = 0
	}
	if _, known := s.analyses[a.text]; !known {
		s.textBytes += len(a.text)
	}
	s.analyses[a.text] = a
}

// SearchPath, Relation, Functions, Operators and Type make a scope a [lineage.Catalog].
func (s *scope) SearchPath() []string { return s.path }

// Relation looks up a relation.
func (s *scope) Relation(schema, name string) (*lineage.Relation, lineage.Found) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.relations[lineage.Name{Schema: schema, Name: name}]
	return r, found(ok, r != nil)
}

// Functions looks up functions.
func (s *scope) Functions(schema, name string) ([]*lineage.Function, lineage.Found) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.functions[lineage.Name{Schema: schema, Name: name}]
	return f, found(ok, len(f) > 0)
}

// Operators looks up operators outside pg_catalog.
func (s *scope) Operators(name string) ([]*lineage.Operator, lineage.Found) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.operators[name]
	return o, found(ok, len(o) > 0)
}

// Type looks up a type.
func (s *scope) Type(schema, name string) (*lineage.Type, lineage.Found) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.types[lineage.Name{Schema: schema, Name: name}]
	return t, found(ok, t != nil)
}

func (s *scope) oid(oid uint32) *lineage.Relation {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byOID[oid]
}

func found(asked, has bool) lineage.Found {
	switch {
	case !asked:
		return lineage.NotLoaded
	case has:
		return lineage.Present
	}
	return lineage.Absent
}

// loaded is what one reading of the server's catalog brought.
type loaded struct {
	relations []*lineage.Relation
	functions []*lineage.Function
	operators []*lineage.Operator
	types     []*lineage.Type
}

// add keeps what was loaded for a list of needs; what the server did not return is absent.
func (s *scope) add(needs []lineage.Need, l *loaded, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range needs {
		s.mark(n)
		s.seen[n] = now.UnixNano()
	}
	for _, r := range l.relations {
		s.relations[r.Name], s.byOID[r.OID] = r, r
	}
	for _, f := range l.functions {
		s.functions[f.Name] = append(s.functions[f.Name], f)
	}
	for _, o := range l.operators {
		s.operators[o.Name.Name] = append(s.operators[o.Name.Name], o)
	}
	for _, t := range l.types {
		s.types[t.Name] = t
	}
	if len(s.relations) > maxRelations {
		s.stale.Store(true)
	}
}

// verified notes that names still mean what they did.
func (s *scope) verified(names []lineage.Need, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range names {
		s.seen[n] = max(s.seen[n], now.UnixNano())
	}
}

// oldest is when the names were last all known to be true.
func (s *scope) oldest(names []lineage.Need, now time.Time) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := now.UnixNano()
	for _, n := range names {
		out = min(out, s.seen[n])
	}
	return out
}

// mark notes that the server was asked. Lists begin empty again: two connections may load the same name.
func (s *scope) mark(n lineage.Need) {
	switch n.Kind {
	case lineage.NeedRelation:
		s.relations[n.Name] = nil
	case lineage.NeedFunction:
		s.functions[n.Name] = nil
	case lineage.NeedOperator:
		s.operators[n.Name.Name] = nil
	case lineage.NeedType:
		s.types[n.Name] = nil
	}
}

// spread asks for a name in every schema of the path at once: the analyser would ask for them one after the other.
func (s *scope) spread(needs []lineage.Need) []lineage.Need {
	var out []lineage.Need
	seen := map[lineage.Need]bool{}
	add := func(n lineage.Need) {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	for _, n := range needs {
		add(n)
		if n.Kind == lineage.NeedOperator || !slices.Contains(s.path, n.Name.Schema) {
			continue
		}
		for _, schema := range s.path {
			add(lineage.Need{Kind: n.Kind, Name: lineage.Name{Schema: schema, Name: n.Name.Name}})
		}
	}
	return out
}

// asking is a catalog that remembers what it was asked: the names that an analysis depends on, absent ones included,
// since an object made later under one of them changes what the text means.
type asking struct {
	*scope
	asked map[lineage.Need]bool
}

func (a *asking) note(kind lineage.NeedKind, schema, name string) {
	a.asked[lineage.Need{Kind: kind, Name: lineage.Name{Schema: schema, Name: name}}] = true
}

func (a *asking) Relation(schema, name string) (*lineage.Relation, lineage.Found) {
	a.note(lineage.NeedRelation, schema, name)
	return a.scope.Relation(schema, name)
}

func (a *asking) Functions(schema, name string) ([]*lineage.Function, lineage.Found) {
	a.note(lineage.NeedFunction, schema, name)
	return a.scope.Functions(schema, name)
}

func (a *asking) Operators(name string) ([]*lineage.Operator, lineage.Found) {
	a.note(lineage.NeedOperator, "", name)
	return a.scope.Operators(name)
}

func (a *asking) Type(schema, name string) (*lineage.Type, lineage.Found) {
	a.note(lineage.NeedType, schema, name)
	return a.scope.Type(schema, name)
}

// analysis is what is known of one text under one scope. It is shared by connections and not changed, but for what is
// computed from it on the way.
type analysis struct {
	text       string
	scope      *scope
	statements []*lineage.Statement
	err        error // of the parser
	names      []lineage.Need
	version    string       // digest of what the names resolved to
	checked    atomic.Int64 // when that was last held against the server, in Unix nanoseconds
	maskings   atomic.Pointer[[]*masking]
	effects    aftermath
	static     [3]atomic.Pointer[guard.Static] // by class of caller, of a single statement
	teller     *teller                         // of what is written down; nil = all of it
	written    *lineage.Statement              // the one statement as it is written down; nil where there are none or several
}

// statement is the one statement of the text; nil where there are none or several.
func (a *analysis) statement() *lineage.Statement {
	if len(a.statements) == 1 {
		return a.statements[0]
	}
	return nil
}

// aftermath is what a text may change beyond rows, and what the driver therefore has to look at afterwards.
type aftermath struct {
	schema  bool // objects are created, changed or dropped
	path    bool // names may resolve differently: search_path, role, schemas
	session bool // something stays behind on the connection: settings, temporary tables, locks, cursors
	temp    bool // a temporary object is created
	opaque  bool // code runs that was not seen
	writes  bool // rows of tables are written
	unseen  bool // code of tables runs that is not opened: triggers, rules, and what defaults and policies call
	defines bool // what is known of columns now is written down for good: a copy, a label
	samples bool // the server's samples of values may be others
}

func aftermathOf(list []*lineage.Statement) aftermath {
	var out aftermath
	for _, st := range list {
		if len(st.Unresolved) > 0 {
			out.opaque = true
		}
		for i := range st.Relations {
			out.writes = out.writes || st.Relations[i].Access&lineage.Writes != 0
			out.unseen = out.unseen || unseen(&st.Relations[i])
		}
		for i := range st.Effects {
			out.effect(&st.Effects[i])
		}
		for i := range st.Settings {
			out.setting(&st.Settings[i])
		}
		for i := range st.Functions {
			out.function(&st.Functions[i])
		}
	}
	if out.opaque {
		out.schema, out.path, out.session = true, true, true
	}
	return out
}

func (a *aftermath) effect(e *lineage.Effect) {
	verb, _, _ := strings.Cut(e.Command, " ")
	a.unseen = a.unseen || e.Relation != nil && (e.Relation.Calls || e.Relation.PolicyCalls) // rows may be written anew, or checked
	a.defines = a.defines || verb == "CREATE" || verb == "ALTER" || verb == "COMMENT" || e.Command == "SELECT INTO"
	switch verb {
	case "CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "SECURITY", "REASSIGN", "IMPORT", "REINDEX", "REFRESH", "SELECT INTO":
		a.schema = true
		a.path = a.path || strings.HasSuffix(e.Command, "SCHEMA") || strings.HasSuffix(e.Command, "ROLE")
	case "ROLLBACK":
		// To a savepoint: settings, temporary tables and definitions may be what they were before.
		a.schema, a.path = true, true
	case "ANALYZE", "VACUUM":
		a.samples = true
	case "DO", "CALL":
		a.opaque = true
	case "LISTEN", "UNLISTEN", "PREPARE", "DECLARE", "DISCARD", "LOAD":
		a.session = true
		a.path = a.path || verb == "DISCARD"
	}
	if e.Command == "SELECT INTO" {
		a.schema = true
	}
	if e.Has("TEMPORARY") {
		a.temp, a.session, a.path, a.schema = true, true, true, true
	}
}

func (a *aftermath) setting(s *lineage.SettingUse) {
	if strings.HasPrefix(s.Action, "SHOW") {
		return
	}
	a.session = a.session || !s.Local
	switch s.Name {
	case "", "search_path", "role", "session_authorization":
		a.path = true
	}
}

// function notes functions that leave something on the connection, and those whose code was not seen.
func (a *aftermath) function(f *lineage.FunctionUse) {
	if strings.HasPrefix(f.Name.Name, "pg_advisory_lock") || strings.HasPrefix(f.Name.Name, "pg_try_advisory_lock") {
		a.session = true
	}
	if f.Opened {
		return // what its body does is among the facts
	}
	for _, c := range f.Candidates {
		if c.Schema == "pg_catalog" || c.Extension != "" {
			continue
		}
		a.opaque = a.opaque || c.Volatility == 'v' && c.Language != "sql"
		a.unseen = true // what is called STABLE may set a setting
	}
}
