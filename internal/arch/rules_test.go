package arch

import (
	"fmt"
	"strings"
)

// layers are the path of a statement: a package may import what stands before
// it and never, directly or not, what stands after it.
var layers = [][]string{
	{"./internal/pgparse"},
	{"./lineage"},
	{"./guard", "./mask/...", "./otelexport", "./lineage/ledger/..."},
	{"./driver/..."},
	{"./cmd/...", "./examples/..."},
}

// An apart rule keeps packages from reaching others, directly or not.
type apart struct {
	from, to []string
	why      string
}

var aparts = []apart{
	{
		from: []string{"./guard"}, to: []string{"./mask/..."},
		why: "guard and mask both speak lineage and never each other",
	},
	{
		from: []string{"./mask/..."}, to: []string{"./guard/..."},
		why: "guard and mask both speak lineage and never each other",
	},
	{
		from: []string{"./driver/..."},
		to: []string{
			"./guard/policyfile/...", "./guard/approval/...", "./guard/oidc/...",
			"./lineage/openlineage/...", "./otelexport/otlp/...",
		},
		why: "these stand beside the path; who wants them imports them",
	},
	{
		from: []string{"./driver/..."},
		to: []string{
			"go.opentelemetry.io/otel/sdk/...", "*exporter*", "google.golang.org/grpc/...",
			"*yaml*", "*oidc*",
			"github.com/stretchr/testify/...", "github.com/brianvoe/gofakeit/...",
			"github.com/fergusstrange/embedded-postgres/...", "./internal/pgtest/...",
		},
		why: "every user of the driver would compile it",
	},
	{
		from: []string{"./..."}, to: []string{"github.com/xwb1989/sqlparser/..."},
		why: "another database's grammar must decide nothing: tests only",
	},
}

// A reserved rule names the only packages of the module that may import
// something themselves.
type reserved struct {
	what, to []string
	why      string
}

var reserveds = []reserved{
	{
		what: []string{"github.com/sqlc-dev/oliphant"},
		to:   []string{"./internal/pgparse"},
		why:  "one place knows the parser",
	},
	{
		what: []string{"github.com/sqlc-dev/oliphant/..."},
		to:   []string{"./internal/pgparse", "./lineage"},
		why:  "only the analyser reads syntax trees",
	},
}

// violations checks a graph against every rule. A package that does not exist
// breaks none.
func violations(g graph) []string {
	var found []string
	for _, rule := range append(layerRules(), aparts...) {
		found = append(found, rule.check(g)...)
	}
	for _, rule := range reserveds {
		found = append(found, rule.check(g)...)
	}
	return found
}

// layerRules keep each layer from all that come after it.
func layerRules() []apart {
	var rules []apart
	for i, layer := range layers {
		var after []string
		for _, later := range layers[i+1:] {
			after = append(after, later...)
		}
		rules = append(rules, apart{from: layer, to: after, why: "imports run one way"})
	}
	return rules
}

func (rule apart) check(g graph) []string {
	var found []string
	for _, path := range g.ours() {
		if !matchesAny(rule.from, path) {
			continue
		}
		chain := g.chain(path, func(to string) bool { return matchesAny(rule.to, to) })
		if chain != nil {
			found = append(found, violation(chain, rule.why))
		}
	}
	return found
}

func (rule reserved) check(g graph) []string {
	var found []string
	for _, path := range g.ours() {
		if matchesAny(rule.to, path) {
			continue
		}
		for _, imported := range g[path] {
			if matchesAny(rule.what, imported) {
				found = append(found, violation([]string{path, imported}, rule.why))
			}
		}
	}
	return found
}

func violation(chain []string, why string) string {
	text := strings.Join(chain, " -> ")
	return fmt.Sprintf("%s (%s)", strings.ReplaceAll(text, module+"/", "./"), why)
}
