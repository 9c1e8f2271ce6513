package lineage

import (
	"cmp"
	"encoding/json"
	"slices"
)

// MarshalJSON writes the facts of the statement in a form that stays as it is from one version to the next: fields are
// added, none is renamed. What has no order in itself (relations, sources, influences, functions) is sorted. Names are
// written as SQL writes them, quoted unless they are plain. No constant that is stored, compared or passed is in it, so
// it can be kept where the data may not.
//
//	command, class, summary     SELECT, READ, "SELECT users"
//	normalized, fingerprint     the text without its literals, and its digest, where they are known
//	offset, params              where it began in the text that was sent; the highest parameter number
//	relations                   name, kind, known, access [reads writes locks], command, columns, inside, pos
//	outputs                     name, type, sources, base, origin, harmless, unresolved; in order
//	assigns, shows              target, command, sources, base, params, direct, default, inside, pos
//	influences                  column, kind FILTER JOIN GROUP_BY SORT LIMIT, equality
//	functions                   name, volatility, security_definer, languages, in_from, opened, inside, pos
//	settings                    action, name, via, local, dynamic, default, param, value, inside, pos
//	effects                     command, action, object, columns, options, lock, work, bounded, fixed, inside, pos; in order
//	shape                       limit, offset, apart, endless, lock_waits, wildcards, system, where there is something to say
//	no_transaction, hinted      the server refuses it inside a transaction block; a comment holds a directive
//	defines                     name, kind, columns of relations that it makes
//	unresolved                  reason, object, pos
//
// Each of sources has column and edges, a list of role and kind. base is left out where it is the same as sources, and
// columns where they are not known one by one. bounded stands at what changes or deletes rows alone. A pos counts bytes from
// the beginning of the statement, -1 = none. The value of a setting is given for PostgreSQL's own settings only.
func (s *Statement) MarshalJSON() ([]byte, error) {
	return json.Marshal(s.explanation())
}

// explanation is a statement in words.
type explanation struct {
	Command     string             `json:"command"`
	Class       Class              `json:"class"`
	Summary     string             `json:"summary,omitempty"`
	Normalized  string             `json:"normalized,omitempty"`
	Fingerprint string             `json:"fingerprint,omitempty"`
	Offset      int                `json:"offset"`
	Params      int                `json:"params"`
	Relations   []explainedUse     `json:"relations"`
	Outputs     []explainedOutput  `json:"outputs"`
	Assigns     []explainedAssign  `json:"assigns,omitempty"`
	Shows       []explainedAssign  `json:"shows,omitempty"`
	Influences  []explainedReach   `json:"influences,omitempty"`
	Functions   []explainedCall    `json:"functions,omitempty"`
	Settings    []explainedSetting `json:"settings,omitempty"`
	Effects     []explainedEffect  `json:"effects,omitempty"`
	Defines     []explainedNew     `json:"defines,omitempty"`
	Shape       *explainedShape    `json:"shape,omitempty"`
	Alone       bool               `json:"no_transaction,omitempty"`
	Hinted      bool               `json:"hinted,omitempty"`
	Unresolved  []explainedGap     `json:"unresolved,omitempty"`
}

type explainedUse struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind,omitempty"`
	Known   bool     `json:"known"`
	Access  []string `json:"access"`
	Command string   `json:"command,omitempty"`
	Columns []string `json:"columns,omitempty"`
	explainedPlace
}

// explainedPlace is where in the statement something stands.
type explainedPlace struct {
	Inside []string `json:"inside,omitempty"`
	Pos    int      `json:"pos"`
}

type explainedOutput struct {
	Name       string            `json:"name"`
	Type       string            `json:"type,omitempty"`
	Sources    []explainedSource `json:"sources"`
	Base       []explainedSource `json:"base,omitempty"`
	Origin     string            `json:"origin,omitempty"`
	Harmless   bool              `json:"harmless,omitempty"`
	Unresolved string            `json:"unresolved,omitempty"`
}

type explainedSource struct {
	Column string          `json:"column"`
	Edges  []explainedEdge `json:"edges"`
}

type explainedEdge struct {
	Role string `json:"role"`
	Kind string `json:"kind"`
}

