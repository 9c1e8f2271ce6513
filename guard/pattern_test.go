package guard

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, schema, name string
		want                  bool
	}{
		{"public.users", "public", "users", true},
		{"PUBLIC.Users", "public", "users", true},
		{`public."Users"`, "public", "Users", true},
		{`public."Users"`, "public", "users", false},
		{"public.*", "public", "users", true},
		{"public.*", "audit", "users", false},
		{"*.users", "audit", "users", true},
		{"*", "audit", "log", true},
		{"audit_*.log*", "audit_2026", "log_eu", true},
		{"audit_*.log*", "audit", "log", false},
		{"public.a*b*c", "public", "aXbYc", true},
		{"public.a*b*c", "public", "abc", true},
		{"public.a*b*c", "public", "acb", false},
		{"public.*a", "public", "a", true},
		{"public.a*a", "public", "a", false},
		{`public."*"`, "public", "*", true},
		{`public."*"`, "public", "users", false},
		{`public."a.b"`, "public", "a.b", true},
		{`public."a""b"`, "public", `a"b`, true},
		{`public."50%?"`, "public", "50%?", true},
		{"*", "any", "thing", true},
		{"public.größe", "public", "größe", true},
	} {
		p, err := parseRelationPattern(c.pattern)
		require.NoError(t, err, c.pattern)
		require.Equal(t, c.want, p.matches(lineage.Name{Schema: c.schema, Name: c.name}), "%s %s.%s", c.pattern, c.schema, c.name)
	}
	for _, text := range []string{"", "users", "a.b.c", "a..b", "a.b.", ".a", `a."b`, "a b.c", "a.b;drop", `a."b"c`, "a,b.c", "a.b?", "a.b%", "a.[b]", "a?.*"} {
		_, err := parseRelationPattern(text)
		require.Error(t, err, text)
	}
}

func TestColumnPatterns(t *testing.T) {
	t.Parallel()
	p, err := parseColumnPattern("*.*.ssn*")
	require.NoError(t, err)
	require.True(t, p.matchesColumn(lineage.ColumnID{Schema: "a", Relation: "b", Column: "ssn_hash"}))
	require.False(t, p.matchesColumn(lineage.ColumnID{Schema: "a", Relation: "b", Column: "the_ssn"}))
	for _, text := range []string{"a", "a.b", "a.b.c.d"} {
		_, err := parseColumnPattern(text)
		require.Error(t, err, text)
	}
}

// TestGlobIsLinear: a pattern of many stars costs no more than its length.
func TestGlobIsLinear(t *testing.T) {
	t.Parallel()
	pattern := words([]string{strings.Repeat("a*", 2000) + "b"})
	require.False(t, anyGlob(pattern, strings.Repeat("a", 100_000)))
}
