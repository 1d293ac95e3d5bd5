package rest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/rest"
)

func TestPathsAreCalledAsTheProtocolSays(t *testing.T) {
	for _, c := range []struct{ protocol, method, path, want string }{
		{"seldon", "POST", "/api/v1.0/predictions", "/predict"},
		{"seldon", "POST", "/api/v0.1/predictions", "/predict"},
		{"seldon", "POST", "/api/v0.1/feedback", "/send-feedback"},
		{"seldon", "GET", "/api/v1.0/status/m", "/health/status"},
		{"seldon", "GET", "/api/v0.1/metadata/m", "/metadata"},
		{"seldon", "GET", "/api/v1.0/metadata/m", "/metadata"},
		{"v2", "POST", "/v2/models/infer", "/v2/models/m/infer"},
		{"v2", "POST", "/v2/models/x/infer", "/v2/models/x/infer"},
		{"kfserving", "POST", "/v2/models/x/infer", "/v2/models/x/infer"},
		{"v2", "POST", "/v2/models/x/versions/2/infer", "/v2/models/x/versions/2/infer"},
		{"v2", "GET", "/v2/models/m/ready", "/v2/models/m/ready"},
		{"v2", "GET", "/v2/models/x/versions/3/ready", "/v2/models/x/versions/3/ready"},
		{"v2", "GET", "/v2/models/m", "/v2/models/m"},
		{"tensorflow", "POST", "/v1/models/m:predict", "/v1/models/m:predict"},
		{"tensorflow", "POST", "/v1/models/m/:predict", "/v1/models/m:predict"},
		{"tensorflow", "POST", "/v1/models:predict", "/v1/models/m:predict"},
		{"tensorflow", "POST", "/v1/models/:predict", "/v1/models/m:predict"},
		{"tensorflow", "POST", "/v1/models/x:classify", "/v1/models/x:classify"},
		{"tensorflow", "POST", "/v1/models/x/labels/new:regress", "/v1/models/x/labels/new:regress"},
		{"tensorflow", "POST", "/v1/models/x/versions/7:predict", "/v1/models/x/versions/7:predict"},
		{"tensorflow", "GET", "/v1/models/m", "/v1/models/m"},
		{"tensorflow", "GET", "/v1/models/m/versions/1/metadata", "/v1/models/m/versions/1/metadata"},
	} {
		s := newStand(t)
		s.serve(c.protocol, s.unit("m", model, says(`{}`)))
		if answer := s.do(c.method, c.path, map[string]string{"POST": "{}"}[c.method]); answer.code != 200 || answer.body != "{}" {
			t.Errorf("%s %s: %d %s", c.protocol, c.path, answer.code, answer.body)
			continue
		}
		equal(t, s.calls[0].method+" "+s.calls[0].path, c.method+" "+c.want)
	}
}

func TestWhatIsNoPathIsNotFound(t *testing.T) {
	for protocol, paths := range map[string][]string{
		"seldon":     {"/", "/api/v1.0/", "/api/v1.0/nothing", "/api/v1.0/status/a/b", "/api/v0.1/status", "/v2/models/m", "/api/v1.0/doc/x", "/metrics"},
		"v2":         {"/v2", "/v2/models", "/v2/models/", "/v2/models/m/nothing", "/v2/models/m/infer/", "/api/v1.0/predictions", "/v2/models/../infer", "/v2/models/%2e%2e/ready", "/v2/models/m/versions/..", "/v2/models/."},
		"tensorflow": {"/v1/models", "/v1/modelsm", "/v1/models/m:nothing", "/v1/models/m/x:predict", "/v1/models/m/metadata/x", "/v1/models/..:predict", "/v1/models/../metadata"},
	} {
		s := newStand(t)
		s.serve(protocol, s.unit("m", model, says(`{}`)))
		for _, path := range paths {
			if answer := s.do("GET", path, ""); answer.code != 404 {
				t.Errorf("%s %s: %d", protocol, path, answer.code)
			}
		}
		equal(t, len(s.calls), 0)
	}
}

func TestMethodsThatAPathDoesNotTakeAreNamed(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	for path, method := range map[string]string{
		"/api/v1.0/predictions": "GET", "/api/v0.1/feedback": "PUT", "/api/v1.0/metadata": "POST", "/api/v1.0/doc/": "POST",
	} {
		answer := s.do(method, path, "")
		equal(t, answer.code, 405)
		if answer.header.Get("Allow") == "" {
			t.Errorf("%s does not say what it takes", path)
		}
	}
	equal(t, len(s.calls), 0)
}

