package main

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	governed "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/policyfile"
	"github.com/governedsql/governed/internal/assume"
	"github.com/governedsql/governed/internal/dryrun"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

var explainCommand = &command{
	name: "explain", line: "what a statement touches, and what becomes of it",
	help: `
  governed explain 'DELETE FROM orders'
  governed explain -profile strict -as 'agent bot for human ada' 'SELECT email FROM customers WHERE id = $1' 17
  governed explain -policy policy.yaml -env production -roles support -purpose support 'SELECT * FROM customers'
  governed explain -dsn postgres://app@db/shop 'SELECT * FROM mailing'
  echo 'SELECT 1' | governed explain -

Nothing is run. With -dsn the catalog of that database is read, as the driver does it. Without it relations are assumed to be
plain tables with the columns that the statement and the policy name, and functions that PostgreSQL does not bring are not
known.

  -policy FILE     a policy file
  -profile NAME    standard (default), strict, migration or observe
  -env NAME        where it would run; production unless set
  -approvals       someone can approve
  -dsn DSN         read this database's catalog
  -as CALLER       'human ada', 'service billing', 'agent bot for human ada'
  -caller NAME, -kind KIND, -issuer URL, -roles LIST    the same in parts; roles and issuer make it a verified caller
  -verified        a verifier vouches for the caller
  -purpose TEXT, -job NAMESPACE/NAME, -model NAME
  -time TIME       2026-07-01T23:30:00+02:00; now unless set
  -json            for machines

Exit code 1: it would be denied, or held for an approval.`,
}

func init() { explainCommand.run = runExplain }

// asked is the command line of explain.
type asked struct {
	policy, profile, env, dsn       string
	as, caller, kind, issuer, roles string
	purpose, job, model, at         string
	approvals, verified, json       bool
	sql                             string
	args                            []any
	base                            guard.Config
	identity                        dryrun.Identity
	now                             time.Time
	of                              *guard.Policy
	file                            *policyfile.File
	database                        string // where the catalog comes from, for people
	statements                      []*lineage.Statement
	verdict                         guard.Verdict
	outputs                         []dryrun.Output
	labels                          []mask.Label
	assumed                         []*lineage.Relation
	server                          error // what the server says of the text
}

func runExplain(t *terminal, args []string) int {
	a := &asked{}
	f := t.flags(explainCommand)
	for name, at := range map[string]*string{
		"policy": &a.policy, "profile": &a.profile, "env": &a.env, "dsn": &a.dsn, "as": &a.as, "caller": &a.caller, "kind": &a.kind,
		"issuer": &a.issuer, "roles": &a.roles, "purpose": &a.purpose, "job": &a.job, "model": &a.model, "time": &a.at,
	} {
		f.StringVar(at, name, "", "")
	}
	f.BoolVar(&a.approvals, "approvals", false, "")
	f.BoolVar(&a.verified, "verified", false, "")
	f.BoolVar(&a.json, "json", false, "")
	if code, done := t.parse(explainCommand, f, args); done {
		return code
	}
	if f.NArg() == 0 {
		return t.fail("want a statement; %s help says more", t.path)
	}
	a.sql = f.Arg(0)
	for _, v := range f.Args()[1:] {
		a.args = append(a.args, v)
	}
	if err := a.prepare(); err != nil {
		return t.fail("%v", err)
	}
	ask := a.assume
	if a.dsn != "" {
		ask = a.read
	}
	if err := ask(); err != nil {
		return t.fail("%v", err)
	}
	if a.json {
		if code := t.json(a.report()); code != ok {
			return code
		}
	} else {
		t.explain(a)
	}
	if !a.verdict.Allowed() || a.server != nil {
		return no
	}
	return ok
}

// prepare reads the words of the command line.
func (a *asked) prepare() error {
	if a.sql == "-" {
		const most = 1 << 20
		text, err := io.ReadAll(io.LimitReader(os.Stdin, most))
		if err != nil {
			return err
		}
		a.sql = string(text)
	}
	profile, err := guard.ParseProfile(a.profile)
	if err != nil {
		return err
	}
	a.base = guard.Config{Profile: profile, Environment: a.env, Approvals: a.approvals}
	if a.as != "" {
		if a.identity, err = dryrun.ParseIdentity(a.as); err != nil {
			return err
		}
	}
	a.identity.Subject, a.identity.Kind = cmp.Or(a.caller, a.identity.Subject), cmp.Or(a.kind, a.identity.Kind)
	a.identity.Issuer = a.issuer
	if a.roles != "" {
		a.identity.Roles = strings.Split(a.roles, ",")
	}
	if a.verified {
		a.identity.Verified = &a.verified
	}
	if a.now = time.Now(); a.at != "" {
		if a.now, err = time.Parse(time.RFC3339, a.at); err != nil {
			return fmt.Errorf("-time: %w", err)
		}
	}
	if a.policy == "" {
		a.of, err = guard.NewPolicy(a.base)
		return err
	}
	if a.file, err = policyfile.Load(a.policy); err == nil {
		a.of, err = a.file.Policy(a.base)
	}
	return err
}

