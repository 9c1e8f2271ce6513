package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/report"
	"github.com/governedsql/governed/lineage"
)

var reportCommand = &command{
	name: "report", line: "what the guard makes of what an application sends",
	help: `
An application whose data source name has governed.report=DIR writes into DIR what it sends and what the guard makes of it:
texts without literals, names of objects, rules and callers, no values. With governed.profile=observe nothing is refused and
nothing masked, and the report says what standard would have done. That is how a running system adopts the driver:

  1. postgres://...?governed.profile=observe&governed.report=observed       for a day, or through its tests
  2. governed report observed                                               read what would be refused and masked
  3. governed report -policy observed > policy.yaml                         begin with a policy that keeps it working
  4. postgres://...?governed.policy=policy.yaml                             standard is on

  governed report DIR              for people
  governed report -json DIR        for machines
  governed report -check DIR       exit code 1 if anything was refused, or would have been
  governed report -policy DIR      a policy that lets through what was seen, to be cut down
  governed report -clear DIR       the columns that the application read, as governed.clear takes them
  governed report -allow-list DIR  the statements that were seen, for allow_list: in a policy`,
}

func init() { reportCommand.run = runReport }

func runReport(t *terminal, args []string) int {
	f := t.flags(reportCommand)
	asJSON, check := f.Bool("json", false, ""), f.Bool("check", false, "")
	policy, allow, clear := f.Bool("policy", false, ""), f.Bool("allow-list", false, ""), f.Bool("clear", false, "")
	if code, done := t.parse(reportCommand, f, args); done {
		return code
	}
	if f.NArg() != 1 {
		return t.fail("want one directory; %s help says more", t.path)
	}
	r, err := report.Load(f.Arg(0))
	if err != nil {
		return t.fail("%s", strings.TrimPrefix(err.Error(), "report: "))
	}
	for _, why := range r.Unread {
		fmt.Fprintf(t.err, "%s: left out: %s\n", t.path, visible(why))
	}
	switch {
	case *asJSON:
		if code := t.json(r); code != ok {
			return code
		}
	case *policy:
		t.printf("%s", block(starterPolicy(r)))
	case *allow:
		t.printf("%s", block(r.AllowList()))
	case *clear:
		if list := columnsOf(r); len(list) > 0 {
			t.printf("%s\n", strings.Join(list, ","))
		}
	default:
		t.report(r)
	}
	if *check && slices.ContainsFunc(r.Statements, func(s report.Statement) bool { return s.Refused() }) {
		return no
	}
	return ok
}

// report prints the report for people.
func (t *terminal) report(r *report.Report) {
	var total int64
	counts, kinds := map[lineage.Decision]int64{}, map[lineage.Decision]int{}
	for i := range r.Statements {
		s := &r.Statements[i]
		total += s.Count
		counts[s.Decision] += s.Count
		kinds[s.Decision]++
	}
	t.printf("%s, sent %s by %s under %s, %s to %s\n\n", many(len(r.Statements), "statement"), many(total, "time"), many(r.Processes, "process"), r.Profile,
		r.First.UTC().Format(time.DateTime), r.Last.UTC().Format(time.DateTime))
	words := []struct {
		d    lineage.Decision
		text painted
	}{{lineage.Deny, t.bad("refused")}, {lineage.Hold, t.bad("held")}, {lineage.Warn, t.note("warned of")}, {lineage.Allow, t.good("allowed")}}
	observed := strings.Contains(r.Profile, "observe")
	title := "What the guard said"
	if observed {
		title = "What standard would have said"
	}
	t.printf("%s\n", t.bold(title))
	for _, w := range words {
		if kinds[w.d] > 0 {
			t.printf("  %-10s %6d statements, %8d times\n", w.text, kinds[w.d], counts[w.d])
		}
	}
	t.refused(r)
	t.masked(r)
	t.printf("\n%s\n", t.bold("Next"))
	t.printf("  -policy prints a policy that keeps the application working as it is; cut it down from there\n")
	t.printf("  -clear prints the columns for governed.clear, -allow-list the statements for allow_list in a policy\n")
}

// unparsed stands for the texts that were not parsed.
const unparsed = "(texts that were not parsed)"

