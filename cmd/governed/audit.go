package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/governedsql/governed/lineage/ledger"
)

var auditCommand = &command{
	name: "audit", line: "who did what to which data, from a ledger",
	help: `
  governed audit -ledger DIR -connections                           who connected, and what else happened
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
  -command C      SELECT, UPDATE, CREATE TABLE ...        -writes         rows, or what else there is: DROP TABLE, CREATE ROLE
  -job NAME       or namespace/name                       -run ID         -model NAME   -purpose P
  -fingerprint F  of the statement                        -trace ID
  -since T        2026-01-31, 2026-01-31T10:00:00Z, or 24h for a day ago; -until T likewise
  -cleared        sensitive columns were shown            -unknown        nobody knows what became of it
  -connections    connections, processes and what else happened to the log (gaps, policies, keys), instead of statements

A name is the one that the server has, letter by letter; what is no plain name can be quoted: public."my table".

Of each statement stands there how it ended:
  ok           and its transaction, if it was in one, was committed
  rolled_back  it ran, and what it changed was undone; what it read was read
  open         it ran, and the log does not say how its transaction ended
  partly       it ran, and a part of it at most took effect
  failed, denied, not_sent; unknown: it was sent perhaps
Where statements were sent, or refused, that are not in the log, a gap is told whatever is asked for.

  -keyring FILE   the keys of sealed callers; DIR.keyring where it is there
  -limit N   the newest N (0 = all)      -json   one object a line      -csv   with a head line

What it prints is what stands in the log; whether the log is whole, governed verify says. Exit code 1: nothing was found; 2: it could not
be read, or a record is damaged.`,
}

func init() { auditCommand.run = runAudit }

// printer writes stories in one format.
type printer interface {
	story(s *ledger.Story) error
	// end comes behind the last one; whole says that there are no more.
	end(n int, whole bool) error
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
	filter.Gaps = true
	if filter.Keyring = *keyring; filter.Keyring == "" {
		filter.Keyring = beside(*dir, ".keyring")
	}
	var out printer = &people{t: t}
	switch {
	case *asJSON:
		out = &machine{t.out}
	case *asCSV:
		out = &sheet{w: csv.NewWriter(t.out)}
	}
	return t.audit(*dir, filter, out)
}

