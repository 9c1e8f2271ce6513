package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// hostile is one of each kind of what a terminal must not be given.
const hostile = "a\x1b[2Jb\u009b31mc\u202ed\u2066e\u200ff\u061cg\u200bh\ufeffi\u2028j\x7fk\U000e0041l\r\nm"

func TestVisible(t *testing.T) {
	t.Parallel()
	require.Equal(t, `a\x1b[2Jb\u009b31mc\u202ed\u2066e\u200ff\u061cg\u200bh\ufeffi\u2028j\x7fk\U000e0041l\r\nm`, visible(hostile))
	require.Equal(t, "a\n\tb\\x1b", visibleLines("a\n\tb\x1b"))
	for in, want := range map[string]string{
		"": "", "plain": "plain", "Grüße 世界 🎉": "Grüße 世界 🎉", "a\tb": `a\tb`, "\xff\x9b": `\xff\x9b`, "\ufffd": "\ufffd",
	} {
		require.Equal(t, want, visible(in))
	}
}

// Whatever a command is told, its own colours are the only sequences that it prints, and lines end where it ends them.
func TestTerminalIsNotCommanded(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	term := &terminal{out: &out, err: &errs, path: "governed", colour: true}
	term.printf("%s %v %8s|%s|%d %s\n", hostile, errors.New(hostile), hostile, term.bold(hostile), 7, block("x\ny"+hostile))
	term.fail("%v %q", errors.New(hostile), hostile)
	noCommands(t, strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(out.String()))
	noCommands(t, errs.String())
	require.Equal(t, 1, strings.Count(errs.String(), "\n"))
	require.Contains(t, out.String(), "\x1b[1ma\\x1b[2J")
}

// noCommands fails where text holds what a terminal obeys.
func noCommands(t *testing.T, text string) {
	t.Helper()
	require.True(t, utf8.ValidString(text))
	for _, r := range text {
		require.False(t, unseen(r) && r != '\n' && r != '\t', "%U in %q", r, text)
	}
}

func TestVisibleJSONMeansTheSame(t *testing.T) {
	t.Parallel()
	in, err := json.Marshal(map[string]string{hostile: hostile})
	require.NoError(t, err)
	shown := visibleJSON(string(in))
	noCommands(t, shown)
	var out map[string]string
	require.NoError(t, json.Unmarshal([]byte(shown), &out))
	require.Equal(t, map[string]string{hostile: hostile}, out)
}

func TestQuoteYAML(t *testing.T) {
	t.Parallel()
	for _, name := range []string{hostile, "it's", `back\slash`, "\x1b'\"\\"} {
		quoted := quoteYAML(name)
		noCommands(t, quoted)
		var back string
		require.NoError(t, yaml.Unmarshal([]byte(quoted), &back))
		require.Equal(t, name, back)
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{hostile, "", "\xff", "=1", " ＝x", "\n=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		noCommands(t, visible(s))
		noCommands(t, visibleLines(s))
		if in, err := json.Marshal(s); err == nil {
			var a, b string
			require.NoError(t, json.Unmarshal(in, &a))
			require.NoError(t, json.Unmarshal([]byte(visibleJSON(string(in))), &b))
			require.Equal(t, a, b)
		}
		var b strings.Builder
		w := csv.NewWriter(&b)
		require.NoError(t, w.Write([]string{harmless(visibleLines(s)), "x"}))
	})
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{
		"=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\nx", " =1", "  +1", "\u00a0-1", "＝1", "＋1", "－1", "＠x", " ＝1", "\u3000@x",
	} {
		require.Equal(t, "'"+cell, harmless(cell), "%q", cell)
	}
	for _, cell := range []string{"", " ", "x", "1", " x", "a=1", "'=1", "select 1"} {
		require.Equal(t, cell, harmless(cell), "%q", cell)
	}
}

// No error holds what an address of a database keeps for itself.
func TestNoSecretOfAnAddress(t *testing.T) {
	t.Parallel()
	for _, where := range []string{
		"host=/no/such password=hunter2 user=u", "host=/no/such password='hunter2 x' user=u", "host=h PASSWORD = hunter2",
		"postgres://u:hunter2@h:1/d?connect_timeout=1", "postgres://u:hunter2@[bad", "postgres://u:hun@ter2 hunter2@h:1/d",
		"postgresql://h:1/d?password=hunter2&connect_timeout=1", "mysql://u:hunter2@h/d",
		filepath.Join(t.TempDir(), "password=hunter2"),
	} {
		for _, args := range [][]string{
			{"audit", "-ledger", where},
			{"verify", "-ledger", where},
			{"prove", "-ledger", where, "1"},
			{"prove", "-ledger", where, "-since", where},
			{"forget", "-ledger", where, "-before", "2020-01", "-key-file", filepath.Join(t.TempDir(), "k")},
			{"forget", "-ledger", where, "-before", "2020-01"},
			{"verify", "-ledger", "x", "-checkpoint", where},
			{"verify", "-proof", where, "-key", where},
			{"audit", where},
			{"verify", where},
			{"prove", "-ledger", "x", where},
			{"audit", "-ledger", "x", "-since", where},
		} {
			var out, errs bytes.Buffer
			require.Equal(t, failed, dispatch(&terminal{out: &out, err: &errs, path: "governed"}, root(), args), "%q", args)
			require.NotContains(t, out.String()+errs.String(), "hunter2", "%q", args)
		}
	}
}
