package lineage

import (
	"fmt"
	"strings"
)

// explainedShape is a [Shape] in words.
type explainedShape struct {
	Limit     string   `json:"limit,omitempty"`
	Offset    string   `json:"offset,omitempty"`
	Apart     []string `json:"apart,omitempty"`
	Endless   []string `json:"endless,omitempty"`
	LockWaits bool     `json:"lock_waits,omitempty"`
	Wildcards []string `json:"wildcards,omitempty"`
	System    []string `json:"system,omitempty"`
}

// explainShape gives nil where there is nothing special. That nothing restricts a relation is said by what is not there.
func explainShape(s *Shape) *explainedShape {
	plain := *s
	plain.Whole, plain.Groups = nil, nil
	if plain.IsZero() {
		return nil
	}
	out := &explainedShape{
		Limit: limitWord(s.Limit), Offset: limitWord(s.Offset), Endless: s.Endless, LockWaits: s.LockWaits, System: s.System,
	}
	for _, a := range s.Apart {
		out.Apart = append(out.Apart, a.Name)
	}
	for i := range s.Wildcards {
		out.Wildcards = append(out.Wildcards, quotedColumn(s.Wildcards[i].Column))
	}
	return out
}

// limitWord says of what kind a limit is; how much it is stays out.
func limitWord(o *Operand) string {
	switch {
	case o == nil:
		return ""
	case o.Null:
		return "null"
	case o.Const != nil:
		return "constant"
	case o.Param > 0:
		return fmt.Sprintf("$%d", o.Param)
	}
	return "computed"
}

// shape lists what is special about the queries.
func (b *branch) shape(e *explanation) {
	var lines []string
	if s := e.Shape; s != nil {
		add := func(word string, list ...string) {
			if text := strings.Join(list, ", "); text != "" {
				lines = append(lines, word+" "+text)
			}
		}
		add("limit", s.Limit)
		add("offset", s.Offset)
		add("joined to nothing:", s.Apart...)
		add("recursion without an end:", s.Endless...)
		add("pattern that begins with a wildcard:", s.Wildcards...)
		add("system columns:", s.System...)
		if s.LockWaits {
			lines = append(lines, "waits for row locks")
		}
	}
	if e.Alone {
		lines = append(lines, "not inside a transaction block")
	}
	if e.Hinted {
		lines = append(lines, "directive in a comment")
	}
	g := b.group("shape", len(lines))
	for _, l := range lines {
		g.add(l)
	}
}
