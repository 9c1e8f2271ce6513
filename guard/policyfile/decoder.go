package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

// The limits of a file. A policy is written by people.
const (
	maxBytes    = 1 << 20
	maxDepth    = 16
	maxProblems = 20
	maxMessage  = 300 // characters
)

// decoder reads the tree of a file strictly and keeps all that is wrong with it.
type decoder struct {
	file     string
	lines    []string
	policy   bool // the file says that it is one: another file's lines are shown to nobody
	problems []Problem
}

// fail keeps a problem.
func (d *decoder) fail(n *yaml.Node, message string, args ...any) *Problem {
	p := Problem{Message: cut(fmt.Sprintf(message, args...), maxMessage)}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	if p.Line > 0 && p.Line <= len(d.lines) && d.policy {
		p.Excerpt = d.lines[p.Line-1]
	}
	d.problems = append(d.problems, p)
	return &d.problems[len(d.problems)-1]
}

// unknown keeps a problem with a word that is none of those known.
func (d *decoder) unknown(n *yaml.Node, what string, known []string) {
	p := d.fail(n, "unknown %s %q", what, n.Value)
	p.Meant, p.Expected = nearest(n.Value, known), enumerate(known)
}

// cut is a text of at most n characters.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-3]) + "..."
	}
	return s
}

// refused keeps what the guard says of a value.
func (d *decoder) refused(n *yaml.Node, err error) {
	var value *guard.ValueError
	if errors.As(err, &value) && len(value.Known) > 0 {
		p := d.fail(n, "unknown %s %q", value.Field, value.Value)
		p.Meant, p.Expected = nearest(value.Value, value.Known), enumerate(value.Known)
		return
	}
	d.fail(n, "%s", strings.TrimPrefix(err.Error(), "guard: "))
}

// err is all that was found; nil where that is nothing.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if len(d.problems) > maxProblems {
		rest := len(d.problems) - maxProblems
		d.problems = append(d.problems[:maxProblems:maxProblems], Problem{Message: fmt.Sprintf("and %d problems more", rest)})
	}
	return &Error{File: d.file, Problems: d.problems}
}

// tree reads the one document of a file.
func (d *decoder) tree(src []byte) *yaml.Node {
	switch {
	case len(src) > maxBytes:
		d.fail(nil, "the file has %d bytes, a policy at most %d", len(src), maxBytes)
		return nil
	case !utf8.Valid(src):
		d.fail(nil, "the file is not UTF-8 text")
		return nil
	}
	d.lines = strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	d.policy = slices.ContainsFunc(d.lines, func(line string) bool { return strings.HasPrefix(line, "version:") })
	if d.tabs() {
		return nil
	}
	in := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	switch err := in.Decode(&doc); {
	case errors.Is(err, io.EOF):
		d.fail(nil, "the file is empty; the shortest policy is: version: 1")
		return nil
	case err != nil:
		d.syntax(err)
		return nil
	}
	if err := in.Decode(&more); err == nil {
		d.fail(&more, "a second document begins here; a policy is one document")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return nil
	}
	if len(doc.Content) != 1 {
		return nil
	}
	root := doc.Content[0]
	switch {
	case root.ShortTag() == "!!null":
		d.fail(nil, "the file is empty; the shortest policy is: version: 1")
		return nil
	case !versioned(root):
		d.policy = false
		message := "this is no policy; expected keys with values, version: 1 among them"
		if root.Kind == yaml.MappingNode {
			message = "the policy has no version; expected version: 1"
		}
		d.fail(root, "%s", message)
		return nil
	case !d.plain(root, 0):
		return nil
	}
	return root
}

// versioned reports whether a document is a mapping with a version.
func versioned(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == "version" {
			return true
		}
	}
	return false
}

// tabs finds lines that are indented by tabs, which YAML does not allow and of which its parser says little.
func (d *decoder) tabs() bool {
	for i, line := range d.lines {
		if space := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(space, "\t") && strings.TrimSpace(line) != "" {
			d.fail(&yaml.Node{Line: i + 1, Column: strings.IndexByte(space, '\t') + 1}, "a tab indents the line; YAML takes spaces only")
			return true
		}
	}
	return false
}

// syntax keeps what the parser says, which names a line at most.
func (d *decoder) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	n := &yaml.Node{}
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			if line, err := strconv.Atoi(number); err == nil && line > 0 && line <= len(d.lines) {
				n.Line, n.Column, message = line, 1, text
			}
		}
	}
	if !d.policy {
		message = "and no policy"
	}
	d.fail(n, "this is not YAML: %s", message)
}

