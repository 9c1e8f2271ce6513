package arch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImports(t *testing.T) {
	t.Parallel()
	g, err := load("../..")
	require.NoError(t, err)
	require.Contains(t, g.ours(), module+"/internal/arch", "this is not the module")
	for _, violation := range violations(g) {
		t.Error(violation)
	}
}

// imports makes a graph of lines such as "./driver -> ./guard fmt".
func imports(lines ...string) graph {
	g := graph{}
	for _, line := range lines {
		from, to, _ := strings.Cut(strings.ReplaceAll(line, "./", module+"/"), " -> ")
		g[from] = strings.Fields(to)
	}
	return g
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	require.Empty(t, violations(graph{}), "packages that do not exist")
	require.Empty(t, violations(imports(
		"./internal/pgparse -> github.com/sqlc-dev/oliphant github.com/sqlc-dev/oliphant/ast",
		"./internal/attest -> crypto",
		"./lineage -> ./internal/pgparse ./internal/attest github.com/sqlc-dev/oliphant/ast",
		"./lineage/ledger -> ./lineage",
		"./lineage/openlineage -> ./lineage",
		"./guard -> ./lineage",
		"./guard/policyfile -> ./guard go.yaml.in/yaml/v3",
		"./guard/oidc -> ./lineage github.com/coreos/go-oidc/v3/oidc",
		"./mask -> ./lineage",
		"./otelexport -> ./lineage go.opentelemetry.io/otel/trace",
		"./otelexport/otlp -> ./otelexport go.opentelemetry.io/otel/sdk/trace google.golang.org/grpc",
		"./driver -> ./guard ./mask ./otelexport ./lineage/ledger ./lineage ./internal/pgparse",
		"./cmd/governed -> ./driver ./guard/policyfile ./otelexport/otlp",
		"./examples/quickstart -> ./driver ./internal/pgtest ./internal/shop",
		"./internal/shop -> github.com/brianvoe/gofakeit/v7",
		"github.com/sqlc-dev/oliphant -> github.com/sqlc-dev/oliphant/ast",
	)))
}

func TestWhatIsNot(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		graph graph
		want  string
	}{
		{imports("./internal/pgparse -> ./lineage"), "./internal/pgparse -> ./lineage (imports run one way)"},
		{imports("./lineage -> ./guard"), "./lineage -> ./guard (imports run one way)"},
		{imports("./lineage -> ./lineage/ledger"), "./lineage -> ./lineage/ledger (imports run one way)"},
		{
			imports("./lineage -> ./internal/helper", "./internal/helper -> ./mask"),
			"./lineage -> ./internal/helper -> ./mask (imports run one way)",
		},
		{imports("./guard -> ./driver"), "./guard -> ./driver (imports run one way)"},
		{imports("./otelexport -> ./driver"), "./otelexport -> ./driver (imports run one way)"},
		{imports("./lineage/ledger -> ./driver"), "./lineage/ledger -> ./driver (imports run one way)"},
		{imports("./driver -> ./cmd/governed"), "./driver -> ./cmd/governed (imports run one way)"},
		{imports("./driver -> ./examples/quickstart"), "./driver -> ./examples/quickstart (imports run one way)"},
		{imports("./guard -> ./mask"), "./guard -> ./mask (guard and mask"},
		{imports("./mask -> ./guard"), "./mask -> ./guard (guard and mask"},
		{imports("./driver -> ./guard/policyfile"), "./driver -> ./guard/policyfile (these stand beside"},
		{imports("./driver -> ./guard/approval"), "./driver -> ./guard/approval (these stand beside"},
		{imports("./driver -> ./guard/oidc"), "./driver -> ./guard/oidc (these stand beside"},
		{imports("./driver -> ./lineage/openlineage"), "./driver -> ./lineage/openlineage (these stand beside"},
		{imports("./driver -> ./otelexport/otlp"), "./driver -> ./otelexport/otlp (these stand beside"},
		{
			imports("./driver -> ./guard", "./guard -> ./guard/policyfile"),
			"./driver -> ./guard -> ./guard/policyfile (these stand beside",
		},
		{imports("./driver -> go.opentelemetry.io/otel/sdk"), "otel/sdk (every user"},
		{imports("./driver -> go.opentelemetry.io/otel/sdk/trace"), "otel/sdk/trace (every user"},
		{imports("./driver -> a.example/x", "a.example/x -> go.opentelemetry.io/otel/sdk/log"), "otel/sdk/log (every user"},
		{imports("./driver -> go.opentelemetry.io/otel/exporters/stdout"), "exporters/stdout (every user"},
		{imports("./driver -> google.golang.org/grpc/codes"), "grpc/codes (every user"},
		{imports("./driver -> gopkg.in/yaml.v3"), "yaml.v3 (every user"},
		{imports("./driver -> go.yaml.in/yaml/v3"), "yaml/v3 (every user"},
		{imports("./driver -> github.com/coreos/go-oidc/v3"), "go-oidc/v3 (every user"},
		{imports("./driver -> github.com/stretchr/testify/require"), "testify/require (every user"},
		{imports("./driver -> github.com/brianvoe/gofakeit/v7"), "gofakeit/v7 (every user"},
		{imports("./driver -> github.com/fergusstrange/embedded-postgres"), "embedded-postgres (every user"},
		{imports("./driver -> ./internal/pgtest"), "./internal/pgtest (every user"},
		{imports("./guard -> github.com/sqlc-dev/oliphant"), "oliphant (one place knows the parser)"},
		{imports("./lineage -> github.com/sqlc-dev/oliphant"), "oliphant (one place knows the parser)"},
		{imports("./guard -> github.com/sqlc-dev/oliphant/ast"), "oliphant/ast (only the analyser"},
		{imports("./lineage/ledger -> github.com/sqlc-dev/oliphant/ast"), "oliphant/ast (only the analyser"},
		{imports("./internal/x -> github.com/xwb1989/sqlparser"), "sqlparser (another database's grammar"},
		{imports("./driver -> ./y", "./y -> github.com/xwb1989/sqlparser/dependency/sqltypes"), "sqltypes (another database's grammar"},
	} {
		require.Contains(t, strings.Join(violations(test.graph), "\n"), test.want)
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"./guard", module + "/guard", true},
		{"./guard", module + "/guard/oidc", false},
		{"./guard/...", module + "/guard/oidc", true},
		{"./guard/...", module + "/guardian", false},
		{"./...", module + "/guard", true},
		{"./...", module, true},
		{"./...", module + "-tools/guard", false},
		{"*yaml*", "gopkg.in/yaml.v3", true},
		{"fmt", "fmt", true},
	} {
		require.Equal(t, test.want, matches(test.pattern, test.path), "%s %s", test.pattern, test.path)
	}
}
