// Package otelexport turns records into OpenTelemetry spans. It imports the OpenTelemetry API alone; which SDK and
// exporter take the spans is the application's choice.
//
// One client span is made of each statement, from before it is sent until its rows are closed, named and described by the
// stable conventions for databases (semantic conventions 1.43.0). What the conventions have no name for stands under
// governed.*: see the Key constants. Spans hold no argument, no literal and no value of a row.
package otelexport

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/lineage"
)

// ScopeName is the name of the instrumentation scope.
const ScopeName = "github.com/governedsql/governed/otelexport"

// Recorder makes one client span of each record. It takes its tracer from the global provider, also from one that is set
// later. It is safe for concurrent use.
type Recorder struct {
	current atomic.Pointer[source]
	servers sync.Map // of server to []trace.SpanStartOption
}

// server is what tells events apart, of all that is known when they begin.
type server struct {
	host, database, schema, profile string
	event                           lineage.Event
	port                            uint16
	anonymous                       bool
}

// source is a provider and the tracer that it gave.
type source struct {
	provider trace.TracerProvider
	tracer   trace.Tracer
}

// NewRecorder makes a recorder.
func NewRecorder() *Recorder { return &Recorder{} }

// Begin starts the span. What a sampler decides by is set at once; it never fails.
func (r *Recorder) Begin(ctx context.Context, rec *lineage.Record) (context.Context, error) {
	if rec.Statement != nil {
		f := factsOf(rec)
		ctx, _ = r.tracer().Start(ctx, f.name, f.options...)
		return ctx, nil
	}
	name := "postgresql"
	if rec.Event != lineage.StatementEvent {
		name = string(rec.Event)
	}
	ctx, _ = r.tracer().Start(ctx, name, r.eventOptions(rec)...)
	return ctx, nil
}

// eventOptions are the same for all events of a kind on a server; they are made once. There are as many events as statements
// (the pool resets a connection before each), so that all that most of them have is among these: nothing is left for the end.
func (r *Recorder) eventOptions(rec *lineage.Record) []trace.SpanStartOption {
	key := server{rec.Host, rec.Database, rec.Schema, rec.Profile, rec.Event, rec.Port, rec.Caller.IsAnonymous()}
	if o, ok := r.servers.Load(key); ok {
		return o.([]trace.SpanStartOption)
	}
	attrs := append(connection(rec), EventKey.String(string(rec.Event)), ProfileKey.String(rec.Profile))
	if rec.Event != lineage.StatementEvent {
		attrs = append(attrs, DecisionKey.String(string(lineage.Allow)))
		if key.anonymous {
			attrs = append(attrs, anonymous)
		}
	}
	o := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...)}
	r.servers.Store(key, o)
	return o
}

// End completes and ends the span.
func (r *Recorder) End(ctx context.Context, rec *lineage.Record) {
	span := trace.SpanFromContext(ctx)
	if span.IsRecording() {
		if a := attributes(rec); len(a) > 0 {
			span.SetAttributes(a...)
		}
		if rec.ErrorType != "" {
			span.SetStatus(codes.Error, rec.Error)
		}
	}
	span.End()
}

// tracer asks the provider of the moment: a tracer that was taken from an earlier one would stay with it.
func (r *Recorder) tracer() trace.Tracer {
	provider := otel.GetTracerProvider()
	if s := r.current.Load(); s != nil && same(s.provider, provider) {
		return s.tracer
	}
	s := &source{provider, provider.Tracer(ScopeName, trace.WithSchemaURL(semconv.SchemaURL))}
	r.current.Store(s)
	return s.tracer
}

// same compares providers of any type; one of a type that cannot be compared is never the same.
func same(a, b trace.TracerProvider) bool {
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}