// plain refuses what a policy has no use for: anchors and aliases, tags, and a depth that nobody reads.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		d.fail(n, "nested deeper than any policy")
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, "anchors and aliases are not part of a policy; write it out")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "tags such as %s are not part of a policy", n.Tag)
		return false
	}
	for _, c := range n.Content {
		if !d.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// field is one key of an object.
type field[T any] struct {
	name string
	read func(d *decoder, key, value *yaml.Node, into *T)
}

// object is a mapping with known keys. The JSON Schema has to name the same ones.
type object[T any] struct {
	what   string // for people: "the policy", "when"
	fields []field[T]
}

func (o *object[T]) keys() []string {
	out := make([]string, len(o.fields))
	for i := range o.fields {
		out[i] = o.fields[i].name
	}
	return out
}

func (o *object[T]) read(d *decoder, n *yaml.Node, into *T) {
	d.each(n, o.what, func(key, value *yaml.Node) {
		for i := range o.fields {
			if o.fields[i].name == key.Value {
				o.fields[i].read(d, key, value, into)
				return
			}
		}
		p := d.fail(key, "unknown key %q in %s", key.Value, o.what)
		p.Meant, p.Expected = nearest(key.Value, o.keys()), enumerate(o.keys())
	})
}

// each visits the pairs of a mapping. A key that is there twice, or is no word, is a problem.
func (d *decoder) each(n *yaml.Node, what string, visit func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, what, "keys with values")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "a key of %s has to be a word", what)
		case twice:
			d.fail(key, "key %q is there twice, first in line %d", key.Value, line)
		default:
			seen[key.Value] = key.Line
			visit(key, value)
		}
	}
}

// wrong keeps a problem with the type of a value.
func (d *decoder) wrong(n *yaml.Node, what, want string) {
	got := map[string]string{
		"!!map": "keys with values", "!!seq": "a list", "!!null": "nothing", "!!bool": "true or false", "!!int": "a number",
		"!!float": "a number", "!!timestamp": "a date",
	}[n.ShortTag()]
	if got == "" {
		got = "text"
	}
	if n.Kind == yaml.ScalarNode && n.Value != "" && n.ShortTag() != "!!null" {
		got = fmt.Sprintf("%s (%s)", got, n.Value)
	}
	d.fail(n, "%s: want %s, got %s", what, want, got)
}

// items visits the entries of a list; a single entry counts as a list of one.
func (d *decoder) items(n *yaml.Node, what string, visit func(*yaml.Node)) {
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		d.fail(n, "%s: the list is empty; leave the key out", what)
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			visit(c)
		}
	default:
		visit(n)
	}
}

// text reads a text.
func (d *decoder) text(n *yaml.Node, what string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null":
		d.wrong(n, what, "text")
	case n.ShortTag() != "!!str":
		d.fail(n, "%s: %s reads as %s; put it in quotes", what, n.Value, map[string]string{
			"!!bool": "true or false", "!!int": "a number", "!!float": "a number", "!!timestamp": "a date",
		}[n.ShortTag()])
	case strings.TrimSpace(n.Value) == "":
		d.fail(n, "%s: the text is empty", what)
	default:
		return n.Value, true
	}
	return "", false
}

// texts reads texts of which check says what is wrong; a nil check takes all.
func (d *decoder) texts(n *yaml.Node, what string, check func(string) error) []string {
	var out []string
	d.items(n, what, func(c *yaml.Node) {
		s, ok := d.text(c, what)
		if !ok {
			return
		}
		if check != nil {
			if err := check(s); err != nil {
				d.refused(c, err)
				return
			}
		}
		out = append(out, s)
	})
	return out
}

// word reads one of a few words.
func (d *decoder) word(n *yaml.Node, what string, known []string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, what, enumerate(known))
		return "", false
	}
	if !slices.Contains(known, n.Value) {
		d.unknown(n, what, known)
		return "", false
	}
	return n.Value, true
}

func (d *decoder) truth(n *yaml.Node, what string) (value, ok bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		d.wrong(n, what, "true or false")
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

// count reads a whole number that is not negative.
func (d *decoder) count(n *yaml.Node, what string) (int64, bool) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		if v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64); err == nil && v > 0 {
			return v, true
		}
	}
	d.wrong(n, what, "a whole number above zero")
	return 0, false
}

// number reads a number that is not negative.
func (d *decoder) number(n *yaml.Node, what string) (float64, bool) {
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") {
		if v, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && v > 0 && v <= 1e300 {
			return v, true
		}
	}
	d.wrong(n, what, "a number above zero")
	return 0, false
}

// units are those of sizes, the longest first.
var units = []struct {
	name string
	of   int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}}

// size reads a number of bytes, with or without a unit.
func (d *decoder) size(n *yaml.Node, what string) (int64, bool) {
	if n.Kind == yaml.ScalarNode {
		text, unit := strings.ReplaceAll(n.Value, "_", ""), int64(1)
		for _, u := range units {
			if rest, ok := strings.CutSuffix(text, u.name); ok {
				text, unit = strings.TrimSpace(rest), u.of
				break
			}
		}
		const most = 1 << 60
		if v, err := strconv.ParseInt(text, 10, 64); err == nil && v > 0 && v <= most/unit {
			return v * unit, true
		}
	}
	d.wrong(n, what, "a size such as 65536, 50MB or 1GiB")
	return 0, false
}

// span reads a length of time.
func (d *decoder) span(n *yaml.Node, what string) (time.Duration, bool) {
	if n.Kind == yaml.ScalarNode {
		if v, err := time.ParseDuration(n.Value); err == nil && v >= time.Millisecond {
			return v, true
		}
	}
	d.wrong(n, what, "a length of time such as 500ms, 30s, 15m or 24h")
	return 0, false
}