func many[T int | int64](n T, word string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(word, "s"):
		word += "es"
	default:
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

func (t *terminal) refused(r *report.Report) {
	first := true
	for i := range r.Statements {
		s := &r.Statements[i]
		if !s.Refused() {
			continue
		}
		if first {
			t.printf("\n%s\n", t.bold("Refused"))
			first = false
		}
		text := strings.Join(strings.Fields(s.Text), " ")
		if text == "" {
			text = unparsed
		}
		t.printf("  %s  %s\n", t.bad(cmp.Or(s.Fingerprint, "-")), cutText(text, 100))
		t.printf("    %s, by %s\n", many(s.Count, "time"), strings.Join(s.Callers, ", "))
		for _, w := range s.Reasons {
			if w.Severity == "W" {
				continue
			}
			t.printf("    %s %s%s\n", t.bold(w.Rule), w.Message, prefixed(" on ", w.Object))
			if w.Safe != "" {
				t.printf("      %s\n", t.dim("instead: "+w.Safe))
			}
		}
	}
}

func (t *terminal) masked(r *report.Report) {
	list := maskedColumns(r)
	if len(list) == 0 {
		return
	}
	t.printf("\n%s\n", t.bold("Masked"))
	width := 0
	for _, c := range list {
		width = max(width, len(c.Column))
	}
	for _, c := range list {
		t.printf("  %-*s  %-16s %-10s %8d times\n", width, c.Column, c.Class, c.Treatment, c.Count)
	}
}

// maskedColumns adds up the columns of all statements.
func maskedColumns(r *report.Report) []report.Column {
	sum := map[string]*report.Column{}
	for i := range r.Statements {
		for _, c := range r.Statements[i].Masked {
			if old := sum[c.Column]; old != nil {
				old.Count += c.Count
				continue
			}
			sum[c.Column] = &c
		}
	}
	var out []report.Column
	for _, c := range sum {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b report.Column) int { return cmp.Compare(a.Column, b.Column) })
	return out
}

func columnsOf(r *report.Report) []string {
	var out []string
	for _, c := range maskedColumns(r) {
		out = append(out, c.Column)
	}
	return out
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func cutText(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-3]) + "..."
}

// starterPolicy lets through what was seen: an override for each statement that would be refused, and the columns that
// the application reads. What no override can let through stands in it as a comment.
func starterPolicy(r *report.Report) string {
	var b strings.Builder
	b.WriteString("# What keeps the application working as it was seen. Each entry is a question: is that meant to be so?\nversion: 1\n")
	overrides := map[string][]*report.Statement{}
	var never, hidden []*report.Statement
	for i := range r.Statements {
		s := &r.Statements[i]
		if !s.Refused() {
			continue
		}
		fixed := s.Fingerprint == ""
		for _, w := range s.Reasons {
			fixed = fixed || w.Severity != "W" && !changeable(w.Rule)
		}
		if fixed {
			never = append(never, s)
			continue
		}
		if hidesCode(s) {
			hidden = append(hidden, s)
			continue
		}
		for _, w := range s.Reasons {
			if w.Severity != "W" && !slices.Contains(overrides[w.Rule], s) {
				overrides[w.Rule] = append(overrides[w.Rule], s)
			}
		}
	}
	if list := columnsOf(r); len(list) > 0 {
		b.WriteString("rules:\n  # Whoever sends the application's statements reads these in clear. Name the callers: identity: {subject: [...], verified: true}\n")
		fmt.Fprintf(&b, "  - id: reads-its-own-data\n    when:\n      columns:\n")
		for _, c := range list {
			fmt.Fprintf(&b, "        - %s\n", quoteYAML(c))
		}
		b.WriteString("    then: { clear: true }\n")
	}
	if len(overrides) > 0 {
		b.WriteString("overrides:\n")
		rules := make([]string, 0, len(overrides))
		for rule := range overrides {
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		for _, rule := range rules {
			fmt.Fprintf(&b, "  %s:\n    to: allow\n    when:\n      fingerprint:\n", rule)
			for _, s := range overrides[rule] {
				fmt.Fprintf(&b, "        - %s # %s\n", quoteYAML(s.Fingerprint), cutText(comment(s.Text), 90))
			}
		}
	}
	for _, s := range hidden {
		fmt.Fprintf(&b, "# Look at what this runs before you allow it, its text is not in the report: %s\n", cutText(comment(s.Text), 90))
		for _, w := range s.Reasons {
			fmt.Fprintf(&b, "#   %s %s, fingerprint %s\n", w.Rule, comment(w.Message), s.Fingerprint)
		}
	}
	for _, s := range never {
		fmt.Fprintf(&b, "# No policy lets this through; the application has to change: %s\n", cutText(comment(cmp.Or(s.Text, unparsed)), 90))
		for _, w := range s.Reasons {
			fmt.Fprintf(&b, "#   %s %s\n", w.Rule, comment(w.Message))
		}
	}
	return b.String()
}

// hidesCode reports whether a statement carries code that its text without literals does not show.
func hidesCode(s *report.Statement) bool {
	switch s.Command {
	case "DO", "CREATE FUNCTION", "CREATE PROCEDURE":
		return true
	}
	words := strings.FieldsFunc(strings.ToUpper(s.Text), func(r rune) bool { return !unicode.IsLetter(r) && r != '_' })
	has := func(word string) bool { return slices.Contains(words, word) }
	return has("COPY") && has("PROGRAM") || has("FUNCTION") && has("CREATE")
}

// changeable reports whether an override can change a rule.
func changeable(id string) bool {
	return slices.ContainsFunc(guard.Rules(), func(r guard.Rule) bool { return r.ID == id && r.Changeable() })
}

func comment(s string) string { return strings.Join(strings.Fields(s), " ") }

// quoteYAML quotes a text so that a policy means it and a terminal shows it.
func quoteYAML(s string) string {
	if visible(s) != s {
		return strconv.QuoteToASCII(s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
