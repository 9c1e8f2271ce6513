package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage/ledger"
)

var auditCommand = &command{
	name: "audit", line: "who did what to which data, from a ledger",
	help: `
  governed audit -ledger DIR -connections                           who connected
  governed audit -ledger DIR -caller ada                            what did they do, themselves and through agents
  governed audit -ledger DIR -dataset customers -since 24h          what touched this data
  governed audit -ledger DIR -column customers.email -cleared       who saw this column in clear
  governed audit -ledger DIR -model churn@7                         what was this model trained on
  governed audit -ledger DIR -decision deny                         what was refused
  governed audit -ledger DIR -unknown                               of what does nobody know what became

All filters that are given must hold:
  -caller NAME    the subject, or one who acts for it     -agent NAME     one who acts for somebody
  -dataset NAME   schema.table, or table                  -column NAME    schema.table.column, or the end of it
  -decision D     allow, warn, hold, deny                 -rule ID        that hit
  -command C      SELECT, UPDATE, CREATE TABLE ...        -writes         statements that write
  -job NAME       or namespace/name                       -run ID         -model NAME   -purpose P
  -fingerprint F  of the statement                        -trace ID
  -since T        2026-01-31, 2026-01-31T10:00:00Z, or 24h for a day ago; -until T likewise
  -cleared        sensitive columns were shown            -unknown        without an outcome
  -connections    connections and processes instead of statements

  -keyring FILE   the keys of sealed callers; DIR.keyring where it is there
  -limit N   the newest N (0 = all)      -json   one object a line      -csv   with a head line

What it prints is what stands in the log; whether the log is whole, governed verify says. Exit code 1: nothing was found.`,
}

func init() { auditCommand.run = runAudit }

// printer writes stories in one format.
type printer interface {
	story(s *ledger.Story) error
	end(n int) error
}

func runAudit(t *terminal, args []string) int {
	f := t.flags(auditCommand)
	var filter ledger.Filter
	for name, to := range map[string]*string{
		"caller": &filter.Caller, "agent": &filter.Agent, "dataset": &filter.Dataset, "column": &filter.Column, "rule": &filter.Rule,
		"decision": &filter.Decision, "job": &filter.Job, "run": &filter.Run, "model": &filter.Model, "purpose": &filter.Purpose,
		"fingerprint": &filter.Print, "trace": &filter.Trace, "command": &filter.Command,
	} {
		f.StringVar(to, name, "", "")
	}
	for name, to := range map[string]*bool{
		"writes": &filter.Writes, "cleared": &filter.Cleared, "unknown": &filter.Unknown, "connections": &filter.Connections,
	} {
		f.BoolVar(to, name, false, "")
	}
	dir, limit := f.String("ledger", "", ""), f.Int("limit", 0, "")
	keyring := f.String("keyring", "", "")
	since, until := f.String("since", "", ""), f.String("until", "", "")
	asJSON, asCSV := f.Bool("json", false, ""), f.Bool("csv", false, "")
	if code, done := t.parse(auditCommand, f, args); done {
		return code
	}
	if *dir == "" || f.NArg() > 0 || *asJSON && *asCSV || *limit < 0 {
		return t.fail("want -ledger DIR and filters; %s help says more", t.path)
	}
	var err1, err2 error
	filter.Since, err1 = moment(*since, time.Now())
	filter.Until, err2 = moment(*until, time.Now())
	if err := errors.Join(err1, err2); err != nil {
		return t.fail("%v", err)
	}
	filter.Command, filter.Newest = strings.ToUpper(filter.Command), *limit
	filter.Keyring = *keyring
	if beside := strings.TrimRight(*dir, "/") + ".keyring"; filter.Keyring == "" {
		if _, err := os.Stat(beside); err == nil {
			filter.Keyring = beside
		}
	}
	var out printer = &people{t: t}
	switch {
	case *asJSON:
		out = &machine{json.NewEncoder(t.out)}
	case *asCSV:
		out = &sheet{w: csv.NewWriter(t.out)}
	}
	return t.audit(*dir, filter, out)
}

func (t *terminal) audit(dir string, f ledger.Filter, out printer) int {
	n := 0
	err := ledger.Query(context.Background(), dir, f, func(s *ledger.Story) error {
		n++
		return out.story(s)
	})
	if err = errors.Join(err, out.end(n)); err != nil {
		return t.fail("%s", strings.TrimPrefix(err.Error(), "governed: "))
	}
	if n == 0 {
		return no
	}
	return ok
}

// moment reads a point in time: a date, a time, or how long ago.
func moment(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: 2026-01-31, 2026-01-31T10:00:00Z or 24h is expected", s)
}

// people is for people: two or three lines a statement.
type people struct{ t *terminal }

func (p *people) story(s *ledger.Story) error {
	t := p.t
	status := s.Status()
	switch status {
	case "ok":
		status = t.good(fmt.Sprintf("%-8s", status))
	case "denied":
		status = t.bad(fmt.Sprintf("%-8s", status))
	default:
		status = t.note(fmt.Sprintf("%-8s", status))
	}
	t.printf("%7d  %s  %s  %s  %s\n", s.Index, s.Time.UTC().Format("2006-01-02 15:04:05.000"), status, t.bold(whom(&s.Entry)), subject(s))
	if s.Text != "" {
		t.printf("         %s\n", cutText(strings.Join(strings.Fields(s.Text), " "), 140))
	}
	for _, line := range details(s) {
		t.printf("         %s\n", t.dim(line))
	}
	return nil
}

