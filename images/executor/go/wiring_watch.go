package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/metrics"
	"slipway.dev/executor/requestlog"
	"slipway.dev/executor/tracing"
	"slipway.dev/executor/walk"
)

// leftovers is how long what still waits to be sent has at the end, when all requests are answered.
const leftovers = 5 * time.Second

// watch is what is told of requests and calls, whatever their transport.
type watch struct {
	metrics *metrics.Metrics
	log     *requestlog.Queue // nil: no unit has a logger
	tracer  *tracing.Tracer   // nil: spans are not exported
}

func newWatch(ctx context.Context, o *options, predictor *graph.Predictor) (*watch, error) {
	tracer, err := tracing.FromEnvironment(ctx)
	if err != nil {
		return nil, err
	}
	w := &watch{metrics: metrics.New(o.deployment, predictor), tracer: tracer}
	logs := false
	predictor.Graph.All(func(unit *graph.Unit) { logs = logs || unit.Logger != nil })
	if logs {
		w.log = requestlog.New(requestlog.Options{
			Deployment: o.deployment, Namespace: o.namespace, Predictor: o.predictor, Protocol: o.protocol,
			Source:  fmt.Sprintf("http://%s:%d/", o.hostname, o.httpPort),
			URL:     environment("REQUEST_LOGGER_DEFAULT_ENDPOINT", ""),
			Workers: o.logWorkers, Waiting: o.logBuffer, Patience: time.Duration(o.logWait) * time.Millisecond,
			Count: w.metrics.Logged,
		})
	}
	return w, nil
}

// put is what the walk tells of payloads; nil where nobody asks.
func (w *watch) put() walk.Log {
	if w.log == nil {
		return nil
	}
	return w.log.Put
}

// unary tells of a request over gRPC.
func (w *watch) unary(method, code string, seconds float64) {
	w.metrics.Server(method, "unary", code, seconds)
}

// served begins the span of a request; nil where spans are not exported.
func (w *watch) served() func(context.Context, string, http.Header) (context.Context, func()) {
	if w.tracer == nil {
		return nil
	}
	return w.tracer.Server
}

// called begins the span of a unit's call; nil where spans are not exported.
func (w *watch) called() func(context.Context, string, http.Header) func() {
	if w.tracer == nil {
		return nil
	}
	return w.tracer.Client
}

// close sends what is left.
func (w *watch) close() {
	ctx, cancel := context.WithTimeout(context.Background(), leftovers)
	defer cancel()
	if w.log != nil {
		w.log.Close(ctx)
	}
	if w.tracer != nil {
		if err := w.tracer.Close(ctx); err != nil {
			slog.Warn("spans are left unsent at the end", "error", err.Error())
		}
	}
}
