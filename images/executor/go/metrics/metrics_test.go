package metrics

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"slipway.dev/executor/graph"
)

func predictor() *graph.Predictor {
	made := &graph.Predictor{Name: "p", Annotations: map[string]string{"version": "v7"}}
	component := graph.ComponentSpec{}
	component.Spec.Containers = []graph.Container{{Name: "model", Image: "repo/iris:1.2"}}
	made.ComponentSpecs = []graph.ComponentSpec{component}
	return made
}

func page(m *Metrics) string {
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/prometheus", nil))
	return recorder.Body.String()
}

func TestRequestsAndCallsHaveUpstreamsNamesAndLabels(t *testing.T) {
	m := New("d", predictor())
	m.Server("predictions", "post", "200", 0.02)
	m.Client("/predict", "model", "post", "200", 0.01)
	m.Client("/seldon.protos.Model/Predict", "elsewhere", "unary", "OK", 20)
	text := page(m)
	server := `{code="200",deployment_name="d",method="post",predictor_name="p",predictor_version="v7",service="predictions"`
	known := `{code="200",deployment_name="d",method="post",model_image="repo/iris",model_name="model",model_version="1.2",` +
		`predictor_name="p",predictor_version="v7",service="/predict"`
	foreign := `{code="OK",deployment_name="d",method="unary",model_image="",model_name="elsewhere",model_version="",` +
		`predictor_name="p",predictor_version="v7",service="/seldon.protos.Model/Predict"`
	for _, want := range []string{
		"seldon_api_executor_server_requests_seconds_bucket" + server + `,le="0.01"} 0`,
		"seldon_api_executor_server_requests_seconds_bucket" + server + `,le="0.025"} 1`,
		"seldon_api_executor_server_requests_seconds_sum" + server + "} 0.02",
		"seldon_api_executor_server_requests_seconds_summary_count" + server + "} 1",
		"seldon_api_executor_server_requests_seconds_summary" + server + `,quantile="0.99"} 0.02`,
		"seldon_api_executor_client_requests_seconds_bucket" + known + `,le="0.01"} 1`,
		"seldon_api_executor_client_requests_seconds_bucket" + foreign + `,le="10"} 0`,
		"seldon_api_executor_client_requests_seconds_bucket" + foreign + `,le="+Inf"} 1`,
		"process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %s", want)
		}
	}
}

func TestNamesThatCallersMakeUpDoNotFillTheMemory(t *testing.T) {
	m := New("d", predictor())
	for i := range mostSeries + 500 {
		m.Client(fmt.Sprintf("/v2/models/made-up-%d/infer", i), "model", "post", "404", 0.001)
	}
	text := page(m)
	if got := strings.Count(text, "seldon_api_executor_client_requests_seconds_count{"); got > mostSeries+1 {
		t.Errorf("%d series", got)
	}
	if !strings.Contains(text, `service="other"} 500`) {
		t.Error("what came after the limit is not counted")
	}
}

func BenchmarkServer(b *testing.B) {
	m := New("d", predictor())
	b.ReportAllocs()
	for b.Loop() {
		m.Server("predictions", "post", "200", 0.02)
	}
}
