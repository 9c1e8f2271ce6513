package policyfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

type node = map[string]any

func loadSchema(t *testing.T) node {
	t.Helper()
	var s node
	require.NoError(t, json.Unmarshal(Schema(), &s))
	return s
}

// at follows keys through a schema.
func at(t *testing.T, n any, path ...string) node {
	t.Helper()
	for _, key := range path {
		m, ok := n.(node)
		require.True(t, ok, key)
		n = m[key]
	}
	m, ok := n.(node)
	require.True(t, ok, "%v", path)
	return m
}

// branch is the alternative of a oneOf that has properties.
func branch(t *testing.T, n node) node {
	t.Helper()
	for _, b := range n["oneOf"].([]any) {
		if m := b.(node); m["properties"] != nil {
			return m
		}
	}
	t.Fatal("no alternative has properties")
	return nil
}

func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	s := loadSchema(t)
	defs := func(name string) node { return at(t, s, "$defs", name) }
	for what, test := range map[string]struct {
		schema node
		keys   []string
	}{
		"policy":           {s, fileObject.keys()},
		"dataset":          {defs("dataset"), datasetObject.keys()},
		"rule":             {defs("rule"), ruleObject.keys()},
		"when":             {defs("when"), whenObject.keys()},
		"identity":         {defs("who"), identityObject.keys()},
		"time":             {defs("time"), timeObject.keys()},
		"then":             {branch(t, defs("then")), thenObject.keys()},
		"require_approval": {branch(t, defs("require_approval")), approvalObject.keys()},
		"limits":           {defs("limits"), limitsObject.keys()},
		"budget":           {defs("budget"), budgetObject.keys()},
		"override":         {branch(t, defs("override")), overrideObject.keys()},
		"test":             {defs("test"), testObject.keys()},
		"given":            {defs("given"), givenObject.keys()},
		"person":           {defs("person"), personObject.keys()},
		"expect":           {defs("expect"), expectObject.keys()},
	} {
		require.ElementsMatch(t, test.keys, slices.Collect(maps.Keys(at(t, test.schema, "properties"))), what)
		require.Equal(t, false, test.schema["additionalProperties"], what)
	}
}

func enum(n node) []string {
	var out []string
	for _, v := range n["enum"].([]any) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func TestSchemaWords(t *testing.T) {
	t.Parallel()
	s := loadSchema(t)
	require.ElementsMatch(t, treatmentWords, enum(at(t, s, "$defs", "treatment")))
	require.ElementsMatch(t, decisionWords, enum(at(t, s, "$defs", "then")["oneOf"].([]any)[0].(node)))
	require.ElementsMatch(t, decisionWords, enum(at(t, s, "$defs", "expect", "properties", "decision")))
	require.ElementsMatch(t, overrideWords, enum(at(t, s, "$defs", "override")["oneOf"].([]any)[0].(node)))
	require.ElementsMatch(t, profileWords, enum(at(t, s, "$defs", "given", "properties", "profile")))
	require.ElementsMatch(t, guard.Kinds(), enum(at(t, s, "$defs", "when", "properties", "effects")["oneOf"].([]any)[0].(node)))
	pattern := regexp.MustCompile(at(t, s, "$defs", "when", "properties", "statement")["oneOf"].([]any)[0].(node)["pattern"].(string))
	for _, w := range guard.StatementWords() {
		require.Regexp(t, pattern, w)
		require.Regexp(t, pattern, strings.ToLower(w)+" table")
	}
	require.NotRegexp(t, pattern, "DROPP TABLE")
}

// TestExamplesFitTheSchema also shows that the schema refuses what the decoder refuses.
func TestExamplesFitTheSchema(t *testing.T) {
	t.Parallel()
	s := loadSchema(t)
	files, err := filepath.Glob(examples + "/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, fits(s, s, plain(t, string(src)), file))
	}
	for _, src := range everyForm {
		require.NoError(t, fits(s, s, plain(t, src), src))
	}
	for src := range mistakes {
		var v any
		if yaml.Unmarshal([]byte(src), &v) == nil && !strings.Contains(src, "# the schema cannot know") {
			require.Error(t, fits(s, s, plain(t, src), "policy"), src)
		}
	}
}

// plain reads YAML as a checker of JSON Schema sees it.
func plain(t *testing.T, src string) any {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(src), &v), src)
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	require.NoError(t, err)
	text = regexp.MustCompile(`T00:00:00Z"`).ReplaceAll(text, []byte(`"`)) // dates are text to it
	var out any
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// fits checks a value against the part of JSON Schema that the schema uses.
func fits(root, s node, v any, path string) error {
	if ref, ok := s["$ref"].(string); ok {
		return fits(root, root["$defs"].(node)[strings.TrimPrefix(ref, "#/$defs/")].(node), v, path)
	}
	wrong := func(why string, args ...any) error { return fmt.Errorf("%s: %s", path, fmt.Sprintf(why, args...)) }
	if list, ok := s["oneOf"].([]any); ok {
		n := 0
		for _, alternative := range list {
			if fits(root, alternative.(node), v, path) == nil {
				n++
			}
		}
		if n != 1 {
			return wrong("fits %d alternatives", n)
		}
	}
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, v) {
		return wrong("%v is none of %v", v, list)
	}
	if c, ok := s["const"]; ok && !reflect.DeepEqual(c, v) {
		return wrong("%v is not %v", v, c)
	}
	if typ, ok := s["type"].(string); ok && !isType(typ, v) {
		return wrong("%v is no %s", v, typ)
	}
	switch v := v.(type) {
	case string:
		if n, ok := s["minLength"].(float64); ok && utf8.RuneCountInString(v) < int(n) {
			return wrong("too short")
		}
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			return wrong("%q does not match", v)
		}
	case float64:
		if n, ok := s["minimum"].(float64); ok && v < n {
			return wrong("too low")
		}
		if n, ok := s["maximum"].(float64); ok && v > n {
			return wrong("too high")
		}
	case []any:
		if n, ok := s["minItems"].(float64); ok && len(v) < int(n) {
			return wrong("too few")
		}
		if items, ok := s["items"].(node); ok {
			for i, e := range v {
				if err := fits(root, items, e, fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
		}
	case node:
		return fitsObject(root, s, v, path)
	}
	return nil
}

func fitsObject(root, s node, v node, path string) error {
	if list, ok := s["required"].([]any); ok {
		for _, key := range list {
			if _, there := v[key.(string)]; !there {
				return fmt.Errorf("%s: %s is missing", path, key)
			}
		}
	}
	if n, ok := s["minProperties"].(float64); ok && len(v) < int(n) {
		return fmt.Errorf("%s: empty", path)
	}
	properties, _ := s["properties"].(node)
	for key, e := range v {
		sub, known := properties[key].(node)
		if !known {
			switch more := s["additionalProperties"].(type) {
			case bool:
				if !more {
					return fmt.Errorf("%s: unknown key %s", path, key)
				}
				continue
			case node:
				sub = more
			default:
				continue
			}
		}
		if err := fits(root, sub, e, path+"."+key); err != nil {
			return err
		}
	}
	return nil
}

func isType(typ string, v any) bool {
	switch v := v.(type) {
	case string:
		return typ == "string"
	case bool:
		return typ == "boolean"
	case float64:
		return typ == "number" || typ == "integer" && v == float64(int64(v))
	case []any:
		return typ == "array"
	case node:
		return typ == "object"
	}
	return false
}
