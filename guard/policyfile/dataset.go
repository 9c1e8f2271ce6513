package policyfile

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

// datasetObject says what relations hold.
var datasetObject = object[dataset]{"a dataset", []field[dataset]{
	{"match", func(d *decoder, _, v *yaml.Node, s *dataset) {
		s.Match = d.texts(v, "match", func(text string) error { return (&guard.Dataset{Match: []string{text}}).Check() })
	}},
	{"tags", func(d *decoder, _, v *yaml.Node, s *dataset) { s.Tags = d.tags(v) }},
	{"columns", func(d *decoder, _, v *yaml.Node, s *dataset) {
		s.Columns = map[string][]string{}
		d.each(v, "columns", func(k, v *yaml.Node) {
			if err := (&guard.Dataset{Match: []string{"*"}, Columns: map[string][]string{k.Value: nil}}).Check(); err != nil {
				d.refused(k, err)
				return
			}
			s.Columns[k.Value] = d.tags(v)
		})
	}},
	{"tenant", func(d *decoder, _, v *yaml.Node, s *dataset) {
		text, ok := d.text(v, "tenant")
		if !ok {
			return
		}
		if err := (&guard.Dataset{Match: []string{"*"}, Tenant: text}).Check(); err != nil {
			d.refused(v, err)
			return
		}
		s.Tenant = text
	}},
}}

// dataset is a dataset and where it stands.
type dataset struct {
	guard.Dataset
	at *yaml.Node
}

func (d *decoder) tags(n *yaml.Node) []string {
	return d.texts(n, "tags", func(text string) error { return (&guard.Dataset{Match: []string{"*"}, Tags: []string{text}}).Check() })
}

func (d *decoder) dataset(n *yaml.Node) dataset {
	s := dataset{at: n}
	before := len(d.problems)
	datasetObject.read(d, n, &s)
	if len(d.problems) == before && len(s.Match) == 0 {
		d.fail(n, "the dataset names no relation; expected match: schema.table")
	}
	return s
}

// tags are all tags that datasets give, and those above them: pii above pii.email.
func (f *File) tags() []string {
	var out []string
	add := func(tags []string) {
		for _, t := range tags {
			for {
				out = append(out, t)
				i := strings.LastIndexByte(t, '.')
				if i < 0 {
					break
				}
				t = t[:i]
			}
		}
	}
	for i := range f.datasets {
		add(f.datasets[i].Tags)
		for _, tags := range f.datasets[i].Columns {
			add(tags)
		}
	}
	return sorted(out)
}
