package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/governedsql/governed/mask"
)

var pseudonymCommand = &command{
	name: "pseudonym", line: "makes and rotates the key of pseudonyms, and says which pseudonym a value has",
	help: `
  governed pseudonym -keys KEYS -new                    puts a new key first in a file, and makes the file
  governed pseudonym -keys KEYS -class email < values   the pseudonyms of values, one on each line
  governed pseudonym -keys KEYS -class email ada@example.com

A program uses the first key of the file: postgres://...?governed.mask_key=KEYS, from when it opens its connections. A new key
gives new pseudonyms, which cannot be held against those before. Until they are taken out of the file, the keys before it say
what became of what: each line has the pseudonym under every key, the newest first, with tabs between, and no value. With
these, data that was stored under a key before can be joined once more, or brought over. Whoever has the file can find out
whose a pseudonym is by trying: keep it where the data is kept.

Classes: email, phone, name and the others that governed scan finds.`,
}

func init() { pseudonymCommand.run = runPseudonym }

func runPseudonym(t *terminal, args []string) int {
	f := t.flags(pseudonymCommand)
	file, class, fresh := f.String("keys", "", ""), f.String("class", "", ""), f.Bool("new", false, "")
	if code, done := t.parse(pseudonymCommand, f, args); done {
		return code
	}
	switch {
	case *file == "", *fresh == (*class != ""), *fresh && f.NArg() > 0:
		return t.fail("want -keys FILE and one of -new, -class CLASS; %s help says more", t.path)
	case *fresh:
		n, err := rotate(*file)
		if err != nil {
			return t.fail("%v", err)
		}
		t.printf("a new key is in force, %d before it\n", n)
		return ok
	case !slices.Contains(mask.Classes(), *class):
		return t.fail("there is no such class: want one of %s", strings.Join(mask.Classes(), ", ")) // what was said may be a key
	}
	maskers, err := maskersOf(*file)
	if err != nil {
		return t.fail("%v", err)
	}
	tell := func(value string) {
		var line []string
		for _, m := range maskers {
			line = append(line, m.Pseudonym(mask.Class(*class), value))
		}
		fmt.Fprintln(t.out, strings.Join(line, "\t")) // printf would write the tabs as \t
	}
	if f.NArg() > 0 {
		for _, value := range f.Args() {
			tell(value)
		}
		return ok
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		tell(in.Text())
	}
	if err := in.Err(); err != nil {
		return t.fail("reading values: %v", err)
	}
	return ok
}

func maskersOf(file string) ([]*mask.Masker, error) {
	keys, err := mask.ReadKeys(file)
	if err != nil {
		return nil, err
	}
	var out []*mask.Masker
	for _, key := range keys {
		m, err := mask.New(mask.Config{Key: key})
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// rotate puts a new key before those of a file, all or nothing, and gives how many those are.
func rotate(file string) (before int, err error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = nil
	case err != nil:
		return 0, mask.KeyFileError(err)
	default:
		keys, err := mask.ParseKeys(text)
		if err != nil {
			return 0, err // another file, which must not be written over
		}
		before = len(keys)
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return 0, err
	}
	text = bytes.Join([][]byte{[]byte(base64.StdEncoding.EncodeToString(key[:])), text}, []byte("\n"))
	next, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // nobody else can read it
	if err != nil {
		return 0, mask.KeyFileError(err)
	}
	_, err = next.Write(text)
	if err = errors.Join(err, next.Sync(), next.Close()); err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		_ = os.Remove(next.Name())
		return 0, mask.KeyFileError(err)
	}
	return before, nil
}