func (t *terminal) audit(dir string, f ledger.Filter, out printer) int {
	n := 0
	err := ledger.Query(context.Background(), dir, f, func(s *ledger.Story) error {
		if s.Event != ledger.Gap || f.Connections {
			n++
		}
		return out.story(s)
	})
	if end := out.end(n, err == nil); err == nil {
		err = end
	}
	if err != nil {
		return t.fail("%s", reason(err))
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
	status, paint := fmt.Sprintf("%-8s", s.Status()), t.note
	switch s.Status() {
	case "ok":
		paint = t.good
	case "denied":
		paint = t.bad
	}
	t.printf("%7d  %s  %s  %s  %s\n", s.Index, s.Time.UTC().Format("2006-01-02 15:04:05.000"), paint(status), t.bold(whom(&s.Entry)), subject(s))
	if s.Text != "" {
		t.printf("         %s\n", cutText(strings.Join(strings.Fields(s.Text), " "), 140))
	}
	for _, line := range details(s) {
		t.printf("         %s\n", t.dim(line))
	}
	return nil
}

func (p *people) end(n int, whole bool) error {
	if n == 0 && whole {
		p.t.printf("nothing in the ledger answers to that\n")
	}
	return nil
}

// subject says what was done to what.
func subject(s *ledger.Story) string {
	words := []string{cmp.Or(s.Command, strings.Join(s.Commands, ", "), string(s.Event))}
	if len(s.Objects) > 0 && len(s.Commands) == 0 {
		words[0] = strings.Join(s.Objects, ", ")
	}
	if len(s.Writes) > 0 {
		words = append(words, "writes "+strings.Join(s.Writes, ", "))
	}
	if len(s.Reads) > 0 {
		words = append(words, "reads "+strings.Join(s.Reads, ", "))
	}
	if len(s.Objects) > 0 && len(s.Commands) > 0 {
		words = append(words, strings.Join(s.Objects, ", "))
	}
	if s.Outcome != nil && s.Event == ledger.Intent && s.Outcome.Status == ledger.OK && s.Command != "COMMIT" && len(s.Objects) == 0 {
		words = append(words, many(s.Outcome.Rows, "row"))
	}
	return strings.Join(append(words, circumstances(&s.Entry)...), "; ")
}

// circumstances say more of what is no statement.
func circumstances(e *ledger.Entry) []string {
	switch e.Event {
	case ledger.Connect:
		return []string{"to " + e.Server + " as " + e.Role}
	case ledger.Start:
		return []string{e.Service + " on " + e.Host + ", process " + strconv.Itoa(e.PID)}
	case ledger.PolicySet:
		return []string{"in force: " + cmp.Or(e.Policy, "the built-in rules")}
	case ledger.KeyGone:
		return []string{"destroyed: " + e.Key}
	case ledger.Gap:
		out := many(e.Count, "statement") + " sent, or refused, not in the log"
		if e.First != nil && e.Last != nil {
			out += ", " + stamp(*e.First) + " to " + stamp(*e.Last)
		}
		return []string{out}
	}
	return nil
}

// fates say what a statement that ended well did not do.
var fates = map[ledger.Status]string{
	ledger.RolledBack: "rolled back: what it changed was undone, what it read was read",
	ledger.Undecided:  "the log does not say how its transaction ended",
	ledger.Partly:     "a part of it at most took effect",
}

func details(s *ledger.Story) []string {
	var out []string
	add := func(word, text string) {
		if text != "" {
			out = append(out, strings.TrimSpace(word+" "+text))
		}
	}
	add("", fates[s.Fate])
	if len(s.CutLists) > 0 {
		out = append(out, "cut, there were more: "+strings.Join(s.CutLists, ", "))
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

// kindOf says of what kind whoever did it is, and who in one word. What happens to a connection or to the log has no caller.
func kindOf(e *ledger.Entry) (kind, subject string) {
	switch e.Event {
	case ledger.Start, ledger.Stop, ledger.PolicySet, ledger.KeyGone, ledger.Gap:
		return "process", ""
	case ledger.Begin, ledger.Rollback, ledger.Close, ledger.Reset:
		return "connection", strconv.FormatInt(e.Conn, 10)
	}
	switch {
	case e.Who != nil:
		return e.Who.Kind, e.Who.Subject
	case e.Sealed != nil:
		return "sealed", e.Sealed.Subject
	}
	return "anonymous", ""
}

// whom names a caller.
func whom(e *ledger.Entry) string {
	kind, subject := kindOf(e)
	if w := e.Who; w != nil && len(w.Actors) > 0 {
		return kind + " " + w.Actors[0] + " for " + cmp.Or(subject, "anonymous")
	}
	return strings.TrimSpace(kind + " " + subject)
}

// machine is for programs: what stands in the log, one object a line.
type machine struct{ out io.Writer }

func (m *machine) story(s *ledger.Story) error {
	line, err := json.Marshal(struct {
		Status  string        `json:"status"`
		Record  *ledger.Entry `json:"record"`
		Outcome *ledger.Entry `json:"outcome,omitempty"`
	}{s.Status(), &s.Entry, s.Outcome})
	if err != nil {
		return err
	}
	_, err = io.WriteString(m.out, visibleJSON(string(line))+"\n")
	return err
}

func (m *machine) end(int, bool) error { return nil }

// sheet is for spreadsheets. A cell that begins as a formula does is given a quote before it: what stands in a log came
// from whoever sent it.
type sheet struct {
	w      *csv.Writer
	headed bool
}

var sheetHead = []string{
	"record", "time", "event", "status", "kind", "subject", "actors", "verified", "server", "role", "command", "reads", "writes", "columns",
	"decision", "rule", "rows", "bytes", "masked", "cleared", "cells", "sqlstate", "job", "run", "model", "purpose", "trace", "fingerprint", "text",
	"objects", "note",
}

func (c *sheet) story(s *ledger.Story) error {
	if !c.headed {
		c.headed = true
		if err := c.w.Write(sheetHead); err != nil {
			return err
		}
	}
	who, job, o := ledger.Who{}, ledger.Job{}, ledger.Entry{}
	kind, subject := kindOf(&s.Entry)
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
		strconv.FormatInt(s.Index, 10), s.Time.UTC().Format(time.RFC3339Nano), string(s.Event), s.Status(), kind, subject,
		strings.Join(who.Actors, " "), strconv.FormatBool(who.Verified), s.Server, s.Role, cmp.Or(s.Command, strings.Join(s.Commands, ", ")), strings.Join(s.Reads, " "),
		strings.Join(s.Writes, " "), strings.Join(s.Columns, " "), s.Decision, s.Rule, strconv.FormatInt(o.Rows, 10),
		strconv.FormatInt(o.Bytes, 10), strings.Join(o.Masked, " "), strings.Join(o.Cleared, " "), strconv.FormatInt(o.Cells, 10),
		o.SQLState, strings.TrimPrefix(job.Namespace+"/"+job.Name, "/"), job.Run, job.Model, s.Purpose, s.Trace, s.Print, s.Text,
		strings.Join(s.Objects, ", "), note(s),
	}
	for i, cell := range row {
		row[i] = harmless(visibleLines(cell))
	}
	return c.w.Write(row)
}

// note is what people are told of a story beside its fields.
func note(s *ledger.Story) string {
	words := circumstances(&s.Entry)
	if s.Fate != "" {
		words = append(words, fates[s.Fate])
	}
	if len(s.CutLists) > 0 {
		words = append(words, "cut: "+strings.Join(s.CutLists, ", "))
	}
	return strings.Join(words, "; ")
}

// harmless puts a quote before a cell that a spreadsheet may take for a formula: also behind white space, and in the full
// width of East Asian text.
func harmless(cell string) string {
	text := strings.TrimLeftFunc(cell, unicode.IsSpace)
	first, _ := utf8.DecodeRuneInString(text)
	begins, _ := utf8.DecodeRuneInString(cell)
	if text != "" && strings.ContainsRune("=+-@＝＋－＠", first) || cell != "" && strings.ContainsRune("\t\r\n", begins) {
		return "'" + cell
	}
	return cell
}

func (c *sheet) end(int, bool) error {
	c.w.Flush()
	return c.w.Error()
}
