package main

import (
	"slipway.dev/executor/graph"
	"slipway.dev/executor/metrics"
)

// watch is what is told of requests and calls, whatever their transport.
type watch struct {
	metrics *metrics.Metrics
}

func newWatch(o *options, predictor *graph.Predictor) (*watch, error) {
	return &watch{metrics: metrics.New(o.deployment, predictor)}, nil
}

// unary tells of a request over gRPC.
func (w *watch) unary(method, code string, seconds float64) {
	w.metrics.Server(method, "unary", code, seconds)
}
