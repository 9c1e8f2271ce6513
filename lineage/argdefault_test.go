package lineage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// The defaults that a call leaves to the server are read as if it had written them.
func TestArgumentDefaults(t *testing.T) {
	t.Parallel()
	builtin := func(name string, args ...string) *lineage.Function {
		return &lineage.Function{Name: lineage.Name{Schema: "pg_catalog", Name: name}, Kind: 'f', Args: args, Returns: "text", Volatility: 'v', PublicExecute: true, Language: "internal"}
	}
	user := func(name, defaults string) *lineage.Function {
		return &lineage.Function{
			Name: lineage.Name{Schema: "public", Name: name}, Kind: 'f', Args: []string{"text", "text", "text"}, ArgNames: []string{"a", "b", "c"},
			Defaults: 2, ArgDefaults: defaults, Returns: "text", Volatility: 's', PublicExecute: true, Language: "sql", Body: "select a",
		}
	}
	catalog := lineage.NewSnapshot([]string{"pg_catalog", "public"}, nil, []*lineage.Function{
		builtin("set_config", "text", "text", "boolean"), builtin("version"), builtin("timeofday"),
		user("f", "version(), set_config('x.y'::text, 'z'::text, true)"), user("broken", "version("), user("short", "version()"), user("unknown", ""),
		user("deep", "timeofday(), f('a')"), user("round", "version(), round('a')"),
	}, nil, nil, true)
	for text, want := range map[string]struct {
		calls  []string
		opened bool
	}{
		"select f('1', '2', '3')":         {[]string{"f"}, true},
		"select f('1', '2')":              {[]string{"f", "set_config"}, true},
		"select f('1')":                   {[]string{"f", "version", "set_config"}, true},
		"select f('1', c => '3')":         {[]string{"f", "version", "set_config"}, true},
		"select * from f('1', '2')":       {[]string{"f", "set_config"}, true},
		"select f('1', '2'), f('1', '3')": {[]string{"f", "f", "set_config"}, true},
		"select deep('1', '2')":           {[]string{"deep", "f", "version", "set_config"}, true},
		"select round('1', '2')":          {[]string{"round", "round", "round", "version"}, true},
		"select broken('1', '2', '3')":    {[]string{"broken"}, true},
		"select broken('1')":              {[]string{"broken"}, false},
		"select short('1')":               {[]string{"short"}, false},
		"select unknown('1')":             {[]string{"unknown"}, false},
	} {
		list, err := lineage.AnalyzeText(text, catalog)
		require.NoError(t, err, text)
		require.Empty(t, list[0].Unresolved, text)
		var calls []string
		for _, f := range list[0].Functions {
			calls = append(calls, f.Name.Name)
		}
		require.ElementsMatch(t, want.calls, calls, text)
		require.Equal(t, want.opened, list[0].Functions[0].Opened, text)
	}
}
