package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/governedsql/governed/lineage/ledger"
)

var verifyCommand = &command{
	name: "verify", line: "whether a ledger is whole, offline, with nothing but its files and a public key",
	help: `
  governed verify -ledger DIR                          every byte of every file, against the log's own key
  governed verify -ledger DIR -key PUB                 and against a key that you trust: a file, or the key itself
  governed verify -ledger DIR -checkpoint FILE         and that nothing is missing that was published once
  governed verify -proof FILE -key PUB                 one record, without the log; see governed prove
  governed verify -consistency FILE -since FILE -key PUB
                                                       that a log goes on from an older checkpoint, without the log

What a log alone cannot show is that its newest records were cut off. For that a checkpoint has to be kept elsewhere; the file
DIR.checkpoint beside the log is taken where it is there. -checkpoint can stand several times, and a file can hold several.

Exit codes: 0 whole, 1 tampered with, damaged or cut, and where, 2 it could not be checked.`,
}

func init() { verifyCommand.run = runVerify }

// list is a flag that can stand several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func runVerify(t *terminal, args []string) int {
	f := t.flags(verifyCommand)
	var checkpoints list
	dir, key := f.String("ledger", "", ""), f.String("key", "", "")
	proof, consistency, since := f.String("proof", "", ""), f.String("consistency", "", ""), f.String("since", "", "")
	f.Var(&checkpoints, "checkpoint", "")
	if code, done := t.parse(verifyCommand, f, args); done {
		return code
	}
	if f.NArg() > 0 {
		return t.fail("%q is one word too many; %s help says more", f.Arg(0), t.path)
	}
	keys, err := trusted(*key)
	if err != nil {
		return t.fail("%v", err)
	}
	switch {
	case *proof != "" && *dir == "" && *consistency == "":
		return t.verifyProof(*proof, keys)
	case *consistency != "" && *dir == "" && *proof == "":
		return t.verifyConsistency(*consistency, *since, keys)
	case *dir == "" || *proof != "" || *consistency != "" || *since != "":
		return t.fail("want one of -ledger DIR, -proof FILE, -consistency FILE with -since FILE; %s help says more", t.path)
	}
	return t.verifyLedger(*dir, keys, checkpoints)
}

// trusted reads the public key of a flag: from a file, or the key itself.
func trusted(key string) (ledger.Keys, error) {
	if key == "" {
		return ledger.Keys{}, nil
	}
	keys, err := ledger.ReadKeys(key)
	if errors.Is(err, fs.ErrNotExist) && strings.Count(key, "+") >= 2 {
		return ledger.ParseKeys(key)
	}
	return keys, err
}

func (t *terminal) verifyLedger(dir string, keys ledger.Keys, files []string) int {
	if name := beside(dir, ".checkpoint"); name != "" && len(files) == 0 {
		files = []string{name}
	}
	config := ledger.VerifyConfig{Keys: keys}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return t.fail("%v", err)
		}
		list := ledger.SplitCheckpoints(b)
		if len(list) == 0 {
			return t.fail("%s holds no checkpoint", name)
		}
		config.Checkpoints = append(config.Checkpoints, list...)
	}
	progress := t.bar("verifying")
	config.Progress = progress.show
	r, err := ledger.Verify(context.Background(), dir, config)
	progress.clear()
	if err != nil {
		return t.verdict(err)
	}
	t.verified(r, files)
	return ok
}

// verdict says what was found wrong, or that nothing could be found out.
func (t *terminal) verdict(err error) int {
	var tampered *ledger.TamperError
	switch {
	case errors.Is(err, ledger.ErrRolledBack):
		t.printf("%s\n  %s\n", t.bad("NOT INTACT"), reason(err))
		return no
	case !errors.As(err, &tampered):
		return t.fail("could not check: %s", reason(err))
	}
	t.printf("%s\n", t.bad("NOT INTACT"))
	t.printf("  %s", tampered.File)
	if tampered.Line > 0 {
		t.printf(", line %d, byte %d", tampered.Line, tampered.Offset)
	}
	if tampered.Index >= 0 {
		t.printf(", record %d", tampered.Index)
	}
	t.printf("\n  %s\n", tampered.Reason)
	return no
}

