// Governed explains statements, tests policies and lists the rules, without touching any data; it says which columns of a
// database are sensitive; and it verifies ledgers and answers from them who did what.
//
//	governed help
//	governed explain 'DELETE FROM orders'
//	governed policy test policy.yaml
//	governed scan -dsn postgres://owner@db/shop
//	governed verify -ledger audit
//	governed audit -ledger audit -caller ada
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// The exit codes.
const (
	ok     = 0
	no     = 1 // the answer is no: denied, a failed test, a finding
	failed = 2 // it could not be done: usage, a file that cannot be read
)

// command is one word of the command line. A file each; the list below is all there is to add.
type command struct {
	name  string
	line  string // what it does, in one line
	help  string // how it is used, with an example
	run   func(*terminal, []string) int
	below []*command // the next word, in place of run
}

func commands() []*command {
	return []*command{
		auditCommand, explainCommand, forgetCommand, policyCommand, proveCommand, pseudonymCommand, reportCommand, rulesCommand, scanCommand, verifyCommand, versionCommand,
	}
}

// terminal is where a command writes.
type terminal struct {
	out, err io.Writer
	colour   bool
	path     string // the words so far: governed policy test
}

func main() {
	t := &terminal{out: os.Stdout, err: os.Stderr, path: "governed"}
	t.colour = term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == ""
	os.Exit(dispatch(t, root(), os.Args[1:]))
}

func root() *command {
	return &command{
		name: "governed", below: commands(),
		line: "governed says what becomes of SQL before it runs: what a statement touches, which rule denies it and why, what is masked.",
		help: "The driver itself is a Go package: import _ \"github.com/governedsql/governed/driver\".\n" +
			"Exit codes: 0 yes, 1 the answer is no (denied, a failed test, a finding), 2 it could not be done.",
	}
}

// dispatch follows the words of the command line. help stands before or behind any of them.
func dispatch(t *terminal, c *command, args []string) int {
	switch {
	case len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		if len(args) > 1 && args[0] == "help" && c.below != nil {
			return dispatch(t, c, append(slices.Clone(args[1:]), "help"))
		}
		t.usage(t.out, c)
		return ok
	case c.below == nil:
		return c.run(t, args)
	case len(args) == 0:
		t.usage(t.err, c)
		return failed
	}
	for _, next := range c.below {
		if next.name == args[0] {
			t.path += " " + next.name
			return dispatch(t, next, args[1:])
		}
	}
	fmt.Fprintf(t.err, "%s: there is no %q; there is %s\n", t.path, args[0], strings.Join(names(c.below), ", "))
	return failed
}

func names(list []*command) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.name)
	}
	return append(out, "help")
}

func (t *terminal) usage(w io.Writer, c *command) {
	fmt.Fprintln(w, c.line)
	if c.below != nil {
		fmt.Fprintln(w)
		for _, b := range c.below {
			fmt.Fprintf(w, "  %-24s %s\n", t.path+" "+b.name, b.line)
		}
		fmt.Fprintf(w, "\n  %-24s %s\n", t.path+" help WORD", "more about one of them")
	}
	if c.help != "" {
		fmt.Fprintf(w, "\n%s\n", strings.Trim(c.help, "\n"))
	}
}

// flags makes the flags of a command. What is wrong with them is printed with the help.
func (t *terminal) flags(c *command) *flag.FlagSet {
	f := flag.NewFlagSet(t.path, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parse reads the flags; done says that there is nothing else to do.
func (t *terminal) parse(c *command, f *flag.FlagSet, args []string) (code int, done bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		t.usage(t.out, c)
		return ok, true
	case err != nil:
		return t.fail("%v; %s help says more", err, t.path), true
	}
	return ok, false
}

// fail says why something could not be done. No secret of an address stands in it.
func (t *terminal) fail(format string, args ...any) int {
	args = shown(args)
	for i, a := range args {
		if s, is := a.(string); is {
			args[i] = unsecret(s)
		}
	}
	fmt.Fprintf(t.err, "%s: %s\n", t.path, fmt.Sprintf(format, args...))
	return failed
}

// printf prints what is the command's own, in the format, and what is anybody's, in the arguments.
func (t *terminal) printf(format string, args ...any) { fmt.Fprintf(t.out, format, shown(args)...) }

func (t *terminal) paint(code, text string) painted {
	text = visible(text)
	if !t.colour || text == "" {
		return painted(text)
	}
	return painted("\x1b[" + code + "m" + text + "\x1b[0m")
}

func (t *terminal) bold(text string) painted { return t.paint("1", text) }
func (t *terminal) dim(text string) painted  { return t.paint("2", text) }
func (t *terminal) good(text string) painted { return t.paint("32", text) }
func (t *terminal) bad(text string) painted  { return t.paint("31", text) }
func (t *terminal) note(text string) painted { return t.paint("33", text) }
