// Package rest serves a graph by HTTP: the paths of the protocols seldon, v2 and tensorflow, probes and metrics.
package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"slipway.dev/executor/payload"
	"slipway.dev/executor/walk"
)

// Options say what is served; Graph, Protocol, Deployment and Namespace have to be there.
type Options struct {
	Graph      *walk.Graph
	Protocol   string
	Deployment string
	Namespace  string
	// MetricsPath answers with Metrics; empty: no such path.
	MetricsPath string
	Metrics     http.Handler
	// Observe is told of each request: the service (predictions, feedback, status, metadata), the HTTP method in small
	// letters, the status and the duration in seconds.
	Observe func(service, method, code string, seconds float64)
	// Span begins a server's span from a request's headers; what it gives back ends the span.
	Span func(ctx context.Context, name string, headers http.Header) (context.Context, func())
	// MaxBytes is the size of a request's body that is still taken; 0: any.
	MaxBytes int64
	// FullHealth asks units for their health; else it is enough that they take connections.
	FullHealth bool
	// Origins and AllowedHeaders are what browsers of other origins may (CORS).
	Origins        string
	AllowedHeaders string
}

// Server is the handler of all paths.
type Server struct {
	Options
	match   func(path string) (found, bool)
	ready   *readiness
	docs    *docs
	leaving atomic.Bool
}

// New gives the server of a graph.
func New(options Options) *Server {
	server := &Server{Options: options, ready: newReadiness(options), docs: newDocs(options)}
	switch options.Protocol {
	case payload.Tensorflow:
		server.match = server.tensorflow
	case payload.V2, payload.KFServing:
		server.match = server.v2
	default:
		server.match = server.seldon
	}
	return server
}

// Leave says that the process is about to end: /ready answers 503, and who asks still is told to connect anew next time,
// to another Pod.
func (s *Server) Leave() { s.leaving.Store(true) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, is := s.find(r.URL.Path)
	if !is {
		http.NotFound(w, r)
		return
	}
	if at.methods != "" && !allowed(at.methods, r.Method) {
		w.Header().Set("Allow", strings.ReplaceAll(at.methods, ",", ", "))
		http.Error(w, "405 method not allowed: "+strings.ReplaceAll(at.methods, ",", " or "), http.StatusMethodNotAllowed)
		return
	}
	s.setHeaders(w.Header(), r, at)
	if s.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	if r.Method == http.MethodOptions {
		return
	}
	begun := time.Now()
	code := s.serve(w, r, at)
	if at.service != "" && s.Observe != nil {
		s.Observe(at.service, strings.ToLower(r.Method), strconv.Itoa(code), time.Since(begun).Seconds())
	}
}

// serve answers within a span and gives the answer's status.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, at found) int {
	if s.MaxBytes > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, s.MaxBytes)
	}
	ctx := r.Context()
	if s.Span != nil && at.service != "" {
		var end func()
		ctx, end = s.Span(ctx, at.service, r.Header)
		defer end()
	}
	return at.handle(ctx, w, r, at)
}

func allowed(methods, method string) bool {
	for one := range strings.SplitSeq(methods, ",") {
		if one == method {
			return true
		}
	}
	return false
}
