package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/assume"
	"github.com/governedsql/governed/lineage"
)

// File is a policy file that was read and checked. It does not change.
type File struct {
	name      string
	src       []byte
	root      *yaml.Node
	deny      *yaml.Node // default: deny; nil = default is not there
	datasets  []dataset
	rules     []rule
	overrides []override
	shadow    []string
	limits    *limits
	allowList string // the path, as the file has it
	tests     []test
	schema    []*lineage.Relation
}

// Parse reads a policy. name is that of the file, for messages and for finding the allow-list beside it. What is wrong with
// the policy comes as an [*Error].
func Parse(name string, src []byte) (*File, error) {
	f := &File{name: name, src: bytes.Clone(src)}
	d := &decoder{file: name}
	if f.root = d.tree(src); f.root != nil {
		fileObject.read(d, f.root, f)
		d.known(f)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// Load reads the policy in a file.
func Load(path string) (*File, error) {
	src, err := readFile(path, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("policyfile: %w", err)
	}
	return Parse(path, src)
}

// readFile reads a regular file up to a limit and one byte beyond it.
func readFile(path string, limit int64) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return io.ReadAll(io.LimitReader(in, limit+1))
}

// fileObject is the policy as a whole.
var fileObject = object[File]{"the policy", []field[File]{
	{"version", func(d *decoder, _, v *yaml.Node, _ *File) {
		if v.Kind != yaml.ScalarNode || v.Value != "1" {
			d.wrong(v, "version", "1")
		}
	}},
	{"default", func(d *decoder, _, v *yaml.Node, f *File) {
		if _, ok := d.word(v, "default", []string{"deny"}); ok {
			f.deny = v
		}
	}},
	{"datasets", func(d *decoder, _, v *yaml.Node, f *File) {
		d.list(v, "datasets", func(n *yaml.Node) { f.datasets = append(f.datasets, d.dataset(n)) })
	}},
	{"rules", func(d *decoder, _, v *yaml.Node, f *File) {
		d.list(v, "rules", func(n *yaml.Node) { f.rules = append(f.rules, d.rule(n, f.rules)) })
	}},
	{"overrides", func(d *decoder, _, v *yaml.Node, f *File) { f.overrides = d.overrides(v) }},
	{"shadow", func(d *decoder, _, v *yaml.Node, f *File) { f.shadow = d.shadowed(v) }},
	{"limits", func(d *decoder, _, v *yaml.Node, f *File) { l := d.limits(v, "limits"); f.limits = &l }},
	{"allow_list", func(d *decoder, _, v *yaml.Node, f *File) { f.allowList, _ = d.text(v, "allow_list") }},
	{"schema", func(d *decoder, _, v *yaml.Node, f *File) { f.schema = d.schema(v) }},
	{"tests", func(d *decoder, _, v *yaml.Node, f *File) {
		d.list(v, "tests", func(n *yaml.Node) { f.tests = append(f.tests, d.test(n, f.tests)) })
	}},
}}

// list visits the entries of a list of maps.
func (d *decoder) list(n *yaml.Node, what string, visit func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, what, "a list")
		return
	}
	for _, c := range n.Content {
		visit(c)
	}
}

func (d *decoder) schema(n *yaml.Node) []*lineage.Relation {
	text, ok := d.text(n, "schema")
	if !ok {
		return nil
	}
	relations, err := assume.Schema(text)
	var wrong *assume.SchemaError
	if errors.As(err, &wrong) {
		at := *n
		if wrong.Pos >= 0 && wrong.Pos <= len(text) && n.Style&yaml.LiteralStyle != 0 {
			at.Line += 1 + bytes.Count([]byte(text[:wrong.Pos]), []byte("\n"))
			if line := d.lines[min(at.Line, len(d.lines))-1]; true {
				at.Column = len(line) - len(bytes.TrimLeft([]byte(line), " ")) + 1
			}
		}
		d.fail(&at, "schema: %s", wrong.Reason)
	}
	return relations
}

// Name is the name that the file was parsed under.
func (f *File) Name() string { return f.name }

// Relations are those that the file's schema: declares.
func (f *File) Relations() []*lineage.Relation { return slices.Clone(f.schema) }

// maxAllowList bounds the allow-list.
const maxAllowList = 16 << 20

// Config is the policy as package guard takes it. base gives what a file does not say: the profile, the environment,
// whether someone can approve, evaluators. Rules and whatever else a file does say belong in the file: a base that has them
// is an error, so that the digest in the records is that of the file.
func (f *File) Config(base guard.Config) (guard.Config, error) {
	c := guard.Config{Profile: base.Profile, Approvals: base.Approvals, Environment: base.Environment, Evaluators: base.Evaluators}
	if len(base.Shadow)+len(base.Datasets)+len(base.Rules)+len(base.Overrides)+len(base.Tenants) > 0 ||
		base.DefaultDeny || base.Limits != nil || base.AllowList != nil || base.Source != nil {
		return guard.Config{}, errors.New("policyfile: rules, datasets, limits and lists belong in the file, not in the base")
	}
	c.Source, c.DefaultDeny, c.Shadow = f.src, f.deny != nil, slices.Clone(f.shadow)
	for i := range f.datasets {
		c.Datasets = append(c.Datasets, f.datasets[i].Dataset)
	}
	for i := range f.rules {
		c.Rules = append(c.Rules, f.rules[i].PolicyRule)
	}
	for i := range f.overrides {
		o := &f.overrides[i]
		if o.shadow && !o.bounded {
			c.Shadow = append(c.Shadow, o.Rule)
			continue
		}
		c.Overrides = append(c.Overrides, o.Override)
	}
	if f.limits != nil {
		var of guard.Limits
		if base.Profile == guard.Strict {
			of = guard.StrictLimits()
		}
		of = f.limits.over(of)
		c.Limits = &of
	}
	var err error
	if f.allowList != "" {
		c.AllowList, err = f.readAllowList()
	}
	return c, err
}

// allowListPath is where the allow-list is: beside the file.
func (f *File) allowListPath() string {
	if f.allowList == "" || filepath.IsAbs(f.allowList) {
		return f.allowList
	}
	return filepath.Join(filepath.Dir(f.name), f.allowList)
}

func (f *File) readAllowList() (*guard.AllowList, error) {
	src, err := readFile(f.allowListPath(), maxAllowList)
	if err == nil && len(src) > maxAllowList {
		err = fmt.Errorf("%s has more than %d bytes", f.allowListPath(), maxAllowList)
	}
	var list *guard.AllowList
	if err == nil {
		list, err = guard.ParseAllowList(src)
	}
	if err != nil {
		return nil, fmt.Errorf("policyfile: %s: allow_list: %w", f.name, err)
	}
	return list, nil
}

// Policy compiles the policy for a base and runs its tests. A policy of which a test fails is not given: a [*TestError]
// says which and why.
func (f *File) Policy(base guard.Config) (*guard.Policy, error) {
	c, err := f.Config(base)
	if err != nil {
		return nil, err
	}
	p, err := guard.NewPolicy(c)
	if err != nil {
		return nil, fmt.Errorf("policyfile: %s: %w", f.name, err)
	}
	var failed []TestResult
	for _, r := range f.Test() {
		if !r.Passed() {
			failed = append(failed, r)
		}
	}
	if len(failed) > 0 {
		return nil, &TestError{File: f.name, Failed: failed}
	}
	return p, nil
}
