package policyfile

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/governedsql/governed/guard"
)

// TestDocumentation holds what the documentation shows against the decoder: each example is a part of a policy.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, block := range examplesOf(string(src)) {
		key, _, isYAML := strings.Cut(block, ":")
		switch {
		case !isYAML || strings.Contains(block, " | ") || strings.Contains(key, " ") || strings.Contains(key, "."):
			continue
		case key == "version":
		case key == "when":
			block = "version: 1\n" + knownTags + "rules:\n- id: x\n" + indented(block, 2) + "  then: deny\n"
		case key == "then":
			for i, one := range regexp.MustCompile(`(?m)^then:`).Split(block, -1)[1:] {
				if strings.Contains(one, " | ") {
					continue
				}
				_, err := Parse("doc", []byte("version: 1\n"+knownTags+"rules:\n- id: x\n"+indented("then:"+one, 2)))
				require.NoError(t, err, "%d: %s", i, one)
			}
			continue
		case key == "allow_list":
			block = "version: 1\n" + block
		default:
			block = "version: 1\n" + block
		}
		seen[key] = true
		f, err := Parse("doc", []byte(block))
		require.NoError(t, err, block)
		if key == "allow_list" {
			continue
		}
		_, err = f.Config(guard.Config{})
		require.NoError(t, err, block)
	}
	for _, key := range append(fileObject.keys(), "when") {
		require.True(t, seen[key] || key == "schema" || key == "tests" || key == "shadow", "%s is not explained by example", key)
	}
}

const knownTags = "datasets:\n- { match: a.b, tags: crm, columns: { a: pii.email, b: pii.phone } }\n"

// TestDocumentedTests runs the tests that the documentation shows, under the rules that it shows.
func TestDocumentedTests(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	all := "version: 1\n"
	for _, block := range examplesOf(string(src)) {
		if key, _, _ := strings.Cut(block, ":"); key == "rules" || key == "schema" {
			all += block
		}
	}
	f, err := Parse("doc", []byte(all))
	require.NoError(t, err)
	require.Len(t, f.tests, 2)
	for _, r := range f.Test() {
		require.True(t, r.Passed(), r.Explain())
	}
}

// examplesOf are the indented blocks of a comment.
func examplesOf(src string) []string {
	var out []string
	block := ""
	for line := range strings.Lines(src) {
		text, ok := strings.CutPrefix(line, "//\t")
		switch {
		case ok:
			block += text
		case strings.TrimSpace(line) == "//" && block != "" && strings.Contains(block, "schema: |"):
			block += "\n" // schema and tests are one example
		case block != "":
			out = append(out, block)
			block = ""
		}
	}
	return out
}

func indented(s string, n int) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.Repeat(" ", n) + line)
	}
	return b.String()
}

// TestReadme holds the policy that the README shows against the file that it is, and the outputs against the commands'.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, file := range []string{"../../testdata/policies/first.yaml", "../../testdata/policies/readme.yaml"} {
		policy, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(readme), "```yaml\n"+string(policy)+"```\n", file)
		var any node
		require.NoError(t, yaml.Unmarshal(policy, &any))
	}
	for _, golden := range []string{"readme-test", "readme-explain"} {
		out, err := os.ReadFile("../../cmd/governed/testdata/" + golden + ".golden")
		require.NoError(t, err)
		text, _, _ := strings.Cut(string(out), "-- exit")
		_, text, _ = strings.Cut(text, "\n") // the command line stands in the README as people type it
		require.Contains(t, string(readme), text, golden)
	}
}
