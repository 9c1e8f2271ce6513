package main

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/governedsql/governed/guard"
)

var rulesCommand = &command{
	name: "rules", line: "the catalogue of built-in rules",
	help: `
  governed rules               all of them
  governed rules DM01          one of them: what it catches, why, what to do instead
  governed rules DM            those whose id begins so
  governed rules -json         for machines

Severity: B blocks, A asks for an approval, W warns and records. The profile decides what comes of it, and overrides: in a
policy change a rule by its id.`,
}

func init() { rulesCommand.run = runRules }

func runRules(t *terminal, args []string) int {
	f := t.flags(rulesCommand)
	asJSON := f.Bool("json", false, "")
	if code, done := t.parse(rulesCommand, f, args); done {
		return code
	}
	list := guard.Rules()
	for _, id := range f.Args() {
		list = slices.DeleteFunc(list, func(r guard.Rule) bool { return !strings.HasPrefix(r.ID, strings.ToUpper(id)) })
		if len(list) == 0 {
			return t.fail("there is no rule %q; %s lists them", id, t.path)
		}
	}
	switch {
	case *asJSON:
		return t.rulesJSON(list)
	case len(list) == 1:
		r := list[0]
		t.printf("%s  %s\n", t.bold(r.ID), r.Title)
		t.printf("  severity  %s\n  why       %s\n", severityWords[r.Severity], r.Why)
		if r.Safe != "" {
			t.printf("  instead   %s\n", r.Safe)
		}
		return ok
	}
	for _, r := range list {
		t.printf("%-16s %s  %s\n", t.bold(r.ID), r.Severity, r.Title)
	}
	return ok
}

var severityWords = map[guard.Severity]string{guard.Block: "B, blocks", guard.Approve: "A, asks for an approval", guard.Warn: "W, warns and records"}

func (t *terminal) rulesJSON(list []guard.Rule) int {
	type rule struct {
		ID       string `json:"id"`
		Title    string `json:"title"`
		Severity string `json:"severity"`
		Why      string `json:"why,omitempty"`
		Safe     string `json:"safe,omitempty"`
	}
	out := make([]rule, len(list))
	for i, r := range list {
		out[i] = rule{ID: r.ID, Title: r.Title, Severity: r.Severity.String(), Why: r.Why, Safe: r.Safe}
	}
	return t.json(out)
}

// json writes a value for machines.
func (t *terminal) json(v any) int {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return t.fail("%v", err)
	}
	_, _ = io.WriteString(t.out, visibleJSON(b.String()))
	return ok
}
