package ledger

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// The most entries of the lists that grow with what a statement copies, not with what it names. Relations and what commands
// act on are never cut.
const (
	mostColumns = 1 << 14
	mostFlow    = 1 << 12
)

// names is a list of which each entry stands once. A short one is searched, a long one has a set beside it.
type names struct {
	list []string
	set  map[string]struct{}
	most int  // 0 = any number
	cut  bool // there were more
}

// searched is how long a list may be that is searched from its beginning.
const searched = 32

func (n *names) add(s string) {
	if n.has(s) {
		return
	}
	if n.most > 0 && len(n.list) == n.most {
		n.cut = true
		return
	}
	n.list = append(n.list, s)
	switch {
	case n.set != nil:
		n.set[s] = struct{}{}
	case len(n.list) == searched:
		n.set = make(map[string]struct{}, 2*searched)
		for _, old := range n.list {
			n.set[old] = struct{}{}
		}
	}
}

func (n *names) has(s string) bool {
	if n.set != nil {
		_, ok := n.set[s]
		return ok
	}
	for _, old := range n.list {
		if old == s {
			return true
		}
	}
	return false
}

// facts is what the statements of a text touch.
type facts struct {
	classes, prints, texts                          []string
	commands, reads, writes, objects, columns, flow names
}

// facts writes down what the statements of a record touch.
func (b *body) facts(r *lineage.Record) {
	if r.Statement == nil && len(r.Script) == 0 {
		return
	}
	f := facts{columns: names{most: mostColumns}, flow: names{most: mostFlow}}
	if st := r.Statement; st != nil {
		b.Class, b.Print, b.Text = string(st.Class), st.Fingerprint, st.Normalized
		b.Unresolved = len(st.Unresolved) > 0
		f.statement(st)
	}
	if len(r.Script) > 0 {
		for _, st := range r.Script {
			f.classes, f.prints, f.texts = append(f.classes, string(st.Class)), append(f.prints, st.Fingerprint), append(f.texts, st.Normalized)
			f.commands.add(st.Command)
			b.Unresolved = b.Unresolved || len(st.Unresolved) > 0
			f.statement(st)
		}
		b.Class, b.Print, b.Text = strings.Join(f.classes, " "), strings.Join(f.prints, " "), strings.Join(f.texts, "; ")
	}
	b.Commands, b.Reads, b.Writes, b.Objects = f.commands.list, f.reads.list, f.writes.list, f.objects.list
	b.Columns, b.Flow = f.columns.list, f.flow.list
	if f.columns.cut {
		b.CutLists = append(b.CutLists, "columns")
	}
	if f.flow.cut {
		b.CutLists = append(b.CutLists, "flow")
	}
}

// writesRows are the commands whose targets stand among the relations written.
var writesRows = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "COPY": true}

func (f *facts) statement(st *lineage.Statement) {
	for i := range st.Relations {
		use := &st.Relations[i]
		name := quoted(use.Relation.Name)
		if use.Access&(lineage.Reads|lineage.Locks) != 0 {
			f.reads.add(name)
		}
		if use.Access&lineage.Writes != 0 {
			f.writes.add(name)
		}
		for _, column := range use.Columns {
			f.columns.add(name + "." + lineage.QuoteName(column))
		}
	}
	for i := range st.Effects {
		e := &st.Effects[i]
		if e.Object.Name != "" && !writesRows[e.Command] && !e.NamedByValue() {
			f.objects.add(e.Command + " " + quoted(e.Object))
		}
	}
	for i := range st.Assigns {
		f.assign(&st.Assigns[i])
	}
}

func (f *facts) assign(a *lineage.Assign) {
	if len(a.Sources) == 0 || f.flow.cut {
		return
	}
	target := quotedColumn(a.Target)
	for i := range a.Sources {
		if f.flow.add(target + "<-" + quotedColumn(a.Sources[i].Column)); f.flow.cut {
			return
		}
	}
}

// quoted writes a name as SQL does, each part quoted unless it is plain.
func quoted(n lineage.Name) string {
	if n.Schema == "" {
		return lineage.QuoteName(n.Name)
	}
	return lineage.QuoteName(n.Schema) + "." + lineage.QuoteName(n.Name)
}

// quotedColumn writes a column so. Of one that is not resolved parts are missing.
func quotedColumn(c lineage.ColumnID) string {
	if c.Relation == "" {
		return lineage.QuoteName(c.Column)
	}
	return quoted(c.Of()) + "." + lineage.QuoteName(c.Column)
}
