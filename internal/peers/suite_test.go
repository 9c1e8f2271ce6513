package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// suite is a package of another module whose tests are compiled as if they stood here.
type suite struct {
	module string // module path
	folder string // of the package in it, "" = its root
	name   string // of the folder here, which exists only while the suite is compiled
	files  func(name string) bool
	edit   func(name, source string) string
	extra  map[string]string
}

// run compiles and runs the suite and gives the result of each test: pass, fail or skip.
func (s *suite) run(t *testing.T, env []string, flags ...string) map[string]string {
	t.Helper()
	dir := strings.TrimSpace(string(output(t, "go", "list", "-m", "-f", "{{.Dir}}", s.module)))
	require.NotEmpty(t, dir)
	here, err := os.Getwd()
	require.NoError(t, err)
	// go test runs a package's tests in its folder, and that has to be there.
	require.NoError(t, os.MkdirAll(s.name, 0o700))
	t.Cleanup(func() { _ = os.Remove(s.name) })
	temp := t.TempDir()
	replace := map[string]string{}
	add := func(name, source string) {
		path := filepath.Join(temp, name)
		require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
		replace[filepath.Join(here, s.name, name)] = path
	}
	entries, err := os.ReadDir(filepath.Join(dir, s.folder))
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && s.files(e.Name()) {
			source, err := os.ReadFile(filepath.Join(dir, s.folder, e.Name()))
			require.NoError(t, err)
			add(e.Name(), s.edit(e.Name(), string(source)))
		}
	}
	for name, source := range s.extra {
		add(name, source)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(temp, "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	return results(t, env, append([]string{"test", "-json", "-count=1", "-vet=off", "-overlay", file}, append(flags, "./"+s.name)...))
}

func results(t *testing.T, env, args []string) map[string]string {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, _ := cmd.Output() // a failing test is a result, not an error
	list := map[string]string{}
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 1<<24)
	var text strings.Builder
	for scanner.Scan() {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(scanner.Bytes(), &e) != nil {
			continue
		}
		text.WriteString(e.Output)
		if e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			list[e.Test] = e.Action
		}
	}
	if len(list) == 0 {
		t.Fatalf("no test ran: %s\n%s", stderr.String(), text.String())
	}
	return list
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	require.NoError(t, err)
	return out
}

// mustReplace changes a source and fails where the text is not there: a suite that was not changed tests something else.
func mustReplace(t *testing.T, source, old, with string) string {
	t.Helper()
	require.Contains(t, source, old)
	return strings.ReplaceAll(source, old, with)
}

// count of each result.
func count(list map[string]string) map[string]int {
	out := map[string]int{}
	for _, r := range list {
		out[r]++
	}
	return out
}