type explainedAssign struct {
	Target  string            `json:"target"`
	Command string            `json:"command"`
	Sources []explainedSource `json:"sources"`
	Base    []explainedSource `json:"base,omitempty"`
	Params  []int             `json:"params,omitempty"`
	Direct  bool              `json:"direct,omitempty"`
	Default bool              `json:"default,omitempty"`
	explainedPlace
}

type explainedReach struct {
	Column   string        `json:"column"`
	Kind     InfluenceKind `json:"kind"`
	Equality bool          `json:"equality,omitempty"`
}

type explainedCall struct {
	Name            string   `json:"name"`
	Volatility      []string `json:"volatility,omitempty"`
	SecurityDefiner bool     `json:"security_definer,omitempty"`
	Languages       []string `json:"languages,omitempty"`
	InFrom          bool     `json:"in_from,omitempty"`
	Opened          bool     `json:"opened,omitempty"`
	explainedPlace
}

type explainedSetting struct {
	Action  string `json:"action"`
	Name    string `json:"name,omitempty"`
	Via     string `json:"via"`
	Local   bool   `json:"local,omitempty"`
	Dynamic bool   `json:"dynamic,omitempty"`
	Default bool   `json:"default,omitempty"`
	Param   int    `json:"param,omitempty"`
	Value   string `json:"value,omitempty"`
	explainedPlace
}

type explainedEffect struct {
	Command string   `json:"command"`
	Action  string   `json:"action,omitempty"`
	Object  string   `json:"object,omitempty"`
	Columns []string `json:"columns,omitempty"`
	Options []string `json:"options,omitempty"`
	Lock    string   `json:"lock,omitempty"`
	Work    Work     `json:"work,omitempty"`
	Bounded *bool    `json:"bounded,omitempty"`
	Fixed   []string `json:"fixed,omitempty"`
	explainedPlace
}

type explainedNew struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Columns []string `json:"columns"`
}

type explainedGap struct {
	Reason string `json:"reason"`
	Object string `json:"object,omitempty"`
	Pos    int    `json:"pos"`
}

func (s *Statement) explanation() *explanation {
	e := &explanation{
		Command: s.Command, Class: s.Class, Summary: s.Summary, Normalized: s.Normalized, Fingerprint: s.Fingerprint,
		Offset: s.Offset, Params: s.Params, Relations: explainUses(s.Relations), Outputs: explainOutputs(s.Outputs),
		Assigns: explainAssigns(s.Assigns), Shows: explainAssigns(s.Shows), Influences: explainInfluences(s.Indirect), Shape: explainShape(&s.Shape), Alone: s.NoTransaction, Hinted: s.Hinted,
		Functions: explainCalls(s.Functions), Settings: explainSettings(s.Settings), Effects: explainEffects(s.Effects),
	}
	for _, r := range s.Defines {
		d := explainedNew{Name: quotedName(r.Name), Kind: r.Kind.Word(), Columns: []string{}}
		for i := range r.Columns {
			d.Columns = append(d.Columns, r.Columns[i].Name)
		}
		e.Defines = append(e.Defines, d)
	}
	for _, u := range s.Unresolved {
		e.Unresolved = append(e.Unresolved, explainedGap(u))
	}
	return e
}

func explainPlace(inside Inside, pos int) explainedPlace {
	return explainedPlace{Inside: setList(int(inside), insideNames), Pos: pos}
}

func explainUses(list []RelationUse) []explainedUse {
	out := make([]explainedUse, len(list))
	for i := range list {
		r := &list[i]
		out[i] = explainedUse{
			Name: quotedName(r.Relation.Name), Kind: r.Relation.Kind.Word(), Known: r.Known,
			Access: setList(int(r.Access), []string{"reads", "writes", "locks"}), Command: r.Command, Columns: r.Columns,
			explainedPlace: explainPlace(r.Inside, r.Pos),
		}
	}
	slices.SortStableFunc(out, func(a, b explainedUse) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Pos, b.Pos), slices.Compare(a.Access, b.Access))
	})
	return out
}

func explainOutputs(list []Output) []explainedOutput {
	out := make([]explainedOutput, len(list))
	for i := range list {
		o := &list[i]
		e := &out[i]
		*e = explainedOutput{Name: o.Name, Type: o.Type, Harmless: o.Harmless, Unresolved: o.Unresolved}
		e.Sources, e.Base = explainBoth(o.Sources, o.Base)
		if o.Origin != nil {
			e.Origin = quotedColumn(o.Origin.Column)
		}
	}
	return out
}

