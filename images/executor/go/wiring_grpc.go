package main

import (
	"context"

	"slipway.dev/executor/client"
	"slipway.dev/executor/payload"
	"slipway.dev/executor/podinfo"
	"slipway.dev/executor/walk"
	"slipway.dev/executor/wiregrpc"
)

// overGRPC gives what serves a predictor's graph over gRPC, whose units are called over gRPC too, as upstream does.
// rest is the graph as HTTP has it: predictor, routing and logging are the same.
func overGRPC(
	o *options, rest *walk.Graph, annotations podinfo.Annotations, watched *watch, ready func(context.Context) error,
) (*wiregrpc.Server, error) {
	limits, err := wiregrpc.LimitsFrom(annotations)
	if err != nil {
		return nil, err
	}
	made := *rest
	made.Units, made.Codec = speaking(o.protocol, wiregrpc.NewUnits(limits, watched.metrics.Client, watched.called()))
	return wiregrpc.NewServer(&made, wiregrpc.Options{
		Protocol: o.protocol, Limits: limits, Observe: watched.unary, Span: watched.served(),
		Ready: ready,
	})
}

// speaking gives a protocol's client of units, and what looks into its messages.
func speaking(protocol string, units *wiregrpc.Units) (client.Unit, payload.Codec) {
	switch protocol {
	case payload.Tensorflow:
		return wiregrpc.TensorflowUnits{Units: units}, wiregrpc.TensorflowCodec()
	case payload.V2, payload.KFServing:
		return wiregrpc.V2Units{Units: units}, wiregrpc.V2Codec()
	}
	return wiregrpc.SeldonUnits{Units: units}, wiregrpc.SeldonCodec{}
}
