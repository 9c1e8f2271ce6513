package main

import (
	"context"
	"os"
	"strconv"

	"github.com/governedsql/governed/lineage/ledger"
)

var proveCommand = &command{
	name: "prove", line: "a proof that a record stands in a ledger, for who has only the public key",
	help: `
  governed prove -ledger DIR 1234 > record.tlog-proof
  governed verify -proof record.tlog-proof -key PUB

  governed prove -ledger DIR -since old.checkpoint > goes-on.proof
  governed verify -consistency goes-on.proof -since old.checkpoint -key PUB

RECORD is the number of a record, as governed audit shows it. The proof holds the record, the hashes beside it in the tree and
the newest signed checkpoint (C2SP tlog-proof); the second form shows that a log goes on from an older checkpoint with nothing
of it changed (C2SP tlog-witness).`,
}

func init() { proveCommand.run = runProve }

func runProve(t *terminal, args []string) int {
	f := t.flags(proveCommand)
	dir, since := f.String("ledger", "", ""), f.String("since", "", "")
	if code, done := t.parse(proveCommand, f, args); done {
		return code
	}
	if *dir == "" || (f.NArg() == 1) == (*since != "") || f.NArg() > 1 {
		return t.fail("want -ledger DIR and the number of a record, or -since FILE; %s help says more", t.path)
	}
	var proof []byte
	var err error
	if *since != "" {
		proof, err = proveSince(*dir, *since)
	} else {
		index, bad := strconv.ParseInt(f.Arg(0), 10, 64)
		if bad != nil {
			return t.fail("%q is not the number of a record", f.Arg(0))
		}
		proof, err = ledger.ProveRecord(context.Background(), *dir, index)
	}
	if err != nil {
		return t.fail("%s", reason(err))
	}
	t.printf("%s", block(proof))
	return ok
}

func proveSince(dir, name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	old, err := ledger.ParseCheckpoint(b)
	if err != nil {
		return nil, err
	}
	return ledger.ProveConsistency(context.Background(), dir, old.Size)
}
