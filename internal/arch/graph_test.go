package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/governedsql/governed"

// A graph says what each package imports. Imports of test files are not in it.
type graph map[string][]string

// load reads the graph of the module in root, its dependencies included.
func load(root string) (graph, error) {
	if err := look(root); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	return decode(strings.NewReader(string(out)))
}

// look reads the folders of the module. What go list reads is no business of
// go test, which would repeat a cached result after an import was added; what
// this process reads is.
func look(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		return err
	})
}

func decode(r io.Reader) (graph, error) {
	g := graph{}
	for packages := json.NewDecoder(r); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := packages.Decode(&p)
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		g[p.ImportPath] = p.Imports
	}
}

// ours returns the packages of the module, sorted.
func (g graph) ours() []string {
	var own []string
	for path := range g {
		if matches("./...", path) {
			own = append(own, path)
		}
	}
	slices.Sort(own)
	return own
}

// chain returns the shortest chain of imports from a package to one that wanted
// accepts, both included, or nil.
func (g graph) chain(from string, wanted func(string) bool) []string {
	importer := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if _, seen := importer[next]; seen {
				continue
			}
			importer[next] = queue[0]
			if wanted(next) {
				return trace(importer, next)
			}
			queue = append(queue, next)
		}
	}
	return nil
}

func trace(importer map[string]string, to string) []string {
	var chain []string
	for ; to != ""; to = importer[to] {
		chain = append(chain, to)
	}
	slices.Reverse(chain)
	return chain
}

// matches tells whether a pattern accepts an import path. Patterns are written
// as for the go command: ./ is the module, /... is a package and those below.
// A word between two stars is looked for anywhere.
func matches(pattern, path string) bool {
	if word, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.Contains(path, strings.TrimSuffix(word, "*"))
	}
	if below, ok := strings.CutPrefix(pattern, "./"); ok {
		pattern = module + "/" + below
	}
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return path == pattern
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, path) })
}
