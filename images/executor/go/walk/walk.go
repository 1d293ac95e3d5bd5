// Package walk takes requests through the graph of one predictor.
package walk

import (
	"context"
	"fmt"

	"slipway.dev/executor/builtin"
	"slipway.dev/executor/client"
	"slipway.dev/executor/graph"
	"slipway.dev/executor/payload"
)

// Graph is what requests of one transport walk through.
type Graph struct {
	Predictor *graph.Predictor
	Units     client.Unit
	Codec     payload.Codec
	// Log is told of payloads of units that have a logger; nil: nobody is.
	Log Log
	// Routing asks for meta.routing in answers (SELDON_ENABLE_ROUTING_INJECTION).
	Routing bool
}

// Kind is the type of a logged payload's CloudEvent.
type Kind string

// The kinds of logged payloads.
const (
	RequestKind  Kind = "io.seldon.serving.inference.request"
	ResponseKind Kind = "io.seldon.serving.inference.response"
	FeedbackKind Kind = "io.seldon.serving.feedback"
)

// Log takes a payload of a unit. It must not block.
type Log func(unit *graph.Unit, kind Kind, message payload.Message, puid string)

// Ask is one request's own: what its walk needs beside the message.
type Ask struct {
	// PUID is the request's id, made where the caller has none.
	PUID string
	// Model overrides the name by which units are called (protocols v2 and tensorflow have it in the path).
	Model string
	// Verb is what a request of TensorFlow's API asks for: classify or regress; empty: predict.
	Verb    string
	Headers payload.Headers
}

// Predict takes a message through the graph. Where a unit answered with an error, that answer comes beside it.
func (g *Graph) Predict(ctx context.Context, ask Ask, message payload.Message) (payload.Message, error) {
	step := &steps{Graph: g, ask: ask}
	if g.Routing {
		step.routing = map[string]int{}
	}
	answer, err := step.predict(ctx, &g.Predictor.Graph, message)
	if err == nil && g.Routing {
		if routed, wrong := g.Codec.WithRouting(answer, step.routing); wrong == nil {
			return routed, nil
		}
	}
	return answer, err
}

// Feedback takes a Feedback through the graph, along the routing of the answer in it.
func (g *Graph) Feedback(ctx context.Context, ask Ask, message payload.Message) (payload.Message, error) {
	return (&steps{Graph: g, ask: ask}).feedback(ctx, &g.Predictor.Graph, message)
}

// Status asks the unit of that name.
func (g *Graph) Status(ctx context.Context, ask Ask, name string) (payload.Message, error) {
	unit, err := g.find(ask, name)
	if err != nil {
		return payload.Message{}, err
	}
	return g.of(unit).Status(ctx, ask.call(unit))
}

// Metadata asks the unit of that name.
func (g *Graph) Metadata(ctx context.Context, ask Ask, name string) (payload.Message, error) {
	unit, err := g.find(ask, name)
	if err != nil {
		return payload.Message{}, err
	}
	return g.of(unit).Metadata(ctx, ask.call(unit))
}

// ModelMetadata asks the unit of that name.
func (g *Graph) ModelMetadata(ctx context.Context, ask Ask, name string) (client.ModelMetadata, error) {
	unit, err := g.find(ask, name)
	if err != nil {
		return client.ModelMetadata{}, err
	}
	return g.of(unit).ModelMetadata(ctx, ask.call(unit))
}

// find gives the unit of that name. A graph of one unit may serve models of other names (a server of several).
func (g *Graph) find(ask Ask, name string) (*graph.Unit, error) {
	root := &g.Predictor.Graph
	if found := root.Find(name); found != nil {
		return found, nil
	}
	if len(root.Children) == 0 && ask.Model != "" {
		return root, nil
	}
	return nil, fmt.Errorf("the graph has no unit %q", name)
}

// of gives what answers for a unit: the network, or the program itself.
func (g *Graph) of(unit *graph.Unit) client.Unit {
	if unit.Builtin() {
		return builtin.Unit{Codec: g.Codec}
	}
	return g.Units
}

func (a Ask) call(unit *graph.Unit) client.Call {
	model := a.Model
	if model == "" {
		model = unit.Name
	}
	return client.Call{Unit: unit, Model: model, Verb: a.Verb, Headers: a.Headers}
}
