package lineage

import (
	"fmt"
	"strings"
)

// String explains the statement to people, as a tree: what it is, which relations and columns it touches, what it returns
// and from where, what else it does. Machines read [Statement.MarshalJSON]. No constant that is stored, compared or passed
// is in it.
func (s *Statement) String() string {
	e := s.explanation()
	root := &branch{text: fmt.Sprintf("%s (%s)", e.Command, e.Class)}
	root.relations(e.Relations)
	root.outputs(e.Outputs)
	root.assigns("assigns", e.Assigns)
	root.assigns("shows", e.Shows)
	root.influences(e.Influences)
	root.functions(e.Functions)
	root.settings(e.Settings)
	root.effects(e.Effects)
	root.shape(e)
	root.gaps(e.Unresolved)
	var b strings.Builder
	root.print(&b, "")
	return b.String()
}

// branch is a line of the tree and those below it.
type branch struct {
	text  string
	below []*branch
}

func (b *branch) add(words ...string) *branch {
	n := &branch{text: join(words...)}
	b.below = append(b.below, n)
	return n
}

// join writes the words that are there.
func join(words ...string) string {
	out := ""
	for _, w := range words {
		if out != "" && w != "" && w[0] != ',' {
			out += " "
		}
		out += w
	}
	return out
}

// also adds words behind a comma, if there are any.
func also(words ...string) string {
	if w := join(words...); w != "" {
		return ", " + w
	}
	return ""
}

func when(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func (b *branch) print(out *strings.Builder, indent string) {
	out.WriteString(b.text + "\n")
	for i, n := range b.below {
		fork, next := "├─ ", "│  "
		if i == len(b.below)-1 {
			fork, next = "└─ ", "   "
		}
		out.WriteString(indent + fork)
		n.print(out, indent+next)
	}
}

// group adds a heading where there is something under it.
func (b *branch) group(heading string, n int) *branch {
	if n == 0 {
		return &branch{}
	}
	return b.add(heading)
}

// words is where something stands, "" at the top level.
func (p explainedPlace) words() string {
	if len(p.Inside) == 0 {
		return ""
	}
	return ", in " + strings.Join(p.Inside, ", ")
}

func (b *branch) relations(list []explainedUse) {
	g := b.group("relations", len(list))
	for _, r := range list {
		columns := ""
		if len(r.Columns) > 0 {
			columns = "(" + strings.Join(r.Columns, ", ") + ")"
		}
		unknown := when(!r.Known, ", unknown")
		if r.Kind != "table" && r.Kind != "" {
			unknown += ", " + r.Kind
		}
		command := r.Command
		if command != "" {
			command = "by " + command
		}
		g.add(strings.Join(r.Access, " and "), r.Name, columns, command, unknown+r.words())
	}
}

func (b *branch) outputs(list []explainedOutput) {
	g := b.group("outputs", len(list))
	for i, o := range list {
		n := g.add(fmt.Sprint(i+1), o.Name, o.Type, when(o.Harmless, ", carries no value"), also(when(o.Unresolved != "", "unresolved:"), o.Unresolved))
		n.sources(o.Sources, o.Base)
	}
}

// sources lists what something is made of, and what that is below views.
func (b *branch) sources(list, base []explainedSource) {
	for _, s := range list {
		b.add("<-", s.words())
	}
	if base != nil {
		g := b.add("below views")
		for _, s := range base {
			g.add("<-", s.words())
		}
	}
}

func (s explainedSource) words() string {
	var edges []string
	for _, e := range s.Edges {
		edges = append(edges, e.Role+" "+e.Kind)
	}
	return s.Column + ": " + strings.Join(edges, ", ")
}

func (b *branch) assigns(heading string, list []explainedAssign) {
	g := b.group(heading, len(list))
	for _, a := range list {
		n := g.add(a.Target, "by", a.Command, when(a.Default, ", its default"), a.words())
		for _, p := range a.Params {
			n.add("<-", fmt.Sprintf("$%d", p))
		}
		n.sources(a.Sources, a.Base)
	}
}

func (b *branch) influences(list []explainedReach) {
	g := b.group("influences", len(list))
	for _, in := range list {
		g.add(string(in.Kind), in.Column, when(in.Equality, "= parameter"))
	}
}

// functions lists each function once for each place it is called in.
func (b *branch) functions(list []explainedCall) {
	g := b.group("functions", len(list))
	seen := map[string]bool{}
	for _, f := range list {
		facts := append([]string{}, f.Volatility...)
		if f.SecurityDefiner {
			facts = append(facts, "SECURITY DEFINER")
		}
		if facts = append(facts, f.Languages...); len(facts) == 0 {
			facts = []string{"unknown"}
		}
		text := join(f.Name, ", "+strings.Join(facts, ", "), when(f.Opened, ", opened"), when(f.InFrom, ", in FROM"), f.words())
		if !seen[text] {
			seen[text] = true
			g.add(text)
		}
	}
}

func (b *branch) settings(list []explainedSetting) {
	g := b.group("settings", len(list))
	for _, s := range list {
		name := s.Name
		if name == "" && !strings.HasSuffix(s.Action, "ALL") {
			name = "unknown"
		}
		value := ""
		switch {
		case s.Value != "":
			value = "= " + s.Value
		case s.Param > 0:
			value = fmt.Sprintf("= $%d", s.Param)
		}
		g.add(s.Action, name, value, when(s.Local, ", local"), when(s.Dynamic, ", dynamic"), when(s.Via != s.Action, ", by "+s.Via), s.words())
	}
}

func (b *branch) effects(list []explainedEffect) {
	g := b.group("effects", len(list))
	for _, e := range list {
		columns := ""
		if len(e.Columns) > 0 {
			columns = "(" + strings.Join(e.Columns, ", ") + ")"
		}
		bounded := ""
		if e.Bounded != nil {
			bounded = when(*e.Bounded, ", bounded") + when(!*e.Bounded, ", every row")
		}
		g.add(e.Command, e.Action, e.Object, columns, also(strings.Join(e.Options, ", ")), also(e.Lock), also(string(e.Work)), bounded, e.words())
	}
}

func (b *branch) gaps(list []explainedGap) {
	g := b.group("unresolved", len(list))
	for _, u := range list {
		object := u.Object
		if object != "" {
			object = ": " + object
		}
		at := ""
		if u.Pos >= 0 {
			at = fmt.Sprintf(", at byte %d", u.Pos)
		}
		g.add(u.Reason + object + at)
	}
}
