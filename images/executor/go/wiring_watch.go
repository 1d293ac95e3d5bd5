package main

import (
	"context"
	"fmt"
	"time"

	"slipway.dev/executor/graph"
	"slipway.dev/executor/metrics"
	"slipway.dev/executor/requestlog"
	"slipway.dev/executor/walk"
)

// leftovers is how long what still waits to be sent has at the end, when all requests are answered.
const leftovers = 5 * time.Second

// watch is what is told of requests and calls, whatever their transport.
type watch struct {
	metrics *metrics.Metrics
	log     *requestlog.Queue // nil: no unit has a logger
}

func newWatch(o *options, predictor *graph.Predictor) (*watch, error) {
	w := &watch{metrics: metrics.New(o.deployment, predictor)}
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

// close sends what is left.
func (w *watch) close() {
	ctx, cancel := context.WithTimeout(context.Background(), leftovers)
	defer cancel()
	if w.log != nil {
		w.log.Close(ctx)
	}
}
