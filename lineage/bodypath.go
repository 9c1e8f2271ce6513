package lineage

import "strings"

// under analyses with another search path.
func (a *analyzer) under(path []string, analyse func()) {
	before := a.path
	a.path = path
	defer func() { a.path = before }()
	analyse()
}

// configure records the SET clauses of a function, and gives the search path under which its body runs; false where that
// is not known.
func (a *analyzer) configure(f *Function, inside Inside) (path []string, ok bool) {
	path, ok = a.path, true
	for _, line := range f.Config {
		name, value, _ := strings.Cut(line, "=")
		if name = settingName(name); name == "search_path" {
			path, ok = a.effective(value)
			continue
		}
		a.setting(SettingUse{Name: name, Action: "SET", Local: true, Value: value, Via: "FUNCTION SET", Inside: inside, Pos: -1})
	}
	return path, ok
}

// effective is the list of schemas that a search_path stands for.
func (a *analyzer) effective(value string) (path []string, ok bool) {
	temp, system := "", true
	for _, p := range a.catalog.SearchPath() {
		if strings.HasPrefix(p, "pg_temp") {
			temp = p
		}
	}
	named := false
	for value = strings.TrimSpace(value); value != ""; {
		var word string
		if word, value, ok = identifier(value); !ok {
			return nil, false
		}
		switch word {
		case "":
			continue
		case "$user":
			return nil, false // the role is not known here
		case "pg_catalog":
			system = false
		case "pg_temp":
			named = true
			if word = temp; word == "" {
				continue
			}
		}
		path = append(path, word)
	}
	if system {
		path = append([]string{"pg_catalog"}, path...)
	}
	if temp != "" && !named {
		path = append([]string{temp}, path...)
	}
	return path, true
}

// identifier takes the first name off a list of names.
func identifier(s string) (word, rest string, ok bool) {
	if s[0] != '"' {
		word, rest, _ = strings.Cut(s, ",")
		word = strings.ToLower(strings.TrimSpace(word))
		return word, strings.TrimSpace(rest), word != "" && !strings.ContainsAny(word, "\" ")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		rest = strings.TrimSpace(s[i+1:])
		if rest == "" {
			return b.String(), "", true
		}
		return b.String(), strings.TrimSpace(rest[1:]), rest[0] == ','
	}
	return "", "", false
}

// movesPath reports whether something changes what names mean while the statement or body runs.
func movesPath(st *Statement) bool {
	for i := range st.Settings {
		switch s := &st.Settings[i]; {
		case strings.HasPrefix(s.Action, "SHOW"):
		case s.Via == "FUNCTION SET": // until the function returns
		case s.Name == "search_path" || s.Name == "role" || s.Name == "session_authorization" || s.Action == "RESET ALL" || s.Action == "DISCARD":
			return true
		}
	}
	for i := range st.Functions {
		if u, ok := settingOf(&st.Functions[i]); ok && (u.Name == "" || u.Name == "search_path" || u.Name == "role") {
			return true
		}
	}
	return false
}

// names reports whether a body uses anything that the search path finds.
func names(st *Statement) bool {
	for i := range st.Relations {
		if !isSystem(st.Relations[i].Relation.Schema) {
			return true
		}
	}
	for i := range st.Functions {
		if callsUser(&st.Functions[i]) {
			return true
		}
	}
	return len(st.Effects) > 0
}

func callsUser(u *FunctionUse) bool {
	for _, f := range u.Candidates {
		if !isSystem(f.Schema) {
			return true
		}
	}
	return false
}

// distrustBodies takes back that bodies were read where the statement itself changes what their names mean: PostgreSQL
// reads a body when it is called.
func (a *analyzer) distrustBodies() {
	if !movesPath(a.st) {
		return
	}
	outside, direct := 0, false
	for i := range a.st.Functions {
		u := &a.st.Functions[i]
		if u.Inside&InFunction != 0 {
			continue
		}
		if callsUser(u) {
			outside++
		}
		if _, ok := settingOf(u); ok {
			direct = true
		}
	}
	if outside < 2 && !direct {
		return // the one function that does it was looked at when it was opened
	}
	for i := range a.st.Functions {
		a.st.Functions[i].Opened = false
	}
}
