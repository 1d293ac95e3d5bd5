// Package tracing exports spans by OTLP, where the environment says so (OTEL_EXPORTER_OTLP_ENDPOINT and the other
// variables of OpenTelemetry). Without that, callers' trace headers pass to the units as all headers do.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes spans; a nil one makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	headers  propagation.TextMapPropagator
}

// FromEnvironment gives the tracer that the environment asks for; nil where it asks for none.
func FromEnvironment(ctx context.Context) (*Tracer, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		for _, name := range []string{"JAEGER_AGENT_HOST", "JAEGER_ENDPOINT"} {
			if os.Getenv(name) != "" {
				slog.Warn("no spans are exported: Jaeger's own protocol has no maintained client, and Jaeger takes OTLP. "+
					"Set OTEL_EXPORTER_OTLP_ENDPOINT, e.g. to http://jaeger-collector:4318", "because", name)
			}
		}
		return nil, nil
	}
	exporter, err := newExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("the exporter of spans: %w", err)
	}
	sampler, err := newSampler()
	if err != nil {
		return nil, err
	}
	options := []sdk.TracerProviderOption{sdk.WithBatcher(exporter), sdk.WithResource(whose(ctx))}
	if sampler != nil {
		options = append(options, sdk.WithSampler(sampler))
	}
	provider := sdk.NewTracerProvider(options...)
	return &Tracer{provider, provider.Tracer("slipway.dev/executor"), propagator()}, nil
}

// whose names the service: by OpenTelemetry's variables, else Jaeger's, else as upstream.
func whose(ctx context.Context) *resource.Resource {
	name := "executor"
	if set := os.Getenv("JAEGER_SERVICE_NAME"); set != "" {
		name = set
	}
	// The environment's comes last and wins.
	made, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithAttributes(semconv.ServiceName(name)), resource.WithFromEnv())
	if err != nil {
		slog.Warn("part of what names the service in spans is not understood", "error", err.Error())
	}
	return made
}

func newExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	protocol := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "grpc":
		return otlptracegrpc.New(ctx)
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	}
	return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q, neither grpc nor http/protobuf", protocol)
}

// newSampler reads Jaeger's variables, for deployments that have them from upstream; nil leaves it to OpenTelemetry's.
func newSampler() (sdk.Sampler, error) {
	kind, text := os.Getenv("JAEGER_SAMPLER_TYPE"), os.Getenv("JAEGER_SAMPLER_PARAM")
	if os.Getenv("OTEL_TRACES_SAMPLER") != "" || (kind != "const" && kind != "probabilistic") {
		return nil, nil
	}
	share, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("JAEGER_SAMPLER_PARAM is %q, not a number", text)
	}
	return sdk.ParentBased(sdk.TraceIDRatioBased(share)), nil
}

// propagator reads and writes the headers of a trace: those OTEL_PROPAGATORS names, else B3's where upstream's variable
// asks for them, else W3C's and Jaeger's.
func propagator() propagation.TextMapPropagator {
	if os.Getenv("OTEL_PROPAGATORS") == "" && os.Getenv("JAEGER_TRACE_PROPAGATION_TYPE") == "b3" {
		return b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))
	}
	return autoprop.NewTextMapPropagator(jaeger.Jaeger{}, propagation.TraceContext{}, propagation.Baggage{})
}

// Server begins a request's span, below the one that its headers name; the function ends it.
func (t *Tracer) Server(ctx context.Context, name string, headers http.Header) (context.Context, func()) {
	ctx = t.headers.Extract(ctx, propagation.HeaderCarrier(headers))
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func() { span.End() }
}

// Client begins the span of a unit's call and puts it into the call's headers; the function ends it.
func (t *Tracer) Client(ctx context.Context, name string, headers http.Header) func() {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient))
	t.headers.Inject(ctx, propagation.HeaderCarrier(headers))
	return func() { span.End() }
}

// Close exports what is left.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }
