package assume

import (
	"slices"
	"strconv"
	"strings"

	"github.com/governedsql/governed/internal/fingerprint"
	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// maxAnalyses bounds how often a text is analysed while its columns are looked for. What is not found by then stays
// unresolved.
const maxAnalyses = 400

// Analyze analyses the statements of a text, assuming the columns that they name. The catalog keeps what it assumed.
func (c *Catalog) Analyze(parsed []pgparse.Statement) []*lineage.Statement {
	s := &search{Catalog: c, parsed: parsed, budget: maxAnalyses}
	s.run()
	if s.makes() {
		s.run()
	}
	for s.budget > 0 && s.fill() {
	}
	s.stars()
	fingerprint.Set(s.list)
	return s.list
}

// search looks for the columns of one text.
type search struct {
	*Catalog
	parsed []pgparse.Statement
	list   []*lineage.Statement
	budget int
}

func (s *search) run() {
	s.budget--
	s.list = lineage.AnalyzeScript(s.parsed, s.Catalog)
}

// makes notes the relations that the text itself creates: they are not there before it runs.
func (s *search) makes() bool {
	some := false
	for _, st := range s.list {
		for _, r := range st.Defines {
			if s.known[r.Name] == nil && (s.declared == nil || len(s.declared(r.Name)) == 0) {
				s.made[r.Name], some = true, true
				delete(s.guesses, r.Name)
			}
		}
	}
	return some
}

// gap is a name that was not resolved.
type gap struct {
	statement int
	lineage.Unresolved
}

func (g gap) column() string { return g.Object[strings.LastIndexByte(g.Object, '.')+1:] }

func (g gap) qualified() bool { return strings.Contains(g.Object, ".") }

// gaps are the columns that are missing.
func (s *search) gaps() []gap {
	var out []gap
	for i, st := range s.list {
		for _, u := range st.Unresolved {
			if u.Object != "" && (u.Reason == "column does not exist" || u.Reason == "no such table in FROM") {
				out = append(out, gap{i, u})
			}
		}
	}
	return out
}

// candidates are the guesses that the text touches, in its order.
func (s *search) candidates() []*guess {
	var out []*guess
	for _, st := range s.list {
		for i := range st.Relations {
			if g := s.guesses[st.Relations[i].Relation.Name]; g != nil && !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

// fill adds the columns that are missing; false where nothing helps.
//
// A name with a qualifier belongs to the relation with which it resolves. One without belongs to the innermost: of those
// with which it resolves, the one that resolves the fewest other places of the name.
func (s *search) fill() bool {
	if s.values() {
		return true
	}
	gaps, list := s.gaps(), s.candidates()
	if len(gaps) == 0 || len(list) == 0 {
		return false
	}
	closes := map[string][][]gap{} // by column: what each candidate closes
	for _, g := range gaps {
		if _, tried := closes[g.column()]; !tried && s.budget > 0 {
			closes[g.column()] = s.try(g.column(), gaps, list)
		}
	}
	some := false
	for _, g := range gaps {
		if best := innermost(g, closes[g.column()]); g.qualified() && len(best) > 0 {
			some = list[best[0]].add(g.column()) || some
		}
	}
	for _, g := range gaps {
		if best := innermost(g, closes[g.column()]); !g.qualified() && len(best) > 0 {
			some = s.settle(g.column(), list, best) || some
		}
	}
	if some {
		s.run()
		return true
	}
	return s.pair(gaps, list)
}

// innermost are the candidates that close a gap and the fewest others of the name.
func innermost(g gap, closes [][]gap) (best []int) {
	least := 0
	for i, closed := range closes {
		if !slices.Contains(closed, g) {
			continue
		}
		n := 0
		for _, c := range closed {
			if !c.qualified() {
				n++
			}
		}
		switch {
		case best == nil || n < least:
			best, least = []int{i}, n
		case n == least:
			best = append(best, i)
		}
	}
	return best
}

// settle gives a column to one of several relations. Where one has it already, by a name with a qualifier, that is the one
// that is meant, unless it stands outside of another: two of the name on one level would be ambiguous.
func (s *search) settle(column string, list []*guess, best []int) bool {
	has := func(i int) bool { return slices.Contains(list[i].columns, column) }
	if !slices.ContainsFunc(best, has) {
		return list[best[0]].add(column)
	}
	s.run()
	before := s.open()
	for _, i := range best {
		if has(i) || s.budget <= 0 {
			continue
		}
		list[i].add(column)
		if s.run(); s.open() <= before {
			return true
		}
		list[i].drop(column)
	}
	return false
}

// open counts what is not resolved.
func (s *search) open() (n int) {
	for _, st := range s.list {
		n += len(st.Unresolved)
	}
	return n
}

// try gives what each candidate closes if it has the column.
func (s *search) try(column string, gaps []gap, list []*guess) [][]gap {
	out := make([][]gap, len(list))
	for i, c := range list {
		if s.budget <= 0 || !c.add(column) {
			continue
		}
		s.run()
		left := s.gaps()
		for _, g := range gaps {
			if g.column() == column && !slices.Contains(left, g) {
				out[i] = append(out[i], g)
			}
		}
		c.drop(column)
	}
	s.run()
	return out
}

// pair adds a column to two relations at once: JOIN USING names one column of both.
func (s *search) pair(gaps []gap, list []*guess) bool {
	for _, g := range gaps {
		if g.qualified() {
			continue
		}
		for i, a := range list {
			for _, b := range list[i+1:] {
				if s.budget <= 0 {
					return false
				}
				first, second := a.add(g.column()), b.add(g.column())
				s.run()
				if !slices.Contains(s.gaps(), g) {
					return true
				}
				if first {
					a.drop(g.column())
				}
				if second {
					b.drop(g.column())
				}
			}
		}
	}
	s.run()
	return false
}

// values gives a relation as many columns as an INSERT that names none has values for.
func (s *search) values() bool {
	for _, st := range s.list {
		for _, u := range st.Unresolved {
			if u.Reason != "more values than columns" {
				continue
			}
			for _, g := range s.candidates() {
				if g.open && g.name.String() == u.Object {
					for n := len(g.columns) + 1; !g.add("column" + strconv.Itoa(n)); n++ {
					}
					s.run()
					return true
				}
			}
		}
	}
	return false
}

// stars finds what a star or a whole row takes from relations whose columns nobody named: nobody can say what comes back.
func (s *search) stars() {
	s.star = true
	s.run()
	found := map[int][]lineage.Name{}
	for i, st := range s.list {
		for _, list := range sourcesOf(st) {
			for _, src := range list {
				n := src.Column.Of()
				if src.Column.Column == unnamed && s.guesses[n].open && !slices.Contains(found[i], n) {
					found[i] = append(found[i], n)
				}
			}
		}
		for j := range st.Relations {
			if g := s.guesses[st.Relations[j].Relation.Name]; g != nil && slices.Contains(st.Relations[j].Columns, unnamed) {
				g.whole = true
			}
		}
	}
	s.star = false
	s.run()
	for i, names := range found {
		for _, n := range names {
			s.list[i].Unresolved = append(s.list[i].Unresolved, lineage.Unresolved{
				Reason: "the columns of the relation are not known here, and * stands for all of them", Object: n.String(), Pos: -1,
			})
		}
	}
}

// sourcesOf are all lists of sources that matter: of what comes back, of what is written, of what functions are given.
func sourcesOf(st *lineage.Statement) [][]lineage.Source {
	var out [][]lineage.Source
	for i := range st.Outputs {
		out = append(out, st.Outputs[i].Sources, st.Outputs[i].Base)
	}
	for i := range st.Assigns {
		out = append(out, st.Assigns[i].Sources, st.Assigns[i].Base, []lineage.Source{{Column: st.Assigns[i].Target}})
	}
	for i := range st.Functions {
		for j := range st.Functions[i].Args {
			out = append(out, st.Functions[i].Args[j].Sources)
		}
	}
	return out
}
