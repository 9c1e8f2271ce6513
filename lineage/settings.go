package lineage

import "strings"

// derive adds what follows from the facts collected so far.
func (a *analyzer) derive() {
	if len(a.st.Relations) > 0 || len(a.st.Functions) > 0 || a.computes {
		a.everyCast()
	}
	a.openFunctions()
	for i := range a.st.Functions {
		if u, ok := settingOf(&a.st.Functions[i]); ok {
			a.st.Settings = append(a.st.Settings, u)
		}
	}
	a.distrustBodies()
}

// settingOf reads a call of set_config as the SET that it is. A name that is not a constant is "": it can be any.
func settingOf(f *FunctionUse) (SettingUse, bool) {
	if f.Name.Name != "set_config" || f.Name.Schema != "pg_catalog" && f.Name.Schema != "" {
		return SettingUse{}, false
	}
	u := SettingUse{Action: "SET", Via: "set_config", Dynamic: true, Inside: f.Inside, Pos: f.Pos}
	if name := argument(f, 0, "setting_name"); name.Const != nil {
		u.Name = settingName(*name.Const)
	}
	value := argument(f, 1, "new_value")
	switch {
	case value.Const != nil:
		u.Value, u.Dynamic = *value.Const, false
	case value.Null:
		u.Default, u.Dynamic = true, false
	case len(value.Params) == 1 && len(value.Sources) == 0:
		u.Param = value.Params[0]
	}
	if local := argument(f, 2, "is_local"); local.Const != nil {
		u.Local = truthy(*local.Const)
	}
	return u, true
}

// argument is one argument of a call, by position or by name; the zero Arg where there is none.
func argument(f *FunctionUse, n int, name string) Arg {
	for i := range f.Args {
		if a := f.Args[i]; a.Name == name || a.Name == "" && i == n {
			return a
		}
	}
	return Arg{}
}

// truthy reads a boolean constant as PostgreSQL does; what it would refuse is false.
func truthy(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "1" || s == "on":
		return true
	case s == "":
		return false
	}
	return strings.HasPrefix("true", s) || strings.HasPrefix("yes", s)
}

// oldSettings are names that PostgreSQL still takes for others.
var oldSettings = map[string]string{
	"sort_mem": "work_mem", "vacuum_mem": "maintenance_work_mem", "ssl_ecdh_curve": "ssl_groups",
}

// settingName folds the name of a configuration parameter: their case does not count, in ASCII.
func settingName(name string) string {
	name = strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
	if now, old := oldSettings[name]; old {
		return now
	}
	return name
}
