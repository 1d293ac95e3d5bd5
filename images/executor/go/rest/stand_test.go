package rest_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/rest"
	"slipway.dev/executor/walk"
)

// call is what a unit was asked.
type call struct {
	unit, method, path, body string
	header                   http.Header
}

// stand is a graph's units, which are servers of their own, and the executor before them.
type stand struct {
	t     *testing.T
	mutex sync.Mutex
	calls []call
	url   string
	rest  *rest.Server
	logs  []string
	seen  []string // what was observed, on both sides
}

// unit gives a unit whose handler answers each call.
func (s *stand) unit(name string, kind graph.Type, handler http.HandlerFunc, children ...*graph.Unit) *graph.Unit {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mutex.Lock()
		s.calls = append(s.calls, call{name, r.Method, r.URL.Path, string(body), r.Header.Clone()})
		s.mutex.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		handler(w, r)
	}))
	s.t.Cleanup(server.Close)
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	return &graph.Unit{Name: name, Type: kind, Children: children, Endpoint: graph.Endpoint{ServiceHost: host, HTTPPort: number}}
}

// built gives a unit that the program has itself.
func built(name, implementation string, kind graph.Type, children ...*graph.Unit) *graph.Unit {
	return &graph.Unit{Name: name, Type: kind, Implementation: implementation, Children: children}
}

func newStand(t *testing.T) *stand { return &stand{t: t} }

// serve begins the executor, which answers until the test's end.
func (s *stand) serve(protocol string, root *graph.Unit, change ...func(*rest.Options, *client.Options)) {
	predictor := &graph.Predictor{Name: "main", Graph: *root}
	if err := predictor.Check(protocol); err != nil {
		s.t.Fatal(err)
	}
	calls := client.Options{Observe: func(service, model, method, code string, _ float64) {
		s.note(&s.seen, "client "+service+" "+model+" "+method+" "+code)
	}}
	options := rest.Options{
		Protocol: protocol, Deployment: "d", Namespace: "n", Origins: rest.AnyOrigin, AllowedHeaders: rest.DefaultCORSHeaders,
		Observe: func(service, method, code string, _ float64) {
			s.note(&s.seen, "server "+service+" "+method+" "+code)
		},
	}
	options.Graph = &walk.Graph{
		Predictor: predictor, Codec: payload.JSON{Protocol: protocol},
		Log: func(unit *graph.Unit, kind walk.Kind, message payload.Message, _ string) {
			s.note(&s.logs, unit.Name+" "+string(kind)+" "+string(message.Bytes))
		},
	}
	for _, one := range change {
		one(&options, &calls)
	}
	options.Graph.Units = client.NewREST(protocol, calls)
	s.rest = rest.New(options)
	server := httptest.NewServer(s.rest)
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

func (s *stand) note(where *[]string, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	*where = append(*where, text)
}

// answer is what the executor said.
type answer struct {
	code   int
	body   string
	header http.Header
	closes bool // the connection
}

func (s *stand) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, string(text), response.Header, response.Close}
}

func (s *stand) post(body string) answer { return s.do("POST", "/api/v1.0/predictions", body) }

// asked are the calls so far as "unit path body", those of parallel units in alphabetical order where sorted.
func (s *stand) asked(sorted bool) []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lines []string
	for _, call := range s.calls {
		lines = append(lines, strings.TrimSpace(call.unit+" "+call.path+" "+call.body))
	}
	if sorted {
		slices.Sort(lines)
	}
	return lines
}

// says gives a handler that answers the same to all.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
}

// adds gives a handler that puts a letter behind strData.
func adds(letter string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var message struct {
			StrData string `json:"strData"`
		}
		_ = json.NewDecoder(r.Body).Decode(&message)
		message.StrData += letter
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(message)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
}

// sameJSON says whether two JSON texts mean the same.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var one, other any
	if err := json.Unmarshal([]byte(got), &one); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &other); err != nil {
		t.Fatal(err)
	}
	equal(t, one, other)
}