func TestAUnitThatTheGraphDoesNotHaveIsNamed(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	answer := s.do("GET", "/api/v1.0/metadata/x", "")
	if answer.code != 500 || !strings.Contains(answer.body, `no unit \"x\"`) {
		t.Fatalf("%d %s", answer.code, answer.body)
	}
}

func TestV2AnswersBecomeRequests(t *testing.T) {
	s := newStand(t)
	s.serve("v2", s.unit("a", model, says(`{"outputs":[{"name":"o"}]}`), s.unit("b", model, says(`{"outputs":[]}`))))
	equal(t, s.do("POST", "/v2/models/infer", `{"inputs":[]}`).body, `{"outputs":[]}`)
	equal(t, s.asked(false), []string{`a /v2/models/a/infer {"inputs":[]}`, `b /v2/models/b/infer {"inputs":[{"name":"o"}]}`})
	equal(t, s.do("POST", "/api/v1.0/feedback", `{}`).code, 404)
}

func TestBinaryTensorsPassUnchanged(t *testing.T) {
	s := newStand(t)
	tensor := "{\"inputs\":[]}\x00\xff<&>"
	s.serve("v2", s.unit("m", model, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Inference-Header-Content-Length", r.Header.Get("Inference-Header-Content-Length"))
		_, _ = io.Copy(w, r.Body)
	}))
	answer := s.do("POST", "/v2/models/m/infer", tensor, "Inference-Header-Content-Length", "13",
		"Content-Type", "application/octet-stream")
	equal(t, answer.body, tensor)
	equal(t, answer.header.Get("Inference-Header-Content-Length"), "13")
	equal(t, s.calls[0].header.Get("Content-Type"), "application/octet-stream")
}

func TestFormsPassUnchanged(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	form := "--x\r\nContent-Disposition: form-data; name=\"binData\"; filename=\"a\"\r\n\r\n\x00\xff\r\n--x--\r\n"
	s.do("POST", "/api/v1.0/predictions", form, "Content-Type", "multipart/form-data; boundary=x")
	equal(t, s.calls[0].body, form)
	equal(t, s.calls[0].header.Get("Content-Type"), "multipart/form-data; boundary=x")
}

func TestHealthIsThatOfAllUnits(t *testing.T) {
	for protocol, paths := range map[string][]string{
		"seldon": {"/ready", "/api/v1.0/status", "/api/v1.0/health/status"}, "v2": {"/ready", "/v2/health/ready"},
	} {
		s := newStand(t)
		gone := &graph.Unit{Name: "gone", Type: model, Endpoint: graph.Endpoint{ServiceHost: "127.0.0.1", HTTPPort: 1}}
		well := s.unit("m", model, says(`{}`))
		s.serve(protocol, well)
		for _, path := range paths {
			equal(t, s.do("GET", path, "").code, 200)
		}
		well.Children = []*graph.Unit{gone}
		s.serve(protocol, well)
		for _, path := range paths {
			answer := s.do("GET", path, "")
			if answer.code != 503 || !strings.Contains(answer.body, `unit "gone"`) {
				t.Errorf("%s: %d %s", path, answer.code, answer.body)
			}
		}
		equal(t, s.do("GET", "/live", "").code, 200)
	}
}

func TestReadyIsAskedAtTheServicesPort(t *testing.T) {
	for _, c := range []struct {
		change func(*graph.Endpoint)
		want   int
	}{
		{func(at *graph.Endpoint) { at.ServicePort, at.HTTPPort = at.HTTPPort, 1 }, 200},
		{func(at *graph.Endpoint) { at.ServicePort = 1 }, 503},
		{func(at *graph.Endpoint) { at.GRPCPort, at.HTTPPort, at.Type = at.HTTPPort, 1, "GRPC" }, 200},
		{func(at *graph.Endpoint) { at.GRPCPort, at.HTTPPort = at.HTTPPort, 0 }, 200},
	} {
		s := newStand(t)
		unit := s.unit("m", model, says(`{}`))
		c.change(&unit.Endpoint)
		s.serve("seldon", unit)
		equal(t, s.do("GET", "/ready", "").code, c.want)
	}
}