func (p *people) end(n int) error {
	if n == 0 {
		p.t.printf("nothing in the ledger answers to that\n")
	}
	return nil
}

// subject says what was done to what.
func subject(s *ledger.Story) string {
	words := []string{cmp.Or(s.Command, string(s.Event))}
	if len(s.Writes) > 0 {
		words = append(words, "writes "+strings.Join(s.Writes, ", "))
	}
	if len(s.Reads) > 0 {
		words = append(words, "reads "+strings.Join(s.Reads, ", "))
	}
	if s.Outcome != nil && s.Event == ledger.Intent && s.Outcome.Status == ledger.OK && s.Command != "COMMIT" {
		words = append(words, many(s.Outcome.Rows, "row"))
	}
	if len(s.Objects) > 0 {
		words = []string{strings.Join(s.Objects, ", ")}
	}
	switch s.Event {
	case ledger.Connect:
		words = append(words, "to "+s.Server+" as "+s.Role)
	case ledger.Start:
		words = append(words, s.Service+" on "+s.Host+", process "+strconv.Itoa(s.PID))
	}
	return strings.Join(words, "; ")
}

func details(s *ledger.Story) []string {
	var out []string
	add := func(word, text string) {
		if text != "" {
			out = append(out, word+" "+text)
		}
	}
	if j := s.Job; j != nil {
		out = append(out, strings.TrimSpace(prefixed("model ", j.Model)+prefixed("  job ", strings.TrimPrefix(j.Namespace+"/"+j.Name, "/"))+prefixed("  run ", j.Run)))
	}
	add("for", s.Purpose)
	if s.Rule != "" {
		out = append(out, s.Decision+" by "+s.Rule+prefixed(": ", s.Reason))
	}
	if o := s.Outcome; o != nil {
		add("masked", strings.Join(o.Masked, ", "))
		if len(o.Cleared) > 0 {
			out = append(out, "in clear "+strings.Join(o.Cleared, ", ")+", "+many(o.Cells, "cell"))
		}
		add("error", strings.TrimSpace(o.Error))
		if o.Approval != "" {
			out = append(out, "approval "+o.Approval+prefixed(" by ", strings.Join(o.Approvers, ", ")))
		}
	}
	return out
}

// whom names a caller.
func whom(e *ledger.Entry) string {
	w := e.Who
	switch {
	case e.Event == ledger.Start || e.Event == ledger.Stop:
		return "process"
	case w == nil && e.Sealed != nil:
		return "sealed " + e.Sealed.Subject
	case w == nil:
		return "anonymous"
	case len(w.Actors) > 0:
		return w.Kind + " " + w.Actors[0] + " for " + cmp.Or(w.Subject, "anonymous")
	}
	return strings.TrimSpace(w.Kind + " " + w.Subject)
}

// machine is for programs: what stands in the log, one object a line.
type machine struct{ enc *json.Encoder }

func (m *machine) story(s *ledger.Story) error {
	return m.enc.Encode(struct {
		Status  string        `json:"status"`
		Record  *ledger.Entry `json:"record"`
		Outcome *ledger.Entry `json:"outcome,omitempty"`
	}{s.Status(), &s.Entry, s.Outcome})
}

func (m *machine) end(int) error { return nil }

// sheet is for spreadsheets. A cell that begins as a formula does is given a quote before it: what stands in a log came
// from whoever sent it.
type sheet struct {
	w      *csv.Writer
	headed bool
}

var sheetHead = []string{
	"record", "time", "event", "status", "kind", "subject", "actors", "verified", "server", "role", "command", "reads", "writes", "columns",
	"decision", "rule", "rows", "bytes", "masked", "cleared", "cells", "sqlstate", "job", "run", "model", "purpose", "trace", "fingerprint", "text",
}

func (c *sheet) story(s *ledger.Story) error {
	if !c.headed {
		c.headed = true
		if err := c.w.Write(sheetHead); err != nil {
			return err
		}
	}
	who, job, o := ledger.Who{Kind: "anonymous"}, ledger.Job{}, ledger.Entry{}
	if s.Who != nil {
		who = *s.Who
	}
	if s.Job != nil {
		job = *s.Job
	}
	if s.Outcome != nil {
		o = *s.Outcome
	}
	row := []string{
		strconv.FormatInt(s.Index, 10), s.Time.UTC().Format(time.RFC3339Nano), string(s.Event), s.Status(), who.Kind, who.Subject,
		strings.Join(who.Actors, " "), strconv.FormatBool(who.Verified), s.Server, s.Role, s.Command, strings.Join(s.Reads, " "),
		strings.Join(s.Writes, " "), strings.Join(s.Columns, " "), s.Decision, s.Rule, strconv.FormatInt(o.Rows, 10),
		strconv.FormatInt(o.Bytes, 10), strings.Join(o.Masked, " "), strings.Join(o.Cleared, " "), strconv.FormatInt(o.Cells, 10),
		o.SQLState, strings.TrimPrefix(job.Namespace+"/"+job.Name, "/"), job.Run, job.Model, s.Purpose, s.Trace, s.Print, s.Text,
	}
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return c.w.Write(row)
}

func (c *sheet) end(int) error {
	c.w.Flush()
	return c.w.Error()
}
