package main

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/governedsql/governed/otelexport"
)

// tree draws the last statement among the spans: caller -> statement -> datasets and columns -> job -> model.
func (s *screen) tree(spans tracetest.SpanStubs) error {
	for i := len(spans) - 1; i >= 0; i-- {
		a := attribute.NewSet(spans[i].Attributes...)
		if value(&a, otelexport.EventKey) == "statement" {
			s.line("")
			s.draw(spans[i].Name, &a)
			return nil
		}
	}
	return errors.New("no span of a statement was received")
}

func (s *screen) draw(name string, a *attribute.Set) {
	s.line("   " + s.bold(caller(a)))
	s.line("   └─ " + s.bold(name) + s.dim(fmt.Sprintf("   decision %s, %s rows, purpose %s",
		value(a, otelexport.DecisionKey), value(a, otelexport.RowsKey), value(a, otelexport.PurposeKey))))
	masked := maskedOutputs(a)
	for _, dataset := range list(a, otelexport.InputsKey) {
		s.line("      ├─ reads  " + s.paint("32", dataset))
		for _, flow := range flows(a, dataset) {
			line := "      │    " + flow.column + " -> " + flow.output
			if treatment := masked[flow.output]; treatment != "" {
				line += s.paint("35", "  ["+treatment+"]")
			}
			s.line(line)
		}
	}
	s.line("      └─ feeds  job " + s.bold(value(a, otelexport.JobKey)) + s.dim("  run "+value(a, otelexport.RunKey)))
	s.line("           └─ trains model " + s.bold(value(a, otelexport.ModelKey)))
}

func caller(a *attribute.Set) string {
	kind, subject := value(a, otelexport.IdentityKindKey), value(a, "user.id")
	if actor := value(a, otelexport.IdentityActorKey); actor != "" {
		return kind + " " + actor + ", acting for " + subject
	}
	return strings.TrimSpace(kind + " " + subject)
}

// flow is one column on its way into one output.
type flow struct{ column, output string }

// flows are the columns of one dataset. Its name ends in schema.table.
func flows(a *attribute.Set, dataset string) (out []flow) {
	for _, text := range list(a, otelexport.ColumnsKey) {
		output, source, ok := strings.Cut(text, "<-")
		dot := strings.LastIndex(source, ".")
		if ok && dot > 0 && strings.HasSuffix(dataset, "."+source[:dot]) {
			out = append(out, flow{source[dot+1:], output})
		}
	}
	return out
}

// maskedOutputs gives the treatment of each masked output.
func maskedOutputs(a *attribute.Set) map[string]string {
	out := map[string]string{}
	for _, text := range list(a, otelexport.MaskedKey) {
		if parts := strings.Split(text, ":"); len(parts) == 3 {
			out[parts[0]] = parts[2]
		}
	}
	return out
}

func value(a *attribute.Set, key attribute.Key) string {
	v, _ := a.Value(key)
	return v.String()
}

func list(a *attribute.Set, key attribute.Key) []string {
	v, _ := a.Value(key)
	return v.AsStringSlice()
}