func TestFullHealthAsksTheUnits(t *testing.T) {
	full := func(options *rest.Options, _ *client.Options) { options.FullHealth = true }
	for protocol, path := range map[string]string{"seldon": "/api/v1.0/health/status", "v2": "/v2/health/ready"} {
		s := newStand(t)
		s.serve(protocol, s.unit("m", model, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				w.WriteHeader(404)
			}
		}), full)
		equal(t, s.do("GET", "/ready", "").code, 200)
		equal(t, s.calls[0].path, path)
		ill := newStand(t)
		ill.serve(protocol, ill.unit("m", model, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), full)
		equal(t, ill.do("GET", "/ready", "").code, 503)
	}
}

func TestWhoLeavesIsNotReady(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	s.rest.Leave()
	equal(t, s.do("GET", "/ready", "").code, 503)
	answer := s.post(`{}`)
	equal(t, answer.code, 200)
	equal(t, answer.closes, true)
}

func TestTheGraphsMetadataIsThatOfItsEdges(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("t", transformer, says(`{"name":"T","inputs":[1],"outputs":[2]}`),
		s.unit("c", graph.Combiner, says(`{"inputs":[3],"outputs":[4]}`), s.unit("m", model, says(`{"versions":["v"],"inputs":[5]}`)))))
	sameJSON(t, s.do("GET", "/api/v1.0/metadata", "").body, `{"name":"main","graphinputs":[1],"graphoutputs":[4],"models":{
		"t":{"name":"T","inputs":[1],"outputs":[2]},"c":{"inputs":[3],"outputs":[4]},"m":{"versions":["v"],"inputs":[5]}}}`)
}

func TestTheDocumentIsOfThisDeployment(t *testing.T) {
	for protocol, place := range map[string]string{"seldon": "/api/v1.0/doc/", "v2": "/v2/docs/"} {
		s := newStand(t)
		s.serve(protocol, s.unit("m", model, says(`{}`)))
		page := s.do("GET", place, "")
		equal(t, page.header.Get("Content-Type"), "text/html; charset=utf-8")
		api := s.do("GET", place+"openapi.json", "")
		equal(t, api.header.Get("Content-Type"), "application/json")
		if !strings.Contains(api.body, `"/seldon/n/d/`) || !strings.Contains(page.body, "d in n") {
			t.Errorf("%s does not name its deployment", place)
		}
	}
}

func TestMetricsHaveAPathOfTheirOwn(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)), func(options *rest.Options, _ *client.Options) {
		options.MetricsPath, options.Metrics = "/prometheus", says("metrics")
	})
	equal(t, s.do("GET", "/prometheus", "").body, "metrics")
}

func TestBothSidesAreObserved(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	s.post(`{}`)
	s.do("GET", "/api/v1.0/metadata", "")
	s.do("GET", "/ready", "")
	equal(t, s.seen, []string{
		"client /predict m post 503", "server predictions post 503", "client /metadata m get 503", "server metadata get 503",
	})
}

func TestATimeoutIsOneOfEachCall(t *testing.T) {
	s := newStand(t)
	done := make(chan struct{})
	s.serve("seldon", s.unit("m", model, func(_ http.ResponseWriter, r *http.Request) { <-done }),
		func(_ *rest.Options, calls *client.Options) { calls.Timeout = 50 * time.Millisecond })
	defer close(done)
	answer := s.post(`{}`)
	if answer.code != 500 || !strings.Contains(answer.body, "within 50ms") {
		t.Fatalf("%d %s", answer.code, answer.body)
	}
}

func TestALargeBodyIsRefused(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)), func(options *rest.Options, _ *client.Options) { options.MaxBytes = 10 })
	equal(t, s.post(`{"a":1}`).code, 200)
	answer := s.post(`{"strData":"long"}`)
	equal(t, answer.code, 413)
	sameJSON(t, answer.body, `{"status":{"code":413,"info":"the request's body: http: request body too large","status":"FAILURE"}}`)
}

// A unit may close a connection that lay idle at the moment when it is used again.
func TestAConnectionThatWasClosedMeanwhileIsNoError(t *testing.T) {
	s := newStand(t)
	unit := s.unit("m", model, nil)
	server := httptest.NewUnstartedServer(says(`{}`))
	var closed int
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if closed++; closed%2 == 0 {
			connection, _, _ := w.(http.Hijacker).Hijack() // the second request on a connection
			_ = connection.Close()
			return
		}
		says(`{}`)(w, r)
	})
	server.Start()
	defer server.Close()
	unit.Endpoint = endpoint(server)
	s.serve("seldon", unit)
	for range 6 {
		equal(t, s.post(`{}`).code, 200)
	}
}
