package main

import (
	"slices"
	"time"

	"github.com/governedsql/governed/guard/policyfile"
	"github.com/governedsql/governed/lineage"
)

var policyCommand = &command{
	name: "policy", line: "test and check policy files",
	help: `
A policy is a YAML file that is read with governed.policy=FILE in the data source name. The shortest one that does something:

  version: 1
  overrides: { DM05: deny }

go doc github.com/governedsql/governed/guard/policyfile explains all of it by example.`,
	below: []*command{policyTest, policyLint, policySchema},
}

var policyTest = &command{
	name: "test", line: "run the tests that are in a policy",
	help: `
  governed policy test policy.yaml

Runs the tests: of the file, without a database: relations that schema: does not declare are assumed to have the columns that
datasets: and the statements name. A policy of which a test fails is not put in force, so this is what CI runs.`,
}

var policyLint = &command{
	name: "lint", line: "look for rules that do not do what they seem to",
	help: `
  governed policy lint policy.yaml

Finds rules that can never apply, grants to callers that nobody verified, for a word that they say themselves, or that have no
effect, built-in rules that are weakened everywhere, overrides that never count, treatments that fit no value of their class,
dates that are past. Errors and warnings are exit code 1; notes are not.`,
}

var policySchema = &command{
	name: "schema", line: "print the JSON Schema of policy files, for editors",
	help: `
  governed policy schema > policy.schema.json

and in the first line of a policy:

  # yaml-language-server: $schema=./policy.schema.json`,
}

func init() {
	policyTest.run, policyLint.run, policySchema.run = runPolicyTest, runPolicyLint, runPolicySchema
}

// load reads the one file that a command takes.
func (t *terminal) load(c *command, args []string) (*policyfile.File, int, bool) {
	f := t.flags(c)
	if code, done := t.parse(c, f, args); done {
		return nil, code, false
	}
	if f.NArg() != 1 {
		return nil, t.fail("want one file; %s help says more", t.path), false
	}
	file, err := policyfile.Load(f.Arg(0))
	if err != nil {
		t.printErr(err)
		return nil, failed, false
	}
	return file, ok, true
}

func (t *terminal) printErr(err error) { _, _ = t.err.Write([]byte(visibleLines(err.Error()) + "\n")) }

func runPolicyTest(t *terminal, args []string) int {
	file, code, loaded := t.load(policyTest, args)
	if !loaded {
		return code
	}
	bad := 0
	results := file.Test()
	for i := range results {
		text := results[i].Explain()
		if results[i].Passed() {
			t.printf("%s%s\n", t.good(text[:2]), block(text[2:]))
		} else {
			bad++
			t.printf("%s%s\n", t.bad(text[:4]), block(text[4:]))
		}
	}
	for _, line := range assumedOf(results) {
		t.printf("%s\n", t.dim(line))
	}
	switch {
	case len(results) == 0:
		t.printf("%s has no tests\n", file.Name())
	case bad > 0:
		t.printf("%d of %d tests failed: the policy would not be put in force\n", bad, len(results))
		return no
	default:
		t.printf("%d tests passed\n", len(results))
	}
	return ok
}

// assumedOf lists the tables that the tests stand on, each once with all the columns that they have in any of them.
func assumedOf(results []policyfile.TestResult) []string {
	all := map[lineage.Name]*lineage.Relation{}
	for i := range results {
		for _, r := range results[i].Assumed {
			sum := all[r.Name]
			if sum == nil {
				sum = &lineage.Relation{Name: r.Name}
				all[r.Name] = sum
			}
			for _, c := range r.Columns {
				if _, there := sum.Column(c.Name); !there {
					sum.Columns = append(sum.Columns, c)
				}
			}
		}
	}
	lines := make([]string, 0, len(all))
	for _, r := range all {
		lines = append(lines, assumed(r))
	}
	slices.Sort(lines)
	return lines
}

func runPolicyLint(t *terminal, args []string) int {
	file, code, loaded := t.load(policyLint, args)
	if !loaded {
		return code
	}
	for _, f := range policyfile.Lint(file, time.Now()) {
		t.printf("%s:%s\n", file.Name(), f.String())
		if f.Severity != policyfile.LintNote {
			code = no
		}
	}
	return code
}

func runPolicySchema(t *terminal, args []string) int {
	if len(args) > 0 {
		return t.fail("takes no arguments")
	}
	_, _ = t.out.Write(policyfile.Schema())
	return ok
}
