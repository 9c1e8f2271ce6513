package driver

import (
	"encoding"
	"fmt"
	"strings"

	"github.com/governedsql/governed/mask"
)

// givenKeys is the masking of a text for arguments that are keys of documents: what d ->> $1 gives is hidden by what $1 is.
type givenKeys struct {
	keys string
	m    *masking
}

// maxGiven bounds how many are kept: a program asks for the same few members again and again.
const maxGiven = 16

// withKeys gives the masking for the values of the arguments; m itself where no argument is a key.
func (g *governance) withKeys(m *masking, a *analysis, args []any) *masking {
	if m == nil || m.plan == nil || len(m.plan.Params) == 0 || len(args) == 0 { // what is prepared is judged when it runs
		return m
	}
	keys := make(map[int][]string, len(m.plan.Params))
	var name strings.Builder
	for _, n := range m.plan.Params {
		if n < 1 || n > len(args) {
			continue
		}
		texts, ok := keyTexts(args[n-1])
		if !ok {
			continue // it may be any key
		}
		keys[n] = texts
		fmt.Fprintf(&name, "%d%q", n, texts)
	}
	kept := m.given.Load()
	if kept != nil {
		for i := range *kept {
			if k := &(*kept)[i]; k.keys == name.String() {
				return k.m
			}
		}
	}
	planner := g.masker
	if planner == nil {
		planner = g.witness
	}
	plan := planner.Plan(mask.Input{
		Statement: a.statements[0], Catalog: a.scope, Rules: m.rules,
		Arg: func(n int) ([]string, bool) { texts, ok := keys[n]; return texts, ok },
	})
	out := newMasking(m.policy, m.columns, m.rules, plan)
	next := []givenKeys{{name.String(), out}}
	if kept != nil {
		next = append(next, (*kept)[:min(len(*kept), maxGiven-1)]...)
	}
	m.given.CompareAndSwap(kept, &next)
	return out
}

// keyTexts are the keys in an argument, as the server will get them: a text, a list of texts, a position; false for what may
// be encoded in another way.
func keyTexts(v any) ([]string, bool) {
	switch v.(type) {
	case fmt.Stringer, encoding.TextMarshaler:
		return nil, false
	}
	v, ok := judged(v)
	if !ok {
		return nil, false
	}
	switch v := v.(type) {
	case nil, int64:
		return nil, true
	case string:
		return []string{v}, true
	case []byte:
		return []string{string(v)}, true
	case []string:
		return v, true
	}
	return nil, false
}
