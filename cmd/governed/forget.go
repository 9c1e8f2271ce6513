package main

import (
	"errors"
	"strings"

	"github.com/governedsql/governed/lineage/ledger"
)

var forgetCommand = &command{
	name: "forget", line: "destroys keys of a ledger, so that who did something cannot be read from it any more",
	help: `
  governed forget -ledger DIR -subject ada        the key of one caller, in a ledger that seals callers
  governed forget -ledger DIR -before 2026-01     the keys of all months before one: digests, and callers sealed in them
  governed forget -ledger postgres://... -key-file KEY -before 2026-01

Not a byte of the log changes, so that every proof of it stays good; a record says which key is gone. Keys lie in DIR.keyring;
copies of that file, in backups for example, are yours to destroy. No process may be writing the directory meanwhile; a program
that does calls Ledger.Forget itself.`,
}

func init() { forgetCommand.run = runForget }

func runForget(t *terminal, args []string) int {
	f := t.flags(forgetCommand)
	where, key := f.String("ledger", "", ""), f.String("key-file", "", "")
	subject, before := f.String("subject", "", ""), f.String("before", "", "")
	if code, done := t.parse(forgetCommand, f, args); done {
		return code
	}
	if *where == "" || (*subject == "") == (*before == "") || f.NArg() > 0 {
		return t.fail("want -ledger DIR and one of -subject NAME, -before MONTH; %s help says more", t.path)
	}
	// What is not there must not be made by a command that takes away.
	if err := ledger.Exists(*where); err != nil {
		return t.fail("%v", err)
	}
	c := ledger.Config{Dir: *where, KeyFile: *key, Service: "governed forget"}
	if isAddress(*where) {
		c.Dir, c.Database = "", *where
	}
	l, err := ledger.Open(c)
	if err != nil {
		return t.fail("%s", reason(err))
	}
	var gone []string
	if *subject != "" {
		gone, err = []string{"subject"}, l.Forget(*subject)
	} else {
		gone, err = l.ForgetBefore(*before)
	}
	if err = errors.Join(err, l.Close()); err != nil {
		return t.fail("%s", reason(err))
	}
	if len(gone) == 0 {
		t.printf("there is no key of a month before %s\n", *before)
		return ok
	}
	t.printf("destroyed: %s\n", strings.Join(gone, ", "))
	return ok
}
