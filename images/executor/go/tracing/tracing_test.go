package tracing

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver takes spans by OTLP over HTTP.
type receiver struct {
	mutex   sync.Mutex
	service string
	spans   map[string]*spans.Span
}

func receiving(t *testing.T) *receiver {
	r := &receiver{spans: map[string]*spans.Span{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		decoded := &collector.ExportTraceServiceRequest{}
		if err := proto.Unmarshal(body, decoded); err != nil {
			t.Error(err)
		}
		r.mutex.Lock()
		defer r.mutex.Unlock()
		for _, resource := range decoded.GetResourceSpans() {
			for _, attribute := range resource.GetResource().GetAttributes() {
				if attribute.GetKey() == "service.name" {
					r.service = attribute.GetValue().GetStringValue()
				}
			}
			for _, span := range resource.GetScopeSpans()[0].GetSpans() {
				r.spans[span.GetName()] = span
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	return r
}

// one request with one call of a unit; gives what headers the unit gets.
func traced(t *testing.T, headers http.Header) http.Header {
	t.Helper()
	ctx := context.Background()
	tracer, err := FromEnvironment(ctx)
	if err != nil || tracer == nil {
		t.Fatal(tracer, err)
	}
	inside, end := tracer.Server(ctx, "predictions", headers)
	passed := headers.Clone()
	endCall := tracer.Client(inside, "/predict", passed)
	endCall()
	end()
	if err := tracer.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return passed
}

const traceID, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

func TestSpansStandBelowTheCallersAndAboveTheUnits(t *testing.T) {
	r := receiving(t)
	t.Setenv("JAEGER_SERVICE_NAME", "mine")
	passed := traced(t, http.Header{"Traceparent": {"00-" + traceID + "-" + parent + "-01"}, "Other": {"1"}})
	server, call := r.spans["predictions"], r.spans["/predict"]
	if server == nil || call == nil || r.service != "mine" {
		t.Fatalf("spans %v of %q", r.spans, r.service)
	}
	if hex.EncodeToString(server.GetTraceId()) != traceID || hex.EncodeToString(server.GetParentSpanId()) != parent ||
		string(call.GetParentSpanId()) != string(server.GetSpanId()) {
		t.Errorf("server %v, call %v", server, call)
	}
	want := "00-" + traceID + "-" + hex.EncodeToString(call.GetSpanId()) + "-01"
	if passed.Get("Traceparent") != want || passed.Get("Other") != "1" {
		t.Errorf("the unit gets %v", passed)
	}
}

func TestHeadersOfJaegerAndB3AreReadAndWritten(t *testing.T) {
	for propagation, headers := range map[string]http.Header{
		"":   {"Uber-Trace-Id": {traceID + ":" + parent + ":0:1"}},
		"b3": {"X-B3-Traceid": {traceID}, "X-B3-Spanid": {parent}, "X-B3-Sampled": {"1"}},
	} {
		r := receiving(t)
		t.Setenv("JAEGER_TRACE_PROPAGATION_TYPE", propagation)
		before := headers.Clone()
		passed := traced(t, headers)
		call := r.spans["/predict"]
		if call == nil || hex.EncodeToString(call.GetTraceId()) != traceID {
			t.Fatalf("%q: spans %v", propagation, r.spans)
		}
		for name, values := range before {
			if name != "X-B3-Sampled" && !strings.Contains(passed.Get(name), traceID) && passed.Get(name) == values[0] {
				t.Errorf("%q: %s is still %q at the unit", propagation, name, values[0])
			}
		}
	}
}

func TestJaegersSamplerIsFollowed(t *testing.T) {
	r := receiving(t)
	t.Setenv("JAEGER_SAMPLER_TYPE", "const")
	t.Setenv("JAEGER_SAMPLER_PARAM", "0")
	traced(t, http.Header{})
	if len(r.spans) != 0 {
		t.Errorf("spans %v", r.spans)
	}
}

func TestNothingIsExportedUnlessTheEnvironmentSaysWhere(t *testing.T) {
	t.Setenv("JAEGER_AGENT_HOST", "jaeger")
	if tracer, err := FromEnvironment(context.Background()); tracer != nil || err != nil {
		t.Error(tracer, err)
	}
}