func (a *asked) lineageJob() lineage.Job {
	namespace, name, both := strings.Cut(a.job, "/")
	if !both {
		namespace, name = "", a.job
	}
	return lineage.Job{Namespace: namespace, Name: name, Model: a.model}
}

// assume decides with what can be known without a database.
func (a *asked) assume() error {
	var schema []*lineage.Relation
	if a.file != nil {
		schema = a.file.Relations()
	}
	caller, class := a.identity.Caller()
	answer := dryrun.Ask(&dryrun.Question{
		Policy: a.of, Catalog: assume.New(schema, a.of.Columns), SQL: a.sql, Args: a.args,
		Caller: caller, Class: class, Job: a.lineageJob(), Purpose: a.purpose, Now: a.now,
	})
	a.statements, a.verdict, a.outputs, a.assumed = answer.Statements, answer.Verdict, answer.Outputs, answer.Assumed
	a.labels = answer.Labels
	return nil
}

// read decides with the catalog of a database.
func (a *asked) read() error {
	if a.at != "" {
		return fmt.Errorf("-time goes without -dsn: the driver decides by the clock")
	}
	config := &governed.Config{Profile: a.base.Profile, Environment: a.env, Logger: slog.New(slog.DiscardHandler)}
	if a.file != nil || a.approvals {
		config.Policy = a.of // else the keys of the data source name say
	}
	connector, err := governed.NewConnector(a.dsn, config)
	if err != nil {
		return err
	}
	defer closeConnector(connector)
	caller, _ := a.identity.Caller()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx = lineage.WithPurpose(lineage.WithJob(lineage.WithCaller(ctx, caller), a.lineageJob()), a.purpose)
	e, err := governed.Explain(ctx, connector, a.sql, a.args...)
	if err != nil {
		return err
	}
	a.statements, a.verdict, a.server, a.database, a.of = e.Statements, e.Verdict, e.Err, e.Database, e.Policy
	a.labels = e.Labels
	// Reasons say where in their statement they are, and of several not in which.
	a.verdict.Reasons = slices.Clone(a.verdict.Reasons)
	for i := range a.verdict.Reasons {
		switch r := &a.verdict.Reasons[i]; {
		case len(e.Statements) > 1:
			r.Position = -1
		case r.Position >= 0 && len(e.Statements) == 1:
			r.Position += e.Statements[0].Offset
		}
	}
	if len(e.Statements) == 1 {
		st := e.Statements[0]
		a.outputs = make([]dryrun.Output, len(st.Outputs))
		for i := range st.Outputs {
			a.outputs[i].Name = st.Outputs[i].Name
		}
		for _, m := range e.Masked {
			o := &a.outputs[m.Ordinal]
			o.Treatment, o.Class, o.Columns = m.Treatment, m.Class, append(o.Columns, m.Column)
		}
		for _, m := range e.Cleared {
			o := &a.outputs[m.Ordinal]
			o.Cleared, o.Class, o.Columns = true, m.Class, append(o.Columns, m.Column)
		}
	}
	return nil
}

func closeConnector(c driver.Connector) {
	if closer, can := c.(io.Closer); can {
		_ = closer.Close()
	}
}

// explain writes for people.
func (t *terminal) explain(a *asked) {
	for _, st := range a.statements {
		t.printf("%s\n", block(strings.TrimRight(st.String(), "\n")))
	}
	caller, class := a.identity.Caller()
	t.printf("\n%s  %s for %s (%s), profile %s, environment %s\n", t.bold("decision"), t.decision(a.verdict.Decision), caller,
		classWords[class], a.of.Profile(), a.of.Environment())
	if a.verdict.Would != "" {
		t.printf("          standard would say %s\n", t.decision(a.verdict.Would))
	}
	for i, r := range a.verdict.Reasons {
		if !slices.Contains(a.verdict.Reasons[:i], r) {
			t.reason(a, r)
		}
	}
	if p := a.verdict.Approval; p != nil {
		t.printf("  approval: %s\n", approvalWords(p))
	}
	if a.server != nil {
		t.printf("  the server says: %v\n", a.server)
	}
	t.columns(a)
	if l := a.verdict.Limits; l != nil && !l.IsZero() {
		t.printf("\n%s    %s\n", t.bold("limits"), policyfile.DescribeLimits(*l))
	}
	t.source(a)
}

var classWords = map[guard.CallerClass]string{guard.AnonymousCaller: "nobody says who it is", guard.UnverifiedCaller: "not verified", guard.VerifiedCaller: "verified"}

func (t *terminal) decision(d lineage.Decision) painted {
	switch d {
	case lineage.Allow:
		return t.good("allow")
	case lineage.Warn:
		return t.note("warn")
	case lineage.Hold:
		return t.note("require_approval")
	}
	return t.bad("deny")
}

// reason shows why, and draws where under the text.
func (t *terminal) reason(a *asked, r lineage.Reason) {
	mark := "recorded"
	if r.Applied {
		mark = "applied"
	}
	t.printf("  %s (%s): %s", t.bold(r.Rule), mark, r.Message)
	if r.Object != "" {
		t.printf(" [%s]", r.Object)
	}
	t.printf("\n")
	if text, caret, drawn := excerpt(a.sql, r.Position); drawn {
		t.printf("      %s\n      %s%s\n", text, strings.Repeat(" ", caret), t.bad("^"))
	}
	if r.Safe != "" {
		t.printf("      instead: %s\n", r.Safe)
	}
}

// excerpt is the line of a text in which a byte stands, and how many characters before it.
func excerpt(text string, at int) (line string, before int, drawn bool) {
	if at < 0 || at >= len(text) {
		return "", 0, false
	}
	from := strings.LastIndexByte(text[:at], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		to = at + i
	}
	line = strings.ReplaceAll(text[from:to], "\t", " ")
	before = utf8.RuneCountInString(text[from:at])
	const widest = 100
	if runes := []rune(line); len(runes) > widest {
		start := max(0, min(before-widest/2, len(runes)-widest))
		line, before = string(runes[start:start+widest]), before-start
	}
	return line, before, true
}

func (t *terminal) columns(a *asked) {
	t.results(a)
	if len(a.labels) == 0 || !a.verdict.Allowed() {
		return
	}
	t.printf("\n%s\n", t.bold("labels that it writes"))
	for _, l := range a.labels {
		t.printf("  %s %s, from %s\n", l.Column.Quoted(), lineage.Label(string(l.Class)), l.Source.Quoted())
	}
}

func (t *terminal) results(a *asked) {
	if len(a.outputs) == 0 || !a.verdict.Allowed() {
		return
	}
	t.printf("\n%s\n", t.bold("columns"))
	for _, o := range a.outputs {
		var of []string
		for _, c := range o.Columns {
			of = append(of, c.Quoted())
		}
		from := strings.TrimSpace(o.Class + " of " + strings.Join(of, ", "))
		for _, why := range a.evidence(o.Class, o.Columns) {
			from += "; " + why
		}
		switch {
		case o.Treatment != "" && len(of) == 0:
			t.printf("  %-16s %s\n", o.Name, t.note("masked: "+o.Treatment)+" (nobody knows what it is made of)")
		case o.Treatment != "":
			t.printf("  %-16s %s (%s)\n", o.Name, t.note("masked: "+o.Treatment), from)
		case o.Cleared:
			t.printf("  %-16s in clear by a grant (%s)\n", o.Name, from)
		default:
			t.printf("  %-16s as it is\n", o.Name)
		}
	}
}

// evidence says of columns that are of a class by their values alone what the values are: nothing else in sight tells it.
func (a *asked) evidence(class string, columns []lineage.ColumnID) (out []string) {
	for _, id := range columns {
		for _, st := range a.statements {
			i := slices.IndexFunc(st.Relations, func(r lineage.RelationUse) bool { return r.Relation.Name == id.Of() })
			if i < 0 {
				continue
			}
			rel := &st.Relations[i].Relation
			if c, ok := rel.Column(id.Column); ok && c.Held.Class != "" && c.Held.Class == class {
				if why := mask.Why(rel, c); !slices.Contains(out, why) {
					out = append(out, why)
				}
			}
		}
	}
	return out
}