func (t *terminal) verified(r *ledger.Report, files []string) {
	t.printf("%s  %s, %s\n", t.good("intact"), many(r.Records, "record"), many(r.Checkpoints, "checkpoint"))
	t.printf("  log    %s, %s to %s\n", r.Origin, stamp(r.First), stamp(r.Last))
	t.printf("  root   %s\n", r.Root)
	switch {
	case r.Trusted:
		t.printf("  key    the one that was given\n")
	default:
		t.printf("  key    the log's own: it is whole; whose it is, -key shows\n")
	}
	switch n := len(r.Proved); {
	case n > 0:
		t.printf("  held against %s of %s, the newest of %s\n", many(n, "checkpoint"), strings.Join(files, ", "), many(r.Proved[n-1], "record"))
	default:
		t.printf("  no published checkpoint at hand: that the newest records were not cut off, -checkpoint shows\n")
	}
	if r.Open {
		t.printf("  open: a process writes it, or was killed while it did")
		if r.Unfinished > 0 {
			t.printf("; %s of a group that was not finished, and not acknowledged", many(r.Unfinished, "byte"))
		}
		t.printf("\n")
	}
	if n := len(r.Unknown); n > 0 {
		t.printf("  %s %s of which nobody knows what became: %s\n", t.note("unknown"), many(n, "statement"), indexes(r.Unknown))
	}
	if n := len(r.Gaps); n > 0 {
		t.printf("  %s statements were sent, or refused, that are not in the log: %s\n", t.note("gaps"), indexes(r.Gaps))
	}
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }

// indexes lists records, a few of many.
func indexes(list []int64) string {
	const most = 12
	var out []string
	for _, i := range list[:min(len(list), most)] {
		out = append(out, fmt.Sprint(i))
	}
	if len(list) > most {
		out = append(out, "... (governed audit -unknown lists them)")
	}
	return strings.Join(out, ", ")
}

func (t *terminal) verifyProof(name string, keys ledger.Keys) int {
	if keys.Origin() == "" {
		return t.fail("a proof is checked with -key PUB: it holds no key, and one that came with it would prove nothing")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return t.fail("%v", err)
	}
	p, err := ledger.CheckProof(b, keys)
	if err != nil {
		return t.verdict(err)
	}
	t.printf("%s  record %d stands in %s, in the log of %s\n%s\n", t.good("proved"), p.Index, p.Checkpoint.Origin, many(p.Checkpoint.Size, "record"), visibleJSON(string(p.Record)))
	return ok
}

func (t *terminal) verifyConsistency(name, since string, keys ledger.Keys) int {
	if keys.Origin() == "" || since == "" {
		return t.fail("want -since FILE with the older checkpoint, and -key PUB")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return t.fail("%v", err)
	}
	old, err := os.ReadFile(since)
	if err != nil {
		return t.fail("%v", err)
	}
	c, err := ledger.CheckConsistency(b, old, keys)
	if err != nil {
		return t.verdict(err)
	}
	t.printf("%s  %s goes on from the older checkpoint to %s\n", t.good("proved"), c.Origin, many(c.Size, "record"))
	return ok
}

// bar shows on a terminal how far long work is.
type bar struct {
	t     *terminal
	what  string
	since time.Time
	last  time.Time
	shown bool
	on    bool
}

func (t *terminal) bar(what string) *bar {
	file, isFile := t.err.(*os.File)
	return &bar{t: t, what: what, since: time.Now(), on: isFile && term.IsTerminal(int(file.Fd()))}
}

// show says how much is done, a few times a second and not in the first.
func (b *bar) show(done, total int64) {
	now := time.Now()
	if !b.on || now.Sub(b.since) < time.Second || now.Sub(b.last) < 200*time.Millisecond || total == 0 {
		return
	}
	b.last, b.shown = now, true
	fmt.Fprintf(b.t.err, "\r%s %3d %%  %d of %d MiB ", b.what, 100*done/total, done>>20, total>>20)
}

func (b *bar) clear() {
	if b.shown {
		fmt.Fprintf(b.t.err, "\r%50s\r", "")
	}
}
