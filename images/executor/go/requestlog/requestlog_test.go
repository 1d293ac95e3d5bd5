package requestlog

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/walk"
)

// logger keeps what it is sent, and answers when go ahead is closed.
type logger struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []*http.Request
	bodies   []string
	begun    chan struct{}
	goAhead  chan struct{}
}

func newLogger(t *testing.T, code int) *logger {
	l := &logger{begun: make(chan struct{}, 1000), goAhead: make(chan struct{})}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.begun <- struct{}{}
		<-l.goAhead
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.requests, l.bodies = append(l.requests, r), append(l.bodies, string(body))
		w.WriteHeader(code)
	}))
	t.Cleanup(l.Server.Close)
	return l
}

// counts are the results so far.
type counts struct {
	mutex sync.Mutex
	of    map[string]int
}

func (c *counts) add(result string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.of[result]++
}

func unit(url string) *graph.Unit {
	return &graph.Unit{Name: "model", Logger: &graph.Logger{URL: url, Mode: graph.LogAll}}
}

func closed(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	q.Close(ctx)
	if ctx.Err() != nil {
		t.Error("not all payloads were sent")
	}
}

func TestAPayloadIsACloudEventOfUpstreamsAttributes(t *testing.T) {
	l := newLogger(t, 202)
	close(l.goAhead)
	q := New(Options{Deployment: "d", Namespace: "n", Predictor: "p", Protocol: "seldon", Source: "http://pod:8000/", URL: l.URL})
	q.Put(unit(""), walk.ResponseKind, payload.Message{Bytes: []byte(`{"a":1}`), ContentType: "application/json"}, "id-1")
	closed(t, q)
	if len(l.requests) != 1 || l.bodies[0] != `{"a":1}` {
		t.Fatalf("got %v", l.bodies)
	}
	got := l.requests[0].Header
	for name, want := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Type": "io.seldon.serving.inference.response", "Ce-Source": "http://pod:8000/",
		"Ce-Modelid": "model", "Ce-Requestid": "id-1", "Ce-Inferenceservicename": "d", "Ce-Namespace": "n",
		"Ce-Endpoint": "p", "Ce-Protocol": "seldon", "Content-Type": "application/json",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q", name, got.Get(name))
		}
	}
	if len(got.Get("Ce-Id")) != 36 || got.Get("Ce-Time") == "" {
		t.Errorf("id %q, time %q", got.Get("Ce-Id"), got.Get("Ce-Time"))
	}
}

func TestACompressedPayloadIsSentUncompressed(t *testing.T) {
	l := newLogger(t, 200)
	close(l.goAhead)
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write([]byte("plain"))
	_ = writer.Close()
	q := New(Options{})
	q.Put(unit(l.URL), walk.RequestKind, payload.Message{Bytes: packed.Bytes(), ContentEncoding: "gzip"}, "")
	closed(t, q)
	if len(l.bodies) != 1 || l.bodies[0] != "plain" || l.requests[0].Header.Get("Content-Encoding") != "" {
		t.Errorf("got %q", l.bodies)
	}
}

func TestAFullQueueDropsAndCountsAndWhatWaitsIsSentAtTheEnd(t *testing.T) {
	l := newLogger(t, 200)
	results := &counts{of: map[string]int{}}
	q := New(Options{Workers: 1, Waiting: 2, Count: results.add})
	one := payload.Message{Bytes: []byte("x")}
	q.Put(unit(l.URL), walk.RequestKind, one, "")
	<-l.begun // the worker has it: two more may wait
	for range 5 {
		q.Put(unit(l.URL), walk.RequestKind, one, "")
	}
	if results.of["dropped"] != 3 {
		t.Errorf("before the end: %v", results.of)
	}
	close(l.goAhead)
	closed(t, q)
	if results.of["sent"] != 3 || results.of["dropped"] != 3 || len(l.bodies) != 3 || q.bytes.Load() != 0 {
		t.Errorf("%v, %d arrived, %d bytes wait", results.of, len(l.bodies), q.bytes.Load())
	}
	q.Put(unit(l.URL), walk.RequestKind, one, "") // after the end: dropped, no panic
	if results.of["dropped"] != 4 {
		t.Errorf("after the end: %v", results.of)
	}
}

func TestAPayloadWaitsForAPlace(t *testing.T) {
	l := newLogger(t, 200)
	results := &counts{of: map[string]int{}}
	q := New(Options{Workers: 1, Waiting: 1, Patience: 20 * time.Second, Count: results.add})
	one := payload.Message{Bytes: []byte("x")}
	q.Put(unit(l.URL), walk.RequestKind, one, "")
	<-l.begun
	q.Put(unit(l.URL), walk.RequestKind, one, "")
	q.Put(unit(l.URL), walk.RequestKind, one, "") // no place yet
	close(l.goAhead)
	<-l.begun
	<-l.begun
	closed(t, q)
	if results.of["sent"] != 3 || results.of["dropped"] != 0 {
		t.Errorf("%v", results.of)
	}
}

func TestLargePayloadsDoNotFillTheMemory(t *testing.T) {
	l := newLogger(t, 200)
	defer close(l.goAhead)
	results := &counts{of: map[string]int{}}
	q := New(Options{Workers: 1, Waiting: 1000, Count: results.add})
	large := payload.Message{Bytes: make([]byte, mostBytes/4)}
	for range 6 {
		q.Put(unit(l.URL), walk.RequestKind, large, "")
	}
	if results.of["dropped"] != 2 {
		t.Errorf("%v", results.of)
	}
}

func TestALoggerThatRefusesOrIsNotNamedIsCounted(t *testing.T) {
	l := newLogger(t, 503)
	close(l.goAhead)
	results := &counts{of: map[string]int{}}
	q := New(Options{Count: results.add})
	q.Put(unit(l.URL), walk.RequestKind, payload.Message{}, "")
	q.Put(unit(""), walk.RequestKind, payload.Message{}, "")
	closed(t, q)
	if results.of["failed"] != 1 || results.of["dropped"] != 1 {
		t.Errorf("%v", results.of)
	}
}