// source says what the answer stands on.
func (t *terminal) source(a *asked) {
	if a.dsn != "" {
		t.printf("\n%s\n", t.dim("read from the catalog of database "+a.database))
		return
	}
	t.printf("\n%s\n", t.dim("no database was asked (-dsn asks one)"))
	for _, r := range a.assumed {
		t.printf("%s\n", t.dim("  "+assumed(r)))
	}
}

func assumed(r *lineage.Relation) string {
	var columns []string
	for i := range r.Columns {
		columns = append(columns, lineage.QuoteName(r.Columns[i].Name))
	}
	return "assumed: table " + r.Name.String() + " (" + strings.Join(columns, ", ") + ")"
}

func approvalWords(a *guard.Approval) string {
	if a.Nobody {
		return "nobody may give it: the rules name groups that have none in common"
	}
	who := "whoever may approve"
	if len(a.Groups) > 0 {
		who = "group " + strings.Join(a.Groups, " or ")
	}
	out := fmt.Sprintf("%d of %s", max(a.Count, 1), who)
	if a.Expires > 0 {
		out += ", within " + policyfile.Duration(a.Expires)
	}
	return out
}

// report is the answer for machines.
func (a *asked) report() any {
	type reason struct {
		Rule     string `json:"rule"`
		Severity string `json:"severity"`
		Applied  bool   `json:"applied"`
		Object   string `json:"object,omitempty"`
		Position int    `json:"position"`
		Message  string `json:"message"`
		Safe     string `json:"safe,omitempty"`
	}
	type column struct {
		Name      string   `json:"name"`
		Treatment string   `json:"treatment,omitempty"`
		Class     string   `json:"class,omitempty"`
		Of        []string `json:"of,omitempty"`
		Evidence  []string `json:"evidence,omitempty"` // where values alone say it
		Cleared   bool     `json:"cleared,omitempty"`
	}
	type label struct {
		Column string `json:"column"`
		Class  string `json:"class"`
		Source string `json:"source"`
	}
	out := struct {
		Decision    string            `json:"decision"`
		Would       string            `json:"would,omitempty"`
		Caller      string            `json:"caller"`
		Profile     string            `json:"profile"`
		Environment string            `json:"environment"`
		Policy      string            `json:"policy,omitempty"`
		Reasons     []reason          `json:"reasons"`
		Columns     []column          `json:"columns,omitempty"`
		Labels      []label           `json:"labels,omitempty"`
		Limits      string            `json:"limits,omitempty"`
		Approval    string            `json:"approval,omitempty"`
		Server      string            `json:"server,omitempty"`
		Assumed     []string          `json:"assumed,omitempty"`
		Statements  []json.RawMessage `json:"statements"`
	}{
		Decision: word(a.verdict.Decision), Profile: a.of.Profile().String(), Environment: a.of.Environment(),
		Reasons: []reason{}, Statements: []json.RawMessage{},
	}
	if a.verdict.Would != "" {
		out.Would = word(a.verdict.Would)
	}
	caller, _ := a.identity.Caller()
	out.Caller = caller.String()
	if !a.of.BuiltIn() {
		out.Policy = fmt.Sprintf("%x", a.of.Digest())
	}
	for _, r := range a.verdict.Reasons {
		out.Reasons = append(out.Reasons, reason{r.Rule, r.Severity, r.Applied, r.Object, r.Position, r.Message, r.Safe})
	}
	for _, o := range a.outputs {
		c := column{Name: o.Name, Treatment: o.Treatment, Class: o.Class, Evidence: a.evidence(o.Class, o.Columns), Cleared: o.Cleared}
		for _, of := range o.Columns {
			c.Of = append(c.Of, of.Quoted())
		}
		out.Columns = append(out.Columns, c)
	}
	for _, l := range a.labels {
		out.Labels = append(out.Labels, label{l.Column.Quoted(), string(l.Class), l.Source.Quoted()})
	}
	if l := a.verdict.Limits; l != nil {
		out.Limits = policyfile.DescribeLimits(*l)
	}
	if a.verdict.Approval != nil {
		out.Approval = approvalWords(a.verdict.Approval)
	}
	if a.server != nil {
		out.Server = a.server.Error()
	}
	for _, r := range a.assumed {
		out.Assumed = append(out.Assumed, r.Name.String())
	}
	for _, st := range a.statements {
		if text, err := json.Marshal(st); err == nil {
			out.Statements = append(out.Statements, text)
		}
	}
	return out
}

func word(d lineage.Decision) string {
	if d == lineage.Hold {
		return "require_approval"
	}
	return string(d)
}