// explainBoth gives the sources, and those below views where they are others.
func explainBoth(sources, base []Source) (named, below []explainedSource) {
	named = explainSources(sources)
	if len(sources) == len(base) && (len(base) == 0 || &sources[0] == &base[0]) {
		return named, nil
	}
	return named, explainSources(base)
}

func explainSources(list []Source) []explainedSource {
	out := make([]explainedSource, len(list))
	for i, s := range list {
		out[i] = explainedSource{Column: quotedColumn(s.Column), Edges: make([]explainedEdge, len(s.Edges))}
		for j, e := range s.Edges {
			out[i].Edges[j] = explainedEdge{Role: e.Role.String(), Kind: e.Kind.String()}
		}
	}
	slices.SortStableFunc(out, func(a, b explainedSource) int { return cmp.Compare(a.Column, b.Column) })
	return out
}

func explainAssigns(list []Assign) []explainedAssign {
	var out []explainedAssign
	for i := range list {
		a := &list[i]
		e := explainedAssign{
			Target: quotedColumn(a.Target), Command: a.Command, Params: a.Params, Direct: a.Direct, Default: a.Default,
			explainedPlace: explainPlace(a.Inside, a.Pos),
		}
		e.Sources, e.Base = explainBoth(a.Sources, a.Base)
		out = append(out, e)
	}
	return out
}

func explainInfluences(list []Influence) []explainedReach {
	var out []explainedReach
	for _, in := range list {
		out = append(out, explainedReach{Column: quotedColumn(in.Source.Column), Kind: in.Kind, Equality: in.Equality})
	}
	slices.SortStableFunc(out, func(a, b explainedReach) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Column, b.Column))
	})
	return out
}

func explainCalls(list []FunctionUse) []explainedCall {
	var out []explainedCall
	for i := range list {
		f := &list[i]
		e := explainedCall{Name: quotedName(f.Name), InFrom: f.InFrom, Opened: f.Opened, explainedPlace: explainPlace(f.Inside, f.Pos)}
		for _, c := range f.Candidates {
			e.Volatility = append(e.Volatility, volatilityWord(c.Volatility))
			e.SecurityDefiner = e.SecurityDefiner || c.SecurityDefiner
			if c.Language != "" {
				e.Languages = append(e.Languages, c.Language)
			}
		}
		e.Volatility, e.Languages = distinct(e.Volatility), distinct(e.Languages)
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b explainedCall) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Pos, b.Pos))
	})
	return out
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func explainSettings(list []SettingUse) []explainedSetting {
	var out []explainedSetting
	for i := range list {
		s := &list[i]
		e := explainedSetting{
			Action: s.Action, Name: s.Name, Via: s.Via, Local: s.Local, Dynamic: s.Dynamic, Default: s.Default, Param: s.Param,
			explainedPlace: explainPlace(s.Inside, s.Pos),
		}
		if isOwnSetting(s.Name) {
			e.Value = s.Value
		}
		out = append(out, e)
	}
	return out
}

// isOwnSetting reports whether a setting is PostgreSQL's. Those of applications, which have a dot in their names, may
// hold secrets.
func isOwnSetting(name string) bool {
	for i := range len(name) {
		if name[i] == '.' {
			return false
		}
	}
	return name != ""
}

func explainEffects(list []Effect) []explainedEffect {
	var out []explainedEffect
	for i := range list {
		e := &list[i]
		x := explainedEffect{
			Command: e.Command, Action: e.Action, Columns: e.Columns, Options: e.Options, Lock: e.Lock, Work: e.Work, Fixed: e.Fixed, explainedPlace: explainPlace(e.Inside, e.Pos),
		}
		if !e.Object.IsZero() {
			x.Object = quotedName(e.Object)
		}
		if changesRows(e) {
			bounded := e.Where.Truth(nil) != Always
			x.Bounded = &bounded
		}
		out = append(out, x)
	}
	return out
}

// changesRows reports whether an effect has rows that a condition could bound.
func changesRows(e *Effect) bool {
	switch e.Command {
	case "DELETE", "UPDATE":
		return true
	case "MERGE":
		return e.Action == "UPDATE" || e.Action == "DELETE"
	}
	return false
}
